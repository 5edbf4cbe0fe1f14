//! What `#[hot::versioned]` takes, and what it makes of it: every form of type.

#![allow(dead_code, reason = "every form is tried, used or not")]

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    marker::PhantomData,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use hot::{
    Versioned,
    rt::versioned::{Describe, VersionedTrait},
};

#[hot::versioned]
#[derive(Debug, Clone, PartialEq, Default)]
struct Position {
    x: f32,
    y: f32,
}

#[hot::versioned]
struct Tuple(u8, #[doc = "second"] String, Position);

#[hot::versioned]
struct Unit;

#[hot::versioned]
#[repr(C, packed(2))]
struct Packed {
    a: u8,
    r#type: u32,
}

#[hot::versioned]
enum Empty {}

#[hot::versioned]
#[derive(Debug, Clone, Copy)]
#[repr(i16)]
enum Explicit {
    A = -3,
    B,
    C = LIMIT * 2,
    D,
}

const LIMIT: i16 = 100;

#[hot::versioned]
#[repr(u8)]
enum Payloads {
    Unit,
    Tuple(u8, Position),
    Struct { a: String, b: Option<Box<Payloads>> },
    Nothing {},
}

#[hot::versioned]
#[repr(u8)]
enum ExplicitPayloads {
    A(u8) = 7,
    B { x: u16 },
}

#[hot::versioned]
struct Node {
    value: u32,
    next: Option<Box<Self>>,
    parent: RefCell<std::rc::Weak<Node>>,
}

#[hot::versioned]
struct A {
    b: Vec<B>,
}

#[hot::versioned]
struct B {
    a: Option<Box<A>>,
    pair: Pair<Node>,
}

#[hot::versioned]
#[derive(Debug)]
struct Pair<T> {
    left: T,
    right: T,
}

#[hot::versioned]
struct UsesItself {
    pair: Option<Box<Pair<UsesItself>>>,
}

#[hot::versioned]
struct Generic<
    'a,
    'b: 'a,
    T: Debug + 'a,
    U: ?Sized,
    const N: usize,
    const S: i8 = -1,
    const C: char = 'x',
    const F: bool = true,
> where
    T: Clone,
    &'b U: Send,
{
    values: [T; N],
    text: &'a str,
    other: Option<&'b U>,
    marker: PhantomData<fn() -> T>,
}

trait Family {
    type Member;
}

struct Numbers;

impl Family for Numbers {
    type Member = u64;
}

#[hot::versioned]
struct OfFamily<F: Family> {
    member: F::Member,
    members: Vec<<F as Family>::Member>,
    list: Option<Box<OfFamily<F>>>,
}

// SAFETY: it has no values of its own in the type above; only its name is needed.
unsafe impl Versioned for Numbers {
    const REF: &'static hot::rt::versioned::TypeRef =
        &hot::rt::versioned::TypeRef::new("tests", "0.1", "Numbers", &[]);
    const TABLE: &'static hot::rt::versioned::Table =
        &hot::rt::versioned::Table::builtin::<Numbers>(&[]);
    type Lifetimes = ();
    type Parts = ();
    type Owned = hot::rt::versioned::Whole<Self>;

    const MOVES: hot::rt::versioned::Moves =
        hot::rt::versioned::Moves::of::<Self>(hot::rt::versioned::Form::Leaf);
}

#[hot::versioned]
enum GenericEnum<T, E = String> {
    First(T),
    Second { error: E, times: u8 },
}

#[hot::versioned]
struct View<'a> {
    text: &'a str,
    more: Cow<'a, [u8]>,
    forever: &'static str,
}

#[hot::versioned(invariants = 2)]
struct Raw {
    at: *mut u8,
    end: std::ptr::NonNull<u8>,
}

#[hot::versioned]
struct NotSend(PhantomData<*const ()>);

struct Foreign(u32, u8);

#[hot::versioned]
struct Holds {
    #[hot(unsafe(opaque))]
    callback: fn(&Foreign) -> &u8,
    #[hot(unsafe(opaque(Foreign)))]
    list: Vec<(Foreign, u8)>,
    #[hot(unsafe(opaque(Foreign)))]
    both: Option<Foreign>,
    #[cfg(any())]
    absent: Missing,
    #[cfg_attr(all(), hot(unsafe(opaque)))]
    hidden: Foreign,
}

#[hot::versioned]
struct Std<'a> {
    map: HashMap<String, Vec<Arc<Mutex<Position>>>>,
    tree: BTreeMap<u8, Rc<str>>,
    tuple: (u8, (), (i64,)),
    duration: Duration,
    function: Option<unsafe extern "C" fn(u8, &'a u8) -> bool>,
    result: Result<Box<[u8]>, std::num::NonZero<u32>>,
}

#[hot::versioned]
trait Base: Send {
    fn name(&self) -> &str;
}

/// # Safety
/// None needed.
#[hot::versioned]
unsafe trait Shape<'a, T>: Base + Debug + 'a
where
    T: Clone,
{
    fn area(&self) -> f32;
    #[cfg(any())]
    fn absent(&self) -> Missing;
    fn scale<'b>(&mut self, by: &'b T, other: &'a str) -> Option<&'b T>;
    unsafe fn raw(self: Box<Self>, at: *const u8);
    extern "C" fn called(&self, at: u8) -> u8 {
        at
    }
    fn never(&self) -> !;
    fn generic<U>(&self, _: U)
    where
        Self: Sized,
    {
    }
}

#[test]
fn all_of_it_is_described() {
    let description = Describe::all([
        Tuple::describe as fn(&mut Describe),
        Payloads::describe,
        A::describe,
        UsesItself::describe,
        Generic::<u8, str, 3>::describe,
        OfFamily::<Numbers>::describe,
        Std::describe,
        <dyn Shape<'_, u8> as VersionedTrait>::describe,
        <dyn Shape<'_, u8> + Send + Sync as VersionedTrait>::describe,
    ]);
    assert_eq!(description.clashes, []);
    assert!(description.bytes.len() > 1000);
}

/// What a macro writes for a type in a signature.
mod concrete {
    use super::{Node, Pair};

    hot::__type_record!(PAIR, Pair<Node>);
    hot::__type_record!(LIST, Vec<Option<u8>>);

    #[test]
    fn a_generic_type_has_a_record_where_it_is_concrete() {
        let tables: Vec<_> =
            [&PAIR[..], &LIST[..]].iter().map(|record| tests::layout::tables(record)).collect();
        let [pair, list] = [&tables[0][0], &tables[1][0]];
        assert_eq!(tests::layout::display(&pair.name), "versioned::Pair<versioned::Node>");
        assert_eq!(pair.layout[0] as usize, size_of::<Pair<Node>>());
        // `Rc` is in it: known, `Unpin`, to be dropped.
        assert_eq!(pair.facts, 1 | 16 | 32);
        assert_eq!(list.facts, 1 | 4 | 8 | 16 | 32);
        let described = hot::rt::versioned::Describe::all([
            <Pair<Node> as hot::Versioned>::describe as fn(&mut hot::rt::versioned::Describe),
        ]);
        let described = tests::layout::tables(&described.bytes);
        // What is known only there is found out where the image describes it, too.
        assert_eq!(&described[0], pair);
    }
}

#[test]
fn names_say_arguments_and_values() {
    let name = <Generic<'_, '_, u8, str, 3>>::REF;
    let args: Vec<_> = name.args.iter().map(|arg| arg.path).collect();
    assert_eq!(args, ["u8", "str", "3", "-1", "120", "true"]);
    assert_eq!(name.path, "versioned::Generic");
    assert_eq!((name.package, name.version), ("tests", "0.1"));
    assert_ne!(name.id(), <Generic<'_, '_, u8, str, 4>>::REF.id());
    assert_eq!(<dyn Shape<'_, u8> as VersionedTrait>::REF.args[0].path, "versioned::Shape");
}

#[test]
fn discriminants_are_rustcs() {
    let of = |describe: fn(&mut Describe)| {
        let description = Describe::all([describe]);
        let table = tests::layout::tables(&description.bytes).remove(0);
        table.variants.into_iter().map(|variant| variant.1).collect::<Vec<_>>()
    };
    let expected = [Explicit::A, Explicit::B, Explicit::C, Explicit::D];
    assert_eq!(of(Explicit::describe), expected.map(|value| Some(value as i128)));
    assert_eq!(of(ExplicitPayloads::describe), [Some(7), Some(8)]);
    assert_eq!(of(Payloads::describe), [Some(0), Some(1), Some(2), Some(3)]);
    assert_eq!(of(GenericEnum::<u8>::describe), [None, None]);
    assert_eq!(of(Empty::describe), []);
}

#[test]
fn methods_are_those_of_the_vtable() {
    let description =
        Describe::all([<dyn Shape<'_, u8> as VersionedTrait>::describe as fn(&mut Describe)]);
    let tables = tests::layout::tables(&description.bytes);
    let shape = tables.iter().find(|table| table.name.path == "versioned::Shape").unwrap();
    let names: Vec<_> = shape.variants.iter().map(|variant| variant.0.as_str()).collect();
    assert_eq!(names, ["area", "scale", "raw", "called", "never"]);
    let supertraits: Vec<_> =
        shape.fields.iter().map(|field| tests::layout::display(&field.ty)).collect();
    assert_eq!(supertraits, ["dyn<versioned::Base>", "dyn<Debug>"]);
    // Reached by the supertrait.
    assert!(tables.iter().any(|table| table.name.path == "versioned::Base"));
}
