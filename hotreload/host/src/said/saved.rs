//! What came of a save of watched files.

use std::{fmt, path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::said::{Differing, Error, Report, counted, json::lossy};

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
    /// What the save changed that the host was compiled with, too: there it is as it was until the
    /// host is built and started again. Empty if the host is not linked with the bundle, or if
    /// nothing became live.
    pub host_copies: Vec<HostCopy>,
    /// Bundles that were built and not loaded: they hold the code of a generation that was rolled
    /// back. A rollback holds until the code is another one, or somebody asks for a reload.
    pub undone: Vec<Undone>,
    /// Literals that the save has changed at once, and that the build has otherwise.
    pub differing: Vec<Differing>,
}

/// A bundle whose code is still what was rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Undone {
    /// Its package's name.
    pub bundle: String,
    /// The generation that was rolled back.
    pub generation: u64,
    /// The generation that is live instead.
    pub live: u64,
}

/// A constant, function, macro, type or whole file of a bundle that the host may have a copy of its
/// own of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostCopy {
    /// The path of the item: `garden::LIMIT`, `<garden::World as Default>::default`, `garden::check!`.
    /// Of a file that the host's own crate includes too, or that is included as a text, its name.
    pub item: String,
    /// The source file that it is in.
    #[serde(with = "lossy")]
    pub file: PathBuf,
    /// Whether the host certainly has its own; otherwise only if it uses the item, which cannot be
    /// told from the program's file.
    pub certain: bool,
}

impl HostCopy {
    #[cfg(feature = "watch")]
    pub(crate) fn whole(file: PathBuf, certain: bool) -> HostCopy {
        let name = file.file_name().unwrap_or_default();
        HostCopy { item: name.to_string_lossy().into_owned(), file, certain }
    }
}

/// As many names stand in a line.
const NAMED: usize = 3;

impl Saved {
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn new(files: impl IntoIterator<Item = PathBuf>, outcome: Outcome) -> Saved {
        let files = files.into_iter().collect();
        let (host_copies, undone, differing) = Default::default();
        Saved { files, outcome, host_copies, undone, differing }
    }
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
                    more => write!(f, "; and {}", counted(more, "more reason")),
                }
            }
            Outcome::Unchanged if !self.undone.is_empty() => f.write_str(&files()),
            Outcome::Unchanged if self.host_copies.is_empty() => {
                write!(f, "{}: nothing changed", files())
            }
            Outcome::Unchanged => write!(f, "{}: nothing changed in the library", files()),
            Outcome::Host => {
                let verb = if self.files.len() == 1 { "belongs" } else { "belong" };
                write!(f, "{} {verb} to the host: restart it", files())
            }
        }?;
        for (index, Undone { bundle, generation, live }) in self.undone.iter().enumerate() {
            let first = index == 0 && matches!(self.outcome, Outcome::Unchanged);
            let start = if first { ": " } else { "; " };
            write!(
                f,
                "{start}{bundle} stays at generation {live}: its code is that of generation \
                 {generation}, which was rolled back"
            )?;
        }
        self.differing.iter().try_for_each(|differing| write!(f, "; {differing}"))?;
        self.write_copies(f)
    }
}

impl Saved {
    /// The line of a host that prints nothing else: it says where the rest of a refusal is.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn line(&self) -> String {
        match &self.outcome {
            Outcome::Refused { error, .. } if error.reasons().len() > 1 => {
                format!("{self}: `Host::on_event` tells all, and `cargo hotreload run` shows them")
            }
            _ => self.to_string(),
        }
    }

    fn write_copies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certain, possible): (Vec<_>, Vec<_>) =
            self.host_copies.iter().partition(|copy| copy.certain);
        let pronoun = if possible.len() == 1 { "it" } else { "them" };
        match (&*certain, &*possible) {
            ([], []) => return Ok(()),
            (certain, []) => write!(f, "; {} also compiled into the host", are(certain))?,
            ([], possible) => write!(
                f,
                "; {} also compiled into the host, if the host uses {pronoun}",
                are(possible)
            )?,
            (certain, possible) => write!(
                f,
                "; {} also compiled into the host, and {} if the host uses {pronoun}",
                are(certain),
                list(possible)
            )?,
        }
        f.write_str(": restart it for that part")
    }
}

fn are(copies: &[&HostCopy]) -> String {
    let verb = if copies.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", list(copies))
}

/// A few names, and how many more.
fn list(copies: &[&HostCopy]) -> String {
    let (named, others) = copies.split_at(copies.len().min(NAMED));
    let named: Vec<_> = named.iter().map(|copy| format!("`{}`", copy.item)).collect();
    match (&*named, others.len()) {
        ([first @ .., last], 0) if !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        (_, 0) => named.concat(),
        (_, count) => format!("{} and {count} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::said::{Code, Reason};

    fn line(copies: &[(&str, bool)]) -> String {
        let mut saved = Saved::new([PathBuf::from("/garden/src/lib.rs")], Outcome::Unchanged);
        saved.host_copies = copies
            .iter()
            .map(|(item, certain)| HostCopy {
                item: (*item).to_owned(),
                file: saved.files[0].clone(),
                certain: *certain,
            })
            .collect();
        saved.to_string()
    }

    #[test]
    fn a_line_says_where_the_other_reasons_are() {
        let reasons = |count| vec![Reason::new(Code::FileMissing, "no such file"); count];
        let refused = |count| {
            let (bundles, error) = (vec!["garden".to_owned()], Arc::new(Error::of(reasons(count))));
            Saved::new([], Outcome::Refused { bundles, error })
        };
        let first = "garden: not reloaded: HOT0101: no such file";
        let rest = "`Host::on_event` tells all, and `cargo hotreload run` shows them";
        assert_eq!(refused(1).line(), first);
        assert_eq!(refused(2).line(), format!("{first}; and 1 more reason: {rest}"));
        assert_eq!(refused(3).to_string(), format!("{first}; and 2 more reasons"));
    }

    #[test]
    fn files_of_the_host_are_said_in_a_sentence() {
        let line =
            |files: &[&str]| Saved::new(files.iter().map(PathBuf::from), Outcome::Host).to_string();
        assert_eq!(line(&["/game/src/main.rs"]), "main.rs belongs to the host: restart it");
        assert_eq!(line(&["a.rs", "b.rs"]), "a.rs, b.rs belong to the host: restart it");
    }

    #[test]
    fn what_the_host_has_a_copy_of_is_said() {
        assert_eq!(line(&[]), "lib.rs: nothing changed");
        let start = "lib.rs: nothing changed in the library; ";
        for (copies, expected) in [
            (
                &[("g::LIMIT", false)][..],
                "`g::LIMIT` is also compiled into the host, if the host uses it",
            ),
            (&[("g::scale", true)], "`g::scale` is also compiled into the host"),
            (
                &[("g::A", false), ("g::scale", true), ("g::b!", false)],
                "`g::scale` is also compiled into the host, and `g::A` and `g::b!` if the host uses \
                 them",
            ),
            (
                &[("a", true), ("b", true), ("c", true), ("d", true), ("e", true)],
                "`a`, `b`, `c` and 2 more are also compiled into the host",
            ),
        ] {
            assert_eq!(line(copies), format!("{start}{expected}: restart it for that part"));
        }
    }
}
