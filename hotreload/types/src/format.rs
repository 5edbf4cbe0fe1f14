//! What docs/layout-format.md says is what is written.

use core::mem::offset_of;

use crate::__laid;
use crate::rt::versioned::{
    Facts, Field, Form, Hasher, Moves, PlainField, Table, TypeKind, TypeRef, Versioned, Whole,
};

const PAGE: &str = include_str!("../../docs/layout-format.md");

/// The hash of the page and of the writer.
const FORMAT: u128 = 0xb254_26ea_7b00_3e98_9c22_d7d1_a0f1_af91;

#[test]
fn a_change_of_the_format_is_a_decision() {
    let mut hasher = Hasher::new();
    let writer = [
        include_str!("table.rs"),
        include_str!("table/field.rs"),
        include_str!("table/generic.rs"),
        include_str!("facts.rs"),
        include_str!("type_ref.rs"),
        include_str!("writer.rs"),
        include_str!("../../../hotreload-macros/src/versioned/laid.rs"),
    ];
    for text in [PAGE].into_iter().chain(writer) {
        // However the files were checked out.
        hasher.text(&text.replace("\r\n", "\n"));
    }
    let now = hasher.digest();
    assert!(
        now == FORMAT,
        "the layout format's page or writer was edited. If the bytes mean something else now, raise \
         `FORMAT` in rt/src/manifest.rs. Then write {now:#034x} here"
    );
}

/// The cell beside another in one of the page's tables.
fn beside(first: &str) -> &'static str {
    let start = format!("| {first} | ");
    let line = PAGE.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no line {first}")).trim_end_matches(" |")
}

#[test]
fn the_page_has_the_hashes() {
    let bytes: Vec<u8> = (0..16).collect();
    for length in [0, 1, 8, 15] {
        let mut hasher = Hasher::new();
        hasher.bytes(&bytes[..length]);
        assert_eq!(format!("{:032x}", hasher.digest()), beside(&length.to_string()));
    }
    let world = TypeRef::new("p", "0.3", "p::World", const { &[u8::REF] });
    for (name, id) in [
        ("`u8`", u8::REF.id()),
        ("`Vec<u8>`", <Vec<u8>>::REF.id()),
        ("`[u8; 3]`", <[u8; 3]>::REF.id()),
        ("`&mut str`", <&mut str>::REF.id()),
        ("`p::World<u8>` of p 0.3", world.id()),
    ] {
        assert_eq!(format!("{id:032x}"), beside(name), "{name}");
    }
}

#[allow(dead_code, reason = "only its record is looked at")]
#[derive(Clone, Copy)]
struct World(u8);

// SAFETY: never used but for its record; it is as the macro would write it in a crate p.
unsafe impl Versioned for World {
    const REF: &'static TypeRef = &TypeRef::new("p", "1", "p::World", &[]);
    const TABLE: &'static Table = &Table {
        fields: &[Field(
            __laid!(
                text "0", u8 0, text "", text "u8"
            ),
            offset_of!(Self, 0),
            <u8 as PlainField>::OF,
        )],
        ..Table::of::<Self>(
            TypeKind::Tuple,
            crate::__facts!(Self),
            __laid!(text "", text "", u64 0, text ""),
        )
    };
    type Lifetimes = ();
    type Parts = ();
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Struct { fields: &[u8::moves], said: &[] });
}

#[test]
fn the_page_has_a_record() {
    let (_, record) = PAGE.split_once("```text\n").unwrap();
    let record: String = record.split("```").next().unwrap().split_whitespace().collect();
    let written: String =
        World::TABLE.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(written, record);
    const TABLE: Table = *World::TABLE;
    assert_eq!(TABLE.encode::<{ TABLE.size() }>().to_vec(), World::TABLE.to_bytes());
    assert_eq!(Facts::KNOWN | Facts::COPY | Facts::SEND | Facts::SYNC | Facts::UNPIN, 31);
}
