//! The manifest: records of pure bytes in a linker section, readable without running the library.
//!
//! The records of types are in `versioned/table.rs`.
//!
//! A record is a tag (`u8`, not zero), its body's length (`u32`), then the body: fields. Numbers are
//! little-endian, texts are a `u32` length and UTF-8. The section is the records one after another,
//! with zero padding between them wherever a linker puts it. `ABI` is
//! the format's number too, and the first field of a header, so that a reader can tell a newer
//! format before it reads further.

use crate::STATIC;
use crate::fingerprint::{ABI, COMMIT, PANIC, RUSTC, TARGET};
use crate::versioned::TypeRef;

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
    pub content: u64,
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
    /// A hash of the first value's tokens: tells that it was edited.
    pub content: u64,
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

/// Counts, or writes where there is room: one description of a record serves both.
///
/// It is the compiler's interpreter that runs it, for each type and each function of a bundle in every
/// build. A call costs it as much as some ten additions, and std's functions on slices are many calls
/// within each other: bytes are written one by one.
pub(crate) struct Writer<'a> {
    /// None: counts only.
    bytes: Option<&'a mut [u8]>,
    at: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn counting() -> Self {
        Writer { bytes: None, at: 0 }
    }

    pub(crate) const fn into(bytes: &'a mut [u8]) -> Self {
        Writer { bytes: Some(bytes), at: 0 }
    }

    /// How many bytes were counted or written.
    pub(crate) const fn written(&self) -> usize {
        self.at
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        let length = bytes.len();
        if let Some(out) = &mut self.bytes {
            let (out, at): (&mut [u8], usize) = (out, self.at);
            let mut index = 0;
            while index < length {
                out[at + index] = bytes[index];
                index += 1;
            }
        }
        self.at += length;
    }

    /// The lowest `count` bytes of a number.
    const fn number(&mut self, mut number: u128, count: usize) {
        if let Some(out) = &mut self.bytes {
            let (out, mut at): (&mut [u8], usize) = (out, self.at);
            let end = at + count;
            while at < end {
                out[at] = number as u8;
                number >>= 8;
                at += 1;
            }
        }
        self.at += count;
    }

    pub(crate) const fn u8(&mut self, value: u8) {
        self.number(value as u128, 1);
    }

    pub(crate) const fn u32(&mut self, value: u32) {
        self.number(value as u128, 4);
    }

    pub(crate) const fn u64(&mut self, value: u64) {
        self.number(value as u128, 8);
    }

    pub(crate) const fn i128(&mut self, value: i128) {
        self.number(value as u128, 16);
    }

    pub(crate) const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.u32(bytes.len() as u32);
        self.bytes(bytes);
    }
}

/// Gives a record type its `size` and `encode`.
macro_rules! record {
    ($record:ident) => {
        impl $record {
            /// The record's length in bytes.
            pub const fn size(&self) -> usize {
                let mut counter = $crate::manifest::Writer::counting();
                self.write(&mut counter, 0);
                counter.written()
            }

            /// The record's bytes; `N` is [`size`](Self::size).
            pub const fn encode<const N: usize>(&self) -> [u8; N] {
                let mut bytes = [0; N];
                let mut writer = $crate::manifest::Writer::into(&mut bytes);
                self.write(&mut writer, N as u32 - 5);
                bytes
            }
        }
    };
}

pub(crate) use record;

record!(Header);
record!(Function);
record!(Var);

impl Header {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(HEADER);
        out.u32(length);
        out.u32(ABI);
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
        out.u64(self.content);
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
        out.u64(self.content);
    }
}

impl Type {
    const fn write(&self, out: &mut Writer<'_>) {
        out.text(self.name);
        out.text(self.lifetimes);
        out.u64(self.size);
        out.u64(self.align);
        out.u64(self.option_size);
        self.ty.write(out);
    }
}

/// The path in a function's or var's record of this image.
pub(crate) fn name_of(record: &'static [u8]) -> &'static str {
    // The tag, the length of the body, the length of the path: see `Function::write`.
    let (length, path) = record[5..].split_at(4);
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    str::from_utf8(&path[..length]).expect("written from a str")
}
