#[hot::export]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[hot::export]
fn name(of: &str) -> &str {
    of
}

fn main() {
    hot::get!(add)(1);
    hot::get!(add)(1, "2");
    let _: String = hot::get!(add)(1, 2);
    hot::get!(name)(String::new());
}
