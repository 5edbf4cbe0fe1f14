//! What an author has said of how values move, and no value needs any more.

use std::{collections::BTreeMap, iter};

use hot_rt::rt::versioned::{self, Migrate};

use super::names::{self, matched, said_of_fields, said_of_variants};
use crate::{
    file::{
        Tables,
        manifest::{Field, Table},
    },
    said::Untidy,
};

/// By the path and the attribute: whether a value needs it.
type Found = BTreeMap<(String, String), bool>;

/// Fields with what is known of their types.
type Fields<'a> = (&'a Tables, &'a [Field]);

/// What is said in `now`, and needed for no value of a version that one of `others` has.
pub(crate) fn untidy<'a>(now: impl Iterator<Item = &'a Tables>, others: &[&Tables]) -> Vec<Untidy> {
    let mut found = Found::new();
    for tables in now {
        for table in tables.all() {
            look_at(&mut found, (tables, table), others);
        }
    }
    let found = found.into_iter().filter(|(_, is_needed)| !is_needed);
    found.map(|((path, attribute), _)| Untidy { path, attribute }).collect()
}

/// Functions of whole types that take a version which no value is of, nor any of the `others`' types, and
/// that go on from no function which takes one.
pub(crate) fn untidy_functions(all: &[&'static Migrate], others: &[&Tables]) -> Vec<Untidy> {
    let is_taken = |migrate: &&'static Migrate| {
        let mut olds = others.iter().flat_map(|tables| tables.all());
        olds.any(|old| may_be(migrate.takes().table, old))
    };
    let (mut needed, mut others): (Vec<&Migrate>, Vec<_>) = all.iter().partition(|it| is_taken(it));
    let goes_on = |needed: &[&Migrate], next: &Migrate| {
        let taken = next.takes().table.ty().id();
        needed.iter().any(|before| before.makes().table.ty().id() == taken)
    };
    while let Some(at) = others.iter().position(|next| goes_on(&needed, next)) {
        needed.push(others.remove(at));
    }
    let said = |of: &&Migrate| Untidy {
        path: of.name().to_owned(),
        attribute: "#[hot::migrate]".to_owned(),
    };
    others.iter().map(said).collect()
}

/// Whether a type can be the one that a function takes, as far as tables tell: by its name, and where its
/// fields are.
fn may_be(taken: &versioned::Table, old: &Table) -> bool {
    let (ty, version_of) = (taken.ty(), taken.version_of());
    if version_of.is_empty() {
        return ty.id() == old.name.id;
    }
    let last = old.name.path.rsplit("::").next();
    let is_called = ty.package == &*old.name.package
        && (version_of == &*old.name.path || Some(version_of) == last);
    let fields = |taken: &[versioned::Field], old: &[Field]| {
        let is_same = |(taken, old): (&versioned::Field, &Field)| {
            let offset = old.offset.and_then(|at| usize::try_from(at).ok());
            taken.name() == old.name && taken.offset() == offset.unwrap_or(taken.offset())
        };
        taken.len() == old.len() && taken.iter().zip(old).all(is_same)
    };
    let mut variants = taken.variants().iter().zip(&old.variants);
    let layout = taken.layout();
    is_called
        && (layout.size() as u64, layout.align() as u64) == (old.size, old.align.into())
        && fields(taken.fields(), &old.fields)
        && taken.variants().len() == old.variants.len()
        && variants.all(|(a, b)| a.name() == b.name && fields(a.fields, &b.fields))
}

fn look_at(found: &mut Found, (tables, table): (&Tables, &Table), others: &[&Tables]) {
    let Table { name, renamed_from, .. } = table;
    let olds = others.iter().flat_map(|tables| tables.all().map(move |old| (*tables, old)));
    let is_version = |(_, old): &(&Tables, &Table)| {
        names::is_same((&old.name, ""), (name, renamed_from))
            && old.name.args.len() == name.args.len()
    };
    let olds: Vec<_> = olds.filter(is_version).collect();
    note_name(
        found,
        &name.path,
        renamed_from,
        olds.iter().any(|(_, old)| old.name.path != name.path),
    );
    let fields: Vec<Fields<'_>> = olds.iter().map(|(it, old)| (*it, &*old.fields)).collect();
    look_at_fields(found, &name.path, (tables, &table.fields), &fields);
    // Of each variant, the ones that it was.
    let mut variants = vec![Vec::new(); table.variants.len()];
    for (tables, old) in &olds {
        let matches = matched(&said_of_variants(old), &said_of_variants(table), false);
        for (olds, at) in variants.iter_mut().zip(matches) {
            olds.extend(at.map(|at| (*tables, &old.variants[at])));
        }
    }
    for (variant, olds) in table.variants.iter().zip(variants) {
        let of = format!("{}::{}", name.path, variant.name);
        let is_needed = olds.iter().any(|(_, old)| old.name != variant.name);
        note_name(found, &of, &variant.renamed_from, is_needed);
        let fields: Vec<Fields<'_>> = olds.iter().map(|(it, old)| (*it, &*old.fields)).collect();
        look_at_fields(found, &of, (tables, &variant.fields), &fields);
    }
}

fn look_at_fields(found: &mut Found, around: &str, now: Fields<'_>, olds: &[Fields<'_>]) {
    let (tables, fields) = now;
    // Of each field, what it was in each of the older versions.
    let matches =
        olds.iter().map(|(_, old)| matched(&said_of_fields(old), &said_of_fields(fields), false));
    let matches: Vec<_> = matches.collect();
    for (index, field) in fields.iter().enumerate() {
        let path = format!("{around}.{}", field.name);
        let befores = || {
            let olds = olds.iter().zip(&matches);
            olds.map(move |((tables, old), at)| (*tables, at[index].map(|at| &old[at])))
        };
        let is_renamed = befores().any(|(_, old)| old.is_some_and(|old| old.name != field.name));
        note_name(found, &path, &field.said.renamed_from, is_renamed);
        if field.said.has_default {
            let is_needed = befores().any(|(_, old)| old.is_none());
            note(found, &path, "#[hot(default = ..)]".to_owned(), is_needed);
        }
        if field.said.has_conversion {
            let is_needed = befores()
                .any(|(of, old)| old.is_none_or(|old| !is_alike((tables, field), (of, old))));
            note(found, &path, "#[hot(convert = ..)]".to_owned(), is_needed);
        }
    }
}

fn is_alike(now: (&Tables, &Field), old: (&Tables, &Field)) -> bool {
    let number = |(tables, field): (&Tables, &Field)| {
        Some(tables.hash(iter::once(&**field.ty.as_ref()?)).layout)
    };
    number(now).is_some() && number(now) == number(old)
}

fn note_name(found: &mut Found, path: &str, was: &str, is_needed: bool) {
    if !was.is_empty() {
        note(found, path, format!("#[hot(renamed_from = {was:?})]"), is_needed);
    }
}

fn note(found: &mut Found, path: &str, attribute: String, is_needed: bool) {
    *found.entry((path.to_owned(), attribute)).or_default() |= is_needed;
}
