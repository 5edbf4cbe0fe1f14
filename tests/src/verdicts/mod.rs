//! Random pairs of type definitions, and what rustc itself says of each: for a test of the verdicts
//! on layouts.
//!
//! ```text
//! random      numbers from a seed
//! definition  types as text that can be edited
//! generate    a random version of a few types that hold each other
//! mutation    the sorts of edits of it
//! edit        the edits
//! oracle      a program, without `hot`, that describes both versions
//! ```

mod definition;
mod edit;
mod generate;
mod mutation;
mod oracle;
mod random;

pub use definition::{Body, Definition, Field, Form, Variant, Version};
pub use mutation::{Mutation, Pair};
pub use oracle::{Described, describe};
pub use random::Random;
