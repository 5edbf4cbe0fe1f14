//! The name that each build of the shared library has for itself, its SONAME, and the file under it.
//!
//! The system's loader knows libraries by their names. Were it `libshared.so` for every build, what was
//! linked with one build would be bound to another one that is in memory or on disk. So the name has the
//! build id in it, which is a hash of what was linked: equal builds have one name.
//!
//! The linker computes the build id when all else is written. So it is given a name of zeros, which are
//! replaced afterwards.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use object::{
    Endianness, FileKind, Object as _,
    elf::{DT_SONAME, FileHeader32, FileHeader64},
    read::elf::{Dyn, FileHeader, SectionHeader},
};

use super::arguments::Arguments;

/// As many digits of the build id; cargo's names have 16.
const DIGITS: usize = 20;

/// Files of this many builds stay: a program that was linked with an older one needs it to start.
const KEPT: usize = 4;

/// The name of a library, before and after the id: `libshared-` and `.so`.
pub(super) struct Name {
    file: OsString,
    start: OsString,
    end: OsString,
}

impl Name {
    pub(super) fn of(output: &Path) -> Name {
        let mut start = output.file_stem().unwrap_or_default().to_owned();
        start.push("-");
        let mut end = OsString::new();
        if let Some(extension) = output.extension() {
            end.push(".");
            end.push(extension);
        }
        Name { file: output.file_name().unwrap_or_default().to_owned(), start, end }
    }

    fn with(&self, digits: &str) -> OsString {
        let mut name = self.start.clone();
        name.push(digits);
        name.push(&self.end);
        name
    }

    /// What the linker is to be told; of two names it takes the last.
    pub(super) fn ask(&self, arguments: &mut Arguments) {
        let mut option = OsString::from("-Wl,-soname=");
        option.push(self.with(&"0".repeat(DIGITS)));
        arguments.0.push(option);
        if !arguments.asks_for("--build-id") {
            arguments.0.push("-Wl,--build-id=sha1".into());
        }
    }

    /// Writes the name into the library, and returns it. A library without a build id gets the name that
    /// its file has.
    pub(super) fn write(&self, library: &Path) -> io::Result<OsString> {
        let bytes = fs::read(library)?;
        let found = Found::in_file(&bytes).map_err(io::Error::other)?;
        let asked = self.with(&"0".repeat(DIGITS));
        let Some(at) = found.name_at.filter(|at| bytes[*at..].starts_with(asked.as_bytes())) else {
            return Err(io::Error::other("it has another name than it was given"));
        };
        let name = found.id.map_or_else(|| self.file.clone(), |id| self.with(&id));
        let mut text = name.as_bytes().to_owned();
        text.resize(asked.len(), 0);
        let mut file = OpenOptions::new().write(true).open(library)?;
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&text)?;
        Ok(name)
    }

    /// Takes away the files of older builds, but for some.
    pub(super) fn tidy(&self, folder: &Path, newest: &OsStr) -> io::Result<()> {
        let mut others: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if self.is_ours(&entry.file_name()) && entry.file_name() != newest {
                others.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        others.sort_unstable();
        others.reverse();
        others.iter().skip(KEPT - 1).try_for_each(|(_, path)| fs::remove_file(path))
    }

    fn is_ours(&self, file: &OsStr) -> bool {
        let digits = file.as_bytes().strip_prefix(self.start.as_bytes());
        let digits = digits.and_then(|it| it.strip_suffix(self.end.as_bytes()));
        digits.is_some_and(|it| it.len() == DIGITS && it.iter().all(u8::is_ascii_hexdigit))
    }
}

/// What a linked library says of itself.
struct Found {
    /// The digits of its build id; one that is short is followed by zeros.
    id: Option<String>,
    /// Where its SONAME is in the file.
    name_at: Option<usize>,
}

impl Found {
    fn in_file(bytes: &[u8]) -> object::Result<Found> {
        let id = object::File::parse(bytes)?.build_id()?.map(|id| {
            let mut digits = id.iter().fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            });
            digits.truncate(DIGITS);
            format!("{digits:0<DIGITS$}")
        });
        let name_at = match FileKind::parse(bytes)? {
            FileKind::Elf64 => name_at::<FileHeader64<Endianness>>(bytes)?,
            _ => name_at::<FileHeader32<Endianness>>(bytes)?,
        };
        Ok(Found { id, name_at })
    }
}

fn name_at<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> object::Result<Option<usize>> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let Some((entries, strings)) = sections.dynamic(endian, bytes)? else { return Ok(None) };
    let Some(entry) = entries.iter().find(|entry| entry.tag(endian) == DT_SONAME) else {
        return Ok(None);
    };
    let strings: u64 = sections.section(strings)?.sh_offset(endian).into();
    let at = entry.val(endian);
    Ok(usize::try_from(strings + at).ok())
}
