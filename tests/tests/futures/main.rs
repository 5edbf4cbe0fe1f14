//! Exported `async fn`s: their futures end in the version that has begun them, and who moves values waits
//! for those that know them.

mod boundary;
mod moves;
mod own;
mod pages;
mod versions;

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use hot::{Error, Host, rt::EPOCH};
use tests::{LoadLibrary as _, wait_until};

use pages::{FIRST, VERSIONS};

hot::import! {
    ft_pages => {
        async fn page(name: &str, steps: u32) -> String;
        async fn held(steps: u32) -> u32;
        async fn counted(steps: u32) -> u32;
        async fn fails(at: u32) -> u32;
        async fn relays(at: u32) -> u32;
        async fn fails_in_drop(steps: u32);
        async fn both<'a>(first: &'a str, all: &mut Vec<String>) -> &'a str;
        async fn shelf(steps: u32) -> String;
        async fn again(depth: u32) -> u32;
        async fn wakes_elsewhere() -> u32;
        fn local(steps: u32) -> hot::LocalFuture<'static, u32>;
        fn boxed(name: &str) -> std::pin::Pin<Box<dyn Future<Output = String> + Send + '_>>;
        fn blocks(at: u32) -> String;
        fn begins() -> hot::Future<'static, u32>;
    }
    ft_other => { async fn serves(); }
}

/// Pending once.
#[hot::export]
async fn turn() {
    let mut is_over = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[hot::export]
async fn fails_here(at: u32) -> u32 {
    for _ in 0..at {
        turn().await;
    }
    assert_eq!(at, 7, "here at {at}");
    at
}

static DROPPED: AtomicUsize = AtomicUsize::new(0);

#[hot::export]
fn dropped() {
    DROPPED.fetch_add(1, SeqCst);
}

/// Whether somebody waits in there.
static INSIDE: AtomicBool = AtomicBool::new(false);

/// Waits until somebody moves values.
#[hot::export]
fn closes() {
    INSIDE.store(true, SeqCst);
    wait_until(|| EPOCH.is_closed());
}

/// What another thread does while values move.
static MEANWHILE: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

#[hot::export]
fn is_closed_to_others() -> u32 {
    if let Some(meanwhile) = MEANWHILE.lock().unwrap().take() {
        thread::spawn(meanwhile).join().unwrap();
    }
    7
}

fn poll<R>(future: &mut (impl Future<Output = R> + Unpin)) -> Poll<R> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Wakes its thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    let (mut future, waker) = (pin!(future), Waker::from(Arc::new(Unpark(thread::current()))));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => {
                let since = Instant::now();
                thread::park_timeout(LONG);
                assert!(since.elapsed() < LONG, "nobody wakes it");
            }
        }
    }
}

/// The text of a panic in it.
fn panics<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("it panics");
    payload
        .downcast::<String>()
        .map(|text| *text)
        .or_else(|it| it.downcast::<&str>().map(|it| it.to_string()))
        .unwrap()
}

/// Of futures of `ft_pages` in code that is not current: generations and counts.
fn in_older_code(host: &Host) -> Vec<(u64, u64)> {
    let all = host.status().unwrap().futures;
    assert!(all.iter().all(|it| it.bundle == "ft_pages"));
    all.iter().map(|it| (it.generation, it.futures)).collect()
}

/// Runs `body` in a process of its own with the first version loaded, by a host of this patience.
fn in_child(test: &str, patience: Duration, body: impl FnOnce(&Host, &[PathBuf])) {
    tests::in_child(
        test,
        &[],
        || VERSIONS.clone(),
        |libraries| {
            let host = Host::builder().patience(patience).control(false).start().unwrap();
            host.load_library(&libraries[FIRST]).unwrap();
            body(&host, libraries);
        },
    );
}

/// Refusals come soon.
const SHORT: Duration = Duration::from_millis(200);
/// What is to succeed may take its time.
const LONG: Duration = Duration::from_secs(300);

fn refused(host: &Host, library: &PathBuf) -> Error {
    let error = host.load_library(library).expect_err("it must be refused");
    assert!(!EPOCH.is_closed());
    error
}
