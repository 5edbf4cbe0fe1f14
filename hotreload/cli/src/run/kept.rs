//! What was live, and with what the program was started: kept after its end, so that it can be started
//! with the generation before without a build, which would build the edit that has ended it.
//!
//! The libraries are the copies that the ended host has mapped. Its folder is kept from the moment at which
//! the host is known: after its end somebody might remove the folder before anybody here knows of that.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs::{self, File},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use hot_host::{
    Report,
    command::{self, KEPT, protocol::HostStatus},
};

/// As many generations of a bundle are kept.
const MOST: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was live of each package, the latest last.
    live: BTreeMap<String, Vec<Generation>>,
    /// Which of all processes runs, or ran last.
    process: usize,
    /// The folders of hosts that have ended, with what keeps them.
    folders: Vec<(PathBuf, File)>,
    /// That of the host that runs.
    folder: Option<(PathBuf, File)>,
    start: Option<Start>,
}

#[derive(Debug)]
struct Generation {
    process: usize,
    number: u64,
    copy: PathBuf,
}

/// How the system started the program.
#[derive(Debug)]
struct Start {
    executable: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

/// What to start, and what is said of it.
pub(super) struct Again {
    pub(super) command: Command,
    pub(super) said: String,
}

impl Kept {
    /// Takes in what a process has, as its host is reached.
    pub(super) fn connected(&mut self, number: usize, host: &HostStatus) {
        self.process = number;
        // A host that names none has none, and not the folder that the command works in.
        let folder = Some(&host.status.shadow_dir).filter(|it| !it.as_os_str().is_empty());
        self.folder = folder.and_then(|it| Some((it.clone(), command::want(it).ok()?)));
        // Where the system tells. Not that of a file which a build has replaced since.
        self.start = Start::of(host.pid).or(self.start.take());
        for bundle in &host.status.bundles {
            self.push(&bundle.name, bundle.generation, &bundle.copy);
        }
    }

    /// Takes in what became live.
    pub(super) fn live(&mut self, report: &Report) {
        let process = self.process;
        if let Some(way) = report.rolled_back
            && let Some(live) = self.live.get_mut(&report.bundle)
        {
            let is_it = |it: &Generation| it.process == process && it.number == way.to;
            if let Some(at) = live.iter().rposition(is_it) {
                live.truncate(at + 1);
                return;
            }
        }
        self.push(&report.bundle, report.generation, &report.copy);
    }

    /// Whether the host that runs may have a way back to this generation.
    pub(super) fn is_earlier(&self, bundle: &str, number: u64) -> bool {
        let live = self.live.get(bundle).and_then(|live| live.split_last());
        live.is_some_and(|(_, earlier)| {
            earlier.iter().any(|it| it.process == self.process && it.number == number)
        })
    }

    fn push(&mut self, bundle: &str, number: u64, copy: &Path) {
        let live = self.live.entry(bundle.to_owned()).or_default();
        // The same again, as after a restart, is nothing to go back to.
        if live.last().is_some_and(|last| is_same(&last.copy, copy)) {
            live.pop();
        }
        live.push(Generation { process: self.process, number, copy: copy.to_owned() });
        live.drain(..live.len().saturating_sub(MOST));
    }

    /// The program has ended: its libraries are kept.
    pub(super) fn ended(&mut self) {
        self.folders.extend(self.folder.take());
        let Kept { live, folders, .. } = self;
        let copies: Vec<_> = live.values().flatten().map(|it| &it.copy).collect();
        folders.retain(|(folder, _)| copies.iter().any(|copy| copy.starts_with(folder)));
    }

    /// The program with the generation before of these packages, or of all if none is named, and of the
    /// others with the one that was live.
    ///
    /// # Errors
    /// What there is not.
    pub(super) fn back(&mut self, packages: &[String]) -> Result<Again, String> {
        let Some(start) = &self.start else {
            return Err("the program has not run yet, or the system does not tell how".to_owned());
        };
        let of = |package: &String| packages.is_empty() || packages.contains(package);
        let mut libraries = Vec::new();
        for (package, live) in &self.live {
            let back = usize::from(of(package));
            let Some(generation) = live.iter().rev().nth(back) else {
                return Err(format!("nothing was live of {package} before that"));
            };
            libraries.push(&*generation.copy);
        }
        if libraries.is_empty() {
            return Err("no bundle was live".to_owned());
        }
        if let Some(gone) = libraries.iter().chain([&&*start.executable]).find(|it| !it.is_file()) {
            return Err(format!("{} is gone", gone.display()));
        }
        let mut command = Command::new(&start.executable);
        command.env_clear().envs(start.variables.iter().map(|(name, value)| (name, value)));
        let mut said = Vec::new();
        for (package, live) in &mut self.live {
            if of(package) {
                live.pop();
            }
            let Some(Generation { number, copy, .. }) = live.last() else { continue };
            command.env(format!("{KEPT}{}", package.replace('-', "_")), copy);
            if of(package) {
                said.push(format!("generation {number} of {package}"));
            }
        }
        let said = format!("the program starts with {}; nothing is built\n", said.join(" and "));
        Ok(Again { command, said })
    }
}

impl Start {
    /// Known on Linux.
    fn of(process: u32) -> Option<Start> {
        let process = Path::new("/proc").join(process.to_string());
        let executable = fs::read_link(process.join("exe")).ok().filter(|it| it.is_file())?;
        let variables = fs::read(process.join("environ")).ok()?;
        let variables = variables.split(|byte| *byte == 0).filter_map(|variable| {
            let at = variable.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (OsStr::from_bytes(&variable[..at]), &variable[at + 1..]);
            let is_kept = name.as_bytes().starts_with(KEPT.as_bytes());
            (!is_kept).then(|| (name.to_owned(), OsStr::from_bytes(value).to_owned()))
        });
        Some(Start { executable, variables: variables.collect() })
    }
}

/// Whether both are copies of one library: a host writes a word of its own into each.
fn is_same(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::read(one), fs::read(other)) else { return false };
    one.len() == other.len()
        && one.iter().zip(&other).filter(|(one, other)| one != other).count() <= size_of::<usize>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_live_before_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let copy = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("{text:>100}")).unwrap();
            path
        };
        let report = |generation: u64, copy: &Path, to: Option<u64>| -> Report {
            let way = to.map(|to| json!({"from": generation - 1, "to": to}));
            let report = json!({"bundle": "my-rules", "generation": generation, "rolled_back": way, "copy": copy});
            serde_json::from_value(report).unwrap()
        };
        let mut kept = Kept::default();
        let mine = ["my-rules".to_owned()];
        assert!(kept.back(&mine).is_err(), "nothing has run");
        let host = json!({"pid": std::process::id(), "status": {"shadow_dir": folder.path()}});
        let host: HostStatus = serde_json::from_value(host).unwrap();
        kept.connected(1, &host);
        let first = copy("1", "the first generation, as it was built");
        kept.live(&report(1, &first, None));
        assert!(kept.back(&mine).is_err_and(|why| why.contains("my-rules before that")));
        let second = copy("2", "the second one, which is another");
        kept.live(&report(2, &second, None));
        kept.live(&report(3, &copy("3", "and the third, longest of them all"), None));
        // Generation 2 again; the fourth has it.
        kept.live(&report(4, &second, Some(2)));
        kept.ended();

        let library = |again: &Again| {
            let mut variables = again.command.get_envs();
            let found = variables.find(|(name, _)| *name == "HOTRELOAD_LIBRARY_my_rules");
            PathBuf::from(found.unwrap().1.unwrap())
        };
        // Another process with the same code as was live.
        kept.connected(2, &host);
        kept.live(&report(1, &copy("4", "the second one, which is anothe."), None));
        let again = kept.back(&mine).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(library(&again), first);
        assert!(again.said.contains("generation 1 of my-rules"), "{}", again.said);
        assert!(kept.back(&mine).is_err());
    }
}
