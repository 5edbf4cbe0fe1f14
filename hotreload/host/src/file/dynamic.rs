//! What the system's loader reads of a file: whom it needs, where it searches, which names it wants and
//! has; and its build id (ELF, 64 bits).

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::Path,
};

use object::{
    Endianness, ReadRef, StringTable,
    elf::{
        DT_NEEDED, DT_RPATH, DT_RUNPATH, FileHeader64, SHN_UNDEF, SHT_DYNSYM, STB_GLOBAL,
        STB_LOCAL, gnu_hash,
    },
    read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym, VersionTable},
};

use crate::file::file_bytes::FileBytes;

/// A file, of which only what is asked for is read.
pub(crate) struct Dynamic(FileBytes);

impl Dynamic {
    /// `None` if it cannot be opened.
    pub(crate) fn open(path: &Path) -> Option<Dynamic> {
        FileBytes::open(path).map(Dynamic)
    }

    fn sections(
        &self,
    ) -> object::Result<(Endianness, SectionTable<'_, FileHeader64<Endianness>, &FileBytes>)> {
        let header = FileHeader64::<Endianness>::parse(&self.0)?;
        let endian = header.endian()?;
        Ok((endian, header.sections(endian, &self.0)?))
    }

    /// What it needs.
    pub(crate) fn needs(&self) -> object::Result<Needs> {
        let (endian, sections) = self.sections()?;
        Needs::of(&sections, endian, &self.0)
    }

    /// The names that it needs from others, and those that it takes if somebody has them.
    pub(crate) fn wanted(&self) -> object::Result<[BTreeSet<String>; 2]> {
        let [mut needs, mut may_use] = [BTreeSet::new(), BTreeSet::new()];
        self.each_symbol(|name, is_defined, is_strong| {
            if !is_defined {
                let wanted = if is_strong { &mut needs } else { &mut may_use };
                wanted.insert(name.to_owned());
            }
        })?;
        Ok([needs, may_use])
    }

    /// Takes out of `wanted` what it has, of whatever version.
    pub(crate) fn give(&self, wanted: &mut BTreeSet<String>) -> object::Result<()> {
        let (endian, sections) = self.sections()?;
        let Some((table, _)) = sections.gnu_hash(endian, &self.0)? else {
            return self.each_symbol(|name, is_defined, _| {
                if is_defined {
                    wanted.remove(name);
                }
            });
        };
        let symbols = sections.symbols(endian, &self.0, SHT_DYNSYM)?;
        let any = VersionTable::default();
        wanted.retain(|name| {
            let hash = gnu_hash(name.as_bytes());
            table.find(endian, name.as_bytes(), hash, None, &symbols, &any).is_none()
        });
        Ok(())
    }

    fn each_symbol(&self, mut look: impl FnMut(&str, bool, bool)) -> object::Result<()> {
        let (endian, sections) = self.sections()?;
        let symbols = sections.symbols(endian, &self.0, SHT_DYNSYM)?;
        let strings = sections.section(symbols.string_section())?.data(endian, &self.0)?;
        let strings = StringTable::new(strings, 0, strings.len() as u64);
        for symbol in symbols.iter().filter(|symbol| symbol.st_bind() != STB_LOCAL) {
            let Ok(name) = str::from_utf8(symbol.name(endian, strings)?) else { continue };
            let is_defined = symbol.st_shndx(endian) != SHN_UNDEF;
            look(name, is_defined, symbol.st_bind() == STB_GLOBAL);
        }
        Ok(())
    }

    pub(crate) fn build_id(&self) -> Option<Vec<u8>> {
        build_id(&self.0).ok()?
    }
}

/// What a file needs of others.
#[derive(Debug, Default, Clone)]
pub(crate) struct Needs {
    pub(crate) names: Vec<OsString>,
    /// `DT_RPATH`, which counts only where there is no `DT_RUNPATH`.
    pub(crate) older_paths: Vec<OsString>,
    /// `DT_RUNPATH`.
    pub(crate) paths: Vec<OsString>,
}

impl Needs {
    /// With where its `DT_RPATH` and `DT_RUNPATH` search for that.
    pub(super) fn of<'data>(
        sections: &SectionTable<'data, FileHeader64<Endianness>, &'data FileBytes>,
        endian: Endianness,
        bytes: &'data FileBytes,
    ) -> object::Result<Needs> {
        let mut needs = Needs::default();
        let Some((entries, strings)) = sections.dynamic(endian, bytes)? else { return Ok(needs) };
        let strings = sections.strings(endian, bytes, strings)?;
        for entry in entries {
            let list = match entry.tag(endian) {
                DT_NEEDED => &mut needs.names,
                DT_RPATH => &mut needs.older_paths,
                DT_RUNPATH => &mut needs.paths,
                _ => continue,
            };
            let text = u32::try_from(entry.val(endian)).ok().and_then(|at| strings.get(at).ok());
            list.extend(text.map(|text| OsStr::from_bytes(text).to_owned()));
        }
        Ok(needs)
    }
}

/// The hash of a file's content that its linker has written into it. The beginning of the file is enough.
pub(crate) fn build_id<'data>(data: impl ReadRef<'data>) -> object::Result<Option<Vec<u8>>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    for segment in header.program_headers(endian, data)? {
        let Some(mut notes) = segment.notes(endian, data)? else { continue };
        while let Some(note) = notes.next()? {
            if note.name() == object::elf::ELF_NOTE_GNU
                && note.n_type(endian) == object::elf::NT_GNU_BUILD_ID
            {
                return Ok(Some(note.desc().to_owned()));
            }
        }
    }
    Ok(None)
}
