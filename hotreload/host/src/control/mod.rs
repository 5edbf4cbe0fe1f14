//! The control socket: how `cargo hotreload` and editors talk to a running host.
//!
//! A socket `<process>.sock` in a folder that only the user can enter (see [`socket`]). One request
//! is one line of JSON, answered by one line; a connection may send several.
//!
//! ```text
//! {"do":"status"}                        {"ok":true,"pid":7,"name":"game","watch":"on","status":{..}}
//! {"do":"reload","bundle":"math"}        {"ok":true,"reports":[{..}],"text":".."}    once it is live
//! {"do":"rollback"}                      {"ok":false,"error":{..},"text":".."}       if it is refused
//! {"do":"listen"}                        {"ok":true,"pid":7}, then a line for each event
//! ```
//!
//! `bundle` is a package's name or a list of them, which change at once or not at all. Without it,
//! `reload` means all that are loaded, and `rollback` the only one. `watch` is
//! `on`, `off`, or `missing` if the program was built without the feature. `text` is for people. The
//! forms of statuses, reports and errors are those of their `to_json`; those of events, and all the
//! types, are in [`protocol`].
//!
//! Nobody on the other end can hold the host up: each connection has a thread of its own, lines and
//! queues are bounded, and who is slow is dropped. Windows has no such socket yet.

#[cfg(unix)]
mod connection;
#[cfg(unix)]
mod listeners;
pub mod protocol;
mod quiet;
#[cfg(unix)]
mod socket;

#[cfg(feature = "watch")]
pub(crate) use quiet::printer;
pub(crate) use quiet::sink;
#[cfg(unix)]
pub use socket::folders;
#[cfg(unix)]
pub(crate) use socket::start;

#[cfg(not(unix))]
mod listeners {
    /// Nobody can listen.
    pub(super) fn build(_: &crate::said::BuildMessage<'_>) -> bool {
        false
    }

    /// Nobody can listen.
    #[cfg(feature = "watch")]
    pub(super) fn any() -> bool {
        false
    }
}

/// There is no control socket on this system.
#[cfg(not(unix))]
pub(crate) fn start(_: &'static crate::state::Inner) {}
