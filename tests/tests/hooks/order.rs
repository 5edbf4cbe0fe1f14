//! When they run, and what they find.

use std::path::PathBuf;

use tests::{Fixture, LoadLibrary as _};

use crate::{SAYS, alone, hooks_state, said, source};

#[test]
fn they_run_at_each_change_of_what_is_live() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("hooks_order");
    // The newest definitions are live already, and the code is each generation's own.
    let more = "
        mod within {
            #[hot::on_load] fn start() { super::say(\"within\") }
            pub fn after() { super::say(\"after\") }
        }
        #[hot::on_unload] fn first() { say(&format!(\"first {}\", version())) }
        #[hot::on_unload] fn second() { say(\"second\") }
        #[hot::on_load] fn third() { say(&format!(\"third {}\", version())) }
        #[hot::on_load] fn fourth() -> Result<(), std::num::ParseIntError> { say(\"fourth\"); Ok(()) }
        #[cfg(any())] #[hot::on_load] fn never() { nothing }";
    let version = |version: &str| {
        fixture
            .build_root(&format!("hot::bundle!(after = within::after);\n{}", source(version, more)))
    };
    let (one, two) = (version("1"), version("2"));
    let starts = |version: &str| {
        let all = [&format!("third {version}"), "fourth", "after", "within"].map(str::to_owned);
        all.map(|what| format!("hooks_order {version} {what}"))
    };
    let stops = |version: &str, new: &str| {
        [format!("hooks_order {version} first {new}"), format!("hooks_order {version} second")]
    };
    let bundle = host.load_library(&one).unwrap();
    assert_eq!(said(), starts("1"));
    host.load_library(&two).unwrap();
    assert_eq!(said(), [&stops("1", "2")[..], &starts("2")].concat());
    bundle.reload().unwrap();
    assert_eq!(said(), [&stops("2", "2")[..], &starts("2")].concat());
    let report = bundle.rollback_to(1).unwrap();
    assert_eq!((report.generation, &*report.failed_hooks), (4, &[][..]));
    assert_eq!(said(), [&stops("2", "1")[..], &starts("1")].concat());
    // What is refused runs nothing.
    let refused = fixture.build_root(
        "hot::bundle!(init = refuse); fn refuse() -> Result<(), &'static str> { Err(\"no\") }",
    );
    host.load_library(&refused).unwrap_err();
    assert_eq!(said(), [""; 0]);
    bundle.unload().unwrap();
    // It calls what it was linked with.
    assert_eq!(said(), stops("1", "1"));
}

#[test]
fn who_imports_comes_later_and_goes_earlier() {
    let (_alone, host) = alone();
    // By their names the other way round.
    let user = |version: &str| {
        let more = "hot::import! { hooks_base => { fn version() -> String; } }
                    #[hot::export] pub fn base() -> String { hooks_base::version() }";
        let own = "hot::bundle!();".to_owned()
            + &source(version, more).replace("pub fn version", "pub fn own");
        Fixture::new("hooks_a_user").build_root(&(own + SAYS))
    };
    let base = |version: &str| Fixture::new("hooks_base").build(&(source(version, "") + SAYS));
    let commit = |a: &PathBuf, b: &PathBuf| {
        host.transaction().load_library(a).load_library(b).commit().unwrap();
        said()
    };
    let (users, bases) = ([user("1"), user("2")], [base("1"), base("2")]);
    assert_eq!(commit(&users[0], &bases[0]), ["hooks_base 1 start", "hooks_a_user 1 start"]);
    let reloaded =
        ["hooks_a_user 1 stop", "hooks_base 1 stop", "hooks_base 2 start", "hooks_a_user 2 start"];
    assert_eq!(commit(&bases[1], &users[1]), reloaded);
    let [user, base] = ["hooks_a_user", "hooks_base"].map(|name| host.bundle(name).unwrap());
    host.transaction().rollback(&base).rollback(&user).commit().unwrap();
    let back =
        ["hooks_a_user 2 stop", "hooks_base 2 stop", "hooks_base 1 start", "hooks_a_user 1 start"];
    assert_eq!(said(), back);
    user.unload().unwrap();
    base.unload().unwrap();
    assert_eq!(said(), ["hooks_a_user 1 stop", "hooks_base 1 stop"]);
}

/// A value that moves is there for the new code; the old code gets an error, which is told.
#[test]
fn they_find_states_as_callers_do() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("hooks_state");
    let version = |version: &str, ty: &str| {
        let more = format!(
            "#[hot::export] pub static SEEN: hot::State<Vec<String>> = hot::State::new(Vec::new);
             #[hot::export] pub static SIZE: hot::State<{ty}> = hot::State::new(|| 1);
             #[hot::on_load] fn start() {{ *SIZE.write() += 1; SEEN.write().push(format!(\"{version} {{}}\", *SIZE.read())) }}
             #[hot::on_unload] fn stop() {{ SEEN.write().push(\"{version} stop\".to_owned()); drop(SIZE.read()) }}
             #[hot::export] pub fn values() -> Vec<String> {{ SEEN.read().clone() }}"
        );
        fixture.build(&source(version, &more))
    };
    let bundle = host.load_library(version("1", "u8")).unwrap();
    let report = host.load_library(version("2", "u16")).unwrap().report().unwrap();
    assert_eq!(hooks_state::values(), ["1 2", "1 stop", "2 3"]);
    let failed = &report.failed_hooks[0];
    assert!(failed.panicked && failed.error.starts_with("HOT0405"), "{failed}");
    assert_eq!(report.failed_hooks.len(), 1, "{report}");
    bundle.unload().unwrap();
}
