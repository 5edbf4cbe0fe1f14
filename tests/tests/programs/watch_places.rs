//! Builds in target folders and profiles that a workspace names itself, and where none can be
//! written: for these, everything is compiled once more.

#![cfg(feature = "exhaustive")]
#![cfg(target_os = "linux")]

use std::{fs, path::PathBuf, process::Command};

use tests::{
    Workspace,
    dev::{patiently, source},
};

use crate::watch_builds::{Running, host, lib, workspace, write_host};

/// A target folder that the workspace itself names, and a profile `quick`. The folder stays from run
/// to run, for all that the host is linked with.
fn at_home(workspace: &Workspace) -> PathBuf {
    let home = tests::fixture::root().join("watch_builds");
    workspace.write(".cargo/config.toml", &format!("[build]\ntarget-dir = {home:?}\n"));
    let text = fs::read_to_string(workspace.folder().join("Cargo.toml")).unwrap();
    let profile = "[profile.quick]\ninherits = \"dev\"\ndebug = 0\n";
    workspace.write("Cargo.toml", &format!("{text}\n{profile}"));
    home
}

#[test]
fn custom_folders_profiles_and_names() {
    let workspace = Workspace::new("builds_custom");
    let home = at_home(&workspace);
    workspace.package(
        "other-name",
        "[lib]\nname = \"builds_custom_subject\"\ncrate-type = [\"rlib\", \"cdylib\"]",
        "",
        "",
    );
    let lib = workspace.folder().join("other-name/src/lib.rs");
    workspace.write("other-name/src/lib.rs", &source("1"));
    write_host(&workspace, "builds_custom", "builds_custom_subject");
    let built = workspace.cargo_at_home(&["build", "-p", "builds_custom", "--profile", "quick"]);
    let program = built.program_in_place("builds_custom");
    assert_eq!(program, home.join("quick/builds_custom"));
    let mut host = host(&program, None);
    // The working directory is of no interest.
    host.env_remove("CARGO_TARGET_DIR").current_dir("/");
    let running = Running::start(host);
    let library = running.wait("library ");
    assert!(library.contains("watch_builds/quick/") && library.contains("subject"), "{library}");
    running.wait("ready 1");
    fs::write(&lib, source("2")).unwrap();
    running.wait("value 2");
    // The workspace's own settings count.
    let settings = workspace.folder().join(".cargo/config.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("# A remark.\n{text}")).unwrap();
    running.wait("line config.toml: nothing changed");
    // The host's own source.
    let main = workspace.folder().join("builds_custom/src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(main, format!("{text}\n// another line\n")).unwrap();
    assert_eq!(running.wait("belongs to"), "line main.rs belongs to the host: restart it");
    assert_eq!(running.count("line "), 3);
}

#[test]
fn a_target_folder_that_cannot_be_written_is_refused() {
    // SAFETY: it takes nothing and cannot fail.
    if unsafe { libc::geteuid() } == 0 {
        return in_a_read_only_mount();
    }
    let workspace = workspace("builds_read_only");
    let home = at_home(&workspace);
    let built = workspace.cargo_at_home(&["build", "--profile", "quick"]);
    let mut command = host(&built.program_in_place("builds_read_only"), None);
    command.env_remove("CARGO_TARGET_DIR");
    let running = Running::start(command);
    running.wait("ready 1");
    let folder = home.join("quick/deps");
    let rights = fs::metadata(&folder).unwrap().permissions();
    let mut read_only = rights.clone();
    read_only.set_readonly(true);
    fs::set_permissions(&folder, read_only).unwrap();
    fs::write(lib(&workspace), source("2")).unwrap();
    let refused = patiently("a refusal", || running.find("not reloaded: HOT07"));
    fs::set_permissions(&folder, rights).unwrap();
    assert!(refused.starts_with("line builds_read_only_subject"), "{refused}");
    fs::write(lib(&workspace), source("3")).unwrap();
    running.wait("value 3");
}

/// Root writes everywhere, but not into what is mounted for reading only.
fn in_a_read_only_mount() {
    let workspace = workspace("builds_read_only");
    let name = "builds_read_only";
    let home = at_home(&workspace);
    let built = workspace.cargo_at_home(&["build", "--profile", "quick"]);
    let program = built.program_in_place(name);
    let switch = workspace.folder().join("target/switch");
    fs::create_dir_all(&switch).unwrap();
    // A mount of its own, which a second shell in it makes read-only and writable.
    let script = "set -e; mount --bind \"$1\" \"$1\"\n\
                  ( while :; do\n\
                      if [ -e \"$2/lock\" ]; then rm \"$2/lock\"; mount -o remount,ro,bind \"$1\"; touch \"$2/locked\"; fi\n\
                      if [ -e \"$2/free\" ]; then mount -o remount,rw,bind \"$1\"; rm \"$2/free\"; touch \"$2/freed\"; fi\n\
                      if [ -e \"$2/end\" ]; then exit; fi\n\
                      sleep 0.05\n\
                    done ) >/dev/null 2>&1 &\n\
                  p=\"$0\"; shift 2; exec \"$p\" \"$@\"\n";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script]).arg(&program).arg(&home).arg(&switch);
    let mut command = host(&program, Some(command));
    command.env_remove("CARGO_TARGET_DIR");
    for flag in ["lock", "locked", "free", "freed", "end"] {
        let _ = fs::remove_file(switch.join(flag));
    }
    let running = Running::start(command);
    patiently("a start", || running.find("ready 1").or_else(|| running.find("mount")));
    if running.find("ready 1").is_none() {
        println!("this machine does not allow mounts");
        return;
    }
    let turn = |order: &str, done: &str| {
        fs::write(switch.join(order), "").unwrap();
        patiently(done, || switch.join(done).exists().then_some(()));
    };
    turn("lock", "locked");
    fs::write(lib(&workspace), source("2")).unwrap();
    let refused = running.wait("not reloaded: HOT07");
    assert!(refused.starts_with("line builds_read_only_subject"), "{refused}");
    assert_eq!(running.wait("value "), "value 1");
    turn("free", "freed");
    fs::write(lib(&workspace), source("3")).unwrap();
    running.wait("value 3");
    fs::write(switch.join("end"), "").unwrap();
}
