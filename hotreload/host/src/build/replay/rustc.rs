//! The call of rustc that is made instead: for the library that is loaded and nothing else, into a
//! folder of its own, from what cargo has given rustc.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use crate::build::Wrapper;
use crate::build::replay::capture::is_rustc;
use crate::build::replay::{Capture, Question};
use crate::build::unit::entries;

/// Of so many calls the files of split debug information stay.
const CALLS_WITH_DEBUG_INFORMATION: usize = 8;

/// A call of rustc that can be made again and again.
#[derive(Debug, Clone)]
pub(super) struct Rustc {
    capture: Capture,
    /// What it is given, after the programs that it begins with.
    arguments: Vec<OsString>,
    /// How many programs these are: the last one is rustc.
    programs: usize,
    /// Where cargo has had it write.
    pub(super) cargos: PathBuf,
    /// Where it writes.
    pub(super) own: PathBuf,
    /// What is appended to the names of files.
    pub(super) suffix: String,
    /// Whether it keeps something for the next time.
    pub(super) is_incremental: bool,
    /// Where the crates lie that it may read.
    pub(super) dependencies: Vec<PathBuf>,
    /// Those programs, and the files that it is told to read.
    pub(super) named: Vec<PathBuf>,
}

impl Rustc {
    /// `None` if the call has a form that cargo's do not have.
    pub(super) fn of(capture: Capture) -> Option<Rustc> {
        let mut cargos = None;
        let mut arguments = Vec::new();
        let (mut suffix, mut is_incremental) = (String::new(), false);
        let (mut dependencies, mut named) = (Vec::new(), Vec::new());
        let programs = capture.programs().len();
        if programs == 0 {
            return None;
        }
        let mut words = capture.arguments.iter();
        arguments.extend(words.by_ref().take(programs).cloned());
        named.extend(arguments.iter().map(PathBuf::from));
        while let Some(word) = words.next() {
            let text = word.to_str()?;
            match text {
                // Of all that cargo asks for, the library alone is loaded.
                "--crate-type" => _ = words.next()?,
                "--out-dir" => cargos = Some(PathBuf::from(words.next()?)),
                "-C" | "-L" | "--extern" | "--target" => {
                    let value = words.next()?.to_str()?;
                    let path_of = |value: &str| value.split_once('=').map(|(_, it)| it.into());
                    match text {
                        "-C" => {
                            if let Some(it) = value.strip_prefix("extra-filename=") {
                                suffix = it.to_owned();
                            }
                            if value.starts_with("incremental=") {
                                is_incremental = true;
                                continue;
                            }
                        }
                        "-L" if value.starts_with("dependency=") => {
                            dependencies.push(path_of(value)?);
                        }
                        "--extern" => named.extend(path_of(value)),
                        // A description of a target that rustc does not know.
                        "--target" if value.ends_with(".json") => named.push(value.into()),
                        _ => {}
                    }
                    arguments.extend([word.clone(), value.into()]);
                }
                // Of the terminal that it was called in.
                _ if text.starts_with("--diagnostic-width=") => {}
                _ if text.starts_with("--emit=") => arguments.push("--emit=dep-info,link".into()),
                _ => arguments.push(word.clone()),
            }
        }
        let cargos = cargos?;
        let own = cargos.parent()?.join("hotreload");
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
        if is_incremental {
            add(&["--crate-type", "cdylib", "-C"]);
            let mut kept = OsString::from("incremental=");
            kept.push(own.join("incremental"));
            arguments.push(kept);
        } else {
            // Machine code that is compared is in an rlib, or in what is kept for the next time.
            add(&["--crate-type", "rlib", "--crate-type", "cdylib"]);
        }
        arguments.extend(["--out-dir".into(), own.clone().into()]);
        let says_how = |word: &OsString| word.to_str().is_some_and(|it| it.contains("-Wl,-O"));
        if cfg!(target_os = "linux") && !arguments.iter().any(says_how) {
            // To look for equal texts is a fifth of the linker's time, for a hundredth of the file.
            arguments.extend(["-C", "link-arg=-Wl,-O0"].map(OsString::from));
        }
        Some(Rustc {
            capture,
            arguments,
            programs,
            cargos,
            own,
            suffix,
            is_incremental,
            dependencies,
            named,
        })
    }

    /// The command, through the wrapper if that does more than to look on.
    ///
    /// `instead` is a crate that it is told to read, and the one that it reads in its place.
    pub(super) fn command(
        &self,
        wrapper: Option<&Path>,
        instead: Option<(&Path, &Path)>,
    ) -> Command {
        let [inner, _] = Wrapper::INNER.map(|name| self.capture.variable(name));
        let inner = inner.filter(|it| !it.is_empty()).map(Path::new);
        let before: Vec<_> = match wrapper {
            // For a crate of the workspace it is named twice.
            Some(wrapper) => vec![wrapper, wrapper],
            None => inner.into_iter().collect(),
        };
        let exchanged = |word: &OsString| match (word.to_str()?.split_once('='), instead?) {
            (Some((name, path)), (from, to)) if Path::new(path) == from => {
                Some(OsString::from(format!("{name}={}", to.display())))
            }
            _ => None,
        };
        let before = before.into_iter().map(OsString::from);
        let words = self.arguments.iter().map(|it| exchanged(it).unwrap_or_else(|| it.clone()));
        let mut words = before.chain(words);
        let program = words.next().expect("it begins with a program");
        self.in_its_place(Command::new(program), words)
    }

    /// rustc for the next call, which is given nothing yet; `None` if a program of the user's is called in its
    /// place.
    pub(super) fn next(&self, wrapper: Option<&Path>) -> Option<Command> {
        let rustc = self.program();
        // What the user has cargo call in its place may be theirs, too, or rustc by another name.
        let is_named = || self.capture.variable("RUSTC").is_some_and(|it| it == rustc);
        if self.programs > 1 || !(is_rustc(rustc) || is_named()) {
            return None;
        }
        match wrapper {
            Some(wrapper) => {
                let words = [wrapper.as_os_str(), rustc].map(OsString::from);
                Some(self.in_its_place(Command::new(wrapper), words.into_iter()))
            }
            None => (self.command(None, None).get_program() == rustc).then(|| self.plain()),
        }
    }

    /// rustc without anything that it is given.
    pub(super) fn plain(&self) -> Command {
        self.in_its_place(Command::new(self.program()), std::iter::empty())
    }

    /// rustc's program.
    fn program(&self) -> &OsStr {
        &self.arguments[self.programs - 1]
    }

    /// Where cargo has called it, and with the same environment.
    fn in_its_place(&self, mut command: Command, words: impl Iterator<Item = OsString>) -> Command {
        command.args(words).current_dir(&self.capture.folder).stdin(Stdio::null());
        let variables = self.capture.environment.iter().map(|(name, value)| (name, value));
        command.env_clear().envs(variables);
        command
    }

    /// The files of crates that it is told to read.
    pub(super) fn externs(&self) -> impl Iterator<Item = &Path> {
        self.named.iter().skip(self.programs).map(PathBuf::as_path)
    }

    /// What it is told of all crates alike: the target, the profile, where crates lie, the user's flags.
    pub(super) fn of_all_crates(&self) -> Vec<OsString> {
        let mut found = Vec::new();
        let mut words = self.arguments.iter().skip(self.programs);
        while let Some(word) = words.next() {
            match word.to_str().unwrap_or_default() {
                "-C" | "-L" | "-Z" | "--target" | "--cfg" => {
                    let value = words.next().cloned().unwrap_or_default();
                    let text = value.to_str().unwrap_or_default();
                    let of_one = ["metadata=", "extra-filename=", "incremental=", "feature="];
                    if !of_one.iter().any(|it| text.starts_with(it)) {
                        found.extend([word.clone(), value]);
                    }
                }
                text if text.starts_with("--sysroot=") || text.starts_with("-Z") => {
                    found.push(word.clone());
                }
                _ => {}
            }
        }
        found
    }

    /// rustc names files of split debug information anew in each call, and leaves those of earlier calls,
    /// as cargo's does. Here they would come with each save: those of the latest calls stay, for whoever
    /// looks at code that ran before.
    pub(super) fn remove_old_debug_information(&self, crate_name: &str) {
        let splits =
            |it: &OsString| it.to_str().is_some_and(|it| it.starts_with("split-debuginfo="));
        if !self.arguments.iter().any(splits) {
            return;
        }
        let start = format!("{crate_name}{}.", self.suffix);
        let mut calls: BTreeMap<String, (SystemTime, Vec<PathBuf>)> = BTreeMap::new();
        for file in entries(&self.own) {
            // `logic.3rngp6bm2u2q5z0y.1xq4k2c.rcgu.dwo`: the crate, a part of it, the call.
            let name = file.file_name().and_then(|it| it.to_str());
            let parts = name.and_then(|it| it.strip_prefix(&start)?.strip_suffix(".rcgu.dwo"));
            let Some((_, call)) = parts.and_then(|it| it.rsplit_once('.')) else { continue };
            // A part that is as it was is a link to the file of before, with its time.
            let time = fs::metadata(&file).and_then(|it| it.modified());
            let (latest, files) =
                calls.entry(call.to_owned()).or_insert((SystemTime::UNIX_EPOCH, Vec::new()));
            *latest = time.map_or(*latest, |it| it.max(*latest));
            files.push(file);
        }
        let mut calls: Vec<_> = calls.into_values().collect();
        calls.sort();
        let old = calls.iter().rev().skip(CALLS_WITH_DEBUG_INFORMATION);
        old.flat_map(|(_, files)| files).for_each(|it| _ = fs::remove_file(it));
    }

    /// A file of this crate in a folder.
    pub(super) fn file(&self, folder: &Path, crate_name: &str, kind: &str) -> PathBuf {
        folder.join(format!("{crate_name}{}.{kind}", self.suffix))
    }

    /// The library of this crate in a folder.
    pub(super) fn library(&self, folder: &Path, crate_name: &str) -> PathBuf {
        use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
        folder.join(format!("{DLL_PREFIX}{crate_name}{}{DLL_SUFFIX}", self.suffix))
    }

    /// With all variables that it is given, if cargo is asked this: they tell where its programs are.
    pub(super) fn with_variables_of(self, question: &Question) -> Rustc {
        let mut rustc = Rustc { capture: self.capture.with_those_of(question), ..self };
        for (place, program) in rustc.named.iter_mut().zip(&rustc.arguments[..rustc.programs]) {
            *place = rustc.capture.place_of(program);
        }
        rustc
    }

    /// What cargo has told it of the crate.
    pub(super) fn capture(&self) -> &Capture {
        &self.capture
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(words: &[&str]) -> Option<Rustc> {
        let arguments = words.iter().map(OsString::from).collect();
        let environment = vec![("A".into(), "b".into())];
        Rustc::of(Capture::plain(arguments, environment))
    }

    const CARGOS: &str = "/t/bin/rustc --crate-name logic --edition=2024 logic/src/lib.rs \
        --error-format=json --diagnostic-width=80 --crate-type rlib --crate-type cdylib --emit=dep-info,metadata,link \
        -C embed-bitcode=no -C metadata=43df -C extra-filename=-77 --out-dir /w/target/debug/deps \
        -C incremental=/w/target/debug/incremental -L dependency=/w/target/debug/deps \
        --extern dep=/w/target/debug/deps/libdep-95.rlib --extern noprelude:std --cfg x";

    #[test]
    fn the_library_alone_in_a_folder_of_its_own() {
        let words: Vec<_> = CARGOS.split_whitespace().collect();
        let rustc = of(&words).unwrap();
        let command = rustc.command(None, None);
        assert_eq!(command.get_program(), "/t/bin/rustc");
        let command = rustc.command(Some(Path::new("/bin/wrapper")), None);
        assert_eq!(command.get_program(), "/bin/wrapper");
        let given: Vec<_> = command.get_args().map(|it| it.to_str().unwrap()).collect();
        let quick = if cfg!(target_os = "linux") { " -C link-arg=-Wl,-O0" } else { "" };
        assert_eq!(
            given.join(" ").strip_suffix(quick).unwrap(),
            "/bin/wrapper /t/bin/rustc --crate-name logic --edition=2024 logic/src/lib.rs \
             --error-format=json --emit=dep-info,link -C embed-bitcode=no -C metadata=43df -C extra-filename=-77 \
             -L dependency=/w/target/debug/deps --extern dep=/w/target/debug/deps/libdep-95.rlib \
             --extern noprelude:std --cfg x --crate-type cdylib \
             -C incremental=/w/target/debug/hotreload/incremental --out-dir /w/target/debug/hotreload"
        );
        assert!(command.get_envs().any(|(name, value)| name == "A" && value.is_some()));
        let named = ["/t/bin/rustc", "/w/target/debug/deps/libdep-95.rlib"].map(PathBuf::from);
        assert_eq!(rustc.named, named);
        let file = rustc.file(&rustc.cargos, "logic", "d");
        assert_eq!(file, Path::new("/w/target/debug/deps/logic-77.d"));
    }

    /// Arguments that come later are for rustc: a wrapper of the user's would look for them where they are.
    #[test]
    fn what_waits_is_rustc() {
        let wrapper = Path::new("/bin/wrapper");
        let with = |programs: &str, variables: &[(&str, &str)]| {
            let words = CARGOS.replace("/t/bin/rustc", programs);
            let words = words.split_whitespace().map(OsString::from).collect();
            let variables = variables.iter().map(|(name, it)| (name.into(), it.into())).collect();
            Rustc::of(Capture::plain(words, variables)).unwrap()
        };
        let programs = |rustc: &Rustc, wrapper: Option<&Path>| -> Option<Vec<OsString>> {
            let next = rustc.next(wrapper)?;
            let words = [next.get_program()].into_iter().chain(next.get_args());
            Some(words.map(OsString::from).collect())
        };
        let rustc = with("/t/bin/rustc", &[]);
        assert_eq!(programs(&rustc, None).unwrap(), ["/t/bin/rustc"]);
        let wrapped = ["/bin/wrapper", "/bin/wrapper", "/t/bin/rustc"];
        assert_eq!(programs(&rustc, Some(wrapper)).unwrap(), wrapped);
        let rustc = with("/own/compiler", &[("RUSTC", "/own/compiler")]);
        assert_eq!(programs(&rustc, None).unwrap(), ["/own/compiler"]);

        let inner = with("/t/bin/rustc", &[(Wrapper::INNER[0], "/own/wrapper")]);
        assert_eq!(programs(&inner, None), None);
        assert_eq!(programs(&with("/own/compiler", &[]), None), None);
        let after = with("/own/wrapper /t/bin/rustc", &[("RUSTC", "/t/bin/rustc")]);
        assert_eq!(programs(&after, None), None);
        assert_eq!(programs(&after, Some(wrapper)), None);
        // The call itself is made as cargo has made it. What is no crate of the workspace is rustc's.
        let call = after.command(None, None);
        assert_eq!(call.get_program(), "/own/wrapper");
        assert_eq!(call.get_args().next().unwrap(), "/t/bin/rustc");
        assert_eq!(after.plain().get_program(), "/t/bin/rustc");
        let named = ["/own/wrapper", "/t/bin/rustc", "/w/target/debug/deps/libdep-95.rlib"];
        assert_eq!(after.named, named.map(PathBuf::from));
        assert_eq!(after.externs().collect::<Vec<_>>(), [Path::new(named[2])]);
    }

    /// An upgrade of rustc is another file where that is found.
    #[cfg(unix)]
    #[test]
    fn a_bare_name_is_stamped_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("rustc");
        fs::write(&program, "").unwrap();
        let words = CARGOS.replace("/t/bin/rustc", "rustc");
        let rustc = of(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
        let question = Question {
            folder: "/w".into(),
            arguments: Vec::new(),
            environment: BTreeMap::from([("PATH".into(), folder.path().into())]),
        };
        let rustc = rustc.with_variables_of(&question);
        assert_eq!(rustc.named[0], program);
        assert_eq!(rustc.command(None, None).get_program(), "rustc");
    }

    #[test]
    fn split_debug_information_of_the_latest_calls_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().display().to_string();
        let words = CARGOS.replace("/w/target", &target) + " -C split-debuginfo=unpacked";
        let rustc = |words: &str| of(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
        let own = folder.path().join("debug/hotreload");
        fs::create_dir_all(&own).unwrap();
        let other = own.join("other-77.part.call0.rcgu.dwo");
        fs::write(&other, "").unwrap();
        let of_call =
            |call: usize, part: &str| own.join(format!("logic-77.{part}.z{call}.rcgu.dwo"));
        for call in 0..CALLS_WITH_DEBUG_INFORMATION + 2 {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 - call as u64);
            for (part, time) in [("same", SystemTime::UNIX_EPOCH), ("new", time)] {
                fs::File::create(of_call(call, part)).unwrap().set_modified(time).unwrap();
            }
        }
        let there = || -> Vec<_> {
            let all = 0..CALLS_WITH_DEBUG_INFORMATION + 2;
            all.filter(|call| of_call(*call, "new").exists() && of_call(*call, "same").exists())
                .collect()
        };
        rustc(CARGOS).remove_old_debug_information("logic");
        rustc(&words.replace("split-", "")).remove_old_debug_information("logic");
        assert_eq!(there().len(), CALLS_WITH_DEBUG_INFORMATION + 2);
        rustc(&words).remove_old_debug_information("logic");
        assert_eq!(there(), Vec::from_iter(0..CALLS_WITH_DEBUG_INFORMATION));
        assert_eq!(fs::read_dir(&own).unwrap().count(), 1 + 2 * CALLS_WITH_DEBUG_INFORMATION);
        assert!(other.exists());
    }

    #[test]
    fn what_is_not_compiled_incrementally_has_an_rlib() {
        let words = CARGOS.replace("-C incremental=/w/target/debug/incremental", "");
        let rustc = of(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
        let types = rustc.arguments.iter().filter(|it| *it == "--crate-type").count();
        assert!(!rustc.is_incremental && types == 2);
        assert!(of(&["rustc", "-vV"]).is_none());
        assert!(of(&["rustc", "--crate-type"]).is_none());
        assert!(of(&[]).is_none());
    }
}
