//! What a reload says has changed where symbols have names of the newer form.

use hot::Host;
use tests::{Edits, fixture, workspace::BUNDLE};

const SOURCE: &str = r#"
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static HITS: AtomicU32 = AtomicU32::new(3);
    thread_local!(static LATER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![1]));
    fn deep(a: u32) -> u32 { a ^ 5 }
    fn clamp(a: u32) -> u32 { deep(a).min(10) }
    fn show<T: std::fmt::Debug>(t: T) -> String { format!("<{t:?}>") }
    #[hot::versioned] pub struct World { pub size: u32 }
    impl std::fmt::Display for World {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}", self.size) }
    }
    mod elsewhere { #[hot::export] impl super::World { pub fn step(&self) -> u32 { self.size + 2 } } }
    #[hot::export] pub fn add(a: u32, b: u32) -> u32 { HITS.fetch_add(1, Relaxed); clamp(a + b) }
    #[hot::export] pub fn text(a: u32) -> String { show(a) + &show(a as u8) }
    #[hot::export] pub fn boxed(size: u32) -> String {
        let list: Vec<Box<dyn std::fmt::Display>> = vec![Box::new(World { size })];
        list[0].to_string()
    }
    #[hot::export] pub fn triple(list: Vec<u32>) -> Vec<u32> {
        LATER.with_borrow_mut(|later| later.push(2));
        list.iter().map(|a| a * 3).collect()
    }
    #[hot::export(name = "other")] pub fn renamed(a: u32) -> u32 { a + 21 }
"#;

#[test]
fn of_newer_names() {
    let builder = Host::builder().target_dir(fixture::root().join("flags").join("v0"));
    let name = "changes-v0";
    let edits = Edits::with(&builder.start().unwrap(), name, SOURCE, |workspace| {
        workspace.package(name, BUNDLE, "", "");
        workspace
            .write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\nmembers = [{name:?}]\n"));
        let flags = "[build]\nrustflags = [\"-Csymbol-mangling-version=v0\"]\n";
        workspace.write(".cargo/config.toml", flags);
    });
    for (from, to, expected) in [
        ("a ^ 5", "a ^ 6", "| deep of add"),
        ("min(10)", "min(11)", "| clamp of add"),
        ("<{t:?}>", "[{t:?}]", "| show of text"),
        ("\"{}\", self.size", "\"{} \", self.size", "| <World as Display>::fmt of boxed"),
        ("self.size + 2", "self.size + 3", "elsewhere::World::step |"),
        ("a * 3", "a * 4", "triple |"),
        ("a + 21", "a + 22", "other |"),
        ("clamp(a + b)", "clamp(a - b)", "add |"),
        ("fn deep", "\n\n// A comment.\nfn deep", "|"),
        (
            "#[hot::export] pub fn add",
            "#[hot::export] pub fn aaa() {}\n#[hot::export] pub fn add",
            "|",
        ),
    ] {
        assert_eq!(edits.edit(from, to), expected, "{from} -> {to}");
        assert_eq!(edits.report().restarted, ["changes_v0::HITS", "changes_v0::LATER"]);
    }
    assert_eq!(edits.report().added, ["changes_v0::aaa"]);
}
