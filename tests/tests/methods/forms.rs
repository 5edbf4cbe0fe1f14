//! Methods of every form, called by themselves: each call resolves to the body that is linked beside it.

use std::{panic, pin::Pin, rc::Rc};

use crate::message;

mod all {
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
    impl super::all::World {
        pub fn of_elsewhere(&self) -> String {
            format!("{} from elsewhere", self.name())
        }
    }

    #[hot::export(name = "OtherView")]
    impl crate::forms::all::View<'_> {
        pub fn shout(&self) -> String {
            self.text().to_uppercase()
        }
    }
}

use all::{State, View, World, Wrapper};

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
