use std::{fs, path::Path, thread, time::Duration};

use super::*;

#[test]
fn threads_are_told_apart_and_seen_to_end() {
    let here = thread_id();
    assert!(!thread_is_gone(here));
    let (there, name) = thread::Builder::new()
        .name("a worker".to_owned())
        .spawn(|| (thread_id(), thread_name(thread_id())))
        .unwrap()
        .join()
        .unwrap();
    assert_ne!(here, there);
    if cfg!(target_os = "linux") {
        assert_eq!(name.as_deref(), Some("a worker"));
        // A thread is seen for a moment after it was joined.
        let gone = (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(1));
            thread_is_gone(there)
        });
        assert!(gone);
        assert_eq!(thread_name(u64::MAX), None);
    }
    assert!(!thread_is_gone(u64::MAX), "no thread's number: cannot tell");
}

/// Whether this is a process of its own for the test of this name; else it has run in one, and said this.
fn is_alone(name: &str, said: &str) -> bool {
    const CHILD: &str = "HOT_TEST_ALONE";
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("platform::tests::{name}"), "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains(said), "{output:?}");
    false
}

/// In a process of its own: other tests map and unmap.
#[test]
fn there_is_room_and_the_probes_leave_nothing() {
    if !is_alone("there_is_room_and_the_probes_leave_nothing", "nothing is left") {
        return;
    }
    for _ in 0..2000 {
        assert!(probe_thread_keys(64));
    }
    #[cfg(target_os = "linux")]
    {
        let count = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
        let before = count();
        for _ in 0..1000 {
            assert!(probe_mappings(64));
        }
        assert!(count().abs_diff(before) < 40, "{before} and {}", count());
        assert!(probe_mappings(0) && probe_mappings(1) && !probe_mappings(usize::MAX));
    }
    println!("nothing is left");
}

#[test]
fn a_program_is_no_library() {
    assert!(own_library().is_none());
    keep_own_library().unwrap();
}

/// In a process of its own: other tests would suffer.
#[cfg(target_os = "linux")]
#[test]
fn the_probes_see_the_limits() {
    if !is_alone("the_probes_see_the_limits", "saw the limits") {
        return;
    }
    let mut keys = Vec::new();
    loop {
        let mut key = 0;
        // SAFETY: `key` is a local that may be written; no destructor is named.
        if unsafe { libc::pthread_key_create(&mut key, None) } != 0 {
            break;
        }
        keys.push(key);
    }
    assert!(!probe_thread_keys(1));
    // Keys freed low and high: numbered from zero, with holes.
    for &key in keys.iter().take(10).chain(keys.iter().rev().take(10)) {
        // SAFETY: made above, deleted once.
        unsafe { libc::pthread_key_delete(key) };
    }
    for _ in 0..100 {
        assert!(probe_thread_keys(20) && !probe_thread_keys(21));
    }

    let limit = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit > 1 << 18 {
        println!("saw the limits"); // of the keys: too many mappings to fill here
        return;
    }
    // SAFETY: a new region that nothing uses, split page by page until the limit is met.
    let (region, pages) = unsafe {
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let length = 4096 * (limit + 2);
        let region = libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0);
        assert_ne!(region, libc::MAP_FAILED);
        let mut page = 1;
        while libc::mprotect(region.byte_add(page * 4096), 4096, libc::PROT_READ) == 0 {
            page += 2;
        }
        (region, page)
    };
    assert!(!probe_mappings(64));
    // SAFETY: pages of the region above, which is never read or written: 40 splits are undone.
    unsafe {
        for back in (1..=20).map(|it| pages - 2 * it) {
            assert_eq!(libc::mprotect(region.byte_add(back * 4096), 4096, libc::PROT_NONE), 0);
        }
    }
    for _ in 0..100 {
        assert!(probe_mappings(30), "repeated: a failed probe leaves nothing behind");
        assert!(!probe_mappings(64));
    }
    println!("saw the limits");
}

#[cfg(unix)]
mod private {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_are_made_and_mended() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("private");
        private_dir(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        for wrong in [0o777, 0o750, 0o500] {
            fs::set_permissions(&path, fs::Permissions::from_mode(wrong)).unwrap();
            private_dir(&path).unwrap();
            assert_eq!(mode(&path), 0o700);
        }
        assert!(private_dir(&base.path().join("no/parent")).is_err());
    }

    #[test]
    fn links_files_and_folders_of_others_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let (real, link) = (base.path().join("real"), base.path().join("link"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        for path in [link.clone(), link.join(""), link.join(".")] {
            assert!(private_dir(&path).unwrap_err().to_string().contains("symbolic link"));
        }
        let file = base.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(private_dir(&file).is_err());
        if user_id() == 0 {
            std::os::unix::fs::chown(&real, Some(12345), None).unwrap();
            assert!(private_dir(&real).unwrap_err().to_string().contains("another user"));
        } else {
            assert!(private_dir(Path::new("/")).unwrap_err().to_string().contains("another user"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_forked_child_runs_the_hook() {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    static RAN: AtomicBool = AtomicBool::new(false);
    extern "C" fn hook() {
        RAN.store(true, SeqCst);
    }
    on_fork_in_child(hook).unwrap();
    in_forked_child(|| RAN.load(SeqCst)).unwrap();
    assert!(!RAN.load(SeqCst), "the parent does not");
}

/// Whether `f` holds in a forked child; the error says how the child ended. One that hangs is ended.
#[cfg(unix)]
pub(crate) fn in_forked_child(f: fn() -> bool) -> Result<(), String> {
    let mut status = 0;
    // SAFETY: the child runs what the test is about, has a watchdog, and leaves with `_exit`; the
    // parent waits for it.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::alarm(20);
            libc::_exit(if f() { 0 } else { 1 });
        }
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
    }
    if libc::WIFSIGNALED(status) {
        return Err(format!("signal {}", libc::WTERMSIG(status)));
    }
    if libc::WEXITSTATUS(status) == 0 { Ok(()) } else { Err("it does not hold".to_owned()) }
}
