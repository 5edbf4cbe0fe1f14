use super::*;

/// The items that differ, as people know them.
fn changed(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (Items::parse(old).unwrap(), Items::parse(new).unwrap());
    let changes = Items::changes(&old, &new);
    let crate_name = ["c".to_owned()];
    changes.iter().map(|it| it.item.name.shown(&crate_name, &it.item.kind)).collect()
}

const ALL: &str = r#"
//! A crate.
use std::fmt;
/// The most.
pub const LIMIT: u32 = 1;
pub static NAMES: [&str; 2] = ["a", "b"];
pub type Grid = [u8; 4];
/// Generic.
pub fn scale<T: Into<f64>>(value: T) -> f64 { value.into() * 2.0 }
#[inline]
fn half(value: u32) -> u32 { value / 2 }
#[hot::export]
pub fn tick(world: &mut World) -> u32 { world.grow(LIMIT); half(3) }
#[derive(Clone)]
pub struct World { pub ticks: u32 }
impl Default for World { fn default() -> Self { World { ticks: 3 } } }
impl World {
    pub const MAX: u32 = 5;
    pub fn grow(&mut self, by: u32) { self.ticks += by; }
}
impl<T> From<Vec<T>> for Wrap<T> where T: Copy { fn from(from: Vec<T>) -> Self { Wrap(from) } }
pub trait Area { const SIDES: u32 = 6; fn area(&self) -> u32; fn twice(&self) -> u32 { 7 * self.area() } }
impl<T: Copy> Area for T { fn area(&self) -> u32 { 8 } }
#[macro_export]
macro_rules! check { ($e:expr) => { assert!($e > 9) }; }
bits! { struct Bits: u8 { A = 10 } }
mod inner {
    pub mod deep { pub fn helper() -> u32 { 11 } }
}
#[cfg(unix)]
pub fn system() -> u32 { 12 }
#[cfg(windows)]
pub fn system() -> u32 { 13 }
#[cfg(test)]
mod tests { #[test] fn works() { assert_eq!(14, 14); } }
"#;

#[test]
fn each_kind_of_item_is_known_by_its_name() {
    for (from, to, expected) in [
        ("LIMIT: u32 = 1;", "LIMIT: u32 = 100;", "c::LIMIT"),
        ("\"a\", \"b\"", "\"a\", \"c\"", "c::NAMES"),
        ("[u8; 4]", "[u8; 5]", "c::Grid"),
        ("* 2.0", "* 3.0", "c::scale"),
        ("value / 2", "value / 3", "c::half"),
        ("ticks: 3", "ticks: 4", "<c::World as Default>::default"),
        ("MAX: u32 = 5", "MAX: u32 = 6", "c::World::MAX"),
        ("+= by", "+= 2 * by", "c::World::grow"),
        ("Wrap(from) }", "Wrap(dbg!(from)) }", "<c::Wrap as From>::from"),
        ("SIDES: u32 = 6", "SIDES: u32 = 7", "c::Area::SIDES"),
        ("7 * self", "6 * self", "c::Area::twice"),
        ("{ 8 }", "{ 9 }", "<c::_ as Area>::area"),
        ("$e > 9", "$e > 8", "c::check!"),
        ("A = 10", "A = 11", "c::bits!"),
        ("{ 11 }", "{ 12 }", "c::inner::deep::helper"),
        ("{ 12 }", "{ 15 }", "c::system"),
        ("{ 13 }", "{ 15 }", "c::system"),
        ("pub ticks: u32", "pub ticks: u64", "c::World"),
        ("#[inline]\nfn", "#[inline(always)]\nfn", "c::half"),
        ("where T: Copy", "where T: Clone", "<c::Wrap as From>::from"),
    ] {
        assert_eq!(ALL.matches(from).count(), 1, "{from}");
        assert_eq!(changed(ALL, &ALL.replace(from, to)), [expected], "{from}");
    }
}

#[test]
fn comments_formatting_and_tests_are_no_changes() {
    for (from, to) in [
        ("/// The most.", "/// The least, or so."),
        ("//! A crate.", "//! Another.\n// And more."),
        ("{ 11 }", "{\n    // Eleven.\n    11\n}"),
        ("[\"a\", \"b\"]", "[\n\"a\",\n\"b\",\n]"),
        ("14, 14", "15, 15"),
        ("use std::fmt;", ""),
        ("($e:expr) =>", "/* any */ ($e: expr)=>"),
        ("struct Bits", "#[doc = \"Bits.\"] struct Bits"),
    ] {
        assert_eq!(ALL.matches(from).count(), 1, "{from}");
        assert_eq!(changed(ALL, &ALL.replace(from, to)), <[&str; 0]>::default(), "{from}");
    }
}

#[test]
fn what_is_new_or_gone_matters_in_implementations_only() {
    let base = "pub struct W; impl Tr for W { fn a() {} }";
    let with = |more: &str| format!("{base} {more}");
    assert!(changed(base, &with("pub fn f<T>() {} impl W { pub fn g() {} }")).is_empty());
    assert!(changed(&with("pub fn f<T>() {} pub const A: u8 = 1;"), base).is_empty());
    assert!(changed(base, &with("impl Other for W { fn b() {} }")).is_empty());
    assert_eq!(changed(base, &with("impl Drop for W { fn drop() {} }")), ["<c::W as Drop>::drop"]);
    assert_eq!(changed(&with("impl Other for W { fn b() {} }"), base), ["<c::W as Other>::b"]);
    let more = "pub struct W; impl Tr for W { fn a() {} fn b() {} }";
    assert_eq!(changed(base, more), ["<c::W as Tr>::b"]);
    assert_eq!(changed(more, base), ["<c::W as Tr>::b"]);
}

#[test]
fn exports_are_reached_by_their_slots() {
    let items = Items::parse(
        "#[hot::export] pub fn a() {} #[hot::export(direct)] pub fn b() {} pub fn c() {}
         #[hot::export] impl W { pub fn d() {} fn e() {} #[hot(skip)] pub fn f() {}
         pub const G: u8 = 1; } #[export] static H: u8 = 1;
         #[cfg_attr(feature = \"hot\", hot::export)] pub fn i() {}",
    );
    let items = items.unwrap().items;
    let exported = items.iter().filter(|item| item.is_exported);
    let names: Vec<_> = exported.map(|item| &*item.name.last).collect();
    assert_eq!(names, ["a", "d", "H", "i"]);
}

#[test]
fn what_is_no_rust_gives_nothing() {
    assert!(Items::parse("pub fn a( {").is_none());
    let file = PathBuf::from("/c/src/lib.rs");
    let place = Place { crate_name: "c".to_owned(), modules: Vec::new() };
    let source = Source { file: file.clone(), place, text: "const A: u8 = ;".into() };
    let edited = [(file, before("const A: u8 = 1;", "const A: u8 = 1;"))];
    let copies = Copies::default().find(&edited, &[source]);
    assert!(copies.is_empty());
}

fn before(live: &str, compiled: &str) -> Before {
    Before { live: live.into(), compiled: compiled.into() }
}

#[test]
fn what_is_put_back_is_as_the_host_has_it() {
    let found = |live, now: &str| {
        let file = PathBuf::from("0");
        let place = Place { crate_name: "nowhere".to_owned(), modules: Vec::new() };
        let source = Source { file: file.clone(), place, text: now.into() };
        let edited = [(file, before(live, "pub const A: u8 = 1; pub const B: u8 = 2;"))];
        let copies = Copies::default().find(&edited, &[source]);
        copies.into_iter().map(|copy| copy.item).collect::<Vec<_>>()
    };
    let edited = "pub const A: u8 = 9; pub const B: u8 = 2;";
    assert_eq!(found("pub const A: u8 = 1; pub const B: u8 = 2;", edited), ["nowhere::A"]);
    assert!(found(edited, "pub const A: u8 = 1; pub const B: u8 = 2;").is_empty());
    let other = "pub const A: u8 = 1; pub const B: u8 = 3;";
    assert_eq!(found(edited, other), ["nowhere::B"]);
}

/// What a host without symbols may have copies of, of a crate of these files, after an edit of the
/// first one.
fn possible(files: &[(&str, &str)], from: &str, to: &str) -> Vec<String> {
    let sources: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(index, (modules, text))| {
            let modules = modules.split("::").filter(|it| !it.is_empty()).map(str::to_owned);
            let place = Place { crate_name: "nowhere".to_owned(), modules: modules.collect() };
            let text = if index == 0 { text.replace(from, to) } else { (*text).to_owned() };
            Source { file: PathBuf::from(index.to_string()), place, text: text.into() }
        })
        .collect();
    assert!(files[0].1.contains(from), "{from}");
    let edited = [(sources[0].file.clone(), before(files[0].1, files[0].1))];
    let copies = Copies::default().find(&edited, &sources);
    assert!(copies.iter().all(|copy| !copy.certain));
    copies.into_iter().map(|copy| copy.item).collect()
}

#[test]
fn what_is_private_is_in_the_host_through_others_only() {
    let lib = "const SPEED: u8 = 1; const RATE: u8 = 2; const UNUSED: u8 = 3;
               pub const OPEN: u8 = RATE;
               #[hot::export] pub fn tick() -> u8 { speed() } fn speed() -> u8 { SPEED }
               pub mod open; mod closed; pub use closed::Reached;";
    let nothing: [&str; 0] = [];
    let files = |more: &'static str| [("", lib), ("open", more)];
    assert_eq!(possible(&files(""), "SPEED: u8 = 1", "SPEED: u8 = 9"), nothing);
    assert_eq!(possible(&files(""), "UNUSED: u8 = 3", "UNUSED: u8 = 9"), nothing);
    assert_eq!(possible(&files(""), "RATE: u8 = 2", "RATE: u8 = 9"), ["nowhere::RATE"]);
    // Another file.
    let more = "#[inline] pub fn fast() -> u8 { 2 * super::speed() }";
    assert_eq!(possible(&files(more), "SPEED: u8 = 1", "SPEED: u8 = 9"), ["nowhere::SPEED"]);
    let shown = "impl Display for World { #[inline] fn fmt(&self) { write!(\"{SPEED} steps\") } }";
    assert_eq!(possible(&files(shown), "SPEED: u8 = 1", "SPEED: u8 = 9"), ["nowhere::SPEED"]);

    let text =
        "#[inline] pub fn f() -> u8 { 1 } pub struct Reached; impl Reached { pub const A: u8 = 2; }
                impl Other { pub const B: u8 = 3; }";
    let module = |name: &'static str| [(name, text), ("", lib)];
    assert_eq!(possible(&module("open"), "u8 { 1 }", "u8 { 9 }"), ["nowhere::open::f"]);
    assert_eq!(possible(&module("closed"), "u8 { 1 }", "u8 { 9 }"), ["nowhere::closed::f"]);
    assert_eq!(possible(&module("open"), "A: u8 = 2", "A: u8 = 9"), ["nowhere::open::Reached::A"]);
    let lib = "mod closed; pub use closed::Reached;";
    let module = [("closed", text), ("", lib)];
    assert_eq!(possible(&module, "A: u8 = 2", "A: u8 = 9"), ["nowhere::closed::Reached::A"]);
    let lib = "mod closed; pub use elsewhere::Reached;";
    let module = [("closed", text), ("", lib)];
    assert_eq!(possible(&module, "B: u8 = 3", "B: u8 = 9"), nothing);
    assert_eq!(possible(&module, "u8 { 1 }", "u8 { 9 }"), nothing);
}

struct Here(u8);

impl Default for Here {
    fn default() -> Self {
        Here(std::hint::black_box(1))
    }
}

#[test]
fn the_programs_symbols_tell() {
    assert_eq!(Here::default().0, 1);
    let modules: Vec<_> = module_path!().split("::").skip(1).map(str::to_owned).collect();
    let source = |text: &str| Source {
        file: PathBuf::new(),
        place: Place { crate_name: "hot_host".to_owned(), modules: modules.clone() },
        text: text.into(),
    };
    let mut copies = Copies::default();
    let mut copy = |text: &str| {
        let items = Items::parse(text).unwrap();
        copies.symbol(&items.items[0], &source(text))
    };
    let absent = if cfg!(debug_assertions) { Copy::No } else { Copy::Maybe };
    assert_eq!(copy("fn what_is_no_rust_gives_nothing() {}"), Copy::Yes);
    assert_eq!(copy("fn nowhere_to_be_found() {}"), absent);
    assert_eq!(copy("#[inline] fn nowhere_to_be_found() {}"), Copy::Maybe);
    assert_eq!(copy("const LIMIT: u8 = 1;"), Copy::Maybe);
    assert_eq!(copy("impl Default for Here { fn default() -> Self { Here } }"), Copy::Yes);
    assert_eq!(copy("impl Default for There { fn default() -> Self { There } }"), absent);
}
