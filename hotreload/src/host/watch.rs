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
    /// Watch this crate from now on, whose sources lie in these folders.
    Add(String, Sources),
    Seen(notify::Result<notify::Event>),
}

/// Where a crate's sources are.
struct Sources {
    /// The crate's own folder first, then those of its path dependencies.
    folders: Vec<PathBuf>,
    target_dir: PathBuf,
}

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
        let mut watch = Watch { host, print, notify, crates: Vec::new(), contents: HashMap::new() };
        std::thread::Builder::new()
            .name("hot-watch".to_owned())
            .spawn(move || watch.run(&receiver))
            .map_err(|error| failed(error.into()))?;
        Ok(Watcher { sender })
    }

    /// Watches the sources of a bundle that was built by name.
    pub(crate) fn add(&self, name: &str) -> Result<()> {
        let inner = Inner::get().expect("only a host adds");
        let (workspace, bundle) = inner.find_crate(name, None)?;
        let folders = workspace.watch_paths(&bundle);
        let folders = folders.into_iter().map(|folder| fs::canonicalize(&folder).unwrap_or(folder));
        let target_dir = workspace.target_dir();
        let sources = Sources {
            folders: folders.collect(),
            target_dir: fs::canonicalize(target_dir).unwrap_or_else(|_| target_dir.to_owned()),
        };
        let _ = self.sender.send(Message::Add(bundle.crate_name.clone(), sources));
        Ok(())
    }
}

/// The thread's state.
struct Watch {
    host: Host,
    print: Printer,
    notify: RecommendedWatcher,
    crates: Vec<(String, Sources)>,
    /// What each file held when it was last looked at: a save without a change does nothing.
    contents: HashMap<PathBuf, u64>,
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
                    Message::Add(name, sources) => self.add(name, sources),
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

    fn add(&mut self, name: String, sources: Sources) {
        if self.crates.iter().any(|(known, _)| *known == name) {
            return;
        }
        for folder in &sources.folders {
            self.watch_folder(folder, &sources.target_dir);
        }
        self.crates.push((name, sources));
    }

    /// Watches a folder and those in it, but neither the target folder nor hidden ones.
    fn watch_folder(&mut self, folder: &Path, target_dir: &Path) {
        if let Err(error) = self.notify.watch(folder, RecursiveMode::NonRecursive) {
            (self.print)(&failed(error).to_string());
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && path != target_dir && !is_passing(&path) => {
                    self.watch_folder(&path, target_dir);
                }
                Ok(kind) if kind.is_file() => {
                    self.is_edit(&path);
                }
                _ => {}
            }
        }
    }

    /// Whether the file holds something else than when it was last looked at.
    fn is_edit(&mut self, path: &Path) -> bool {
        if is_passing(path) || path.is_dir() {
            return false;
        }
        match fs::read(path) {
            // Editors truncate before they write: the write comes as an event of its own.
            Ok(bytes) if bytes.is_empty() => false,
            Ok(bytes) => {
                let mut hasher = DefaultHasher::new();
                hasher.write(&bytes);
                let hash = hasher.finish();
                self.contents.insert(path.to_owned(), hash) != Some(hash)
            }
            Err(_) => self.contents.remove(path).is_some(),
        }
    }

    fn reload(&self, changed: &BTreeSet<PathBuf>) {
        for (name, sources) in &self.crates {
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
