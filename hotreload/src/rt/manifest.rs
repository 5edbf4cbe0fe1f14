//! The manifest: records of pure bytes in a linker section, readable without running the library.
//!
//! A record is a tag (`u8`, not zero), its body's length (`u32`), then the body: fields. Numbers are
//! little-endian, texts are a `u32` length and UTF-8. The section is the records one after another,
//! with zero padding between them wherever a linker puts it. `ABI` is
//! the format's number too, and the first field of a header, so that a reader can tell a newer
//! format before it reads further.

use super::STATIC;
use super::fingerprint::{ABI, COMMIT, PANIC, RUSTC, TARGET};

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
    /// A hash of the initialiser's tokens: tells that one was edited.
    pub initialiser: u64,
}

/// A type in a signature.
#[derive(Debug)]
pub struct Type {
    name: &'static str,
    lifetimes: &'static str,
    size: u64,
    align: u64,
    option_size: u64,
}

impl Type {
    /// Describes `T`, which is written `name` once the lifetimes are left out; `lifetimes` are
    /// the canonical ones in the order of their appearance.
    pub const fn of<T>(name: &'static str, lifetimes: &'static str) -> Self {
        Type {
            name,
            lifetimes,
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u64,
            option_size: size_of::<Option<T>>() as u64,
        }
    }
}

/// Counts, or writes where there is room: one description of a record serves both.
struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Writer<N> {
    const fn bytes(&mut self, bytes: &[u8]) {
        if N > 0 {
            let (_, rest) = self.bytes.split_at_mut(self.at);
            rest.split_at_mut(bytes.len()).0.copy_from_slice(bytes);
        }
        self.at += bytes.len();
    }

    const fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    const fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    const fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    const fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes(text.as_bytes());
    }
}

/// Gives a record type its `size` and `encode`.
macro_rules! record {
    ($record:ident) => {
        impl $record {
            /// The record's length in bytes.
            pub const fn size(&self) -> usize {
                let mut counter = Writer::<0> { bytes: [], at: 0 };
                self.write(&mut counter, 0);
                counter.at
            }

            /// The record's bytes; `N` is [`size`](Self::size).
            pub const fn encode<const N: usize>(&self) -> [u8; N] {
                let mut writer = Writer::<N> { bytes: [0; N], at: 0 };
                self.write(&mut writer, N as u32 - 5);
                writer.bytes
            }
        }
    };
}

record!(Header);
record!(Function);
record!(Var);

impl Header {
    const fn write<const N: usize>(&self, out: &mut Writer<N>, length: u32) {
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
    const fn write<const N: usize>(&self, out: &mut Writer<N>, length: u32) {
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
    }
}

impl Var {
    const fn write<const N: usize>(&self, out: &mut Writer<N>, length: u32) {
        out.u8(VAR);
        out.u32(length);
        out.text(self.path);
        out.text(self.package);
        out.text(self.version);
        out.u8(self.exported as u8);
        out.text(self.display);
        self.ty.write(out);
        out.u64(self.initialiser);
    }
}

impl Type {
    const fn write<const N: usize>(&self, out: &mut Writer<N>) {
        out.text(self.name);
        out.text(self.lifetimes);
        out.u64(self.size);
        out.u64(self.align);
        out.u64(self.option_size);
    }
}

/// The path in a function's or var's record of this image.
pub(crate) fn name_of(record: &'static [u8]) -> &'static str {
    // The tag, the length of the body, the length of the path: see `Function::write`.
    let (length, path) = record[5..].split_at(4);
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    str::from_utf8(&path[..length]).expect("written from a str")
}
