//! A bundle cannot start a host, and trying it changes nothing in the bundle's image.

use hot::Host;
use tests::Fixture;
use tests::LoadLibrary as _;

hot::import! {
    host_in_bundle => {
        fn start() -> String;
        fn build() -> String;
        fn current() -> String;
        fn fail(text: String) -> String;
    }
}

const SOURCE: &str = r#"
    #[hot::export]
    pub fn start() -> String {
        hot::Host::start().map_or_else(|error| error.to_string(), |_| "started".to_owned())
    }
    #[hot::export]
    pub fn build() -> String {
        let started = hot::Host::builder().control(false).start();
        started.map_or_else(|error| error.to_string(), |_| "started".to_owned())
    }
    #[hot::export]
    pub fn current() -> String {
        hot::Host::current().map_or_else(|error| error.to_string(), |_| "a host".to_owned())
    }
    #[hot::export]
    pub fn fail(text: String) -> String {
        panic!("{text}")
    }
"#;

#[test]
fn a_bundle_starts_no_host() {
    let host = Host::start().unwrap();
    let library = Fixture::new("host-in-bundle").build(SOURCE);
    let bundle = host.load_library(&library).unwrap();
    for said in [host_in_bundle::start(), host_in_bundle::build(), host_in_bundle::current()] {
        assert!(said.starts_with("HOT0601: a bundle has no host"), "{said}");
        assert!(said.contains("\n  why:"), "{said}");
    }
    // The flag of a panic is set in the record that its caller looks at.
    let panicked = std::panic::catch_unwind(|| host_in_bundle::fail("after it".to_owned()));
    let text = panicked.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*text, "after it");
    bundle.reload().unwrap();
    assert_eq!(bundle.generation().unwrap(), 2);
    assert!(host_in_bundle::start().starts_with("HOT0601: "));
}
