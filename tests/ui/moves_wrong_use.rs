//! What is said wrongly of how fields, variants and types move.

#[hot::versioned(renamed_from = "Same")]
struct Same;

#[hot::versioned]
struct Options {
    #[hot(defalt = 5)]
    unknown: u8,
    #[hot(default)]
    nothing: u8,
    #[hot(default = 1, default = 2)]
    twice: u8,
    #[hot(convert = 5)]
    number: u8,
    #[hot(from("a", "b"))]
    from_alone: u8,
    #[hot(convert = f, from())]
    from_none: u8,
    #[hot(renamed_from = old)]
    no_text: u8,
    #[hot(renamed_from = "no name")]
    no_name: u8,
    #[hot(renamed_from = "own")]
    own: u8,
    #[hot(renamed_from = "x")]
    first: u8,
    #[hot(renamed_from = "x")]
    second: u8,
    #[hot(stays)]
    unpromised: u8,
    #[hot(unsafe(moves))]
    promised: u8,
    #[hot]
    bare: u8,
}

#[hot::versioned]
struct Tuple(#[hot(renamed_from = "a")] u8, #[hot(default = 1)] u8);

#[hot::versioned]
enum Enum {
    #[hot(default = 1)]
    A,
    #[hot(renamed_from = "B")]
    B,
}

fn main() {}
