//! What a bundle does when it is loaded: stage, be checked, run the author's init function.

use core::{fmt::Display, sync::atomic::Ordering};
use std::{
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
};

use crate::{
    accessor::registered,
    panic::{drop_quietly, install_hook},
    table::{HostTable, Stage, TABLE, Text},
    versioned::{Clash, Describe, Description},
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
}

/// Where a description goes: called once, with what was passed along, the records one after another,
/// and the compiler's names of types that share a name in the records, if there are such.
#[repr(C)]
pub struct DescribeTo {
    pub take: unsafe extern "C" fn(*mut (), *const u8, usize, Text),
    pub with: *mut (),
}

/// This image's.
pub(crate) static IMAGE: ImageInfo = ImageInfo { flush, describe };

/// The types of everything that this image exports or calls.
pub fn description() -> Description {
    Describe::all(registered().flat_map(|accessor| accessor.describe.iter().copied()))
}

unsafe extern "C" fn describe(to: DescribeTo) {
    let Description { bytes, clashes } = description();
    let clash = clashes.first().map(Clash::to_string).unwrap_or_default();
    // SAFETY: whoever asks says how it is answered; what is passed outlives the call.
    unsafe { (to.take)(to.with, bytes.as_ptr(), bytes.len(), Text::new(&clash)) }
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
    /// The host's table is shorter than the one that the bundle was compiled with.
    OtherTable = 4,
}

/// What an init function may return: nothing, or a `Result` whose error can be printed.
#[diagnostic::on_unimplemented(
    message = "an init function cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "it returns nothing, or a `Result<(), E>` whose error can be displayed"
)]
pub trait InitOutcome {
    /// The error as text.
    fn outcome(self) -> Result<(), String>;
}

impl InitOutcome for () {
    fn outcome(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> InitOutcome for Result<(), E> {
    fn outcome(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// The body of `bundle_init_<crate>`. Stages only: nothing is visible before the host commits.
///
/// # Safety
/// `host` is the table of the host that loads this image and lives as long as the process; `stage`
/// is what that host passed to `bundle_init`.
pub unsafe fn init(
    host: *const HostTable,
    stage: *mut Stage,
    bundle: &'static Bundle,
) -> InitStatus {
    // SAFETY: the caller's promise.
    let size = unsafe { (&raw const (*host).size).read() };
    if size < size_of::<HostTable>() {
        return InitStatus::OtherTable;
    }
    // SAFETY: the caller's promise; the table reaches as far as this image's type does.
    let table: &'static HostTable = unsafe { &*host };
    // Pairs with the Acquire load in `table()`.
    TABLE.store(host.cast_mut(), Ordering::Release);
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
