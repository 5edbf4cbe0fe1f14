//! `hot` as a bundle needs it, while rustc alone compiles the bundle.
//!
//! Cargo builds a bundle together with its host, so that the features of both count and types have one
//! identity. The `hot` that comes of it carries the whole host: rustc would read and the linker search
//! some sixty crates for a bundle that uses none of them, which was two fifths of a small bundle's
//! build. So what is given to rustc is `hot` without the host's features. It is of re-exports only, and
//! these lead to the same crates as before, which define all that passes between images.
//!
//! A bundle that does use the host does not compile so. Then it gets cargo's `hot`.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use cargo_metadata::Artifact;

use crate::build::replay::rustc::Rustc;

/// The crate's name.
const NAME: &str = "hot";

/// What only hosts need.
const OF_HOSTS: [&str; 2] = ["host", "watch"];

/// What it re-exports.
const PARTS: [&str; 3] = ["hot_rt", "hot_types", "hotreload_macros"];

/// What cargo says of one of the framework's crates.
#[derive(Debug, Clone)]
pub(in crate::build) struct Part {
    name: String,
    root: PathBuf,
    edition: String,
    features: Vec<String>,
    files: Vec<PathBuf>,
}

impl Part {
    /// `None` if it is another crate.
    pub(in crate::build) fn of(artifact: &Artifact) -> Option<Part> {
        let name = &*artifact.target.name;
        (name == NAME || PARTS.contains(&name)).then(|| Part {
            name: name.to_owned(),
            root: artifact.target.src_path.clone().into(),
            edition: artifact.target.edition.to_string(),
            features: artifact.features.clone(),
            files: artifact.filenames.iter().map(|it| it.clone().into()).collect(),
        })
    }
}

/// How `hot` is compiled for a bundle.
#[derive(Debug)]
pub(super) struct Facade {
    /// The one that cargo has compiled.
    cargos: PathBuf,
    /// The one to be made.
    own: PathBuf,
    /// What rustc is given, without its program.
    arguments: Vec<OsString>,
    /// Its package.
    folder: PathBuf,
}

impl Facade {
    /// `None` if the bundle's `hot` has nothing of the host's, or is none that is known.
    pub(super) fn of(rustc: &Rustc, parts: &[Part]) -> Option<Facade> {
        let cargos = rustc.externs().find(|it| {
            parts.iter().any(|part| part.name == NAME && part.files.iter().any(|file| file == it))
        })?;
        let hot = parts.iter().find(|part| part.files.iter().any(|file| file == cargos))?;
        if !hot.features.iter().any(|it| OF_HOSTS.contains(&&**it)) {
            return None;
        }
        let own = rustc.own.join("facade").join(cargos.file_name()?);
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
        add(&["--crate-name", NAME, "--edition", &hot.edition, "--crate-type", "rlib"]);
        // Another crate than cargo's, which a path dependency may bring along.
        add(&["--emit", "link", "--cap-lints", "allow", "-C", "metadata=facade"]);
        for feature in hot.features.iter().filter(|it| !OF_HOSTS.contains(&&***it)) {
            add(&["--cfg", &format!("feature={feature:?}")]);
        }
        arguments.extend(rustc.of_all_crates());
        for name in PARTS {
            let mut files = parts.iter().filter(|it| it.name == name).flat_map(|it| &it.files);
            let is_read = |file: &&PathBuf| {
                let kind = file.extension().and_then(|it| it.to_str());
                kind == Some("rlib") || kind == Some(std::env::consts::DLL_EXTENSION)
            };
            let found: BTreeSet<_> = files.by_ref().filter(is_read).collect();
            // Cargo may have compiled it twice: for a macro, and with other features.
            let [file] = found.into_iter().collect::<Vec<_>>()[..] else { return None };
            let mut named = OsString::from(format!("{name}="));
            named.push(file);
            arguments.extend(["--extern".into(), named]);
        }
        arguments.push(hot.root.clone().into());
        let folder = hot.root.ancestors().nth(2)?.to_owned();
        Some(Facade { cargos: cargos.to_owned(), own, arguments, folder })
    }

    /// Cargo's, and what takes its place.
    pub(super) fn instead(&self) -> (&Path, &Path) {
        (&self.cargos, &self.own)
    }

    /// Compiles it, unless it is there. Whoever reads the file meanwhile has all of it.
    pub(super) fn make(&self, rustc: &Rustc) -> io::Result<()> {
        let time = |path: &Path| fs::metadata(path).and_then(|it| it.modified());
        if time(&self.own).is_ok_and(|own| time(&self.cargos).is_ok_and(|cargos| own > cargos)) {
            return Ok(());
        }
        let folder = self.own.parent().ok_or(io::ErrorKind::NotFound)?;
        fs::create_dir_all(folder)?;
        // What the wrapper has noted of the types of cargo's holds of this one, too.
        for kind in ["types", "linked"] {
            let note = |library: &Path| {
                let name = library.file_stem()?.to_str()?.strip_prefix("lib")?.to_owned();
                Some(library.with_file_name(format!("{name}.{kind}")))
            };
            if let (Some(from), Some(to)) = (note(&self.cargos), note(&self.own))
                && from.is_file()
            {
                fs::copy(from, to)?;
            }
        }
        let new = self.own.with_extension(format!("new-{}", std::process::id()));
        let mut command = rustc.plain();
        command.args(&self.arguments).arg("-o").arg(&new);
        command.env("CARGO_PKG_NAME", "hotreload").env("CARGO_CRATE_NAME", NAME);
        command.env("CARGO_MANIFEST_DIR", &self.folder).current_dir(&self.folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status()?.success() {
            let _ = fs::remove_file(new);
            return Err(io::Error::other("`hot` does not compile"));
        }
        fs::rename(new, &self.own)
    }
}
