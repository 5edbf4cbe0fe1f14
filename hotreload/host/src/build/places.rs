//! Where the sources are of the program that runs, and of what it loads.
//!
//! What was compiled in is where they were then. A project that was copied together with its target
//! folder, moved, or mounted elsewhere is up to date to cargo, which compiles nothing: its programs and
//! libraries name the folders of the original. So the place of the program itself is asked first, then
//! where it was started, and then what was compiled in; the first that has the package is it.

use std::path::{Path, PathBuf};

use crate::build::Workspace;
use crate::build::origin::target_of;
use crate::said::Result;
use crate::state::Image;

/// What is known of where a bundle's package is.
#[derive(Debug, Clone)]
pub(crate) enum Lead {
    /// Nothing but its name.
    Name,
    /// A folder of its workspace: somebody has named it, or the bundle was built there.
    Folder(PathBuf),
    /// It was loaded from this file, which was compiled in that folder.
    Library { file: PathBuf, compiled_in: PathBuf },
}

impl Lead {
    /// What is known of the package that this was built of.
    pub(crate) fn of(image: &Image) -> Lead {
        match &image.folder {
            Some(folder) => Lead::Folder(folder.clone()),
            None => Lead::Library {
                file: image.source.clone(),
                compiled_in: image.header.manifest_dir.clone().into(),
            },
        }
    }
}

/// The places that may have the sources.
#[derive(Default)]
pub(super) struct Places {
    /// What somebody has named, then the file that was loaded.
    pub(super) named: Vec<PathBuf>,
    /// The file that the host was linked into.
    pub(super) host_file: Option<PathBuf>,
    /// What `cargo run` says: the folder of the program's package.
    pub(super) manifest_dir: Option<PathBuf>,
    /// The folder that the program was started in.
    pub(super) started_in: Option<PathBuf>,
    /// Packages and the folders in which they were compiled, the likeliest first.
    pub(super) compiled_in: Vec<(String, PathBuf)>,
}

impl Places {
    /// The workspace that has the bundle of this name.
    pub(super) fn workspace(&self, name: &str) -> Result<Workspace> {
        let file = self.host_file.as_ref();
        let file = file.map(|it| it.canonicalize().unwrap_or_else(|_| it.clone()));
        let program = self.host_file.as_deref().and_then(target_of).unwrap_or_default();
        let of_program = [&file, &self.manifest_dir, &self.started_in].into_iter().flatten();
        let of_bundle = |place| (place, false);
        let places = (self.named.iter().map(of_bundle))
            // Another project may have a package of that name. It does not have the program.
            .chain(of_program.map(|place| (place, true)))
            .chain(self.compiled_in().map(of_bundle));
        let mut asked: Vec<(&Path, Option<Workspace>)> = Vec::new();
        for (place, needs_program) in places {
            let Some(folder) = Workspace::folder_around(place) else { continue };
            let index = asked.iter().position(|(known, _)| *known == folder).unwrap_or_else(|| {
                asked.push((folder, Workspace::find(&[folder.to_owned()]).ok()));
                asked.len() - 1
            });
            let has_it = |it: &mut Workspace| {
                it.folder_of(name).is_some() && (!needs_program || it.has_target(program))
            };
            if let Some(workspace) = asked[index].1.take_if(has_it) {
                return Ok(workspace);
            }
        }
        // None has it. What the error tells is of the likeliest one.
        Workspace::find(&self.all())
    }

    /// All folders that may do where nobody can tell.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        let host_file = self.host_file.iter().flat_map(|it| it.ancestors().skip(1));
        let all = self.named.iter().chain(self.compiled_in()).chain(&self.manifest_dir);
        all.map(|it| &**it).chain(host_file).map(Path::to_owned).collect()
    }

    /// What to say if the workspace has another copy of what was compiled in, which is there still.
    pub(super) fn remark(&self, workspace: &Workspace) -> Option<String> {
        self.compiled_in.iter().find_map(|(package, folder)| {
            let is = workspace.folder_of(package)?.canonicalize().ok()?;
            let was = folder.join("Cargo.toml").canonicalize().ok()?;
            let was = was.parent()?;
            (is != was).then(|| {
                let (is, was) = (is.display(), was.display());
                format!("`{package}` is built in {is}; what runs was compiled in {was}")
            })
        })
    }

    fn compiled_in(&self) -> impl Iterator<Item = &PathBuf> {
        self.compiled_in.iter().map(|(_, folder)| folder)
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use tempfile::TempDir;

    use super::*;

    /// A project with these packages, each a library and a program.
    fn project(folder: &Path, packages: &[&str]) -> PathBuf {
        fs::create_dir_all(folder.join("target/debug")).unwrap();
        fs::write(
            folder.join("Cargo.toml"),
            "[workspace]\nmembers = [\"*\"]\nexclude = [\"target\"]\n",
        )
        .unwrap();
        for name in packages {
            let source = folder.join(name).join("src");
            fs::create_dir_all(&source).unwrap();
            fs::write(source.join("lib.rs"), "").unwrap();
            fs::write(source.join("main.rs"), "fn main() {}").unwrap();
            let manifest = format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\n");
            fs::write(folder.join(name).join("Cargo.toml"), manifest).unwrap();
        }
        folder.canonicalize().unwrap()
    }

    fn program_in(folder: &Path) -> Option<PathBuf> {
        Some(folder.join("target/debug").join(format!("game{}", env::consts::EXE_SUFFIX)))
    }

    #[test]
    fn the_program_is_asked_first_then_where_it_was_started_then_what_was_compiled_in() {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let [original, copy, other] = ["original", "copy", "other"].map(|it| root.join(it));
        project(&original, &["game", "rules"]);
        project(&copy, &["game", "rules"]);
        project(&other, &["rules", "stranger"]);
        let compiled_in = || vec![("rules".to_owned(), original.join("rules"))];
        let find = |places: &Places| places.workspace("rules").unwrap().root().to_owned();
        let from = |host_file: Option<PathBuf>, started_in: &Path| Places {
            host_file,
            started_in: Some(started_in.join("game/src")),
            compiled_in: compiled_in(),
            ..Places::default()
        };

        let places = from(program_in(&copy), &original);
        assert_eq!(find(&places), copy);
        let remark = places.remark(&places.workspace("rules").unwrap()).unwrap();
        let [is, was] = [&copy, &original].map(|it| it.join("rules").display().to_string());
        assert!(remark.contains(&is) && remark.contains(&was) && remark.lines().count() == 1);

        // The package makes a library of its name, too, which may be copied to another folder of its
        // project.
        let library = format!("{}game{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        for folder in ["target/debug", "python"] {
            assert_eq!(find(&from(Some(copy.join(folder).join(&library)), &original)), copy);
        }

        // A target folder elsewhere says nothing of the sources, nor does one in another project.
        for elsewhere in [program_in(&root.join("out")), program_in(&other)] {
            assert_eq!(find(&from(elsewhere.clone(), &copy)), copy);
            let places = from(elsewhere, &other);
            assert_eq!(find(&places), original);
            assert_eq!(places.remark(&places.workspace("rules").unwrap()), None);
        }
        // What `cargo run` says is surer than the folder that it was called in.
        let places = from(program_in(&root.join("out")), &original);
        assert_eq!(find(&Places { manifest_dir: Some(copy.join("game")), ..places }), copy);
        // A bundle of another project that the program is linked with.
        let places = Places {
            compiled_in: vec![("stranger".to_owned(), other.join("stranger"))],
            ..from(program_in(&copy), &copy)
        };
        assert_eq!(places.workspace("stranger").unwrap().root(), other);
        // A file that was loaded from there.
        let named = vec![other.join("target/debug/librules.so")];
        assert_eq!(find(&Places { named, ..from(program_in(&copy), &copy) }), other);

        // The original is gone.
        fs::remove_dir_all(&original).unwrap();
        let places = from(program_in(&copy), &root);
        assert_eq!(find(&places), copy);
        assert_eq!(places.remark(&places.workspace("rules").unwrap()), None);
        let error = from(program_in(&root.join("out")), &root).workspace("rules").unwrap_err();
        assert_eq!(error.code(), crate::said::Code::NoWorkspace);
    }
}
