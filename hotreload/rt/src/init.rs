//! What a bundle does when it is loaded: stage, be checked, run the author's init function.

use core::{ptr, sync::atomic::Ordering};
use std::{
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
};

use crate::{
    accessor::registered,
    future::Futures,
    hook::registered_hooks,
    panic::{drop_quietly, install_hook},
    pin,
    rt::versioned::{BehindHandle, Clash, Describe, Description},
    table::{HostTable, Stage, TABLE, Text},
    tweak::{LiteralsTo, literals},
};

/// What `hot::bundle!()` knows about its crate.
#[derive(Debug)]
pub struct Bundle {
    /// The package's name.
    pub name: &'static str,
    /// The manifest's header record.
    pub record: &'static [u8],
    /// The author's init function.
    pub init: fn() -> Result<(), String>,
}

/// A bundle's entry in the image's list.
#[derive(Debug)]
pub struct RegisteredBundle(pub &'static Bundle);

inventory::collect!(RegisteredBundle);

/// The bundles linked into this image.
pub fn registered_bundles() -> impl Iterator<Item = &'static Bundle> {
    inventory::iter::<RegisteredBundle>.into_iter().map(|registered| registered.0)
}

/// What the host keeps of an image besides its accessors. Its address tells images apart.
#[repr(C)]
pub struct ImageInfo {
    /// Writes out what the image's copy of std holds back of standard output. Waits while another
    /// thread holds it.
    pub flush: extern "C" fn(),
    /// Describes the types of everything that the image exports or calls.
    pub describe: unsafe extern "C" fn(DescribeTo),
    /// The futures that run its code.
    pub futures: &'static Futures,
    /// Hands in the literals that a save may change.
    pub literals: unsafe extern "C" fn(LiteralsTo),
}

/// Where a description goes: called once, with what was passed along.
#[repr(C)]
pub struct DescribeTo {
    pub take: unsafe extern "C" fn(*mut (), &Described),
    pub with: *mut (),
}

/// What an image says of its types.
#[repr(C)]
pub struct Described {
    /// The records, one after another: where, and how many bytes.
    pub records: *const u8,
    pub length: usize,
    /// The compiler's names of types that share a name in the records, if there are such.
    pub clash: Text,
    /// The types of values that are held by handle: where, and how many.
    pub behind_handles: *const BehindHandle,
    pub count: usize,
}

/// This image's.
pub(crate) static IMAGE: ImageInfo = ImageInfo { flush, describe, futures: &FUTURES, literals };

/// This image's.
pub static FUTURES: Futures = Futures::none();

/// The types of everything that this image exports or calls.
pub fn description() -> Description {
    Describe::all(registered().flat_map(|accessor| accessor.describe.iter().copied()))
}

unsafe extern "C" fn describe(to: DescribeTo) {
    let Description { bytes, clashes, behind_handles } = description();
    let clash = clashes.first().map(Clash::to_string).unwrap_or_default();
    let described = Described {
        records: bytes.as_ptr(),
        length: bytes.len(),
        clash: Text::new(&clash),
        behind_handles: behind_handles.as_ptr(),
        count: behind_handles.len(),
    };
    // SAFETY: whoever asks says how it is answered; what is passed outlives the call.
    unsafe { (to.take)(to.with, &described) }
}

extern "C" fn flush() {
    // Whoever printed it did not ask what became of it either.
    let _ = io::stdout().flush();
}

/// How init ended.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitStatus {
    /// Everything is staged.
    Ready = 0,
    /// The host refused what was staged.
    Refused = 1,
    /// The author's init function returned an error.
    Failed = 2,
    /// The author's init function panicked.
    Panicked = 3,
    /// The image serves another host.
    OtherHost = 4,
    /// Another thread of the image called hot code before there was a host.
    CalledBefore = 5,
}

/// The body of `bundle_init_<crate>`. Stages only: nothing is visible before the host commits.
///
/// # Safety
/// `host` is the table of the host that loads this image, which has compared the fingerprint, and
/// lives as long as the process; `stage` is what that host passed to `bundle_init`.
pub unsafe fn init(
    host: *const HostTable,
    stage: *mut Stage,
    bundle: &'static Bundle,
) -> InitStatus {
    // SAFETY: the caller's promise.
    let table: &'static HostTable = unsafe { &*host };
    // On Linux the host has written its table into the file; elsewhere there is none yet.
    let known = TABLE.load(Ordering::Acquire).cast_const();
    if known.is_null() {
        if !pin::give_up_own_record() {
            return InitStatus::CalledBefore;
        }
        // Pairs with the Acquire loads in `table()` and `new_record`.
        TABLE.store(host.cast_mut(), Ordering::Release);
    } else if !ptr::eq(known, host) {
        return InitStatus::OtherHost;
    }
    install_hook(table, bundle.name);
    #[cfg(feature = "log")]
    super::log::install();
    #[cfg(feature = "tracing")]
    super::trace::install();
    // SAFETY: `stage` is the host's.
    unsafe { (table.image)(stage, &IMAGE) }
    for accessor in registered() {
        // SAFETY: `stage` is the host's, the accessor a static of this image.
        unsafe { (table.stage)(stage, accessor) }
    }
    for hook in registered_hooks() {
        // SAFETY: `stage` is the host's, the hook a static of this image.
        unsafe { (table.hook)(stage, hook) }
    }
    // SAFETY: as above.
    if !unsafe { (table.staged)(stage) } {
        return InitStatus::Refused;
    }
    let (status, text) = match panic::catch_unwind(AssertUnwindSafe(bundle.init)) {
        Ok(Ok(())) => return InitStatus::Ready,
        Ok(Err(text)) => (InitStatus::Failed, text),
        Err(payload) => {
            let text = super::panic::text_of(&*payload).to_owned();
            drop_quietly(payload);
            (InitStatus::Panicked, text)
        }
    };
    // SAFETY: as above; the text outlives the call.
    unsafe { (table.stage_error)(stage, Text::new(&text)) }
    status
}
