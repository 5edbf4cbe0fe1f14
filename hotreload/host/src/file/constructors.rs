//! What a library's constructors use of the libraries that it needs (ELF, x86-64). The system's loader
//! runs them, before anybody can refuse the library.
//!
//! From each entry of `.init_array` this goes along what code refers to, and what the data holds that it
//! refers to: functions, and tables of a trait's methods. What those data point to otherwise is not
//! looked at: there are whole registries. Code is decoded from where a function begins to its end. So what
//! is called by its name is found, and too much rather than too little of it.
//!
//! What has no name, such as a table of methods, ends where the next begins: everything in a library is
//! referred to, by a pointer that the loader writes or by code that takes its address. What stands behind a
//! table is an affair of the linker's, and another in each build.
//!
//! All of it is read at each reload, of which most of what is here is another file's: so lists are sorted
//! once, and names are read where they are asked for.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::Path,
};

use iced_x86::{Decoder, DecoderOptions, OpKind};
use object::{
    Endianness, StringTable,
    elf::{
        EM_X86_64, FileHeader64, R_X86_64_RELATIVE, SHF_ALLOC, SHF_EXECINSTR, SHN_UNDEF,
        SHT_DYNSYM, SHT_RELA, SHT_SYMTAB, STT_TLS, SectionFlags, SectionHeader64,
    },
    read::elf::{FileHeader as _, Rela as _, SectionHeader as _, SectionTable, Sym as _},
};

use crate::file::file_bytes::FileBytes;

/// As much is looked at of data of which the file does not say where it ends.
const UNKNOWN: u64 = 64;

/// A constructor that uses something of others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Constructor {
    /// As the compiler calls it; where it is if the file does not say.
    pub(crate) name: String,
    /// The names that it uses, as the compiler writes them.
    pub(crate) uses: BTreeSet<String>,
}

/// Those of a library. None if the file cannot be read so.
pub(crate) fn of(file: &Path) -> Vec<Constructor> {
    FileBytes::open(file).and_then(|bytes| find(&bytes).ok()).unwrap_or_default()
}

type Bytes<'data> = &'data FileBytes;
type Sections<'data> = SectionTable<'data, FileHeader64<Endianness>, Bytes<'data>>;

fn find(bytes: Bytes<'_>) -> object::Result<Vec<Constructor>> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    if header.e_machine.get(endian) != EM_X86_64 {
        return Ok(Vec::new());
    }
    let sections = header.sections(endian, bytes)?;
    let Some((_, array)) = sections.section_by_name(endian, b".init_array") else {
        return Ok(Vec::new());
    };
    let start = array.sh_addr.get(endian);
    let image = Image::read(endian, &sections, bytes)?;
    let entries = image.pointers(start..start.saturating_add(array.sh_size.get(endian)));
    let entries: Vec<_> = entries
        .iter()
        .filter_map(|(_, target)| match target {
            Target::Here(address) => Some(*address),
            Target::Elsewhere(_) => None,
        })
        .collect();
    let names = names(endian, &sections, bytes, &entries)?;
    let mut known = BTreeMap::new();
    let constructors = entries.into_iter().map(|entry| Constructor {
        name: names.get(&entry).cloned().unwrap_or_else(|| format!("{entry:#x}")),
        uses: image.uses(entry, &mut known),
    });
    Ok(constructors.filter(|it| !it.uses.is_empty()).collect())
}

/// What the compiler calls what begins at these addresses.
fn names(
    endian: Endianness,
    sections: &Sections<'_>,
    bytes: Bytes<'_>,
    addresses: &[u64],
) -> object::Result<BTreeMap<u64, String>> {
    let mut names = BTreeMap::new();
    for kind in [SHT_SYMTAB, SHT_DYNSYM] {
        let symbols = sections.symbols(endian, bytes, kind)?;
        for symbol in symbols.iter() {
            let address = symbol.st_value(endian);
            if symbol.st_shndx(endian) == SHN_UNDEF || !addresses.contains(&address) {
                continue;
            }
            let name = symbols.symbol_name(endian, symbol)?;
            if !name.is_empty() && !names.contains_key(&address) {
                let name = String::from_utf8_lossy(name);
                names.insert(address, format!("{:#}", rustc_demangle::demangle(&name)));
            }
        }
    }
    Ok(names)
}

/// What is loaded of a file, by the addresses that it counts with.
struct Image<'data> {
    parts: Vec<Part<'data>>,
    /// Where something begins, and where that ends if the file says so: else zero. In order.
    starts: Vec<(u64, u64)>,
    /// Of what code takes the address: data without a name begins there. In order.
    taken: OnceCell<Vec<u64>>,
    /// What the loader writes where. In order.
    pointers: Vec<(u64, Target<'data>)>,
}

struct Part<'data> {
    range: Range<u64>,
    bytes: &'data [u8],
    is_code: bool,
    /// Whether these are the linker's slots, each of which stands for what it leads to.
    is_slots: bool,
}

impl Part<'_> {
    /// What code takes the address of (`lea` with a distance), as far as it may have pointers.
    fn take(&self, taken: &mut Vec<u64>) {
        let mut index = 0;
        // This goes through all of the code, also where this is compiled without optimisation.
        while let Some(found) = memchr::memchr(0x8d, &self.bytes[index..]) {
            index += found + 1;
            let Some(&[operand, a, b, c, d]) = self.bytes.get(index..index + 5) else { break };
            let before = index.checked_sub(2).map(|at| self.bytes[at]);
            if operand & 0xc7 != 0x05 || !matches!(before, Some(0x48 | 0x4c)) {
                continue;
            }
            let distance = i32::from_le_bytes([a, b, c, d]);
            let after = self.range.start + index as u64 + 5;
            let target = after.wrapping_add_signed(distance.into());
            if target.is_multiple_of(8) {
                taken.push(target);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Target<'data> {
    Here(u64),
    /// By its name.
    Elsewhere(&'data str),
}

impl<'data> Image<'data> {
    fn read(
        endian: Endianness,
        sections: &Sections<'data>,
        bytes: Bytes<'data>,
    ) -> object::Result<Image<'data>> {
        let (mut parts, mut starts) = (Vec::new(), Vec::new());
        let loaded = |flags: SectionFlags| flags.contains(SHF_ALLOC);
        for section in sections.iter().filter(|it| loaded(it.sh_flags.get(endian))) {
            let range = section.sh_addr.get(endian)
                ..section.sh_addr.get(endian).saturating_add(section.sh_size.get(endian));
            // The linker's own: each place by itself.
            let name = sections.section_name(endian, section)?;
            let size = match name {
                _ if name.starts_with(b".got") => 8,
                _ if name.starts_with(b".plt") => 16,
                _ => usize::MAX,
            };
            starts.extend(range.clone().step_by(size).map(|start| (start, 0)));
            let is_code = section.sh_flags.get(endian).contains(SHF_EXECINSTR);
            let is_slots = name.starts_with(b".got");
            parts.push(Part { range, bytes: section.data(endian, bytes)?, is_code, is_slots });
        }
        let symbols = sections.symbols(endian, bytes, SHT_DYNSYM)?;
        let texts = sections.section(symbols.string_section())?.data(endian, bytes)?;
        let texts = StringTable::new(texts, 0, texts.len() as u64);
        let mut pointers = Vec::new();
        let relocations = |it: &&SectionHeader64<Endianness>| {
            it.sh_type.get(endian) == SHT_RELA && loaded(it.sh_flags.get(endian))
        };
        for section in sections.iter().filter(relocations) {
            let Some((relocations, _)) = section.rela(endian, bytes)? else { continue };
            for relocation in relocations {
                let addend = relocation.r_addend(endian).cast_unsigned();
                let index = relocation.symbol(endian, false);
                let target = match index {
                    Some(index) if relocation.r_type(endian, false) != R_X86_64_RELATIVE => {
                        let symbol = symbols.symbol(index)?;
                        match symbol.st_shndx(endian) {
                            SHN_UNDEF => {
                                let name = str::from_utf8(symbol.name(endian, texts)?);
                                Target::Elsewhere(name.unwrap_or_default())
                            }
                            // An offset, in each thread's block.
                            _ if symbol.st_type() == STT_TLS => continue,
                            _ => Target::Here(symbol.st_value(endian).wrapping_add(addend)),
                        }
                    }
                    _ => Target::Here(addend),
                };
                if let Target::Here(address) = target {
                    starts.push((address, 0));
                }
                pointers.push((relocation.r_offset(endian), target));
            }
        }
        for kind in [SHT_SYMTAB, SHT_DYNSYM] {
            for symbol in sections.symbols(endian, bytes, kind)?.iter() {
                if symbol.st_shndx(endian) == SHN_UNDEF || symbol.st_type() == STT_TLS {
                    continue;
                }
                let (start, size) = (symbol.st_value(endian), symbol.st_size(endian));
                let end = if size == 0 { 0 } else { start.saturating_add(size) };
                starts.push((start, end));
            }
        }
        pointers.sort_unstable_by_key(|(place, _)| *place);
        // Of several ends the last one.
        starts.sort_unstable();
        starts.dedup_by(|next, kept| {
            next.0 == kept.0 && {
                kept.1 = next.1;
                true
            }
        });
        Ok(Image { parts, starts, taken: OnceCell::new(), pointers })
    }

    /// What the loader writes in a range.
    fn pointers(&self, range: Range<u64>) -> &[(u64, Target<'data>)] {
        let index = |address| self.pointers.partition_point(|(place, _)| *place < address);
        let (start, end) = (index(range.start), index(range.end));
        self.pointers.get(start..end).unwrap_or_default()
    }

    /// What the loader writes there.
    fn pointer(&self, place: u64) -> Option<Target<'data>> {
        self.pointers(place..place.saturating_add(1)).first().map(|(_, target)| *target)
    }

    /// Where the next begins behind what begins there.
    fn next(&self, address: u64) -> u64 {
        let index = self.starts.partition_point(|(start, _)| *start <= address);
        self.starts.get(index).map_or(u64::MAX, |(start, _)| *start)
    }

    /// The same of data, which need not have a name.
    fn next_data(&self, address: u64) -> u64 {
        let taken = self.taken.get_or_init(|| {
            let mut taken = Vec::new();
            self.parts.iter().filter(|it| it.is_code).for_each(|it| it.take(&mut taken));
            taken.sort_unstable();
            taken
        });
        let index = taken.partition_point(|start| *start <= address);
        taken.get(index).copied().unwrap_or(u64::MAX).min(self.next(address))
    }

    fn part(&self, address: u64) -> Option<&Part<'data>> {
        self.parts.iter().find(|it| it.range.contains(&address))
    }

    /// The names of others that are reached from the code that begins there. `known` are those of what was
    /// referred to before: constructors mostly call the same.
    fn uses(
        &self,
        entry: u64,
        known: &mut BTreeMap<u64, BTreeSet<&'data str>>,
    ) -> BTreeSet<String> {
        let Some(part) = self.part(entry) else { return BTreeSet::new() };
        let mut uses = BTreeSet::new();
        for target in self.referred(part, self.extent(part, entry)) {
            uses.extend(known.entry(target).or_insert_with(|| self.reached(target)).iter());
        }
        uses.into_iter().map(str::to_owned).collect()
    }

    /// The names of others that are reached from there.
    fn reached(&self, start: u64) -> BTreeSet<&'data str> {
        let (mut names, mut seen, mut todo) = (BTreeSet::new(), BTreeSet::new(), vec![start]);
        while let Some(address) = todo.pop() {
            let Some(part) = self.part(address).filter(|_| seen.insert(address)) else { continue };
            if part.is_code {
                todo.extend(self.referred(part, self.extent(part, address)));
                continue;
            }
            let held = match self.methods(address) {
                Some(methods) => methods,
                None => self.extent(part, address),
            };
            for (_, target) in self.pointers(held) {
                match target {
                    Target::Elsewhere(name) => _ = names.insert(*name),
                    Target::Here(target) if part.is_slots || self.is_code(*target) => {
                        todo.push(*target);
                    }
                    Target::Here(target) => todo.extend(self.methods(*target).map(|_| *target)),
                }
            }
        }
        names
    }

    fn is_code(&self, address: u64) -> bool {
        self.part(address).is_some_and(|part| part.is_code)
    }

    /// Of a table of a trait's methods where these are: behind a function that drops or none, a size, and an
    /// alignment.
    fn methods(&self, address: u64) -> Option<Range<u64>> {
        let part = self.part(address).filter(|part| !part.is_code)?;
        let at = usize::try_from(address - part.range.start).ok()?;
        let word = |index: usize| {
            let bytes = part.bytes.get(at + 8 * index..at + 8 * (index + 1))?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let is_function = |place: u64| match self.pointer(place) {
            Some(Target::Here(target)) => self.is_code(target),
            Some(Target::Elsewhere(_)) => true,
            None => false,
        };
        let drops = is_function(address) || word(0)? == 0 && self.pointer(address).is_none();
        let (size, alignment) = (word(1)?, word(2)?);
        let sized = [8, 16].iter().all(|it| self.pointer(address + it).is_none());
        if !drops || !sized || !alignment.is_power_of_two() || size % alignment != 0 {
            return None;
        }
        let places = (address + 24..self.next_data(address)).step_by(8);
        let end = places.take_while(|place| is_function(*place)).last()? + 8;
        Some(address + 24..end)
    }

    /// From where something begins to its end, or to where the next begins.
    fn extent(&self, part: &Part<'_>, address: u64) -> Range<u64> {
        let index = self.starts.partition_point(|(start, _)| *start <= address);
        let known = index.checked_sub(1).map(|at| self.starts[at].1);
        let end = match known.filter(|end| *end > address) {
            Some(end) => end,
            None if part.is_code => self.next(address),
            None => self.next_data(address).min(address + UNKNOWN),
        };
        address..end.min(part.range.end)
    }

    /// What code refers to elsewhere.
    fn referred(&self, part: &Part<'_>, range: Range<u64>) -> Vec<u64> {
        let at = |address: u64| usize::try_from(address - part.range.start).unwrap_or(usize::MAX);
        let code = part.bytes.get(at(range.start)..at(range.end)).unwrap_or_default();
        let mut referred = Vec::new();
        for instruction in Decoder::with_ip(64, code, range.start, DecoderOptions::NONE) {
            let target = if instruction.is_ip_rel_memory_operand() {
                instruction.ip_rel_memory_address()
            } else if instruction.op0_kind() == OpKind::NearBranch64 {
                instruction.near_branch64()
            } else {
                continue;
            };
            if !range.contains(&target) {
                referred.push(target);
            }
        }
        referred
    }
}

#[cfg(test)]
mod tests;
