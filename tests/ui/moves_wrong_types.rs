//! Defaults and conversions of other types than the fields.

#[hot::versioned]
struct World {
    #[hot(default = "text")]
    default: u32,
    #[hot(convert = to_text)]
    convert: u32,
    #[hot(convert = of_two)]
    count: u32,
    #[hot(convert = NUMBER)]
    number: u32,
}

const NUMBER: u8 = 1;

fn to_text(old: &u8) -> String {
    old.to_string()
}

fn of_two(a: &u8, b: &u8) -> u32 {
    u32::from(a + b)
}

fn main() {}
