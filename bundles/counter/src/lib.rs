//! What `counter_demo` does to its count each second. Edit `change`, save, and look.

hot::bundle!();

/// The next count.
#[hot::export]
pub fn change(count: i64) -> i64 {
    count + 1
}
