//! What a bundle of `hotreload` links: the boundary between images, and what generated code calls.
//!
//! Everything here is an implementation detail of the crate `hot`, which hosts and bundles use. It
//! is a crate of its own for the time that a user waits: cargo switches the feature `host` on for
//! everything that is built together, and a linker that needs one function of a crate takes most of
//! it. It has no such feature.
//!
//! An *image* is the host executable
//! or one loaded bundle; each image has its own copy of this crate and of its statics.

#![allow(missing_docs, reason = "fields and variants that say what they are")]

/// Whether hot calls are plain calls of what is linked in: the feature `static`.
pub const STATIC: bool = cfg!(feature = "static");

mod accessor;
mod allocator;
mod callback;
#[allow(dead_code, reason = "bundles and hosts use a half each; the layout is one for all")]
mod events;
pub mod fingerprint;
mod held;
mod init;
mod live;
#[cfg(feature = "log")]
mod log;
pub mod manifest;
mod panic;
mod pin;
mod slot;
mod table;
#[cfg(feature = "tracing")]
mod trace;
mod undefined;
pub mod versioned;

pub use accessor::{
    Accessor, Exported, Initialise, Kind, Lock, Locked, Registered, is_defined, resolve,
    resolve_var, try_handle,
};
pub use allocator::Forward;
pub use callback::{Callback, DropObject, Object, finish};
pub use core::mem::MaybeUninit;
pub use held::Holding;
pub use init::{Bundle, InitOutcome, InitStatus, RegisteredBundle, init};
pub use inventory;
pub use live::{
    Cell, CellAlone, LiveCell, LiveHeader, OtherLayout, Tracked, take_cells_alone, tracked,
};
pub use panic::{catch, catch_never, completes, leave_never, quietly};
pub use pin::{Pin, record_count};
pub use slot::{Slot, Version};
pub use std::boxed::Box;
pub use table::{HostTable, Stage, Text};
pub use undefined::Undefined;

// What the host's side uses.
pub use self::{
    accessor::{new_storage, registered, storage},
    allocator::{alloc_host, alloc_zeroed_host, dealloc_host, realloc_host},
    events::{
        KeyValue, LogRecord, LogTable, Parent, SitePointer, SiteRecord, Slice, TraceTable, Value,
    },
    init::{DescribeTo, ImageInfo, description, registered_bundles},
    panic::fail_here,
    pin::{EPOCH, RECORDS, ThreadRecord, add_record, adopt, existing_record, record as own_record},
    table::{PanicReport, TABLE},
};
