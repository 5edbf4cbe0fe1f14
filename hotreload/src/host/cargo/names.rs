//! Names of packages and crates: hyphens and underscores are equal, and a misspelt name deserves
//! a suggestion.

/// The name as rustc has it: `my-bundle` and `my_bundle` are one crate.
pub(super) fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}

/// The known name that `name` may have been meant to be, if one is near enough.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = crate_name(name);
    let limit = (name.chars().count() / 2).min(3);
    known
        .into_iter()
        .map(|candidate| (distance(&name, &crate_name(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, left out or exchanged to make `a` of `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
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
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("counter", "counter"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
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
