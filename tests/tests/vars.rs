//! Exported statics and `hot::State`: the host owns them, reloads keep them.

use std::{
    panic,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use hot::{Code, Host};
use tests::Fixture;
use tests::LoadLibrary as _;

fn host() -> Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    HOST.clone()
}

/// Of what moves values, and of what loads while it is inside itself: each would wait for the other.
static NOBODY_IS_INSIDE: Mutex<()> = Mutex::new(());

hot::import! {
    var_kept => {
        static COUNT: AtomicU32;
        fn bump() -> u32;
    }
    var_layout => {
        fn get() -> u32;
    }
    var_state => {
        fn enter(name: &str) -> usize;
        fn names() -> String;
    }
    var_lazy => { fn maker() -> u32; }
    var_user => {
        static COUNT: AtomicU32;
        fn other() -> u32;
    }
    var_back => { fn score(before: &dyn Fn()) -> String; }
    var_gone => { static GONE: AtomicU32; }
    var_alias => {
        static BOOK: hot::State<Vec<String>>;
        fn own() -> u32;
    }
}

const COUNTER: &str = "use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    #[hot::export] pub static COUNT: AtomicU32 = AtomicU32::new(START);
    #[hot::export] pub fn bump() -> u32 { COUNT.fetch_add(STEP, Relaxed) + STEP }";

#[test]
fn a_var_keeps_its_value_and_is_one_for_host_and_bundle() {
    let fixture = Fixture::new("var_kept");
    let version = |start: &str, step: &str| {
        fixture.build(&COUNTER.replace("START", start).replace("STEP", step))
    };
    let (v1, v2, v3) = (version("5", "1"), version("5", "10"), version("99", "10"));
    let bundle = host().load_library(&v1).unwrap();
    assert_eq!(hot::get!(var_kept::bump)(), 6);
    var_kept::COUNT.store(20, Relaxed);
    let reference: &AtomicU32 = &var_kept::COUNT;
    assert_eq!(hot::get!(var_kept::bump)(), 21);
    host().load_library(&v2).unwrap();
    assert_eq!(hot::get!(var_kept::bump)(), 31);
    assert_eq!(reference.load(Relaxed), 31, "a reference from before");

    let report = host().load_library(&v3).map(|bundle| bundle.reload().unwrap()).unwrap();
    assert_eq!(report.not_applied, ["var_kept::COUNT"], "only the first value was edited");
    assert_eq!(hot::get!(var_kept::COUNT).load(Relaxed), 31);
    bundle.rollback().unwrap();
    assert_eq!(hot::get!(var_kept::bump)(), 41);
}

#[test]
fn another_layout_is_refused_while_the_value_lives() {
    let fixture = Fixture::new("var_layout");
    let version = |ty: &str, get: &str| {
        fixture.build(&format!(
            "use std::sync::atomic::*;
             #[hot::export] pub static VALUE: {ty} = {ty}::new(7);
             #[hot::export] pub fn get() -> u32 {{ {get} }}"
        ))
    };
    let v1 = version("AtomicU32", "VALUE.load(Ordering::Relaxed)");
    let v2 = version("AtomicU64", "VALUE.load(Ordering::Relaxed) as u32");
    // The same size: only the name, and the TypeId, tell.
    let v3 = version("AtomicI32", "VALUE.load(Ordering::Relaxed) as u32 + 1");
    let bundle = host().load_library(&v1).unwrap();
    for other in [&v2, &v3] {
        let error = host().load_library(other).unwrap_err();
        assert_eq!(error.code(), Code::VarLayout, "{error}");
        assert!(error.to_string().contains("the value of the var `var_layout::VALUE`"), "{error}");
        assert_eq!(hot::get!(var_layout::get)(), 7);
    }
    // Once nothing defines the name, nothing holds the old value.
    bundle.unload().unwrap();
    host().load_library(&v3).unwrap();
    assert_eq!(hot::get!(var_layout::get)(), 8);
}

#[test]
fn a_value_that_everybody_could_write_is_none_of_a_type_with_private_fields() {
    let fixture = Fixture::new("var_private");
    let source = |public: &str, reset: &str| {
        format!(
            "#[hot::versioned] pub struct Part {{ {public} at: usize, list: Vec<u8> }}
             #[hot::export] {reset}
             pub static PART: hot::State<Part> =
                 hot::State::new(|| Part {{ at: 0, list: vec![7] }});
             #[hot::export] pub fn set(at: usize) {{ PART.write().at = at }}
             #[hot::export] pub fn at() -> usize {{ PART.read().at }}"
        )
    };
    let reset = "#[hot(reset)]";
    let (private, public) = (source("", ""), source("pub", ""));
    let libraries = [private, public, source("pub(crate)", ""), source("", reset)];
    let [private, public, restricted, reset] = libraries.map(|source| fixture.build(&source));
    host().load_library(&private).unwrap();
    let at = hot::lookup!(host(), "var_private::at", fn() -> usize).unwrap();
    hot::lookup!(host(), "var_private::set", fn(usize)).unwrap()(3);
    host().load_library(&public).expect("a field that becomes public breaks no promise");
    assert_eq!(at(), 3);
    for hidden in [&private, &restricted] {
        let error = host().load_library(hidden).unwrap_err();
        assert_eq!(error.code(), Code::StateLayout);
        let text = error.to_string();
        let message = "HOT0403: a state's value would mean something else: \
                       the field `Part.at` was public and is private";
        assert!(text.contains(message), "{text}");
        assert!(text.contains("or write `#[hot(reset)]` on it"), "{text}");
        assert_eq!(at(), 3);
    }
    let _nobody_is_inside = NOBODY_IS_INSIDE.lock().unwrap_or_else(PoisonError::into_inner);
    let report = host().load_library(&reset).unwrap().report().unwrap();
    assert_eq!((at(), &report.reset[..]), (0, &["var_private::PART".to_owned()][..]));
}

#[test]
fn an_opaque_field_is_told_by_its_type_and_listed() {
    let fixture = Fixture::new("var_opaque");
    let source = |one: &str, other: &str| {
        format!(
            "pub mod a {{ #[derive(Default)] pub struct Foreign(u32); }}
             pub mod b {{ #[derive(Default)] pub struct Foreign(f32); }}
             mod one {{
                 use super::{one}::Foreign;
                 #[hot::versioned] #[derive(Default)]
                 pub struct Held {{ #[hot(unsafe(opaque))] it: Foreign, pub more: Vec<super::other::Either<'static>> }}
             }}
             mod other {{
                 use super::{other}::Foreign;
                 #[hot::versioned]
                 pub enum Either<'a> {{
                     Many(#[hot(unsafe(opaque(Foreign)))] Vec<Foreign>, &'a str),
                     Nothing,
                 }}
             }}
             #[hot::export] pub static HELD: hot::State<one::Held> = hot::State::new(Default::default);
             #[hot::export] pub fn count() -> usize {{ HELD.read().more.len() }}
             // {one} {other}"
        )
    };
    let sources = [("a", "a"), ("b", "a"), ("a", "b")].map(|(one, other)| source(one, other));
    let [first, field, variant] = sources.map(|source| fixture.build(&source));
    let bundle = host().load_library(&first).unwrap();
    assert_eq!(bundle.report().unwrap().untracked, ["Either::Many.0", "Held.it"]);
    bundle.reload().expect("the same types");
    for (library, path) in [(field, "`Held.it`"), (variant, "`Held.more[]::Many.0`")] {
        let error = host().load_library(&library).unwrap_err();
        assert_eq!(error.code(), Code::StateLayout);
        let text = error.to_string();
        assert!(text.contains(&format!("{path} is opaque, and has another type")), "{text}");
        assert_eq!(hot::lookup!(host(), "var_opaque::count", fn() -> usize).unwrap()(), 0);
    }
}

#[test]
fn a_state_survives_while_its_code_changes() {
    let fixture = Fixture::new("var_state");
    let version = |separator: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Default)] pub struct Lobby {{ pub guests: Vec<String> }}
             #[hot::export] pub static LOBBY: hot::State<Lobby> = hot::State::new(Lobby::default);
             #[hot::export] pub fn enter(name: &str) -> usize {{
                 let mut lobby = LOBBY.write();
                 if name == \"boom\" {{ panic!(\"while it is locked\") }}
                 lobby.guests.push(name.to_owned());
                 lobby.guests.len()
             }}
             #[hot::export] pub fn names() -> String {{ LOBBY.read().guests.join({separator:?}) }}"
        ))
    };
    let (v1, v2) = (version(" "), version(" & "));
    host().load_library(&v1).unwrap();
    assert_eq!(hot::get!(var_state::enter)("Ann"), 1);
    assert!(panic::catch_unwind(|| hot::get!(var_state::enter)("boom")).is_err());
    host().load_library(&v2).unwrap();
    assert_eq!(hot::get!(var_state::enter)("Bob"), 2);
    assert_eq!(hot::get!(var_state::names)(), "Ann & Bob");
    // Memory of the first generation is freed by the second.
    for number in 0..1000 {
        hot::get!(var_state::enter)(&number.to_string());
    }
    assert_eq!(hot::get!(var_state::names)().matches('&').count(), 1001);
}

/// The fixture's copy of hotreload has other features than the host's.
#[test]
fn a_state_is_one_by_its_type_not_by_its_spelling() {
    let fixture = Fixture::new("var_alias");
    let version = |first: &str, item: &str| {
        fixture.build(&format!(
            "pub type Book = hot::State<Vec<{item}>>;
             #[hot::export] pub static BOOK: Book = Book::new(|| vec![{first}]);
             #[hot::versioned] pub struct State {{ pub value: u32 }}
             #[hot::export] pub static OWN: State = State {{ value: 7 }};
             #[hot::export] pub fn own() -> u32 {{ OWN.value }}"
        ))
    };
    let v1 = version("\"Ann\".to_owned()", "String");
    let v2 = version("\"Bob\".to_owned()", "String");
    let v3 = version("\"Ann\".as_bytes().to_vec()", "Vec<u8>");
    host().load_library(&v1).unwrap();
    assert_eq!(hot::get!(var_alias::own)(), 7);
    host().load_library(&v2).unwrap();
    // Made when the first one was loaded: nobody has read it till now.
    var_alias::BOOK.write().push("Cid".to_owned());
    assert_eq!(*var_alias::BOOK.read(), ["Ann", "Cid"]);
    let error = host().load_library(&v3).unwrap_err();
    assert!(error.reasons().iter().any(|reason| reason.code == Code::NeedsConversion), "{error}");
    assert_eq!(*var_alias::BOOK.read(), ["Ann", "Cid"]);
}

/// The old one stays where it is, for code of its generation that still runs.
#[test]
fn a_removed_state_comes_back_with_another_type() {
    let fixture = Fixture::new("var_back");
    let state = |ty: &str, first: u32| {
        fixture.build(&format!(
            "#[hot::export] pub static SCORE: hot::State<{ty}> = hot::State::new(|| {first});
             #[hot::export] pub fn score(before: &dyn Fn()) -> String {{
                 before();
                 format!(\"{ty} {{}}\", *SCORE.read())
             }}"
        ))
    };
    let (v1, v3) = (state("u32", 1), state("u64", 2));
    let without = "#[hot::export] pub fn score(_: &dyn Fn()) -> String { String::new() }";
    let v2 = fixture.build(without);
    host().load_library(&v1).unwrap();
    let nobody_is_inside = NOBODY_IS_INSIDE.lock().unwrap_or_else(PoisonError::into_inner);
    let frozen = hot::get!(var_back::score)(&|| {
        host().load_library(&v2).unwrap();
        host().load_library(&v3).unwrap();
    });
    drop(nobody_is_inside);
    assert_eq!(frozen, "u32 1");
    assert_eq!(hot::get!(var_back::score)(&|| {}), "u64 2");
    let error = host().load_library(&v1).unwrap_err();
    assert_eq!(error.code(), Code::NeedsConversion, "there is a value again: {error}");
}

#[test]
fn a_lazy_var_is_made_by_the_generation_that_brings_it() {
    let fixture = Fixture::new("var_lazy");
    let source = |maker: u32| {
        format!(
            "use std::sync::LazyLock;
             #[hot::export] pub static LAZY: LazyLock<u32> = LazyLock::new(|| {maker});
             #[hot::export] pub fn maker() -> u32 {{ **LAZY }}"
        )
    };
    let (v1, v2) = (fixture.build(&source(1)), fixture.build(&source(2)));
    let panics = fixture.build(
        "#[hot::export] pub static BAD: hot::State<u32> = hot::State::new(|| panic!(\"no value\"));",
    );
    let error = host().load_library(&panics).unwrap_err();
    assert_eq!(error.code(), Code::VarInitialiser, "{error}");
    assert!(error.to_string().contains("no value"), "{error}");
    host().load_library(&v1).unwrap();
    host().load_library(&v2).unwrap();
    assert_eq!(hot::get!(var_lazy::maker)(), 1, "made when the first generation was loaded");
}

#[test]
fn other_bundles_reach_a_var_in_any_load_order() {
    let user = Fixture::new("var_user_reader");
    let reader = user.build(
        "use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
         hot::import! { var_user => { static COUNT: AtomicU32; } }
         #[hot::export] pub fn read() -> u32 {
             if var_user::COUNT.is_defined() { var_user::COUNT.load(Relaxed) } else { 0 }
         }",
    );
    hot::import! { var_user_reader => { fn read() -> u32; } }
    let owner = Fixture::new("var_user").build(
        "use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
         #[hot::export] pub static COUNT: AtomicU32 = AtomicU32::new(3);
         #[hot::export] pub fn other() -> u32 { COUNT.load(Relaxed) }",
    );
    host().load_library(&reader).unwrap();
    assert_eq!(hot::get!(var_user_reader::read)(), 0, "not there yet");
    host().load_library(&owner).unwrap();
    assert_eq!(hot::get!(var_user_reader::read)(), 3);
    var_user::COUNT.store(9, Relaxed);
    assert_eq!((hot::get!(var_user_reader::read)(), hot::get!(var_user::other)()), (9, 9));
}

#[test]
fn an_undefined_var_panics_with_its_code() {
    assert!(!var_gone::GONE.is_defined());
    let payload = panic::catch_unwind(|| var_gone::GONE.load(Relaxed)).unwrap_err();
    assert!(payload.downcast_ref::<String>().unwrap().starts_with("HOT0501: `var_gone::GONE`"));
}

/// The host's own.
#[hot::export]
static OWN: hot::State<Vec<u32>> = hot::State::new(|| vec![1, 2]);

#[test]
fn a_var_of_the_host_is_the_baseline() {
    OWN.write().push(3);
    host();
    assert_eq!(*OWN.read(), [1, 2, 3], "from before the host was started, or after");
    let status = host().status().unwrap();
    let own = status.definitions.iter().find(|it| it.path == "vars::OWN").unwrap();
    assert_eq!((own.kind, own.generation), (hot::Kind::Var, Some(0)));
    assert_eq!(own.signature.as_deref(), Some("State<Vec<u32>>"));
}

/// As in any static, an elided lifetime is `'static`.
#[hot::export]
static TEXTS: (&str, &[&str]) = ("a", &["b"]);

#[test]
fn a_var_may_hold_references() {
    let var: &'static hot::Var<(&'static str, &'static [&'static str])> = hot::get!(TEXTS);
    assert_eq!((var.0, var.1), ("a", &["b"][..]));
}
