//! Events and spans of the crate `tracing` in bundles reach the host's subscriber.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    panic::{self, catch_unwind},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    refusal::{codes, fact},
};
use tracing::{
    Dispatch, Event, Id, Metadata, Subscriber,
    dispatcher::with_default,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Record},
    subscriber::Interest,
};

hot::import! {
    trace_everything => {
        fn one_event(guests: u32);
        fn many_fields();
        fn spans();
        fn parents();
    }
    trace_levels => { fn at_each_level() -> u32; }
    trace_panics => { fn say(target_panics: bool) -> bool; fn span(); }
    trace_reload => { fn say(); }
    trace_scoped => {
        fn say();
        fn open();
        fn close();
        fn within() -> u32;
    }
    trace_own => { fn say(); }
    trace_threads => { fn work(count: u32); }
}

/// The host's subscriber: writes down what happens, a line each.
#[derive(Default)]
struct Scribe {
    lines: Mutex<Vec<String>>,
    next: AtomicU64,
    /// Per thread would be right; a test at a time is enough.
    current: Mutex<Vec<u64>>,
    names: Mutex<HashMap<u64, (&'static str, u32)>>,
    sites: Mutex<Vec<usize>>,
}

static LEVEL: AtomicU8 = AtomicU8::new(5);

fn level_now() -> LevelFilter {
    let all = [
        LevelFilter::OFF,
        LevelFilter::ERROR,
        LevelFilter::WARN,
        LevelFilter::INFO,
        LevelFilter::DEBUG,
        LevelFilter::TRACE,
    ];
    all[usize::from(LEVEL.load(Relaxed))]
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}=str:{value}").unwrap();
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        write!(self.0, " {field}=u64:{value}").unwrap();
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        write!(self.0, " {field}=i64:{value}").unwrap();
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        write!(self.0, " {field}=i128:{value}").unwrap();
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        write!(self.0, " {field}=u128:{value}").unwrap();
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        write!(self.0, " {field}=f64:{value}").unwrap();
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        write!(self.0, " {field}=bool:{value}").unwrap();
    }
}

impl Scribe {
    fn line(&self, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn name(&self, id: &Id) -> &'static str {
        self.names.lock().unwrap()[&id.into_u64()].0
    }

    fn place(&self, parent: Option<&Id>, is_root: bool) -> String {
        match (parent, is_root, self.current.lock().unwrap().last()) {
            (Some(id), ..) => format!("under {}", self.name(id)),
            (None, true, _) => "at the root".to_owned(),
            (None, _, Some(id)) => format!("in {}", self.name(&Id::from_u64(*id))),
            (None, _, None) => "outside".to_owned(),
        }
    }
}

impl Subscriber for &'static Scribe {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if *metadata.level() > level_now() { Interest::never() } else { Interest::sometimes() }
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(level_now())
    }
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        assert_ne!(metadata.target(), "panics_early", "the host's subscriber, asked");
        *metadata.level() <= level_now()
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        let name = span.metadata().name();
        let place = self.place(span.parent(), span.is_root());
        let id = self.next.fetch_add(1, Relaxed) + 1;
        self.names.lock().unwrap().insert(id, (name, 1));
        self.line(format!("new {name} {place}{}", fields.0));
        Id::from_u64(id)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.line(format!("record {}{}", self.name(span), fields.0));
    }
    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.line(format!("{} follows {}", self.name(span), self.name(follows)));
    }
    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        assert_ne!(metadata.target(), "panics", "the host's subscriber, told");
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let place = self.place(event.parent(), event.is_root());
        self.sites.lock().unwrap().push(std::ptr::from_ref(metadata).addr());
        self.line(format!("{} {} {place}{}", metadata.level(), metadata.target(), fields.0));
    }
    fn enter(&self, span: &Id) {
        assert_ne!(self.name(span), "a bomb", "the host's subscriber, entering");
        self.current.lock().unwrap().push(span.into_u64());
        self.line(format!("enter {}", self.name(span)));
    }
    fn exit(&self, span: &Id) {
        let mut current = self.current.lock().unwrap();
        let at = current.iter().rposition(|id| *id == span.into_u64()).unwrap();
        current.remove(at);
        drop(current);
        self.line(format!("exit {}", self.name(span)));
    }
    fn clone_span(&self, span: &Id) -> Id {
        self.names.lock().unwrap().get_mut(&span.into_u64()).expect("a span that is open").1 += 1;
        span.clone()
    }
    fn try_close(&self, span: Id) -> bool {
        let mut names = self.names.lock().unwrap();
        let (name, handles) = names.get_mut(&span.into_u64()).expect("a span that is open");
        *handles -= 1;
        let (name, closed) = (*name, *handles == 0);
        if closed {
            names.remove(&span.into_u64());
        }
        drop(names);
        if closed {
            self.line(format!("close {name}"));
        }
        closed
    }
}

static SCRIBE: LazyLock<Scribe> = LazyLock::new(Scribe::default);

/// Subscriber and level are the process's: one test at a time.
fn alone() -> (MutexGuard<'static, ()>, &'static Host) {
    static ALONE: Mutex<()> = Mutex::new(());
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        tracing::subscriber::set_global_default(&*SCRIBE).unwrap();
        Host::start().unwrap()
    });
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let host = &*HOST;
    set_level(5);
    SCRIBE.taken();
    (alone, host)
}

fn set_level(level: u8) {
    LEVEL.store(level, Relaxed);
    tracing::callsite::rebuild_interest_cache();
}

/// What it is compiled against forwards events: the tests ask for it.
fn fixture(name: &str) -> Fixture {
    Fixture::new(name)
}

const EVERYTHING: &str = "
    use tracing::{Level, event, field::Empty, info, info_span, span, warn};

    #[derive(Debug)] #[allow(dead_code)] struct Point { x: u8 }
    #[hot::export]
    pub fn one_event(guests: u32) {
        let error: Box<dyn std::error::Error + Send + Sync> = \"it broke\".into();
        info!(target: \"the door\", guests, negative = -3_i64, open = true, ratio = 0.5, big = u128::MAX,
            small = i128::MIN, name = \"Ann\", point = ?Point { x: 7 }, shown = %guests, nothing = Empty,
            error = &*error as &(dyn std::error::Error + 'static), \"{guests} guests\");
    }
    #[hot::export]
    pub fn many_fields() {
        info!(f0 = 0, f1 = 1, f2 = 2, f3 = 3, f4 = 4, f5 = 5, f6 = 6, f7 = 7, f8 = 8, f9 = 9, f10 = 10,
            f11 = 11, f12 = 12, f13 = 13, f14 = 14, f15 = 15, f16 = 16, f17 = 17, f18 = 18, f19 = 19,
            f20 = 20, f21 = 21, f22 = 22, f23 = 23, f24 = 24, f25 = 25, f26 = 26, f27 = 27, f28 = 28,
            f29 = 29, f30 = 30, f31 = 31, f32 = 32, f33 = 33, f34 = 34);
    }
    #[hot::export]
    pub fn spans() {
        let outer = info_span!(\"outer\", size = 3, late = Empty);
        outer.record(\"late\", \"now\");
        let copy = outer.clone();
        outer.in_scope(|| {
            let _inner = span!(Level::WARN, \"inner\").entered();
            warn!(\"deep\");
        });
        drop(outer);
        info!(\"before the close\");
        drop(copy);
    }
    #[hot::export]
    pub fn parents() {
        let one = info_span!(\"one\");
        let two = info_span!(parent: &one, \"two\");
        let root = info_span!(parent: None, \"root\");
        root.follows_from(&two);
        event!(parent: &two, Level::INFO, \"here\");
        event!(parent: None, Level::INFO, \"there\");
        // The number of a span that is gone.
        let gone = one.id();
        drop((one, two, root));
        event!(parent: gone.clone(), Level::INFO, \"lost\");
        let orphan = info_span!(parent: gone.clone(), \"orphan\");
        orphan.follows_from(gone);
    }";

#[test]
fn events_and_spans_arrive_whole() {
    let (_alone, host) = alone();
    let _bundle = host.load_library(fixture("trace_everything").build(EVERYTHING)).unwrap();

    hot::get!(trace_everything::one_event)(17);
    let (big, small) = (u128::MAX, i128::MIN);
    assert_eq!(
        SCRIBE.taken(),
        [format!(
            "INFO the door outside message=17 guests guests=u64:17 negative=i64:-3 open=bool:true \
             ratio=f64:0.5 big=u128:{big} small=i128:{small} name=str:Ann point=Point {{ x: 7 }} \
             shown=17 error=it broke"
        )]
    );
    hot::get!(trace_everything::many_fields)();
    let line = SCRIBE.taken().remove(0);
    assert!(line.ends_with(" f33=i64:33 f34=i64:34") && line.contains(" f0=i64:0 f1="), "{line}");

    let of_host = tracing::info_span!("of the host").entered();
    hot::get!(trace_everything::spans)();
    drop(of_host);
    assert_eq!(
        SCRIBE.taken(),
        [
            "new of the host outside",
            "enter of the host",
            "new outer in of the host size=i64:3",
            "record outer late=str:now",
            "enter outer",
            "new inner in outer",
            "enter inner",
            "WARN trace_everything in inner message=deep",
            "exit inner",
            "close inner",
            "exit outer",
            "INFO trace_everything in of the host message=before the close",
            "close outer",
            "exit of the host",
            "close of the host",
        ]
    );
    hot::get!(trace_everything::parents)();
    assert_eq!(
        SCRIBE.taken(),
        [
            "new one outside",
            "new two under one",
            "new root at the root",
            "root follows two",
            "INFO trace_everything under two message=here",
            "INFO trace_everything at the root message=there",
            "close one",
            "close two",
            "close root",
            "INFO trace_everything outside message=lost",
            "new orphan outside",
            "close orphan",
        ]
    );
}

#[test]
fn the_hosts_filter_counts_whenever_it_changes() {
    let (_alone, host) = alone();
    set_level(0);
    let library = fixture("trace_levels").build(
        "use tracing::*;
        /// How many events' fields were evaluated.
        #[hot::export]
        pub fn at_each_level() -> u32 {
            let mut evaluated = 0;
            let mut next = || { evaluated += 1; evaluated };
            error!(n = next()); warn!(n = next()); info!(n = next());
            debug!(n = next()); trace!(n = next());
            evaluated
        }",
    );
    let _bundle = host.load_library(&library).unwrap();
    for level in [0, 3, 5, 1, 4, 0, 2] {
        set_level(level);
        assert_eq!(hot::get!(trace_levels::at_each_level)(), u32::from(level));
        assert_eq!(SCRIBE.taken().len(), usize::from(level));
    }
}

#[test]
fn a_panic_of_the_hosts_subscriber_is_the_callers() {
    let (_alone, host) = alone();
    let library = fixture("trace_panics").build(
        "#[hot::export]
        pub fn say(early: bool) -> bool {
            if early { tracing::info!(target: \"panics_early\", \"hello\") }
            else { tracing::info!(target: \"panics\", \"hello\") }
            tracing::enabled!(tracing::Level::INFO)
        }
        #[hot::export]
        pub fn span() { tracing::info_span!(\"a bomb\").entered(); }",
    );
    let _bundle = host.load_library(&library).unwrap();
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let text = |call: &dyn Fn()| {
        let caught = catch_unwind(panic::AssertUnwindSafe(call)).unwrap_err();
        *caught.downcast::<String>().unwrap()
    };
    let early = text(&|| assert!(hot::get!(trace_panics::say)(true)));
    let late = text(&|| assert!(hot::get!(trace_panics::say)(false)));
    let entering = text(&|| hot::get!(trace_panics::span)());
    panic::set_hook(hook);
    assert!(early.contains("subscriber, asked"), "{early}");
    assert!(late.contains("subscriber, told"), "{late}");
    assert!(entering.contains("subscriber, entering"), "{entering}");
    assert_eq!(SCRIBE.taken(), ["new a bomb outside", "close a bomb"]);
}

#[test]
fn generations_share_what_did_not_change() {
    let (_alone, host) = alone();
    let fixture = fixture("trace_reload");
    let version = |number: u32| {
        fixture.build(&format!(
            "#[hot::export] pub fn say() {{\ntracing::info!(\"same\");\ntracing::info!(v{number} = 1);\n}}"
        ))
    };
    let (v1, v2) = (version(1), version(2));
    let say = hot::get!(trace_reload::say);
    let bundle = host.load_library(&v1).unwrap();
    SCRIBE.sites.lock().unwrap().clear();
    say();
    host.load_library(&v2).unwrap();
    say();
    bundle.rollback().unwrap();
    say();
    let line = |fields: &str| format!("INFO trace_reload outside {fields}");
    let (same, one, two) = (line("message=same"), line("v1=i64:1"), line("v2=i64:1"));
    assert_eq!(SCRIBE.taken(), [&same, &one, &same, &two, &same, &one].map(String::as_str));
    let sites = std::mem::take(&mut *SCRIBE.sites.lock().unwrap());
    assert_eq!((sites[0], sites[1]), (sites[2], sites[5]), "one callsite for one line");
    assert_ne!(sites[1], sites[3]);
}

#[test]
fn scoped_subscribers() {
    let (_alone, host) = alone();
    let library = fixture("trace_scoped").build(
        "use std::sync::{Mutex, atomic::{AtomicU32, Ordering::Relaxed}};
        static OPEN: Mutex<Option<tracing::Span>> = Mutex::new(None);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        struct Own;
        impl tracing::Subscriber for Own {
            fn enabled(&self, _: &tracing::Metadata<'_>) -> bool { true }
            fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id { tracing::Id::from_u64(1) }
            fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}
            fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}
            fn event(&self, _: &tracing::Event<'_>) { COUNT.fetch_add(1, Relaxed); }
            fn enter(&self, _: &tracing::Id) {}
            fn exit(&self, _: &tracing::Id) {}
        }
        #[hot::export] pub fn say() { tracing::info!(\"hello\"); }
        #[hot::export] pub fn open() { *OPEN.lock().unwrap() = Some(tracing::info_span!(\"kept\")); }
        #[hot::export] pub fn close() {
            OPEN.lock().unwrap().take().unwrap().in_scope(|| tracing::info!(\"within\"));
        }
        #[hot::export] pub fn within() -> u32 {
            tracing::subscriber::with_default(Own, || tracing::info!(\"mine\"));
            COUNT.load(Relaxed)
        }",
    );
    let _bundle = host.load_library(&library).unwrap();
    let other: &'static Scribe = Box::leak(Box::default());
    with_default(&Dispatch::new(other), || {
        hot::get!(trace_scoped::say)();
        hot::get!(trace_scoped::open)();
    });
    assert_eq!(SCRIBE.taken(), [""; 0]);
    assert_eq!(other.taken(), ["INFO trace_scoped outside message=hello", "new kept outside"]);
    // The span is the other subscriber's, wherever it is entered and closed.
    hot::get!(trace_scoped::close)();
    assert_eq!(other.taken(), ["enter kept", "exit kept", "close kept"]);
    assert_eq!(SCRIBE.taken(), ["INFO trace_scoped outside message=within"]);
    // The bundle's own, for a while.
    assert_eq!(hot::get!(trace_scoped::within)(), 1);
    assert_eq!(SCRIBE.taken(), [""; 0]);
}

#[test]
fn a_global_subscriber_of_the_bundles_own_is_an_error() {
    let (_alone, host) = alone();
    let library = fixture("trace_own").build_root(
        "hot::bundle!(init = start);
        fn start() -> Result<(), impl std::fmt::Display> {
            tracing::info!(\"from init\");
            tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new())
        }
        #[hot::export] pub fn say() {}",
    );
    let error = host.load_library(&library).unwrap_err();
    assert_eq!(codes(&error), [Code::InitFailed]);
    let said = fact(&error.reasons()[0], "said");
    assert!(said.contains("a global default trace dispatcher has already been set"), "{error}");
    assert_eq!(SCRIBE.taken(), ["INFO trace_own outside message=from init"]);
}

#[test]
fn many_threads_at_once() {
    let (_alone, host) = alone();
    let library = fixture("trace_threads").build(
        "#[hot::export]
        pub fn work(count: u32) {
            for number in 0..count {
                let span = tracing::info_span!(parent: None, \"work\", number);
                let clone = span.clone();
                drop(span);
                clone.record(\"number\", number + 1);
                tracing::info!(parent: None, number, \"event\");
            }
        }",
    );
    let _bundle = host.load_library(&library).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| hot::get!(trace_threads::work)(500));
        }
    });
    let lines = SCRIBE.taken();
    for start in ["new work", "record work", "close work", "INFO trace_threads"] {
        assert_eq!(lines.iter().filter(|line| line.starts_with(start)).count(), 2000, "{start}");
    }
    assert_eq!(lines.len(), 8000);
    assert!(SCRIBE.names.lock().unwrap().is_empty(), "every span is closed");
}
