//! What a bundle links: the boundary between images, and what generated code calls.
//!
//! Everything here is an implementation detail of the macros. An *image* is the host executable
//! or one loaded bundle; each image has its own copy of this module and of its statics.

mod accessor;
mod allocator;
mod callback;
pub mod fingerprint;
mod init;
pub mod manifest;
mod panic;
mod pin;
mod slot;
mod table;

pub use accessor::{Accessor, Exported, Registered, resolve};
pub use allocator::Forward;
pub use callback::{Callback, DropObject, Object, finish};
pub use core::mem::MaybeUninit;
pub use init::{Bundle, InitOutcome, InitStatus, RegisteredBundle, init};
pub use inventory;
pub use panic::{catch, catch_never, leave_never};
pub use pin::{Pin, record_count};
pub use slot::{Slot, Version};
pub use std::boxed::Box;
pub use table::{HostTable, Stage, Text};

#[cfg(feature = "host")]
pub(crate) use self::{
    accessor::registered,
    allocator::{alloc_host, alloc_zeroed_host, dealloc_host, realloc_host},
    init::registered_bundles,
    panic::fail_here,
    pin::{EPOCH, RECORDS, ThreadRecord, add_record, adopt, existing_record, record as own_record},
    table::{PanicReport, TABLE},
};
