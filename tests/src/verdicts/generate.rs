//! A random version of a few types that hold each other: `Root` a `Middle`, that a `Leaf`, or a
//! `Generic` of one.

use super::{
    definition::{Body, Definition, Field, Form, Variant, Version},
    random::Random,
};

/// What a mutation needs of the version that it is applied to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// All types are `Copy`, or none is.
    pub(super) copy: bool,
    /// There is a generic one.
    pub(super) generic: bool,
    /// Types hold each other in what has the promises of its content: no `Vec`, no reference.
    pub(super) transparent: bool,
}

const COPY: &[&str] = &[
    "u8",
    "i8",
    "bool",
    "u16",
    "i16",
    "u32",
    "i32",
    "f32",
    "char",
    "u64",
    "i64",
    "f64",
    "usize",
    "[u16; 3]",
    "(u8, u16)",
    "Option<u32>",
    "NonZero<u32>",
    "&'static str",
    "&'static [u16]",
    "extern \"C\" fn(u8) -> u8",
    "Duration",
    "PhantomData<u16>",
    "[(u8, bool); 2]",
    "()",
];

const OWNING: &[&str] = &[
    "String",
    "Vec<u8>",
    "Box<u32>",
    "Option<Box<u8>>",
    "HashMap<u8, String>",
    "BTreeMap<u16, u32>",
    "Arc<str>",
    "Mutex<u8>",
    "VecDeque<u16>",
    "Box<[u8]>",
    "Cow<'static, str>",
    "Result<u8, String>",
    "Vec<Option<(u8, String)>>",
    "Option<Box<Self>>",
    "Vec<Self>",
    "[Box<u8>; 2]",
];

/// How one type is held in another; `#` is the held one.
const TRANSPARENT: &[&str] = &["#", "Option<#>", "[#; 2]", "(u8, #)"];
const COPYING: &[&str] = &["PhantomData<#>", "&'static #", "Option<&'static [#]>"];
const HOLDING: &[&str] = &[
    "Vec<#>",
    "Box<#>",
    "HashMap<u8, #>",
    "Arc<#>",
    "Option<Box<#>>",
    "Vec<Option<#>>",
    "BTreeMap<String, Vec<#>>",
    "Result<#, u8>",
    "Mutex<(#, u16)>",
    "Box<[#]>",
];

/// The state has a list of one of these; `#` is the root.
const ROOTS: &[&str] = &[
    "#",
    "Option<#>",
    "Box<#>",
    "(u8, #)",
    "[#; 2]",
    "Arc<#>",
    "HashMap<u8, #>",
    "BTreeMap<String, #>",
    "Option<Box<#>>",
];

pub(super) fn version(random: &mut Random, wish: Wish) -> Version {
    let leaf = leaf(random, wish);
    let mut definitions = vec![leaf];
    let mut argument = "u8".to_owned();
    let mut held = definitions[0].concrete();
    if wish.generic || random.one_in(3) {
        if random.one_in(2) {
            argument = random.pick(&["u8", "u32", "bool"]).to_string();
        } else {
            argument = held.clone();
        }
        let generic = generic(random, wish);
        held = generic.concrete();
        definitions.push(generic);
    }
    // What the argument does not lead to, the type in the middle does.
    let others =
        if argument.starts_with("Leaf") { vec![] } else { vec![definitions[0].concrete()] };
    let mut all: Vec<_> = others.iter().map(|leaf| hold(random, wish, leaf)).collect();
    if definitions.len() > 1 || all.is_empty() {
        all.push(hold(random, wish, &held));
    }
    definitions.push(holder(random, wish, "Middle", &all));
    let middle = hold(random, wish, "Middle");
    definitions.push(holder(random, wish, "Root", &[middle]));
    Version {
        imports: [
            "std::borrow::Cow",
            "std::cell::Cell",
            "std::collections::{BTreeMap, HashMap, VecDeque}",
            "std::marker::{PhantomData, PhantomPinned}",
            "std::num::NonZero",
            "std::rc::Rc",
            "std::sync::{Arc, Mutex}",
            "std::time::Duration",
        ]
        .map(str::to_owned)
        .to_vec(),
        argument,
        definitions,
        root: random.pick(ROOTS).replace('#', "Root"),
        shielded: false,
    }
}

fn hold(random: &mut Random, wish: Wish, what: &str) -> String {
    let mut ways = TRANSPARENT.to_vec();
    if !wish.transparent {
        ways.extend(if wish.copy { COPYING } else { HOLDING });
        ways.extend(COPYING);
    }
    random.pick(&ways).replace('#', what)
}

fn simple(random: &mut Random, wish: Wish) -> String {
    let pool = if wish.copy || random.one_in(2) { COPY } else { OWNING };
    random.pick(pool).to_string()
}

fn leaf(random: &mut Random, wish: Wish) -> Definition {
    let mut leaf = holder(random, wish, "Leaf", &[]);
    match random.below(8) {
        0 if matches!(leaf.body, Body::Struct(..)) => {
            leaf.repr = vec![random.pick(&["packed", "packed(2)"]).to_string()];
            return leaf;
        }
        1 => leaf.body = Body::Struct(Form::Unit, Vec::new()),
        2 | 3 => leaf.body = Body::Enum(fieldless(random)),
        4 => {
            let text = random.pick(&["&'a str", "Option<&'a u16>", "&'a [u8]"]).to_string();
            leaf.parameter = "'a".to_owned();
            leaf.body = Body::Struct(
                Form::Named,
                vec![field("text", &text), field("number", random.pick(&["u8", "u32"]))],
            );
        }
        _ => return leaf,
    }
    leaf.repr = repr(random, &leaf.body);
    leaf
}

fn repr(random: &mut Random, body: &Body) -> Vec<String> {
    let words: &[&str] = match (random.below(8), body) {
        (0, _) => &["C"],
        (1, Body::Struct(..)) => &["align(16)"],
        (1, Body::Enum(_)) => &["u8"],
        (2, Body::Struct(..)) => &["C", "align(8)"],
        (2, Body::Enum(_)) => &["i16"],
        _ => &[],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn fieldless(random: &mut Random) -> Vec<Variant> {
    let count = 2 + random.below(3);
    let explicit = random.one_in(2);
    let variant = |index: usize, random: &mut Random| Variant {
        name: format!("V{index}"),
        form: Form::Unit,
        fields: Vec::new(),
        discriminant: (explicit && random.one_in(2)).then_some(index as i64 * 10),
    };
    (0..count).map(|index| variant(index, random)).collect()
}

fn generic(random: &mut Random, wish: Wish) -> Definition {
    let held = match (wish.transparent, wish.copy) {
        (true, _) => "X",
        (_, true) => random.pick(&["X", "Option<X>", "[X; 3]"]),
        _ => random.pick(&["X", "Vec<X>", "Option<Box<X>>", "Box<[X]>", "(u16, X)"]),
    };
    holder(random, wish, "Generic", &[held.to_owned()])
}

/// A type with fields of these types, and some more.
fn holder(random: &mut Random, wish: Wish, name: &str, held: &[String]) -> Definition {
    let generic = name == "Generic";
    let body = if random.below(3) > 0 {
        let form = random.pick(&[Form::Named, Form::Named, Form::Tuple]);
        let mut types: Vec<_> = (0..1 + random.below(3)).map(|_| simple(random, wish)).collect();
        for held in held {
            types.insert(random.below(types.len() + 1), held.clone());
        }
        Body::Struct(form, fields(&types, "pub "))
    } else {
        Body::Enum(variants(random, wish, held))
    };
    Definition {
        name: name.to_owned(),
        parameter: if generic { "X".to_owned() } else { String::new() },
        attributes: String::new(),
        repr: repr(random, &body),
        copy: wish.copy,
        body,
        items: Vec::new(),
    }
}

fn variants(random: &mut Random, wish: Wish, held: &[String]) -> Vec<Variant> {
    let count = 1 + held.len() + random.below(3);
    let variant = |index: usize, random: &mut Random| {
        let form = random.pick(&[Form::Unit, Form::Tuple, Form::Named]);
        let mut types: Vec<_> = match form {
            Form::Unit => Vec::new(),
            _ => (0..1 + random.below(2)).map(|_| simple(random, wish)).collect(),
        };
        let mut form = form;
        if let Some(held) = held.get(index) {
            types.push(held.clone());
            form = if form == Form::Unit { Form::Tuple } else { form };
        }
        let (name, fields) = (format!("V{index}"), fields(&types, ""));
        Variant { name, form, fields, discriminant: None }
    };
    (0..count).map(|index| variant(index, random)).collect()
}

fn fields(types: &[String], visibility: &'static str) -> Vec<Field> {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let fields = types.iter().zip(names);
    fields.map(|(ty, name)| Field { visibility, ..field(name, ty) }).collect()
}

/// A public field.
pub(super) fn field(name: &str, ty: &str) -> Field {
    Field {
        attributes: String::new(),
        visibility: "pub ",
        name: name.to_owned(),
        ty: ty.to_owned(),
    }
}
