//! Reading manifests. The bytes may be anything: nothing here panics, and nothing allocates more
//! than the section holds.

#![allow(missing_docs, reason = "fields that say what they are")]

mod reader;
mod shared;
#[cfg(test)]
mod tests;
mod types;

use std::{ops::Range, sync::Arc};

use hot_rt::rt::versioned::Hasher;

use self::reader::{Reader, utf8};
pub(crate) use crate::file::manifest::shared::Shared;
pub use crate::file::manifest::types::{Field, Table, TypeName, Variant};
pub(crate) use crate::file::manifest::types::{GenericType, Identities, Lifetimes};
use crate::said::{Code, Reason};
use hot_rt::rt::{
    Kind,
    manifest::{FORMAT, FUNCTION, HEADER, MIGRATE, VAR},
    versioned::{GENERIC, IDENTITIES, LIFETIMES, TYPE},
};

/// What a library's manifest section says.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub headers: Vec<Header>,
    /// In the order of their paths.
    pub items: Vec<Arc<Item>>,
    /// The tables of types, of the root crate and all that it links.
    pub types: Vec<Table>,
    pub generics: Vec<GenericType>,
    /// Of what an image describes, by the types' ids.
    pub lifetimes: Vec<(u128, Lifetimes)>,
    pub identities: Vec<(u128, Identities)>,
    /// The functions that make the new version of a whole type.
    pub migrates: Vec<Migrate>,
    section: Vec<u8>,
    /// Where in the section the records of the items are.
    records: Vec<Range<usize>>,
}

/// Of a bundle: who it is and how it was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub format: u32,
    /// A hash of the framework's sources that it was compiled from.
    pub sources: u128,
    pub package: String,
    pub version: String,
    pub crate_name: String,
    pub manifest_dir: String,
    pub rustc: String,
    pub commit: String,
    pub target: String,
    pub panic: String,
    pub features: u64,
    pub forwards_allocation: bool,
    /// Whether its calls are fixed: built with the feature `static`.
    pub is_static: bool,
}

/// Of one exported or imported function or var.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    pub path: String,
    pub package: Arc<str>,
    pub version: Arc<str>,
    pub exported: bool,
    pub is_unsafe: bool,
    pub abi: Arc<str>,
    pub display: Arc<str>,
    /// The parameters, then the result; of a var, its type.
    pub types: Vec<Arc<Type>>,
    /// Of a var, whether a value of another layout is given up for a new one.
    pub reset: bool,
    /// Of a var, the name that it had before; or empty.
    pub renamed_from: String,
    /// A hash of its source text: of the function, or of the var's first value.
    pub tokens: u128,
}

/// Of one function that makes the new version of a whole type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrate {
    pub path: String,
    /// The type that it takes.
    pub old: TypeName,
    /// The type whose values come of it.
    pub new: TypeName,
}

/// A type in a signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Type {
    pub name: Arc<str>,
    pub lifetimes: Arc<str>,
    pub size: u64,
    pub align: u64,
    pub option_size: u64,
    /// What it is, whatever it is called there.
    pub ty: TypeName,
}

impl Type {
    /// Whether the type is spelled as a closure: then it crosses wrapped, in another form than the
    /// type itself (and than an alias of it, behind which no macro can see a closure).
    pub(crate) fn is_closure(&self) -> bool {
        let mut words = self.name.split(|c: char| !c.is_alphanumeric() && c != '_');
        // A trait object that is none stands in a `Dyn`.
        words.any(|word| word == "dyn")
            && words.any(|word| ["Fn", "FnMut", "FnOnce"].contains(&word))
    }
}

impl Header {
    /// Whether the bundle's own crate exports this: a bundle that is linked in as an rlib brings its
    /// records along.
    pub(crate) fn owns(&self, item: &Item) -> bool {
        item.exported && *item.package == self.package && item.is_of(&self.crate_name)
    }

    /// What the bundle's own crate exports, and the others.
    pub(crate) fn divide(&self, items: Vec<Arc<Item>>) -> (Vec<Arc<Item>>, Vec<Arc<Item>>) {
        items.into_iter().partition(|item| self.owns(item))
    }
}

impl Item {
    /// The crate that the path begins with.
    pub(crate) fn crate_name(&self) -> &str {
        crate_of(&self.path)
    }

    /// Whether it is of this crate.
    pub(crate) fn is_of(&self, crate_name: &str) -> bool {
        let rest = self.path.strip_prefix(crate_name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }

    /// The path that a var had before, if its author says so.
    pub(crate) fn old_path(&self) -> Option<String> {
        if self.renamed_from.is_empty() {
            return None;
        }
        let (module, _) = self.path.rsplit_once("::")?;
        match &*self.renamed_from {
            path if path.contains("::") => Some(path.to_owned()),
            name => Some(format!("{module}::{name}")),
        }
    }

    /// The types of its signature, or its own.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &TypeName> {
        self.types.iter().map(|ty| &ty.ty)
    }

    /// The shortcut of a comparison: everything but how types are spelled, which an alias may change.
    pub(crate) fn shape(&self) -> u128 {
        let mut hasher = Hasher::new();
        hasher.bytes(&[self.kind as u8, self.is_unsafe.into()]);
        hasher.text(&self.abi);
        for ty in &self.types {
            hasher.text(&ty.lifetimes);
            hasher.bytes(&[ty.is_closure().into()]);
            for number in [ty.size, ty.align, ty.option_size] {
                hasher.u64(number);
            }
            hasher.u128(ty.ty.id);
        }
        hasher.digest()
    }

    /// Parses a record, as one of those that share something.
    pub(crate) fn of<'a>(record: &'a [u8], shared: &mut Shared<'a>) -> Result<Item, Reason> {
        let mut reader = Reader(record);
        let tag = reader.u8()?;
        let mut body = reader.record()?;
        let item = match tag {
            FUNCTION => function(&mut body, shared)?,
            VAR => var(&mut body, shared)?,
            tag => return Err(malformed(format!("an item's record with the tag {tag}"))),
        };
        body.end().and(reader.end())?;
        Ok(item)
    }
}

/// The crate that a path begins with.
pub(crate) fn crate_of(path: &str) -> &str {
    // A colon ends it: to look for two takes many times longer.
    let end = path.bytes().position(|byte| byte == b':');
    &path[..end.unwrap_or(path.len())]
}

impl Manifest {
    /// Whether both say the same, byte by byte.
    pub(crate) fn is_same(&self, other: &Manifest) -> bool {
        self.section == other.section
    }

    /// Parses records.
    pub(crate) fn parse(records: &[u8]) -> Result<Manifest, Reason> {
        Manifest::parse_with(records, &|_, _| None)
    }

    /// Parses a whole section, and keeps it.
    pub(crate) fn of_section(section: Vec<u8>, known: Known<'_>) -> Result<Manifest, Reason> {
        let manifest = Manifest::parse_with(&section, known)?;
        Ok(Manifest { section, ..manifest })
    }

    /// The bytes of each item's record: the image registers the same ones at run time.
    pub(crate) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().map(|record| &self.section[record.clone()])
    }

    fn parse_with(section: &[u8], known: Known<'_>) -> Result<Manifest, Reason> {
        let (mut manifest, mut items) = (Manifest::default(), Vec::new());
        let shared = &mut Shared::default();
        let mut reader = Reader(section);
        while !reader.0.is_empty() {
            let start = section.len() - reader.0.len();
            let tag = reader.u8()?;
            if tag == 0 {
                // Linkers may pad between records.
                continue;
            }
            let mut body = reader.record()?;
            match tag {
                FUNCTION | VAR => {
                    let record = start..section.len() - reader.0.len();
                    items.push((path(body)?, &section[record.clone()]));
                    manifest.records.push(record);
                    continue;
                }
                HEADER => manifest.headers.push(header(&mut body)?),
                MIGRATE => manifest.migrates.push(migrate(&mut body)?),
                TYPE => manifest.types.push(types::table(&mut body, shared)?),
                GENERIC => manifest.generics.push(types::generic(&mut body)?),
                LIFETIMES => manifest.lifetimes.push(types::lifetimes(&mut body)?),
                IDENTITIES => manifest.identities.push(types::identities(&mut body)?),
                tag => return Err(malformed(format!("a record with the unknown tag {tag}"))),
            }
            body.end()?;
        }
        // Linkers choose the order; refusals shall not.
        items.sort_unstable();
        manifest.items.reserve_exact(items.len());
        for (path, record) in items {
            manifest.items.push(match known(path, record) {
                Some(known) => known,
                None => Arc::new(Item::of(record, shared)?),
            });
        }
        manifest.migrates.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.types.sort_by(|a, b| (&a.name.path, a.name.id).cmp(&(&b.name.path, b.name.id)));
        manifest.generics.sort_by(|a, b| (&a.name.path, a.name.id).cmp(&(&b.name.path, b.name.id)));
        Ok(manifest)
    }
}

/// What was read before of an item's record: it is given the path that the record begins with, and the record.
pub(crate) type Known<'k> = &'k dyn Fn(&str, &[u8]) -> Option<Arc<Item>>;

/// What to do where two versions of the framework meet.
pub(crate) const ONE_FRAMEWORK: &str =
    "use one version of the dependency `hotreload` for host and bundles, and rebuild both";

fn header(body: &mut Reader<'_>) -> Result<Header, Reason> {
    let format = body.u32()?;
    if format != FORMAT {
        // Nothing after this field can be relied on.
        let what = "the bundle was built with another version of the framework";
        return Err(Reason::new(Code::Fingerprint, what)
            .fact("host", format!("manifest format {FORMAT}"))
            .fact("found", format!("manifest format {format}"))
            .help(ONE_FRAMEWORK));
    }
    Ok(Header {
        format,
        sources: body.u128()?,
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

/// With what the record of an item begins.
fn path(mut body: Reader<'_>) -> Result<&str, Reason> {
    utf8(body.bytes()?)
}

fn function<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Item, Reason> {
    let mut function = Item {
        kind: Kind::Function,
        path: body.text()?,
        package: shared.package.read(body)?,
        version: shared.version.read(body)?,
        exported: body.flag()?,
        is_unsafe: body.flag()?,
        abi: shared.abi.read(body)?,
        display: body.shared_text()?,
        types: Vec::new(),
        reset: false,
        renamed_from: String::new(),
        tokens: 0,
    };
    let count = body.u32()?;
    for _ in 0..count {
        // Each type takes bytes from the record: a huge count ends with them.
        function.types.push(ty(body, shared)?);
    }
    function.tokens = body.u128()?;
    if function.types.is_empty() {
        return Err(malformed(format!("`{}` has no result", function.path)));
    }
    Ok(function)
}

fn var<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Item, Reason> {
    Ok(Item {
        kind: Kind::Var,
        path: body.text()?,
        package: shared.package.read(body)?,
        version: shared.version.read(body)?,
        exported: body.flag()?,
        is_unsafe: false,
        abi: Arc::default(),
        display: body.shared_text()?,
        types: vec![ty(body, shared)?],
        reset: body.flag()?,
        renamed_from: body.text()?,
        tokens: body.u128()?,
    })
}

fn migrate(body: &mut Reader<'_>) -> Result<Migrate, Reason> {
    let (path, old) = (body.text()?, types::any_name(body)?);
    Ok(Migrate { path, old, new: types::any_name(body)? })
}

fn ty<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Arc<Type>, Reason> {
    shared.types.read(body, |body| {
        Ok(Type {
            name: body.shared_text()?,
            lifetimes: body.shared_text()?,
            size: body.u64()?,
            align: body.u64()?,
            option_size: body.u64()?,
            ty: types::any_name(body)?,
        })
    })
}

fn malformed(what: impl std::fmt::Display) -> Reason {
    Reason::new(Code::Manifest, format!("the bundle's manifest cannot be read: {what}"))
}

/// The types of a function or var whose fields nothing compares: opaque ones.
pub(crate) fn untracked(item: &Item) -> impl Iterator<Item = &str> {
    item.types.iter().filter(|ty| ty.ty.has_opaque()).map(|ty| &*ty.name)
}
