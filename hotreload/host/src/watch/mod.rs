//! Save a file, cargo builds, the host reloads, one line says what came of it.
//!
//! ```text
//! folders   which folders the system reports on
//! saves     from reports to files that were saved; known_files: what they hold
//! sources   which files a bundle is made of; program: which ones the host is
//! watching  the thread that takes saves; decide: what they lead to; work: what is to be built
//! rebuild   the thread that builds and loads
//! tweaks    the thread that writes literals which a save has changed
//! texts     what sources held before, for what the host was compiled with of them
//! ```
//!
//! The thread that takes saves never waits for the others, so that a save during a build is seen at once:
//! then the build is stale, is abandoned, and begins again.

mod decide;
mod folders;
mod known_files;
mod program;
mod rebuild;
mod saves;
mod sources;
mod texts;
mod tweaks;
mod watching;
mod work;

use std::{
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
    time::SystemTime,
};

use crate::build::{Built, BundlePackage, Workspace};
use crate::said::{Printer, Result};
use crate::state::{Inner, WatchSwitch};
use program::Program;
use sources::Sources;
use watching::{Added, Message, Watch};

/// The handle of the thread that waits for saves.
pub(crate) struct Watcher {
    messages: Sender<Message>,
}

static WATCHER: OnceLock<Watcher> = OnceLock::new();

impl Watcher {
    /// Starts the threads.
    pub(crate) fn start(inner: &'static Inner, print: Printer) -> Result<()> {
        let messages = Watch::start(inner, print)?;
        let wakes = messages.clone();
        // The thread ends with the process only.
        let switch = WatchSwitch::new(move || _ = wakes.send(Message::Wake));
        let _ = inner.watch.set(switch);
        let _ = WATCHER.set(Watcher { messages });
        Ok(())
    }

    /// That of the process's host, if it watches.
    pub(crate) fn get() -> Option<&'static Watcher> {
        WATCHER.get()
    }

    /// Watches a bundle that was built and loaded, unless it is watched already. What was saved
    /// after `since`, the moment before it was built, is a save like any other.
    pub(crate) fn add(
        &self,
        workspace: Workspace,
        bundle: BundlePackage,
        built: &Built,
        since: SystemTime,
    ) {
        let program = Program::of(&workspace);
        let live = Inner::get().and_then(|it| it.built_image(&bundle.crate_name));
        let generation = live.map(|(_, generation)| generation);
        let sources = Sources::new(workspace, bundle, built);
        let (watched, is_watched) = channel();
        let added = Box::new(Added { sources, program, since, generation, watched });
        // The thread ends with the process only. It is waited for, so that each save from now on is
        // seen as it happens.
        let _ = self.messages.send(Message::Add(added));
        let _ = is_watched.recv();
    }
}
