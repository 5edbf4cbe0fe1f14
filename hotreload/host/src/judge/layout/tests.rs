#![allow(dead_code, unreachable_pub, reason = "types as users write them")]

mod tables;

use std::sync::Arc;

use tables::section;

use super::{Differ, Difference, Place};
use crate::file::{
    Tables,
    manifest::{Field, Manifest, Table, TypeName},
};
use hot_rt::rt::versioned::{Describe, TypeKind, Versioned};

/// Gives the types of both modules one name, so that they are two versions of one.
fn as_one_version(manifest: &mut Manifest) {
    fn rename(name: &mut TypeName) {
        name.path = name.path.replace("::v1::", "::").replace("::v2::", "::");
        name.args.iter_mut().for_each(rename);
        name.id = name.hash();
    }
    fn rename_field(field: &mut Field) {
        field.ty.iter_mut().map(Arc::make_mut).for_each(rename);
    }
    for table in &mut manifest.types {
        let described = table.name.id;
        rename(&mut table.name);
        for (id, _) in manifest.lifetimes.iter_mut().filter(|(id, _)| *id == described) {
            *id = table.name.id;
        }
        table.fields.iter_mut().for_each(rename_field);
        table.variants.iter_mut().flat_map(|variant| &mut variant.fields).for_each(rename_field);
    }
    for generic in &mut manifest.generics {
        rename(&mut generic.name);
    }
}

fn described<T: Versioned + ?Sized>() -> (Tables, TypeName) {
    let description = Describe::all([T::describe as fn(&mut Describe)]);
    assert_eq!(description.clashes, []);
    of_bytes(&description.bytes)
}

/// The root is the first record.
fn of_bytes(bytes: &[u8]) -> (Tables, TypeName) {
    let mut manifest = Manifest::parse(bytes).unwrap();
    as_one_version(&mut manifest);
    let end = 5 + u32::from_le_bytes(bytes[1..5].try_into().unwrap()) as usize;
    let mut first = Manifest::parse(&bytes[..end]).unwrap();
    as_one_version(&mut first);
    let name = match first.types.pop() {
        Some(table) => table.name,
        None => first.generics.pop().unwrap().name,
    };
    (Tables::of_manifest(&manifest).unwrap(), name)
}

fn differences(old: (&Tables, &TypeName), new: (&Tables, &TypeName)) -> Vec<Difference> {
    let mut differ = Differ::new(old.0, new.0);
    differ.add(old.1, new.1);
    differ.finish()
}

fn compare(old: &(Tables, TypeName), new: &(Tables, TypeName)) -> Vec<String> {
    let found = differences((&old.0, &old.1), (&new.0, &new.1));
    let place = |place: &Option<Place>| match place {
        None => "-".to_owned(),
        Some(Place { offset, size, what }) => {
            let offset = offset.map(|offset| format!("@{offset} ")).unwrap_or_default();
            let size = size.map(|size| format!(" ({size})")).unwrap_or_default();
            format!("{offset}{what}{size}")
        }
    };
    let line = |found: &Difference| {
        format!(
            "{}: {:?}: {} => {}",
            found.path,
            found.change,
            place(&found.old),
            place(&found.new)
        )
    };
    found.iter().map(line).collect()
}

/// Declares two versions of `T` and compares them.
macro_rules! two {
    ({ $($old:item)* } { $($new:item)* }) => {{
        #[allow(unused_imports, reason = "not every pair of types needs all of them")]
        mod v1 {
            use std::{borrow::Cow, collections::*, marker::PhantomData, rc::Rc, sync::Arc};
            $(#[hot::versioned] $old)*
        }
        #[allow(unused_imports, reason = "not every pair of types needs all of them")]
        mod v2 {
            use std::{borrow::Cow, collections::*, marker::PhantomData, rc::Rc, sync::Arc};
            $(#[hot::versioned] $new)*
        }
        let (old, new) = (described::<v1::T>(), described::<v2::T>());
        assert!(old.0.is_complete(&old.1) && new.0.is_complete(&new.1));
        assert_eq!(compare(&old, &old), [""; 0]);
        assert_eq!(compare(&new, &new), [""; 0]);
        compare(&old, &new)
    }};
}

#[test]
fn the_same_has_no_differences() {
    let found = two!(
        { pub struct T { a: u8, next: Option<Box<Other>> } pub struct Other { t: Vec<T>, m: HashMap<u8, T> } }
        { pub struct T { a: u8, next: Option<Box<Other>> } pub struct Other { t: Vec<T>, m: HashMap<u8, T> } }
    );
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_field_is_added_removed_renamed() {
    let found = two!({ pub struct T { a: u32 } } { pub struct T { a: u32, b: u8 } });
    assert_eq!(found, ["T.b: Added: - => @4 u8 (1)"]);
    let found = two!({ pub struct T { a: u32, b: u8 } } { pub struct T { a: u32 } });
    assert_eq!(found, ["T.b: Removed: @4 u8 (1) => -"]);
    let found = two!({ pub struct T { a: u32, b: u8 } } { pub struct T { a: u32, c: u8 } });
    assert_eq!(found, ["T.b: Renamed: @4 b (1) => @4 c (1)"]);
    // Another type at the same place is another field.
    let found = two!({ pub struct T { a: u32, b: u8 } } { pub struct T { a: u32, c: i8 } });
    assert_eq!(found, ["T.b: Removed: @4 u8 (1) => -", "T.c: Added: - => @4 i8 (1)"]);
}

#[test]
fn a_public_field_becomes_private() {
    let private = |path: &str| format!("{path}: Private: public => private");
    let found = two!({ pub struct T { pub a: u32, b: u8 } } { pub struct T { a: u32, pub b: u8 } });
    assert_eq!(found, [private("T.a")]);
    let found = two!({ pub struct T(pub String); } { pub struct T(pub(crate) String); });
    assert_eq!(found, [private("T.0")]);
    let found = two!(
        { pub struct T(Vec<Part<u8>>); pub struct Part<P> { pub at: P } }
        { pub struct T(Vec<Part<u8>>); pub struct Part<P> { at: P } }
    );
    assert_eq!(found, [private("T.0[].at")]);
    // Nobody outside had the struct itself.
    let found = two!(
        { pub(crate) struct T { pub a: u32 } }
        { pub(crate) struct T { a: u32 } }
    );
    assert_eq!(found, [""; 0]);
    let found = two!({ pub enum T { A(u8), B } } { pub(crate) enum T { A(u8), B } });
    assert_eq!(found, [private("T::A.0")]);
    let found = two!({ pub(super) enum T { A { x: u8 } } } { pub enum T { A { x: u8 } } });
    assert_eq!(found, [""; 0]);
}

#[test]
fn what_hides_a_field_is_found_by_the_numbers_too() {
    mod v1 {
        #[hot::versioned]
        pub struct T(pub u8, Option<Box<T>>, pub Vec<Part<u8>>);
        #[hot::versioned]
        pub struct Part<P>(pub P);
    }
    mod v2 {
        #[hot::versioned]
        pub struct T(pub u8, Option<Box<T>>, Vec<Part<u8>>);
        #[hot::versioned]
        pub struct Part<P>(P);
    }
    let [v1, v2] = [described::<v1::T>(), described::<v2::T>()];
    for old in [&v1, &v2] {
        for new in [&v1, &v2] {
            let hash = |of: &(Tables, TypeName)| of.0.hash([&of.1].into_iter());
            assert_eq!(hash(old).layout, hash(new).layout);
            assert_eq!(hash(old).aside == hash(new).aside, std::ptr::eq(old, new));
            let hides = old.0.keep_apart(&new.0, [&old.1].into_iter());
            assert_eq!(hides, std::ptr::eq(old, &v1) && std::ptr::eq(new, &v2));
            assert_eq!(hides, !compare(old, new).is_empty());
            // Whoever is being loaded holds the newer types.
            let mut differ = Differ::new(&new.0, &old.0).for_newer();
            differ.add(&new.1, &old.1);
            assert_eq!(hides, !differ.finish().is_empty());
        }
    }
}

#[test]
fn fields_are_reordered() {
    let found = two!(
        { #[repr(C)] pub struct T { a: u32, b: u32 } }
        { #[repr(C)] pub struct T { b: u32, a: u32 } }
    );
    assert_eq!(
        found,
        ["T.a: Moved: @0 u32 (4) => @4 u32 (4)", "T.b: Moved: @4 u32 (4) => @0 u32 (4)"]
    );
    let found = two!({ pub struct T(u8, u16); } { pub struct T(u16, u8); });
    assert_eq!(
        found,
        ["T.0: Retyped: @2 u8 (1) => @0 u16 (2)", "T.1: Retyped: @0 u16 (2) => @2 u8 (1)"]
    );
}

#[test]
fn a_type_is_another() {
    let found = two!({ pub struct T { a: u32, b: u8 } } { pub struct T { a: f32, b: u8 } });
    assert_eq!(found, ["T.a: Retyped: @0 u32 (4) => @0 f32 (4)"]);
    // What follows from it is not said again: `c` moved, `T` grew, is not `Copy`, has to be dropped.
    let found = two!(
        { #[repr(C)] #[derive(Clone, Copy)] pub struct T { a: u8, c: u8 } }
        { #[repr(C)] pub struct T { a: String, c: u8 } }
    );
    assert_eq!(found, ["T.a: Retyped: @0 u8 (1) => @0 String (24)"]);
}

#[test]
fn paths_lead_through_containers() {
    let found = two!(
        { pub struct T { list: Vec<Option<Box<Part>>> } pub struct Part { pos: [Pos; 2] } pub struct Pos { x: f32, z: f32 } }
        { pub struct T { list: Vec<Option<Box<Part>>> } pub struct Part { pos: [Pos; 2] } pub struct Pos { x: f32, z: f64 } }
    );
    assert_eq!(found, ["T.list[]::Some.0.pos[].z: Retyped: @4 f32 (4) => @0 f64 (8)"]);
    let found = two!(
        { pub struct T { map: HashMap<u8, (u8, Vec<u16>)>, set: BTreeMap<u8, Arc<str>>, f: extern "C" fn(u8) -> u8 } }
        { pub struct T { map: HashMap<u16, (u8, Vec<u8>)>, set: BTreeMap<u8, Rc<str>>, f: extern "C" fn(u16) -> u32 } }
    );
    assert_eq!(
        found.iter().map(|line| line.split(" (").next().unwrap()).collect::<Vec<_>>(),
        [
            "T.map[key]: Retyped: u8",
            "T.set[]: Retyped: Arc<str>",
            "T.f(0): Retyped: u8",
            "T.f->: Retyped: u8",
            "T.map[].1[]: Retyped: u16",
        ]
    );
    let found = two!({ pub struct T { a: [u8; 4] } } { pub struct T { a: [u8; 8] } });
    assert_eq!(found, ["T.a: Retyped: @0 [u8; 4] (4) => @0 [u8; 8] (8)"]);
    let found = two!(
        { pub struct T { m: HashMap<u8, u8> } }
        { pub struct T { m: HashMap<u8, u8, std::hash::BuildHasherDefault<std::hash::DefaultHasher>> } }
    );
    assert!(found[0].starts_with("T.m[hasher]: Retyped: RandomState"), "{found:?}");
}

#[test]
fn variants_come_go_and_change() {
    let found = two!({ pub enum T { A, B(u8) } } { pub enum T { A, B(u8), C } });
    assert_eq!(found, ["T::C: VariantAdded: - => unit"]);
    let found = two!({ pub enum T { A, B(u8), C } } { pub enum T { A, B(u8) } });
    assert_eq!(found, ["T::C: VariantRemoved: unit => -"]);
    let found = two!({ pub enum T { A(u8), B(u8) } } { pub enum T { B(u8), A(u8) } });
    assert_eq!(found, ["T::B: VariantReordered: 1 => 0"]);
    let found = two!({ pub enum T { A = 1, B } } { pub enum T { A = 1, B = 5 } });
    assert_eq!(found, ["T::B: Discriminant: 2 => 5"]);
    let found = two!({ pub enum T { A(u8), B } } { pub enum T { A { x: u8 }, B } });
    assert_eq!(found, ["T::A: Form: tuple => struct", "T::A.0: Renamed: 0 (1) => x (1)"]);
    let found = two!({ pub enum T { A(u8), B } } { pub enum T { A(bool), B } });
    assert_eq!(found, ["T::A.0: Retyped: u8 (1) => bool (1)"]);
    let found = two!({ pub enum T { A { x: u8, y: u8 } } } { pub enum T { A { y: u8, x: u8 } } });
    assert_eq!(found, ["T::A.x: Moved: u8 (1) => u8 (1)", "T::A.y: Moved: u8 (1) => u8 (1)"]);
}

#[test]
fn what_a_type_promises() {
    let found = two!({ #[derive(Clone, Copy)] pub struct T { a: u8 } } { pub struct T { a: u8 } });
    assert_eq!(found, ["T: Copy: Copy => not Copy"]);
    let found =
        two!({ pub struct T { a: u8 } } { pub struct T { a: u8, b: PhantomData<*const ()> } });
    let lost = ["T: Send: Send => not Send", "T: Sync: Sync => not Sync"];
    assert_eq!(found[0], "T.b: Added: - => @1 PhantomData<*const ()> (0)");
    assert_eq!(found[1..], lost);
    let found =
        two!({ #[repr(C)] pub struct T { a: u8 } } { #[repr(C, align(1))] pub struct T { a: u8 } });
    assert_eq!(found, ["T: Repr: C => C,align(1)"]);
    let found = two!({ pub struct T; } { pub enum T {} });
    assert_eq!(found, ["T: Kind: a struct without fields => an enum"]);
}

#[test]
fn what_a_generic_type_promises_is_said_where_it_is_concrete() {
    let found = two!(
        { #[derive(Clone, Copy)] pub struct T { a: u8, b: [Two<G<u8>>; 2] }
          #[derive(Clone, Copy)] pub struct Two<X>(X); #[derive(Clone, Copy)] pub struct G<X>(X); }
        { pub struct T { a: u8, b: [Two<G<u8>>; 2] } pub struct Two<X>(X); pub struct G<X>(X); }
    );
    assert_eq!(found, ["T.b[].0: Copy: Copy => not Copy"]);
    // `T` itself is not `Copy` on either side; what is said elsewhere is not said again.
    let found = two!(
        { pub struct T { a: String, b: G<u8> } #[derive(Clone, Copy)] pub struct G<X>(X); }
        { pub struct T { a: String, b: G<u8> } pub struct G<X>(X); }
    );
    assert_eq!(found, ["T.b: Copy: Copy => not Copy"]);
    let found = two!(
        { #[derive(Clone, Copy)] pub struct T { b: G<u8> } #[derive(Clone, Copy)] pub struct G<X>(X); }
        { pub struct T { b: G<u8> } pub struct G<X>(X, u16); }
    );
    assert_eq!(found, ["T.b.1: Added: - => @0 u16 (2)", "T.b: Copy: Copy => not Copy"]);
    // Nothing concrete is around them.
    let found = two!(
        { pub struct T { a: Vec<G<u8>>, b: Option<Box<P<u16>>> }
          pub struct G<X>(Vec<P<X>>); #[derive(Clone, Copy)] pub struct P<X>(X); }
        { pub struct T { a: Vec<G<u8>>, b: Option<Box<P<u16>>> }
          pub struct G<X>(Vec<P<X>>); pub struct P<X>(X); }
    );
    let lost = |path: &str| format!("{path}: Copy: Copy => not Copy");
    assert_eq!(found, [lost("T.b::Some.0"), lost("T.a[].0[]")]);
}

#[test]
fn drop_and_what_it_is_in() {
    mod v1 {
        #[hot::versioned]
        pub struct T {
            pub inner: Inner,
        }
        #[hot::versioned]
        pub struct Inner(pub u8);
    }
    mod v2 {
        #[hot::versioned]
        pub struct T {
            pub inner: Inner,
        }
        #[hot::versioned]
        pub struct Inner(pub u8);
        impl Drop for Inner {
            fn drop(&mut self) {}
        }
    }
    let found = compare(&described::<v1::T>(), &described::<v2::T>());
    // Once, where it arises.
    assert_eq!(found, ["T.inner: Drop: dropped without code => dropped by code"]);
}

#[test]
fn invariants_lifetimes_generics() {
    mod v1 {
        #[hot::versioned(invariants = 1)]
        pub struct T<'a, 'b> {
            pub at: *const u8,
            pub a: &'a str,
            pub b: &'b str,
        }
        #[hot::versioned]
        pub struct G<X: Clone>(pub X, pub u8);
    }
    mod v2 {
        #[hot::versioned(invariants = 2)]
        pub struct T<'x, 'y: 'x> {
            pub at: *const u8,
            pub a: &'x str,
            pub b: &'static str,
            pub _c: std::marker::PhantomData<&'y ()>,
        }
        #[hot::versioned]
        pub struct G<X>(pub X, pub u16);
    }
    let found = compare(&described::<v1::T<'_, '_>>(), &described::<v2::T<'_, '_>>());
    assert_eq!(
        found,
        [
            "T: Generics: 'l0 , 'l1 => 'l0 , 'l1 : 'l0",
            "T: Invariants: 1 => 2",
            "T.b: Lifetimes: b => none but 'static",
            "T._c: Added: - => @40 PhantomData<&()> (0)",
        ]
    );
    let found = compare(&described::<v1::G<u8>>(), &described::<v2::G<u8>>());
    assert_eq!(found[0], "G: Generics: X : Clone => X");
    assert!(found[1].starts_with("G.1: Retyped: "), "{found:?}");
    assert_eq!(found.len(), 2);
    let found = compare(&described::<v1::G<u8>>(), &described::<v2::G<u16>>());
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("G<u8> (2) => ") && found[0].contains("G<u16>"), "{found:?}");
}

#[test]
fn opaque_types_have_a_spelling_and_a_size() {
    mod v1 {
        pub struct Foreign(u8);
        #[hot::versioned]
        pub struct T {
            #[hot(unsafe(opaque))]
            a: Foreign,
            #[hot(unsafe(opaque(Foreign)))]
            b: Vec<Foreign>,
        }
    }
    mod v2 {
        pub struct Foreign(u16);
        pub struct Other(u8);
        #[hot::versioned]
        pub struct T {
            #[hot(unsafe(opaque))]
            a: Foreign,
            #[hot(unsafe(opaque(Other)))]
            b: Vec<Other>,
        }
    }
    let found = compare(&described::<v1::T>(), &described::<v2::T>());
    assert_eq!(
        found,
        [
            "T.a: Resized: @24 opaque Foreign (1) => @24 opaque Foreign (2)",
            "T.b[]: Retyped: opaque Foreign (1) => opaque Other (1)"
        ]
    );
}

mod traits {
    pub mod v1 {
        #[hot::versioned]
        pub trait Base {}
        #[hot::versioned]
        pub trait Shape: Send {
            fn area(&self, by: u8) -> f32;
            fn name<'a>(&'a self, other: &str) -> &'a str;
            fn gone(&self);
        }
    }
    pub mod v2 {
        #[hot::versioned]
        pub trait Base {}
        /// # Safety
        /// None needed.
        #[hot::versioned]
        pub unsafe trait Shape: Base {
            fn name(&self, other: &'static str) -> &str;
            unsafe fn area(&self, by: u16) -> f32;
            fn extra(&mut self);
            fn not_in_the_vtable()
            where
                Self: Sized,
            {
            }
        }
    }
}

#[test]
fn a_trait_has_methods_in_an_order() {
    use hot_rt::rt::versioned::VersionedTrait;
    fn object<T: VersionedTrait + ?Sized>() -> (Tables, TypeName) {
        of_bytes(&Describe::all([T::describe as fn(&mut Describe)]).bytes)
    }
    let old = object::<dyn traits::v1::Shape + Send>();
    let new = object::<dyn traits::v2::Shape + Send>();
    assert_eq!(old.1.to_string(), "dyn hot_host::judge::layout::tests::traits::Shape + Send");
    let found = compare(&old, &new);
    let expected = [
        ": Safety: a safe trait => an unsafe one",
        ": Generics: : Send => : Base",
        ".dyn Send: Removed: dyn Send (0) => -",
        ".dyn hot_host::judge::layout::tests::traits::Base: Added: - => dyn hot_host::judge::layout::tests::traits::Base (0)",
        "::area(): Form: self: &Self (a) => unsafe self: &Self (a)",
        "::name(): VariantReordered: 1 => 0",
        "::name().0: Lifetimes: b => none but 'static",
        "::gone(): VariantRemoved: self: &Self (a) => -",
        "::extra(): VariantAdded: - => self: &mut Self (a)",
        "::area().0: Retyped: u8 (1) => u16 (2)",
    ];
    assert_eq!(found, expected.map(|line| format!("Shape{line}")));
    assert_ne!(old.1.id, object::<dyn traits::v1::Shape>().1.id);
}

#[test]
fn generic_definitions_are_compared_as_they_are_spelled() {
    // As in a manifest: without the types that they become.
    fn only_generic<T: Versioned>() -> (Tables, TypeName) {
        let manifest = Manifest::parse(section()).unwrap();
        let mut found = Manifest::default();
        let own = described::<T>().1;
        found.generics = manifest.generics;
        found.generics.retain(|generic| generic.name.path.contains(T::REF.path));
        as_one_version(&mut found);
        (Tables::of_manifest(&found).unwrap(), own)
    }
    mod v1 {
        #[hot::versioned]
        pub struct GenericOfTest<T>(Option<T>, std::vec::Vec<T>);
    }
    mod v2 {
        #[hot::versioned]
        pub struct GenericOfTest<T>(Box<T>, Vec<T>);
    }
    let old = only_generic::<v1::GenericOfTest<u8>>();
    let new = only_generic::<v2::GenericOfTest<u8>>();
    assert_eq!(compare(&old, &old), [""; 0]);
    assert_eq!(compare(&old, &new), ["GenericOfTest.0: Retyped: Option<T> => Box<T>"]);
    assert!(!old.0.is_complete(&old.1));
}

#[test]
fn a_handle_says_whether_its_value_may_go_to_other_threads() {
    mod v1 {
        use std::sync::Arc;
        #[hot::versioned]
        pub struct World(Arc<u8>, u8);
        #[hot::versioned]
        pub struct Grid<T>(Option<Arc<T>>, Option<Box<Grid<T>>>);
        #[hot::versioned]
        pub trait Shape: Send {}
        #[hot::versioned]
        pub struct Row<T>(T, hot::Dyn<dyn Shape>);
    }
    mod v2 {
        use std::{rc::Rc, sync::Arc};
        #[hot::versioned]
        pub struct World(Rc<u8>);
        #[hot::versioned]
        pub struct Grid<T>(Arc<T>, Option<Rc<Grid<T>>>);
        #[hot::versioned]
        pub trait Shape: Sync {}
        #[hot::versioned]
        pub struct Row<T>(T, hot::Dyn<dyn Shape>);
    }
    use hot::Live;
    let found = compare(&described::<Live<v1::World>>(), &described::<Live<v2::World>>());
    let both = |path: &str| {
        [format!("{path}: Send: Send => not Send"), format!("{path}: Sync: Sync => not Sync")]
    };
    assert_eq!(found, both("Live<World>"));
    let found = compare(&described::<Live<v1::Grid<u8>>>(), &described::<Live<v2::Grid<u8>>>());
    assert_eq!(found, both("Live<Grid<u8>>"));
    let found = compare(&described::<Live<v1::Row<u8>>>(), &described::<Live<v2::Row<u8>>>());
    let other_way = "Live<Row<u8>>: Sync: not Sync => Sync".to_owned();
    assert_eq!(found, [both("Live<Row<u8>>")[0].clone(), other_way]);
    let found = compare(
        &described::<Live<v1::Grid<*const u8>>>(),
        &described::<Live<v2::Grid<*const u8>>>(),
    );
    assert_eq!(found, [""; 0]);
}
