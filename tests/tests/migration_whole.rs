//! `#[hot::migrate]`: functions of an author make the new version of whole types.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicIsize, Ordering::SeqCst},
    },
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    refusal::{codes, fact},
};

hot::import! {
    mw_enum => { fn show() -> String; fn touch(); }
    mw_back => { fn show() -> String; fn touch(); }
    mw_fails => { fn show() -> String; fn touch(); }
    mw_rest => { fn show() -> String; fn touch(); }
    mw_nested => { fn show() -> String; fn touch(); }
    mw_parameters => { fn show() -> String; fn touch(); }
    mw_chain => { fn show() -> String; fn touch(); }
    mw_other => { fn show() -> String; fn touch(); }
    mw_attacks => { fn show() -> String; fn touch(); }
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// How many values are alive that each bundle has made.
static ALIVE: Mutex<BTreeMap<String, i32>> = Mutex::new(BTreeMap::new());
/// How many more calls of the authors' code succeed, and how the next one fails.
static CALLS_LEFT: AtomicIsize = AtomicIsize::new(isize::MAX);
static PANICS: AtomicBool = AtomicBool::new(false);

/// A value of this bundle was made, or dropped.
#[hot::export]
fn count(bundle: &str, by: i32) {
    *ALIVE.lock().unwrap().entry(bundle.to_owned()).or_default() += by;
}

/// Whether a call of the authors' code fails.
#[hot::export]
fn fails() -> bool {
    let fails = CALLS_LEFT.fetch_sub(1, SeqCst) <= 0;
    assert!(!(fails && PANICS.load(SeqCst)), "as it was asked to");
    fails
}

/// What is counted.
const TOKEN: &str = "
    hot::import! { migration_whole => { fn count(bundle: &str, by: i32); fn fails() -> bool; } }
    #[hot::versioned] #[derive(Debug)] pub struct Token { pub number: u32 }
    impl Token {
        pub fn new(number: u32) -> Token { migration_whole::count(module_path!(), 1); Token { number } }
    }
    impl Drop for Token { fn drop(&mut self) { migration_whole::count(module_path!(), -1); } }
    pub fn fails() -> bool { migration_whole::fails() }
";

/// A bundle with a state `WORLD`, and what shows it.
struct World {
    name: &'static str,
    fixture: Fixture,
    show: fn() -> String,
    touch: fn(),
}

macro_rules! world {
    ($name:ident) => {
        World {
            name: stringify!($name),
            fixture: Fixture::new(stringify!($name)),
            show: || $name::show(),
            touch: || $name::touch(),
        }
    };
}

impl World {
    /// A version of it.
    fn version(&self, types: &str, first: &str, code: &str) -> PathBuf {
        self.of("World", types, first, code)
    }

    /// The same, whose state is of this type.
    fn of(&self, ty: &str, types: &str, first: &str, code: &str) -> PathBuf {
        self.fixture.build(&format!(
            "{types}
             #[hot::export] pub static WORLD: hot::State<{ty}> = hot::State::new(|| {first});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*WORLD.read()) }}
             #[hot::export] pub fn touch() {{ let _ = &mut *WORLD.write(); }}
             {code}"
        ))
    }

    fn show(&self) -> String {
        (self.show)()
    }

    fn alive(&self) -> i32 {
        ALIVE.lock().unwrap().get(self.name).copied().unwrap_or(0)
    }

    fn touch(&self) {
        (self.touch)();
    }

    /// Refused, for these reasons, and nothing has changed.
    fn refused(&self, host: &Host, library: &PathBuf, expected: &[Code]) -> hot::Error {
        let before = (self.show(), self.alive());
        let refused = host.load_library(library).map(drop).unwrap_err();
        assert_eq!(codes(&refused), expected, "{refused}");
        assert_eq!((self.show(), self.alive()), before, "{refused}");
        refused
    }
}

const V1: &str =
    "#[hot::versioned] #[derive(Debug)] pub struct World { pub heat: f32, pub log: Vec<String> }";
const OLD_V1: &str = "mod v1 {
    #[hot::versioned(of = \"World\")] pub struct World { pub heat: f32, pub log: Vec<String> }
}";
const FIRST: &str = "World { heat: 1.5, log: vec![\"a\".to_owned()] }";
const ENUM: &str = "#[hot::versioned] #[derive(Debug)] pub enum World { Cold, Warm { heat: f32, log: Vec<String> } }";
const UP: &str = "#[hot::migrate] fn up(old: &v1::World) -> World {
    if old.heat < 1.0 { World::Cold } else { World::Warm { heat: old.heat * 2.0, log: old.log.clone() } }
}";
const DOWN: &str = "#[hot::migrate] fn down(old: &World) -> v1::World {
    match old {
        World::Cold => v1::World { heat: 0.0, log: Vec::new() },
        World::Warm { heat, log } => v1::World { heat: heat / 2.0, log: log.clone() },
    }
}";

#[test]
fn a_struct_becomes_an_enum_and_goes_back() {
    let (_alone, host) = alone();
    let world = world!(mw_enum);
    let one = world.version(V1, FIRST, "");
    let two = world.version(&format!("{OLD_V1} {ENUM}"), "World::Cold", UP);
    let back = world.version(&format!("{OLD_V1} {ENUM}"), "World::Cold", &format!("{UP} {DOWN}"));
    let bundle = host.load_library(&one).unwrap();
    let old = "World { heat: 1.5, log: [\"a\"] }";
    let new = "Warm { heat: 3.0, log: [\"a\"] }";
    assert_eq!(world.show(), old);
    host.check(&two).unwrap();
    host.load_library(&two).unwrap();
    assert_eq!(world.show(), new);
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert_eq!((migration.values, migration.made, migration.parked), (1, 1, 1), "{migration}");
    assert_eq!(migration.one_way, ["World, once it is written to"]);
    // Nobody has written: what was put aside comes back, and then what the function made.
    bundle.rollback().unwrap();
    assert_eq!(world.show(), old);
    host.load_library(&two).unwrap();
    assert_eq!(world.show(), new);
    assert_eq!(bundle.report().unwrap().migration.clone().unwrap().came_back, 1);
    world.touch();
    let refused = bundle.rollback().map(drop).unwrap_err();
    assert_eq!(codes(&refused), [Code::WrittenSince], "{refused}");
    assert_eq!(world.show(), new);
    // A version that has a function in the other direction comes in between.
    host.load_library(&back).unwrap();
    assert_eq!(world.show(), new);
    host.load_library(&one).unwrap();
    assert_eq!(world.show(), old);
    bundle.unload().unwrap();
}

#[test]
fn a_function_in_the_other_direction_is_called_once_something_was_written() {
    let (_alone, host) = alone();
    let world = world!(mw_back);
    let one = world.version(V1, FIRST, "#[hot::export] pub fn cool() {}");
    let types = format!("{OLD_V1} {ENUM}");
    let two = world.version(
        &types,
        "World::Cold",
        &format!(
            "{UP} {DOWN} #[hot::export] pub fn cool() {{
        if let World::Warm {{ heat, .. }} = &mut *WORLD.write() {{ *heat = 8.0 }}
    }}"
        ),
    );
    let bundle = host.load_library(&one).unwrap();
    host.load_library(&two).unwrap();
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert!(migration.one_way.is_empty(), "{migration}");
    hot::lookup!(host, "mw_back::cool", fn()).unwrap()();
    bundle.rollback().unwrap();
    assert_eq!(world.show(), "World { heat: 4.0, log: [\"a\"] }");
    world.touch();
    host.load_library(&two).unwrap();
    assert_eq!(world.show(), "Warm { heat: 8.0, log: [\"a\"] }");
    bundle.unload().unwrap();
}

#[test]
fn each_value_may_fail_and_is_dropped_once() {
    let (_alone, host) = alone();
    let world = world!(mw_fails);
    let state = "#[hot::versioned] #[derive(Debug)] pub struct World { pub items: Vec<Item>, pub kept: Token }";
    let one = world.version(
        &format!("{TOKEN} {state} #[hot::versioned] #[derive(Debug)] pub struct Item {{ pub token: Token, pub n: u8 }}"),
        "World {
            items: (0..3).map(|n| Item { token: Token::new(n), n: n as u8 }).collect(),
            kept: Token::new(9),
        }",
        "",
    );
    let types = format!(
        "{TOKEN} {state}
         mod v1 {{ #[hot::versioned(of = \"Item\")] pub struct Item {{ pub token: crate::Token, pub n: u8 }} }}
         #[hot::versioned] #[derive(Debug)] pub enum Item {{ Small(Token), Large {{ first: Token, second: Token }} }}"
    );
    let two = world.version(
        &types,
        "World { items: Vec::new(), kept: Token::new(0) }",
        "#[hot::migrate] fn up(old: &v1::Item) -> Result<Item, String> {
             let first = Token::new(old.token.number + 10);
             if fails() { return Err(format!(\"no {}\", old.n)) }
             Ok(match old.n { 1 => Item::Large { first, second: Token::new(20) }, _ => Item::Small(first) })
         }",
    );
    let bundle = host.load_library(&one).unwrap();
    assert_eq!(world.alive(), 4);
    for panics in [false, true] {
        for calls in 0..3 {
            PANICS.store(panics, SeqCst);
            CALLS_LEFT.store(calls, SeqCst);
            let refused = world.refused(&host, &two, &[Code::AuthorsCode]);
            let said = match panics {
                true => "as it was asked to".to_owned(),
                false => format!("no {calls}"),
            };
            let text = refused.to_string();
            assert!(text.contains("`World.items[]`") && text.contains(&said), "{refused}");
        }
    }
    CALLS_LEFT.store(isize::MAX, SeqCst);
    host.load_library(&two).unwrap();
    assert_eq!(
        world.show(),
        "World { items: [Small(Token { number: 10 }), Large { first: Token { number: 11 }, \
         second: Token { number: 20 } }, Small(Token { number: 12 })], kept: Token { number: 9 } }"
    );
    // The old ones are put aside.
    assert_eq!(world.alive(), 4 + 4);
    bundle.rollback().unwrap();
    assert_eq!(world.alive(), 4 + 4);
    host.load_library(&two).unwrap();
    assert_eq!(world.alive(), 4 + 4, "nothing was made anew");
    bundle.unload().unwrap();
}

#[test]
fn what_the_function_does_not_make_moves_by_its_name() {
    let (_alone, host) = alone();
    let world = world!(mw_rest);
    let one = world.version(
        &format!(
            "{TOKEN} #[hot::versioned] #[derive(Debug)] pub struct World {{
                 pub gone: Token, pub file: Token, pub width: u32, pub height: u32, pub renamed: Token,
             }}"
        ),
        "World { gone: Token::new(1), file: Token::new(2), width: 3, height: 4, renamed: Token::new(5) }",
        "",
    );
    let types = format!(
        "{TOKEN}
         mod v1 {{ #[hot::versioned(of = \"World\")] pub struct World {{
             pub gone: crate::Token, pub file: crate::Token, pub width: u32, pub height: u32, pub renamed: crate::Token,
         }} }}
         #[hot::versioned] #[derive(Debug)] pub struct World {{
             pub area: u64, pub file: Token, #[hot(renamed_from = \"renamed\")] pub name: Token, pub label: Token,
             #[hot(default = 7)] pub more: u8,
         }}
         #[hot::versioned] struct Made {{ area: u64, label: Token }}"
    );
    let two = world.version(
        &types,
        "unreachable!()",
        "#[hot::migrate(into = World)] fn up(old: &v1::World) -> Result<Made, String> {
             let label = Token::new(old.gone.number);
             if fails() { return Err(\"no\".to_owned()) }
             Ok(Made { area: u64::from(old.width * old.height), label })
         }",
    );
    let bundle = host.load_library(&one).unwrap();
    let old = world.show();
    assert_eq!(world.alive(), 3);
    CALLS_LEFT.store(0, SeqCst);
    for panics in [false, true] {
        PANICS.store(panics, SeqCst);
        world.refused(&host, &two, &[Code::AuthorsCode]);
    }
    CALLS_LEFT.store(isize::MAX, SeqCst);
    host.load_library(&two).unwrap();
    assert_eq!(
        world.show(),
        "World { area: 12, file: Token { number: 2 }, name: Token { number: 5 }, label: Token { number: 1 }, more: 7 }"
    );
    assert_eq!(world.alive(), 4);
    // The fields that are gone were put aside one by one.
    bundle.rollback().unwrap();
    assert_eq!((world.show(), world.alive()), (old, 4));
    bundle.unload().unwrap();
}

#[test]
fn values_are_made_anew_wherever_they_are() {
    let (_alone, host) = alone();
    let world = world!(mw_nested);
    let state = "use std::{collections::{BTreeMap, HashMap}};
        #[hot::versioned] #[derive(Debug)] pub enum Kind { None, Of(Shape, u8), Named { shape: Shape } }
        #[hot::versioned] #[derive(Debug)] pub struct World {
            pub one: Shape, pub maybe: Option<Shape>, pub boxed: Box<Shape>, pub all: Vec<Shape>,
            pub named: HashMap<String, Shape>, pub sorted: BTreeMap<u8, Shape>, pub kinds: Vec<Kind>,
            pub pair: (u8, Shape), pub two: [Shape; 2], pub shared: [std::sync::Arc<Shape>; 2],
        }
        fn world(shape: impl Fn(u32) -> Shape) -> World {
            let shared = std::sync::Arc::new(shape(1));
            World {
                one: shape(2), maybe: Some(shape(3)), boxed: Box::new(shape(4)), all: vec![shape(5), shape(6)],
                named: [(\"a\".to_owned(), shape(7))].into(), sorted: [(1, shape(8)), (2, shape(9))].into(),
                kinds: vec![Kind::None, Kind::Of(shape(10), 1), Kind::Named { shape: shape(11) }],
                pair: (1, shape(12)), two: [shape(13), shape(14)], shared: [shared.clone(), shared],
            }
        }";
    let enumerated =
        "#[derive(Debug)] pub enum Shape { Dot, Circle { radius: u32, tag: Box<u8> } }";
    let circle = "|radius| Shape::Circle { radius, tag: Box::new(1) }";
    let one = world.version(
        &format!("{state} #[hot::versioned] {enumerated}"),
        &format!("world({circle})"),
        "#[hot::export] pub fn expected() -> String { String::new() }
         #[hot::export] pub fn is_shared() -> bool { true }",
    );
    let square =
        "#[hot::versioned] #[derive(Debug)] pub struct Shape { pub side: u64, pub tags: Vec<u8> }";
    let old = "mod v1 { #[hot::versioned(of = \"Shape\")] pub enum Shape { Dot, Circle { radius: u32, tag: Box<u8> } } }";
    let two = world.version(
        &format!("{state} {square} {old}"),
        "unreachable!()",
        "#[hot::migrate] fn up(old: &v1::Shape) -> Shape {
             match old {
                 v1::Shape::Dot => Shape { side: 0, tags: Vec::new() },
                 v1::Shape::Circle { radius, tag } => Shape { side: (radius * 2).into(), tags: vec![**tag; 2] },
             }
         }
         #[hot::export] pub fn expected() -> String {
             format!(\"{:?}\", world(|radius| Shape { side: (radius * 2).into(), tags: vec![1, 1] }))
         }
         #[hot::export] pub fn is_shared() -> bool {
             let [a, b] = &WORLD.read().shared;
             std::sync::Arc::ptr_eq(a, b)
         }",
    );
    let bundle = host.load_library(&one).unwrap();
    let before = world.show();
    host.load_library(&two).unwrap();
    assert_eq!(world.show(), hot::lookup!(host, "mw_nested::expected", fn() -> String).unwrap()());
    assert!(hot::lookup!(host, "mw_nested::is_shared", fn() -> bool).unwrap()());
    bundle.rollback().unwrap();
    assert_eq!(world.show(), before);
    bundle.unload().unwrap();
}

#[test]
fn parameters_change() {
    let (_alone, host) = alone();
    let world = world!(mw_parameters);
    let one = world.of(
        "Grid<u8>",
        "#[hot::versioned] #[derive(Debug)] pub struct Grid<T> { pub cells: Vec<T> }",
        "Grid { cells: vec![1, 2] }",
        "",
    );
    let two = world.of(
        "Grid<u8, f32>",
        "mod v1 { #[hot::versioned(of = \"Grid\")] pub struct Grid<T> { pub cells: Vec<T> } }
         #[hot::versioned] #[derive(Debug)] pub struct Grid<T, S> { pub cells: Vec<(T, S)> }",
        "Grid { cells: Vec::new() }",
        "#[hot::migrate] fn up(old: &v1::Grid<u8>) -> Grid<u8, f32> {
             Grid { cells: old.cells.iter().map(|cell| (*cell, 0.5)).collect() }
         }",
    );
    let bundle = host.load_library(&one).unwrap();
    host.load_library(&two).unwrap();
    assert_eq!(world.show(), "Grid { cells: [(1, 0.5), (2, 0.5)] }");
    bundle.rollback().unwrap();
    assert_eq!(world.show(), "Grid { cells: [1, 2] }");
    bundle.unload().unwrap();
}

/// Three versions of a type; the last one is current.
const THREE: &str = "
    mod v1 { #[hot::versioned(of = \"World\")] pub struct World { pub n: u32, pub token: crate::Token } }
    mod v2 { #[hot::versioned(of = \"World\")] pub enum World { Of(crate::Token) } }
    #[hot::versioned] #[derive(Debug)] pub struct World { pub text: String, pub token: Token }";

#[test]
fn the_shortest_chain_is_taken() {
    let (_alone, host) = alone();
    let world = world!(mw_chain);
    let one = world.version(
        &format!("{TOKEN} #[hot::versioned] #[derive(Debug)] pub struct World {{ pub n: u32, pub token: Token }}"),
        "World { n: 1, token: Token::new(2) }",
        "",
    );
    let bundle = host.load_library(&one).unwrap();
    let types = format!("{TOKEN} {THREE}");
    let version = |code: &str| world.version(&types, "unreachable!()", code);
    let first = "#[hot::migrate] fn first(old: &v1::World) -> v2::World { v2::World::Of(Token::new(old.n + old.token.number)) }";
    let second = "#[hot::migrate] fn second(old: &v2::World) -> Result<World, &'static str> {
        let v2::World::Of(token) = old;
        let token = Token::new(token.number);
        if fails() { return Err(\"no second\") }
        Ok(World { text: token.number.to_string(), token })
    }";
    let direct = |name: &str| {
        format!(
            "#[hot::migrate] fn {name}(_: &v1::World) -> World {{
            World {{ text: \"{name}\".to_owned(), token: Token::new(0) }}
        }}"
        )
    };
    let both = version(&format!("{first} {second}"));
    // What the first one has made is dropped when the second one fails.
    CALLS_LEFT.store(0, SeqCst);
    for panics in [false, true] {
        PANICS.store(panics, SeqCst);
        world.refused(&host, &both, &[Code::AuthorsCode]);
    }
    CALLS_LEFT.store(isize::MAX, SeqCst);
    host.load_library(&both).unwrap();
    assert_eq!(world.show(), "World { text: \"3\", token: Token { number: 3 } }");
    assert_eq!(world.alive(), 2);
    let untidy = || -> Vec<String> {
        let all = host.tidy().unwrap();
        let own = all.iter().filter(|it| it.path.starts_with("mw_chain::"));
        own.map(ToString::to_string).collect()
    };
    // A rollback leads back to what the first one takes; the second one goes on from there.
    assert_eq!(untidy(), [""; 0]);
    bundle.rollback().unwrap();
    world.touch();
    host.load_library(version(&format!("{first} {second} {}", direct("third")))).unwrap();
    assert_eq!(world.show(), "World { text: \"third\", token: Token { number: 0 } }");
    bundle.rollback().unwrap();
    world.touch();

    let two = version(&format!("{} {}", direct("a"), direct("b")));
    let refused = world.refused(&host, &two, &[Code::AmbiguousMigrate]);
    let ways: Vec<_> = refused.reasons()[0].facts.iter().map(|(_, fact)| &**fact).collect();
    assert!(ways.contains(&"`mw_chain::a`") && ways.contains(&"`mw_chain::b`"), "{refused}");
    let nowhere = version(first);
    let refused = world.refused(&host, &nowhere, &[Code::MigrateLeadsNowhere]);
    assert_eq!(fact(&refused.reasons()[0], "way"), "`mw_chain::first`");
    let circle = "#[hot::migrate] fn back(_: &v2::World) -> v1::World { v1::World { n: 0, token: Token::new(0) } }";
    world.refused(&host, &version(&format!("{first} {circle}")), &[Code::MigrateLeadsNowhere]);
    // A circle beside the way is in nobody's way.
    host.load_library(version(&format!("{first} {second} {circle}"))).unwrap();
    assert_eq!(world.show(), "World { text: \"3\", token: Token { number: 3 } }");
    bundle.unload().unwrap();
    host.load_library(&both).unwrap();
    assert_eq!(untidy(), ["mw_chain::first: #[hot::migrate]", "mw_chain::second: #[hot::migrate]"]);
    bundle.unload().unwrap();
}

#[test]
fn a_function_of_another_version_is_not_called() {
    let (_alone, host) = alone();
    let world = world!(mw_other);
    let bundle = host.load_library(world.version(V1, FIRST, "")).unwrap();
    let version = |of: &str, fields: &str, last: &str| {
        let types = format!(
            "mod v1 {{ #[hot::versioned(of = \"{of}\")] pub struct World {{ {fields} }} }} {last}"
        );
        world.version(
            &types,
            "unreachable!()",
            "#[hot::migrate] fn up(_: &v1::World) -> World { panic!(\"it was called\") }",
        )
    };
    for (fields, why) in [
        ("pub heat: f64, pub log: Vec<String>", "it has `heat` as `f64`, not as `f32`"),
        ("pub heat: f32", "it has no field `log`"),
        ("pub heat: f32, pub log: Vec<String>, pub more: u8", "the value has no field `more`"),
        (
            "pub heat: f32, pub log: Vec<Option<String>>",
            "it has `log` as `Vec<Option<String>>`, not as `Vec<String>`",
        ),
    ] {
        let expected = [Code::NeedsConversion, Code::OtherVersion];
        let refused = world.refused(&host, &version("World", fields, ENUM), &expected);
        assert_eq!(fact(&refused.reasons()[1], "why"), why);
    }
    // No live value has such a type, and names say how this one moves.
    let grown = "#[hot::versioned] #[derive(Debug)] pub struct World { pub heat: f32, pub log: Vec<String>, pub more: u8 }";
    host.load_library(version("World", "pub n: u8", grown)).unwrap();
    assert_eq!(world.show(), "World { heat: 1.5, log: [\"a\"], more: 0 }");
    bundle.rollback().unwrap();
    host.load_library(version("Planet", "pub heat: f32, pub log: Vec<String>", grown)).unwrap();
    bundle.unload().unwrap();
}

#[test]
fn functions_that_change_or_keep_what_they_are_given() {
    let (_alone, host) = alone();
    let world = world!(mw_attacks);
    let fields =
        "pub list: Box<Mutex<Vec<Item>>>, pub item: Arc<Item>, pub also: Arc<Item>, pub n: Number";
    let state = format!(
        "use std::sync::{{Arc, Mutex}}; #[hot::versioned] #[derive(Debug)] pub struct World {{ {fields} }}"
    );
    let one = world.version(
        &format!(
            "{state} #[hot::versioned] #[derive(Debug)] pub struct Item {{ pub n: u8 }}
             #[hot::versioned] #[derive(Debug)] pub struct Number {{ pub n: u8, pub list: Arc<Item> }}"
        ),
        "{ let item = Arc::new(Item { n: 1 }); World {
            list: Box::default(), also: item.clone(), n: Number { n: 3, list: Arc::new(Item { n: 2 }) }, item,
        } }",
        "",
    );
    let grown = "#[hot::versioned] #[derive(Debug)] pub struct Item { pub n: u8, pub more: String }
        #[hot::versioned] #[derive(Debug)] pub enum Number { Of(u8) }";
    let old = "mod v1 {
        use std::sync::{Arc, Mutex};
        #[hot::versioned(of = \"Item\")] pub struct Item { pub n: u8 }
        #[hot::versioned(of = \"Number\")] pub struct Number { pub n: u8, pub list: Arc<Item> }
        #[hot::versioned(of = \"World\")] pub struct World { pub list: Box<Mutex<Vec<Item>>>, pub item: Arc<Item>, pub also: Arc<Item>, pub n: Number }
    }";
    let bundle = host.load_library(&one).unwrap();
    let types = format!("{state} {grown} {old}");
    // What is in a lock could be taken away while the function has it.
    let in_cell =
        "#[hot::migrate] fn item(old: &v1::Item) -> Item { Item { n: old.n, more: String::new() } }
        #[hot::migrate] fn number(old: &v1::Number) -> Number { Number::Of(old.n) }";
    let refused = world.refused(
        &host,
        &world.version(&types, "unreachable!()", in_cell),
        &[Code::ConvertsInCell],
    );
    assert_eq!(refused.reasons()[0].path.as_deref(), Some("World.list[]"));
    // The list that the walk has seen grows.
    let grows = "#[hot::versioned] struct Made { n: Number }
        #[hot::migrate(into = World)] fn up(old: &v1::World) -> Made {
            old.list.lock().unwrap().push(v1::Item { n: 9 });
            Made { n: Number::Of(1) }
        }";
    let refused =
        host.load_library(world.version(&types, "unreachable!()", grows)).map(drop).unwrap_err();
    assert!(codes(&refused).contains(&Code::ChangedMeanwhile), "{refused}");
    assert!(world.show().contains("[Item { n: 9 }]"), "as the author's code left it");
    // The part of the world that is shared is kept.
    let keeps = "static KEPT: Mutex<Option<Arc<v1::Item>>> = Mutex::new(None);
        #[hot::versioned] struct Made { n: Number }
        #[hot::migrate(into = World)] fn up(old: &v1::World) -> Made {
            *KEPT.lock().unwrap() = Some(old.item.clone());
            Made { n: Number::Of(1) }
        }";
    world.refused(
        &host,
        &world.version(&types, "unreachable!()", keeps),
        &[Code::ChangedMeanwhile, Code::InUse],
    );
    bundle.unload().unwrap();
}
