//! What a bundle prints reaches standard output: each image has a buffer of its own.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::{Stdio, exit},
    sync::{Barrier, LazyLock, Mutex},
    thread,
    time::{Duration, Instant},
};

use hot::Host;
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    child::{command, given_libraries, is_child, text},
};

hot::import! {
    stdout_printer => {
        fn say(text: &str);
        fn hold();
        fn flush();
        fn leave(code: i32);
        fn reload_inside();
    }
}

static HELD: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

/// Called by the bundle while it holds its standard output.
#[hot::export]
fn holding() {
    HELD.wait();
    HELD.wait();
}

/// The same, on the thread that reloads.
#[hot::export]
fn reload() {
    Host::current().unwrap().load_library(&given_libraries()[1]).unwrap();
}

fn libraries() -> Vec<PathBuf> {
    static BUILT: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let fixture = Fixture::new("stdout_printer");
        let version = |number: u32| {
            fixture.build_root(&format!(
                "hot::bundle!(init = start);
                use std::io::Write;
                hot::import! {{ stdout => {{ fn holding(); fn reload(); }} }}
                fn start() -> Result<(), &'static str> {{
                    if std::env::var_os(\"REFUSE\").is_some() {{ print!(\"[refused {number}]\"); return Err(\"so\"); }}
                    Ok(())
                }}
                #[hot::export] pub fn say(text: &str) {{ print!(\"[{number} {{text}}]\"); }}
                #[hot::export] pub fn hold() {{
                    let mut out = std::io::stdout().lock();
                    write!(out, \"[{number} held]\").unwrap();
                    hot::get!(stdout::holding)();
                    write!(out, \"[{number} let go]\").unwrap();
                }}
                #[hot::export] pub fn flush() {{ std::io::stdout().flush().unwrap(); }}
                #[hot::export] pub fn leave(code: i32) {{
                    print!(\"[{number} leaving]\");
                    std::process::exit(code);
                }}
                #[hot::export] pub fn reload_inside() {{
                    let mut out = std::io::stdout().lock();
                    write!(out, \"[{number} before]\").unwrap();
                    hot::get!(stdout::reload)();
                    write!(out, \"[{number} after]\").unwrap();
                }}"
            ))
        };
        vec![version(1), version(2)]
    });
    BUILT.clone()
}

/// Runs `body` in a process of its own; gives the code that it ended with, what it printed between
/// the bundle's first and last bracket, and the time that it took.
fn printed(test: &str, body: impl FnOnce(Host)) -> (i32, String, Duration) {
    if is_child(test) {
        body(Host::start().unwrap());
        exit(0);
    }
    let libraries = libraries();
    let started = Instant::now();
    let output = command(test, &libraries).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code().unwrap_or_else(|| panic!("{out}\n{err}"));
    let found = out.find('[').zip(out.rfind(']'));
    let (start, end) = found.unwrap_or_else(|| panic!("nothing was printed: {out}\n{err}"));
    (code, out[start..=end].to_owned(), started.elapsed())
}

fn print(text: &str) {
    print!("[{text}]");
    std::io::stdout().flush().unwrap();
}

#[test]
fn flushed_at_reload_unload_and_exit_in_order() {
    let (code, out, _) = printed("flushed_at_reload_unload_and_exit_in_order", |host| {
        let libraries = given_libraries();
        let bundle = host.load_library(&libraries[0]).unwrap();
        hot::get!(stdout_printer::say)("a");
        host.load_library(&libraries[1]).unwrap();
        print("reloaded");
        hot::get!(stdout_printer::say)("b");
        bundle.rollback().unwrap();
        print("rolled back");
        hot::get!(stdout_printer::say)("c");
        bundle.unload().unwrap();
        print("unloaded");
        host.load_library(&libraries[1]).unwrap();
        hot::get!(stdout_printer::say)("at exit");
    });
    assert_eq!(code, 0);
    assert_eq!(
        out, "[1 a][reloaded][2 b][rolled back][1 c][unloaded][2 at exit]",
        "each before what follows it"
    );
}

#[test]
fn flushed_by_the_main_functions_return() {
    // The test harness's own main: it returns after this test, in a process of its own.
    let test = "flushed_by_the_main_functions_return";
    if is_child(test) {
        let host = Host::start().unwrap();
        host.load_library(&given_libraries()[0]).unwrap();
        hot::get!(stdout_printer::say)("no line break");
        return;
    }
    let output = command(test, &libraries()).output().unwrap();
    let out = text(&output.stdout);
    assert!(output.status.success(), "{out}");
    assert!(out.contains("[1 no line break]"), "{out}");
}

#[test]
fn a_bundle_that_exits_the_process_and_one_that_is_refused() {
    let (code, out, _) =
        printed("a_bundle_that_exits_the_process_and_one_that_is_refused", |host| {
            let libraries = given_libraries();
            host.load_library(&libraries[0]).unwrap();
            // SAFETY: no other thread of this process reads the environment now.
            unsafe { std::env::set_var("REFUSE", "1") };
            host.load_library(&libraries[1]).unwrap_err();
            hot::get!(stdout_printer::leave)(7);
        });
    assert_eq!(code, 7);
    // In the order in which the libraries were loaded.
    assert_eq!(out, "[1 leaving][refused 2]");
}

#[test]
fn a_held_output_stops_neither_reload_nor_exit() {
    let test = "a_held_output_stops_neither_reload_nor_exit";
    let (code, out, time) = printed(test, |host| {
        let libraries = given_libraries();
        host.load_library(&libraries[0]).unwrap();
        let holder = thread::spawn(|| hot::get!(stdout_printer::hold)());
        HELD.wait();
        let started = Instant::now();
        host.load_library(&libraries[1]).unwrap();
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        hot::get!(stdout_printer::say)("meanwhile");
        HELD.wait();
        holder.join().unwrap();
        // And held again, for ever, by a generation that is retired by then. What the first holder
        // wrote may not wait for the second one's end.
        let bundle = host.bundle("stdout_printer").unwrap();
        bundle.rollback().unwrap();
        hot::get!(stdout_printer::flush)();
        thread::spawn(|| hot::get!(stdout_printer::hold)());
        HELD.wait();
        host.load_library(&libraries[1]).unwrap();
        hot::get!(stdout_printer::say)("last");
    });
    assert_eq!(code, 0);
    assert!(time < Duration::from_secs(30), "{time:?}");
    let position = |part: &str| out.find(part).unwrap_or_else(|| panic!("no {part} in {out}"));
    assert!(position("[1 held]") < position("[1 let go]"), "{out}");
    assert!(position("[2 meanwhile]") < position("[2 last]"), "{out}");
}

#[test]
fn a_reload_by_the_thread_that_holds_it() {
    let (code, out, _) = printed("a_reload_by_the_thread_that_holds_it", |host| {
        host.load_library(&given_libraries()[0]).unwrap();
        let started = Instant::now();
        hot::get!(stdout_printer::reload_inside)();
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        hot::get!(stdout_printer::say)("done");
    });
    assert_eq!(code, 0);
    let mut parts: Vec<_> = out.split_inclusive(']').collect();
    parts.sort_unstable();
    assert_eq!(parts, ["[1 after]", "[1 before]", "[2 done]"]);
    assert!(out.find("[1 before]") < out.find("[1 after]"), "{out}");
}

#[test]
fn what_was_let_go_is_written_while_the_process_lives() {
    let test = "what_was_let_go_is_written_while_the_process_lives";
    if is_child(test) {
        let host = Host::start().unwrap();
        host.load_library(&given_libraries()[0]).unwrap();
        let holder = thread::spawn(|| hot::get!(stdout_printer::hold)());
        HELD.wait();
        host.load_library(&given_libraries()[1]).unwrap();
        HELD.wait();
        holder.join().unwrap();
        // Ends when the parent has read it: nothing flushes but the helper.
        let mut byte = [0];
        let _ = std::io::stdin().read(&mut byte).unwrap();
        exit(0);
    }
    let mut child = command(test, &libraries());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let seen = Mutex::new(String::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                seen.lock().unwrap().push_str(&text(&bytes[..count]));
            }
        });
        let started = Instant::now();
        while !seen.lock().unwrap().contains("[1 held][1 let go]") {
            assert!(started.elapsed() < Duration::from_secs(60), "{:?}", seen.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
        child.stdin.take().unwrap().write_all(b"x").unwrap();
        assert!(child.wait().unwrap().success());
    });
}

/// How many thread-local keys the process could still make.
fn free_keys() -> usize {
    let mut keys = Vec::new();
    let mut key = 0;
    // SAFETY: `key` is a local that may be written; no destructor is named.
    while unsafe { libc::pthread_key_create(&mut key, None) } == 0 {
        keys.push(key);
    }
    for key in &keys {
        // SAFETY: made above, deleted once.
        assert_eq!(unsafe { libc::pthread_key_delete(*key) }, 0);
    }
    keys.len()
}

#[test]
fn flushing_takes_nothing_that_generations_run_out_of() {
    let test = "flushing_takes_nothing_that_generations_run_out_of";
    let (code, out, _) = printed(test, |host| {
        let libraries = given_libraries();
        host.load_library(&libraries[0]).unwrap();
        hot::get!(stdout_printer::say)("first");
        host.load_library(&libraries[1]).unwrap();
        let free = free_keys();
        for number in 0..10 {
            hot::get!(stdout_printer::say)(&number.to_string());
            host.load_library(&libraries[number % 2]).unwrap();
        }
        assert_eq!(free_keys(), free);
        assert!(free > 64);
    });
    assert_eq!(code, 0);
    assert_eq!(out.matches('[').count(), 11, "{out}");
}
