// Errors that rustc reports on the function are not repeated for the generated code.

#[hot::export]
fn unknown(a: Missing) -> Missing {
    a
}

#[hot::export]
fn ambiguous(a: &str, b: &str) -> &str {
    a
}

#[hot::export]
fn inferred(a: _) {}

#[hot::export]
fn body() -> u8 {
    "text"
}

#[hot::export]
fn undeclared(a: &'a str) {}

fn main() {}
