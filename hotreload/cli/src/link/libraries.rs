//! The names of libraries that are linked beside, libc's and the compiler's among them.
//!
//! They are in the process already, under the same name: ours would take their place there.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use object::{
    Endianness, FileKind, Object as _, ObjectSymbol as _, SymbolIndex,
    elf::{FileHeader32, FileHeader64, SHN_UNDEF, SHT_DYNSYM},
    read::{
        archive::ArchiveFile,
        elf::{FileHeader, Sym},
    },
};

use super::arguments::Compiler;

/// What these files define. One that cannot be read defines nothing.
pub(super) fn names(files: Vec<PathBuf>, compiler: &Compiler<'_>) -> HashSet<String> {
    let mut libraries = Libraries { names: HashSet::new(), known: HashSet::new(), todo: files };
    while let Some(file) = libraries.todo.pop() {
        if libraries.known.insert(file.clone()) {
            libraries.read(&file, compiler);
        }
    }
    libraries.names
}

struct Libraries {
    names: HashSet<String>,
    known: HashSet<PathBuf>,
    todo: Vec<PathBuf>,
}

impl Libraries {
    fn read(&mut self, path: &Path, compiler: &Compiler<'_>) {
        let Ok(bytes) = fs::read(path) else { return };
        let _ = match FileKind::parse(&*bytes) {
            Ok(FileKind::Archive) => self.read_archive(&bytes),
            Ok(FileKind::Elf64) => self.read_library::<FileHeader64<Endianness>>(&bytes),
            Ok(FileKind::Elf32) => self.read_library::<FileHeader32<Endianness>>(&bytes),
            _ => String::from_utf8(bytes).map(|it| self.read_script(&it, compiler)).ok(),
        };
    }

    fn read_library<Elf: FileHeader<Endian = Endianness>>(&mut self, bytes: &[u8]) -> Option<()> {
        let header = Elf::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, bytes).ok()?;
        let versions = sections.versions(endian, bytes).ok()?;
        let table = sections.symbols(endian, bytes, SHT_DYNSYM).ok()?;
        for (index, symbol) in table.enumerate() {
            // Only programs of long ago have these: glibc's `step` is of 1992.
            let is_old = |index: SymbolIndex| {
                versions.as_ref().is_some_and(|it| it.version_index(endian, index).is_hidden())
            };
            if symbol.st_shndx(endian) == SHN_UNDEF || is_old(index) {
                continue;
            }
            let name = symbol.name(endian, table.strings()).ok().map(str::from_utf8);
            self.names.extend(name.into_iter().flatten().map(str::to_owned));
        }
        Some(())
    }

    fn read_archive(&mut self, bytes: &[u8]) -> Option<()> {
        for member in ArchiveFile::parse(bytes).ok()?.members().flatten() {
            let Ok(data) = member.data(bytes) else { continue };
            let Ok(file) = object::File::parse(data) else { continue };
            let names = file.symbols().filter(|it| !it.is_undefined() && it.is_global());
            self.names.extend(names.filter_map(|symbol| Some(symbol.name().ok()?.to_owned())));
        }
        Some(())
    }

    /// glibc's `libc.so` is a text: `GROUP ( /lib/x86_64-linux-gnu/libc.so.6 AS_NEEDED ( .. ) )`.
    fn read_script(&mut self, script: &str, compiler: &Compiler<'_>) {
        self.todo.extend(script.split_ascii_whitespace().filter_map(|word| {
            match word.strip_prefix("-l") {
                Some(name) => compiler.find(format!("lib{name}.a").as_ref()),
                None if word.starts_with('/') => Some(PathBuf::from(word)),
                None if word.contains(".so") || word.ends_with(".a") => {
                    compiler.find(word.as_ref())
                }
                None => None,
            }
        }));
    }
}
