//! Attempts to lose values that move, to count them twice, or to hang the load that moves them.

use std::{
    panic::{self, catch_unwind},
    path::PathBuf,
    process::Command,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicIsize, AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use hot::{Bundle, Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, refusal::codes, rustc, wait_until};

hot::import! {
    ma_stage => { fn show() -> String; fn hold(); }
    ma_left => { fn left() -> String; }
    ma_right => { fn right() -> String; }
    ma_drops => { fn show() -> String; }
    ma_reset => { fn show() -> String; }
    ma_after => { fn show() -> String; }
    ma_kinds => { fn show() -> String; fn fill(); }
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        // Many panics here are wanted, and their backtraces would take longer than all the rest.
        panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        let builder = Host::builder().patience(Duration::from_millis(500));
        builder.rollback_after(20, Duration::from_secs(600)).start().unwrap()
    });
    static LOCK: Mutex<()> = Mutex::new(());
    let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    (lock, HOST.clone())
}

static HELD: AtomicBool = AtomicBool::new(false);
static LET_GO: AtomicBool = AtomicBool::new(false);

/// What a thread of a bundle's calls with a guard in hand.
#[hot::export]
fn holding() {
    HELD.store(true, SeqCst);
    wait_until(|| LET_GO.load(SeqCst));
    HELD.store(false, SeqCst);
}

/// As before the first test, whichever that was.
fn nobody_holds() {
    for flag in [&HELD, &LET_GO] {
        flag.store(false, SeqCst);
    }
}

/// What a conversion does.
static WAY: AtomicU32 = AtomicU32::new(0);

#[hot::export]
fn way() -> u32 {
    WAY.load(SeqCst)
}

static RELOADED: Mutex<Option<Bundle>> = Mutex::new(None);

/// What a conversion calls: it loads.
#[hot::export]
fn reload() -> String {
    let bundle = RELOADED.lock().unwrap().clone().unwrap();
    let code = |error: hot::Error| error.code();
    format!("{:?} {:?}", bundle.reload().map_err(code), bundle.unload().map_err(code))
}

/// What a conversion calls: it forks.
#[hot::export]
fn fork() -> bool {
    // SAFETY: the child calls hot code, and ends.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(7),
            child => {
                let mut status = 0;
                libc::waitpid(child, &mut status, 0) == child && libc::WEXITSTATUS(status) == 7
            }
        }
    }
}

/// The authors' code in the middle of a move asks for whatever it can come by.
#[test]
fn authors_code_asks_for_what_others_have() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("ma_stage");
    let version = |field: &str, first: &str| {
        fixture.build(&format!(
            "hot::import! {{
                 ma_through => {{
                     fn through() -> String; fn through_write() -> String; fn through_other() -> u32;
                 }}
                 migration_attacks => {{
                     fn way() -> u32; fn holding(); fn reload() -> String; fn fork() -> bool;
                 }}
             }}
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ {field} }}
             #[hot::export] pub static FISH: hot::State<Vec<Fish>> = hot::State::new(|| vec![{first}]);
             #[hot::export] pub static OTHER: hot::State<u32> = hot::State::new(|| 5);
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*FISH.read()) }}
             #[hot::export] pub fn show_written() -> String {{ format!(\"{{:?}}\", &*FISH.write()) }}
             #[hot::export] pub fn other() -> u32 {{ *OTHER.read() }}
             /// On a thread of its own.
             #[hot::export] pub fn hold() {{
                 std::thread::spawn(|| {{
                     let _guard = OTHER.write();
                     hot::get!(migration_attacks::holding)();
                 }});
             }}
             fn text(old: &u32) -> String {{
                 match hot::get!(migration_attacks::way)() {{
                     0 => hot::get!(ma_through::through)(),
                     1 => hot::get!(ma_through::through_write)(),
                     2 => OTHER.read().to_string(),
                     3 => OTHER.write().to_string(),
                     4 => hot::get!(ma_through::through_other)().to_string(),
                     5 => (*OTHER.read() + hot::get!(ma_through::through_other)() + *old).to_string(),
                     6 => hot::get!(migration_attacks::reload)(),
                     7 => hot::get!(migration_attacks::fork)().to_string(),
                     _ => std::thread::spawn(|| *OTHER.read()).join().unwrap().to_string(),
                 }}
             }}"
        ))
    };
    let through = Fixture::new("ma_through").build(
        "hot::import! { ma_stage => { fn show() -> String; fn show_written() -> String; fn other() -> u32; } }
         #[hot::export] pub fn through() -> String { hot::get!(ma_stage::show)() }
         #[hot::export] pub fn through_write() -> String { hot::get!(ma_stage::show_written)() }
         #[hot::export] pub fn through_other() -> u32 { hot::get!(ma_stage::other)() }",
    );
    let bundle = host.load_library(version("size: u32", "Fish { size: 3 }")).unwrap();
    let converted = version("#[hot(convert = text)] size: String", "");
    let reader = host.load_library(&through).unwrap();
    let show = hot::get!(ma_stage::show);
    let old = show();
    let refused = |way: u32, said: &str| {
        WAY.store(way, SeqCst);
        let refused = host.load_library(&converted).unwrap_err();
        assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
        assert!(refused.to_string().contains(said), "{refused}");
        assert_eq!(show(), old);
    };
    // Older code that asks for the very value that is on its way.
    refused(0, "HOT0406");
    refused(1, "HOT0406");
    // Another state, which a thread holds that waits for nobody.
    nobody_holds();
    hot::get!(ma_stage::hold)();
    wait_until(|| HELD.load(SeqCst));
    refused(2, "HOT0606");
    refused(3, "HOT0606");
    refused(4, "HOT0606");
    LET_GO.store(true, SeqCst);
    wait_until(|| !HELD.load(SeqCst));
    *RELOADED.lock().unwrap() = Some(bundle.clone());
    let said = ["13", "Err(Reentrant) Err(Reentrant)", "true", "5"];
    for (way, now) in (5..).zip(said) {
        WAY.store(way, SeqCst);
        host.load_library(&converted).unwrap();
        assert_eq!(show(), format!("[Fish {{ size: {now:?} }}]"));
        bundle.rollback().unwrap();
        assert_eq!(show(), old);
    }
    reader.unload().unwrap();
    bundle.unload().unwrap();
}

/// Two bundles, three states: all of them or none.
#[test]
fn several_bundles_move_together_or_not_at_all() {
    let (_alone, host) = alone();
    let (left, right) = (Fixture::new("ma_left"), Fixture::new("ma_right"));
    let left = |field: &str, first: &str| {
        left.build(&format!(
            "use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ {field} }}
             #[hot::export] pub static FISH: hot::State<Vec<Fish>> = hot::State::new(|| vec![{first}]);
             #[hot::export] pub static CALLS: AtomicU32 = AtomicU32::new(0);
             #[hot::export] pub fn left() -> String {{
                 format!(\"{{}} {{:?}}\", CALLS.fetch_add(1, SeqCst), &*FISH.read())
             }}"
        ))
    };
    let right = |field: &str, first: &str, body: &str| {
        right.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Bird {{ {field} }}
             #[hot::export] pub static BIRD: hot::State<Option<Bird>> = hot::State::new(|| Some({first}));
             #[hot::export] #[hot(reset)] pub static NEST: hot::State<Bird> = hot::State::new(|| {first});
             #[hot::export] pub fn right() -> String {{
                 format!(\"{{:?}} {{:?}}\", &*BIRD.read(), &*NEST.read())
             }}
             fn text(old: &u32) -> Result<String, String> {{ {body} }}"
        ))
    };
    let lefts = [
        left("size: u32", "Fish { size: 1 }"),
        left("size: u32, #[hot(default = 4)] age: u8", "Fish { size: 2, age: 0 }"),
    ];
    let converted = |body: &str| {
        right("#[hot(convert = text)] wings: String", "Bird { wings: \"new\".into() }", body)
    };
    let rights = [
        right("wings: u32", "Bird { wings: 2 }", "Ok(old.to_string())"),
        converted("Ok(old.to_string())"),
        converted("Err(format!(\"no {old}\"))"),
    ];
    let bundles = [host.load_library(&lefts[0]).unwrap(), host.load_library(&rights[0]).unwrap()];
    let (show_left, show_right) = (hot::get!(ma_left::left), hot::get!(ma_right::right));
    assert_eq!(show_left(), "0 [Fish { size: 1 }]");
    assert_eq!(show_right(), "Some(Bird { wings: 2 }) Bird { wings: 2 }");
    for (at, number) in [(&rights[2], 1), (&rights[2], 2)] {
        let refused =
            host.transaction().load_library(&lefts[1]).load_library(at).commit().unwrap_err();
        assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
        assert_eq!(show_left(), format!("{number} [Fish {{ size: 1 }}]"));
        assert_eq!(show_right(), "Some(Bird { wings: 2 }) Bird { wings: 2 }");
    }
    let reports =
        host.transaction().load_library(&lefts[1]).load_library(&rights[1]).commit().unwrap();
    assert_eq!(show_left(), "3 [Fish { size: 1, age: 4 }]");
    assert_eq!(show_right(), "Some(Bird { wings: \"2\" }) Bird { wings: \"new\" }");
    assert_eq!(reports[0].reset.len() + reports[1].reset.len(), 1);
    host.transaction().rollback(&bundles[0]).rollback(&bundles[1]).commit().unwrap();
    assert_eq!(show_left(), "4 [Fish { size: 1 }]");
    assert_eq!(show_right(), "Some(Bird { wings: 2 }) Bird { wings: 2 }");
    for bundle in bundles {
        bundle.unload().unwrap();
    }
}

/// How many values are alive that a bundle has made.
static ALIVE: AtomicIsize = AtomicIsize::new(0);
/// How many more calls of the authors' code succeed, and how the next one fails.
static CALLS_LEFT: AtomicIsize = AtomicIsize::new(isize::MAX);
static PANICS: AtomicBool = AtomicBool::new(false);

#[hot::export]
fn made() {
    ALIVE.fetch_add(1, SeqCst);
}

#[hot::export]
fn dropped() {
    ALIVE.fetch_sub(1, SeqCst);
}

/// Whether a call of the authors' code fails.
#[hot::export]
fn fails() -> bool {
    let fails = CALLS_LEFT.fetch_sub(1, SeqCst) <= 0;
    assert!(!(fails && PANICS.load(SeqCst)), "as it was asked to");
    fails
}

/// Each value is dropped exactly once, whatever the move comes to.
#[test]
fn values_are_counted_over_moves_and_refusals() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("ma_drops");
    let version = |field: &str, first: &str, reset: &str| {
        fixture.build(&format!(
            "hot::import! {{ migration_attacks => {{ fn made(); fn dropped(); fn fails() -> bool; }} }}
             #[hot::versioned] #[derive(Debug)] pub struct Token {{ number: u32 }}
             impl Token {{
                 pub fn new(number: u32) -> Token {{ hot::get!(migration_attacks::made)(); Token {{ number }} }}
             }}
             impl Drop for Token {{ fn drop(&mut self) {{ hot::get!(migration_attacks::dropped)(); }} }}
             #[hot::versioned] #[derive(Debug)] pub struct Item {{ pub kept: Token, {field} }}
             #[hot::export] {reset} pub static ITEMS: hot::State<Vec<Item>> = hot::State::new(|| {{
                 (0..3).map(|number| Item {{ kept: Token::new(number), {first} }}).collect()
             }});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*ITEMS.read()) }}
             fn fresh() -> Token {{
                 let token = Token::new(9);
                 assert!(!hot::get!(migration_attacks::fails)(), \"no default\");
                 token
             }}
             fn text(old: &u32) -> Result<Token, String> {{
                 let token = Token::new(*old);
                 match hot::get!(migration_attacks::fails)() {{ true => Err(\"no\".into()), false => Ok(token) }}
             }}"
        ))
    };
    let one = version("gone: Token, text: u32", "gone: Token::new(5), text: 7", "");
    let fields = "#[hot(default = fresh())] new: Token, #[hot(convert = text)] text: Token";
    let first = "new: Token::new(1), text: Token::new(1)";
    let (two, reset) = (
        version(fields, first, ""),
        version("last: Token", "last: Token::new(1)", "#[hot(reset)]"),
    );
    let alive = || ALIVE.load(SeqCst);
    let bundle = host.load_library(&one).unwrap();
    let show = hot::get!(ma_drops::show);
    let old = show();
    assert_eq!(alive(), 6);
    for panics in [false, true] {
        for calls in 0..6 {
            PANICS.store(panics, SeqCst);
            CALLS_LEFT.store(calls, SeqCst);
            let refused = host.load_library(&two).unwrap_err();
            assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
            assert_eq!((alive(), show()), (6, old.clone()), "call {calls}");
        }
    }
    CALLS_LEFT.store(isize::MAX, SeqCst);
    for _ in 0..2 {
        host.load_library(&two).unwrap();
        // What is gone was put aside.
        assert_eq!(alive(), 12);
        bundle.rollback().unwrap();
        assert_eq!((alive(), show()), (12, old.clone()));
    }
    host.load_library(&two).unwrap();
    bundle.unload().unwrap();
    // Kept for when the static is there again.
    assert_eq!(alive(), 12);
    host.load_library(&two).unwrap();
    host.load_library(&one).unwrap();
    assert_eq!((alive(), show()), (12, old));
    // A state without a past: what was put aside belonged to the value that is given up.
    host.load_library(&reset).unwrap();
    host.load_library(&reset).unwrap();
    assert_eq!(alive(), 6, "{}", show());
    bundle.unload().unwrap();
}

/// What was put aside is of the value that was there then.
#[test]
fn a_value_that_is_new_does_not_get_what_was_put_aside() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("ma_reset");
    let version = |fields: &str, first: &str, reset: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Pond {{ {fields} }}
             #[hot::export] {reset} pub static POND: hot::State<Pond> = hot::State::new(|| Pond {{ {first} }});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*POND.read()) }}"
        ))
    };
    let bundle = host.load_library(version("a: u8, b: u8", "a: 1, b: 2", "")).unwrap();
    host.load_library(version("a: u8", "a: 3", "")).unwrap();
    host.load_library(version("a: u8, c: u8", "a: 4, c: 5", "#[hot(reset)]")).unwrap();
    let show = hot::get!(ma_reset::show);
    assert_eq!(show(), "Pond { a: 4, c: 5 }");
    host.load_library(version("a: u8, #[hot(default = 9)] b: u8, c: u8", "a: 0, b: 0, c: 0", ""))
        .unwrap();
    assert_eq!(show(), "Pond { a: 4, b: 9, c: 5 }");
    bundle.unload().unwrap();
}

/// What `after` does.
static AFTER: AtomicUsize = AtomicUsize::new(0);

#[hot::export]
fn after() -> String {
    match AFTER.swap(0, SeqCst) {
        0 => String::new(),
        1 => {
            let bundle = RELOADED.lock().unwrap().clone().unwrap();
            format!("{:?}", bundle.rollback().map(drop).map_err(|error| error.code()))
        }
        _ => {
            holding();
            String::new()
        }
    }
}

/// A generation whose values have moved goes back by itself; and one that is still at its `after` is waited
/// for.
#[test]
fn values_move_back_by_themselves_and_wait_for_what_runs_after() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("ma_after");
    let version = |field: &str, first: &str, show: &str| {
        fixture.build_root(&format!(
            "hot::bundle!(after = run);
             hot::import! {{ migration_attacks => {{ fn after() -> String; }} }}
             #[hot::versioned] #[derive(Debug)] pub struct Pond {{ pub size: u32, {field} }}
             #[hot::export] pub static POND: hot::State<Pond> = hot::State::new(|| Pond {{ size: 1, {first} }});
             #[hot::export] pub static SAID: hot::State<String> = hot::State::new(String::new);
             #[hot::export] pub fn show() -> String {{ {show} format!(\"{{:?}} {{}}\", &*POND.read(), &*SAID.read()) }}
             fn run() {{ POND.write().size += 1; let said = hot::get!(migration_attacks::after)(); *SAID.write() = said; }}"
        ))
    };
    let one = version("", "", "");
    let two = version(
        "#[hot(default = 4)] age: u8",
        "age: 0",
        "if POND.read().size > 2 { panic!(\"again\") }",
    );
    AFTER.store(0, SeqCst);
    let bundle = host.load_library(&one).unwrap();
    *RELOADED.lock().unwrap() = Some(bundle.clone());
    let show = hot::get!(ma_after::show);
    assert_eq!(show(), "Pond { size: 2 } ");
    // Its `after` wants to go back to the first version.
    AFTER.store(1, SeqCst);
    host.load_library(&two).unwrap();
    // What the version that came back names runs, too.
    wait_until(|| {
        let said = catch_unwind(|| hot::get!(ma_after::show)());
        said.is_ok_and(|said| said == "Pond { size: 4 } ")
    });
    // Another thread loads while it runs.
    nobody_holds();
    AFTER.store(2, SeqCst);
    thread::scope(|scope| {
        let loading = scope.spawn(|| host.load_library(&two).map(drop));
        wait_until(|| HELD.load(SeqCst));
        let refused = host.load_library(&one).unwrap_err();
        assert_eq!(codes(&refused), [Code::Inside], "{refused}");
        LET_GO.store(true, SeqCst);
        loading.join().unwrap().unwrap();
    });
    AFTER.store(0, SeqCst);
    bundle.unload().unwrap();
}

/// A host that has a first version of its bundle in its own crate, which has the values before and after.
const LINKED: &str = r#"
mod world {
    #[hot::versioned] #[derive(Debug)] pub struct Lake { pub size: u32 }
}
#[hot::export] pub static LAKE: hot::State<world::Lake> = hot::State::new(|| world::Lake { size: 1 });
#[hot::export] pub static UNUSED: hot::State<world::Lake> = hot::State::new(|| world::Lake { size: 5 });
#[hot::export] pub fn lake() -> String { format!("{:?}", &*LAKE.read()) }

fn main() {
    let [deeper, aged] = [1, 2].map(|at| std::env::args().nth(at).unwrap());
    let host = hot::Host::start().unwrap();
    println!("{}", lake());
    LAKE.write().size = 10;
    let bundle = unsafe { host.load(&deeper) }.unwrap();
    println!("{}", lake());
    // The host's own code is not called meanwhile: it would hold on to what it is linked with.
    bundle.unload().unwrap();
    unsafe { host.load(&aged) }.unwrap();
    println!("{}", lake());
    unsafe { host.load(&deeper) }.unwrap();
    println!("{}", lake());
    bundle.rollback().unwrap();
    bundle.unload().unwrap();
    println!("{} {}", lake(), UNUSED.read().size);
}
"#;

#[test]
fn values_move_from_what_is_linked_and_back_to_it() {
    let fixture = Fixture::new("ma_linked");
    let version = |field: &str, first: &str| {
        fixture.build(&format!(
            "mod world {{
                 #[hot::versioned] #[derive(Debug)] pub struct Lake {{ pub size: u32, {field} }}
             }}
             #[hot::export] pub static LAKE: hot::State<world::Lake> =
                 hot::State::new(|| world::Lake {{ size: 2, {first} }});
             #[hot::export] pub static UNUSED: hot::State<world::Lake> =
                 hot::State::new(|| world::Lake {{ size: 6, {first} }});
             #[hot::export] pub fn lake() -> String {{
                 LAKE.write().size += 1;
                 format!(\"{{:?}} {{:?}}\", &*LAKE.read(), &*UNUSED.read())
             }}"
        ))
    };
    let deeper = version("#[hot(default = 4)] pub depth: u8", "depth: 0");
    let aged =
        version("#[hot(default = \"old\".to_owned())] pub age: String", "age: String::new()");
    let program = rustc::compile(fixture.folder(), "ma_linked", "bin", LINKED);
    let output = Command::new(program).args([deeper, aged]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = [
        "Lake { size: 1 }",
        "Lake { size: 11, depth: 4 } Lake { size: 6, depth: 0 }",
        "Lake { size: 12, age: \"old\" } Lake { size: 6, age: \"old\" }",
        "Lake { size: 13, depth: 4 } Lake { size: 6, depth: 0 }",
        "Lake { size: 13 } 6",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{output:?}");
}

/// What a bundle's values are made of, before and after.
#[test]
fn values_of_all_kinds_move_or_are_refused() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("ma_kinds");
    let version = |fish: &str, mode: &str, number: &str, fill: &str| {
        fixture.build(&format!(
            "use std::{{rc::Rc, sync::{{Arc, Mutex}}}};
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ pub size: u32, {fish} }}
             #[hot::versioned] #[derive(Debug)] pub struct Grid<T> {{ pub cells: Vec<T>, pub fish: Option<Box<Fish>> }}
             #[hot::versioned] #[derive(Debug)] pub enum Mode {{ Idle, Runs(Vec<Fish>), {mode} }}
             #[hot::export] pub static MAYBE: hot::State<Option<Fish>> = hot::State::new(|| None);
             #[hot::export] pub static GRID: hot::State<Grid<f32>> =
                 hot::State::new(|| Grid {{ cells: vec![1.5], fish: None }});
             #[hot::export] pub static MODE: hot::State<Mode> = hot::State::new(|| Mode::Idle);
             #[hot::export] pub static NUMBER: hot::State<{number}> = hot::State::new(|| 7);
             #[hot::export] pub static ONE: hot::State<Option<Arc<Fish>>> = hot::State::new(|| None);
             #[hot::export] pub static TWO: hot::State<Vec<Arc<Mutex<Fish>>>> = hot::State::new(Vec::new);
             #[hot::export] pub static THREE: hot::State<Vec<(u8, Arc<Fish>)>> = hot::State::new(Vec::new);
             static OUTSIDE: Mutex<Option<Arc<Fish>>> = Mutex::new(None);
             #[hot::export] pub fn fill() {{ {fill} }}
             #[hot::export] pub fn show() -> String {{
                 let (one, three) = (ONE.read(), THREE.read());
                 let shared = one.iter().zip(&*three).all(|(one, three)| Arc::ptr_eq(one, &three.1));
                 format!(\"{{:?}} {{:?}} {{:?}} {{}} {{one:?}} {{:?}} {{shared}} {{:?}}\",
                     &*MAYBE.read(), &*GRID.read(), &*MODE.read(), &*NUMBER.read(),
                     TWO.read().iter().map(|fish| fish.lock().unwrap().size).collect::<Vec<_>>(), *three)
             }}"
        ))
    };
    let old = |fill: &str| version("", "Gone(u8)", "u32", fill);
    let new = |fish: &str, mode: &str, number: &str| version(fish, mode, number, "");
    let bundle = host
        .load_library(old("let fish = Arc::new(Fish { size: 3 });
         *MAYBE.write() = Some(Fish { size: 1 });
         GRID.write().fish = Some(Box::new(Fish { size: 2 }));
         *MODE.write() = Mode::Runs(vec![Fish { size: 4 }]);
         *ONE.write() = Some(fish.clone());
         *THREE.write() = vec![(1, fish)];
         let twice = Arc::new(Mutex::new(Fish { size: 5 }));
         *TWO.write() = vec![twice.clone(), twice];"))
        .unwrap();
    let (show, fill) = (hot::get!(ma_kinds::show), hot::get!(ma_kinds::fill));
    fill();
    let before = show();
    let two = new("#[hot(default = 8)] age: u8", "", "u32");
    host.load_library(&two).unwrap();
    let after = before.replace(" }", ", age: 8 }");
    let after = after.replace("})], age: 8 }", "})] }").replace("}), age: 8 }", "}) }");
    assert_eq!(show(), after);
    bundle.rollback().unwrap();
    assert_eq!(show(), before);
    let refused = |library: PathBuf, said: &str| {
        let refused = host.load_library(&library).unwrap_err();
        assert!(refused.to_string().contains(said), "{said}: {refused}");
        println!("{refused}");
    };
    refused(new("", "Gone(u8)", "u16"), "`u32` cannot be moved");
    host.load_library(old("*MODE.write() = Mode::Gone(1);")).unwrap();
    fill();
    refused(two.clone(), "`Gone`");
    host.load_library(old(
        "*MODE.write() = Mode::Idle; *OUTSIDE.lock().unwrap() = ONE.read().clone();",
    ))
    .unwrap();
    fill();
    refused(two, "somebody outside");
    bundle.unload().unwrap();
}
