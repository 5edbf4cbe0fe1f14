//! What `tour` calls, edits and breaks, in a scratch copy.

hot::bundle!();

/// A greeting for the guest.
#[hot::export]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Writes the guest into the book, which the host keeps, and says how many are in it now.
#[hot::export]
pub fn enter(book: &mut Vec<String>, name: &str) -> usize {
    book.push(name.to_owned());
    book.len()
}
