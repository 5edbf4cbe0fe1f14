//! How cargo has called rustc for a bundle: the wrapper keeps it beside what that call has made, and a host
//! reads it, in the same run or in a later one.
//!
//! ```text
//! debug/deps/liblogic.so           what rustc has made
//! debug/hotreload/logic.captured   how it was called: texts that end with a NUL each, since values of
//!                                  variables have lines. A first word, the folder, the stamp of the library,
//!                                  the hash of the settings, the number of arguments, the arguments (rustc's
//!                                  program first), and the variables that cargo has set
//! ```
//!
//! The user's own variables are not written: they may be secret, and are another day's in another terminal.
//! What rustc is given are those of today's cargo, with what cargo has set.
//!
//! A call is that of the library which cargo finds up to date if it has made that very file. Cargo gives a
//! bundle's library no hash in its name, so that it has one place for its fingerprint, too (tried with cargo
//! 1.95: other features, flags, profiles, linkers, arguments of `cargo rustc` and features of dependencies
//! each write over it): what cargo finds up to date was the last to be made there, as it would be made now.
//! What is in no fingerprint is in the hash of the settings.

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::build::command::is_from_cargo_run;
use crate::build::replay::Question;
use crate::build::replay::rustc::Rustc;

/// What a file of this form begins with.
const FORM: &str = "hotreload-capture-3";

/// What cargo tells rustc of how many may work at once; its other end is gone.
const OF_THAT_CARGO: [&str; 3] = ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];

/// What rustup sets before it becomes cargo. A host that was started alone has none of it.
const OF_RUSTUP: [&str; 5] = [
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_TOOLCHAIN_SOURCE",
    "RUST_RECURSION_COUNT",
];

/// One call of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Where it ran.
    pub(super) folder: PathBuf,
    /// What tells the library that it has made from all others.
    library: String,
    /// What cargo had looked at that is in none of its fingerprints, as a hash; empty if that is not known.
    settings: String,
    /// rustc, and what it was given.
    pub(super) arguments: Vec<OsString>,
    /// What cargo has set.
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Capture {
    /// Keeps this call, which cargo has made through this process, and which has made this library. It is
    /// known on Linux, where the system tells with which environment cargo was started.
    ///
    /// # Errors
    /// If it cannot be known or written. Then what was kept before is of no use: it is of another library.
    pub fn keep(arguments: &[OsString], crate_name: &str, library: &Path) -> io::Result<()> {
        let none = || io::Error::from(io::ErrorKind::Unsupported);
        let arguments = without_lists(arguments)?;
        let profile = library.parent().filter(|it| it.ends_with("deps")).and_then(Path::parent);
        let path = Capture::path(profile.ok_or_else(none)?, crate_name);
        // What only checks the crate has made no library.
        let links = |it: &OsString| {
            let kinds = it.to_str().and_then(|it| it.strip_prefix("--emit="));
            kinds.is_some_and(|it| it.split(',').any(|it| it == "link"))
        };
        if !arguments.iter().any(links) {
            return Err(none());
        }
        let (question, began) = Question::of_parent().ok_or_else(none)?;
        let mut capture = Capture {
            folder: env::current_dir()?,
            library: stamp(library).ok_or_else(none)?,
            settings: String::new(),
            arguments,
            environment: set_by_cargo(&question),
        };
        let settings = question.settings(&capture).ok_or_else(none)?;
        // Of what was saved just before nobody knows whether cargo has read it. Whoever has started this cargo
        // does, and needs no hash: it has looked at these files before.
        if settings.is_before(began) {
            capture.settings = settings.to_string();
        }
        capture.write(&path)
    }

    /// Where that of a crate lies, beside cargo's folders of a profile.
    pub(super) fn path(profile: &Path, crate_name: &str) -> PathBuf {
        profile.join("hotreload").join(format!("{crate_name}.captured"))
    }

    /// Writes it, for the user alone. Whoever reads meanwhile finds all of it or nothing.
    fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut put = |texts: &[&OsStr]| {
            texts.iter().for_each(|text| bytes.extend_from_slice(text.as_encoded_bytes()));
            bytes.push(0);
        };
        put(&[OsStr::new(FORM)]);
        put(&[self.folder.as_os_str()]);
        put(&[OsStr::new(&self.library)]);
        put(&[OsStr::new(&self.settings)]);
        put(&[OsStr::new(&self.arguments.len().to_string())]);
        self.arguments.iter().for_each(|argument| put(&[argument]));
        self.environment.iter().for_each(|(name, value)| put(&[name, OsStr::new("="), value]));
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        let new = path.with_extension(format!("captured-{}", std::process::id()));
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&new).and_then(|mut file| file.write_all(&bytes));
        let written = written.and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(new);
        }
        written
    }

    /// Reads it; `None` if the file is not there, or is none of this form.
    #[cfg(unix)]
    pub(super) fn read(path: &Path) -> Option<Capture> {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = fs::read(path).ok()?;
        let mut texts = bytes.strip_suffix(&[0])?.split(|byte| *byte == 0);
        let mut next = || texts.next().map(|text| OsString::from_vec(text.to_vec()));
        if next()? != FORM {
            return None;
        }
        let folder = next()?.into();
        let [library, settings] = [next()?.into_string().ok()?, next()?.into_string().ok()?];
        let count = next()?.to_str()?.parse().ok()?;
        let arguments: Vec<_> = (0..count).map_while(|_| next()).collect();
        if arguments.len() != count {
            return None;
        }
        let pair = |text: &[u8]| {
            // A name may begin with the sign.
            let at = 1 + text.get(1..)?.iter().position(|byte| *byte == b'=')?;
            let of = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            Some((of(&text[..at]), of(&text[at + 1..])))
        };
        let environment = texts.map(pair).collect::<Option<_>>()?;
        Some(Capture { folder, library, settings, arguments, environment })
    }

    /// There is no wrapper here that would have written it.
    #[cfg(not(unix))]
    pub(super) fn read(_: &Path) -> Option<Capture> {
        None
    }

    /// Whether it has made this library, which cargo has just made, or has found to be up to date.
    pub(super) fn has_made(&self, library: &Path) -> bool {
        stamp(library).is_some_and(|it| it == self.library)
    }

    /// Whether a cargo that is asked this would make the same call, though it has made none: what it would
    /// look at besides its fingerprints is as it was. `made` are the files of all crates.
    pub(super) fn is_that_of(&self, question: &Question, rustc: &Rustc, made: &[PathBuf]) -> bool {
        let made: BTreeSet<_> = made.iter().filter_map(|it| identity(it)).collect();
        let is_made = |file: &Path| identity(file).is_some_and(|it| made.contains(&it));
        self.folder == question.folder
            && rustc.externs().all(is_made)
            && question.settings(self).is_some_and(|it| it.to_string() == self.settings)
    }

    /// With all variables that rustc is given, if cargo is asked this.
    pub(super) fn with_those_of(self, question: &Question) -> Capture {
        let mut all = question.environment.clone();
        for (name, value) in self.environment {
            if OF_RUSTUP.iter().any(|it| name == *it) {
                all.entry(name).or_insert(value);
            } else {
                all.insert(name, value);
            }
        }
        // It has said so if the package was named, as it is now.
        all.insert("CARGO_PRIMARY_PACKAGE".into(), "1".into());
        all.retain(|name, _| !OF_THAT_CARGO.iter().any(|it| name == it));
        Capture { environment: all.into_iter().collect(), ..self }
    }

    /// The programs that the call begins with: rustc, perhaps after a wrapper of the user's that cargo itself
    /// calls. Of one by another name nothing is known but that cargo calls it.
    pub(super) fn programs(&self) -> &[OsString] {
        let is_option = |it: &OsString| it.as_encoded_bytes().starts_with(b"-");
        let end = self.arguments.iter().position(is_option).unwrap_or(self.arguments.len());
        let first = &self.arguments[..end];
        // A wrapper may have that name, too.
        let rustc = first.iter().rposition(|it| is_rustc(it)).unwrap_or(0);
        &first[..end.min(rustc + 1)]
    }

    /// Where a program is that the call names: a bare name is looked for as the system does it.
    pub(super) fn place_of(&self, program: &OsStr) -> PathBuf {
        let name = Path::new(program);
        let is_bare = name.parent() == Some(Path::new(""));
        let path = self.variable("PATH").filter(|_| is_bare);
        let mut places = path.into_iter().flat_map(env::split_paths).map(|it| it.join(name));
        places.find(|it| self.folder.join(it).is_file()).unwrap_or_else(|| name.to_owned())
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_os_str())
    }

    /// The variables that cargo has set in place of the user's, or in addition to them.
    pub(super) fn exchanged(&self) -> impl Iterator<Item = &OsStr> {
        self.environment.iter().map(|(name, _)| name.as_os_str()).filter(|it| !is_always_set(it))
    }
}

/// Whether a program is rustc, by its name.
pub(super) fn is_rustc(program: &OsStr) -> bool {
    Path::new(program).file_stem().is_some_and(|it| it == "rustc")
}

/// Whether cargo or rustup sets it, whatever the user has it be.
fn is_always_set(name: &OsStr) -> bool {
    is_from_cargo_run(name) || OF_RUSTUP.iter().any(|it| name == *it)
}

/// What cargo has put into a file, because it was long, is taken out of it: cargo removes the file.
fn without_lists(arguments: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut all = Vec::new();
    for argument in arguments {
        match argument.to_str().and_then(|it| it.strip_prefix('@')) {
            Some(file) => all.extend(fs::read_to_string(file)?.lines().map(OsString::from)),
            None => all.push(argument.clone()),
        }
    }
    Ok(all)
}

/// What this process's environment has that cargo's has not, when cargo was started with this question.
fn set_by_cargo(question: &Question) -> Vec<(OsString, OsString)> {
    let is_set = |(name, value): &(OsString, OsString)| {
        !OF_THAT_CARGO.iter().any(|it| name == it)
            && (is_always_set(name) || question.environment.get(name) != Some(value))
    };
    env::vars_os().filter(is_set).collect()
}

/// What tells a file from all that were ever in its place. A new link to it does not count.
fn stamp(file: &Path) -> Option<String> {
    let (device, number) = identity(file)?;
    let metadata = fs::metadata(file).ok()?;
    let time = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{device} {number} {} {}", metadata.len(), time.as_nanos()))
}

/// What all names of a file have in common; `None` where the system does not tell.
fn identity(file: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(file).ok().map(|it| (it.dev(), it.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

#[cfg(test)]
impl Capture {
    /// Of no library.
    pub(super) fn plain(arguments: Vec<OsString>, environment: Vec<(OsString, OsString)>) -> Self {
        let (library, settings) = (String::new(), String::new());
        Capture { folder: "/w".into(), library, settings, arguments, environment }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let environment = [("A", "1\n2=3"), ("=C", ""), ("B", "")];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).to_vec();
        let arguments = ["rustc", "--cfg", "feature=\"a b\"", ""].map(OsString::from).to_vec();
        let capture = Capture {
            library: "1 2 3 4".to_owned(),
            settings: "0f".to_owned(),
            ..Capture::plain(arguments, environment)
        };
        let path = Capture::path(folder.path(), "logic");
        capture.write(&path).unwrap();
        assert_eq!(Capture::read(&path).as_ref(), Some(&capture));
        assert_eq!(capture.variable("A"), Some(OsStr::new("1\n2=3")));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let beside = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1, "what was written first has taken its place");
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 10, 30, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(Capture::read(&path), None, "{cut}");
        }
    }

    #[test]
    fn rustc_is_found_among_what_cargo_calls() {
        let programs = |words: &[&str]| {
            let words = words.iter().map(OsString::from).collect();
            Capture::plain(words, Vec::new()).programs().len()
        };
        assert_eq!(programs(&["/t/bin/rustc", "--crate-name", "rustc"]), 1);
        assert_eq!(programs(&["/own/wrapper", "rustc", "--crate-name", "logic"]), 2);
        assert_eq!(programs(&["/own/rustc", "/t/bin/rustc", "--crate-name", "logic"]), 2);
        assert_eq!(programs(&["/own/compiler", "--crate-name", "logic"]), 1);
        assert_eq!(programs(&["--crate-name"]), 0);
        assert_eq!(programs(&[]), 0);
    }

    #[test]
    fn a_bare_name_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, there] = ["empty", "there"].map(|it| folder.path().join(it));
        fs::create_dir_all(empty.join("rustc")).unwrap();
        fs::create_dir(&there).unwrap();
        fs::write(there.join("rustc"), "").unwrap();
        let path = env::join_paths([&empty, &there]).unwrap();
        let capture = Capture::plain(Vec::new(), vec![("PATH".into(), path)]);
        assert_eq!(capture.place_of(OsStr::new("rustc")), there.join("rustc"));
        for as_it_is in ["none", "./rustc", "/t/rustc"] {
            assert_eq!(capture.place_of(OsStr::new(as_it_is)), Path::new(as_it_is));
        }
    }

    #[test]
    fn what_cargo_has_put_into_a_file_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        fs::write(&list, "--cfg\nfeature=\"a b\"\n").unwrap();
        let arguments = ["rustc".to_owned(), format!("@{}", list.display()), String::new()];
        let arguments = arguments.map(OsString::from);
        let all = without_lists(&arguments).unwrap();
        assert_eq!(all, ["rustc", "--cfg", "feature=\"a b\"", ""]);
        fs::remove_file(&list).unwrap();
        without_lists(&arguments).unwrap_err();
    }

    #[test]
    fn a_library_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let [library, link, copy] =
            ["deps.so", "link.so", "copy.so"].map(|it| folder.path().join(it));
        fs::write(&library, "made").unwrap();
        let made = stamp(&library).unwrap();
        fs::hard_link(&library, &link).unwrap();
        assert_eq!(stamp(&library).as_ref(), Some(&made));
        assert_eq!(stamp(&link).as_ref(), Some(&made));
        fs::copy(&library, &copy).unwrap();
        let time = fs::metadata(&library).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&copy).unwrap().set_modified(time).unwrap();
        fs::rename(&copy, &library).unwrap();
        assert_ne!(stamp(&library).as_ref(), Some(&made));
        assert_eq!(stamp(&copy), None);
    }

    /// The user's own variables are of the day; those that cargo sets are of the call.
    #[test]
    fn rustc_is_given_todays_environment() {
        let pairs = |all: &[(&str, &str)]| {
            all.iter().map(|(name, value)| (name.into(), value.into())).collect::<Vec<_>>()
        };
        let set = [("CARGO_PKG_NAME", "logic"), ("FROM_SCRIPT", "1"), ("CARGO_HOME", "/then")];
        let capture = Capture::plain(Vec::new(), pairs(&set));
        assert_eq!(capture.exchanged().collect::<Vec<_>>(), ["FROM_SCRIPT"]);
        let today = [("TOKEN", "new"), ("CARGO_HOME", "/now"), ("MAKEFLAGS", "-j")];
        let question = Question {
            folder: "/w".into(),
            arguments: Vec::new(),
            environment: pairs(&today).into_iter().collect(),
        };
        let given = capture.with_those_of(&question).environment;
        let expected = [
            ("CARGO_HOME", "/now"),
            ("CARGO_PKG_NAME", "logic"),
            ("CARGO_PRIMARY_PACKAGE", "1"),
            ("FROM_SCRIPT", "1"),
            ("TOKEN", "new"),
        ];
        assert_eq!(given, pairs(&expected));
    }
}
