//! What is said while a build runs.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

/// What a build says while it runs. The host passes each to the function that was given to
/// [`HostBuilder::build_output`](crate::HostBuilder::build_output). What rustc says twice of one place
/// is passed once.
///
/// ```no_run
/// use hot::BuildMessage;
///
/// let host = hot::Host::builder()
///     .build_output(|message| match message {
///         BuildMessage::Diagnostic { rendered, .. } => eprint!("{rendered}"),
///         BuildMessage::Line(line) => eprintln!("cargo: {line}"),
///         BuildMessage::Progress { crates, .. } => eprintln!("{crates} crates"),
///         _ => {}
///     })
///     .start()?;
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildMessage<'a> {
    /// A report of rustc as rustc renders it, of several lines, the last one ended; in colour where
    /// standard error shows colour.
    #[non_exhaustive]
    Diagnostic {
        /// The report.
        rendered: &'a str,
        /// Whether it is an error. The rest are warnings and notes.
        error: bool,
    },
    /// A line that something else printed, such as a procedural macro; or cargo itself, when it has
    /// failed; or the host, which says once that it builds another copy of a project than it was
    /// compiled in.
    Line(&'a str),
    /// How far the build is; said several times a second.
    #[non_exhaustive]
    Progress {
        /// The bundle's package.
        bundle: &'a str,
        /// How many crates were compiled so far.
        crates: usize,
        /// The time since the start.
        elapsed: Duration,
        /// Whether cargo waits until another cargo is done.
        waiting: bool,
    },
    /// The build is over. Always said, and said last.
    Done,
}

/// Who has built a bundle.
///
/// ```
/// let report = hot::Report::default();
/// assert_eq!(report.built_by, None, "nothing was built");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BuiltBy {
    /// rustc alone, called as cargo has called it the last time: nothing had changed that only cargo
    /// would see.
    Rustc,
    /// Cargo.
    #[non_exhaustive]
    Cargo {
        /// Why rustc alone would not do; `None` if nobody has asked for that, or if it is the first build.
        why: Option<String>,
    },
}

/// Shows a build. The thread that builds calls it.
pub(crate) type BuildSink = Arc<dyn Fn(BuildMessage<'_>) + Send + Sync>;
