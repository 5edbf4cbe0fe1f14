//! What has no parts that could be moved one by one, and what has: each type of the closed table is in a
//! state, next to a field that is added. It moves, or is refused, as its row says.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use hot::Host;
use tests::{Fixture, LoadLibrary as _};

hot::import! { ml_leaves => { fn show() -> Vec<String>; } }

/// A type, a value of it, and what shows it.
struct Row {
    name: &'static str,
    ty: &'static str,
    value: &'static str,
    shown: &'static str,
}

const fn row(
    name: &'static str,
    ty: &'static str,
    value: &'static str,
    shown: &'static str,
) -> Row {
    Row { name, ty, value, shown }
}

/// Shows what can be.
const DEBUG: &str = "format!(\"{f:?}\")";
/// Shows what a pointer leads to.
const DEREF: &str = "format!(\"{:?}\", unsafe { &**f })";

/// What moves: bits of which nothing that they lead to has changed, and what is opened and built anew
/// with a `Part`, which has.
const MOVED: &[Row] = &[
    row("Function", "extern \"C\" fn(u32) -> u32", "twice", "f(21).to_string()"),
    row("Str", "&'static str", "\"static\"", DEBUG),
    row("Static", "&'static Still", "&Still { x: 6 }", DEBUG),
    row("StaticSlice", "&'static [u16]", "&[1, 2]", DEBUG),
    row("Manually", "ManuallyDrop<String>", "ManuallyDrop::new(\"m\".into())", DEBUG),
    row(
        "Uninit",
        "MaybeUninit<u32>",
        "MaybeUninit::new(9)",
        "unsafe { f.assume_init() }.to_string()",
    ),
    row("Unsafe", "UnsafeCell<u32>", "UnsafeCell::new(8)", "unsafe { *f.get() }.to_string()"),
    row("Borrowed", "Cow<'static, str>", "Cow::Borrowed(\"b\")", DEBUG),
    row("Owned", "Cow<'static, str>", "Cow::Owned(\"o\".to_owned())", DEBUG),
    row("Linked", "LinkedList<String>", "[\"l\".to_owned()].into()", DEBUG),
    row(
        "Heap",
        "BinaryHeap<u32>",
        "[3, 1, 2].into()",
        "format!(\"{:?}\", f.clone().into_sorted_vec())",
    ),
    row("Inclusive", "RangeInclusive<u8>", "1..=4", DEBUG),
    row("SharedSlice", "Arc<[String]>", "[\"s\".to_owned()].into()", DEBUG),
    row("SharedStr", "Arc<str>", "\"shared\".into()", DEBUG),
    row("Object", "hot::Dyn<dyn Shape>", "hot::Dyn::new(Box::new(2.5))", "f.area().to_string()"),
    row("Packed", "Bytes", "Bytes { a: 1, b: 2 }", "{ let b = f.b; b.to_string() }"),
    row("Nothings", "Vec<()>", "vec![(); 3]", "f.len().to_string()"),
    row("Phantom", "PhantomData<Part>", "PhantomData", DEBUG),
    row("Atomic", "AtomicU64", "AtomicU64::new(7)", DEBUG),
    row("Number", "NonZero<u8>", "NonZero::new(4).unwrap()", DEBUG),
    row("Boxed", "Box<Part>", "Box::new(part())", DEBUG),
    row("Ranged", "Range<Part>", "part()..part()", DEBUG),
    row("Wrapped", "Wrapping<u8>", "Wrapping(3)", DEBUG),
    row("Turned", "Reverse<Part>", "Reverse(part())", DEBUG),
    row("Polled", "Poll<Part>", "Poll::Ready(part())", DEBUG),
    row("Pending", "Poll<Part>", "Poll::Pending", DEBUG),
    row("Flow", "ControlFlow<Part, u8>", "ControlFlow::Break(part())", DEBUG),
    row("Bounded", "Bound<Part>", "Bound::Excluded(part())", DEBUG),
    row("Once", "OnceLock<Part>", "OnceLock::from(part())", DEBUG),
    row("Never", "OnceLock<Part>", "OnceLock::new()", DEBUG),
    row(
        "Celled",
        "Cell<Option<Part>>",
        "Cell::new(Some(part()))",
        "format!(\"{:?}\", unsafe { &*f.as_ptr() })",
    ),
    row("Locked", "RwLock<Part>", "RwLock::new(part())", DEBUG),
    row(
        "Weak",
        "(Arc<Part>, sync::Weak<Part>)",
        "weak()",
        "format!(\"{:?} {:?}\", f.0, f.1.upgrade())",
    ),
    row("Gone", "sync::Weak<Part>", "sync::Weak::new()", "f.upgrade().is_none().to_string()"),
    row("Raw", "*const u8", "&raw const BYTE", DEREF),
    row("Null", "NonNull<u8>", "NonNull::from(&BYTE)", "unsafe { f.as_ref() }.to_string()"),
    row(
        "AtomicRaw",
        "AtomicPtr<u8>",
        "AtomicPtr::new((&raw const BYTE).cast_mut())",
        "unsafe { *f.load(Relaxed) }.to_string()",
    ),
    row("Pinned", "Pin<Box<u8>>", "Box::pin(6)", DEBUG),
];

/// Whose rows say that they lead to nothing that moves.
const STAYS: [&str; 4] = ["Raw", "Null", "AtomicRaw", "Pinned"];

/// What is refused: whatever may lead to something that moves, and what cannot be opened, since something in
/// it or behind it has changed.
const REFUSED: &[(Row, &str, &str)] = &[
    (row("RawAlone", "*const u8", "&raw const BYTE", DEREF), "HOT0410", ".f"),
    (row("RawMut", "*mut Kept", "std::ptr::null_mut()", DEBUG), "HOT0410", ".f"),
    (
        row("RawWithin", "Vec<Option<(u8, *const u8)>>", "vec![]", DEBUG),
        "HOT0410",
        ".f[]::Some.0.1",
    ),
    (row("NullAlone", "NonNull<u8>", "NonNull::from(&BYTE)", DEBUG), "HOT0410", ".f"),
    (row("AtomicAlone", "AtomicPtr<u8>", "AtomicPtr::default()", DEBUG), "HOT0410", ".f"),
    (row("PinAlone", "Pin<Box<u8>>", "Box::pin(1)", DEBUG), "HOT0410", ".f"),
    (row("Unmovable", "PhantomPinned", "PhantomPinned", DEBUG), "HOT0410", ".f"),
    (row("FunctionOf", "extern \"C\" fn(Kept)", "take", "String::new()"), "HOT0411", ".f"),
    (row("StaticOf", "&'static Kept", "&KEPT", DEBUG), "HOT0411", ".f"),
    (row("SliceOf", "&'static [Kept]", "&[]", DEBUG), "HOT0411", ".f"),
    (row("ManuallyOf", "ManuallyDrop<Kept>", "ManuallyDrop::new(KEPT)", DEBUG), "HOT0411", ".f"),
    (row("UninitOf", "MaybeUninit<Kept>", "MaybeUninit::uninit()", DEBUG), "HOT0411", ".f"),
    (row("UnsafeOf", "UnsafeCell<Kept>", "UnsafeCell::new(KEPT)", DEBUG), "HOT0411", ".f"),
    (row("CowOf", "Cow<'static, Kept>", "Cow::Owned(KEPT)", DEBUG), "HOT0411", ".f"),
    (row("LinkedOf", "LinkedList<Kept>", "LinkedList::new()", DEBUG), "HOT0411", ".f"),
    (row("HeapOf", "BinaryHeap<Kept>", "BinaryHeap::new()", DEBUG), "HOT0411", ".f"),
    (row("InclusiveOf", "RangeInclusive<Kept>", "KEPT..=KEPT", DEBUG), "HOT0411", ".f"),
    (row("SharedOf", "Arc<[Kept]>", "Arc::new([])", DEBUG), "HOT0411", ".f"),
    (row("PackedOf", "Tight", "Tight { a: 1 }", "String::new()"), "HOT0408", ".f"),
    (row("Sized", "Vec<Sized>", "vec![]", DEBUG), "HOT0408", ".f[]"),
    (row("Unsized", "Vec<Unsized>", "vec![]", DEBUG), "HOT0408", ".f[]"),
    (row("OtherLength", "[u8; LENGTH]", "[1; LENGTH]", DEBUG), "HOT0408", ".f"),
    (row("OtherCount", "Counted", "counted()", DEBUG), "HOT0408", ".f"),
];

/// What all of them use. The second version of `Part` moves with `MOVED`; the others change with `REFUSED`.
fn prelude(moved: bool, refused: bool) -> String {
    let added = |is_new: bool, field: &'static str| if is_new { field } else { "" };
    let part = added(moved, "#[hot(default = 2)] pub y: u8, ");
    let part_value = added(moved, "y: 0, ");
    let kept = added(refused, "#[hot(default = 2)] pub y: u8, ");
    let kept_value = added(refused, "y: 0, ");
    let tight = added(refused, ", b: u16");
    let tight_value = added(refused, ", b: 0");
    let (sized, not_sized) = if refused { ("pub x: u8", "") } else { ("", "pub x: u8") };
    let (length, counted) = if refused { (4, "u8, u8, u8") } else { (3, "u8, u8") };
    let counted_value = if refused { "1, 2, 3" } else { "1, 2" };
    format!(
        "hot::bundle!();
         use std::{{
             borrow::Cow, cell::{{Cell, UnsafeCell}}, cmp::Reverse,
             collections::{{BinaryHeap, LinkedList}}, marker::{{PhantomData, PhantomPinned}},
             mem::{{ManuallyDrop, MaybeUninit}}, num::{{NonZero, Wrapping}},
             ops::{{Bound, ControlFlow, Range, RangeInclusive}}, pin::Pin, ptr::NonNull,
             sync::{{self, Arc, OnceLock, RwLock, atomic::{{AtomicPtr, AtomicU64, Ordering::Relaxed}}}},
             task::Poll,
         }};
         #[hot::versioned] #[derive(Debug, Clone, Copy)] pub struct Part {{ {part}pub x: u32 }}
         fn part() -> Part {{ Part {{ {part_value}x: 1 }} }}
         fn weak() -> (Arc<Part>, sync::Weak<Part>) {{
             let strong = Arc::new(part());
             (strong.clone(), Arc::downgrade(&strong))
         }}
         #[hot::versioned] #[derive(Debug)] pub struct Still {{ x: u8 }}
         #[hot::versioned] #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
         pub struct Kept {{ {kept}pub x: u32 }}
         static KEPT: Kept = KEPT_VALUE;
         const KEPT_VALUE: Kept = Kept {{ {kept_value}x: 3 }};
         static BYTE: u8 = 5;
         extern \"C\" fn twice(n: u32) -> u32 {{ 2 * n }}
         extern \"C\" fn take(_: Kept) {{}}
         #[hot::versioned] #[repr(C, packed)] pub struct Bytes {{ a: u8, b: u32 }}
         #[hot::versioned] #[repr(C, packed)] pub struct Tight {{ a: u8{tight} }}
         fn tight() -> Tight {{ Tight {{ a: 1{tight_value} }} }}
         #[hot::versioned] #[derive(Debug)] pub struct Sized {{ {sized} }}
         #[hot::versioned] #[derive(Debug)] pub struct Unsized {{ {not_sized} }}
         const LENGTH: usize = {length};
         type Counted = ({counted});
         fn counted() -> Counted {{ ({counted_value}) }}
         #[hot::versioned] pub trait Shape: Send + Sync {{ fn area(&self) -> f32; }}
         impl Shape for f32 {{ fn area(&self) -> f32 {{ *self }} }}\n"
    )
}

/// A version: which rows have the new form, and which are left out.
fn build(
    fixture: &Fixture,
    moved: bool,
    refused: bool,
    without: &BTreeSet<Said>,
) -> std::path::PathBuf {
    let mut source = prelude(moved, refused);
    let mut shows = String::new();
    let refused_rows = REFUSED.iter().map(|(row, ..)| (row, refused));
    for (row, is_new) in MOVED.iter().map(|row| (row, moved)).chain(refused_rows) {
        let Row { name, ty, value, shown } = row;
        if without.iter().any(|(_, path)| path.starts_with(&format!("Of{name}."))) {
            continue;
        }
        let value = value.replace("Tight { a: 1 }", "tight()").replace("(KEPT)", "(KEPT_VALUE)");
        let value = value.replace("KEPT..=KEPT", "KEPT_VALUE..=KEPT_VALUE");
        let stays = if STAYS.contains(name) { "#[hot(unsafe(stays))]" } else { "" };
        let (added, first) = match is_new {
            true => ("#[hot(default = 5)] pub added: u64, ", "added: 1, "),
            false => ("", ""),
        };
        let upper = name.to_uppercase();
        write!(
            source,
            "#[hot::versioned(invariants = 1)] pub struct Of{name} {{ {added}{stays} pub f: {ty} }}
             unsafe impl Send for Of{name} {{}} unsafe impl Sync for Of{name} {{}}
             #[hot::export] pub static {upper}: hot::State<Of{name}> =
                 hot::State::new(|| Of{name} {{ {first}f: {value} }});\n"
        )
        .unwrap();
        let more = if is_new { "all.push(format!(\"added {}\", of.added));" } else { "" };
        writeln!(
            shows,
            "{{ let of = {upper}.read(); let f = &of.f; all.push(format!(\"{name}: {{}}\", {shown})); {more} }}"
        )
        .unwrap();
    }
    write!(
        source,
        "#[hot::export] pub fn show() -> Vec<String> {{ let mut all = Vec::new(); {shows} all }}"
    )
    .unwrap();
    fixture.build_root(&source)
}

/// A code, and what it is said of.
type Said = (String, String);

fn refused(host: &Host, library: &Path) -> BTreeSet<Said> {
    let error = host.load_library(library).unwrap_err();
    assert!(error.reasons().iter().all(|reason| !reason.help.is_empty()), "{error}");
    let said: BTreeSet<_> = error
        .reasons()
        .iter()
        .map(|reason| (reason.code.id().to_owned(), reason.path.clone().unwrap_or_default()))
        .collect();
    assert_eq!(error.reasons().len(), said.len(), "{error}");
    said
}

#[test]
fn each_leaf_moves_or_is_refused_as_its_row_says() {
    let fixture = Fixture::new("ml_leaves");
    let first = build(&fixture, false, false, &BTreeSet::new());
    let moved = build(&fixture, true, false, &BTreeSet::new());
    let all_refused = build(&fixture, false, true, &BTreeSet::new());
    let host = Host::start().unwrap();
    let bundle = host.load_library(&first).unwrap();
    let show = hot::get!(ml_leaves::show);
    let before = show();
    assert_eq!(before.len(), MOVED.len() + REFUSED.len());

    // Every reason is listed, and there is no other: what manifests tell, and then what the records do.
    let mut said = refused(&host, &all_refused);
    let early = said.len();
    let others = build(&fixture, false, true, &said);
    said.extend(refused(&host, &others));
    assert!(0 < early && early < said.len());
    let meant = REFUSED
        .iter()
        .map(|(row, code, path)| ((*code).to_owned(), format!("Of{}{path}", row.name)));
    assert_eq!(said, meant.collect());
    assert_eq!((bundle.generation().unwrap(), show()), (1, before.clone()));

    // The others move, and back.
    for _ in 0..2 {
        host.load_library(&moved).unwrap();
        let after = show();
        let (values, added): (Vec<_>, Vec<_>) =
            after.into_iter().partition(|line| !line.starts_with("added "));
        assert_eq!(added, vec!["added 5"; MOVED.len()]);
        let parts = before.iter().map(|line| line.replace("Part { x: 1", "Part { y: 2, x: 1"));
        assert_eq!(values, parts.collect::<Vec<_>>());
        bundle.rollback().unwrap();
        assert_eq!(show(), before);
    }
}
