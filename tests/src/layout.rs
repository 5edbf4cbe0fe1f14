//! The records of types, found by a reader of its own: see hotreload/docs/layout-format.md.

use std::collections::BTreeMap;

use crate::elf::number;

/// A type's name, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The package.
    pub package: String,
    /// The compatible part of the package's version.
    pub version: String,
    /// The path.
    pub path: String,
    /// The arguments.
    pub args: Vec<Name>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its offset; the highest number where there is none.
    pub offset: u64,
    /// Its size.
    pub size: u64,
    /// Its type's name.
    pub ty: Name,
}

/// The table of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The sort of type, as a number.
    pub kind: u8,
    /// Size, alignment, size of the `Option`.
    pub layout: [u64; 3],
    /// Bits: known, Copy, Send, Sync, Unpin, needs drop.
    pub facts: u8,
    /// The fields of a struct.
    pub fields: Vec<Field>,
    /// The variants: name, discriminant, fields.
    pub variants: Vec<(String, Option<i128>, Vec<Field>)>,
    /// The record.
    pub bytes: Vec<u8>,
}

/// The tables among records that follow one another, by the path and arguments of the type.
///
/// # Panics
/// If the bytes are not as the format says.
pub fn tables(bytes: &[u8]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == 0 {
            at += 1;
            continue;
        }
        let end = at + 5 + number(bytes, at + 1, 4);
        if bytes[at] == 4 {
            let mut reader = Reader { bytes, at: at + 5 };
            tables.push(reader.table(bytes[at..end].to_vec()));
            assert_eq!(reader.at, end, "a record has more than its fields");
        }
        at = end;
    }
    tables
}

/// By their names, with arguments: `Pair<u8>`.
pub fn by_name(tables: &[Table]) -> BTreeMap<String, &Table> {
    tables.iter().map(|table| (display(&table.name), table)).collect()
}

/// A name as text: `demo::Pair<u8>`.
pub fn display(name: &Name) -> String {
    let args: Vec<_> = name.args.iter().map(display).collect();
    if args.is_empty() { name.path.clone() } else { format!("{}<{}>", name.path, args.join(", ")) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self, size: usize) -> u64 {
        self.at += size;
        number(self.bytes, self.at - size, size) as u64
    }

    fn wide(&mut self) -> u128 {
        let (low, high) = (self.number(8), self.number(8));
        (u128::from(high) << 64) | u128::from(low)
    }

    fn text(&mut self) -> String {
        let length = self.number(4) as usize;
        self.at += length;
        String::from_utf8(self.bytes[self.at - length..self.at].to_vec()).unwrap()
    }

    fn list<T>(&mut self, element: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number(4)).map(|_| element(self)).collect()
    }

    fn name(&mut self) -> Name {
        Name {
            package: self.text(),
            version: self.text(),
            path: self.text(),
            args: self.list(Self::name),
        }
    }

    fn table(&mut self, bytes: Vec<u8>) -> Table {
        let (name, kind) = (self.name(), self.number(1) as u8);
        let layout = [self.number(8), self.number(4), self.number(8)];
        let facts = self.number(1) as u8;
        // The repr and the parameters.
        let _ = (self.text(), self.text());
        let (_invariants, _renamed_from) = (self.number(8), self.text());
        let (fields, variants) = (self.list(Self::field), self.list(Self::variant));
        Table { name, kind, layout, facts, fields, variants, bytes }
    }

    fn field(&mut self) -> Field {
        let (offset, size) = (self.number(8), self.number(8));
        let (_align, _facts) = (self.number(4), self.number(1));
        let name = self.text();
        self.marks(16);
        let (_lifetimes, _spelling) = (self.text(), self.text());
        Field { name, offset, size, ty: self.name() }
    }

    /// The marks; an old name is passed over.
    fn marks(&mut self, renamed: u64) -> u64 {
        let marks = self.number(1);
        if marks & renamed != 0 {
            self.text();
        }
        marks
    }

    fn variant(&mut self) -> (String, Option<i128>, Vec<Field>) {
        let (name, _form) = (self.text(), self.text());
        let discriminant = (self.marks(2) & 1 != 0).then(|| self.wide() as i128);
        (name, discriminant, self.list(Self::field))
    }
}
