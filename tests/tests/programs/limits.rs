//! At the system's limits a load is refused with a code; nothing is left behind, and once there is
//! room again the next one works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    ptr,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Snapshot, child::text, fixture::root, in_child, wait_until};

hot::import! { limits_bundle => { fn answer() -> u32; } }

static LIBRARIES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("limits_bundle");
    let build =
        |answer| fixture.build(&format!("#[hot::export]\npub fn answer() -> u32 {{ {answer} }}"));
    vec![build(1), build(2)]
});

/// Runs `body` in a process of its own with a host in which the first generation is loaded.
fn with_host(test: &str, body: impl FnOnce(&Host, &Path)) {
    let libraries = || LIBRARIES.clone();
    let output = in_child(test, &[], libraries, |libraries| {
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        // What std, the loader and this test open and map once.
        host.load_library(&libraries[0]).unwrap();
        refused(&host, Path::new("missing.so"));
        Snapshot::take(&host);
        body(&host, &libraries[1]);
        host.load_library(&libraries[1]).unwrap();
        assert_eq!(hot::get!(limits_bundle::answer)(), 2);
    });
    show_skips(&output);
}

/// What a machine did not allow to be tried.
fn show_skips(output: &Output) {
    let out = text(&output.stdout);
    out.lines().filter(|line| line.starts_with("skipped")).for_each(|line| println!("{line}"));
}

/// The code of a refused load, after which everything is as it was.
fn refused(host: &Host, library: &Path) -> Code {
    let before = Snapshot::take(host);
    let error = host.load_library(library).unwrap_err();
    assert_eq!(Snapshot::take(host), before, "after {error}");
    assert_eq!(hot::get!(limits_bundle::answer)(), 1);
    error.code()
}

#[test]
fn without_thread_keys_a_load_is_refused() {
    with_host("without_thread_keys_a_load_is_refused", |host, next| {
        let mut keys = Vec::new();
        let mut key = 0;
        // SAFETY: `key` is a local that may be written; no destructor is named.
        while unsafe { libc::pthread_key_create(&mut key, None) } == 0 {
            keys.push(key);
        }
        assert_eq!(refused(host, next), Code::Exhausted);
        let free = |keys: &mut Vec<_>, count| {
            for key in keys.drain(keys.len() - count..) {
                // SAFETY: made above, deleted once.
                assert_eq!(unsafe { libc::pthread_key_delete(key) }, 0);
            }
        };
        free(&mut keys, 63);
        assert_eq!(refused(host, next), Code::Exhausted);
        free(&mut keys, 1);
    });
}

#[test]
fn without_mappings_a_load_is_refused() {
    with_host("without_mappings_a_load_is_refused", |host, next| {
        let limit = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
        let limit: usize = limit.trim().parse().unwrap();
        if limit > 1 << 18 {
            println!("skipped: this machine allows {limit} mappings, too many to fill");
            return;
        }
        // SAFETY: a new region that nothing uses, split page by page until the limit is met.
        let (region, length, pages) = unsafe {
            let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let length = 4096 * (limit + 2);
            let region = libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(region, libc::MAP_FAILED);
            let mut page = 1;
            while libc::mprotect(region.byte_add(page * 4096), 4096, libc::PROT_READ) == 0 {
                page += 2;
            }
            (region, length, page)
        };
        let join = |pages: &mut dyn Iterator<Item = usize>| {
            for page in pages {
                let at = region.wrapping_byte_add(page * 4096);
                // SAFETY: a page of the region above, which is never read or written.
                assert_eq!(unsafe { libc::mprotect(at, 4096, libc::PROT_NONE) }, 0);
            }
        };
        // Room for what the test itself maps, but not for a generation.
        join(&mut (1..=15).map(|number| pages - 2 * number));
        // The snapshot reads too many mappings now: only what cannot be seen elsewhere.
        let status = format!("{:?}", host.status().unwrap());
        assert_eq!(host.load_library(next).unwrap_err().code(), Code::Exhausted);
        assert_eq!(format!("{:?}", host.status().unwrap()), status);
        assert_eq!(hot::get!(limits_bundle::answer)(), 1);
        // SAFETY: exactly the region mapped above.
        assert_eq!(unsafe { libc::munmap(region, length) }, 0);
    });
}

/// Sets a soft limit and gives the one before.
fn limit(resource: libc::__rlimit_resource_t, value: u64) -> u64 {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limits` is a local that may be written and read.
    unsafe {
        assert_eq!(libc::getrlimit(resource, &mut limits), 0);
        let before = std::mem::replace(&mut limits.rlim_cur, value);
        assert_eq!(libc::setrlimit(resource, &limits), 0);
        before
    }
}

#[test]
fn without_file_descriptors_a_load_is_refused() {
    with_host("without_file_descriptors_a_load_is_refused", |host, next| {
        // The lowest free one: below it all are taken.
        let first = fs::File::open("/dev/null").unwrap();
        let first = u64::from(std::os::fd::AsRawFd::as_raw_fd(&first).cast_unsigned());
        let mut refusals = 0;
        for more in 0..16 {
            let before = Snapshot::take(host);
            let usual = limit(libc::RLIMIT_NOFILE, first + more);
            let result = host.load_library(next);
            limit(libc::RLIMIT_NOFILE, usual);
            let Err(error) = result else { break };
            assert_eq!(Snapshot::take(host), before, "with {more} more: {error}");
            assert!(error.reasons().iter().all(|reason| !reason.help.is_empty()));
            let codes = [Code::FileMissing, Code::Shadow, Code::NotALibrary, Code::LoaderRefused];
            assert!(codes.contains(&error.code()), "{error}");
            assert_eq!(hot::get!(limits_bundle::answer)(), 1);
            refusals += 1;
        }
        assert!((1..16).contains(&refusals), "{refusals} refusals");
    });
}

#[test]
fn without_room_for_the_copy_a_load_is_refused() {
    with_host("without_room_for_the_copy_a_load_is_refused", |host, next| {
        // SAFETY: the signal is ignored in this process, so that a write fails instead.
        assert_ne!(unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) }, libc::SIG_ERR);
        let length = fs::metadata(next).unwrap().len();
        for room in [0, 1, 4096, length / 2, length - 1] {
            let usual = limit(libc::RLIMIT_FSIZE, room);
            let code = refused(host, next);
            limit(libc::RLIMIT_FSIZE, usual);
            assert_eq!(code, Code::Shadow, "{room} bytes");
        }
    });
}

#[test]
fn on_a_full_disk_a_load_is_refused() {
    let libraries = || LIBRARIES.clone();
    let name = "on_a_full_disk_a_load_is_refused";
    let output = in_child(name, &[], libraries, |libraries| {
        let folder = root().join("full-disk");
        fs::create_dir_all(&folder).unwrap();
        let path = std::ffi::CString::new(folder.to_str().unwrap()).unwrap();
        let mount = |options: &std::ffi::CStr, flags| {
            // SAFETY: all texts are C strings that outlive the calls.
            unsafe {
                let kind = c"tmpfs".as_ptr();
                libc::mount(kind, path.as_ptr(), kind, flags, options.as_ptr().cast())
            }
        };
        // A mount of this thread's own, which goes with it.
        // SAFETY: changes what this thread sees of the file system, nothing in memory.
        let private = unsafe {
            libc::unshare(libc::CLONE_NEWNS) == 0
                && libc::mount(
                    ptr::null(),
                    c"/".as_ptr(),
                    ptr::null(),
                    libc::MS_REC | libc::MS_PRIVATE,
                    ptr::null(),
                ) == 0
        };
        if !private || mount(c"size=64k", 0) != 0 {
            println!("skipped: this machine allows no mounts");
            return;
        }
        let host = Host::builder().shadow_dir(&folder).start().unwrap();
        let before = Snapshot::take(&host);
        for _ in 0..3 {
            let error = host.load_library(&libraries[0]).unwrap_err();
            assert_eq!(error.code(), Code::Shadow, "{error}");
            assert_eq!(Snapshot::take(&host), before);
        }
        assert_eq!(mount(c"size=64m", libc::MS_REMOUNT), 0);
        host.load_library(&libraries[0]).unwrap();
        assert_eq!(hot::get!(limits_bundle::answer)(), 1);
    });
    show_skips(&output);
}

#[test]
fn a_host_starts_without_its_watch_where_there_is_no_room_for_one() {
    let test = "a_host_starts_without_its_watch_where_there_is_no_room_for_one";
    in_child(
        test,
        &[],
        || LIBRARIES.clone(),
        |libraries| {
            let printed = Arc::new(Mutex::new(Vec::new()));
            // With no room at all even the folder for copies is refused. With ever more of it there is a
            // host first, and then a watch.
            let lowest = fs::File::open("/dev/null").unwrap();
            let lowest = u64::from(std::os::fd::AsRawFd::as_raw_fd(&lowest).cast_unsigned());
            let (mut failed, mut host) = (0, None);
            let mut before = None;
            for room in 0..16 {
                let usual = limit(libc::RLIMIT_NOFILE, lowest + room);
                before.get_or_insert(usual);
                let heard = printed.clone();
                let builder = Host::builder().rollback_after(1, Duration::from_secs(60));
                let print = move |line: &str| heard.lock().unwrap().push(line.to_owned());
                match builder.control(false).watch(print).start() {
                    Ok(started) => host = Some(started),
                    Err(error) => {
                        assert_eq!(error.code(), Code::Shadow);
                        failed += 1;
                    }
                }
                if host.is_some() {
                    break;
                }
            }
            limit(libc::RLIMIT_NOFILE, before.unwrap());
            let host = host.expect("a start works after those that failed");
            assert!(failed > 0);
            let printed = printed.lock().unwrap();
            assert!(printed.len() == 1 && printed[0].contains("HOT0706"), "{printed:?}");
            host.load_library(&libraries[0]).unwrap();
            assert_eq!(limits_bundle::answer(), 1);
            assert_eq!(Host::start().unwrap_err().code(), Code::SecondHost);
        },
    );
}

#[test]
fn a_start_that_failed_can_be_tried_again() {
    let test = "a_start_that_failed_can_be_tried_again";
    // A thread of this size does not fit into the limit below, and what else a start needs does.
    let stack = [("RUST_MIN_STACK", "268435456")];
    in_child(
        test,
        &stack,
        || LIBRARIES.clone(),
        |libraries| {
            let start = || {
                let builder = Host::builder().rollback_after(1, Duration::from_secs(60));
                builder.control(false).start()
            };
            let pages = fs::read_to_string("/proc/self/statm").unwrap();
            let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
            let before = limit(libc::RLIMIT_AS, pages * 4096 + (192 << 20));
            let error = start().unwrap_err();
            limit(libc::RLIMIT_AS, before);
            assert_eq!(error.code(), Code::Exhausted, "{error}");
            assert!(error.to_string().contains("thread"), "{error}");
            assert!(Host::current().unwrap_err().code() == Code::NoHost);
            let host = start().unwrap();
            host.load_library(&libraries[0]).unwrap();
            assert_eq!(limits_bundle::answer(), 1);
            // A thread names itself, once it runs.
            let named = || {
                let tasks = fs::read_dir("/proc/self/task").unwrap();
                let names = tasks
                    .filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
                names.filter(|name| name.trim() == "hot-rollback").count()
            };
            wait_until(|| named() > 0);
            assert_eq!(named(), 1);
        },
    );
}
