//! One archive: which names its members define that are not rustc's, and a copy that shows the hidden ones.
//!
//! An rlib is an archive of objects that rustc has made (`*.rcgu.o`), its metadata (`lib.rmeta`), and the
//! members of the C archives that its crate bundles.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use object::{
    Endianness, FileKind, ReadCache,
    elf::{
        FileHeader32, FileHeader64, SHN_COMMON, SHN_UNDEF, SHT_FINI_ARRAY, SHT_INIT_ARRAY,
        SHT_PREINIT_ARRAY, SHT_SYMTAB, STB_LOCAL, STB_WEAK, STV_DEFAULT, STV_HIDDEN, STV_INTERNAL,
        STV_PROTECTED,
    },
    read::{
        SymbolIndex,
        archive::{ArchiveFile, ArchiveMember},
        elf::{FileHeader, SectionHeader, Sym},
    },
};

/// What is asked of an archive.
pub(super) struct Archive {
    pub(super) path: PathBuf,
    is_thin: bool,
    /// Objects that rustc has not made.
    pub(super) members: Vec<Member>,
    /// Members whose names nobody can read: those that are compiled at link time.
    pub(super) unreadable: Vec<String>,
}

pub(super) struct Member {
    place: Place,
    pub(super) symbols: Vec<Symbol>,
    /// Whether it has code that runs by itself when it is loaded.
    pub(super) has_constructors: bool,
}

/// Where the bytes of a member are.
enum Place {
    Inside(Range<usize>),
    /// A thin archive only says where its members lie.
    File(PathBuf),
}

/// A name that a member defines for others, or that it wants from others.
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) kind: Kind,
    is_hidden: bool,
    /// Which byte of the member has the visibility.
    visibility_at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Defined,
    /// Another definition of the name may be there too: a weak one, or data that is merged by name.
    DefinedWeakly,
    Wanted,
    /// What may stay undefined.
    WantedWeakly,
}

impl Symbol {
    pub(super) fn is_defined(&self) -> bool {
        matches!(self.kind, Kind::Defined | Kind::DefinedWeakly)
    }
}

impl Archive {
    pub(super) fn read(path: &Path) -> io::Result<Archive> {
        let cache = ReadCache::new(File::open(path)?);
        let file = ArchiveFile::parse(&cache).map_err(io::Error::other)?;
        let mut archive = Archive {
            path: path.to_owned(),
            is_thin: file.is_thin(),
            members: Vec::new(),
            unreadable: Vec::new(),
        };
        for member in file.members() {
            let member = member.map_err(io::Error::other)?;
            let name = String::from_utf8_lossy(member.name()).into_owned();
            if is_rustcs(&name) {
                continue;
            }
            let (place, bytes) = if member.is_thin() {
                let path = path.parent().unwrap_or(Path::new("")).join(&name);
                let bytes = fs::read(&path)?;
                (Place::File(path), bytes)
            } else {
                // Most of an rlib is rustc's: only what is looked at is read.
                let bytes = member.data(&cache).map_err(io::Error::other)?.to_owned();
                (Place::Inside(range(&member)?), bytes)
            };
            match Member::read(place, &bytes).map_err(io::Error::other)? {
                Some(member) => archive.members.push(member),
                None if is_bitcode(&bytes) => archive.unreadable.push(name),
                None => {}
            }
        }
        Ok(archive)
    }

    /// Those of `names` that the objects which rustc has made define.
    pub(super) fn defined_by_rustc(
        path: &Path,
        names: &HashSet<String>,
    ) -> io::Result<HashSet<String>> {
        let cache = ReadCache::new(File::open(path)?);
        let file = ArchiveFile::parse(&cache).map_err(io::Error::other)?;
        let mut found = HashSet::new();
        for member in file.members() {
            let member = member.map_err(io::Error::other)?;
            if !String::from_utf8_lossy(member.name()).ends_with(".rcgu.o") {
                continue;
            }
            let bytes = member.data(&cache).map_err(io::Error::other)?;
            let Ok(Some(member)) = Member::read(Place::Inside(0..0), bytes) else { continue };
            let defined = member.symbols.into_iter().filter(Symbol::is_defined);
            found.extend(defined.map(|symbol| symbol.name).filter(|name| names.contains(name)));
        }
        Ok(found)
    }

    /// Whether [`Archive::show`] has anything to do.
    pub(super) fn hides(&self, names: &HashSet<&str>) -> bool {
        self.members.iter().any(|member| member.hidden(names).next().is_some())
    }

    /// Makes a copy in `folder`, in which `names` are not hidden.
    ///
    /// What is defined becomes protected: code that was compiled to be hidden reaches it directly, which a
    /// linker allows only for what no other library can replace. What is wanted becomes plain: of all that
    /// is said of a name the strictest counts.
    pub(super) fn show(&self, names: &HashSet<&str>, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir(folder)?;
        let copy = folder.join(self.path.file_name().unwrap_or_default());
        if self.is_thin {
            return self.show_members(names, folder, &copy).map(|()| copy);
        }
        let mut bytes = fs::read(&self.path)?;
        for member in &self.members {
            let Place::Inside(range) = &member.place else { continue };
            member.show(names, &mut bytes[range.clone()]);
        }
        fs::write(&copy, bytes)?;
        Ok(copy)
    }

    /// A thin archive has nothing that could be changed: another one is made of its members, the changed
    /// ones and the others.
    fn show_members(&self, names: &HashSet<&str>, folder: &Path, copy: &Path) -> io::Result<()> {
        let mut ar = Command::new("ar");
        ar.arg("qcs").arg(copy);
        for (number, member) in self.members.iter().enumerate() {
            let Place::File(path) = &member.place else { continue };
            let mut bytes = fs::read(path)?;
            member.show(names, &mut bytes);
            let file = folder.join(format!("{number}.o"));
            fs::write(&file, bytes)?;
            ar.arg(file);
        }
        let output = ar.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        output
            .status
            .success()
            .then_some(())
            .ok_or_else(|| io::Error::other(said.trim().to_owned()))
    }
}

impl Member {
    /// `None` if it is no object of this kind of system.
    fn read(place: Place, bytes: &[u8]) -> object::Result<Option<Member>> {
        match FileKind::parse(bytes) {
            Ok(FileKind::Elf64) => {
                Member::of::<FileHeader64<Endianness>>(place, bytes, 5).map(Some)
            }
            Ok(FileKind::Elf32) => {
                Member::of::<FileHeader32<Endianness>>(place, bytes, 13).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `visibility` is where an entry of the symbol table has it (`st_other`).
    fn of<Elf: FileHeader<Endian = Endianness>>(
        place: Place,
        bytes: &[u8],
        visibility: usize,
    ) -> object::Result<Member> {
        let header = Elf::parse(bytes)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, bytes)?;
        let has_constructors = sections.iter().any(|section| {
            let is_list = [SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY]
                .contains(&section.sh_type(endian));
            is_list
                || sections.section_name(endian, section).is_ok_and(|it| it.starts_with(b".ctors"))
        });
        let mut member = Member { place, symbols: Vec::new(), has_constructors };
        let table = sections.symbols(endian, bytes, SHT_SYMTAB)?;
        let Ok(section) = sections.section(table.section()) else { return Ok(member) };
        let start: u64 = section.sh_offset(endian).into();
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        for (SymbolIndex(index), symbol) in table.enumerate() {
            if symbol.st_bind() == STB_LOCAL {
                continue;
            }
            // A name with a version in it, `memcpy@GLIBC_2.2.5`, is no name that others write.
            let Ok(name) = std::str::from_utf8(symbol.name(endian, table.strings())?) else {
                continue;
            };
            if name.is_empty() || name.contains(['@', '"', '\n']) {
                continue;
            }
            let (section, is_weak) = (symbol.st_shndx(endian), symbol.st_bind() == STB_WEAK);
            member.symbols.push(Symbol {
                name: name.to_owned(),
                kind: match section {
                    SHN_UNDEF if is_weak => Kind::WantedWeakly,
                    SHN_UNDEF => Kind::Wanted,
                    SHN_COMMON => Kind::DefinedWeakly,
                    _ if is_weak => Kind::DefinedWeakly,
                    _ => Kind::Defined,
                },
                is_hidden: [STV_HIDDEN, STV_INTERNAL].contains(&symbol.st_visibility()),
                visibility_at: start + index * size_of::<Elf::Sym>() + visibility,
            });
        }
        Ok(member)
    }

    /// The hidden ones of these names, defined or wanted.
    fn hidden<'a>(&'a self, names: &'a HashSet<&str>) -> impl Iterator<Item = &'a Symbol> {
        self.symbols.iter().filter(|symbol| symbol.is_hidden && names.contains(&*symbol.name))
    }

    fn show(&self, names: &HashSet<&str>, bytes: &mut [u8]) {
        for symbol in self.hidden(names) {
            let visibility = if symbol.is_defined() { STV_PROTECTED } else { STV_DEFAULT };
            // The other bits are the machine's.
            let byte = &mut bytes[symbol.visibility_at];
            *byte = *byte & !3 | visibility.0;
        }
    }
}

/// Whether rustc has put a member of this name into an rlib by itself.
fn is_rustcs(name: &str) -> bool {
    name.ends_with(".rcgu.o") || name == "lib.rmeta"
}

/// What `-flto` makes of C.
fn is_bitcode(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BC\xc0\xde") || bytes.starts_with(&[0xde, 0xc0, 0x17, 0x0b])
}

fn range(member: &ArchiveMember<'_>) -> io::Result<Range<usize>> {
    let (start, size) = member.file_range();
    let start = usize::try_from(start).map_err(io::Error::other)?;
    Ok(start..start + usize::try_from(size).map_err(io::Error::other)?)
}
