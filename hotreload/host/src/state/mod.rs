//! What is loaded now.
//!
//! ```text
//! inner       all of it, behind the handles of users: one for each process
//! writing     the writer's lock; fork: that of publishing, and what a forked child has of all locks
//! turn        taken while bundles' functions run at a load or an unload
//! gate        closed while nobody may be inside hot code
//! world       what is loaded and who calls what, under that lock
//! namespace   names, nested; definition: what one of them means at the moment
//! pattern     paths that `hot::each!` looks for
//! image       a library in memory; site: an accessor in it; maker: who has built it
//! futures     those that are alive, by the image whose code they run
//! resolve     what a slot leads to that nobody has resolved; closed_site: what does not fit any more
//! options     what the host was started with
//! fresh       generations that may still be taken back by themselves
//! notices     which line matters now
//! restart     who is told before the program is started again
//! status      what all that is, for those who ask
//! ```

pub(crate) mod closed_site;
mod definition;
mod fork;
pub(crate) mod fresh;
mod futures;
mod gate;
pub(crate) mod image;
mod inner;
mod maker;
mod namespace;
mod notices;
mod options;
mod pattern;
mod resolve;
mod restart;
pub(crate) mod site;
mod status;
mod turn;
pub(crate) mod world;
mod writing;

pub use definition::Definition;
pub(crate) use fork::{after_fork, before_fork, forked, moment, publishing, using};
pub(crate) use futures::{FuturesOf, Touched};
pub(crate) use gate::{Closed, close as close_gate, lets_pass, passes_gate, wakes};
pub(crate) use image::Image;
#[cfg(feature = "watch")]
pub(crate) use inner::WatchSwitch;
pub(crate) use inner::{Inner, Requirements};
pub(crate) use maker::Maker;
pub use namespace::Namespace;
pub(crate) use notices::Notices;
pub(crate) use options::Options;
pub(crate) use pattern::Pattern;
pub(crate) use resolve::Nowhere;
pub(crate) use restart::RestartListeners;
pub(crate) use site::{Current, Site};
pub(crate) use turn::{Taken, Turn};
pub(crate) use world::World;
pub(crate) use writing::Writing;
