//! A function that makes the new version of a whole type from the old one: `#[hot::migrate]`.

use super::{Converted, Moves, MovesOf, conversions};
use crate::Versioned;

/// Such a function, as the image that it was compiled in hands it in. Only the functions below make one, which
/// have the types: what is registered is called with what the other fields say.
#[derive(Debug)]
pub struct Migrate {
    name: &'static str,
    old: MovesOf,
    new: MovesOf,
    part: Option<MovesOf>,
    call: unsafe fn(*const *const u8, *mut u8) -> Result<(), String>,
}

impl Migrate {
    /// Of a function that makes the whole value, and captures nothing.
    pub const fn whole<Old, New, R, F>(name: &'static str, function: F) -> Migrate
    where
        Old: Versioned,
        New: Versioned,
        R: Converted<New>,
        F: Fn(&Old) -> R,
    {
        let call = conversions::from_1::<Old, New, R, F>(function, &[""]).call;
        let (old, new) = (Old::moves, New::moves);
        Migrate { name, old, new, part: None, call }
    }

    /// Of a function that makes some fields of a `New`, and captures nothing.
    pub const fn part<Old, New, Part, R, F>(name: &'static str, function: F) -> Migrate
    where
        Old: Versioned,
        New: Versioned,
        Part: Versioned,
        R: Converted<Part>,
        F: Fn(&Old) -> R,
    {
        const {
            assert!(
                Part::TABLE.is_part_of(New::TABLE),
                "the function makes a struct whose fields are fields of the type after `into`, with \
                 the same names and types"
            );
            assert!(
                !Part::ABILITIES.has_drop,
                "the fields of a type with a `Drop` cannot be taken out"
            );
        }
        let new = New::moves;
        let part = Some(Part::moves as MovesOf);
        Migrate { new, part, ..Self::whole::<Old, Part, R, F>(name, function) }
    }

    /// The function's path.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type that it takes.
    pub fn takes(&self) -> &'static Moves {
        (self.old)()
    }

    /// The type whose values come of it.
    pub fn makes(&self) -> &'static Moves {
        (self.new)()
    }

    /// The struct of the fields that it makes, if the other fields move by their names.
    pub fn fields(&self) -> Option<&'static Moves> {
        self.part.map(|part| part())
    }

    /// Calls it. An error or a panic, which was caught, is the text.
    ///
    /// # Safety
    /// There is a value of the type that it takes; and room for one of those that it makes.
    pub unsafe fn call(&self, old: *const u8, out: *mut u8) -> Result<(), String> {
        // SAFETY: the caller's promise.
        unsafe { (self.call)(&raw const old, out) }
    }
}
