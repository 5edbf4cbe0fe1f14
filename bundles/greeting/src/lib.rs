//! What `tour` and `greeting_demo` call, and what they edit and break in scratch copies.

hot::bundle!();

/// The guest book. The host owns it: reloads of this code keep it.
#[hot::export]
pub static BOOK: hot::State<Vec<String>> = hot::State::new(Vec::new);

/// A greeting for the guest.
#[hot::export]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Writes the guest into the book, and says how many are in it now.
#[hot::export]
pub fn enter(name: &str) -> usize {
    let mut book = BOOK.write();
    book.push(name.to_owned());
    book.len()
}
