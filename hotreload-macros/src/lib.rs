//! The attributes and macros of `hotreload`. Use them through the library: `#[hot::export]`,
//! `hot::bundle!`, `hot::import!`.
//!
//! Each entry point goes parse -> check -> expand: checking collects every error, expanding cannot
//! fail.

mod accessor;
mod bundle;
mod check;
mod closure;
mod content;
mod errors;
mod export;
mod import;
mod known;
mod lookup;
mod method;
mod moved;
mod opaque;
mod options;
mod owner;
mod signature;
mod skeleton;
#[cfg(test)]
mod tests;
mod var;
mod versioned;

use proc_macro::TokenStream;

/// Exports a function: callers reach its newest definition with `hot::get!(name)(..)`. Or the methods
/// of an `impl` block: their ordinary calls do. Or a static: it becomes a `hot::Var`, whose value the
/// host keeps through reloads.
///
/// The function itself stays as it is. Beside it the attribute puts an accessor, an empty enum of
/// the same name (so that one `use` carries both), and the registration.
///
/// | option | effect |
/// |---|---|
/// | `always` | makes a function's ordinary calls hot too: `add(2, 3)` |
/// | `handle = name` | names the accessor, where a module of the function's name exists |
/// | `name = "name"` | names the definition, where two would share one path (inside function bodies); of an `impl` block, the type in its methods' paths |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// The accessor lives among the types: a module or a crate of the function's name (`log`, `rand`)
/// cannot be named in that module any more, which rustc reports as "no variant named `info` found
/// for enum `log`". Then write `handle = log_handle`, and call it by `hot::get!(log_handle)`.
///
/// A `-> !` or `unsafe fn` has a function pointer as its handle, any other an `impl Fn`. A panic in
/// an `extern "C"` function reaches a caller by `hot::get!`; one by its address ends the process, as
/// always. For both this and `always` the body moves to a hidden function, `__hot_body_add` in a
/// backtrace.
///
/// # Types
///
/// Every type in the signature is `hot::Versioned`: of the language, of std, or marked
/// `#[hot::versioned]`. A reload compares what they are made of with what callers were compiled
/// against. For another crate's type write `#[hot(unsafe(opaque))]` on the parameter, or
/// `#[hot(unsafe(opaque(Type)))]` on the function, where `Type` is a part of some parameter's or of
/// the result's: only its size, alignment and spelling are compared then, and you answer for the rest.
///
/// # Methods
///
/// ```text
/// #[hot::export]
/// impl World {
///     pub fn step(&mut self) {} // `world.step()` calls the newest definition
///     fn helper(&self) {} // of this generation, as any private function
/// }
/// ```
///
/// Hot are the block's plain `pub` methods and functions, whatever their `self`; not `pub(crate)`
/// ones, which only the bundle itself can call and which are replaced together with their callers.
/// `#[hot(skip)]` leaves one out. A definition's path is `crate::module::World::step`; of the block's
/// module, which need not be the type's. `hot::get!(World::step)` cannot be written.
///
/// # Closures
///
/// A parameter may be a closure: `&dyn Fn(..) -> R`, `&mut dyn FnMut(..) -> R`, `Box<dyn FnOnce(..) ->
/// R>` (any of the three traits in a `Box`), also with `+ Send`, `+ Sync` and a lifetime. A panic in
/// it goes through the function to the caller, like any. A closure behind an alias of a type cannot
/// be seen: a panic in it ends the process.
///
/// # Statics
///
/// A static's first value is made once, by the first generation (or the baseline); a `hot::State`'s
/// and a `LazyLock`'s too, when the bundle is loaded. What a reload does to the first value in the
/// source is reported and not applied. `static mut` is rejected. While the value lives its type keeps
/// its layout: a reload that changes it is refused. With `#[hot(reset)]` below the attribute the old
/// value is given up instead, never dropped, and the new code makes a first one; the report says so.
///
/// Rejected, each with its reason: generics, `impl Trait`, early-bound lifetimes, `const fn`,
/// `async fn`, variadics, a trait's methods, function pointers in the signature and trait objects but
/// `hot::Dyn`, names of primitive types and of `std`, `core`, `hot`.
#[proc_macro_attribute]
pub fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    export::expand(options.into(), item.into()).into()
}

/// Makes the crate a bundle. Once, at the crate's root.
///
/// `hot::bundle!(init = path)` names a function that runs when a generation is loaded, before
/// anything of it is visible. It returns nothing or a `Result` whose error can be displayed; an
/// error or a panic refuses the load. `crate = path` says where `hot` is, if the dependency was
/// renamed.
#[proc_macro]
pub fn bundle(options: TokenStream) -> TokenStream {
    let crate_name = std::env::var("CARGO_CRATE_NAME").ok();
    bundle::expand(options.into(), crate_name.as_deref()).into()
}

/// Declares functions of a bundle that this crate does not depend on.
///
/// Gives a module for each path, called by its last part, with a function and an accessor for each
/// declaration; `math::add(2, 3)` reaches the newest definition too. Types are looked up where the
/// macro stands. `crate = path;` comes first if the dependency was renamed.
#[proc_macro]
pub fn import(items: TokenStream) -> TokenStream {
    import::expand(items.into()).into()
}

/// Looks a function up by its name: `hot::lookup!(host, "math::add", fn(i32, i32) -> i32)`.
///
/// The name is a literal, the signature a function pointer type with the types that are visible
/// where the macro stands. `crate = path;` comes first if the dependency was renamed.
#[proc_macro]
pub fn lookup(input: TokenStream) -> TokenStream {
    lookup::expand(input.into()).into()
}

/// Makes the layout of a type known, so that a reload can compare it with the next version's.
///
/// For structs, enums and traits. Every field's type must be known too: a type of the language or
/// of the standard library, another one with this attribute, or one of a crate that has a feature
/// of `hot`. Nothing is added to the values, and nothing runs.
///
/// | option | effect |
/// |---|---|
/// | `invariants = 1` | a number that you raise when what the values promise changes and their fields do not; needed where a field is a raw pointer |
/// | `name = "name"` | names the type, where two would share one path (inside function bodies) |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// `#[hot(unsafe(opaque))]` on a field says that its type's layout is not to be compared: only its
/// size, alignment and spelling are. `#[hot(unsafe(opaque(Foreign)))]` says it of a part of the
/// field's type: of the elements of a `Vec<Foreign>`. You answer for it that no version of the
/// program changes it.
///
/// On a trait it makes methods, their order and signatures, and supertraits known, for trait
/// objects. Rejected: unions, associated types.
#[proc_macro_attribute]
pub fn versioned(options: TokenStream, item: TokenStream) -> TokenStream {
    versioned::expand(options.into(), item.into()).into()
}

/// A part of `#[hot::versioned]`: sees the fields that `#[cfg]` leaves.
#[doc(hidden)]
#[proc_macro_derive(VersionedFields, attributes(hot))]
pub fn versioned_fields(item: TokenStream) -> TokenStream {
    versioned::derive(item.into()).into()
}
