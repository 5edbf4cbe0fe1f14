//! Containers of erased values move with the states that they are in, where they list their values.

use std::{
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::{Fixture, LoadLibrary as _, refusal::codes};

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// A bundle with a world of `hecs`.
struct Tank(Fixture);

/// One version of it.
#[derive(Clone, Copy)]
struct Version<'a> {
    /// More fields of `Fish`; how they are made; which of them are shown.
    fields: &'a str,
    first: &'a str,
    shown: &'a str,
    /// The types in the world.
    list: &'a str,
    /// Whatever else there is.
    more: &'a str,
}

const FIRST: Version<'_> =
    Version { fields: "", first: "", shown: "()", list: "Position, Fish, Token", more: "" };

impl Tank {
    fn new(name: &str) -> Tank {
        Tank(Fixture::new(name))
    }

    fn build(&self, version: Version<'_>) -> PathBuf {
        let Version { fields, first, shown, list, more } = version;
        let source = format!(
            "use std::sync::atomic::{{AtomicUsize, Ordering::SeqCst}};

             #[hot::versioned] pub struct Position {{ pub x: u32 }}
             #[hot::versioned] pub struct Fish {{ pub name: String, {fields} }}
             #[hot::versioned] pub struct Token(pub u32);
             impl Drop for Token {{
                 fn drop(&mut self) {{ DROPPED.fetch_add(1, SeqCst); }}
             }}
             #[hot::export] pub static DROPPED: AtomicUsize = AtomicUsize::new(0);

             hot::tracked! {{ pub unsafe struct Tank(hecs::World) of {list}; }}
             #[hot::export] pub static TANK: hot::State<Tank> =
                 hot::State::new(|| Tank::new(hecs::World::new()));

             /// Two of them go again: the numbers of the next ones are not in order.
             #[hot::export] pub fn fill() {{
                 let mut tank = TANK.write();
                 let world = tank.get_mut();
                 let all = (0..9).map(|x| {{
                     let fish = Fish {{ name: format!(\"fish {{x}}\"), {first} }};
                     match x % 3 {{
                         0 => world.spawn((Position {{ x }}, fish)),
                         1 => world.spawn((fish, Token(x))),
                         _ => world.spawn((fish,)),
                     }}
                 }});
                 let all: Vec<_> = all.collect();
                 world.despawn(all[3]).unwrap();
                 world.despawn(all[5]).unwrap();
             }}
             #[hot::export] pub fn look() -> String {{
                 let tank = TANK.read();
                 let world = tank.get();
                 let all = world.iter().map(|it| format!(
                     \"{{:?}} {{:?}} {{:?}} {{:?}}\",
                     it.entity(),
                     it.get::<&Position>().map(|at| at.x),
                     it.get::<&Fish>().map(|fish| fish.name.clone()),
                     it.get::<&Token>().map(|token| token.0),
                 ));
                 let free = world.freelist().map(|free| format!(\"next {{free:?}}\"));
                 all.chain(free).collect::<Vec<_>>().join(\"; \")
             }}
             #[hot::export] pub fn fields() -> String {{
                 let tank = TANK.read();
                 let shown = |#[allow(unused)] fish: &Fish| format!(\"{{:?}}\", {shown});
                 let all: Vec<_> = tank.get().query::<&Fish>().iter().map(shown).collect();
                 all.join(\" \")
             }}
             #[hot::export] pub fn dropped() -> usize {{ DROPPED.load(SeqCst) }}
             #[hot::export] pub fn clear() {{ TANK.write().get_mut().clear(); }}
             {more}"
        );
        self.0.build(&source)
    }
}

#[test]
fn a_component_gains_a_field_and_loses_it() {
    let (_alone, host) = alone();
    let tank = Tank::new("co_fields");
    let one = tank.build(Version { more: "#[hot::export] pub fn grow() {}", ..FIRST });
    let aged = Version {
        fields: "#[hot(default = 7)] pub age: u32, pub likes: Option<String>",
        first: "age: 0, likes: None",
        shown: "(fish.age, &fish.likes)",
        more: "#[hot::export] pub fn grow() {
                   for fish in TANK.write().get_mut().query_mut::<&mut Fish>() {
                       fish.age += 1;
                       fish.likes = Some(fish.name.clone());
                   }
               }",
        ..FIRST
    };
    let two = tank.build(aged);
    let bundle = host.load_library(&one).unwrap();
    hot::lookup!(host, "co_fields::fill", fn()).unwrap()();
    let look = hot::lookup!(host, "co_fields::look", fn() -> String).unwrap();
    let fields = hot::lookup!(host, "co_fields::fields", fn() -> String).unwrap();
    let dropped = hot::lookup!(host, "co_fields::dropped", fn() -> usize).unwrap();
    let (was, gone) = (look(), dropped());
    assert!(was.contains("next 5v2") && was.contains("fish 8"), "{was}");

    host.load_library(&two).unwrap();
    assert_eq!((look(), dropped()), (was.clone(), gone));
    assert_eq!(fields(), ["(7, None)"; 7].join(" "));
    let report = bundle.report().unwrap();
    let migration = report.migration.as_ref().unwrap();
    assert_eq!(migration.states, ["co_fields::TANK"]);
    assert_eq!((migration.values, migration.made), (7, 14));
    hot::lookup!(host, "co_fields::grow", fn()).unwrap()();
    let grown = fields();
    assert!(grown.starts_with("(8, Some(\"fish "), "{grown}");

    // What it loses is put aside, and comes back with it; so it does by a rollback.
    host.load_library(&one).unwrap();
    assert_eq!((look(), dropped()), (was.clone(), gone));
    host.load_library(&two).unwrap();
    assert_eq!((look(), fields()), (was.clone(), grown.clone()));
    bundle.rollback().unwrap();
    assert_eq!((look(), fields()), (was.clone(), ["()"; 7].join(" ")));
    bundle.rollback().unwrap();
    assert_eq!((look(), fields(), dropped()), (was, grown, gone));

    // Each is dropped once, and the world goes on.
    hot::lookup!(host, "co_fields::clear", fn()).unwrap()();
    assert_eq!(dropped(), 3);
    hot::lookup!(host, "co_fields::fill", fn()).unwrap()();
    assert_eq!(fields(), ["(0, None)"; 7].join(" "));
}

#[test]
fn what_fails_leaves_the_world_as_it_was() {
    let (_alone, host) = alone();
    let tank = Tank::new("co_fails");
    let fails = "#[hot::export] pub static MADE: AtomicUsize = AtomicUsize::new(0);
                 #[hot::export] pub static FAILS_AT: AtomicUsize = AtomicUsize::new(0);
                 #[hot::export] pub fn fail_at(number: usize) {
                     MADE.store(0, SeqCst);
                     FAILS_AT.store(number, SeqCst);
                 }";
    let one = tank.build(Version { more: fails, ..FIRST });
    let make = format!(
        "{fails} fn make() -> Token {{
             let number = MADE.fetch_add(1, SeqCst);
             if number == FAILS_AT.load(SeqCst) {{ panic!(\"no token\"); }}
             Token(number as u32)
         }}"
    );
    let two = tank.build(Version {
        fields: "#[hot(default = make())] pub token: Token",
        first: "token: Token(0)",
        shown: "fish.token.0",
        more: &make,
        ..FIRST
    });
    host.load_library(&one).unwrap();
    hot::lookup!(host, "co_fails::fill", fn()).unwrap()();
    let look = hot::lookup!(host, "co_fails::look", fn() -> String).unwrap();
    let fields = hot::lookup!(host, "co_fails::fields", fn() -> String).unwrap();
    let dropped = hot::lookup!(host, "co_fails::dropped", fn() -> usize).unwrap();
    let fail_at = hot::lookup!(host, "co_fails::fail_at", fn(usize)).unwrap();
    let was = look();
    for number in 0..7 {
        fail_at(number);
        let before = dropped();
        let refused = host.load_library(&two).unwrap_err();
        assert!(refused.to_string().contains("no token"), "{refused}");
        // Those that were made for it are dropped, and no other.
        assert_eq!((look(), dropped()), (was.clone(), before + number));
    }
    fail_at(7);
    host.load_library(&two).unwrap();
    assert_eq!((look(), fields()), (was, "0 1 2 3 4 5 6".to_owned()));
}

#[test]
fn the_list_of_types_grows_and_shrinks() {
    let (_alone, host) = alone();
    let tank = Tank::new("co_lists");
    let one = tank.build(FIRST);
    let shell = |of: &str| {
        format!(
            "#[hot::versioned] pub struct Shell {{ pub of: {of} }}
             #[hot::export] pub fn shells() -> String {{
                 let mut tank = TANK.write();
                 let shells = tank.get_mut().query_mut::<&Shell>().into_iter();
                 shells.map(|shell| format!(\"{{:?}}\", shell.of)).collect()
             }}
             #[hot::export] pub fn put() {{
                 let mut tank = TANK.write();
                 tank.get_mut().spawn((Shell {{ of: 200 }}, Position {{ x: 1 }}));
             }}"
        )
    };
    let (narrow, wide) = (shell("u8"), shell("u64"));
    let list = "Shell, Token, Fish, Position";
    let two = tank.build(Version { list, more: &narrow, ..FIRST });
    let three = tank.build(Version { list, more: &wide, ..FIRST });
    let other = Version { fields: "pub old: bool", first: "old: true", ..FIRST };
    let without = tank.build(Version { list: "Shell, Fish, Position", more: &wide, ..other });

    let bundle = host.load_library(&one).unwrap();
    hot::lookup!(host, "co_lists::fill", fn()).unwrap()();
    let look = hot::lookup!(host, "co_lists::look", fn() -> String).unwrap();
    host.load_library(&two).unwrap();
    hot::lookup!(host, "co_lists::put", fn()).unwrap()();
    let was = look();
    host.load_library(&three).unwrap();
    let shells = hot::lookup!(host, "co_lists::shells", fn() -> String).unwrap();
    assert_eq!((look(), shells()), (was.clone(), "200".to_owned()));

    // Nothing says what should become of the values of a type that is not listed any more.
    let refused = host.load_library(&without).unwrap_err();
    assert_eq!(codes(&refused), [Code::HandleLayout]);
    assert!(refused.to_string().contains("values of `Token`"), "{refused}");
    assert_eq!((look(), bundle.generation().unwrap()), (was, 3));
    hot::lookup!(host, "co_lists::clear", fn()).unwrap()();
    host.load_library(&without).unwrap();
}

#[test]
fn what_cannot_be_taken_apart_stays_as_it_is() {
    let (_alone, host) = alone();
    let tank = Tank::new("co_stays");
    let more = "static ASIDE: std::sync::Mutex<Option<Tank>> = std::sync::Mutex::new(None);
                #[hot::export] pub fn aside(put: bool) {
                    let mut tank = put.then(|| Tank::new(hecs::World::new()));
                    tank.iter_mut().for_each(|tank| _ = tank.get_mut().spawn((Position { x: 3 },)));
                    *ASIDE.lock().unwrap() = tank;
                }
                #[hot::export] pub fn put_number() { TANK.write().get_mut().spawn((Position { x: 1 }, 7_u8)); }
                #[hot::export] pub fn forget() {
                    let tank = TANK.read();
                    let mut fish = tank.get().query::<&mut Fish>();
                    fish.iter().for_each(drop);
                    std::mem::forget(fish);
                }";
    let one = tank.build(Version { more, ..FIRST });
    let aged = Version {
        fields: "#[hot(default = 1)] pub age: u8",
        first: "age: 0",
        shown: "fish.age",
        more,
        ..FIRST
    };
    let two = tank.build(aged);
    host.load_library(&one).unwrap();
    let (fill, clear) = (
        hot::lookup!(host, "co_stays::fill", fn()).unwrap(),
        hot::lookup!(host, "co_stays::clear", fn()).unwrap(),
    );
    let look = hot::lookup!(host, "co_stays::look", fn() -> String).unwrap();
    let aside = hot::lookup!(host, "co_stays::aside", fn(bool)).unwrap();
    let put_number = hot::lookup!(host, "co_stays::put_number", fn()).unwrap();
    let forget = hot::lookup!(host, "co_stays::forget", fn()).unwrap();
    let refused = |why: &str| {
        let was = look();
        let refused = host.load_library(&two).unwrap_err();
        assert_eq!(codes(&refused), [Code::HandleLayout], "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
        assert_eq!(look(), was);
    };
    fill();
    aside(true);
    refused("values of `Fish` are in a container that does not move");
    aside(false);
    put_number();
    refused("its list of types does not name");
    clear();
    fill();
    forget();
    let refused = host.load_library(&two).unwrap_err();
    assert_eq!(codes(&refused), [Code::HandleLayout], "{refused}");
    assert!(refused.to_string().contains("already borrowed"), "{refused}");
}

/// A container of the author's own: the example of `hot::Erased`.
const BAG: &str = r#"
    use std::{any::Any, collections::BTreeMap, mem::ManuallyDrop};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[derive(Default)]
    pub struct Bag(pub BTreeMap<u32, Box<dyn Any + Send + Sync>>);

    pub struct Kind {
        is: fn(&dyn Any) -> bool,
        free: unsafe fn(Box<dyn Any + Send + Sync>),
        make: unsafe fn(*const u8) -> Box<dyn Any + Send + Sync>,
    }

    unsafe impl<T: Any + Send + Sync> hot::ErasedOf<T> for Bag {
        const KIND: &'static Kind = &Kind {
            is: |value| value.is::<T>(),
            free: |of| unsafe { drop(Box::from_raw(Box::into_raw(of).cast::<ManuallyDrop<T>>())) },
            make: |at| unsafe { Box::new(at.cast::<T>().read()) },
        };
    }

    fn kind_of(value: &(dyn Any + Send + Sync), kinds: &[&Kind]) -> Option<usize> {
        kinds.iter().position(|kind| (kind.is)(value))
    }

    unsafe impl hot::Erased for Bag {
        type Kind = Kind;
        type Frame = FRAME;

        fn list(&self, kinds: &[&Kind], found: &mut hot::Found<'_>) -> Result<(), String> {
            for (number, value) in &self.0 {
                let kind = kind_of(&**value, kinds).ok_or(format!("what is {number}?"))?;
                assert!(*number != 13, "an unlucky number");
                found.add(kind, std::ptr::from_ref(&**value).cast(), 1);
            }
            Ok(())
        }

        unsafe fn take_apart(self, kinds: &[&Kind]) -> FRAME {
            let left = self.0.into_iter().map(|(number, value)| {
                let kind = kind_of(&*value, kinds).expect("it was listed");
                unsafe { (kinds[kind].free)(value) };
                (number.into(), kind)
            });
            left.collect()
        }

        unsafe fn put_together(
            frame: FRAME,
            kinds: &[&Kind],
            values: &mut hot::Values<'_>,
        ) -> Bag {
            let values = frame.into_iter().map(|(number, kind)| {
                let (kind, at) = values.take(kind, 1);
                (number as u32, unsafe { (kinds[kind].make)(at) })
            });
            Bag(values.collect())
        }
    }

    #[hot::export] pub static DROPPED: AtomicUsize = AtomicUsize::new(0);
    #[hot::export] pub fn dropped() -> usize { DROPPED.load(SeqCst) }
    #[hot::versioned] pub struct Counted(u8);
    impl Drop for Counted {
        fn drop(&mut self) { DROPPED.fetch_add(1, SeqCst); }
    }
"#;

/// A bundle with two bags; `thing` are the fields of what is in them.
fn bags(fixture: &Fixture, frame: &str, thing: &str, shown: &str, more: &str) -> PathBuf {
    let bag = BAG.replace("FRAME", frame);
    fixture.build(&format!(
        "{bag}
         #[hot::versioned] pub struct Thing {{ counted: Counted, {thing} }}
         hot::tracked! {{ pub unsafe struct Things(Bag) of Counted, Thing; }}
         #[hot::export] pub static BAGS: hot::State<Vec<Option<Things>>> =
             hot::State::new(|| [0, 1, 2].map(|_| Some(Things::new(Bag::default()))).into());
         fn show(thing: &Thing) -> String {{ format!(\"{{}} {{:?}}\", thing.counted.0, {shown}) }}
         #[hot::export] pub fn look() -> String {{
             let bags = BAGS.read();
             let values = bags.iter().flatten().flat_map(|bag| &bag.get().0).map(|(number, it)| {{
                 let thing = it.downcast_ref::<Thing>().map(show);
                 let counted = it.downcast_ref::<Counted>().map(|counted| counted.0);
                 format!(\"{{number}} {{thing:?}} {{counted:?}}\")
             }});
             values.collect::<Vec<_>>().join(\"; \")
         }}
         #[hot::export] pub fn clear() {{ BAGS.write().clear(); }}
         {more}"
    ))
}

#[test]
fn a_container_behind_a_handle_moves() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("co_live");
    let version = |thing: &str, made: &str, shown: &str| {
        let more = format!(
            "#[hot::export] pub static HELD: hot::State<Vec<hot::Live<Things>>> =
                 hot::State::new(Vec::new);
             #[hot::export] pub fn make() {{
                 let mut things = Things::new(Bag::default());
                 things.get_mut().0.insert(1, Box::new(Thing {{ counted: Counted(7), {made} }}));
                 HELD.write().push(hot::Live::new(things));
             }}
             #[hot::export] pub fn seen() -> String {{
                 let held = HELD.read();
                 let seen = |it: &hot::Live<Things>| show(it.get().get().0[&1].downcast_ref().unwrap());
                 held.iter().map(seen).collect::<Vec<_>>().join(\"; \")
             }}
             #[hot::export] pub fn drop_all() {{ HELD.write().clear(); }}"
        );
        bags(&fixture, "Vec<(u32, usize)>", thing, shown, &more)
    };
    let one = version("small: u8", "small: 5", "thing.small");
    let (fields, made) = ("small: u32, #[hot(default = 9)] new: u64", "small: 0, new: 0");
    let two = version(fields, made, "(thing.small, thing.new)");
    let bundle = host.load_library(&one).unwrap();
    let make = hot::lookup!(host, "co_live::make", fn()).unwrap();
    let seen = hot::lookup!(host, "co_live::seen", fn() -> String).unwrap();
    let dropped = hot::lookup!(host, "co_live::dropped", fn() -> usize).unwrap();
    make();
    make();
    host.load_library(&two).unwrap();
    make();
    assert_eq!(seen(), "7 (5, 9); 7 (5, 9); 7 (0, 0)");
    let report = bundle.report().unwrap();
    assert_eq!(report.migration.as_ref().unwrap().live, ["co_live::Things (2 values)"]);
    assert_eq!(dropped(), 0);
    hot::lookup!(host, "co_live::drop_all", fn()).unwrap()();
    assert_eq!(dropped(), 3);
}

#[test]
fn a_container_of_ones_own_moves() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("co_bag");
    const FRAME: &str = "Vec<(u32, usize)>";
    let fill = "#[hot::export] pub fn fill() {
                    let mut bags = BAGS.write();
                    for (index, bag) in bags.iter_mut().flatten().take(2).enumerate() {
                        for number in 0..4 {
                            let counted = Counted(10 * index as u8 + number);
                            let it: Box<dyn Any + Send + Sync> = match number % 2 {
                                0 => Box::new(Thing { counted, name: format!(\"the {number}\") }),
                                _ => Box::new(counted),
                            };
                            bag.get_mut().0.insert(number.into(), it);
                        }
                    }
                }
                #[hot::export] pub fn put(number: u32, known: bool) {
                    let it: Box<dyn Any + Send + Sync> =
                        if known { Box::new(Counted(0)) } else { Box::new(5_u8) };
                    BAGS.write()[1].as_mut().unwrap().get_mut().0.insert(number, it);
                }
                #[hot::export] pub fn take(number: u32) {
                    BAGS.write()[1].as_mut().unwrap().get_mut().0.remove(&number);
                }";
    let one = bags(&fixture, FRAME, "name: String", "thing.name", fill);
    let parts = "name: String, #[hot(convert = count, from(\"name\"))] length: usize";
    let count = "fn count(name: &String) -> usize { name.len() }";
    let more = format!("{count} {}", fill.replace("counted, name", "counted, length: 0, name"));
    let two = bags(&fixture, FRAME, parts, "(&thing.name, thing.length)", &more);
    let other = bags(&fixture, "Vec<(u64, usize)>", parts, "thing.length", &more);

    let bundle = host.load_library(&one).unwrap();
    let look = hot::lookup!(host, "co_bag::look", fn() -> String).unwrap();
    let dropped = hot::lookup!(host, "co_bag::dropped", fn() -> usize).unwrap();
    let put = hot::lookup!(host, "co_bag::put", fn(u32, bool)).unwrap();
    let take = hot::lookup!(host, "co_bag::take", fn(u32)).unwrap();
    hot::lookup!(host, "co_bag::fill", fn()).unwrap()();
    let was = look();
    assert!(was.starts_with("0 Some(\"0 \\\"the 0\\\"\") None; 1 None Some(1)"), "{was}");

    let refused = |library: &PathBuf, why: &str| {
        let was = (look(), dropped());
        let refused = host.load_library(library).unwrap_err();
        assert_eq!(codes(&refused), [Code::HandleLayout], "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
        assert_eq!((look(), dropped()), was);
    };
    refused(&other, "what is left of it without its values is of another type");
    put(9, false);
    refused(&two, "what is 9?");
    take(9);
    put(13, true);
    refused(&two, "an unlucky number");
    take(13);

    let gone = dropped();
    host.load_library(&two).unwrap();
    let longer = was.replace("\\\"the 0\\\"", "(\\\"the 0\\\", 5)");
    assert_eq!(look(), longer.replace("\\\"the 2\\\"", "(\\\"the 2\\\", 5)"));
    bundle.rollback().unwrap();
    assert_eq!((look(), dropped()), (was, gone));
    hot::lookup!(host, "co_bag::clear", fn()).unwrap()();
    assert_eq!(dropped(), gone + 8);
}
