//! Save a file, cargo builds, the host reloads, one line says what came of it.
//!
//! ```text
//! folders   which folders the system reports on
//! saves     from reports to files that were saved; contents: what they hold
//! sources   which files a bundle, or the host, is made of
//! watching  the thread that takes saves and decides: build, abandon, wait
//! rebuild   the thread that builds and loads; live: whether a library is already
//! ```
//!
//! The first thread never waits for the second one, so that a save during a build is seen at once:
//! then the build is stale, is abandoned, and begins again.

mod contents;
mod folders;
mod live;
mod rebuild;
mod saves;
mod sources;
mod watching;

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    time::SystemTime,
};

use super::{
    Host, Result,
    cargo::{BundlePackage, Workspace},
};
use sources::{Sources, Tree};
use watching::{Added, Message, Watch};

/// Takes one line about each save.
pub(crate) type Printer = Arc<dyn Fn(&str) + Send + Sync>;

/// The handle of the thread that waits for saves.
pub(crate) struct Watcher {
    messages: Sender<Message>,
}

impl Watcher {
    /// Starts the threads.
    pub(crate) fn start(host: Host, print: Printer) -> Result<Watcher> {
        Watch::start(host, print).map(|messages| Watcher { messages })
    }

    /// Watches a bundle that was built and loaded, unless it is watched already. What was saved
    /// after `since`, the moment before it was built, is a save like any other.
    pub(crate) fn add(
        &self,
        workspace: Workspace,
        bundle: BundlePackage,
        library: &Path,
        since: SystemTime,
    ) {
        let program = Tree::of_program(&workspace);
        let sources = Sources::new(workspace, bundle, library);
        let (watched, is_watched) = channel();
        let added = Box::new(Added { sources, program, since, watched });
        // The thread ends with the process only. It is waited for, so that each save from now on is
        // seen as it happens.
        let _ = self.messages.send(Message::Add(added));
        let _ = is_watched.recv();
    }
}
