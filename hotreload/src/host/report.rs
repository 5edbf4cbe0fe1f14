//! What a load, reload or rollback did.

use std::{fmt, time::Duration};

/// How long the phases of a load took.
///
/// ```
/// let phases = hot::Phases::default();
/// assert!((phases.check + phases.load + phases.publish).is_zero());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phases {
    /// Building with cargo; zero if nothing was built.
    pub build: Duration,
    /// Copying the file and checking the copy.
    pub check: Duration,
    /// Mapping the library and running its init.
    pub load: Duration,
    /// Publishing: from the first slot to the last.
    pub publish: Duration,
}

/// What became live.
///
/// ```no_run
/// let host = hot::Host::start()?;
/// let report = host.load_crate("rules")?.reload()?;
/// assert_eq!(report.generation, 2);
/// println!("{report}"); // one line
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The bundle's package name.
    pub bundle: String,
    /// The generation that is live now.
    pub generation: u64,
    /// The definitions that were not there before.
    pub added: Vec<String>,
    /// The definitions that the new generation has no more. Callers reach the baseline if the host
    /// was linked with one.
    pub removed: Vec<String>,
    /// The definitions that were there before; callers reach the new generation's. Vars are none of
    /// them: they keep their value.
    pub replaced: Vec<String>,
    /// Types in signatures whose fields are not tracked: compared by name, size, alignment and the
    /// size of their `Option` only.
    pub untracked: Vec<String>,
    /// Vars whose first value was edited: they keep the value that they have.
    pub not_applied: Vec<String>,
    /// Why the host went back by itself; see [`rollback_after`](crate::HostBuilder::rollback_after).
    pub why: Option<String>,
    /// How long it took.
    pub phases: Phases,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: generation {} is live", self.bundle, self.generation)?;
        let groups =
            [(&self.replaced, "replaced"), (&self.added, "added"), (&self.removed, "removed")];
        let mut separator = ": ";
        for (paths, verb) in groups.into_iter().filter(|(paths, _)| !paths.is_empty()) {
            write!(f, "{separator}{} {verb}", names(paths))?;
            separator = ", ";
        }
        let Phases { build, check, load, publish } = self.phases;
        f.write_str(" (")?;
        if !build.is_zero() {
            write!(f, "built in {} ms, ", build.as_millis())?;
        }
        write!(f, "loaded in {:.1} ms)", (check + load + publish).as_secs_f64() * 1e3)?;
        if !self.untracked.is_empty() {
            write!(f, "; fields not tracked: {}", self.untracked.join(", "))?;
        }
        if !self.not_applied.is_empty() {
            write!(f, "; first values not applied: {}", self.not_applied.join(", "))?;
        }
        if let Some(why) = &self.why {
            write!(f, "; gone back because {why}")?;
        }
        Ok(())
    }
}

/// A few names, or how many.
fn names(paths: &[String]) -> String {
    match paths {
        [] => String::new(),
        paths if paths.len() <= 3 => paths.join(", "),
        paths => format!("{} definitions", paths.len()),
    }
}
