//! What may not be moved at all: an address of which nothing is known could be that of something which
//! moves, such as a cursor into a buffer beside it, though nothing behind it has changed.

use std::ptr;

use hot_rt::rt::versioned::{Branch, Form, Moves, MovesOf, Said};
use rustc_hash::FxHashMap;

use super::containers::pairs;

/// Where it is, from the type on, and what it is.
pub(super) type Obstacle = (String, &'static str);

/// What was found so far, by the old record.
#[derive(Default)]
pub(super) struct Obstacles(FxHashMap<*const Moves, Option<Obstacle>>);

/// What is said of one field, by either version.
fn stays(old: &[(usize, Said)], new: &[(usize, Said)], index: usize) -> bool {
    let says = |said: &[(usize, Said)]| said.iter().any(|(at, said)| *at == index && said.stays);
    says(old) || says(new)
}

pub(super) const PINNED: &str = "a value that may be pinned";

impl Obstacles {
    /// The first one that values of a type lead to, which both versions have alike.
    pub(super) fn within(&mut self, old: &'static Moves, new: &'static Moves) -> Option<Obstacle> {
        let at = ptr::from_ref(old);
        if let Some(known) = self.0.get(&at) {
            return known.clone();
        }
        // Of a type that contains itself: whatever there is in it is found on the way.
        self.0.insert(at, None);
        let found = self.search(old, new);
        self.0.insert(at, found.clone());
        found
    }

    fn search(&mut self, old: &'static Moves, new: &'static Moves) -> Option<Obstacle> {
        let mut step = |segment: &str, old: MovesOf, new: MovesOf| {
            let (path, what) = self.within(old(), new())?;
            Some((format!("{segment}{path}"), what))
        };
        match (&old.form, &new.form) {
            (Form::Fixed(what), _) => Some((String::new(), what)),
            (Form::Unchanged(old), Form::Unchanged(new)) => {
                old.within.iter().zip(new.within).find_map(|(old, new)| step("", *old, *new))
            }
            (
                Form::Struct { fields, said },
                Form::Struct { fields: new_fields, said: new_said },
            ) => fields.iter().zip(*new_fields).enumerate().find_map(|(index, (of, new_of))| {
                if stays(said, new_said, index) {
                    return None;
                }
                let field = &old.table.fields()[index];
                let segment = format!(".{}", field.name());
                if field.may_be_pinned() {
                    return Some((segment, PINNED));
                }
                step(&segment, *of, *new_of)
            }),
            (Form::Tuple { fields, .. }, Form::Tuple { fields: new_fields, .. }) => {
                let fields = fields.iter().zip(*new_fields).enumerate();
                let mut found =
                    fields.map(|(index, (old, new))| step(&format!(".{index}"), *old, *new));
                found.find_map(|found| found)
            }
            (Form::Choice(choice), Form::Choice(new_choice)) => {
                let branches = choice.variants.iter().zip(new_choice.variants).enumerate();
                let mut found = branches.map(|(index, (branch, new_branch))| {
                    let pinned = old.table.variants().get(index).and_then(|variant| {
                        let pinned = |at: &usize| {
                            variant.fields[*at].may_be_pinned()
                                && !stays(branch.said, new_branch.said, *at)
                        };
                        (0..variant.fields.len()).find(pinned)
                    });
                    if let Some(at) = pinned {
                        return Some((field_of(branch, at), PINNED));
                    }
                    branch.fields.iter().zip(new_branch.fields).enumerate().find_map(
                        |(at, (of, new_of))| {
                            if stays(branch.said, new_branch.said, at) {
                                return None;
                            }
                            let segment =
                                if choice.is_cell { String::new() } else { field_of(branch, at) };
                            step(&segment, *of, *new_of)
                        },
                    )
                });
                found.find_map(|found| found)
            }
            (Form::Array(of, _), Form::Array(new_of, _)) => step("[]", *of, *new_of),
            (Form::Sequence(of), Form::Sequence(new_of)) => step("[]", of.element, new_of.element),
            (Form::Boxed(of), Form::Boxed(new_of)) => step("", *of, *new_of),
            (Form::Shared(of), Form::Shared(new_of)) => step("", of.element, new_of.element),
            (Form::Map(of), Form::Map(new_of)) => {
                step("[key]", of.key, new_of.key).or_else(|| step("[]", of.value, new_of.value))
            }
            (Form::Container(of), Form::Container(new_of)) => {
                let mut found = pairs(of, new_of).into_iter().flatten().map(|pair| {
                    step(&pair.segment().0, of.types[pair.old.0], new_of.types[pair.new.0])
                });
                found.find_map(|found| found)
            }
            _ => None,
        }
    }
}

fn field_of(branch: &Branch, at: usize) -> String {
    format!("::{}.{}", branch.name, branch.names[at])
}
