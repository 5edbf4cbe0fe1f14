//! Methods and functions whose ordinary calls are hot: by themselves, where each call resolves to
//! the body linked beside it, and in a host that sees them change.

// Every visibility is tried.
#![allow(unreachable_pub)]

use std::{
    mem,
    panic::{self, AssertUnwindSafe, catch_unwind},
    pin::Pin,
    process::Command,
    rc::Rc,
};

use tests::{
    child::text,
    workspace::{BUNDLE, HOST_FEATURES, Workspace},
};

/// What a panic said.
fn message<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("the call panics");
    *payload.downcast::<String>().expect("the payload is text")
}

mod forms {
    use std::{pin::Pin, rc::Rc};

    /// A type with methods of every form.
    #[derive(Debug, Default, PartialEq)]
    #[hot::versioned]
    pub struct World {
        pub name: String,
        pub steps: u32,
    }

    impl World {
        pub const LIMIT: usize = 2;
    }

    #[hot::export]
    #[allow(clippy::should_implement_trait, clippy::needless_arbitrary_self_type)]
    impl World {
        pub const GRAVITY: u32 = 10;

        /// Documented.
        #[must_use]
        pub fn new(name: &str) -> Self {
            World { name: name.to_owned(), ..Self::default() }
        }

        pub fn default() -> Self {
            World { name: Self::hidden().to_owned(), steps: 0 }
        }

        pub fn name(&self) -> &str {
            &self.name
        }

        pub fn name_of<'a>(&self, other: &'a str) -> &'a str {
            if other.is_empty() { "nobody" } else { other }
        }

        pub fn longer(&self, other: &str) -> &str {
            assert!(self.name.len() >= other.len(), "{other} is longer");
            &self.name
        }

        pub fn own<'s>(&'s self, other: &'s str) -> &'s str {
            if other.is_empty() { &self.name } else { other }
        }

        pub fn step(&mut self, by: u32) -> &mut u32 {
            self.steps += by * self.private();
            &mut self.steps
        }

        pub fn into_name(self) -> String {
            self.name
        }

        pub fn renamed(mut self, mut name: String) -> Self {
            name.push('!');
            self.name = name;
            self
        }

        pub fn explicit(self: &Self, other: &Self) -> bool {
            self == other
        }

        pub fn explicit_mut(self: &mut Self, (by, _): (u32, u32)) -> &mut Self {
            self.steps += by;
            self
        }

        pub fn boxed(mut self: Box<Self>) -> Box<Self> {
            self.steps += 1;
            self
        }

        pub fn counted(self: &Rc<Self>) -> usize {
            Rc::strong_count(self)
        }

        pub fn pinned<'a>(self: Pin<&'a mut Self>, other: &str) -> &'a str {
            assert!(!other.is_empty());
            &self.get_mut().name
        }

        pub fn pinned_elided(self: Pin<&Self>, _other: &str) -> &str {
            &self.get_ref().name
        }

        pub fn longest(self, other: Self) -> Self {
            if self.name.len() > other.name.len() { self } else { other }
        }

        pub fn lists(items: Vec<Self>, out: &mut [Option<Self>; Self::LIMIT]) -> usize {
            let count = items.len();
            for (item, out) in items.into_iter().zip(out) {
                *out = Some(item);
            }
            count
        }

        /// # Safety
        /// `at` can be read.
        pub unsafe fn read(&self, at: *const u32) -> u32 {
            // SAFETY: the caller's promise.
            unsafe { *at + self.steps }
        }

        pub fn never(&self, why: &str) -> ! {
            panic!("{} {why}", self.name)
        }

        pub fn factorial(&self, n: u64) -> u64 {
            if n == 0 { 1 } else { n * self.factorial(n - 1) }
        }

        pub extern "C" fn c(&self, a: u32) -> u32 {
            a + self.steps
        }

        pub fn each(&self, call: &mut dyn FnMut(&Self) -> bool) -> u32 {
            (0..10).filter(|_| call(self)).count() as u32
        }

        pub fn r#match(r#type: u8) -> u8 {
            r#type
        }

        #[cfg(any())]
        pub fn absent(missing: Missing) {}

        #[expect(clippy::too_many_arguments, unused_variables)]
        pub fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) -> u8 {
            a + i
        }

        #[hot(skip)]
        pub fn map<R>(self, change: impl FnOnce(Self) -> R) -> R {
            change(self)
        }

        #[hot(skip)]
        pub const fn limit() -> usize {
            Self::LIMIT
        }

        fn private(&self) -> u32 {
            Self::GRAVITY
        }

        pub(crate) const fn hidden() -> &'static str {
            "hidden"
        }
    }

    /// A second block.
    #[hot::export]
    impl World {
        pub fn second(&mut self) -> u32 {
            *self.step(1)
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    #[hot::versioned]
    pub struct View<'a> {
        pub text: &'a str,
    }

    #[hot::export]
    impl<'a> View<'a> {
        pub fn of(text: &'a str) -> Self {
            View { text }
        }

        pub fn text(&self) -> &'a str {
            self.text
        }

        pub fn borrowed(&self) -> &str {
            self.text
        }

        pub fn either<'b>(
            self,
            other: View<'b>,
            this: bool,
        ) -> (Option<View<'a>>, Option<View<'b>>) {
            if this { (Some(self), None) } else { (None, Some(other)) }
        }

        pub fn back(self, text: &str) -> &str {
            text
        }

        pub fn merge(&mut self, other: &Self) {
            self.text = other.text;
        }

        pub fn count() -> usize {
            3
        }

        pub fn visit(&self, visitor: &dyn Fn(Self, &'a str) -> &'a str) -> &'a str {
            visitor(*self, self.text)
        }
    }

    #[hot::export]
    impl View<'_> {
        pub fn length(&self) -> usize {
            self.text.len()
        }

        pub fn same(self, other: Self) -> bool {
            self == other
        }
    }

    #[hot::export]
    impl View<'static> {
        pub fn kept(self) -> &'static str {
            self.text
        }
    }

    #[hot::versioned]
    pub struct Wrapper<T>(pub T);

    #[hot::export]
    impl Wrapper<u8> {
        pub fn get(&self) -> u8 {
            self.0
        }
    }

    #[hot::export]
    impl Wrapper<String> {
        pub fn get(&self) -> &str {
            &self.0
        }
    }

    #[derive(Debug, PartialEq)]
    #[hot::versioned]
    pub enum State {
        Idle,
        Busy(u8),
    }

    #[hot::export]
    impl State {
        pub fn next(&self) -> Self {
            match self {
                Self::Idle => Self::Busy(1),
                State::Busy(n) => Self::Busy(n + 1),
            }
        }
    }
}

mod elsewhere {
    #[hot::export]
    impl super::forms::World {
        pub fn of_elsewhere(&self) -> String {
            format!("{} from elsewhere", self.name())
        }
    }

    #[hot::export(name = "OtherView")]
    impl crate::forms::View<'_> {
        pub fn shout(&self) -> String {
            self.text().to_uppercase()
        }
    }
}

use forms::{State, View, World, Wrapper};

#[test]
fn receivers() {
    let mut world = World::new("w");
    assert_eq!(*world.step(2), 20);
    *world.step(0) += 1;
    assert_eq!(world.steps, 21);
    assert_eq!(World::name(&world), "w");
    assert!(world.explicit(&World { name: "w".into(), steps: 21 }));
    world.explicit_mut((1, 2)).explicit_mut((3, 4));
    assert_eq!(world.steps, 25);
    let world = Box::new(world).boxed().boxed();
    assert_eq!(world.steps, 27);
    let world = Rc::new(*world);
    assert_eq!(world.counted(), 1);
    let mut world = Rc::into_inner(world).unwrap();
    assert_eq!(Pin::new(&mut world).pinned("x"), "w");
    assert_eq!(Pin::new(&world).pinned_elided(&String::from("gone")), "w");
    let world = world.renamed("new".into());
    assert_eq!(world.into_name(), "new!");
    assert_eq!(World::default().name, "hidden");
    assert_eq!(World::r#match(3), 3);
    assert_eq!(World::limit(), 2);
    assert_eq!(World::new("mapped").map(World::into_name), "mapped");
    assert_eq!(World::many(1, 2, 3, 4, 5, 6, 7, 8, 9), 10);
}

#[test]
fn results_borrow_from_what_elision_says() {
    let world = World::new("world");
    let name = {
        let short = String::from("a");
        assert_eq!(world.name_of(&short), "a");
        // From `self` alone.
        world.longer(&short)
    };
    assert_eq!(name, "world");
    assert_eq!(world.own("other"), "other");
    let text = String::from("long-lived");
    let kept = {
        let view = View::of(&text);
        assert_eq!(view.borrowed(), text);
        assert_eq!(view.back("text"), "text");
        // From what the view borrows from.
        view.text()
    };
    assert_eq!(kept, "long-lived");
    assert_eq!(View::of("a").either(View::of("b"), false), (None, Some(View { text: "b" })));
    let mut view = View::of("c");
    view.merge(&View::of("d"));
    assert_eq!((view.text(), view.length(), View::count()), ("d", 1, 3));
    assert!(view.same(View::of("d")));
    assert_eq!(View::of("static").kept(), "static");
    assert_eq!(view.visit(&|view, text| if text == "d" { "yes" } else { view.text }), "yes");
}

#[test]
fn self_in_parameters_and_results() {
    let longest = World::new("long").longest(World::new("longer"));
    assert_eq!(longest.name, "longer");
    let mut out = [None, None];
    assert_eq!(World::lists(vec![World::new("a"), World::new("b")], &mut out), 2);
    assert_eq!(out[1].as_ref().unwrap().name(), "b");
    assert_eq!(State::Idle.next().next(), State::Busy(2));
    assert_eq!((Wrapper(1_u8).get(), Wrapper("one".to_owned()).get()), (1, "one"));
}

#[test]
fn other_blocks_and_modules() {
    let mut world = World::new("w");
    assert_eq!(world.second(), 10);
    assert_eq!(world.of_elsewhere(), "w from elsewhere");
    assert_eq!(View::of("view").shout(), "VIEW");
}

#[test]
fn unsafe_never_recursive_c_and_closures() {
    let mut world = World::new("w");
    let at = 7;
    // SAFETY: `at` is alive.
    assert_eq!(unsafe { world.read(&raw const at) }, 7);
    assert_eq!(message(|| world.never("why")), "w why");
    assert_eq!(message(|| world.longer("longest")), "longest is longer");
    assert_eq!(world.factorial(10), 3_628_800);
    world.steps = 1;
    assert_eq!(world.c(2), 3);
    let mut calls = 0;
    let even = world.each(&mut |world| {
        calls += world.steps;
        calls % 2 == 0
    });
    assert_eq!((even, calls), (5, 10));
    assert_eq!(message(|| world.each(&mut |_| panic!("in {}", 1))), "in 1");
}

#[test]
fn methods_are_values() {
    let lengths: Vec<_> = ["a", "bcd"].map(View::of).iter().map(View::length).collect();
    assert_eq!(lengths, [1, 3]);
    let step: fn(&mut World, u32) -> &mut u32 = World::step;
    assert_eq!(*step(&mut World::new("w"), 1), 10);
}

#[test]
fn types_within_functions() {
    #[derive(Clone, Copy)]
    #[hot::versioned]
    struct Local<'a>(&'a str);

    #[hot::export]
    impl<'a> Local<'a> {
        pub fn of(text: &'a str) -> Self {
            Local(text)
        }
        pub fn get(self) -> &'a str {
            self.0
        }
    }
    assert_eq!(Local::of("local").get(), "local");
}

macro_rules! made {
    ($ty:ident { $($vis:vis fn $name:ident(&$self:ident $(, $arg:ident: $of:ty)*) -> $result:ty $body:block)* }) => {
        #[derive(Debug)]
        #[hot::versioned]
        struct $ty(u32);
        #[hot::export]
        impl $ty {
            $($vis fn $name(&$self $(, $arg: $of)*) -> $result $body)*
        }
    };
}

made!(Made {
    pub fn plus(&self, other: &Self, n: u32) -> Self { Made(self.0 + other.0 + n) }
    pub fn get(&self) -> &u32 { self.private() }
    fn private(&self) -> &u32 { &self.0 }
});

#[test]
fn methods_written_by_a_macro() {
    assert_eq!(*Made(1).plus(&Made(2), 3).get(), 6);
}

mod plain {
    /// Adds.
    #[hot::export]
    #[must_use]
    pub fn add(a: i32, b: i32) -> i32 {
        a + b
    }

    #[hot::export]
    pub fn choose<'a>(first: &'a str, _: &str, (mut n, m): (u8, u8)) -> &'a str {
        n += m;
        if n == 0 { "none" } else { first }
    }

    #[hot::export]
    pub fn fibonacci(n: u32) -> u32 {
        if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
    }

    #[hot::export]
    pub fn never(why: &str) -> ! {
        panic!("never {why}")
    }

    /// # Safety
    /// `at` can be read.
    #[hot::export(handle = read_handle)]
    pub unsafe fn read(at: *const u8) -> u8 {
        // SAFETY: the caller's promise.
        unsafe { *at }
    }
    pub mod read {}

    #[hot::export]
    pub extern "C" fn c(a: u32) -> u32 {
        a + 1
    }

    #[hot::export]
    pub fn apply(change: &dyn Fn(&str) -> String) -> String {
        change("applied")
    }

    #[hot::export]
    pub fn r#loop(r#in: u8) -> u8 {
        r#in
    }

    #[hot::export]
    pub fn count(count: u32) -> u32 {
        let more = |count: u32| count + 1;
        more(count)
    }

    #[hot::export]
    pub fn is_even(n: u32) -> bool {
        n == 0 || is_odd(n - 1)
    }

    #[hot::export]
    fn is_odd(n: u32) -> bool {
        n != 0 && is_even(n - 1)
    }

    #[hot::export(direct)]
    #[track_caller]
    pub fn line() -> u32 {
        std::panic::Location::caller().line()
    }

    pub fn within_a_body() -> u32 {
        #[hot::export]
        fn sum(n: u32) -> u32 {
            if n == 0 { 0 } else { n + sum(n - 1) }
        }
        sum(4) + hot::get!(sum)(3)
    }
}

/// Addresses of functions, in a constant place.
static TABLE: [fn(u32) -> u32; 2] = [plain::count, plain::fibonacci];

#[test]
fn functions_by_both_calls() {
    assert_eq!((plain::add(2, 3), hot::get!(plain::add)(2, 3)), (5, 5));
    assert_eq!(plain::choose("a", &String::from("b"), (0, 1)), "a");
    assert_eq!(hot::get!(plain::choose)("a", "b", (0, 0)), "none");
    assert_eq!(plain::fibonacci(10), 55);
    assert_eq!(message(|| plain::never("plain")), "never plain");
    assert_eq!(message(|| hot::get!(plain::never)("handle")), "never handle");
    let at = 5;
    // SAFETY: `at` is alive.
    let read =
        unsafe { (plain::read(&raw const at), hot::get!(plain::read_handle)(&raw const at)) };
    assert_eq!(read, (5, 5));
    assert_eq!((plain::c(1), hot::get!(plain::c)(1)), (2, 2));
    assert_eq!(plain::apply(&|text| text.to_uppercase()), "APPLIED");
    assert_eq!(plain::r#loop(1), hot::get!(plain::r#loop)(1));
    let add: fn(i32, i32) -> i32 = plain::add;
    assert_eq!(add(1, 1), 2);
    assert_eq!([1, 6].map(plain::fibonacci), [1, 8]);
    assert_eq!(TABLE.map(|function| function(6)), [7, 8]);
    assert!(plain::is_even(10) && !hot::get!(plain::is_even)(7));
    assert_eq!(plain::within_a_body(), 16);
    assert_eq!(plain::line(), line!());
}

mod foreign {
    #[hot::export]
    pub extern "C" fn divide(a: u32, b: u32) -> u32 {
        a / b
    }

    #[hot::export]
    pub extern "system" fn system(a: u32) -> u32 {
        assert!(a > 0, "zero");
        a
    }

    /// # Safety
    /// None needed.
    #[hot::export]
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn hot_tests_methods_never(mut code: u32) -> ! {
        code += 1;
        panic!("code {code}")
    }
}

#[test]
fn a_panic_in_an_extern_c_export_reaches_the_caller() {
    panic::set_hook(Box::new(|_| {}));
    assert_eq!(foreign::divide(6, 3), 2);
    assert_eq!(hot::get!(foreign::divide)(6, 3), 2);
    assert_eq!(message(|| hot::get!(foreign::divide)(1, 0)), "attempt to divide by zero");
    assert_eq!(message(|| hot::get!(foreign::system)(0)), "zero");
    // SAFETY: it asks for nothing.
    assert_eq!(message(|| unsafe { hot::get!(foreign::hot_tests_methods_never)(1) }), "code 2");
    // It is as `extern "C"` as before.
    let c: extern "C" fn(u32, u32) -> u32 = foreign::divide;
    let never: unsafe extern "C" fn(u32) -> ! = foreign::hot_tests_methods_never;
    assert_eq!((c(8, 2), mem::size_of_val(&never)), (4, size_of::<usize>()));
}

/// The bundle: `VERSION` and `STEP` are edited.
const GAME: &str = r#"
hot::bundle!();

#[hot::versioned]
#[derive(Debug, Default)]
pub struct World { pub heat: u32, pub log: Vec<String> }

#[hot::export]
impl World {
    pub fn new() -> Self { let mut new = World::default(); new.note("VERSION made it"); new }
    pub fn step(&mut self, by: u32) -> &str {
        self.heat += STEP;
        let note = format!("VERSION step {}", self.amount());
        self.note(&note);
        self.log.last().unwrap()
    }
    pub fn note(&mut self, text: &str) { self.log.push(format!("{text} [VERSION]")); }
    pub fn visit(&self, visitor: &mut dyn FnMut(&str)) { self.log.iter().for_each(|note| visitor(note)); }
    fn amount(&self) -> u32 { self.heat }
    pub fn fails(&self) -> u32 { panic!("VERSION fails") }
}

#[hot::export]
pub fn version() -> String { "VERSION".to_owned() }

/// What it calls at once is of one version; a closure may be called by whoever got it.
#[hot::export]
pub fn levels(n: u32, change: &dyn Fn()) -> String {
    change();
    if n == 0 { return version_here().to_owned(); }
    let closure = || levels(0, &|| {});
    format!("{} {} {}", version_here(), levels(n - 1, &|| {}), closure())
}
fn version_here() -> &'static str { "VERSION" }

#[hot::export]
pub extern "C" fn c_version(fail: bool) -> u32 { assert!(!fail, "VERSION c"); NUMBER }
"#;

const HOST: &str = r#"
use std::panic;

fn said(call: impl FnOnce() -> u32) -> String {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(call)).unwrap_err();
    *payload.downcast::<String>().unwrap()
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    let mut world = methods_game::World::new();
    println!("{} | {}", methods_game::version(), world.step(1));
    let host = hot::Host::start().unwrap();
    for library in std::env::args().skip(1) {
        let load = || match unsafe { host.load(&library) } {
            Ok(_) => println!("loaded"),
            Err(error) => println!("refused {:?}", error.code()),
        };
        println!("{}", methods_game::levels(1, &load));
        println!("{} {}", methods_game::version(), hot::get!(methods_game::version)());
        println!("{}", world.step(2));
        println!("{}", said(|| world.fails()));
        println!("{}", said(|| hot::get!(methods_game::c_version)(true)));
        println!("{}", hot::get!(methods_game::c_version)(false));
    }
    let mut log = Vec::new();
    world.visit(&mut |note| log.push(note.to_owned()));
    println!("{}", log.join(" | "));
    for definition in host.namespace().definitions() {
        println!("{} {}", definition.path(), definition.signature().unwrap());
    }
}
"#;

fn game(version: &str, step: &str, number: u32) -> String {
    GAME.replace("VERSION", version).replace("STEP", step).replace("NUMBER", &number.to_string())
}

#[test]
fn methods_are_edited_and_reloaded() {
    let workspace = Workspace::new("methods");
    workspace.package("methods-game", BUNDLE, "", "");
    workspace.package(
        "methods-host",
        "",
        HOST_FEATURES,
        "methods-game = { path = \"../methods-game\" }",
    );
    workspace.write("methods-host/src/main.rs", HOST);
    workspace.write("methods-game/src/lib.rs", &game("one", "by", 1));
    let built = workspace.cargo(&["build"]);
    let (host, first) = (built.program("methods-host"), built.library("methods_game"));
    let build = |source: &str| {
        workspace.write("methods-game/src/lib.rs", source);
        workspace.cargo(&["build"]).library("methods_game")
    };
    let second = build(&game("two", "10 * by", 2));
    // Another export before them: nothing else changes.
    let third = build(&game("three", "100 * by", 3).replace(
        "#[hot::export]\nimpl",
        "#[hot::export]\npub fn zeroth() {}\n#[hot::export]\nimpl",
    ));
    let refused = build(
        &game("four", "by as u32", 4)
            .replace("step(&mut self, by: u32)", "step(&mut self, by: u64)"),
    );
    let libraries = [first, second, third, refused];
    let output = Command::new(host).args(libraries).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    let expected = "\
one | one step 1 [one]
loaded
one one one
one one
one step 3 [one]
one fails
one c
1
loaded
one one two
two two
two step 23 [two]
two fails
two c
2
loaded
two two three
three three
three step 223 [three]
three fails
three c
3
refused TypeChanged
three three three
three three
three step 423 [three]
three fails
three c
3
one made it [one] | one step 1 [one] | one step 3 [one] | two step 23 [two] | three step 223 [three] | three step 423 [three]
methods_game::World struct of 32 bytes
methods_game::World::fails fn(&World) -> u32
methods_game::World::new fn() -> World
methods_game::World::note fn(&mut World, &str)
methods_game::World::step fn(&mut World, u32) -> &str
methods_game::World::visit fn(&World, &mut dyn FnMut(&str))
methods_game::c_version extern \"C\" fn(bool) -> u32
methods_game::levels fn(u32, &dyn Fn()) -> String
methods_game::version fn() -> String
methods_game::zeroth fn()
";
    assert_eq!(out, expected, "{err}");
}
