//! Futures that cross the boundary: made, polled and dropped by the image whose code they run.

use core::{
    future,
    marker::PhantomData,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
};
use std::fmt;

use crate::{
    init::FUTURES,
    pin,
    returned::{Returned, catch},
    rt::versioned::{Moves, Parts, Table, TypeRef, Versioned, Whole, behind},
};

/// How many futures are alive that run an image's code: those that have begun, and have neither given their
/// result nor been dropped.
#[derive(Debug)]
pub struct Futures(AtomicU64);

impl Futures {
    pub(crate) const fn none() -> Self {
        Futures(AtomicU64::new(0))
    }

    /// How many are alive.
    pub fn alive(&self) -> u64 {
        // Pairs with the Release of `end`: what a future did, it did before it was found over.
        self.0.load(Ordering::Acquire)
    }

    fn begin(&self) {
        // Relaxed: who begins one is inside hot code, and whoever must know finds him outside afterwards.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn end(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

type Begin<R> = unsafe fn(*mut ()) -> Returned<Call<R>>;
type Advance<R> = unsafe fn(*mut (), &mut Context<'_>) -> Returned<Poll<R>>;
type End = unsafe fn(*mut ()) -> Returned<()>;

/// A call that gives an `R` some time, with functions of the image that has made the object.
#[repr(C)]
struct Call<R> {
    object: *mut (),
    step: Step<R>,
    /// Drops the object.
    end: End,
}

/// What is to be done next, and so what the object is.
#[repr(C)]
enum Step<R> {
    /// The arguments, in the image of who has called. They make the call, which takes the object.
    Begin(Begin<R>),
    /// The future.
    Poll(Advance<R>),
    /// There is no object.
    Over,
}

// Both are a pointer's.
impl<R> Clone for Step<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Step<R> {}

impl<R> Call<R> {
    /// A future of this image.
    fn suspended<F: future::Future<Output = R>>(future: F) -> Self {
        // Named as entries are, which end the backtraces of panics.
        /// # Safety
        /// The object is an `F` of `suspended`, and nobody else has it meanwhile.
        unsafe fn __hot_entry_poll<F: future::Future>(
            object: *mut (),
            cx: &mut Context<'_>,
        ) -> Returned<Poll<F::Output>> {
            // SAFETY: the caller's promise. It is in its box until `end` drops it: it does not move.
            let future = unsafe { Pin::new_unchecked(&mut *object.cast::<F>()) };
            catch(|| future.poll(cx))
        }
        /// # Safety
        /// As for the other, and nobody has the object afterwards.
        unsafe fn __hot_entry_end<F>(object: *mut ()) -> Returned<()> {
            // SAFETY: the caller's promise; `suspended` has boxed it, in this image.
            let future = unsafe { Box::from_raw(object.cast::<F>()) };
            let ended = catch(|| drop(future));
            FUTURES.end();
            ended
        }
        let object = Box::into_raw(Box::new(future)).cast();
        FUTURES.begin();
        Call { object, step: Step::Poll(__hot_entry_poll::<F>), end: __hot_entry_end::<F> }
    }

    /// A call that is made at the first poll.
    fn later<B: FnOnce() -> Call<R>>(begin: B) -> Self {
        /// # Safety
        /// The object is a `B` of `later`, and nobody has it afterwards.
        unsafe fn begin_now<R, B: FnOnce() -> Call<R>>(object: *mut ()) -> Returned<Call<R>> {
            // SAFETY: the caller's promise.
            let begin = unsafe { Box::from_raw(object.cast::<B>()) };
            catch(begin)
        }
        /// # Safety
        /// As for `begin_now`.
        unsafe fn end<B>(object: *mut ()) -> Returned<()> {
            // SAFETY: the caller's promise.
            let begin = unsafe { Box::from_raw(object.cast::<B>()) };
            catch(|| drop(begin))
        }
        let object = Box::into_raw(Box::new(begin)).cast();
        Call { object, step: Step::Begin(begin_now::<R, B>), end: end::<B> }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        if let Step::Begin(begin) = self.step {
            let Some(pin) = pin::Pin::enter_poll(cx.waker(), false) else { return Poll::Pending };
            self.step = Step::Over;
            // SAFETY: the object is what `later` made beside this function, and is not looked at again.
            *self = pin.leave(unsafe { begin(self.object) });
        }
        let Step::Poll(poll) = self.step else { panic!("a future was polled after its end") };
        let Some(pin) = pin::Pin::enter_poll(cx.waker(), true) else { return Poll::Pending };
        // SAFETY: the object is what `suspended` made beside this function; who polls has it alone.
        let value = pin.leave(unsafe { poll(self.object, cx) });
        if value.is_ready() {
            // No move has to wait for it any more, however long it is kept.
            self.end();
        }
        value
    }

    fn end(&mut self) {
        if matches!(self.step, Step::Over) {
            return;
        }
        self.step = Step::Over;
        let pin = pin::Pin::enter_end();
        // SAFETY: the object is one that this function drops, and nobody looks at it again.
        pin.leave(unsafe { (self.end)(self.object) });
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        self.end();
    }
}

macro_rules! futures {
    ($(#[$doc:meta])* $name:ident, $path:literal, [$($send:ident)?]) => {
        $(#[$doc])*
        #[must_use = "a future does nothing unless it is polled"]
        #[repr(C)]
        pub struct $name<'a, R, L = ()> {
            call: Call<R>,
            holds: PhantomData<(&'a (), L)>,
        }

        impl<'a, R> $name<'a, R> {
            #[doc = concat!(
                "Lets a future of this code's image cross.\n\n```\n",
                "let future: hot::", stringify!($name), "<'_, u32> = hot::", stringify!($name),
                "::new(async { 3 });\n```"
            )]
            pub fn new<F>(future: F) -> Self
            where
                F: future::Future<Output = R> $(+ $send)? + 'a,
            {
                $name { call: Call::suspended(future), holds: PhantomData }
            }
        }

        impl<R, L> $name<'_, R, L> {
            /// Of an exported `async fn`.
            ///
            /// # Safety
            /// The lifetimes in the future's type are those of the result, or longer. It is `Send` if this
            /// is.
            #[doc(hidden)]
            pub unsafe fn of_async_fn<F: future::Future<Output = R>>(future: F) -> Self {
                $name { call: Call::suspended(future), holds: PhantomData }
            }

            /// A call that is made when it is first polled.
            ///
            /// # Safety
            /// As of `of_async_fn`, of what `call` holds.
            #[doc(hidden)]
            pub unsafe fn of_call<F: FnOnce() -> Self>(call: F) -> Self {
                let into_call = |it: Self| it.call;
                $name { call: Call::later(move || into_call(call())), holds: PhantomData }
            }
        }

        impl<R, L> future::Future for $name<'_, R, L> {
            type Output = R;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
                self.get_mut().call.poll(cx)
            }
        }

        // The future is in a box of its own.
        impl<R, L> Unpin for $name<'_, R, L> {}

        impl<R, L> fmt::Debug for $name<'_, R, L> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let step = match self.call.step {
                    Step::Begin(_) => "not begun",
                    Step::Poll(_) => "begun",
                    Step::Over => "over",
                };
                f.debug_tuple(stringify!($name)).field(&format_args!("{step}")).finish()
            }
        }

        // SAFETY: three words; what the functions give is `R`, which is compared. What the object is, its
        // own image knows.
        unsafe impl<'a, R: Versioned, L: Versioned> Versioned for $name<'a, R, L> {
            const REF: &'static TypeRef =
                &TypeRef::new("hotreload", "", $path, const { &[R::REF, L::REF] });
            const TABLE: &'static Table =
                &Table::builtin::<Self>(const { &[R::describe, L::describe] });
            type Lifetimes = (&'a (), R::Lifetimes, L::Lifetimes);
            type Parts = <R::Parts as Parts>::And<L::Parts>;
            type Owned = Whole<Self>;

            // It runs code of the version that has begun it.
            const MOVES: Moves = Moves::of::<Self>(behind(concat!("a `", $path, "`"), const { &[R::moves] }));
        }
    };
}

futures! {
    /// What a call of an exported `async fn` gives, for any executor.
    ///
    /// The first poll calls the newest definition. From then on the future runs code of that version, in whose
    /// image it is polled and dropped, until it ends. A panic in it goes on in whoever polls or drops it.
    ///
    /// `'a` is the lifetime of what it borrows; if that has several, `L` names the others: `(&'b (), &'c ())`.
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// #[hot::export]
    /// async fn sum(numbers: &[u32]) -> u32 {
    ///     numbers.iter().sum()
    /// }
    ///
    /// # fn main() {
    /// let numbers = vec![1, 2, 3];
    /// let mut all: Vec<hot::Future<'_, u32>> = vec![sum(&numbers[1..]), sum(&numbers)];
    /// let mut last = std::pin::pin!(all.pop().unwrap());
    /// assert_eq!(last.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(6));
    /// # }
    /// ```
    ///
    /// A function or a method of a versioned trait that is not `async` can give one, too:
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// #[hot::versioned]
    /// pub trait Source {
    ///     fn next(&mut self) -> hot::Future<'_, u32>;
    /// }
    ///
    /// struct Counter(u32);
    ///
    /// impl Source for Counter {
    ///     fn next(&mut self) -> hot::Future<'_, u32> {
    ///         hot::Future::new(async move {
    ///             self.0 += 1;
    ///             self.0
    ///         })
    ///     }
    /// }
    ///
    /// #[hot::export]
    /// pub fn source() -> hot::Dyn<dyn Source> {
    ///     hot::Dyn::new(Box::new(Counter(0)))
    /// }
    ///
    /// # fn main() {
    /// let mut source = source();
    /// let mut next = std::pin::pin!(source.next());
    /// assert_eq!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(1));
    /// # }
    /// ```
    Future, "hot::Future", [Send]
}

futures! {
    /// A [`Future`] that stays on its thread: of an `async fn` with `#[hot::export(local)]`.
    ///
    /// ```
    /// use std::{rc::Rc, task::{Context, Poll, Waker}};
    ///
    /// async fn pause() {}
    ///
    /// #[hot::export(local)]
    /// async fn count(shared: Rc<u32>) -> u32 {
    ///     pause().await;
    ///     *shared
    /// }
    ///
    /// # fn main() {
    /// let mut counts = std::pin::pin!(count(Rc::new(3)));
    /// let polled = counts.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    /// assert_eq!(polled, Poll::Ready(3));
    /// # }
    /// ```
    LocalFuture, "hot::LocalFuture", []
}

// SAFETY: the bound of `new`, and what callers of `of_async_fn` and `of_call` promise.
unsafe impl<R, L> Send for Future<'_, R, L> {}

/// Takes what may go from thread to thread. Its name is rustc's remedy for what may not.
pub fn send_unless_exported_with_local<T: Send>(value: T) -> T {
    value
}

/// Takes what holds no lifetime that is shorter than this one.
pub fn outlives<'a, T: 'a>(_: T) {}
