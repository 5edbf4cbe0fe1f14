//! Save a file, cargo builds, the host reloads, one line says what came of it.

use std::{
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    fs,
    hash::Hasher,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{Code, Error, Host, Reason, Result, host::Inner};

/// Takes one line about each save.
pub(crate) type Printer = Arc<dyn Fn(&str) + Send + Sync>;

/// The thread that waits for saves.
pub(crate) struct Watcher {
    sender: Sender<Message>,
}

enum Message {
    /// Watch this crate from now on.
    Add(Sources),
    Seen(notify::Result<notify::Event>),
}

/// Where a crate's sources are, and what they held at a moment.
pub(crate) struct Sources {
    crate_name: String,
    /// The crate's own folder first, then those of its path dependencies.
    folders: Vec<PathBuf>,
    target_dir: PathBuf,
    contents: Contents,
}

/// A hash of each file's bytes.
type Contents = HashMap<PathBuf, u64>;

impl Watcher {
    /// Starts the thread.
    pub(crate) fn start(host: Host, print: Printer) -> Result<Watcher> {
        let (sender, receiver) = mpsc::channel();
        let events = sender.clone();
        let notify = notify::recommended_watcher(move |event| {
            // The thread ends with the process only.
            let _ = events.send(Message::Seen(event));
        })
        .map_err(failed)?;
        let mut watch =
            Watch { host, print, notify, crates: Vec::new(), contents: Contents::new() };
        std::thread::Builder::new()
            .name("hot-watch".to_owned())
            .spawn(move || watch.run(&receiver))
            .map_err(|error| failed(error.into()))?;
        Ok(Watcher { sender })
    }

    /// Watches a crate; what was saved since its sources were looked at is a save like any other.
    pub(crate) fn add(&self, sources: Sources) {
        // The thread ends with the process only.
        let _ = self.sender.send(Message::Add(sources));
    }
}

impl Sources {
    /// Looks at the sources of a bundle, before it is built: nothing that is saved while cargo runs
    /// shall go unseen.
    pub(crate) fn look(inner: &Inner, name: &str) -> Result<Sources> {
        let (workspace, bundle) = inner.find_crate(name, None)?;
        let folders = workspace.watch_paths(&bundle);
        let folders = folders.into_iter().map(|folder| fs::canonicalize(&folder).unwrap_or(folder));
        let target_dir = workspace.target_dir();
        let mut sources = Sources {
            crate_name: bundle.crate_name.clone(),
            folders: folders.collect(),
            target_dir: fs::canonicalize(target_dir).unwrap_or_else(|_| target_dir.to_owned()),
            contents: Contents::new(),
        };
        let (_, files) = sources.walk();
        let hashed = |file: PathBuf| hash(&file).map(|hash| (file, hash));
        sources.contents = files.into_iter().filter_map(hashed).collect();
        Ok(sources)
    }

    /// The folders and files, without the target folder and without hidden ones.
    fn walk(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut folders, mut files) = (self.folders.clone(), Vec::new());
        let mut next = 0;
        while let Some(folder) = folders.get(next) {
            next += 1;
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    _ if is_passing(&path) || path == self.target_dir => {}
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => files.push(path),
                    _ => {}
                }
            }
        }
        (folders, files)
    }
}

/// The thread's state.
struct Watch {
    host: Host,
    print: Printer,
    notify: RecommendedWatcher,
    crates: Vec<Sources>,
    /// What each file held when it was last looked at: a save without a change does nothing.
    contents: Contents,
}

impl Watch {
    fn run(&mut self, receiver: &Receiver<Message>) {
        while let Ok(first) = receiver.recv() {
            // No fixed delay: what is queued is one save; what comes during the build is the next.
            let mut changed = BTreeSet::new();
            for message in
                std::iter::once(first).chain(std::iter::from_fn(|| receiver.try_recv().ok()))
            {
                match message {
                    Message::Add(sources) => changed.extend(self.add(sources)),
                    Message::Seen(Ok(event)) => changed.extend(event.paths),
                    Message::Seen(Err(error)) => (self.print)(&failed(error).to_string()),
                }
            }
            changed.retain(|path| self.is_edit(path));
            if !changed.is_empty() {
                self.reload(&changed);
            }
        }
    }

    /// Gives the files to look at: one may have been saved before it was watched.
    fn add(&mut self, sources: Sources) -> Vec<PathBuf> {
        if self.crates.iter().any(|known| known.crate_name == sources.crate_name) {
            return Vec::new();
        }
        for folder in sources.walk().0 {
            if let Err(error) = self.notify.watch(&folder, RecursiveMode::NonRecursive) {
                (self.print)(&failed(error).to_string());
            }
        }
        // Only now: a file made since the folders were listed would else be missed.
        let files = sources.walk().1;
        self.contents.extend(sources.contents.iter().map(|(file, hash)| (file.clone(), *hash)));
        self.crates.push(sources);
        files
    }

    /// Whether the file holds something else than when it was last looked at.
    fn is_edit(&mut self, path: &Path) -> bool {
        if is_passing(path) || path.is_dir() {
            return false;
        }
        match hash(path) {
            Some(EMPTY) => false,
            Some(hash) => self.contents.insert(path.to_owned(), hash) != Some(hash),
            None => self.contents.remove(path).is_some(),
        }
    }

    fn reload(&self, changed: &BTreeSet<PathBuf>) {
        for sources in &self.crates {
            let name = &sources.crate_name;
            let concerns =
                |path: &PathBuf| sources.folders.iter().any(|folder| path.starts_with(folder));
            if !changed.iter().any(concerns) {
                continue;
            }
            let Some(bundle) = self.host.bundle(name) else { continue };
            // What was saved, not where the live generation came from: that may be elsewhere.
            match bundle.rebuild_in(&sources.folders[0]) {
                Ok(report) => (self.print)(&report.to_string()),
                Err(error) => {
                    let generation = bundle.generation().unwrap_or_default();
                    let what = &error.reasons()[0].message;
                    let code = error.code().id();
                    (self.print)(&format!(
                        "{name}: not reloaded: {code}: {what}; generation {generation} still runs"
                    ));
                }
            }
        }
    }
}

/// Editors truncate before they write: the write comes as an event of its own.
const EMPTY: u64 = 0;

/// A hash of the file's bytes; none if it cannot be read.
fn hash(path: &Path) -> Option<u64> {
    let bytes = fs::read(path).ok()?;
    if bytes.is_empty() {
        return Some(EMPTY);
    }
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    Some(hasher.finish().max(EMPTY + 1))
}

/// Editors' own files: hidden ones, backups.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(['.', '#'])
        || name.ends_with(['~'])
        || name.ends_with(".swp")
        || name == "4913"
}

fn failed(error: notify::Error) -> Error {
    Error::from(Reason::new(Code::WatchFailed, "the sources cannot be watched")).caused_by(error)
}
