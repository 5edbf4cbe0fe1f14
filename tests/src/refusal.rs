//! What every refusal owes to whoever reads it.

use std::path::Path;

use hot::{Code, Error};

/// Checks that each reason says what happened, where, and what to do.
///
/// # Panics
/// If one does not.
pub fn assert_complete(error: &Error, file: &Path) {
    let text = error.to_string();
    for reason in error.reasons() {
        assert!(!reason.message.trim().is_empty(), "no message: {text}");
        assert!(!reason.help.trim().is_empty(), "no help: {text}");
        let named =
            reason.facts.iter().any(|(label, value)| *label == "file" && Path::new(value) == file);
        assert!(named, "the file {} is not named: {text}", file.display());
        assert!(text.contains(reason.code.id()), "the code is not printed: {text}");
    }
}

/// The codes of all reasons, in their order.
pub fn codes(error: &Error) -> Vec<Code> {
    error.reasons().iter().map(|reason| reason.code).collect()
}

/// The value of a reason's fact.
///
/// # Panics
/// If the reason has no such fact.
pub fn fact<'a>(reason: &'a hot::Reason, label: &str) -> &'a str {
    let found = reason.facts.iter().find(|(known, _)| *known == label);
    &found.unwrap_or_else(|| panic!("no fact {label}: {reason:?}")).1
}
