//! The rows: changes to a type, each to one of its own, and what a refusal says of each where code
//! was compiled against the old form. Most are in `changes.rs`.

use super::changes::{CHANGES, Reason};

/// A change to the type that is called like the row.
pub(crate) struct Row {
    pub(crate) name: String,
    /// The definitions, and a value.
    pub(crate) was: [String; 2],
    pub(crate) now: [String; 2],
    /// Codes and messages of all reasons, in their order; none: accepted.
    pub(crate) reasons: Vec<(&'static str, String)>,
    /// Whether a `Mutex` of it can be a static, and a `hot::State`.
    pub(crate) is_send: bool,
    pub(crate) is_sync: bool,
}

/// The same change to an element, behind each of these: name, type, value, how the path goes on.
const CONTAINERS: &[(&str, &str, &str, &str)] = &[
    ("InBox", "Box<{}>", "Box::new({})", ""),
    ("InArc", "std::sync::Arc<{}>", "std::sync::Arc::new({})", ""),
    ("InMutex", "std::sync::Mutex<{}>", "std::sync::Mutex::new({})", ""),
    ("InReference", "&'static {}", "&{}", ""),
    ("InVec", "Vec<{}>", "vec![{}]", "[]"),
    ("InDeque", "std::collections::VecDeque<{}>", "[{}].into()", "[]"),
    ("InSlice", "Box<[{}]>", "Box::new([{}])", "[]"),
    ("InArray", "[{}; 2]", "[{}, {}]", "[]"),
    ("InTuple", "(u8, {})", "(7, {})", ".1"),
    ("InOption", "Option<{}>", "Some({})", "::Some.0"),
    ("InError", "Result<u8, {}>", "Err({})", "::Err.0"),
    ("InMap", "std::collections::HashMap<u8, {}>", "[(1, {})].into()", "[]"),
    ("InKey", "std::collections::BTreeMap<{}, u8>", "[({}, 1)].into()", "[key]"),
    ("InFunction", "extern \"C\" fn({})", "{ extern \"C\" fn take<T>(_: T) { } take }", "(0)"),
    ("InTwo", "Vec<Option<Box<{}>>>", "vec![Some(Box::new({})), None]", "[]::Some.0"),
];

/// The types that are not `Send`, in one form at least; and those that are, but not `Sync`.
const NOT_SEND: [&str; 2] = ["SendLost", "SendLostByField"];
const NOT_SYNC: [&str; 1] = ["SyncLost"];

/// Every row.
pub(crate) fn rows() -> Vec<Row> {
    let texts = |texts: [&str; 2]| texts.map(str::to_owned);
    let changes = CHANGES.iter().map(|(name, was, now, reasons)| Row {
        name: (*name).to_owned(),
        was: texts(*was),
        now: texts(*now),
        reasons: reasons.iter().map(|(code, message)| (*code, (*message).to_owned())).collect(),
        is_send: !NOT_SEND.contains(name),
        is_sync: !NOT_SEND.contains(name) && !NOT_SYNC.contains(name),
    });
    let containers = CONTAINERS.iter().map(|(name, ty, value, path)| {
        let form = |fields: &str, part: &str| {
            let ty = ty.replace("{}", &format!("{name}Part"));
            let value = value.replace("{}", &format!("{name}Part {{ {part} }}"));
            [
                format!(
                    "#[derive(PartialEq, Eq, PartialOrd, Ord)] $struct {name}Part {{ {fields} }}
                     $struct {name} {{ inner: {ty} }}"
                ),
                format!("{name} {{ inner: {value} }}"),
            ]
        };
        Row {
            name: (*name).to_owned(),
            was: form("x: u32", "x: 1"),
            now: form("x: u32, z: u32", "x: 1, z: 2"),
            reasons: vec![("HOT0310", format!("the field `{name}.inner{path}.z` was added"))],
            is_send: true,
            is_sync: true,
        }
    });
    changes.chain(containers).collect()
}

/// A function: name, old and new form, calls of both, reasons.
pub(crate) type Signature = (&'static str, [&'static str; 2], [&'static str; 2], &'static [Reason]);

/// Changes of signatures: only code can be in their way.
pub(crate) const SIGNATURES: &[Signature] = &[
    (
        "parameter",
        ["fn parameter(a: u32) -> String { a.to_string() }", "parameter)(1)"],
        ["fn parameter(a: f32) -> String { a.to_string() }", "parameter)(1.0)"],
        &[("HOT0301", "`mx_code::parameter` has another parameter 1: `u32` became `f32`")],
    ),
    (
        "result",
        ["fn result() -> u32 { 1 }", "result)()"],
        ["fn result() -> u64 { 1 }", "result)()"],
        &[("HOT0301", "`mx_code::result` has another result: `u32` became `u64`")],
    ),
    (
        "count",
        ["fn count() -> u32 { 1 }", "count)()"],
        ["fn count(a: u32) -> u32 { a }", "count)(1)"],
        &[("HOT0301", "`mx_code::count` takes 1 parameter, not 0")],
    ),
    (
        "safety",
        ["fn safety() -> u32 { 1 }", "safety)()"],
        ["unsafe fn safety() -> u32 { 1 }", "safety)()"],
        &[("HOT0303", "`mx_code::safety` is unsafe now")],
    ),
    (
        "lifetime",
        ["fn lifetime(a: &str) -> &'static str { a.len(); \"a\" }", "lifetime)(\"a\")"],
        ["fn lifetime(a: &str) -> &str { a }", "lifetime)(\"a\")"],
        &[("HOT0302", "`mx_code::lifetime` has another lifetime in its result")],
    ),
];
