//! The names of builds, the files under them, and links that fail.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use super::{Folder, exported, names, soname};
use crate::link::{arguments::Compiler, link};

#[test]
fn a_build_is_named_by_what_is_in_it() {
    let folder = Folder::new();
    let output = folder.path("libgiven.so");
    let of = |number: u32| {
        let source = format!("int number(void) {{ return {number}; }}");
        let object = folder.object("number.o", &source);
        fs::remove_file(folder.path("libnumber.rlib")).ok();
        folder.link(&folder.archive("libnumber.rlib", "rcs", &[object]), &[]);
        soname(&output)
    };
    let (first, again, second) = (of(1), of(1), of(2));
    assert_eq!(first, again);
    assert_ne!(first, second);
    assert_eq!(folder.builds(), names(&[&first, &second]));
    assert_eq!(soname(&folder.path(&first)), first);
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&output), inode(&folder.path(&second)), "one file under two names");
    assert_ne!(inode(&output), inode(&folder.path(&first)));

    // What cargo itself names is nobody's build, nor what belongs to others.
    let strangers = ["libgiven-0123456789abcdef.so", "libgiven_too-0123456789abcdef0123.so"];
    strangers.iter().for_each(|it| fs::write(folder.path(it), "").unwrap());
    let mut known = vec![first.clone(), second];
    for number in 3..7 {
        // The clock of a file system may be coarse.
        for (age, name) in known.iter().rev().enumerate() {
            let file = File::options().append(true).open(folder.path(name));
            let age = Duration::from_secs(60 * (1 + age as u64));
            if let Ok(file) = file {
                file.set_modified(SystemTime::now() - age).unwrap();
            }
        }
        known.push(of(number));
    }
    let mut kept = names(&known.iter().rev().take(4).map(String::as_str).collect::<Vec<_>>());
    kept.insert(strangers[0].to_owned());
    assert_eq!(folder.builds(), kept);
    assert!(folder.path(strangers[1]).exists());
    assert_eq!(of(1), first, "one that had gone comes again");
    assert!(
        !folder.files().iter().any(|it| it.starts_with(".hotreload")),
        "nothing is left behind"
    );
}

#[test]
fn a_link_that_fails_changes_nothing() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let output = folder.link(&archive, &[]);
    let (before, bytes) = (folder.files(), fs::read(&output).unwrap());

    let script = folder.linker("test -z \"$HOTRELOAD_LINKER\" || exit 1\nexit 42");
    let status = link(&Compiler(script.as_os_str()), &folder.arguments(&archive, &[])).unwrap();
    assert_eq!(status.code(), Some(42));
    fs::remove_file(script).unwrap();
    assert_eq!((folder.files(), fs::read(&output).unwrap()), (before, bytes));
    link(&Compiler("/no/such/linker".as_ref()), &folder.arguments(&archive, &[])).unwrap_err();
}

#[test]
fn without_a_build_id_the_name_is_rustcs() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let script = folder.linker("exec cc \"$@\" -Wl,--build-id=none");
    let status = link(&Compiler(script.as_os_str()), &folder.arguments(&archive, &[])).unwrap();
    assert!(status.success());
    assert_eq!(soname(&folder.path("libgiven.so")), "libgiven.so");
    assert_eq!(exported(&folder.path("libgiven.so")), names(&["listed", "one"]));
    assert!(folder.builds().is_empty());

    // One that somebody else asks for is used, and short.
    let library = folder.link(&archive, &["-Wl,--build-id=0x1234"]);
    assert_eq!(soname(&library), "libgiven-12340000000000000000.so");
    // No build id is none.
    assert_ne!(soname(&folder.link(&archive, &["-Wl,--build-id=none"])), "libgiven.so");
}
