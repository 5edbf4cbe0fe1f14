//! What `#[hot::versioned]` writes of a type that a state reaches, with values.

use std::{collections::HashMap, mem::MaybeUninit, ptr};

use hot::rt::versioned::{Branch, Choice, Form, Moves, Said, Versioned};

fn moves<T: Versioned>() -> &'static Moves {
    T::moves()
}

/// No parameter has a bound, and the type contains itself.
#[hot::versioned]
#[derive(Debug, PartialEq)]
enum Tree<T, const N: usize> {
    Empty,
    Leaf(T, [u8; N]),
    #[hot(renamed_from = "Branch")]
    Node {
        kids: Vec<Tree<T, N>>,
        #[hot(default = -1)]
        weight: i64,
        r#type: Option<Box<Tree<T, N>>>,
    },
}

#[hot::versioned]
#[derive(Default)]
struct World<'a> {
    #[hot(renamed_from = "label")]
    name: String,
    #[hot(default = next())]
    serial: u32,
    #[hot(convert = length, default = 7)]
    length: usize,
    #[hot(convert = |first: &String, last: &String| format!("{first} {last}"), from("first", "last"))]
    full: String,
    #[hot(convert = checked)]
    checked: u8,
    #[hot(unsafe(opaque), default = Foreign(3))]
    foreign: Foreign,
    borrowed: &'a str,
}

#[hot::versioned(invariants = 1, renamed_from = "Ring")]
struct Cursor {
    buffer: Vec<u8>,
    #[hot(unsafe(stays))]
    at: *const u8,
}

#[hot::versioned]
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Clone, Copy)]
struct Key(u32, u8);

#[hot::versioned]
struct Keyed<K> {
    by: HashMap<(K, u8), Option<K>>,
}

#[hot::versioned]
struct Dropped(u8);

impl Drop for Dropped {
    fn drop(&mut self) {}
}

#[hot::versioned]
enum Never {}

#[derive(Default)]
struct Foreign(u8);

fn next() -> u32 {
    panic!("none is left")
}

#[expect(clippy::ptr_arg, reason = "the old field is a `String`")]
fn length(of: &String) -> usize {
    of.len()
}

fn checked(old: &u32) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(*old)
}

fn said<T: Versioned>(name: &str) -> Said {
    let moves = moves::<T>();
    let Form::Struct { said, fields } = &moves.form else { panic!("a struct") };
    assert_eq!(fields.len(), moves.table.fields().len());
    let at = |index: usize| moves.table.fields()[index].name();
    said.iter().find(|(index, _)| at(*index) == name).expect(name).1
}

/// Opens a value and builds the same again from its parts.
fn rebuilt<T: Versioned>(value: T) -> (&'static Branch, T) {
    let Form::Choice(Choice { open, build, variants, .. }) = &moves::<T>().form else {
        panic!("an enum")
    };
    let (value, mut fields) = (std::mem::ManuallyDrop::new(value), [ptr::null(); 4]);
    let mut new = MaybeUninit::<T>::uninit();
    // SAFETY: it is a `T` of at most so many fields, which are moved to the new one.
    unsafe {
        let variant = open((&raw const value).cast(), fields.as_mut_ptr());
        build(variant, fields.as_ptr(), new.as_mut_ptr().cast());
        (&variants[variant], new.assume_init())
    }
}

#[test]
fn enums_are_opened_and_built() {
    let node = || Tree::<String, 2>::Node {
        kids: vec![Tree::Empty, Tree::Leaf("a".to_owned(), [1, 2])],
        weight: 3,
        r#type: Some(Box::new(Tree::Empty)),
    };
    let (branch, built) = rebuilt(node());
    assert_eq!((built, branch.name, branch.renamed_from), (node(), "Node", "Branch"));
    assert_eq!(branch.names, ["kids", "weight", "type"]);
    let [(1, Said { default: Some(make), is_literal: true, .. })] = branch.said else {
        panic!("{:?}", branch.said)
    };
    let mut weights = [0_i64; 2];
    // SAFETY: there is room for two.
    assert_eq!(unsafe { make(weights.as_mut_ptr().cast(), 2) }, Ok(()));
    assert_eq!(weights, [-1; 2]);
    let (branch, built) = rebuilt(Tree::<u8, 0>::Leaf(4, []));
    assert_eq!((built, branch.names), (Tree::Leaf(4, []), &["0", "1"][..]));
    let (branch, built) = rebuilt(Tree::<u8, 0>::Empty);
    assert_eq!((built, branch.fields.len()), (Tree::Empty, 0));
    assert!(matches!(&moves::<Never>().form, Form::Choice(Choice { variants: [], .. })));
}

#[test]
fn what_an_author_says_is_there() {
    assert_eq!(said::<World<'_>>("name").renamed_from, "label");
    let Said { default: Some(make), is_literal: false, .. } = said::<World<'_>>("serial") else {
        panic!("it is made")
    };
    // SAFETY: nothing is written.
    assert_eq!(unsafe { make(ptr::dangling_mut(), 1) }, Err((0, "none is left".to_owned())));
    let length = said::<World<'_>>("length");
    assert!(length.is_literal && length.default.is_some());
    let conversion = length.convert.unwrap();
    assert_eq!((conversion.from, (conversion.types[0])().table.ty()), (&[""][..], String::REF));
    let both = said::<World<'_>>("full").convert.unwrap();
    assert_eq!((both.from, both.types.len()), (&["first", "last"][..], 2));
    let (first, last, mut full) = ("A".to_owned(), "B".to_owned(), MaybeUninit::<String>::uninit());
    // SAFETY: these are the old fields, and room for the new one.
    let full = unsafe {
        let old = [(&raw const first).cast(), (&raw const last).cast()];
        (both.call)(old.as_ptr(), full.as_mut_ptr().cast()).unwrap();
        full.assume_init()
    };
    assert_eq!(full, "A B");
    let (old, mut new) = (300_u32, 0_u8);
    let convert = said::<World<'_>>("checked").convert.unwrap().call;
    // SAFETY: as above.
    let failed = unsafe { convert(&(&raw const old).cast(), (&raw mut new).cast()) }.unwrap_err();
    assert!(failed.contains("out of range"), "{failed}");
    let Said { default: Some(make), .. } = said::<World<'_>>("foreign") else {
        panic!("it is made")
    };
    let mut foreign = Foreign(0);
    // SAFETY: there is room for one.
    assert_eq!(unsafe { make((&raw mut foreign).cast(), 1) }, Ok(()));
    assert_eq!(foreign.0, 3);
    assert!(said::<Cursor>("at").stays);
    assert_eq!(moves::<Cursor>().table.renamed_from(), "Ring");
    let world = World::default();
    let fields = (world.name, world.serial, world.length, world.full, world.checked);
    assert_eq!((fields, world.foreign.0, world.borrowed), Default::default());
    let cursor = Cursor { buffer: vec![1], at: ptr::null() };
    assert!(cursor.at.is_null() && cursor.buffer == [1]);
}

#[test]
fn types_ask_for_themselves_what_they_can() {
    let able = |of: &'static Moves| {
        let of = of.abilities;
        (of.is_copy, of.has_drop, of.default.is_some(), of.key.is_some(), of.compare.is_some())
    };
    assert_eq!(able(moves::<Key>()), (true, false, false, true, true));
    assert_eq!(able(moves::<Dropped>()), (false, true, false, false, false));
    assert!(moves::<Dropped>().drop.is_some() && Dropped(1).0 == 1);
    assert_eq!(able(moves::<World<'_>>()), (false, false, true, false, false));
    let Form::Struct { fields, .. } = &moves::<Keyed<Key>>().form else { panic!("a struct") };
    let Form::Map(map) = &fields[0]().form else { panic!("a map") };
    // The key of a generic type is concrete where the map is asked.
    assert!(
        (map.key)().abilities.key.is_some() && Keyed::<Key> { by: HashMap::new() }.by.is_empty()
    );
}
