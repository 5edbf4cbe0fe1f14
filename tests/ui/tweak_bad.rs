//! What is no literal that can be read.

hot::bundle!();

const FIXED: f32 = hot::tweak!(0.5);

fn several(x: u8) {
    hot::tweak!();
    hot::tweak!(x);
    hot::tweak!(1 + 2);
    hot::tweak!(1, 2);
    hot::tweak!(-"text");
    hot::tweak!(b"bytes");
    hot::tweak!(c"text");
    hot::tweak!(1_u7);
    let _: u8 = hot::tweak!(-1);
    let _: u8 = hot::tweak!("text");
}

#[hot::export(tweak = 1)]
pub fn valued() {}

#[hot::export(tweak)]
pub static NUMBER: u8 = 5;

#[hot::export(tweak)]
pub fn mismatched() -> u8 {
    "text"
}

fn main() {}
