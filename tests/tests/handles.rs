//! What code that holds a value by handle relies on: which type it is of, and whether it may go to
//! other threads.

use std::{path::PathBuf, sync::LazyLock};

use hot::{Bundle, Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Workspace, refusal::codes, workspace::BUNDLE};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

hot::import! {
    ha_world_user => { fn run() -> u32; }
    ha_part_user => { fn run() -> u32; }
    ha_part_state_user => { fn run() -> u32; }
    ha_places_user => { fn run() -> u32; }
    ha_bytes => {
        fn make() -> hot::Live<Vec<u8>>;
        fn count(bytes: &hot::Live<Vec<u8>>, of: (u8, Option<hot::Live<u8>>)) -> usize;
    }
}

/// A bundle, its user, and later versions of the bundle.
fn with_user(name: &str, sources: &[&str], user: &str) -> (Bundle, Vec<PathBuf>) {
    let workspace = Workspace::new(name);
    workspace.package(name, BUNDLE, "", "");
    let user_name = format!("{name}_user");
    workspace.package(&user_name, BUNDLE, "", &format!("{name} = {{ path = \"../{name}\" }}"));
    workspace.write(&format!("{user_name}/src/lib.rs"), &format!("hot::bundle!();\n{user}"));
    let write = |source: &str| {
        workspace.write(&format!("{name}/src/lib.rs"), &format!("hot::bundle!();\n{source}"));
    };
    write(sources[0]);
    let output = workspace.cargo(&["build", "--workspace", "--lib"]);
    HOST.load_library(output.library(name)).unwrap();
    let user = HOST.load_library(output.library(&user_name)).unwrap();
    let later = sources[1..].iter().map(|source| {
        write(source);
        workspace.cargo(&["build", "--lib", "-p", name]).library(name)
    });
    (user, later.collect())
}

#[test]
fn the_holder_may_have_given_it_to_another_thread() {
    // Nothing of the kind is alive at the reload; the user's code would share an `Rc` all the same.
    let world = |field: &str| {
        format!(
            "use std::{{rc::Rc, sync::Arc}};
             #[hot::versioned] pub struct World {{ shared: {field}<u32> }}
             #[hot::export] pub fn create() -> [hot::Live<World>; 2] {{
                 let shared = {field}::new(7);
                 [shared.clone(), shared].map(|shared| hot::Live::new(World {{ shared }}))
             }}
             #[hot::export] pub fn step(world: &mut hot::Live<World>) -> u32 {{
                 *world.get_mut().shared.clone()
             }}
             pub type Both = (Arc<u32>, Rc<u32>);"
        )
    };
    let (arc, boxed, rc) = (world("Arc"), world("Box"), world("Rc"));
    let user = "#[hot::export] pub fn run() -> u32 {
        let [mut one, mut other] = hot::get!(ha_world::create)();
        let step = hot::get!(ha_world::step);
        let thread = std::thread::spawn(move || step(&mut one));
        step(&mut other) + thread.join().unwrap()
    }";
    let (user, later) = with_user("ha_world", &[&arc, &boxed, &rc], user);
    assert_eq!(ha_world_user::run(), 14);
    HOST.load_library(&later[0])
        .expect("what a value is made of is no matter to who holds a handle");
    assert_eq!(ha_world_user::run(), 14);

    let error = HOST.load_library(&later[1]).unwrap_err();
    assert_eq!(codes(&error), [Code::PromiseChanged, Code::PromiseChanged], "{error}");
    let text = error.to_string();
    assert!(text.contains("HOT0326: `Live<World>` was Send and is not Send"), "{text}");
    assert!(text.contains("by bundle `ha_world_user` (generation 1)"), "{text}");
    assert_eq!(ha_world_user::run(), 14);
    user.unload().unwrap();
    HOST.load_library(&later[1]).expect("nobody relies on it");
}

#[test]
fn code_that_may_write_a_field_shares_no_value_with_code_that_relies_on_it() {
    let part = |public: &str| {
        format!(
            "#[hot::versioned] pub struct Part {{ {public} at: u32 }}
             #[hot::export] pub fn make() -> hot::Live<Part> {{ hot::Live::new(Part {{ at: 1 }}) }}
             #[hot::export] pub fn at(part: &hot::Live<Part>) -> u32 {{ part.get().at }}"
        )
    };
    let (public, private) = (part("pub"), part("pub(crate)"));
    let user = "#[hot::export] pub fn run() -> u32 {
        let mut part = hot::get!(ha_part::make)();
        match part.try_get_mut() {
            Ok(mut part) => part.at = 9,
            Err(_) => return 0,
        }
        hot::get!(ha_part::at)(&part)
    }";
    let (_user, later) = with_user("ha_part", &[&public, &private, &public], user);
    assert_eq!(ha_part_user::run(), 9);
    HOST.load_library(&later[0]).expect("none is alive, and a handle's holder knows no field");
    assert_eq!(ha_part_user::run(), 0);
    HOST.load_library(&later[1]).expect("public again");
}

#[test]
fn code_relies_on_a_states_value_too() {
    let part = |public: &str| {
        format!(
            "#[hot::versioned] #[derive(Default)] pub struct Part {{ {public} at: u32 }}
             #[hot::export] pub static PART: hot::State<Part> = hot::State::new(Part::default);"
        )
    };
    let user = "#[hot::export] pub fn run() -> u32 { ha_part_state::PART.read().at }";
    let sources = [part("pub"), part("pub(crate)"), String::new()];
    let sources = sources.each_ref().map(|source| &**source);
    let (user, later) = with_user("ha_part_state", &sources, user);
    let refused = |library: &PathBuf, is: &[Code]| {
        let error = HOST.load_library(library).unwrap_err();
        assert_eq!(codes(&error), is, "{error}");
        error.to_string()
    };
    assert_eq!(ha_part_state_user::run(), 0);
    let text = refused(&later[0], &[Code::FieldPrivate, Code::StateLayout]);
    assert!(text.contains("which uses `ha_part_state::PART`"), "{text}");
    assert!(text.contains("do what HOT0328 says: code relies on the old form too"), "{text}");
    let text = refused(&later[1], &[Code::UsedRemoved]);
    assert!(text.contains("`ha_part_state::PART` is used, and"), "{text}");
    user.unload().unwrap();
    let text = refused(&later[0], &[Code::StateLayout]);
    assert!(text.contains("or write `#[hot(reset)]` on it"), "{text}");
}

/// Handles in a private static; `more` may let them out.
fn pond(size: &str, more: &str) -> String {
    format!(
        "#[hot::versioned] pub struct Fish {{ pub size: {size} }}
         static POND: std::sync::Mutex<Vec<hot::Live<Fish>>> = std::sync::Mutex::new(Vec::new());
         #[hot::export] pub fn put() -> u64 {{
             let mut pond = POND.lock().unwrap();
             pond.push(hot::Live::new(Fish {{ size: 1 }}));
             pond.iter().map(|fish| fish.get().size as u64).sum()
         }}
         {more}"
    )
}

#[test]
fn a_handle_that_only_a_private_static_can_have_blocks_nothing() {
    let fixture = Fixture::new("ha_pool");
    let [small, large] = ["u32", "u64"].map(|size| fixture.build(&pond(size, "")));
    let put = || hot::lookup!(HOST, "ha_pool::put", fn() -> u64).unwrap()();
    let bundle = HOST.load_library(&small).unwrap();
    assert_eq!((put(), put()), (1, 2));
    HOST.check(&large).unwrap();
    HOST.load_library(&large).unwrap();
    assert_eq!(put(), 1);
    bundle.rollback().unwrap();
    assert_eq!(put(), 3, "the first image has its own");
}

#[test]
fn a_handle_that_may_have_left_its_image_counts() {
    let escapes = [
        "#[hot::export] pub fn take() -> Option<hot::Live<Fish>> { POND.lock().unwrap().pop() }",
        "#[hot::export] pub fn each(_: &mut dyn FnMut(&hot::Live<Fish>)) {}",
        "#[hot::versioned] pub struct Net { fish: Vec<hot::Live<Fish>> }
         hot::tracked! { pub unsafe struct Nets(Vec<Box<dyn std::any::Any + Send>>) of Net; }
         #[hot::export] pub static NETS: std::sync::Mutex<Nets> =
             std::sync::Mutex::new(Nets::new(Vec::new()));
         #[hot::export] pub fn fill() { NETS.lock().unwrap().get_mut(); }",
        "hot::import! { ha_elsewhere => { fn give(fish: (u8, hot::Live<Fish>)); } }",
    ];
    let fixture = Fixture::new("ha_sea");
    let put = || hot::lookup!(HOST, "ha_sea::put", fn() -> u64).unwrap()();
    for escape in escapes {
        let [large, small] = ["u64", "u32"].map(|size| fixture.build(&pond(size, escape)));
        let bundle = HOST.load_library(&large).unwrap();
        put();
        if let Ok(fill) = hot::lookup!(HOST, "ha_sea::fill", fn()) {
            fill();
        }
        // Whether it can move is planned once the library is in memory.
        HOST.check(&small).unwrap();
        let refused = HOST.load_library(&small).unwrap_err();
        assert_eq!(codes(&refused), [Code::NeedsConversion], "{escape}");
        bundle.unload().unwrap();
    }
}

#[test]
fn after_unload_a_handle_in_a_private_static_blocks_nothing() {
    let fixture = Fixture::new("ha_pond");
    let take = "#[hot::export] pub fn take() -> Option<hot::Live<Fish>> { None }";
    let [large, small] = ["u64", "u32"].map(|size| fixture.build(&pond(size, take)));
    let put = || hot::lookup!(HOST, "ha_pond::put", fn() -> u64).unwrap()();
    let bundle = HOST.load_library(&large).unwrap();
    assert_eq!(put(), 1);
    assert_eq!(codes(&HOST.load_library(&small).unwrap_err()), [Code::NeedsConversion]);
    bundle.unload().unwrap();
    HOST.load_library(&large).unwrap();
    assert_eq!(put(), 1);
    assert_eq!(codes(&HOST.load_library(&small).unwrap_err()), [Code::NeedsConversion]);
    bundle.unload().unwrap();
    HOST.load_library(&small).expect("what is left is out of reach");
    assert_eq!(put(), 1);
}

#[test]
fn after_unload_a_handle_in_an_exported_static_is_kept() {
    let pond = |size: &str| {
        format!(
            "#[hot::versioned] pub struct Fish {{ pub size: {size} }}
             #[hot::export] pub static POND: hot::State<Vec<hot::Live<Fish>>> =
                 hot::State::new(|| vec![hot::Live::new(Fish {{ size: 1 }})]);
             #[hot::export] pub fn size() -> u32 {{ POND.read()[0].get().size as u32 }}"
        )
    };
    let fixture = Fixture::new("ha_lake");
    let [large, small] = ["u64", "u32"].map(|size| fixture.build(&pond(size)));
    HOST.load_library(&large).unwrap().unload().unwrap();
    assert_eq!(codes(&HOST.load_library(&small).unwrap_err()), [Code::NeedsConversion]);
    HOST.load_library(&large).unwrap();
    assert_eq!(hot::lookup!(HOST, "ha_lake::size", fn() -> u32).unwrap()(), 1);
}

#[test]
fn a_handle_of_another_type_is_another_field() {
    let places = |of: &str| {
        format!(
            "#[hot::versioned] pub struct A(pub u32);
             #[hot::versioned] pub struct B(pub String);
             #[hot::versioned] pub struct Game {{ pub part: Option<hot::Live<{of}>> }}
             #[hot::export] pub fn look(_: &Game) -> u32 {{ 1 }}
             #[hot::export] pub static GAMES: Vec<Game> = Vec::new();"
        )
    };
    let (a, b) = (places("A"), places("B"));
    let user = "#[hot::export] pub fn run() -> u32 {
        hot::get!(ha_places::look)(&ha_places::Game { part: None })
    }";
    let (user, later) = with_user("ha_places", &[&a, &b], user);
    let refused = |is: &[Code]| {
        let checked = HOST.check(&later[0]).unwrap_err();
        let error = HOST.load_library(&later[0]).unwrap_err();
        assert_eq!((codes(&error), codes(&checked)), (is.to_vec(), is.to_vec()), "{error}");
        error.to_string()
    };
    assert_eq!(ha_places_user::run(), 1);
    let text = refused(&[Code::VarLayout, Code::FieldType]);
    assert!(text.contains("`Game.part::Some.0`"), "{text}");
    assert!(text.contains("was:   hot::Live<ha_places::A>, 8 bytes"), "{text}");
    assert!(text.contains("now:   hot::Live<ha_places::B>"), "{text}");
    let both = "do what HOT0314 says: code relies on the old form too";
    assert!(text.contains(both), "{text}");
    assert_eq!(ha_places_user::run(), 1);
    user.unload().unwrap();
    let text = refused(&[Code::VarLayout]);
    assert!(text.contains("or write `#[hot(reset)]` on it") && !text.contains(both), "{text}");
}

#[test]
fn a_value_alive_that_has_a_handle_of_another_type() {
    let kept = |of: &str| {
        format!(
            "#[hot::versioned] pub struct A(pub u32);
             #[hot::versioned] pub struct B(pub String);
             #[hot::versioned] pub struct Game {{ pub part: Option<hot::Live<{of}>> }}
             #[hot::export] pub static GAMES: hot::State<Vec<hot::Live<Game>>> =
                 hot::State::new(|| vec![hot::Live::new(Game {{ part: None }})]);
             #[hot::export] pub fn count() -> usize {{
                 GAMES.read().iter().filter(|game| game.get().part.is_none()).count()
             }}
             #[hot::export] pub fn let_go() {{ GAMES.write().clear() }}"
        )
    };
    let fixture = Fixture::new("ha_kept");
    let libraries = ["A", "B"].map(|of| fixture.build(&kept(of)));
    HOST.load_library(&libraries[0]).unwrap();
    let count = hot::lookup!(HOST, "ha_kept::count", fn() -> usize).unwrap();
    assert_eq!(count(), 1);
    let error = HOST.load_library(&libraries[1]).unwrap_err();
    assert_eq!(codes(&error), [Code::NeedsConversion], "{error}");
    assert_eq!(count(), 1);
    hot::lookup!(HOST, "ha_kept::let_go", fn()).unwrap()();
    HOST.load_library(&libraries[1]).expect("none is alive");
    assert_eq!(count(), 0);
}

#[test]
fn a_host_that_only_declares_what_it_calls_may_hold_a_type_of_the_library() {
    // The bundle is built alone: its `hot` has none of the host's features, and other types.
    let bundle = Fixture::new("ha_bytes").build(
        "#[hot::export] pub fn make() -> hot::Live<Vec<u8>> { hot::Live::new(vec![1, 2]) }
         #[hot::export] pub fn count(bytes: &hot::Live<Vec<u8>>, of: (u8, Option<hot::Live<u8>>)) -> usize {
             bytes.get().iter().filter(|byte| **byte == of.0).count()
         }",
    );
    HOST.load_library(bundle).unwrap();
    assert_eq!(ha_bytes::count(&ha_bytes::make(), (2, None)), 1);
}
