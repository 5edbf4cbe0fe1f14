//! A bundle that was built otherwise than the host is refused, whatever it is that differs, and
//! none of its code runs.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Bundle, Code, Error, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, fixture,
    manifest::{self, Field, HEADER_FIELDS},
    refusal::{assert_complete, codes, fact},
};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

hot::import! {
    fingerprinted => { fn answer() -> u32; }
}

struct Victim {
    #[cfg_attr(
        not(feature = "exhaustive"),
        expect(dead_code, reason = "only all tests build it again")
    )]
    fixture: Fixture,
    bytes: Vec<u8>,
    _bundle: Bundle,
    ran: PathBuf,
}

static VICTIM: LazyLock<Victim> = LazyLock::new(|| {
    let fixture = Fixture::new("fingerprinted");
    let ran = fixture.folder().join("constructor-ran");
    let library = fixture.build(&source(&ran));
    let bundle = HOST.load_library(&library).unwrap();
    fs::remove_file(&ran).expect("an accepted library's constructors run");
    Victim { fixture, bytes: fs::read(library).unwrap(), _bundle: bundle, ran }
});

fn source(ran: &Path) -> String {
    format!(
        "#[used]
        #[unsafe(link_section = \".init_array\")]
        static CONSTRUCTOR: extern \"C\" fn() = {{
            extern \"C\" fn run() {{ std::fs::write({ran:?}, \"\").unwrap(); }}
            run
        }};
        #[hot::export] pub fn answer() -> u32 {{ 1 }}"
    )
}

fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    LazyLock::force(&VICTIM);
    guard
}

/// Tries to load these bytes; everything must be as it was.
fn load(bytes: &[u8]) -> Result<Bundle, Error> {
    let folder = fixture::root().join("fingerprints");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("libfingerprinted.so");
    fs::write(&path, bytes).unwrap();
    let before = Snapshot::take(&HOST);
    HOST.load_library(&path).inspect_err(|error| {
        assert_eq!(Snapshot::take(&HOST), before, "{error}");
        assert_eq!(fingerprinted::answer(), 1);
        assert!(!VICTIM.ran.exists(), "a constructor ran");
        assert_complete(error, &path);
    })
}

/// How a header's field is judged, by a change of its value to one that differs.
enum Judged {
    /// It is compared with the host's, and called this in the message.
    Compared(&'static str),
    /// It says who the bundle is, not how it was built.
    Identity,
    /// It is asked for by hosts with an allocator of their own only: see allocators.rs.
    Allocator,
}

/// Every field of the header; the test that uses it fails on a field that is not here.
const FIELDS: [(&str, Judged); 13] = [
    ("format", Judged::Compared("version of the framework")),
    ("sources", Judged::Compared("version of the framework")),
    ("package", Judged::Identity),
    ("version", Judged::Identity),
    ("crate_name", Judged::Identity),
    ("manifest_dir", Judged::Identity),
    ("rustc", Judged::Compared("compiler")),
    ("commit", Judged::Compared("compiler commit")),
    ("target", Judged::Compared("target")),
    ("panic", Judged::Compared("panic strategy")),
    ("features", Judged::Compared("target features")),
    ("forwards_allocation", Judged::Allocator),
    ("static", Judged::Compared("setting of the feature `static`")),
];

/// Another value in place of a field's, of the same length: at its first byte, its last one and one
/// between.
fn others(bytes: &[u8], field: Field, range: &Range<usize>) -> Vec<Vec<u8>> {
    let places = [range.start, range.start + range.len() / 2, range.end - 1];
    let others = places.map(|place| {
        let mut other = bytes.to_vec();
        // A text stays one, and so does what says yes or no.
        let small = matches!(field, Field::Text | Field::Number(1));
        other[place] ^= if small { 0x01 } else { 0x40 };
        other
    });
    others.to_vec()
}

#[test]
fn every_field_of_the_header_is_flipped() {
    let _alone = alone();
    let bytes = &VICTIM.bytes;
    let header = manifest::header(bytes);
    assert_eq!(header.len(), HEADER_FIELDS.len());
    let mut refused = 0;
    for ((name, field, range), (known, judged)) in header.iter().zip(&FIELDS) {
        assert_eq!(name, known, "a field that no test covers");
        let Judged::Compared(what) = judged else { continue };
        for other in others(bytes, *field, range) {
            let error = load(&other).expect_err(name);
            assert_eq!(codes(&error), [Code::Fingerprint], "{name}: {error}");
            let reason = &error.reasons()[0];
            assert!(reason.message.ends_with(&format!("another {what}")), "{name}: {error}");
            assert_ne!(fact(reason, "host"), fact(reason, "found"), "{name}");
            refused += 1;
        }
    }
    assert_eq!(refused, 3 * 8);
}

#[test]
fn each_target_feature_counts_by_itself() {
    let _alone = alone();
    let header = manifest::header(&VICTIM.bytes);
    let (_, _, range) = header.iter().find(|(name, ..)| *name == "features").unwrap();
    let mut found = std::collections::BTreeSet::new();
    for bit in 0..64 {
        let mut other = VICTIM.bytes.clone();
        other[range.start + bit / 8] ^= 1 << (bit % 8);
        let error = load(&other).expect_err("another set of features");
        assert_eq!(codes(&error), [Code::Fingerprint]);
        found.insert(fact(&error.reasons()[0], "found").to_owned());
    }
    assert_eq!(found.len(), 64, "each set is shown as another one");
}

#[test]
fn all_differences_are_listed_at_once() {
    let _alone = alone();
    let mut other = VICTIM.bytes.clone();
    let mut changed = 0;
    for (name, field, range) in manifest::header(&VICTIM.bytes) {
        if field == Field::Text && matches!(name, "rustc" | "commit" | "target" | "panic") {
            other[range.start] ^= 1;
            changed += 1;
        }
    }
    assert_eq!(changed, 4);
    let error = load(&other).expect_err("refused");
    assert_eq!(codes(&error), [Code::Fingerprint; 4]);
}

#[test]
fn a_text_that_says_yes_or_no_says_nothing_else() {
    let _alone = alone();
    let header = manifest::header(&VICTIM.bytes);
    let (_, _, range) = header.iter().find(|(name, ..)| *name == "forwards_allocation").unwrap();
    let mut other = VICTIM.bytes.clone();
    assert_eq!(other[range.start], 0);
    other[range.start] = 2;
    assert_eq!(codes(&load(&other).expect_err("refused")), [Code::Manifest]);
}

/// A copy of the crate that a bundle links, in which `edit` is made in one file: a workspace of its
/// own. What that crate is compiled with is the repository's.
fn copied_framework(file: &str, edit: impl Fn(&str) -> String) -> PathBuf {
    let (from, to) = (fixture::repository(), fixture::root().join("framework"));
    let edited = from.join(file);
    let copy = |from: &Path, to: &Path| {
        let text = fs::read_to_string(from).unwrap();
        if from == edited {
            assert_ne!(edit(&text), text);
            fixture::write(to, &edit(&text));
        } else {
            fixture::write(to, &text);
        }
    };
    fs::create_dir_all(&to).unwrap();
    let manifest = fs::read_to_string(from.join("Cargo.toml")).unwrap();
    let manifest =
        ["hotreload/types", "hotreload-macros"].iter().fold(manifest, |text, package| {
            text.replace(
                &format!("path = {package:?}"),
                &format!("path = {:?}", from.join(package)),
            )
        });
    fixture::write(&to.join("Cargo.toml"), &manifest);
    each_file(&from.join("hotreload/rt"), &to.join("hotreload/rt"), &copy);
    to
}

fn each_file(from: &Path, to: &Path, copy: &impl Fn(&Path, &Path)) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            each_file(&entry.path(), &to, copy);
        } else {
            copy(&entry.path(), &to);
        }
    }
}

/// Nobody raises a number here, and the manifest is as it was: only the sources say that a type
/// which both sides read has another field.
#[test]
fn a_bundle_of_another_framework_is_refused() {
    let _alone = alone();
    let framework = copied_framework("hotreload/rt/src/record.rs", |text| {
        let text = text.replace(
            "    pub depth: AtomicU32,",
            "    pub more: AtomicU64,\n    pub depth: AtomicU32,",
        );
        text.replace(
            "            depth: AtomicU32::new(0),",
            "            more: AtomicU64::new(0),\n            depth: AtomicU32::new(0),",
        )
    });
    let of_the_copy = format!(
        "hot = {{ package = \"hotreload-rt\", path = {:?} }}",
        framework.join("hotreload/rt")
    );
    let fixture = Fixture::with_dependencies("other-framework", &of_the_copy);
    let bytes = fs::read(fixture.build(&source(&VICTIM.ran))).unwrap();
    let error = load(&bytes).expect_err("of another framework");
    assert_eq!(codes(&error), [Code::Fingerprint], "{error}");
    let reason = &error.reasons()[0];
    assert_eq!(reason.message, "the bundle was built with another version of the framework");
    assert_ne!(fact(reason, "host"), fact(reason, "found"), "{error}");
    assert!(error.to_string().contains("use one version of the dependency"), "{error}");
}

// Each flag compiles everything again.
#[cfg(feature = "exhaustive")]
#[test]
fn bundles_that_cargo_built_otherwise() {
    let _alone = alone();
    let fixture = &VICTIM.fixture;
    let root = format!("hot::bundle!();\n{}", source(&VICTIM.ran));
    let build = |flag: &str| fs::read(fixture.build_flags(&root, flag)).unwrap();

    let error = load(&build("-Ctarget-feature=+avx2")).expect_err("other features");
    assert_eq!(codes(&error), [Code::Fingerprint]);
    let reason = &error.reasons()[0];
    assert!(reason.message.contains("target features"), "{error}");
    assert!(fact(reason, "found").contains("avx2"), "{error}");
    assert!(!fact(reason, "host").contains("avx2"), "{error}");

    let error = load(&build("-Cpanic=abort")).expect_err("another panic strategy");
    assert_eq!(codes(&error), [Code::Fingerprint]);
    assert_eq!(fact(&error.reasons()[0], "found"), "abort");
    assert_eq!(fact(&error.reasons()[0], "host"), "unwind");

    let error = load(&build("-Cprefer-dynamic")).expect_err("a std of its own kind");
    assert_eq!(codes(&error), [Code::Fingerprint]);
    assert!(error.reasons()[0].message.ends_with("another std"), "{error}");
    assert_eq!(fact(&error.reasons()[0], "found"), "shared");
}
