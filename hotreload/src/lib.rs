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
//! signatures, lifetimes, toolchain and allocator are compared before any of the new code runs.
//! *A reload never half-happens*: whatever is refused leaves code and files as they were.
//!
//! What no check can see is the author's: a type whose fields change while its name, size,
//! alignment and niches stay (a report lists such types as `untracked`), a changed `Drop`, `Hash`
//! or `Ord` body, an invariant behind a raw pointer, a library's constructor that aborts.
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | none | bundles, and crates that export or call hot functions |
//! | `host` | programs that load bundles |
//! | `watch` | programs that rebuild and reload when a file is saved |
#![cfg_attr(not(feature = "host"), allow(rustdoc::broken_intra_doc_links))]

// Generated paths start at `::hot`, here too.
extern crate self as hot;

#[cfg(feature = "host")]
mod host;
#[doc(hidden)]
pub mod rt;

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
pub use hotreload_macros::export;

/// ```no_run
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

#[cfg(feature = "host")]
pub use host::*;

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
/// "Expected type, found function" means that the function is not marked `#[hot::export]`.
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

/// Puts a record into the manifest's section.
#[doc(hidden)]
#[macro_export]
macro_rules! __manifest_record {
    ($name:ident, $record:ident) => {
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__hot"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".hot"))]
        static $name: [u8; $record.size()] = $record.encode();
    };
}
