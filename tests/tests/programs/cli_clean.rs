//! `cargo hotreload clean`: what nobody needs goes, and nothing else.
#![cfg(unix)]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use tests::{Workspace, child::text, project::Project, wait_until};

fn put(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "a".repeat(1000)).unwrap();
}

#[test]
fn what_earlier_runs_have_left() {
    let workspace = Workspace::new("clean");
    workspace.write(
        "alone/Cargo.toml",
        "[package]\nname = \"clean-alone\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    workspace.write("alone/src/lib.rs", "");
    let target = workspace.folder().join("target");
    let builds = |name: &str| {
        let folder = target.join(name);
        put(&folder.join("hotreload-wrapper"));
        put(&folder.join("debug/deps/a"));
        folder
    };
    let (old, used) = (builds("hotreload-1"), builds("hotreload-2"));
    // SAFETY: asks for a number.
    let user = unsafe { libc::getuid() };
    let copies = |name: &str| -> PathBuf {
        let folder = workspace.folder().join(format!("out/hotreload-{user}")).join(name);
        put(&folder.join("lib-0.so"));
        put(&folder.join("lock"));
        folder
    };
    let (dead, alive) = (copies("host-1-0"), copies("host-2-0"));
    let alone = |profile: &str| {
        put(&target.join(profile).join(".cargo-lock"));
        put(&target.join(profile).join("hotreload/liba.so"));
        put(&target.join(profile).join("hotreload/incremental/a"));
        target.join(profile).join("hotreload")
    };
    let (by_rustc, is_built) = (alone("debug"), alone("some-target/release"));
    let builds_now = File::open(is_built.with_file_name(".cargo-lock")).unwrap();
    builds_now.lock().unwrap();
    let others = [
        target.join("hotreload-own/a"),
        target.join("debug/a"),
        target.join("a/hotreload/a"),
        alive.join("../a"),
    ];
    others.iter().for_each(|it| put(it));
    let builds_there = File::open(used.join("hotreload-wrapper")).unwrap();
    builds_there.lock_shared().unwrap();
    let lives = File::open(alive.join("lock")).unwrap();
    lives.lock().unwrap();

    // A child that another test starts has it, too, until it is another program.
    let is_free = |path: &Path| {
        let file = File::open(path).unwrap();
        wait_until(|| file.try_lock().is_ok());
    };
    let clean = |arguments: &[&str]| {
        let mut command =
            Project::command_in(workspace.folder(), &[&["clean"], arguments].concat());
        command.env_remove("CARGO_TARGET_DIR").env("TMPDIR", workspace.folder().join("out"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    for arguments in [&["--dry-run"][..], &[]] {
        assert!(old.exists() && dead.exists());
        let said = clean(arguments);
        for folder in [&old, &used, &dead, &by_rustc, &is_built] {
            assert!(said.contains(&format!("2.0 kB  {}", folder.display())), "{said}");
        }
        assert!(said.contains("hotreload-2  stays: somebody builds in it"), "{said}");
        assert!(said.contains("release/hotreload  stays: somebody builds in it"), "{said}");
        assert_eq!(said.lines().count(), 5, "{said}");
    }
    assert!(!by_rustc.exists() && target.join("debug/.cargo-lock").exists());
    assert!(is_built.join("liba.so").exists());
    drop(builds_now);
    assert!(!old.exists() && !dead.exists());
    assert!(used.join("debug/deps/a").exists() && alive.join("lib-0.so").exists());
    assert!(others.iter().all(|it| it.exists()));
    drop(builds_there);
    is_free(&is_built.with_file_name(".cargo-lock"));
    is_free(&used.join("hotreload-wrapper"));
    assert!(clean(&[]).contains("hotreload-2"));
    assert!(!is_built.exists());
    assert_eq!(clean(&[]), "there is nothing to remove\n");
}
