//! What comes back over the boundary: a value, or the panic that came in its place.

use core::{
    any::Any,
    fmt,
    mem::MaybeUninit,
    ptr::{self, NonNull},
    sync::atomic::Ordering,
};

use crate::{
    alone::host,
    init::{IMAGE, ImageInfo},
    panic::{resume, text_of_payload},
    pin::record,
};

/// A panic that was caught.
struct Panic {
    text: String,
    /// The image whose code it began in.
    from: &'static ImageInfo,
}

#[cold]
#[inline(never)]
fn caught(payload: Box<dyn Any + Send>) -> NonNull<Panic> {
    let from = passed_on(&*payload).unwrap_or_else(|| {
        panicked_here();
        &IMAGE
    });
    let text = text_of_payload(payload);
    NonNull::from(Box::leak(Box::new(Panic { text, from })))
}

/// Where one std serves all images, its hook is the program's, which does not know whose code panics.
pub(crate) fn panicked_here() {
    if let Some(host) = host().filter(|host| host.shared_std) {
        (host.panicked)(&IMAGE);
    }
}

/// The other image that a panic comes from which only passes through this one.
fn passed_on(payload: &(dyn Any + Send)) -> Option<&'static ImageInfo> {
    let text = payload.downcast_ref::<String>()?;
    let record = record();
    // Relaxed, as below: only this thread writes and reads both.
    if !ptr::eq(record.passed_on.load(Ordering::Relaxed), text.as_ptr()) {
        return None;
    }
    // SAFETY: null, or from `go_on`, which got the address of a static of an image; these stay.
    let from =
        unsafe { record.passed_on_from.load(Ordering::Relaxed).cast::<ImageInfo>().as_ref() }?;
    // One that was caught on its way leaves its address behind, which a text of this image may get.
    (!ptr::eq(from, &IMAGE)).then_some(from)
}

/// # Safety
/// `caught` gave the pointer, in whatever image, and nobody else has it.
#[cold]
#[inline(never)]
unsafe fn go_on(panic: NonNull<Panic>) -> ! {
    // SAFETY: the caller's promise; all images free each other's blocks.
    let Panic { text, from } = *unsafe { Box::from_raw(panic.as_ptr()) };
    let record = record();
    record.passed_on.store(text.as_ptr().cast_mut(), Ordering::Relaxed);
    record.passed_on_from.store(ptr::from_ref(from).cast_mut().cast(), Ordering::Relaxed);
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
