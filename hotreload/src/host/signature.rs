//! Comparing the signature that a caller was compiled with and the one that a bundle exports.

use super::{
    Code,
    manifest::{Item, Type},
};
use crate::rt::Kind;

/// What the manifests alone can say about two signatures.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Certain conflicts: the code and what differs.
    pub(crate) conflicts: Vec<(Code, String)>,
    /// Names differ where one may be an alias of the other: the TypeIds decide at init.
    pub(crate) undecided: bool,
}

/// Compares what `importer` was compiled with against what `exporter` offers.
pub(crate) fn compare(importer: &Item, exporter: &Item) -> Comparison {
    let mut comparison = Comparison::default();
    let mut conflict = |code, what: String| comparison.conflicts.push((code, what));
    if importer.kind != exporter.kind {
        let (was, now) = (importer.kind, exporter.kind);
        conflict(Code::TypeChanged, format!("is a {now} now, was a {was}"));
        return comparison;
    }
    if importer.is_unsafe != exporter.is_unsafe {
        let now = if exporter.is_unsafe { "unsafe" } else { "safe" };
        conflict(Code::SafetyChanged, format!("is {now} now"));
    }
    if importer.abi != exporter.abi {
        let (was, now) = (&importer.abi, &exporter.abi);
        conflict(Code::SafetyChanged, format!("has another ABI: {was:?} became {now:?}"));
    }
    if importer.types.len() != exporter.types.len() {
        let count = |function: &Item| function.types.len() - 1;
        let (was, now) = (count(importer), count(exporter));
        conflict(Code::TypeChanged, format!("takes {now} parameters, not {was}"));
        return comparison;
    }
    let last = importer.types.len() - 1;
    let mut undecided = false;
    for (index, (was, now)) in importer.types.iter().zip(&exporter.types).enumerate() {
        let place = match importer.kind {
            Kind::Var => "type".to_owned(),
            _ if index == last => "result".to_owned(),
            _ => format!("parameter {}", index + 1),
        };
        match compare_types(was, now) {
            Verdict::Same => {}
            Verdict::Undecided => undecided = true,
            Verdict::Other(how) => {
                conflict(Code::TypeChanged, format!("has another {place}: {how}"))
            }
        }
        if was.lifetimes != now.lifetimes {
            conflict(Code::LifetimeChanged, format!("has another lifetime in its {place}"));
        }
    }
    comparison.undecided = undecided;
    comparison
}

enum Verdict {
    Same,
    Undecided,
    Other(String),
}

fn compare_types(was: &Type, now: &Type) -> Verdict {
    let layout = |ty: &Type| (ty.size, ty.align, ty.option_size);
    let same_name = was.name == now.name;
    if layout(was) != layout(now) {
        return Verdict::Other(if same_name {
            format!("`{}` {}", now.name, layout_change(was, now))
        } else {
            format!("`{}` became `{}`", was.name, now.name)
        });
    }
    if same_name {
        return Verdict::Same;
    }
    if was.is_closure() != now.is_closure() {
        // One side wraps the closure, the other passes on what an alias hides from it.
        return Verdict::Other(format!("`{}` became `{}`", was.name, now.name));
    }
    let (was_words, now_words) = (words(&was.name), words(&now.name));
    // A number can be written in several ways: `4`, `0x4`.
    let is_certain = |word: &str| is_known(word) && !word.starts_with(|c: char| c.is_numeric());
    let differ = |(was, now): (&&str, &&str)| was != now && is_certain(was) && is_certain(now);
    let certain = if was_words.len() == now_words.len() {
        was_words.iter().zip(&now_words).any(differ)
    } else {
        was_words.iter().chain(&now_words).all(|word| is_certain(word))
    };
    if certain {
        Verdict::Other(format!("`{}` became `{}`", was.name, now.name))
    } else {
        Verdict::Undecided
    }
}

fn layout_change(was: &Type, now: &Type) -> String {
    if was.size != now.size {
        format!("has {} bytes, had {}", now.size, was.size)
    } else if was.align != now.align {
        format!("is aligned to {}, was to {}", now.align, was.align)
    } else {
        "has other niches (the size of its Option changed)".to_owned()
    }
}

/// The names and signs that a type's spelling is made of.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = name.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// Names that nobody gives to an alias of his own.
fn is_known(word: &str) -> bool {
    const KNOWN: &[&str] = &[
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64", "mut", "const", "String", "Vec", "Option", "Box",
        "Rc", "Arc", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "VecDeque", "Cow", "PathBuf",
        "Path", "Duration", "Instant", "dyn", "Fn", "FnMut", "FnOnce", "Send", "Sync",
    ];
    KNOWN.contains(&word) || !word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The types of a function or var whose layout is not tracked: neither primitive nor of std.
pub(crate) fn untracked(item: &Item) -> impl Iterator<Item = &str> {
    let names = item.types.iter().map(|ty| {
        match item.kind {
            // `State` itself belongs to the boundary.
            Kind::Var => ty.name.strip_prefix("State<").and_then(|it| it.strip_suffix('>')),
            _ => None,
        }
        .unwrap_or(&ty.name)
    });
    names.filter(|name| words(name).into_iter().any(|word| !is_known(word) && word != "Result"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(types: &[(&str, &str, u64)]) -> Item {
        let types = types.iter().map(|(name, lifetimes, size)| Type {
            name: (*name).to_owned(),
            lifetimes: (*lifetimes).to_owned(),
            size: *size,
            align: 8,
            option_size: size + 8,
        });
        Item {
            kind: Kind::Function,
            initialiser: 0,
            path: "c::f".to_owned(),
            package: "c".to_owned(),
            version: "0.1.0".to_owned(),
            exported: true,
            is_unsafe: false,
            abi: "Rust".to_owned(),
            display: String::new(),
            types: types.collect(),
            raw: Vec::new(),
        }
    }

    fn verdict(was: (&str, &str, u64), now: (&str, &str, u64)) -> (Vec<Code>, bool) {
        let comparison = compare(&function(&[was]), &function(&[now]));
        (comparison.conflicts.into_iter().map(|(code, _)| code).collect(), comparison.undecided)
    }

    #[test]
    fn primitives_of_one_size_are_certain_aliases_are_not() {
        assert_eq!(verdict(("u32", "", 4), ("u32", "", 4)), (vec![], false));
        assert_eq!(verdict(("u32", "", 4), ("f32", "", 4)), (vec![Code::TypeChanged], false));
        assert_eq!(
            verdict(("&str", "a", 16), ("&str", "b", 16)),
            (vec![Code::LifetimeChanged], false)
        );
        assert_eq!(
            verdict(("Vec<u8>", "", 24), ("Vec<u16>", "", 24)),
            (vec![Code::TypeChanged], false)
        );
        assert_eq!(verdict(("&u8", "a", 8), ("&mut u8", "a", 8)), (vec![Code::TypeChanged], false));
        assert_eq!(verdict(("[u8; 4]", "", 4), ("[u8; 0x4]", "", 4)), (vec![], true));
        assert_eq!(verdict(("[u8; 4]", "", 4), ("[u8; 2 + 2]", "", 4)), (vec![], true));
        assert_eq!(verdict(("u32", "", 4), ("Id", "", 4)), (vec![], true));
        let (closure, alias) = (("&dyn Fn()", "a", 16), ("Callback", "a", 16));
        assert_eq!(verdict(closure, alias), (vec![Code::TypeChanged], false));
        assert_ne!(function(&[closure]).shape(), function(&[alias]).shape());
        assert_eq!(verdict(("Ids", "", 24), ("Vec<u32>", "", 24)), (vec![], true));
        assert_eq!(verdict(("World", "", 24), ("World", "", 32)), (vec![Code::TypeChanged], false));
    }

    #[test]
    fn only_the_users_own_types_are_untracked() {
        let function =
            function(&[("&mut World", "a", 8), ("Vec<u8>", "", 24), ("(u8, &str)", "a", 24)]);
        assert_eq!(untracked(&function).collect::<Vec<_>>(), ["&mut World"]);
        let var = |ty| Item { kind: Kind::Var, ..self::function(&[(ty, "", 24)]) };
        assert_eq!(untracked(&var("State<Vec<u8>>")).count(), 0);
        assert_eq!(untracked(&var("State<World>")).collect::<Vec<_>>(), ["World"]);
    }
}
