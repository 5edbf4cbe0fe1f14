use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use tempfile::{TempDir, tempdir};

use super::*;

fn setup() -> (TempDir, Shadow, PathBuf) {
    let base = tempdir().unwrap();
    let shadow = Shadow::create(Some(base.path())).unwrap();
    let source = base.path().join("libgreeting.so");
    fs::write(&source, "a library").unwrap();
    (base, shadow, source)
}

fn root(base: &Path) -> PathBuf {
    base.join(format!("hotreload-{}", platform::user_id()))
}

#[test]
fn copies_have_names_of_their_own_and_go_unless_kept() {
    let (_base, shadow, source) = setup();
    let first = shadow.copy(&source).unwrap();
    let second = shadow.copy(&source).unwrap();
    assert!(first.path().is_absolute());
    assert_ne!(first.path(), second.path());
    let name = first.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("libgreeting-0{}", platform::DLL_SUFFIX));
    assert_eq!(fs::read(first.path()).unwrap(), b"a library");
    assert_eq!(shadow.bytes(), 18);

    let gone = first.path().to_owned();
    drop(first);
    assert!(!gone.exists());
    let kept = second.keep();
    assert_eq!(fs::read(kept).unwrap(), b"a library");
    assert_eq!(shadow.bytes(), 9);
}

#[test]
fn what_is_no_file_is_refused() {
    let (base, shadow, source) = setup();
    let refused = |path: &Path| {
        let error = shadow.copy(path).unwrap_err();
        assert!(error.to_string().contains(&path.display().to_string()));
        assert_eq!(shadow.bytes(), 0, "no file stays");
        error.code()
    };
    assert_eq!(refused(&base.path().join("missing.so")), Code::FileMissing);
    assert_eq!(refused(base.path()), Code::FileMissing);
    assert_eq!(refused(&source.join("below-a-file")), Code::FileMissing);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let pipe = base.path().join("pipe.so");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(refused(&pipe), Code::FileMissing);
        assert_eq!(refused(Path::new("/dev/null")), Code::FileMissing);
        if platform::user_id() != 0 {
            fs::set_permissions(&source, fs::Permissions::from_mode(0o0)).unwrap();
            assert_eq!(refused(&source), Code::FileMissing);
        }
    }
}

#[test]
fn a_folder_that_is_gone_is_an_error() {
    let (_base, shadow, source) = setup();
    fs::remove_dir_all(shadow.path()).unwrap();
    assert_eq!(shadow.copy(&source).unwrap_err().code(), Code::Shadow);
    assert_eq!(shadow.bytes(), 0);
}

#[test]
fn long_and_odd_names_are_cut() {
    let (base, shadow, _) = setup();
    for name in [format!("{}.so", "ü".repeat(120)), "no_suffix".to_owned(), "-rf --.so".to_owned()]
    {
        let source = base.path().join(name);
        fs::write(&source, "x").unwrap();
        shadow.copy(&source).unwrap().keep();
    }
}

#[test]
fn live_hosts_keep_their_folders() {
    let (base, first, source) = setup();
    let copy = first.copy(&source).unwrap();
    let second = Shadow::create(Some(base.path())).unwrap();
    assert_ne!(first.path(), second.path());
    assert!(copy.path().exists());
    // Nothing is removed that no host made.
    let foreign = root(base.path()).join("notes");
    fs::create_dir(&foreign).unwrap();
    drop(first);
    // Not at once if another test is starting a process just now: the child shares the lock
    // until it becomes another program.
    let third = (0..100)
        .map(|_| Shadow::create(Some(base.path())).unwrap())
        .inspect(|_| thread::sleep(Duration::from_millis(5)))
        .find(|_| !copy.path().exists())
        .expect("the first host's lock is free");
    assert!(second.path().exists() && third.path().exists() && foreign.exists());
}

/// There is no moment between the host's end and that at which somebody knows of it.
#[test]
fn who_wants_a_hosts_copies_keeps_them_after_its_end() {
    let (base, first, source) = setup();
    let copy = first.copy(&source).unwrap();
    let wanted = [want(first.path()).unwrap(), want(first.path()).unwrap()];
    drop(first);
    let start = || drop(Shadow::create(Some(base.path())).unwrap());
    for one in wanted {
        // Others may share a lock until they have become other programs, as above.
        for _ in 0..20 {
            start();
            thread::sleep(Duration::from_millis(1));
        }
        assert!(copy.path().exists());
        drop(one);
    }
    let is_gone = |_| {
        start();
        thread::sleep(Duration::from_millis(5));
        !copy.path().exists()
    };
    assert!((0..100).any(is_gone));
}

#[test]
fn a_folder_without_a_lock_is_removed() {
    let (base, _shadow, _) = setup();
    let half_made = root(base.path()).join("host-1-0");
    fs::create_dir(&half_made).unwrap();
    let half_removed = root(base.path()).join("host-2-0");
    fs::create_dir_all(&half_removed).unwrap();
    fs::write(half_removed.join("libgreeting-0.so"), "x").unwrap();
    Shadow::create(Some(base.path())).unwrap();
    assert!(!half_made.exists() && !half_removed.exists());
}

#[test]
fn hosts_that_start_at_once_do_not_remove_each_other() {
    let base = tempdir().unwrap();
    let create = || Shadow::create(Some(base.path())).unwrap();
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..20).map(|_| create()).collect::<Vec<_>>())).collect();
        let all: Vec<_> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
        assert!(all.iter().all(|it| it.path().join("lock").exists()));
    });
}

/// The child makes a folder and a copy, says where, and waits to be killed.
#[test]
fn a_killed_hosts_folder_is_removed() {
    const CHILD: &str = "HOT_TEST_SHADOW";
    if let Some(base) = env::var_os(CHILD) {
        let shadow = Shadow::create(Some(base.as_ref())).unwrap();
        let source = Path::new(&base).join("libgreeting.so");
        let copy = shadow.copy(&source).unwrap();
        println!("\ncopied {}", copy.path().display());
        std::io::stdout().flush().unwrap();
        thread::sleep(Duration::from_secs(60));
        unreachable!("nobody killed this process");
    }
    let (base, _shadow, _) = setup();
    let name = "shadow::tests::a_killed_hosts_folder_is_removed";
    let filter = [name, "--nocapture", "--test-threads=1"];
    let mut child = Command::new(env::current_exe().unwrap())
        .args(filter)
        .env(CHILD, base.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let copy = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("copied ").map(PathBuf::from))
        .unwrap();

    Shadow::create(Some(base.path())).unwrap();
    assert!(copy.exists(), "its process lives");
    child.kill().unwrap();
    child.wait().unwrap();
    Shadow::create(Some(base.path())).unwrap();
    assert!(!copy.parent().unwrap().exists());
}

#[test]
fn a_file_replaced_during_the_copy_is_never_a_mixture() {
    /// Ends the writer, also when the test panics.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let (base, shadow, source) = setup();
    let contents = |letter: u8| vec![letter; 3_000_000 + usize::from(letter)];
    fs::write(&source, contents(b'a')).unwrap();
    let done = AtomicBool::new(false);
    let (mut whole, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            // By turns as linkers do: written in place, in two parts; moved over; removed first.
            for letter in (b'a'..=b'z').cycle() {
                if done.load(SeqCst) {
                    break;
                }
                let new = contents(letter);
                match letter % 3 {
                    0 => {
                        let mut file = fs::File::create(&source).unwrap();
                        file.write_all(&new[..1_000_000]).unwrap();
                        thread::sleep(Duration::from_millis(1));
                        file.write_all(&new[1_000_000..]).unwrap();
                    }
                    1 => {
                        let other = base.path().join("other");
                        fs::write(&other, new).unwrap();
                        fs::rename(other, &source).unwrap();
                    }
                    _ => {
                        fs::remove_file(&source).unwrap();
                        fs::write(&source, new).unwrap();
                    }
                }
                thread::sleep(Duration::from_millis(u64::from(letter % 5) * 8));
            }
        });
        let _done = Done(&done);
        for _ in 0..60 {
            match shadow.copy(&source) {
                Ok(copy) => {
                    let bytes = fs::read(copy.path()).unwrap();
                    // A writer that is stopped between its parts for longer than a file takes to
                    // settle leaves a file that is cut off: the check of the copy refuses it.
                    let first = bytes.first().copied().unwrap_or_default();
                    assert!(bytes.iter().all(|byte| *byte == first), "a mixture");
                    whole += usize::from(bytes == contents(first));
                }
                Err(error) => {
                    assert_eq!(error.code(), Code::FileMissing, "{error}");
                    refused += 1;
                }
            }
        }
    });
    println!("{whole} whole, {refused} refused");
    assert!(whole > 0);
    assert_eq!(shadow.bytes(), 0);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn nobody_else_can_enter() {
        let (base, shadow, source) = setup();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o4775)).unwrap();
        let copy = shadow.copy(&source).unwrap();
        assert_eq!(mode(&root(base.path())), 0o700);
        assert_eq!(mode(shadow.path()), 0o700);
        assert_eq!(mode(copy.path()), 0o700);
        // Rights given meanwhile are taken back; those of the folder above are not ours.
        fs::set_permissions(root(base.path()), fs::Permissions::from_mode(0o777)).unwrap();
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Shadow::create(Some(base.path())).unwrap();
        assert_eq!(mode(&root(base.path())), 0o700);
        assert_eq!(mode(base.path()), 0o755);
    }

    #[test]
    fn a_link_is_no_private_folder() {
        let base = tempdir().unwrap();
        let elsewhere = tempdir().unwrap();
        symlink(elsewhere.path(), root(base.path())).unwrap();
        let error = Shadow::create(Some(base.path())).err().unwrap();
        assert_eq!(error.code(), Code::Shadow);
        assert!(error.to_string().contains("symbolic link"), "{error}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    /// What another user could have laid while the root was open to all.
    #[test]
    fn links_inside_are_not_followed() {
        let (base, _shadow, _) = setup();
        let elsewhere = tempdir().unwrap();
        fs::write(elsewhere.path().join("precious"), "x").unwrap();
        let dead = root(base.path()).join("host-1-0");
        fs::create_dir(&dead).unwrap();
        symlink(elsewhere.path(), dead.join("inner")).unwrap();
        symlink(elsewhere.path(), root(base.path()).join("host-2-0")).unwrap();
        Shadow::create(Some(base.path())).unwrap();
        assert!(!dead.exists());
        assert!(elsewhere.path().join("precious").exists());
    }
}
