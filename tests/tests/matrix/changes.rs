//! The table of changes. `$struct` and `$enum` are versioned and have `Debug`; `{crate}` is the crate
//! that has the type.

/// Name, old and new form, reasons.
pub(crate) type Change = (&'static str, [&'static str; 2], [&'static str; 2], &'static [Reason]);
/// A code, and the message where code is in the way.
pub(crate) type Reason = (&'static str, &'static str);

pub(crate) const CHANGES: &[Change] = &[
    (
        "Same",
        ["$struct Same { a: u32, b: Vec<String> }", "Same { a: 1, b: vec![\"b\".into()] }"],
        ["$struct Same { a: u32, b: Vec<String> }", "Same { a: 2, b: vec![] }"],
        &[],
    ),
    (
        "Respelled",
        ["$struct Respelled { a: u32, b: Vec<u8> }", "Respelled { a: 1, b: vec![1] }"],
        [
            "type Number = u32;
             /// Another derive, a method. Who may see a field is no spelling.
             #[derive(Clone)] $struct Respelled { a: Number, b: std::vec::Vec<u8> }
             impl Respelled { pub fn more(&self) -> u32 { self.a + 1 } }",
            "Respelled { a: 2, b: vec![] }.clone()",
        ],
        &[],
    ),
    (
        // Without `repr(C)` these two are where rustc wants them: at the same offsets.
        "Rearranged",
        ["$struct Rearranged { a: u64, b: u8 }", "Rearranged { a: 1, b: 2 }"],
        ["$struct Rearranged { b: u8, a: u64 }", "Rearranged { a: 1, b: 2 }"],
        &[],
    ),
    // Fields
    (
        "Reordered",
        ["#[repr(C)] $struct Reordered { a: u32, b: u64 }", "Reordered { a: 1, b: 2 }"],
        ["#[repr(C)] $struct Reordered { b: u64, a: u32 }", "Reordered { a: 1, b: 2 }"],
        &[
            ("HOT0313", "the field `Reordered.a` is at another place"),
            ("HOT0313", "the field `Reordered.b` is at another place"),
        ],
    ),
    (
        "Swapped",
        ["#[repr(C)] $struct Swapped { a: u32, b: u32 }", "Swapped { a: 1, b: 2 }"],
        ["#[repr(C)] $struct Swapped { b: u32, a: u32 }", "Swapped { a: 1, b: 2 }"],
        &[
            ("HOT0313", "the field `Swapped.a` is at another place"),
            ("HOT0313", "the field `Swapped.b` is at another place"),
        ],
    ),
    (
        "Added",
        ["$struct Added { a: u32 }", "Added { a: 1 }"],
        ["$struct Added { a: u32, b: u32 }", "Added { a: 1, b: 2 }"],
        &[("HOT0310", "the field `Added.b` was added")],
    ),
    (
        "AddedInPadding",
        ["#[repr(C)] $struct AddedInPadding { a: u8, c: u32 }", "AddedInPadding { a: 1, c: 3 }"],
        [
            "#[repr(C)] $struct AddedInPadding { a: u8, b: u8, c: u32 }",
            "AddedInPadding { a: 1, b: 2, c: 3 }",
        ],
        &[("HOT0310", "the field `AddedInPadding.b` was added")],
    ),
    (
        "Removed",
        ["$struct Removed { a: u32, b: String }", "Removed { a: 1, b: \"b\".into() }"],
        ["$struct Removed { a: u32 }", "Removed { a: 1 }"],
        &[("HOT0311", "the field `Removed.b` was removed")],
    ),
    (
        "Renamed",
        ["$struct Renamed { a: u32, heat: f32 }", "Renamed { a: 1, heat: 0.5 }"],
        ["$struct Renamed { a: u32, warmth: f32 }", "Renamed { a: 1, warmth: 0.5 }"],
        &[("HOT0312", "the field `Renamed.heat` is called `warmth` now")],
    ),
    (
        "Float",
        ["$struct Float { a: u32 }", "Float { a: 1 }"],
        ["$struct Float { a: f32 }", "Float { a: 1.0 }"],
        &[("HOT0314", "`Float.a` has another type: `u32` became `f32`")],
    ),
    (
        "Widened",
        ["#[repr(C)] $struct Widened { a: u32, b: u64 }", "Widened { a: 1, b: 2 }"],
        ["#[repr(C)] $struct Widened { a: u64, b: u64 }", "Widened { a: 1, b: 2 }"],
        &[("HOT0314", "`Widened.a` has another type: `u32` became `u64`")],
    ),
    (
        "NicheOfBool",
        ["$struct NicheOfBool { a: bool }", "NicheOfBool { a: true }"],
        ["$struct NicheOfBool { a: u8 }", "NicheOfBool { a: 2 }"],
        &[("HOT0314", "`NicheOfBool.a` has another type: `bool` became `u8`")],
    ),
    (
        "NicheOfZero",
        [
            "$struct NicheOfZero { a: std::num::NonZero<u32> }",
            "NicheOfZero { a: std::num::NonZero::<u32>::MIN }",
        ],
        ["$struct NicheOfZero { a: u32 }", "NicheOfZero { a: 0 }"],
        &[("HOT0314", "`NicheOfZero.a` has another type: `NonZero<u32>` became `u32`")],
    ),
    (
        "NicheWithin",
        ["$struct Flag { a: bool } $struct NicheWithin { f: Flag }", "NicheWithin { f: Flag { a: true } }"],
        ["$struct Flag { a: u8 } $struct NicheWithin { f: Flag }", "NicheWithin { f: Flag { a: 2 } }"],
        &[("HOT0314", "`NicheWithin.f.a` has another type: `bool` became `u8`")],
    ),
    (
        "OpaqueNiche",
        [
            "#[derive(Debug)] pub struct Foreign(std::num::NonZero<u32>);
             $struct OpaqueNiche { #[hot(unsafe(opaque))] a: Foreign }",
            "OpaqueNiche { a: Foreign(std::num::NonZero::<u32>::MIN) }",
        ],
        [
            "#[derive(Debug)] pub struct Foreign(u32);
             $struct OpaqueNiche { #[hot(unsafe(opaque))] a: Foreign }",
            "OpaqueNiche { a: Foreign(0) }",
        ],
        &[("HOT0315", "`OpaqueNiche` has another size, alignment or niche")],
    ),
    (
        "OpaqueGrown",
        [
            "#[derive(Debug)] pub struct Grown(u32);
             $struct OpaqueGrown { #[hot(unsafe(opaque))] a: Grown }",
            "OpaqueGrown { a: Grown(1) }",
        ],
        [
            "#[derive(Debug)] pub struct Grown(u32, u32);
             $struct OpaqueGrown { #[hot(unsafe(opaque))] a: Grown }",
            "OpaqueGrown { a: Grown(1, 2) }",
        ],
        &[("HOT0315", "`OpaqueGrown.a` has another size, alignment or niche")],
    ),
    (
        "Alias",
        ["type Id = u32; $struct Alias { id: Id }", "Alias { id: 1 }"],
        ["type Id = f32; $struct Alias { id: Id }", "Alias { id: 1.0 }"],
        &[("HOT0314", "`Alias.id` has another type: `u32` became `f32`")],
    ),
    (
        "Units",
        [
            "$struct Metres(f32); $struct Feet(f32); $struct Units { a: Metres }",
            "Units { a: Metres(1.0) }",
        ],
        [
            "$struct Metres(f32); $struct Feet(f32); $struct Units { a: Feet }",
            "Units { a: Feet(1.0) }",
        ],
        &[(
            "HOT0314",
            "`Units.a` has another type: `{crate}::Metres` became `{crate}::Feet`",
        )],
    ),
    (
        "Length",
        ["$struct Length { a: [u32; 2] }", "Length { a: [1, 2] }"],
        ["$struct Length { a: [u32; 3] }", "Length { a: [1, 2, 3] }"],
        &[("HOT0314", "`Length.a` has another type: `[u32; 2]` became `[u32; 3]`")],
    ),
    (
        "Hasher",
        [
            "$struct Hasher { map: std::collections::HashMap<u8, u8> }",
            "Hasher { map: [(1, 2)].into() }",
        ],
        [
            "use std::hash::{BuildHasherDefault, DefaultHasher};
             $struct Hasher {
                 map: std::collections::HashMap<u8, u8, BuildHasherDefault<DefaultHasher>>
             }",
            "Hasher { map: [(1, 2)].into_iter().collect() }",
        ],
        &[(
            "HOT0314",
            "`Hasher.map[hasher]` has another type: `RandomState` became \
             `BuildHasherDefault<DefaultHasher>`",
        )],
    ),
    // Variants
    (
        "VariantAdded",
        ["$enum VariantAdded { A, B }", "VariantAdded::B"],
        ["$enum VariantAdded { A, B, C }", "VariantAdded::C"],
        &[("HOT0316", "`VariantAdded::C` was added")],
    ),
    (
        "VariantRemoved",
        ["$enum VariantRemoved { A, B, C }", "VariantRemoved::C"],
        ["$enum VariantRemoved { A, B }", "VariantRemoved::B"],
        &[("HOT0317", "`VariantRemoved::C` was removed")],
    ),
    (
        "VariantsReordered",
        ["$enum VariantsReordered { A(u32), B(u32) }", "VariantsReordered::B(1)"],
        ["$enum VariantsReordered { B(u32), A(u32) }", "VariantsReordered::B(1)"],
        &[("HOT0318", "`VariantsReordered::B` is in another place")],
    ),
    (
        "VariantsShifted",
        ["$enum VariantsShifted { A, B }", "VariantsShifted::A"],
        ["$enum VariantsShifted { New, A, B }", "VariantsShifted::A"],
        &[
            ("HOT0316", "`VariantsShifted::New` was added"),
            ("HOT0318", "`VariantsShifted::A` has another value: 0 became 1"),
            ("HOT0318", "`VariantsShifted::B` has another value: 1 became 2"),
        ],
    ),
    (
        "Discriminant",
        ["$enum Discriminant { A = 1, B = 2 }", "Discriminant::B"],
        ["$enum Discriminant { A = 1, B = 5 }", "Discriminant::B"],
        &[("HOT0318", "`Discriminant::B` has another value: 2 became 5")],
    ),
    (
        "PayloadForm",
        ["$enum PayloadForm { A, B(u32) }", "PayloadForm::A"],
        ["$enum PayloadForm { A(u32), B(u32) }", "PayloadForm::A(1)"],
        &[
            ("HOT0319", "`PayloadForm::A` has another form: `unit` became `tuple`"),
            ("HOT0310", "the field `PayloadForm::A.0` was added"),
        ],
    ),
    (
        "PayloadType",
        ["$enum PayloadType { A(u32), B }", "PayloadType::A(1)"],
        ["$enum PayloadType { A(f32), B }", "PayloadType::A(1.0)"],
        &[("HOT0314", "`PayloadType::A.0` has another type: `u32` became `f32`")],
    ),
    (
        "PayloadField",
        ["$enum PayloadField { A { x: u32 }, B }", "PayloadField::A { x: 1 }"],
        ["$enum PayloadField { A { x: u32, y: u32 }, B }", "PayloadField::A { x: 1, y: 2 }"],
        &[("HOT0310", "the field `PayloadField::A.y` was added")],
    ),
    // The whole type
    (
        "StructToEnum",
        ["$struct StructToEnum { a: u32 }", "StructToEnum { a: 1 }"],
        ["$enum StructToEnum { A { a: u32 } }", "StructToEnum::A { a: 1 }"],
        &[("HOT0320", "`StructToEnum` was a struct with named fields and is an enum")],
    ),
    (
        "NamedToTuple",
        ["$struct NamedToTuple { a: u32 }", "NamedToTuple { a: 1 }"],
        ["$struct NamedToTuple(u32);", "NamedToTuple(1)"],
        &[("HOT0320", "`NamedToTuple` was a struct with named fields and is a tuple struct")],
    ),
    (
        "ReprLost",
        ["#[repr(C)] $struct ReprLost { a: u32, b: u32 }", "ReprLost { a: 1, b: 2 }"],
        ["$struct ReprLost { a: u32, b: u32 }", "ReprLost { a: 1, b: 2 }"],
        &[("HOT0321", "`ReprLost` has another repr: `C` became `Rust`")],
    ),
    (
        "ReprOfEnum",
        ["#[repr(u8)] $enum ReprOfEnum { A, B }", "ReprOfEnum::A"],
        ["#[repr(u16)] $enum ReprOfEnum { A, B }", "ReprOfEnum::A"],
        &[("HOT0321", "`ReprOfEnum` has another repr: `u8` became `u16`")],
    ),
    (
        "Argument",
        [
            "$struct Grid<T> { cells: Vec<T> } $struct Argument { grid: Grid<u32> }",
            "Argument { grid: Grid { cells: vec![1] } }",
        ],
        [
            "$struct Grid<T> { cells: Vec<T> } $struct Argument { grid: Grid<u64> }",
            "Argument { grid: Grid { cells: vec![1] } }",
        ],
        &[(
            "HOT0314",
            "`Argument.grid` has another type: `{crate}::Grid<u32>` became `{crate}::Grid<u64>`",
        )],
    ),
    (
        "Arity",
        [
            "$struct Pair<T> { left: T } $struct Arity { pair: Pair<u32> }",
            "Arity { pair: Pair { left: 1 } }",
        ],
        [
            "$struct Pair<T, U> { left: T, right: U } $struct Arity { pair: Pair<u32, u8> }",
            "Arity { pair: Pair { left: 1, right: 2 } }",
        ],
        &[(
            "HOT0314",
            "`Arity.pair` has another type: `{crate}::Pair<u32>` became `{crate}::Pair<u32, u8>`",
        )],
    ),
    (
        "Bounds",
        [
            "$struct Bounded<T> { of: T } $struct Bounds { inner: Bounded<u32> }",
            "Bounds { inner: Bounded { of: 1 } }",
        ],
        [
            "$struct Bounded<T: Copy> { of: T } $struct Bounds { inner: Bounded<u32> }",
            "Bounds { inner: Bounded { of: 1 } }",
        ],
        &[("HOT0322", "`Bounds.inner` has other parameters or bounds")],
    ),
    (
        "GenericBody",
        [
            "$struct Body<T> { of: T } $struct GenericBody { body: Body<u32> }",
            "GenericBody { body: Body { of: 1 } }",
        ],
        [
            "$struct Body<T> { of: T, more: u8 } $struct GenericBody { body: Body<u32> }",
            "GenericBody { body: Body { of: 1, more: 2 } }",
        ],
        &[("HOT0310", "the field `GenericBody.body.more` was added")],
    ),
    (
        "DropAdded",
        ["$struct DropAdded { a: u32 }", "DropAdded { a: 1 }"],
        [
            "$struct DropAdded { a: u32 } impl Drop for DropAdded { fn drop(&mut self) {} }",
            "DropAdded { a: 1 }",
        ],
        &[(
            "HOT0325",
            "`DropAdded` is dropped in another way: dropped without code became dropped by code",
        )],
    ),
    (
        "CopyLost",
        ["#[derive(Clone, Copy)] $struct CopyLost { a: u32 }", "CopyLost { a: 1 }"],
        ["#[derive(Clone)] $struct CopyLost { a: u32 }", "CopyLost { a: 1 }.clone()"],
        &[("HOT0326", "`CopyLost` was Copy and is not Copy")],
    ),
    (
        "SendLost",
        [
            "#[hot::versioned(invariants = 1)] #[derive(Debug)] pub struct SendLost { a: *const u8 }
             unsafe impl Send for SendLost {}",
            "SendLost { a: std::ptr::null() }",
        ],
        [
            "#[hot::versioned(invariants = 1)] #[derive(Debug)] pub struct SendLost { a: *const u8 }",
            "SendLost { a: std::ptr::null() }",
        ],
        &[("HOT0326", "`SendLost` was Send and is not Send")],
    ),
    (
        "SendLostByField",
        [
            "$struct SendLostByField { a: std::sync::Arc<u32> }",
            "SendLostByField { a: std::sync::Arc::new(1) }",
        ],
        [
            "$struct SendLostByField { a: std::rc::Rc<u32> }",
            "SendLostByField { a: std::rc::Rc::new(1) }",
        ],
        &[("HOT0314", "`SendLostByField.a` has another type: `Arc<u32>` became `Rc<u32>`")],
    ),
    (
        "SyncLost",
        [
            "#[hot::versioned(invariants = 1)] #[derive(Debug)] pub struct SyncLost { a: *const u8 }
             unsafe impl Send for SyncLost {} unsafe impl Sync for SyncLost {}",
            "SyncLost { a: std::ptr::null() }",
        ],
        [
            "#[hot::versioned(invariants = 1)] #[derive(Debug)] pub struct SyncLost { a: *const u8 }
             unsafe impl Send for SyncLost {}",
            "SyncLost { a: std::ptr::null() }",
        ],
        &[("HOT0326", "`SyncLost` was Sync and is not Sync")],
    ),
    (
        "Invariants",
        [
            "#[hot::versioned(invariants = 1)] #[derive(Debug)] pub struct Invariants { sorted: Vec<u8> }",
            "Invariants { sorted: vec![1, 2] }",
        ],
        [
            "#[hot::versioned(invariants = 2)] #[derive(Debug)] pub struct Invariants { sorted: Vec<u8> }",
            "Invariants { sorted: vec![2, 1] }",
        ],
        &[("HOT0324", "`Invariants` promises something else: its `invariants` were 1 and are 2")],
    ),
    (
        "Lifetime",
        [
            "$struct Text<'a> { text: &'a str, also: &'a str }
             $struct Lifetime { inner: Text<'static> }",
            "Lifetime { inner: Text { text: \"a\", also: \"b\" } }",
        ],
        [
            "$struct Text<'a> { text: &'a str, also: &'static str }
             $struct Lifetime { inner: Text<'static> }",
            "Lifetime { inner: Text { text: \"a\", also: \"b\" } }",
        ],
        &[("HOT0323", "`Lifetime.inner.also` has other lifetimes")],
    ),
    // Behind other types
    (
        "Deep",
        [
            "$struct Innermost { x: f32 } $struct Middle { inner: Innermost }
             $struct Deep { middle: Middle }",
            "Deep { middle: Middle { inner: Innermost { x: 1.0 } } }",
        ],
        [
            "$struct Innermost { x: f32, z: f32 } $struct Middle { inner: Innermost }
             $struct Deep { middle: Middle }",
            "Deep { middle: Middle { inner: Innermost { x: 1.0, z: 2.0 } } }",
        ],
        &[("HOT0310", "the field `Deep.middle.inner.z` was added")],
    ),
    (
        "Tree",
        [
            "$struct Tree { kids: Vec<Tree>, a: u32 }",
            "Tree { kids: vec![Tree { kids: vec![], a: 2 }], a: 1 }",
        ],
        ["$struct Tree { kids: Vec<Tree>, a: u32, b: u32 }", "Tree { kids: vec![], a: 1, b: 2 }"],
        &[("HOT0310", "the field `Tree.b` was added")],
    ),
    (
        "OfParts",
        [
            "$struct OfParts { parts: Vec<mx_parts::Part> }",
            "OfParts { parts: vec![mx_parts::part()] }",
        ],
        [
            "$struct OfParts { parts: Vec<mx_parts::Part> }",
            "OfParts { parts: vec![mx_parts::part()] }",
        ],
        &[("HOT0310", "the field `OfParts.parts[].z` was added")],
    ),
    (
        "OfTrait",
        [
            "#[hot::versioned] pub trait Shape: Send + Sync { fn area(&self) -> f32; }
             impl Shape for f32 { fn area(&self) -> f32 { *self } }
             $struct OfTrait { shape: hot::Dyn<dyn Shape> }",
            "OfTrait { shape: hot::Dyn::new(Box::new(1.0)) }",
        ],
        [
            "#[hot::versioned] pub trait Shape: Send + Sync { fn area(&self) -> f32; fn grow(&mut self); }
             impl Shape for f32 { fn area(&self) -> f32 { *self } fn grow(&mut self) {} }
             $struct OfTrait { shape: hot::Dyn<dyn Shape> }",
            "OfTrait { shape: hot::Dyn::new(Box::new(1.0)) }",
        ],
        &[("HOT0327", "the method `OfTrait.shape::grow()` was added")],
    ),
];
