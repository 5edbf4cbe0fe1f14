// A module of the function's name is in the way: `#[hot::export(handle = other_name)]`.

#[hot::export]
fn render() {}

mod render {}

fn main() {}
