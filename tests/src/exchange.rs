//! Memory that one side allocates and the other grows and frees, for hosts with several allocators.

use std::{
    env,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use crate::LoadLibrary as _;
use hot::HostBuilder;

hot::import! {
    allocators_exchange => {
        fn make(count: usize) -> Vec<String>;
        fn take(list: Vec<String>) -> usize;
        fn grow(list: &mut Vec<String>, count: usize);
        fn keep(list: Vec<String>);
        fn give_back() -> Vec<String>;
        fn early() -> Vec<u8>;
        fn panics(text: &str) -> usize;
    }
}

/// The bundle's root.
pub const BUNDLE: &str = r#"
use std::sync::Mutex;

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());
static EARLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

// Runs as the library is mapped, before its init.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn constructor() {
        let mut bytes = Vec::with_capacity(7919);
        bytes.extend((0..100).map(|number| number as u8));
        *EARLY.lock().unwrap() = bytes;
    }
    constructor
};

fn text(number: usize) -> String { format!("{number} {}", "x".repeat(number % 300)) }

#[hot::export]
pub fn make(count: usize) -> Vec<String> { (0..count).map(text).collect() }
#[hot::export]
pub fn take(list: Vec<String>) -> usize { list.iter().map(String::len).sum() }
#[hot::export]
pub fn grow(list: &mut Vec<String>, count: usize) {
    for string in list.iter_mut() { string.push_str("grown in the bundle"); }
    list.extend((0..count).map(text));
    list.shrink_to_fit();
}
#[hot::export]
pub fn keep(list: Vec<String>) { *KEPT.lock().unwrap() = list; }
#[hot::export]
pub fn give_back() -> Vec<String> { std::mem::take(&mut KEPT.lock().unwrap()) }
#[hot::export]
pub fn early() -> Vec<u8> { std::mem::take(&mut EARLY.lock().unwrap()) }
#[hot::export]
pub fn panics(text: &str) -> usize { panic!("{text}") }
"#;

/// The size that nobody but the bundle's constructor allocates.
pub const EARLY: usize = 7919;

fn text(number: usize) -> String {
    format!("{number} {}", "x".repeat(number % 300))
}

/// Passes memory to and fro: as many strings each way.
pub fn run(rounds: usize) {
    for round in 0..rounds {
        let count = 50 + round % 50;
        let mut list = hot::get!(allocators_exchange::make)(count);
        list.iter_mut().for_each(|string| string.push_str("grown in the host"));
        list.extend((0..count).map(text));
        assert_eq!(list[count - 1], format!("{}grown in the host", text(count - 1)));
        drop(list);

        let mut list: Vec<_> = (0..count).map(text).collect();
        hot::get!(allocators_exchange::grow)(&mut list, count);
        assert_eq!(list[0], "0 grown in the bundle");
        assert_eq!(list[2 * count - 1], text(count - 1));
        let length: usize = list.iter().map(String::len).sum();
        assert_eq!(hot::get!(allocators_exchange::take)(list), length);
    }
}

/// A list that the bundle keeps and gives back untouched.
pub fn run_kept() {
    hot::get!(allocators_exchange::keep)((0..1000).map(text).collect());
    let mut list = hot::get!(allocators_exchange::give_back)();
    list.push(text(1000));
    assert!(list.iter().enumerate().all(|(number, string)| *string == text(number)));
}

/// What the constructor allocated: grown and freed by the host.
fn run_early() {
    let mut bytes = hot::get!(allocators_exchange::early)();
    assert_eq!((bytes.len(), bytes.capacity(), bytes[99]), (100, EARLY, 99));
    bytes.extend([1; 2 * EARLY]);
    assert_eq!((bytes[99], bytes[100]), (99, 1));
}

/// Runs of threads that exchange at once.
fn run_threads() {
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                run(50);
                done.fetch_add(1, Relaxed);
            });
        }
    });
    assert_eq!(done.into_inner(), 4);
}

/// A host's `main`: `load LIBRARY`, or `crate FOLDER TARGET_FOLDER`. Prints "refused" and the error,
/// or "exchanged". `live` counts what the host's allocator has given out, if that is known.
///
/// # Panics
/// If anything goes wrong.
pub fn main(host: HostBuilder, live: impl Fn() -> isize) {
    // What somebody asks it is memory that the host gives out.
    let host = host.control(false);
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let loaded = match arguments[..] {
        ["load", library] => host.start().unwrap().load_library(library),
        ["crate", folder, target] => {
            let builder = host.workspace(folder).target_dir(target);
            builder.start().unwrap().load_crate("allocators-exchange")
        }
        _ => panic!("{arguments:?}"),
    };
    match loaded {
        Err(error) => return println!("refused {error}"),
        Ok(bundle) => assert_eq!(bundle.generation().unwrap(), 1),
    }
    run_early();
    run_kept();
    run(5); // Whatever is allocated once.
    std::panic::set_hook(Box::new(|_| {}));
    let panic = || std::panic::catch_unwind(|| hot::get!(allocators_exchange::panics)("boundary"));
    assert!(panic().is_err());
    let before = live();
    run(200);
    run_kept();
    println!("exchanged, {} left", live() - before);
    let before = live();
    for _ in 0..1000 {
        assert_eq!(*panic().unwrap_err().downcast::<String>().unwrap(), "boundary");
    }
    println!("panicked, {} left", live() - before);
    run_threads();
    println!("exchanged by threads");
}
