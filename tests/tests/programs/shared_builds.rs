//! Builds with a shared library: the user's own wrappers of rustc are called, and what is built is built
//! once, whichever way is taken. The framework is compiled for itself, in two profiles: exhaustive.
#![cfg(all(target_os = "linux", feature = "exhaustive"))]

use std::{
    collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command,
};

use tests::{
    Workspace,
    fixture::{PROFILE, cargo},
    project::{Piped, Project},
    workspace::{BUNDLE, SHARING_HOST_FEATURES},
};

const MAIN: &str = "
fn main() {
    let host = hot::Host::start().unwrap();
    host.load_crate(\"tiny-rules\").unwrap();
    let mut last = 0;
    loop {
        let answer = tiny_rules::answer();
        if answer != last {
            println!(\"answer {answer}.\");
            last = answer;
        }
        if std::env::args().any(|it| it == \"end\") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
";

/// Names what it is to compile, then does it.
const WRAPPER: &str = "#!/bin/sh
previous=
for word; do
    [ \"$previous\" = --crate-name ] && echo \"$(basename \"$0\") $word\" >>LOG
    previous=$word
done
exec \"$@\"
";

struct Tiny(Workspace);

impl Tiny {
    fn new() -> Tiny {
        let tiny = Tiny(Workspace::new("shared-tiny"));
        let workspace = &tiny.0;
        let release =
            "[profile.release]\nlto = true\n[profile.release.package.\"*\"]\nopt-level = 0\n";
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"once\", \"tiny-*\"]\n";
        workspace.write("Cargo.toml", &format!("{manifest}\n{PROFILE}\n{release}"));
        workspace.write(
            "once/Cargo.toml",
            "[package]\nname = \"tiny-once\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        workspace.write("once/src/lib.rs", "pub static BASE: u32 = 40;\n");
        let once = "tiny-once = { path = \"../once\" }";
        workspace.package("tiny-rules", BUNDLE, "", once);
        tiny.edit(1);
        let rules = "tiny-rules = { path = \"../tiny-rules\" }";
        workspace.package("tiny-game", "", SHARING_HOST_FEATURES, &format!("{once}\n{rules}"));
        workspace.write("tiny-game/src/main.rs", MAIN);
        workspace.write("tiny-game/examples/tiny-demo.rs", MAIN);
        for name in ["for-all", "for-members"] {
            let path = format!("tools/{name}");
            let log = workspace.folder().join("log").display().to_string();
            workspace.write(&path, &WRAPPER.replace("LOG", &log));
            let path = workspace.folder().join(path);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        workspace.write(
            ".cargo/config.toml",
            "[build]\nrustc-workspace-wrapper = \"tools/for-members\"\n",
        );
        let output = tiny.command(&["share", "tiny-once"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        tiny
    }

    fn edit(&self, number: u32) {
        let shared = if self.0.folder().join("shared").exists() {
            "use shared_tiny_shared as _;\n"
        } else {
            ""
        };
        self.0.write(
            "tiny-rules/src/lib.rs",
            &format!("{shared}hot::bundle!();\n#[hot::export]\npub fn answer() -> u32 {{ tiny_once::BASE + {number} }}\n"),
        );
    }

    fn with_wrapper(&self, mut command: Command) -> Command {
        command.env("RUSTC_WRAPPER", self.0.folder().join("tools/for-all"));
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.with_wrapper(Project::command_in(self.0.folder(), arguments))
    }

    /// Runs the program until its end, which it says itself.
    fn run(&self, arguments: &[&str]) {
        let arguments = [&["run", "--once"], arguments, &["--", "end"]].concat();
        let mut run = Piped::start(self.command(&arguments));
        run.wait_for("answer 41.");
        assert!(run.child.wait().unwrap().success(), "{}", run.text());
    }

    /// `cargo build`, as people have it.
    fn build(&self) {
        let mut cargo = self.with_wrapper(cargo());
        let output =
            cargo.current_dir(self.0.folder()).args(["build", "--offline"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What was compiled since this was asked last, and by which wrapper.
    fn compiled(&self) -> BTreeSet<String> {
        let log: PathBuf = self.0.folder().join("log");
        let text = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        // Cargo asks what there is by a crate of this name.
        text.lines().filter(|line| !line.ends_with(" ___")).map(str::to_owned).collect()
    }
}

#[test]
fn builds_by_turns_compile_nothing_anew() {
    let tiny = Tiny::new();
    tiny.run(&[]);
    let compiled = tiny.compiled();
    for name in ["tiny_once", "tiny_rules", "tiny_game", "shared_tiny_shared"] {
        for wrapper in ["for-all", "for-members"] {
            assert!(compiled.contains(&format!("{wrapper} {name}")), "{name}: {compiled:?}");
        }
    }
    assert!(!compiled.contains("for-members hot_rt"), "{compiled:?}");
    tiny.build();
    tiny.run(&["--release"]);
    assert!(tiny.compiled().contains("for-members tiny_rules"));
    tiny.run(&["--example", "tiny-demo"]);
    assert!(tiny.compiled().contains("for-members tiny_demo"));
    for arguments in [&[][..], &["--release"], &["--example", "tiny-demo"], &[]] {
        tiny.build();
        tiny.run(arguments);
        assert_eq!(tiny.compiled(), BTreeSet::new(), "{arguments:?}");
    }

    // The host's own builds call them, too, and compile the bundle alone.
    let run = Piped::start(tiny.command(&["run"]));
    run.wait_for("answer 41.");
    tiny.edit(2);
    run.wait_for("answer 42.");
    let compiled = tiny.compiled();
    let expected = ["for-all tiny_rules", "for-members tiny_rules"];
    assert!(expected.iter().all(|it| compiled.contains(*it)), "{compiled:?}");
    let others =
        compiled.iter().filter(|it| !expected.contains(&&***it) && !it.ends_with("tiny_game"));
    assert_eq!(others.count(), 0, "{compiled:?}");
    drop(run);
    tiny.edit(1);
}
