//! `cargo hotreload share CRATE..`: a library of the workspace that host and bundles have together, with
//! crates in it that must exist once; and `unshare`, which takes them out again.
//!
//! ```text
//! edits  files as they are and as they shall be: shown, and written, all of them or none
//! ```

mod edits;

use std::{path::Path, process::ExitCode};

use cargo_metadata::{Package, Target};

use super::{
    library::{self, Library, Manifest},
    output::{self, Format},
};
use edits::Edits;
use hot_host::{Code, Error, Reason, Result, command::Workspace};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A bundle has copies of its own of all crates that it links, with their statics: what the host has started \
with tokio is not there for it. What is in the shared library exists once for the host and all bundles. \
`cargo hotreload run` builds with it; `cargo run` links it as any other crate.

Makes the package `shared` if the workspace has none, has it depend on each CRATE as the packages that \
use it do, and has the host and all bundles link it. What changes is printed first.

Examples:
  cargo hotreload share tokio axum
  cargo hotreload share --dry-run bevy_ecs

Exit codes: 0 done, 2 it could not be: then nothing was written.")]
pub(super) struct Share {
    /// The crates, as a package of the workspace depends on them
    #[arg(required = true, value_name = "CRATE")]
    crates: Vec<String>,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo hotreload unshare axum

  # The shared library as a whole
  cargo hotreload unshare

Exit codes: 0 done, 2 it could not be: then nothing was written.")]
pub(super) struct Unshare {
    /// The crates; without any, the shared library goes
    #[arg(value_name = "CRATE")]
    crates: Vec<String>,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn share(arguments: &Share) -> ExitCode {
    end(workspace().and_then(|it| sharing(&it, &arguments.crates)), arguments.dry_run)
}

pub(super) fn unshare(arguments: &Unshare) -> ExitCode {
    end(workspace().and_then(|it| unsharing(&it, &arguments.crates)), arguments.dry_run)
}

fn end(edits: Result<Edits>, dry_run: bool) -> ExitCode {
    let written = edits.and_then(|edits| {
        let text = edits.diff();
        if !dry_run {
            edits.write()?;
        }
        Ok(text)
    });
    match written {
        Ok(text) if text.is_empty() => output::print("nothing is to be changed\n", 0),
        Ok(text) => output::print(&text, 0),
        Err(error) => output::fail(&error, Format::Text),
    }
}

fn workspace() -> Result<Workspace> {
    let here = std::env::current_dir().map_err(|error| {
        Error::from(Reason::new(Code::NoWorkspace, "this folder cannot be read")).caused_by(error)
    })?;
    Workspace::find(&[here])
}

fn sharing(workspace: &Workspace, crates: &[String]) -> Result<Edits> {
    let known = Library::of(workspace);
    let is_new = known.is_none();
    let library = known.unwrap_or_else(|| Library::new(workspace.root()));
    let users: Vec<_> = users(workspace, &library.name).collect();
    if users.is_empty() {
        return Err(refused("no package of the workspace depends on hotreload")
            .file(&workspace.root().join("Cargo.toml"))
            .into());
    }
    let mut edits = Edits::new(workspace.root());
    let (manifest, root) = (library.folder.join("Cargo.toml"), library.folder.join("src/lib.rs"));
    if is_new {
        if library.folder.exists() {
            return Err(refused("the folder is there already, and is no shared library")
                .file(&library.folder)
                .help("give it another name, or write `[package.metadata.hotreload]` with `shared = true` into its Cargo.toml")
                .into());
        }
        edits.create(&manifest, library.manifest());
        edits.create(&root, library::ROOT.to_owned());
        edits.change(&workspace.root().join("Cargo.toml"), |text| {
            Manifest::parse(text)?.add_member(library::FOLDER)
        })?;
    }
    for name in crates {
        let wanted = users.iter().map(|user| (*user, folder_of(user)));
        let dependency = library::dependency(wanted, name, &library.folder)?;
        let Some((key, dependency)) = dependency else {
            let names = users.iter().flat_map(|it| &it.dependencies).map(|it| it.name.as_str());
            let reason =
                refused(&format!("no host or bundle of the workspace depends on `{name}`"));
            return Err(match hot_host::command::nearest(name, names) {
                Some(meant) => reason.help(format!("did you mean `{meant}`?")).into(),
                None => reason
                    .help("write it under [dependencies] where it is used, then share it")
                    .into(),
            });
        };
        edits.change(&manifest, |text| Manifest::parse(text)?.depend(&key, dependency))?;
        edits.change(&root, |text| Ok(library::with_extern(text, &key.replace('-', "_"))))?;
    }
    for user in users {
        let folder = folder_of(user);
        edits
            .change(&folder.join("Cargo.toml"), |text| library.linked_by_manifest(text, folder))?;
        for root in roots(user) {
            edits.change(root, |text| Ok(library.linked_by_root(text)))?;
        }
    }
    Ok(edits)
}

fn unsharing(workspace: &Workspace, crates: &[String]) -> Result<Edits> {
    let (Some(shared), Some(library)) = (workspace.shared(), Library::of(workspace)) else {
        return Err(refused("the workspace has no shared library")
            .file(&workspace.root().join("Cargo.toml"))
            .into());
    };
    let (manifest, root) = (library.folder.join("Cargo.toml"), library.folder.join("src/lib.rs"));
    let mut edits = Edits::new(workspace.root());
    if !crates.is_empty() {
        for name in crates {
            if shared.package.dependencies.iter().all(|it| it.name != *name) {
                return Err(refused(&format!("`{name}` is not shared")).file(&manifest).into());
            }
            edits.change(&manifest, |text| Manifest::parse(text)?.forget(name))?;
            edits
                .change(&root, |text| Ok(library::without_extern(text, &name.replace('-', "_"))))?;
        }
        return Ok(edits);
    }
    for user in shared.users() {
        let own = folder_of(user).join("Cargo.toml");
        edits.change(&own, |text| Manifest::parse(text)?.forget(&library.name))?;
        for root in roots(user) {
            edits.change(root, |text| Ok(library.unlinked_root(text)))?;
        }
    }
    let member = library::relative(workspace.root(), &library.folder);
    edits.change(&workspace.root().join("Cargo.toml"), |text| {
        Manifest::parse(text)?.remove_member(&member.to_string_lossy())
    })?;
    edits.remove(&manifest)?;
    edits.remove(&root)?;
    Ok(edits)
}

/// The host and the bundles: members that depend on the framework.
fn users<'a>(workspace: &'a Workspace, library: &'a str) -> impl Iterator<Item = &'a Package> {
    let uses = |package: &&Package| {
        let mut dependencies = package.dependencies.iter();
        *package.name != *library
            && dependencies.any(|it| matches!(&*it.name, "hotreload" | "hotreload-rt"))
    };
    workspace.packages().iter().filter(uses)
}

/// The files at the root of what a package builds for the program.
fn roots(package: &Package) -> impl Iterator<Item = &Path> {
    let is_it = |it: &&Target| it.is_bin() || it.is_cdylib() || it.is_example();
    package.targets.iter().filter(is_it).map(|it| it.src_path.as_std_path())
}

fn folder_of(package: &Package) -> &Path {
    package.manifest_path.as_std_path().parent().expect("a manifest lies in a folder")
}

fn refused(what: &str) -> Reason {
    Reason::new(Code::NotCreated, what)
}
