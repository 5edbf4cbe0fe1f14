//! What `cargo hotreload run` tells other programs: events as lines, places in a file.
#![cfg(unix)]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt as _,
    process::Child,
    sync::mpsc::{self, Receiver},
    thread,
};

use serde_json::{Value, json};
use tests::{
    PATIENCE,
    control::{form, page},
    fixture::root,
    project::{PROGRAM, Piped, Project},
    wait_until,
};

/// The command, which prints events.
struct Events {
    child: Child,
    lines: Receiver<String>,
    /// The lines that docs/control.md shows.
    known: Vec<Value>,
    /// Where its standard error goes.
    errors: &'static str,
}

impl Events {
    fn start(project: &Project, name: &'static str, arguments: &[&str]) -> Events {
        let arguments = [&["run", "--format", "json"], arguments].concat();
        let errors = File::create(root().join(name)).unwrap();
        let mut command = project.command(&arguments);
        let mut child = command.process_group(0).stderr(errors).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let out = child.stdout.take().unwrap();
        thread::spawn(move || {
            let mut lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.all(|line| send.send(line).is_ok())
        });
        Events { child, lines, known: page().pop().unwrap(), errors: name }
    }

    /// The next event, which is as the page says.
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("an event");
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let alike = |it: &&Value| {
            it["event"] == event["event"] && it.get("outcome") == event.get("outcome")
        };
        let known = self.known.iter().find(alike).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(form(&event), form(known), "{line}");
        event
    }

    /// The next event of this kind, after any but those others.
    fn next_of(&self, kind: &str, no: &[&str]) -> Value {
        loop {
            let event = self.next();
            if event["event"] == kind {
                return event;
            }
            assert!(no.iter().all(|no| event["event"] != *no), "before {kind}: {event}");
        }
    }

    fn errors(&self) -> String {
        fs::read_to_string(root().join(self.errors)).unwrap()
    }

    fn signal(&self, signal: i32) {
        // SAFETY: takes numbers only; the child was not waited for.
        unsafe { libc::kill(self.child.id().try_into().unwrap(), signal) };
    }

    /// Waits until nothing comes any more; the exit code.
    fn end(&mut self) -> Option<i32> {
        if let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            panic!("after the last event: {line}");
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(libc::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

#[test]
fn each_event_is_a_line() {
    let project = Project::shared();
    let mut run = Events::start(&project, "events", &[]);
    assert_eq!(run.next(), json!({"event": "building", "bundles": []}));
    run.next_of("built", &["started"]);
    let process = run.next_of("started", &[])["pid"].clone();
    let connected = run.next_of("connected", &["ended"]);
    assert_eq!((&connected["pid"], &connected["watch"]), (&process, &json!("on")));
    if connected["status"]["bundles"] == json!([]) {
        run.next_of("loaded", &["saved"]);
    }

    project.edit("2");
    let building = run.next_of("building", &["saved"]);
    assert_eq!(building["bundles"], json!(["usual-rules"]));
    run.next_of("built", &["saved", "loaded"]);
    assert_eq!(run.next_of("loaded", &["saved"])["report"]["generation"], 2);
    let saved = run.next_of("saved", &[]);
    assert_eq!(
        (&saved["outcome"], &saved["reports"][0]["generation"]),
        (&json!("live"), &json!(2))
    );

    project.edit("true");
    let diagnostic = run.next_of("diagnostic", &["built"]);
    let rendered = diagnostic["rendered"].as_str().unwrap();
    assert!(rendered.starts_with("error[E0308]: mismatched types\n"), "{rendered:?}");
    assert_eq!(run.next_of("saved", &[])["error"]["reasons"][0]["code"], "HOT0704");

    let other = "hot::bundle!();\n#[hot::export]\npub fn answer() -> u64 { 2 }\n";
    project.workspace.write("usual-rules/src/lib.rs", other);
    let refused = run.next_of("refused", &["saved"]);
    let saved = run.next();
    assert_eq!((&saved["outcome"], &saved["error"]), (&json!("refused"), &refused["error"]));

    run.signal(libc::SIGTERM);
    let ended = run.next();
    let text = "the program was ended by signal 15 (SIGTERM) \
                (generation 2 of usual-rules was live, with your edit of `answer`)";
    assert_eq!((&ended["text"], &ended["code"]), (&json!(text), &json!(143)));
    assert_eq!(run.end(), Some(143));
    let errors = run.errors();
    assert!(errors.contains("answer 2.\n"), "what the program prints: {errors}");
    assert!(!errors.contains("HOT0704") && !errors.contains("mismatched"), "{errors}");

    let mut run = Events::start(&project, "events", &["--", "panic"]);
    let ended = run.next_of("ended", &["saved"]);
    let text = ended["text"].as_str().unwrap();
    let begins = "the program ended: panicked at usual-game/src/main.rs:";
    assert!(text.starts_with(begins) && text.contains(": on purpose"), "{text}");
    assert_eq!(run.end(), Some(101));
}

#[test]
fn places_are_in_a_file_after_each_build() {
    let project = Project::shared();
    let file = root().join("locations");
    let arguments = ["run", "--locations", file.to_str().unwrap()];
    let lines = || fs::read_to_string(&file).unwrap();
    let folder = project.workspace.folder().display().to_string();
    let rules = format!("{folder}/usual-rules/src/lib.rs");

    let main = PROGRAM.replace("NAME", "usual");
    let broken = format!("{main}fn broken() -> u32 {{ true }}");
    project.workspace.write("usual-game/src/main.rs", &broken);
    let output = project.command(&arguments).output().unwrap();
    project.workspace.write("usual-game/src/main.rs", &main);
    assert_eq!(output.status.code(), Some(101));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("error[E0308]: mismatched types\n"), "as without the file: {text}");
    let line = main.lines().count() + 1;
    let place = format!("{folder}/usual-game/src/main.rs:{line}:22");
    assert_eq!(lines(), format!("error {place} mismatched types\n"));

    let run = Piped::start(project.command(&arguments));
    run.wait_for("answer 1.");
    // The command hears of a build beside the program, which may print first.
    let become_lines = |wanted: &str| wait_until(|| lines() == wanted);
    become_lines("");
    project.edit("let _: i32 = (3); let _: u8 = \"a\"; 2");
    run.wait_for("HOT0704");
    let warning = format!("warning {rules}:3:39 unnecessary parentheses around assigned value\n");
    let error = format!("error {rules}:3:56 mismatched types\n");
    become_lines(&(error.clone() + &warning));
    project.edit("let _: i32 = (3); 2");
    run.wait_for("answer 2.");
    become_lines(&warning);
    project.edit("3");
    run.wait_for("answer 3.");
    become_lines("");

    let ran = project.command(&["run", "--locations", "nowhere/file"]).output().unwrap();
    let text = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{text}");
    assert!(text.starts_with("error: the locations cannot be written: nowhere/file: "), "{text}");
}

#[test]
fn builds_of_the_program_itself_are_events_too() {
    let project = Project::shared();
    let main = |more: &str| {
        let main = PROGRAM.replace("NAME", "usual");
        project.workspace.write("usual-game/src/main.rs", &format!("{main}{more}"));
    };
    let fails = |run: &Events| {
        let diagnostic = run.next_of("diagnostic", &["built"]);
        assert_eq!(diagnostic["error"], true);
        let rendered = diagnostic["rendered"].as_str().unwrap();
        assert!(rendered.contains("usual-game/src/main.rs:"), "{rendered}");
        let more = std::iter::repeat_with(|| run.next()).take_while(|it| it["event"] != "built");
        assert_eq!(more.filter(|it| it["error"] == true).count(), 0, "the sum is no report");
        assert_eq!(run.next(), json!({"event": "not_built", "code": 101}));
    };
    main("fn broken() -> u32 { true }");
    let mut run = Events::start(&project, "events_own", &[]);
    fails(&run);
    assert_eq!(run.end(), Some(101));
    assert!(run.errors().contains("could not compile `usual-game`"), "{}", run.errors());

    let run = Events::start(&project, "events_own", &["--restart"]);
    fails(&run);
    main("");
    run.next_of("started", &["not_built"]);
    run.next_of("connected", &["ended"]);
    main("fn broken() -> u32 { true }");
    assert_eq!(run.next_of("saved", &["ended"])["outcome"], "host");
    assert_eq!(run.next_of("ended", &["building"])["code"], 143);
    fails(&run);
    main("");
    run.next_of("started", &["not_built"]);
}
