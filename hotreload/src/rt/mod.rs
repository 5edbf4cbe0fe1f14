//! What a bundle links: the boundary between images, and what generated code calls.
//!
//! Everything here is an implementation detail of the macros. An *image* is the host executable
//! or one loaded bundle; each image has its own copy of this module and of its statics.

/// Whether hot calls are plain calls of what is linked in: the feature `static`.
pub const STATIC: bool = cfg!(feature = "static");

mod accessor;
mod allocator;
mod callback;
// Bundles and hosts use a half each, if they have the features; the layout is the same for all.
#[allow(dead_code)]
mod events;
pub mod fingerprint;
mod init;
#[cfg(feature = "log")]
mod log;
pub mod manifest;
mod panic;
mod pin;
mod slot;
mod table;
#[cfg(feature = "tracing")]
mod trace;
mod var_type;

pub use accessor::{
    Accessor, Exported, Initialise, Kind, Registered, is_defined, resolve, try_handle,
};
pub use allocator::Forward;
pub use callback::{Callback, DropObject, Object, finish};
pub use core::mem::MaybeUninit;
pub use init::{Bundle, InitOutcome, InitStatus, RegisteredBundle, init};
pub use inventory;
pub use panic::{catch, catch_never, completes, leave_never};
pub use pin::{Pin, record_count};
pub use slot::{Slot, Version};
pub use std::boxed::Box;
pub use table::{HostTable, Stage, Text};
pub use var_type::{Special, Usual, VarType};

#[cfg(all(feature = "host", any(feature = "log", feature = "tracing")))]
pub(crate) use self::events::Value;
#[cfg(all(feature = "host", feature = "log"))]
pub(crate) use self::events::{KeyValue, LogRecord};
#[cfg(all(feature = "host", feature = "tracing"))]
pub(crate) use self::events::{Parent, SitePointer, SiteRecord, Slice};
#[cfg(feature = "host")]
pub(crate) use self::{
    accessor::{new_storage, registered, storage},
    allocator::{alloc_host, alloc_zeroed_host, dealloc_host, realloc_host},
    events::{LogTable, TraceTable},
    init::{ImageInfo, registered_bundles},
    panic::fail_here,
    pin::{EPOCH, RECORDS, ThreadRecord, add_record, adopt, existing_record, record as own_record},
    table::{PanicReport, TABLE},
};
pub(crate) use accessor::resolve_var;
