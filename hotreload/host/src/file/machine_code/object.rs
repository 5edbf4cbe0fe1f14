//! One object file: its functions and statics, by what they hold and what they use.
//!
//! A private function is reached by its section or by its symbol, as the compiler likes, and strings,
//! tables and vtables have names that change with every edit. So whatever has a name of its own
//! counts as that name, and everything else as its content.

use std::rc::Rc;

use hot_rt::rt::versioned::Hasher;
use object::{
    File, Object, ObjectSection, ObjectSymbol, Relocation, RelocationFlags, RelocationKind,
    RelocationTarget, SectionFlags, SectionKind, SymbolKind,
};

use crate::file::machine_code::{Compiled, Id, Map, Node, Role, names};

/// How deep anonymous data may refer to anonymous data.
const DEPTH: u32 = 32;

/// More uses than this are not those of a program.
const MOST_USES: usize = 1 << 22;

/// A symbol table or section table with larger gaps was not written by a compiler.
const GAP: usize = 64;

#[derive(Clone, Copy)]
struct Symbol<'d> {
    /// The section that it is in; none if it is not in this file.
    section: Option<usize>,
    offset: u64,
    /// None of what has no name that people gave it.
    id: Option<Id>,
    name: &'d [u8],
}

#[derive(Default)]
struct Section<'d> {
    bytes: &'d [u8],
    /// Longer than `bytes` if the file does not hold the zeros.
    size: u64,
    role: Role,
    /// If small constants were put together here: what their size is.
    items: Option<Items>,
    /// Where something begins, in order, and the number of its symbol if that is named.
    starts: Vec<(u64, Option<usize>)>,
    /// In the order of their offsets.
    relocations: Vec<(u64, Relocation)>,
}

#[derive(Clone, Copy)]
enum Items {
    Strings,
    Sized(u64),
}

/// An object file's tables.
struct Tables<'d> {
    symbols: Vec<Symbol<'d>>,
    sections: Vec<Section<'d>>,
    pointer: u64,
}

/// What some bytes hold: a hash of them and of the anonymous data that they use, and the symbols
/// that either uses.
type Held = Rc<(u128, Vec<Id>)>;

/// Reads what an object file defines. `None` if it is malformed, or no machine code. `hash` is that
/// of the bytes.
pub(crate) fn read(bytes: &[u8], hash: u128) -> Option<Compiled> {
    let mut compiled = Compiled { hash, ..Compiled::default() };
    let file = File::parse(bytes).ok()?;
    let tables = Tables::read(&file)?;
    let mut reader = Reader { tables: &tables, known: Map::default(), uses: 0 };
    for (index, section) in tables.sections.iter().enumerate() {
        let mut last: Option<(u64, Held)> = None;
        for (position, (start, symbol)) in section.starts.iter().enumerate() {
            let Some(symbol) = symbol.map(|symbol| &tables.symbols[symbol]) else { continue };
            let Some(id) = symbol.id else { continue };
            let held = match &last {
                // Two names of one function.
                Some((offset, held)) if offset == start => held.clone(),
                _ => {
                    let end = section.starts[position..].iter().find(|(other, _)| other > start);
                    let end = end.map_or(section.size, |(end, _)| *end);
                    reader.hold(index, *start, end, 0)?
                }
            };
            last = Some((*start, held.clone()));
            reader.uses += held.1.len();
            let node = Node { name: (0, 0), own: held.0, uses: held.1.clone(), role: section.role };
            let range = section.range(*start, section.size);
            compiled.define(id, symbol.name, node, range);
        }
    }
    Some(compiled)
}

impl<'d> Tables<'d> {
    fn read(file: &File<'d>) -> Option<Tables<'d>> {
        let mut tables = Tables {
            symbols: Vec::new(),
            sections: Vec::new(),
            pointer: if file.is_64() { 8 } else { 4 },
        };
        let mut addresses = Vec::new();
        for section in file.sections() {
            let index = section.index().0;
            if index > tables.sections.len() + GAP {
                return None;
            }
            tables.sections.resize_with(tables.sections.len().max(index + 1), Section::default);
            addresses.resize(tables.sections.len(), 0);
            addresses[index] = section.address();
            if let Some(role) = role(&section) {
                tables.sections[index] = Section::read(&section, role)?;
            }
        }
        for symbol in file.symbols() {
            let index = symbol.index().0;
            if index > tables.symbols.len() + GAP {
                return None;
            }
            let nothing = Symbol { section: None, offset: 0, id: None, name: b"" };
            tables.symbols.resize(tables.symbols.len().max(index + 1), nothing);
            let section = symbol.section_index().map(|section| section.0);
            let section = section.filter(|section| *section < tables.sections.len());
            let base = section.map_or(0, |section| addresses[section]);
            let offset = symbol.address().wrapping_sub(base);
            let is_place = matches!(symbol.kind(), SymbolKind::Section | SymbolKind::File);
            let name = if is_place { b"" } else { names::plain(symbol.name_bytes().ok()?) };
            let is_given = names::is_given(name, symbol.is_global(), section.is_some());
            let id = is_given.then(|| names::id(name));
            if let Some(section) = section.filter(|_| !is_place) {
                tables.sections[section].starts.push((offset, id.map(|_| index)));
            }
            tables.symbols[index] = Symbol { section, offset, id, name };
        }
        tables.sections.iter_mut().for_each(|section| section.starts.sort_unstable());
        Some(tables)
    }
}

impl<'d> Section<'d> {
    fn read(section: &object::Section<'d, '_>, role: Role) -> Option<Section<'d>> {
        let mut relocations: Vec<_> = section.relocations().collect();
        if !relocations.is_sorted_by_key(|(offset, _)| *offset) {
            relocations.sort_by_key(|(offset, _)| *offset);
        }
        Some(Section {
            bytes: section.data().ok()?,
            size: section.size(),
            role,
            items: items(section),
            starts: Vec::new(),
            relocations,
        })
    }

    /// The bytes between two offsets, as far as the file holds them.
    fn range(&self, start: u64, end: u64) -> &'d [u8] {
        let at = |offset: u64| {
            usize::try_from(offset).map_or(self.bytes.len(), |offset| offset.min(self.bytes.len()))
        };
        self.bytes.get(at(start)..at(end)).unwrap_or_default()
    }

    /// Where what lies at this offset begins and ends.
    fn extent(&self, offset: u64) -> (u64, u64) {
        match self.items {
            Some(Items::Strings) => {
                let rest = self.range(offset, self.size);
                let length = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
                (offset, offset.saturating_add(length as u64))
            }
            Some(Items::Sized(size)) => {
                let start = offset - offset % size;
                (start, start.saturating_add(size))
            }
            None => {
                let next = self.starts.partition_point(|(start, _)| *start <= offset);
                let start = next.checked_sub(1).map_or(0, |index| self.starts[index].0);
                (start, self.starts.get(next).map_or(self.size, |(end, _)| *end))
            }
        }
    }

    /// The named symbol that this offset belongs to.
    fn owner(&self, offset: u64) -> Option<usize> {
        let next = self.starts.partition_point(|(start, _)| *start <= offset);
        let start = self.starts.get(next.checked_sub(1)?)?.0;
        let first = self.starts.partition_point(|(other, _)| *other < start);
        self.starts[first..next].iter().find_map(|(_, symbol)| *symbol)
    }
}

struct Reader<'t, 'd> {
    tables: &'t Tables<'d>,
    /// Anonymous data that was looked at, by section and offset; `None` while it is.
    known: Map<(usize, u64), Option<Held>>,
    uses: usize,
}

impl<'d> Reader<'_, 'd> {
    /// What lies between two offsets of a section.
    fn hold(&mut self, section: usize, start: u64, end: u64, depth: u32) -> Option<Held> {
        let tables = self.tables;
        let section = &tables.sections[section];
        let bytes = section.range(start, end);
        let first = section.relocations.partition_point(|(offset, _)| *offset < start);
        let relocations = section.relocations[first..].iter();
        let relocations: Vec<_> = relocations.take_while(|(offset, _)| *offset < end).collect();
        let mut hasher = Hasher::new();
        if let Some(file) = self.location(bytes, &relocations) {
            // Where in the source a panic comes from: lines move with every edit above them.
            hasher.bytes(file);
            return Some(Rc::new((hasher.digest(), Vec::new())));
        }
        hasher.bytes(bytes);
        hasher.u64(end.saturating_sub(start));
        let mut uses = Vec::with_capacity(relocations.len());
        for (offset, relocation) in relocations {
            hasher.u64(offset - start);
            hasher.u64(kind(relocation));
            self.follow(relocation, depth, &mut hasher, &mut uses)?;
        }
        self.uses += uses.len();
        (self.uses <= MOST_USES).then(|| Rc::new((hasher.digest(), uses)))
    }

    /// Adds what a relocation refers to.
    fn follow(
        &mut self,
        relocation: &Relocation,
        depth: u32,
        hasher: &mut Hasher,
        uses: &mut Vec<Id>,
    ) -> Option<()> {
        let tables = self.tables;
        let (section, offset) = match relocation.target() {
            RelocationTarget::Symbol(symbol) => {
                let symbol = tables.symbols.get(symbol.0)?;
                if let Some(id) = symbol.id {
                    hasher.u64(relocation.addend().cast_unsigned());
                    uses.push(id);
                    return Some(());
                }
                match symbol.section {
                    Some(section) => (section, symbol.offset),
                    None => return Some(()),
                }
            }
            RelocationTarget::Section(section) => (section.0, 0),
            _ => {
                hasher.u64(relocation.addend().cast_unsigned());
                return Some(());
            }
        };
        let place = tables.sections.get(section)?;
        let target = offset.wrapping_add_signed(relocation.addend());
        // Such a field counts from its own end, and most often that is the instruction's.
        let target = target.wrapping_add(if is_relative(relocation) { 4 } else { 0 });
        if let Some(owner) = place.owner(target) {
            let owner = &tables.symbols[owner];
            uses.extend(owner.id);
            hasher.u64(offset.wrapping_add_signed(relocation.addend()).wrapping_sub(owner.offset));
            return Some(());
        }
        let (start, end) = place.extent(target.min(place.size));
        hasher.u64(target.wrapping_sub(start));
        if depth == DEPTH {
            return Some(());
        }
        let held = match self.known.get(&(section, start)) {
            Some(Some(held)) => held.clone(),
            Some(None) => return Some(()),
            None => {
                self.known.insert((section, start), None);
                let held = self.hold(section, start, end, depth + 1)?;
                self.known.insert((section, start), Some(held.clone()));
                held
            }
        };
        hasher.u128(held.0);
        uses.extend_from_slice(&held.1);
        // Data that uses the same data again and again could grow without end.
        (uses.len() <= MOST_USES).then_some(())
    }

    /// The file of a `core::panic::Location`: a pointer to its name, the name's length, a line and
    /// a column.
    fn location(&self, bytes: &[u8], relocations: &[&(u64, Relocation)]) -> Option<&'d [u8]> {
        let tables = self.tables;
        let pointer = tables.pointer as usize;
        let [(_, relocation)] = relocations else { return None };
        if bytes.len() != 2 * pointer + 8 {
            return None;
        }
        let mut length = [0; 8];
        length[..pointer].copy_from_slice(&bytes[pointer..2 * pointer]);
        let (section, offset) = match relocation.target() {
            RelocationTarget::Symbol(symbol) => {
                let symbol = tables.symbols.get(symbol.0)?;
                (symbol.section?, symbol.offset)
            }
            RelocationTarget::Section(section) => (section.0, 0),
            _ => return None,
        };
        let start = offset.wrapping_add_signed(relocation.addend());
        let length = u64::from_le_bytes(length);
        let file = tables.sections.get(section)?.range(start, start.checked_add(length)?);
        (file.len() as u64 == length && file.ends_with(b".rs")).then_some(file)
    }
}

/// What a section is for; none of those that do not count, like debug information.
pub(crate) fn role(section: &object::Section<'_, '_>) -> Option<Role> {
    let name = section.name_bytes().ok()?;
    match section.kind() {
        SectionKind::Text => Some(Role::Function),
        SectionKind::ReadOnlyData
        | SectionKind::ReadOnlyString
        | SectionKind::ReadOnlyDataWithRel => {
            // How to unwind follows from the code.
            let unwinds = [b".eh_frame".as_slice(), b".gcc_except_table", b".xdata", b".pdata"];
            (!unwinds.iter().any(|prefix| name.starts_with(prefix))).then_some(Role::Constant)
        }
        // Written by the loader only.
        SectionKind::Data if name.starts_with(b".data.rel.ro") || name == b"__const" => {
            Some(Role::Constant)
        }
        SectionKind::Data
        | SectionKind::UninitializedData
        | SectionKind::Tls
        | SectionKind::UninitializedTls
        | SectionKind::TlsVariables => Some(Role::Variable),
        // `.hot`, where the manifest is.
        SectionKind::Other | SectionKind::Unknown if name == b".hot" => Some(Role::Constant),
        _ => None,
    }
}

/// Whether the section is made of small constants that the linker may merge.
fn items(section: &object::Section<'_, '_>) -> Option<Items> {
    let name = section.name_bytes().ok()?;
    if let SectionFlags::Elf { sh_flags, .. } = section.flags() {
        if !sh_flags.contains(object::elf::SHF_MERGE) {
            return None;
        }
        if sh_flags.contains(object::elf::SHF_STRINGS) {
            return Some(Items::Strings);
        }
        // `.rodata.cst16`: the size of an item is in the name too.
        let size = name.rsplit(|byte| !byte.is_ascii_digit()).next()?;
        let size = str::from_utf8(size).ok()?.parse().ok()?;
        return (size > 0).then_some(Items::Sized(size));
    }
    match name {
        b"__cstring" => Some(Items::Strings),
        b"__literal4" => Some(Items::Sized(4)),
        b"__literal8" => Some(Items::Sized(8)),
        b"__literal16" => Some(Items::Sized(16)),
        _ => None,
    }
}

/// How a relocation's field is computed, as a number.
fn kind(relocation: &Relocation) -> u64 {
    match relocation.flags() {
        RelocationFlags::Elf { r_type } => r_type.0.into(),
        RelocationFlags::MachO { r_type, r_pcrel, r_length } => {
            u64::from(r_type.0) | u64::from(r_pcrel) << 8 | u64::from(r_length) << 16
        }
        RelocationFlags::Coff { typ } => typ.0.into(),
        _ => 0,
    }
}

/// Whether the field holds a distance from its own end: of x86.
fn is_relative(relocation: &Relocation) -> bool {
    let kinds =
        [RelocationKind::Relative, RelocationKind::PltRelative, RelocationKind::GotRelative];
    kinds.contains(&relocation.kind()) && relocation.size() == 32
}
