//! What ties a slot to a name: one per exported or imported function and image.

use core::{
    alloc::Layout,
    any::TypeId,
    ptr::{self, NonNull},
};

use crate::Undefined;
use crate::{
    alone::{host, table},
    panic,
    rt::versioned::{Describe, Migrate, Moves, Told},
    slot::Slot,
    table::{Looked, Text},
};

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// A function.
    Function = 0,
    /// A static whose storage the host owns.
    Var = 1,
    /// A struct.
    Struct = 2,
    /// An enum.
    Enum = 3,
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Kind::Function => "function",
            Kind::Var => "var",
            Kind::Struct => "struct",
            Kind::Enum => "enum",
        })
    }
}

/// Writes a var's first value to the storage; false: its initialiser panicked, and the calling
/// thread's record holds the text.
pub type Initialise = unsafe fn(*mut ()) -> bool;

/// Takes the lock of a var's value, so that nobody uses it until the result is dropped. None: a guard
/// is held.
pub type Lock = unsafe fn(*const ()) -> Option<Box<dyn Locked>>;

/// A var's value whose lock is held.
pub trait Locked {
    /// Gives the value up for ever: whoever asks for it from now on is refused.
    fn give_up(&self);

    /// Whether a thread waits for a guard: it came before the value was given up.
    fn is_awaited(&self) -> bool;

    /// Drops the value, which was never published or is given up: whoever asks for it is refused.
    fn discard(self: Box<Self>);

    /// The value's address; null if there is none, or it has no lock. It is of the type that
    /// [`Moving::value`] says, and nobody else uses it until the lock is gone.
    fn value(&mut self) -> *mut u8;

    /// Whether a guard was given that writes, since the value came to its place.
    fn was_written(&self) -> bool;

    /// Forgets the value, whose bits are somebody else's now, and gives it up.
    fn moved_out(self: Box<Self>);
}

/// What moves the value of a `hot::State`.
#[derive(Debug, Clone, Copy)]
pub struct Moving {
    /// Of the value's type.
    pub value: &'static Moves,
    /// Writes a state without a value to fresh storage of the var's layout: whoever asks for its value
    /// gets HOT0406 until there is one.
    pub empty: unsafe fn(*mut ()),
    /// Moves a value, the bits at the second address, into such a state. Once.
    pub fill: unsafe fn(*const (), *const u8),
    /// The image's functions that make whole types.
    pub migrates: fn() -> Vec<&'static Migrate>,
}

/// [`Accessor::moving`] of what is no state.
pub fn moves_nothing() -> Option<Moving> {
    None
}

/// A value without a lock: references to it may live, it is left alone.
impl Locked for () {
    fn give_up(&self) {}

    fn is_awaited(&self) -> bool {
        false
    }

    fn discard(self: Box<Self>) {}

    fn value(&mut self) -> *mut u8 {
        ptr::null_mut()
    }

    fn was_written(&self) -> bool {
        false
    }

    fn moved_out(self: Box<Self>) {}
}

/// One exported or imported function or var as an image knows it.
#[repr(C)]
pub struct Accessor {
    /// What it is.
    pub kind: Kind,
    /// The manifest record: name, package and signature.
    pub record: &'static [u8],
    /// The word that the call sites read.
    pub slot: &'static Slot,
    /// What an unresolved slot calls; null for a var, and where the caller resolves it first.
    pub cold: *const (),
    /// The entry of the function linked into this image, or the var's [`Initialise`]; null for an
    /// import.
    pub body: *const (),
    /// A var's layout.
    pub layout: Layout,
    /// Of an exported var, what locks its value: see [`Lock`].
    pub lock: Option<Lock>,
    /// Of an exported var that is a `hot::State`, what moves its value. Called where one moves, and so
    /// compiled for no types but those of states.
    pub moving: fn() -> Option<Moving>,
    /// Describes the types of the signature, or the var's.
    pub describe: &'static [fn(&mut Describe)],
    /// The function pointer type, higher-ranked over its lifetimes; or the var's type.
    pub signature: fn() -> TypeId,
    /// What tells the lifetimes of the types in the signature, those that an alias hides too.
    pub lifetimes: fn() -> Told,
    /// The name of the function pointer type, or of the var's, the full paths of all
    /// types in it.
    pub type_name: fn() -> &'static str,
    /// What tells which types are opaque in the signature, with their lifetimes.
    pub opaque: fn() -> TypeId,
    /// A type of the crate that the accessor was compiled in: equal in two images if the compiler
    /// saw the same crate (same version, features, profile).
    pub identity: fn() -> TypeId,
    /// Whoever makes an accessor promises that the other fields are true.
    pub promise: Promise,
}

/// What an accessor cannot be made without. It is not `Copy`, so that it is not taken from another.
#[derive(Debug)]
pub struct Promise(());

impl Promise {
    /// The promise for one accessor.
    ///
    /// # Safety
    /// Everything that the accessor's fields say is true of one function or var: `cold` and `body` are
    /// code of the signature that `record`, `signature` and `lifetimes` name, or a var's
    /// [`Initialise`], which writes a value of the var's `layout`; `slot` is this accessor's alone;
    /// `lock` and `moving` take the address of such a value. The host publishes what is in it to callers that
    /// were compiled with the same types.
    pub const unsafe fn given() -> Promise {
        Promise(())
    }
}

// SAFETY: plain data that is never written; the pointers are addresses of code, by the `Promise`.
unsafe impl Send for Accessor {}
// SAFETY: as above.
unsafe impl Sync for Accessor {}

/// An accessor's entry in the image's list.
pub struct Registered(pub &'static Accessor);

inventory::collect!(Registered);

/// The accessors of this image: its own and those of the crates linked into it.
pub fn registered() -> impl Iterator<Item = &'static Accessor> {
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

    /// What the accessor's name stands for.
    fn accessor() -> &'static Accessor;

    /// Says that a handle or pointer of it is made, which may be kept and called later.
    fn mark_used();
}

/// The cold path of a call: the entry to call.
///
/// # Panics
/// If nothing defines the function. This is the caller's own image, so it may be unwound: the
/// arguments are dropped on the way, as those of any call that panics.
///
/// # Safety
/// The accessor's glue calls this on this thread, inside its pin, which is the innermost: a panic ends
/// that pin.
#[cold]
pub unsafe fn resolve(accessor: &'static Accessor) -> *const () {
    ask(accessor).unwrap_or_else(|text| {
        // The glue, which will not be returned to, cannot end its pin.
        super::pin::abandon();
        panic!("{text}")
    })
}

/// The entry to call, of an accessor whose slot leads nowhere as long as it is not resolved; none where
/// nothing defines the function, or something that its caller does not fit.
///
/// For whoever is inside a pin, or does not call it.
#[inline(always)]
pub fn entry_if_any(accessor: &'static Accessor) -> Option<NonNull<()>> {
    NonNull::new(accessor.slot.entry().cast_mut()).or_else(|| find(accessor))
}

#[cold]
fn find(accessor: &'static Accessor) -> Option<NonNull<()>> {
    let found = NonNull::new((table().resolve)(accessor).cast_mut());
    if found.is_none() {
        // Why is of no interest.
        drop(panic::failure());
    }
    found
}

/// The storage behind an unresolved var's slot.
///
/// # Panics
/// If nothing defines it.
#[cold]
pub fn resolve_var(accessor: &'static Accessor) -> *const () {
    ask(accessor).unwrap_or_else(|text| panic!("{text}"))
}

/// What an unresolved slot leads to, or why it leads nowhere.
fn ask(accessor: &'static Accessor) -> Result<*const (), String> {
    let found = (table().resolve)(accessor);
    if !found.is_null() {
        return Ok(found);
    }
    // The host tells of a failure where the definition is there, and its first value is not.
    Err(panic::failure().unwrap_or_else(|| Undefined::of(accessor, None).to_string()))
}

/// Whether something defines it now. To look is not to use: the slot stays as it is.
fn look(accessor: &'static Accessor) -> Result<(), Undefined> {
    if accessor.slot.entry() != accessor.cold {
        return Ok(());
    }
    let Looked { is_there, why } = (table().look)(accessor);
    // SAFETY: whoever answers gives a text that lives as long as the process.
    if is_there { Ok(()) } else { Err(Undefined::of(accessor, unsafe { why.as_option() })) }
}

/// Whether something defines it now.
pub fn is_defined(accessor: &'static Accessor) -> bool {
    look(accessor).is_ok()
}

/// The handle, if something defines its function or var now.
pub fn try_handle<H>(accessor: &'static Accessor, handle: H) -> Result<H, Undefined> {
    look(accessor).map(|()| handle)
}

/// New storage of a state whose value is still to be moved into it. Never freed.
///
/// # Safety
/// The [`Moving`] is the accessor's.
pub unsafe fn empty_storage(accessor: &'static Accessor, moving: Moving) -> *const () {
    let place = place(accessor.layout);
    // SAFETY: the place is fresh and has the var's layout.
    unsafe { (moving.empty)(place.cast()) };
    place.cast_const().cast()
}

fn place(layout: Layout) -> *mut u8 {
    let place = if layout.size() == 0 {
        ptr::without_provenance_mut(layout.align())
    } else {
        // SAFETY: the size is not zero.
        unsafe { std::alloc::alloc(layout) }
    };
    if place.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    place
}

/// New storage with the var's first value, or why there is none. Never freed: references into it
/// live as long as the process.
///
/// # Safety
/// The accessor is that of a var, and no import.
pub unsafe fn new_storage(accessor: &'static Accessor) -> Result<*const (), String> {
    let place = place(accessor.layout);
    // SAFETY: `body` of a var that is not imported is its `Initialise`, and this is one by the
    // caller's promise.
    let initialise = unsafe { core::mem::transmute::<*const (), Initialise>(accessor.body) };
    // SAFETY: the place is fresh and has the var's layout.
    if unsafe { initialise(place.cast()) } {
        return Ok(place.cast_const().cast());
    }
    // What the initialiser left there is lost.
    Err(panic::take_failure())
}

/// Without a host, what is linked into the image is the only version there is.
pub(crate) extern "C" fn resolve_alone(accessor: &'static Accessor) -> *const () {
    let entry = resolve_without_host(accessor);
    // A host may have come meanwhile, and have published: it says what counts.
    match host() {
        Some(host) => (host.resolve)(accessor),
        None => entry,
    }
}

/// Whether an image without a host has something of the accessor's name.
pub(crate) extern "C" fn look_alone(accessor: &'static Accessor) -> Looked {
    let is_there = !accessor.body.is_null() || linked_exporter(accessor).is_some();
    Looked { is_there, why: Text::maybe(None) }
}

fn resolve_without_host(accessor: &'static Accessor) -> *const () {
    let (cold, body) = (accessor.cold, accessor.body);
    if body.is_null() {
        let Some(exporter) = linked_exporter(accessor) else { return body };
        let entry = match exporter.slot.entry() {
            _ if exporter.kind == Kind::Function => exporter.body,
            place => place,
        };
        return accessor.slot.resolve_alone(cold, entry).err().unwrap_or(entry);
    }
    let entry = match accessor.kind {
        Kind::Function | Kind::Struct | Kind::Enum => body,
        // SAFETY: a var's accessor, whose body is there.
        Kind::Var => match unsafe { storage(accessor) } {
            Ok(place) => return place,
            // `ask`, which may be unwound, panics with it.
            Err(text) => {
                panic::fail(&text);
                return ptr::null();
            }
        },
    };
    accessor.slot.resolve_alone(cold, entry).err().unwrap_or(entry)
}

/// What an import means where the feature `static` has made one program of everything: the export
/// of its name and type that is linked in. Elsewhere, a copy that is linked in does not define.
fn linked_exporter(import: &Accessor) -> Option<&'static Accessor> {
    let name = super::manifest::name_of(import.record);
    registered().filter(|_| crate::rt::STATIC).find(|accessor| {
        !accessor.body.is_null()
            && accessor.kind == import.kind
            && super::manifest::name_of(accessor.record) == name
            && (accessor.signature)() == (import.signature)()
    })
}

/// The storage of a var that is linked into this image: there already, or new.
///
/// # Safety
/// The accessor is that of a var, and no import.
pub unsafe fn storage(accessor: &'static Accessor) -> Result<*const (), String> {
    let known = accessor.slot.entry();
    if !known.is_null() {
        return Ok(known);
    }
    // SAFETY: the caller's promise.
    let place = unsafe { new_storage(accessor) }?;
    // Another thread may have been faster: all must see one var.
    Ok(accessor.slot.resolve_alone(ptr::null(), place).err().unwrap_or(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Version;

    #[test]
    fn what_a_host_has_resolved_stays() {
        let [cold, own, newest] = [8, 16, 24].map(ptr::without_provenance::<()>);
        let slot = Slot::new(cold);
        assert_eq!(slot.resolve_alone(cold, own), Ok(()));
        assert_eq!(slot.entry(), own);
        // A thread has asked before there was a host, and comes back after it has published.
        let slot = Slot::new(cold);
        let version = Version { entry: newest, generation: 2, born: 3 };
        // SAFETY: nobody calls what this slot holds.
        unsafe { slot.point_at(newest, &version) };
        assert_eq!(slot.resolve_alone(cold, own), Err(newest));
        assert_eq!((slot.entry(), slot.version()), (newest, ptr::from_ref(&version)));
    }
}
