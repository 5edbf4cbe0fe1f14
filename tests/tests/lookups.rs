//! Other ways to call than `hot::get!` at once: stored handles, `try_get!`, `fn_ptr!`, `lookup!`.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{c_int, c_void},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Stop, child, wait_until};

fn host() -> Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    HOST.clone()
}

fn panic_of<T>(body: impl FnOnce() -> T) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err().expect("a panic");
    *payload.downcast::<String>().unwrap()
}

fn error<T>(result: hot::Result<T>) -> hot::Error {
    result.err().expect("an error")
}

hot::import! {
    lookups_stored => {
        fn scale(number: u32) -> u32;
        fn label(number: u32) -> String;
    }
}

#[test]
fn stored_handles_reach_the_newest_definition() {
    let fixture = Fixture::new("lookups_stored");
    let version = |factor: u32| {
        fixture.build(&format!(
            "#[hot::export] pub fn scale(number: u32) -> u32 {{ number * {factor} }}
             #[hot::export] pub fn label(number: u32) -> String {{ format!(\"{factor}:{{number}}\") }}"
        ))
    };
    let versions = [1, 2, 3].map(version);

    // Made before anything is loaded.
    let list = Vec::from([hot::get!(lookups_stored::scale); 3]);
    let mut boxed: BTreeMap<&str, Box<dyn Fn(u32) -> String + Send + Sync>> = BTreeMap::new();
    boxed.insert("label", Box::new(hot::get!(lookups_stored::label)));
    boxed.insert("scale", Box::new(|number| hot::get!(lookups_stored::scale)(number).to_string()));
    let shared: Arc<dyn Fn(u32) -> u32 + Send + Sync> = Arc::new(hot::get!(lookups_stored::scale));
    static POINTER: fn(u32) -> u32 = |number| hot::get!(lookups_stored::scale)(number);
    let (ask, questions) = mpsc::channel::<u32>();
    let (reply, answers) = mpsc::channel();
    let scale = hot::get!(lookups_stored::scale);
    let thread = thread::spawn(move || {
        for number in questions {
            reply.send(scale(number)).unwrap();
        }
    });

    assert!(panic_of(|| list[0](1)).starts_with("HOT0501: `lookups_stored::scale`"));
    for (factor, library) in (1..).zip(&versions) {
        host().load_library(library).unwrap();
        assert_eq!(list.iter().map(|scale| scale(7)).sum::<u32>(), 3 * 7 * factor);
        assert_eq!(boxed["label"](5), format!("{factor}:5"));
        assert_eq!(boxed["scale"](5), format!("{}", 5 * factor));
        assert_eq!((shared(4), POINTER(4)), (4 * factor, 4 * factor));
        ask.send(9).unwrap();
        assert_eq!(answers.recv().unwrap(), 9 * factor, "in a thread that is older");
        let copies: Vec<_> = (0..4).map(|number| thread::spawn(move || scale(number))).collect();
        let sum: u32 = copies.into_iter().map(|copy| copy.join().unwrap()).sum();
        assert_eq!(sum, 6 * factor);
    }
    drop(ask);
    thread.join().unwrap();
    // Bounds that a handle keeps.
    fn is_plain<T: Copy + Send + Sync + 'static>(_: T) -> usize {
        size_of::<T>()
    }
    assert_eq!(is_plain(scale), 0);
}

hot::import! {
    lookups_try => { static LEVEL: AtomicU32; fn level() -> u32; }
}

#[test]
fn try_get_says_whether_it_is_there() {
    let missing = hot::try_get!(lookups_try::level).err().unwrap();
    assert_eq!(missing.path(), "lookups_try::level");
    assert_eq!(
        missing.to_string(),
        "HOT0501: `lookups_try::level` is not defined: no bundle that exports it is loaded"
    );
    assert_eq!(hot::try_get!(lookups_try::LEVEL).err().unwrap().path(), "lookups_try::LEVEL");
    // It becomes an error of the host's.
    fn ask() -> hot::Result<u32> {
        Ok(hot::try_get!(lookups_try::level)?())
    }
    assert_eq!(error(ask()).code(), Code::Undefined);

    let bundle = host()
        .load_library(Fixture::new("lookups_try").build(
            "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
             #[hot::export] pub static LEVEL: AtomicU32 = AtomicU32::new(4);
             #[hot::export] pub fn level() -> u32 { LEVEL.load(SeqCst) }",
        ))
        .unwrap();
    assert_eq!(ask().unwrap(), 4);
    hot::try_get!(lookups_try::LEVEL).unwrap().store(5, SeqCst);
    let level = hot::try_get!(lookups_try::level).unwrap();
    assert_eq!(level(), 5);
    bundle.unload().unwrap();
    assert_eq!(error(ask()).code(), Code::Undefined);
    assert!(hot::try_get!(lookups_try::LEVEL).is_err());
    assert!(panic_of(level).starts_with("HOT0501"), "a handle from before");
    // What is linked in is always there.
    assert_eq!(hot::try_get!(own).unwrap()(1), 2);
}

/// The host's own.
#[hot::export]
pub fn own(number: u32) -> u32 {
    number + 1
}

hot::import! {
    lookups_pointer => {
        fn scale(number: u32) -> u32;
        extern "C" fn compare(a: *const c_void, b: *const c_void) -> c_int;
        extern "C-unwind" fn throw(number: c_int) -> c_int;
        unsafe fn read(address: *const u32) -> u32;
        fn longest<'a>(a: &'a str, b: &str) -> &'a str;
        fn apply(number: u32, change: &dyn Fn(u32) -> u32) -> u32;
        fn never(text: &str) -> !;
    }
}

/// What a program keeps.
struct Button {
    label: &'static str,
    action: fn(u32) -> u32,
}

fn sort(numbers: &mut [i32], compare: extern "C" fn(*const c_void, *const c_void) -> c_int) {
    // SAFETY: as many elements of this size; `compare` reads what it is given as numbers.
    unsafe {
        libc::qsort(
            numbers.as_mut_ptr().cast(),
            numbers.len(),
            size_of::<i32>(),
            // The same type: `qsort` takes an `unsafe` function.
            Some(std::mem::transmute::<
                extern "C" fn(*const c_void, *const c_void) -> c_int,
                unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
            >(compare)),
        );
    }
}

#[test]
fn function_pointers_reach_the_newest_definition() {
    let fixture = Fixture::new("lookups_pointer");
    let version = |factor: u32, compare: &str| {
        fixture.build(&format!(
            "use std::ffi::{{c_int, c_void}};
             #[hot::export] pub fn scale(number: u32) -> u32 {{ number * {factor} }}
             #[hot::export] pub extern \"C\" fn compare(a: *const c_void, b: *const c_void) -> c_int {{
                 let (a, b) = unsafe {{ (*a.cast::<i32>(), *b.cast::<i32>()) }};
                 {compare} as c_int
             }}
             #[hot::export] pub extern \"C-unwind\" fn throw(number: c_int) -> c_int {{
                 assert_ne!(number, 13, \"unlucky\");
                 number
             }}
             #[hot::export] pub unsafe fn read(address: *const u32) -> u32 {{ unsafe {{ *address }} }}
             #[hot::export] pub fn longest<'a>(a: &'a str, _: &str) -> &'a str {{ a }}
             #[hot::export] pub fn apply(number: u32, change: &dyn Fn(u32) -> u32) -> u32 {{ change(number) }}
             #[hot::export] pub fn never(text: &str) -> ! {{ panic!(\"{{text}}!\") }}"
        ))
    };
    let (v1, v2) = (version(2, "a.cmp(&b)"), version(3, "b.cmp(&a)"));
    let buttons = [
        Button { label: "scale", action: hot::fn_ptr!(lookups_pointer::scale) },
        Button { label: "own", action: hot::fn_ptr!(own) },
    ];
    let table: HashMap<_, _> = buttons.iter().map(|button| (button.label, button.action)).collect();
    let compare = hot::fn_ptr!(lookups_pointer::compare);
    let throw: extern "C-unwind" fn(c_int) -> c_int = hot::fn_ptr!(lookups_pointer::throw);
    let read: unsafe fn(*const u32) -> u32 = hot::fn_ptr!(lookups_pointer::read);
    let longest: for<'a> fn(&'a str, &str) -> &'a str = hot::fn_ptr!(lookups_pointer::longest);
    let apply: fn(u32, &dyn Fn(u32) -> u32) -> u32 = hot::fn_ptr!(lookups_pointer::apply);
    let never: fn(&str) -> ! = hot::fn_ptr!(lookups_pointer::never);

    assert!(panic_of(|| table["scale"](1)).starts_with("HOT0501: `lookups_pointer::scale`"));
    assert_eq!(table["own"](1), 2);
    for (factor, library, sorted) in [(2, &v1, [1, 2, 3, 9]), (3, &v2, [9, 3, 2, 1])] {
        host().load_library(library).unwrap();
        assert_eq!(table["scale"](5), 5 * factor);
        let mut numbers = [3, 9, 1, 2];
        sort(&mut numbers, compare);
        assert_eq!(numbers, sorted);
        assert_eq!(throw(factor as c_int), factor as c_int);
        assert!(panic_of(|| throw(13)).contains("unlucky"));
        // SAFETY: the address is that of a number.
        assert_eq!(unsafe { read(&factor) }, factor);
        assert_eq!(longest("long", &String::from("longer")), "long");
        assert_eq!(apply(4, &|number| number + factor), 4 + factor);
        assert_eq!(panic_of(|| never("end")), "end!");
    }
    let again: fn(u32) -> u32 = hot::fn_ptr!(lookups_pointer::scale);
    assert_eq!(again(2), 6);
}

#[test]
fn an_undefined_c_callback_ends_the_process_with_its_reason() {
    const TEST: &str = "an_undefined_c_callback_ends_the_process_with_its_reason";
    if child::is_child(TEST) {
        hot::fn_ptr!(lookups_pointer::compare)(std::ptr::null(), std::ptr::null());
        return;
    }
    let output = child::command(TEST, &[]).output().unwrap();
    let said = child::text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("HOT0501: `lookups_pointer::compare` is not defined"), "{said}");
    assert!(said.contains("panic in a function that cannot unwind"), "{said}");
}

/// The host's own.
#[hot::versioned]
pub struct World {
    heat: f32,
}

#[hot::export]
fn step(world: &mut World, seconds: f32) {
    world.heat -= seconds;
}

mod elsewhere {
    #[hot::versioned]
    pub(crate) struct World {
        pub(crate) heat: f32,
    }
}

#[test]
fn what_is_linked_in_is_looked_up() {
    let mut world = World { heat: 1.0 };
    let found = hot::lookup!(host(), "lookups::step", fn(&mut World, f32)).unwrap();
    found(&mut world, 0.25);
    assert_eq!(world.heat, 0.75);
    // As a type of another name in scope, through a macro, and with all lifetimes named.
    type Alias = World;
    macro_rules! find {
        ($host:expr, $ty:ty) => {
            hot::lookup!($host, "lookups::step", $ty)
        };
    }
    find!(&host(), fn(&mut Alias, f32)).unwrap()(&mut world, 0.25);
    find!(&&host(), for<'a> fn(world: &'a mut World, seconds: f32)).unwrap()(&mut world, 0.25);
    assert_eq!(world.heat, 0.25);
    // One of the same name and layout is another type.
    let refused = error(hot::lookup!(host(), "lookups::step", fn(&mut elsewhere::World, f32)));
    assert_eq!(refused.code(), Code::OtherSignature, "{refused}");
    let others = [
        error(hot::lookup!(host(), "lookups::step", fn(&World, f32))),
        error(hot::lookup!(host(), "lookups::step", fn(&mut World, f64))),
        error(hot::lookup!(host(), "lookups::step", fn(&'static mut World, f32))),
        error(hot::lookup!(host(), "lookups::step", fn(&mut World))),
        error(hot::lookup!(host(), "lookups::step", fn(&mut World, f32) -> f32)),
        error(hot::lookup!(host(), "lookups::step", unsafe fn(&mut World, f32))),
        error(hot::lookup!(host(), "lookups::step", extern "C" fn(&mut World, f32))),
        error(hot::lookup!(host(), "lookups::STATE", fn() -> u32)),
    ];
    for other in others {
        assert_eq!(other.code(), Code::OtherSignature, "{other}");
        let text = other.to_string();
        assert!(["asked:", "is:", "why:"].iter().all(|fact| text.contains(fact)), "{text}");
    }
    for missing in [
        error(hot::lookup!(host(), "lookups::leap", fn(&mut World, f32))),
        error(hot::lookup!(host(), "step", fn(&mut World, f32))),
        error(hot::lookup!(host(), "lookups", fn(&mut World, f32))),
    ] {
        assert_eq!(missing.code(), Code::Undefined, "{missing}");
    }
}

#[hot::export]
static STATE: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_look_up_follows_loads_reloads_and_unloads() {
    let fixture = Fixture::new("lookups_named");
    let version = |ty: &str, factor: &str| {
        fixture.build(&format!(
            "pub mod deep {{
                 #[hot::export] pub fn scale(number: {ty}) -> {ty} {{ number * {factor} }}
             }}
             #[hot::export] pub fn append(list: &mut Vec<String>, text: &str) -> usize {{
                 list.push(text.to_owned());
                 list.len()
             }}
             #[hot::export] pub fn first<'a>(a: &'a str, _b: &str) -> &'a str {{ a }}
             #[hot::export] pub fn apply(change: &mut dyn FnMut(u32)) {{ change(2); change(3) }}
             #[hot::export] pub unsafe extern \"C\" fn raw(address: *const u8) -> u8 {{ unsafe {{ *address }} }}"
        ))
    };
    let (v1, v2) = (version("u32", "2"), version("u32", "3"));
    let wide = version("u64", "4");
    // One place in the source, asked again and again.
    let scale = || hot::lookup!(host(), "lookups_named::deep::scale", fn(u32) -> u32);
    assert_eq!(error(scale()).code(), Code::Undefined);
    let bundle = host().load_library(&v1).unwrap();

    // What was asked for in vain does not count as a caller: another signature can come.
    let wrong = error(hot::lookup!(host(), "lookups_named::deep::scale", fn(u64) -> u64));
    assert_eq!(wrong.code(), Code::OtherSignature, "{wrong}");
    assert!(wrong.to_string().contains("fn(u32) -> u32"), "{wrong}");
    host().load_library(&wide).unwrap();
    assert_eq!(error(scale()).code(), Code::OtherSignature);
    let wide_scale = hot::lookup!(host(), "lookups_named::deep::scale", fn(u64) -> u64).unwrap();
    assert_eq!(wide_scale(1 << 40), 4 << 40);

    // What was found does.
    let refused = error(host().load_library(&v1));
    assert_eq!(refused.code(), Code::TypeChanged, "{refused}");
    assert!(refused.to_string().contains("by the host"), "{refused}");
    assert_eq!(wide_scale(1), 4);
    bundle.unload().unwrap();
    assert!(panic_of(|| wide_scale(1)).starts_with("HOT0501: `lookups_named::deep::scale`"));
    let again = error(hot::lookup!(host(), "lookups_named::deep::scale", fn(u64) -> u64));
    assert_eq!(again.code(), Code::Undefined);

    host().load_library(&wide).unwrap();
    assert_eq!(wide_scale(1), 4, "a handle from before");
    let mut list = Vec::new();
    let append =
        hot::lookup!(host(), "lookups_named::append", fn(&mut Vec<String>, &str) -> usize).unwrap();
    assert_eq!((append(&mut list, "one"), append(&mut list, &String::from("two"))), (1, 2));
    let first =
        hot::lookup!(host(), "lookups_named::first", for<'a> fn(&'a str, &str) -> &'a str).unwrap();
    assert_eq!(first("a", &String::from("b")), "a");
    let mut sum = 0;
    let apply = hot::lookup!(host(), "lookups_named::apply", fn(&mut dyn FnMut(u32))).unwrap();
    apply(&mut |number| sum += number);
    assert_eq!(sum, 5);
    let raw =
        hot::lookup!(host(), "lookups_named::raw", unsafe extern "C" fn(*const u8) -> u8).unwrap();
    // SAFETY: the address is that of a byte.
    assert_eq!(unsafe { raw(&7) }, 7);
    assert_eq!(error(host().load_library(&v2)).code(), Code::TypeChanged);
}

#[test]
fn threads_look_up_while_it_is_reloaded() {
    let fixture = Fixture::new("lookups_raced");
    let versions: Vec<_> = (1..=3)
        .map(|number| fixture.build(&format!("#[hot::export] pub fn now() -> u32 {{ {number} }}")))
        .collect();
    let (seen, done, stop) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 3 && !stop.load(SeqCst) {
                    // The first success comes in the middle of a load.
                    match hot::lookup!(host(), "lookups_raced::now", fn() -> u32) {
                        Ok(now) => {
                            let now = now();
                            assert!(now >= last, "{now} after {last}");
                            last = now;
                            seen.fetch_max(now, SeqCst);
                        }
                        Err(error) => {
                            assert_eq!((error.code(), last), (Code::Undefined, 0));
                            thread::yield_now();
                        }
                    }
                }
                done.fetch_add(u32::from(last == 3), SeqCst);
            });
        }
        for (number, library) in (1..).zip(&versions) {
            host().load_library(library).unwrap();
            wait_until(|| seen.load(SeqCst) >= number);
        }
        wait_until(|| done.load(SeqCst) == 3);
    });
}

/// Called by the init function of a bundle: a load is under way on this thread.
#[hot::export]
pub fn look_around() -> String {
    let first = hot::lookup!(host(), "lookups_around::value", fn() -> u32);
    let again = hot::lookup!(host(), "lookups::own", fn(u32) -> u32);
    let codes = [first.err(), again.err()].map(|error| error.map_or("found", |e| e.code().id()));
    codes.join(" ")
}

#[test]
fn a_look_up_within_a_load_says_so() {
    hot::import! { lookups_around => { fn said() -> String; } }
    let library = Fixture::new("lookups_around").build_root(
        "hot::bundle!(init = start);
         hot::import! { lookups => { fn look_around() -> String; } }
         static SAID: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());
         fn start() { *SAID.lock().unwrap() = lookups::look_around(); }
         #[hot::export] pub fn value() -> u32 { 1 }
         #[hot::export] pub fn said() -> String { SAID.lock().unwrap().clone() }",
    );
    host().load_library(&library).unwrap();
    assert_eq!(hot::get!(lookups_around::said)(), "HOT0604 HOT0604");
    assert_eq!(look_around(), "found found");
    host().load_library(&library).unwrap();
    assert_eq!(hot::get!(lookups_around::said)(), "found found", "known by now");
}
