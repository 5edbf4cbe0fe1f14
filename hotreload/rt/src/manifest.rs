//! The manifest: records of pure bytes in a linker section, readable without running the library.
//!
//! The records of types are in `types/src/table.rs`.
//!
//! A record is a tag (`u8`, not zero), its body's length (`u32`), then the body: fields. Numbers are
//! little-endian, texts are a `u32` length and UTF-8. The section is the records one after another,
//! with zero padding between them wherever a linker puts it.

use crate::fingerprint::{COMMIT, PANIC, RUSTC, SOURCES, TARGET};
use crate::rt::STATIC;
use crate::rt::versioned::{TypeRef, Writer};
use hot_types::__record;

/// The number of the format: raised with a change of what the bytes of any record mean. It is the
/// first field of a header, so that a reader of another format can say so before it reads further.
/// It is there for messages, and for the command, which reads libraries of other builds. What may be
/// loaded does not depend on it: the hash of the sources, which follows it, is compared there.
pub const FORMAT: u32 = 11;

/// The tag of a [`Header`].
pub const HEADER: u8 = 1;
/// The tag of a [`Function`].
pub const FUNCTION: u8 = 2;

/// A bundle's header record, from `hot::bundle!()`.
#[derive(Debug)]
pub struct Header {
    /// The package's name.
    pub package: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// The crate's name, with underscores.
    pub crate_name: &'static str,
    /// The folder of the package's Cargo.toml.
    pub manifest_dir: &'static str,
    /// The target features, as bits.
    pub features: u64,
    /// Whether allocation goes to the host.
    pub forwards_allocation: bool,
}

/// The record of an exported or imported function.
#[derive(Debug)]
pub struct Function {
    /// The package that the accessor was compiled in.
    pub package: &'static str,
    /// That package's version.
    pub version: &'static str,
    /// The definition's full name, `crate::module::name`.
    pub path: &'static str,
    /// Whether the crate exports the function (else it imports it).
    pub exported: bool,
    /// Whether it is an `unsafe fn`.
    pub is_unsafe: bool,
    /// The ABI: `Rust`, `C`, ...
    pub abi: &'static str,
    /// The whole signature for people, with canonical lifetimes.
    pub display: &'static str,
    /// The parameters, then the result.
    pub types: &'static [Type],
    /// A hash of the function's tokens, without comments: tells that it was edited.
    pub tokens: u128,
}

/// The tag of a [`Var`].
pub const VAR: u8 = 3;

/// The record of an exported or imported var.
#[derive(Debug)]
pub struct Var {
    /// The package that the accessor was compiled in.
    pub package: &'static str,
    /// That package's version.
    pub version: &'static str,
    /// The definition's full name, `crate::module::NAME`.
    pub path: &'static str,
    /// Whether the crate exports the var (else it imports it).
    pub exported: bool,
    /// The type for people.
    pub display: &'static str,
    /// The type.
    pub ty: Type,
    /// Whether a value of another layout is given up for a new one: `#[hot(reset)]`.
    pub reset: bool,
    /// The name that it had before, `#[hot(renamed_from = "OLD")]`; or empty.
    pub renamed_from: &'static str,
    /// A hash of the first value's tokens: tells that it was edited.
    pub tokens: u128,
}

/// The tag of a [`Migrate`].
pub const MIGRATE: u8 = 8;

/// The record of a function that makes the new version of a type.
#[derive(Debug)]
pub struct Migrate {
    /// The function's path.
    pub path: &'static str,
    /// The type that it takes.
    pub old: &'static TypeRef,
    /// The type whose values come of it.
    pub new: &'static TypeRef,
}

/// A type in a signature.
#[derive(Debug)]
pub struct Type {
    name: &'static str,
    lifetimes: &'static str,
    size: u64,
    align: u64,
    option_size: u64,
    ty: &'static TypeRef,
}

impl Type {
    /// Describes `T`, which is written `name` once the lifetimes are left out; `lifetimes` are
    /// the canonical ones in the order of their appearance. `ty` is what the type is, whatever it is
    /// called here.
    pub const fn of<T>(name: &'static str, lifetimes: &'static str, ty: &'static TypeRef) -> Self {
        Type {
            name,
            lifetimes,
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u64,
            option_size: size_of::<Option<T>>() as u64,
            ty,
        }
    }
}

__record!(Header);
__record!(Function);
__record!(Var);
__record!(Migrate);

impl Header {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(HEADER);
        out.u32(length);
        out.u32(FORMAT);
        out.u128(SOURCES);
        out.text(self.package);
        out.text(self.version);
        out.text(self.crate_name);
        out.text(self.manifest_dir);
        out.text(RUSTC);
        out.text(COMMIT);
        out.text(TARGET);
        out.text(PANIC);
        out.u64(self.features);
        out.u8(self.forwards_allocation as u8);
        out.u8(STATIC as u8);
    }
}

impl Function {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(FUNCTION);
        out.u32(length);
        out.text(self.path);
        out.text(self.package);
        out.text(self.version);
        out.u8(self.exported as u8);
        out.u8(self.is_unsafe as u8);
        out.text(self.abi);
        out.text(self.display);
        out.u32(self.types.len() as u32);
        let mut index = 0;
        while index < self.types.len() {
            self.types[index].write(out);
            index += 1;
        }
        out.u128(self.tokens);
    }
}

impl Var {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(VAR);
        out.u32(length);
        out.text(self.path);
        out.text(self.package);
        out.text(self.version);
        out.u8(self.exported as u8);
        out.text(self.display);
        self.ty.write(out);
        out.u8(self.reset as u8);
        out.text(self.renamed_from);
        out.u128(self.tokens);
    }
}

impl Migrate {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(MIGRATE);
        out.u32(length);
        out.text(self.path);
        out.name(self.old);
        out.name(self.new);
    }
}

impl Type {
    const fn write(&self, out: &mut Writer<'_>) {
        out.text(self.name);
        out.text(self.lifetimes);
        out.u64(self.size);
        out.u64(self.align);
        out.u64(self.option_size);
        out.name(self.ty);
    }
}

/// The path in a function's or var's record of this image.
pub(crate) fn name_of(record: &'static [u8]) -> &'static str {
    // The tag, the length of the body, the length of the path: see `Function::write`.
    let (length, path) = record[5..].split_at(4);
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    str::from_utf8(&path[..length]).expect("written from a str")
}
