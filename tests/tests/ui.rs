//! What the macros refuse, and with which words; what they must not stumble over.
//!
//! To bless changed messages: `TRYBUILD=overwrite cargo test -p tests --test ui`, then read the
//! difference.

// One test: the cases share one target folder, and with it cargo's lock.
#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui/pass/*.rs");
}
