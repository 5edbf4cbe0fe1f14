//! The C names of the shared library.
//!
//! rustc exports no name of a crate that brings C with it (`libsqlite3-sys`, `zstd-sys`, `ring`): whoever
//! calls such a crate's functions inline, out of another library, would not find them when it is opened.
//! So the names join those that rustc lists in its version script.
//!
//! Such a caller may also need a member of an archive that nothing in this library refers to, which the
//! linker would leave out: those are asked for, where all that they want themselves is there.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    archive::{Archive, Kind, Member},
    arguments::{Arguments, Compiler, is_toolchains},
    libraries,
};

/// What every linker defines by itself.
const LINKERS: [&str; 10] = [
    "_GLOBAL_OFFSET_TABLE_",
    "_DYNAMIC",
    "__TMC_END__",
    "__bss_start",
    "__dso_handle",
    "__ehdr_start",
    "__executable_start",
    "_edata",
    "_end",
    "_etext",
];

/// The names that are exported, and what else the linker is told for them.
pub(super) struct Exports {
    /// In alphabetical order.
    names: Vec<String>,
    /// A name for each member that is asked for.
    asked_for: Vec<String>,
    archives: Vec<(usize, Archive)>,
    /// What could not be read, in a sentence each.
    pub(super) doubts: Vec<String>,
}

impl Exports {
    /// Reads the archives that are linked; `script` is rustc's.
    pub(super) fn find(arguments: &Arguments, compiler: &Compiler<'_>, script: &str) -> Exports {
        let (mut archives, mut rlibs, mut others, mut doubts) = (vec![], vec![], vec![], vec![]);
        for input in arguments.inputs(compiler) {
            let path = input.path;
            let is_archive = starts_with(&path, b"!<arch>\n") || starts_with(&path, b"!<thin>\n");
            if !is_archive || input.is_systems || is_compiler_builtins(&path) {
                others.push(path);
                continue;
            }
            rlibs.push(path.clone());
            if is_toolchains(&path) {
                continue;
            }
            match Archive::read(&path) {
                Ok(archive) => {
                    if let Some(one) = archive.unreadable.first() {
                        doubts.push(format!(
                            "the names in `{one}` of {} cannot be read, as it is compiled at link time",
                            path.display()
                        ));
                    }
                    archives.push((input.at, archive));
                }
                Err(error) => doubts.push(format!("{} cannot be read: {error}", path.display())),
            }
        }
        archives.retain(|(_, archive)| !archive.members.is_empty());
        let mut exports = Exports { names: vec![], asked_for: vec![], archives, doubts };
        if exports.archives.is_empty() {
            return exports;
        }
        let libraries = libraries::names(others, compiler);
        let listed: HashSet<&str> = listed(script).collect();
        let names: HashSet<&str> = defined(exports.members())
            .filter(|name| !libraries.contains(*name) && !listed.contains(name))
            .collect();
        let asked_for = exports.ask_for(&names, &libraries, &rlibs);
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        (exports.names, exports.asked_for) = (names, asked_for);
        exports
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Each archive's members once, though rustc may name the archive twice.
    fn members(&self) -> impl Iterator<Item = &Member> {
        let mut known = HashSet::new();
        let once = self.archives.iter().filter(move |(_, archive)| known.insert(&archive.path));
        once.flat_map(|(_, archive)| &archive.members)
    }

    /// Chooses members that can be linked whatever refers to them: what they define nothing else defines,
    /// what they want is there, and no code of theirs would run by itself.
    fn ask_for(
        &self,
        names: &HashSet<&str>,
        libraries: &HashSet<String>,
        rlibs: &[PathBuf],
    ) -> Vec<String> {
        let mut definitions: HashMap<&str, usize> = HashMap::new();
        for symbol in self.members().flat_map(|member| &member.symbols) {
            if symbol.kind == Kind::Defined {
                *definitions.entry(&symbol.name).or_default() += 1;
            }
        }
        let mut chosen: Vec<&Member> = self.members().collect();
        chosen.retain(|member| {
            let mut own = member.symbols.iter().filter(|it| it.kind == Kind::Defined);
            own.all(|it| names.contains(&*it.name) && definitions[&*it.name] == 1)
                && !member.has_constructors
        });
        let is_here = |name: &str| libraries.contains(name) || LINKERS.contains(&name);
        let defined_somewhere: HashSet<&str> = defined(self.members()).collect();
        let unknown: HashSet<String> = wanted(&chosen)
            .filter(|name| !is_here(name) && !defined_somewhere.contains(name))
            .map(str::to_owned)
            .collect();
        let mut by_rustc = HashSet::new();
        if !unknown.is_empty() {
            let found = rlibs.iter().filter_map(|it| Archive::defined_by_rustc(it, &unknown).ok());
            by_rustc.extend(found.flatten());
        }
        loop {
            let before = chosen.len();
            let here: HashSet<&str> = defined(chosen.iter().copied()).collect();
            chosen.retain(|member| {
                let wants = |name| is_here(name) || here.contains(name) || by_rustc.contains(name);
                wanted(&[member]).all(wants)
            });
            if chosen.len() == before {
                break;
            }
        }
        let names = chosen.iter().filter_map(|member| {
            let mut own = member.symbols.iter();
            own.find(|it| it.kind == Kind::Defined).map(|it| it.name.clone())
        });
        names.collect()
    }

    /// Writes what is needed into `folder`, and changes the arguments accordingly.
    pub(super) fn add(&self, arguments: &Arguments, folder: &Path) -> io::Result<Arguments> {
        let (Some((script_at, script)), false) =
            (arguments.version_script(), self.names.is_empty())
        else {
            return Ok(arguments.clone());
        };
        let own = folder.join("exports");
        fs::write(&own, with_names(&fs::read_to_string(script)?, &self.names))?;
        let mut option = OsString::from("-Wl,--version-script=");
        option.push(own);
        let mut changed = HashMap::from([(script_at, option)]);

        let names: HashSet<&str> = self.names.iter().map(String::as_str).collect();
        for (at, archive) in self.archives.iter().filter(|(_, archive)| archive.hides(&names)) {
            let shown = archive.show(&names, &folder.join(at.to_string()))?;
            changed.insert(*at, shown.into());
        }
        let mut all = Vec::new();
        for (at, argument) in arguments.0.iter().enumerate() {
            match changed.remove(&at) {
                Some(instead) => all.push(instead),
                // A member that nothing needs is left out, and its names are in the script all the same.
                None if argument == "-Wl,--no-undefined-version" => {}
                None => all.push(argument.clone()),
            }
        }
        all.extend(self.asked_for.iter().map(|name| format!("-Wl,--undefined={name}").into()));
        Ok(Arguments(all))
    }
}

fn defined<'a>(members: impl Iterator<Item = &'a Member>) -> impl Iterator<Item = &'a str> {
    let symbols = members.flat_map(|member| &member.symbols);
    symbols.filter(|symbol| symbol.is_defined()).map(|symbol| &*symbol.name)
}

fn wanted<'a>(members: &[&'a Member]) -> impl Iterator<Item = &'a str> {
    let symbols = members.iter().flat_map(|member| &member.symbols);
    symbols.filter(|symbol| symbol.kind == Kind::Wanted).map(|symbol| &*symbol.name)
}

/// The names in a version script such as rustc writes it.
fn listed(script: &str) -> impl Iterator<Item = &str> {
    let body = script.split_once("global:").map_or("", |(_, body)| body);
    let body = body.split_once("local:").map_or(body, |(body, _)| body);
    body.split(';').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty())
}

/// The version script, with more names in it.
fn with_names(script: &str, names: &[String]) -> String {
    let mut more = String::new();
    for name in names {
        let is_plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_$.".contains(&it));
        let quote = if is_plain { "" } else { "\"" };
        let _ = writeln!(more, "    {quote}{name}{quote};");
    }
    let (before, after) = match script.split_once("global:") {
        Some((before, after)) => (format!("{before}global:\n"), after),
        // rustc writes no such line where it has nothing to export.
        None => match script.split_once('{') {
            Some((before, after)) => (format!("{before}{{\n  global:\n"), after),
            None => (format!("{{\n  global:\n{script}"), "  local:\n    *;\n};\n"),
        },
    };
    format!("{before}{more}{after}")
}

/// Compiled for this target by rustc's makers, under names that the compiler's own library has too.
fn is_compiler_builtins(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_toolchains(path) && name.starts_with("libcompiler_builtins-")
}

fn starts_with(path: &Path, magic: &[u8; 8]) -> bool {
    let mut start = [0; 8];
    let file = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    file.is_ok() && start == *magic
}
