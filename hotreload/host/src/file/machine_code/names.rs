//! What symbols are called.
//!
//! Mangled names do not depend on what a function holds. They do depend on its place among others
//! that have no name (closures, `impl` blocks, `const _`), and on the crate's version and
//! dependencies.

use hot_rt::rt::versioned::Hasher;

use crate::file::machine_code::Id;

/// The crates whose functions generated code calls all over.
pub(crate) const FRAMEWORK: [&str; 4] = ["hot", "hot_host", "hot_rt", "hot_types"];

/// A symbol's name without what the optimiser appends to names that it makes public.
pub(crate) fn plain(name: &[u8]) -> &[u8] {
    let rest = name.trim_ascii_end();
    if !rest.last().is_some_and(u8::is_ascii_digit) {
        return name;
    }
    let end = rest.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    rest[..end].strip_suffix(b".llvm.").unwrap_or(name)
}

pub(crate) fn id(name: &[u8]) -> Id {
    let mut hasher = Hasher::new();
    hasher.bytes(name);
    hasher.digest()
}

/// Whether people gave the symbol its name, or other object files know it by that name.
pub(crate) fn is_given(name: &[u8], is_global: bool, is_defined: bool) -> bool {
    let is_anonymous =
        [b"anon.".as_slice(), b"alloc_", b"vtable.", b"switch.table", b".L", b"l_", b"DW.ref"];
    if is_mangled(name) {
        return true;
    }
    let is_anonymous = is_anonymous.iter().any(|prefix| name.starts_with(prefix));
    is_global && !name.is_empty() && !(is_anonymous && is_defined)
}

/// Whether rustc gave the symbol its name, from a path. (Apple's symbols have one `_` more.)
pub(crate) fn is_mangled(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"__").map_or(name, |_| &name[1..]);
    name.starts_with(b"_ZN")
        || name.strip_prefix(b"_R").and_then(<[u8]>::first).is_some_and(u8::is_ascii_uppercase)
}

/// What the instances of a generic function have in common: all but the hash, which the older form
/// of names ends with. (In the newer one types are spelled out.)
pub(crate) fn family(name: &[u8]) -> &[u8] {
    // `17h`, sixteen digits, `E`.
    match name.len().checked_sub(20) {
        Some(end) if name[end..].starts_with(b"17h") && name.ends_with(b"E") => &name[..end],
        _ => name,
    }
}

pub(crate) fn contains(name: &[u8], part: &[u8]) -> bool {
    name.windows(part.len()).any(|window| window == part)
}

/// Which of the symbols that the macros generate for a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Record,
    Accessor,
    Slot,
    Cold,
    Entry,
    Initialise,
}

/// The part of a definition that a mangled name says.
pub(crate) fn generated_part(name: &[u8]) -> Option<Part> {
    let parts = [
        (b"__HOT_RECORD".as_slice(), Part::Record),
        (b"__HOT_ACCESSOR", Part::Accessor),
        (b"__HOT_SLOT", Part::Slot),
        (b"__hot_cold", Part::Cold),
        (b"__hot_entry", Part::Entry),
        (b"__hot_initialise", Part::Initialise),
    ];
    parts.into_iter().find(|(text, _)| contains(name, text)).map(|(_, part)| part)
}

impl Part {
    pub(crate) fn is_entry(self) -> bool {
        matches!(self, Part::Entry | Part::Initialise)
    }

    /// A hash of which part of which definition it is.
    pub(crate) fn of(self, path: &str) -> u128 {
        let mut hasher = Hasher::new();
        hasher.bytes(&[self as u8]);
        hasher.bytes(path.as_bytes());
        hasher.digest()
    }
}

/// A symbol as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    /// Its path, without type arguments; of what has no name, that of the function around it.
    pub(crate) path: String,
    pub(crate) owner: Owner,
    /// The whole path, with what has no name and with type arguments as far as they are known.
    pub(crate) full: String,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Written in the bundle's crate.
    Bundle,
    /// Written in one of its path dependencies.
    Dependency,
    /// Written by the macros.
    Generated,
    /// Generic code of other crates, and what the compiler makes.
    Foreign,
}

/// Says what a mangled name means. The bundle's crate is the first of the crates.
pub(crate) fn describe(name: &[u8], crates: &[String]) -> Described {
    let name = String::from_utf8_lossy(name);
    let Ok(demangled) = rustc_demangle::try_demangle(&name) else {
        let is_init = name.trim_start_matches('_').starts_with("bundle_init_");
        let own = crates.first().filter(|_| !is_init && !name.contains("__rust"));
        let owner = if own.is_some() { Owner::Bundle } else { Owner::Generated };
        let path = own.map_or_else(|| name.to_string(), |own| format!("{own}::{name}"));
        return Described { full: path.clone(), path, owner };
    };
    let full = format!("{demangled:#}");
    let mut owner = owner(&full, crates);
    if is_generated(&full) && owner != Owner::Foreign {
        owner = Owner::Generated;
    }
    Described { path: path(&full), owner, full }
}

/// Modules of the framework whose types authors name themselves: `State`, `Live`, `Dyn`, `Var`.
const NAMED_BY_AUTHORS: [&str; 4] = ["state::", "live::", "object::", "var::"];

/// Whether the macros wrote it. The body of an export, which they only rename, is the author's.
fn is_generated(full: &str) -> bool {
    let full = full.replace("__hot_body_", "");
    ["__hot_", "__HOT_", "__INVENTORY", "__CTOR", "__ctor", "hot_types::"]
        .iter()
        .any(|part| full.contains(part))
        || full
            .split("hot_rt::")
            .skip(1)
            .any(|rest| !NAMED_BY_AUTHORS.iter().any(|module| rest.starts_with(module)))
        || full.contains("::_::<impl ")
            && (full.ends_with("::handle") || full.ends_with("::pointer"))
}

fn owner(full: &str, crates: &[String]) -> Owner {
    let of = |ty: &str| {
        let name = crate_of(ty);
        match crates.iter().position(|known| known == name) {
            Some(0) => Owner::Bundle,
            Some(_) => Owner::Dependency,
            None => Owner::Foreign,
        }
    };
    let first = segments(full).into_iter().next().unwrap_or_default();
    let Some(inner) = bracketed(first) else { return of(full) };
    let (ty, of_trait) = split_as(inner);
    match (of(ty), of_trait.map(of)) {
        (Owner::Foreign, Some(owner)) => owner,
        (owner, _) => owner,
    }
}

/// The crate that a type's or path's name begins with.
fn crate_of(ty: &str) -> &str {
    let mut rest = ty;
    loop {
        let before = rest;
        for prefix in ["&", "*const ", "*mut ", "mut ", "dyn ", "(", "[", "<", "impl "] {
            rest = rest.strip_prefix(prefix).unwrap_or(rest);
        }
        if rest.len() == before.len() {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// The path that people know.
fn path(full: &str) -> String {
    let mut path: Vec<String> = Vec::new();
    for segment in segments(full) {
        // What `thread_local!` and `lazy_static!` put around the author's code.
        let hidden = ["{", "__rust_std_internal", "__RUST_STD_INTERNAL", "__stability"];
        if hidden.iter().any(|prefix| segment.starts_with(prefix)) {
            break;
        }
        if segment == "_" {
            continue;
        }
        let Some(inner) = bracketed(segment) else {
            let name = segment.find('<').map_or(segment, |end| &segment[..end]);
            path.push(name.strip_prefix("__hot_body_").unwrap_or(name).to_owned());
            continue;
        };
        match inner.strip_prefix("impl ") {
            Some(inner) => match split_for(inner) {
                // `math::_::<impl Trait for math::Type>`
                Some((of_trait, ty)) => path = vec![as_trait(ty, of_trait)],
                // `math::other::<impl math::Type>`
                None => path.push(last(&self::path(inner)).to_owned()),
            },
            None if path.is_empty() => match split_as(inner) {
                (ty, Some(of_trait)) => {
                    let ty = self::path(ty);
                    // A type within a function: what it does belongs to the function.
                    match ty.strip_prefix('<').and_then(|_| ty.split_once(">::")) {
                        Some((implementation, method)) => {
                            let method = method.split("::").next().unwrap_or_default();
                            return format!("{implementation}>::{method}");
                        }
                        None => path.push(as_trait(&ty, of_trait)),
                    }
                }
                (ty, None) => path.push(self::path(ty)),
            },
            // Type arguments.
            None => {}
        }
    }
    path.join("::")
}

fn as_trait(ty: &str, of_trait: &str) -> String {
    format!("<{} as {}>", path(ty), last(&path(of_trait)))
}

/// The last name of a path.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// What stands within `<..>`, if that is all.
fn bracketed(segment: &str) -> Option<&str> {
    segment.strip_prefix('<')?.strip_suffix('>')
}

/// `Type as Trait`.
fn split_as(inner: &str) -> (&str, Option<&str>) {
    match split_at(inner, " as ") {
        Some((ty, of_trait)) => (ty, Some(of_trait)),
        None => (inner, None),
    }
}

/// `Trait for Type`.
fn split_for(inner: &str) -> Option<(&str, &str)> {
    split_at(inner, " for ")
}

/// Splits where the word stands outside of all brackets.
fn split_at<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_u32;
    let mut before = b' ';
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if before == b'-' => {}
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && text[index..].starts_with(word) => {
                return Some((&text[..index], &text[index + word.len()..]));
            }
            _ => {}
        }
        before = byte;
    }
    None
}

/// The parts of a path between `::`.
fn segments(full: &str) -> Vec<&str> {
    let (mut segments, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    let bytes = full.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        match bytes[index] {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if index > 0 && bytes[index - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(index + 1) == Some(&b':') => {
                segments.push(&full[start..index]);
                index += 1;
                start = index + 1;
            }
            _ => {}
        }
        index += 1;
    }
    segments.push(&full[start.min(full.len())..]);
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_people_write() {
        for (full, expected) in [
            ("math::physics::clamp", "math::physics::clamp"),
            ("math::add::{{closure}}", "math::add"),
            ("math::add::{closure#0}::{closure#1}", "math::add"),
            ("math::add::nested", "math::add::nested"),
            ("math::show::<u8>", "math::show"),
            ("math::Wrap<T>::get", "math::Wrap::get"),
            ("math::World::__hot_body_step", "math::World::step"),
            ("<math::World>::step", "math::World::step"),
            ("<math::Wrap<u8>>::get", "math::Wrap::get"),
            ("math::far::<impl math::World>::jump", "math::far::World::jump"),
            ("<math::World as core::fmt::Debug>::fmt", "<math::World as Debug>::fmt"),
            ("<math::Wrap<fn(u8) -> u8> as core::ops::Add<u8>>::add", "<math::Wrap as Add>::add"),
            (
                "math::_::<impl serde::ser::Serialize for math::World>::serialize",
                "<math::World as Serialize>::serialize",
            ),
            (
                "<math::_::<impl serde::de::Deserialize for math::World>::deserialize::__Visitor as \
                 serde::de::Visitor>::visit_map",
                "<math::World as Deserialize>::deserialize",
            ),
            ("math::LATER::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL", "math::LATER"),
            ("math::LATER::__rust_std_internal_init_fn", "math::LATER"),
        ] {
            assert_eq!(path(full), expected, "{full}");
        }
    }

    #[test]
    fn code_belongs_to_a_crate() {
        let crates = ["math", "shapes"].map(str::to_owned);
        for (full, expected) in [
            ("math::clamp", Owner::Bundle),
            ("<math::World>::step", Owner::Bundle),
            ("<&mut math::World as core::fmt::Debug>::fmt", Owner::Bundle),
            ("<[math::World] as core::fmt::Debug>::fmt", Owner::Bundle),
            ("<alloc::vec::Vec<u8> as math::Area>::area", Owner::Bundle),
            ("shapes::area", Owner::Dependency),
            ("core::ptr::drop_in_place<math::World>", Owner::Foreign),
            ("<alloc::vec::Vec<math::World> as core::clone::Clone>::clone", Owner::Foreign),
            ("mathematics::clamp", Owner::Foreign),
        ] {
            assert_eq!(owner(full, &crates), expected, "{full}");
        }
        for (full, expected) in [
            ("math::_::__hot_entry::{{closure}}", true),
            ("math::__hot_body_mul::{{closure}}", false),
            ("math::_::<impl hot_rt::accessor::Exported for math::add>::accessor", true),
            ("<hot_rt::state::State<u8> as math::Area>::area", false),
        ] {
            assert_eq!(is_generated(full), expected, "{full}");
        }
    }

    #[test]
    fn anything_is_a_name() {
        let crates = ["m".to_owned()];
        let pieces =
            ["<", ">", "::", " as ", "impl ", " for ", "{", "}", "m", "->", "é", "&", "_ZN1m"];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let full = format!("{a}{b}{c}{a}");
                    let _ = (path(&full), owner(&full, &crates), is_generated(&full));
                    describe(full.as_bytes(), &crates);
                }
            }
        }
        assert_eq!(describe(&[0xff, b':', b':'], &crates).owner, Owner::Bundle);
    }

    #[test]
    fn what_the_optimiser_appends_is_no_part_of_a_name() {
        assert_eq!(plain(b"_ZN1m1f17h0123456789abcdefE.llvm.8765"), b"_ZN1m1f17h0123456789abcdefE");
        assert_eq!(plain(b"_RNvC1m2f2"), b"_RNvC1m2f2");
        assert_eq!(plain(b"42"), b"42");
        assert_eq!(family(b"_ZN1m1f17h0123456789abcdefE"), b"_ZN1m1f");
        assert_eq!(family(b"short"), b"short");
    }
}
