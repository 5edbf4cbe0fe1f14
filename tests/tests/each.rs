//! `hot::each!`: what it finds as bundles come and go, and what it holds.

use std::{
    panic,
    path::PathBuf,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use hot::{Code, Each, Host};
use tests::{Fixture, LoadLibrary as _, Stop, wait_until};

/// The tests share a host, and names of bundles.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static ONE: Mutex<()> = Mutex::new(());
    (ONE.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

type Hit = dyn Fn(&mut u32) -> Option<()> + Send + Sync;

fn hits(host: &Host) -> Each<Hit> {
    hot::each!(host, "*::plugin::on_hit", fn(&mut u32)).unwrap()
}

/// What those that are there do, and the codes of those that do not fit.
fn all(each: &Each<Hit>) -> Vec<String> {
    let all = each.iter().map(|found| match found {
        Ok(hit) => {
            let mut number = 0;
            hit(&mut number).map_or("gone".to_owned(), |()| format!("{} {number}", hit.path()))
        }
        Err(error) => error.code().id().to_owned(),
    });
    all.collect()
}

fn plugin(name: &str, adds: u32) -> PathBuf {
    Fixture::new(name).build(&format!(
        "pub mod plugin {{
             #[hot::export] pub fn on_hit(number: &mut u32) {{ *number += {adds}; }}
             #[hot::export] pub static ON_HIT: hot::State<u32> = hot::State::new(|| 1);
             #[hot::export] pub fn other() {{}}
         }}"
    ))
}

fn without(name: &str) -> PathBuf {
    Fixture::new(name).build("pub mod plugin { #[hot::export] pub fn other() {} }")
}

#[test]
fn what_is_there_is_found_by_its_newest_definition() {
    let (_alone, host) = alone();
    let each = hits(&host);
    assert_eq!(all(&each), [""; 0]);
    let one = host.load_library(plugin("each_one", 1)).unwrap();
    let two = host.load_library(plugin("each_two", 20)).unwrap();
    assert_eq!(all(&each), ["each_one::plugin::on_hit 1", "each_two::plugin::on_hit 20"]);
    let kept = each.iter().next().unwrap().unwrap();
    host.load_library(plugin("each_one", 3)).unwrap();
    let mut number = 0;
    assert_eq!((kept(&mut number), number), (Some(()), 3));
    one.rollback().unwrap();
    assert_eq!(all(&each)[0], "each_one::plugin::on_hit 1");

    // A name that goes is in nobody's way, by an edit or an unload, and what was kept calls nothing.
    host.load_library(without("each_one")).unwrap();
    assert_eq!(all(&each), ["each_two::plugin::on_hit 20"]);
    assert_eq!((kept(&mut number), number), (None, 3));
    two.unload().unwrap();
    assert_eq!(all(&each), [""; 0]);
    host.load_library(plugin("each_one", 5)).unwrap();
    assert_eq!((kept(&mut number), number), (Some(()), 8));
    assert_eq!(all(&each), ["each_one::plugin::on_hit 5"]);
    one.unload().unwrap();
}

#[test]
fn patterns() {
    let (_alone, host) = alone();
    let one = host.load_library(plugin("each_one", 1)).unwrap();
    let count = |pattern: &str| {
        let each = hot::each!(host, pattern, fn(&mut u32)).unwrap();
        assert_eq!(each.pattern(), pattern);
        each.iter().filter(Result::is_ok).count()
    };
    for (pattern, found) in [
        ("each_one::plugin::on_hit", 1),
        ("each_one::**", 1),
        ("**::on_hit", 1),
        ("**::plugin::**", 1),
        ("*::on_hit", 0),
        ("nobody::**", 0),
        // A static, and a name that leads further.
        ("each_one::plugin::ON_HIT", 0),
        ("each_one::plugin", 0),
    ] {
        assert_eq!(count(pattern), found, "{pattern}");
    }
    for wrong in ["", "::", "each_one::on-hit", "a::***", "each_one:plugin"] {
        let error = hot::each!(host, wrong, fn(&mut u32)).map(drop).unwrap_err();
        assert_eq!(error.code(), Code::BadName, "{wrong}: {error}");
    }
    one.unload().unwrap();
}

mod linked {
    #[hot::export]
    pub(crate) fn named<'a>(text: &'a str, by: &mut dyn FnMut(&str) -> usize) -> &'a str {
        &text[by(text)..]
    }

    #[hot::export]
    pub(crate) fn panics(_: &str, _: &mut dyn FnMut(&str) -> usize) -> &'static str {
        panic!("on purpose")
    }
}

/// Of the program itself, with lifetimes and a closure; and a panic goes on.
#[test]
fn what_the_program_is_linked_with() {
    let (_alone, host) = alone();
    let each = hot::each!(
        &host,
        "each::linked::*",
        for<'a> fn(&'a str, &mut dyn FnMut(&str) -> usize) -> &'a str
    );
    let each = each.unwrap();
    let found: Vec<_> = each.iter().collect();
    // The result of `panics` lives longer than it says here: that is another signature.
    assert_eq!(found[1].as_ref().unwrap_err().code(), Code::OtherSignature);
    let text = "abc".to_owned();
    let named = found[0].as_ref().unwrap();
    assert_eq!(named(&text, &mut |text| text.len() - 1), Some("c"));
    let thrown = panic::catch_unwind(|| named(&text, &mut |_| panic!("within")));
    assert_eq!(*thrown.unwrap_err().downcast::<String>().unwrap(), "within");
    assert_eq!(named(&text, &mut |_| 0), Some("abc"), "the pin is gone");
}

#[test]
fn another_signature_is_told_and_what_was_found_is_held() {
    let (_alone, host) = alone();
    let each = hits(&host);
    let other = Fixture::new("each_other").build(
        "pub mod plugin { #[hot::export] pub fn on_hit(number: &mut u64) { *number += 1; } }",
    );
    let fits = plugin("each_other", 4);
    let bundle = host.load_library(&other).unwrap();
    let error = each.iter().next().unwrap().unwrap_err();
    assert_eq!(error.code(), Code::OtherSignature);
    assert!(error.to_string().contains("`each_other::plugin::on_hit`"), "{error}");
    assert_eq!(each.iter().count(), 1);
    // What does not fit is not held.
    host.load_library(&fits).unwrap();
    assert_eq!(all(&each), ["each_other::plugin::on_hit 4"]);
    let refused = host.load_library(&other).unwrap_err();
    assert_eq!(refused.code(), Code::TypeChanged);
    assert!(refused.to_string().contains("the host"), "{refused}");
    assert_eq!(all(&each), ["each_other::plugin::on_hit 4"]);
    let kept = each.iter().next().unwrap().unwrap();
    // It was gone in between: nobody relies on it.
    bundle.unload().unwrap();
    host.load_library(&other).unwrap();
    assert_eq!(all(&each), ["HOT0502"]);
    assert_eq!(kept(&mut 0), None);
    bundle.unload().unwrap();
}

/// Calls go on while bundles come, change and go on other threads: each is of a whole definition or of none.
#[test]
fn bundles_come_and_go_while_they_are_called() {
    let (_alone, host) = alone();
    let names = ["each_busy_a", "each_busy_b"];
    let plugins = names.map(|name| [plugin(name, 1), plugin(name, 1000), without(name)]);
    let (done, calls) = (AtomicBool::new(false), AtomicU32::new(0));
    let each = hits(&host);
    thread::scope(|scope| {
        let stop = Stop(&done);
        for thread in 0..3 {
            let (host, each, done, calls) = (&host, &each, &done, &calls);
            scope.spawn(move || {
                // One has its own.
                let own = hits(host);
                let each = if thread == 0 { &own } else { each };
                let mut kept = Vec::new();
                while !done.load(SeqCst) {
                    for hit in each {
                        let hit = hit.unwrap();
                        let mut number = 0;
                        let result = hit(&mut number);
                        assert_eq!(result.is_some(), [1, 1000].contains(&number), "{number}");
                        calls.fetch_add(1, SeqCst);
                        if kept.len() < 10 {
                            kept.push(hit);
                        }
                    }
                    for hit in &kept {
                        let mut number = 0;
                        let result = hit(&mut number);
                        assert_eq!(result.is_some(), [1, 1000].contains(&number), "{number}");
                    }
                }
            });
        }
        let changes = plugins.iter().zip(names).map(|(versions, name)| {
            let host = &host;
            scope.spawn(move || {
                for _ in 0..15 {
                    for version in versions {
                        host.load_library(version).unwrap();
                    }
                    host.bundle(name).unwrap().unload().unwrap();
                }
            })
        });
        let changes: Vec<_> = changes.collect();
        let results: Vec<_> = changes.into_iter().map(|it| it.join()).collect();
        wait_until(|| calls.load(SeqCst) > 0);
        drop(stop);
        results.into_iter().for_each(|it| it.unwrap());
    });
    assert_eq!(all(&each), [""; 0]);
    // Whoever loads finds it at once.
    for versions in &plugins {
        host.load_library(&versions[1]).unwrap();
    }
    let newest = names.map(|name| format!("{name}::plugin::on_hit 1000"));
    assert_eq!(all(&each), newest);
    names.iter().for_each(|name| host.bundle(name).unwrap().unload().unwrap());
}

/// Each of these is a place of its own in the source, which finds nothing before it is used.
fn places() -> Vec<fn(&Host) -> Each<Hit>> {
    macro_rules! places {
        ($($number:literal)*) => {
            vec![$(|host| {
                let _: u32 = $number;
                hot::each!(host, "each_raced::**::on_hit", fn(&mut u32)).unwrap()
            }),*]
        };
    }
    places!(0 1 2 3 4 5 6 7 8 9)
}

/// A place that is used for the first time while a load is under way is led to what the load brings.
#[test]
fn who_comes_during_a_load_is_not_forgotten() {
    let (_alone, host) = alone();
    let versions = [plugin("each_raced", 1), plugin("each_raced", 1000)];
    let bundle = host.load_library(&versions[0]).unwrap();
    let newest = |number: u32| [format!("each_raced::plugin::on_hit {number}")];
    for (place, version) in places().into_iter().zip([1, 0].into_iter().cycle()) {
        let started = AtomicBool::new(false);
        let (each, kept) = thread::scope(|scope| {
            let loads = scope.spawn(|| {
                started.store(true, SeqCst);
                host.load_library(&versions[version]).unwrap();
            });
            wait_until(|| started.load(SeqCst));
            let each = place(&host);
            let kept = each.iter().next().unwrap().unwrap();
            loads.join().unwrap();
            (each, kept)
        });
        // Before it is looked for again, which would lead it there.
        let mut number = 0;
        kept(&mut number);
        assert_eq!(number, [1, 1000][version]);
        assert_eq!(all(&each), newest(number));
    }
    bundle.unload().unwrap();
}

static EACH: LazyLock<Mutex<Option<Each<Hit>>>> = LazyLock::new(Mutex::default);

#[hot::export]
fn count() -> u32 {
    EACH.lock().unwrap().as_ref().unwrap().iter().count().try_into().unwrap()
}

/// Within a load nothing of it is there yet; and nothing waits for itself.
#[test]
fn what_a_bundle_runs_may_look() {
    let (_alone, host) = alone();
    *EACH.lock().unwrap() = Some(hits(&host));
    let library = Fixture::new("each_within").build_root(
        "hot::bundle!(init = init, after = run);
         hot::import! { each => { fn count() -> u32; } }
         static SEEN: std::sync::Mutex<Vec<u32>> = std::sync::Mutex::new(Vec::new());
         fn init() { run() }
         fn run() { SEEN.lock().unwrap().push(each::count()) }
         pub mod plugin {
             #[hot::export] pub fn on_hit(number: &mut u32) {
                 *number = super::SEEN.lock().unwrap().iter().fold(7, |all, it| all * 10 + it);
             }
         }",
    );
    let bundle = host.load_library(&library).unwrap();
    let each = EACH.lock().unwrap().take().unwrap();
    assert_eq!(all(&each), ["each_within::plugin::on_hit 701"]);
    bundle.unload().unwrap();
}
