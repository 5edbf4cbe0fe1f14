//! How cargo has called rustc for one crate: what the wrapper writes, and a host reads.
//!
//! The texts in it end with a NUL each, since values of variables have lines: a first word, the
//! folder, the number of arguments, the arguments (rustc's program first), and the environment.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

/// What a file of this form begins with.
const FORM: &str = "hotreload-capture-1";

/// One call of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Where it ran.
    pub folder: PathBuf,
    /// rustc, and what it was given.
    pub arguments: Vec<OsString>,
    /// All of it: what rustc reads of it cannot be known beforehand.
    pub environment: Vec<(OsString, OsString)>,
}

impl Capture {
    /// Where that of a crate lies, in the folder that the variable names.
    pub fn path(folder: &Path, crate_name: &str) -> PathBuf {
        folder.join(format!("{crate_name}.captured"))
    }

    /// This call. What cargo has put into a file, because it was long, is taken out of it: cargo removes
    /// the file.
    pub fn of(arguments: &[OsString]) -> io::Result<Capture> {
        let mut all = Vec::new();
        for argument in arguments {
            match argument.to_str().and_then(|it| it.strip_prefix('@')) {
                Some(file) => all.extend(fs::read_to_string(file)?.lines().map(OsString::from)),
                None => all.push(argument.clone()),
            }
        }
        Ok(Capture {
            folder: std::env::current_dir()?,
            arguments: all,
            environment: std::env::vars_os().collect(),
        })
    }

    /// Writes it. Whoever reads meanwhile finds all of it or nothing.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut put = |texts: &[&OsStr]| {
            texts.iter().for_each(|text| bytes.extend_from_slice(text.as_encoded_bytes()));
            bytes.push(0);
        };
        put(&[OsStr::new(FORM)]);
        put(&[self.folder.as_os_str()]);
        put(&[OsStr::new(&self.arguments.len().to_string())]);
        self.arguments.iter().for_each(|argument| put(&[argument]));
        self.environment.iter().for_each(|(name, value)| put(&[name, OsStr::new("="), value]));
        let new = path.with_extension("captured-new");
        fs::write(&new, bytes)?;
        fs::rename(new, path)
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
        Some(Capture { folder, arguments, environment })
    }

    /// There is no wrapper here that would have written it.
    #[cfg(not(unix))]
    pub(super) fn read(_: &Path) -> Option<Capture> {
        None
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_os_str())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        fs::write(&list, "--cfg\nfeature=\"a b\"\n").unwrap();
        let arguments = ["rustc".to_owned(), format!("@{}", list.display()), String::new()];
        let mut capture = Capture::of(&arguments.map(OsString::from)).unwrap();
        assert_eq!(capture.arguments, ["rustc", "--cfg", "feature=\"a b\"", ""]);
        assert_eq!(capture.folder, std::env::current_dir().unwrap());
        capture.environment = [("A", "1\n2=3"), ("=C", ""), ("B", "")]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec();
        let path = Capture::path(folder.path(), "logic");
        capture.write(&path).unwrap();
        assert_eq!(Capture::read(&path).as_ref(), Some(&capture));
        assert_eq!(capture.variable("A"), Some(OsStr::new("1\n2=3")));
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 10, 30, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(Capture::read(&path), None, "{cut}");
        }
        fs::remove_file(&list).unwrap();
        let gone = Capture::of(&["rustc".into(), format!("@{}", list.display()).into()]);
        assert!(gone.is_err());
    }
}
