//! Erased values, and layouts that two images only seem to agree on. Each of these was an accident
//! once: a value was read as what it is not.

use std::{
    fs,
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, Workspace,
    refusal::{assert_complete, codes, fact},
    workspace::{BUNDLE, HOST_FEATURES},
};

/// The process's host; only one test at a time loads.
fn host() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// A bundle with a map of erased values; `field` is the type of what is put there.
fn container(bundle: &Fixture, field: &str, tracked: &str, more: &str) -> PathBuf {
    bundle.build(&format!(
        "use std::{{any::{{Any, TypeId}}, collections::BTreeMap}};

         #[hot::versioned]
         #[derive(Default)]
         pub struct Thing {{ pub what: {field} }}

         hot::tracked! {{
             pub unsafe struct Things(BTreeMap<u32, Box<dyn Any + Send + Sync>>) of {tracked};
         }}

         #[hot::export]
         pub static THINGS: hot::State<Option<Things>> =
             hot::State::new(|| Some(Things::new(BTreeMap::new())));

         #[hot::export]
         pub fn put() {{
             let thing = Thing {{ what: Default::default() }};
             THINGS.write().as_mut().unwrap().get_mut().insert(0, Box::new(thing));
         }}

         #[hot::export]
         pub fn look() -> Option<String> {{
             let things = THINGS.read();
             let thing = things.as_ref()?.get().get(&0)?.downcast_ref::<Thing>()?;
             Some(format!(\"{{:?}}\", thing.what))
         }}

         #[hot::export]
         pub fn clear() {{ *THINGS.write() = None; }}

         #[hot::export]
         pub fn id() -> String {{ format!(\"{{:?}}\", TypeId::of::<Thing>()) }}

         {more}"
    ))
}

#[test]
fn what_is_in_a_container_of_erased_values_keeps_its_layout() {
    let (_lock, host) = host();
    let fixture = Fixture::new("erased_any");
    let first = container(&fixture, "u64", "Thing", "");
    let text = container(&fixture, "String", "Thing", "#[hot::export] pub fn put_extra() {}");
    let extra = |ty: &str| {
        let more = format!(
            "#[hot::versioned] #[derive(Debug, Default)] pub struct Extra(pub {ty});
             #[hot::export] pub fn put_extra() {{
                 let extra = Extra::default();
                 THINGS.write().as_mut().unwrap().get_mut().insert(1, Box::new(extra));
             }}"
        );
        container(&fixture, "u64", "Thing, Extra", &more)
    };
    let (added, changed) = (extra("u8"), extra("u32"));

    let bundle = host.load_library(&first).unwrap();
    hot::lookup!(host, "erased_any::put", fn()).unwrap()();
    let look = hot::lookup!(host, "erased_any::look", fn() -> Option<String>).unwrap();
    let id = hot::lookup!(host, "erased_any::id", fn() -> String).unwrap();
    let was = id();
    assert_eq!(look().unwrap(), "0");

    // A `downcast_ref` of the new code would succeed, and read a number as a `String`.
    let before = Snapshot::take(&host);
    let refused = host.load_library(&text).unwrap_err();
    assert_complete(&refused, &text);
    assert_eq!(codes(&refused), [Code::HandleLayout]);
    assert_eq!(fact(&refused.reasons()[0], "held"), "by 1 container of `hot::tracked!`");
    assert!(refused.reasons()[0].message.contains("`Thing.what`"), "{refused}");
    assert_eq!(before, Snapshot::take(&host));
    assert_eq!(look().unwrap(), "0");

    // Types may be added to the list; from their first use on they count.
    host.load_library(&added).unwrap();
    assert_eq!((look().unwrap(), bundle.generation().unwrap()), ("0".to_owned(), 2));
    hot::lookup!(host, "erased_any::put_extra", fn()).unwrap()();
    let refused = host.load_library(&changed).unwrap_err();
    assert_eq!(codes(&refused), [Code::HandleLayout]);
    assert!(refused.reasons()[0].message.contains("`Extra.0`"), "{refused}");

    // Without a container nothing stands in the way; and this is why it would have been misread.
    hot::lookup!(host, "erased_any::clear", fn()).unwrap()();
    host.load_library(&text).unwrap();
    assert_eq!(id(), was, "TypeId says nothing of a layout");
    assert_eq!(look(), None);
}

/// A program that is linked with its bundle: the first value of the static is older than the host.
const LINKED: &str = r#"
fn main() {
    println!("{:?}", older_things::look());
    let host = hot::Host::start().unwrap();
    for library in std::env::args().skip(1) {
        match unsafe { host.load(library) } {
            Ok(_) => println!("{:?}", hot::get!(older_things::look)()),
            Err(error) => println!("{}", error.reasons()[0].message),
        }
    }
}
"#;

#[test]
fn values_that_are_older_than_the_host_count() {
    let _lock = host();
    let workspace = Workspace::new("older-things");
    workspace.package("older-things", BUNDLE, "", "");
    let program = "older-things = { path = \"../older-things\" }";
    workspace.package("older-program", "", HOST_FEATURES, program);
    workspace.write("older-program/src/main.rs", LINKED);
    let things = |field: &str, said: &str| {
        format!(
            "hot::bundle!();
             use std::{{any::Any, collections::BTreeMap}};
             #[hot::versioned] #[derive(Default)] pub struct Thing {{ pub what: {field} }}
             hot::tracked! {{ pub unsafe struct Things(BTreeMap<u8, Box<dyn Any + Send + Sync>>) of Thing; }}
             #[hot::export] pub static THINGS: hot::State<Things> = hot::State::new(|| {{
                 let mut things = Things::new(BTreeMap::new());
                 things.get_mut().insert(1, Box::new(Thing::default()));
                 things
             }});
             #[hot::export] pub static HELD: hot::State<Vec<hot::Live<Thing>>> =
                 hot::State::new(|| vec![hot::Live::new(Thing::default())]);
             #[hot::export] pub fn look() -> Option<String> {{
                 let things = THINGS.read();
                 let thing = things.get().get(&1)?.downcast_ref::<Thing>()?;
                 Some(format!(\"{said} {{:?}} {{:?}}\", thing.what, HELD.read()[0].get().what))
             }}"
        )
    };
    let mut libraries = Vec::new();
    let mut build = |field, said| {
        workspace.write("older-things/src/lib.rs", &things(field, said));
        let built = workspace.cargo(&["build"]);
        libraries.push(built.library("older_things"));
        built.program("older-program")
    };
    let program = build("u8", "first");
    build("u8", "second");
    build("u16", "third");
    let output = std::process::Command::new(program).args(&libraries).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = [
        "Some(\"first 0 0\")",
        "Some(\"first 0 0\")",
        "Some(\"second 0 0\")",
        "`Thing.what` has another type: `u8` became `u16`",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{output:?}");
}

/// A bundle with a trait and an object of it, and one that calls its methods.
struct Shapes {
    shapes: Fixture,
    view: Fixture,
}

impl Shapes {
    fn new() -> Shapes {
        let shapes = Fixture::with_manifest("erased_shapes", "");
        let path = format!("erased_shapes = {{ path = {:?} }}", shapes.folder());
        Shapes { view: Fixture::with_manifest("erased_view", &path), shapes }
    }

    fn shapes(&self, methods: &str, side: f32) -> PathBuf {
        self.shapes.build(&format!(
            "use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};

             #[hot::versioned]
             pub trait Shape: Send + Sync {{ {methods} }}

             struct Square(f32);
             impl Shape for Square {{
                 fn area(&self) -> f32 {{ self.0 * self.0 }}
                 fn name<'a>(&'a self, of: &str, other: &'a str) -> &'a str {{
                     if of == \"square\" {{ \"square\" }} else {{ other }}
                 }}
                 fn grow(&mut self, by: f32) -> Result<(), String> {{
                     if by < 0.0 {{ panic!(\"cannot grow by {{by}}\") }}
                     self.0 += by;
                     Ok(())
                 }}
             }}
             impl Drop for Square {{
                 fn drop(&mut self) {{
                     DROPPED.fetch_add(1, SeqCst);
                     if self.0 > 99.0 {{ panic!(\"too large to be dropped\") }}
                 }}
             }}

             #[hot::export] pub static DROPPED: AtomicU32 = AtomicU32::new(0);
             #[hot::export] pub fn make() -> hot::Dyn<dyn Shape> {{
                 hot::Dyn::new(Box::new(Square({side:?})))
             }}"
        ))
    }

    fn view(&self) -> PathBuf {
        self.view.build(
            "use std::panic::{AssertUnwindSafe, catch_unwind};
             use erased_shapes::{Shape, make};

             #[hot::export]
             pub static KEPT: hot::State<Vec<hot::Dyn<dyn Shape>>> = hot::State::new(Vec::new);

             fn text(panicked: Box<dyn std::any::Any + Send>) -> String {
                 *panicked.downcast::<String>().expect(\"a text\")
             }

             #[hot::export] pub fn keep() { KEPT.write().push(hot::get!(make)()); }
             #[hot::export] pub fn areas() -> Vec<f32> {
                 KEPT.read().iter().map(|shape| shape.area()).collect()
             }
             #[hot::export] pub fn names() -> String {
                 let kept = KEPT.read();
                 format!(\"{} {}\", kept[0].name(\"square\", \"?\"), kept[0].name(\"circle\", \"?\"))
             }
             #[hot::export] pub fn grow(by: f32) -> Result<(), String> {
                 let mut kept = KEPT.write();
                 let grown = catch_unwind(AssertUnwindSafe(|| kept[0].grow(by)));
                 grown.unwrap_or_else(|panicked| Err(text(panicked)))
             }
             #[hot::export] pub fn drop_last() -> String {
                 let last = KEPT.write().pop();
                 match catch_unwind(AssertUnwindSafe(|| drop(last))) {
                     Ok(()) => String::new(),
                     Err(panicked) => text(panicked),
                 }
             }",
        )
    }
}

#[test]
fn objects_cross_with_their_calls_their_panics_and_their_drop() {
    let (_lock, host) = host();
    let pair = Shapes::new();
    const AREA: &str = "fn area(&self) -> f32;";
    const NAME: &str = "fn name<'a>(&'a self, of: &str, other: &'a str) -> &'a str;";
    const GROW: &str = "fn grow(&mut self, by: f32) -> Result<(), String>;";
    let methods = format!("{AREA} {NAME} {GROW}");
    let first = pair.shapes(&methods, 2.0);
    let view = pair.view();
    let edited = pair.shapes(&methods, 3.0);
    let reordered = pair.shapes(&format!("{GROW} {AREA} {NAME}"), 3.0);
    let other = pair.shapes(&format!("{AREA} {NAME} {GROW} fn corners(&self) -> u8 {{ 4 }}"), 3.0);

    let shapes = host.load_library(&first).unwrap();
    host.load_library(&view).unwrap();
    let keep = hot::lookup!(host, "erased_view::keep", fn()).unwrap();
    let areas = hot::lookup!(host, "erased_view::areas", fn() -> Vec<f32>).unwrap();
    let grow = hot::lookup!(host, "erased_view::grow", fn(f32) -> Result<(), String>).unwrap();
    let names = hot::lookup!(host, "erased_view::names", fn() -> String).unwrap();
    let drop_last = hot::lookup!(host, "erased_view::drop_last", fn() -> String).unwrap();
    keep();
    assert_eq!((areas(), names()), (vec![4.0], "square ?".to_owned()));
    assert_eq!(grow(-1.0).unwrap_err(), "cannot grow by -1");
    grow(1.0).unwrap();

    // The object stays one of the generation that made it; a new one is of the new.
    host.load_library(&edited).unwrap();
    keep();
    assert_eq!(areas(), [9.0, 9.0]);

    // Calls go by the number of the method: the viewer would call another one.
    let before = Snapshot::take(&host);
    for (library, path) in [(&reordered, "Shape::grow()"), (&other, "Shape::corners()")] {
        let refused = host.load_library(library).unwrap_err();
        assert_complete(&refused, library);
        assert!(codes(&refused).iter().all(|code| *code == Code::TraitChanged), "{refused}");
        assert!(refused.to_string().contains(&format!("the method `{path}`")), "{refused}");
        assert!(fact(&refused.reasons()[0], "held").contains("bundle `erased_view`"), "{refused}");
    }
    assert_eq!((before, shapes.generation().unwrap()), (Snapshot::take(&host), 2));
    assert_eq!((areas(), names()), (vec![9.0, 9.0], "square ?".to_owned()));

    // Dropped by the code that made it; what its drop says reaches whoever drops it.
    assert_eq!(drop_last(), "");
    grow(98.0).unwrap();
    assert_eq!(drop_last(), "too large to be dropped");
    assert_eq!((areas(), drop_last()), (vec![], String::new()));
}

#[test]
fn a_small_vector_of_another_feature_set_is_another_type() {
    let (_lock, host) = host();
    let features = |bundle, features: &str| {
        let more = format!(
            "smallvec = {{ version = \"1\", features = [{features}] }}\n\n\
             [features]\ndefault = [\"hotreload/smallvec\"]"
        );
        Fixture::with_manifest(bundle, &more)
    };
    let (makes, takes) = (features("erased_makes", ""), features("erased_takes", "\"union\""));
    let makes = makes.build(
        "#[hot::export] pub fn items() -> smallvec::SmallVec<[usize; 2]> { smallvec::smallvec![1, 2] }",
    );
    let takes = takes.build(
        "use smallvec::SmallVec;
         hot::import! { erased_makes => { fn items() -> SmallVec<[usize; 2]>; } }
         #[hot::export] pub fn count() -> usize { hot::get!(erased_makes::items)().len() }",
    );
    host.load_library(&makes).unwrap();
    let before = Snapshot::take(&host);
    let refused = host.load_library(&takes).unwrap_err();
    assert_complete(&refused, &takes);
    assert_eq!(codes(&refused), [Code::TypeChanged]);
    assert!(refused.to_string().contains("SmallVec"), "{refused}");
    assert_eq!(before, Snapshot::take(&host));
}

#[test]
fn a_field_that_only_debug_builds_have_is_seen() {
    let (_lock, host) = host();
    let parts = Fixture::with_manifest("erased_parts", "");
    fs::write(
        parts.folder().join("src/lib.rs"),
        "#[hot::versioned] #[derive(Default)] pub struct Part {
             pub weight: u32,
             #[cfg(debug_assertions)] pub made_at: u32,
         }",
    )
    .unwrap();
    let depends = format!("erased_parts = {{ path = {:?} }}", parts.folder());
    let makes = Fixture::with_manifest("erased_debug", &depends);
    let takes = Fixture::with_manifest("erased_release", &depends);
    let makes = makes.build(
        "use erased_parts::Part;
         #[hot::export] pub fn weigh(part: &Part) -> u32 { part.weight }",
    );
    let source = "hot::bundle!();
         use erased_parts::Part;
         hot::import! { erased_debug => { fn weigh(part: &Part) -> u32; } }
         #[hot::export] pub fn weight() -> u32 { hot::get!(erased_debug::weigh)(&Part::default()) }";
    // As a release build has it, without compiling everything for it.
    let without = "profile.dev.package.erased_parts.debug-assertions=false";
    let released = takes.build_with(source, &["build", "--lib", "--config", without]);
    let debug = takes.build_root(source);
    host.load_library(&makes).unwrap();
    let before = Snapshot::take(&host);
    let refused = host.load_library(&released).unwrap_err();
    assert_complete(&refused, &released);
    assert_eq!(codes(&refused), [Code::FieldRemoved], "{refused}");
    assert!(refused.to_string().contains("`Part.made_at`"), "{refused}");
    assert_eq!(before, Snapshot::take(&host));
    host.load_library(&debug).unwrap();
    assert_eq!(hot::lookup!(host, "erased_release::weight", fn() -> u32).unwrap()(), 0);
}
