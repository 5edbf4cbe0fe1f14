//! What rustc says of generated types: a program with the same definitions, without `hot`, prints
//! a description of each version.

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use super::{
    definition::{Body, Definition, Field, Form, Version},
    mutation::Pair,
};

/// Both versions of a pair, as rustc knows them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Described {
    /// The first.
    pub old: String,
    /// The second.
    pub new: String,
}

/// Describes all pairs: compiles the program in `folder` and runs it.
///
/// # Panics
/// If it does not compile.
pub fn describe(folder: &Path, pairs: &[Pair]) -> Vec<Described> {
    fs::create_dir_all(folder).unwrap();
    let (source, program) = (folder.join("oracle.rs"), folder.join("oracle"));
    fs::write(&source, program_source(pairs)).unwrap();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--crate-name", "oracle", "--cap-lints", "allow", "-o"]);
    let output = rustc.arg(&program).arg(&source).output().expect("rustc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new(&program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let blocks = output.split("## ").skip(1).map(|block| block.split_once('\n').unwrap());
    let blocks: BTreeMap<&str, &str> = blocks.collect();
    let of = |version: &str, number: usize| blocks[&*format!("{version} {number}")].to_owned();
    let both = |number| Described { old: of("old", number), new: of("new", number) };
    (0..pairs.len()).map(both).collect()
}

fn program_source(pairs: &[Pair]) -> String {
    let (mut modules, mut prints) = ([String::new(), String::new()], String::new());
    for (number, pair) in pairs.iter().enumerate() {
        for (index, version) in [&pair.old, &pair.new].into_iter().enumerate() {
            let (source, body) = (version.source(""), description(version));
            modules[index] +=
                &format!("pub mod p{number} {{\n{source}\npub fn describe() {{\n{body}}}\n}}\n");
            let name = ["old", "new"][index];
            prints += &format!(
                "    println!(\"## {name} {number}\");\n    {name}::p{number}::describe();\n"
            );
        }
    }
    let [old, new] = modules;
    format!("{PRELUDE}\nmod old {{\n{old}}}\nmod new {{\n{new}}}\nfn main() {{\n{prints}}}\n")
}

/// What the program says of types, as far as the generator has to know nothing.
const PRELUDE: &str = r##"
use std::{marker::PhantomData, mem};

struct Probe<T>(PhantomData<T>);

// The receiver `&Probe<T>` is found first in the trait that is implemented for `Probe<T>`, if `T`
// has the trait in question, and one reference later in the other.
macro_rules! probes {
    ($($method:ident $has:ident $hasnot:ident $name:ident,)*) => {$(
        trait $has { fn $method(&self) -> bool { true } }
        impl<T: $name> $has for Probe<T> {}
        trait $hasnot { fn $method(&self) -> bool { false } }
        impl<T> $hasnot for &Probe<T> {}
    )*};
}
probes! {
    copy HasCopy NoCopy Copy,
    send HasSend NoSend Send,
    sync HasSync NoSync Sync,
    unpin HasUnpin NoUnpin Unpin,
}

fn own<T>() -> String {
    std::any::type_name::<T>().replace("oracle::old::", "").replace("oracle::new::", "")
}

fn of_field<T, F>(_: fn(*const T) -> *const F) -> String {
    format!("{} ({})", own::<F>(), size_of::<F>())
}

fn of_payload<T, F>(_: for<'a> fn(&'a T) -> &'a F) -> String {
    format!("{} ({})", own::<F>(), size_of::<F>())
}

macro_rules! about {
    ($ty:ty, $form:literal) => {{
        use crate::*;
        let probe = &Probe::<$ty>(PhantomData);
        println!("{} {}: {} bytes, align {}, as an option {}, drop {}, copy {}, send {}, sync {}, \
            unpin {}", own::<$ty>(), $form, size_of::<$ty>(), align_of::<$ty>(),
            size_of::<Option<$ty>>(), mem::needs_drop::<$ty>(), probe.copy(), probe.send(),
            probe.sync(), probe.unpin());
    }};
}

macro_rules! field {
    ($ty:ty, $name:literal, $field:tt) => {
        println!("  {} at {}: {}", $name, std::mem::offset_of!($ty, $field),
            crate::of_field(|it: *const $ty| unsafe { &raw const (*it).$field }))
    };
}

macro_rules! payload {
    ($ty:ty, $name:ident, $variant:ident, $field:tt) => {
        println!("    {}: {}", stringify!($field).trim_start_matches("r#"),
            crate::of_payload(|it: &$ty| match it {
                $name::$variant { $field: field, .. } => field,
                _ => unreachable!(),
            }))
    };
}
"##;

/// Statements that print everything about a version's types.
fn description(version: &Version) -> String {
    let mut definitions: Vec<_> = version.definitions.iter().collect();
    // The order of definitions does not count.
    definitions.sort_by_key(|definition| &definition.name);
    let text: String = definitions.into_iter().map(of_definition).collect();
    text.replace('@', &version.argument)
}

fn of_definition(definition: &Definition) -> String {
    let Definition { repr, body, .. } = definition;
    let ty = definition.concrete();
    let mut repr = repr.clone();
    repr.sort();
    let what = match body {
        Body::Struct(form, _) => format!("struct {form:?}"),
        Body::Enum(_) => "enum".to_owned(),
    };
    // A `repr` counts by its words: it promises something even where it moves nothing.
    let mut text = format!("about!({ty}, \"{what} {}\");\n", repr.join(" "));
    match body {
        Body::Struct(form, fields) => {
            let mut lines: Vec<_> = names(*form, fields)
                .map(|name| (name.trim_start_matches("r#").to_owned(), name))
                .collect();
            // By name: their order in the source does not count, their offsets do.
            lines.sort();
            for (plain, name) in lines {
                text += &format!("field!({ty}, \"{plain}\", {name});\n");
            }
        }
        Body::Enum(variants) => {
            let promised = promised(definition);
            for (variant, value) in variants.iter().zip(&promised) {
                let (name, form) = (&variant.name, variant.form);
                text += &match value {
                    Some(Value::Number(number)) => {
                        format!("println!(\"  {name} {form:?} = {number}\");\n")
                    }
                    Some(Value::Cast) => {
                        format!("println!(\"  {name} {form:?} = {{}}\", {ty}::{name} as i128);\n")
                    }
                    None => format!("println!(\"  {name} {form:?}\");\n"),
                };
                for field in names(form, &variant.fields) {
                    text += &format!("payload!({ty}, {}, {name}, {field});\n", definition.name);
                }
            }
        }
    }
    text
}

fn names(form: Form, fields: &[Field]) -> impl Iterator<Item = String> {
    fields.iter().enumerate().map(move |(index, field)| match form {
        Form::Named => field.name.clone(),
        _ => index.to_string(),
    })
}

/// A variant's number, where code can rely on it.
enum Value {
    /// Rustc says it.
    Cast,
    /// Only a value of it could be asked: the reference's rule.
    Number(i64),
}

fn promised(definition: &Definition) -> Vec<Option<Value>> {
    let Body::Enum(variants) = &definition.body else { return Vec::new() };
    let fieldless = variants.iter().all(|variant| variant.form == Form::Unit);
    let by_repr = definition.repr.iter().any(|word| word.starts_with(['u', 'i']));
    // One with a `Drop` cannot be cast.
    let dropped = definition.items.iter().any(|item| item.contains("Drop for"));
    let mut next = 0;
    let numbers = variants.iter().map(|variant| {
        let number = variant.discriminant.unwrap_or(next);
        next = number + 1;
        number
    });
    let value = |number| match (fieldless, by_repr) {
        (true, _) if !dropped => Some(Value::Cast),
        (true, _) | (_, true) => Some(Value::Number(number)),
        _ => None,
    };
    numbers.map(value).collect()
}
