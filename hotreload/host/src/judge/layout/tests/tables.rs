//! What is in a manifest's section, two types of one name, and tables of any length.

use super::*;

/// The manifest section of this very program.
pub(super) fn section() -> &'static [u8] {
    use object::{Object, ObjectSection};
    let file = std::fs::read(std::env::current_exe().unwrap()).unwrap().leak();
    let object = object::File::parse(&*file).unwrap();
    let name = if cfg!(target_vendor = "apple") { "__hot" } else { ".hot" };
    object.section_by_name(name).unwrap().data().unwrap()
}

#[test]
fn a_manifest_has_what_the_program_describes() {
    #[hot::versioned]
    struct InTheSection<'a> {
        text: &'a str,
        list: Vec<u8>,
    }
    let manifest = Manifest::parse(section()).unwrap();
    let found: Vec<_> =
        manifest.types.iter().filter(|table| table.name.path.ends_with("::InTheSection")).collect();
    let described = Describe::all([InTheSection::describe as fn(&mut Describe)]);
    let described = Manifest::parse(&described.bytes).unwrap();
    let own = described.types.iter().find(|table| table.name == found[0].name).unwrap();
    assert_eq!(found, [own]);
    assert_eq!(described.types.len(), 5, "itself, &str, str, Vec<u8>, u8");
}

#[test]
fn two_types_of_one_name_are_found() {
    fn first() -> fn(&mut Describe) {
        #[hot::versioned]
        struct Local(u8);
        Local::describe
    }
    fn second() -> fn(&mut Describe) {
        #[hot::versioned]
        struct Local(u16);
        Local::describe
    }
    let clashes = Describe::all([first(), second(), first()]).clashes;
    assert_eq!(clashes.len(), 1);
    assert!(clashes[0].types[0].contains("first") && clashes[0].types[1].contains("second"));
    let mut tables = Tables::of_described(&Describe::all([first()]).bytes).unwrap();
    let other = Manifest::parse(&Describe::all([second()]).bytes).unwrap();
    let refused = tables.add(&other).unwrap_err().to_string();
    assert!(refused.contains("two types are called"), "{refused}");
}

fn named(path: String) -> TypeName {
    let (package, version) = ("p".to_owned(), "1".to_owned());
    let mut name = TypeName { id: 0, package, version, path, args: Vec::new() };
    name.id = name.hash();
    name
}

/// Tables of `Struct0 { next: Struct1 }`, ... to the last one, which has a field of this type.
fn chain(length: usize, last: &TypeName) -> Tables {
    let name = |index: usize| named(format!("p::Struct{index}"));
    let (model, of) = described::<[u8; 3]>();
    let model = model.table(&of).unwrap().clone();
    let mut tables = Tables::default();
    for index in 0..length {
        let field = Field {
            name: "next".to_owned(),
            is_public: false,
            said: Default::default(),
            offset: Some(0),
            size: 8,
            align: 8,
            facts: model.facts,
            lifetimes: String::new(),
            spelling: String::new(),
            ty: Some(Arc::new(if index + 1 == length { last.clone() } else { name(index + 1) })),
        };
        let table = Table {
            name: name(index),
            kind: TypeKind::Struct,
            fields: vec![field],
            ..model.clone()
        };
        tables.types.insert(table.name.id, table);
    }
    tables
}

#[test]
fn long_chains_and_circles_end() {
    let (number, text) = (described::<u8>().1, described::<String>().1);
    let (old, new) = (chain(50_000, &number), chain(50_000, &text));
    let root = named("p::Struct0".to_owned());
    let found = differences((&old, &root), (&new, &root));
    assert_eq!(found.len(), 1);
    assert!(found[0].path.starts_with("Struct0...next.next"), "{}", found[0].path);
    assert!(found[0].path.len() < 1000);
    assert!(old.is_complete(&root));
    let circle = chain(50_000, &root);
    assert_eq!(differences((&circle, &root), (&circle, &root)), []);
    assert!(circle.is_complete(&root));
}
