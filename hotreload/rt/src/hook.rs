//! Functions of the author's that the host runs when a generation has come, and when it has gone.

use core::fmt::Display;

use crate::returned::{Returned, catch};

/// Such a function.
#[derive(Debug)]
#[repr(C)]
pub struct Hook {
    /// Its path, which begins with its crate.
    pub path: &'static str,
    pub when: When,
    /// Where it stands in its file: those of a module run in this order.
    pub line: u32,
    pub column: u32,
    /// Runs it. A panic of it ends there.
    pub run: fn() -> Returned<Result<(), String>>,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum When {
    /// A generation has become the live one.
    Load = 0,
    /// It is not any more.
    Unload = 1,
}

/// A hook's entry in the image's list.
#[derive(Debug)]
pub struct RegisteredHook(pub &'static Hook);

inventory::collect!(RegisteredHook);

/// The hooks linked into this image, those of other crates too.
pub(crate) fn registered_hooks() -> impl Iterator<Item = &'static Hook> {
    inventory::iter::<RegisteredHook>.into_iter().map(|registered| registered.0)
}

/// Runs an author's function for the host.
pub fn run_hook<O: Outcome>(run: fn() -> O) -> Returned<Result<(), String>> {
    // The error's text is the author's code, too.
    catch(|| run().outcome())
}

/// What a function that the host runs may return: nothing, or a `Result` whose error can be printed.
#[diagnostic::on_unimplemented(
    message = "a function that runs at a load or an unload cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "it returns nothing, or a `Result<(), E>` whose error can be displayed"
)]
pub trait Outcome {
    /// The error as text.
    fn outcome(self) -> Result<(), String>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}
