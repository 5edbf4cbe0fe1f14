#[hot::export]
fn unsized_argument(a: str) {}

fn main() {}
