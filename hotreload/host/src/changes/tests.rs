use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::diff::changes;
use crate::file::machine_code::{MachineCode, members, object, read_all};

/// The rlib of a crate `demo`, compiled by rustc.
fn rlib(folder: &Path, source: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("lib.rs"), source).unwrap();
    let rlib = folder.join("libdemo.rlib");
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--crate-name=demo", "--crate-type=rlib", "-Ccodegen-units=1"]);
    assert!(
        rustc
            .current_dir(folder)
            .args(["-o", "libdemo.rlib", "lib.rs"])
            .status()
            .unwrap()
            .success()
    );
    rlib
}

const SOURCE: &str = "
    use std::sync::Mutex;
    static LIST: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    fn helper(a: usize) -> &'static str { [\"one\", \"two\", \"three\"][a] }
    pub fn push(a: u32) -> &'static str { LIST.lock().unwrap().push(a); helper(a as usize) }
    pub fn pick(a: u8) -> u8 { match a { 0 => 3, 1 => 5, 2 => 9, 3 => 1, 4 => 17, _ => 0 } }";

/// The helpers that differ.
fn differing(old: &MachineCode, new: &MachineCode) -> Vec<String> {
    let (edited, helpers) = changes(old, new);
    assert!(edited.is_empty(), "nothing is exported");
    helpers.into_iter().map(|helper| helper.name).collect()
}

#[test]
fn malformed_files_are_no_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = rlib(&folder.path().join("one"), SOURCE);
    let whole = MachineCode::read("demo", std::slice::from_ref(&path), None).unwrap();
    assert_eq!(whole.variables().into_iter().collect::<Vec<_>>(), ["demo::LIST"]);
    let edited = SOURCE.replace("two", "TWO").replace("17", "18");
    let other = rlib(&folder.path().join("two"), &edited);
    let other = MachineCode::read("demo", &[other], None).unwrap();
    assert_eq!(differing(&whole, &other), ["demo::helper", "demo::pick"]);
    let moved = rlib(&folder.path().join("three"), &format!("\n\n// More.\n{SOURCE}"));
    let moved = MachineCode::read("demo", &[moved], None).unwrap();
    assert_eq!(differing(&whole, &moved), Vec::<String>::new());

    let bytes = fs::read(&path).unwrap();
    let read = |bytes: &[u8]| {
        let objects = read_all(&members(bytes)?, None)?;
        let mut content = MachineCode::default();
        content.crates.push("demo".to_owned());
        content.objects = objects;
        content.put_together();
        content.find_exports();
        Some(content)
    };
    assert!(read(&bytes).is_some_and(|content| differing(&content, &whole).is_empty()));
    for length in (0..bytes.len()).step_by(97) {
        // What is missing is padding at most.
        if let Some(content) = read(&bytes[..length]) {
            assert!(content.places.is_empty() || length + 97 > bytes.len(), "{length}");
        }
    }
    let object = members(&bytes).unwrap()[0];
    let mut refused = 0;
    for length in 0..object.len() {
        refused += usize::from(object::read(&object[..length], 1).is_none());
    }
    assert!(refused > object.len() / 2, "only {refused} of {}", object.len());
    // A change of some bytes is a change of content; of others, no file that can be read.
    let mut several = [0; 2];
    for index in (0..object.len()).step_by(3) {
        let mut bytes = object.to_vec();
        bytes[index] ^= if index % 2 == 0 { 0xff } else { 1 };
        several[usize::from(object::read(&bytes, 1).is_some())] += 1;
    }
    assert!(several.iter().all(|count| *count > 0), "{several:?}");
}

/// What rustc has kept under another name is the same objects; what was written anew is read, also where the
/// name and the length are as they were.
#[cfg(unix)]
#[test]
fn what_lies_there_unchanged_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let session = |name: &str| {
        let path = folder.path().join("demo-1k2f").join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let objects_of = |source: &str| {
        let bytes = fs::read(rlib(&folder.path().join(source.len().to_string()), source)).unwrap();
        members(&bytes).unwrap().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let first = session("s-a");
    let (one, other) = (objects_of(SOURCE), objects_of(&SOURCE.replace("two", "TWO+")));
    fs::write(first.join("x.o"), &one[0]).unwrap();
    fs::write(first.join("y.o"), &other[0]).unwrap();
    let read = |session: &Path, before| MachineCode::read("demo", &[session.to_owned()], before);
    let before = read(&first, None).unwrap();
    let second = session("s-b");
    fs::hard_link(first.join("x.o"), second.join("x.o")).unwrap();
    fs::write(second.join("y.o"), &one[0]).unwrap();
    // Its bytes are not looked at.
    let time = fs::metadata(second.join("x.o")).unwrap().modified().unwrap();
    let kept = fs::File::options().write(true).open(second.join("x.o")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&kept, b"?", 0).unwrap();
    kept.set_modified(time).unwrap();
    let after = read(&second, Some(&before)).unwrap();
    assert_eq!(after.objects.len(), 3, "two files, and what is in both");
    assert!(differing(&after, &read(&session_of(&first, &one[0]), None).unwrap()).is_empty());
    kept.set_modified(time + std::time::Duration::from_nanos(1)).unwrap();
    assert!(read(&second, Some(&before)).is_none(), "it is read now, and is no object file");
}

/// A session that has one object file only.
#[cfg(unix)]
fn session_of(beside: &Path, object: &[u8]) -> PathBuf {
    let session = beside.with_file_name("s-only");
    fs::create_dir_all(&session).unwrap();
    fs::write(session.join("x.o"), object).unwrap();
    session
}

#[test]
fn what_is_no_rlib_of_the_crate_is_no_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = rlib(folder.path(), "pub fn f() {}");
    let of = |rlib: &Path| MachineCode::read("demo", &[rlib.to_owned()], None).is_some();
    assert!(of(&path));
    assert!(MachineCode::read("other", std::slice::from_ref(&path), None).is_none());
    assert!(!of(&folder.path().join("libgone.rlib")));
    assert!(!of(folder.path()));
    for (name, bytes) in [("empty", &b""[..]), ("text", b"hello"), ("thin", b"!<thin>\n")] {
        let file = folder.path().join(name).join("libdemo.rlib");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        assert!(!of(&file), "{name}");
    }
}
