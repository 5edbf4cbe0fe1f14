//! The records of types. Written by `types/src/table.rs`.

use std::{collections::BTreeMap, sync::Arc};

use crate::file::manifest::shared::Shared;
use crate::file::manifest::{Reader, malformed};
use crate::said::Reason;
use hot_rt::rt::versioned::{Facts, Hasher, NO_OFFSET, TypeKind};

/// How many types may be within each other in one name. Names are read, compared and displayed by
/// recursion.
const DEEPEST: usize = 128;

/// A type's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName {
    pub id: u128,
    pub package: String,
    pub version: String,
    pub path: String,
    pub args: Vec<TypeName>,
}

/// One level of a type's layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: TypeName,
    pub kind: TypeKind,
    pub size: u64,
    pub align: u32,
    pub option_size: u64,
    pub facts: Facts,
    pub repr: String,
    pub generics: String,
    pub invariants: u64,
    /// What the author says that the type was called before; or empty.
    pub renamed_from: String,
    /// Of a trait, its supertraits.
    pub fields: Vec<Field>,
    /// Of a trait, its methods.
    pub variants: Vec<Variant>,
}

/// A field of a struct or a variant; a method's parameter or result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// Whether every crate that has the type may write it.
    pub is_public: bool,
    /// What the author says of how it moves to another version of the type.
    pub said: Said,
    /// Rustc tells none of a variant's fields.
    pub offset: Option<u64>,
    pub size: u64,
    pub align: u32,
    pub facts: Facts,
    pub lifetimes: String,
    pub spelling: String,
    /// None in a generic definition: there the spelling is all.
    pub ty: Option<Arc<TypeName>>,
}

/// What `#[hot(..)]` says of a field. No layout depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `default = ..`.
    pub has_default: bool,
    /// `convert = ..`.
    pub has_conversion: bool,
    /// `unsafe(stays)`.
    pub stays: bool,
    /// `renamed_from = ".."`; or empty.
    pub renamed_from: String,
}

/// A variant of an enum, or a method of a trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub name: String,
    /// `unit`, `tuple`, `struct`; of a method its unsafety, ABI and `self`.
    pub form: String,
    /// What the author says that it was called before; or empty.
    pub renamed_from: String,
    pub discriminant: Option<i128>,
    pub fields: Vec<Field>,
}

/// A generic type's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GenericType {
    /// Without arguments.
    pub name: TypeName,
    pub kind: TypeKind,
    pub repr: String,
    pub generics: String,
    pub invariants: u64,
    pub renamed_from: String,
    pub fields: Vec<Field>,
    pub variants: Vec<Variant>,
}

/// What tells the lifetimes in a type's fields or a trait's methods, by the rest of their paths.
pub(crate) type Lifetimes = BTreeMap<String, String>;

/// Which types a type's opaque fields are of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identities {
    /// Of the type itself: only where it is the same can the others be compared.
    holder: String,
    /// By the rest of their paths.
    fields: BTreeMap<String, String>,
}

impl Identities {
    /// The opaque fields of one name that have another type in another image.
    pub(crate) fn differ<'a>(&'a self, other: &'a Identities) -> impl Iterator<Item = &'a str> {
        let comparable = self.holder == other.holder;
        let fields = self.fields.iter().filter(move |_| comparable);
        let other = |path: &str, id: &str| other.fields.get(path).is_some_and(|it| it != id);
        fields.filter(move |(path, id)| other(path, id)).map(|(path, _)| path.as_str())
    }
}

impl GenericType {
    /// The definition of which the table is one type.
    pub(crate) fn of(table: &Table) -> GenericType {
        let field = |field: &Field| Field {
            name: field.name.clone(),
            is_public: field.is_public,
            said: field.said.clone(),
            lifetimes: field.lifetimes.clone(),
            spelling: field.spelling.clone(),
            ..Field::generic()
        };
        let variant = |variant: &Variant| Variant {
            fields: variant.fields.iter().map(field).collect(),
            ..variant.clone()
        };
        let name = TypeName { args: Vec::new(), ..table.name.clone() };
        GenericType {
            name: TypeName { id: name.hash(), ..name },
            kind: table.kind,
            repr: table.repr.clone(),
            generics: table.generics.clone(),
            invariants: table.invariants,
            renamed_from: table.renamed_from.clone(),
            fields: table.fields.iter().map(field).collect(),
            variants: table.variants.iter().map(variant).collect(),
        }
    }
}

impl Field {
    /// Of a definition: its size depends on the arguments.
    fn generic() -> Field {
        Field {
            name: String::new(),
            is_public: false,
            said: Said::default(),
            offset: None,
            size: 0,
            align: 0,
            facts: Facts::UNKNOWN,
            lifetimes: String::new(),
            spelling: String::new(),
            ty: None,
        }
    }
}

impl TypeName {
    /// The id that follows from the rest.
    pub(crate) fn hash(&self) -> u128 {
        self.hash_with(self.args.iter().map(|arg| arg.id))
    }

    /// The id of the definition of which it is one type.
    pub(crate) fn definition(&self) -> u128 {
        self.hash_with([].into_iter())
    }

    fn hash_with(&self, args: impl ExactSizeIterator<Item = u128>) -> u128 {
        let mut hasher = Hasher::new();
        hasher.text(&self.package);
        hasher.text(&self.version);
        hasher.text(&self.path);
        hasher.u32(args.len() as u32);
        args.for_each(|arg| hasher.u128(arg));
        hasher.digest()
    }
}

pub(super) fn table<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Table, Reason> {
    let mut field = |body: &mut Reader<'a>| field(body, shared);
    Ok(Table {
        name: any_name(body)?,
        kind: kind(body)?,
        size: body.u64()?,
        align: body.u32()?,
        option_size: body.u64()?,
        facts: facts(body)?,
        repr: body.text()?,
        generics: body.text()?,
        invariants: body.u64()?,
        renamed_from: body.text()?,
        fields: list(body, &mut field)?,
        variants: list(body, |body| variant(body, &mut field))?,
    })
}

pub(super) fn generic(body: &mut Reader<'_>) -> Result<GenericType, Reason> {
    Ok(GenericType {
        name: any_name(body)?,
        kind: kind(body)?,
        repr: body.text()?,
        generics: body.text()?,
        invariants: body.u64()?,
        renamed_from: body.text()?,
        fields: list(body, generic_field)?,
        variants: list(body, |body| variant(body, generic_field))?,
    })
}

pub(super) fn lifetimes(body: &mut Reader<'_>) -> Result<(u128, Lifetimes), Reason> {
    let id = body.u128()?;
    let all = list(body, |body| Ok((body.text()?, body.text()?)))?;
    Ok((id, all.into_iter().collect()))
}

pub(super) fn identities(body: &mut Reader<'_>) -> Result<(u128, Identities), Reason> {
    let (id, holder) = (body.u128()?, body.text()?);
    let fields = list(body, |body| Ok((body.text()?, body.text()?)))?;
    Ok((id, Identities { holder, fields: fields.into_iter().collect() }))
}

/// Each element takes bytes from the record: a huge count ends with them.
fn list<'a, T>(
    body: &mut Reader<'a>,
    mut element: impl FnMut(&mut Reader<'a>) -> Result<T, Reason>,
) -> Result<Vec<T>, Reason> {
    let count = body.u32()?;
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(element(body)?);
    }
    Ok(list)
}

/// A name in a record.
pub(super) fn any_name(body: &mut Reader<'_>) -> Result<TypeName, Reason> {
    name(body, 0)
}

/// Passes over what [`any_name`] reads.
pub(super) fn skip_name(body: &mut Reader<'_>) -> Result<(), Reason> {
    // How many of them follow.
    let mut names = 1_u64;
    while names > 0 {
        (0..3).try_for_each(|_| body.skip_text())?;
        names = names - 1 + u64::from(body.u32()?);
    }
    Ok(())
}

fn name(body: &mut Reader<'_>, depth: usize) -> Result<TypeName, Reason> {
    if depth == DEEPEST {
        return Err(malformed(format!("a type of more than {DEEPEST} within each other")));
    }
    let (package, version, path) = (body.text()?, body.text()?, body.text()?);
    let args = list(body, |body| name(body, depth + 1))?;
    let name = TypeName { id: 0, package, version, path, args };
    Ok(TypeName { id: name.hash(), ..name })
}

fn kind(body: &mut Reader<'_>) -> Result<TypeKind, Reason> {
    const KINDS: [TypeKind; 8] = [
        TypeKind::Builtin,
        TypeKind::Opaque,
        TypeKind::Unsized,
        TypeKind::Struct,
        TypeKind::Tuple,
        TypeKind::Unit,
        TypeKind::Enum,
        TypeKind::Trait,
    ];
    let number = body.u8()?;
    let kind = KINDS.into_iter().find(|kind| *kind as u8 == number);
    kind.ok_or_else(|| malformed(format!("a type of the unknown kind {number}")))
}

fn facts(body: &mut Reader<'_>) -> Result<Facts, Reason> {
    let bits = body.u8()?;
    Facts::from_bits(bits).ok_or_else(|| malformed(format!("unknown facts of a type: {bits:#x}")))
}

/// Whether a field is public, and what is said of it.
fn marks(body: &mut Reader<'_>) -> Result<(bool, Said), Reason> {
    use hot_rt::rt::versioned::Field as Bits;
    let bits = body.u8()?;
    if bits & !(Bits::PUBLIC | Bits::DEFAULT | Bits::CONVERT | Bits::STAYS | Bits::RENAMED) != 0 {
        return Err(malformed(format!("unknown marks of a field: {bits:#x}")));
    }
    let has = |bit| bits & bit != 0;
    let renamed_from = if has(Bits::RENAMED) { body.text()? } else { String::new() };
    let said = Said {
        has_default: has(Bits::DEFAULT),
        has_conversion: has(Bits::CONVERT),
        stays: has(Bits::STAYS),
        renamed_from,
    };
    Ok((has(Bits::PUBLIC), said))
}

fn field<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Field, Reason> {
    let offset = Some(body.u64()?).filter(|offset| *offset != NO_OFFSET);
    let (size, align, facts) = (body.u64()?, body.u32()?, facts(body)?);
    let (name, (is_public, said)) = (body.text()?, marks(body)?);
    Ok(Field {
        name,
        is_public,
        said,
        offset,
        size,
        align,
        facts,
        lifetimes: body.text()?,
        spelling: body.text()?,
        ty: Some(shared.names.read(body, skip_name, any_name)?),
    })
}

fn generic_field(body: &mut Reader<'_>) -> Result<Field, Reason> {
    let (name, (is_public, said)) = (body.text()?, marks(body)?);
    Ok(Field {
        name,
        is_public,
        said,
        lifetimes: body.text()?,
        spelling: body.text()?,
        ..Field::generic()
    })
}

fn variant<'a>(
    body: &mut Reader<'a>,
    field: impl FnMut(&mut Reader<'a>) -> Result<Field, Reason>,
) -> Result<Variant, Reason> {
    let (name, form, bits) = (body.text()?, body.text()?, body.u8()?);
    if bits > 3 {
        return Err(malformed(format!("unknown marks of a variant: {bits:#x}")));
    }
    Ok(Variant {
        name,
        form,
        renamed_from: if bits & 2 != 0 { body.text()? } else { String::new() },
        discriminant: if bits & 1 != 0 { Some(body.i128()?) } else { None },
        fields: list(body, field)?,
    })
}
