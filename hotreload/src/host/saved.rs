//! What came of a save of watched files.

use std::{fmt, path::PathBuf, sync::Arc};

use super::{Error, Report};

/// What came of one save: of one file, or of several that were saved together.
///
/// [`Display`](fmt::Display) writes it as one line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Saved {
    /// The files, with absolute paths.
    pub files: Vec<PathBuf>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a save.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// These bundles have a new generation; they were published at once.
    Live(Vec<Arc<Report>>),
    /// The build failed, or the reload was refused. What ran before goes on running.
    Refused {
        /// The bundles' package names.
        bundles: Vec<String>,
        /// Why.
        error: Arc<Error>,
    },
    /// The same code is live: the files hold what they held, or cargo found nothing to build, or it
    /// built the same library again.
    Unchanged,
    /// The files belong to the host: it has to be restarted.
    Host,
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = || {
            let names = self.files.iter().filter_map(|file| file.file_name());
            names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ")
        };
        match &self.outcome {
            Outcome::Live(reports) => {
                let lines: Vec<_> = reports.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join(" | "))
            }
            Outcome::Refused { bundles, error } => {
                let (code, what) = (error.code().id(), &error.reasons()[0].message);
                write!(f, "{}: not reloaded: {code}: {what}", bundles.join(", "))?;
                match error.reasons().len() - 1 {
                    0 => Ok(()),
                    1 => f.write_str("; and 1 more reason"),
                    more => write!(f, "; and {more} more reasons"),
                }
            }
            Outcome::Unchanged => write!(f, "{}: nothing changed", files()),
            Outcome::Host => write!(f, "{}: belongs to the host: restart it", files()),
        }
    }
}
