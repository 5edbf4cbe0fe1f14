//! What a new project is made of. It is written beside its place and moved there at the end: either
//! all of it is there or nothing.

use std::{fs, io, path::Path};

use super::{failed, refused};
use crate::library::{self, Library};
use hot_host::Result;

/// What the files are about.
pub(super) struct Files {
    /// The bundle's package.
    pub(super) bundle: String,
    /// Whether nobody can depend on it.
    pub(super) plugin: bool,
    /// The shared library that it links: one that is made with it, or that of its workspace.
    pub(super) library: Option<Library>,
}

/// What the workspace's manifest says besides, if there is a shared library.
const SHARED: &str =
    "#   shared/  the crates that must exist once for both, such as a runtime: none at first.
#            `cargo hotreload share CRATE` puts one there
";
const SHARED_MEMBER: &str = ", \"shared\"";

/// What is created.
pub(super) enum Kind<'a> {
    /// A host and a bundle.
    Workspace {
        host: &'a str,
        /// The dependencies that bundle and host inherit, lines of the workspace's Cargo.toml.
        dependencies: [String; 2],
    },
    /// A bundle, in a workspace or on its own, with its dependency on `hot`.
    Bundle { alone: bool, dependency: String },
}

impl Files {
    pub(super) fn crate_name(&self) -> String {
        self.bundle.replace('-', "_")
    }

    /// Creates the folder with all its files.
    pub(super) fn write(&self, folder: &Path, kind: Kind<'_>) -> Result<()> {
        let parent = folder.parent().ok_or_else(|| refused("the folder has no parent"))?;
        let name = folder.file_name().unwrap_or_default();
        let cannot = |error| failed("the folder cannot be written", folder, error);
        // Removed when it goes out of scope, with whatever is in it.
        let aside = tempfile::Builder::new().prefix(".hotreload-new").tempdir_in(parent);
        let aside = aside.map_err(cannot)?;
        let whole = aside.path().join(name);
        let files = match kind {
            Kind::Workspace { host, dependencies } => self.workspace(folder, host, &dependencies),
            Kind::Bundle { alone, dependency } => self.bundle(folder, alone, &dependency),
        };
        for (path, content) in files {
            put(&whole.join(path), &content).map_err(cannot)?;
        }
        fs::rename(&whole, folder).map_err(cannot)
    }

    fn workspace(
        &self,
        folder: &Path,
        host: &str,
        dependencies: &[String; 2],
    ) -> Vec<(&'static str, String)> {
        let crate_name = self.crate_name();
        let (dependency, import, tick, absent) = match self.plugin {
            true => (
                "# Not the bundle: the host declares what it calls, in src/main.rs.".to_owned(),
                format!(
                    "\n// The host does not depend on the bundle: what it calls is declared here, and compared with\n\
                     // what the library exports before that is loaded. One name is looked up with\n\
                     // `hot::lookup!(host, \"{crate_name}::tick\", fn() -> String)?`.\n{}\n",
                    import(&crate_name)
                ),
                format!("{crate_name}::tick"),
                " A bundle that defines none is a panic here;\n        \
                 // `hot::try_get!` gives an error instead.",
            ),
            false => (
                format!(
                    "# For signatures and types. The code that runs comes from the loaded library.\n\
                     {} = {{ path = \"../logic\" }}",
                    self.bundle
                ),
                format!("\nuse {crate_name}::tick;\n"),
                "tick".to_owned(),
                "",
            ),
        };
        let root = fill(
            include_str!("template/workspace.toml.in"),
            &[
                ("for_bundles", &dependencies[0]),
                ("for_hosts", &dependencies[1]),
                ("members", if self.library.is_some() { SHARED_MEMBER } else { "" }),
                ("shared", if self.library.is_some() { SHARED } else { "" }),
                ("profile", include_str!("template/profile.toml.in").trim_end()),
            ],
        );
        let host_manifest = fill(
            include_str!("template/host.toml.in"),
            &[("host", host), ("dependency", &dependency)],
        );
        let main = fill(
            include_str!("template/main.rs.in"),
            &[("import", &import), ("bundle", &self.bundle), ("tick", &tick), ("absent", absent)],
        );
        let [host_manifest, main] = self.link(&folder.join("host"), host_manifest, main);
        let [logic_manifest, logic] = self.package(&folder.join("logic"), "hot.workspace = true");
        let mut files = vec![
            ("Cargo.toml", root),
            (".gitignore", include_str!("template/gitignore.in").to_owned()),
            ("host/Cargo.toml", host_manifest),
            ("host/src/main.rs", main),
            ("logic/Cargo.toml", logic_manifest),
            ("logic/src/lib.rs", logic),
        ];
        if let Some(library) = &self.library {
            files.push(("shared/Cargo.toml", library.manifest()));
            files.push(("shared/src/lib.rs", library::ROOT.to_owned()));
        }
        files
    }

    fn bundle(&self, folder: &Path, alone: bool, dependency: &str) -> Vec<(&'static str, String)> {
        let [mut manifest, root] = self.package(folder, dependency);
        let mut files = vec![("src/lib.rs", root)];
        if alone {
            // Profiles count in a workspace's root only.
            manifest += &format!("\n{}", include_str!("template/profile.toml.in"));
            files.push((".gitignore", include_str!("template/gitignore.in").to_owned()));
        }
        files.push(("Cargo.toml", manifest));
        files
    }

    /// Manifest and root of the bundle, which will lie in this folder.
    fn package(&self, folder: &Path, dependency: &str) -> [String; 2] {
        let crate_type = match self.plugin {
            true => {
                "# The library that the host loads; no crate can depend on it.\n\
                 crate-type = [\"cdylib\"]"
            }
            false => {
                "# cdylib: the library that the host loads. rlib: so that the host can depend on the crate, for\n\
                 # signatures and types.\n\
                 crate-type = [\"rlib\", \"cdylib\"]"
            }
        };
        let manifest = fill(
            include_str!("template/bundle.toml.in"),
            &[("bundle", &self.bundle), ("crate_type", crate_type), ("dependency", dependency)],
        );
        self.link(folder, manifest, include_str!("template/lib.rs.in").to_owned())
    }

    /// Manifest and root of a package that links the shared library, if there is one.
    fn link(&self, folder: &Path, manifest: String, root: String) -> [String; 2] {
        let Some(library) = &self.library else { return [manifest, root] };
        let linked = library.linked_by_manifest(&manifest, folder);
        [linked.expect("the template is TOML"), library.linked_by_root(&root)]
    }
}

/// What a host declares that does not depend on the bundle.
pub(super) fn import(crate_name: &str) -> String {
    format!("hot::import! {{\n    {crate_name} => {{\n        fn tick() -> String;\n    }}\n}}")
}

/// Takes back what [`Files::write`] created.
pub(super) fn remove(folder: &Path) {
    // What is left then is named in the error that led here.
    let _ = fs::remove_dir_all(folder);
}

fn put(path: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (key, value)| {
        text.replace(&format!("{{{{{key}}}}}"), value)
    })
}
