//! Several bundles that change at once, or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use hot::{Bundle, Code, Event, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, Stop,
    refusal::{assert_complete, codes, fact},
};

/// The process's host; only one test at a time loads.
fn host() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// A crate that exports `area`, over a number type, and one that calls it.
struct Pair {
    shape: Fixture,
    view: Fixture,
    names: [String; 2],
}

impl Pair {
    fn new(name: &str) -> Pair {
        let names = [format!("tx_{name}_shape"), format!("tx_{name}_view")];
        Pair { shape: Fixture::new(&names[0]), view: Fixture::new(&names[1]), names }
    }

    fn shape(&self, number: &str, result: &str) -> PathBuf {
        self.shape.build(&format!(
            "#[hot::export] pub fn area(side: {number}) -> {number} {{ side * side + {result} }}"
        ))
    }

    fn view(&self, number: &str, more: &str) -> PathBuf {
        let shape = &self.names[0];
        self.view.build(&format!(
            "hot::import! {{ {shape} => {{ fn area(side: {number}) -> {number}; }} }}
             #[hot::export] pub fn show(side: u32) -> String {{
                 hot::get!({shape}::area)(side.into()).to_string()
             }}
             {more}"
        ))
    }
}

/// What the function `show` of this pair says now.
macro_rules! show {
    ($host:expr, $path:literal, $side:expr) => {
        hot::lookup!($host, $path, fn(u32) -> String).unwrap()($side)
    };
}

/// Puts a library in the place that a bundle's live generation was loaded from.
fn put(library: &Path, bundle: &Bundle) {
    let place = bundle.library().unwrap();
    fs::remove_file(&place).unwrap();
    fs::copy(library, &place).unwrap();
}

fn generations(bundles: [&Bundle; 2]) -> [u64; 2] {
    bundles.map(|bundle| bundle.generation().unwrap())
}

#[test]
fn a_signature_that_two_bundles_share_changes_when_both_reload() {
    let (_lock, host) = host();
    let pair = Pair::new("both");
    let shape = host.load_library(pair.shape("u32", "0")).unwrap();
    let view = host.load_library(pair.view("u32", "")).unwrap();
    assert_eq!(show!(host, "tx_both_view::show", 3), "9");
    let (new_shape, new_view) = (pair.shape("u64", "1"), pair.view("u64", ""));
    put(&new_shape, &shape);
    put(&new_view, &view);

    let before = Snapshot::take(&host);
    for (bundle, other) in [(&shape, &view), (&view, &shape)] {
        let refused = bundle.reload().unwrap_err();
        assert!(codes(&refused).iter().all(|code| *code == Code::TypeChanged), "{refused}");
        assert!(refused.to_string().contains(other.name()), "{refused}");
    }
    assert_eq!(before, Snapshot::take(&host));

    let events = std::sync::Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    host.on_event(move |event| {
        if let Event::Loaded(report) = event {
            heard.lock().unwrap().push((report.bundle.clone(), report.generation));
        }
    });
    let reports = host.transaction().reload(&view).reload(&shape).commit().unwrap();
    let named: Vec<_> =
        reports.iter().map(|report| (report.bundle.clone(), report.generation)).collect();
    assert_eq!(named, [(pair.names[1].clone(), 2), (pair.names[0].clone(), 2)]);
    assert_eq!(*events.lock().unwrap(), named);
    assert_eq!(show!(host, "tx_both_view::show", 100_000), "10000000001");

    // And back, at once again; one by one it is refused.
    let refused = shape.rollback().unwrap_err();
    assert_eq!(codes(&refused), [Code::TypeChanged, Code::TypeChanged]);
    host.transaction().rollback(&shape).rollback(&view).commit().unwrap();
    assert_eq!(
        (show!(host, "tx_both_view::show", 3), generations([&shape, &view])),
        ("9".to_owned(), [3, 3])
    );
    // One forward while the other goes back: refused, since they do not fit each other.
    let mixed = host.transaction().rollback(&shape).load_library(&new_view).commit();
    assert_eq!(mixed.unwrap_err().code(), Code::NoEarlier);
    put(&new_shape, &shape);
    host.transaction().reload(&shape).load_library(&new_view).commit().unwrap();
    let mixed = host.transaction().rollback(&shape).load_library(&new_view).commit().unwrap_err();
    assert_eq!(codes(&mixed), [Code::TypeChanged, Code::TypeChanged], "{mixed}");
    assert_eq!(show!(host, "tx_both_view::show", 3), "10");
}

#[test]
fn one_that_is_refused_before_it_runs_keeps_all_as_they_were() {
    let (_lock, host) = host();
    let pair = Pair::new("refused");
    let shape = host.load_library(pair.shape("u32", "0")).unwrap();
    let view = host.load_library(pair.view("u32", "")).unwrap();
    put(&pair.shape("u32", "5"), &shape);
    let good = view.library().unwrap();
    fs::write(&good, b"no library").unwrap();
    let before = Snapshot::take(&host);
    for attempt in [
        host.transaction().reload(&shape).reload(&view),
        host.transaction().reload(&view).reload(&shape),
    ] {
        let refused = attempt.commit().unwrap_err();
        assert_eq!(codes(&refused), [Code::NotALibrary]);
        assert_complete(&refused, &good);
    }
    // Every bundle's reasons are there.
    fs::remove_file(shape.library().unwrap()).unwrap();
    let refused = host.transaction().reload(&shape).reload(&view).commit().unwrap_err();
    assert_eq!(codes(&refused), [Code::FileMissing, Code::NotALibrary]);
    assert_eq!(fact(&refused.reasons()[0], "file"), shape.library().unwrap().to_str().unwrap());
    assert_eq!(before, Snapshot::take(&host));
    assert_eq!(
        (show!(host, "tx_refused_view::show", 3), generations([&shape, &view])),
        ("9".to_owned(), [1, 1])
    );
}

#[test]
fn an_init_that_fails_takes_the_others_back() {
    let (_lock, host) = host();
    let pair = Pair::new("init");
    let shape = host.load_library(pair.shape("u32", "0")).unwrap();
    let view = host.load_library(pair.view("u32", "")).unwrap();
    let better = pair.shape("u32", "7");
    let failing = pair.view.build_root(
        "hot::bundle!(init = start);
         fn start() -> Result<(), String> { Err(\"not today\".to_owned()) }
         #[hot::export] pub fn show(side: u32) -> String { side.to_string() }",
    );
    let before = Snapshot::take(&host).apart_from_images();
    let abandoned = host.status().unwrap().abandoned;
    let mut expected = abandoned;
    // What has run stays mapped: the one, or both.
    for (attempt, ran) in [
        (host.transaction().load_library(&better).load_library(&failing), 2),
        (host.transaction().load_library(&failing).load_library(&better), 1),
    ] {
        let refused = attempt.commit().unwrap_err();
        assert_eq!(codes(&refused), [Code::InitFailed]);
        expected += ran;
        assert_eq!(host.status().unwrap().abandoned, expected);
        assert_eq!(before, Snapshot::take(&host).apart_from_images());
        assert_eq!(show!(host, "tx_init_view::show", 3), "9");
    }
    put(&better, &shape);
    host.transaction().reload(&shape).reload(&view).commit().unwrap();
    assert_eq!(
        (show!(host, "tx_init_view::show", 3), generations([&shape, &view])),
        ("16".to_owned(), [2, 2])
    );
}

#[test]
fn a_bundle_is_named_once() {
    let (_lock, host) = host();
    let fixture = Fixture::new("tx_twice");
    let library = fixture.build("#[hot::export] pub fn one() -> u32 { 1 }");
    let bundle = host.load_library(&library).unwrap();
    let before = Snapshot::take(&host);
    let refused = host.transaction().load_library(&library).reload(&bundle).commit().unwrap_err();
    assert_eq!(codes(&refused), [Code::Twice]);
    assert!(refused.to_string().contains("tx_twice"), "{refused}");
    assert_eq!(host.transaction().commit().unwrap(), []);
    assert_eq!(before, Snapshot::take(&host));
    let unloaded = bundle.clone();
    bundle.unload().unwrap();
    let refused = host.transaction().reload(&unloaded).rollback(&unloaded).commit().unwrap_err();
    assert_eq!(codes(&refused), [Code::NotLoaded, Code::NotLoaded]);
}

/// A removed export counts as it will be: one that another bundle of the transaction needs no more
/// is no conflict, and a new import of the other's new export is checked.
#[test]
fn what_is_compared_is_what_will_be_there() {
    let (_lock, host) = host();
    let (one, two) = (Fixture::new("tx_will_one"), Fixture::new("tx_will_two"));
    let one_a = one.build("#[hot::export] pub fn old(text: &str) -> usize { text.len() }");
    let two_a = two.build(
        "hot::import! { tx_will_one => { fn old(text: &str) -> usize; } }
         #[hot::export] pub fn ask() -> usize { hot::get!(tx_will_one::old)(\"abc\") }",
    );
    let one_b = one.build("#[hot::export] pub fn new(text: String) -> usize { text.len() * 2 }");
    let two_b = two.build(
        "hot::import! { tx_will_one => { fn new(text: String) -> usize; } }
         #[hot::export] pub fn ask() -> usize { hot::get!(tx_will_one::new)(\"abc\".to_owned()) }",
    );
    let two_wrong = two.build(
        "hot::import! { tx_will_one => { fn new(text: Vec<u8>) -> usize; } }
         #[hot::export] pub fn ask() -> usize { hot::get!(tx_will_one::new)(vec![]) }",
    );
    let ask = || hot::lookup!(host, "tx_will_two::ask", fn() -> usize).unwrap()();
    host.transaction().load_library(&two_a).load_library(&one_a).commit().unwrap();
    assert_eq!(ask(), 3);
    for attempt in [
        host.transaction().load_library(&one_b).load_library(&two_wrong),
        host.transaction().load_library(&two_wrong).load_library(&one_b),
    ] {
        let refused = attempt.commit().unwrap_err();
        assert_eq!(codes(&refused), [Code::TypeChanged], "{refused}");
        assert_eq!(ask(), 3);
    }
    let reports = host.transaction().load_library(&one_b).load_library(&two_b).commit().unwrap();
    assert_eq!(reports[0].removed, ["tx_will_one::old"]);
    assert_eq!(reports[0].added, ["tx_will_one::new"]);
    assert_eq!(ask(), 6);
}

/// No thread that has seen the new version of the one bundle finds the old version of the other
/// within the same call.
#[test]
fn readers_never_meet_a_half_done_commit() {
    let (_lock, host) = host();
    let pair = Pair::new("readers");
    let shapes = ["0", "1"].map(|result| pair.shape("u32", result));
    let views = [("u32", ""), ("u32", "#[hot::export] pub fn other() {}")]
        .map(|(number, more)| pair.view(number, more));
    host.load_library(&shapes[0]).unwrap();
    host.load_library(&views[0]).unwrap();
    let show = hot::lookup!(host, "tx_readers_view::show", fn(u32) -> String).unwrap();
    let (done, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let stop = Stop(&done);
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    let text = show(2);
                    assert!(text == "4" || text == "5", "{text}");
                    calls.fetch_add(1, SeqCst);
                }
            });
        }
        for round in 0..40 {
            let before = calls.load(SeqCst);
            let (shape, view) = (&shapes[round % 2], &views[round % 2]);
            host.transaction().load_library(view).load_library(shape).commit().unwrap();
            while calls.load(SeqCst) == before {
                thread::yield_now();
            }
        }
        drop(stop);
    });
    assert!(calls.load(SeqCst) >= 40);
}
