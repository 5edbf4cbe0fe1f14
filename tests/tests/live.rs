//! Values behind handles become those of the new version of their type, in whoever's hands the handles are.

use std::sync::{
    LazyLock, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use std::time::Duration;

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, refusal::codes, rustc, wait_until};

hot::import! {
    lv_pond => { fn show() -> String; fn fill(); fn empty(); fn write(); }
    lv_held => { fn show() -> String; fn fill(); fn hold_aside(); }
    lv_keeps => { fn keep(); fn show() -> String; fn let_go(); }
    lv_asks => { fn show() -> String; fn fill(); }
    lv_nested => { fn show() -> String; fn fill(); }
    lv_both => { fn show() -> String; fn fill(); }
    lv_shared => { fn show() -> String; fn fill(); }
    lv_many => { fn come_and_go() -> usize; fn stay() -> usize; fn show() -> String; }
}

/// What bundles' values count.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// A value of a bundle was dropped.
#[hot::export]
fn dropped() {
    DROPPED.fetch_add(1, SeqCst);
}

static ARRIVED: AtomicUsize = AtomicUsize::new(0);
static ALLOWED: AtomicUsize = AtomicUsize::new(0);

/// Code of a bundle waits here.
#[hot::export]
fn turn() {
    let number = ARRIVED.fetch_add(1, SeqCst) + 1;
    wait_until(|| ALLOWED.load(SeqCst) >= number);
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> =
        LazyLock::new(|| Host::builder().patience(Duration::from_millis(300)).start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    [&DROPPED, &ARRIVED, &ALLOWED].iter().for_each(|count| count.store(0, SeqCst));
    (lock, HOST.clone())
}

/// Something that says when it is dropped.
const TOLD: &str = "
    hot::import! { live => { fn dropped(); fn turn(); } }
    #[hot::versioned] #[derive(Debug, Default)] pub struct Told(u8);
    impl Drop for Told { fn drop(&mut self) { hot::get!(live::dropped)() } }";

/// Fish in a list, in a map and in a box, whose owner is no state.
fn pond(fields: &str, first: &str, show: &str, more: &str) -> String {
    format!(
        "use std::{{collections::BTreeMap, sync::Mutex}};
         {TOLD}
         #[hot::versioned] pub struct Fish {{ pub name: String, {fields} }}
         #[hot::export] pub static POND: Mutex<Vec<hot::Live<Fish>>> = Mutex::new(Vec::new());
         #[hot::export] pub static NAMED: Mutex<BTreeMap<u8, Box<hot::Live<Fish>>>> =
             Mutex::new(BTreeMap::new());
         #[hot::export] pub fn fill() {{
             let fish = |name: &str| hot::Live::new(Fish {{ name: name.to_owned(), {first} }});
             *POND.lock().unwrap() = vec![fish(\"Ann\"), fish(\"Bob\")];
             NAMED.lock().unwrap().insert(1, Box::new(fish(\"Cid\")));
         }}
         fn each<R>(look: impl Fn(&hot::Live<Fish>) -> R) -> Vec<R> {{
             let (pond, named) = (POND.lock().unwrap(), NAMED.lock().unwrap());
             pond.iter().chain(named.values().map(|fish| &**fish)).map(look).collect()
         }}
         #[hot::export] pub fn show() -> String {{
             each(|fish| {{ let fish = fish.get(); format!(\"{{}} {{}}\", fish.name, {show}) }}).join(\", \")
         }}
         #[hot::export] pub fn write() {{
             POND.lock().unwrap().iter_mut().for_each(|fish| fish.get_mut().name.push('!'));
         }}
         #[hot::export] pub fn empty() {{
             POND.lock().unwrap().clear();
             NAMED.lock().unwrap().clear();
         }}
         {more}"
    )
}

#[test]
fn they_move_there_and_back_and_each_is_dropped_once() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_pond");
    let told = "pub told: Told, pub size: u32";
    let one = fixture.build(&pond(told, "told: Told(1), size: 1", "fish.size", ""));
    // The first number is put aside, with what says when it is dropped.
    let weight = "#[hot(default = 2.5)] pub weight: f64";
    let two = fixture.build(&pond(weight, "weight: 0.5", "fish.weight", ""));
    let bundle = host.load_library(&one).unwrap();
    lv_pond::fill();
    assert_eq!(lv_pond::show(), "Ann 1, Bob 1, Cid 1");
    host.check(&two).unwrap();
    host.load_library(&two).unwrap();
    assert_eq!(lv_pond::show(), "Ann 2.5, Bob 2.5, Cid 2.5");
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert_eq!(migration.live, ["lv_pond::Fish (3 values)"]);
    assert!(migration.states.is_empty(), "{migration}");
    assert_eq!((migration.values, migration.parked), (3, 6), "{migration}");
    assert!(migration.to_string().starts_with("live lv_pond::Fish (3 values) moved (3 values, "));
    assert_eq!(DROPPED.load(SeqCst), 0);
    bundle.rollback().unwrap();
    assert_eq!(lv_pond::show(), "Ann 1, Bob 1, Cid 1");
    // What was put aside goes with its handle.
    host.load_library(&two).unwrap();
    assert_eq!(DROPPED.load(SeqCst), 0);
    lv_pond::empty();
    assert_eq!(DROPPED.load(SeqCst), 3);
    lv_pond::fill();
    assert_eq!(lv_pond::show(), "Ann 0.5, Bob 0.5, Cid 0.5");
    lv_pond::write();
    // Of these nothing was put aside: it is made.
    bundle.rollback().unwrap();
    assert_eq!((lv_pond::show().as_str(), DROPPED.load(SeqCst)), ("Ann! 0, Bob! 0, Cid 0", 3));
    lv_pond::empty();
    assert_eq!(DROPPED.load(SeqCst), 6);
    lv_pond::fill();
    lv_pond::empty();
    assert_eq!(DROPPED.load(SeqCst), 9);
    bundle.unload().unwrap();
}

#[test]
fn a_guard_that_is_held_refuses_by_its_thread() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_held");
    let version = |size: &str, hold: &str| {
        fixture.build(&format!(
            "use std::sync::Mutex;
             {TOLD}
             #[hot::versioned] pub struct Fish {{ pub size: {size} }}
             #[hot::export] pub static POND: Mutex<Option<std::sync::Arc<hot::Live<Fish>>>> = Mutex::new(None);
             #[hot::export] pub fn fill() {{
                 *POND.lock().unwrap() = Some(hot::Live::new(Fish {{ size: 1 }}).into());
             }}
             #[hot::export] pub fn show() -> String {{
                 let fish = POND.lock().unwrap().clone().unwrap();
                 let size = fish.get().size;
                 size.to_string()
             }}
             #[hot::export] pub fn hold_aside() {{ {hold} }}"
        ))
    };
    let hold = "
        let fish = POND.lock().unwrap().clone().unwrap();
        std::thread::Builder::new().name(\"looks\".to_owned()).spawn(move || {
            let held = fish.get();
            hot::get!(live::turn)();
            drop(held);
            hot::get!(live::turn)();
            let said = fish.try_get().map(|fish| fish.size).unwrap_err().to_string();
            assert!(said.starts_with(\"HOT0405\"), \"{said}\");
            hot::get!(live::dropped)();
        }).unwrap();";
    let [one, two] = [version("u32", hold), version("u64", "")];
    let bundle = host.load_library(&one).unwrap();
    lv_held::fill();
    lv_held::hold_aside();
    wait_until(|| ARRIVED.load(SeqCst) == 1);
    let abandoned = host.status().unwrap().abandoned;
    let refused = host.load_library(&two).unwrap_err();
    assert_eq!(codes(&refused), [Code::GuardHeld], "{refused}");
    let text = refused.to_string();
    assert!(text.contains("the value of a `hot::Live<Fish>` is in use"), "{text}");
    assert!(text.contains("by a guard of thread `looks` ("), "{text}");
    assert!(text.contains("lib.rs:"), "{text}");
    assert_eq!((lv_held::show(), host.status().unwrap().abandoned), ("1".to_owned(), abandoned));
    ALLOWED.store(1, SeqCst);
    wait_until(|| ARRIVED.load(SeqCst) == 2);
    host.load_library(&two).unwrap();
    assert_eq!(lv_held::show(), "1");
    ALLOWED.store(2, SeqCst);
    wait_until(|| DROPPED.load(SeqCst) == 1);
    bundle.unload().unwrap();
}

#[test]
fn a_value_that_stays_with_its_thread_moves_there_only() {
    let (_alone, host) = alone();
    let fixture = Fixture::with_manifest("lv_local", "");
    let version = |more: &str, first: &str| {
        fixture.build(&format!(
            "use std::rc::Rc;
             #[hot::versioned] pub struct Local {{ name: Rc<String>, {more} }}
             #[hot::export] pub fn show(local: &hot::Live<Local>) -> String {{
                 let local = local.get();
                 format!(\"{{}} of {{}}\", local.name, size_of::<Local>())
             }}
             #[hot::export] pub fn make() -> hot::Live<Local> {{
                 hot::Live::new(Local {{ name: Rc::new(\"Ann\".to_owned()), {first} }})
             }}"
        ))
    };
    let [one, two] = [version("", ""), version("#[hot(default = 7)] age: u64", "age: 1")];
    let dependency = format!("lv_local = {{ path = {:?} }}", fixture.folder());
    let keeper = Fixture::with_manifest("lv_keeps", &dependency).build(
        "use std::cell::RefCell;
         thread_local! {
             static KEPT: RefCell<Option<hot::Live<lv_local::Local>>> = RefCell::new(None);
         }
         #[hot::export] pub fn keep() { KEPT.set(Some(lv_local::make())) }
         #[hot::export] pub fn show() -> String {
             KEPT.with_borrow(|kept| lv_local::show(kept.as_ref().unwrap()))
         }
         #[hot::export] pub fn let_go() { KEPT.take(); }",
    );
    let bundle = host.load_library(&one).unwrap();
    let keeper = host.load_library(&keeper).unwrap();
    lv_keeps::keep();
    let show = lv_keeps::show;
    assert_eq!(show(), "Ann of 8");
    std::thread::scope(|scope| {
        let load = || host.load_library(&two).unwrap_err();
        let refused = std::thread::Builder::new().name("other".to_owned());
        let refused = refused.spawn_scoped(scope, load).unwrap().join().unwrap();
        assert_eq!(codes(&refused), [Code::HandleLayout], "{refused}");
        let made = "made:  by thread `a_value_that_st";
        assert!(refused.to_string().contains(made), "{refused}");
    });
    assert_eq!(show(), "Ann of 8");
    host.load_library(&two).unwrap();
    assert_eq!(show(), "Ann of 16");
    bundle.rollback().unwrap();
    assert_eq!(show(), "Ann of 8");
    lv_keeps::let_go();
    std::thread::scope(|scope| {
        scope.spawn(|| drop(host.load_library(&two).expect("there is none"))).join().unwrap();
    });
    keeper.unload().unwrap();
    bundle.unload().unwrap();
}

/// Authors' code that a move calls, and that asks for a value which moves, or drops its handle.
#[test]
fn what_a_conversion_may_do_with_a_handle_that_moves() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_asks");
    let version = |field: &str, convert: &str| {
        fixture.build(&format!(
            "use std::sync::Mutex;
             {TOLD}
             #[hot::versioned] pub struct Fish {{ pub told: Told, {field} }}
             #[hot::versioned] pub struct Stone(pub u8);
             #[hot::export] pub static POND: Mutex<Vec<hot::Live<Fish>>> = Mutex::new(Vec::new());
             #[hot::export] pub static STONES: Mutex<Vec<hot::Live<Stone>>> = Mutex::new(Vec::new());
             fn pond() -> std::sync::MutexGuard<'static, Vec<hot::Live<Fish>>> {{
                 POND.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
             }}
             #[hot::export] pub fn fill() {{
                 let fish = [1, 2, 3].map(|size| hot::Live::new(Fish {{ told: Told(1), size }}));
                 *pond() = fish.into();
                 *STONES.lock().unwrap() = vec![hot::Live::new(Stone(7))];
             }}
             #[hot::export] pub fn show() -> String {{
                 let fish = pond();
                 let sizes = fish.iter().map(|fish| fish.get().size.to_string());
                 sizes.collect::<Vec<_>>().join(\" \")
             }}
             {convert}"
        ))
    };
    let converted = |body: &str| {
        let convert = format!(
            "fn convert(old: &u32) -> Result<u64, String> {{ {body}; Ok(u64::from(*old)) }}"
        );
        version("#[hot(convert = convert)] pub size: u64", &convert)
    };
    let bundle = host.load_library(version("pub size: u32", "")).unwrap();
    lv_asks::fill();
    for body in [
        "pond()[0].try_get().map(|_| ()).map_err(|error| error.to_string())?",
        "drop(pond()[0].get())",
        "pond()[0].get_mut().size = 1",
        // A thread that the conversion waits for is not waited for.
        "std::thread::spawn(|| pond()[0].try_get().map(|_| ()).map_err(|error| error.to_string()))
             .join().unwrap()?",
    ] {
        let refused = host.load_library(converted(body)).unwrap_err();
        assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
        assert!(refused.to_string().contains("HOT0406"), "{refused}");
        assert_eq!(lv_asks::show(), "1 2 3");
    }
    // Of a load that is refused, too: it is dropped when that is through, and once.
    let drops = "if *old == 2 { pond().pop(); return Err(\"no\".to_owned()) }";
    let refused = host.load_library(converted(drops)).unwrap_err();
    assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
    assert_eq!((lv_asks::show().as_str(), DROPPED.load(SeqCst)), ("1 2", 1));
    // Another one's value may be looked at.
    let drops = "if *old == 1 { pond().pop(); }
                 assert_eq!(STONES.lock().unwrap()[0].get().0, 7)";
    host.load_library(converted(drops)).unwrap();
    assert_eq!((lv_asks::show().as_str(), DROPPED.load(SeqCst)), ("1", 2));
    bundle.rollback().unwrap();
    assert_eq!((lv_asks::show().as_str(), DROPPED.load(SeqCst)), ("1", 2));
    bundle.unload().unwrap();
}

/// In a state, within another one's value, and in what is put aside.
#[test]
fn a_handle_within_what_moves() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_nested");
    let version = |leaf: &str, tree: &str, garden: &str, first: [&str; 3], show: &str| {
        let [of_leaf, of_tree, of_garden] = first;
        fixture.build(&format!(
            "{TOLD}
             #[hot::versioned] pub struct Leaf {{ pub name: String, told: Told, {leaf} }}
             #[hot::versioned] pub struct Tree {{ pub first: hot::Live<Leaf>, {tree} }}
             #[hot::versioned] pub struct Garden {{ pub trees: Vec<hot::Live<Tree>>, {garden} }}
             pub fn leaf(name: &str) -> hot::Live<Leaf> {{
                 hot::Live::new(Leaf {{ name: name.to_owned(), told: Told(1), {of_leaf} }})
             }}
             #[hot::export] pub static GARDEN: hot::State<Garden> = hot::State::new(|| {{
                 let trees = vec![hot::Live::new(Tree {{ first: leaf(\"a\"), {of_tree} }})];
                 Garden {{ trees, {of_garden} }}
             }});
             #[hot::export] pub fn fill() {{ GARDEN.read(); }}
             #[hot::export] pub fn show() -> String {{
                 let garden = GARDEN.read();
                 let mut all = Vec::new();
                 for tree in &garden.trees {{
                     let tree = tree.get();
                     all.push(tree.first.get().name.clone());
                     {show}
                 }}
                 all.join(\" \")
             }}"
        ))
    };
    let one = version(
        "",
        "pub second: hot::Live<Leaf>",
        "pub spare: hot::Live<Leaf>",
        ["", "second: leaf(\"b\")", "spare: leaf(\"c\")"],
        "all.push(tree.second.get().name.clone()); all.push(garden.spare.get().name.clone());",
    );
    // All three move, and two of the leaves are put aside.
    let size = "#[hot(default = 5)] pub size: u64";
    let show = "all.push(tree.first.get().size.to_string());";
    let two = version(size, size, size, ["size: 1", "size: 1", "size: 1"], show);
    let bundle = host.load_library(&one).unwrap();
    lv_nested::fill();
    assert_eq!(lv_nested::show(), "a b c");
    host.load_library(&two).unwrap();
    assert_eq!(lv_nested::show(), "a 5");
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert_eq!(migration.live, ["lv_nested::Leaf (3 values)", "lv_nested::Tree (1 value)"]);
    assert_eq!(migration.states, ["lv_nested::GARDEN"]);
    bundle.rollback().unwrap();
    assert_eq!((lv_nested::show().as_str(), DROPPED.load(SeqCst)), ("a b c", 0));
    bundle.unload().unwrap();
}

#[test]
fn a_state_and_a_handle_move_both_or_neither() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_both");
    let version = |ty: &str, convert: &str, code: &str| {
        fixture.build(&format!(
            "use std::sync::Mutex;
             #[hot::versioned] pub struct Fish {{ {convert} pub size: {ty} }}
             #[hot::versioned] #[derive(Default)] pub struct Depth {{ pub depth: {ty} }}
             #[hot::export] pub static POND: Mutex<Vec<hot::Live<Fish>>> = Mutex::new(Vec::new());
             #[hot::export] pub static DEPTH: hot::State<Depth> = hot::State::new(Depth::default);
             #[hot::export] pub fn fill() {{
                 *POND.lock().unwrap() = [1, 2].map(|size| hot::Live::new(Fish {{ size }})).into();
                 DEPTH.write().depth = 9;
             }}
             #[hot::export] pub fn show() -> String {{
                 let sizes = POND.lock().unwrap().iter().map(|it| it.get().size).collect::<Vec<_>>();
                 format!(\"{{sizes:?}} of {{}} at {{}}\", size_of::<Fish>(), DEPTH.read().depth)
             }}
             {code}"
        ))
    };
    let bundle = host.load_library(version("u32", "", "")).unwrap();
    lv_both::fill();
    let convert = |code: &str| {
        let code = format!("fn convert(old: &u32) -> Result<u64, String> {{ {code} }}");
        version("u64", "#[hot(convert = convert)]", &code)
    };
    for failing in [
        "if *old == 2 { Err(\"no\".to_owned()) } else { Ok(3) }",
        "if *old == 2 { panic!(\"no\") } else { Ok(3) }",
    ] {
        let refused = host.load_library(convert(failing)).unwrap_err();
        assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
        assert!(refused.to_string().contains("`Fish.size` could not be made"), "{refused}");
        assert_eq!(lv_both::show(), "[1, 2] of 4 at 9");
    }
    host.load_library(convert("Ok(u64::from(*old) * 10)")).unwrap();
    assert_eq!(lv_both::show(), "[10, 20] of 8 at 9");
    bundle.rollback().unwrap_err();
    bundle.unload().unwrap();
}

#[test]
fn what_two_values_share_they_share_afterwards() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_shared");
    let version = |more: &str, first: &str| {
        fixture.build(&format!(
            "use std::sync::{{Arc, Mutex}};
             #[hot::versioned] pub struct Water {{ pub depth: u8, {more} }}
             #[hot::versioned] pub struct Fish {{ pub water: Arc<Water> }}
             #[hot::export] pub static POND: Mutex<Vec<hot::Live<Fish>>> = Mutex::new(Vec::new());
             #[hot::export] pub static WATER: hot::State<Option<Arc<Water>>> = hot::State::new(|| None);
             #[hot::export] pub fn fill() {{
                 let water = Arc::new(Water {{ depth: 3, {first} }});
                 *WATER.write() = Some(water.clone());
                 *POND.lock().unwrap() =
                     [water.clone(), water].map(|water| hot::Live::new(Fish {{ water }})).into();
             }}
             #[hot::export] pub fn show() -> String {{
                 let (pond, water) = (POND.lock().unwrap(), WATER.read());
                 let water = water.as_ref().unwrap();
                 let same = pond.iter().all(|fish| Arc::ptr_eq(&fish.get().water, water));
                 format!(\"{{}} {{same}} {{}}\", water.depth, Arc::strong_count(water))
             }}"
        ))
    };
    let bundle = host.load_library(version("", "")).unwrap();
    lv_shared::fill();
    assert_eq!(lv_shared::show(), "3 true 3");
    host.load_library(version("#[hot(default = 1)] pub salt: u64", "salt: 1")).unwrap();
    assert_eq!(lv_shared::show(), "3 true 3");
    bundle.rollback().unwrap();
    assert_eq!(lv_shared::show(), "3 true 3");
    bundle.unload().unwrap();
}

/// Handles come and go, on threads of the host's and of the bundle's own, while values move there and back.
#[test]
fn handles_that_come_and_go_meanwhile() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("lv_many");
    let version = |more: &str, first: &str| {
        fixture.build(&format!(
            "use std::sync::Mutex;
             {TOLD}
             #[hot::versioned] pub struct Fish {{ pub name: String, told: Told, {more} }}
             pub fn fish(name: &str) -> hot::Live<Fish> {{
                 hot::Live::new(Fish {{ name: name.to_owned(), told: Told(1), {first} }})
             }}
             #[hot::export] pub static POND: Mutex<Vec<hot::Live<Fish>>> = Mutex::new(Vec::new());
             #[hot::export] pub fn come_and_go() -> usize {{
                 let mut fish = [fish(\"Ann\"), fish(\"Bob\"), fish(\"Cid\")];
                 fish[1].get_mut().name.push('!');
                 fish.iter().map(|fish| fish.get().name.len()).sum()
             }}
             /// On a thread that no move waits for.
             #[hot::export] pub fn stay() -> usize {{
                 let count = 2000;
                 std::thread::spawn(move || {{
                     for number in 0..count {{
                         let one = fish(\"Dan\");
                         if number % 2 == 0 {{
                             if let Ok(one) = one.try_get() {{ assert_eq!(one.name, \"Dan\") }}
                         }}
                         if number % 100 == 0 {{ POND.lock().unwrap().push(one) }}
                     }}
                     hot::get!(live::turn)();
                 }});
                 count
             }}
             #[hot::export] pub fn show() -> String {{
                 let kept = std::mem::take(&mut *POND.lock().unwrap());
                 let sound = |fish: &hot::Live<Fish>| fish.try_get().is_ok_and(|fish| fish.name == \"Dan\");
                 let sound = kept.iter().filter(|fish| sound(fish)).count();
                 format!(\"{{sound}} {{}}\", kept.len())
             }}"
        ))
    };
    let [one, two] = [version("", ""), version("#[hot(default = 1)] pub age: u64", "age: 1")];
    let bundle = host.load_library(&one).unwrap();
    let made = AtomicUsize::new(0);
    made.fetch_add(lv_many::stay(), SeqCst);
    let threads = 3;
    std::thread::scope(|scope| {
        let stop = tests::Stop(&STOP);
        for _ in 0..threads {
            scope.spawn(|| {
                while !STOP.load(SeqCst) {
                    made.fetch_add(3, SeqCst);
                    assert_eq!(lv_many::come_and_go(), 10);
                }
            });
        }
        // Who is inside, or has a guard, may be without a processor for as long as the host waits.
        let moved = |go: &dyn Fn() -> hot::Result<()>| {
            wait_until(|| match go() {
                Ok(()) => true,
                Err(error) => {
                    let is_busy = |it: &Code| [Code::Inside, Code::GuardHeld].contains(it);
                    assert!(codes(&error).iter().all(is_busy), "{error}");
                    false
                }
            });
        };
        moved(&|| host.load_library(&two).map(drop));
        for round in 0..20 {
            moved(&|| match round % 2 {
                0 => bundle.rollback().map(drop),
                _ => host.load_library(&two).map(drop),
            });
        }
        drop(stop);
    });
    wait_until(|| ARRIVED.load(SeqCst) == 1);
    ALLOWED.store(1, SeqCst);
    // What old code has made since is laid out as that code had it, until the next load.
    host.load_library(&one).unwrap();
    host.load_library(&two).unwrap();
    assert_eq!(lv_many::show(), "20 20");
    assert_eq!(DROPPED.load(SeqCst), made.load(SeqCst));
    bundle.unload().unwrap();
}

/// A host that has a first version of its bundle in its own crate, and makes values before there is a
/// host; it looks at them itself, too.
const LINKED: &str = r#"
mod world {
    #[hot::versioned] #[derive(Debug)]
    pub struct Lake { pub size: u32, pub here: std::rc::Rc<u8> }
}
use world::Lake;
#[hot::export] pub fn create() -> hot::Live<Lake> {
    hot::Live::new(Lake { size: 1, here: std::rc::Rc::new(7) })
}
#[hot::export] pub fn look(lake: &hot::Live<Lake>) -> String { format!("{lake:?}") }

fn main() {
    let deeper = std::env::args().nth(1).unwrap();
    let mut lakes = vec![create(), create()];
    let host = hot::Host::builder().patience(std::time::Duration::from_millis(20)).start().unwrap();
    lakes.push(create());
    lakes[0].get_mut().size = 3;
    let looks = lakes[1].get();
    println!("{:?}", unsafe { host.load(&deeper) }.unwrap_err().code());
    drop(looks);
    let bundle = unsafe { host.load(&deeper) }.unwrap();
    println!("{}", bundle.report().unwrap().migration.as_ref().unwrap().live.join(" "));
    let say = |lakes: &[hot::Live<Lake>]| {
        println!("{} {:?}", lakes.iter().map(look).collect::<Vec<_>>().join(" "), lakes[0]);
    };
    say(&lakes);
    drop(lakes.remove(1));
    let looks = lakes[0].try_get();
    println!("{}", looks.unwrap_err());
    bundle.unload().unwrap();
    say(&lakes);
}
"#;

#[test]
fn values_of_what_is_linked_move_and_come_back_to_it() {
    let fixture = Fixture::new("lv_linked");
    let deeper = fixture.build(
        "mod world {
             #[hot::versioned] #[derive(Debug)]
             pub struct Lake { #[hot(default = 4)] pub depth: u8, pub size: u32, pub here: std::rc::Rc<u8> }
         }
         use world::Lake;
         #[hot::export] pub fn create() -> hot::Live<Lake> {
             hot::Live::new(Lake { depth: 0, size: 2, here: std::rc::Rc::new(8) })
         }
         #[hot::export] pub fn look(lake: &hot::Live<Lake>) -> String { format!(\"{}\", lake.get().depth) }",
    );
    let program = rustc::compile(fixture.folder(), "lv_linked", "bin", LINKED);
    let output = std::process::Command::new(program).arg(deeper).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let lake = |size: u8| format!("Live(Lake {{ size: {size}, here: 7 }})");
    let expected = [
        "GuardHeld",
        "lv_linked::world::Lake (3 values)",
        "4 4 4 Live(<of another layout>)",
        "HOT0405: the value was laid out for another version of `lv_linked::world::Lake` than this \
         code was compiled with",
        &format!("{} {} {}", lake(3), lake(1), lake(3)),
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{output:?}");
}

static STOP: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
