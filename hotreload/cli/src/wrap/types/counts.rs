//! What counts as a definition of a type, or may be made to one.

use syn::{Attribute, Type};

/// Attributes that make no types of what they stand at.
const HARMLESS_ATTRIBUTES: [&str; 19] = [
    "allow",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "instrument",
    "must_use",
    "no_mangle",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "unsafe",
    "warn",
];

/// Macros that make no types where they stand in a body.
pub(super) const HARMLESS_MACROS: [&str; 46] = [
    "addr_of",
    "addr_of_mut",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "debug_span",
    "env",
    "eprint",
    "eprintln",
    "error",
    "error_span",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "info",
    "info_span",
    "join",
    "json",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "trace",
    "try_join",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// Types whose values say nothing of lengths.
const OF_NO_LENGTH: [&str; 13] = [
    "Cell", "LazyCell", "LazyLock", "LocalKey", "Mutex", "Once", "OnceCell", "OnceLock", "RefCell",
    "RwLock", "String", "f32", "f64",
];

/// Types of numbers that are no lengths themselves.
const OF_NUMBERS: [&str; 13] =
    ["bool", "char", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8"];

/// Whether an attribute may be a macro that makes types of what it stands at. Those of this framework's
/// make none that others meet.
pub(super) fn makes_types(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let first = path.segments.first().map(|it| it.ident.to_string()).unwrap_or_default();
    let is_harmless = HARMLESS_ATTRIBUTES.contains(&&*first);
    !(is_harmless || first == "hot" || matches!(&*first, "rustfmt" | "clippy"))
}

/// Whether tokens may have a definition among them.
pub(super) fn has_definition(tokens: &str) -> bool {
    ["struct ", "enum ", "union ", "type "].iter().any(|word| tokens.contains(word))
}

/// Whether a constant may be an array's length or an argument of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Always,
    /// Only where its name says so: no macro makes a length of it by itself.
    IfNamed,
    Never,
}

impl Length {
    /// That of a constant of this type.
    pub(super) fn of(ty: &Type) -> Length {
        let Type::Path(path) = ty else { return Length::Always };
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            let last = path.path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default();
            return if never(&last) { Length::Never } else { Length::Always };
        };
        match &*name {
            name if OF_NUMBERS.contains(&name) => Length::IfNamed,
            name if never(name) => Length::Never,
            _ => Length::Always,
        }
    }
}

/// Whether values of a type of this name say nothing of lengths. What can be changed is read by no
/// constant.
fn never(name: &str) -> bool {
    OF_NO_LENGTH.contains(&name) || name.starts_with("Atomic")
}
