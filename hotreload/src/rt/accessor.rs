//! What ties a slot to a name: one per exported or imported function and image.

use core::any::TypeId;

use super::{Slot, table::table};

/// One exported or imported function as an image knows it.
#[repr(C)]
pub struct Accessor {
    /// The manifest record: name, package and signature.
    pub record: &'static [u8],
    /// The word that the call sites read.
    pub slot: &'static Slot,
    /// What an unresolved slot calls.
    pub cold: *const (),
    /// The entry of the function linked into this image; null for an import.
    pub body: *const (),
    /// The function pointer type, higher-ranked over its lifetimes.
    pub signature: fn() -> TypeId,
    /// A type of the crate that the accessor was compiled in: equal in two images if the compiler
    /// saw the same crate (same version, features, profile).
    pub identity: fn() -> TypeId,
}

// SAFETY: plain data that is never written; the pointers are addresses of code.
unsafe impl Send for Accessor {}
// SAFETY: as above.
unsafe impl Sync for Accessor {}

/// An accessor's entry in the image's list.
pub struct Registered(pub &'static Accessor);

inventory::collect!(Registered);

/// The accessors of this image: its own and those of the crates linked into it.
pub(crate) fn registered() -> impl Iterator<Item = &'static Accessor> {
    inventory::iter::<Registered>.into_iter().map(|registered| registered.0)
}

/// An accessor's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hot function",
    label = "not marked with `#[hot::export]`",
    note = "`hot::get!` takes functions marked `#[hot::export]` or declared in `hot::import!`"
)]
pub trait Exported {
    /// Lets rustc say what is wrong where `hot::get!` is given something else.
    fn check() {}
}

/// The cold path of a call: the entry to call.
///
/// # Panics
/// If nothing defines the function. This is the caller's own image, so it may be unwound: the
/// arguments are dropped on the way, as those of any call that panics.
#[cold]
pub fn resolve(accessor: &'static Accessor) -> Option<*const ()> {
    let entry = (table().resolve)(accessor);
    if entry.is_null() {
        // The glue, which will not be returned to, cannot end its pin.
        super::pin::abandon();
        panic!("{}", undefined(accessor));
    }
    Some(entry)
}

fn undefined(accessor: &Accessor) -> String {
    let name = super::manifest::name_of(accessor.record);
    format!("HOT0501: `{name}` is not defined: no bundle that exports it is loaded")
}

/// Without a host, the function linked into the image is the only version there is.
pub(super) extern "C" fn resolve_alone(accessor: &'static Accessor) -> *const () {
    if !accessor.body.is_null() {
        accessor.slot.resolve_alone(accessor.cold, accessor.body);
    }
    accessor.body
}
