//! Panics that a demo shows instead of dying of them, and those it dies of.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    thread,
};

use crate::screen::restore;

thread_local! {
    /// What the panic says that is contained on this thread; `None` if none is to be contained.
    static CONTAINED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics of the main thread restore the terminal before they are printed. Those of other threads,
/// which the host contains, go to `report`.
pub fn on_panic(report: impl Fn(String) + Send + Sync + 'static) {
    let main = thread::current().id();
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or("a panic that says nothing");
        let is_contained = CONTAINED.with_borrow_mut(|contained| {
            contained.as_mut().map(|says| text.clone_into(says)).is_some()
        });
        if is_contained {
        } else if thread::current().id() == main {
            restore();
            previous(info);
        } else {
            report(text.to_owned());
        }
    }));
}

/// Calls `f`; if it panics, says what the panic says.
pub fn contained<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    CONTAINED.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    let says = CONTAINED.take().unwrap_or_default();
    result.map_err(|_| says)
}
