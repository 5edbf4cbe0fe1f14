//! Every form of function that the macros take is called through `hot::get!`. Without a host an
//! accessor resolves to the function linked beside it, so nothing is loaded here.

// Every visibility is tried.
#![allow(unreachable_pub)]

mod forms;

use std::{
    borrow::Cow,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    thread,
};

/// What a panic said.
fn message<R>(call: impl FnOnce() -> R) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(call)).err().expect("the call panics");
    *payload.downcast::<String>().expect("the payload is text")
}

mod firsts {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    };

    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[hot::export]
    pub static NONE: hot::State<u32> = hot::State::new(|| panic!("there is {}", never()));

    #[hot::export]
    pub static OF_ANOTHER: LazyLock<u32> = LazyLock::new(|| *NONE.read());

    #[hot::export]
    pub static LATER: hot::State<u32> = hot::State::new(|| match CALLS.fetch_add(1, Relaxed) {
        0 => panic!("not yet"),
        calls => calls,
    });

    fn never() -> String {
        "no first value".to_owned()
    }
}

#[test]
fn a_first_value_that_panics_is_a_panic_of_who_asks() {
    for _ in 0..2 {
        assert_eq!(message(|| *firsts::NONE.read()), "there is no first value");
        assert_eq!(message(|| **firsts::OF_ANOTHER), "there is no first value");
        // It is defined: to look makes no value.
        assert!(hot::try_get!(firsts::NONE).is_ok());
    }
    assert_eq!(message(|| *firsts::LATER.read()), "not yet");
    assert_eq!(*firsts::LATER.read(), 1);
    assert_eq!(hot::get!(forms::add)(2, 3), 5);
}

#[test]
fn plain_arguments_and_results() {
    assert_eq!(hot::get!(forms::add)(2, 3), 5);
    hot::get!(forms::nothing)();
    assert_eq!(hot::get!(forms::patterns)((1, 2), [3, 0, 0, 4], 9, 5, 6), 22);
    assert_eq!(hot::get!(forms::attributes)(1, 2), 2);
    assert_eq!(hot::get!(forms::handle)(3), 3);
}

#[test]
fn many_arguments() {
    let text =
        hot::get!(forms::sixteen)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13.5, 14.5, 'x', "y");
    assert_eq!(text, "12345678910111213.514.5xy");
    let sum = hot::get!(forms::twenty_four)(
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    );
    assert_eq!(sum, 300);
}

#[test]
fn references_and_lifetimes() {
    let text = String::from("two words");
    assert_eq!(hot::get!(forms::first_word)(&text), "two");
    assert_eq!(hot::get!(forms::choose)(&text, "b", false), "b");
    // The result borrows from the second argument alone.
    let back = hot::get!(forms::named_and_elided)(&String::from("gone"), &text);
    assert_eq!(back, text);
    let kept: &'static str = hot::get!(forms::forever_alive)(&String::from("gone"));
    assert_eq!(kept, "static");
    assert_eq!(hot::get!(forms::part)(&text), forms::Part(&text));
    assert_eq!(hot::get!(forms::hidden_lifetime)(forms::Part("p")), forms::Part("p"));
    assert_eq!(hot::get!(forms::shout)(Cow::Borrowed("a")), "a!");
    let mut list = vec![];
    assert_eq!(hot::get!(forms::push)(&mut list, "a"), 1);
    assert_eq!(hot::get!(forms::push)(&mut list, "b"), 2);
    assert_eq!(list, ["a", "b"]);
    let mut pair = (1, "one");
    let (number, _) = hot::get!(forms::both)(&mut pair);
    *number = 2;
    assert_eq!(pair.0, 2);
    let mut out = [0; 2];
    assert_eq!(hot::get!(forms::slices)(&[1, 2, 3], &mut out), 6);
    assert_eq!(out, [1, 2]);
}

#[test]
fn one_handle_takes_arguments_of_different_lifetimes() {
    let choose = hot::get!(forms::choose);
    let long = String::from("long");
    let kept;
    {
        let short = String::from("short");
        assert_eq!(choose(&long, &short, false), "short");
        kept = choose(&long, "static", true);
    }
    assert_eq!(kept, "long");
    assert_eq!(choose("a", "b", true), "a");
}

#[test]
fn unsafe_functions_stay_unsafe() {
    let at = 7;
    // SAFETY: `at` is alive.
    assert_eq!(unsafe { hot::get!(forms::read)(&raw const at) }, 7);
    let read: unsafe fn(*const u32) -> u32 = hot::get!(forms::read);
    // SAFETY: `at` is alive.
    assert_eq!(unsafe { read(&raw const at) }, 7);
    // SAFETY: it asks for nothing.
    assert_eq!(unsafe { hot::get!(forms::unsafe_and_borrowed)("a", "b") }, "a");
    // SAFETY: it asks for nothing.
    assert_eq!(unsafe { hot::get!(forms::unsafe_c_abi)(2) }, 6);
}

#[test]
fn other_abis() {
    assert_eq!(hot::get!(forms::c_abi)(4), 8);
    assert_eq!(hot::get!(forms::c_unwind)(4), 4);
    assert_eq!(message(|| hot::get!(forms::c_unwind)(0)), "zero");
}

#[test]
fn functions_that_never_return() {
    assert_eq!(message(|| hot::get!(forms::never)("why")), "never: why");
    // SAFETY: it asks for nothing.
    assert_eq!(message(|| unsafe { hot::get!(forms::unsafe_never)() }), "never, and unsafe");
    fn diverges(go: bool) -> u8 {
        if go { 1 } else { hot::get!(forms::never)("no") }
    }
    assert_eq!(diverges(true), 1);
}

#[test]
fn names() {
    assert_eq!(hot::get!(forms::r#match)(1), 2);
    assert_eq!(hot::get!(forms::render_handle)(), 7);
    #[allow(deprecated)]
    let old = hot::get!(forms::old)();
    assert_eq!(old, 1);
    assert_eq!(hot::get!(forms::attributed)(), 2);
    assert_eq!(hot::get!(forms::present)(), 3);
}

#[test]
fn visibilities() {
    assert_eq!(forms::call_private(), 4);
    assert_eq!(forms::call_restricted(), 5);
    assert_eq!(forms::nested::call_parent_only(), 12);
}

mod reexports {
    pub use super::forms::add as plus;
    pub use super::forms::*;
    pub mod facade {
        pub(crate) use super::super::forms as renamed;
    }
}

#[test]
fn one_use_carries_function_and_accessor() {
    use forms::{add, r#match as matches};
    use reexports::{facade::renamed, plus};
    assert_eq!(add(1, 2), hot::get!(add)(1, 2));
    assert_eq!(matches(1), hot::get!(matches)(1));
    assert_eq!(hot::get!(plus)(1, 2), 3);
    assert_eq!(hot::get!(reexports::add)(1, 2), 3);
    assert_eq!(hot::get!(renamed::add)(1, 2), 3);
    assert_eq!(hot::get!(crate::forms::add)(1, 2), 3);
    {
        use reexports::*;
        assert_eq!(hot::get!(first_word)("a b"), "a");
    }
}

#[test]
fn exports_inside_bodies() {
    #[hot::export]
    fn local(a: u8) -> u8 {
        a + 1
    }
    fn other() -> u8 {
        #[hot::export(name = "local_of_other")]
        fn local() -> u8 {
            40
        }
        hot::get!(local)()
    }
    const _: () = {
        #[hot::export]
        fn in_a_constant() {}
    };
    assert_eq!(hot::get!(local)(1) + other(), 42);
}

macro_rules! exported {
    ($(#[$meta:meta])* $vis:vis $name:ident($($arg:ident: $ty:ty),*) -> $result:ty $body:block) => {
        $(#[$meta])*
        #[hot::export]
        $vis fn $name($($arg: $ty),*) -> $result $body
    };
    (lifetime $life:lifetime $name:ident $ty:ty) => {
        #[hot::export]
        fn $name<$life>(kept: &$life $ty, _: &$ty) -> &$life $ty {
            kept
        }
    };
}

exported!(/** Doc. */ #[must_use] pub made(a: u8, b: &str) -> String { format!("{b}{a}") });
exported!(made_never(why: &'static str) -> ! { panic!("{why}") });
exported!(lifetime 'x made_borrowed str);

#[test]
fn exports_written_by_a_macro() {
    assert_eq!(hot::get!(made)(1, "n"), "n1");
    assert_eq!(hot::get!(made_borrowed)("a", "b"), "a");
    assert_eq!(message(|| hot::get!(made_never)("made")), "made");
}

#[test]
fn handles_are_values() {
    #[derive(Clone, Copy)]
    struct Table<F: Fn(i32, i32) -> i32> {
        call: F,
    }
    fn shared<T: Copy + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let add = shared(hot::get!(forms::add));
    let table = Table { call: add };
    let copy = table;
    assert_eq!((table.call)(1, 2) + (copy.call)(3, 4), 10);
    let list = Vec::from([add; 3]);
    assert_eq!(list.iter().map(|add| add(1, 1)).sum::<i32>(), 6);
    let boxed: Box<dyn for<'a> Fn(&'a str) -> &'a str + Send + Sync> =
        Box::new(hot::get!(forms::first_word));
    assert_eq!(boxed("x y"), "x");
    assert_eq!([1, 2].into_iter().reduce(hot::get!(forms::add)), Some(3));
    let threads: Vec<_> = (0..4).map(|n| thread::spawn(move || add(n, n))).collect();
    let sums: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(sums, [0, 2, 4, 6]);
}

mod panics {
    use super::*;

    #[hot::export]
    pub fn text(number: u8) -> String {
        panic!("number {number}")
    }

    #[hot::export]
    pub fn literal() -> u64 {
        panic!("literal")
    }

    #[hot::export]
    pub fn other_payload() {
        panic::panic_any(7_u8)
    }

    pub struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            // A call of hot code while a panic is on its way.
            hot::get!(forms::nothing)();
            panic!("dropped")
        }
    }

    #[hot::export]
    pub fn bomb() {
        panic::panic_any(Bomb)
    }

    #[hot::export]
    pub fn catches() -> String {
        let text = message(|| hot::get!(text)(1));
        format!("caught {text}")
    }

    #[hot::export]
    pub fn drops(_: Counted<'_>) {
        panic!("with an argument")
    }

    #[hot::versioned]
    pub struct Counted<'a>(pub &'a Cell<u32>);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
}

#[test]
fn a_panic_arrives_as_text() {
    assert_eq!(message(|| hot::get!(panics::text)(3)), "number 3");
    assert_eq!(message(|| hot::get!(panics::literal)()), "literal");
    assert_eq!(message(hot::get!(panics::other_payload)), "a panic whose payload is not text");
    // The flag is cleared: later calls return.
    assert_eq!(hot::get!(forms::add)(1, 1), 2);
}

#[test]
fn a_payload_that_panics_when_dropped() {
    assert_eq!(message(hot::get!(panics::bomb)), "a panic whose payload is not text");
    assert_eq!(hot::get!(forms::add)(1, 1), 2);
}

#[test]
fn a_panic_caught_inside_hot_code() {
    assert_eq!(hot::get!(panics::catches)(), "caught number 1");
}

#[test]
fn arguments_are_dropped_once() {
    let drops = Cell::new(0);
    assert_eq!(message(|| hot::get!(panics::drops)(panics::Counted(&drops))), "with an argument");
    assert_eq!(drops.get(), 1);
}

/// Crosses in an import.
#[hot::versioned]
pub struct Vector(pub f32);
#[hot::versioned]
struct Hidden(u8);

hot::import! {
    math => {
        fn add(a: i32, b: i32) -> i32;
        fn longest<'a>(a: &'a str, b: &'a str) -> &'a str;
        #[cfg(any())]
        fn absent(a: Missing);
        unsafe fn raw(at: *const u8) -> u8;
        extern "C-unwind" fn c(a: u8) -> u8;
        fn never() -> !;
        fn r#match(r#type: u8);
    }
    /// By its full name; the module is called by the last part.
    pub game::physics => {
        /// A step.
        fn step(by: Vector) -> Vector;
        fn hide(hidden: Hidden) -> Hidden;
    }
}

mod elsewhere {
    hot::import! { pub(super) math => { fn add(a: i32, b: i32) -> i32; } }
}

#[test]
fn an_import_without_a_definition_says_so() {
    let undefined = |name: &str| {
        format!("HOT0501: `{name}` is not defined: no bundle that exports it is loaded")
    };
    assert_eq!(message(|| hot::get!(math::add)(1, 2)), undefined("math::add"));
    assert_eq!(message(|| math::add(1, 2)), undefined("math::add"));
    assert_eq!(message(|| elsewhere::math::add(1, 2)), undefined("math::add"));
    assert_eq!(message(|| math::longest("a", "b").len()), undefined("math::longest"));
    assert_eq!(message(|| math::c(1)), undefined("math::c"));
    assert_eq!(message(|| math::never()), undefined("math::never"));
    assert_eq!(message(|| hot::get!(math::never)()), undefined("math::never"));
    assert_eq!(message(|| hot::get!(math::r#match)(1)), undefined("math::match"));
    let step = || hot::get!(physics::step)(Vector(1.0)).0;
    assert_eq!(message(step), undefined("game::physics::step"));
    assert_eq!(message(|| physics::hide(Hidden(1)).0), undefined("game::physics::hide"));
    let at = 1;
    // SAFETY: nothing defines it.
    let raw = || unsafe { math::raw(&raw const at) };
    assert_eq!(message(raw), undefined("math::raw"));
}
