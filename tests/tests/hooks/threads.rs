//! They end the threads of their generation.

use std::path::PathBuf;

use hot::Host;
use tests::{Fixture, LoadLibrary as _, in_child, wait_until};

/// A bundle with a thread of its own, which each load starts and, if it is to, the unload ends.
const POOL: &str = r#"
use std::{sync::{Mutex, mpsc}, thread};
static POOL: Mutex<Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>> = Mutex::new(None);

#[hot::on_load]
fn start() {
    let (sender, jobs) = mpsc::channel::<()>();
    let (runs, running) = mpsc::channel();
    let worker = thread::spawn(move || {
        runs.send(()).unwrap();
        jobs.into_iter().for_each(drop);
    });
    // It counts as soon as it waits.
    running.recv().unwrap();
    wait_until_idle();
    *POOL.lock().unwrap() = Some((sender, worker));
}

fn wait_until_idle() {
    let idle = || std::fs::read_dir("/proc/self/task").unwrap().flatten().all(|it| {
        let syscall = std::fs::read_to_string(it.path().join("syscall")).unwrap_or_default();
        let is_own = it.file_name().to_str() == Some(&unsafe { gettid() }.to_string());
        is_own || !syscall.starts_with("running")
    });
    while !idle() { thread::yield_now() }
}

unsafe extern "C" { fn gettid() -> i32; }
"#;

const ENDS: &str = "
#[hot::on_unload]
fn stop() {
    let (sender, worker) = POOL.lock().unwrap().take().unwrap();
    drop(sender);
    worker.join().unwrap();
}";

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
fn a_pool_ends_with_its_generation() {
    let test = "a_pool_ends_with_its_generation";
    let build = || {
        let build = |name: &str, more: &str, version: u32| {
            Fixture::new(name).build(&format!("{POOL}{more}\nconst _: u32 = {version};"))
        };
        vec![
            build("hooks_pool", ENDS, 1),
            build("hooks_pool", ENDS, 2),
            build("hooks_leaky", "", 1),
            build("hooks_leaky", "", 2),
            build("hooks_leaky", "", 3),
        ]
    };
    in_child(test, &[], build, |libraries| {
        let host = Host::start().unwrap();
        let load = |library: &PathBuf| host.load_library(library).unwrap().report().unwrap();
        let started = || -> Vec<_> {
            let started = host.status().unwrap().started;
            started.into_iter().map(|it| (it.bundle, it.generation, it.threads)).collect()
        };
        let pool = |generation| [("hooks_pool".to_owned(), generation, 1)];
        load(&libraries[0]);
        wait_until(|| started() == pool(1));
        let report = load(&libraries[1]);
        assert_eq!((report.threads_left, report.threads_started), (0, 1));
        assert!(!report.to_string().contains("thread"), "{report}");
        assert_eq!(started(), pool(2));
        let bundle = host.bundle("hooks_pool").unwrap();
        let report = bundle.rollback().unwrap();
        assert_eq!((report.threads_left, report.threads_started), (0, 1));
        assert_eq!(started(), pool(1), "of the image that is live again");
        bundle.unload().unwrap();
        assert_eq!(started(), []);

        // One that only starts is told so at the second load, once.
        load(&libraries[2]);
        let report = load(&libraries[3]);
        assert_eq!((report.threads_left, report.threads_started), (1, 1));
        let said = "; a thread of an earlier generation is left, and this one has started another: \
                    `#[hot::on_unload]` can end them";
        assert!(report.to_string().contains(said), "{report}");
        let report = load(&libraries[4]);
        assert_eq!((report.threads_left, report.threads_started), (2, 1));
        assert!(!report.to_string().contains("thread"), "{report}");
        let leaky = |generation| ("hooks_leaky".to_owned(), generation, 1);
        assert_eq!(started(), [leaky(1), leaky(2), leaky(3)]);
        let text = host.status().unwrap().to_string();
        assert!(text.contains("hooks_leaky  1 thread of generation 2\n"), "{text}");
    });
}
