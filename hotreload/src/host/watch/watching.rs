//! The thread that takes saves and decides what they lead to. It builds nothing itself.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    mem,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::{
    Printer, Sources,
    contents::{Content, Contents, is_touched_since},
    folders::{Folders, failed},
    rebuild::{Done, Ended, Group, Rebuilder, Task},
    saves::{self, Saved, Saves, Sign},
    sources::Tree,
};
use crate::host::{Error, Host, Outcome, Result, cargo::Abandon};

/// A build that saves make stale again and again is let finish at last: a build script that writes
/// its own sources would else keep it from ever ending.
const MOST_ABANDONED: u32 = 50;

pub(super) enum Message {
    /// Watch this bundle from now on.
    Add(Box<Added>),
    Seen(notify::Result<notify::Event>, Instant),
    /// A build has ended.
    Done(Box<Done>),
}

/// A bundle that was built and loaded.
pub(super) struct Added {
    pub(super) sources: Sources,
    /// What the host is built of, as far as that is known.
    pub(super) program: Option<Tree>,
    /// The moment before it was built.
    pub(super) since: SystemTime,
    /// Told when it is watched.
    pub(super) watched: Sender<()>,
}

/// What is to be built, and why.
#[derive(Clone)]
pub(super) struct Work {
    /// Crate names.
    pub(super) bundles: BTreeSet<String>,
    pub(super) files: BTreeSet<PathBuf>,
    /// When the last save was reported.
    pub(super) received: Instant,
    /// Whether cargo has to be asked anew which packages there are.
    pub(super) asks: bool,
}

impl Work {
    fn shares(&self, other: &Work) -> bool {
        !self.bundles.is_disjoint(&other.bundles)
    }

    fn add(&mut self, other: Work) {
        self.bundles.extend(other.bundles);
        self.files.extend(other.files);
        self.received = self.received.max(other.received);
        self.asks |= other.asks;
    }
}

/// The thread's state.
pub(super) struct Watch {
    folders: Folders,
    bundles: HashMap<String, Sources>,
    /// What the host itself is built of, as far as that is known.
    program: Option<Tree>,
    contents: Contents,
    saves: Saves,
    /// Saved, and not yet dealt with: waiting for others that are not complete.
    saved: Vec<Saved>,
    tasks: Sender<Task>,
    building: Option<(Work, Abandon)>,
    /// No two of these concern the same bundle.
    queued: VecDeque<Work>,
    /// How many builds were abandoned since one has ended.
    abandoned: u32,
    /// When the next build may begin.
    begin: Instant,
    /// Bundles whose last build failed, with those that were to change together with them.
    failed: Vec<BTreeSet<String>>,
    /// Bundles that were built and then refused, together: they may fit what is saved next.
    waiting: Vec<Group>,
}

impl Watch {
    pub(super) fn start(host: Host, print: Printer) -> Result<Sender<Message>> {
        let (messages, received) = mpsc::channel();
        let folders = Folders::new(messages.clone())?;
        let (tasks, given) = mpsc::channel();
        let rebuilder = Rebuilder { host, print, done: messages.clone() };
        let mut watch = Watch {
            folders,
            bundles: HashMap::new(),
            program: None,
            contents: Contents::default(),
            saves: Saves::default(),
            saved: Vec::new(),
            tasks,
            building: None,
            queued: VecDeque::new(),
            abandoned: 0,
            begin: Instant::now(),
            failed: Vec::new(),
            waiting: Vec::new(),
        };
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
            spawned.map_err(|error| failed(error.into()))
        };
        spawn("hot-build", Box::new(move || rebuilder.run(&given)))?;
        spawn("hot-watch", Box::new(move || watch.run(&received)))?;
        Ok(messages)
    }

    fn run(&mut self, messages: &Receiver<Message>) {
        loop {
            let waits = !self.queued.is_empty() && self.building.is_none();
            let first = match self.saves.due().or(waits.then_some(self.begin)) {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => messages.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match first {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // No fixed delay: what is queued is one save.
            while let Ok(message) = messages.try_recv() {
                self.take(message);
            }
            self.saved.extend(self.saves.settle(Instant::now(), &mut self.contents));
            if self.saves.due().is_none() && !self.saved.is_empty() {
                let saved = mem::take(&mut self.saved);
                self.decide(saved);
            }
            self.begin();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Add(added) => self.add(*added),
            Message::Seen(Ok(event), at) if event.need_rescan() => self.rescan(at),
            Message::Seen(Ok(event), at) => self.see(event, at),
            Message::Seen(Err(error), _) => self.complain(failed(error)),
            Message::Done(done) => self.done(*done),
        }
    }

    /// Something has happened to files or folders.
    fn see(&mut self, event: notify::Event, at: Instant) {
        let Some(sign) = saves::sign(&event) else { return };
        for path in event.paths {
            if matches!(sign, Sign::Placed | Sign::Gone) && self.is_folder(&path, &sign) {
                self.folder(&path, at);
            } else if self.concerns(&path) {
                self.saves.take(path, &sign, at);
            }
        }
    }

    fn is_folder(&mut self, path: &Path, sign: &Sign) -> bool {
        match sign {
            Sign::Gone => self.folders.forget(path),
            _ => path.is_dir(),
        }
    }

    /// A folder has come or gone, with all that is in it.
    fn folder(&mut self, folder: &Path, at: Instant) {
        if !self.trees().any(|tree| tree.may_hold(folder)) {
            return;
        }
        self.folders.forget(folder);
        self.saves.forget(folder);
        self.look(at);
        for path in self.contents.below(folder) {
            self.saves.suspect(path, at);
        }
    }

    /// Looks at everything: the system had more to report than it could keep.
    fn rescan(&mut self, at: Instant) {
        self.look(at);
        for path in self.contents.paths() {
            self.saves.suspect(path, at);
        }
    }

    /// Watches what there is now. Files that are new are suspected.
    fn look(&mut self, at: Instant) {
        for file in self.walk() {
            if !self.contents.knows(&file) {
                self.saves.suspect(file, at);
            }
        }
    }

    /// Watches all folders; gives all files.
    fn walk(&mut self) -> HashSet<PathBuf> {
        let mut files = HashSet::new();
        let trees = self.bundles.values_mut().map(|it| &mut it.tree).chain(&mut self.program);
        let found: Vec<_> = trees.map(Tree::walk).collect();
        for found in found {
            if let Err(error) = self.folders.watch(found.folders) {
                self.complain(error);
            }
            files.extend(found.files);
        }
        files
    }

    fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.bundles.values().map(|it| &it.tree).chain(&self.program)
    }

    fn concerns(&self, path: &Path) -> bool {
        self.trees().any(|tree| tree.concerns(path))
    }

    /// A bundle was built after `since` and loaded.
    fn add(&mut self, added: Added) {
        let name = added.sources.bundle.crate_name.clone();
        if !self.bundles.contains_key(&name) {
            self.program = self.program.take().or(added.program);
            self.bundles.insert(name, added.sources);
            self.note_new(added.since);
        }
        // Whoever waits for it is there.
        let _ = added.watched.send(());
    }

    /// Watches what is new in the trees. What was saved since then is a save like any other; all
    /// else is as it was built.
    fn note_new(&mut self, since: SystemTime) {
        // First watched, then looked at: nothing is missed between.
        for file in self.walk() {
            if !self.contents.knows(&file) {
                if is_touched_since(&file, since) && !is_written_by_cargo(&file) {
                    self.saves.suspect(file, Instant::now());
                } else {
                    let content = Content::of(&file);
                    self.contents.set(file, content);
                }
            }
        }
    }

    /// What these files lead to.
    fn decide(&mut self, saved: Vec<Saved>) {
        let mut works: Vec<Work> = Vec::new();
        let (mut host, mut unchanged) = (BTreeSet::new(), Vec::new());
        for Saved { path, is_edit, received } in saved {
            let concerned = self.bundles.iter().filter(|(_, it)| it.tree.concerns(&path));
            let bundles: BTreeSet<_> = concerned.map(|(name, _)| name.clone()).collect();
            let waiting = self.waiting.iter().flat_map(BTreeMap::keys);
            let mut refused = waiting.chain(self.failed.iter().flatten());
            if !bundles.is_empty() && (is_edit || refused.any(|name| bundles.contains(name))) {
                let is_setting = self.trees().any(|tree| tree.is_setting(&path));
                let asks = is_setting && !is_written_by_cargo(&path);
                let mut work = Work { bundles, files: BTreeSet::from([path]), received, asks };
                // What is saved at once belongs together, but not across workspaces.
                for other in mem::take(&mut works) {
                    if other.shares(&work) || self.root_of(&other) == self.root_of(&work) {
                        work.add(other);
                    } else {
                        works.push(other);
                    }
                }
                works.push(work);
            } else if !is_edit {
                let is_known = !bundles.is_empty() || self.is_of_host(&path);
                if is_known && !is_written_by_cargo(&path) {
                    unchanged.push((path, bundles));
                }
            } else if self.is_of_host(&path) {
                host.insert(path);
            }
        }
        let say = |files: BTreeSet<PathBuf>, outcome| {
            if !files.is_empty() {
                let saved = crate::host::Saved { files: files.into_iter().collect(), outcome };
                // That thread ends with the process only.
                let _ = self.tasks.send(Task::Say(saved));
            }
        };
        say(host, Outcome::Host);
        // Beside an edit of the same bundle, a file that was saved as it is does not matter. It may
        // be the edit itself, read before it was reported.
        let building = self.building.iter().map(|(work, _)| work);
        let edits = || building.clone().chain(&self.queued).chain(&works);
        unchanged.retain(|(_, bundles)| edits().all(|it| it.bundles.is_disjoint(bundles)));
        say(unchanged.into_iter().map(|(path, _)| path).collect(), Outcome::Unchanged);
        works.into_iter().for_each(|work| self.queue(work));
    }

    /// The workspace of the first bundle.
    fn root_of(&self, work: &Work) -> Option<&Path> {
        self.bundles.get(work.bundles.first()?).map(|it| it.workspace.root())
    }

    fn is_of_host(&self, path: &Path) -> bool {
        self.program.as_ref().is_some_and(|program| program.was_read(path))
    }

    /// Puts work on the list. A build of what it concerns is stale.
    fn queue(&mut self, mut work: Work) {
        // What failed together is tried together: a crate that they share may have changed.
        for group in &self.failed {
            if !group.is_disjoint(&work.bundles) {
                work.bundles.extend(group.iter().cloned());
            }
        }
        if let Some((building, abandon)) = &self.building
            && building.shares(&work)
            && self.abandoned < MOST_ABANDONED
            && !work.files.iter().all(|file| is_written_by_cargo(file))
        {
            abandon.abandon();
        }
        self.put(work);
    }

    fn put(&mut self, mut work: Work) {
        for other in mem::take(&mut self.queued) {
            if other.shares(&work) {
                work.add(other);
            } else {
                self.queued.push_back(other);
            }
        }
        self.queued.push_back(work);
    }

    /// Begins what is on the list, if nothing else is being built.
    fn begin(&mut self) {
        if self.building.is_some() || self.begin > Instant::now() || self.saves.due().is_some() {
            return;
        }
        let Some(work) = self.queued.pop_front() else { return };
        let sources = work.bundles.iter().filter_map(|name| self.bundles.get(name)).cloned();
        let sources = sources.collect();
        let mut waiting = self.waiting.clone();
        waiting.iter_mut().for_each(|group| group.retain(|name, _| !work.bundles.contains(name)));
        waiting.retain(|group| !group.is_empty());
        let abandon = Abandon::default();
        self.building = Some((work.clone(), abandon.clone()));
        // That thread ends with the process only.
        let _ = self.tasks.send(Task::Build { work, sources, waiting, abandon });
    }

    /// A build has ended.
    fn done(&mut self, done: Done) {
        let Some((work, _)) = self.building.take() else { return };
        for sources in done.sources {
            self.bundles.insert(sources.bundle.crate_name.clone(), sources);
        }
        if let Some(program) = done.program {
            self.program = Some(program);
        }
        self.note_new(done.began);
        // Cargo brings this file up to date by itself.
        let lock_files = self.contents.paths().into_iter().filter(|it| is_written_by_cargo(it));
        for file in lock_files {
            let content = Content::of(&file);
            self.contents.set(file, content);
        }
        match done.ended {
            Ended::Abandoned => {
                self.abandoned += 1;
                // Many saves in a row are taken together, the more the longer they go on.
                let pause = Duration::from_millis(10 * u64::from(self.abandoned.min(10)));
                self.begin = Instant::now() + pause;
                self.put(work);
                return;
            }
            Ended::Failed => {
                self.failed.retain(|group| !group.is_subset(&work.bundles));
                self.failed.push(work.bundles);
            }
            Ended::Built { waiting } => {
                self.failed.retain(|group| group.is_disjoint(&work.bundles));
                self.waiting = waiting;
            }
        }
        self.abandoned = 0;
        self.begin = Instant::now();
    }

    fn complain(&self, error: Error) {
        let _ = self.tasks.send(Task::Complain(error));
    }
}

/// Whether cargo brings the file up to date by itself.
pub(super) fn is_written_by_cargo(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "Cargo.lock")
}
