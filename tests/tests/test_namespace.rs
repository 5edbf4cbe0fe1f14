//! Namespaces on their own: names, kinds and atomic pointers, without any bundle.

use std::{
    collections::BTreeSet,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use hot::{Code, Definition, Host, Kind, Namespace};

/// Something to point at.
static PLACES: [u64; 1 << 18] = [0; 1 << 18];

fn place(number: usize) -> *const () {
    (&raw const PLACES[number]).cast()
}

fn number_of(pointer: *const ()) -> usize {
    (pointer.addr() - place(0).addr()) / size_of::<u64>()
}

fn code<T>(result: hot::Result<T>) -> Code {
    result.err().expect("an error").code()
}

fn paths(namespace: &Namespace) -> Vec<String> {
    namespace.definitions().iter().map(|definition| definition.path().to_owned()).collect()
}

fn namespaces(namespace: &Namespace) -> Vec<String> {
    namespace.namespaces().iter().map(|namespace| namespace.path().to_owned()).collect()
}

#[test]
fn create_and_destroy() {
    let root = Namespace::new();
    assert_eq!((root.path(), namespaces(&root)), ("", vec![]));
    let physics = root.create("game::physics").unwrap();
    root.create("audio").unwrap();
    assert_eq!(physics.path(), "game::physics");
    assert_eq!(namespaces(&root), ["audio", "game", "game::physics"]);
    assert_eq!(code(root.create("game")), Code::AlreadyDefined);
    assert_eq!(code(root.create("game::physics")), Code::AlreadyDefined);
    let fluids = physics.create("fluids").unwrap();
    assert_eq!(fluids.path(), "game::physics::fluids");
    assert_eq!(
        root.namespace("game").unwrap().namespace("physics::fluids").unwrap().path(),
        fluids.path()
    );

    root.destroy("game").unwrap();
    assert_eq!(namespaces(&root), ["audio"]);
    assert!(root.namespace("game::physics").is_none());
    assert_eq!(code(root.destroy("game")), Code::NoNamespace);
    assert_eq!(code(root.destroy("game::physics")), Code::NoNamespace);
    // Another one of the name is another one.
    assert_eq!(root.create("game").unwrap().path(), "game");
    assert!(root.namespace("game::physics").is_none());
    drop(root);
    assert_eq!(fluids.path(), "game::physics::fluids", "who holds it may look at it");
}

#[test]
fn what_is_held_of_a_destroyed_namespace_says_so() {
    let root = Namespace::new();
    let step = root.define("game::physics::step", Kind::Function, place(1)).unwrap();
    let physics = root.namespace("game::physics").unwrap();
    root.destroy("game").unwrap();
    assert_eq!((step.is_defined(), step.pointer(), step.generation()), (false, None, None));
    assert_eq!(step.kind(), Kind::Function, "what it was");
    assert_eq!(code(step.update(place(2))), Code::Undefined);
    assert_eq!(code(physics.define("leap", Kind::Function, place(3))), Code::NoNamespace);
    assert_eq!(code(physics.define("deep::leap", Kind::Function, place(3))), Code::NoNamespace);
    assert_eq!(code(physics.create("deep")), Code::NoNamespace);
    assert_eq!(code(physics.undefine("step")), Code::NoNamespace);
    assert_eq!(code(physics.destroy("deep")), Code::NoNamespace);
    assert!(physics.definitions().is_empty() && physics.get("step").is_none());
    // The name is free, and the old handles stay apart from it.
    let anew = root.define("game::physics::step", Kind::Var, place(4)).unwrap();
    assert_eq!((anew.pointer(), step.pointer()), (Some(place(4)), None));
    assert!(physics.get("step").is_none());
}

#[test]
fn define_and_lookup() {
    let root = Namespace::new();
    let step = root.define("game::physics::step", Kind::Function, place(7)).unwrap();
    assert_eq!((step.path(), step.kind()), ("game::physics::step", Kind::Function));
    assert_eq!((step.pointer(), step.generation()), (Some(place(7)), Some(1)));
    assert_eq!(step.signature(), None, "a pointer has none");
    // From every level, and as the same definition.
    let game = root.namespace("game").unwrap();
    let physics = game.namespace("physics").unwrap();
    for found in
        [root.lookup("game::physics::step"), game.lookup("physics::step"), physics.lookup("step")]
    {
        assert!(std::ptr::eq(&*found.unwrap(), &*step));
    }
    let leap = physics.define("leap", Kind::Function, place(8)).unwrap();
    assert_eq!(leap.path(), "game::physics::leap");
    assert_eq!(root.lookup("game::physics::leap").unwrap().pointer(), Some(place(8)));
    let error = root.define("game::physics::step", Kind::Var, place(9)).unwrap_err();
    assert_eq!(error.code(), Code::AlreadyDefined);
    assert!(error.to_string().contains("`game::physics::step` is a function already"), "{error}");
    assert_eq!((step.pointer(), step.kind()), (Some(place(7)), Kind::Function));
    // A null pointer is a pointer.
    let null = root.define("null", Kind::Var, std::ptr::null()).unwrap();
    assert_eq!((null.is_defined(), null.pointer()), (true, Some(std::ptr::null())));
}

#[test]
fn what_is_called_is_the_newest() {
    fn one() -> u32 {
        1
    }
    fn two() -> u32 {
        2
    }
    let root = Namespace::new();
    let definition = root.define("number", Kind::Function, one as *const ()).unwrap();
    let call = |definition: &Definition| {
        let pointer = definition.pointer().unwrap();
        // SAFETY: only functions of this type were stored.
        let function = unsafe { std::mem::transmute::<*const (), fn() -> u32>(pointer) };
        function()
    };
    assert_eq!(call(&definition), 1);
    assert_eq!(root.update("number", two as *const ()).unwrap(), one as *const ());
    assert_eq!((call(&definition), definition.generation()), (2, Some(2)));
}

#[test]
fn multiple_definitions_of_all_kinds() {
    let root = Namespace::new();
    let kinds = [Kind::Function, Kind::Var, Kind::Struct, Kind::Enum];
    for (number, kind) in kinds.into_iter().enumerate() {
        for module in ["b", "a::c", "a", "a::b"] {
            root.define(&format!("{module}::{kind}"), kind, place(number)).unwrap();
        }
    }
    let mut expected: Vec<_> = ["b", "a::c", "a", "a::b"]
        .iter()
        .flat_map(|module| kinds.map(|kind| format!("{module}::{kind}")))
        .collect();
    expected.sort();
    assert_eq!(paths(&root), expected);
    assert_eq!(expected.len(), 16);
    assert_eq!(namespaces(&root), ["a", "a::b", "a::c", "b"]);
    for definition in root.definitions() {
        let number = number_of(definition.pointer().unwrap());
        assert_eq!(definition.kind(), kinds[number]);
        assert!(definition.path().ends_with(&kinds[number].to_string()));
    }
    assert_eq!(root.namespace("a").unwrap().definitions().len(), 12);

    let gone = root.get("a::b::var").unwrap();
    assert_eq!(root.undefine("a::b::var").unwrap(), place(1));
    assert_eq!(root.definitions().len(), 15);
    assert!(!gone.is_defined());
    let anew = root.define("a::b::var", Kind::Enum, place(5)).unwrap();
    assert_eq!((anew.kind(), anew.generation()), (Kind::Enum, Some(1)));
    assert_eq!(gone.pointer(), None, "another definition of the name");
}

#[test]
fn a_definition_and_a_namespace_may_share_a_name() {
    let root = Namespace::new();
    root.define("game", Kind::Function, place(0)).unwrap();
    root.define("game::game", Kind::Var, place(1)).unwrap();
    root.define("game::game::game", Kind::Enum, place(2)).unwrap();
    assert_eq!(paths(&root), ["game", "game::game", "game::game::game"]);
    root.undefine("game").unwrap();
    assert_eq!(paths(&root), ["game::game", "game::game::game"]);
    root.define("game", Kind::Function, place(0)).unwrap();
    root.destroy("game").unwrap();
    assert_eq!(paths(&root), ["game"]);
}

#[test]
fn missing_names_are_errors() {
    let root = Namespace::new();
    root.create("game::empty").unwrap();
    root.define("game::step", Kind::Function, place(0)).unwrap();
    for missing in
        ["step", "game", "game::leap", "game::step::more", "no::step", "", "::", "game::"]
    {
        assert!(root.get(missing).is_none(), "{missing}");
        let error = root.lookup(missing).unwrap_err();
        assert_eq!(error.code(), Code::Undefined, "{missing}");
        assert!(error.to_string().contains(&format!("`{missing}`")), "{error}");
        assert_eq!(code(root.update(missing, place(1))), Code::Undefined, "{missing}");
    }
    assert!(root.namespace("game::step").is_none() && root.namespace("").is_none());
    assert_eq!(code(root.undefine("game::leap")), Code::Undefined);
    assert_eq!(code(root.undefine("no::leap")), Code::NoNamespace);
    assert_eq!(code(root.undefine("no::deep::leap")), Code::NoNamespace);
    assert_eq!(code(root.destroy("game::step")), Code::NoNamespace);
    assert!(root.namespace("no").is_none(), "what fails creates nothing");
    // The error names the whole path, from wherever it was asked.
    let error = root.namespace("game").unwrap().lookup("leap").unwrap_err();
    assert!(error.to_string().contains("`game::leap` is not defined"), "{error}");
    assert_eq!(paths(&root), ["game::step"]);
}

#[test]
fn what_is_not_a_name_is_refused() {
    let root = Namespace::new();
    let (deepest, too_deep) = (["a"; 64].join("::"), ["a"; 65].join("::"));
    // A naive descent would overflow its stack.
    let abyss = ["a"; 200_000].join("::");
    let bad =
        ["", "::", "a::", "::a", "a::::b", "a:b", "a b", "a\n", "a::\u{0}", &too_deep, &abyss];
    for name in bad {
        let results = [
            root.define(name, Kind::Var, place(0)).map(drop),
            root.create(name).map(drop),
            root.undefine(name).map(drop),
            root.destroy(name),
        ];
        for result in results {
            assert_eq!(code(result), Code::BadName, "{:.40?}", name);
        }
        assert!(root.get(name).is_none() && root.namespace(name).is_none());
    }
    assert!(paths(&root).is_empty() && namespaces(&root).is_empty());
    root.define(&deepest, Kind::Var, place(1)).unwrap();
    let inner = root.namespace(&["a"; 63].join("::")).unwrap();
    assert_eq!(inner.get("a").unwrap().path(), deepest);
    assert_eq!(code(inner.define("a::b", Kind::Var, place(1))), Code::BadName, "all in all");
    root.define("größe::名前", Kind::Var, place(2)).unwrap();
    assert_eq!(root.lookup("größe::名前").unwrap().pointer(), Some(place(2)));
}

#[test]
fn atomic_updates_lose_no_pointer() {
    const THREADS: usize = 4;
    const EACH: usize = 50_000;
    let root = Namespace::new();
    let definition = root.define("a::b", Kind::Var, place(0)).unwrap();
    let start = Barrier::new(THREADS);
    // Every pointer is given back exactly once, as the old one of the update after it.
    let mut seen: Vec<usize> = thread::scope(|scope| {
        let writers = (0..THREADS).map(|thread| {
            let (root, definition, start) = (&root, &definition, &start);
            scope.spawn(move || {
                start.wait();
                let numbers = (0..EACH).map(|round| 1 + thread * EACH + round);
                let update = |number| match number % 2 {
                    0 => root.update("a::b", place(number)),
                    _ => definition.update(place(number)),
                };
                numbers.map(|number| number_of(update(number).unwrap())).collect::<Vec<_>>()
            })
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    seen.push(number_of(definition.pointer().unwrap()));
    let distinct: BTreeSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), distinct.len()), (THREADS * EACH + 1, THREADS * EACH + 1));
    assert_eq!(distinct.last(), Some(&(THREADS * EACH)));
    assert_eq!(definition.generation(), Some(1 + (THREADS * EACH) as u64));
}

#[test]
fn readers_see_whole_updates_in_their_order() {
    let root = Namespace::new();
    root.define("a::b::c", Kind::Var, place(1)).unwrap();
    let done = AtomicBool::new(false);
    let reads = AtomicUsize::new(0);
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                start.wait();
                let mut last = 0;
                // Once more after the last update.
                while last < 4000 {
                    let definition = root.lookup("a::b::c").unwrap();
                    // The writer stores the n-th pointer as the n-th generation.
                    let before = definition.generation().unwrap();
                    let number = number_of(definition.pointer().unwrap()) as u64;
                    let after = definition.generation().unwrap();
                    assert!(before <= number && number <= after, "{before} {number} {after}");
                    assert!(number >= last, "{number} after {last}");
                    last = number;
                    reads.fetch_add(1, Relaxed);
                }
                assert!(done.load(Relaxed) || last == 4000);
            });
        }
        start.wait();
        for number in 2..=4000 {
            assert_eq!(number_of(root.update("a::b::c", place(number)).unwrap()), number - 1);
        }
        done.store(true, Relaxed);
    });
    assert!(reads.into_inner() >= 3);
}

#[test]
fn one_of_many_wins() {
    let root = Namespace::new();
    for round in 0..200 {
        let start = Barrier::new(4);
        let count = |action: &(dyn Fn(usize) -> bool + Sync)| {
            let won = AtomicUsize::new(0);
            thread::scope(|scope| {
                for thread in 0..4 {
                    let (start, won) = (&start, &won);
                    scope.spawn(move || {
                        start.wait();
                        won.fetch_add(usize::from(action(thread)), Relaxed);
                    });
                }
            });
            won.into_inner()
        };
        let name = format!("n{}::x", round % 3);
        let define = |thread: usize| root.define(&name, Kind::Var, place(thread)).is_ok();
        assert_eq!(count(&define), 1);
        let definition = root.get(&name).unwrap();
        assert_eq!(count(&|_| root.undefine(&name).is_ok()), 1);
        assert!(!definition.is_defined());
        assert_eq!(count(&|_| root.create("made::anew").is_ok()), 1);
        assert_eq!(count(&|_| root.destroy("made").is_ok()), 1);
    }
}

#[test]
fn what_was_defined_is_found_or_was_destroyed() {
    const ROUNDS: usize = 500;
    let root = Namespace::new();
    let start = Barrier::new(4);
    let (defined, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..3 {
            let (root, start, defined, refused) = (&root, &start, &defined, &refused);
            scope.spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    let held = root.namespace("game");
                    let name = format!("t{thread}::n{round}");
                    let result = match &held {
                        Some(game) => game.define(&name, Kind::Var, place(round)),
                        None => root.define(&format!("game::{name}"), Kind::Var, place(round)),
                    };
                    match result {
                        Ok(definition) => {
                            // Nobody else takes it away but by destroying the whole.
                            let path = definition.path();
                            let found = root.lookup(path).is_ok();
                            assert!(found || !definition.is_defined(), "{path} is lost");
                            defined.fetch_add(1, Relaxed);
                        }
                        Err(error) => {
                            assert_eq!(error.code(), Code::NoNamespace);
                            assert!(held.is_some());
                            refused.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
        start.wait();
        for _ in 0..ROUNDS {
            let _ = root.destroy("game");
            for definition in root.definitions() {
                assert!(definition.path().starts_with("game::t"));
            }
        }
    });
    assert_eq!(defined.into_inner() + refused.into_inner(), 3 * ROUNDS);
    let left = root.definitions();
    assert!(left.iter().all(|definition| definition.is_defined()));
}

#[hot::export]
fn baseline(number: u32) -> u32 {
    number + 1
}

#[test]
fn the_hosts_namespace_changes_by_loading_only() {
    let host = Host::start().unwrap();
    let root = host.namespace();
    let path = "test_namespace::baseline";
    let inner = root.namespace("test_namespace").unwrap();
    let definition = root.lookup(path).unwrap();
    let before = (paths(root), definition.pointer(), definition.generation());
    let results = [
        ("update", definition.update(place(0)).map(drop)),
        ("update by name", root.update(path, place(0)).map(drop)),
        ("update of what is not there", root.update("x", place(0)).map(drop)),
        ("inner update", inner.update("baseline", place(0)).map(drop)),
        ("define", root.define("test_namespace::other", Kind::Function, place(0)).map(drop)),
        ("define again", root.define(path, Kind::Function, place(0)).map(drop)),
        ("define elsewhere", root.define("other::other", Kind::Var, place(0)).map(drop)),
        ("inner define", inner.define("other", Kind::Function, place(0)).map(drop)),
        ("undefine", root.undefine(path).map(drop)),
        ("inner undefine", inner.undefine("baseline").map(drop)),
        ("create", root.create("other").map(drop)),
        ("inner create", inner.create("other").map(drop)),
        ("destroy", root.destroy("test_namespace")),
        ("a bad name", root.create("").map(drop)),
    ];
    for (what, result) in results {
        assert_eq!(code(result), Code::HostOwned, "{what}");
    }
    assert_eq!((paths(root), definition.pointer(), definition.generation()), before);
    assert_eq!(definition.generation(), Some(0));
    assert_eq!(definition.signature().as_deref(), Some("fn(u32) -> u32"));
    assert_eq!(hot::get!(baseline)(1), 2);
    assert!(inner.namespaces().is_empty() && inner.path() == "test_namespace");
}

#[test]
fn it_needs_no_host() {
    tests::in_child("it_needs_no_host", &[], Vec::new, |_| {
        let root = Namespace::default();
        root.define("a::b", Kind::Struct, place(3)).unwrap();
        assert_eq!(root.lookup("a::b").unwrap().pointer(), Some(place(3)));
        assert_eq!(Host::current().unwrap_err().code(), hot::Code::NoHost);
    });
}
