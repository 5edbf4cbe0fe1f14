//! A function of every form.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
#[hot::versioned]
pub struct Part<'a>(pub &'a str);

#[hot::export]
pub fn nothing() {}

#[hot::export]
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[hot::export]
pub fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

#[hot::export]
pub fn choose<'a>(first: &'a str, second: &'a str, take_first: bool) -> &'a str {
    if take_first { first } else { second }
}

#[hot::export]
pub fn named_and_elided<'a>(_: &str, back: &'a str) -> &'a str {
    back
}

#[hot::export]
pub fn forever_alive(_: &str) -> &'static str {
    "static"
}

#[hot::export]
pub fn part(text: &str) -> Part<'_> {
    Part(text)
}

#[hot::export]
#[allow(elided_lifetimes_in_paths)]
pub fn hidden_lifetime(part: Part) -> Part {
    part
}

#[hot::export]
pub fn shout<'a>(text: Cow<'a, str>) -> Cow<'a, str> {
    if text.ends_with('!') { text } else { Cow::Owned(format!("{text}!")) }
}

#[hot::export]
pub fn push(list: &mut Vec<String>, item: &str) -> usize {
    list.push(item.to_owned());
    list.len()
}

#[hot::export]
pub fn both<'a>(pair: &'a mut (u32, &'static str)) -> (&'a mut u32, &'a str) {
    (&mut pair.0, pair.1)
}

#[hot::export]
pub fn patterns((a, b): (u8, u8), [c, .., d]: [u8; 2 * 2], _: u8, mut e: u8, f @ 0..: u8) -> u8 {
    e += 1;
    a + b + c + d + e + f
}

#[hot::export]
pub fn attributes(
    #[allow(unused_variables, reason = "an attribute of a parameter is tried")] spare: u8,
    used: u8,
) -> u8 {
    used
}

#[hot::export]
pub fn slices(numbers: &[u64], out: &mut [u64; 2]) -> u64 {
    out.copy_from_slice(&numbers[..2]);
    numbers.iter().sum()
}

#[hot::export]
#[allow(clippy::too_many_arguments)]
pub fn sixteen(
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
    f: i8,
    g: i16,
    h: i32,
    i: i64,
    j: i128,
    k: usize,
    l: isize,
    m: f32,
    n: f64,
    o: char,
    p: &str,
) -> String {
    format!("{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}")
}

#[hot::export]
#[allow(clippy::too_many_arguments)]
pub fn twenty_four(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
    q: u8,
    r: u8,
    s: u8,
    t: u8,
    u: u8,
    v: u8,
    w: u8,
    x: u8,
) -> u32 {
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x]
        .into_iter()
        .map(u32::from)
        .sum()
}

/// # Safety
/// `at` can be read.
#[hot::export]
pub unsafe fn read(at: *const u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { *at }
}

/// # Safety
/// None needed.
#[hot::export]
pub unsafe fn unsafe_and_borrowed<'a>(text: &'a str, _: &str) -> &'a str {
    text
}

#[hot::export]
pub extern "C" fn c_abi(a: u32) -> u32 {
    a * 2
}

#[hot::export]
pub extern "C-unwind" fn c_unwind(a: u32) -> u32 {
    assert!(a > 0, "zero");
    a
}

/// # Safety
/// None needed.
#[hot::export]
pub unsafe extern "C" fn unsafe_c_abi(a: u32) -> u32 {
    a * 3
}

#[hot::export]
pub fn never(reason: &str) -> ! {
    panic!("never: {reason}")
}

/// # Safety
/// None needed.
#[hot::export]
pub unsafe fn unsafe_never() -> ! {
    panic!("never, and unsafe")
}

#[hot::export]
pub fn r#match(r#type: u8) -> u8 {
    r#type + 1
}

#[hot::export]
pub fn handle(handle: u8) -> u8 {
    handle
}

#[hot::export(handle = render_handle)]
pub fn render() -> u8 {
    render::DEPTH
}

pub mod render {
    pub const DEPTH: u8 = 7;
}

#[hot::export]
#[deprecated(note = "callers are told, the generated code is not")]
pub fn old() -> u8 {
    1
}

#[hot::export]
#[inline]
#[must_use]
pub fn attributed() -> u8 {
    2
}

#[hot::export]
#[cfg(any())]
pub fn absent() -> Missing {}

#[hot::export]
#[cfg(test)]
#[cfg_attr(all(), must_use)]
pub fn present() -> u8 {
    3
}

#[hot::export]
fn private() -> u8 {
    4
}

pub fn call_private() -> u8 {
    hot::get!(private)()
}

pub mod nested {
    pub mod deeper {
        #[hot::export]
        pub(in crate::forms) fn restricted() -> u8 {
            5
        }

        #[hot::export]
        pub(super) fn parent_only() -> u8 {
            6
        }
    }

    pub fn call_parent_only() -> u8 {
        hot::get!(deeper::parent_only)() + hot::get!(self::deeper::parent_only)()
    }
}

pub fn call_restricted() -> u8 {
    hot::get!(nested::deeper::restricted)()
}
