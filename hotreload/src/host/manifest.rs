//! Reading manifests. The bytes may be anything: nothing here panics, and nothing allocates more
//! than the section holds.

use std::{collections::hash_map::DefaultHasher, hash::Hasher};

use super::{Code, Reason};
use crate::rt::{
    Kind,
    manifest::{FUNCTION, HEADER, VAR},
};

/// What a library's manifest section says.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) headers: Vec<Header>,
    pub(crate) items: Vec<Item>,
}

/// Of a bundle: who it is and how it was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) abi: u32,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) crate_name: String,
    pub(crate) manifest_dir: String,
    pub(crate) rustc: String,
    pub(crate) commit: String,
    pub(crate) target: String,
    pub(crate) panic: String,
    pub(crate) features: u64,
    pub(crate) forwards_allocation: bool,
    /// Whether its calls are fixed: built with the feature `static`.
    pub(crate) is_static: bool,
}

/// Of one exported or imported function or var.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) path: String,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) exported: bool,
    pub(crate) is_unsafe: bool,
    pub(crate) abi: String,
    pub(crate) display: String,
    /// The parameters, then the result; of a var, its type.
    pub(crate) types: Vec<Type>,
    /// Of a var: changes when its first value is edited.
    pub(crate) initialiser: u64,
    /// The record's bytes: the image registers the same ones at run time.
    pub(crate) raw: Vec<u8>,
}

/// A type in a signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) lifetimes: String,
    pub(crate) size: u64,
    pub(crate) align: u64,
    pub(crate) option_size: u64,
}

impl Type {
    /// Whether the type is spelled as a closure: then it crosses wrapped, in another form than the
    /// type itself (and than an alias of it, behind which no macro can see a closure).
    pub(crate) fn is_closure(&self) -> bool {
        self.name.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "dyn")
    }
}

impl Item {
    /// The crate that the path begins with.
    pub(crate) fn crate_name(&self) -> &str {
        self.path.split("::").next().unwrap_or_default()
    }

    /// The shortcut of a comparison: everything but names, which an alias may change.
    pub(crate) fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(self.kind as u8);
        hasher.write_u8(self.is_unsafe.into());
        hasher.write(self.abi.as_bytes());
        for ty in &self.types {
            hasher.write(ty.lifetimes.as_bytes());
            hasher.write_u8(0xff);
            hasher.write_u8(ty.is_closure().into());
            for number in [ty.size, ty.align, ty.option_size] {
                hasher.write_u64(number);
            }
        }
        hasher.finish()
    }

    /// Parses the record of an accessor of this image.
    pub(crate) fn of(record: &'static [u8]) -> Result<Item, Reason> {
        let mut manifest = Manifest::parse(record)?;
        manifest.items.pop().ok_or_else(|| malformed("an accessor without a record"))
    }
}

impl Manifest {
    /// Parses a whole section.
    pub(crate) fn parse(section: &[u8]) -> Result<Manifest, Reason> {
        let mut manifest = Manifest::default();
        let mut reader = Reader(section);
        while !reader.0.is_empty() {
            let start = reader.0;
            let tag = reader.u8()?;
            if tag == 0 {
                // Linkers may pad between records.
                continue;
            }
            let length = reader.u32()? as usize;
            let mut body = Reader(reader.take(length)?);
            match tag {
                HEADER => manifest.headers.push(header(&mut body)?),
                FUNCTION => manifest.items.push(function(&mut body, &start[..5 + length])?),
                VAR => manifest.items.push(var(&mut body, &start[..5 + length])?),
                tag => return Err(malformed(format!("a record with the unknown tag {tag}"))),
            }
            if !body.0.is_empty() {
                return Err(malformed(format!("{} bytes too many in a record", body.0.len())));
            }
        }
        // Linkers choose the order; refusals shall not.
        manifest.items.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(manifest)
    }
}

fn header(body: &mut Reader<'_>) -> Result<Header, Reason> {
    let abi = body.u32()?;
    if abi != crate::rt::fingerprint::ABI {
        // A newer format: nothing after this field can be relied on.
        return Err(Reason::new(
            Code::Fingerprint,
            "the bundle was built with another version of hot",
        )
        .fact("host", format!("boundary {}", crate::rt::fingerprint::ABI))
        .fact("found", format!("boundary {abi}"))
        .help("use one version of the dependency `hotreload` for host and bundles"));
    }
    Ok(Header {
        abi,
        package: body.text()?,
        version: body.text()?,
        crate_name: body.text()?,
        manifest_dir: body.text()?,
        rustc: body.text()?,
        commit: body.text()?,
        target: body.text()?,
        panic: body.text()?,
        features: body.u64()?,
        forwards_allocation: body.flag()?,
        is_static: body.flag()?,
    })
}

fn function(body: &mut Reader<'_>, raw: &[u8]) -> Result<Item, Reason> {
    let mut function = Item {
        kind: Kind::Function,
        path: body.text()?,
        package: body.text()?,
        version: body.text()?,
        exported: body.flag()?,
        is_unsafe: body.flag()?,
        abi: body.text()?,
        display: body.text()?,
        types: Vec::new(),
        initialiser: 0,
        raw: raw.to_vec(),
    };
    let count = body.u32()?;
    for _ in 0..count {
        // Each type takes bytes from the record: a huge count ends with them.
        function.types.push(ty(body)?);
    }
    if function.types.is_empty() {
        return Err(malformed(format!("`{}` has no result", function.path)));
    }
    Ok(function)
}

fn var(body: &mut Reader<'_>, raw: &[u8]) -> Result<Item, Reason> {
    Ok(Item {
        kind: Kind::Var,
        path: body.text()?,
        package: body.text()?,
        version: body.text()?,
        exported: body.flag()?,
        is_unsafe: false,
        abi: String::new(),
        display: body.text()?,
        types: vec![ty(body)?],
        initialiser: body.u64()?,
        raw: raw.to_vec(),
    })
}

fn ty(body: &mut Reader<'_>) -> Result<Type, Reason> {
    Ok(Type {
        name: body.text()?,
        lifetimes: body.text()?,
        size: body.u64()?,
        align: body.u64()?,
        option_size: body.u64()?,
    })
}

fn malformed(what: impl std::fmt::Display) -> Reason {
    Reason::new(Code::Manifest, format!("the bundle's manifest cannot be read: {what}"))
}

/// The bytes that are still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Reason> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or_else(|| malformed("it ends within a record"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, Reason> {
        Ok(self.take(1)?[0])
    }

    fn flag(&mut self) -> Result<bool, Reason> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(format!("{other} where yes or no is expected"))),
        }
    }

    fn u32(&mut self) -> Result<u32, Reason> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes were taken")))
    }

    fn u64(&mut self) -> Result<u64, Reason> {
        let bytes = self.take(8)?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("eight bytes were taken")))
    }

    fn text(&mut self) -> Result<String, Reason> {
        let length = self.u32()? as usize;
        let bytes = self.take(length)?;
        let text = str::from_utf8(bytes).map_err(|_| malformed("a text that is not UTF-8"))?;
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::manifest as writer;

    const FUNCTION: writer::Function = writer::Function {
        package: "p",
        version: "1.2.3",
        path: "p::m::f",
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(&str) -> u32",
        types: &[writer::Type::of::<&str>("&str", "a"), writer::Type::of::<u32>("u32", "")],
    };
    const HEADER: writer::Header = writer::Header {
        package: "p",
        version: "1.2.3",
        crate_name: "p",
        manifest_dir: "somewhere",
        features: 5,
        forwards_allocation: true,
    };

    fn section() -> Vec<u8> {
        let mut bytes = vec![0; 3];
        bytes.extend(FUNCTION.encode::<{ FUNCTION.size() }>());
        bytes.extend([0; 5]);
        bytes.extend(HEADER.encode::<{ HEADER.size() }>());
        bytes.extend([0; 9]);
        bytes
    }

    #[test]
    fn what_is_written_is_read_back_through_padding() {
        let manifest = Manifest::parse(&section()).unwrap();
        let function = &manifest.items[0];
        assert_eq!((function.path.as_str(), function.crate_name()), ("p::m::f", "p"));
        assert_eq!(function.types[0].name, "&str");
        assert_eq!((function.types[0].size, function.types[0].option_size), (16, 16));
        assert_eq!(function.types[1].lifetimes, "");
        assert_eq!(function.raw, FUNCTION.encode::<{ FUNCTION.size() }>());
        let header = &manifest.headers[0];
        assert_eq!((header.features, header.forwards_allocation), (5, true));
        assert_eq!(header.is_static, crate::rt::STATIC);
        assert_eq!(header.target, crate::rt::fingerprint::TARGET);
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_an_answer_not_a_panic() {
        let section = section();
        let mut refused = 0;
        for length in 0..section.len() {
            refused += usize::from(Manifest::parse(&section[..length]).is_err());
        }
        for index in 0..section.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = section.clone();
                bytes[index] ^= flip;
                refused += usize::from(Manifest::parse(&bytes).is_err());
            }
        }
        assert!(refused > section.len(), "only {refused} were refused");
    }

    #[test]
    fn a_huge_count_allocates_nothing() {
        let mut bytes = FUNCTION.encode::<{ FUNCTION.size() }>().to_vec();
        let count = bytes.windows(4).rposition(|window| window == 2_u32.to_le_bytes()).unwrap();
        bytes[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Manifest::parse(&bytes).is_err());
    }
}
