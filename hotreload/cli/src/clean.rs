//! `cargo hotreload clean`: removes what earlier runs have left on the disk.

use std::{fs, io, path::Path, process::ExitCode};

use super::output;
use hot_host::command::{Folder, Workspace, about, each_left};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
With a shared library, a program and its bundles are built in `target/hotreload-..`, a folder for each version \
of this command; the one that was used last, and the one before, stay until this removes them. Hosts keep \
copies of libraries among the temporary files; the next one to start removes those of hosts that have ended.

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
        let size = about(size_of(path));
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

/// Of all files in a folder. What vanishes meanwhile does not count.
fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(it) if it.is_dir() => size_of(&entry.path()),
            Ok(it) => it.len(),
            Err(_) => 0,
        })
        .sum()
}
