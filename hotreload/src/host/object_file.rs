//! What a library's file says without being run.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use object::{
    Architecture, Endianness, Object, ObjectKind, ObjectSection, ObjectSegment, ReadCache,
    read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader},
};

use super::{Code, Reason, manifest::Manifest};

/// The facts of one library file.
pub(crate) struct ObjectFile {
    pub(crate) manifest: Manifest,
    /// Whether it needs a std that is a library of its own.
    pub(crate) shared_std: bool,
    /// Where in the file the pointer to the host's table is, if the format lets it be written.
    table_offset: Option<u64>,
}

impl ObjectFile {
    /// Reads the file; every refusal here comes before any of its code runs.
    pub(crate) fn read(path: &Path) -> Result<ObjectFile, Reason> {
        let file = File::open(path).map_err(|error| not_a_library(&error.to_string()))?;
        let length = file.metadata().map_err(|error| not_a_library(&error.to_string()))?.len();
        if length == 0 {
            return Err(not_a_library("it is empty"));
        }
        let cache = ReadCache::new(file);
        let object =
            object::File::parse(&cache).map_err(|error| not_a_library(&error.to_string()))?;
        if object.architecture() != architecture()
            || object.is_little_endian() != cfg!(target_endian = "little")
        {
            return Err(Reason::new(Code::OtherMachine, "the library is for another machine")
                .fact("host", format!("{:?}", architecture()))
                .fact("found", format!("{:?}", object.architecture())));
        }
        if object.kind() != ObjectKind::Dynamic {
            return Err(not_a_library(&format!("it is of the kind {:?}", object.kind())));
        }
        for segment in object.segments() {
            let (offset, size) = segment.file_range();
            if offset.checked_add(size).is_none_or(|end| end > length) {
                return Err(not_a_library("it is cut off: a segment lies beyond its end"));
            }
        }
        let section = object.section_by_name(section_name(".hot", "__hot")).ok_or_else(|| {
            Reason::new(Code::NoBundle, "the library is no bundle: it has no manifest")
        })?;
        let bytes = section.data().map_err(|error| not_a_library(&error.to_string()))?;
        Ok(ObjectFile {
            manifest: Manifest::parse(bytes)?,
            shared_std: needs_shared_std(&cache)
                .map_err(|error| not_a_library(&error.to_string()))?,
            table_offset: object
                .section_by_name(section_name(".hothost", "__hothost"))
                .filter(|_| cfg!(target_os = "linux"))
                .and_then(|section| section.file_range())
                .filter(|(_, size)| *size == size_of::<usize>() as u64)
                .map(|(offset, _)| offset),
        })
    }

    /// Writes the address of the host's table into the host's own copy of the file, so that the
    /// library's constructors find it. Elsewhere than on Linux `bundle_init` alone passes it (a
    /// changed file would not match its signature).
    pub(crate) fn write_table(&self, path: &Path, table: usize) -> io::Result<()> {
        let Some(offset) = self.table_offset else { return Ok(()) };
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&table.to_ne_bytes())
    }
}

/// Whether a file needs a std that is a library of its own; only ELF files are looked into.
fn needs_shared_std(cache: &ReadCache<File>) -> object::Result<bool> {
    let Ok(elf) = ElfFile64::<Endianness, _>::parse(cache) else { return Ok(false) };
    let endian = elf.endian();
    let strings = elf.elf_section_table().section_by_name(endian, b".dynstr");
    let Some((_, strings)) = strings else { return Ok(false) };
    let strings = object::read::elf::SectionHeader::data(strings, endian, cache)?;
    for segment in elf.elf_header().program_headers(endian, cache)? {
        for entry in segment.dynamic(endian, cache)?.unwrap_or_default() {
            if entry.tag(endian) != object::elf::DT_NEEDED {
                continue;
            }
            let start = usize::try_from(entry.val(endian)).unwrap_or(usize::MAX);
            if strings.get(start..).is_some_and(|name| name.starts_with(b"libstd-")) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether this executable shares its std with its libraries.
pub(crate) fn executable_shares_std() -> bool {
    let Ok(file) = std::env::current_exe().and_then(File::open) else { return false };
    needs_shared_std(&ReadCache::new(file)).unwrap_or(false)
}

fn section_name(elf_and_pe: &'static str, mach_o: &'static str) -> &'static str {
    if cfg!(target_vendor = "apple") { mach_o } else { elf_and_pe }
}

fn architecture() -> Architecture {
    match std::env::consts::ARCH {
        "x86_64" if cfg!(target_pointer_width = "32") => Architecture::X86_64_X32,
        "x86_64" => Architecture::X86_64,
        "x86" => Architecture::I386,
        "aarch64" => Architecture::Aarch64,
        "arm" => Architecture::Arm,
        "riscv64" => Architecture::Riscv64,
        "riscv32" => Architecture::Riscv32,
        "loongarch64" => Architecture::LoongArch64,
        "powerpc64" => Architecture::PowerPc64,
        "s390x" => Architecture::S390x,
        _ => Architecture::Unknown,
    }
}

fn not_a_library(what: &str) -> Reason {
    Reason::new(Code::NotALibrary, "the file is no library that can be loaded").fact("found", what)
}
