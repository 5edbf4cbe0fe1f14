//! What cargo asks of rustc, as far as it matters here.

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

/// One call of rustc that compiles a crate.
#[derive(Debug, Default)]
pub(super) struct Invocation {
    pub(super) name: String,
    pub(super) form: Form,
    kinds: Vec<Kind>,
    /// The crate's root file.
    pub(super) root: PathBuf,
    pub(super) out_dir: PathBuf,
    /// What is appended to the names of files.
    pub(super) suffix: String,
    /// The files of crates that it depends on.
    pub(super) externs: Vec<PathBuf>,
    /// What it is compiled with: features, and what build scripts and flags say.
    pub(super) cfgs: BTreeSet<String>,
    /// The linker that the user has chosen.
    pub(super) linker: Option<OsString>,
    /// Where what is kept for the next time lies.
    pub(super) incremental: Option<PathBuf>,
    /// Whether lints are capped, as cargo does it where the package has no path. The user's flags may say
    /// it of all.
    caps_lints: bool,
}

/// What sort of crate it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One whose types can be those of values in the program.
    Library,
    /// A program, a macro, a build script.
    #[default]
    Other,
}

impl Invocation {
    /// `None` if no crate is compiled: cargo asks for rustc's version, for example.
    pub(super) fn of(arguments: &[OsString]) -> Option<Invocation> {
        let mut found = Invocation::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let text = word.to_str().unwrap_or_default();
            let mut value = |name: &str| -> Option<&OsStr> {
                if text == name {
                    return words.next().map(OsString::as_os_str);
                }
                text.strip_prefix(name)?.strip_prefix('=').map(OsStr::new)
            };
            if let Some(name) = value("--crate-name") {
                found.name = name.to_str()?.to_owned();
            } else if let Some(kinds) = value("--crate-type") {
                found.kinds.extend(kinds.to_str()?.split(',').map(Kind::of));
            } else if let Some(folder) = value("--out-dir") {
                found.out_dir = folder.into();
            } else if let Some(named) = value("--extern") {
                let path = named.to_str()?.split_once('=').map(|(_, path)| path.into());
                found.externs.extend(path);
            } else if let Some(cfg) = value("--cfg") {
                found.cfgs.insert(cfg.to_str()?.to_owned());
            } else if value("--cap-lints").is_some() {
                found.caps_lints = true;
            } else if let Some(option) = value("-C") {
                match option.to_str()?.split_once('=') {
                    Some(("extra-filename", suffix)) => found.suffix = suffix.to_owned(),
                    Some(("linker", linker)) => found.linker = Some(linker.into()),
                    Some(("incremental", folder)) => found.incremental = Some(folder.into()),
                    _ => {}
                }
            } else if Path::new(word).extension().is_some_and(|it| it == "rs") {
                found.root = word.into();
            }
        }
        // Cargo's question what there is comes with this name.
        if found.name.is_empty() || found.name == "___" {
            return None;
        }
        let is_script = found.name.starts_with("build_script_");
        let is_library = found.kinds.iter().all(|it| !matches!(it, Kind::Bin | Kind::Macro));
        if is_library && !is_script && !found.kinds.is_empty() && found.root.is_file() {
            found.form = Form::Library;
        }
        Some(found)
    }

    /// Whether its types may be others the next time that it is compiled: its sources may be edited, or
    /// those of a crate that it depends on, as where a path stands in for one of a registry. Cargo takes
    /// it that what it has downloaded stays as it is.
    pub(super) fn can_change(&self) -> bool {
        let is_downloaded = self.caps_lints
            && downloads()
                .is_some_and(|folders| folders.iter().any(|it| self.root.starts_with(it)));
        let has_note =
            |library: &PathBuf| Self::note_of(library, "types").is_some_and(|it| it.is_file());
        !is_downloaded || self.externs.iter().any(has_note)
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether rustc links something that is loaded or started with the program.
    pub(super) fn links(&self) -> bool {
        let is_linked = [Kind::Bin, Kind::Cdylib, Kind::Dylib].iter().any(|it| self.is(*it));
        is_linked && !self.name.starts_with("build_script_")
    }

    /// The image that rustc links, if it links one.
    pub(super) fn image(&self) -> PathBuf {
        let (before, after) = match self.is(Kind::Bin) {
            true => ("", env::consts::EXE_SUFFIX),
            false => (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX),
        };
        self.out_dir.join(format!("{before}{}{}{after}", self.name, self.suffix))
    }

    /// The image that rustc has linked.
    pub(super) fn output(&self) -> io::Result<PathBuf> {
        let path = self.image();
        let none = || io::Error::new(io::ErrorKind::NotFound, path.display().to_string());
        path.is_file().then(|| path.clone()).ok_or_else(none)
    }

    /// A file of this kind beside what rustc makes of the crate.
    pub(super) fn beside(&self, kind: &str) -> PathBuf {
        self.out_dir.join(format!("{}{}.{kind}", self.name, self.suffix))
    }

    /// That of a crate which was compiled before, into this file.
    pub(super) fn note_of(library: &Path, kind: &str) -> Option<PathBuf> {
        let name = library.file_stem()?.to_str()?.strip_prefix("lib")?;
        Some(library.with_file_name(format!("{name}.{kind}")))
    }
}

/// Where cargo keeps the sources that it has downloaded.
fn downloads() -> Option<[PathBuf; 2]> {
    let usual = || Some(env::home_dir()?.join(".cargo"));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(usual)?;
    Some([home.join("registry/src"), home.join("git/checkouts")])
}

/// What rustc makes of a crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bin,
    Cdylib,
    Dylib,
    Macro,
    /// For rustc, or an archive.
    Other,
}

impl Kind {
    fn of(name: &str) -> Kind {
        match name {
            "bin" => Kind::Bin,
            "cdylib" => Kind::Cdylib,
            "dylib" => Kind::Dylib,
            "proc-macro" => Kind::Macro,
            _ => Kind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<Invocation> {
        Invocation::of(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn cargos_words() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lib.rs");
        std::fs::write(&root, "").unwrap();
        let library = of(&[
            "--crate-name",
            "logic",
            "--edition=2024",
            root.to_str().unwrap(),
            "--crate-type",
            "rlib",
            "--crate-type",
            "cdylib",
            "--emit=dep-info,link",
            "-C",
            "metadata=1",
            "-C",
            "extra-filename=-0a",
            "--out-dir",
            "/t/deps",
            "-C",
            "incremental=/t/inc",
            "--extern",
            "hot=/t/deps/libhot-7.rlib",
            "--extern",
            "noprelude:std",
            "--cfg",
            "wide",
            "--cfg=feature=\"fancy\"",
            "--check-cfg",
            "cfg(narrow)",
        ]);
        let library = library.unwrap();
        assert!(library.links() && library.form == Form::Library);
        assert_eq!(library.beside("types"), Path::new("/t/deps/logic-0a.types"));
        let note = Invocation::note_of(&library.externs[0], "types");
        assert_eq!(note.as_deref(), Some(Path::new("/t/deps/hot-7.types")));
        assert_eq!(library.externs.len(), 1);
        assert!(library.cfgs.iter().eq(["feature=\"fancy\"", "wide"]), "{:?}", library.cfgs);
        assert_eq!(library.incremental.as_deref(), Some(Path::new("/t/inc")));
    }

    #[test]
    fn what_is_no_library() {
        assert!(of(&["-vV"]).is_none());
        assert!(of(&["-", "--crate-name", "___", "--print=file-names"]).is_none());
        let program = of(&["--crate-name", "game", "src/main.rs", "--crate-type", "bin"]).unwrap();
        assert!(program.links() && program.form == Form::Other);
        for (name, kind) in [("build_script_build", "bin"), ("derive", "proc-macro")] {
            let it = of(&["--crate-name", name, "--crate-type", kind, "a.rs"]).unwrap();
            assert!(!it.links() && it.form == Form::Other, "{name}");
        }
        let test = of(&["--crate-name", "game", "--test", "src/lib.rs"]).unwrap();
        assert!(!test.links() && test.form == Form::Other);
    }
}
