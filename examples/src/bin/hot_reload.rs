//! Calls `bundles/example` and looks every two seconds whether somebody has built it anew: the
//! simplest way to reload, with a cargo in another terminal.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

use examples::{
    demo::{self, Demo, Edit, Job},
    scratch,
};
use hot::Host;

struct HotReload {
    workspace: PathBuf,
    answer: i64,
    version: u32,
    /// The build that was tried last, whether it was loaded or refused.
    tried: Arc<Mutex<Option<Stamp>>>,
}

/// Tells one build of a library from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

impl Stamp {
    /// `None` while there is no file.
    fn of(library: &Path) -> Option<Stamp> {
        let metadata = fs::metadata(library).ok()?;
        Some(Stamp { modified: metadata.modified().ok()?, length: metadata.len() })
    }

    /// The linker may still be writing.
    fn at_rest(library: &Path) -> Option<Stamp> {
        let mut stamp = Stamp::of(library)?;
        loop {
            thread::sleep(Duration::from_millis(50));
            let now = Stamp::of(library)?;
            if now == stamp {
                return Some(now);
            }
            stamp = now;
        }
    }
}

impl HotReload {
    fn new(workspace: &Path) -> HotReload {
        let workspace = workspace.to_owned();
        HotReload { workspace, answer: 0, version: 0, tried: Arc::default() }
    }

    /// Where cargo will put the library.
    fn expected(&self) -> PathBuf {
        let mut folder = beside_this_program();
        if self.workspace != scratch::repository() {
            folder = self.workspace.join("target").join(folder.file_name().unwrap_or_default());
        }
        let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        folder.join(format!("{prefix}{}{suffix}", Self::BUNDLE))
    }

    /// What the user runs, in the profile of this program.
    fn command() -> String {
        let folder = beside_this_program();
        match folder.file_name().unwrap_or_default().to_string_lossy().as_ref() {
            "debug" => format!("cargo build -p {}", Self::BUNDLE),
            profile => format!("cargo build -p {} --profile {profile}", Self::BUNDLE),
        }
    }
}

/// The folder of this program, which is called like the profile that it was built in.
fn beside_this_program() -> PathBuf {
    env::current_exe().unwrap_or_default().parent().map_or_else(PathBuf::new, Path::to_owned)
}

impl Demo for HotReload {
    const NAME: &'static str = "hot_reload";
    const HELP: &'static str = "\
Calls bundles/example every 2 seconds, and looks for a new build of it.

hot_reload [--workspace FOLDER]

Edit bundles/example/src/lib.rs, run cargo build -p example in another terminal,
and look.
Keys:";
    const BUNDLE: &'static str = "example";
    const PERIOD: Duration = Duration::from_secs(2);
    const EDITS: &'static [Edit] = &[];
    /// What is built is the user's decision.
    const WATCHES: bool = false;

    fn call(&mut self) {
        self.answer = example::compute(20, 22);
        self.version = example::version();
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("compute", format!("compute(20, 22) = {}", self.answer)),
            ("version", format!("version() = {}", self.version)),
        ]
    }

    fn line(&self) -> String {
        format!("compute(20, 22) = {}, version() = {}", self.answer, self.version)
    }

    fn panicked(&self) -> String {
        "it panicked; another build may do better".to_owned()
    }

    fn hints(&self) -> Vec<String> {
        vec!["edit bundles/example/src/lib.rs, run".to_owned(), format!("  {}", Self::command())]
    }

    /// Built if it is not there.
    fn first(&self) -> Job {
        let (workspace, tried) = (self.workspace.clone(), self.tried.clone());
        let expected = self.expected();
        Box::new(move |host| {
            let loaded = host.load_crate_in(&workspace, Self::BUNDLE);
            // If it was refused, only what is built from now on is worth a try.
            let library = loaded.as_ref().ok().and_then(|bundle| bundle.library().ok());
            *tried.lock().unwrap_or_else(PoisonError::into_inner) =
                Stamp::of(&library.unwrap_or(expected));
            loaded.map(drop).map_err(|error| error.to_string())
        })
    }

    fn look(&self, host: &Host) -> Option<Job> {
        let loaded = host.bundle(Self::BUNDLE).and_then(|bundle| bundle.library().ok());
        let library = loaded.unwrap_or_else(|| self.expected());
        let last = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if Stamp::of(&library).is_none_or(|stamp| Some(stamp) == last) {
            return None;
        }
        let tried = self.tried.clone();
        Some(Box::new(move |host| {
            // Taken before the load: what is written meanwhile is seen by the next look.
            let stamp = Stamp::at_rest(&library);
            *tried.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
            // SAFETY: what cargo has built of this repository's bundle, which has no constructors of
            // its own; whoever replaces the file answers for it.
            let loaded = unsafe { host.load(&library) };
            loaded.map(drop).map_err(|error| error.to_string())
        }))
    }
}

fn main() -> ExitCode {
    demo::main(HotReload::new)
}
