//! One load in its order; and what else changes, or compares, what is loaded.
//!
//! ```text
//! transact       the steps of a transaction: check everything, then publish
//! candidate      a file, checked as far as it tells without being run
//! registering    constructors that would register something in a shared library (Linux)
//! after          the world as the transaction would leave it, and the checks against that
//! unfit          who does not fit what comes: asked again before the publishing, and closed by it
//! map            a checked file becomes an image whose init has handed in
//! handed_in      what init hands in: checked, with its statics
//! first_values   the statics: known ones, and new ones
//! held           values behind handles that new code may be given
//! closing        the gate before hot code, closed once nobody is inside
//! giving_up      values that make way for new ones
//! migrate/       values that become those of the next version of their type; moving: those of states
//! containers     of erased values, which move with the states that they are in
//! hooks          what bundles run once that is done
//! publish        new versions into definitions and slots; the reports
//! going_back     a generation that has panicked too often is taken back
//! baseline       generation 0: what is linked into the executable
//! lookup         call sites that the host learns of when they are used
//! tidy           attributes and functions that no value needs
//! tweak          literals of what is live that a save has changed
//! repeated       whether a file holds what is live already, or what was rolled back
//! library        two files compared for the command: never loaded
//! ```
//!
//! What fails before the publishing leaves everything as it was.

mod after;
mod baseline;
mod candidate;
mod closing;
mod containers;
mod first_values;
mod giving_up;
mod going_back;
mod handed_in;
mod handles;
mod held;
mod hooks;
mod library;
mod lookup;
mod map;
mod migrate;
mod moving;
mod publish;
#[cfg(target_os = "linux")]
mod registering;
mod repeated;
mod tidy;
mod transact;
#[cfg(feature = "watch")]
pub(crate) mod tweak;
mod unfit;

pub(crate) use baseline::baseline;
pub(crate) use going_back::go_back;
pub use library::{Library, Verdict};
pub(crate) use lookup::accessor_like;
pub(crate) use repeated::Repeated;
pub(crate) use transact::{Next, Step};
