//! What rustc alone compiles of a bundle that cargo builds together with its host.
#![cfg(target_os = "linux")]

use std::{
    cell::Cell,
    fs,
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use tests::{
    fixture::{cargo, target_dir},
    project::{Piped, Project, assert_gone, id},
    wait_until,
};

/// Tells types of the bundle and of the framework from all others, and is the same in each generation.
fn identity(number: u32) -> String {
    format!(
        "{{ use std::{{any::TypeId, hash::{{DefaultHasher, Hash, Hasher}}}};
        struct Own;
        std::hint::black_box({number});
        let mut hasher = DefaultHasher::new();
        TypeId::of::<(Own, hot::State<u8>, hot::Undefined)>().hash(&mut hasher);
        hasher.finish() as u32 | 1 }}"
    )
}

/// Is `with`, or `without` where the `hot` that the bundle is compiled with has no host: a name that `hot`
/// does not have is the block's own.
fn by_the_host(with: u32, without: u32) -> String {
    format!(
        "{{ #[allow(dead_code, reason = \"where `hot` has one\")] struct Host;
        {{ #[allow(unused_imports, reason = \"where it has none\")] use hot::*;
        if size_of::<Host>() == 0 {{ {without} }} else {{ {with} }} }} }}"
    )
}

/// Panics once, in the line that is given after these lines, and is this number.
fn panics(lines: usize, number: u32) -> String {
    let lines = "\n".repeat(lines);
    format!(
        "static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {{ let _ = std::panic::catch_unwind(|| {{ {lines}
            panic!(\"on purpose\") }}); }});
        {number}"
    )
}

/// The program, and which generation is live.
struct Run {
    project: Project,
    piped: Piped,
    generation: Cell<u32>,
}

impl Run {
    /// Saves, and gives the line that says that it is live.
    fn live(&self, answer: &str) -> String {
        self.generation.set(self.generation.get() + 1);
        self.project.edit(answer);
        let live = format!("generation {} is live", self.generation.get());
        self.piped.wait_for(&live);
        let text = self.piped.text();
        text.lines().find(|it| it.contains(&live)).unwrap().to_owned()
    }

    fn by_rustc(&self, answer: &str) -> bool {
        self.live(answer).contains("by rustc alone")
    }

    /// Until rustc's first call is over, saves are cargo's.
    fn until_by_rustc(&self, answer: impl Fn(u32) -> String) {
        let mut number = 1;
        while !self.by_rustc(&answer(number)) {
            number += 1;
            assert!(number < 100, "saves are never rustc's alone: {}", self.piped.text());
            sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn rustc_alone_is_given_no_host() {
    let facade = target_dir().join("debug/hotreload/facade");
    let _ = fs::remove_dir_all(&facade);
    let project = Project::shared();
    project.edit(&identity(0));
    let mut command = project.command(&["run"]);
    command.env("RUST_BACKTRACE", "1");
    let piped = Piped::start(command);
    piped.wait_for("answer ");
    let run = Run { project, piped, generation: Cell::new(1) };
    let piped = &run.piped;
    run.until_by_rustc(identity);
    assert!(run.by_rustc(&identity(0)));
    let text = piped.text();
    assert_eq!(text.matches("\nanswer ").count(), 1, "types have other identities: {text}");
    let made = fs::read_dir(&facade).unwrap().flatten();
    assert!(made.map(|it| it.path()).any(|it| it.extension().is_some_and(|it| it == "rlib")));
    assert!(run.by_rustc(&by_the_host(6000, 6001)));
    piped.wait_for("answer 6001.");

    for (lines, number) in [(0, 6002), (7, 6003)] {
        assert!(run.by_rustc(&panics(lines, number)));
        piped.wait_for(&format!("answer {number}."));
    }
    for line in [5, 12] {
        // By the debug information; what the panic itself says of its place has no such word before it.
        piped.wait_for(&format!(" at ./usual-rules/src/lib.rs:{line}:13\n"));
    }

    the_lock_is_an_editors(&run);

    // The bundle sets a variable of its host's, and is made of it the next time.
    let sets = "unsafe { std::env::set_var(\"HOT_REPLAYED\", \"6005\") }; 6004";
    assert!(run.by_rustc(sets));
    piped.wait_for("answer 6004.");
    let line = run.live("option_env!(\"HOT_REPLAYED\").map_or(0, |it| it.parse().unwrap())");
    assert!(line.contains("the variable HOT_REPLAYED was changed"), "{line}");
    piped.wait_for("answer 6005.");
    run.until_by_rustc(|number| format!("6200 + {number}"));

    // A bundle may use what hosts have. It is compiled with that, then, and goes on so.
    assert!(run.by_rustc("size_of::<hot::Host>() as u32 * 0 + 7000"));
    piped.wait_for("answer 7000.");
    assert!(run.by_rustc(&by_the_host(7001, 0)));
    piped.wait_for("answer 7001.");
    run.project.edit("nothing_of_this_name");
    piped.wait_for("HOT0704");
    assert_eq!(piped.text().matches("cannot find value `nothing_of_this_name`").count(), 1);
    assert!(run.by_rustc("7002"));
    piped.wait_for("answer 7002.");
    let Run { project, piped, .. } = run;
    drop(piped);
    the_first_save_of_a_start_is_rustcs(&project);
}

/// Cargo has nothing to compile at the second start, and rustc's call is known from the first.
fn the_first_save_of_a_start_is_rustcs(project: &Project) {
    const SECRET: &str = "nobody is to keep this";
    let start = || {
        let mut command = project.command(&["run"]);
        command.env("TOKEN", SECRET);
        let run = Piped::start(command);
        run.wait_for("answer 7002.");
        run
    };
    drop(start());
    let run = start();
    // A save before rustc has read the sources is cargo's.
    wait_until(|| waiting(&run).is_some());
    project.edit("7003");
    run.wait_for("generation 2 is live");
    run.wait_for("answer 7003.");
    assert!(run.text().contains("by rustc alone"), "{}", run.text());
    let kept = fs::read(target_dir().join("debug/hotreload/usual_rules.captured")).unwrap();
    let kept = String::from_utf8_lossy(&kept);
    assert!(kept.contains("CARGO_PKG_NAME=usual-rules") && !kept.contains(SECRET), "{kept}");
    what_waits_ends_with_its_host(&run);
}

/// The rustc that waits for the program's next save.
fn waiting(run: &Piped) -> Option<u32> {
    let host = id(&run.text(), "process")?;
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|it| it.file_name());
    processes.filter_map(|it| it.to_str()?.parse().ok()).find(|process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        parent == Some(&host.to_string()) && command.ends_with(b"\0@/dev/stdin\0")
    })
}

/// A rustc waits for the next save, and nobody is left to tell it that there is none.
fn what_waits_ends_with_its_host(run: &Piped) {
    let host = id(&run.text(), "process").unwrap();
    wait_until(|| waiting(run).is_some());
    let waiting = waiting(run).unwrap();
    // SAFETY: takes numbers only; the command has not waited for the program yet, or has it end at once.
    unsafe { libc::kill(i32::try_from(host).unwrap(), libc::SIGKILL) };
    assert_gone(waiting);
}

/// Cargo's wrapper of rustc, which keeps cargo at work, and so the lock with cargo.
const WAITS: &str = "#!/bin/sh
case \"$*\" in
    *\"--crate-name ___\"*|*-vV*) exec \"$@\";;
esac
: > \"$(dirname \"$0\")/has-begun\"
exec sleep 1000
";

/// What an editor's cargo has begun, and what that has started.
struct Check(Child);

impl Drop for Check {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).unwrap();
        // SAFETY: takes numbers only; the group's first process was not waited for.
        unsafe { libc::kill(-group, libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

/// As rust-analyzer does it after each save: it works as long as it likes, and nobody waits for it.
fn the_lock_is_an_editors(run: &Run) {
    let folder = run.project.workspace.folder();
    let waits = folder.join("out/waits");
    run.project.workspace.write("out/waits", WAITS);
    fs::set_permissions(&waits, fs::Permissions::from_mode(0o755)).unwrap();
    let has_begun = folder.join("out/has-begun");
    let _ = fs::remove_file(&has_begun);
    // So that there is something to compile for it.
    assert!(run.by_rustc("6100"));
    let mut check = cargo();
    check.current_dir(folder).args(["check", "--workspace", "--message-format=json", "--offline"]);
    check.env("RUSTC_WRAPPER", &waits).env("CARGO_TARGET_DIR", target_dir());
    check.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut check = Check(check.spawn().unwrap());
    wait_until(|| has_begun.exists());
    assert!(run.by_rustc("6101"));
    run.piped.wait_for("answer 6101.");
    assert!(check.0.try_wait().unwrap().is_none(), "the check is over");
}

/// A host has the command wait for the next save: as a wrapper that does not know yet what rustc is given.
#[test]
fn the_wrapper_is_told_later() {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    let rustc = format!("{}/bin/rustc", String::from_utf8(sysroot).unwrap().trim_end());
    let later = |given: &[u8]| {
        let mut wrapper = Command::new(tests::command());
        wrapper.env("HOTRELOAD_WRAPPER", "looks-on").env("RUSTC_WRAPPER", tests::command());
        wrapper.arg(&rustc).arg("@/dev/stdin");
        let wrapper = wrapper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut wrapper = wrapper.spawn().unwrap();
        wrapper.stdin.take().unwrap().write_all(given).unwrap();
        let output = wrapper.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let cfg = ["--print", "cfg", "--cfg", "text=\"of two words\""];
    let plain = Command::new(&rustc).args(cfg).output().unwrap().stdout;
    let plain = String::from_utf8(plain).unwrap();
    assert!(plain.contains("text=\"of two words\""));
    assert_eq!(later((cfg.join("\n") + "\n").as_bytes()), (true, plain));
    assert!(!later(b"--no-such-argument\n").0);
    // The host is gone.
    assert!(later(b"").1.contains("Usage: rustc"));
}
