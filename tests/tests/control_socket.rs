//! Whose the control socket is: who reaches it, when it goes, and hosts that have none.
#![cfg(unix)]

use std::{
    env, fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::{UnixListener, UnixStream},
        process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{self, Child, Command, Stdio},
};

use hot::Host;
use serde_json::json;
use tests::LoadLibrary as _;
use tests::{
    child::{command, in_child, is_child},
    control::{Control, folder, own_socket, short_folder},
    fixture::target_dir,
};

#[test]
fn only_the_user_gets_in() {
    let _host = Host::start().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder()), mode(&own_socket())), (0o700, 0o600));
    assert_eq!(
        fs::symlink_metadata(folder()).unwrap().uid(),
        fs::metadata(own_socket()).unwrap().uid()
    );
    let path = own_socket();
    if let Some(found) = as_somebody_else(|| UnixStream::connect(&path).map(drop)) {
        assert_eq!(found, Some(libc::EACCES));
    }
}

/// Somebody else who has come by a way in is not answered.
#[test]
fn whoever_comes_past_the_folder_is_asked_who_it_is() {
    const NAME: &str = "whoever_comes_past_the_folder_is_asked_who_it_is";
    let base = short_folder("peer");
    in_child(NAME, &[("XDG_RUNTIME_DIR", base.to_str().unwrap())], Vec::new, |_| {
        let _host = Host::start().unwrap();
        fs::set_permissions(folder(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(own_socket(), fs::Permissions::from_mode(0o666)).unwrap();
        let path = own_socket();
        let ask = || {
            let mut control = Control::to(&path);
            let _ = control.0.get_mut().write_all(b"{\"do\":\"status\"}\n");
            match control.line() {
                None => Ok(()),
                Some(_) => Err(std::io::Error::from_raw_os_error(libc::EEXIST)),
            }
        };
        assert!(as_somebody_else(ask).is_none_or(|error| error.is_none()), "it was answered");
        assert_eq!(Control::to(&path).ask(json!({"do": "status"}))["ok"], true);
    });
    fs::remove_dir_all(base).unwrap();
}

/// Does it as another user, in a child; gives the error. None if this user cannot become another.
fn as_somebody_else(act: impl FnOnce() -> std::io::Result<()>) -> Option<Option<i32>> {
    // SAFETY: takes nothing and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    // SAFETY: the child uses only what `act` needs, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1);
    if child == 0 {
        // SAFETY: takes a number; a watchdog; ends the process.
        unsafe {
            libc::alarm(60);
            let became = libc::setgid(65534) == 0 && libc::setuid(65534) == 0;
            let error = act().err().map_or(0, |it| it.raw_os_error().unwrap_or(255));
            libc::_exit(if became { error } else { 254 });
        }
    }
    let mut status = 0;
    // SAFETY: `status` is a local that may be written.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status), "{status}");
    Some(Some(libc::WEXITSTATUS(status)).filter(|it| *it != 0))
}

/// A host of its own that has said it is there.
fn other_host(name: &str, how: &str, base: &Path) -> Child {
    let mut command = command(name, &[]);
    command.env("XDG_RUNTIME_DIR", base);
    command.env("HOT_TEST_HOW", how).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let out = child.stdout.as_mut().unwrap();
    let mut seen = String::new();
    let started = BufReader::new(out).bytes().map_while(Result::ok).any(|byte| {
        seen.push(char::from(byte));
        seen.contains("started")
    });
    assert!(started, "the other host did not start: {seen}");
    child
}

#[test]
fn a_socket_goes_with_its_host_and_a_dead_ones_with_the_next() {
    const NAME: &str = "a_socket_goes_with_its_host_and_a_dead_ones_with_the_next";
    if is_child(NAME) {
        let _host = Host::start().unwrap();
        println!("started");
        let _ = std::io::stdin().read(&mut [0]);
        match env::var("HOT_TEST_HOW").unwrap().as_str() {
            "exit" => process::exit(0),
            "thread" => {
                std::thread::spawn(|| process::exit(0)).join().unwrap();
            }
            "abort" => process::abort(),
            _ => return,
        }
    }
    // Any other host would remove what is left here.
    let base = short_folder("stale");
    let folder = base.join(folder().file_name().unwrap());
    let socket = |process| folder.join(format!("{process}.sock"));
    for how in ["exit", "return", "thread"] {
        let mut other = other_host(NAME, how, &base);
        let path = socket(other.id());
        assert_eq!(Control::to(&path).ask(json!({"do": "status"}))["pid"], other.id());
        drop(other.stdin.take());
        assert!(other.wait().unwrap().success());
        assert!(!path.exists(), "{how}");
    }
    // Each start removes what it finds: both live before either dies.
    let (mut dead, mut killed) =
        (other_host(NAME, "abort", &base), other_host(NAME, "kill", &base));
    drop(dead.stdin.take());
    assert_eq!(dead.wait().unwrap().signal(), Some(libc::SIGABRT));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let paths = [socket(dead.id()), socket(killed.id())];
    assert!(paths.iter().all(|it| it.exists()), "nobody could remove them");
    // Not a socket, and not one of a host: left alone.
    let other = folder.join("other");
    fs::write(&other, "").unwrap();
    let mut next = other_host(NAME, "exit", &base);
    assert!(!paths.iter().any(|it| it.exists()), "the next one did");
    assert!(other.exists() && socket(next.id()).exists());
    drop(next.stdin.take());
    next.wait().unwrap();
    fs::remove_dir_all(base).unwrap();
}

#[test]
fn a_forked_child_neither_serves_nor_takes_the_socket_away() {
    const NAME: &str = "a_forked_child_neither_serves_nor_takes_the_socket_away";
    if is_child(NAME) {
        let host = Host::start().unwrap();
        let mut listener = Control::to(&own_socket());
        assert_eq!(listener.ask(json!({"do": "listen"}))["ok"], true);
        let (mut told, mut tells) = UnixStream::pair().unwrap();
        // SAFETY: the child uses only what this test is about, and leaves by `exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: a watchdog.
            unsafe { libc::alarm(120) };
            // Tells nobody, and waits for none of the threads that are not here.
            host.load_library("missing.so").unwrap_err();
            tells.write_all(&[0]).unwrap();
            if env::var("HOT_TEST_HOW").unwrap() == "exit" {
                process::exit(0);
            }
            // Its parent is gone when standard input ends.
            let _ = std::io::stdin().read(&mut [0]);
            process::exit(0);
        }
        // Until it has run the child has all that its parent had.
        told.read_exact(&mut [0]).unwrap();
        if env::var("HOT_TEST_HOW").unwrap() == "exit" {
            let mut status = 0;
            // SAFETY: `status` is a local that may be written.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0);
            assert!(own_socket().exists());
            host.load_library("missing.so").unwrap_err();
            let first = listener.event("refused");
            assert_eq!(first["error"]["reasons"][0]["code"], "HOT0101");
            assert_eq!(Control::to(&own_socket()).ask(json!({"do": "status"}))["ok"], true);
        }
        println!("started {child}");
        if env::var("HOT_TEST_HOW").unwrap() == "exit" {
            process::exit(0);
        }
        // SAFETY: ends the process, as a crash does: the child lives on.
        unsafe { libc::_exit(0) };
    }
    let base = short_folder("fork");
    assert!(other_host(NAME, "exit", &base).wait().unwrap().success());
    let mut crashed = other_host(NAME, "crash", &base);
    // The child has the other end of this pipe: it lives as long as it is held.
    let alive = crashed.stdin.take();
    crashed.wait().unwrap();
    let left = base.join(folder().file_name().unwrap()).join(format!("{}.sock", crashed.id()));
    let error = UnixStream::connect(&left).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "the child does not take connections");
    drop(alive);
    fs::remove_dir_all(base).unwrap();
}

#[test]
fn a_host_without_a_socket_is_a_host() {
    const NAME: &str = "a_host_without_a_socket_is_a_host";
    if is_child(NAME) {
        let serve = env::var("HOT_TEST_HOW").unwrap() != "off";
        let _host = Host::builder().control(serve).shadow_dir(target_dir()).start().unwrap();
        println!("started");
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let start = |how: &str, runtime: &Path, temporary: &Path| {
        let mut command: Command = command(NAME, &[]);
        command.env("XDG_RUNTIME_DIR", runtime).env("TMPDIR", temporary);
        command.env("HOT_TEST_HOW", how).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.process_group(0).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("started")));
        (child, lines)
    };
    let sockets = |folder: &Path| -> usize {
        // SAFETY: takes nothing and cannot fail.
        let folder = folder.join(format!("hotreload-{}", unsafe { libc::geteuid() }));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|it| it.path().extension().is_some_and(|it| it == "sock")).count()
    };
    let end = |(mut child, _lines): (Child, _)| {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    };
    let base = short_folder("none");
    let (good, temporary) = (base.join("a"), base.join("b"));
    let long = base.join("x".repeat(120));
    let file = base.join("file");
    for folder in [&good, &temporary, &long] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(&file, "").unwrap();

    let child = start("off", &good, &temporary);
    assert_eq!((sockets(&good), sockets(&temporary)), (0, 0), "the builder said no");
    end(child);
    let child = start("on", &good, &temporary);
    assert_eq!((sockets(&good), sockets(&temporary)), (1, 0));
    end(child);
    for unusable in [Path::new("relative"), &base.join("missing"), &file, &long] {
        let child = start("on", unusable, &temporary);
        assert_eq!(sockets(&temporary), 1, "{}", unusable.display());
        end(child);
        assert_eq!(sockets(&temporary), 0);
    }
    let child = start("on", &long, &long);
    assert_eq!(sockets(&long), 0, "a path that no socket can have");
    end(child);
    assert!(!Path::new("relative").exists());
    fs::remove_dir_all(base).unwrap();
}

/// A number is another host's: where containers share the folder. It keeps its socket.
#[test]
fn a_socket_that_is_served_is_never_replaced() {
    const NAME: &str = "a_socket_that_is_served_is_never_replaced";
    let base = short_folder("taken");
    in_child(NAME, &[("XDG_RUNTIME_DIR", base.to_str().unwrap())], Vec::new, |_| {
        fs::create_dir(folder()).unwrap();
        let other = UnixListener::bind(own_socket()).unwrap();
        let _host = Host::start().unwrap();
        UnixStream::connect(own_socket()).unwrap();
        other.set_nonblocking(true).unwrap();
        let taken = std::iter::from_fn(|| other.accept().ok()).count();
        assert_eq!(taken, 2, "the host's look, and this test's");
    });
    fs::remove_dir_all(base).unwrap();
}
