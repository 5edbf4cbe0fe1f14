//! A call that begins on one thread and ends on another one, as within a coroutine that a scheduler
//! moves: its result and its panic come with it.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicPtr, Ordering::SeqCst},
    },
    thread,
};

use hot::Host;
use tests::{Fixture, LoadLibrary as _, in_child};

hot::import! {
    coroutines_bundle => { fn crosses(number: u32) -> String; fn crosses_and_panics(number: u32) -> u32; }
}

const BUNDLE: &str = r#"
hot::import! { coroutines => { fn move_on() -> bool; } }
#[hot::export]
pub fn crosses(number: u32) -> String {
    assert!(hot::get!(coroutines::move_on)());
    number.to_string()
}
#[hot::export]
pub fn crosses_and_panics(number: u32) -> u32 {
    hot::get!(coroutines::move_on)();
    panic!("{number} elsewhere")
}
"#;

/// The coroutine, and whoever has resumed it.
static COROUTINE: AtomicPtr<libc::ucontext_t> = AtomicPtr::new(ptr::null_mut());
static RESUMER: AtomicPtr<libc::ucontext_t> = AtomicPtr::new(ptr::null_mut());

static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn context() -> *mut libc::ucontext_t {
    // SAFETY: plain data, which `getcontext` fills.
    let context = Box::leak(Box::new(unsafe { mem::zeroed() }));
    // SAFETY: it may be written.
    assert_eq!(unsafe { libc::getcontext(context) }, 0);
    context
}

/// Runs the coroutine on this thread until it lets go.
fn resume() {
    RESUMER.store(context(), SeqCst);
    // SAFETY: both are contexts; nobody else resumes this one, whose stack is there.
    unsafe { libc::swapcontext(RESUMER.load(SeqCst), COROUTINE.load(SeqCst)) };
}

/// Goes to whoever resumes the coroutine next, on whatever thread. Says whether it is another one.
#[hot::export]
#[inline(never)]
fn move_on() -> bool {
    let before = thread::current().id();
    let_go();
    before != thread::current().id()
}

#[inline(never)]
fn let_go() {
    // SAFETY: as in `resume`.
    unsafe { libc::swapcontext(COROUTINE.load(SeqCst), RESUMER.load(SeqCst)) };
}

extern "C" fn run() {
    let crossed = hot::get!(coroutines_bundle::crosses)(7);
    let payload = catch_unwind(|| hot::get!(coroutines_bundle::crosses_and_panics)(8));
    let panicked = *payload.unwrap_err().downcast::<String>().unwrap();
    SAID.lock().unwrap().extend([crossed, panicked]);
    let_go();
}

#[test]
fn a_call_ends_on_another_thread_than_it_began() {
    let build = || vec![Fixture::new("coroutines_bundle").build(BUNDLE)];
    in_child("a_call_ends_on_another_thread_than_it_began", &[], build, |libraries| {
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        let stack = Vec::leak(vec![0_u8; 1 << 20]);
        let coroutine = context();
        // SAFETY: a context that `getcontext` has filled, and a stack that nobody else has.
        unsafe {
            (*coroutine).uc_stack.ss_sp = stack.as_mut_ptr().cast();
            (*coroutine).uc_stack.ss_size = stack.len();
            libc::makecontext(coroutine, run, 0);
        }
        COROUTINE.store(coroutine, SeqCst);
        resume();
        // It is in the first call now, then in the second one, then at its end.
        for _ in 0..2 {
            thread::spawn(|| assert!(catch_unwind(AssertUnwindSafe(resume)).is_ok()))
                .join()
                .unwrap();
        }
        assert_eq!(*SAID.lock().unwrap(), ["7", "8 elsewhere"]);
        // The threads that it went through are none the worse.
        assert_eq!(
            catch_unwind(|| hot::try_get!(coroutines_bundle::crosses).is_ok()).ok(),
            Some(true)
        );
        assert_eq!(host.status().unwrap().threads, []);
    });
}
