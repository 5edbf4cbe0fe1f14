//! The attributes and macros of `hotreload`. Use them through the library: `#[hot::export]`,
//! `hot::bundle!`, `hot::import!`.
//!
//! Each macro has a file, which goes parse -> check -> expand: parsing makes a tree, checking
//! collects every error, expanding reads the tree and cannot fail. What they share is in the folders
//! of these names; `types` is what all of them know of a type's spelling.

mod bundle;
mod check;
mod each;
mod errors;
mod expand;
mod export;
mod hook;
mod import;
mod lookup;
mod method;
mod migrate;
mod package;
mod parse;
mod sources;
#[cfg(test)]
mod tests;
mod tweak;
mod types;
mod var;
mod versioned;

use proc_macro::TokenStream;

/// Exports a function: each call of it reaches its newest definition. Or the methods of an `impl`
/// block, whose calls do the same. Or a static: it becomes a `hot::Var`, whose value the host keeps
/// through reloads.
///
/// Wherever a function's name stands for it, as a value too, it is a function that makes the hot
/// call. The body moves to a hidden one, `__hot_body_add` in a debugger; so another attribute macro
/// that looks at the function's name stands above this one. Beside it is an accessor, an empty enum
/// of the function's name: one `use` carries both.
///
/// A call that a function makes of itself calls its body: a running call stays in its version. But
/// one in a closure, an `async` block or an inner item is hot, since it may be made when the running
/// call has returned.
///
/// | option | effect |
/// |---|---|
/// | `direct` | leaves a function as it is, and its plain calls plain, for a tight loop within the bundle; `hot::get!` is hot all the same |
/// | `handle = name` | names the accessor, where a module of the function's name exists |
/// | `name = "name"` | names the definition, where two would share one path (inside function bodies); of an `impl` block, the type in its methods' paths |
/// | `tweak` | a save that changes only literals of the function, or of the functions of the `impl` block, is live at once: see [`tweak!`](macro@tweak) |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// The accessor lives among the types: a module or a crate of the function's name (`log`, `rand`)
/// cannot be named in that module any more, which rustc reports as "no variant named `info` found
/// for enum `log`". Then write `handle = log_handle`, and call it by `hot::get!(log_handle)`.
///
/// A `-> !` or `unsafe fn` has a function pointer as its handle, any other an `impl Fn`. A panic in
/// an `extern "C"` function reaches a caller by `hot::get!`; one that calls it plainly or by its
/// address ends with the process, as ever.
///
/// # Types
///
/// Every type in the signature is `hot::Versioned`: of the language, of std, or marked
/// `#[hot::versioned]`. A reload compares what they are made of with what callers were compiled
/// against. For another crate's type write `#[hot(unsafe(opaque))]` on the parameter, or
/// `#[hot(unsafe(opaque(Type)))]` on the function, where `Type` is a part of some parameter's or of
/// the result's: only its size, alignment and spelling are compared then, and in memory the compiler's
/// identity of the type; you answer for the rest. The report lists it as `untracked`.
///
/// `downcast_ref` succeeds though a field of the type has changed: an opaque error type or type map
/// (`Box<dyn Error>`, `anyhow::Error`, an egui context, `http::Extensions`) gives the new code a value of the old
/// layout, so keep the types that you put there as they are, or use `hot::tracked!`.
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
/// source is reported and not applied. `static mut` is rejected. When a reload
/// changes the type of a `hot::State`, its value moves to the new type, as [`versioned`] says; any other
/// static's type keeps its layout while the value lives (HOT0401). With `#[hot(reset)]` below the
/// attribute the old value is given up instead, and the new code makes a first one; the report says so.
/// `#[hot(renamed_from = "OLD")]` there says that the static was called so: the value goes on under the
/// new name, and under the old one after a rollback.
/// Either happens while no caller is inside hot code (HOT0609). Of a static that is no `hot::State` the
/// old value is never dropped.
///
/// Rejected, each with its reason: generics, `impl Trait`, early-bound lifetimes, `const fn`,
/// `async fn`, `#[track_caller]` without `direct`, variadics, a trait's methods, function pointers in the signature and trait objects but
/// `hot::Dyn`, names of primitive types and of `std`, `core`, `hot`.
#[proc_macro_attribute]
pub fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    export::expand(options.into(), item.into()).into()
}

/// Makes the crate a bundle. Once, at the crate's root.
///
/// `hot::bundle!(init = path)` names a function that runs when a generation is loaded, before
/// anything of it is visible. It returns nothing or a `Result` whose error can be displayed; an
/// error or a panic refuses the load. It does not run at a rollback, nor where nothing is loaded.
/// `after = path` names a function that runs after the load: it is what [`macro@on_load`] makes of a function,
/// for one that is elsewhere. `crate = path` says where `hot` is, if the dependency was renamed.
#[proc_macro]
pub fn bundle(options: TokenStream) -> TokenStream {
    let crate_name = std::env::var("CARGO_CRATE_NAME").ok();
    bundle::expand(options.into(), crate_name.as_deref()).into()
}

/// Has a function of a bundle run when one of its generations has become the live one: after a load, a
/// reload, a rollback. So what it sets up, such as routes, systems or threads, is set up again.
///
/// ```text
/// #[hot::on_load]
/// fn start() -> Result<(), std::io::Error> { .. } // or no result
///
/// #[hot::on_unload]
/// fn stop() { .. }
/// ```
///
/// The function stays as it is. It takes nothing, and returns nothing or a `Result` whose error can be
/// displayed. It runs after the commit, under no lock: it finds what callers find, on the thread that
/// loads, which is inside hot code meanwhile. [`macro@on_unload`] of the generation before runs first.
///
/// There may be several: those of a module run from top to bottom, after those of the modules around
/// it, and modules of one parent by their names. In a transaction all that goes runs its functions first,
/// and then all that comes: a bundle that imports from another one comes after it, and goes before it.
///
/// An error, or a panic, is told in the report, and the others run all the same. With
/// `HostBuilder::rollback_on_hook_error` the host goes back then. A load, reload, rollback or unload that the
/// function asks for itself is refused (HOT0604); one on another thread waits until all have run, for as
/// long as `HostBuilder::patience` says (HOT0609).
///
/// Functions of other crates that the bundle is linked with do not run, nor does anything where nothing is
/// loaded: in a program that is linked with the bundle, or with the feature `static`. Call the function there.
///
/// `crate = path` says where `hot` is, if the dependency was renamed.
#[proc_macro_attribute]
pub fn on_load(options: TokenStream, item: TokenStream) -> TokenStream {
    hook::expand(hook::When::Load, options.into(), item.into()).into()
}

/// Has a function of a bundle run when its generation is not the live one any more: after a reload, a
/// rollback, an unload. It is the function of the generation that goes, and runs before the one that comes
/// runs its [`macro@on_load`].
///
/// What it may be, and what its errors do, is said there. It runs after the commit: its calls of exported
/// functions reach the new generation, and a `hot::State` that has moved to another type is not there for
/// it any more (HOT0405). What it has to stop is best kept in a plain static of the bundle.
///
/// At the end of the process it does not run.
#[proc_macro_attribute]
pub fn on_unload(options: TokenStream, item: TokenStream) -> TokenStream {
    hook::expand(hook::When::Unload, options.into(), item.into()).into()
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

/// Finds the functions whose paths fit a pattern: `hot::each!(host, "plugins::*::on_hit", fn(&mut World))`.
///
/// The pattern is a literal or any other expression of a text, the signature a function pointer type with the
/// types that are visible where the macro stands. `crate = path;` comes first if the dependency was renamed.
#[proc_macro]
pub fn each(input: TokenStream) -> TokenStream {
    each::expand(input.into()).into()
}

/// Gives the literal, and has a save that changes it be live at once, before anything is built:
/// `speed * hot::tweak!(0.5)`.
///
/// The literal is a number, a `"text"`, a character, `true` or `false`, with its minus or suffix if it has one;
/// `-0.5` too. `#[hot::export(tweak)]` does the same for all literals of a function. These it leaves as they
/// are:
///
/// - those in patterns, types, constants and other items, and attributes, which rustc must know;
/// - those in other macros: the text of `format!("..")`, the numbers in `vec![1, 2]`. Write `hot::tweak!` there;
/// - what may be a static: `&[1, 2]`, `&Speed(1.0)`, `[1, 2].iter()`;
/// - numbers without a suffix directly below a cast: `60 as f32`. Write `60.0`;
/// - byte strings and C strings.
///
/// A host that watches compares what was saved with what it runs. If they differ in such literals only, it
/// writes the new values to where they are read, all or none, and lets the build follow, whose generation has
/// them anyway. It leaves a save to the build where a value does not fit its type, where another token or a
/// literal's suffix differs, and where code with a literal whose type is inferred has not run yet. A call that
/// runs meanwhile may read one new value and one old one, but never half of one.
///
/// A value belongs to the generation that runs: a later rollback to it brings back what its code says.
///
/// Without debug assertions (as in release builds), and with the feature `static`, a literal is itself, at no
/// cost.
#[proc_macro]
pub fn tweak(literal: TokenStream) -> TokenStream {
    tweak::expand(literal.into()).into()
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
/// | `of = "World"` | says that it is an older version of that type, which [`macro@migrate`] functions take and give |
/// | `renamed_from = "Old"` | what the type was called before: its values become values of this one |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// Values in a `hot::State` move to the new version of their type, field by field, by name. What the
/// names do not say stands on fields, in `#[hot(..)]`:
///
/// | on a field | effect |
/// |---|---|
/// | `default = expression` | the value of a field that is new. A literal is made once, another expression once for each value. Without it a field gets its type's `Default` |
/// | `renamed_from = "old"` | what the field was called before; also on a variant |
/// | `convert = function` | makes the field from the old one, which had another type: `fn(&Old) -> New`, or `fn(&Old) -> Result<New, E>` where `E` has a text, and `Old` is the old type itself (`&String`, not `&str`); a closure that captures nothing, too |
/// | `convert = function, from("a", "b")` | makes it from other old fields, up to six: `fn(&A, &B) -> New` |
/// | `unsafe(stays)` | says that an address in the field, as in a raw pointer, leads outside of what moves: you answer for it |
///
/// A field without a name (`struct Point(f32, f32)`) is found by its position, and takes `convert` only.
/// None of these changes a type's layout. What no value needs any more does no harm.
///
/// `#[hot(unsafe(opaque))]` on a field says that its type's layout is not to be compared: only its
/// size, alignment and spelling are, and in memory the compiler's identity of the type.
/// `#[hot(unsafe(opaque(Foreign)))]` says it of a part of the field's type: of the elements of a
/// `Vec<Foreign>`. You answer for it that no version of the program changes it; the report lists
/// it as `untracked`.
///
/// `downcast_ref` succeeds though a field of the type has changed: an opaque error type or type map
/// (`Box<dyn Error>`, `anyhow::Error`, an egui context, `http::Extensions`) gives the new code a value of the old
/// layout, so keep the types that you put there as they are, or use `hot::tracked!`.
///
/// An attribute below that is a macro goes first, so what it adds or changes is read.
///
/// On a trait it makes methods, their order and signatures, and supertraits known, for trait
/// objects. Rejected: unions, associated types.
#[proc_macro_attribute]
pub fn versioned(options: TokenStream, item: TokenStream) -> TokenStream {
    versioned::expand(options.into(), item.into()).into()
}

/// Makes the new version of a whole type from the old one, where names do not say how its values move: a
/// struct that becomes an enum, other parameters, fields that follow from each other.
///
/// ```text
/// mod v1 {
///     #[hot::versioned(of = "World")] // the older form of `World`, as it was
///     pub struct World { pub heat: f32, pub log: Vec<String> }
/// }
///
/// #[hot::migrate]
/// fn up(old: &v1::World) -> World { .. } // or `Result<World, E>`, where `E` has a text
/// ```
///
/// The function is a plain one, and stays as it is. It is called for each value in a `hot::State`, wherever
/// the value is in it, whose type is laid out as the type that the function takes. That is compared field by
/// field, with the invariants' number; `of` says which type it is a version of, by its last name or its
/// whole path.
///
/// | option | effect |
/// |---|---|
/// | `into = World` | the function gives a `#[hot::versioned]` struct of some fields of `World`, with their names and types; all others move by name, such as a `File`, which cannot come out of a reference |
/// | `crate = path` | where `hot` is, if the dependency was renamed |
///
/// From `v1::World` to `World` the shortest way is taken: if there is no function for it, then by
/// `v2::World`, with one function after the other. Two shortest ways refuse the reload (HOT0419), and so
/// does a chain that never comes to `World` (HOT0420). A function with `into` is a way of its own.
///
/// If a function fails or panics, the reload is refused and the old values stay as they were
/// (HOT0417). What it leaves of the old value is put aside, and comes back with a rollback as long as nobody
/// has written to the state. After that a function in the other direction is called, such as
/// `fn down(old: &World) -> v1::World`; without one the rollback is refused (HOT0422).
#[proc_macro_attribute]
pub fn migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    migrate::expand(options.into(), item.into()).into()
}

/// A hash of the sources of these macros and of the package that calls this one, as a `u128`.
#[doc(hidden)]
#[proc_macro]
pub fn sources(_: TokenStream) -> TokenStream {
    sources::expand(std::env::var_os("CARGO_MANIFEST_DIR").map(Into::into)).into()
}

/// A part of `#[hot::versioned]`: reads a trait below other attributes.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn versioned_trait(options: TokenStream, item: TokenStream) -> TokenStream {
    versioned::of_trait(options.into(), item.into()).into()
}

/// A part of `#[hot::versioned]`: sees the fields that `#[cfg]` leaves.
#[doc(hidden)]
#[proc_macro_derive(VersionedFields, attributes(hot))]
pub fn versioned_fields(item: TokenStream) -> TokenStream {
    versioned::derive(item.into()).into()
}
