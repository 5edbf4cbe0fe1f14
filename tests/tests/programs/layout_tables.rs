//! The tables of types in real libraries: what the file says is what the program describes at run
//! time, and what rustc says.

use std::{collections::BTreeMap, fs, process::Command};

use tests::{
    Workspace, elf,
    layout::{Table, by_name, display, tables},
    workspace::BUNDLE,
};

const TYPES: &str = r#"
hot::bundle!();

#[hot::versioned]
pub struct World {
    pub name: String,
    pub entities: Vec<Entity>,
    pub pairs: layout_dep::Pair<layout_dep::Position>,
    pub speed: old_units::Speed,
    pub other: new_units::Speed,
    pub flag: bool,
}

#[hot::versioned]
#[derive(Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Small {
    pub a: u8,
    pub b: u32,
    pub c: [u16; 3],
}

#[hot::versioned]
pub enum Entity {
    Leaf { small: Small, up: std::rc::Weak<World> },
    Node(Vec<Box<Tree>>),
    Nothing,
}

#[hot::versioned]
pub struct Tree {
    pub entity: Option<Box<Entity>>,
    pub trees: std::collections::BTreeMap<u8, layout_dep::Pair<Tree>>,
}

#[hot::versioned]
pub struct Borrowed<'a> {
    pub text: &'a str,
    pub list: &'a mut [Small],
}

#[hot::versioned]
#[repr(i16)]
pub enum Numbers {
    A = -7,
    B,
}

/// Nothing mentions it.
pub mod alone {
    #[hot::versioned]
    pub struct Unused(pub [u64; 9]);
}
"#;

const PROGRAM: &str = r#"
use hot::{Versioned, rt::versioned::Describe};
use layout_bundle::*;
use std::mem::{align_of, offset_of, size_of};

macro_rules! layout {
    ($name:literal $ty:ty: $($field:ident)*) => {
        println!(
            "type {} {} {} {}",
            $name, size_of::<$ty>(), align_of::<$ty>(), size_of::<Option<$ty>>()
        );
        $(println!("field {}.{} {}", $name, stringify!($field), offset_of!($ty, $field));)*
    };
}

fn main() {
    let roots = [
        World::describe as fn(&mut Describe),
        Borrowed::describe,
        Numbers::describe,
        alone::Unused::describe,
    ];
    let description = Describe::all(roots);
    assert!(description.clashes.is_empty(), "{:?}", description.clashes);
    let hex: String = description.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("bytes {hex}");
    layout!("layout_bundle::World" World: name entities pairs speed other flag);
    layout!("layout_bundle::Small" Small: a b c);
    layout!("layout_bundle::Entity" Entity:);
    layout!("layout_bundle::Tree" Tree: entity trees);
    layout!("layout_bundle::Borrowed" Borrowed<'static>: text list);
    layout!("layout_bundle::Numbers" Numbers:);
    layout!("layout_bundle::alone::Unused" alone::Unused:);
    layout!("layout_dep::Position" layout_dep::Position: x y);
    layout!("layout_dep::Pair<layout_dep::Position>"
        layout_dep::Pair<layout_dep::Position>: left right many);
    layout!("layout_dep::Pair<layout_bundle::Tree>"
        layout_dep::Pair<layout_bundle::Tree>: left right many);
}
"#;

const DEP: &str = "
#[hot::versioned]
#[derive(Clone)]
pub struct Position { pub x: f32, pub y: f64 }

#[hot::versioned]
pub struct Pair<T> { pub left: u8, pub right: Option<Box<T>>, pub many: [u32; 2] }
";

/// The workspace, with its two libraries of one name beside it.
fn workspace() -> Workspace {
    let workspace = Workspace::new("layout_tables");
    workspace.package("layout_dep", "", "", "");
    workspace.write("layout_dep/src/lib.rs", DEP);
    for (version, ty) in [("0.1.3", "u8"), ("0.2.0", "u64")] {
        // Outside of the workspace, which cannot have two members of one name.
        let folder = format!("out/{version}");
        workspace.package(&folder, "", "", "");
        let manifest = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(workspace.folder().join(&manifest)).unwrap();
        let text = text.replace(&format!("name = \"{folder}\""), "name = \"layout_units\"");
        let text = text.replace("version = \"0.1.0\"", &format!("version = \"{version}\""));
        workspace.write(&manifest, &text);
        workspace.write(
            &format!("{folder}/src/lib.rs"),
            &format!("#[hot::versioned] pub struct Speed {{ pub value: {ty} }}"),
        );
    }
    let units = "old_units = { package = \"layout_units\", path = \"../out/0.1.3\" }\n\
                 new_units = { package = \"layout_units\", path = \"../out/0.2.0\" }\n\
                 layout_dep = { path = \"../layout_dep\" }";
    workspace.package("layout_bundle", BUNDLE, "", units);
    workspace.write("layout_bundle/src/lib.rs", TYPES);
    let bundle = "layout_bundle = { path = \"../layout_bundle\" }\n\
                  layout_dep = { path = \"../layout_dep\" }";
    workspace.package("layout_program", "", "", bundle);
    workspace.write("layout_program/src/main.rs", PROGRAM);
    workspace
}

fn of_library(file: &[u8]) -> Vec<Table> {
    tables(&file[elf::section(file, ".hot")])
}

/// Compares the tables with what the program prints of rustc's answers.
fn compare_with_rustc(tables: &BTreeMap<String, &Table>, output: &str) {
    let mut compared = 0;
    for line in output.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let numbers = |from: usize| -> Vec<u64> {
            words[from..].iter().map(|word| word.parse().unwrap()).collect()
        };
        match words[0] {
            "type" => assert_eq!(tables[words[1]].layout.to_vec(), numbers(2), "{line}"),
            "field" => {
                let (ty, name) = words[1].rsplit_once('.').unwrap();
                let field = tables[ty].fields.iter().find(|field| field.name == name).unwrap();
                assert_eq!(field.offset, numbers(2)[0], "{line}");
            }
            _ => continue,
        }
        compared += 1;
    }
    assert_eq!(compared, 31);
}

#[test]
fn a_library_says_what_the_program_describes() {
    let workspace = workspace();
    let all = cfg!(feature = "exhaustive");
    for profile in ["dev", "release"].into_iter().take(if all { 2 } else { 1 }) {
        let arguments =
            ["build", "--profile", profile, "-p", "layout_bundle", "-p", "layout_program"];
        let built = workspace.cargo(&arguments);
        let file = fs::read(built.library("layout_bundle")).unwrap();
        let output = Command::new(built.program("layout_program")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = String::from_utf8(output.stdout).unwrap();
        let hex = output.lines().next().unwrap().strip_prefix("bytes ").unwrap();
        let bytes: Vec<_> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let (described, manifest) = (tables(&bytes), of_library(&file));
        compare_with_rustc(&by_name(&described), &output);

        // Each type once, however often it is reached.
        let mut names: Vec<_> = described.iter().map(|table| &table.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), described.len());

        // Every type without parameters is in the file, byte for byte, and nothing else is.
        let own =
            |table: &&Table| table.name.path.starts_with("layout_") && table.name.args.is_empty();
        let sorted = |tables: &[Table]| {
            let mut records: Vec<_> =
                tables.iter().filter(own).map(|table| table.bytes.clone()).collect();
            records.sort();
            records
        };
        assert_eq!(sorted(&manifest), sorted(&described));
        assert_eq!(manifest.len(), 10, "{:?}", by_name(&manifest).keys());

        let named = by_name(&described);
        let world = named["layout_bundle::World"];
        let fields: Vec<_> = world.fields.iter().map(|field| display(&field.ty)).collect();
        assert_eq!(
            fields,
            [
                "String",
                "Vec<layout_bundle::Entity>",
                "layout_dep::Pair<layout_dep::Position>",
                "layout_units::Speed",
                "layout_units::Speed",
                "bool",
            ]
        );
        // Two versions of one package are two types.
        let speeds: Vec<_> =
            described.iter().filter(|table| table.name.path == "layout_units::Speed").collect();
        let versions =
            |index: usize| (speeds[index].name.version.as_str(), speeds[index].layout[0]);
        assert_eq!([versions(0), versions(1)], [("0.1", 1), ("0.2", 8)]);
        assert_eq!(world.fields[3].ty, speeds[0].name);
        assert_eq!(world.fields[4].ty, speeds[1].name);

        // `Weak<World>` of `Rc` is neither `Send` nor `Sync`, and everything with it.
        let (known, copy, send_and_sync, unpin, drops) = (1, 2, 4 | 8, 16, 32);
        assert_eq!(world.facts, known | unpin | drops);
        assert_eq!(named["layout_bundle::Small"].facts, known | copy | send_and_sync | unpin);
        assert_eq!(named["layout_bundle::Borrowed"].facts, known | send_and_sync | unpin);
        // Generic: known where the image describes it.
        assert_eq!(named["layout_dep::Pair<layout_bundle::Tree>"].facts, known | unpin | drops);
        let numbers: Vec<_> =
            named["layout_bundle::Numbers"].variants.iter().map(|variant| variant.1).collect();
        assert_eq!(numbers, [Some(-7), Some(-6)]);
    }
}
