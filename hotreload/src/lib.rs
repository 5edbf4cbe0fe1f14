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
//! assert_eq!(add(2, 3), 5);
//! let add = hot::get!(add); // the same as a value, to store and pass on
//! assert_eq!(add(2, 3), 5);
//! # }
//! ```
//!
//! The host loads the bundle and replaces it while the program runs; this needs the feature `host`:
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
//! signatures, lifetimes, layouts, toolchain and allocator are compared before the new code is
//! reached, with everybody who was compiled against them and with every value that is alive. The file
//! tells nearly all of it. What only the compiler's type identities tell is compared in memory, after
//! the library's constructors and before its init function.
//! *A reload never half-happens*: whatever is refused leaves code and files as they were.
//!
//! What no check can see is the author's responsibility: an opaque type whose inside changes (a report lists such
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
//! | the host or another bundle, in a signature | refused: HOT0310 to HOT0328; accepted for several bundles in one [`Transaction`] |
//! | the host, as [`Live`] | accepted, the values move; refused where nothing says how: HOT0404, HOT0407 to HOT0422 |
//! | an exported [`State`] | accepted, the value moves; refused where nothing says how: HOT0403, HOT0407 to HOT0422; `#[hot(reset)]` gives the value up |
//! | another exported static | refused while it has a value: HOT0401; `#[hot(reset)]` gives the value up |
//! | a container of erased values, by [`tracked!`] | accepted in an exported [`State`] or behind a [`Live`], the values move, if the container is [`Erased`]; else refused while it lives: HOT0404 |
//!
//! Trait objects cross as [`Dyn`].
//!
//! # Ways to call
//!
//! | | gives |
//! |---|---|
//! | `f(x)` | the newest `f`'s result; a panic with HOT0501 while nothing defines `f` |
//! | [`get!(f)`](get) | a handle, whose calls are the same |
//! | [`try_get!(f)`](try_get) | the handle, or [`Undefined`] |
//! | [`fn_ptr!(f)`](fn_ptr) | a plain function pointer, for tables of your own and C callbacks |
//! | [`lookup!(host, "crate::f", fn(i32))`](lookup) | the handle by its name, or an [`Error`] |
//! | [`each!(host, "plugins::*::f", fn(i32))`](each) | all that fit a pattern, as they come and go |
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
//! | `bevy_ecs`, `bytes`, `glam`, `hecs`, `indexmap`, `smallvec`, `uuid` | the layouts of these crates' types are known: [`Versioned`] |
//! | `static` | the last build of a program: hot calls are direct calls, nothing can be loaded |
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
//! What a bundle prints without a line break stays in its image's buffer. The host writes the buffer
//! when the generation is replaced or unloaded, and when the process exits by the end of `main` or
//! by `std::process::exit`. While another thread holds that standard output, the host waits for a
//! tenth of a second and goes on: the buffer is written when the thread lets the output go.
//!
//! # Without reloading
//!
//! With the feature `static` the same sources are an ordinary program. `f(x)`, `hot::get!(f)(x)` and
//! a method are the direct call, which may be inlined; a [`Var`] is the static
//! itself; what is declared in [`import!`] is whatever of that name and type is linked in, found at
//! the first call and reached through a pointer. A panic keeps its payload and unwinds as in any
//! program. Values of a [`State`] and a `LazyLock` are made when they are first used. Loading errs
//! with [`Code::StaticBuild`], and a library built so is refused by other hosts.
//!
//! Cargo switches a feature on for everything that is built together. Let only the program choose
//! the feature `static`, on the command line, and in a target folder of its own:
//!
//! ```text
//! cargo build --release -p game --features hotreload/static --target-dir target/static
//! ```
#![cfg_attr(not(feature = "host"), allow(rustdoc::broken_intra_doc_links))]

/// The items that generated code calls.
#[doc(hidden)]
pub use hot_rt::rt;

/// Makes the crate a bundle: it stands once, at the crate's root.
///
/// ```
/// fn start() -> Result<(), std::num::ParseIntError> {
///     "17".parse::<u8>().map(drop) // an error would refuse the load
/// }
///
/// hot::bundle!(init = start);
/// # fn main() {}
/// ```
pub use hotreload_macros::bundle;

/// Makes a function, an `impl` block or a static hot: callers reach its newest definition.
///
/// ```
/// /// The longer one of two texts.
/// #[hot::export]
/// fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
///     if a.len() > b.len() { a } else { b }
/// }
///
/// # fn main() {
/// assert_eq!(longest("a", "bb"), "bb"); // the newest definition, by an ordinary call
/// let handle = hot::get!(longest); // the same as a value: `Copy`, `Send`, `'static`
/// assert_eq!(handle("a", "bb"), "bb");
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
///
/// An `async fn` gives a [`Future`], which calls the newest definition when it is polled first, and ends in
/// that version. It is `Send`, unless `#[hot::export(local)]` makes it a [`LocalFuture`].
///
/// ```
/// use std::task::{Context, Poll, Waker};
///
/// #[hot::export]
/// async fn shout(text: &str) -> String {
///     format!("{}!", text.to_uppercase())
/// }
///
/// # fn main() {
/// // What an executor does.
/// let mut shouts = std::pin::pin!(shout("hello"));
/// let polled = shouts.as_mut().poll(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(polled, Poll::Ready("HELLO!".to_owned()));
/// # }
/// ```
pub use hotreload_macros::export;

/// Declares functions and statics of crates that this one does not depend on.
///
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
/// assert_eq!(math::add(2, 3), 5);
/// # }
/// ```
pub use hotreload_macros::import;

/// Has a function of a bundle run when one of its generations has become the live one: after a load, a
/// reload, a rollback.
///
/// ```
/// use std::{
///     sync::{Mutex, mpsc},
///     thread::{self, JoinHandle},
/// };
///
/// // Each generation has its own.
/// static WORKER: Mutex<Option<(mpsc::Sender<u32>, JoinHandle<()>)>> = Mutex::new(None);
///
/// #[hot::on_load]
/// fn start() -> std::io::Result<()> {
///     let (sender, jobs) = mpsc::channel();
///     let worker = thread::Builder::new().spawn(move || jobs.into_iter().for_each(drop))?;
///     *WORKER.lock().unwrap() = Some((sender, worker));
///     Ok(())
/// }
///
/// #[hot::on_unload]
/// fn stop() {
///     if let Some((sender, worker)) = WORKER.lock().unwrap().take() {
///         drop(sender); // it has nothing to wait for any more
///         worker.join().unwrap();
///     }
/// }
/// # fn main() {
/// #     start().unwrap();
/// #     stop();
/// # }
/// ```
pub use hotreload_macros::on_load;

/// Has a function of a bundle run when its generation is not the live one any more: after a reload, a
/// rollback, an unload. [`on_load`] has an example.
pub use hotreload_macros::on_unload;

/// A literal that a save changes while the program runs, before anything is built.
///
/// ```
/// #[hot::versioned]
/// struct Fish {
///     speed: f32,
/// }
///
/// fn swim(fish: &mut Fish) {
///     fish.speed *= hot::tweak!(0.98); // edit the number, save, and it counts
/// }
///
/// #[hot::export(tweak)] // the same for each literal of the function
/// fn rest(fish: &Fish) -> bool {
///     fish.speed < 0.25
/// }
///
/// # let mut fish = Fish { speed: 1.0 };
/// # swim(&mut fish);
/// # assert!(fish.speed == 0.98 && !rest(&fish));
/// ```
///
/// What goes into it:
pub use hotreload_macros::tweak;

/// Looks up an exported function by its name, and gives a handle or an [`Error`].
///
/// The handle is like that of [`get!`](crate::get): it is `Copy`, `Send` and `'static`, and its
/// calls reach the newest definition. The host looks the name up once for each place in the source;
/// each later look-up at that place costs one load. From the first success on the place counts as a
/// caller: the host refuses a reload that changes the signature.
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
/// unload. Look the name up again to have an error instead.
#[cfg(feature = "host")]
pub use hotreload_macros::lookup;

/// Finds the exported functions whose paths fit a pattern: systems, routes, commands, plugins that come and
/// go with their bundles. Gives an [`Each`], which tells what is there now whenever it is asked, or an
/// [`Error`].
///
/// In the pattern `*` stands for any one name and `**` for any number of names, also none. Only functions are
/// found, of bundles and of what the program is linked with. What is found counts as called by the host, as
/// with [`lookup!`]: a reload that changes its signature is refused. One that takes the function out is not,
/// nor is an unload: the function is not found any more, and a call by an [`EachFn`] that was kept is `None`.
///
/// ```
/// mod commands {
///     #[hot::export]
///     pub fn hello(name: &str) -> String {
///         format!("hello {name}")
///     }
///
///     #[hot::export]
///     pub fn bye(name: &str) -> String {
///         format!("bye {name}")
///     }
/// }
///
/// /// Commands by their names, whoever brings them.
/// struct Shell {
///     commands: hot::Each<dyn Fn(&str) -> Option<String> + Send + Sync>,
/// }
///
/// impl Shell {
///     fn run(&self, name: &str, argument: &str) -> Option<String> {
///         let command = self.commands.iter().flatten().find(|it| it.path().ends_with(name))?;
///         command(argument)
///     }
/// }
///
/// # fn main() -> Result<(), hot::Error> {
/// let host = hot::Host::start()?;
/// let commands = hot::each!(host, "**::commands::*", fn(&str) -> String)?;
/// for command in &commands {
///     println!("{}", command?.path()); // an error if it has another signature
/// }
/// let shell = Shell { commands };
/// assert_eq!(shell.run("::bye", "Ann").as_deref(), Some("bye Ann"));
/// assert_eq!(shell.run("::cook", "Ann"), None);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Code::BadName`] if the pattern is none.
#[cfg(feature = "host")]
pub use hotreload_macros::each;

#[doc(inline)]
pub use hot_types::versioned;

#[cfg(feature = "host")]
#[doc(inline)]
pub use hot_host::*;
#[cfg(feature = "bevy_ecs")]
#[doc(inline)]
pub use hot_rt::ResourceOf;
#[doc(hidden)]
pub use hot_rt::{__facts, __literals, __manifest_record, __target_features, __type_record};
#[doc(inline)]
pub use hot_rt::{
    Dyn, Erased, ErasedOf, Found, Future, Live, LiveRead, LiveWrite, LocalFuture, NotMoved,
    OtherLayout, State, StateRead, StateWrite, TryLiveError, TryStateError, Undefined, Values, Var,
    Versioned, fn_ptr, get, migrate, tracked, try_get,
};
