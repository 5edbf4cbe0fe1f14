//! What cargo is asked, and what it looks at besides that is in none of its fingerprints.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::{OsStr, OsString},
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use hot_rt::rt::versioned::Hasher;

use crate::build::command::LIBRARY_PATH;
use crate::build::replay::{Capture, inputs};

/// What cargo was asked, and with which environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Question {
    pub(in crate::build) folder: PathBuf,
    pub(in crate::build) arguments: Vec<OsString>,
    pub(in crate::build) environment: BTreeMap<OsString, OsString>,
}

/// What decides of the variables that rustc is given and is in no fingerprint: cargo's configuration, the user's
/// variables that it has to do with, and manifests (`CARGO_PKG_LICENSE` is rustc's, and is in none).
#[derive(Debug)]
pub(super) struct Settings {
    hash: u128,
    /// The files that were read.
    files: Vec<PathBuf>,
}

impl Settings {
    /// Whether they were as they are before this moment.
    pub(super) fn is_before(&self, moment: SystemTime) -> bool {
        self.files.iter().all(|it| inputs::Stamp::of(it, false).is_before(moment))
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.hash)
    }
}

impl Question {
    /// What a command asks.
    pub(in crate::build) fn of(command: &Command) -> Question {
        let mut environment: BTreeMap<_, _> = env::vars_os().collect();
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => environment.insert(name.to_owned(), value.to_owned()),
                None => environment.remove(name),
            };
        }
        Question {
            folder: command.get_current_dir().unwrap_or(Path::new("")).to_owned(),
            arguments: command.get_args().map(OsString::from).collect(),
            environment,
        }
    }

    /// What the cargo was asked that has started this process, and when it was started; `None` if that is
    /// none.
    #[cfg(target_os = "linux")]
    pub(super) fn of_parent() -> Option<(Question, SystemTime)> {
        use std::os::unix::ffi::OsStringExt as _;
        let id = std::os::unix::process::parent_id();
        let process = Path::new("/proc").join(id.to_string());
        // Others call rustc as well: build scripts, and a host.
        let program = fs::read_link(process.join("exe")).ok()?;
        let is_said = || env::var_os("CARGO").and_then(|it| fs::canonicalize(it).ok());
        if program.file_name()? != "cargo" && is_said().as_ref() != Some(&program) {
            return None;
        }
        let texts = |file: &str| {
            let bytes = fs::read(process.join(file)).ok()?;
            let texts = bytes.strip_suffix(&[0])?.split(|byte| *byte == 0);
            Some(texts.map(|it| OsString::from_vec(it.to_vec())).collect::<Vec<_>>())
        };
        let pair = |text: OsString| {
            let bytes = text.into_vec();
            let at = 1 + bytes.get(1..)?.iter().position(|byte| *byte == b'=')?;
            let value = OsString::from_vec(bytes[at + 1..].to_vec());
            Some((OsString::from_vec(bytes[..at].to_vec()), value))
        };
        let question = Question {
            folder: fs::read_link(process.join("cwd")).ok()?,
            arguments: texts("cmdline")?.into_iter().skip(1).collect(),
            environment: texts("environ")?.into_iter().filter_map(pair).collect(),
        };
        Some((question, crate::platform::started(id)?))
    }

    /// There is no way to ask.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_parent() -> Option<(Question, SystemTime)> {
        None
    }

    /// What decides of rustc's variables, if cargo calls rustc so; `None` if that cannot be known.
    pub(super) fn settings(&self, call: &Capture) -> Option<Settings> {
        let mut hasher = Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.u64(bytes.len() as u64);
            hasher.bytes(bytes);
        };
        // They name variables that cargo sets, some only if the user has not.
        let mut texts = self.configuration();
        texts.extend(set_by_script(call)?);
        let mut files = Vec::new();
        let mut read = |file: &Path| match fs::read_to_string(file) {
            Ok(text) => {
                let file = fs::canonicalize(file).ok()?;
                add(file.as_os_str().as_encoded_bytes());
                files.push(file);
                Some(Some(text))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Some(None),
            Err(_) => None,
        };
        for file in inputs::configuration(&self.folder).ok()? {
            texts.extend(read(&file)?);
        }
        // Cargo calls rustc at the workspace's root. No variable is named by what a manifest says.
        let package = call.variable("CARGO_MANIFEST_DIR").map(Path::new);
        let manifests = package.into_iter().chain([&*call.folder]).map(|it| it.join("Cargo.toml"));
        let manifests: Vec<_> = manifests.map(|it| read(&it)).collect::<Option<_>>()?;
        manifests.iter().flatten().for_each(|it| add(it.as_bytes()));
        texts.iter().for_each(|it| add(it.as_bytes()));
        let is_in_name = |it: char| it.is_alphanumeric() || it == '_';
        let words: BTreeSet<_> = texts
            .iter()
            .flat_map(|it| it.split(|it| !is_in_name(it)))
            .map(OsStr::new)
            .chain(call.exchanged())
            .collect();
        for name in words {
            let Some(value) = self.environment.get(name) else { continue };
            let value = match name == LIBRARY_PATH {
                true => without_toolchains(value, call),
                false => Some(value.clone()),
            };
            if let Some(value) = value {
                add(name.as_encoded_bytes());
                add(value.as_encoded_bytes());
            }
        }
        Some(Settings { hash: hasher.digest(), files })
    }

    /// What the command line says of the configuration.
    fn configuration(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut words = self.arguments.iter().map(|it| it.to_string_lossy());
        while let Some(word) = words.next() {
            match word.strip_prefix("--config") {
                _ if word == "--" => break,
                Some("") => found.extend(words.next().map(String::from)),
                Some(value) => found.push(value.trim_start_matches('=').to_owned()),
                None => {}
            }
        }
        found
    }
}

/// The lines with which the crate's build script has cargo set variables.
fn set_by_script(call: &Capture) -> Option<Vec<String>> {
    let Some(output) = call.variable("OUT_DIR").map(Path::new).and_then(Path::parent) else {
        return Some(Vec::new());
    };
    let text = fs::read_to_string(output.join("output")).ok()?;
    Some(text.lines().filter(|it| it.contains("rustc-env=")).map(str::to_owned).collect())
}

/// The search path without the toolchain's own libraries, which rustup and cargo put there; `None` if nothing
/// else is in it.
fn without_toolchains(path: &OsStr, call: &Capture) -> Option<OsString> {
    let rustc = call.programs().last().map(Path::new);
    let libraries = rustc.and_then(|it| Some(it.parent()?.parent()?.join("lib")));
    let is_toolchains = |it: &PathBuf| {
        // Std's are below it, in a folder for each target.
        libraries.as_ref().is_some_and(|own| it == own || it.starts_with(own.join("rustlib")))
    };
    let others = env::split_paths(path).filter(|it| !is_toolchains(it));
    let others: Vec<_> = others.filter(|it| !it.as_os_str().is_empty()).collect();
    if others.is_empty() { None } else { env::join_paths(others).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

    #[test]
    fn what_no_fingerprint_knows_is_in_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "script/output",
            "cargo::rustc-env=FROM_SCRIPT=1\ncargo::rerun-if-env-changed=OTHER\n",
        );
        let output = folder.path().join("script/out");
        let package = folder.path().join("logic");
        let set = [
            ("OUT_DIR", output.as_os_str()),
            (LIBRARY_PATH, OsStr::new("/w/target/debug/deps")),
            ("CARGO_MANIFEST_DIR", package.as_os_str()),
        ];
        let set = set.map(|(name, value)| (name.into(), value.into())).to_vec();
        let mut call = Capture::plain(vec!["/t/bin/rustc".into()], set);
        call.folder = folder.path().to_owned();
        let hash = |arguments: &[&str], variables: &[(&str, &str)]| {
            let question = Question {
                folder: folder.path().to_owned(),
                arguments: arguments.iter().map(OsString::from).collect(),
                environment: variables.iter().map(|(name, it)| (name.into(), it.into())).collect(),
            };
            question.settings(&call).map(|it| it.to_string())
        };
        let was = hash(&["build", "-p", "app"], &[("TOKEN", "a"), ("PATH", "/bin")]).unwrap();
        let same: [Asked<'_>; 5] = [
            // Another terminal, and another selection: which crate is built, cargo's fingerprint tells.
            (&["build", "-p", "logic", "--lib"], &[("TOKEN", "b"), ("OTHER", "1")]),
            (&["run", "--", "--config", "env.A=1"], &[]),
            (&[], &[("CARGO_PKG_NAME", "app"), ("OUT_DIR", "/o")]),
            // What rustup has put there.
            (&[], &[(LIBRARY_PATH, "/t/lib")]),
            // What cargo has put there for a program that it runs.
            (&[], &[(LIBRARY_PATH, "/t/lib/rustlib/x/lib:/t/lib")]),
        ];
        for (arguments, variables) in same {
            assert_eq!(
                hash(arguments, variables).as_ref(),
                Some(&was),
                "{arguments:?} {variables:?}"
            );
        }
        let others: [Asked<'_>; 4] = [
            (&["build", "--config", "env.A=1"], &[]),
            (&["build", "--config=env.A=1"], &[]),
            // Cargo may set it to what it is already.
            (&[], &[("FROM_SCRIPT", "1")]),
            (&[], &[(LIBRARY_PATH, "/t/lib:/mine")]),
        ];
        for (arguments, variables) in others {
            let other = hash(arguments, variables).unwrap();
            assert_ne!(other, was, "{arguments:?} {variables:?}");
        }
        write(".cargo/config.toml", "[env]\nSET = { value = \"x\", force = false }\n");
        let with = hash(&[], &[]).unwrap();
        assert_ne!(with, was);
        assert_eq!(hash(&[], &[("TOKEN", "c")]).as_ref(), Some(&with));
        assert_ne!(hash(&[], &[("SET", "mine")]), Some(with));
        write(".cargo/config.toml", "include = \"other.toml\"\n");
        assert_eq!(hash(&[], &[]), None);
        fs::remove_file(folder.path().join(".cargo/config.toml")).unwrap();
        assert_eq!(hash(&[], &[]).as_ref(), Some(&was));
        // The workspace's manifest and the package's, of which fingerprints have a part.
        for manifest in ["Cargo.toml", "logic/Cargo.toml"] {
            write(manifest, "[package]\nlicense = \"MIT\"\n");
            let with = hash(&[], &[]).unwrap();
            assert_ne!(Some(&with), Some(&was), "{manifest}");
            // What they name is no variable.
            assert_eq!(hash(&[], &[("MIT", "1")]), Some(with.clone()));
            write(manifest, "[package]\nlicense = \"GPL\"\n");
            assert_ne!(hash(&[], &[]), Some(with), "{manifest}");
            fs::remove_file(folder.path().join(manifest)).unwrap();
            assert_eq!(hash(&[], &[]), Some(was.clone()), "{manifest}");
        }
        // It was run, and nobody knows what it has said.
        fs::remove_file(folder.path().join("script/output")).unwrap();
        assert_eq!(hash(&[], &[]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_older_than_what_it_writes() {
        let began = crate::platform::started(std::process::id()).unwrap();
        assert!(began <= SystemTime::now());
        let folder = tempfile::tempdir().unwrap();
        let files = vec![folder.path().to_owned()];
        assert!(!Settings { hash: 0, files: files.clone() }.is_before(began));
        let later = SystemTime::now() + std::time::Duration::from_secs(1);
        assert!(Settings { hash: 0, files }.is_before(later));
        assert!(crate::platform::started(u32::MAX).is_none());
    }
}
