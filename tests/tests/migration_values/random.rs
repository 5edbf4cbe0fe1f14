//! Random versions of types, and random next versions of these.

use tests::verdicts::Random;

use super::types::{Around, Body, Definition, Field, Fields, Said, Ty, Variant, Version};

/// Whether the edits can be taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ways {
    ThereAndBack,
    /// Numbers become wider, types get another one around them.
    There,
}

const LEAVES: [&str; 14] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bool", "char", "String",
    "Token",
];

/// What the next version of a number may be.
const WIDER: [(&str, &[&str]); 8] = [
    ("u8", &["u16", "u64", "i16", "f32", "f64"]),
    ("i8", &["i16", "i64", "f32"]),
    ("u16", &["u32", "i32", "f64"]),
    ("i16", &["i64", "f64"]),
    ("u32", &["u64", "i64", "f64"]),
    ("i32", &["i64", "f64"]),
    ("f32", &["f64"]),
    ("u64", &[]),
];

/// Definitions, each of which may hold all earlier ones. The first is the only one that may be in a
/// cell.
pub(crate) fn version(random: &mut Random) -> Version {
    let mut all = Vec::new();
    for number in 0..3 + random.below(2) {
        let mut definition = definition(random, number);
        definition.in_cell = number == 0;
        all.push(definition);
    }
    Version(all)
}

fn definition(random: &mut Random, number: usize) -> Definition {
    let is_recursive = random.one_in(4);
    let body = if random.one_in(3) {
        let count = 2 + random.below(3);
        let mut variants: Vec<_> = (0..count)
            .map(|index| {
                let fields = fields(random, number);
                Variant { name: format!("V{index}"), renamed_from: None, fields, stays: true }
            })
            .collect();
        if is_recursive {
            let itself = Ty::In(Around::Vec, Box::new(Ty::Of(number)));
            variants[0].fields = Fields::Named(vec![field("kids", itself)]);
        }
        Body::Enum(variants)
    } else {
        let mut fields = fields(random, number);
        if is_recursive {
            let around = random.pick(&[Around::Vec, Around::Option]);
            let itself = match around {
                Around::Option => Ty::In(Around::Boxed, Box::new(Ty::Of(number))),
                _ => Ty::Of(number),
            };
            let itself = Ty::In(around, Box::new(itself));
            match &mut fields {
                Fields::Named(fields) => fields.push(field("kids", itself)),
                Fields::Tuple(types) => types.push(itself),
                Fields::Unit => fields = Fields::Named(vec![field("kids", itself)]),
            }
        }
        Body::Struct(match fields {
            // What has no size can be no element of a list.
            Fields::Unit => Fields::Named(vec![field("only", Ty::Leaf("u8"))]),
            fields => fields,
        })
    };
    Definition { repr: "", body, is_recursive, in_cell: false }
}

fn field(name: &str, ty: Ty) -> Field {
    Field { name: name.to_owned(), ty, said: Said::default() }
}

fn fields(random: &mut Random, number: usize) -> Fields {
    let count = 2 + random.below(3);
    match random.below(6) {
        0 => Fields::Unit,
        1 => Fields::Tuple((0..count).map(|_| ty(random, number, 2)).collect()),
        _ => {
            let all = (0..count).map(|index| field(&format!("f{index}"), ty(random, number, 2)));
            // What conversions are for.
            let score = field("score", Ty::Leaf("u32"));
            Fields::Named(all.chain([score]).collect())
        }
    }
}

/// A type over the definitions below this number.
fn ty(random: &mut Random, number: usize, depth: usize) -> Ty {
    if depth == 0 || random.one_in(3) {
        return match number {
            0 => Ty::Leaf(random.pick(&LEAVES)),
            _ if random.one_in(2) => Ty::Leaf(random.pick(&LEAVES)),
            _ => Ty::Of(random.below(number)),
        };
    }
    let inner = |random: &mut Random| Box::new(ty(random, number, depth - 1));
    match random.below(12) {
        0 => Ty::In(Around::Vec, inner(random)),
        1 => Ty::In(Around::Deque, inner(random)),
        2 => Ty::In(Around::Slice, inner(random)),
        3 => Ty::In(Around::Array, inner(random)),
        4 => {
            let of = inner(random);
            if of.may_be_null() { *of } else { Ty::In(Around::Option, of) }
        }
        5 => Ty::In(Around::Boxed, inner(random)),
        6 => {
            let around = random.pick(&[Around::Mutex, Around::RwLock, Around::RefCell]);
            let of = if number > 0 { Ty::Of(0) } else { Ty::Leaf(random.pick(&LEAVES)) };
            Ty::In(around, Box::new(of))
        }
        7 => Ty::Tuple(vec![*inner(random), *inner(random)]),
        8 => Ty::Result(inner(random)),
        9 => Ty::Map(random.pick(&["String", "u8", "i16"]), inner(random), random.one_in(2)),
        10 if number > 0 => Ty::Shared(random.below(number)),
        _ => Ty::Set(random.one_in(2)),
    }
}

/// Counts the edits of each sort.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Edits {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    pub(crate) renamed: usize,
    pub(crate) reordered: usize,
    pub(crate) converted: usize,
    pub(crate) widened: usize,
    pub(crate) variants: usize,
}

/// Edits a version: what the old one needs to be moved back to is written into that.
pub(crate) fn edit(
    random: &mut Random,
    old: &mut Version,
    ways: Ways,
    edits: &mut Edits,
) -> Version {
    let mut new = old.clone();
    for number in 0..new.0.len() {
        let values = old.clone();
        let mut editor = Editor { random, ways, edits, values, in_cell: old.0[number].in_cell };
        let (was, is) = (&mut old.0[number], &mut new.0[number]);
        is.repr = editor.random.pick(&["", "", "#[repr(C)]", "#[repr(align(32))]"]);
        match (&mut was.body, &mut is.body) {
            (Body::Struct(was), Body::Struct(is)) => editor.fields(was, is),
            (Body::Enum(was), Body::Enum(is)) => {
                is.iter_mut().zip(was.iter_mut()).for_each(|(is, was)| {
                    editor.fields(&mut was.fields, &mut is.fields);
                });
                editor.variants(was, is);
            }
            _ => unreachable!("it is a copy"),
        }
        // `repr(C)` and `repr(align)` of an enum are other reprs: left to structs.
        if matches!(is.body, Body::Enum(_)) {
            is.repr = "";
        }
    }
    new
}

struct Editor<'a> {
    random: &'a mut Random,
    ways: Ways,
    edits: &'a mut Edits,
    /// What values are made of.
    values: Version,
    in_cell: bool,
}

impl Editor<'_> {
    fn fields(&mut self, was: &mut Fields, is: &mut Fields) {
        match (was, is) {
            (Fields::Named(was), Fields::Named(is)) => self.named(was, is),
            (Fields::Tuple(_), Fields::Tuple(is)) => is.iter_mut().for_each(|ty| self.widen(ty)),
            _ => {}
        }
    }

    fn named(&mut self, was: &mut [Field], is: &mut Vec<Field>) {
        for (was, is) in was.iter_mut().zip(&mut *is) {
            match self.random.below(5) {
                0 => {
                    is.name = format!("{}_now", was.name);
                    is.said.renamed_from = Some(was.name.clone());
                    self.edits.renamed += 1;
                }
                1 | 2 if !self.in_cell && was.ty == Ty::Leaf("u32") => {
                    is.ty = Ty::Leaf("String");
                    is.said.convert = Some("text");
                    was.said.convert = Some("number");
                    self.edits.converted += 1;
                }
                _ => self.widen(&mut is.ty),
            }
        }
        if is.len() > 1 && self.random.one_in(2) {
            let gone = is.remove(self.random.below(is.len()));
            let old = gone.said.renamed_from.as_ref().unwrap_or(&gone.name);
            let was = was.iter_mut().find(|was| was.name == *old).expect("it was there");
            was.said = Said { default: Some(self.default_of(&was.ty)), ..Said::default() };
            self.edits.removed += 1;
        }
        for index in 0..self.random.below(3) {
            let (ty, said) = match self.random.below(3) {
                // By the type's own.
                0 => (self.random.pick(&DEFAULTED)(), Said::default()),
                _ => {
                    let ty = ty(self.random, 0, 1);
                    let default = Some(self.default_of(&ty));
                    (ty, Said { default, ..Said::default() })
                }
            };
            // What is added and what is removed of one type would be taken for renamed.
            let is_meant = said.default.is_some() || was.iter().all(|was| was.ty != ty);
            if is_meant {
                let at = self.random.below(is.len() + 1);
                is.insert(at, Field { name: format!("new{index}"), ty, said });
                self.edits.added += 1;
            }
        }
        if is.len() > 1 && self.random.one_in(2) {
            is.rotate_left(1);
            self.edits.reordered += 1;
        }
    }

    /// A value, and what makes it.
    fn default_of(&mut self, ty: &Ty) -> (serde_json::Value, String) {
        let value = self.values.value(self.random, ty, 2);
        let text = match ty {
            Ty::Leaf("u8" | "u16" | "u32" | "i8" | "i16" | "f64") => value.to_string(),
            _ => format!("made(r#\"{value}\"#)"),
        };
        (value, text)
    }

    fn widen(&mut self, ty: &mut Ty) {
        if self.ways == Ways::There {
            self.widen_within(ty, true);
        }
    }

    /// Where `null` would have two meanings, nothing becomes an option.
    fn widen_within(&mut self, ty: &mut Ty, to_option: bool) {
        let is_option = matches!(ty, Ty::In(Around::Option, _));
        match ty {
            Ty::In(_, of) => return self.widen_within(of, to_option && !is_option),
            Ty::Map(_, of, _) | Ty::Result(of) => return self.widen_within(of, to_option),
            Ty::Tuple(of) => return of.iter_mut().for_each(|ty| self.widen_within(ty, true)),
            _ if self.random.one_in(2) => return,
            Ty::Leaf(name) => {
                let wider = WIDER.iter().find(|(narrow, _)| narrow == name);
                let wider = wider.map_or(&[][..], |(_, wider)| wider);
                match (wider.is_empty(), to_option) {
                    (false, _) => *name = self.random.pick(wider),
                    (true, true) => *ty = Ty::In(Around::Option, Box::new(ty.clone())),
                    (true, false) => return,
                }
            }
            Ty::Of(_) => {
                let around = match to_option && self.random.one_in(2) {
                    true => Around::Option,
                    false => Around::Boxed,
                };
                *ty = Ty::In(around, Box::new(ty.clone()));
            }
            Ty::Set(_) | Ty::Shared(_) => return,
        }
        self.edits.widened += 1;
    }

    fn variants(&mut self, was: &mut [Variant], is: &mut Vec<Variant>) {
        self.edits.variants += 1;
        // The first stays: each value has one.
        if is.len() > 2 && self.random.one_in(2) {
            let gone = is.pop().expect("there are more");
            let was = was.iter_mut().find(|was| was.name == gone.name);
            was.expect("it was there").stays = false;
        }
        if self.random.one_in(2) {
            let variant = self.random.below(is.len());
            let variant = &mut is[variant];
            variant.renamed_from = Some(variant.name.clone());
            variant.name += "Now";
        }
        if self.random.one_in(2) {
            let fields = fields(self.random, 0);
            let new = Variant { name: "New".to_owned(), renamed_from: None, fields, stays: false };
            is.insert(self.random.below(is.len() + 1), new);
        }
        if self.random.one_in(2) {
            is.rotate_left(1);
        }
    }
}

/// Types whose `Default` the model knows.
const DEFAULTED: [fn() -> Ty; 7] = [
    || Ty::Leaf("Token"),
    || Ty::Leaf("String"),
    || Ty::Leaf("u64"),
    || Ty::In(Around::Vec, Box::new(Ty::Leaf("Token"))),
    || Ty::In(Around::Option, Box::new(Ty::Leaf("String"))),
    || Ty::Map("String", Box::new(Ty::Leaf("u8")), false),
    || Ty::Set(true),
];
