use super::{types::Said, *};

use hot_rt::rt::{
    manifest as writer,
    versioned::{Describe, Facts, Generic, GenericVariant, TypeKind, TypeRef, Versioned},
};

const FUNCTION: writer::Function = writer::Function {
    package: "p",
    version: "1.2.3",
    path: "p::m::f",
    exported: true,
    is_unsafe: false,
    abi: "Rust",
    display: "fn(&str) -> u32",
    types: &[
        writer::Type::of::<&str>("&str", "a", <&str as Versioned>::REF),
        writer::Type::of::<u32>("u32", "", u32::REF),
    ],
    tokens: 7,
};
const HEADER: writer::Header = writer::Header {
    package: "p",
    version: "1.2.3",
    crate_name: "p",
    manifest_dir: "somewhere",
    features: 5,
    forwards_allocation: true,
};

#[hot::versioned]
#[repr(i8)]
#[allow(dead_code, reason = "only its records are looked at")]
enum Outer {
    First(Vec<(u8, [String; 2])>) = -1,
    Second { inner: Option<Box<Outer>> },
}
const GENERIC_OUTER: Generic = Generic {
    ty: &TypeRef::new("p", "1", "p::m::Outer", &[]),
    laid: hot_rt::__laid!(
        u8 TypeKind::Enum as u8, text "C", text "T : Clone", u64 3, text "Older",
        u32 1, text "field", u8 31, text "old", text "a", text "&T"
    ),
    variants: &[GenericVariant {
        head: hot_rt::__laid!(text "V", text "tuple", u8 3, text "W"),
        discriminant: Some(i128::MIN),
        fields: hot_rt::__laid!(u32 1, text "0", u8 4, text "", text "Vec<T>"),
    }],
};

#[allow(dead_code, reason = "only its record is looked at")]
#[hot::versioned]
struct Borrows<'a>(&'a str);

fn section() -> Vec<u8> {
    let mut bytes = vec![0; 3];
    bytes.extend(FUNCTION.encode::<{ FUNCTION.size() }>());
    bytes.extend([0; 5]);
    bytes.extend(HEADER.encode::<{ HEADER.size() }>());
    bytes.extend(Describe::all([Outer::describe, Borrows::describe]).bytes);
    bytes.extend(GENERIC_OUTER.encode::<{ GENERIC_OUTER.size() }>());
    bytes.extend([0; 9]);
    bytes
}

#[test]
fn what_an_author_says_of_fields_and_variants_is_read_back() {
    let manifest = Manifest::parse(&section()).unwrap();
    let outer = manifest.generics.iter().find(|of| of.name.path == "p::m::Outer").unwrap();
    assert_eq!(outer.renamed_from, "Older");
    let [field] = &outer.fields[..] else { panic!("one field") };
    let Said { has_default, has_conversion, stays, renamed_from } = &field.said;
    assert!(field.is_public && *has_default && *has_conversion && *stays);
    assert_eq!((renamed_from.as_str(), field.spelling.as_str()), ("old", "&T"));
    let [variant] = &outer.variants[..] else { panic!("one variant") };
    assert_eq!((variant.renamed_from.as_str(), variant.discriminant), ("W", Some(i128::MIN)));
    let converted = Said { has_conversion: true, ..Said::default() };
    assert_eq!((variant.fields[0].is_public, &variant.fields[0].said), (false, &converted));
}

#[test]
fn what_is_written_is_read_back_through_padding() {
    let manifest = Manifest::of_section(section(), &|_, _| None).unwrap();
    let function = &manifest.items[0];
    assert_eq!((function.path.as_str(), function.crate_name()), ("p::m::f", "p"));
    assert_eq!(&*function.types[0].name, "&str");
    assert_eq!((function.types[0].size, function.types[0].option_size), (16, 16));
    assert_eq!(&*function.types[1].lifetimes, "");
    assert_eq!(function.tokens, 7);
    let records: Vec<_> = manifest.records().collect();
    assert_eq!(records, [FUNCTION.encode::<{ FUNCTION.size() }>()]);
    let header = &manifest.headers[0];
    assert_eq!((header.features, header.forwards_allocation), (5, true));
    assert_eq!(header.is_static, hot_rt::rt::STATIC);
    assert_eq!(header.target, hot_rt::rt::fingerprint::TARGET);
}

#[test]
fn types_are_read_back() {
    let manifest = Manifest::parse(&section()).unwrap();
    let of = |path: &str| {
        let found = manifest.types.iter().find(|table| table.name.path.ends_with(path));
        found.unwrap_or_else(|| panic!("no {path}"))
    };
    let outer = of("::Outer");
    assert_eq!((outer.kind, outer.repr.as_str()), (TypeKind::Enum, "i8"));
    assert_eq!(outer.size as usize, size_of::<Outer>());
    assert_eq!(outer.option_size as usize, size_of::<Option<Outer>>());
    assert_eq!(outer.facts.has(Facts::NEEDS_DROP), Some(true));
    assert_eq!(outer.facts.has(Facts::SEND), Some(true));
    assert_eq!(outer.facts.has(Facts::COPY), Some(false));
    let numbers: Vec<_> = outer.variants.iter().map(|one| one.discriminant).collect();
    assert_eq!(numbers, [Some(-1), Some(0)]);
    let second = &outer.variants[1].fields[0];
    assert_eq!((second.name.as_str(), second.size, second.offset), ("inner", 8, None));
    let list = outer.variants[0].fields[0].ty.as_ref().unwrap();
    assert_eq!(list.to_string(), "Vec<(u8, [String; 2])>");
    assert_eq!(of("String").facts.has(Facts::SEND), None);
    assert_eq!(manifest.types.len(), 11);
    let [(id, lifetimes)] = &manifest.lifetimes[..] else { panic!("{:?}", manifest.lifetimes) };
    assert_eq!(*id, of("::Borrows").name.id);
    assert_eq!(lifetimes.keys().collect::<Vec<_>>(), [".0"]);
    let generic = &manifest.generics[0];
    assert_eq!((generic.repr.as_str(), generic.invariants), ("C", 3));
    assert_eq!(generic.generics, "T : Clone");
    assert_eq!(generic.fields[0].lifetimes, "a");
    assert_eq!(generic.variants[0].discriminant, Some(i128::MIN));
    assert_eq!(generic.variants[0].fields[0].spelling, "Vec<T>");
}

#[test]
fn names_are_not_deeper_than_the_stack() {
    // Names of one argument each: package, version, path, count.
    let mut record = [[0; 12].as_slice(), &1_u32.to_le_bytes()].concat().repeat(1_000_000);
    record.extend([0; 16]);
    let mut bytes = vec![TYPE];
    bytes.extend((record.len() as u32).to_le_bytes());
    bytes.extend(record);
    let refused = Manifest::parse(&bytes).unwrap_err().to_string();
    assert!(refused.contains("within each other"), "{refused}");
}

#[test]
fn every_truncation_and_every_flipped_byte_is_an_answer_not_a_panic() {
    let section = section();
    let mut refused = 0;
    for length in 0..section.len() {
        refused += usize::from(Manifest::parse(&section[..length]).is_err());
    }
    for index in 0..section.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = section.clone();
            bytes[index] ^= flip;
            refused += usize::from(Manifest::parse(&bytes).is_err());
        }
    }
    assert!(refused > section.len(), "only {refused} were refused");
}

#[test]
fn what_is_known_is_taken_as_it_is_and_the_rest_read() {
    let section = section();
    let read = Manifest::parse(&section).unwrap();
    let record = FUNCTION.encode::<{ FUNCTION.size() }>();
    let known = |path: &str, other: &[u8]| {
        (path == "p::m::f" && other == record).then(|| read.items[0].clone())
    };
    let again = Manifest::of_section(section.clone(), &known).unwrap();
    assert!(Arc::ptr_eq(&again.items[0], &read.items[0]));
    let start = section.windows(record.len()).position(|it| it == record).unwrap();
    let (mut other, mut refused) = (0, 0);
    for index in start..start + record.len() {
        let mut bytes = section.clone();
        bytes[index] ^= 1;
        let parsed = Manifest::parse(&bytes);
        match (Manifest::of_section(bytes, &known), parsed) {
            (Ok(one), Ok(parsed)) => {
                assert_eq!(one.items, parsed.items, "byte {index}");
                assert!(one.items.iter().all(|it| !Arc::ptr_eq(it, &read.items[0])));
                other += usize::from(one.items != read.items);
            }
            (Err(_), Err(_)) => refused += 1,
            _ => panic!("byte {index}"),
        }
    }
    assert_eq!(other + refused, record.len());
    assert!(other > 16, "{other} are other items");
}

#[test]
fn a_huge_count_allocates_nothing() {
    let mut bytes = FUNCTION.encode::<{ FUNCTION.size() }>().to_vec();
    let count = bytes.windows(4).rposition(|window| window == 2_u32.to_le_bytes()).unwrap();
    bytes[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(Manifest::parse(&bytes).is_err());
    // Of a generic type, the count of fields: before the first field's name.
    let mut bytes = GENERIC_OUTER.encode::<{ GENERIC_OUTER.size() }>().to_vec();
    let name = bytes.windows(5).position(|window| window == b"field").unwrap();
    bytes[name - 8..name - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(Manifest::parse(&bytes).is_err());
}
