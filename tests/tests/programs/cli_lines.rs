//! `cargo hotreload run` without a terminal, what it builds, and `status`.
#![cfg(unix)]

use std::{fs, io::Write, os::unix::process::ExitStatusExt, path::Path, process::Stdio};

use serde_json::Value;
use tests::{
    control::short_folder,
    project::{Piped, Project, assert_gone, id},
    workspace::{BUNDLE, HOST_FEATURES},
};

#[test]
fn without_a_terminal_there_are_lines() {
    let project = Project::shared();
    for (signal, code) in [(libc::SIGTERM, 143), (libc::SIGINT, 130)] {
        project.edit("1");
        let mut run = Piped::start(project.command(&["run", "--", "family"]));
        run.wait_for("answer 1.");
        let text = run.text();
        let (process, child) = (id(&text, "process").unwrap(), id(&text, "child").unwrap());
        project.edit("2");
        run.wait_for("answer 2.");
        run.wait_for("generation 2 is live");
        project.edit("nothing");
        run.wait_for("cannot find value `nothing`");
        run.wait_for("HOT0704");
        project.edit("3");
        run.wait_for("answer 3.");
        run.wait_for("generation 3 is live");
        let text = run.text();
        assert_eq!(text.matches("is live").count(), 2, "{text}");
        assert_eq!(text.matches("cannot find value").count(), 1, "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        run.signal(signal);
        assert_eq!(run.child.wait().unwrap().code(), Some(code));
        assert_gone(process);
        assert_gone(child);
    }
    let mut command = project.command(&["run", "--", "stdin"]);
    let mut run = Piped::start({
        command.stdin(Stdio::piped());
        command
    });
    run.child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    run.wait_for("read hello");
}

/// Built with other features, a crate that both share would be another one.
#[test]
fn features_count_for_the_bundles_too() {
    let project = Project::new("features");
    let shared = "features-shared = { path = \"../features-shared\" }";
    project.workspace.package("features-shared", "[features]\nhard = []", "", "");
    project.workspace.write(
        "features-shared/src/lib.rs",
        "pub const LEVEL: u32 = if cfg!(feature = \"hard\") { 20 } else { 10 };",
    );
    project.workspace.package("features-rules", BUNDLE, "", shared);
    let more = "[features]\nhard = [\"features-shared/hard\"]";
    let with_shared = format!("libc = \"0.2\"\n{shared}");
    project.workspace.package("features-game", more, HOST_FEATURES, &with_shared);
    project.edit("features_shared::LEVEL");
    let run = Piped::start(project.command(&["run", "--features", "hard"]));
    run.wait_for("answer 20.");
    project.edit("features_shared::LEVEL + 1");
    run.wait_for("answer 21.");
}

#[test]
fn what_cannot_be_built_or_chosen_is_said_by_cargo() {
    let project = Project::new("broken");
    project
        .workspace
        .write("broken-game/src/bin/second.rs", "fn main() { println!(\"the second\"); }");
    let run = |arguments: &[&str]| {
        let output = project.command(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text, String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, errors, _) = run(&["run"]);
    assert_eq!(code, Some(101), "{errors}");
    assert!(errors.contains("could not determine which binary to run"), "{errors}");
    let (code, errors, out) = run(&["hotreload", "run", "-p", "broken-game", "--bin", "second"]);
    assert_eq!((code, out.trim()), (Some(0), "the second"), "{errors}");
    assert_eq!(run(&["run", "-p", "nobody"]).0, Some(101));
    assert_eq!(run(&["run", "--manifest-path", "none/Cargo.toml"]).0, Some(101));
    assert_eq!(run(&["run", "--no-such-flag"]).0, Some(2));
    assert_eq!(run(&["run", "--release", "--profile", "dev"]).0, Some(2));
    project.workspace.write("broken-game/src/bin/second.rs", "fn main() { nothing }");
    let (code, errors, _) = run(&["run", "--bin", "second"]);
    assert_eq!(code, Some(101));
    assert!(errors.contains("cannot find value `nothing`"), "{errors}");
}

#[test]
fn running_hosts_are_listed() {
    let project = Project::shared();
    let base = short_folder("listed");
    let ask = |what: &str, arguments: &[&str]| {
        let mut command = project.command(&[&[what][..], arguments].concat());
        let output = command.env("XDG_RUNTIME_DIR", &base).env("TMPDIR", &base).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let status = |arguments: &[&str]| ask("status", arguments);
    let tidy = |arguments: &[&str]| ask("tidy", arguments);
    let start = || {
        let mut command = project.command(&["run"]);
        command.env("XDG_RUNTIME_DIR", &base).env("TMPDIR", &base);
        let run = Piped::start(command);
        run.wait_for("answer 1.");
        let process = id(&run.text(), "process").unwrap();
        (run, process)
    };
    assert_eq!(status(&[]), (Some(1), String::new(), "no host is running\n".to_owned()));
    assert_eq!(status(&["--format", "json"]).1, "[]\n");
    let (code, out, errors) = tidy(&[]);
    assert_eq!((code, &*out), (Some(2), ""));
    assert!(errors.contains("no host is running"), "{errors}");

    let (first, second) = (start(), start());
    let (code, out, errors) = status(&[]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    // Under one another.
    let names = ["process", "program", "bundles", "sources"];
    assert!(out.lines().next().unwrap().split_whitespace().eq(names), "{out}");
    let places: Vec<_> = out.lines().skip(1).map(|line| line.find("usual-rules 1")).collect();
    assert_eq!(places, [out.find("bundles"); 2], "{out}");
    for (_, process) in [&first, &second] {
        let row = [&process.to_string(), "usual-game", "usual-rules", "1", "watched"];
        assert!(out.lines().any(|line| line.split_whitespace().eq(row)), "{out}");
    }
    let (code, out, _) = status(&[&first.1.to_string()]);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with(&format!("usual-game, process {}, watched\n\nbundles\n", first.1)),
        "{out}"
    );
    assert!(out.contains("\n  usual_rules::answer  generation 1  fn() -> u32\n"), "{out}");
    assert!(!out.contains(&second.1.to_string()), "{out}");
    assert_eq!(status(&["usual-game"]).1.matches("usual_rules::answer").count(), 2);
    let json: Value = serde_json::from_str(&status(&["--format", "json"]).1).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[0]["status"]["bundles"][0]["generation"], 1);
    assert_eq!(status(&["nobody"]).0, Some(1));
    let (code, out, _) = tidy(&[]);
    assert_eq!((code, out.matches("every attribute is needed\n").count()), (Some(0), 2), "{out}");
    let json: Value = serde_json::from_str(&tidy(&["--format", "json"]).1).unwrap();
    assert_eq!(
        (json.as_array().unwrap().len(), &json[1]["attributes"]),
        (2, &Value::Array(vec![]))
    );
    assert_eq!(status(&["--format", "xml"]).0, Some(2));

    // One that is stopped is listed, one that was killed is not.
    // SAFETY: takes numbers only; both are alive.
    unsafe {
        libc::kill(first.1.try_into().unwrap(), libc::SIGSTOP);
        libc::kill(second.1.try_into().unwrap(), libc::SIGKILL);
    }
    let mut second = second;
    assert_eq!(second.0.child.wait().unwrap().code(), Some(137));
    let (code, out, _) = status(&[]);
    assert_eq!(code, Some(0));
    let silent = out.lines().find(|line| line.contains("it does not answer")).unwrap();
    assert_eq!(silent.split_whitespace().next(), Some(&*first.1.to_string()), "{out}");
    assert!(!out.contains(&second.1.to_string()), "{out}");
    // SAFETY: as above.
    unsafe { libc::kill(first.1.try_into().unwrap(), libc::SIGCONT) };
    drop(first);
    assert_eq!(status(&[]).0, Some(1));
    fs::remove_dir_all(base).unwrap();
}

#[test]
fn the_end_of_a_pipe_is_no_panic() {
    let project = Project::shared();
    let mut command = project.command(&["status"]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.signal().is_none());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    assert!(Path::new(&tests::command()).is_file());
}
