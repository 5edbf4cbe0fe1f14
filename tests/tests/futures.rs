//! Exported `async fn`s: their futures end in the version that has begun them, and who moves values waits
//! for those that know them.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use hot::{Code, Error, Host, rt::EPOCH};
use tests::{Fixture, LoadLibrary as _, refusal::codes, wait_until};

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

/// Each says the number of the version that it runs in.
fn pages(number: u32, fields: &str, more: &str) -> String {
    format!(
        "use std::{{future::Future, pin::{{Pin, pin}}, rc::Rc, task::{{Context, Poll, Waker}}, thread}};
         hot::import! {{ futures => {{
             async fn turn();
             async fn fails_here(at: u32) -> u32;
             fn dropped();
             fn closes();
             fn is_closed_to_others() -> u32;
         }} }}
         use futures::turn;

         #[hot::versioned] #[derive(Default)] pub struct Book {{ pub pages: u32, {fields} }}
         #[hot::export] pub static BOOK: hot::State<Book> = hot::State::new(Book::default);

         struct Counted;
         impl Drop for Counted {{ fn drop(&mut self) {{ futures::dropped() }} }}
         struct Fails;
         impl Drop for Fails {{ fn drop(&mut self) {{ panic!(\"in drop of {number}\") }} }}

         #[hot::export] pub async fn page(name: &str, steps: u32) -> String {{
             for _ in 0..steps {{ turn().await }}
             format!(\"{{name}} of {number}\")
         }}
         #[hot::export] pub async fn held(steps: u32) -> u32 {{
             let before = BOOK.read().pages;
             for _ in 0..steps {{ turn().await }}
             BOOK.write().pages = before + 1;
             {number}
         }}
         #[hot::export] pub async fn counted(steps: u32) -> u32 {{
             let _counted = Counted;
             for _ in 0..steps {{ turn().await }}
             {number}
         }}
         #[hot::export] pub async fn fails(at: u32) -> u32 {{
             let _counted = Counted;
             for step in 0.. {{
                 if step == at {{ panic!(\"at {{at}} of {number}\") }}
                 turn().await
             }}
             unreachable!()
         }}
         #[hot::export] pub async fn relays(at: u32) -> u32 {{
             let _counted = Counted;
             futures::fails_here(at).await + 1
         }}
         #[hot::export] pub async fn fails_in_drop(steps: u32) {{
             let _fails = Fails;
             for _ in 0..steps {{ turn().await }}
             std::mem::forget(_fails);
         }}
         #[hot::export] pub async fn both<'a>(first: &'a str, all: &mut Vec<String>) -> &'a str {{
             all.push(first.to_owned());
             turn().await;
             all.push(first.to_owned());
             first
         }}
         #[hot::export] pub async fn again(depth: u32) -> u32 {{
             if depth == 0 {{ return {number} }}
             turn().await;
             again(depth - 1).await
         }}
         #[hot::export] pub async fn wakes_elsewhere() -> u32 {{
             let mut is_over = false;
             std::future::poll_fn(|cx| {{
                 if std::mem::replace(&mut is_over, true) {{ return Poll::Ready(()) }}
                 let waker = cx.waker().clone();
                 thread::spawn(move || waker.wake());
                 Poll::Pending
             }}).await;
             {number}
         }}
         #[hot::export(local)] pub async fn local(steps: u32) -> u32 {{
             let number = Rc::new({number});
             for _ in 0..steps {{ turn().await }}
             *number
         }}
         #[hot::export] pub fn boxed(name: &str) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {{
             let called = format!(\"{{name}} of {number}\");
             Box::pin(async move {{ turn().await; called }})
         }}
         fn block_on<R>(future: impl Future<Output = R>) -> R {{
             let mut future = pin!(future);
             loop {{
                 match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {{
                     Poll::Ready(value) => return value,
                     Poll::Pending => {{}}
                 }}
             }}
         }}
         #[hot::export] pub fn begins() -> hot::Future<'static, u32> {{
             futures::closes();
             let mut begun = held(1);
             let polled = Pin::new(&mut begun).poll(&mut Context::from_waker(Waker::noop()));
             assert!(polled.is_pending());
             begun
         }}
         #[hot::export] pub fn blocks(at: u32) -> String {{
             let caught = std::panic::catch_unwind(|| block_on(relays(at)));
             caught.map_or_else(|it| *it.downcast::<String>().unwrap(), |it| it.to_string())
         }}

         #[hot::versioned] pub struct Shelf<'n> {{ pub name: &'n str, pub steps: u32 }}
         #[hot::export]
         impl<'n> Shelf<'n> {{
             pub async fn new(name: &'n str) -> Shelf<'n> {{ turn().await; Shelf {{ name, steps: 0 }} }}
             pub async fn walk(&mut self, steps: &u32) -> &u32 {{
                 for _ in 0..*steps {{ turn().await; self.steps += 1 }}
                 &self.steps
             }}
             pub async fn name(&self) -> &'n str {{ self.name }}
             pub async fn end(self, mut last: u32) -> u32 {{ last += self.steps; last }}
         }}
         #[hot::export] pub async fn shelf(steps: u32) -> String {{
             let name = \"shelf\".to_owned();
             let mut shelf = Shelf::new(&name).await;
             let walked = *shelf.walk(&steps).await;
             let name = shelf.name().await;
             format!(\"{{name}} {{walked}} {{}} of {number}\", shelf.end(1).await)
         }}
         {more}"
    )
}

/// The second has the first one's types; the third another state; in the others `page` is something else.
static VERSIONS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("ft_pages");
    let moved = "#[hot(default = futures::is_closed_to_others())] pub lines: u32";
    let plain = pages(4, "", "").replacen("async fn page", "fn page", 1);
    let plain = plain.replacen("for _ in 0..steps { turn().await }", "let _ = steps;", 1);
    let local = pages(5, "", "").replacen(
        "#[hot::export] pub async fn page",
        "#[hot::export(local)] pub async fn page",
        1,
    );
    let other = Fixture::new("ft_other");
    let serves = "hot::import! { futures => { async fn turn(); } }
                  #[hot::export] pub async fn serves() { loop { futures::turn().await } }";
    vec![
        fixture.build(&pages(1, "", "")),
        fixture.build(&pages(2, "", "")),
        fixture.build(&pages(3, moved, "")),
        fixture.build(&plain),
        fixture.build(&local),
        other.build(serves),
    ]
});
const FIRST: usize = 0;
const SECOND: usize = 1;
const MOVED: usize = 2;
const PLAIN: usize = 3;
const LOCAL: usize = 4;
const OTHER: usize = 5;

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

/// Counts how often it was called.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Woken {
    fn poll<R>(self: &Arc<Self>, future: &mut (impl Future<Output = R> + Unpin)) -> Poll<R> {
        Pin::new(future).poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }

    fn times(&self) -> usize {
        self.0.load(SeqCst)
    }
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

#[test]
fn a_future_ends_in_the_version_that_has_begun_it() {
    in_child("a_future_ends_in_the_version_that_has_begun_it", SHORT, |host, libraries| {
        let name = "first".to_owned();
        let mut begun = ft_pages::page(&name, 1);
        let mut waits = hot::get!(ft_pages::page)(&name, 0);
        assert!(poll(&mut begun).is_pending());
        assert_eq!(in_older_code(host), []);
        let bundle = host.load_library(&libraries[SECOND]).unwrap();
        assert_eq!(in_older_code(host), [(1, 1)]);
        assert!(host.status().unwrap().to_string().contains("1 future of generation 1"));
        assert_eq!(poll(&mut begun), Poll::Ready("first of 1".to_owned()));
        // It is over although it is there.
        assert_eq!(in_older_code(host), []);
        assert!(panics(|| poll(&mut begun)).contains("after its end"));
        // It begins now.
        assert_eq!(poll(&mut waits), Poll::Ready("first of 2".to_owned()));

        let mut begun = ft_pages::page(&name, 1);
        assert!(poll(&mut begun).is_pending());
        bundle.rollback().unwrap();
        assert_eq!(in_older_code(host), [(2, 1)]);
        assert_eq!(poll(&mut begun), Poll::Ready("first of 2".to_owned()));
        let mut begun = ft_pages::page(&name, 1);
        assert!(poll(&mut begun).is_pending());
        let mut waits = ft_pages::page(&name, 1);
        bundle.unload().unwrap();
        assert_eq!(in_older_code(host), [(1, 1)]);
        assert_eq!(poll(&mut begun), Poll::Ready("first of 1".to_owned()));
        assert!(panics(|| poll(&mut waits)).starts_with("HOT0501"));
        drop(waits);
        assert_eq!(in_older_code(host), []);
    });
}

#[test]
fn every_form_crosses() {
    in_child("every_form_crosses", SHORT, |host, libraries| {
        for number in [1, 2] {
            let (first, mut all) = ("a".to_owned(), Vec::new());
            assert_eq!(block_on(ft_pages::both(&first, &mut all)), "a");
            assert_eq!(all, ["a", "a"]);
            assert_eq!(block_on(ft_pages::shelf(3)), format!("shelf 3 4 of {number}"));
            assert_eq!(block_on(ft_pages::again(5)), number);
            assert_eq!(block_on(ft_pages::local(2)), number);
            assert_eq!(block_on(ft_pages::boxed(&first)), format!("a of {number}"));
            assert_eq!(block_on(ft_pages::wakes_elsewhere()), number);
            // Async code in a call in async code: the bundle's, the host's.
            assert_eq!(hot::get!(ft_pages::blocks)(7), "8");
            assert_eq!(
                hot::get!(ft_pages::blocks)(0),
                "assertion `left == right` failed: here at 0\n  left: 0\n right: 7"
            );
            // From thread to thread between two polls.
            let mut moved = ft_pages::page("moved", 3);
            for _ in 0..3 {
                moved = thread::spawn(move || {
                    assert!(poll(&mut moved).is_pending());
                    moved
                })
                .join()
                .unwrap();
            }
            assert_eq!(poll(&mut moved), Poll::Ready(format!("moved of {number}")));
            host.load_library(&libraries[SECOND]).unwrap();
        }
        assert_eq!(in_older_code(host), []);
    });
}

#[test]
fn a_panic_ends_at_the_boundary() {
    in_child("a_panic_ends_at_the_boundary", SHORT, |host, libraries| {
        for at in 0..3 {
            for make in [ft_pages::fails, ft_pages::relays] {
                let (before, mut future) = (DROPPED.load(SeqCst), make(at));
                for _ in 0..at {
                    assert!(poll(&mut future).is_pending());
                }
                let text = panics(|| poll(&mut future));
                assert!(text.contains(&format!("at {at}")), "{text}");
                // What it held is dropped, and it has no more to do.
                assert_eq!(DROPPED.load(SeqCst), before + 1);
                let text = panics(|| poll(&mut future));
                assert!(text.contains("resumed after panicking"), "{text}");
                drop(future);
                assert_eq!(DROPPED.load(SeqCst), before + 1);
            }
        }
        // Cancelled after a reload, in a drop that panics; not begun, and so without one.
        let (mut begun, waits) = (ft_pages::fails_in_drop(1), ft_pages::fails_in_drop(1));
        assert!(poll(&mut begun).is_pending());
        host.load_library(&libraries[SECOND]).unwrap();
        assert_eq!(panics(|| drop(begun)), "in drop of 1");
        drop(waits);
        // Of the host's own: the result is lost with the panic, and it is not dropped twice.
        struct Fussy(Rc<AtomicUsize>);
        impl Future for Fussy {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                Poll::Ready(())
            }
        }
        impl Drop for Fussy {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
                panic!("fussy");
            }
        }
        let drops = Rc::new(AtomicUsize::new(0));
        let mut fussy = hot::LocalFuture::new(Fussy(drops.clone()));
        assert_eq!(panics(|| poll(&mut fussy)), "fussy");
        drop(fussy);
        assert_eq!(drops.load(SeqCst), 1);
        // Nobody is thought to be inside, nothing to be alive.
        host.load_library(&libraries[MOVED]).unwrap();
        assert_eq!(in_older_code(host), []);
    });
}

fn refused(host: &Host, library: &PathBuf) -> Error {
    let error = host.load_library(library).expect_err("it must be refused");
    assert!(!EPOCH.is_closed());
    error
}

#[test]
fn a_move_is_refused_while_a_future_knows_the_value() {
    in_child("a_move_is_refused_while_a_future_knows_the_value", SHORT, |host, libraries| {
        // Of a bundle that does not know it: that does not count.
        host.load_library(&libraries[OTHER]).unwrap();
        let mut serves = ft_other::serves();
        assert!(poll(&mut serves).is_pending());
        let mut held = [ft_pages::held(1), ft_pages::held(1)];
        held.iter_mut().for_each(|it| assert!(poll(it).is_pending()));
        let waits = ft_pages::held(0);
        let error = refused(host, &libraries[MOVED]);
        assert_eq!(codes(&error), [Code::Suspended]);
        assert!(
            error.to_string().contains("alive: 2 futures of `ft_pages`, generation 1"),
            "{error}"
        );
        // Older ones count.
        host.load_library(&libraries[SECOND]).unwrap();
        let mut new = ft_pages::held(1);
        assert!(poll(&mut new).is_pending());
        let error = refused(host, &libraries[MOVED]).to_string();
        let told =
            "alive: 2 futures of `ft_pages`, generation 1; 1 future of `ft_pages`, generation 2";
        assert!(error.contains(told), "{error}");
        let [mut first, second] = held;
        assert_eq!(poll(&mut first), Poll::Ready(1));
        drop(second);
        assert_eq!(poll(&mut new), Poll::Ready(2));
        let bundle = host.load_library(&libraries[MOVED]).unwrap();
        // What had not begun begins there.
        assert_eq!(block_on(waits), 3);
        assert!(poll(&mut serves).is_pending());
        // Back again.
        let mut held = ft_pages::held(1);
        assert!(poll(&mut held).is_pending());
        assert_eq!(codes(&bundle.rollback().unwrap_err()), [Code::Suspended]);
        drop(held);
        bundle.rollback().unwrap();
        assert_eq!(block_on(ft_pages::held(0)), 2);
    });
}

#[test]
fn futures_end_at_a_closed_gate_and_others_wait_without_a_thread() {
    let test = "futures_end_at_a_closed_gate_and_others_wait_without_a_thread";
    in_child(test, LONG, |host, libraries| {
        host.load_library(&libraries[OTHER]).unwrap();
        let mut serves = ft_other::serves();
        let mut held = ft_pages::held(2);
        assert!(poll(&mut held).is_pending());
        assert!(poll(&mut serves).is_pending());
        let served = Arc::new(Woken::default());
        // While values move, what has begun waits too.
        let meanwhile = served.clone();
        *MEANWHILE.lock().unwrap() = Some(Box::new(move || {
            let before = meanwhile.times();
            assert!(meanwhile.poll(&mut serves).is_pending());
            assert_eq!(meanwhile.times(), before, "it was not polled");
            // Another one is dropped as soon as it can be.
            thread::spawn(move || drop(serves));
        }));
        thread::scope(|scope| {
            let loading = scope.spawn(|| host.load_library(&libraries[MOVED]));
            wait_until(|| EPOCH.is_closed());
            let woken = Arc::new(Woken::default());
            let mut waits = ft_pages::page("new", 0);
            assert!(woken.poll(&mut waits).is_pending());
            assert_eq!(woken.times(), 0);
            assert!(woken.poll(&mut waits).is_pending());
            drop(ft_pages::page("another", 0));
            assert!(EPOCH.is_closed());
            assert!(poll(&mut held).is_pending());
            assert_eq!(poll(&mut held), Poll::Ready(1));
            loading.join().unwrap().unwrap();
            wait_until(|| woken.times() > 0);
            assert_eq!(woken.poll(&mut waits), Poll::Ready("new of 3".to_owned()));
        });
        wait_until(|| served.times() > 0);
        wait_until(|| host.status().unwrap().futures.is_empty());
    });
}

/// The gate was closed to all: nobody had begun one that matters.
#[test]
fn a_future_that_begins_at_a_closed_gate_is_waited_for() {
    in_child("a_future_that_begins_at_a_closed_gate_is_waited_for", LONG, |host, libraries| {
        for (library, number) in [(MOVED, 1), (FIRST, 3)] {
            thread::scope(|scope| {
                let begins = scope.spawn(ft_pages::begins);
                wait_until(|| INSIDE.load(SeqCst));
                let loading = scope.spawn(|| host.load_library(&libraries[library]));
                assert_eq!(block_on(begins.join().unwrap()), number);
                loading.join().unwrap().unwrap();
                INSIDE.store(false, SeqCst);
            });
        }
    });
}

/// The gate closes for ever new moves while futures come and go on several threads.
#[test]
fn moves_among_busy_futures() {
    in_child("moves_among_busy_futures", LONG, |host, libraries| {
        let (stop, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while stop.load(SeqCst) == 0 {
                        // A panic in it fails the test.
                        assert!([1, 3].contains(&block_on(ft_pages::held(3))));
                        let mut cancelled = ft_pages::held(3);
                        let _ = poll(&mut cancelled);
                        drop(cancelled);
                        ended.fetch_add(1, SeqCst);
                    }
                });
            }
            for round in 0..10 {
                let before = ended.load(SeqCst);
                let library = [MOVED, FIRST][round % 2];
                host.load_library(&libraries[library]).unwrap();
                wait_until(|| ended.load(SeqCst) > before + 3);
            }
            stop.store(1, SeqCst);
        });
        assert_eq!(in_older_code(host), []);
    });
}

#[test]
fn ten_thousand_in_flight_across_fifty_reloads() {
    in_child("ten_thousand_in_flight_across_fifty_reloads", SHORT, |host, libraries| {
        const RELOADS: u64 = 50;
        const EACH: u64 = 200;
        let mut all = Vec::new();
        for generation in 1..=RELOADS {
            for _ in 0..EACH {
                let mut future = ft_pages::counted(2);
                assert!(poll(&mut future).is_pending());
                all.push((generation, future));
            }
            host.load_library(&libraries[(generation % 2) as usize]).unwrap();
        }
        let expected: Vec<_> = (1..=RELOADS).map(|generation| (generation, EACH)).collect();
        assert_eq!(in_older_code(host), expected);
        // Polled by several threads, every tenth is cancelled.
        let halves = all.len() / 2;
        let (left, right) = all.split_at_mut(halves);
        thread::scope(|scope| {
            for half in [left, right] {
                scope.spawn(|| half.iter_mut().for_each(|(_, it)| assert!(poll(it).is_pending())));
            }
        });
        for (index, (generation, mut future)) in all.into_iter().enumerate() {
            if index % 10 > 0 {
                let number = if generation % 2 == 1 { 1 } else { 2 };
                assert_eq!(poll(&mut future), Poll::Ready(number));
            }
        }
        assert_eq!(DROPPED.load(SeqCst) as u64, RELOADS * EACH);
        assert_eq!(in_older_code(host), []);
        assert_eq!(block_on(ft_pages::counted(1)), 1);
    });
}

#[test]
fn a_function_does_not_become_another_kind() {
    in_child("a_function_does_not_become_another_kind", SHORT, |host, libraries| {
        assert_eq!(block_on(ft_pages::page("a", 0)), "a of 1");
        for (library, told) in [
            (PLAIN, "is a plain `fn` now, was an `async fn`"),
            (LOCAL, "is an `async fn` with `local` now, was an `async fn`"),
        ] {
            let error = refused(host, &libraries[library]);
            assert_eq!(codes(&error), [Code::TypeChanged], "{error}");
            let error = error.to_string();
            assert!(error.contains(told), "{error}");
            assert!(error.contains("async fn(&str, u32) -> String"), "{error}");
        }
        let error = hot::lookup!(host, "ft_pages::page", fn(&str, u32) -> String).map(drop);
        assert_eq!(codes(&error.unwrap_err()), [Code::OtherSignature]);
        let page = hot::lookup!(host, "ft_pages::page", fn(&str, u32) -> hot::Future<'_, String>);
        assert_eq!(block_on(page.unwrap()("b", 2)), "b of 1");
    });
}

#[hot::versioned]
trait Reader {
    fn read<'a>(&'a mut self, name: &'a str) -> hot::Future<'a, String>;
}

struct Lines(u32);

impl Reader for Lines {
    fn read<'a>(&'a mut self, name: &'a str) -> hot::Future<'a, String> {
        hot::Future::new(async move {
            turn().await;
            self.0 += 1;
            format!("{name} {}", self.0)
        })
    }
}

#[hot::export]
fn reader() -> hot::Dyn<dyn Reader> {
    hot::Dyn::new(Box::new(Lines(0)))
}

#[test]
fn objects_give_futures() {
    let mut reader = reader();
    let name = "line".to_owned();
    assert_eq!(block_on(reader.read(&name)), "line 1");
    let mut cancelled = reader.read(&name);
    assert!(poll(&mut cancelled).is_pending());
    drop(cancelled);
    assert_eq!(block_on(reader.read(&name)), "line 2");
}

/// Plain calls stay plain, and so does their future.
#[hot::export(direct)]
async fn direct<'a>(all: &'a mut [&str], one: &u32) -> &'a str {
    turn().await;
    all[*one as usize]
}

#[test]
fn direct_and_borrowed() {
    let (mut all, one) = (vec!["a", "b"], 1);
    assert_eq!(block_on(direct(&mut all, &one)), "b");
    let get = hot::get!(direct);
    assert_eq!(block_on(sent(get(&mut all, &one))), "b");
    fn sent<R, L>(future: hot::Future<'_, R, L>) -> impl Future<Output = R> + Send {
        future
    }
}
