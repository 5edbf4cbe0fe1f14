//! What a library's file says without being run.

#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt as _;
use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use object::{Architecture, FileKind, Object, ObjectKind, ObjectSection, ObjectSegment, ReadRef};
#[cfg(target_os = "linux")]
use object::{
    Endian, Endianness,
    elf::{
        EM_AARCH64, EM_LOONGARCH, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64, ET_CORE, ET_DYN, ET_EXEC,
        ET_REL, FileHeader64, Machine, PT_LOAD,
    },
    read::elf::{FileHeader, ProgramHeader, SectionHeader},
};

use crate::file::allocator::Allocator;
#[cfg(target_os = "linux")]
use crate::file::dynamic::Needs;
use crate::file::file_bytes::FileBytes;
use crate::file::manifest::{Known, Manifest};
use crate::said::{Code, Reason};

/// The facts of one library file.
pub(crate) struct ObjectFile {
    pub(crate) manifest: Manifest,
    /// Whether it needs a std that is a library of its own.
    pub(crate) shared_std: bool,
    /// The libraries that it needs, and where it has them searched for.
    #[cfg(target_os = "linux")]
    pub(crate) needs: Needs,
    /// Its global allocator, if its symbols tell; unknown where it forwards to the host's.
    pub(crate) allocator: Option<Allocator>,
    /// Where in the file the pointer to the host's table is, if the format lets it be written.
    table_offset: Option<u64>,
}

impl ObjectFile {
    /// Reads the file; every refusal here comes before any of its code runs. What is known is not read again.
    pub(crate) fn read(path: &Path, known: Known<'_>) -> Result<ObjectFile, Reason> {
        let bytes = File::open(path).and_then(FileBytes::of);
        let bytes = &bytes.map_err(|error| not_a_library(&error.to_string()))?;
        let length = bytes.len().unwrap_or_default();
        if length == 0 {
            return Err(not_a_library("it is empty"));
        }
        let parts = Parts::find(bytes).map_err(|error| not_a_library(&error.to_string()))?;
        if parts.architecture != architecture()
            || parts.is_little_endian != cfg!(target_endian = "little")
        {
            return Err(Reason::new(Code::OtherMachine, "the library is for another machine")
                .fact("host", format!("{:?}", architecture()))
                .fact("found", format!("{:?}", parts.architecture)));
        }
        if parts.kind != ObjectKind::Dynamic {
            return Err(not_a_library(&format!("it is of the kind {:?}", parts.kind)));
        }
        for (offset, size) in parts.segments {
            if offset.checked_add(size).is_none_or(|end| end > length) {
                return Err(not_a_library("it is cut off: a segment lies beyond its end"));
            }
        }
        let (offset, size) = parts.manifest.ok_or_else(|| {
            Reason::new(Code::NoBundle, "the library is no bundle: it has no manifest")
        })?;
        let mut manifest = Vec::new();
        let end = offset.saturating_add(size);
        if bytes.pass(offset..end, &mut manifest).is_none() {
            return Err(not_a_library("it is cut off: its manifest lies beyond its end"));
        }
        let table = parts.table.filter(|(_, size)| *size == size_of::<usize>() as u64);
        let manifest = Manifest::of_section(manifest, known)?;
        let forwards = manifest.headers.iter().all(|header| header.forwards_allocation);
        Ok(ObjectFile {
            manifest,
            shared_std: parts.shared_std,
            #[cfg(target_os = "linux")]
            needs: parts.needs,
            allocator: if forwards { None } else { Allocator::of(bytes) },
            table_offset: table.filter(|_| cfg!(target_os = "linux")).map(|(offset, _)| offset),
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

/// What is looked at in a file. Places are offsets and sizes in bytes, as the file has them.
pub(super) struct Parts {
    architecture: Architecture,
    is_little_endian: bool,
    kind: ObjectKind,
    segments: Vec<(u64, u64)>,
    manifest: Option<(u64, u64)>,
    table: Option<(u64, u64)>,
    /// Whether it needs a std that is a library of its own.
    pub(super) shared_std: bool,
    #[cfg(target_os = "linux")]
    needs: Needs,
    /// Whether rustc can link other crates with it: it says what is in it.
    pub(super) for_rustc: bool,
}

impl Parts {
    pub(super) fn find(cache: &FileBytes) -> object::Result<Parts> {
        match FileKind::parse(cache)? {
            #[cfg(target_os = "linux")]
            FileKind::Elf64 => Parts::of_elf(cache),
            _ => Ok(Parts::of(&object::File::parse(cache)?)),
        }
    }

    fn of<'data>(file: &object::File<'data, impl ReadRef<'data>>) -> Parts {
        let place = |name| file.section_by_name(name).and_then(|section| section.file_range());
        Parts {
            architecture: file.architecture(),
            is_little_endian: file.is_little_endian(),
            kind: file.kind(),
            segments: file.segments().map(|segment| segment.file_range()).collect(),
            manifest: place(section_name(".hot", "__hot")),
            table: place(section_name(".hothost", "__hothost")),
            shared_std: false,
            #[cfg(target_os = "linux")]
            needs: Needs::default(),
            for_rustc: place(".rustc").is_some(),
        }
    }

    /// The same of what Linux loads, with less to read: `object::File` asks for the whole symbol table, which takes
    /// longer than all else that is read.
    #[cfg(target_os = "linux")]
    fn of_elf(cache: &FileBytes) -> object::Result<Parts> {
        let header = FileHeader64::<Endianness>::parse(cache)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, cache)?;
        let names = [b".hot".as_slice(), b".hothost", b".rustc"];
        let mut places = [None; 3];
        // Once through all: each name is searched for its end.
        for section in sections.iter() {
            let Ok(name) = sections.section_name(endian, section) else { continue };
            let index = names.iter().position(|it| *it == name);
            // The first of a name counts.
            if let Some(place) = index.map(|it| &mut places[it]).filter(|it| it.is_none()) {
                *place = Some(section.file_range(endian));
            }
        }
        let [manifest, table, for_rustc] = places.map(Option::flatten);
        let needs = Needs::of(&sections, endian, cache)?;
        let segments = header.program_headers(endian, cache)?.iter();
        let segments = segments.filter(|segment| segment.p_type(endian) == PT_LOAD);

        Ok(Parts {
            architecture: machine(header.e_machine(endian)),
            is_little_endian: endian.is_little_endian(),
            kind: match header.e_type(endian) {
                ET_REL => ObjectKind::Relocatable,
                ET_EXEC => ObjectKind::Executable,
                ET_DYN => ObjectKind::Dynamic,
                ET_CORE => ObjectKind::Core,
                _ => ObjectKind::Unknown,
            },
            segments: segments.map(|segment| segment.file_range(endian)).collect(),
            manifest,
            table,
            shared_std: needs.names.iter().any(|it| it.as_bytes().starts_with(b"libstd-")),
            for_rustc: for_rustc.is_some(),
            needs,
        })
    }
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

/// Of an ELF file of 64 bits: the machines that [`architecture`] knows.
#[cfg(target_os = "linux")]
fn machine(number: Machine) -> Architecture {
    match number {
        EM_X86_64 => Architecture::X86_64,
        EM_AARCH64 => Architecture::Aarch64,
        EM_RISCV => Architecture::Riscv64,
        EM_LOONGARCH => Architecture::LoongArch64,
        EM_PPC64 => Architecture::PowerPc64,
        EM_S390 => Architecture::S390x,
        _ => Architecture::Unknown,
    }
}

fn not_a_library(what: &str) -> Reason {
    Reason::new(Code::NotALibrary, "the file is no library that can be loaded").fact("found", what)
}
