//! Which global allocator a program or a library was linked with.
//!
//! Without a `#[global_allocator]` the compiler leads `__rust_alloc` to `__rdl_alloc` of std, which is
//! System's; with one `__rust_alloc` is the author's, and the linker drops the other. So the file's
//! symbols tell it. What an allocator does cannot be tried out instead: one that serves some sizes
//! itself and passes the others on to System looks like System until it is asked for the wrong size.

use std::ops::Range;

use object::{
    Endianness, FileKind, Object, ObjectSymbol,
    elf::{FileHeader64, SHT_SYMTAB, Sym64},
    read::elf::{FileHeader, SectionHeader, Sym},
};

use crate::{file::file_bytes::FileBytes, platform};

/// What a program's global allocator hands out: see [`HostBuilder::allocator`].
///
/// [`HostBuilder::allocator`]: crate::HostBuilder::allocator
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allocator {
    /// Blocks of [`System`](std::alloc::System): the program has no `#[global_allocator]`, or one
    /// that passes each layout on as it is.
    System,
    /// Blocks of its own, of some sizes at least.
    Own,
}

impl Allocator {
    /// What the file's symbols tell; `None` if there are none, as in a file that was stripped, or if
    /// an optimiser left none of the two.
    pub(crate) fn of(file: &FileBytes) -> Option<Allocator> {
        let [default, any] = match FileKind::parse(file).ok()? {
            FileKind::Elf64 => in_elf(file).ok()?,
            _ => in_symbols(&object::File::parse(file).ok()?),
        };
        match (default, any) {
            (true, _) => Some(Allocator::System),
            (false, true) => Some(Allocator::Own),
            (false, false) => None,
        }
    }
}

/// The ends of the symbols' names, whose beginnings change with the compiler: of std's allocator, and
/// of the function that everybody calls.
const NAMES: [&str; 2] = ["__rdl_alloc", "__rust_alloc"];

/// Which of them a file has.
fn in_symbols<'data>(file: &impl Object<'data>) -> [bool; 2] {
    let has = |end: &str| {
        let is_it = |name: &str| name.ends_with(end);
        file.symbols().any(|symbol| symbol.is_definition() && symbol.name().is_ok_and(is_it))
    };
    NAMES.map(has)
}

/// The same of an ELF file, in which the names are looked for first, by the system's search: a program has
/// tens of thousands of symbols, and a host that is not optimised would read each name of them at its start.
fn in_elf(file: &FileBytes) -> object::Result<[bool; 2]> {
    let header = FileHeader64::<Endianness>::parse(file)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, file)?;
    let symbols = sections.symbols(endian, file, SHT_SYMTAB)?;
    let names = sections.section(symbols.string_section())?.data(endian, file)?;
    let symbols = symbols.symbols();
    let has = |end: &str| {
        let places = places(names, &format!("{end}\0"));
        let first = places.iter().map(|it| it.start).min().unwrap_or_default();
        let last = places.iter().map(|it| it.end).max().unwrap_or_default();
        let is_it = |symbol: &Sym64<Endianness>| {
            let at = symbol.st_name(endian) as usize;
            // Nearly all are called otherwise. Linkers may share the ends of names.
            at >= first
                && at < last
                && places.iter().any(|it| it.contains(&at))
                && !symbol.is_undefined(endian)
        };
        !places.is_empty() && symbols.iter().any(is_it)
    };
    let [default, any] = NAMES;
    // With the first the second makes no difference.
    let is_default = has(default);
    Ok([is_default, is_default || has(any)])
}

/// Where the names are that end so.
fn places(names: &[u8], end: &str) -> Vec<Range<usize>> {
    let (mut places, mut from) = (Vec::new(), 0);
    while let Some(at) = platform::find(&names[from..], end.as_bytes()) {
        let at = from + at;
        let zero = names[..at].iter().rposition(|byte| *byte == 0);
        places.push(zero.map_or(0, |zero| zero + 1)..at + end.len());
        from = at + 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use std::{
        env, fs,
        path::{Path, PathBuf},
        process::Command,
    };

    use object::ObjectSection as _;

    use super::*;

    /// A program that says nothing of its allocator. This one counts what it allocates.
    fn plain(folder: &Path) -> PathBuf {
        let (source, program) = (folder.join("plain.rs"), folder.join("plain"));
        fs::write(&source, "fn main() { drop(Box::new(1)); }").unwrap();
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        assert!(
            Command::new(rustc).args([&source, &"-o".into(), &program]).status().unwrap().success()
        );
        program
    }

    fn allocator(file: &Path) -> Option<Allocator> {
        Allocator::of(&FileBytes::open(file).unwrap())
    }

    /// Such a program, with each of the names replaced.
    fn of(names: &[&str]) -> Option<Allocator> {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = fs::read(plain(folder.path())).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let (start, length) = file.section_by_name(".strtab").unwrap().file_range().unwrap();
        let table = start as usize..(start + length) as usize;
        for name in names {
            let text = str::from_utf8(&bytes[table.clone()]).unwrap();
            let places: Vec<_> =
                text.match_indices(&format!("{name}\0")).map(|(at, _)| table.start + at).collect();
            assert!(!places.is_empty(), "the name is there");
            places.into_iter().for_each(|at| bytes[at + 2..at + 4].fill(b'x'));
        }
        let file = folder.path().join("program");
        fs::write(&file, bytes).unwrap();
        allocator(&file)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn symbols_tell_it_where_there_are_some() {
        assert_eq!(allocator(&env::current_exe().unwrap()), Some(Allocator::Own));
        assert_eq!(of(&[]), Some(Allocator::System));
        assert_eq!(of(&["__rdl_alloc"]), Some(Allocator::Own));
        assert_eq!(of(&["__rdl_alloc", "__rust_alloc"]), None);
    }
}
