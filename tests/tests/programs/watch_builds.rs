//! Builds that do not go well, or not where they usually do: in hosts of their own.
//!
//! Each host is a program that is built by cargo in a workspace of its own, as a user's is.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::SystemTime,
};

use tests::{
    Workspace,
    dev::{bundle, patiently, replace, source},
    fixture::cargo,
};

/// Loads the bundles that it is told, watches, and says its value whenever something happens.
const HOST: &str = r#"
use std::{sync::mpsc, time::Duration};

fn main() {
    let (lines, received) = mpsc::channel::<String>();
    let builder = hot::Host::builder().watch(move |line| lines.send(line.to_owned()).unwrap());
    let host = builder.start().unwrap();
    let bundles: Vec<_> = std::env::args().skip(1).collect();
    for name in &bundles {
        let bundle = host.load_crate(name).unwrap();
        println!("library {}", bundle.library().unwrap().display());
    }
    println!("ready {}", hot::get!(SUBJECT::value)());
    // It ends with whoever reads its output.
    loop {
        match received.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => println!("line {line}\nvalue {}", hot::get!(SUBJECT::value)()),
            Err(_) => {}
        }
    }
}

hot::import! { SUBJECT => { fn value() -> i32; } }
"#;

/// A running host and what it has printed.
pub(crate) struct Running {
    host: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut host = command.spawn().unwrap();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let read = |stream: Box<dyn std::io::Read + Send>| {
            let lines = lines.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    lines.lock().unwrap().push(line);
                }
            });
        };
        read(Box::new(host.stdout.take().unwrap()));
        read(Box::new(host.stderr.take().unwrap()));
        Running { host, lines }
    }

    /// Writes a line to its standard input.
    pub(crate) fn tell(&self, line: &str) {
        writeln!(self.host.stdin.as_ref().unwrap(), "{line}").unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.host.wait().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.host.id()
    }

    pub(crate) fn find(&self, what: &str) -> Option<String> {
        self.lines.lock().unwrap().iter().find(|line| line.contains(what)).cloned()
    }

    /// Waits for a line in which this stands.
    pub(crate) fn wait(&self, what: &str) -> String {
        patiently(what, || {
            let found = self.find(what);
            assert!(found.is_some() || self.find("panicked at").is_none(), "the host panicked");
            found
        })
    }

    /// Waits for the line of this number, from one, that begins with this.
    pub(crate) fn wait_for(&self, start: &str, number: usize) -> String {
        patiently(start, || {
            let lines = self.lines.lock().unwrap();
            lines.iter().filter(|line| line.starts_with(start)).nth(number - 1).cloned()
        })
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.host.kill();
        let _ = self.host.wait();
        if thread::panicking() {
            eprintln!("{}", self.lines.lock().unwrap().join("\n"));
        }
    }
}

/// A workspace with the host and a bundle whose value is 1. All are built in one folder, so it has a
/// name of its own.
pub(crate) fn workspace(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    let subject = subject(name);
    bundle(&workspace, &subject, "1");
    write_host(&workspace, name, &subject);
    workspace
}

pub(crate) fn write_host(workspace: &Workspace, name: &str, subject: &str) {
    workspace.package(name, "", "\"watch\"", "");
    workspace.write(&format!("{name}/src/main.rs"), &HOST.replace("SUBJECT", subject));
}

/// As [`write_host`], of a host that is linked with the bundle, whose place is compiled in.
pub(crate) fn write_linked_host(workspace: &Workspace, name: &str) {
    let subject = subject(name);
    let dependency = format!("{subject}.path = \"../{subject}\"");
    workspace.package(name, "", "\"watch\"", &dependency);
    let host = HOST.split("hot::import!").next().unwrap().replace("SUBJECT", &subject);
    workspace.write(&format!("{name}/src/main.rs"), &host);
}

fn subject(name: &str) -> String {
    format!("{name}_subject")
}

/// A file of the bundle's package.
fn of_bundle(workspace: &Workspace, file: &str) -> PathBuf {
    let name = workspace.folder().file_name().unwrap().to_str().unwrap();
    workspace.folder().join(subject(name)).join(file)
}

pub(crate) fn lib(workspace: &Workspace) -> PathBuf {
    of_bundle(workspace, "src/lib.rs")
}

/// The host, started by this program in its place, if there is one, with the environment that
/// `cargo run` would give it.
pub(crate) fn host(program: &Path, by: Option<Command>) -> Command {
    let mut host = by.unwrap_or_else(|| Command::new(program));
    for (name, value) in cargo().get_envs() {
        match value {
            Some(value) => host.env(name, value),
            None => host.env_remove(name),
        };
    }
    let name = program.file_name().unwrap();
    let workspaces = tests::fixture::root().join("workspaces");
    host.env("CARGO_MANIFEST_DIR", workspaces.join(name).join(name));
    host.arg(subject(name.to_str().unwrap()));
    host
}

/// Builds the host and starts it, in the target folder that all fixtures share.
fn start(workspace: &Workspace, name: &str) -> Running {
    let program = workspace.cargo(&["build", "-p", name]).program_in_place(name);
    let running = Running::start(host(&program, None));
    running.wait("ready 1");
    running
}

#[test]
fn a_build_that_is_killed_is_refused_and_the_next_save_works() {
    let workspace = workspace("builds_killed");
    let running = start(&workspace, "builds_killed");
    // A build that takes long enough to be found.
    let script = of_bundle(&workspace, "build.rs");
    fs::write(&script, "fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }")
        .unwrap();
    let cargo = patiently("a build", || {
        let script = |pid: &u32| name_of(*pid).is_some_and(|name| name.contains("build-script"));
        let children = children(running.id());
        children.into_iter().find(|cargo| descendants(*cargo).iter().any(script))
    });
    let left = descendants(cargo);
    // SAFETY: kill takes no pointers; the process is the one that this test's host has started.
    assert_eq!(unsafe { libc::kill(cargo.cast_signed(), libc::SIGKILL) }, 0);
    running.wait("not reloaded: HOT0705");
    // Killed alone, cargo leaves the script behind, which must not go on.
    assert!(!left.is_empty());
    left.into_iter().for_each(|pid| patiently("an end", || has_ended(pid).then_some(())));
    assert_eq!(running.wait("value "), "value 1");
    fs::remove_file(script).unwrap();
    replace(&lib(&workspace), &source("2"));
    running.wait("value 2");
}

/// A program may have its own picture on the terminal.
#[test]
fn reports_go_where_the_lines_go_and_nowhere_else() {
    let workspace = workspace("builds_reports");
    let running = start(&workspace, "builds_reports");
    let unknown = "pub struct Own;\n#[hot::export]\n\
                   impl Own {\n    pub fn lent(&self) {}\n    pub fn given(self) {}\n}\n";
    fs::write(lib(&workspace), source("1") + unknown).unwrap();
    running.wait("not reloaded: HOT0704");
    let lines = running.lines.lock().unwrap().clone();
    let place = |start: &str| {
        let mut found =
            lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with(start));
        let place = found.next().unwrap_or_else(|| panic!("no {start}")).0;
        assert!(found.next().is_none(), "{start} twice");
        place
    };
    // The whole report, once, before the line.
    let report = place("line error[E0277]: the layout of `Own` is not known");
    assert!(lines[report + 1].contains("--> builds_reports_subject/src/lib.rs:8:6"));
    let note = place("= note: if the type is yours");
    assert!(report < note && note < place("line builds_reports_subject: not reloaded"));
    assert_eq!(running.count("error"), 0, "on standard error");
    // What only cargo knows.
    let manifest = of_bundle(&workspace, "Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\nnowhere = {{ path = \"nowhere\" }}\n")).unwrap();
    running.wait("not reloaded: HOT0705");
    assert!(running.find("nowhere/Cargo.toml").is_some());
    assert_eq!(running.count("error"), 0, "on standard error");
}

#[test]
fn a_stale_build_is_ended_with_all_its_processes() {
    let workspace = workspace("builds_stale");
    let running = start(&workspace, "builds_stale");
    let script = of_bundle(&workspace, "build.rs");
    fs::write(&script, "fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }")
        .unwrap();
    let processes = patiently("a build", || {
        let all = descendants(running.id());
        let is_script = |pid: &u32| name_of(*pid).is_some_and(|it| it.contains("build-script"));
        all.iter().any(is_script).then_some(all)
    });
    fs::write(&script, "fn main() {}").unwrap();
    replace(&lib(&workspace), &source("3"));
    running.wait("value 3");
    assert!(processes.len() >= 2);
    for pid in processes {
        assert!(has_ended(pid), "{pid} lives");
    }
    assert_eq!(running.count("line "), 1);
}

#[test]
fn two_hosts_on_one_workspace_both_get_the_edit() {
    let workspace = workspace("builds_two");
    let program = workspace.cargo(&["build", "-p", "builds_two"]).program_in_place("builds_two");
    let hosts = [host(&program, None), host(&program, None)].map(Running::start);
    hosts.iter().for_each(|host| drop(host.wait("ready 1")));
    for value in [2, 3, 4] {
        fs::write(lib(&workspace), source(&value.to_string())).unwrap();
        hosts.iter().for_each(|host| drop(host.wait(&format!("value {value}"))));
    }
    // What one has built is up to date for the other, and becomes live all the same.
    hosts.iter().for_each(|host| assert_eq!(host.count("line "), 3));
}

#[test]
fn a_full_disk_is_refused_and_with_room_the_next_save_works() {
    let workspace = workspace("builds_full");
    let program = workspace.cargo(&["build", "-p", "builds_full"]).program_in_place("builds_full");
    // No file may grow beyond what a library needs: the linker fails as on a full disk.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -S -f 2000000; exec \"$0\" \"$@\""]).arg(&program);
    let running = Running::start(host(&program, Some(limited)));
    running.wait("ready 1");
    limit(running.id(), 100 << 10);
    fs::write(lib(&workspace), source("2")).unwrap();
    let line = running.wait("not reloaded: HOT07");
    assert!(line.starts_with("line builds_full_subject"), "{line}");
    assert_eq!(running.wait("value "), "value 1");
    limit(running.id(), libc::RLIM_INFINITY);
    // Saved again as it is.
    fs::write(lib(&workspace), source("2")).unwrap();
    running.wait("value 2");
}

/// Limits the size of files that a process and those that it starts may write.
fn limit(pid: u32, bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the pointer is to a whole value, which is only read; the last one may be null.
    let result = unsafe {
        libc::prlimit(pid.cast_signed(), libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut())
    };
    assert_eq!(result, 0);
}

/// A build script that tells when it has begun, and waits to be told to end.
const SLOW: &str = r#"fn main() {
    std::fs::write("../target/begun", "").unwrap();
    while !std::path::Path::new("../target/go").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}"#;

#[test]
fn a_parallel_cargo_is_waited_for_and_not_disturbed() {
    let workspace = workspace("builds_parallel");
    let running = start(&workspace, "builds_parallel");
    let other = Workspace::new("builds_parallel_other");
    other.write("slow/Cargo.toml", "[package]\nname = \"builds_slow\"\nversion = \"0.1.0\"\n");
    other.write("slow/src/lib.rs", "");
    // It has the lock of the target folder until it is told to go on. A script that an earlier run has
    // compiled and run would not run again.
    let started = SystemTime::now();
    let script = format!("// {started:?}\n{SLOW}");
    other.write("slow/build.rs", &script);
    fs::create_dir_all(other.folder().join("target")).unwrap();
    let mut slow = cargo();
    slow.current_dir(other.folder()).args(["build", "--offline"]).stderr(Stdio::null());
    let mut slow = slow.spawn().unwrap();
    patiently("a lock", || other.folder().join("target/begun").exists().then_some(()));
    fs::write(lib(&workspace), source("2")).unwrap();
    let waiting = patiently("a build", || children(running.id()).first().copied());
    // Stale while it waits: the next one waits in its place.
    fs::write(lib(&workspace), source("3")).unwrap();
    patiently("another build", || children(running.id()).into_iter().find(|pid| *pid != waiting));
    assert_eq!(running.count("line "), 0);
    fs::write(other.folder().join("target/go"), "").unwrap();
    running.wait("value 3");
    assert!(slow.wait().unwrap().success());
    assert_eq!(running.count("line "), 1);
}

#[test]
fn an_edit_among_more_events_than_the_system_keeps_is_seen() {
    let workspace = workspace("builds_overflow");
    let running = start(&workspace, "builds_overflow");
    let signal = |signal| {
        // SAFETY: kill takes no pointers; the process is this test's own child.
        assert_eq!(unsafe { libc::kill(running.id().cast_signed(), signal) }, 0);
    };
    let kept = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let kept: usize = kept.trim().parse().unwrap();
    signal(libc::SIGSTOP);
    let folder = lib(&workspace).parent().unwrap().to_owned();
    for number in 0..kept / 2 {
        let file = folder.join(format!("{number}.txt"));
        fs::write(&file, "x").unwrap();
        fs::remove_file(file).unwrap();
    }
    fs::write(lib(&workspace), source("2")).unwrap();
    signal(libc::SIGCONT);
    running.wait("value 2");
    fs::write(lib(&workspace), source("3")).unwrap();
    running.wait("value 3");
    assert_eq!(running.count("line "), 2);
}

#[test]
fn the_limit_of_watched_folders_is_told_once() {
    let workspace = workspace("builds_limit");
    for folder in ["a", "b", "c", "d"] {
        let folder = of_bundle(&workspace, "src").join(folder);
        fs::create_dir_all(folder).unwrap();
    }
    let program = workspace.cargo(&["build", "-p", "builds_limit"]);
    let program = program.program_in_place("builds_limit");
    // The limit of a namespace of users.
    let script = "echo 3 > /proc/sys/user/max_inotify_watches || echo no limits here; \
                  exec \"$0\" \"$@\"";
    let mut limited = Command::new("unshare");
    limited.args(["-r", "sh", "-c", script]).arg(&program);
    let running = Running::start(host(&program, Some(limited)));
    patiently("a start", || running.find("ready 1").or_else(|| running.find("unshare:")));
    if running.find("ready 1").is_none() || running.find("no limits here").is_some() {
        println!("this machine does not allow namespaces");
        return;
    }
    let line = running.wait("HOT0706");
    assert!(line.contains("max_user_watches"), "{line}");
    running.wait("value 1");
    assert_eq!(running.count("line "), 1);
}

/// Whether there is no such process, or only what is left of it.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
}

pub(crate) fn name_of(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).ok().filter(|it| !it.is_empty())
}

pub(crate) fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn descendants(pid: u32) -> Vec<u32> {
    let mut all = children(pid);
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        all.extend(children(pid));
    }
    all
}
