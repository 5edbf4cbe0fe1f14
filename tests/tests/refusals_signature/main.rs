//! A bundle whose signatures are not what its callers were compiled with is refused, with every
//! change and every caller named.

mod linked;

use std::{
    collections::BTreeMap,
    panic,
    path::Path,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Error, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot,
    refusal::{assert_complete, codes, fact},
};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

/// One test at a time: the process is looked at as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A function of the fixture `changing`: what the host declares, what a later generation has, the
/// code, and a part of the message.
type Change = (&'static str, &'static str, &'static str, Code, &'static str);

macro_rules! changes {
    ($($name:ident $was:tt $($result:ty)? => $now:literal $code:ident $message:literal;)*) => {
        hot::import! { changing => {
            fn version() -> u32;
            $(fn $name $was $(-> $result)?;)*
        } }
        /// Takes a handle of each: only what is used holds its form.
        fn hold_changes() {
            $(let _ = hot::get!(changing::$name);)*
        }
        const CHANGES: &[Change] = &[$((
            stringify!($name),
            concat!(stringify!($was), $(" -> ", stringify!($result))?),
            $now,
            Code::$code,
            $message,
        )),*];
    };
}

// Names and layouts tell: refused before any code of the library runs.
changes! {
    same_size (a: u32) u32 => "(a: f32) -> u32" TypeChanged "parameter 1: `u32` became `f32`";
    wider (a: u32) => "(a: u64)" TypeChanged "parameter 1: `u32` became `u64`";
    signed (a: u8, b: i64) => "(a: u8, b: u64)" TypeChanged "parameter 2: `i64` became `u64`";
    more () => "(a: u8)" TypeChanged "takes 1 parameter, not 0";
    fewer (a: u8, b: u8) => "(a: u8)" TypeChanged "takes 1 parameter, not 2";
    swapped (a: u32, b: f32) => "(a: f32, b: u32)" TypeChanged "parameter";
    result () u32 => "() -> i32" TypeChanged "result: `u32` became `i32`";
    result_gone () u32 => "()" TypeChanged "result: `u32` became `()`";
    result_new () => "() -> u32" TypeChanged "result: `()` became `u32`";
    diverges () => "() -> !" TypeChanged "result: `()` became `!`";
    element (a: Vec<u8>) => "(a: Vec<u16>)" TypeChanged "`Vec<u8>` became `Vec<u16>`";
    array (a: [u8; 4]) => "(a: [u8; 5])" TypeChanged "`[u8; 4]` became `[u8; 5]`";
    tuple (a: (u32, f32)) => "(a: (f32, u32))" TypeChanged "`(u32, f32)` became `(f32, u32)`";
    niche (a: Option<u32>) => "(a: Option<char>)" TypeChanged "`Option<u32>` became `Option<char>`";
    mutable (a: &u32) => "(a: &mut u32)" TypeChanged "`&u32` became `&mut u32`";
    pointer (a: *const u32) => "(a: *mut u32)" TypeChanged "`*const u32` became `*mut u32`";
    collection (a: Vec<u32>) => "(a: std::collections::VecDeque<u32>)" TypeChanged "became `VecDeque<u32>`";
    owned (a: &str) => "(a: String)" TypeChanged "`&str` became `String`";
    forever (a: &str) &str => "(a: &str) -> &'static str" LifetimeChanged "lifetime in its result";
    shortened (a: &str) &'static str => "(a: &str) -> &str" LifetimeChanged "lifetime in its result";
    tied (a: &str, b: &mut Vec<&str>) => "<'a>(a: &'a str, b: &mut Vec<&'a str>)" LifetimeChanged "lifetime in its parameter 2";
    demanding (a: &str) => "(a: &'static str)" LifetimeChanged "lifetime in its parameter 1";
}

const SAFETY: &[Change] = &[
    ("safe", "fn safe()", "unsafe fn safe()", Code::SafetyChanged, "is unsafe now"),
    ("unsafe_", "unsafe fn unsafe_()", "fn unsafe_()", Code::SafetyChanged, "is safe now"),
    ("abi", "fn abi()", "extern \"C\" fn abi()", Code::SafetyChanged, "\"Rust\" became \"C\""),
    (
        "system",
        "extern \"C\" fn system()",
        "extern \"system\" fn system()",
        Code::SafetyChanged,
        "\"C\" became \"system\"",
    ),
];

mod safety {
    hot::import! { pub changing => {
        fn safe();
        unsafe fn unsafe_();
        fn abi();
        extern "C" fn system();
    } }
}

type Id = u32;
type Text<'a> = &'a str;

// What an alias stands for is in the manifest, but for lifetimes: those only the compiler's TypeIds
// tell, and they are refused while init runs, before the author's code does.
mod aliases {
    use super::{Id, Text};

    hot::import! { pub changing => {
        fn alias(id: u32);
        fn unalias(id: Id);
        fn own_alias(id: Id);
        fn hidden(text: &str) -> &str;
        fn hidden_twice(text: &str) -> Text<'_>;
        fn boxed(a: Box<u32>);
    } }
}

/// Name, first form, later form with what it needs, the code, and whether only TypeIds tell.
const ALIASES: &[(&str, &str, &str, &str, Code, bool)] = &[
    ("alias", "(id: u32)", "type A = i32;", "(id: A)", Code::TypeChanged, false),
    ("unalias", "(id: Id)", "", "(id: i32)", Code::TypeChanged, false),
    ("own_alias", "(id: Id)", "type Id = f32;", "(id: Id)", Code::TypeChanged, false),
    (
        "hidden",
        "(text: &str) -> &str",
        "type F<'a> = &'static str;",
        "(text: &str) -> F<'_>",
        Code::TypeChanged,
        true,
    ),
    (
        "hidden_twice",
        "(text: &str) -> Text<'_>",
        "type Text<'a> = &'static str;",
        "(text: &str) -> Text<'_>",
        Code::HiddenChange,
        true,
    ),
    ("boxed", "(a: Box<u32>)", "", "(a: std::num::NonZeroUsize)", Code::TypeChanged, false),
];

/// Takes a handle of everything that the host declares of `changing`.
fn hold_all() {
    hold_changes();
    let _ = (hot::get!(safety::changing::safe), hot::get!(safety::changing::unsafe_));
    let _ = (hot::get!(safety::changing::abi), hot::get!(safety::changing::system));
    let _ = (hot::get!(aliases::changing::alias), hot::get!(aliases::changing::unalias));
    let _ = (hot::get!(aliases::changing::own_alias), hot::get!(aliases::changing::hidden));
    let _ = (hot::get!(aliases::changing::hidden_twice), hot::get!(aliases::changing::boxed));
}

/// The source of a generation of `changing`; `changed` says of each function which form it has.
fn changing(version: u32, changed: impl Fn(&str) -> bool) -> String {
    let mut source = format!("#[hot::export] pub fn version() -> u32 {{ {version} }}\n");
    let body = "{ if true { todo!() } loop {} }";
    for (name, was, now, ..) in CHANGES {
        let form = if changed(name) { now } else { was };
        source += &format!("#[hot::export] pub fn {name}{form} {body}\n");
    }
    for (name, was, now, ..) in SAFETY {
        let form = if changed(name) { now } else { was };
        source += &format!("#[hot::export] pub {form} {{ }}\n");
    }
    source += "mod ids { pub type Id = u32; pub type Text<'a> = &'a str; } use ids::*;\n";
    for (name, was, needs, now, ..) in ALIASES {
        let (needs, form) = if changed(name) { (*needs, now) } else { ("", was) };
        source += &format!("{needs} #[hot::export] pub fn {name}{form} {body}\n");
    }
    source
}

/// Tries to load; everything must be as it was.
fn refuse(path: &Path) -> Error {
    let before = Snapshot::take(&HOST);
    let abandoned = HOST.status().unwrap().abandoned;
    let checked = HOST.check(path).expect_err("refused by its manifest");
    let error = HOST.load_library(path).expect_err("refused");
    assert_eq!(checked.to_string(), error.to_string());
    assert_eq!(Snapshot::take(&HOST), before, "{error}");
    assert_eq!(HOST.status().unwrap().abandoned, abandoned);
    assert_complete(&error, path);
    error
}

/// As [`refuse`], where the image has run its init and stays mapped.
fn refuse_late(path: &Path) -> Error {
    let before = Snapshot::take(&HOST).apart_from_images();
    let abandoned = HOST.status().unwrap().abandoned;
    HOST.check(path).expect("the manifests alone tell nothing");
    let error = HOST.load_library(path).expect_err("refused");
    assert_eq!(Snapshot::take(&HOST).apart_from_images(), before, "{error}");
    assert_eq!(HOST.status().unwrap().abandoned, abandoned + 1);
    assert_complete(&error, path);
    error
}

/// The reasons by the function that they are about.
fn by_function<'a>(error: &'a Error, bundle: &str) -> BTreeMap<&'a str, Vec<&'a hot::Reason>> {
    let mut reasons = BTreeMap::<_, Vec<_>>::new();
    for reason in error.reasons() {
        let path = reason.message.split('`').nth(1).unwrap();
        let name = path.strip_prefix(bundle).unwrap().strip_prefix("::").unwrap();
        reasons.entry(name).or_default().push(reason);
    }
    reasons
}

#[test]
fn every_change_is_refused_with_its_code_and_who_calls_it() {
    let _alone = alone();
    let fixture = Fixture::new("changing");
    HOST.load_library(fixture.build(&changing(1, |_| false))).unwrap();
    assert_eq!(changing::version(), 1);

    let caller = Fixture::new("calling-changing");
    let calls = "hot::import! { changing => {
            fn version() -> u32; fn same_size(a: u32) -> u32; fn wider(a: u32);
        } }
        #[hot::export] pub fn through() -> u32 {
            let _ = (hot::get!(changing::same_size), hot::get!(changing::wider));
            changing::version()
        }";
    let calling = HOST.load_library(caller.build(calls)).unwrap();
    hold_all();
    assert_eq!(hot::lookup!(HOST, "calling_changing::through", fn() -> u32).unwrap()(), 1);

    // All at once: every reason is listed, none hides another.
    let is_early = |name: &str| !ALIASES.iter().any(|(alias, .., late)| *alias == name && *late);
    let ran = fixture.folder().join("constructor-ran");
    let constructor = format!(
        "#[used] #[unsafe(link_section = \".init_array\")]
        static CONSTRUCTOR: extern \"C\" fn() = {{
            extern \"C\" fn run() {{ std::fs::write({ran:?}, \"\").unwrap(); }} run
        }};"
    );
    let all = fixture.build(&(changing(2, is_early) + &constructor));
    let error = refuse(&all);
    assert_eq!(changing::version(), 1);
    assert!(!ran.exists(), "the manifest told: no code of the library ran");
    let reasons = by_function(&error, "changing");
    let mut seen = 0;
    let aliases = ALIASES.iter().filter(|(.., late)| !late);
    let aliases = aliases.map(|(name, _, _, _, code, _)| (name, code, "parameter 1: `"));
    let changes = CHANGES.iter().chain(SAFETY);
    let changes = changes.map(|(name, _, _, code, message)| (name, code, *message));
    for (name, code, message) in changes.chain(aliases) {
        let reasons = reasons.get(name).unwrap_or_else(|| panic!("{name} was not refused"));
        assert!(reasons.iter().any(|reason| reason.message.contains(message)), "{reasons:?}");
        for reason in reasons {
            // A borrowed value that becomes an owned one has one lifetime less, too.
            let also = *name == "owned" && reason.code == Code::LifetimeChanged;
            assert!(reason.code == *code || also, "{reason}");
            // One name can stand for two types: then the message tells them apart.
            let one_name = *name == "own_alias";
            assert_eq!(fact(reason, "was") == fact(reason, "now"), one_name, "{reason}");
            let by = match *name {
                "same_size" | "wider" => "by the host, bundle `calling-changing` (generation 1)",
                _ => "by the host",
            };
            assert_eq!(fact(reason, "held"), by);
        }
        seen += 1;
    }
    assert_eq!((seen, reasons.len()), (30, 30), "{error}");

    // One alone is refused as well.
    let mut alone = 0;
    for name in ["same_size", "forever", "abi"] {
        let error = refuse(&fixture.build(&changing(2, |changed| changed == name)));
        assert_eq!(error.reasons().len(), 1, "{error}");
        alone += 1;
    }
    assert_eq!(alone, 3);

    // What only TypeIds tell.
    let error = refuse_late(&fixture.build(&changing(2, |name| !is_early(name))));
    let reasons = by_function(&error, "changing");
    let late = ALIASES.iter().filter(|(.., late)| *late);
    assert_eq!((reasons.len(), late.clone().count()), (2, 2), "{error}");
    for (name, _, _, _, code, _) in late {
        let [reason] = reasons[name][..] else { panic!("{error}") };
        assert_eq!(reason.code, *code, "{reason}");
        assert_eq!(fact(reason, "held"), "by the host");
    }
    assert_eq!(changing::version(), 1);

    // Nothing was changed: accepted, and the other bundle's calls follow.
    let report =
        HOST.load_library(fixture.build(&changing(3, |_| false))).unwrap().generation().unwrap();
    assert_eq!((report, changing::version()), (2, 3));
    drop(calling);
}

#[test]
fn spellings_that_mean_the_same_are_accepted() {
    hot::import! { respelled => {
        fn strings(a: String, b: Vec<String>) -> Option<&'static str>;
        fn elided(a: &str, b: &mut u8) -> u32;
        fn returned(a: &str) -> &str;
        fn id(id: u32) -> u32;
    } }
    let _alone = alone();
    let fixture = Fixture::new("respelled");
    let sources = [
        "#[hot::export] pub fn strings(a: String, b: Vec<String>) -> Option<&'static str> { None }
        #[hot::export] pub fn elided(a: &str, b: &mut u8) -> u32 { 1 }
        #[hot::export] pub fn returned(a: &str) -> &str { a }
        #[hot::export] pub fn id(id: u32) -> u32 { id }",
        "use std::option; type Name = std::string::String; type Number = u32;
        #[hot::export] pub fn strings(other: Name, _: std::vec::Vec<Name>) -> option::Option<&'static str> { None }
        #[hot::export] pub fn elided<'x, 'y>(a: &'x str, b: &'y mut u8) -> Number { 2 }
        #[hot::export] pub fn returned<'life>(a: &'life str) -> &'life str { a }
        #[hot::export] pub fn id(r#type: (Number)) -> u32 { r#type + 1 }",
        "mod inner { #[hot::export(name = \"id\")] pub fn elsewhere() {} }
        macro_rules! export { ($t:ty, $r:ty) => { #[hot::export] pub fn id(id: $t) -> $r { id + 2 } } } export!(u32, u32);
        #[hot::export] pub fn strings(a: String, b: Vec<String>) -> Option<&'static str> { None }
        #[hot::export] pub fn elided(a: &'_ str, b: &'_ mut u8) -> u32 { 3 }
        #[hot::export] pub fn returned(a: &'_ str) -> &'_ str { a }",
    ];
    let mut loaded = 0;
    for (number, source) in (0..).zip(sources) {
        HOST.load_library(fixture.build(source))
            .unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(respelled::elided("", &mut 0), number + 1);
        assert_eq!(respelled::id(5), 5 + number);
        assert_eq!(
            (respelled::returned("same"), respelled::strings("a".into(), vec![])),
            ("same", None)
        );
        loaded += 1;
    }
    assert_eq!(loaded, 3);
}

/// What a call panics with.
fn panics<R>(call: impl FnOnce() -> R) -> String {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(call)).err().expect("panics");
    *payload.downcast::<String>().expect("text")
}

#[test]
fn only_current_callers_count() {
    hot::import! { caller_one => { fn call() -> u32; } caller_two => { fn call() -> u32; } }
    let _alone = alone();
    let callee = Fixture::new("callee-of-bundles");
    let first = callee.build("#[hot::export] pub fn f(a: u32) -> u32 { a }");
    let second = callee.build("#[hot::export] pub fn f(a: u64) -> u64 { a + 1 }");
    HOST.load_library(&first).unwrap();
    let mut callers = Vec::new();
    for name in ["caller-one", "caller-two"] {
        let fixture = Fixture::new(name);
        let old = "hot::import! { callee_of_bundles => { fn f(a: u32) -> u32; } }
            #[hot::export] pub fn call() -> u32 { callee_of_bundles::f(1) }";
        callers.push((HOST.load_library(fixture.build(old)).unwrap(), fixture));
    }
    let held = |error: &Error| fact(&error.reasons()[0], "held").to_owned();
    assert_eq!((caller_one::call(), caller_two::call()), (1, 1));
    let error = refuse(&second);
    assert_eq!(codes(&error), [Code::TypeChanged; 2], "the parameter and the result");
    for reason in error.reasons() {
        assert_eq!(
            fact(reason, "held"),
            "by bundle `caller-one` (generation 1), bundle `caller-two` (generation 1)"
        );
    }
    // One is reloaded without the call, the other one unloaded: nobody is left.
    HOST.load_library(callers[0].1.build("#[hot::export] pub fn call() -> u32 { 7 }")).unwrap();
    assert_eq!(held(&refuse(&second)), "by bundle `caller-two` (generation 1)");
    callers[1].0.unload().unwrap();
    HOST.load_library(&second).unwrap();
    // Going back to a caller that was compiled against the old one is refused in its turn.
    let before = Snapshot::take(&HOST);
    let error = callers[0].0.rollback().unwrap_err();
    assert_eq!(error.code(), Code::TypeChanged);
    assert!(held(&error).contains("caller-one"), "{error}");
    assert_eq!(Snapshot::take(&HOST), before);
}

#[test]
fn a_new_bundle_that_expects_something_else() {
    let _alone = alone();
    let callee = Fixture::new("expected");
    HOST.load_library(callee.build(
        "pub type Id = u32;
        #[hot::export] pub fn f(a: u32) -> u32 { a }
        #[hot::export] pub fn g(a: Id) -> u32 { a }",
    ))
    .unwrap();
    let newcomer = Fixture::new("newcomer");
    let keeping = |import: &str, keeps: &str| {
        format!(
            "type Id = i32;
            hot::import! {{ expected => {{ {import} }} }}
            hot::import! {{ refusals_signature => {{ fn of_the_host(a: u8) -> u8; }} }}
            #[hot::export] pub fn call() {{ {keeps} }}"
        )
    };
    let source = |import: &str| keeping(import, "");
    let error = refuse(&newcomer.build(&source("fn f(a: f32) -> u32;")));
    assert_eq!(codes(&error), [Code::TypeChanged]);
    assert_eq!(fact(&error.reasons()[0], "held"), "by bundle `newcomer`, which is being loaded");
    let error = refuse(&newcomer.build(&source("fn f(a: u32, b: u32) -> u32;")));
    assert_eq!(codes(&error), [Code::TypeChanged]);
    let error = refuse(&newcomer.build(&source("fn g(a: Id) -> u32;")));
    assert_eq!(codes(&error), [Code::TypeChanged]);
    assert!(error.reasons()[0].message.ends_with("`i32` became `u32`"), "{error}");
    // What the host itself exports is compared as well.
    let wrong = source("").replace("u8", "i8");
    let error = refuse(&newcomer.build(&wrong));
    assert_eq!(codes(&error), [Code::TypeChanged; 2]);
    assert!(error.reasons()[0].message.contains("`refusals_signature::of_the_host`"), "{error}");
    // What nobody defines yet cannot be wrong.
    let keeps = "let _ = hot::get!(expected::later);";
    HOST.load_library(newcomer.build(&keeping("fn later(a: f32);", keeps))).unwrap();
    hot::lookup!(HOST, "newcomer::call", fn()).unwrap()();
    let error = refuse(&callee.build("#[hot::export] pub fn later(a: u32) {}"));
    assert_eq!(fact(&error.reasons()[0], "held"), "by bundle `newcomer` (generation 1)");
}

#[hot::export]
fn of_the_host(a: u8) -> u8 {
    a
}

#[test]
fn a_bundle_that_imports_from_itself_changes_both_sides_at_once() {
    hot::import! { own_caller => { fn through() -> String; } }
    let _alone = alone();
    let fixture = Fixture::new("own-caller");
    let source = |ty: &str| {
        format!(
            "mod imports {{ hot::import! {{ pub own_caller => {{ fn f(a: {ty}) -> String; }} }} }}
            #[hot::export] pub fn f(a: {ty}) -> String {{ format!(\"{{a}} {ty}\") }}
            #[hot::export] pub fn through() -> String {{ imports::own_caller::f(1 as {ty}) }}"
        )
    };
    HOST.load_library(fixture.build(&source("u32"))).unwrap();
    assert_eq!(own_caller::through(), "1 u32");
    HOST.load_library(fixture.build(&source("f32"))).unwrap();
    assert_eq!(own_caller::through(), "1 f32");
    let torn = source("u8").replace("pub fn f(a: u8)", "pub fn f(a: i8)");
    let error = refuse(&fixture.build(&torn));
    assert_eq!(codes(&error), [Code::TypeChanged]);
}

#[test]
fn an_export_that_is_gone() {
    hot::import! { shrinking => { fn stays() -> u32; fn goes() -> u32; } }
    let _alone = alone();
    let reports = std::sync::Arc::new(Mutex::new(Vec::new()));
    let listener = reports.clone();
    HOST.on_event(move |event| {
        if let hot::Event::Loaded(report) = event {
            listener.lock().unwrap().push(report.clone());
        }
    });
    let fixture = Fixture::new("shrinking");
    let stays = "#[hot::export] pub fn stays() -> u32 { 1 }";
    HOST.load_library(
        fixture.build(&format!("{stays} #[hot::export] pub fn goes() -> u32 {{ 2 }}")),
    )
    .unwrap();
    assert_eq!((shrinking::stays(), shrinking::goes()), (1, 2));
    let without = fixture.build(&format!("{stays} #[hot::export] pub fn comes() {{}}"));
    // Somebody calls it.
    assert_eq!(codes(&refuse(&without)), [Code::UsedRemoved]);
    let with = |comes: &str| {
        let goes = "#[hot::export] pub fn goes() -> u32 { 2 }";
        fixture.build(&format!("{stays} {goes} #[hot::export] pub fn {comes}() {{}}"))
    };
    HOST.load_library(with("unused")).unwrap();
    // Nobody calls the other one.
    HOST.load_library(with("comes")).unwrap();
    let report = reports.lock().unwrap().pop().unwrap();
    assert_eq!(report.removed, ["shrinking::unused"]);
    assert_eq!(report.added, ["shrinking::comes"]);
    assert_eq!(report.replaced, ["shrinking::goes", "shrinking::stays"]);
    assert_eq!(shrinking::stays(), 1);
    let gone = HOST.namespace().get("shrinking::unused").unwrap();
    assert_eq!((gone.is_defined(), gone.generation()), (false, None));
    // It is said that the other one may go.
    HOST.bundle("shrinking").unwrap().unload().unwrap();
    HOST.load_library(&without).unwrap();
    assert!(panics(shrinking::goes).contains("HOT0501: `shrinking::goes`"));

    // The host was linked with a version of its own, and goes on with that while nothing is loaded.
    let counter = Fixture::new("counter");
    assert_eq!(hot::get!(counter::change)(5), 6);
    let change = "#[hot::export] pub fn change(count: i64) -> i64 { count + 10 }";
    let bundle = HOST.load_library(counter.build(change)).unwrap();
    assert_eq!(hot::get!(counter::change)(5), 15);
    let other = counter.build("#[hot::export] pub fn other() {}");
    assert_eq!(codes(&refuse(&other)), [Code::UsedRemoved]);
    assert_eq!(hot::get!(counter::change)(5), 15);
    bundle.unload().unwrap();
    assert_eq!(hot::get!(counter::change)(5), 6);
    assert_eq!(HOST.namespace().get("counter::change").unwrap().generation(), Some(0));
    let wrong = counter.build("#[hot::export] pub fn change(count: u64) -> u64 { count }");
    assert_eq!(codes(&refuse(&wrong)), [Code::TypeChanged; 2]);
    assert_eq!(hot::get!(counter::change)(5), 6);
}
