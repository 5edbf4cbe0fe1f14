//! Methods and functions whose ordinary calls are hot: by themselves, where each call resolves to
//! the body linked beside it, and in a host that sees them change.

// Every visibility is tried.
#![allow(unreachable_pub)]

mod forms;
mod functions;
mod reloaded;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic said.
fn message<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("the call panics");
    *payload.downcast::<String>().expect("the payload is text")
}
