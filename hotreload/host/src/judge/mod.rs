//! What two versions of something differ in, and who stands in the way. Pure: it asks no lock and reads
//! no file; what it compares is passed to it.
//!
//! ```text
//! holder      who has code or a value of the old form
//! conflicts   one reason of each difference, however many hold it
//! signature   two signatures
//! layout/     two versions of a type, with all that they reach
//! moving/     what has to happen for values to become those of the other version
//! per_image   types that cannot cross images at all
//! ```

mod conflicts;
mod holder;
mod layout;
pub(crate) mod moving;
pub(crate) mod per_image;
mod signature;

pub(crate) use conflicts::{Conflicts, Party};
pub(crate) use holder::{Holder, Moves};
