//! What generated code and the host call. Nothing of it is for users; what could do harm in safe code is
//! unsafe:
//!
//! ```
//! fn slot(accessor: &'static hot::rt::Accessor) -> *const () {
//!     accessor.slot.entry()
//! }
//! ```
//! ```compile_fail,E0133
//! fn slot(accessor: &'static hot::rt::Accessor) {
//!     accessor.slot.point_at(std::ptr::null(), std::ptr::null())
//! }
//! ```
//! ```compile_fail,E0133
//! let promise = hot::rt::Promise::given();
//! ```
//! ```compile_fail,E0507
//! fn other(accessor: &'static hot::rt::Accessor) -> hot::rt::Accessor {
//!     hot::rt::Accessor { body: std::ptr::null(), ..*accessor }
//! }
//! ```
//! ```compile_fail,E0133
//! hot::rt::adopt(unsafe { hot::rt::records() }.next().unwrap());
//! ```
//! ```compile_fail,E0616
//! fn other(migrate: &mut hot::rt::versioned::Migrate, of: hot::rt::versioned::MovesOf) {
//!     migrate.new = of;
//! }
//! ```
//! ```compile_fail,E0133
//! hot::rt::records();
//! ```
//! ```compile_fail,E0133
//! hot::rt::EPOCH.advance();
//! ```

/// Whether hot calls are plain calls of what is linked in: the feature `static`.
pub const STATIC: bool = cfg!(feature = "static");

pub use crate::{
    fingerprint, manifest,
    object::DynTrait,
    var_type::{Moved, Special, Still, Usual, VarType},
};
pub use hotreload_macros::{VersionedFields, versioned_trait};

pub use crate::accessor::{
    Accessor, Exported, Initialise, Kind, Lock, Locked, Moving, Promise, Registered, entry_if_any,
    is_defined, moves_nothing, resolve, resolve_var, try_handle,
};
pub use crate::allocator::Forward;
pub use crate::callback::{Callback, DropObject, Object};
pub use crate::cells::{CellAlone, LiveCell, OtherLayout, take_cells_alone};
pub use crate::container::{
    Cell, NoContainer, NoKind, ProbeContainer, ProbeKind, Tracked, form_of, known, moves_with,
    tracked,
};
pub use crate::future::{outlives, send_unless_exported_with_local};
pub use crate::held::Holding;
pub use crate::hook::{Hook, Outcome, RegisteredHook, When, run_hook};
pub use crate::init::{Bundle, InitStatus, RegisteredBundle, init};
pub use crate::live::{AskedAll, Gone, LiveLock, Maker};
pub use crate::migrate::RegisteredMigrate;
pub use crate::panic::{completes, quietly};
pub use crate::pin::{Pin, record_count};
pub use crate::returned::{Returned, catch};
pub use crate::slot::{Slot, Version};
pub use crate::table::{HostTable, Stage, Text};
pub use crate::tweak::{
    Literal, LiteralKind, LiteralPlace, Literals, RegisteredLiterals, TWEAKS, Tweak, tweak,
};
pub use crate::undefined::Undefined;
pub use hot_types::rt::versioned;
pub use inventory;
pub use std::boxed::Box;

// What the host's side uses.
pub use crate::{
    accessor::{empty_storage, new_storage, registered, storage},
    allocator::{alloc_host, alloc_zeroed_host, dealloc_host, realloc_host},
    events::{
        KeyValue, LogRecord, LogTable, Parent, SitePointer, SiteRecord, Slice, TraceTable, Value,
    },
    future::Futures,
    init::{DescribeTo, Described, FUTURES, ImageInfo, description, registered_bundles},
    panic::fail_here,
    pin::{EPOCH, add_record, adopt, existing_record, number_own_record, records},
    record::ThreadRecord,
    table::{Looked, PanicReport, host_table, set_host_table},
    tweak::{LiteralValue, LiteralsTo},
};
