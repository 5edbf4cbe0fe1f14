//! Files that are no bundle, or a damaged one: each is refused with its code, and the process is as
//! it was.

mod init;
mod libraries;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Bundle, Code, Error, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, elf, fixture, manifest,
    refusal::{assert_complete, codes, fact},
};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

hot::import! {
    victim_of_files => { fn answer() -> u32; fn twice(number: u32) -> u32; }
    bad_init => { fn version() -> u32; }
    unloaded => { fn never() -> u32; }
}

/// A loaded bundle, of which damaged versions are loaded.
struct Victim {
    library: PathBuf,
    bytes: Vec<u8>,
    bundle: Bundle,
    /// What a constructor of the library writes.
    ran: PathBuf,
}

static VICTIM: LazyLock<Victim> = LazyLock::new(|| {
    let fixture = Fixture::new("victim-of-files");
    let ran = fixture.folder().join("constructor-ran");
    let library = fixture.build(&format!(
        "{}
        #[hot::export] pub fn answer() -> u32 {{ 1 }}
        #[hot::export] pub fn twice(number: u32) -> u32 {{ 2 * number }}
        #[hot::export] pub fn uncalled() {{}}",
        constructor(&ran)
    ));
    let _ = fs::remove_file(&ran);
    let bundle = HOST.load_library(&library).unwrap();
    assert!(ran.exists(), "an accepted library's constructors run");
    fs::remove_file(&ran).unwrap();
    Victim { bytes: fs::read(&library).unwrap(), library, bundle, ran }
});

/// A function that runs when the library is mapped, and leaves a file.
fn constructor(file: &Path) -> String {
    format!(
        "#[used]
        #[unsafe(link_section = \".init_array\")]
        static CONSTRUCTOR: extern \"C\" fn() = {{
            extern \"C\" fn run() {{ std::fs::write({file:?}, \"\").unwrap(); }}
            run
        }};"
    )
}

/// One test at a time: the process is looked at as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    LazyLock::force(&VICTIM);
    let _ = fs::remove_file(&VICTIM.ran);
    guard
}

fn scratch(name: &str) -> PathBuf {
    let folder = fixture::root().join("files");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Tries to load a path; everything must be as it was.
fn refuse(path: &Path) -> Error {
    let before = Snapshot::take(&HOST);
    let abandoned = HOST.status().unwrap().abandoned;
    let checked = HOST.check(path).map_err(|error| codes(&error));
    assert_eq!(Snapshot::take(&HOST), before, "after check");
    let error = HOST.load_library(path).expect_err("refused");
    assert_eq!(Snapshot::take(&HOST), before, "after load: {error}");
    assert_eq!(HOST.status().unwrap().abandoned, abandoned, "{error}");
    if error.code() != Code::LoaderRefused {
        assert_eq!(checked.unwrap_err(), codes(&error));
    }
    assert_eq!(victim_of_files::answer(), 1, "the old code runs on");
    assert_eq!(hot::get!(victim_of_files::twice)(4), 8);
    assert!(!VICTIM.ran.exists(), "a constructor ran: {error}");
    assert_complete(&error, path);
    error
}

/// As [`refuse`], for these bytes.
fn refuse_bytes(bytes: &[u8]) -> Error {
    let path = scratch("libvictim_of_files.so");
    fs::write(&path, bytes).unwrap();
    refuse(&path)
}

/// A change of the victim's bytes.
fn patched(patch: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = VICTIM.bytes.clone();
    patch(&mut bytes);
    assert_ne!(bytes, VICTIM.bytes);
    bytes
}

#[test]
fn what_is_not_a_file() {
    let _alone = alone();
    assert_eq!(refuse(&scratch("no-such-file.so")).code(), Code::FileMissing);
    assert_eq!(refuse(Path::new("")).code(), Code::FileMissing);
    assert_eq!(refuse(Path::new("relative/no-such-file.so")).code(), Code::FileMissing);
    let folder = scratch("a-folder.so");
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(refuse(&folder).code(), Code::FileMissing);
    assert_eq!(refuse(Path::new("/dev/null")).code(), Code::FileMissing);
    assert_eq!(refuse(&VICTIM.library.join("below-a-file")).code(), Code::FileMissing);
    let link = scratch("a-link.so");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    assert_eq!(refuse(&link).code(), Code::FileMissing);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&link, &link).unwrap();
    assert_eq!(refuse(&link).code(), Code::FileMissing);
    // Opening it would wait for a writer.
    let pipe = scratch("a-pipe.so");
    let _ = fs::remove_file(&pipe);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(refuse(&pipe).code(), Code::FileMissing);
}

#[test]
fn what_is_not_a_library() {
    let _alone = alone();
    assert_eq!(refuse_bytes(b"").code(), Code::NotALibrary);
    assert_eq!(refuse_bytes(b"\x7f").code(), Code::NotALibrary);
    assert_eq!(refuse_bytes(b"\x7fELF").code(), Code::NotALibrary);
    assert_eq!(refuse_bytes("fn main() {}\n".repeat(1000).as_bytes()).code(), Code::NotALibrary);
    assert_eq!(refuse_bytes(&[0; 100_000]).code(), Code::NotALibrary);
    assert_eq!(refuse_bytes(b"MZ").code(), Code::NotALibrary);
    assert_eq!(refuse_bytes(b"!<arch>\n").code(), Code::NotALibrary);
    // ET_REL, as in an object file; ET_EXEC, as in a program that cannot be moved; ET_CORE.
    for kind in [1, 2, 4] {
        let error = refuse_bytes(&patched(|bytes| bytes[16] = kind));
        assert_eq!(error.code(), Code::NotALibrary, "{error}");
    }
    // This program is of a library's form and has a manifest, but no header.
    assert_eq!(refuse(&env::current_exe().unwrap()).code(), Code::NoBundle);
}

#[test]
fn libraries_for_other_machines() {
    let _alone = alone();
    // AArch64, 32-bit x86, RISC-V, s390x, one that nobody knows.
    for machine in [183_u16, 3, 243, 22, 0xfefe] {
        let error = refuse_bytes(&patched(|bytes| {
            bytes[elf::MACHINE..][..2].copy_from_slice(&machine.to_le_bytes());
        }));
        assert_eq!(error.code(), Code::OtherMachine, "{error}");
        assert_ne!(fact(&error.reasons()[0], "host"), fact(&error.reasons()[0], "found"));
    }
    // Flags that contradict the rest of the file.
    let half = refuse_bytes(&patched(|bytes| bytes[elf::CLASS] = 1));
    let turned = refuse_bytes(&patched(|bytes| bytes[elf::ORDER] = 2));
    for error in [half, turned] {
        assert!(matches!(error.code(), Code::OtherMachine | Code::NotALibrary), "{error}");
    }
    // True ones: a 32-bit library, one for x86-64 with 32-bit pointers, one with big-endian order.
    for (machine, class, order) in [(3_u16, 1_u8, 1_u8), (62, 1, 1), (22, 2, 2), (183, 2, 2)] {
        let number =
            |value: u16| if order == 1 { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut header = vec![0; if class == 1 { 52 } else { 64 }];
        header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, order, 1]);
        header[16..18].copy_from_slice(&number(3));
        header[18..20].copy_from_slice(&number(machine));
        header[if class == 1 { 40 } else { 52 }..][..2].copy_from_slice(&number(52));
        let error = refuse_bytes(&header);
        assert_eq!(error.code(), Code::OtherMachine, "{machine}: {error}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let _alone = alone();
    let bytes = &VICTIM.bytes;
    let around = |range: std::ops::Range<usize>| {
        let ends =
            [range.start, range.end].into_iter().flat_map(|end| end.saturating_sub(2)..end + 3);
        let inside = (range.start..range.end).step_by((range.len() / 8).max(1)).take(8);
        ends.chain(inside).collect::<Vec<_>>()
    };
    let mut lengths: Vec<_> = (0..64).map(|part| bytes.len() * part / 64).collect();
    lengths.extend(0..=64);
    lengths.extend(around(elf::program_headers(bytes)));
    lengths.extend(around(elf::section_headers(bytes)));
    lengths.extend(around(elf::section(bytes, ".hot")));
    lengths.extend(around(elf::section(bytes, ".hothost")));
    lengths.extend(around(elf::section(bytes, ".dynstr")));
    lengths.sort_unstable();
    lengths.dedup();
    lengths.retain(|length| *length < bytes.len());
    let mut found = BTreeMap::new();
    for length in &lengths {
        let error = refuse_bytes(&bytes[..*length]);
        *found.entry(error.code().id()).or_insert(0) += 1;
    }
    // Linkers put the section headers last: nothing can be found in a file without its end.
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), ["HOT0102"], "{found:?}");
    assert!(found["HOT0102"] > 64 + 65 + 5 * 10, "only {found:?}");
}

#[test]
fn a_file_of_full_length_whose_end_was_not_written_yet() {
    let _alone = alone();
    let bytes = &VICTIM.bytes;
    let mut refused = 0;
    for part in 0..32 {
        let mut bytes = bytes.clone();
        let length = bytes.len();
        bytes[length * part / 32..].fill(0);
        let error = refuse_bytes(&bytes);
        assert!(matches!(error.code(), Code::NotALibrary | Code::NoBundle), "{error}");
        refused += 1;
    }
    assert_eq!(refused, 32);
}

#[test]
fn segments_that_reach_beyond_the_file() {
    let _alone = alone();
    let headers = elf::program_headers(&VICTIM.bytes);
    let mut refused = 0;
    for header in headers.step_by(56) {
        if elf::number(&VICTIM.bytes, header, 4) != 1 {
            continue;
        }
        // Offset, then size in the file; u64::MAX overflows when the two are added.
        for (field, value) in [(8, 1 << 40), (32, 1 << 40), (8, u64::MAX), (32, u64::MAX)] {
            let error = refuse_bytes(&patched(|bytes| {
                bytes[header + field..][..8].copy_from_slice(&value.to_le_bytes());
            }));
            assert_eq!(error.code(), Code::NotALibrary, "{error}");
            refused += 1;
        }
    }
    assert!(refused >= 4 * 3, "{refused}");
}

/// The same numbers at each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn random_bytes_with_the_mark_of_a_library() {
    let _alone = alone();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for round in 0..96 {
        let length = 64 + random.next() as usize % 5000;
        let mut bytes: Vec<_> = (0..length).map(|_| random.next() as u8).collect();
        let header = &VICTIM.bytes[..64];
        // The magic alone; then as much of a true header as leaves the tables at random places.
        let kept = [4, 7, 20, 40, 64][round % 5];
        bytes[..kept].copy_from_slice(&header[..kept]);
        let error = refuse_bytes(&bytes);
        assert!(
            matches!(error.code(), Code::NotALibrary | Code::OtherMachine | Code::NoBundle),
            "{error}"
        );
        refused += 1;
    }
    assert_eq!(refused, 96);
}

#[test]
fn every_flipped_byte_of_the_headers_and_the_manifest_is_answered_by_check() {
    let _alone = alone();
    let before = Snapshot::take(&HOST);
    let bytes = &VICTIM.bytes;
    let path = scratch("libvictim_of_files.so");
    let manifest = elf::section(bytes, ".hot");
    let headers = elf::section_headers(bytes);
    let places =
        (0..64).chain(elf::program_headers(bytes)).chain(manifest).chain(headers.step_by(3));
    // Each fourth, of which each kind of record has many; all of them where there is time.
    let step = if cfg!(feature = "exhaustive") { 1 } else { 4 };
    let (mut refused, mut accepted) = (0, 0);
    for (round, place) in places.step_by(step).enumerate() {
        let flip = [0x01, 0x80, 0xff][round % 3];
        let mut bytes = bytes.clone();
        bytes[place] ^= flip;
        fs::write(&path, bytes).unwrap();
        match HOST.check(&path) {
            Ok(()) => accepted += 1,
            Err(error) => {
                assert_complete(&error, &path);
                refused += 1;
            }
        }
    }
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!(victim_of_files::answer(), 1);
    // Many bytes say nothing that a host asks for: a version, an alignment.
    let enough = refused > 400 / step && accepted > 100 / step;
    assert!(enough, "{refused} refused, {accepted} accepted");
}

#[test]
fn libraries_without_a_bundle() {
    let _alone = alone();
    let fixture = Fixture::new("no-bundle-at-all");
    let ran = fixture.folder().join("constructor-ran");
    let plain = fixture.build_root(&format!(
        "{}\n#[unsafe(no_mangle)] pub extern \"C\" fn answer() -> u32 {{ 7 }}",
        constructor(&ran)
    ));
    assert_eq!(refuse(&plain).code(), Code::NoBundle);
    let forgotten = fixture.build_root(&format!(
        "{}\n#[hot::export] pub fn answer() -> u32 {{ 7 }}",
        constructor(&ran)
    ));
    let error = refuse(&forgotten);
    assert_eq!(error.code(), Code::NoBundle);
    assert!(error.reasons()[0].help.contains("hot::bundle!()"), "{error}");
    assert!(!ran.exists(), "neither library's constructor ran");
}

#[test]
fn a_library_that_the_loader_refuses() {
    let _alone = alone();
    let missing = patched(|bytes| elf::replace(bytes, ".dynstr", "libc.so.6", "libq.so.6"));
    let error = refuse_bytes(&missing);
    assert_eq!(error.code(), Code::LoaderRefused);
    assert!(error.to_string().contains("libq.so.6"), "the loader's own words: {error}");
}

#[test]
fn a_manifest_that_breaks_off_or_holds_nonsense() {
    let _alone = alone();
    let records = manifest::records(&VICTIM.bytes);
    let functions: Vec<_> = records.iter().filter(|(tag, _)| *tag == 2).collect();
    assert_eq!((records.len(), functions.len()), (4, 3));
    let mut refused = 0;
    for (_, record) in &records {
        // An unknown tag; lengths that are too short, too long, huge; a text's length.
        let tag = (record.start, vec![9]);
        let lengths = [3_u32, record.len() as u32 - 6, record.len() as u32 - 4, u32::MAX];
        let lengths = lengths.map(|length| (record.start + 1, length.to_le_bytes().to_vec()));
        for (at, new) in lengths.into_iter().chain([tag]) {
            let error =
                refuse_bytes(&patched(|bytes| bytes[at..at + new.len()].copy_from_slice(&new)));
            assert_eq!(error.code(), Code::Manifest, "{error}");
            refused += 1;
        }
    }
    for (_, record) in &functions {
        // The path's length, then its text.
        for (at, new) in [(5, &[0xff, 0xff, 0xff, 0xff][..]), (9, &[0xff])] {
            let error = refuse_bytes(&patched(|bytes| {
                bytes[record.start + at..][..new.len()].copy_from_slice(new);
            }));
            assert_eq!(error.code(), Code::Manifest, "{error}");
            refused += 1;
        }
    }
    assert_eq!(refused, 4 * 5 + 3 * 2);
    // Without any header it is no bundle.
    let header = records.iter().find(|(tag, _)| *tag == 1).unwrap().1.clone();
    let error = refuse_bytes(&patched(|bytes| bytes[header].fill(0)));
    assert_eq!(error.code(), Code::NoBundle);
    // A header of a later format says nothing after its first field, whatever it holds there.
    let error = refuse_bytes(&patched(|bytes| {
        let header = records.iter().find(|(tag, _)| *tag == 1).unwrap().1.clone();
        bytes[header.start + 5] += 1;
        bytes[header.start + 9..header.end].fill(0xff);
    }));
    assert_eq!(error.code(), Code::Fingerprint, "{error}");
}

#[test]
fn a_library_of_several_bundles_under_a_foreign_name() {
    let _alone = alone();
    let inner = Fixture::with_manifest("several-inner", "");
    inner.build("#[hot::export] pub fn inner() -> u32 { 1 }");
    let dependency = format!("several-inner = {{ path = {:?} }}", inner.folder());
    let outer = Fixture::with_manifest("several-outer", &dependency);
    let library = outer.build("#[hot::export] pub fn outer() -> u32 { several_inner::inner() }");
    let bytes = fs::read(&library).unwrap();
    let headers = manifest::records(&bytes).iter().filter(|(tag, _)| *tag == 1).count();
    assert_eq!(headers, 2, "the rlib's header came along");
    let foreign = scratch("libforeign.so");
    fs::copy(&library, &foreign).unwrap();
    let error = refuse(&foreign);
    assert_eq!(error.code(), Code::SeveralBundles);
    let found = fact(&error.reasons()[0], "found");
    assert!(found.contains("several-inner") && found.contains("several-outer"), "{error}");
    HOST.check(&library).unwrap();
}
