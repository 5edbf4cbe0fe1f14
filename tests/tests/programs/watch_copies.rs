//! Programs beside copies of the project that they were compiled in: each builds what it lies in, or
//! what it was started in, and leaves the other one alone.
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Command};

use tests::{
    Workspace,
    control::{Control, short_folder, socket},
    dev::{bundle, source},
    fixture::{cargo, target_dir},
};

use crate::watch_builds::{Running, host, write_linked_host};

fn workspace(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    bundle(&workspace, &format!("{name}_subject"), "1");
    write_linked_host(&workspace, name);
    workspace
}

/// A copy of a whole folder; `how` is for `cp`.
fn copy(from: &Path, how: &str, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg(how).args([from, to]).status().unwrap().success());
}

fn start(program: &Path, folder: &Path) -> Running {
    let mut command = host(program, None);
    command.current_dir(folder).env_remove("CARGO_MANIFEST_DIR");
    Running::start(command)
}

/// Saves there, which is nothing to this host, asks for a reload, and saves here.
fn only_this_one_counts(running: &Running, name: &str, here: &Path, there: &Path, value: u32) {
    fs::write(there, source("100")).unwrap();
    let answer = Control::to(&socket(running.id())).ask(serde_json::json!({"do": "reload"}));
    assert_eq!(answer["ok"], true, "{answer}");
    // The program's own source, beside the bundle's.
    let main = here.ancestors().nth(3).unwrap().join(name).join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(main, format!("{text}\n// another line\n")).unwrap();
    running.wait("line main.rs belongs to the host: restart it");
    fs::write(here, source(&(value + 1).to_string())).unwrap();
    running.wait(&format!("value {}", value + 1));
    // Each line is followed by the value.
    assert_eq!((running.count("line lib.rs"), running.count("value 100")), (0, 0));
}

#[test]
fn a_worktree_is_built_by_the_program_that_was_started_in_it() {
    let name = "builds_worktree";
    let workspace = workspace(name);
    // Outside of the target folder, in which cargo would tell sources apart by their whole paths.
    let folder = short_folder(name).canonicalize().unwrap();
    let [original, worktree] = ["original", "worktree"].map(|it| folder.join(it));
    copy(workspace.folder(), "-R", &original);
    let mut build = cargo();
    build.current_dir(&original).args(["build", "--offline", "-p", name]);
    assert!(build.status().unwrap().success());
    copy(&original, "-R", &worktree);
    let lib = Path::new("builds_worktree_subject/src/lib.rs");
    let (here, there) = (worktree.join(lib), original.join(lib));
    fs::write(&here, source("5")).unwrap();
    let running = start(&target_dir().join("debug").join(name), &worktree.join(name));
    let remark = running.wait("what runs was compiled in");
    for folder in [&worktree, &original] {
        let package = folder.join("builds_worktree_subject").display().to_string();
        assert!(remark.contains(&package), "{remark}");
    }
    running.wait("ready 5");
    only_this_one_counts(&running, name, &here, &there, 5);
    assert_eq!(running.count(&remark), 1);
    drop(running);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[cfg(feature = "exhaustive")]
fn a_copy_with_its_target_folder_is_a_project_of_its_own() {
    let name = "builds_copied";
    let workspace = workspace(name);
    let built = workspace.cargo_at_home(&["build", "-p", name]).program_in_place(name);
    let original = workspace.folder();
    let [here, moved] = ["copy", "moved"].map(|it| original.with_extension(it));
    copy(original, "-a", &here);
    let lib = Path::new("builds_copied_subject/src/lib.rs");
    let program = built.strip_prefix(original).unwrap();
    {
        let running = start(&here.join(program), Path::new("/"));
        running.wait("what runs was compiled in");
        let library = running.wait("library ");
        assert!(library.contains(here.to_str().unwrap()), "{library}");
        running.wait("ready 1");
        only_this_one_counts(&running, name, &here.join(lib), &original.join(lib), 1);
    }
    // Moved, as a container's mount moves it; the original is gone.
    let _ = fs::remove_dir_all(&moved);
    fs::rename(&here, &moved).unwrap();
    fs::remove_dir_all(original).unwrap();
    let running = start(&moved.join(program), Path::new("/"));
    running.wait("ready 2");
    fs::write(moved.join(lib), source("3")).unwrap();
    running.wait("value 3");
    assert!(running.find("what runs was compiled in").is_none());
    drop(running);
    fs::remove_dir_all(&moved).unwrap();
}
