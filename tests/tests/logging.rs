//! What bundles log by the crate `log` reaches the host's logger.

use std::{
    panic::{self, catch_unwind},
    process::Command,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use log::{Level, LevelFilter, Log, Metadata, Record, kv};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Workspace,
    child::text,
    refusal::{codes, fact},
    workspace::{BUNDLE, HOST_FEATURES},
};

hot::import! {
    log_everything => {
        fn all_of_it(guests: u32);
        fn in_a_thread();
        fn flush();
    }
    log_levels => {
        fn at_each_level(target: &str) -> String;
        fn is_enabled(target: &str) -> bool;
    }
    log_panics => {
        fn log_to(target: &str, text: &str);
        fn catches(target: &str) -> String;
    }
    log_reload => { fn say(); }
    log_own => { fn say() -> u32; }
    log_first => { fn say() -> u32; }
    log_without => { fn say(); }
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    level: Level,
    target: String,
    message: String,
    module: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    fields: Vec<(String, String)>,
}

/// The host's logger: remembers everything.
struct Collector(Mutex<Vec<Entry>>, Mutex<u32>);

static COLLECTOR: Collector = Collector(Mutex::new(Vec::new()), Mutex::new(0));

struct Fields(Vec<(String, String)>);

impl<'a> kv::VisitSource<'a> for Fields {
    fn visit_pair(&mut self, key: kv::Key<'a>, value: kv::Value<'a>) -> Result<(), kv::Error> {
        let kind = if value.to_bool().is_some() {
            "bool"
        } else if value.to_u64().is_some() {
            "u64"
        } else if value.to_i64().is_some() {
            "i64"
        } else if value.to_f64().is_some() {
            "f64"
        } else if value.to_u128().is_some() {
            "u128"
        } else if value.to_borrowed_str().is_some() {
            "str"
        } else {
            "any"
        };
        self.0.push((key.to_string(), format!("{kind} {value}")));
        Ok(())
    }
}

impl Log for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        assert_ne!(metadata.target(), "panics_early", "the host's logger, asked");
        metadata.target() != "quiet"
    }

    fn log(&self, record: &Record<'_>) {
        assert_ne!(record.target(), "panics", "the host's logger, told");
        let mut fields = Fields(Vec::new());
        record.key_values().visit(&mut fields).unwrap();
        assert_eq!(record.key_values().count(), fields.0.len());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Entry {
            level: record.level(),
            target: record.target().to_owned(),
            message: record.args().to_string(),
            module: record.module_path().map(str::to_owned),
            file: record.file().map(str::to_owned),
            line: record.line(),
            fields: fields.0,
        });
    }

    fn flush(&self) {
        *self.1.lock().unwrap() += 1;
    }
}

/// The logger and its level are the process's: one test at a time.
fn alone() -> (MutexGuard<'static, ()>, &'static Host) {
    static ALONE: Mutex<()> = Mutex::new(());
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        log::set_logger(&COLLECTOR).unwrap();
        Host::start().unwrap()
    });
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let host = &*HOST;
    log::set_max_level(LevelFilter::Trace);
    taken();
    (alone, host)
}

/// What was logged since the last time.
fn taken() -> Vec<Entry> {
    std::mem::take(&mut *COLLECTOR.0.lock().unwrap_or_else(PoisonError::into_inner))
}

fn messages() -> Vec<String> {
    taken().into_iter().map(|entry| entry.message).collect()
}

const LOG: &str = "log = { version = \"0.4\", features = [\"kv\"] }\n";

/// What it is compiled against forwards events: the tests ask for it.
fn fixture(name: &str) -> Fixture {
    Fixture::new(name)
}

#[test]
fn level_target_place_and_fields_arrive() {
    let (_alone, host) = alone();
    let library = fixture("log_everything").build_root(
        "hot::bundle!(init = start);
        fn start() { log::warn!(\"from init\"); }
        #[derive(Debug)] #[allow(dead_code)] struct Point { x: u8 }
        #[hot::export]
        pub fn all_of_it(guests: u32) {
            let name = String::from(\"Ann\");
            log::info!(target: \"the door\", guests, negative = -3_i64, open = true, ratio = 0.5,
                big = u128::MAX, name = name.as_str(), point:? = (Point { x: 7 }); \"{guests} guests, {name}\");
        }
        #[hot::export]
        pub fn in_a_thread() { std::thread::spawn(|| log::error!(\"plain\")).join().unwrap(); }
        #[hot::export]
        pub fn flush() { log::logger().flush(); }",
    );
    let _bundle = host.load_library(&library).unwrap();
    let entries = taken();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((entries[0].level, &*entries[0].message), (Level::Warn, "from init"));
    assert_eq!(entries[0].target, "log_everything");

    hot::get!(log_everything::all_of_it)(17);
    let entry = taken().remove(0);
    assert_eq!((entry.level, &*entry.target), (Level::Info, "the door"));
    assert_eq!(entry.message, "17 guests, Ann");
    assert_eq!(entry.module.as_deref(), Some("log_everything"));
    assert!(entry.file.as_deref().unwrap().ends_with("src/lib.rs"), "{entry:?}");
    assert_eq!(entry.line, Some(7));
    let fields: Vec<_> =
        entry.fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let big = format!("u128 {}", u128::MAX);
    assert_eq!(
        fields,
        [
            ("guests", "u64 17"),
            ("negative", "i64 -3"),
            ("open", "bool true"),
            ("ratio", "f64 0.5"),
            ("big", &big),
            ("name", "str Ann"),
            ("point", "any Point { x: 7 }"),
        ]
    );
    hot::get!(log_everything::in_a_thread)();
    assert_eq!(messages(), ["plain"]);
    let flushed = *COLLECTOR.1.lock().unwrap();
    hot::get!(log_everything::flush)();
    assert_eq!(*COLLECTOR.1.lock().unwrap(), flushed + 1);
}

#[test]
fn the_hosts_filter_counts_whenever_it_changes() {
    let (_alone, host) = alone();
    let library = fixture("log_levels").build(
        "use std::{fmt, sync::atomic::{AtomicU32, Ordering::Relaxed}};
        static FORMATTED: AtomicU32 = AtomicU32::new(0);
        struct Costly;
        impl fmt::Display for Costly {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                FORMATTED.fetch_add(1, Relaxed);
                f.write_str(\"costly\")
            }
        }
        /// How often the message was formatted.
        #[hot::export]
        pub fn at_each_level(target: &str) -> String {
            FORMATTED.store(0, Relaxed);
            for level in log::Level::iter() { log::log!(target: target, level, \"{Costly}\"); }
            FORMATTED.load(Relaxed).to_string()
        }
        #[hot::export]
        pub fn is_enabled(target: &str) -> bool { log::log_enabled!(target: target, log::Level::Debug) }",
    );
    let _bundle = host.load_library(&library).unwrap();
    let mut seen = 0;
    for filter in LevelFilter::iter().chain(LevelFilter::iter()) {
        log::set_max_level(filter);
        let formatted = hot::get!(log_levels::at_each_level)("loud");
        assert_eq!(formatted, (filter as usize).to_string(), "{filter}: formatted for nobody");
        let levels: Vec<_> = taken().into_iter().map(|entry| entry.level).collect();
        assert_eq!(levels, Level::iter().filter(|level| *level <= filter).collect::<Vec<_>>());
        assert_eq!(hot::get!(log_levels::is_enabled)("loud"), filter >= LevelFilter::Debug);
        seen += levels.len();
    }
    assert_eq!(seen, 30);
    log::set_max_level(LevelFilter::Trace);
    assert_eq!(hot::get!(log_levels::at_each_level)("quiet"), "0");
    assert!(!hot::get!(log_levels::is_enabled)("quiet"));
    assert_eq!(taken(), []);
}

#[test]
fn a_panic_of_the_hosts_logger_is_the_callers() {
    let (_alone, host) = alone();
    let library = fixture("log_panics").build(
        "#[hot::export]
        pub fn log_to(target: &str, text: &str) { log::info!(target: target, \"{text}\"); }
        #[hot::export]
        pub fn catches(target: &str) -> String {
            let caught = std::panic::catch_unwind(|| log::info!(target: target, \"caught\"));
            *caught.unwrap_err().downcast::<String>().unwrap()
        }",
    );
    let _bundle = host.load_library(&library).unwrap();
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    for (target, text) in [("panics", "logger, told"), ("panics_early", "logger, asked")] {
        let caught = catch_unwind(|| hot::get!(log_panics::log_to)(target, "into a panic"));
        let caught = *caught.unwrap_err().downcast::<String>().unwrap();
        assert!(caught.contains(text), "{caught}");
        assert!(hot::get!(log_panics::catches)(target).contains(text));
    }
    panic::set_hook(hook);
    hot::get!(log_panics::log_to)("fine", "afterwards");
    assert_eq!(messages(), ["afterwards"]);
}

#[test]
fn every_generation_logs() {
    let (_alone, host) = alone();
    let fixture = fixture("log_reload");
    let version = |number: u32| {
        fixture
            .build(&format!("#[hot::export] pub fn say() {{ log::info!(\"version {number}\"); }}"))
    };
    let (v1, v2) = (version(1), version(2));
    let say = hot::get!(log_reload::say);
    let bundle = host.load_library(&v1).unwrap();
    say();
    host.load_library(&v2).unwrap();
    say();
    bundle.rollback().unwrap();
    say();
    assert_eq!(messages(), ["version 1", "version 2", "version 1"]);
}

const OWN: &str = "struct Own;
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    impl log::Log for Own {
        fn enabled(&self, _: &log::Metadata) -> bool { true }
        fn log(&self, _: &log::Record) { COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed); }
        fn flush(&self) {}
    }
    fn set() -> Result<(), log::SetLoggerError> {
        log::set_logger(&Own).map(|()| log::set_max_level(log::LevelFilter::Info))
    }
    #[hot::export]
    pub fn say() -> u32 { log::info!(\"hello\"); COUNT.load(std::sync::atomic::Ordering::Relaxed) }";

#[test]
fn a_logger_of_the_bundles_own() {
    let (_alone, host) = alone();
    // In init there is one already: the error says so, as in a program of one image.
    let own = fixture("log_own");
    let strict = own.build_root(&format!("hot::bundle!(init = set);\n{OWN}"));
    let error = host.load_library(&strict).unwrap_err();
    assert_eq!(codes(&error), [Code::InitFailed]);
    assert!(fact(&error.reasons()[0], "said").contains("already initialized"), "{error}");
    let lenient = own.build_root(&format!(
        "hot::bundle!(init = try_to);\nfn try_to() {{ let _ = set(); }}\n{OWN}"
    ));
    let _lenient = host.load_library(&lenient).unwrap();
    assert_eq!(hot::get!(log_own::say)(), 0);
    assert_eq!(messages(), ["hello"]);

    // A constructor is earlier: its logger stays.
    let first = fixture("log_first").build(&format!(
        "{OWN}
        #[used]
        #[unsafe(link_section = \".init_array\")]
        static FIRST: extern \"C\" fn() = {{ extern \"C\" fn first() {{ set().unwrap(); }} first }};"
    ));
    let _first = host.load_library(&first).unwrap();
    assert_eq!(hot::get!(log_first::say)(), 1);
    assert_eq!(taken(), []);
}

#[test]
fn either_side_may_be_without_the_feature() {
    let (_alone, host) = alone();
    let source = "#[hot::export] pub fn say() { log::error!(\"lost\"); }";
    let without = Fixture::with_manifest("log_without", LOG);
    let _bundle = host.load_library(without.build(source)).unwrap();
    hot::get!(log_without::say)();
    assert_eq!(taken(), []);

    let workspace = Workspace::new("log-hostless");
    let tracing = "tracing = { version = \"0.1\", default-features = false, features = [\"std\"] }";
    workspace.package("talker", BUNDLE, "\"log\", \"tracing\"", &format!("{LOG}{tracing}"));
    workspace.write(
        "talker/src/lib.rs",
        "hot::bundle!();
        #[hot::export] pub fn say() -> u32 {
            log::error!(\"lost\");
            tracing::error!(number = 1, \"lost\");
            let span = tracing::info_span!(\"a span\", late = tracing::field::Empty).entered();
            span.record(\"late\", 5);
            log::logger().flush();
            42
        }",
    );
    // A package of another workspace: there the features would be switched on for the host too.
    let deaf = Workspace::new("log-deaf");
    deaf.package("deaf", "", HOST_FEATURES, "");
    deaf.write(
        "deaf/src/main.rs",
        "hot::import! { talker => { fn say() -> u32; } }
        fn main() {
            let host = hot::Host::start().unwrap();
            unsafe { host.load(std::env::args().nth(1).unwrap()) }.unwrap();
            println!(\"said {}\", talker::say());
        }",
    );
    let library = workspace.cargo(&["build", "-p", "talker"]).library("talker");
    let program = deaf.cargo(&["build"]).program("deaf");
    let output = Command::new(program).arg(library).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("said 42\n".into(), String::new()));
}
