//! What the host tells those who listen.

use std::{fmt, sync::Arc};

use crate::said::{Error, FailedHook, Report, Saved, Tweaked};

/// Something that happened to a bundle.
///
/// ```
/// let host = hot::Host::start().unwrap();
/// host.on_event(|event| eprintln!("{event}"));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A bundle's generation became live by a load or reload.
    Loaded(Arc<Report>),
    /// An earlier generation became live again, under a new number. If the host went back by
    /// itself, [`Report::why`] says why.
    RolledBack(Arc<Report>),
    /// A bundle's definitions are gone, or back to the baseline.
    Unloaded {
        /// The bundle's package name.
        bundle: String,
        /// Its functions that run at an unload, and have failed.
        failed_hooks: Vec<FailedHook>,
    },
    /// A load, reload or rollback was refused; what ran before goes on running.
    Refused(Arc<Error>),
    /// A save of watched files has started a build of these packages.
    Building {
        /// The bundles' package names.
        bundles: Vec<String>,
    },
    /// A save of watched files has changed literals only, which are read as they are now. The build
    /// follows.
    Tweaked(Arc<Tweaked>),
    /// A save of watched files was dealt with: said once for each save, after what it led to.
    Saved(Arc<Saved>),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Loaded(report) | Event::RolledBack(report) => report.fmt(f),
            Event::Unloaded { bundle, failed_hooks } => {
                write!(f, "{bundle}: unloaded")?;
                failed_hooks.iter().try_for_each(|failed| write!(f, "; {failed}"))
            }
            Event::Refused(error) => write!(f, "refused: {error}"),
            Event::Building { bundles } => write!(f, "building {}", bundles.join(", ")),
            Event::Tweaked(tweaked) => tweaked.fmt(f),
            Event::Saved(saved) => saved.fmt(f),
        }
    }
}
