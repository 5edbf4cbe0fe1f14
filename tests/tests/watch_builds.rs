//! Builds that do not go well, or not where they usually do: in hosts of their own.
//!
//! Each host is a program that is built by cargo in a workspace of its own, as a user's is.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
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
struct Running {
    host: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn start(mut command: Command) -> Running {
        let mut host = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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

    fn find(&self, what: &str) -> Option<String> {
        self.lines.lock().unwrap().iter().find(|line| line.contains(what)).cloned()
    }

    /// Waits for a line in which this stands.
    fn wait(&self, what: &str) -> String {
        patiently(what, || {
            let found = self.find(what);
            assert!(found.is_some() || self.find("panicked at").is_none(), "the host panicked");
            found
        })
    }

    fn count(&self, start: &str) -> usize {
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
fn workspace(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    let subject = subject(name);
    bundle(&workspace, &subject, "1");
    write_host(&workspace, name, &subject);
    workspace
}

fn write_host(workspace: &Workspace, name: &str, subject: &str) {
    workspace.package(name, "", "\"watch\"", "");
    workspace.write(&format!("{name}/src/main.rs"), &HOST.replace("SUBJECT", subject));
}

fn subject(name: &str) -> String {
    format!("{name}_subject")
}

/// A file of the bundle's package.
fn of_bundle(workspace: &Workspace, file: &str) -> PathBuf {
    let name = workspace.folder().file_name().unwrap().to_str().unwrap();
    workspace.folder().join(subject(name)).join(file)
}

fn lib(workspace: &Workspace) -> PathBuf {
    of_bundle(workspace, "src/lib.rs")
}

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

/// The host, started by this program in its place, if there is one, with the environment that
/// `cargo run` would give it.
fn host(program: &Path, by: Option<Command>) -> Command {
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
        let children = children(running.host.id());
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

#[test]
fn a_stale_build_is_ended_with_all_its_processes() {
    let workspace = workspace("builds_stale");
    let running = start(&workspace, "builds_stale");
    let script = of_bundle(&workspace, "build.rs");
    fs::write(&script, "fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }")
        .unwrap();
    let processes = patiently("a build", || {
        let all = descendants(running.host.id());
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
    limit(running.host.id(), 100 << 10);
    fs::write(lib(&workspace), source("2")).unwrap();
    let line = running.wait("not reloaded: HOT07");
    assert!(line.starts_with("line builds_full_subject"), "{line}");
    assert_eq!(running.wait("value "), "value 1");
    limit(running.host.id(), libc::RLIM_INFINITY);
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
    assert_eq!(running.wait("belongs to"), "line main.rs: belongs to the host: restart it");
    assert_eq!(running.count("line "), 3);
}

#[test]
fn a_target_folder_that_cannot_be_written_is_refused() {
    // SAFETY: it takes nothing and cannot fail.
    if unsafe { libc::geteuid() } == 0 {
        return in_a_read_only_mount();
    }
    let workspace = workspace("builds_read_only");
    let running = start(&workspace, "builds_read_only");
    let folder = tests::fixture::target_dir().join("debug/deps");
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

#[test]
fn a_parallel_cargo_is_waited_for_and_not_disturbed() {
    let workspace = workspace("builds_parallel");
    let running = start(&workspace, "builds_parallel");
    let other = Workspace::new("builds_parallel_other");
    other.write("slow/Cargo.toml", "[package]\nname = \"builds_slow\"\nversion = \"0.1.0\"\n");
    other.write("slow/src/lib.rs", "");
    // It has the lock of the target folder until it is told to go on.
    other.write(
        "slow/build.rs",
        "fn main() {\n\
             std::fs::write(\"../target/begun\", \"\").unwrap();\n\
             while !std::path::Path::new(\"../target/go\").exists() {\n\
                 std::thread::sleep(std::time::Duration::from_millis(5));\n\
             }\n\
         }",
    );
    fs::create_dir_all(other.folder().join("target")).unwrap();
    let mut slow = cargo();
    slow.current_dir(other.folder()).args(["build", "--offline"]).stderr(Stdio::null());
    let mut slow = slow.spawn().unwrap();
    patiently("a lock", || other.folder().join("target/begun").exists().then_some(()));
    fs::write(lib(&workspace), source("2")).unwrap();
    let waiting = patiently("a build", || children(running.host.id()).first().copied());
    // Stale while it waits: the next one waits in its place.
    fs::write(lib(&workspace), source("3")).unwrap();
    patiently("another build", || {
        children(running.host.id()).into_iter().find(|pid| *pid != waiting)
    });
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
        assert_eq!(unsafe { libc::kill(running.host.id().cast_signed(), signal) }, 0);
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

/// Whether there is no such process, or only what is left of it.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
}

fn name_of(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).ok().filter(|it| !it.is_empty())
}

fn children(pid: u32) -> Vec<u32> {
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
