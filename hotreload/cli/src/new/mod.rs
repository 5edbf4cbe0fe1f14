//! `cargo hotreload new NAME`.
//!
//! ```text
//! name        which names a package can have
//! dependency  where `hotreload` comes from
//! member      the workspace that a bundle is added to
//! files       what is written; all of it, or nothing
//! ```

mod dependency;
mod files;
mod member;
mod name;

use std::{path::Path, process::ExitCode};

use super::{
    library::Library,
    output::{self, Format},
};
use dependency::Hotreload;
use files::{Files, Kind};
use hot_host::{Code, Error, Reason, Result};
use member::Enclosing;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Makes the folder NAME: a workspace with a host, `NAME`, a bundle, `NAME-logic`, and a shared library, \
`NAME-shared`. It runs at once with `cargo hotreload run`; edit logic/src/lib.rs and save. `cargo run` runs \
it without the keys, and links the shared library as any other crate.

A crate that must exist once for host and bundles, such as a runtime, goes into the shared library: \
`cargo hotreload share CRATE`, also later, and also in a project that was made without.

Examples:
  cargo hotreload new garden

  # The host does not depend on the bundle
  cargo hotreload new garden --plugin

  # Two crates are enough
  cargo hotreload new garden --no-shared

  # A bundle for the workspace of this folder
  cargo hotreload new rules --bundle-only

  cargo hotreload new garden --hotreload https://example.com/hotreload.git

Exit codes: 0 created, 2 it could not be: then nothing was written.")]
pub(super) struct Arguments {
    /// The project's name: its folder's and its host's; with --bundle-only, the bundle's
    name: String,
    /// Only a bundle: as a member of the workspace that this folder lies in, or on its own
    #[arg(long)]
    bundle_only: bool,
    /// A bundle that nobody can depend on: a shared library and no Rust library. The host declares
    /// what it calls
    #[arg(long)]
    plugin: bool,
    /// No shared library; a bundle alone links the one that its workspace has
    #[arg(long, conflicts_with = "bundle_only")]
    no_shared: bool,
    /// Where `hotreload` comes from, a folder or a git URL; by default the folder that this command
    /// was built from
    #[arg(long, value_name = "PATH|GIT-URL")]
    hotreload: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match create(arguments) {
        Ok(text) => output::print(&text, 0),
        Err(error) => output::fail(&error, Format::Text),
    }
}

/// Gives what is to be said of it.
fn create(arguments: &Arguments) -> Result<String> {
    let Arguments { name, bundle_only, plugin, no_shared, hotreload } = arguments;
    name::check(name)?;
    let parent = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let parent = parent.map_err(|error| refused("this folder cannot be read").caused_by(error))?;
    let folder = parent.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Reason::new(Code::NotCreated, format!("`{name}` is there already"))
            .file(&folder)
            .help("choose another name, or remove what is there")
            .into());
    }
    let given = hotreload.as_deref().map(Hotreload::given).transpose()?;
    if *bundle_only {
        bundle(&folder, name, *plugin, given)
    } else {
        // Where the command cannot build one, it would be in the way.
        let library = (cfg!(unix) && !no_shared).then(|| Library::new(&folder));
        let files = Files { bundle: format!("{name}-logic"), plugin: *plugin, library };
        workspace(&folder, name, &files, given)
    }
}

fn workspace(folder: &Path, name: &str, files: &Files, given: Option<Hotreload>) -> Result<String> {
    if let Some(outer) = Enclosing::of(folder)?.filter(|outer| outer.takes(folder)) {
        let what = "a workspace above takes every folder here as a member, also a workspace";
        return Err(Reason::new(Code::NotCreated, what)
            .file(&outer.manifest())
            .help("create it elsewhere, or only a bundle, with --bundle-only")
            .into());
    }
    let hotreload = given.map_or_else(Hotreload::default, Ok)?;
    let dependencies =
        [hotreload.for_bundle(folder, folder)?, hotreload.for_workspace(folder, folder)?];
    files.write(folder, Kind::Workspace { host: name, dependencies })?;
    let shared = match &files.library {
        Some(library) => format!(", shared library `{}` in {name}/shared", library.name),
        None => String::new(),
    };
    Ok(format!(
        "created `{name}`: host `{name}` in {name}/host, bundle `{}` in {name}/logic{shared}\n  \
         cd {name}\n  \
         cargo hotreload run    then edit logic/src/lib.rs and save\n",
        files.bundle
    ))
}

fn bundle(folder: &Path, name: &str, plugin: bool, given: Option<Hotreload>) -> Result<String> {
    let outer = Enclosing::of(folder)?;
    let mut text = format!("created bundle `{name}` in {name}\n");
    let (root, dependency) = match &outer {
        Some(outer) => {
            outer.check_name(name, folder)?;
            (outer.root.as_path(), outer.hotreload.clone())
        }
        None => (folder, None),
    };
    let hotreload = match given.or(dependency) {
        Some(hotreload) => hotreload,
        None => Hotreload::default()?,
    };
    let library = outer.as_ref().and_then(Enclosing::library);
    let files = Files { bundle: name.to_owned(), plugin, library };
    let dependency = hotreload.for_bundle(folder, root)?;
    files.write(folder, Kind::Bundle { alone: outer.is_none(), dependency })?;
    if let Some(outer) = outer.as_ref().filter(|outer| !outer.takes(folder)) {
        if let Err(error) = outer.add(folder) {
            files::remove(folder);
            return Err(error);
        }
        let manifest = outer.manifest();
        text += &format!("added it to the members of {}\n", manifest.display());
    }
    text += &for_the_host(folder, &files, outer.is_some(), &hotreload)?;
    Ok(text)
}

/// What the host has to add.
fn for_the_host(
    folder: &Path,
    files: &Files,
    in_workspace: bool,
    hotreload: &Hotreload,
) -> Result<String> {
    let bundle = &files.bundle;
    let crate_name = files.crate_name();
    let mut lines = vec!["the host adds to its Cargo.toml, under [dependencies]:".to_owned()];
    lines.push(format!("  {}", hotreload.for_host()?));
    // A host of another workspace is another build: types of a bundle that it depended on would not
    // be those of the library (HOT0205).
    let depends = in_workspace && !files.plugin;
    if depends {
        let path = dependency::quoted(folder)?;
        lines.push(format!("  {bundle} = {{ path = {path} }}"));
    }
    lines.push("and to its code:".to_owned());
    if !depends {
        let import = files::import(&crate_name);
        lines.extend(import.lines().map(|line| format!("  {line}")));
    }
    lines.push(
        "  let host = hot::Host::builder().watch(|line| eprintln!(\"{line}\")).start()?;"
            .to_owned(),
    );
    lines.push(match in_workspace {
        true => format!("  host.load_crate(\"{bundle}\")?;"),
        false => format!("  host.load_crate_in({:?}, \"{bundle}\")?;", folder),
    });
    lines.push(format!("  println!(\"{{}}\", {crate_name}::tick());"));
    Ok(lines.join("\n") + "\n")
}

/// The project cannot be created, for this reason.
fn refused(what: &str) -> Error {
    Reason::new(Code::NotCreated, what).into()
}

/// As [`refused`], for a file and a cause.
fn failed(what: &str, file: &Path, cause: std::io::Error) -> Error {
    Error::from(Reason::new(Code::NotCreated, what).file(file)).caused_by(cause)
}
