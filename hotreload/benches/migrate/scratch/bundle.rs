//! A state whose type is edited.

#[allow(dead_code, reason = "it has the values of all bundles")]
pub mod types;

hot::bundle!();

#[hot::export]
pub static VALUE: hot::State<types::TYPE> = hot::State::new(Default::default);

#[hot::export]
pub fn fill() {
    *VALUE.write() = types::MAKE();
}

/// Whether the value is what this version makes itself.
#[hot::export]
pub fn is_right() -> bool {
    *VALUE.read() == types::MAKE()
}

/// Another thread calls it again and again.
#[hot::export]
pub fn idle() {}
