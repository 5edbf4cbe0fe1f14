//! Which global allocator a program or a library was linked with.
//!
//! Without a `#[global_allocator]` the compiler leads `__rust_alloc` to `__rdl_alloc` of std, which is
//! System's; with one `__rust_alloc` is the author's, and the linker drops the other. So the file's
//! symbols tell it. What an allocator does cannot be tried out instead: one that serves some sizes
//! itself and passes the others on to System looks like System until it is asked for the wrong size.

use std::{fs::File, io, ops::Range, path::Path};

use object::{
    Endianness, FileKind, Object, ObjectSymbol, ReadRef,
    elf::{FileHeader64, SHT_SYMTAB, SectionHeader64, Sym64},
    pod::slice_from_all_bytes,
    read::elf::{FileHeader, SectionHeader, Sym},
};

use crate::{
    file::file_bytes::{BLOCK, FileBytes},
    platform,
};

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
            FileKind::Elf64 => in_elf(file)?,
            _ => in_symbols(&object::File::parse(file).ok()?),
        };
        match (default, any) {
            (true, _) => Some(Allocator::System),
            (false, true) => Some(Allocator::Own),
            (false, false) => None,
        }
    }
}

/// Whether an image allocates for itself what others free: it has the functions that stand for the allocator,
/// and not only calls them.
///
/// # Errors
/// The file cannot be opened.
pub fn has_own_allocator(image: &Path) -> io::Result<bool> {
    let file = FileBytes::of(File::open(image)?)?;
    Ok(Allocator::of(&file) == Some(Allocator::Own))
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

/// The same of an ELF file, of which no more is read than tells it: names and symbols are half of a library. The
/// names are looked for first, by the system's search: a host that is not optimised would take long to read each.
fn in_elf(file: &FileBytes) -> Option<[bool; 2]> {
    let header = FileHeader64::<Endianness>::parse(file).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, file).ok()?;
    let place = |section: &SectionHeader64<_>| {
        let (start, length) = section.file_range(endian)?;
        let end = start.checked_add(length)?;
        (end <= file.len().ok()?).then_some(start..end)
    };
    let symbols = sections.iter().find(|section| section.sh_type(endian) == SHT_SYMTAB)?;
    let names = place(sections.section(symbols.link(endian)).ok()?)?;
    let symbols = place(symbols)?;
    let has = |end: &str| {
        let (end, mut bytes) = (format!("{end}\0"), Vec::new());
        let mut blocks: Vec<_> = blocks(&names, BLOCK - LONGEST, LONGEST).collect();
        // Rust's own linker puts those of std behind the first quarter.
        let quarter = blocks.len() / 4;
        blocks.rotate_left(quarter);
        for block in blocks {
            let first = block.start - names.start;
            for place in places(file.pass(block, &mut bytes)?, &end) {
                let place = first + place.start as u64..first + place.end as u64;
                if is_defined(file, endian, &symbols, &place)? {
                    return Some(true);
                }
            }
        }
        Some(false)
    };
    let [default, any] = NAMES;
    // With the first the second makes no difference.
    let is_default = has(default)?;
    Some([is_default, is_default || has(any)?])
}

/// Whether a symbol is defined whose name begins there. Nearly all are called otherwise, and those of std are
/// among the last.
fn is_defined(
    file: &FileBytes,
    endian: Endianness,
    symbols: &Range<u64>,
    names: &Range<u64>,
) -> Option<bool> {
    const SIZE: u64 = size_of::<Sym64<Endianness>>() as u64;
    let mut bytes = Vec::new();
    for block in blocks(symbols, BLOCK - BLOCK % SIZE, 0).rev() {
        let symbols = slice_from_all_bytes(file.pass(block, &mut bytes)?).ok()?;
        // Linkers may share the ends of names.
        let is_it = |symbol: &Sym64<_>| {
            names.contains(&symbol.st_name(endian).into()) && !symbol.is_undefined(endian)
        };
        if symbols.iter().any(is_it) {
            return Some(true);
        }
    }
    Some(false)
}

/// Names of symbols that are longer are none of the compiler's own.
const LONGEST: u64 = 1024;

/// The parts of a range, each with the beginning of the next one.
fn blocks(
    range: &Range<u64>,
    size: u64,
    beyond: u64,
) -> impl DoubleEndedIterator<Item = Range<u64>> {
    let Range { start, end } = *range;
    let count = (end - start).div_ceil(size);
    let from = move |index| start + index * size;
    (0..count).map(move |index| from(index)..from(index).saturating_add(size + beyond).min(end))
}

/// Where in a part of the names those are that end so.
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

    #[test]
    fn what_lies_between_two_blocks_is_in_one_of_them() {
        let range = 5..5 + 3 * (BLOCK - LONGEST) + 100;
        let blocks: Vec<_> = blocks(&range, BLOCK - LONGEST, LONGEST).collect();
        assert_eq!((blocks.len(), blocks[0].start, blocks[3].end), (4, range.start, range.end));
        assert!(blocks.iter().all(|block| block.end - block.start <= BLOCK));
        for start in range.start..range.end - LONGEST {
            let is_in = |block: &Range<u64>| block.start <= start && start + LONGEST <= block.end;
            assert!(blocks.iter().any(is_in), "{start}");
        }
        assert_eq!(super::blocks(&(7..7), BLOCK, 0).count(), 0);
        let far = u64::MAX - 10..u64::MAX;
        assert_eq!(super::blocks(&far, BLOCK, LONGEST).collect::<Vec<_>>(), [far]);
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
