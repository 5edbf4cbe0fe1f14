//! The fields of a struct, a tuple or a variant, seen alike; each with what is said of it.

use hot_rt::rt::versioned::{Branch, Form, Moves, MovesOf, Said, Table};

use super::names;

/// A field.
pub(super) struct Member {
    pub(super) name: String,
    /// Where it is in the struct; its number in a variant.
    pub(super) at: usize,
    pub(super) moves: &'static Moves,
    pub(super) said: Said,
    /// Whether it may have been pinned: then it may not be moved.
    pub(super) pinned: bool,
}

impl Member {
    fn new(name: &str, at: usize, moves: MovesOf, said: Said, pinned: bool) -> Member {
        Member { name: name.to_owned(), at, moves: moves(), said, pinned }
    }
}

fn said_at(said: &[(usize, Said)], index: usize) -> Said {
    said.iter().find(|(at, _)| *at == index).map_or(Said::NOTHING, |(_, said)| *said)
}

/// Of a struct or a tuple; none of others.
pub(super) fn members(moves: &'static Moves) -> Option<Vec<Member>> {
    match &moves.form {
        Form::Struct { fields, said } => {
            let named = moves.table.fields().iter().zip(*fields).enumerate();
            let members = named.map(|(index, (field, of))| {
                let said = said_at(said, index);
                Member::new(field.name(), field.offset(), *of, said, field.may_be_pinned())
            });
            Some(members.collect())
        }
        Form::Tuple { fields, offsets } => {
            let placed = fields.iter().zip(*offsets).enumerate();
            let members = placed.map(|(index, (of, offset))| {
                Member::new(&index.to_string(), *offset, *of, Said::NOTHING, false)
            });
            Some(members.collect())
        }
        _ => None,
    }
}

/// Of the variant of this number.
pub(super) fn members_of(moves: &'static Moves, index: usize, branch: &Branch) -> Vec<Member> {
    let fields = moves.table.variants().get(index).map_or(&[][..], |variant| variant.fields);
    let named = branch.names.iter().zip(branch.fields).enumerate();
    let members = named.map(|(index, (name, of))| {
        let pinned = fields.get(index).is_some_and(|field| field.may_be_pinned());
        Member::new(name, index, *of, said_at(branch.said, index), pinned)
    });
    members.collect()
}

/// Whether fields have numbers for names.
pub(super) fn by_position(members: &[Member]) -> bool {
    members.first().is_some_and(|member| member.name == "0")
}

/// For each new field the old one that it is, by its name; `back` if the new version is an earlier one.
pub(super) fn matched(old: &[Member], new: &[Member], back: bool) -> Vec<Option<usize>> {
    fn said(member: &Member) -> names::Said<'_> {
        (&member.name, member.said.renamed_from)
    }
    let said = |members| -> Vec<_> { <[Member]>::iter(members).map(said).collect() };
    names::matched(&said(old), &said(new), back)
}

/// Whether both are one type, whatever its arguments and version.
pub(super) fn same_name(old: &Table, new: &Table) -> bool {
    names::is_same((old.ty(), old.renamed_from()), (new.ty(), new.renamed_from()))
}
