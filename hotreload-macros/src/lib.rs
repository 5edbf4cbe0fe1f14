//! The attributes and macros of `hotreload`. Use them through the library: `#[hot::export]`,
//! `hot::bundle!`, `hot::import!`.
//!
//! Each entry point goes parse -> check -> expand: checking collects every error, expanding cannot
//! fail.

mod accessor;
mod bundle;
mod check;
mod closure;
mod errors;
mod export;
mod import;
mod lookup;
mod method;
mod moved;
mod options;
mod owner;
mod signature;
mod skeleton;
#[cfg(test)]
mod tests;
mod var;

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
/// source is reported and not applied. `static mut` is rejected.
///
/// Rejected, each with its reason: generics, `impl Trait`, early-bound lifetimes, `const fn`,
/// `async fn`, variadics, a trait's methods, other trait objects and function pointers in the
/// signature, names of primitive types and of `std`, `core`, `hot`.
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
