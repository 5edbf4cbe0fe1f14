//! The attributes and macros of `hotreload`. Use them through the library: `#[hot::export]`,
//! `hot::bundle!`, `hot::import!`.
//!
//! Each entry point goes parse -> check -> expand: checking collects every error, expanding cannot
//! fail.

mod accessor;
mod bundle;
mod check;
mod errors;
mod export;
mod import;
mod options;
mod signature;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Exports a function: callers reach its newest definition with `hot::get!(name)(..)`.
///
/// The function itself stays as it is. Beside it the attribute puts an accessor, an empty enum of
/// the same name (so that one `use` carries both), and the registration.
///
/// | option | effect |
/// |---|---|
/// | `handle = name` | names the accessor, where a module of the function's name exists |
/// | `name = "name"` | names the definition, where two functions would share one path (inside function bodies) |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// The accessor lives among the types: a module or a crate of the function's name (`log`, `rand`)
/// cannot be named in that module any more, which rustc reports as "no variant named `info` found
/// for enum `log`". Then write `handle = log_handle`, and call it by `hot::get!(log_handle)`.
///
/// A `-> !` or `unsafe fn` has a function pointer as its handle, any other an `impl Fn`. A panic in
/// an `extern "C"` function ends the process, as always; one in an `extern "C-unwind"` function
/// reaches the caller.
///
/// Rejected, each with its reason: generics, `impl Trait`, early-bound lifetimes, `const fn`,
/// `async fn`, variadics, methods, trait objects and function pointers in the signature, names of
/// primitive types and of `std`, `core`, `hot`.
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
