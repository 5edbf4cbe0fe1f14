//! Closure arguments: what a closure does, and where its panics go.

// Every visibility is tried.
#![allow(unreachable_pub)]

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};

use hot::Host;
use tests::Fixture;
use tests::LoadLibrary as _;

/// What a panic said.
fn message<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("the call panics");
    *payload.downcast::<String>().expect("the payload is text")
}

mod forms {
    #[derive(Debug, Clone, Copy, PartialEq)]
    #[hot::versioned]
    pub struct Part<'a>(pub &'a str);

    #[hot::export]
    pub fn shared(call: &dyn Fn(u32) -> u32) -> u32 {
        call(1) + call(2)
    }

    #[hot::export]
    pub fn mutable(call: &mut dyn FnMut(u32)) {
        call(1);
        call(2);
    }

    #[hot::export]
    pub fn once(call: Box<dyn FnOnce(String) -> String>, go: bool) -> Option<String> {
        go.then(|| call("once".to_owned()))
    }

    #[hot::export]
    pub fn nothing(call: &dyn Fn()) {
        call();
    }

    #[hot::export]
    pub fn higher_ranked(call: &dyn Fn(&str) -> usize) -> usize {
        call(&String::from("four"))
    }

    #[hot::export]
    pub fn elided(call: &dyn Fn(&str) -> &str) -> String {
        call(&String::from("two words")).to_owned()
    }

    #[hot::export]
    pub fn binder(call: &dyn for<'x> Fn(&'x str, &str) -> Part<'x>) -> String {
        call("kept", &String::from("gone")).0.to_owned()
    }

    #[hot::export]
    pub fn of_the_function<'a>(call: &dyn Fn(&'a str) -> &'a str, text: &'a str) -> &'a str {
        call(text)
    }

    #[hot::export]
    pub fn lifetime_of_a_result<'a>(call: &dyn Fn() -> &'a str) -> &'a str {
        call()
    }

    #[hot::export]
    pub fn bounded<'a>(call: Box<dyn FnOnce() -> Part<'a> + 'a>, _: &'a str) -> Part<'a> {
        call()
    }

    #[hot::export]
    #[allow(clippy::type_complexity)]
    pub fn boxed_elided(call: Box<dyn FnMut(&mut Vec<u8>) + '_>) -> Vec<u8> {
        let (mut call, mut list) = (call, vec![]);
        call(&mut list);
        call(&mut list);
        list
    }

    #[hot::export]
    pub fn boxed_fn(call: Box<dyn Fn(u8) -> u8>) -> u8 {
        call(1) + call(2)
    }

    #[hot::export]
    pub fn named<'c>(call: &'c (dyn Fn() -> u8 + 'c)) -> u8 {
        call()
    }

    #[hot::export]
    pub fn placeholder(call: &'_ mut (dyn FnMut() -> u8 + '_)) -> u8 {
        call()
    }

    #[hot::export]
    pub fn mutable_fn(call: &mut dyn Fn() -> u8) -> u8 {
        call()
    }

    #[hot::export]
    pub fn in_threads(
        call: &(dyn Fn(u32) -> u32 + Sync),
        once: Box<dyn FnOnce() -> u32 + Send>,
    ) -> u32 {
        std::thread::scope(|scope| {
            let once = scope.spawn(once);
            let calls: Vec<_> = (0..4).map(|n| scope.spawn(move || call(n))).collect();
            calls.into_iter().map(|call| call.join().unwrap_or(1000)).sum::<u32>()
                + once.join().unwrap_or(10_000)
        })
    }

    #[hot::export]
    pub fn both(call: &(dyn ::std::ops::Fn() -> u8 + Send + Sync)) -> u8 {
        fn shared<T: Send + Sync + ?Sized>(_: &T) {}
        shared(call);
        call()
    }

    #[hot::export]
    pub fn several(
        add: &dyn Fn(u8, u8) -> u8,
        text: &str,
        note: &mut dyn FnMut(&str),
        last: Box<dyn FnOnce() -> u8>,
    ) -> u8 {
        note(text);
        add(last(), 1)
    }

    #[hot::export]
    #[allow(clippy::type_complexity)]
    pub fn nine(
        call: &dyn Fn(u8, u16, u32, u64, &u8, &mut u8, String, (u8, u8), [u8; 3]) -> u64,
        at: &mut u8,
    ) -> u64 {
        call(1, 2, 3, 4, &5, at, "7".to_owned(), (8, 9), [10; 3])
    }

    /// # Safety
    /// None needed.
    #[hot::export]
    pub unsafe fn unsafe_fn(call: &dyn Fn(u8) -> u8) -> u8 {
        call(1)
    }

    #[hot::export]
    pub fn never(call: &dyn Fn(&str)) -> ! {
        call("never");
        panic!("the closure returned")
    }

    #[hot::export]
    #[allow(improper_ctypes_definitions)]
    pub extern "C" fn c(call: &dyn Fn(u8) -> u8) -> u8 {
        call(1)
    }

    #[hot::export]
    pub fn catches(call: &dyn Fn() -> u8) -> String {
        super::message(call)
    }

    thread_local! {
        static KEPT: std::cell::RefCell<Option<Box<dyn FnOnce() -> u32>>> = const { std::cell::RefCell::new(None) };
    }

    #[hot::export]
    pub fn keep(call: Box<dyn FnOnce() -> u32>) {
        KEPT.set(Some(call));
    }

    #[hot::export]
    pub fn call_kept() -> Option<u32> {
        KEPT.take().map(|call| call())
    }

    #[hot::export]
    pub fn panics_with(_call: Box<dyn FnOnce()>) {
        panic!("before the call")
    }

    #[hot::export]
    pub fn recursive(depth: u32, call: &dyn Fn(u32)) {
        call(depth);
        if depth > 0 {
            hot::get!(recursive)(depth - 1, call);
        }
    }
}

#[test]
fn closures_of_every_form() {
    let base = 10;
    assert_eq!(hot::get!(forms::shared)(&|n| n + base), 23);
    let mut seen = vec![];
    hot::get!(forms::mutable)(&mut |n| seen.push(n));
    assert_eq!(seen, [1, 2]);
    let suffix = String::from("!");
    let once = hot::get!(forms::once);
    assert_eq!(once(Box::new(move |text| text + &suffix), true).unwrap(), "once!");
    assert_eq!(hot::get!(forms::higher_ranked)(&str::len), 4);
    assert_eq!(hot::get!(forms::elided)(&|text| &text[4..]), "words");
    assert_eq!(hot::get!(forms::binder)(&|kept, _| forms::Part(kept)), "kept");
    let text = String::from("text");
    let back = {
        let times = Cell::new(0);
        let call = |text| {
            times.set(times.get() + 1);
            text
        };
        hot::get!(forms::of_the_function)(&call, &text)
    };
    assert_eq!(back, "text");
    assert_eq!(hot::get!(forms::lifetime_of_a_result)(&|| &text), "text");
    assert_eq!(hot::get!(forms::bounded)(Box::new(|| forms::Part(&text)), &text).0, "text");
    let mut count = 0;
    let list = hot::get!(forms::boxed_elided)(Box::new(|list| {
        count += 1;
        list.push(count);
    }));
    assert_eq!((list, count), (vec![1, 2], 2));
    assert_eq!(hot::get!(forms::boxed_fn)(Box::new(|n| n * 2)), 6);
    assert_eq!(hot::get!(forms::named)(&|| 1), 1);
    assert_eq!(hot::get!(forms::placeholder)(&mut || 2), 2);
    assert_eq!(hot::get!(forms::mutable_fn)(&mut || 3), 3);
    assert_eq!(hot::get!(forms::both)(&|| 4), 4);
    let mut noted = String::new();
    let mut note = |text: &str| noted.push_str(text);
    assert_eq!(hot::get!(forms::several)(&|a, b| a + b, "noted", &mut note, Box::new(|| 5)), 6);
    assert_eq!(noted, "noted");
    let mut at = 6;
    let sum = hot::get!(forms::nine)(
        &|a, b, c, d, e, f, g, h, i| {
            *f += 1;
            let small = a + e + *f + g.parse::<u8>().unwrap() + h.0 + h.1 + i.len() as u8;
            u64::from(small) + u64::from(b) + u64::from(c) + d
        },
        &mut at,
    );
    assert_eq!((sum, at), (49, 7));
    // SAFETY: it asks for nothing.
    assert_eq!(unsafe { hot::get!(forms::unsafe_fn)(&|n| n) }, 1);
    assert_eq!(message(|| hot::get!(forms::never)(&|_| {})), "the closure returned");
    assert_eq!(
        message(|| hot::get!(forms::never)(&|text| panic!("{text} returns"))),
        "never returns"
    );
    assert_eq!((forms::c(&|n| n), hot::get!(forms::c)(&|n| n)), (1, 1));
}

#[test]
fn a_closure_is_called_by_other_threads() {
    let calls = AtomicU32::new(0);
    let call = |n| {
        calls.fetch_add(1, Relaxed);
        n
    };
    assert_eq!(hot::get!(forms::in_threads)(&call, Box::new(|| 10)), 16);
    assert_eq!(calls.load(Relaxed), 4);
    let call = |n| if n == 2 { panic!("thread {n}") } else { n };
    assert_eq!(hot::get!(forms::in_threads)(&call, Box::new(|| panic!("once"))), 11_004);
}

/// Counts how often it is dropped; panics then if it is told to.
struct Noisy(Arc<AtomicU32>, bool);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
        assert_eq!(hot::get!(forms::shared)(&|n| n), 3);
        assert!(!self.1, "a noisy drop");
    }
}

#[test]
fn a_boxed_closure_is_dropped_once() {
    let drops = Arc::new(AtomicU32::new(0));
    let taken = || drops.swap(0, Relaxed);
    let make = |panics| {
        let noisy = Noisy(drops.clone(), panics);
        move || {
            let _noisy = &noisy;
        }
    };
    let once = |panics| {
        let call = make(panics);
        Box::new(move |text: String| {
            call();
            text
        })
    };
    // Called, not called, panicking when dropped either way.
    assert_eq!(hot::get!(forms::once)(once(false), true).unwrap(), "once");
    assert_eq!(taken(), 1);
    assert_eq!(hot::get!(forms::once)(once(false), false), None);
    assert_eq!(taken(), 1);
    assert_eq!(message(|| hot::get!(forms::once)(once(true), true)), "a noisy drop");
    assert_eq!(taken(), 1);
    assert_eq!(message(|| hot::get!(forms::once)(once(true), false)), "a noisy drop");
    assert_eq!(taken(), 1);
    assert_eq!(message(|| hot::get!(forms::panics_with)(Box::new(make(false)))), "before the call");
    assert_eq!(taken(), 1);
    let call = make(false);
    let said = message(|| {
        hot::get!(closures_nowhere::once)(Box::new(move |n| {
            call();
            n
        }))
    });
    assert!(said.starts_with("HOT0501"), "{said}");
    assert_eq!(taken(), 1);
    // Kept by the callee, called or dropped by a later call.
    let (first, second) = (make(false), make(false));
    hot::get!(forms::keep)(Box::new(move || {
        first();
        1
    }));
    hot::get!(forms::keep)(Box::new(move || {
        second();
        2
    }));
    assert_eq!(taken(), 1);
    assert_eq!(hot::get!(forms::call_kept)(), Some(2));
    assert_eq!((taken(), hot::get!(forms::call_kept)()), (1, None));
}

#[test]
fn a_panic_in_a_closure() {
    assert_eq!(message(|| hot::get!(forms::shared)(&|n| panic!("number {n}"))), "number 1");
    let mut count = 0;
    let said = message(|| {
        hot::get!(forms::mutable)(&mut |n| {
            count += 1;
            assert!(n == 1, "second");
        })
    });
    assert_eq!((said.as_str(), count), ("second", 2));
    let other = || panic::panic_any(7_u8);
    assert_eq!(message(|| hot::get!(forms::nothing)(&other)), "a panic whose payload is not text");
    assert_eq!(hot::get!(forms::catches)(&|| panic!("inside")), "inside");
    assert_eq!(message(|| forms::c(&|n| n) + hot::get!(forms::c)(&|_| panic!("in c"))), "in c");
    let depths = RefCell::new(vec![]);
    let said = message(|| {
        hot::get!(forms::recursive)(5, &|depth| {
            depths.borrow_mut().push(depth);
            assert!(depth > 2, "deep");
        })
    });
    assert_eq!((said.as_str(), depths.into_inner()), ("deep", vec![5, 4, 3, 2]));
    assert_eq!(hot::get!(forms::shared)(&|n| n), 3);
}

hot::import! {
    closures_bundle => {
        fn each(texts: &[&str], call: &mut dyn FnMut(&str)) -> u32;
        fn once(call: Box<dyn FnOnce(u32) -> u32>, go: bool) -> Option<u32>;
        fn first<'a>(texts: &[&'a str], pick: &dyn Fn(&'a str) -> bool) -> Option<&'a str>;
        fn make(panics: bool) -> String;
        fn nested(depth: u32, call: &dyn Fn(u32) -> u32) -> u32;
        fn keep(call: Box<dyn Fn() -> u32 + Send>) -> String;
        fn in_a_thread(call: Box<dyn FnOnce() -> u32 + Send>) -> Result<u32, String>;
        fn catches(call: &dyn Fn(&str)) -> String;
    }
    closures_nowhere => { fn once(call: Box<dyn FnOnce(u32) -> u32>) -> u32; }
}

const BUNDLE: &str = r#"
use std::{panic::{self, AssertUnwindSafe}, sync::Mutex, thread};

hot::import! {
    closures => {
        fn host_each(call: &mut dyn FnMut(&str)) -> u32;
        fn host_once(call: Box<dyn FnOnce(u32) -> u32>, go: bool) -> Option<u32>;
        fn host_nested(depth: u32, call: &dyn Fn(u32) -> u32) -> u32;
    }
}

#[hot::export]
pub fn each(texts: &[&str], call: &mut dyn FnMut(&str)) -> u32 {
    let mut count = 0;
    for text in texts { call(text); count += VERSION; }
    count
}
#[hot::export]
pub fn once(call: Box<dyn FnOnce(u32) -> u32>, go: bool) -> Option<u32> { go.then(|| call(VERSION)) }
#[hot::export]
pub fn first<'a>(texts: &[&'a str], pick: &dyn Fn(&'a str) -> bool) -> Option<&'a str> {
    texts.iter().copied().find(|text| pick(text))
}
struct Guard<'a>(&'a mut u32);
impl Drop for Guard<'_> { fn drop(&mut self) { *self.0 += 100; } }
#[hot::export]
pub fn make(panics: bool) -> String {
    let (mut list, mut guarded) = (String::new(), 0);
    let caught = panic::catch_unwind(AssertUnwindSafe(|| hot::get!(closures::host_each)(&mut |text| {
        let _guard = Guard(&mut guarded);
        list.push_str(text);
        if panics { panic!("the bundle's closure") }
    })));
    if let Err(payload) = caught { list.push_str(&payload.downcast::<String>().unwrap()); }
    let base = VERSION;
    let once = hot::get!(closures::host_once)(Box::new(move |n| n + base), !panics);
    format!("{list} {guarded} {once:?}")
}
#[hot::export]
pub fn nested(depth: u32, call: &dyn Fn(u32) -> u32) -> u32 {
    if depth == 0 { return call(0); }
    // The host calls back this bundle's closure, which calls the host's.
    hot::get!(closures::host_nested)(depth - 1, &|n| call(n + 1)) + 1
}
static KEPT: Mutex<Option<Box<dyn Fn() -> u32 + Send>>> = Mutex::new(None);
#[hot::export]
pub fn keep(call: Box<dyn Fn() -> u32 + Send>) -> String {
    *KEPT.lock().unwrap() = Some(call);
    let kept = KEPT.lock().unwrap().take().unwrap();
    let said = |payload: Box<dyn std::any::Any + Send>| *payload.downcast::<String>().unwrap();
    let call = || panic::catch_unwind(AssertUnwindSafe(|| kept())).map_err(said);
    format!("{:?} {:?}", call(), call())
}
#[hot::export]
pub fn in_a_thread(call: Box<dyn FnOnce() -> u32 + Send>) -> Result<u32, String> {
    thread::spawn(call).join().map_err(|payload| *payload.downcast::<String>().unwrap())
}
#[hot::export]
pub fn catches(call: &dyn Fn(&str)) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(|| call("argument"))).unwrap_err();
    *payload.downcast::<String>().unwrap()
}
"#;

#[hot::export]
fn host_each(call: &mut dyn FnMut(&str)) -> u32 {
    ["a", "b"].into_iter().for_each(call);
    2
}

#[hot::export]
fn host_once(call: Box<dyn FnOnce(u32) -> u32>, go: bool) -> Option<u32> {
    go.then(|| call(40))
}

#[hot::export]
fn host_nested(depth: u32, call: &dyn Fn(u32) -> u32) -> u32 {
    if depth == 0 {
        return call(0);
    }
    hot::get!(closures_bundle::nested)(depth - 1, &|n| call(n + 10)) + 10
}

static HOST: LazyLock<(Host, Fixture)> = LazyLock::new(|| {
    let host = Host::start().unwrap();
    let fixture = Fixture::new("closures-bundle");
    host.load_library(fixture.build(&BUNDLE.replace("VERSION", "1"))).unwrap();
    (host, fixture)
});

#[test]
fn the_hosts_closures_in_a_bundle() {
    LazyLock::force(&HOST);
    let mut seen = String::new();
    hot::get!(closures_bundle::each)(&["a", "b"], &mut |text| seen.push_str(text));
    assert_eq!(seen, "ab");
    let said = message(|| {
        hot::get!(closures_bundle::each)(&["a", "b"], &mut |text| {
            seen.push_str(text);
            assert!(text == "a", "the host's closure");
        })
    });
    assert_eq!((said.as_str(), seen.as_str()), ("the host's closure", "abab"));
    let picked =
        hot::get!(closures_bundle::first)(&["one", "two"], &|text| text == seen || text == "two");
    assert_eq!(picked, Some("two"));
    let caught = hot::get!(closures_bundle::catches)(&|text| panic!("with an {text}"));
    assert_eq!(caught, "with an argument");
}

#[test]
fn boxed_closures_in_a_bundle_are_dropped_once() {
    LazyLock::force(&HOST);
    let drops = Arc::new(AtomicU32::new(0));
    let make = |panics| {
        let noisy = Noisy(drops.clone(), panics);
        Box::new(move |n: u32| {
            let _noisy = &noisy;
            n
        })
    };
    let once = hot::get!(closures_bundle::once);
    assert_eq!((once(make(false), false), drops.load(Relaxed)), (None, 1));
    assert_eq!(once(make(false), true).is_some(), drops.load(Relaxed) == 2);
    assert_eq!(
        (message(|| once(make(true), false)).as_str(), drops.load(Relaxed)),
        ("a noisy drop", 3)
    );
    assert_eq!(
        (message(|| once(make(true), true)).as_str(), drops.load(Relaxed)),
        ("a noisy drop", 4)
    );
    let in_a_thread = hot::get!(closures_bundle::in_a_thread);
    let call = make(false);
    assert_eq!(in_a_thread(Box::new(move || call(1))), Ok(1));
    let call = make(false);
    assert_eq!(in_a_thread(Box::new(move || panic!("{}", call(2)))), Err("2".to_owned()));
    assert_eq!(drops.load(Relaxed), 6);
}

#[test]
fn a_bundles_closures_in_the_host() {
    LazyLock::force(&HOST);
    let made = hot::get!(closures_bundle::make)(false);
    assert!(made.starts_with("ab 200 Some(4"), "{made}");
    assert_eq!(hot::get!(closures_bundle::make)(true), "athe bundle's closure 100 None");
}

#[test]
fn closures_through_host_and_bundle_in_turns() {
    LazyLock::force(&HOST);
    let nested = hot::get!(closures_bundle::nested);
    // Each level adds to the argument on the way in, and to the result on the way out.
    assert_eq!(nested(4, &|n| n), 44);
    assert_eq!(message(|| nested(4, &|n| panic!("at {n}"))), "at 22");
    assert_eq!(message(|| nested(5, &|n| panic!("at {n}"))), "at 23");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..200 {
                    assert_eq!(nested(2, &|n| n + round), 22 + round);
                    let said = message(|| nested(3, &|n| panic!("{}", n + round)));
                    assert_eq!(said, (12 + round).to_string());
                }
            });
        }
    });
}

#[test]
fn a_bundle_keeps_a_closure() {
    LazyLock::force(&HOST);
    let drops = Arc::new(AtomicU32::new(0));
    let noisy = Noisy(drops.clone(), false);
    let calls = AtomicU32::new(0);
    let kept = hot::get!(closures_bundle::keep)(Box::new(move || {
        let _noisy = &noisy;
        assert!(calls.fetch_add(1, Relaxed) == 0, "second call");
        7
    }));
    assert_eq!(kept, "Ok(7) Err(\"second call\")");
    assert_eq!(drops.load(Relaxed), 1);
}

#[test]
fn a_changed_closure_is_refused() {
    let (host, fixture) = &*HOST;
    // Only who has called them holds them, whichever tests have run before.
    hot::get!(closures_bundle::each)(&[], &mut |_| ());
    hot::get!(closures_bundle::once)(Box::new(|number| number), false);
    let changed = [
        ("call: &mut dyn FnMut(&str)) -> u32 {", "call: &mut dyn FnMut(&'static str)) -> u32 {"),
        ("call: &mut dyn FnMut(&str)) -> u32 {", "call: &mut dyn FnMut(&String)) -> u32 {"),
        ("call: Box<dyn FnOnce(u32) -> u32>, go", "call: Box<dyn FnOnce(u32) -> u32 + Send>, go"),
    ];
    for (was, now) in changed {
        let source = BUNDLE.replace("VERSION", "2");
        assert!(source.contains(was));
        let source = source.replace(was, now).replace("call(text);", "let _ = (&call, text);");
        let error = host.load_library(fixture.build(&source)).unwrap_err();
        assert!(error.to_string().contains("closures_bundle::"), "{error}");
    }
    // Other spellings are the same.
    let source = BUNDLE.replace("VERSION", "2").replace(
        "each(texts: &[&str], call: &mut dyn FnMut(&str))",
        "each<'c>(texts: &[&str], call: &'c mut (dyn for<'x> ::std::ops::FnMut(&'x str) + 'c))",
    );
    host.load_library(fixture.build(&source)).unwrap();
    let mut count = 0;
    assert_eq!(hot::get!(closures_bundle::each)(&["a"], &mut |_| count += 1), 2);
    assert_eq!(count, 1);
}
