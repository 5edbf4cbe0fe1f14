//! A host that watches, and what it has said about each save.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use hot::{Bundle, Host, Outcome, Saved};

use crate::{PATIENCE, Workspace, fixture::target_dir, workspace::BUNDLE};

/// The process's host, watching.
#[derive(Debug)]
pub struct Dev {
    /// The host.
    pub host: Host,
    said: Arc<Said>,
}

#[derive(Debug, Default)]
struct Said {
    saved: Mutex<Vec<Arc<Saved>>>,
    more: Condvar,
    printed: Mutex<Vec<String>>,
    rustc: Mutex<String>,
}

impl Dev {
    /// Starts the host, which builds in the target folder that all fixtures share.
    pub fn start() -> Dev {
        Dev::start_with(|builder| builder.target_dir(target_dir()))
    }

    /// Starts the host with these options.
    pub fn start_with(options: impl FnOnce(hot::HostBuilder) -> hot::HostBuilder) -> Dev {
        let said = Arc::<Said>::default();
        let (lines, reports, events) = (said.clone(), said.clone(), said.clone());
        let builder = Host::builder()
            .watch(move |line| lines.printed.lock().unwrap().push(line.to_owned()))
            .build_output(move |message| {
                if let hot::BuildMessage::Diagnostic { rendered, .. } = message {
                    reports.rustc.lock().unwrap().push_str(rendered);
                }
            });
        let host = options(builder).start().unwrap();
        host.on_event(move |event| {
            if let hot::Event::Saved(saved) = event {
                events.saved.lock().unwrap().push(saved.clone());
                events.more.notify_all();
            }
        });
        Dev { host, said }
    }

    /// What was said of saves in this folder so far.
    pub fn saved_in(&self, folder: &Path) -> Vec<Arc<Saved>> {
        let folder = folder.canonicalize().unwrap();
        in_folder(&self.said.saved.lock().unwrap(), &folder).cloned().collect()
    }

    /// Waits until something more than `count` was said of saves in this folder, and gives it.
    ///
    /// # Panics
    /// If nothing is said within [`PATIENCE`].
    #[track_caller]
    pub fn next_in(&self, folder: &Path, count: usize) -> Arc<Saved> {
        let folder = folder.canonicalize().unwrap();
        let next = |saved: &[Arc<Saved>]| in_folder(saved, &folder).nth(count).cloned();
        self.wait(|saved| next(saved).is_none());
        next(&self.said.saved.lock().unwrap()).expect("waited for")
    }

    /// Waits as long as this holds of what was said of saves.
    ///
    /// # Panics
    /// If that takes as long as [`PATIENCE`].
    #[track_caller]
    pub fn wait(&self, still: impl Fn(&[Arc<Saved>]) -> bool) {
        let saved = self.said.saved.lock().unwrap();
        let waited = self.said.more.wait_timeout_while(saved, PATIENCE, |saved| still(saved));
        assert!(!waited.unwrap().1.timed_out(), "never: a line");
    }

    /// The lines that were printed.
    pub fn printed(&self) -> Vec<String> {
        self.said.printed.lock().unwrap().clone()
    }

    /// What rustc has reported.
    pub fn rustc(&self) -> String {
        self.said.rustc.lock().unwrap().clone()
    }
}

/// What was said of saves in this folder, whose path is a whole one.
fn in_folder<'a>(saved: &'a [Arc<Saved>], folder: &Path) -> impl Iterator<Item = &'a Arc<Saved>> {
    saved.iter().filter(move |it| it.files.iter().any(|file| file.starts_with(folder)))
}

/// Waits until there is something.
///
/// # Panics
/// If there is nothing within [`PATIENCE`].
#[track_caller]
pub fn patiently<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A workspace whose bundles are loaded and watched, and how much was said of it.
#[derive(Debug)]
pub struct Edited<'a> {
    dev: &'a Dev,
    /// Its files.
    pub workspace: Workspace,
    seen: Mutex<usize>,
}

impl<'a> Edited<'a> {
    /// `prepare` writes the bundles.
    pub fn new(dev: &'a Dev, name: &str, prepare: impl FnOnce(&Workspace)) -> Edited<'a> {
        let workspace = Workspace::new(name);
        prepare(&workspace);
        Edited { dev, workspace, seen: Mutex::new(0) }
    }

    /// A workspace of one bundle, loaded, whose `value()` is 1.
    pub fn one(dev: &'a Dev, name: &str) -> Edited<'a> {
        let edited = Edited::new(dev, name, |workspace| bundle(workspace, name, "1"));
        edited.load(name);
        edited
    }

    /// Loads a bundle.
    pub fn load(&self, name: &str) -> Bundle {
        self.dev.host.load_crate_in(self.workspace.folder(), name).unwrap()
    }

    /// The whole path of a file.
    pub fn path(&self, file: &str) -> PathBuf {
        self.workspace.folder().join(file)
    }

    /// Waits for the next line about a save in the workspace.
    #[track_caller]
    pub fn next(&self) -> Arc<Saved> {
        let mut seen = self.seen.lock().unwrap();
        let saved = self.dev.next_in(self.workspace.folder(), *seen);
        *seen += 1;
        saved
    }

    /// Waits for the next line, which must say that something is live.
    ///
    /// # Panics
    /// If it says something else.
    #[track_caller]
    pub fn live(&self) -> Vec<Arc<hot::Report>> {
        let saved = self.next();
        match &saved.outcome {
            Outcome::Live(reports) => reports.clone(),
            other => panic!("not live: {saved}\n{other:?}"),
        }
    }

    /// Checks that nothing more is said than was asked for: a save of another bundle comes later.
    ///
    /// # Panics
    /// If there is another line.
    pub fn assert_silent(&self, sentinel: &Sentinel<'_>) {
        sentinel.pass();
        let seen = *self.seen.lock().unwrap();
        let more = self.dev.saved_in(self.workspace.folder()).split_off(seen);
        assert!(more.is_empty(), "{more:?}");
    }
}

/// A bundle that is saved to see that everything before was dealt with.
#[derive(Debug)]
pub struct Sentinel<'a>(Edited<'a>, Mutex<i32>);

impl<'a> Sentinel<'a> {
    /// Loads the bundle, which has this name.
    pub fn new(dev: &'a Dev, name: &str) -> Sentinel<'a> {
        Sentinel(Edited::one(dev, name), Mutex::new(1))
    }

    /// Saves it and waits until it is live.
    pub fn pass(&self) {
        let mut value = self.1.lock().unwrap();
        *value += 1;
        let name = self.0.workspace.folder().file_name().unwrap().to_str().unwrap().to_owned();
        bundle(&self.0.workspace, &name, &value.to_string());
        self.0.live();
    }
}

/// What a bundle's function, given by its path, returns now.
#[macro_export]
macro_rules! value {
    ($dev:expr, $path:tt) => {
        hot::lookup!($dev.host, $path, fn() -> i32).unwrap()()
    };
}

/// Writes a bundle whose `value` is this expression.
pub fn bundle(workspace: &Workspace, name: &str, value: &str) {
    workspace.package(name, BUNDLE, "", "");
    workspace.write(&format!("{name}/src/lib.rs"), &source(value));
}

/// The source of a bundle whose `value` is this expression.
pub fn source(value: &str) -> String {
    format!("hot::bundle!();\n#[hot::export]\npub fn value() -> i32 {{\n    {value}\n}}\n")
}

/// Saves a file as most editors do: another file is written and gets its name.
pub fn replace(path: &Path, content: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, content).unwrap();
    fs::rename(draft, path).unwrap();
}
