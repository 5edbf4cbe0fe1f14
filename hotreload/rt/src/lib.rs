//! The part of `hotreload` that a bundle links: the API of exports, states and handles, and the boundary between images.
//!
//! A bundle depends on this crate under the name that its code uses:
//!
//! ```toml
//! [dependencies]
//! hot = { package = "hotreload-rt", path = ".." }
//! ```
//!
//! `hotreload`, which programs that load bundles depend on, has all of this crate and the host besides.
//! The documentation is there. A bundle that depends on `hotreload` works too; but cargo switches the
//! feature `host` on for everything that is built together, and then the host is in the bundle's
//! own crate graph. At `opt-level` 0 and 1 rustc takes the instances of std's generic functions
//! from whichever crate of that graph has them: so a bundle links the host's code and its debug
//! information, only to discard most of it.
//!
//! An *image* is the host executable or one loaded bundle; each image has its own copy of this
//! crate and of its statics.

#![allow(missing_docs, reason = "fields and variants that say what they are")]

// Generated paths start at `::hot`, here too.
extern crate self as hot;

mod accessor;
mod allocator;
mod alone;
mod callback;
mod cells;
mod container;
#[allow(dead_code, reason = "bundles and hosts use a half each; the layout is one for all")]
mod events;
#[doc(hidden)]
pub mod fingerprint;
mod future;
mod growing;
mod held;
mod hook;
mod init;
mod live;
#[cfg(feature = "log")]
mod log;
mod looked;
#[doc(hidden)]
pub mod manifest;
mod migrate;
mod object;
mod panic;
mod pin;
mod record;
mod returned;
#[doc(hidden)]
pub mod rt;
mod slot;
mod state;
mod sync;
mod table;
#[cfg(feature = "tracing")]
mod trace;
mod tracked;
mod tweak;
mod undefined;
mod var;
mod var_type;

pub use cells::OtherLayout;
pub use future::{Future, LocalFuture};
#[cfg(feature = "bevy_ecs")]
pub use hot_types::ResourceOf;
#[doc(hidden)]
pub use hot_types::{__facts, __laid, __manifest_record, __type_record};
pub use hot_types::{Erased, ErasedOf, Found, Values, Versioned, versioned};
/// Makes the crate a bundle: it stands once, at the crate's root.
pub use hotreload_macros::bundle;
/// Makes a function, an `impl` block or a static hot: callers reach its newest definition.
pub use hotreload_macros::export;
/// Declares functions and statics of crates that this one does not depend on.
pub use hotreload_macros::import;
/// Makes the new version of a type from an older one, where names do not say how its values move.
pub use hotreload_macros::migrate;
/// Has a function of a bundle run when a generation has become the live one.
pub use hotreload_macros::on_load;
/// Has a function of a bundle run when its generation is not the live one any more.
pub use hotreload_macros::on_unload;
/// A literal that a save changes while the program runs.
pub use hotreload_macros::tweak;
pub use live::{Live, LiveRead, LiveWrite, TryLiveError};
pub use object::Dyn;
pub use state::{NotMoved, State, StateRead, StateWrite, TryStateError};
pub use undefined::Undefined;
pub use var::Var;

/// The newest definition of an exported function, as a value to store and pass on.
///
/// The macro gives a handle: an `impl Fn` that is `Copy`, `Send`, `Sync` and `'static`, or a function
/// pointer for an `unsafe fn` and for a function that never returns. Each call of a handle reaches the definition that
/// is newest then; a call that is running finishes in the version that it entered.
///
/// ```
/// #[hot::export]
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
///
/// struct Guest {
///     greet: Box<dyn Fn(&str) -> String>,
/// }
///
/// # fn main() {
/// let guest = Guest { greet: Box::new(hot::get!(greet)) };
/// assert_eq!((guest.greet)("Ann"), "Hello, Ann!");
/// # }
/// ```
///
/// # Panics
///
/// The call panics if the function does, with the message as a `String`; with HOT0501 if
/// nothing defines the function, which only happens for an [`import!`](crate::import) or after an
/// unload; and with HOT0507 if a reload that did not fit this caller came before its first call. The host's panic hook runs once, for a panic of the host's own that tells of it: its text
/// has the message and the function's file and line, while `PanicHookInfo::location` is where the
/// framework raised it (std lets nobody else choose that).
///
/// "Expected type, found function" means that the function is not marked `#[hot::export]`;
/// "ambiguous associated type", that the path is a method's: call it as `world.step()`.
#[macro_export]
macro_rules! get {
    ($path:path) => {{
        if false {
            // The path as a value: editors show the function's signature and documentation.
            let _ = $path;
        }
        if !$crate::rt::STATIC {
            <$path as $crate::rt::Exported>::mark_used();
        }
        <$path>::handle()
    }};
}

/// Does what [`get!`](crate::get) does, but a name that nothing defines is an error and no panic.
///
/// The macro gives a `Result` with the handle, or with [`Undefined`]. The result says how things are
/// now: after an unload a call of the handle panics with HOT0501 as any other call does.
///
/// ```
/// hot::import! {
///     rules => { fn price(item: &str) -> u32; }
/// }
///
/// fn price(item: &str) -> u32 {
///     match hot::try_get!(rules::price) {
///         Ok(price) => price(item),
///         Err(_) => 10, // no rules are loaded
///     }
/// }
///
/// # fn main() {
/// assert_eq!(price("tea"), 10);
/// # }
/// ```
///
/// # Errors
/// [`Undefined`] if nothing defines the name, or nothing with the signature and the types that this
/// caller was compiled with.
#[macro_export]
macro_rules! try_get {
    ($path:path) => {{
        if false {
            let _ = $path;
            <$path as $crate::rt::Exported>::check();
        }
        $crate::rt::try_handle(<$path as $crate::rt::Exported>::accessor(), <$path>::handle())
    }};
}

/// Gives an exported function as a plain function pointer: for fields of structs, tables, and
/// callbacks of C libraries.
///
/// The pointer has the function's own signature and ABI, and stays what it is through reloads; each
/// call through it reaches the newest definition, as one of a [`get!`](crate::get) handle does.
///
/// ```
/// #[hot::export]
/// fn double(number: i32) -> i32 {
///     number * 2
/// }
///
/// #[hot::export]
/// extern "C" fn compare(a: &i32, b: &i32) -> i32 {
///     a.cmp(b) as i32
/// }
///
/// struct Button {
///     action: fn(i32) -> i32,
/// }
///
/// # fn main() {
/// let button = Button { action: hot::fn_ptr!(double) };
/// assert_eq!((button.action)(4), 8);
/// let callback: extern "C" fn(&i32, &i32) -> i32 = hot::fn_ptr!(compare);
/// assert_eq!(callback(&1, &2), -1);
/// # }
/// ```
///
/// # Panics
/// A call panics as one of a [`get!`](crate::get) handle does. Through an `extern "C"` pointer no
/// panic can leave: a panic ends the process, as it does in every `extern "C"` function; with
/// `extern "C-unwind"` the panic goes on to the caller.
#[macro_export]
macro_rules! fn_ptr {
    ($path:path) => {{
        if false {
            let _ = $path;
        }
        if !$crate::rt::STATIC {
            <$path as $crate::rt::Exported>::mark_used();
        }
        <$path>::pointer()
    }};
}
