//! What rustc has linked, by the arguments that it has given to the linker; and whether each library of
//! the shared one exists once. Whatever is wrong ends the build: nothing was started or loaded then.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use hot_host::{Code, Reason, command::has_own_allocator};

use super::invocation::{Invocation, Kind};

/// The parts of the framework whose statics belong to one image.
const OF_ONE_IMAGE: [&str; 3] = ["hot", "hot_host", "hot_rt"];

/// What one image consists of.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// The Rust libraries in it, by the names of their files.
    rlibs: BTreeSet<String>,
    /// The shared libraries that it was linked to.
    dylibs: BTreeSet<String>,
}

impl Linked {
    /// The file that rustc writes its arguments to.
    pub(super) fn arguments(invocation: &Invocation) -> PathBuf {
        invocation.beside("link-args")
    }

    /// What the arguments say that rustc has written there.
    pub(super) fn read(invocation: &Invocation) -> io::Result<Linked> {
        let path = Self::arguments(invocation);
        let text = fs::read_to_string(&path)?;
        fs::remove_file(&path)?;
        let mut linked = Linked::default();
        // Paths with a quotation mark in them are none of cargo's.
        for word in text.split('"').skip(1).step_by(2) {
            let Some(name) = Path::new(word).file_name().and_then(|it| it.to_str()) else {
                continue;
            };
            // Functions of the language without any state: each image has them.
            if crate_of(name) == "compiler_builtins" {
                continue;
            }
            if name.ends_with(".rlib") {
                linked.rlibs.insert(name.to_owned());
            } else if name.ends_with(std::env::consts::DLL_SUFFIX) && !word.starts_with("-Wl,") {
                linked.dylibs.insert(name.to_owned());
            }
        }
        Ok(linked)
    }

    /// Checks it, and leaves a note for those that link it.
    pub(super) fn check(self, invocation: &Invocation) -> io::Result<Result<(), Reason>> {
        let names: Vec<_> = self.rlibs.iter().map(String::as_str).collect();
        let names = names.join("\n");
        if invocation.is(Kind::Dylib) {
            if let Err(reason) = self.check_shared(invocation) {
                return Ok(Err(reason));
            }
            fs::write(invocation.beside("linked"), names)?;
            return Ok(Ok(()));
        }
        for library in &invocation.externs {
            let Some(note) = Invocation::note_of(library, "linked") else { continue };
            let Ok(note) = fs::read_to_string(note) else { continue };
            if let Err(reason) = self.check_user(invocation, library, &note) {
                return Ok(Err(reason));
            }
            if has_own_allocator(&invocation.output()?)? {
                return Ok(Err(allocator(invocation, library)));
            }
        }
        // What it has copies of: the host asks, where a value must not meet two.
        fs::write(invocation.beside("copies"), names)?;
        Ok(Ok(()))
    }

    /// Of the shared library itself.
    fn check_shared(&self, invocation: &Invocation) -> Result<(), Reason> {
        let crates: BTreeSet<_> = self.rlibs.iter().map(|it| crate_of(it)).collect();
        if let Some(part) = OF_ONE_IMAGE.iter().find(|it| crates.contains(**it)) {
            let what = format!("`{part}` is in the shared library `{}`", invocation.name);
            return Err(Reason::new(Code::NotShared, what)
                .file(&invocation.root)
                .help("each image has a part of the framework of its own: share what has no exports; types that are versioned need `hotreload-types` only"));
        }
        let named = |library: &&PathBuf| {
            let name = library.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            let is_rlib = name.ends_with(".rlib") || name.ends_with(".rmeta");
            !is_rlib || crates.contains(crate_of(name))
        };
        let forgotten = invocation.externs.iter().find(|it| !named(it));
        let Some(name) = forgotten.and_then(|it| it.file_name()?.to_str()).map(crate_of) else {
            return Ok(());
        };
        let what = format!(
            "`{name}` is not in the shared library `{}`, which depends on it",
            invocation.name
        );
        Err(Reason::new(Code::NotShared, what)
            .file(&invocation.root)
            .help(format!("write there: extern crate {name} as _;")))
    }

    /// Of what links a shared library, with what is in that.
    fn check_user(&self, invocation: &Invocation, shared: &Path, note: &str) -> Result<(), Reason> {
        let name = shared.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let name = crate_of(name);
        let is_linked = self.dylibs.iter().any(|it| crate_of(it) == name);
        if !is_linked {
            let what = format!(
                "`{}` has copies of its own of what is in the shared library",
                invocation.name
            );
            return Err(Reason::new(Code::NotShared, what)
                .file(&invocation.root)
                .help(format!("write there: use {name} as _;")));
        }
        match note.lines().find(|it| self.rlibs.contains(*it)) {
            None => Ok(()),
            Some(twice) => {
                let twice = crate_of(twice);
                let what = format!(
                    "`{twice}` is in `{}` and in the shared library `{name}`",
                    invocation.name
                );
                Err(Reason::new(Code::NotShared, what).file(&invocation.root))
            }
        }
    }
}

fn allocator(invocation: &Invocation, shared: &Path) -> Reason {
    let name = shared.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    let what = format!(
        "`{}` has a `#[global_allocator]`, and std's is in the shared library",
        invocation.name
    );
    let help = format!("move it to the lib.rs of `{}`: there it serves all", crate_of(name));
    Reason::new(Code::NotShared, what).file(&invocation.root).help(help)
}

/// The crate that a library's file has: `libtokio-45d673f934a77827.rlib`.
fn crate_of(file: &str) -> &str {
    let name = file.split('.').next().unwrap_or(file);
    let name = name.strip_prefix("lib").unwrap_or(name);
    name.split('-').next().unwrap_or(name)
}
