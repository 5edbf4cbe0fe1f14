//! `cargo hotreload clean`: removes what earlier runs have left on the disk.

#[cfg(unix)]
use std::time::Duration;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[cfg(unix)]
use super::client::Client;
use super::output;
#[cfg(unix)]
use hot_host::command::protocol::{HostStatus, Request};
use hot_host::command::{AloneFolder, Folder, Workspace, about, bytes_in, each_left};

/// How long a host may take to say what it has loaded.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
With a shared library, a program and its bundles are built in `target/hotreload-..`, a folder for each version \
of this command; the one that was used last, and the one before, stay until this removes them. Hosts keep \
copies of libraries among the temporary files; the next one to start removes those of hosts that have ended.

Beside cargo's folders, in `target/debug/hotreload`, rustc alone builds bundles: one library of each, how cargo \
has called rustc for it, and what rustc keeps for the next save.

What a program that runs is built in, or has loaded, stays. All that goes is made anew when it is needed.

Exit codes: 0 done, 2 something could not be removed.")]
pub(super) struct Arguments {
    /// Print what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let (mut text, mut failed) = (String::new(), false);
    type Act<'a> = &'a dyn Fn(&Path) -> io::Result<bool>;
    let mut remove = |path: &Path, what: &str, may: Act<'_>, remove: Act<'_>| {
        let size = about(bytes_in(path));
        let removed = if arguments.dry_run { may(path) } else { remove(path) };
        let path = path.display();
        match removed {
            Ok(true) => text += &format!("{size}  {path}  {what}\n"),
            Ok(false) => text += &format!("{size}  {path}  stays: somebody builds in it\n"),
            Err(error) => {
                failed = true;
                eprintln!("error: {path} cannot be removed: {error}");
            }
        }
    };
    // Outside of a workspace there is nothing of one.
    let workspace = std::env::current_dir().ok().and_then(|here| Workspace::find(&[here]).ok());
    for (_, path) in workspace.iter().flat_map(|it| Folder::all(it.target_dir())) {
        remove(
            &path,
            "builds with a shared library",
            &|it| Ok(!Folder::is_held(it)?),
            &Folder::remove,
        );
    }
    let loaded = loaded_from();
    let is_used = |folder: &Path| {
        let profile = folder.parent().unwrap_or(folder);
        loaded.iter().any(|library| library.starts_with(profile))
    };
    for path in workspace.iter().flat_map(|it| AloneFolder::all(it.target_dir())) {
        remove(
            &path,
            "builds by rustc alone",
            &|it| Ok(!is_used(it) && !AloneFolder::is_held(it)?),
            &|it| Ok(!is_used(it) && AloneFolder::remove(it)?),
        );
    }
    let left = each_left(|path| {
        let act = |path: &Path| fs::remove_dir_all(path).map(|()| true);
        remove(path, "copies of a host that has ended", &|_| Ok(true), &act);
    });
    if let Err(error) = left {
        failed = true;
        eprintln!("error: the copies of hosts cannot be looked at: {error}");
    }
    if text.is_empty() && !failed {
        text.push_str("there is nothing to remove\n");
    }
    output::print(&text, if failed { output::FAILED } else { 0 })
}

/// Where the libraries come from that programs have loaded which run.
fn loaded_from() -> Vec<PathBuf> {
    #[cfg(unix)]
    {
        let hosts = super::client::sockets().into_iter().filter_map(|socket| {
            let client = Client::connect(&socket).ok()?.patience(PATIENCE).ok();
            client?.ask::<HostStatus>(&Request::Status).ok()?.ok()
        });
        hosts.flat_map(|host| host.status.bundles).map(|bundle| bundle.library).collect()
    }
    // A host has no socket there.
    #[cfg(not(unix))]
    Vec::new()
}
