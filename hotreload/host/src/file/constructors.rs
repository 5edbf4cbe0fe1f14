//! What a library's constructors use of the libraries that it needs (ELF, x86-64). The system's loader
//! runs them, before anybody can refuse the library.
//!
//! From each entry of `.init_array` this goes along what code refers to, and what the data holds that it
//! refers to: functions, and tables of a trait's methods. What those data point to otherwise is not
//! looked at: there are whole registries. Code is not decoded: what stands where an instruction has a
//! distance, and leads to the start of a function, to data or to a slot that the loader fills, is taken
//! for a reference. So what is called by its name is found, and too much rather than too little of it.
//!
//! What has no name, such as a table of methods, ends where the next begins: everything in a library is
//! referred to, by a pointer that the loader writes or by code that takes its address. What stands behind a
//! table is an affair of the linker's, and another in each build.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    ops::{Bound, Range},
    path::Path,
};

use object::{
    Architecture, Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, ReadCache,
    RelocationTarget, SectionKind,
};

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
    File::open(file).ok().and_then(|file| find(&ReadCache::new(file)).ok()).unwrap_or_default()
}

fn find(cache: &ReadCache<File>) -> object::Result<Vec<Constructor>> {
    let file = object::File::parse(cache)?;
    let Some(array) = file.section_by_name(".init_array") else { return Ok(Vec::new()) };
    if file.architecture() != Architecture::X86_64 {
        return Ok(Vec::new());
    }
    let array = array.address()..array.address().saturating_add(array.size());
    let image = Image::read(&file)?;
    let entries = image.pointers.range(array).filter_map(|(_, target)| match target {
        Target::Here(address) => Some(*address),
        Target::Elsewhere(_) => None,
    });
    let name = |address| {
        let mut symbols = file.symbols().filter(|it| it.address() == address && it.is_definition());
        let name = symbols.find_map(|it| it.name().ok().filter(|name| !name.is_empty()));
        name.map_or_else(
            || format!("{address:#x}"),
            |it| format!("{:#}", rustc_demangle::demangle(it)),
        )
    };
    let constructors =
        entries.map(|entry| Constructor { name: name(entry), uses: image.uses(entry) });
    Ok(constructors.filter(|it| !it.uses.is_empty()).collect())
}

/// What is loaded of a file, by the addresses that it counts with.
struct Image<'data> {
    parts: Vec<Part<'data>>,
    /// Where something begins, and where that ends if the file says so.
    starts: BTreeMap<u64, Option<u64>>,
    /// Of what code takes the address: data without a name begins there.
    taken: BTreeSet<u64>,
    /// What the loader writes where.
    pointers: BTreeMap<u64, Target>,
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
    fn taken(&self) -> impl Iterator<Item = u64> {
        self.bytes.windows(7).enumerate().filter_map(|(index, seven)| {
            let &[0x48 | 0x4c, 0x8d, operand, ref distance @ ..] = seven else { return None };
            let distance = i32::from_le_bytes(distance.try_into().ok()?);
            let after = self.range.start + index as u64 + 7;
            let target = after.wrapping_add_signed(distance.into());
            (operand & 0xc7 == 0x05 && target.is_multiple_of(8)).then_some(target)
        })
    }
}

#[derive(Debug)]
enum Target {
    Here(u64),
    /// By its name.
    Elsewhere(String),
}

impl<'data> Image<'data> {
    fn read(file: &object::File<'data, &'data ReadCache<File>>) -> object::Result<Image<'data>> {
        let (mut parts, mut starts) = (Vec::new(), BTreeMap::new());
        for section in file.sections().filter(|it| it.address() != 0 && it.size() != 0) {
            let range = section.address()..section.address().saturating_add(section.size());
            // The linker's own: each place by itself.
            let name = section.name().unwrap_or_default();
            let size = match name {
                _ if name.starts_with(".got") => 8,
                _ if name.starts_with(".plt") => 16,
                _ => usize::MAX,
            };
            starts.extend(range.clone().step_by(size).map(|start| (start, None)));
            let is_code = section.kind() == SectionKind::Text;
            let is_slots = name.starts_with(".got");
            parts.push(Part { range, bytes: section.data()?, is_code, is_slots });
        }
        let names = file.dynamic_symbol_table();
        let mut pointers = BTreeMap::new();
        for (place, relocation) in file.dynamic_relocations().into_iter().flatten() {
            let addend = relocation.addend().cast_unsigned();
            let target = match relocation.target() {
                RelocationTarget::Symbol(index) => {
                    let symbol = names.as_ref().map(|names| names.symbol_by_index(index));
                    let Some(symbol) = symbol.transpose()? else { continue };
                    match symbol.is_undefined() {
                        true => Target::Elsewhere(symbol.name()?.to_owned()),
                        false => Target::Here(symbol.address().wrapping_add(addend)),
                    }
                }
                _ => Target::Here(addend),
            };
            if let Target::Here(address) = target {
                starts.entry(address).or_default();
            }
            pointers.insert(place, target);
        }
        for symbol in file.symbols().chain(file.dynamic_symbols()).filter(|it| it.is_definition()) {
            let end = (symbol.size() != 0).then(|| symbol.address().saturating_add(symbol.size()));
            let known = starts.entry(symbol.address()).or_default();
            *known = end.max(*known);
        }
        let code = parts.iter().filter(|it| it.is_code);
        let taken = code.flat_map(Part::taken).collect();
        Ok(Image { parts, starts, taken, pointers })
    }

    /// Where the next begins behind what begins there.
    fn next(&self, address: u64) -> u64 {
        let behind = (Bound::Excluded(address), Bound::Unbounded);
        let started = self.starts.range(behind).next().map(|(start, _)| start);
        let taken = self.taken.range(behind).next();
        started.into_iter().chain(taken).min().copied().unwrap_or(u64::MAX)
    }

    fn part(&self, address: u64) -> Option<&Part<'data>> {
        self.parts.iter().find(|it| it.range.contains(&address))
    }

    /// The names of others that are reached from the code that begins there.
    fn uses(&self, entry: u64) -> BTreeSet<String> {
        let (mut uses, mut seen, mut todo) = (BTreeSet::new(), BTreeSet::new(), vec![entry]);
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
            for (_, target) in self.pointers.range(held) {
                match target {
                    Target::Elsewhere(name) => _ = uses.insert(name.clone()),
                    Target::Here(target) if part.is_slots || self.is_code(*target) => {
                        todo.push(*target);
                    }
                    Target::Here(target) => todo.extend(self.methods(*target).map(|_| *target)),
                }
            }
        }
        uses
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
        let is_function = |place: u64| match self.pointers.get(&place) {
            Some(Target::Here(target)) => self.is_code(*target),
            Some(Target::Elsewhere(_)) => true,
            None => false,
        };
        let drops = is_function(address) || word(0)? == 0 && !self.pointers.contains_key(&address);
        let (size, alignment) = (word(1)?, word(2)?);
        let sized = [8, 16].iter().all(|it| !self.pointers.contains_key(&(address + it)));
        if !drops || !sized || !alignment.is_power_of_two() || size % alignment != 0 {
            return None;
        }
        let places = (address + 24..self.next(address)).step_by(8);
        let end = places.take_while(|place| is_function(*place)).last()? + 8;
        Some(address + 24..end)
    }

    /// From where something begins to its end, or to where the next begins.
    fn extent(&self, part: &Part<'_>, address: u64) -> Range<u64> {
        let next = self.next(address);
        let known = self.starts.range(..=address).next_back().and_then(|(_, end)| *end);
        let end = match known.filter(|end| *end > address) {
            Some(end) => end,
            None if part.is_code => next,
            None => next.min(address + UNKNOWN),
        };
        address..end.min(part.range.end)
    }

    /// What code refers to by its distance.
    fn referred(&self, part: &Part<'_>, range: Range<u64>) -> Vec<u64> {
        let at = |address: u64| usize::try_from(address - part.range.start).unwrap_or(usize::MAX);
        let code = part.bytes.get(at(range.start)..at(range.end)).unwrap_or_default();
        let mut referred = Vec::new();
        for (index, four) in code.windows(4).enumerate() {
            let distance = i32::from_le_bytes(four.try_into().expect("a window of four"));
            let before = |count: usize| index.checked_sub(count).map(|it| code[it]);
            // `call` and `jmp`, a conditional jump, or an operand whose place counts from here.
            let jumps = matches!(before(1), Some(0xe8 | 0xe9))
                || before(2) == Some(0x0f) && before(1).is_some_and(|it| it & 0xf0 == 0x80);
            // A constant of so many bytes may follow the operand.
            let following: &[u64] = match before(1) {
                _ if jumps => &[0],
                Some(byte) if byte & 0xc7 == 0x05 => &[0, 1, 2, 4],
                _ => continue,
            };
            let after = range.start + index as u64 + 4;
            let targets =
                following.iter().map(|more| (after + more).wrapping_add_signed(distance.into()));
            referred.extend(targets.filter(|target| self.is_reference(*target)));
        }
        referred
    }

    /// Whether something is there that code may refer to: of data all places where a pointer may be; of code
    /// what begins there.
    fn is_reference(&self, target: u64) -> bool {
        let part = self.part(target);
        part.is_some_and(|it| match it.is_code {
            true => self.starts.contains_key(&target),
            false => target.is_multiple_of(8),
        })
    }
}

#[cfg(test)]
mod tests;
