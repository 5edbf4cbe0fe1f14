//! Names of packages and crates: hyphens and underscores are equal, and a misspelt name deserves
//! a suggestion.

use strsim::levenshtein;

/// The name as rustc has it: `my-bundle` and `my_bundle` are one crate.
pub(crate) fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}

/// The known name that `name` may have been meant to be, if one is near enough.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = crate_name(name);
    let limit = (name.chars().count() / 2).min(3);
    known
        .into_iter()
        .map(|candidate| (levenshtein(&name, &crate_name(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_and_underscores_are_equal() {
        assert_eq!(crate_name("my-bundle"), crate_name("my_bundle"));
        assert_ne!(crate_name("my-bundle"), crate_name("mybundle"));
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["counter", "greeting", "my-bundle"];
        assert_eq!(nearest("countr", known), Some("counter"));
        assert_eq!(nearest("my_bundel", known), Some("my-bundle"));
        assert_eq!(nearest("physics", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
