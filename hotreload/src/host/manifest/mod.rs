//! Reading manifests. The bytes may be anything: nothing here panics, and nothing allocates more
//! than the section holds.

mod reader;
mod shared;
#[cfg(test)]
mod tests;
mod types;

use std::{collections::hash_map::DefaultHasher, hash::Hasher, ops::Range, sync::Arc};

use self::reader::Reader;
pub(crate) use self::{
    shared::Shared,
    types::{Field, GenericType, Lifetimes, Table, TypeName, Variant},
};
use super::{Code, Reason};
use crate::rt::{
    Kind,
    manifest::{FUNCTION, HEADER, VAR},
    versioned::{GENERIC, LIFETIMES, TYPE},
};

/// What a library's manifest section says.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) headers: Vec<Header>,
    pub(crate) items: Vec<Item>,
    /// The tables of types, of the root crate and all that it links.
    pub(crate) types: Vec<Table>,
    pub(crate) generics: Vec<GenericType>,
    /// Of what an image describes, by the types' ids.
    pub(crate) lifetimes: Vec<(u64, Lifetimes)>,
    section: Vec<u8>,
    /// Where in the section the records of the items are.
    records: Vec<Range<usize>>,
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
    pub(crate) package: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) exported: bool,
    pub(crate) is_unsafe: bool,
    pub(crate) abi: Arc<str>,
    pub(crate) display: Arc<str>,
    /// The parameters, then the result; of a var, its type.
    pub(crate) types: Vec<Arc<Type>>,
    /// Of a var, whether a value of another layout is given up for a new one.
    pub(crate) reset: bool,
    /// A hash of its source text: of the function, or of the var's first value.
    pub(crate) content: u64,
}

/// A type in a signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Type {
    pub(crate) name: Arc<str>,
    pub(crate) lifetimes: Arc<str>,
    pub(crate) size: u64,
    pub(crate) align: u64,
    pub(crate) option_size: u64,
    /// What it is, whatever it is called there.
    pub(crate) ty: TypeName,
}

impl Type {
    /// Whether the type is spelled as a closure: then it crosses wrapped, in another form than the
    /// type itself (and than an alias of it, behind which no macro can see a closure).
    pub(crate) fn is_closure(&self) -> bool {
        self.name.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "dyn")
    }
}

impl Header {
    /// Whether the bundle's own crate exports this: a bundle that is linked in as an rlib brings its
    /// records along.
    pub(crate) fn owns(&self, item: &Item) -> bool {
        item.exported && *item.package == self.package && item.is_of(&self.crate_name)
    }

    /// What the bundle's own crate exports, and the others.
    pub(crate) fn divide(&self, items: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
        items.into_iter().partition(|item| self.owns(item))
    }
}

impl Item {
    /// The crate that the path begins with.
    pub(crate) fn crate_name(&self) -> &str {
        self.path.split("::").next().unwrap_or_default()
    }

    /// Whether it is of this crate.
    pub(crate) fn is_of(&self, crate_name: &str) -> bool {
        let rest = self.path.strip_prefix(crate_name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }

    /// The shortcut of a comparison: everything but how types are spelled, which an alias may change.
    pub(crate) fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(self.kind as u8);
        hasher.write_u8(self.is_unsafe.into());
        hasher.write(self.abi.as_bytes());
        for ty in &self.types {
            hasher.write(ty.lifetimes.as_bytes());
            hasher.write_u8(0xff);
            hasher.write_u8(ty.is_closure().into());
            for number in [ty.size, ty.align, ty.option_size, ty.ty.id] {
                hasher.write_u64(number);
            }
        }
        hasher.finish()
    }

    /// Parses the record of an accessor of this image, as one of those that share something.
    pub(crate) fn of(record: &'static [u8], shared: &mut Shared<'static>) -> Result<Item, Reason> {
        let mut manifest = Manifest::parse_with(record, shared)?;
        manifest.items.pop().ok_or_else(|| malformed("an accessor without a record"))
    }
}

impl Manifest {
    /// Parses a whole section.
    pub(crate) fn parse(section: &[u8]) -> Result<Manifest, Reason> {
        let mut manifest = Manifest::parse_with(section, &mut Shared::default())?;
        section.clone_into(&mut manifest.section);
        Ok(manifest)
    }

    /// The bytes of each item's record: the image registers the same ones at run time.
    pub(crate) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().map(|record| &self.section[record.clone()])
    }

    fn parse_with<'a>(section: &'a [u8], shared: &mut Shared<'a>) -> Result<Manifest, Reason> {
        let mut manifest = Manifest::default();
        let mut reader = Reader(section);
        while !reader.0.is_empty() {
            let start = section.len() - reader.0.len();
            let tag = reader.u8()?;
            if tag == 0 {
                // Linkers may pad between records.
                continue;
            }
            let length = reader.u32()? as usize;
            let mut body = Reader(reader.take(length)?);
            if let FUNCTION | VAR = tag {
                manifest.records.push(start..section.len() - reader.0.len());
            }
            match tag {
                HEADER => manifest.headers.push(header(&mut body)?),
                FUNCTION => manifest.items.push(function(&mut body, shared)?),
                VAR => manifest.items.push(var(&mut body, shared)?),
                TYPE => manifest.types.push(types::table(&mut body, shared)?),
                GENERIC => manifest.generics.push(types::generic(&mut body)?),
                LIFETIMES => manifest.lifetimes.push(types::lifetimes(&mut body)?),
                tag => return Err(malformed(format!("a record with the unknown tag {tag}"))),
            }
            if !body.0.is_empty() {
                return Err(malformed(format!("{} bytes too many in a record", body.0.len())));
            }
        }
        // Linkers choose the order; refusals shall not.
        let rest = |item: &Item| (item.exported, item.package.clone(), item.display.clone());
        manifest
            .items
            .sort_unstable_by(|a, b| a.path.cmp(&b.path).then_with(|| rest(a).cmp(&rest(b))));
        manifest.types.sort_by(|a, b| (&a.name.path, a.name.id).cmp(&(&b.name.path, b.name.id)));
        manifest.generics.sort_by(|a, b| (&a.name.path, a.name.id).cmp(&(&b.name.path, b.name.id)));
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

fn function<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Item, Reason> {
    let mut function = Item {
        kind: Kind::Function,
        path: body.text()?,
        package: shared.texts.read(body)?,
        version: shared.texts.read(body)?,
        exported: body.flag()?,
        is_unsafe: body.flag()?,
        abi: shared.texts.read(body)?,
        display: shared.texts.read(body)?,
        types: Vec::new(),
        reset: false,
        content: 0,
    };
    let count = body.u32()?;
    for _ in 0..count {
        // Each type takes bytes from the record: a huge count ends with them.
        function.types.push(ty(body, shared)?);
    }
    function.content = body.u64()?;
    if function.types.is_empty() {
        return Err(malformed(format!("`{}` has no result", function.path)));
    }
    Ok(function)
}

fn var<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Item, Reason> {
    Ok(Item {
        kind: Kind::Var,
        path: body.text()?,
        package: shared.texts.read(body)?,
        version: shared.texts.read(body)?,
        exported: body.flag()?,
        is_unsafe: false,
        abi: Arc::default(),
        display: shared.texts.read(body)?,
        types: vec![ty(body, shared)?],
        reset: body.flag()?,
        content: body.u64()?,
    })
}

fn ty<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Arc<Type>, Reason> {
    let Shared { texts, types, .. } = shared;
    types.read(body, skip_type, |body| {
        Ok(Type {
            name: texts.read(body)?,
            lifetimes: texts.read(body)?,
            size: body.u64()?,
            align: body.u64()?,
            option_size: body.u64()?,
            ty: types::any_name(body)?,
        })
    })
}

/// Passes over what [`ty`] reads.
fn skip_type(body: &mut Reader<'_>) -> Result<(), Reason> {
    (0..2).try_for_each(|_| body.skip_text())?;
    body.take(3 * size_of::<u64>())?;
    types::skip_name(body)
}

fn malformed(what: impl std::fmt::Display) -> Reason {
    Reason::new(Code::Manifest, format!("the bundle's manifest cannot be read: {what}"))
}
