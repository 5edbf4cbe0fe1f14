//! The thread that takes saves and decides what they lead to. It builds nothing itself.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use crate::build::Abandon;
use crate::said::Printer;
use crate::said::{Error, Result};
use crate::state::{Inner, WatchSwitch};
use crate::watch::folders::{Folders, failed};
use crate::watch::known_files::{Bytes, KnownFiles, is_touched_since, is_written_by_cargo};
use crate::watch::program::Program;
use crate::watch::rebuild::{Done, Ended, Group, Rebuilder, Task};
use crate::watch::saves::{Saved, Saves, Sign};
use crate::watch::sources::Tree;
use crate::watch::tweaks::News;
use crate::watch::work::{Cause, Work};
use crate::watch::{Sources, saves, tweaks};

/// A build that saves make stale again and again is let finish at last: a build script that writes
/// its own sources would else keep it from ever ending.
const MOST_ABANDONED: u32 = 50;

pub(super) enum Message {
    /// Watch this bundle from now on.
    Add(Box<Added>),
    Seen(notify::Result<notify::Event>, Instant),
    /// A build has ended.
    Done(Box<Done>),
    /// Saves are collected from now on, or lead to builds again.
    Wake,
}

/// A bundle that was built and loaded.
pub(super) struct Added {
    pub(super) sources: Sources,
    /// What the host is built of, as far as that is known.
    pub(super) program: Option<Program>,
    /// The moment before it was built.
    pub(super) since: SystemTime,
    /// The generation that was loaded, if it is live.
    pub(super) generation: Option<u64>,
    /// Told when it is watched.
    pub(super) watched: Sender<()>,
}

/// The thread's state.
pub(super) struct Watch {
    inner: &'static Inner,
    folders: Folders,
    pub(super) bundles: HashMap<String, Sources>,
    /// What the host itself is built of, as far as that is known.
    pub(super) program: Option<Program>,
    known_files: KnownFiles,
    saves: Saves,
    /// When the last folder came or went, if nobody has looked at what there is since.
    changed: Option<Instant>,
    /// Saved, and not yet dealt with: waiting for others that are not complete.
    saved: Vec<Saved>,
    pub(super) tasks: Sender<Task>,
    pub(super) tweaks: Sender<tweaks::Save>,
    running: Arc<tweaks::Running>,
    pub(super) building: Option<(Work, Abandon)>,
    /// No two of these concern the same bundle.
    pub(super) queued: VecDeque<Work>,
    /// How many builds were abandoned since one has ended.
    abandoned: u32,
    /// How many in a row were begun only since the one before may have misread a file.
    pub(super) misread: u32,
    /// When the next build may begin.
    begin: Instant,
    /// Bundles whose last build failed, with those that were to change together with them.
    pub(super) failed: Vec<BTreeSet<String>>,
    /// Bundles that were built and then refused, together: they may fit what is saved next.
    pub(super) waiting: Vec<Group>,
}

impl Watch {
    pub(super) fn start(inner: &'static Inner, print: Printer) -> Result<Sender<Message>> {
        let (messages, received) = mpsc::channel();
        let folders = Folders::new(messages.clone())?;
        let (tasks, given) = mpsc::channel();
        let running = Arc::<tweaks::Running>::default();
        let tweaks = running.start(inner, print.clone())?;
        let rebuilder =
            Rebuilder { inner, print, done: messages.clone(), running: running.clone() };
        let mut watch = Watch {
            inner,
            folders,
            bundles: HashMap::new(),
            program: None,
            known_files: KnownFiles::default(),
            saves: Saves::default(),
            changed: None,
            saved: Vec::new(),
            tasks,
            tweaks,
            running,
            building: None,
            queued: VecDeque::new(),
            abandoned: 0,
            misread: 0,
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
            let waits = !self.queued.is_empty() && self.building.is_none() && !self.is_paused();
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
            self.look();
            self.saved.extend(self.saves.settle(Instant::now(), &mut self.known_files));
            if self.saves.due().is_none() && !self.saved.is_empty() && !self.is_paused() {
                let saved = mem::take(&mut self.saved);
                self.decide(saved);
            }
            self.begin();
        }
    }

    /// Whether saves are collected.
    fn is_paused(&self) -> bool {
        self.inner.watch.get().is_some_and(WatchSwitch::is_paused)
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Add(added) => self.add(*added),
            Message::Seen(Ok(event), at) if event.need_rescan() => self.rescan(at),
            Message::Seen(Ok(event), at) => self.see(event, at),
            Message::Seen(Err(error), _) => self.complain(failed(error)),
            Message::Done(done) => self.done(*done),
            // Whatever wakes the thread has it look.
            Message::Wake => {}
        }
    }

    /// Something has happened to files or folders.
    fn see(&mut self, event: notify::Event, at: Instant) {
        let Some(sign) = saves::sign(&event) else { return };
        for path in event.paths {
            if matches!(sign, Sign::Placed | Sign::Gone) && self.is_folder(&path, &sign) {
                self.folder(&path, at);
            } else if self.concerns(&path) {
                let is_built = self.is_built(&path);
                self.saves.take(path, &sign, at, is_built);
            }
        }
    }

    fn is_folder(&mut self, path: &Path, sign: &Sign) -> bool {
        match sign {
            Sign::Gone => self.folders.forget(path),
            _ => path.is_dir(),
        }
    }

    /// A folder has come or gone, with all that is in it. They come by the hundred when a branch is
    /// changed: what there is now is looked at once.
    fn folder(&mut self, folder: &Path, at: Instant) {
        if !self.trees().any(|tree| tree.may_hold(folder)) {
            return;
        }
        self.folders.forget(folder);
        self.saves.forget(folder);
        self.changed = Some(at);
        for path in self.known_files.below(folder) {
            self.saves.suspect(path, at);
        }
    }

    /// Looks at everything: the system had more to report than it could keep.
    fn rescan(&mut self, at: Instant) {
        self.changed = Some(at);
        for path in self.known_files.paths() {
            self.saves.suspect(path, at);
        }
    }

    /// Watches what there is now, if folders have changed. Files that are new are suspected.
    fn look(&mut self) {
        let Some(at) = self.changed.take() else { return };
        for file in self.walk() {
            if !self.known_files.knows(&file) {
                self.saves.suspect(file, at);
            }
        }
    }

    /// Watches all folders; gives all files. What comes into a folder after it was looked at and
    /// before it is watched is reported by nobody, so it is looked at again until none is new.
    fn walk(&mut self) -> HashSet<PathBuf> {
        loop {
            let trees = self
                .bundles
                .values_mut()
                .map(|it| &mut it.tree)
                .chain(self.program.as_mut().map(|it| &mut it.tree));
            let (mut folders, mut files) = (Vec::new(), HashSet::new());
            for found in trees.map(Tree::walk) {
                folders.extend(found.folders);
                files.extend(found.files);
            }
            match self.folders.watch(folders) {
                Ok(true) => {}
                Ok(false) => return files,
                Err(error) => self.complain(error),
            }
        }
    }

    pub(super) fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.bundles.values().map(|it| &it.tree).chain(self.program.as_ref().map(|it| &it.tree))
    }

    fn concerns(&self, path: &Path) -> bool {
        self.trees().any(|tree| tree.concerns(path))
    }

    /// Whether a build is going on that reads the file, and does not write it itself: a build script may, in each
    /// build.
    fn is_built(&self, path: &Path) -> bool {
        let bundles = self.building.iter().flat_map(|(work, _)| &work.bundles);
        let mut trees = bundles.filter_map(|name| self.bundles.get(name)).map(|it| &it.tree);
        !is_written_by_cargo(path)
            && trees.any(|tree| tree.concerns(path) && !tree.may_be_read(path))
    }

    /// A bundle was built after `since` and loaded.
    fn add(&mut self, added: Added) {
        // Before files count that did not: what a new folder holds may be older than `since`.
        self.look();
        let name = added.sources.bundle.crate_name.clone();
        if !self.bundles.contains_key(&name) {
            self.program = self.program.take().or(added.program);
            let Added { sources, since, generation, .. } = added;
            self.bundles.insert(name.clone(), sources.clone());
            self.note_new(since);
            if let Some(generation) = generation {
                let is_built =
                    |file: &PathBuf| sources.tree.concerns(file) && !is_touched_since(file, since);
                let files = self.known_files.paths().into_iter().filter(is_built).collect();
                self.running.tell(News::Bundle { crate_name: name, generation, files });
            }
        }
        // Whoever waits for it is there.
        let _ = added.watched.send(());
    }

    /// Watches what is new in the trees. What was saved since then is a save like any other; all
    /// else is as it was built.
    fn note_new(&mut self, since: SystemTime) {
        let mut texts = Vec::new();
        for file in self.walk() {
            let Some(text) = self.saves.note(&file, since, &mut self.known_files) else { continue };
            let is_of_program = self.program.as_ref().is_some_and(|it| it.was_read(&file));
            if (is_of_program || file.extension().is_some_and(|it| it == "rs"))
                && self.bundles.values().any(|it| it.tree.concerns(&file))
            {
                texts.push((file, text.into()));
            }
        }
        self.running.tell(News::Files(texts.clone()));
        // That thread ends with the process only.
        let _ = self.tasks.send(Task::Note(texts));
    }

    /// Puts work on the list. A build of what it concerns is stale.
    pub(super) fn queue(&mut self, mut work: Work) {
        // What failed together is tried together: a crate that they share may have changed.
        for group in &self.failed {
            if !group.is_disjoint(&work.bundles) {
                work.bundles.extend(group.iter().cloned());
            }
        }
        if let Some((building, abandon)) = &self.building
            && building.shares(&work)
            && self.abandoned < MOST_ABANDONED
            && work.cause != Cause::Cargo
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
        let waits = self.begin > Instant::now() || self.saves.due().is_some() || self.is_paused();
        if self.building.is_some() || waits {
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
        let program = self.program.clone().map(Box::new);
        let _ = self.tasks.send(Task::Build { work, sources, program, waiting, abandon });
    }

    /// A build has ended.
    fn done(&mut self, done: Done) {
        let Some((work, _)) = self.building.take() else { return };
        // As in `add`.
        self.look();
        let mut is_other = done.program.is_some();
        for sources in done.sources {
            let tree = sources.tree.clone();
            let before = self.bundles.insert(sources.bundle.crate_name.clone(), sources);
            is_other |= before.is_none_or(|before| before.tree != tree);
        }
        self.program = done.program.or(self.program.take());
        // Mostly there is nothing new, and the next save may be waiting.
        if is_other {
            self.note_new(done.began);
        }
        // Cargo brings this file up to date by itself.
        let lock_files = self.known_files.paths().into_iter().filter(|it| is_written_by_cargo(it));
        for file in lock_files {
            let now = Bytes::of(&file);
            self.known_files.set(file, now);
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
