//! What is loaded at the moment, for people and programs.

use std::{fmt, path::PathBuf};

use hot_rt::rt::Kind;
use serde::{Deserialize, Serialize};

use crate::said::{
    BuiltBy, bytes, columns, counted,
    json::{kind, known, lossy},
    people::about,
    section,
};

/// A snapshot of the host.
///
/// ```
/// #[hot::export]
/// fn tick() {}
///
/// # fn main() -> Result<(), hot::Error> {
/// let status = hot::Host::start()?.status()?;
/// assert!(status.bundles.is_empty());
/// let tick = status.definitions.iter().find(|it| it.path.ends_with("::tick")).unwrap();
/// assert_eq!((tick.kind, tick.generation), (hot::Kind::Function, Some(0)));
/// assert_eq!(tick.signature.as_deref(), Some("fn()"));
/// assert!(status.threads.is_empty(), "nobody is inside older code");
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Status {
    /// The loaded bundles, by name.
    pub bundles: Vec<BundleStatus>,
    /// Every definition, by path.
    #[serde(deserialize_with = "known")]
    pub definitions: Vec<DefinitionStatus>,
    /// The values of every `hot::State` that has one, by path.
    pub states: Vec<StateStatus>,
    /// Threads that are inside hot code which they entered before the last commit.
    pub threads: Vec<ThreadStatus>,
    /// Futures that run code of earlier generations, and go on with it until they end.
    pub futures: Vec<SuspendedFutures>,
    /// Threads that bundles have started and that are still there, by the image that has their first
    /// function: whoever calls `spawn` in a bundle gives it one of that bundle's generation. A thread that
    /// runs at that moment, and does not wait in the system, is not found. Known on Linux, x86-64 and glibc
    /// only.
    pub started: Vec<StartedThreads>,
    /// Sites that are closed, by path: their first call is an error.
    pub closed: Vec<ClosedStatus>,
    /// Mapped images that no definition leads to any more.
    pub retired: usize,
    /// Images whose init was refused after it had run: they stay mapped and are never called.
    pub abandoned: usize,
    /// Bytes in the folder that libraries are loaded from.
    pub shadow_bytes: u64,
    /// That folder.
    #[serde(with = "lossy")]
    pub shadow_dir: PathBuf,
    /// Bytes in the folders `hotreload` beside cargo's in which rustc alone has built bundles: the
    /// libraries, and what rustc keeps for the next call. `cargo hotreload clean` removes them.
    pub rustc_bytes: u64,
}

/// A loaded bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BundleStatus {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The live generation.
    pub generation: u64,
    /// The generation that its code was first loaded as; another one after a rollback.
    pub loaded_as: u64,
    /// The file that it was loaded from.
    #[serde(with = "lossy")]
    pub library: PathBuf,
    /// The host's copy of that file, which is mapped.
    #[serde(with = "lossy")]
    pub copy: PathBuf,
    /// How often `rollback` can go back.
    pub earlier: usize,
    /// Who has built the library, if the host has asked for it.
    pub built_by: Option<BuiltBy>,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DefinitionStatus {
    /// The full name.
    pub path: String,
    /// What it is.
    #[serde(with = "kind")]
    pub kind: Kind,
    /// The signature or type, if it is defined; of a struct or enum its size.
    pub signature: Option<String>,
    /// The generation that defines it; 0 is the baseline.
    pub generation: Option<u64>,
}

/// A living state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StateStatus {
    /// The static's full name.
    pub path: String,
    /// What it holds, with full paths.
    pub type_name: String,
    /// The size of that, in bytes.
    pub size: usize,
    /// A number, in hexadecimal digits, for everything that it is made of: another version of the type, or
    /// of a type in it, has another one.
    pub layout: String,
    /// The generation of the bundle that has made the value; 0 is the baseline.
    pub made_by: u64,
    /// How often it became a value of another version of its type.
    pub moves: usize,
    /// How many values such moves have put aside, which come back with a version that has them again.
    pub put_aside: usize,
}

/// An attribute, or a function with one, that can be taken out of the source, since no value needs it to
/// move: none that is alive,
/// and none that a rollback or an unload would lead back to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Untidy {
    /// The type, variant, field or function: `game::World.heat`.
    pub path: String,
    /// As it is written, but for the expression: `#[hot(default = ..)]`.
    pub attribute: String,
}

impl fmt::Display for Untidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.attribute)
    }
}

/// A definition that some caller does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClosedStatus {
    /// The definition's full name.
    pub path: String,
    /// Who does not fit it, and why.
    pub why: String,
}

/// A thread inside older code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThreadStatus {
    /// The operating system's number; 0 if unknown.
    pub id: u64,
    /// The thread's name, where the system tells.
    pub name: Option<String>,
    /// How many commits there have been since it entered.
    pub commits_behind: u64,
}

/// Futures that a generation of a bundle has begun, and that have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SuspendedFutures {
    /// The bundle's package name.
    pub bundle: String,
    /// The generation that its code was first loaded as.
    pub generation: u64,
    /// How many of them are alive.
    pub futures: u64,
}

/// Threads that a generation of a bundle has started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StartedThreads {
    /// The bundle's package name.
    pub bundle: String,
    /// The generation that has started them.
    pub generation: u64,
    /// How many of them are still there.
    pub threads: usize,
}

/// In sections, each with a heading; what there is nothing of is left out.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections = [
            section("bundles", &rows(&self.bundles, BundleStatus::row)),
            section("definitions", &rows(&self.definitions, DefinitionStatus::row)),
            section("values of states", &rows(&self.states, StateStatus::row)),
            section("closed to those who call them", &rows(&self.closed, ClosedStatus::row)),
            section("threads in older code", &rows(&self.threads, ThreadStatus::row)),
            section("futures in older code", &rows(&self.futures, SuspendedFutures::row)),
            section("threads that bundles have started", &rows(&self.started, StartedThreads::row)),
            section("left by earlier generations", &self.left()),
        ];
        let sections: Vec<_> = sections.into_iter().flatten().collect();
        match sections.join("\n").trim_end() {
            "" => f.write_str("nothing is loaded"),
            text => f.write_str(text),
        }
    }
}

fn rows<T, const N: usize>(all: &[T], row: impl Fn(&T) -> [String; N]) -> String {
    columns(&all.iter().map(row).collect::<Vec<_>>())
}

impl Status {
    fn left(&self) -> String {
        let Status { retired, abandoned, shadow_bytes, shadow_dir, rustc_bytes, .. } = self;
        let copies = if *shadow_bytes == 0 { String::new() } else { about(*shadow_bytes) };
        let facts = [
            (*retired > 0, [counted(*retired, "image"), "unused, and mapped still".to_owned()]),
            (
                *abandoned > 0,
                [counted(*abandoned, "image"), "refused after its init had run".to_owned()],
            ),
            (*shadow_bytes > 0, [copies, format!("of copies in {}", shadow_dir.display())]),
            (
                *rustc_bytes > 0,
                [about(*rustc_bytes), "of what rustc alone has built, and keeps".to_owned()],
            ),
        ];
        let facts = facts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, row)| row);
        columns(&facts.collect::<Vec<_>>())
    }
}

impl BundleStatus {
    fn row(&self) -> [String; 4] {
        let BundleStatus { name, version, generation, loaded_as, library, earlier, .. } = self;
        let by = match &self.built_by {
            Some(BuiltBy::Rustc) => ", built by rustc alone".to_owned(),
            Some(BuiltBy::Cargo { why: Some(why) }) => format!(", built by cargo, since {why}"),
            _ => String::new(),
        };
        let back = if generation == loaded_as {
            String::new()
        } else {
            format!(", loaded as {loaded_as}")
        };
        [
            format!("{name} {version}"),
            format!("generation {generation}{back}"),
            if *earlier == 0 { String::new() } else { format!("{earlier} to go back to") },
            format!("{}{by}", library.display()),
        ]
    }
}

impl DefinitionStatus {
    fn row(&self) -> [String; 3] {
        let by = match self.generation {
            None => "undefined".to_owned(),
            Some(0) => "baseline".to_owned(),
            Some(number) => format!("generation {number}"),
        };
        [self.path.clone(), by, self.signature.clone().unwrap_or_default()]
    }
}

impl StateStatus {
    fn row(&self) -> [String; 3] {
        let StateStatus { path, type_name, size, made_by, moves, put_aside, .. } = self;
        let made_by = match made_by {
            0 => "made by the baseline".to_owned(),
            number => format!("made by generation {number}"),
        };
        let moved = match moves {
            0 => String::new(),
            1 => ", moved once".to_owned(),
            count => format!(", moved {count} times"),
        };
        let aside = match put_aside {
            0 => String::new(),
            count => format!(", {} put aside", counted(*count, "value")),
        };
        let what = format!("{type_name}, {}", bytes(*size as u64));
        [path.clone(), what, format!("{made_by}{moved}{aside}")]
    }
}

impl ClosedStatus {
    fn row(&self) -> [String; 2] {
        [self.path.clone(), self.why.clone()]
    }
}

impl ThreadStatus {
    fn row(&self) -> [String; 2] {
        let ThreadStatus { id, name, commits_behind } = self;
        let name = name.as_deref().unwrap_or("unnamed");
        let id = if *id == 0 { String::new() } else { format!(" ({id})") };
        [format!("{name}{id}"), format!("{} behind", counted(*commits_behind, "commit"))]
    }
}

impl SuspendedFutures {
    fn row(&self) -> [String; 2] {
        let SuspendedFutures { bundle, generation, futures } = self;
        let futures = counted(usize::try_from(*futures).unwrap_or(usize::MAX), "future");
        [bundle.clone(), format!("{futures} of generation {generation}")]
    }
}

impl StartedThreads {
    fn row(&self) -> [String; 2] {
        let StartedThreads { bundle, generation, threads } = self;
        [bundle.clone(), format!("{} of generation {generation}", counted(*threads, "thread"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_nothing_of_is_not_said() {
        let mut status = Status::default();
        assert_eq!(status.to_string(), "nothing is loaded");
        status.bundles.push(BundleStatus {
            name: "garden".to_owned(),
            version: "0.1.0".to_owned(),
            generation: 2,
            loaded_as: 2,
            library: "libgarden.so".into(),
            copy: "copies/libgarden-1.so".into(),
            earlier: 0,
            built_by: None,
        });
        status.threads.push(ThreadStatus { id: 7, name: None, commits_behind: 1 });
        let (bundle, generation) = ("garden".to_owned(), 1);
        status.futures.push(SuspendedFutures { bundle, generation, futures: 3 });
        status.retired = 1;
        status.shadow_bytes = 12_345_678;
        status.shadow_dir = "copies".into();
        status.rustc_bytes = 40_000_000;
        assert_eq!(
            status.to_string(),
            "bundles\n  garden 0.1.0  generation 2  libgarden.so\n\n\
             threads in older code\n  unnamed (7)  1 commit behind\n\n\
             futures in older code\n  garden  3 futures of generation 1\n\n\
             left by earlier generations\n  1 image  unused, and mapped still\n  \
             12.3 MB  of copies in copies\n  40.0 MB  of what rustc alone has built, and keeps"
        );
    }
}
