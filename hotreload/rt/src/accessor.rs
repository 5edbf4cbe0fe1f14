//! What ties a slot to a name: one per exported or imported function and image.

use core::{alloc::Layout, any::TypeId, ptr};

use crate::Undefined;
use crate::{Slot, table::table, versioned::Describe};

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

    /// Drops the value, which was never published: whoever asks for it is refused.
    fn discard(self: Box<Self>);
}

/// A value without a lock: references to it may live, it is left alone.
impl Locked for () {
    fn give_up(&self) {}

    fn discard(self: Box<Self>) {}
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
    /// What an unresolved slot calls; null for a var.
    pub cold: *const (),
    /// The entry of the function linked into this image, or the var's [`Initialise`]; null for an
    /// import.
    pub body: *const (),
    /// A var's layout.
    pub layout: Layout,
    /// Of an exported var, what locks its value: see [`Lock`].
    pub lock: Option<Lock>,
    /// Describes the types of the signature, or the var's.
    pub describe: &'static [fn(&mut Describe)],
    /// The function pointer type, higher-ranked over its lifetimes; or the var's type.
    pub signature: fn() -> TypeId,
    /// The type of a function over `Versioned::Lifetimes` of the types in the signature: what tells a
    /// lifetime that an alias hides, the same in every crate.
    pub lifetimes: fn() -> TypeId,
    /// The name of the function pointer type, or of the var's, the full paths of all
    /// types in it.
    pub type_name: fn() -> &'static str,
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
}

/// The cold path of a call: the entry to call.
///
/// # Panics
/// If nothing defines the function. This is the caller's own image, so it may be unwound: the
/// arguments are dropped on the way, as those of any call that panics.
#[cold]
pub fn resolve(accessor: &'static Accessor) -> *const () {
    ask(accessor).unwrap_or_else(|text| {
        // The glue, which will not be returned to, cannot end its pin.
        super::pin::abandon();
        panic!("{text}")
    })
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
    Err(super::panic::failure().unwrap_or_else(|| Undefined::of(accessor).to_string()))
}

/// Whether something defines it now.
pub fn is_defined(accessor: &'static Accessor) -> bool {
    let entry = accessor.slot.entry();
    entry != accessor.cold || ask(accessor).is_ok()
}

/// The handle, if something defines its function or var now.
pub fn try_handle<H>(accessor: &'static Accessor, handle: H) -> Result<H, Undefined> {
    if is_defined(accessor) { Ok(handle) } else { Err(Undefined::of(accessor)) }
}

/// New storage with the var's first value, or why there is none. Never freed: references into it
/// live as long as the process.
pub fn new_storage(accessor: &'static Accessor) -> Result<*const (), String> {
    let layout = accessor.layout;
    let place = if layout.size() == 0 {
        ptr::without_provenance_mut(layout.align())
    } else {
        // SAFETY: the size is not zero.
        unsafe { std::alloc::alloc(layout) }
    };
    if place.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    // SAFETY: `body` of a var that is not imported is its `Initialise`.
    let initialise = unsafe { core::mem::transmute::<*const (), Initialise>(accessor.body) };
    // SAFETY: the place is fresh and has the var's layout.
    if unsafe { initialise(place.cast()) } {
        return Ok(place.cast_const().cast());
    }
    // What the initialiser left there is lost.
    Err(super::panic::take_failure())
}

/// Without a host, what is linked into the image is the only version there is.
pub(crate) extern "C" fn resolve_alone(accessor: &'static Accessor) -> *const () {
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
        Kind::Var => match storage(accessor) {
            Ok(place) => return place,
            Err(text) => panic!("{text}"),
        },
    };
    accessor.slot.resolve_alone(cold, entry).err().unwrap_or(entry)
}

/// What an import means where the feature `static` has made one program of everything: the export
/// of its name and type that is linked in. Elsewhere, a copy that is linked in does not define.
fn linked_exporter(import: &Accessor) -> Option<&'static Accessor> {
    let name = super::manifest::name_of(import.record);
    registered().filter(|_| super::STATIC).find(|accessor| {
        !accessor.body.is_null()
            && accessor.kind == import.kind
            && super::manifest::name_of(accessor.record) == name
            && (accessor.signature)() == (import.signature)()
    })
}

/// The storage of a var that is linked into this image: there already, or new.
pub fn storage(accessor: &'static Accessor) -> Result<*const (), String> {
    let known = accessor.slot.entry();
    if !known.is_null() {
        return Ok(known);
    }
    let place = new_storage(accessor)?;
    // Another thread may have been faster: all must see one var.
    Ok(accessor.slot.resolve_alone(ptr::null(), place).err().unwrap_or(place))
}
