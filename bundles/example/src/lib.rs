//! What `hot_reload` calls. Edit it, run `cargo build -p example`, and look.

hot::bundle!();

/// Say here which one this is.
#[hot::export]
pub fn version() -> u32 {
    1
}

/// What becomes of two numbers.
#[hot::export]
pub fn compute(a: i64, b: i64) -> i64 {
    a + b
}
