//! Values of states become those of the new version of their type.

use std::sync::{
    LazyLock, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, refusal::codes};

hot::import! {
    mi_pond => { fn show() -> String; fn change(); }
    mi_fails => { fn show() -> String; fn fill(); }
    mi_init => { fn show() -> String; }
    mi_tidy => { fn show() -> String; }
    mi_other => { fn show() -> String; }
    mi_wider => { fn show() -> String; }
    mi_names => { fn show() -> String; }
    mi_twins => { fn show() -> String; }
    mi_heir => { fn show() -> String; }
    mi_again => { fn show() -> String; }
    mi_early => { fn show() -> String; }
    mi_drops => { fn show() -> String; }
}

/// What bundles' values count.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// A value of a bundle was dropped.
#[hot::export]
fn dropped() {
    DROPPED.fetch_add(1, SeqCst);
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

#[test]
fn a_field_is_added_removed_and_comes_back() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_pond");
    let version = |fish: &str, pond: &str, first: &str, depth: &str, more: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Fish {{ pub name: String, {fish} }}
             #[hot::versioned] #[derive(Debug)] pub struct Pond {{ pub fish: Vec<Fish>, {pond} }}
             #[hot::export] pub static POND: hot::State<Pond> = hot::State::new(|| Pond {{
                 fish: [\"Ann\", \"Bob\"].map(|name| Fish {{ name: name.to_owned(), {first} }}).into(),
                 depth: {depth},
             }});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*POND.read()) }}
             #[hot::export] pub fn change() {{ {more} }}"
        ))
    };
    let one = version("size: u32", "depth: u8", "size: 1", "7", "POND.write().fish[1].size = 5;");
    let two = version(
        "#[hot(default = 2.5)] weight: f64, size: u32",
        "depth: u8",
        "weight: 0.0, size: 0",
        "9",
        "",
    );
    let three = version("size: u64", "depth: Option<u8>", "size: 0", "None", "");
    let bundle = host.load_library(&one).unwrap();
    let (show, change) = (hot::get!(mi_pond::show), hot::get!(mi_pond::change));
    change();
    let old = show();
    assert_eq!(
        old,
        "Pond { fish: [Fish { name: \"Ann\", size: 1 }, Fish { name: \"Bob\", size: 5 }], depth: 7 }"
    );
    host.check(&two).unwrap();
    host.load_library(&two).unwrap();
    assert_eq!(
        show(),
        "Pond { fish: [Fish { name: \"Ann\", weight: 2.5, size: 1 }, \
         Fish { name: \"Bob\", weight: 2.5, size: 5 }], depth: 7 }"
    );
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert_eq!(migration.states, ["mi_pond::POND"]);
    assert_eq!((migration.values, migration.made, migration.parked), (3, 0, 0), "{migration}");
    bundle.rollback().unwrap();
    assert_eq!(show(), old);
    // Over a version between.
    host.load_library(&two).unwrap();
    let wider = "#[hot(default = 2.5)] weight: f64, #[hot(default = true)] wet: bool, size: u32";
    let wet = version(wider, "depth: u8", "weight: 0.0, wet: false, size: 0", "9", "");
    host.load_library(&wet).unwrap();
    assert!(show().contains("{ name: \"Bob\", weight: 2.5, wet: true, size: 5 }"), "{}", show());
    bundle.rollback_to(1).unwrap();
    assert_eq!(show(), old);
    host.load_library(&three).unwrap();
    assert_eq!(
        show(),
        "Pond { fish: [Fish { name: \"Ann\", size: 1 }, Fish { name: \"Bob\", size: 5 }], \
         depth: Some(7) }"
    );
    // Not every number fits into a smaller one.
    let refused = bundle.rollback().unwrap_err();
    assert_eq!(codes(&refused), [Code::NeedsConversion; 2], "{refused}");
    bundle.unload().unwrap();
}

#[test]
fn a_host_says_what_became_of_a_state_and_what_no_value_needs() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_tidy");
    let version = |fish: &str, first: &str, renamed: &str, mood: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Fish {{ {fish} }}
             #[hot::versioned] #[derive(Debug)] pub enum Mood {{ {renamed} {mood} }}
             fn text(old: &u8) -> String {{ old.to_string() }}
             #[hot::export] pub static POND: hot::State<Vec<(Fish, Mood)>> =
                 hot::State::new(|| vec![(Fish {{ {first} }}, Mood::{mood})]);
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*POND.read()) }}"
        ))
    };
    let one = version("size: u32, age: u8, gone: u8", "size: 7, age: 3, gone: 1", "", "Calm");
    let two = version(
        "#[hot(renamed_from = \"size\")] extent: u32, #[hot(default = 2.5)] weight: f64,
         #[hot(convert = text)] age: String",
        "extent: 0, weight: 0.0, age: String::new()",
        "#[hot(renamed_from = \"Calm\")]",
        "Quiet",
    );
    let untidy = || -> Vec<String> {
        let all = host.tidy().unwrap();
        let own = all.iter().filter(|it| it.path.starts_with("mi_tidy::"));
        own.map(ToString::to_string).collect()
    };
    let bundle = host.load_library(&one).unwrap();
    assert_eq!(hot::get!(mi_tidy::show)(), "[(Fish { size: 7, age: 3, gone: 1 }, Calm)]");
    let state = || host.status().unwrap().states.into_iter().find(|it| it.path == "mi_tidy::POND");
    let first = state().unwrap();
    assert_eq!((first.made_by, first.moves, first.put_aside), (1, 0, 0));
    assert!(first.type_name.contains("Fish") && first.size == 24, "{first:?}");
    host.load_library(&two).unwrap();
    let moved = state().unwrap();
    // What is gone, and what was converted.
    assert_eq!((moved.made_by, moved.moves, moved.put_aside), (1, 1, 2));
    assert_ne!(moved.layout, first.layout);
    let said = host.status().unwrap().to_string();
    assert!(said.contains("made by generation 1, moved once, 2 values put aside"), "{said}");
    // A rollback leads back to what they speak of.
    assert_eq!(untidy(), [""; 0]);
    bundle.unload().unwrap();
    host.load_library(&two).unwrap();
    let all = [
        "mi_tidy::Fish.age: #[hot(convert = ..)]",
        "mi_tidy::Fish.extent: #[hot(renamed_from = \"size\")]",
        "mi_tidy::Fish.weight: #[hot(default = ..)]",
        "mi_tidy::Mood::Quiet: #[hot(renamed_from = \"Calm\")]",
    ];
    assert_eq!(untidy(), all);
    let kept = state().unwrap();
    assert_eq!((kept.made_by, kept.moves, kept.put_aside), (1, 1, 2), "the value is the same");
    bundle.unload().unwrap();
}

#[test]
fn a_failing_conversion_changes_nothing() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_fails");
    let version = |field: &str, fill: &str, code: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Fish {{ {field} }}
             #[hot::export] pub static FISH: hot::State<Vec<Fish>> = hot::State::new(Vec::new);
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*FISH.read()) }}
             #[hot::export] pub fn fill() {{ {fill} }}
             {code}"
        ))
    };
    let fill =
        "*FISH.write() = [\"1\", \"two\", \"3\"].map(|it| Fish { size: it.to_owned() }).into();";
    let bundle = host.load_library(version("size: String", fill, "")).unwrap();
    hot::get!(mi_fails::fill)();
    let show = hot::get!(mi_fails::show);
    let old = show();
    let converted = |body: &str| {
        let code = format!("fn number(old: &String) -> Result<u32, String> {{ {body} }}");
        version("#[hot(convert = number)] size: u32", "", &code)
    };
    for (body, said) in [
        ("old.parse().map_err(|_| format!(\"{old} is no number\"))", "two is no number"),
        ("Ok(old.parse().expect(\"a number\"))", "a number: ParseIntError"),
        // The value itself is on its way.
        ("let _ = FISH.read(); old.parse().map_err(|_| String::new())", "HOT0406"),
        ("let _ = FISH.write(); old.parse().map_err(|_| String::new())", "HOT0406"),
    ] {
        let refused = host.load_library(converted(body)).unwrap_err();
        assert_eq!(codes(&refused), [Code::AuthorsCode], "{refused}");
        assert!(refused.to_string().contains(said), "{refused}");
        assert_eq!(show(), old);
    }
    host.load_library(converted("Ok(old.parse().unwrap_or(0))")).unwrap();
    assert_eq!(show(), "[Fish { size: 1 }, Fish { size: 0 }, Fish { size: 3 }]");
    bundle.rollback().unwrap();
    assert_eq!(show(), old, "what was converted was put aside");
    bundle.unload().unwrap();
}

#[test]
fn an_init_that_asks_for_a_value_on_its_way_is_refused() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_init");
    let version = |bundle: &str, field: &str, first: &str| {
        fixture.build_root(&format!(
            "hot::bundle!({bundle});
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ size: {field} }}
             #[hot::export] pub static FISH: hot::State<Fish> = hot::State::new(|| Fish {{ size: {first} }});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*FISH.read()) }}
             fn run() {{ FISH.write().size += 1; }}"
        ))
    };
    let bundle = host.load_library(version("init = run", "u8", "1")).unwrap();
    let show = hot::get!(mi_init::show);
    assert_eq!(show(), "Fish { size: 2 }");
    let refused = host.load_library(version("init = run", "u16", "1")).unwrap_err();
    assert_eq!(refused.code(), Code::InitPanicked);
    assert!(refused.to_string().contains("HOT0406"), "{refused}");
    assert_eq!(show(), "Fish { size: 2 }");
    host.load_library(version("after = run", "u16", "1")).unwrap();
    assert_eq!(show(), "Fish { size: 3 }");
    bundle.unload().unwrap();
}

/// Their `Drop` asks for the state that they were in; a panic in one must not come upon that of the
/// other.
#[test]
fn values_of_a_refused_load_are_dropped_one_by_one() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_drops");
    let library = fixture.build_root(
        "hot::bundle!(init = refuse);
         hot::import! { migration => { fn dropped(); } }
         #[hot::versioned] pub struct Session { number: u32 }
         impl Drop for Session {
             fn drop(&mut self) { hot::get!(migration::dropped)(); let _ = SESSIONS.read().len(); }
         }
         #[hot::export] pub static SESSIONS: hot::State<Vec<Session>> =
             hot::State::new(|| vec![Session { number: 1 }, Session { number: 2 }]);
         #[hot::export] pub fn show() -> String { SESSIONS.read().len().to_string() }
         fn refuse() -> Result<(), &'static str> { Err(\"no\") }",
    );
    let refused = host.load_library(&library).unwrap_err();
    assert_eq!(refused.code(), Code::InitFailed);
    // After the first panic the rest is leaked.
    assert_eq!(DROPPED.load(SeqCst), 1);
}

#[test]
fn a_state_that_has_a_handle_of_another_type() {
    let (_alone, host) = alone();
    let slot = |of: &str| {
        format!(
            "#[hot::versioned] pub struct A(pub u32);
             #[hot::versioned] pub struct B(pub String);
             #[hot::versioned] pub struct Game {{ pub part: Option<hot::Live<{of}>> }}
             #[hot::export] pub static GAME: hot::State<Game> =
                 hot::State::new(|| Game {{ part: Some(hot::Live::new({of}(Default::default()))) }});
             #[hot::export] pub fn empty() {{ GAME.write().part = None }}
             #[hot::export] pub fn is_empty() -> bool {{ GAME.read().part.is_none() }}"
        )
    };
    let fixture = Fixture::new("mi_slot");
    let libraries = ["A", "B"].map(|of| fixture.build(&slot(of)));
    let bundle = host.load_library(&libraries[0]).unwrap();
    let is_empty = hot::lookup!(host, "mi_slot::is_empty", fn() -> bool).unwrap();
    // The plan is made from the types: it is the same whether a handle is there or none.
    let refused = |empty: bool| {
        let error = host.load_library(&libraries[1]).unwrap_err();
        assert_eq!(codes(&error), [Code::NeedsConversion], "{error}");
        assert!(error.to_string().contains("`Game.part::Some.0`"), "{error}");
        assert_eq!((is_empty(), bundle.generation().unwrap()), (empty, 1));
    };
    refused(false);
    hot::lookup!(host, "mi_slot::empty", fn()).unwrap()();
    refused(true);
}

#[test]
fn a_state_holds_another_type() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_other");
    let version = |ty: &str, first: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug, Default)] pub struct World {{ pub depth: u8 }}
             #[hot::export] pub static IT: hot::State<{ty}> = hot::State::new(|| {first});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*IT.read()) }}"
        ))
    };
    let bundle = host.load_library(version("World", "World { depth: 3 }")).unwrap();
    let show = hot::get!(mi_other::show);
    assert_eq!(show(), "World { depth: 3 }");
    host.load_library(version("Option<World>", "None")).unwrap();
    assert_eq!(show(), "Some(World { depth: 3 })");
    for (ty, first) in [("u32", "1"), ("Vec<World>", "Vec::new()")] {
        let error = host.load_library(version(ty, first)).unwrap_err();
        assert_eq!(codes(&error), [Code::NeedsConversion], "{error}");
        assert_eq!(show(), "Some(World { depth: 3 })");
    }
    bundle.rollback().unwrap_err();
    bundle.unload().unwrap();
    let fixture = Fixture::new("mi_wider");
    let version = |ty: &str| {
        fixture.build(&format!(
            "#[hot::export] pub static IT: hot::State<{ty}> = hot::State::new(|| 7);
             #[hot::export] pub fn show() -> String {{ IT.read().to_string() }}"
        ))
    };
    let bundle = host.load_library(version("u32")).unwrap();
    assert_eq!(hot::get!(mi_wider::show)(), "7");
    host.load_library(version("u64")).unwrap();
    assert_eq!(hot::get!(mi_wider::show)(), "7");
    bundle.unload().unwrap();
}

#[test]
fn a_renamed_static_keeps_its_value() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_names");
    let version = |depth: &str, count: &str, pond: &str, more: &str| {
        fixture.build(&format!(
            "use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};
             #[hot::versioned] #[derive(Debug, Default)] pub struct Pond {{ pub depth: {depth} }}
             {more}
             #[hot::export] {count}: AtomicU32 = AtomicU32::new(1);
             #[hot::export] {pond}: hot::State<Pond> = hot::State::new(|| Pond {{ depth: 5 }});
             #[hot::export] pub fn show() -> String {{
                 format!(\"{{:?}} {{}}\", POND_NOW!().read(), COUNT_NOW!().fetch_add(1, SeqCst))
             }}"
        ))
    };
    let now = |pond: &str, count: &str| {
        format!(
            "macro_rules! POND_NOW {{ () => {{ {pond} }} }} macro_rules! COUNT_NOW {{ () => {{ {count} }} }}"
        )
    };
    let one = version("u8", "pub static COUNT", "pub static POND", &now("POND", "COUNT"));
    let renamed = [
        "#[hot(renamed_from = \"COUNT\")] pub static TIMES",
        "#[hot(renamed_from = \"POND\")] pub static LAKE",
    ];
    // The value as it is, and moved.
    let two = version("u8", renamed[0], renamed[1], &now("LAKE", "TIMES"));
    let three = version("u16", renamed[0], renamed[1], &now("LAKE", "TIMES"));
    let bundle = host.load_library(&one).unwrap();
    let show = hot::get!(mi_names::show);
    assert_eq!(show(), "Pond { depth: 5 } 1");
    host.load_library(&two).unwrap();
    assert_eq!(show(), "Pond { depth: 5 } 2");
    bundle.rollback().unwrap();
    assert_eq!(show(), "Pond { depth: 5 } 3");
    host.load_library(&three).unwrap();
    assert_eq!(show(), "Pond { depth: 5 } 4");
    let migration = bundle.report().unwrap().migration.clone().unwrap();
    assert_eq!(migration.states, ["mi_names::LAKE"]);
    let states = host.status().unwrap().states;
    let own: Vec<_> = states.iter().filter(|it| it.path.starts_with("mi_names::")).collect();
    assert_eq!((own.len(), &*own[0].path, own[0].moves), (1, "mi_names::LAKE", 1));
    bundle.unload().unwrap();
    // Another static that comes under the old name is another one.
    let both = version("u8", "pub static COUNT", "pub static POND", &now("POND", "COUNT"));
    host.load_library(&both).unwrap();
    assert_eq!(show(), "Pond { depth: 5 } 1");
    bundle.unload().unwrap();
}

/// Two versions say of the middle one's name what it was; a value goes on under one name.
#[test]
fn a_name_before_the_last_is_there_again() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_again");
    let version = |statics: &[(&str, &str, &str)]| {
        let show = statics.iter().map(|(name, ..)| format!("{name}.read().clone()"));
        let show: Vec<_> = show.collect();
        let statics = statics.iter().map(|(name, was, first)| {
            let was = if was.is_empty() { String::new() } else { format!("#[hot(renamed_from = {was:?})]") };
            format!("#[hot::export] {was} pub static {name}: hot::State<String> = hot::State::new(|| {first:?}.to_owned());")
        });
        let statics: String = statics.collect();
        let show = show.join(", ");
        fixture.build(&format!(
            "{statics} #[hot::export] pub fn show() -> String {{ [{show}].join(\" \") }}"
        ))
    };
    let one = version(&[("NAME", "", "old")]);
    let two = version(&[("TITLE", "NAME", "")]);
    let three = version(&[("NAME", "", "new"), ("LABEL", "TITLE", "")]);
    let bundle = host.load_library(&one).unwrap();
    let show = hot::get!(mi_again::show);
    host.load_library(&two).unwrap();
    assert_eq!(show(), "old");
    host.load_library(&three).unwrap();
    assert_eq!(show(), "new old");
    bundle.rollback().unwrap();
    assert_eq!(show(), "old");
    bundle.rollback().unwrap();
    assert_eq!(show(), "old");
    bundle.unload().unwrap();
}

/// What was put aside under a name was another value's.
#[test]
fn a_value_gets_a_name_that_another_had() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_heir");
    let version = |name: &str, was: &str, fields: &str, first: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug)] pub struct Pond {{ pub depth: u8, {fields} }}
             #[hot::export] {was} pub static {name}: hot::State<Pond> =
                 hot::State::new(|| Pond {{ depth: 1, {first} }});
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", {name}.read()) }}"
        ))
    };
    let owner = "#[hot(default = \"made\".to_owned())] pub owner: String";
    let ann = "owner: \"Ann\".to_owned()";
    let bundle = host.load_library(version("LAKE", "", owner, ann)).unwrap();
    host.load_library(version("LAKE", "", "", "")).unwrap();
    host.load_library(version("MERE", "", "", "")).unwrap();
    let renamed = "#[hot(renamed_from = \"MERE\")]";
    host.load_library(version("LAKE", renamed, "", "")).unwrap();
    host.load_library(version("LAKE", renamed, owner, ann)).unwrap();
    assert_eq!(hot::get!(mi_heir::show)(), "Pond { depth: 1, owner: \"made\" }");
    bundle.unload().unwrap();
}

/// What goes on under two names would be two values of one place.
#[test]
fn two_statics_cannot_both_have_been_one() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_twins");
    let version = |depth: &str, statics: &str, show: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Debug, Default)] pub struct Pond {{ pub depth: {depth} }}
             {statics}
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", {show}.read()) }}"
        ))
    };
    let named = |name: &str, more: &str| {
        format!(
            "#[hot::export] {more} pub static {name}: hot::State<Pond> = hot::State::new(|| Pond {{ depth: 5 }});"
        )
    };
    let from = "#[hot(renamed_from = \"POND\")]";
    let twins = named("LAKE", from) + &named("MERE", from);
    let bundle = host.load_library(version("u8", &named("POND", ""), "POND")).unwrap();
    for depth in ["u8", "u16"] {
        let refused = host.load_library(version(depth, &twins, "LAKE")).map(drop).unwrap_err();
        assert_eq!(codes(&refused), [Code::TwoOfOne], "{refused}");
        assert_eq!(hot::get!(mi_twins::show)(), "Pond { depth: 5 }");
    }
    bundle.unload().unwrap();
}

#[test]
fn what_cannot_move_is_refused_before_any_code_of_the_library_runs() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mi_early");
    let version = |fish: &str, mood: &str, pond: &str, init: &str| {
        fixture.build_root(&format!(
            "hot::bundle!(init = begin);
             fn begin() {{ {init} }}
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ {fish} }}
             #[hot::versioned] #[derive(Debug)] pub struct Spot(pub u8, pub [u8; 2]);
             #[hot::versioned] #[derive(Debug)] pub enum Mood {{ {mood} }}
             #[hot::versioned] #[derive(Debug)] pub struct Pond {{ {pond} }}
             #[hot::export] pub static POND: hot::State<Option<Pond>> = hot::State::new(|| None);
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*POND.read()) }}"
        ))
    };
    let pond = "pub fish: Vec<Fish>, pub moods: (Mood, u8), pub spot: Spot, pub rows: [u32; 2]";
    let bundle = host.load_library(version("pub size: u32", "Calm(u8)", pond, "")).unwrap();
    let abandoned = || host.status().unwrap().abandoned;
    let before = abandoned();
    for (fish, mood, pond, code, place) in [
        (
            "pub extent: u32",
            "Calm(u8)",
            pond,
            Code::MaybeRenamed,
            "Option<Pond>::Some.0.fish[].extent",
        ),
        ("pub size: String", "Calm(u8)", pond, Code::NeedsConversion, "fish[].size"),
        ("pub size: i8", "Calm(u8)", pond, Code::NeedsConversion, "fish[].size"),
        ("pub size: u32", "Calm(u8, u8)", pond, Code::NeedsConversion, "moods.0::Calm"),
        ("pub size: u32", "Calm(u8)", &pond.replace("; 2]", "; 3]"), Code::NeedsConversion, "rows"),
        (
            "pub size: u32",
            "Calm(u8)",
            &pond.replace("Vec<Fish>", "Option<Fish>"),
            Code::NeedsConversion,
            "fish",
        ),
    ] {
        let library = version(fish, mood, pond, "panic!(\"it runs\");");
        let checked = host.check(&library).map(|()| String::new());
        for refused in [checked, host.load_library(&library).map(|it| it.name().to_owned())] {
            let error = refused.expect_err(&format!("{fish} {mood} {pond}"));
            assert_eq!(codes(&error), [code], "{fish} {mood} {pond}: {error}");
            assert!(error.reasons()[0].path.as_ref().unwrap().contains(place), "{error}");
        }
        assert_eq!((hot::get!(mi_early::show)(), abandoned()), ("None".to_owned(), before));
    }
    bundle.unload().unwrap();
}
