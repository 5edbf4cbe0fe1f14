//! What becomes of each row's value in a state that moves.

/// The rows that move there and back, with the value that each has then.
pub(crate) const BACK: &[(&str, &str)] = &[
    ("Reordered", "Reordered { a: 1, b: 2 }"),
    ("Swapped", "Swapped { a: 1, b: 2 }"),
    ("Added", "Added { a: 1, b: 0 }"),
    ("AddedInPadding", "AddedInPadding { a: 1, b: 0, c: 3 }"),
    ("Removed", "Removed { a: 1 }"),
    ("VariantAdded", "B"),
    ("VariantsReordered", "B(1)"),
    ("VariantsShifted", "A"),
    ("Discriminant", "B"),
    ("PayloadField", "A { x: 1, y: 0 }"),
    ("ReprLost", "ReprLost { a: 1, b: 2 }"),
    ("ReprOfEnum", "A"),
    ("Arity", "Arity { pair: Pair { left: 1, right: 0 } }"),
    ("GenericBody", "GenericBody { body: Body { of: 1, more: 0 } }"),
    ("DropAdded", "DropAdded { a: 1 }"),
    ("CopyLost", "CopyLost { a: 1 }"),
    ("Deep", "Deep { middle: Middle { inner: Innermost { x: 1.0, z: 0.0 } } }"),
    ("Tree", "Tree { kids: [Tree { kids: [], a: 2, b: 0 }], a: 1, b: 0 }"),
    ("OfParts", "OfParts { parts: [Part { x: 1, z: 0 }] }"),
];

/// The rows that have no way back, since their new values may be too large for the old type.
pub(crate) const ONE_WAY: &[(&str, &str)] = &[
    ("Widened", "Widened { a: 1, b: 2 }"),
    ("Argument", "Argument { grid: Grid { cells: [1] } }"),
    ("OfParts", "OfParts { parts: [Part { x: 1, z: 0 }] }"),
];

/// The rows that are refused, with the code and the path behind the row's own.
pub(crate) const NO_WAY: &[(&str, &str, &str)] = &[
    ("Renamed", "HOT0409", ".warmth"),
    ("Float", "HOT0408", ".a"),
    ("NicheOfBool", "HOT0408", ".a"),
    ("NicheOfZero", "HOT0408", ".a"),
    ("NicheWithin", "HOT0408", ".f.a"),
    ("Alias", "HOT0408", ".id"),
    ("Units", "HOT0408", ".a"),
    ("Length", "HOT0408", ".a"),
    ("Hasher", "HOT0413", ".map"),
    ("PayloadForm", "HOT0408", "::A"),
    ("PayloadType", "HOT0408", "::A.0"),
    ("StructToEnum", "HOT0408", ""),
    ("NamedToTuple", "HOT0408", ""),
    ("InReference", "HOT0411", ".inner"),
    ("InFunction", "HOT0411", ".inner"),
];

/// The containers whose elements move: a `z` is added to each `x`.
pub(crate) const WITHIN: [&str; 13] = [
    "InBox", "InArc", "InMutex", "InVec", "InDeque", "InSlice", "InArray", "InTuple", "InOption",
    "InError", "InMap", "InKey", "InTwo",
];

/// Of these rows the files do not tell that they are refused: their images do, once they are in memory.
pub(crate) const LATE: [&str; 3] = ["Hasher", "InReference", "InFunction"];

/// Whether a row has its new form in this version: the second has those that come back, the third those that
/// are refused, the fourth those that do not come back, the fifth those that are refused late.
pub(crate) fn is_new(row: &str, version: usize) -> bool {
    let is_it = |(name, _): &&(&str, &str)| *name == row;
    match version {
        2 => BACK.iter().any(|it| is_it(&it)) || WITHIN.contains(&row),
        3 => NO_WAY.iter().any(|(name, ..)| *name == row),
        5 => LATE.contains(&row),
        4 => ONE_WAY.iter().any(|it| is_it(&it)),
        _ => false,
    }
}
