//! Hot reload for Rust that never makes memory unsound and never half-happens.
//!
//! A program, the *host*, goes on running while parts of it, *bundles*, are edited, rebuilt and
//! replaced. A bundle is an ordinary crate that is built as a shared library too:
//!
//! ```
//! hot::bundle!(); // once, at the crate's root
//!
//! #[hot::export]
//! pub fn add(a: i32, b: i32) -> i32 {
//!     a + b
//! }
//!
//! # fn main() {
//! // Wherever the function is visible: always the newest definition.
//! assert_eq!(hot::get!(add)(2, 3), 5);
//! # }
//! ```
//!
//! The host loads it and replaces it while it runs; this needs the feature `host`:
//!
//! ```no_run
//! # #[cfg(feature = "host")]
//! # fn example() -> Result<(), hot::Error> {
//! let host = hot::Host::start()?;
//! let math = host.load_crate("math")?; // built with cargo, checked, loaded
//! // edit its source ..
//! math.rebuild()?; // Err: refused, with the reasons; the old code still runs
//! math.rollback()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! *A reload never makes memory unsound*, as far as a value's safety follows from its type:
//! signatures, lifetimes, layouts, toolchain and allocator are compared before any of the new code
//! runs, with everybody who was compiled against them and with every value that is alive.
//! *A reload never half-happens*: whatever is refused leaves code and files as they were.
//!
//! What no check can see is the author's: an opaque type whose inside changes (a report lists such
//! types as `untracked`), a changed `Drop`, `Hash` or `Ord` body, an invariant behind a raw pointer
//! (`#[hot::versioned(invariants = 1)]` says it), a library's constructor that aborts.
//!
//! # Types that change
//!
//! A type in the signature of an export or in an exported static is [`Versioned`]: of the language,
//! of std, or marked [`#[hot::versioned]`](versioned).
//!
//! | held by | what changes its layout is |
//! |---|---|
//! | nobody but the bundle | accepted |
//! | the host or another bundle, in a signature | refused: HOT0310 to HOT0327; accepted for several bundles in one [`Transaction`] |
//! | the host, as [`Live`] | refused while a value lives: HOT0404 |
//! | an exported static | refused while it has a value: HOT0401, [`State`] HOT0403; `#[hot(reset)]` gives the value up |
//! | a container of erased values, by [`tracked!`] | refused while it lives: HOT0404 |
//!
//! Trait objects cross as [`Dyn`].
//!
//! # Ways to call
//!
//! | | gives |
//! |---|---|
//! | [`get!(f)`](get) | a handle; calls panic with HOT0501 while nothing defines `f` |
//! | [`try_get!(f)`](try_get) | the handle, or [`Undefined`] |
//! | [`fn_ptr!(f)`](fn_ptr) | a plain function pointer, for structs and C callbacks |
//! | [`lookup!(host, "crate::f", fn(i32))`](lookup) | the handle by its name, or an [`Error`] |
//! | `world.step()` | methods of exported `impl` blocks are hot as they are |
//!
//! Functions and statics of crates that this one does not depend on are declared by [`import!`].
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | none | bundles, and crates that export or call hot functions |
//! | `host` | programs that load bundles |
//! | `watch` | programs that rebuild and reload when a file is saved |
//! | `cli` | the command `cargo hotreload` |
//! | `bytes`, `glam`, `hecs`, `indexmap`, `smallvec`, `uuid` | the layouts of these crates' types are known: [`Versioned`] |
//! | `static` | the last build of a program: hot calls are plain calls, nothing can be loaded |
//! | `log` | bundles and programs: what a bundle logs by the crate `log` reaches the program's logger |
//! | `tracing` | bundles and programs: the same for events and spans of the crate `tracing` |
//!
//! # Logging and printing
//!
//! Each image has its own copy of every library, so a bundle has a logger and a `tracing`
//! subscriber of its own. With the features above, which both sides switch on, loading a bundle
//! makes them the host's: level, target, message, place, fields and spans arrive there, and the
//! host's filters are asked each time, so they may change at any time. One side without the
//! feature loses the events, nothing else. As in a program of one image, a bundle that sets another
//! global logger or subscriber in its init function gets an error; one that a constructor has set
//! stays; `tracing`'s scoped subscribers work on either side. A panic of the host's logger is one
//! of the code that logged. `tracing::Span::current()` is none within a bundle; the events' and
//! spans' own parents are right.
//!
//! What a bundle prints without a line break stays in its image's buffer. It is written when the
//! generation is replaced or unloaded, and when the process exits by the end of `main` or by
//! `std::process::exit`; while another thread holds that standard output, the host waits for a
//! tenth of a second and goes on: it is written when the output is let go.
//!
//! # Without reloading
//!
//! With the feature `static` the same sources are an ordinary program. `hot::get!(f)(x)`, a method
//! and an `always` function are the plain call, which may be inlined; a [`Var`] is the static
//! itself; what is declared in [`import!`] is whatever of that name and type is linked in, found at
//! the first call and reached through a pointer. A panic keeps its payload and unwinds as in any
//! program. Values of a [`State`] and a `LazyLock` are made when they are first used. Loading errs
//! with [`Code::StaticBuild`], and a library built so is refused by other hosts.
//!
//! Cargo switches a feature on for everything that is built together. Let only the program choose
//! it, on the command line, and in a target folder of its own:
//!
//! ```text
//! cargo build --release -p game --features hotreload/static --target-dir target/static
//! ```
#![cfg_attr(not(feature = "host"), allow(rustdoc::broken_intra_doc_links))]

// Generated paths start at `::hot`, here too.
extern crate self as hot;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "host")]
mod host;
mod live;
mod object;
/// What generated code calls.
#[doc(hidden)]
pub mod rt {
    pub use crate::{
        object::DynTrait,
        var_type::{Special, Usual, VarType},
    };
    pub use hot_rt::*;
    pub use hotreload_macros::VersionedFields;
}
mod state;
mod tracked;
mod var;
mod var_type;

/// ```
/// fn start() -> Result<(), std::num::ParseIntError> {
///     "17".parse::<u8>().map(drop) // an error would refuse the load
/// }
///
/// hot::bundle!(init = start);
/// # fn main() {}
/// ```
pub use hotreload_macros::bundle;

/// ```
/// /// The longer one of two texts.
/// #[hot::export]
/// fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
///     if a.len() > b.len() { a } else { b }
/// }
///
/// # fn main() {
/// let longest_now = hot::get!(longest); // a handle: `Copy`, `Send`, `'static`
/// assert_eq!(longest_now("a", "bb"), "bb");
/// # }
/// ```
///
/// ```
/// #[hot::versioned]
/// pub struct Counter {
///     count: u32,
/// }
///
/// #[hot::export]
/// impl Counter {
///     pub fn step(&mut self) -> u32 {
///         self.count += 1;
///         self.count
///     }
/// }
///
/// # fn main() {
/// let mut counter = Counter { count: 1 };
/// assert_eq!(counter.step(), 2); // the newest definition, by an ordinary call
/// # }
/// ```
pub use hotreload_macros::export;

/// ```no_run
/// #[hot::versioned]
/// pub struct World {
///     pub heat: f32,
/// }
///
/// hot::import! {
///     math => {
///         fn add(a: i32, b: i32) -> i32;
///     }
///     game::physics => {
///         fn step(world: &mut World);
///     }
/// }
///
/// # fn main() {
/// physics::step(&mut World { heat: 0.5 });
/// assert_eq!(hot::get!(math::add)(2, 3), 5);
/// # }
/// ```
pub use hotreload_macros::import;

/// The handle is as that of [`get!`](crate::get): `Copy`, `Send`, `'static`, and its calls reach the
/// newest definition. The name is looked up once for each place in the source; after that it costs
/// one load. From the first success on the place counts as a caller: a reload that changes the
/// signature is refused.
///
/// ```
/// #[hot::versioned]
/// pub struct World {
///     heat: f32,
/// }
///
/// # fn main() -> Result<(), hot::Error> {
/// let host = hot::Host::start()?;
/// let mut world = World { heat: 1.0 };
/// match hot::lookup!(host, "physics::step", fn(&mut World, f32)) {
///     Ok(step) => step(&mut world, 0.25),
///     // No bundle that exports it is loaded.
///     Err(error) => assert_eq!(error.code(), hot::Code::Undefined),
/// }
/// # assert_eq!(world.heat, 1.0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Code::Undefined`] if nothing defines the name; [`Code::OtherSignature`] if it has another
/// signature; [`Code::Reentrant`] from within a bundle's init function.
///
/// # Panics
/// A call of the handle panics as one of a [`get!`](crate::get) handle does: with HOT0501 after an
/// unload. Look it up again to have an error instead.
#[cfg(feature = "host")]
pub use hotreload_macros::lookup;

/// ```
/// #[hot::versioned]
/// #[derive(Default)]
/// pub struct World {
///     pub entities: Vec<Entity>,
///     pub heat: f32,
/// }
///
/// #[hot::versioned]
/// pub enum Entity {
///     Player { name: String },
///     Tree(Box<[Entity]>),
/// }
/// # fn main() {}
/// ```
pub use hotreload_macros::versioned;

#[cfg(feature = "host")]
pub use host::*;
#[doc(hidden)]
pub use hot_rt::{__facts, __probe, __target_features};
pub use hot_rt::{OtherLayout, Undefined, versioned::Versioned};
pub use live::Live;
pub use object::Dyn;
pub use state::{State, StateRead, StateWrite};
pub use var::Var;

/// The newest definition of an exported function, ready to be called.
///
/// Gives a handle, an `impl Fn` that is `Copy`, `Send`, `Sync` and `'static`; a function pointer for
/// an `unsafe fn` and for one that never returns. Each call of a handle reaches the definition that
/// is newest then; a call that is running finishes in the version that it entered.
///
/// ```
/// #[hot::export]
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
///
/// # fn main() {
/// assert_eq!(hot::get!(greet)("Ann"), "Hello, Ann!");
/// # }
/// ```
///
/// # Panics
///
/// The call panics if the function does, with the message as a `String`; and with HOT0501 if
/// nothing defines the function, which only happens for an [`import!`](crate::import) or after an
/// unload.
///
/// "Expected type, found function" means that the function is not marked `#[hot::export]`;
/// "ambiguous associated type", that the path is a method's: call it as `world.step()`.
#[macro_export]
macro_rules! get {
    ($path:path) => {{
        if false {
            // The path as a value: editors show the function's signature and documentation.
            let _ = $path;
            <$path as $crate::rt::Exported>::check();
        }
        <$path>::handle()
    }};
}

/// As [`get!`](crate::get), where a name that nothing defines is an error and no panic.
///
/// Gives a `Result` with the handle, or with [`Undefined`]. It says how things are now: after an
/// unload a call of the handle panics with HOT0501 as any other does.
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
/// [`Undefined`] if nothing defines the name, or nothing with the signature that this caller was
/// compiled with.
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

/// An exported function as a plain function pointer: for fields of structs, tables, and callbacks
/// of C libraries.
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
/// panic can leave: it ends the process, as it does in every `extern "C"` function; with
/// `extern "C-unwind"` it goes on to the caller.
#[macro_export]
macro_rules! fn_ptr {
    ($path:path) => {{
        if false {
            let _ = $path;
            <$path as $crate::rt::Exported>::check();
        }
        <$path>::pointer()
    }};
}

/// Puts a record into the manifest's section.
#[doc(hidden)]
#[macro_export]
macro_rules! __manifest_record {
    ($name:ident, $record:expr) => {
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__hot"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".hot"))]
        static $name: [u8; $record.size()] = $record.encode();
    };
}

/// Puts the record of a concrete type into the manifest's section, as the static `$name`. It may be
/// one of a generic type: here its traits are known.
#[doc(hidden)]
#[macro_export]
macro_rules! __type_record {
    ($name:ident, $ty:ty) => {
        $crate::__manifest_record!(
            $name,
            <$ty as $crate::rt::versioned::Versioned>::TABLE
                .with_facts::<$ty>($crate::__facts!($ty))
        );
    };
}
