//! What names tell: of types, fields and variants, in records of memory and of files.

use hot_rt::rt::versioned::TypeRef;

use crate::file::manifest::{Field, Table, TypeName};
use crate::said::counted;

/// The name of a type.
pub(super) trait Name {
    fn package(&self) -> &str;
    fn path(&self) -> &str;
    fn args(&self) -> impl Iterator<Item = &Self>;

    /// Whether it is this type of the standard library.
    fn is_std(&self, path: &str) -> bool {
        self.package() == "std" && self.path() == path
    }

    /// As an author writes it, without paths.
    fn spelled(&self) -> String {
        let last = self.path().rsplit("::").next().unwrap_or_default();
        let args: Vec<_> = self.args().map(Name::spelled).collect();
        let args = args.join(", ");
        match last {
            "(,)" => format!("({args})"),
            "[]" => format!("[{args}]"),
            "[;]" => format!("[{}]", args.replacen(", ", "; ", 1)),
            "&" => format!("&{args}"),
            "&mut" | "*const" | "*mut" => format!("{last} {args}"),
            _ if args.is_empty() => last.to_owned(),
            _ => format!("{last}<{args}>"),
        }
    }
}

impl Name for TypeRef {
    fn package(&self) -> &str {
        self.package
    }

    fn path(&self) -> &str {
        self.path
    }

    fn args(&self) -> impl Iterator<Item = &Self> {
        self.args.iter().copied()
    }
}

impl Name for TypeName {
    fn package(&self) -> &str {
        &self.package
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn args(&self) -> impl Iterator<Item = &Self> {
        self.args.iter()
    }
}

/// Whether both are one type of one package, whatever its arguments and version. The one may have been
/// renamed, which the newer version says: within its module, or by its whole path.
pub(super) fn is_same<N: Name>(old: (&N, &str), new: (&N, &str)) -> bool {
    let is = |said: &str, path: &str| {
        !said.is_empty() && (said == path || path.rsplit("::").next() == Some(said))
    };
    let ((was, old_said), (now, new_said)) = (old, new);
    was.package() == now.package()
        && (was.path() == now.path() || is(new_said, was.path()) || is(old_said, now.path()))
}

/// A field's or variant's name, and the one that it is said to have had before.
pub(super) type Said<'a> = (&'a str, &'a str);

pub(super) fn said_of_fields(fields: &[Field]) -> Vec<Said<'_>> {
    fields.iter().map(|field| (&*field.name, &*field.said.renamed_from)).collect()
}

pub(super) fn said_of_variants(table: &Table) -> Vec<Said<'_>> {
    table.variants.iter().map(|it| (&*it.name, &*it.renamed_from)).collect()
}

/// For each new one the old one that it is; none is two of them. Older versions say nothing of newer names, so that
/// both are asked. Where they are not of one mind the later one is right: the old one, on the way `back`.
pub(super) fn matched(old: &[Said<'_>], new: &[Said<'_>], back: bool) -> Vec<Option<usize>> {
    type Is = fn(&Said<'_>, &Said<'_>) -> bool;
    let [own, by_old, by_new]: [Is; 3] =
        [|was, is| was.0 == is.0, |was, is| was.1 == is.0, |was, is| is.1 == was.0];
    let mut matches = vec![None; new.len()];
    for is_one in if back { [own, by_old, by_new] } else { [own, by_new, by_old] } {
        for (index, is) in new.iter().enumerate() {
            if matches[index].is_none() {
                matches[index] = (0..old.len())
                    .find(|at| is_one(&old[*at], is) && !matches.contains(&Some(*at)));
            }
        }
    }
    matches
}

/// What is wrong with fields of which some have numbers for names; each with their count. None of these may
/// come or go.
pub(super) fn positions(was: (bool, usize), is: (bool, usize)) -> Option<String> {
    match (was, is) {
        ((false, _), (false, _)) => None,
        ((true, old), (true, new)) if old == new => None,
        ((true, old), (true, new)) => {
            Some(format!("has {} without a name in place of {old}", counted(new, "field")))
        }
        _ => Some("has fields without names in one of the versions".to_owned()),
    }
}
