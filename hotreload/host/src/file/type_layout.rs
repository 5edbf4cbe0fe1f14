//! The layout of a type, as programs and people read it.

use std::fmt;

use crate::file::manifest::{Field, Header, Table, Variant};
use crate::said::bytes;
use hot_rt::rt::Kind;
use hot_rt::rt::versioned::TypeKind;

/// How a bundle's struct or enum is laid out; from
/// [`Definition::layout`](crate::Definition::layout).
///
/// ```no_run
/// let host = hot::Host::start()?;
/// host.load_crate("game")?;
/// let world = host.namespace().get("game::World").expect("a #[hot::versioned] type");
/// let layout = world.layout().expect("it is no function");
/// println!("{layout}"); // World: 32 bytes, align 8 ..
/// assert!(layout.fields.iter().any(|field| field.name == "heat"));
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeLayout {
    /// The full path, `game::World`.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// In bytes.
    pub align: u32,
    /// What is in `#[repr(..)]`; nothing if there is none.
    pub repr: String,
    /// A struct's.
    pub fields: Vec<FieldLayout>,
    /// An enum's.
    pub variants: Vec<VariantLayout>,
}

/// A field of a struct or a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldLayout {
    /// Its name; of a tuple struct its number.
    pub name: String,
    /// In the struct, in bytes; of a variant's field rustc tells none.
    pub offset: Option<u64>,
    /// In bytes.
    pub size: u64,
    /// What type it is, with full paths.
    pub type_name: String,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VariantLayout {
    /// Its name.
    pub name: String,
    /// Its value, where the enum promises one.
    pub discriminant: Option<i128>,
    /// Its payload.
    pub fields: Vec<FieldLayout>,
}

impl TypeLayout {
    pub(crate) fn of(table: &Table) -> TypeLayout {
        TypeLayout {
            path: table.name.path.clone(),
            size: table.size,
            align: table.align,
            repr: table.repr.clone(),
            fields: table.fields.iter().map(FieldLayout::of).collect(),
            variants: table.variants.iter().map(VariantLayout::of).collect(),
        }
    }
}

impl FieldLayout {
    fn of(field: &Field) -> FieldLayout {
        let type_name =
            field.ty.as_ref().map_or_else(|| field.spelling.clone(), ToString::to_string);
        FieldLayout { name: field.name.clone(), offset: field.offset, size: field.size, type_name }
    }
}

impl VariantLayout {
    fn of(variant: &Variant) -> VariantLayout {
        VariantLayout {
            name: variant.name.clone(),
            discriminant: variant.discriminant,
            fields: variant.fields.iter().map(FieldLayout::of).collect(),
        }
    }
}

impl Table {
    /// What sort of definition the type is; none for what is no struct or enum of an author's.
    pub(crate) fn definition_kind(&self) -> Option<Kind> {
        match self.kind {
            // What a generic type becomes is no definition.
            _ if !self.name.args.is_empty() => None,
            TypeKind::Struct | TypeKind::Tuple | TypeKind::Unit => Some(Kind::Struct),
            TypeKind::Enum => Some(Kind::Enum),
            TypeKind::Builtin | TypeKind::Opaque | TypeKind::Unsized | TypeKind::Trait => None,
        }
    }
}

impl Header {
    /// Whether a type is of the bundle's own crate.
    pub(crate) fn defines(&self, table: &Table) -> bool {
        let first = table.name.path.split("::").next();
        table.name.package == self.package && first == Some(&self.crate_name)
    }
}

impl fmt::Display for TypeLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TypeLayout { path, size, align, .. } = self;
        write!(f, "{path}: {}, align {align}", bytes(*size))?;
        for field in &self.fields {
            write!(f, "\n  {field}")?;
        }
        for VariantLayout { name, discriminant, fields } in &self.variants {
            write!(f, "\n  {name}")?;
            if let Some(number) = discriminant {
                write!(f, " = {number}")?;
            }
            for field in fields {
                write!(f, "\n    {field}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for FieldLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FieldLayout { name, offset, size, type_name } = self;
        write!(f, "{name}: {type_name}, {}", bytes(*size))?;
        offset.map_or(Ok(()), |offset| write!(f, " at {offset}"))
    }
}
