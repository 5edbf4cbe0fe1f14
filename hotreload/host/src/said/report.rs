//! What a load, reload or rollback did.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::said::json::{lossy, milliseconds};
use crate::said::{BuiltBy, Changes, FailedHook, counted};

/// As many names stand in a line.
const NAMED: usize = 3;

/// How long the phases of a load took.
///
/// ```
/// let phases = hot::Phases::default();
/// assert!((phases.check + phases.load + phases.publish).is_zero());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Phases {
    /// From the save until the build began; zero if nobody saved.
    #[serde(rename = "watch_ms", with = "milliseconds")]
    pub watch: Duration,
    /// Building; zero if nothing was built.
    #[serde(rename = "build_ms", with = "milliseconds")]
    pub build: Duration,
    /// Copying the file and checking the copy.
    #[serde(rename = "check_ms", with = "milliseconds")]
    pub check: Duration,
    /// Mapping the library and running its init.
    #[serde(rename = "load_ms", with = "milliseconds")]
    pub load: Duration,
    /// Publishing: from the first slot to the last.
    #[serde(rename = "publish_ms", with = "milliseconds")]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// What differs from the generation before; `None` if that cannot be told: at the first load, or
    /// of a library without symbols.
    pub changes: Option<Changes>,
    /// Mutable statics and thread-locals of the bundle that are not exported: those of the new
    /// generation begin with their first value.
    pub restarted: Vec<String>,
    /// Whether the types of the bundle are others to the maps of types in the shared library, since a
    /// definition has changed: what these hold of the types of the generation before is not found any more.
    pub retyped: bool,
    /// What is opaque, so that its fields are not tracked: types in signatures, and fields of the types
    /// behind them (`Held.error`). Their spelling, size and alignment are compared, and in memory the
    /// compiler's identity of the type, which tells no change within it.
    pub untracked: Vec<String>,
    /// Vars whose first value was edited: they keep the value that they have.
    pub not_applied: Vec<String>,
    /// The values that became those of the new version of their type; `None` if nothing did.
    pub migration: Option<Migration>,
    /// Vars whose value was given up, since the new code lays it out differently: they are marked
    /// `#[hot(reset)]`.
    pub reset: Vec<String>,
    /// Definitions that a caller which has not called them yet does not fit any more: the host, or
    /// another bundle, was compiled with another form of them. Its first call panics with HOT0507 and
    /// says why, `hot::try_get!` gives that as its error, and a version that fits opens
    /// them again.
    pub closed: Vec<String>,
    /// Functions of the bundle that run at a load or an unload, and have failed: those of the generation
    /// that went, then those of the one that came.
    pub failed_hooks: Vec<FailedHook>,
    /// Threads that other generations of the bundle have started, and that are still there: those of a
    /// pool, for example, which is another one in each generation. They are counted as in
    /// [`Status::started`](crate::Status::started), when what runs after the load has run.
    pub threads_left: usize,
    /// Threads that this generation has started by then, if there was one before.
    pub threads_started: usize,
    /// Whether such threads are left for the first time: only then the line says so.
    pub first_to_leave_threads: bool,
    /// The host's copy of the library, which is mapped: debuggers and backtraces show its name.
    #[serde(with = "lossy")]
    pub copy: PathBuf,
    /// Why the host went back by itself; see [`rollback_after`](crate::HostBuilder::rollback_after).
    pub why: Option<String>,
    /// Of a rollback, from where to where it went.
    pub rolled_back: Option<RolledBack>,
    /// Who has built the library; `None` if it was not built for this load.
    pub built_by: Option<BuiltBy>,
    /// How long it took.
    pub phases: Phases,
}

/// The way of a rollback, by the numbers of generations.
///
/// ```no_run
/// let host = hot::Host::start()?;
/// let rules = host.load_crate("rules")?;
/// rules.reload()?;
/// let report = rules.rollback()?;
/// let way = report.rolled_back.expect("it was one");
/// assert_eq!((way.from, way.to, report.generation), (2, 1, 3));
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RolledBack {
    /// The generation that was live before.
    pub from: u64,
    /// The generation whose code is live again, by the number that it was loaded as.
    pub to: u64,
}

/// Values that became those of the new version of their type, of all bundles of the transaction.
///
/// ```
/// assert!(hot::Report::default().migration.is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Migration {
    /// The states whose values have moved.
    pub states: Vec<String>,
    /// The types of values behind `hot::Live` that have moved, with their count: `game::World (3 values)`.
    pub live: Vec<String>,
    /// How many structs and enums became those of a new type.
    pub values: usize,
    /// How many values were made for what is new, by defaults and conversions.
    pub made: usize,
    /// How many values are put aside, since the new version has nothing to hold them. They come back with
    /// a version that has it again.
    pub parked: usize,
    /// How many of those that were put aside came back.
    pub came_back: usize,
    /// Where something is put aside and did not come back, since it may belong to another value now.
    pub forgotten: Vec<String>,
    /// What a rollback could not bring back, so that it would be refused.
    pub one_way: Vec<String>,
    /// Where dropping what was put aside before has panicked; the rest of it is leaked.
    pub leaked: Vec<String>,
    /// How long it took; nobody was inside hot code meanwhile.
    #[serde(rename = "took_ms", with = "milliseconds")]
    pub took: Duration,
}

impl Migration {
    /// Whether any value has moved.
    pub(crate) fn is_of_any(&self) -> bool {
        !self.states.is_empty() || !self.live.is_empty()
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self.live.iter().map(|of| format!("live {of}"));
        let moved: Vec<_> = self.states.iter().cloned().chain(live).collect();
        write!(f, "{} moved", moved.join(", "))?;
        let counts = [
            (self.values, counted(self.values, "value")),
            (self.made, format!("{} made", self.made)),
            (self.parked, format!("{} put aside", self.parked)),
            (self.came_back, format!("{} came back", self.came_back)),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(_, text)| text).collect();
        let counts = if counts.is_empty() { String::new() } else { counts.join(", ") + " " };
        write!(f, " ({counts}in {:.1} ms)", self.took.as_secs_f64() * 1e3)?;
        let lists = [
            (&self.forgotten, "not taken back"),
            (&self.one_way, "cannot go back"),
            (&self.leaked, "leaked"),
        ];
        for (places, what) in lists.into_iter().filter(|(places, _)| !places.is_empty()) {
            write!(f, "; {what}: {}", places.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: generation {} is live", self.bundle, self.generation)?;
        let mut what = self.what_changed();
        if let Some(RolledBack { from, to }) = self.rolled_back {
            what.insert(0, format!("rolled back from generation {from} to {to}"));
        }
        if !what.is_empty() {
            write!(f, ": {}", what.join("; "))?;
        }
        let Phases { build, check, load, publish, .. } = self.phases;
        let load = (check + load + publish).as_secs_f64() * 1e3;
        match build.as_millis() {
            0 => write!(f, " (loaded in {load:.1} ms)")?,
            build => {
                let by = match &self.built_by {
                    Some(BuiltBy::Rustc) => " by rustc alone".to_owned(),
                    Some(BuiltBy::Cargo { why: Some(why) }) => format!(" by cargo, since {why}"),
                    _ => String::new(),
                };
                write!(f, " (built in {build} ms{by}, live {load:.1} ms later)")?;
            }
        }
        let nothing = Vec::new();
        let groups = [
            (&self.restarted, "restarted"),
            // Said once: it is as true of every edit.
            (if self.generation == 1 { &self.untracked } else { &nothing }, "fields not tracked"),
            (&self.not_applied, "first values not applied"),
            (&self.reset, "values given up"),
            (&self.closed, "closed for callers that do not fit"),
        ];
        for (names, what) in groups.into_iter().filter(|(names, _)| !names.is_empty()) {
            write!(f, "; {what}: {}", self.list(names))?;
        }
        if let Some(migration) = &self.migration {
            write!(f, "; {migration}")?;
        }
        if self.retyped {
            f.write_str("; what maps of types hold of its earlier types is not found any more")?;
        }
        for failed in &self.failed_hooks {
            write!(f, "; {failed}")?;
        }
        if self.first_to_leave_threads {
            match self.threads_left {
                1 => f.write_str("; a thread of an earlier generation is left")?,
                count => write!(f, "; {count} threads of earlier generations are left")?,
            }
            match self.threads_started {
                0 => {}
                1 => f.write_str(", and this one has started another")?,
                count => write!(f, ", and this one has started {count} more")?,
            }
            f.write_str(": `#[hot::on_unload]` can end them")?;
        }
        if let Some(why) = &self.why {
            write!(f, "; the host went back by itself, because {why}")?;
        }
        Ok(())
    }
}

impl Report {
    /// One clause for each kind of change.
    fn what_changed(&self) -> Vec<String> {
        let mut clauses = Vec::new();
        // What a rollback changes is what is undone.
        let [changed, added, removed, replaced] = match self.rolled_back {
            None => ["changed", "added", "removed", "replaced"],
            Some(_) => ["changed back", "back", "gone again", "as before"],
        };
        let mut say = |names: &[String], verb: &str| {
            if !names.is_empty() {
                clauses.push(format!("{} {verb}", self.list(names)));
            }
        };
        match &self.changes {
            Some(changes) => say(&changes.edited, changed),
            None => say(&self.replaced, replaced),
        }
        say(&self.added, added);
        say(&self.removed, removed);
        let Some(changes) = &self.changes else { return clauses };
        let (named, others) = changes.helpers.split_at(changes.helpers.len().min(NAMED));
        let helpers = named.iter().map(|helper| {
            let name = self.short(&helper.name);
            match &*helper.of {
                [] => format!("{name} {changed}"),
                of => format!("{name} {changed} (helper of {})", self.list(of)),
            }
        });
        let after_edited = usize::from(!changes.edited.is_empty());
        let count = others.len();
        let others = (count > 0).then(|| format!("{} {changed}", counted(count, "more helper")));
        clauses.splice(after_edited..after_edited, helpers.chain(others));
        if clauses.is_empty() && changes.exact {
            clauses.push("no definition changed".to_owned());
        }
        if !changes.exact {
            if changes.edited.is_empty() {
                clauses.insert(0, "no exported function was edited".to_owned());
            }
            // rustc alone makes other machine code than cargo has it make, which is not compared.
            let why = match &self.built_by {
                None | Some(BuiltBy::Cargo { why: None }) => "without an rlib",
                Some(_) => "this time",
            };
            clauses.push(format!("{why} nothing tells which private functions changed"));
        }
        clauses
    }

    /// A few names, and how many more.
    fn list(&self, names: &[String]) -> String {
        let (named, others) = names.split_at(names.len().min(NAMED));
        let named: Vec<_> = named.iter().map(|name| self.short(name)).collect();
        match others.len() {
            0 => named.join(", "),
            count => format!("{} and {count} more", named.join(", ")),
        }
    }

    /// A path without the bundle's own crate, which the line begins with.
    fn short(&self, path: &str) -> String {
        let own = format!("{}::", self.bundle.replace('-', "_"));
        match path.strip_prefix('<') {
            Some(rest) => format!("<{}", rest.strip_prefix(&own).unwrap_or(rest)),
            None => path.strip_prefix(&own).unwrap_or(path).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::said::Helper;

    fn line(changes: Option<Changes>) -> String {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let report = Report {
            bundle: "my-math".to_owned(),
            generation: 4,
            added: names(&["my_math::mul"]),
            removed: names(&["my_math::div", "other::sub"]),
            replaced: names(&[
                "my_math::a",
                "my_math::b",
                "my_math::c",
                "my_math::d",
                "my_math::e",
            ]),
            changes,
            restarted: names(&["my_math::CACHE"]),
            retyped: false,
            untracked: Vec::new(),
            not_applied: Vec::new(),
            migration: None,
            reset: Vec::new(),
            closed: Vec::new(),
            failed_hooks: Vec::new(),
            threads_left: 0,
            threads_started: 0,
            first_to_leave_threads: false,
            copy: PathBuf::new(),
            why: None,
            rolled_back: None,
            built_by: None,
            phases: Phases {
                build: Duration::from_millis(212),
                load: Duration::from_micros(3100),
                ..Phases::default()
            },
        };
        report.to_string()
    }

    #[test]
    fn one_line_says_it() {
        let helper = |name: &str| {
            let of = vec!["my_math::add".to_owned(), "my_math::sub".to_owned()];
            Helper::new(name.to_owned(), of)
        };
        let helpers =
            vec![helper("my_math::clamp"), helper("<my_math::T as Drop>::drop"), helper("dep::f")];
        let mut changes = Changes { edited: vec!["my_math::add".to_owned()], helpers, exact: true };
        let end = "mul added; div, other::sub removed (built in 212 ms, live 3.1 ms later); \
                   restarted: CACHE";
        assert_eq!(
            line(Some(changes.clone())),
            format!(
                "my-math: generation 4 is live: add changed; clamp changed (helper of add, sub); \
                 <T as Drop>::drop changed (helper of add, sub); dep::f changed (helper of add, \
                 sub); {end}"
            )
        );
        changes.helpers.extend([helper("x"), helper("y")]);
        changes.helpers[0].of.clear();
        let mut helpers = changes.helpers.clone();
        let long = line(Some(changes.clone()));
        assert!(long.contains("; clamp changed; "), "{long}");
        assert!(long.contains("; 2 more helpers changed; mul added"), "{long}");
        helpers.pop();
        let long = line(Some(Changes { helpers, ..changes }));
        assert!(long.contains("; 1 more helper changed; mul added"), "{long}");
        let why = Some("generation 3 panicked once within 1s".to_owned());
        let back = Report { why, ..Report::default() }.to_string();
        let end = "; the host went back by itself, because generation 3 panicked once within 1s";
        assert!(back.ends_with(end), "{back}");
        let first = line(None);
        assert!(first.contains("live: a, b, c and 2 more replaced; mul added"), "{first}");
        let text = line(Some(Changes::default()));
        assert!(text.contains(
            "live: no exported function was edited; mul added; div, other::sub removed; without an rlib \
             nothing tells which private functions changed ("
        ), "{text}");
    }
}
