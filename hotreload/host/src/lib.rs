//! What a program that loads bundles uses, through `hotreload`.
//!
//! It has rooms. Each imports only from those below it; a test holds them to it.
//!
//! ```text
//! api        what users hold: the host, its builder, bundles, transactions
//! watch      saves become builds and reloads
//! control    the socket that the command talks to
//! build      finds packages and runs cargo: the one room that starts it
//! load       one load in its order, a file for each step
//! judge      pure: old and new in, reasons out: holders, conflicts, signatures, layouts
//! changes    what an edit changed, in words
//! boundary   what bundles call back: the table, threads, output, bridges to `log` and `tracing`
//! state      what is loaded now
//! file       what a library's file says, and our private copies
//! said       codes, errors, reports, and their JSON
//! platform   what the operating system is asked for
//! ```

mod api;
mod boundary;
#[cfg_attr(
    not(feature = "watch"),
    allow(dead_code, unused_imports, reason = "what only the watching needs is small")
)]
mod build;
mod changes;
mod control;
mod file;
mod judge;
mod load;
mod platform;
#[cfg(test)]
mod rooms;
mod said;
mod state;
#[cfg(feature = "watch")]
mod watch;

#[doc(hidden)]
pub use api::EachSite;
pub use api::{Bundle, Each, EachFn, EachIter, Host, HostBuilder, Transaction};
pub use file::{Allocator, FieldLayout, TypeLayout, VariantLayout};
pub use hot_rt::rt::Kind;
pub use said::{
    BuildMessage, BuiltBy, BundleStatus, Changes, ClosedStatus, Code, DefinitionStatus, Differing,
    Error, Event, FailedHook, Helper, HostCopy, Level, Migration, Notice, Outcome, Phases, Reason,
    Report, Result, RolledBack, Saved, StartedThreads, StateStatus, Status, SuspendedFutures,
    ThreadStatus, Tweaked, TweakedLiteral, Undone, Untidy,
};
pub use state::{Definition, Namespace};

/// What the command `cargo hotreload` uses besides.
#[doc(hidden)]
pub mod command {
    #[cfg(unix)]
    pub use crate::control::folders;
    #[cfg(unix)]
    pub use crate::platform::{adopt_orphans, end_orphans, has_ended, reap_orphans, signal};
    pub use crate::{
        build::{
            AloneFolder, Capture, Folder, Inner, KEPT, PLAIN_CARGO, Role, Shared, Workspace,
            Wrapper,
        },
        control::protocol,
        file::has_own_allocator,
        file::manifest::{Field, Header, Item, Migrate, Table, Type, TypeName, Variant},
        file::shadow::{bytes_in, each_left, want},
        load::{Library, Verdict},
        said::{Diagnosis, Place, about, bytes, columns, counted, line, nearest, section},
    };
}
