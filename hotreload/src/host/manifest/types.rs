//! The records of types. Written by rt/versioned/table.rs.

use std::{collections::BTreeMap, sync::Arc};

use super::{Reader, malformed, shared::Shared};
use crate::{
    host::Reason,
    rt::versioned::{Facts, Hasher, NO_OFFSET, TypeKind},
};

/// How many types may be within each other in one name. Names are read, compared and displayed by
/// recursion.
const DEEPEST: usize = 128;

/// A type's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TypeName {
    pub(crate) id: u64,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) path: String,
    pub(crate) args: Vec<TypeName>,
}

/// One level of a type's layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: TypeName,
    pub(crate) kind: TypeKind,
    pub(crate) size: u64,
    pub(crate) align: u32,
    pub(crate) option_size: u64,
    pub(crate) facts: Facts,
    pub(crate) repr: String,
    pub(crate) generics: String,
    pub(crate) invariants: u64,
    /// Of a trait, its supertraits.
    pub(crate) fields: Vec<Field>,
    /// Of a trait, its methods.
    pub(crate) variants: Vec<Variant>,
}

/// A field of a struct or a variant; a method's parameter or result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Rustc tells none of a variant's fields.
    pub(crate) offset: Option<u64>,
    pub(crate) size: u64,
    pub(crate) align: u32,
    pub(crate) facts: Facts,
    pub(crate) lifetimes: String,
    pub(crate) spelling: String,
    /// None in a generic definition: there the spelling is all.
    pub(crate) ty: Option<Arc<TypeName>>,
}

/// A variant of an enum, or a method of a trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    /// `unit`, `tuple`, `struct`; of a method its unsafety, ABI and `self`.
    pub(crate) form: String,
    pub(crate) discriminant: Option<i128>,
    pub(crate) fields: Vec<Field>,
}

/// A generic type's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GenericType {
    /// Without arguments.
    pub(crate) name: TypeName,
    pub(crate) kind: TypeKind,
    pub(crate) repr: String,
    pub(crate) generics: String,
    pub(crate) invariants: u64,
    pub(crate) fields: Vec<Field>,
    pub(crate) variants: Vec<Variant>,
}

/// What tells the lifetimes in a type's fields or a trait's methods, by the rest of their paths.
pub(crate) type Lifetimes = BTreeMap<String, String>;

impl GenericType {
    /// The definition of which the table is one type.
    pub(crate) fn of(table: &Table) -> GenericType {
        let field = |field: &Field| Field {
            name: field.name.clone(),
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
    pub(crate) fn hash(&self) -> u64 {
        self.hash_with(self.args.iter().map(|arg| arg.id))
    }

    /// The id of the definition of which it is one type.
    pub(crate) fn definition(&self) -> u64 {
        self.hash_with([].into_iter())
    }

    fn hash_with(&self, args: impl ExactSizeIterator<Item = u64>) -> u64 {
        let mut hasher = Hasher::new();
        hasher.text(&self.package);
        hasher.text(&self.version);
        hasher.text(&self.path);
        hasher.u32(args.len() as u32);
        args.for_each(|arg| hasher.u64(arg));
        hasher.finish()
    }
}

pub(super) fn table<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Table, Reason> {
    let mut field = |body: &mut Reader<'a>| field(body, shared);
    Ok(Table {
        name: own_name(body)?,
        kind: kind(body)?,
        size: body.u64()?,
        align: body.u32()?,
        option_size: body.u64()?,
        facts: facts(body)?,
        repr: body.text()?,
        generics: body.text()?,
        invariants: body.u64()?,
        fields: list(body, &mut field)?,
        variants: list(body, |body| variant(body, &mut field))?,
    })
}

pub(super) fn generic(body: &mut Reader<'_>) -> Result<GenericType, Reason> {
    Ok(GenericType {
        name: own_name(body)?,
        kind: kind(body)?,
        repr: body.text()?,
        generics: body.text()?,
        invariants: body.u64()?,
        fields: list(body, generic_field)?,
        variants: list(body, |body| variant(body, generic_field))?,
    })
}

pub(super) fn lifetimes(body: &mut Reader<'_>) -> Result<(u64, Lifetimes), Reason> {
    let id = body.u64()?;
    let all = list(body, |body| Ok((body.text()?, body.text()?)))?;
    Ok((id, all.into_iter().collect()))
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

/// The name that the record is found by.
fn own_name(body: &mut Reader<'_>) -> Result<TypeName, Reason> {
    let name = name(body, 0)?;
    if name.hash() == name.id {
        Ok(name)
    } else {
        Err(malformed(format!("the id of `{}` is not that of its name", name.path)))
    }
}

/// A name in a record of something else.
pub(super) fn any_name(body: &mut Reader<'_>) -> Result<TypeName, Reason> {
    name(body, 0)
}

/// Passes over what [`any_name`] reads.
pub(super) fn skip_name(body: &mut Reader<'_>) -> Result<(), Reason> {
    // How many of them follow.
    let mut names = 1_u64;
    while names > 0 {
        body.take(size_of::<u64>())?;
        (0..3).try_for_each(|_| body.skip_text())?;
        names = names - 1 + u64::from(body.u32()?);
    }
    Ok(())
}

fn name(body: &mut Reader<'_>, depth: usize) -> Result<TypeName, Reason> {
    if depth == DEEPEST {
        return Err(malformed(format!("a type of more than {DEEPEST} within each other")));
    }
    Ok(TypeName {
        id: body.u64()?,
        package: body.text()?,
        version: body.text()?,
        path: body.text()?,
        args: list(body, |body| name(body, depth + 1))?,
    })
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

fn field<'a>(body: &mut Reader<'a>, shared: &mut Shared<'a>) -> Result<Field, Reason> {
    Ok(Field {
        name: body.text()?,
        offset: Some(body.u64()?).filter(|offset| *offset != NO_OFFSET),
        size: body.u64()?,
        align: body.u32()?,
        facts: facts(body)?,
        lifetimes: body.text()?,
        spelling: body.text()?,
        ty: Some(shared.names.read(body, skip_name, any_name)?),
    })
}

fn generic_field(body: &mut Reader<'_>) -> Result<Field, Reason> {
    let (name, lifetimes, spelling) = (body.text()?, body.text()?, body.text()?);
    Ok(Field { name, lifetimes, spelling, ..Field::generic() })
}

fn variant<'a>(
    body: &mut Reader<'a>,
    field: impl FnMut(&mut Reader<'a>) -> Result<Field, Reason>,
) -> Result<Variant, Reason> {
    Ok(Variant {
        name: body.text()?,
        form: body.text()?,
        discriminant: if body.flag()? { Some(body.i128()?) } else { None },
        fields: list(body, field)?,
    })
}
