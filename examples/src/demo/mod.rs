//! What the demos with a picture share: the bundle is called again and again while its code is
//! replaced. Keys edit a scratch copy of it; whoever edits the real one sees that, too.

mod edit;
mod frame;
mod model;
mod program;
mod reloads;
mod show;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use hot::Host;

pub use edit::Edit;
pub use program::main;
pub use reloads::Job;

/// What makes a demo this one.
pub trait Demo {
    /// The program's name.
    const NAME: &'static str;
    /// What `--help` says first: what it does, and how it is called.
    const HELP: &'static str;
    /// The bundle's package.
    const BUNDLE: &'static str;
    /// The time from one call to the next.
    const PERIOD: Duration;
    /// What the keys 1, 2, .. do.
    const EDITS: &'static [Edit];
    /// Whether a save of the bundle's sources rebuilds it.
    const WATCHES: bool = true;

    /// Calls the bundle. It may panic: that is shown.
    fn call(&mut self);

    /// What came of it, each with a name; the first one is the most important.
    fn facts(&self) -> Vec<(&'static str, String)>;

    /// The same as a line for those who want no picture.
    fn line(&self) -> String;

    /// What stays when the picture goes.
    fn summary(&self) -> String {
        self.line()
    }

    /// What to say when the call has panicked.
    fn panicked(&self) -> String;

    /// What else a person can do, besides keys.
    fn hints(&self) -> Vec<String>;

    /// The first load. By default the bundle is built from its source, whose edits are seen from
    /// then on.
    fn first(&self) -> Job {
        Box::new(|host| host.load_crate(Self::BUNDLE).map(drop).map_err(|error| error.to_string()))
    }

    /// What the demo itself finds to do, looked for after each call.
    fn look(&self, _host: &Host) -> Option<Job> {
        None
    }

    /// The file with the bundle's source in a workspace.
    fn source(workspace: &Path) -> PathBuf {
        workspace.join("bundles").join(Self::BUNDLE).join("src/lib.rs")
    }
}

/// For the demos' tests: every key changes its function in the bundle's source, and nothing else.
///
/// # Panics
/// If one does not.
pub fn assert_edits_apply<D: Demo>(source: &str) {
    for edit in D::EDITS {
        let edited = edit.apply(source).unwrap_or_else(|| panic!("no `{}`", edit.name()));
        assert!(edited.contains(edit.function), "{edited}");
        let (before, _) = source.split_once(&format!("pub fn {}(", edit.name())).expect("found");
        assert!(edited.starts_with(before), "{edited}");
        assert_eq!(edited.matches(edit.name()).count(), source.matches(edit.name()).count());
    }
}
