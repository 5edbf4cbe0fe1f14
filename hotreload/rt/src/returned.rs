//! What comes back over the boundary: a value, or the panic that came in its place.

use core::{any::Any, fmt, mem::MaybeUninit, ptr::NonNull};

use crate::panic::{resume, text_of_payload};

/// The text of a panic that was caught.
#[derive(Debug)]
struct Panic(String);

#[cold]
#[inline(never)]
fn caught(payload: Box<dyn Any + Send>) -> NonNull<Panic> {
    NonNull::from(Box::leak(Box::new(Panic(text_of_payload(payload)))))
}

/// # Safety
/// `caught` gave the pointer, in whatever image, and nobody else has it.
#[cold]
#[inline(never)]
unsafe fn go_on(panic: NonNull<Panic>) -> ! {
    // SAFETY: the caller's promise; all images free each other's blocks.
    let Panic(text) = *unsafe { Box::from_raw(panic.as_ptr()) };
    resume(text)
}

/// What an entry returns. A flag beside the call would have to be the same one for both sides, and a
/// coroutine may have gone to another thread meanwhile: so the panic comes with the result.
///
/// It is returned in two registers where the value has room in one.
#[repr(C)]
#[must_use]
pub struct Returned<R> {
    /// None: there is a value.
    panic: Option<NonNull<Panic>>,
    value: MaybeUninit<R>,
}

impl<R> Returned<R> {
    /// The value; or goes on with the panic, in the caller's own std. The hook has run already.
    #[inline(always)]
    pub fn get(self) -> R {
        let Returned { panic, value } = self;
        if let Some(panic) = panic {
            // SAFETY: from `catch`, and `self` is no more.
            unsafe { go_on(panic) }
        }
        // SAFETY: only `catch` makes it, with one of both. A value that another image made is of the
        // same type, or its function would not have been called.
        unsafe { value.assume_init() }
    }
}

impl<R> fmt::Debug for Returned<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returned").field("panicked", &self.panic.is_some()).finish_non_exhaustive()
    }
}

/// Runs what another image has called, and keeps what panics in it from being unwound further.
#[inline(always)]
pub fn catch<R>(body: impl FnOnce() -> R) -> Returned<R> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        Ok(value) => Returned { panic: None, value: MaybeUninit::new(value) },
        Err(payload) => Returned { panic: Some(caught(payload)), value: MaybeUninit::uninit() },
    }
}
