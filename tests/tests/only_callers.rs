//! Only who calls a definition, or has a handle of it, holds the form that it was compiled with. What
//! nobody has called is closed by a reload that it does not fit, and says so.

use std::{
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Error, Host, Status};
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    refusal::{codes, fact},
};

/// The process's host, one test at a time.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static LOCK: Mutex<()> = Mutex::new(());
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

fn panic_of<T>(body: impl FnOnce() -> T) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err().expect("a panic");
    *payload.downcast::<String>().unwrap()
}

fn refused(host: &Host, library: &PathBuf) -> Error {
    host.load_library(library).map(drop).expect_err("it must be refused")
}

fn closed(status: &Status, crate_name: &str) -> Vec<String> {
    let of_crate = |path: &&String| path.split("::").next() == Some(crate_name);
    status.closed.iter().map(|closed| &closed.path).filter(of_crate).cloned().collect()
}

hot::import! {
    oc_forms => { fn tick() -> u32; fn save(number: u32) -> u32; static LEVEL: u32; }
    oc_held => { fn by_handle(n: u32) -> u32; fn by_pointer(n: u32) -> u32; fn tried(n: u32) -> u32; }
    oc_gone => { fn tick() -> u32; fn save(number: u32) -> u32; fn load() -> u32; }
    oc_view => { fn show() -> u32; fn other() -> u32; }
    oc_race => { fn save() -> u32; fn load() -> u32; }
}

/// What `tick` gives, and the types of the others.
fn forms(number: u32, save: &str, level: &str) -> PathBuf {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| Fixture::new("oc_forms"));
    FIXTURE.build(&format!(
        "#[hot::export] pub fn tick() -> u32 {{ {number} }}
         #[hot::export] pub fn save(number: {save}) -> {save} {{ number + {number} }}
         #[hot::export] pub static LEVEL: {level} = {number};"
    ))
}

#[test]
fn what_nobody_calls_is_closed_named_and_opened_again() {
    let (_alone, host) = alone();
    let bundle = host.load_library(forms(1, "u32", "u32")).unwrap();
    assert_eq!(oc_forms::tick(), 1);
    // To look is not to use.
    assert!(hot::try_get!(oc_forms::save).is_ok());
    assert!(oc_forms::LEVEL.is_defined());

    host.load_library(forms(2, "u64", "u32")).unwrap();
    assert_eq!(oc_forms::tick(), 2);
    let report = bundle.report().unwrap();
    assert_eq!(report.closed, ["oc_forms::save"]);
    assert!(report.to_string().contains("; closed for callers that do not fit: save"), "{report}");
    assert!(report.to_json().contains(r#""closed":["oc_forms::save"]"#), "{}", report.to_json());
    let status = host.status().unwrap();
    assert_eq!(closed(&status, "oc_forms"), ["oc_forms::save"]);
    let why = "the host was compiled with an older signature of it, `fn(u32) -> u32`: restart it to use \
               `oc_forms::save`";
    assert!(status.to_string().contains(&format!("  oc_forms::save  {why}\n")), "{status}");

    let text = format!("HOT0507: {why}");
    assert_eq!(panic_of(|| oc_forms::save(1)), text);
    assert_eq!(panic_of(|| hot::get!(oc_forms::save)(1)), text);
    let error = hot::try_get!(oc_forms::save).err().unwrap();
    assert_eq!(
        (error.to_string(), error.path(), error.closed()),
        (text, "oc_forms::save", Some(why))
    );
    assert_eq!(Error::from(error).code(), Code::Closed);

    // Who was told does not hold: the next form is one that it never had either.
    host.load_library(forms(3, "i64", "u32")).unwrap();
    assert_eq!(bundle.report().unwrap().closed, Vec::<String>::new(), "it was closed before");
    assert_eq!(closed(&host.status().unwrap(), "oc_forms"), ["oc_forms::save"]);

    // A version that fits opens it.
    host.load_library(forms(4, "u32", "u32")).unwrap();
    assert_eq!(closed(&host.status().unwrap(), "oc_forms"), Vec::<String>::new());
    assert_eq!((hot::try_get!(oc_forms::save).unwrap())(1), 5);

    // From now on it is used: so is the var, once it is read.
    assert_eq!(codes(&refused(&host, &forms(5, "u64", "u32"))), [Code::TypeChanged; 2]);
    assert_eq!((oc_forms::tick(), oc_forms::save(1), *oc_forms::LEVEL), (4, 5, 1));
}

#[test]
fn a_rollback_opens_what_was_closed() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("oc_back");
    hot::import! { oc_back => { fn save(number: u32) -> u32; } }
    let [first, second] = ["u32", "u64"].map(|ty| {
        fixture.build(&format!("#[hot::export] pub fn save(number: {ty}) -> {ty} {{ number }}"))
    });
    // At a first load, too.
    let bundle = host.load_library(&second).unwrap();
    assert_eq!(bundle.report().unwrap().closed, ["oc_back::save"]);
    bundle.unload().unwrap();
    assert_eq!(closed(&host.status().unwrap(), "oc_back"), Vec::<String>::new());
    assert!(panic_of(|| oc_back::save(1)).starts_with("HOT0501"));
    host.load_library(&first).unwrap();
    host.load_library(&second).unwrap();
    assert!(panic_of(|| oc_back::save(1)).starts_with("HOT0507"));
    bundle.rollback().unwrap();
    assert_eq!(oc_back::save(7), 7);
}

#[test]
fn handles_pointers_and_lookups_hold_what_is_not_called_yet() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("oc_held");
    let version = |changed: &str| {
        let of = |name: &str| if name == changed { "u64" } else { "u32" };
        let function = |name: &str| {
            let ty = of(name);
            format!("#[hot::export] pub fn {name}(n: {ty}) -> {ty} {{ n }}\n")
        };
        let functions = ["by_handle", "by_pointer", "tried", "found", "called"].map(function);
        fixture.build(&functions.concat())
    };
    host.load_library(version("")).unwrap();
    let tried = hot::try_get!(oc_held::tried).unwrap();
    host.load_library(version("tried")).unwrap();
    assert!(panic_of(|| tried(1)).starts_with("HOT0507"), "to look is not to use");
    host.load_library(version("")).unwrap();

    let handle = hot::get!(oc_held::by_handle);
    let pointer: fn(u32) -> u32 = hot::fn_ptr!(oc_held::by_pointer);
    let found = hot::lookup!(host, "oc_held::found", fn(u32) -> u32).unwrap();
    for name in ["by_handle", "by_pointer", "found"] {
        let error = refused(&host, &version(name));
        assert_eq!(codes(&error), [Code::TypeChanged, Code::TypeChanged], "{name}: {error}");
        assert_eq!(fact(&error.reasons()[0], "held"), "by the host");
    }
    assert_eq!((handle(1), pointer(2), found(3), tried(4)), (1, 2, 3, 4));
    // Each call through such a handle is one like any other.
    assert_eq!(codes(&refused(&host, &version("tried"))).len(), 2);
}

#[test]
fn a_used_export_that_goes_is_refused_with_the_name_that_it_may_have_now() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("oc_gone");
    let tick = "#[hot::export] pub fn tick() -> u32 { 1 }";
    let version = |rest: &str| fixture.build(&format!("{tick} {rest}"));
    let save =
        |name: &str| format!("#[hot::export] pub fn {name}(number: u32) -> u32 {{ number }}");
    let load = "#[hot::export] pub fn load() -> u32 { 9 }";
    let bundle = host.load_library(version(&format!("{} {load}", save("save")))).unwrap();
    assert_eq!((oc_gone::tick(), oc_gone::save(2)), (1, 2));

    for (new, like) in [
        (save("saved"), Some("`oc_gone::saved`, which is new")),
        // Another name, and the signature.
        (save("write_to_disk"), Some("`oc_gone::write_to_disk`, which is new")),
        (String::new(), None),
    ] {
        let error = refused(&host, &version(&format!("{new} {load}")));
        assert_eq!(codes(&error), [Code::UsedRemoved], "{error}");
        let reason = &error.reasons()[0];
        assert_eq!(fact(reason, "held"), "by the host");
        assert_eq!(like, like.map(|_| fact(reason, "like")));
        assert!(error.to_string().contains("`oc_gone::save` is called"), "{error}");
        assert_eq!(oc_gone::save(3), 3);
    }

    // Nobody calls `load`.
    host.load_library(version(&save("save"))).unwrap();
    assert_eq!(bundle.report().unwrap().removed, ["oc_gone::load"]);
    assert!(panic_of(oc_gone::load).starts_with("HOT0501"));

    // It is said that it may go.
    let without = version(&save("saved"));
    bundle.unload().unwrap();
    host.load_library(&without).unwrap();
    assert!(panic_of(|| oc_gone::save(1)).starts_with("HOT0501: `oc_gone::save` is not defined"));
    assert_eq!(oc_gone::tick(), 1);
}

#[test]
fn what_another_bundle_imports_counts_once_it_is_called() {
    let (_alone, host) = alone();
    let rules = Fixture::new("oc_rules");
    let version = |ty: &str| {
        rules.build(&format!(
            "#[hot::export] pub fn first() -> {ty} {{ 1 }} #[hot::export] pub fn second() -> {ty} {{ 2 }}"
        ))
    };
    let [narrow, wide] = ["u32", "u64"].map(version);
    host.load_library(&narrow).unwrap();
    let view = |ty: &str| {
        Fixture::new("oc_view").build(&format!(
            "hot::import! {{ oc_rules => {{ fn first() -> {ty}; fn second() -> {ty}; }} }}
             #[hot::export] pub fn show() -> u32 {{ oc_rules::first() as u32 }}
             #[hot::export] pub fn other() -> u32 {{ oc_rules::second() as u32 }}"
        ))
    };
    host.load_library(view("u32")).unwrap();
    // Nothing of `oc_rules` was called by anybody.
    let rules = host.load_library(&wide).unwrap();
    assert_eq!(rules.report().unwrap().closed, ["oc_rules::first", "oc_rules::second"]);
    let why = "bundle `oc_view` (generation 1) was compiled with an older signature of it, `fn() -> u32`: \
               build and reload it to use `oc_rules::second`";
    assert!(panic_of(oc_view::other).contains(&format!("HOT0507: {why}")));
    assert!(host.status().unwrap().to_string().contains(why));
    // A bundle that is built anew is another image: what it imports fits.
    host.load_library(view("u64")).unwrap();
    assert_eq!(closed(&host.status().unwrap(), "oc_rules"), Vec::<String>::new());
    assert_eq!((oc_view::show(), oc_view::other()), (1, 2));
    let error = refused(&host, &narrow);
    assert_eq!(codes(&error), [Code::TypeChanged; 2], "{error}");
    assert_eq!(fact(&error.reasons()[0], "held"), "by bundle `oc_view` (generation 2)");
}

/// What the next init calls, which nobody has called.
static FIRST_CALL: Mutex<Option<fn() -> u32>> = Mutex::new(None);

#[hot::export]
fn starting() {
    let call = FIRST_CALL.lock().unwrap().take();
    if let Some(call) = call {
        assert_eq!(call(), 1, "the version before is live");
    }
}

/// The check has passed, and the new image's init runs: it makes the first call.
#[test]
fn a_first_call_between_the_check_and_the_publishing_refuses() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("oc_race");
    let version = |exports: &str| {
        fixture.build_root(&format!(
            "hot::bundle!(init = start);
             hot::import! {{ only_callers => {{ fn starting(); }} }}
             fn start() {{ only_callers::starting(); }}
             {exports}"
        ))
    };
    let export = |name: &str, ty: &str| format!("#[hot::export] pub fn {name}() -> {ty} {{ 1 }}\n");
    let (save, load) = (export("save", "u32"), export("load", "u32"));
    let bundle = host.load_library(version(&format!("{save}{load}"))).unwrap();
    let first_call = |call: fn() -> u32, next: &PathBuf| {
        let before = host.status().unwrap().abandoned;
        *FIRST_CALL.lock().unwrap() = Some(call);
        let error = refused(&host, next);
        assert!(FIRST_CALL.lock().unwrap().is_none(), "it was called");
        assert_eq!(fact(&error.reasons()[0], "held"), "by the host");
        assert_eq!(host.status().unwrap().abandoned, before + 1, "its init has run");
        assert_eq!((bundle.generation().unwrap(), call()), (1, 1), "nothing has changed");
        // Refused from now on before anything of it runs.
        assert_eq!(codes(&refused(&host, next)), codes(&error));
        assert_eq!(host.status().unwrap().abandoned, before + 1);
        codes(&error)
    };
    let changed = version(&format!("{}{load}", export("save", "u64")));
    assert_eq!(first_call(oc_race::save, &changed), [Code::TypeChanged]);
    assert_eq!(first_call(oc_race::load, &version(&save)), [Code::UsedRemoved]);
}
