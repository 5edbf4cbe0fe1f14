hot::bundle!();
hot::bundle!();

fn main() {}
