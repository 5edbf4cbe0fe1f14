//! The reasons why a value cannot be moved, each with its remedy.

use hot_rt::rt::versioned::{Moves, TypeRef};

use super::{names::Name as _, place::Place};
use crate::said::{Code, Reason};

fn reason(code: Code, place: &str, what: String) -> Reason {
    let mut reason = Reason::new(code, what);
    reason.path = Some(place.to_owned());
    reason
}

pub(super) fn no_default(around: &Place, field: &str, of: &str) -> Reason {
    let place = format!("{}.{field}", around.new);
    let what = format!("`{place}` is new, and nothing makes a `{of}` for it");
    reason(Code::NoDefault, &place, what)
}

pub(super) fn other_type(place: &Place, old: String, new: String) -> Reason {
    let what = format!("`{}` cannot be moved: its type has changed", place.new);
    reason(Code::NeedsConversion, &place.new, what).fact("before", old).fact("now", new)
}

pub(super) fn needs_conversion(place: &Place, why: &str) -> Reason {
    let what = format!("`{}` cannot be moved: it {why}", place.new);
    reason(Code::NeedsConversion, &place.new, what)
}

pub(super) fn renamed(around: &Place, old: &str, new: &str, of: &str) -> Reason {
    let place = format!("{}.{new}", around.new);
    let what = format!("`{place}` is new, and `{old}` of the same type `{of}` is gone");
    reason(Code::MaybeRenamed, &place, what).help(format!(
        "write `#[hot(renamed_from = \"{old}\")]` on `{new}`, or `#[hot(default = ..)]` if it is another field"
    ))
}

pub(super) fn may_lead_anywhere(place: &Place, of: &str) -> Reason {
    let what = format!("`{}` cannot be moved: it is {of}", place.new);
    reason(Code::LeadsAnywhere, &place.new, what)
}

pub(super) fn gone_may_lead_anywhere(place: &str, of: &str) -> Reason {
    let what = format!("`{place}` is gone and cannot be put aside: it is {of}");
    reason(Code::LeadsAnywhere, place, what).help("keep the field, or write `#[hot(unsafe(stays))]` on it before it goes, if it leads to nothing that moves")
}

pub(super) fn behind(place: &Place, of: &str) -> Reason {
    let what = format!(
        "`{}` cannot be moved: it is {of}, and what it holds or leads to has changed",
        place.new
    );
    reason(Code::BehindChanged, &place.new, what)
}

pub(super) fn other_opaque(place: &Place) -> Reason {
    let what =
        format!("`{}` cannot be moved: it is opaque, and not of the same type any more", place.new);
    reason(Code::BehindChanged, &place.new, what)
        .help("write `#[hot::versioned]` on the type if it is yours, or `#[hot(convert = ..)]` on the field")
}

pub(super) fn converts_in_cell(place: &Place) -> Reason {
    let what = format!(
        "`{}` cannot be converted where it is: in a cell, behind a lock or a `Weak`",
        place.new
    );
    reason(Code::ConvertsInCell, &place.new, what)
}

pub(super) fn migrates_in_cell(place: &Place) -> Reason {
    let what = format!(
        "`{}` cannot be made anew where it is: in a cell, behind a lock or a `Weak`",
        place.new
    );
    reason(Code::ConvertsInCell, &place.new, what)
}

pub(super) fn several_ways(place: &Place, ways: &[String]) -> Reason {
    let what = format!("several migrate functions lead to `{}`, and none is shorter", place.new);
    let mut reason = reason(Code::AmbiguousMigrate, &place.new, what);
    for way in ways {
        reason = reason.fact("way", way.clone());
    }
    reason
}

pub(super) fn leads_nowhere(place: &Place, new: &Moves, steps: &str) -> Reason {
    let new = new.table.ty().spelled();
    let what = format!("the migrate functions for `{}` end before they come to `{new}`", place.new);
    reason(Code::MigrateLeadsNowhere, &place.new, what).fact("way", steps)
}

pub(super) fn other_version(place: &Place, name: &str, of: &str, why: &str) -> Reason {
    let what = format!("`{name}` cannot make `{}`: its `{of}` is not what the value is", place.new);
    reason(Code::OtherVersion, &place.new, what).fact("why", why)
}

pub(super) fn written_since(place: &Place) -> Reason {
    let what = format!(
        "`{}` cannot go back: its old value was put aside, and the new one may have changed since",
        place.new
    );
    reason(Code::WrittenSince, &place.new, what)
}

/// What a container says of its values.
pub(crate) fn container(place: &str, why: &str) -> Reason {
    let what = format!("the container `{place}` cannot be taken apart: {why}");
    reason(Code::HandleLayout, place, what)
}

/// A container has values of a type that the new version of it does not list.
pub(crate) fn unlisted(place: &str, ty: &TypeRef, count: usize) -> Reason {
    let ty = ty.spelled();
    let what =
        format!("the container `{place}` has values of `{ty}`, which is not in its list any more");
    reason(Code::HandleLayout, place, what)
        .fact("values", count.to_string())
        .help("keep the type in the list until the container has no such value")
}

pub(super) fn other_frame(place: &Place) -> Reason {
    let what = format!(
        "the container `{}` cannot be put together: what is left of it without its values is of another type",
        place.new
    );
    reason(Code::HandleLayout, &place.new, what)
}

/// The new code cannot make a container of values of the types that it lists.
pub(super) fn not_accepted(place: &Place, why: &str) -> Reason {
    let what = format!("the container `{}` cannot be put together: {why}", place.new);
    reason(Code::HandleLayout, &place.new, what)
}

pub(super) fn map(place: &Place, why: &str) -> Reason {
    let what = format!("the map `{}` cannot be moved: {why}", place.new);
    reason(Code::MapKeys, &place.new, what)
}
