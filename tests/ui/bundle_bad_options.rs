hot::bundle!(init = "start", handle = start, crate);

fn main() {}
