//! Nothing that the macros write may meet what the user wrote, or any lint that the user turned on.

#![forbid(unsafe_code)]
#![no_implicit_prelude]
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    let_underscore_drop,
    missing_copy_implementations,
    missing_debug_implementations,
    non_ascii_idents,
    redundant_lifetimes,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]

::hot::bundle!(init = start);

fn start() -> ::std::result::Result<(), ::std::string::String> {
    ::std::result::Result::Ok(())
}

/// Names that the expansion uses, in the meaning of the user.
#[allow(dead_code, non_camel_case_types, unused_macros)]
mod names {
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod inventory {}
    pub(crate) mod hot {}
    pub(crate) struct Slot;
    pub(crate) struct Pin;
    pub(crate) struct Accessor;
    pub(crate) struct MaybeUninit;
    pub(crate) struct pin;
    pub(crate) struct entry;
    pub(crate) struct result;
    pub(crate) struct code;
    pub(crate) enum Option {
        Some,
        None,
    }
    pub(crate) enum Result {
        Ok,
        Err,
    }
    pub(crate) trait Fn {}
    pub(crate) trait Copy {}
    macro_rules! env {
        () => {};
    }
    macro_rules! concat {
        () => {};
    }
    macro_rules! module_path {
        () => {};
    }
    macro_rules! cfg {
        () => {};
    }

    #[::hot::export]
    pub(crate) fn add(a: u8, b: u8) -> u8 {
        let _ = a;
        b
    }

    #[::hot::export]
    pub(crate) fn never(_: &str) -> ! {
        ::std::process::abort()
    }

    #[::hot::export]
    pub(crate) fn closures(
        call: &(dyn ::std::ops::Fn(&u8) -> u8 + ::std::marker::Sync),
        last: ::std::boxed::Box<dyn ::std::ops::FnOnce() -> u8>,
    ) -> u8 {
        let _ = call(&1);
        last()
    }

    #[::hot::versioned]
    pub(crate) struct Box<'a>(pub(crate) &'a u8);

    // A hot method is `pub`, whatever its type is: rustc says so of what the user wrote.
    #[allow(unreachable_pub)]
    #[::hot::export]
    impl<'a> Box<'a> {
        pub fn get(&self) -> &'a u8 {
            self.0
        }
        pub fn either(&self, _other: &Self) -> &u8 {
            self.0
        }
    }

    #[::hot::versioned]
    pub(crate) struct Versioned<'a, T, const N: usize> {
        text: &'a str,
        values: [T; N],
        #[hot(unsafe(opaque))]
        foreign: Slot,
    }

    #[::hot::versioned]
    pub(crate) struct TypeRef {
        list: ::std::vec::Vec<u8>,
    }

    #[::hot::versioned]
    #[repr(u16)]
    pub(crate) enum Table {
        Some = 3,
        None,
    }

    #[::hot::versioned]
    pub(crate) enum Field<T> {
        Some(T),
        None,
    }

    #[::hot::versioned]
    pub(crate) trait Send<T> {
        fn copy(&self, text: &str) -> T;
    }

    #[::hot::versioned]
    pub(crate) trait Sync: ::std::marker::Send {
        fn copy(&self, text: &str) -> u8;
        fn drop(&mut self);
    }

    #[allow(non_upper_case_globals)]
    pub(crate) const base: isize = 3;

    #[::hot::versioned]
    pub(crate) enum Based {
        First = base,
        Second = base + 1,
    }

    ::hot::import! { pub(crate) math => { fn add(a: u8, b: u8) -> u8; } }
}

/// A public function.
#[::hot::export]
#[must_use]
pub fn longest<'a>(a: &'a str, _b: &str) -> &'a str {
    a
}

/// A public function with a parameter that has no name.
#[::hot::export]
#[must_use]
pub fn unnamed<'a>(a: &'a str, _: &str) -> &'a str {
    a
}

/// A function for C.
#[::hot::export]
pub extern "C" fn c(a: u8) -> u8 {
    a
}

/// A public function with another name for its handle.
#[::hot::export(handle = render_handle)]
pub fn render() {}

mod render {}

::hot::import! {
    math => {
        fn plus(a: u32, b: u32) -> u32;
        fn take(world: World);
    }
    pub physics => { fn step(world: &mut World); }
}

/// A type.
#[::hot::versioned]
#[derive(Debug, Clone, Copy)]
pub struct World;

/// A type whose layout is known.
#[::hot::versioned(name = "Other")]
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// A field.
    pub text: &'a str,
    #[cfg(any())]
    pub absent: Missing,
}

/// A trait whose methods are known.
#[::hot::versioned]
pub trait Shape {
    /// A method.
    fn area(&self) -> f32;
}

#[::hot::export]
impl World {
    /// A method.
    #[must_use]
    pub fn step(&self, mut by: u8) -> u8 {
        by += self.private();
        by
    }

    fn private(self) -> u8 {
        1
    }
}

/// What is allowed on a function is allowed for all that comes of it.
mod allowed {
    use ::std::{boxed::Box, option::Option, string::String, vec::Vec};

    #[::hot::versioned]
    #[deprecated]
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Old;

    #[::hot::versioned]
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct View<'a>(pub(crate) &'a str);

    #[::hot::versioned]
    #[derive(Debug, Clone, Copy)]
    struct Private;

    #[allow(deprecated)]
    #[::hot::export]
    fn old(_: Old) -> Old {
        Old
    }

    #[deprecated]
    #[::hot::export]
    fn gone() {}

    #[allow(elided_lifetimes_in_paths)]
    #[::hot::export]
    fn hidden(view: View) -> View {
        view
    }

    #[allow(mismatched_lifetime_syntaxes, elided_lifetimes_in_paths)]
    #[::hot::export]
    fn mismatched(text: &str) -> View {
        View(text)
    }

    #[allow(single_use_lifetimes)]
    #[::hot::export]
    fn single<'a>(_: &'a str) {}

    #[allow(deprecated, elided_lifetimes_in_paths, unreachable_pub, clippy::all, non_snake_case)]
    #[::hot::export]
    impl Private {
        #[expect(single_use_lifetimes, unused_variables)]
        pub fn Single<'a>(&self, text: &'a str, old: Old) {}

        #[deprecated]
        pub fn gone(view: View) -> View {
            view
        }
    }

    #[allow(private_interfaces)]
    #[::hot::export]
    pub(crate) fn private(private: Private) -> Private {
        private
    }

    #[allow(clippy::all, clippy::pedantic)]
    #[::hot::export]
    fn complex(_: &Vec<u8>, _: Box<Vec<Box<&u8>>>, _: Vec<(Vec<u8>, Vec<(u8, Vec<Option<u8>>)>)>) {}

    #[allow(improper_ctypes_definitions)]
    #[::hot::export]
    extern "C" fn c(text: String) -> String {
        text
    }

    #[allow(non_snake_case)]
    #[::hot::export]
    fn Loud(LOUD: u8) -> u8 {
        LOUD
    }

    #[::hot::export]
    fn unused() {}

    mod v1 {
        #[::hot::versioned(of = "Old")]
        pub(super) struct Old {
            pub(super) text: ::std::string::String,
        }
    }

    #[::hot::versioned]
    struct New(::std::primitive::u8);

    #[::hot::versioned]
    struct Wide {
        size: usize,
    }

    #[::hot::versioned]
    struct Part {
        size: usize,
    }

    #[::hot::migrate]
    fn result(old: &v1::Old) -> ::std::result::Result<New, ::std::string::String> {
        let _ = New(0).0;
        ::std::result::Result::Err(::std::clone::Clone::clone(&old.text))
    }

    #[::hot::migrate(into = Wide)]
    fn part(_: &v1::Old) -> Part {
        let _ = Wide { size: 1 }.size;
        Part { size: 1 }
    }

    pub(crate) fn all() -> usize {
        let _ = ::hot::get!(private);
        let _ = ::hot::get!(Loud)(1);
        ::hot::get!(mismatched)("").0.len()
    }
}

fn main() {
    let _ = ::hot::get!(names::add)(1, 2);
    let _ = ::hot::get!(names::never);
    let _ = ::hot::get!(names::math::add);
    let _ = ::hot::get!(math::plus);
    let _ = ::hot::get!(math::take);
    let _ = ::hot::get!(longest)("", "");
    ::hot::get!(render_handle)();
    let _ = names::closures(&|n| *n, ::std::boxed::Box::new(|| 1));
    let _ = names::Box(&1).get();
    let _ = names::Box(&1).either(&names::Box(&2));
    let _ = unnamed("", "");
    let _ = c(1);
    let _ = World.step(1);
    let _ = allowed::all();
    let _ = ::hot::try_get!(names::add).is_ok();
    let _ = ::hot::fn_ptr!(c)(1);
    if let ::std::result::Result::Ok(host) = ::hot::Host::start() {
        let longest = ::hot::lookup!(host, "hygiene::longest", for<'a> fn(&'a str, &str) -> &'a str);
        let _ = longest.is_ok_and(|longest| longest("", "").is_empty());
        let _ = ::hot::lookup!(host, "math::take", fn(World)).is_ok();
    }
}
