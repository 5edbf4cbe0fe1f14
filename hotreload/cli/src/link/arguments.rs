//! What rustc wants of its linker: the arguments, and the files among them.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    process::Command,
};

/// The arguments as they are passed on, without files that hold more of them.
#[derive(Clone)]
pub(super) struct Arguments(pub(super) Vec<OsString>);

/// A file that an argument names, by its path or by `-l`.
pub(super) struct Input {
    /// Which argument it is.
    pub(super) at: usize,
    pub(super) path: PathBuf,
    /// Whether it came from one of the folders that the compiler knows by itself.
    pub(super) is_systems: bool,
}

impl Arguments {
    /// Reads the files that stand for arguments (`@file`), as gcc does; one that is not there is an
    /// argument itself. What `-l` names is in the same word.
    pub(super) fn read(given: impl IntoIterator<Item = OsString>) -> Arguments {
        let mut all = Vec::new();
        for argument in given {
            match argument.as_bytes().strip_prefix(b"@").map(|it| fs::read(OsStr::from_bytes(it))) {
                Some(Ok(text)) => all.extend(Arguments::read(words(&text)).0),
                _ if all.last().is_some_and(|it| it == "-l") => {
                    all.last_mut().unwrap().push(argument)
                }
                _ => all.push(argument),
            }
        }
        Arguments(all)
    }

    /// The same as the text of such a file.
    pub(super) fn to_text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for argument in &self.0 {
            for &byte in argument.as_bytes() {
                if byte.is_ascii_whitespace() || b"\\\"'".contains(&byte) {
                    text.push(b'\\');
                }
                text.push(byte);
            }
            text.push(b'\n');
        }
        text
    }

    /// Where the library is to be written: `None` if what is linked is none.
    pub(super) fn library(&self) -> Option<(usize, PathBuf)> {
        self.0.iter().any(|it| it == "-shared").then_some(())?;
        let at = self.0.iter().rposition(|it| it == "-o")? + 1;
        Some((at, self.0.get(at)?.into()))
    }

    /// The version script that rustc has written, and which argument names it.
    pub(super) fn version_script(&self) -> Option<(usize, PathBuf)> {
        self.0.iter().enumerate().find_map(|(at, it)| {
            let path = it.as_bytes().strip_prefix(b"-Wl,--version-script")?;
            Some((
                at,
                OsStr::from_bytes(path.strip_prefix(b"=").or(path.strip_prefix(b","))?).into(),
            ))
        })
    }

    /// Whether an option of the linker is there, with or without a value.
    pub(super) fn asks_for(&self, option: &str) -> bool {
        let option = format!("-Wl,{option}");
        self.0
            .iter()
            .filter_map(|it| it.as_bytes().strip_prefix(option.as_bytes()))
            .any(|rest| rest.is_empty() || (rest.starts_with(b"=") && rest != b"=none"))
    }

    /// The libraries and archives, found as the linker finds them.
    pub(super) fn inputs(&self, compiler: &Compiler) -> Vec<Input> {
        let (mut inputs, mut is_static) = (Vec::new(), false);
        let folders = self.folders();
        let mut words = self.0.iter().enumerate();
        while let Some((at, word)) = words.next() {
            let bytes = word.as_bytes();
            let name = match bytes {
                b"-o" | b"-L" => {
                    words.next();
                    continue;
                }
                b"-Wl,-Bstatic" | b"-Wl,-Bdynamic" => {
                    is_static = bytes == b"-Wl,-Bstatic";
                    continue;
                }
                _ if bytes.starts_with(b"-l") => &bytes[2..],
                _ if !bytes.starts_with(b"-") => {
                    inputs.push(Input { at, path: word.into(), is_systems: false });
                    continue;
                }
                _ => continue,
            };
            if let Some((path, is_systems)) = find(name, is_static, &folders, compiler) {
                inputs.push(Input { at, path, is_systems });
            }
        }
        inputs
    }

    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            match word.as_bytes().strip_prefix(b"-L") {
                Some(b"") => folders.extend(words.next().map(PathBuf::from)),
                Some(folder) => folders.push(OsStr::from_bytes(folder).into()),
                None => {}
            }
        }
        folders
    }
}

/// The words of a file of arguments: between blanks, in quotes or not, a backslash before what is meant
/// as it stands.
fn words(text: &[u8]) -> Vec<OsString> {
    let (mut all, mut word, mut quote): (_, Option<Vec<u8>>, _) = (Vec::new(), None, None);
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => word.get_or_insert_default().extend(bytes.next()),
            _ if quote == Some(byte) => quote = None,
            b'"' | b'\'' if quote.is_none() => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            _ if quote.is_none() && byte.is_ascii_whitespace() => {
                all.extend(word.take().map(OsString::from_vec));
            }
            _ => word.get_or_insert_default().push(byte),
        }
    }
    all.extend(word.map(OsString::from_vec));
    all
}

/// Finds what `-l` names; also, whether in a folder that nobody has named.
fn find(
    name: &[u8],
    is_static: bool,
    folders: &[PathBuf],
    compiler: &Compiler,
) -> Option<(PathBuf, bool)> {
    let file =
        |start: &[u8], name: &[u8], end: &[u8]| OsString::from_vec([start, name, end].concat());
    let names = match name.strip_prefix(b":") {
        Some(name) => vec![file(b"", name, b"")],
        None if is_static => vec![file(b"lib", name, b".a")],
        None => vec![file(b"lib", name, b".so"), file(b"lib", name, b".a")],
    };
    let named = folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    match { named }.find(|path| path.is_file()) {
        Some(path) => Some((path, false)),
        None => Some((names.iter().find_map(|name| compiler.find(name))?, true)),
    }
}

/// The compiler that calls the linker, such as `cc`.
pub(super) struct Compiler<'a>(pub(super) &'a OsStr);

impl Compiler<'_> {
    /// Where it finds a library among its own.
    pub(super) fn find(&self, name: &OsStr) -> Option<PathBuf> {
        let mut option = OsString::from("-print-file-name=");
        option.push(name);
        let output = Command::new(self.0).arg(option).env("LC_ALL", "C").output().ok()?;
        let path = PathBuf::from(OsStr::from_bytes(output.stdout.trim_ascii()));
        // What it does not find it repeats.
        path.is_absolute().then_some(path).filter(|path| path.is_file())
    }

    /// Links, and comes back when that is done.
    pub(super) fn link(
        &self,
        arguments: &Arguments,
        folder: &Path,
    ) -> io::Result<std::process::ExitStatus> {
        // Somebody's own linker may be this command again, for something else.
        let command = || {
            let mut command = Command::new(self.0);
            command.env_remove(super::VARIABLE);
            command
        };
        match command().args(&arguments.0).status() {
            // The system's limit, which rustc has just not reached.
            Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => {
                let file = folder.join("arguments");
                fs::write(&file, arguments.to_text())?;
                let mut argument = OsString::from("@");
                argument.push(file);
                command().arg(argument).status()
            }
            status => status,
        }
    }
}

/// Whether it is of the toolchain: what rustc itself exports or hides.
pub(super) fn is_toolchains(path: &Path) -> bool {
    path.components().any(|it| it.as_os_str() == "rustlib")
}

/// The folder of a path, which may be a bare name.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    folder.map_or_else(|| env::current_dir().unwrap_or_default(), Path::to_owned)
}
