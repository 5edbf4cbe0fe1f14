//! What a reload says has changed where the compiler optimises: helpers are part of those that call
//! them.

use hot::Host;
use tests::{Edits, fixture};

// `add` is `direct`: of a hot one the callers of `apart` lack it here, which the architecture page says.
const SOURCE: &str = r#"
    const LIMIT: u32 = 10;
    #[inline(never)] fn apart(a: u32) -> u32 { a.wrapping_mul(77) }
    fn inlined(a: u32) -> u32 { a.rotate_left(3) }
    #[hot::versioned] pub struct World { pub size: u32 }
    #[hot::export] impl World { pub fn step(&self) -> u32 { apart(self.size) } }
    #[hot::export(direct)] pub fn add(a: u32, b: u32) -> u32 { apart(a + b) }
    #[hot::export] pub fn sub(a: u32, b: u32) -> u32 { inlined(a - b) }
    #[hot::export] pub fn limit(a: u32) -> u32 { a.min(LIMIT) }
    #[hot::export] pub fn third(a: u32) -> u32 { a / 3 }
    #[hot::export] pub fn calls(a: u32) -> u32 { third(a) + hot::get!(add)(a, 1) }
    #[hot::export] pub fn list(list: Vec<String>) -> String {
        list.iter().map(|text| text.to_uppercase()).collect::<Vec<_>>().join(", ")
    }
    #[hot::export] pub fn word(a: u8) -> &'static str {
        match a { 0 => "zero", 1 => "one", 2 => "two", 3 => "three", 4 => "four", 5 => "five", _ => "many" }
    }
"#;

#[test]
fn of_an_optimised_bundle() {
    let builder = Host::builder().target_dir(fixture::target_dir()).profile("release");
    let edits = Edits::new(&builder.start().unwrap(), "changes-release", SOURCE);
    for (from, to, expected) in [
        ("// nothing", "", "|"),
        ("(77)", "(78)", "| apart of World::step add"),
        ("rotate_left(3)", "rotate_left(4)", "sub |"),
        ("LIMIT: u32 = 10", "LIMIT: u32 = 11", "limit |"),
        ("apart(self.size)", "apart(self.size + 1)", "World::step |"),
        ("a / 3", "a / 5", "third |"),
        ("to_uppercase", "to_lowercase", "list |"),
        ("\", \"", "\"; \"", "list |"),
        ("\"three\"", "\"drei\"", "word |"),
        ("const LIMIT", "// A comment.\n\n\nconst LIMIT", "|"),
    ] {
        let said = if from.starts_with("//") { edits.rebuild() } else { edits.edit(from, to) };
        assert_eq!(said, expected, "{from} -> {to}");
        assert!(edits.report().changes.as_ref().unwrap().exact);
    }
}
