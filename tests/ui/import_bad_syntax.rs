mod visibility {
    hot::import! { math => { pub fn add(a: i32, b: i32) -> i32; } }
}

mod body {
    hot::import! { math => { fn add(a: i32, b: i32) -> i32 { a + b } } }
}

mod items {
    hot::import! { math => { static COUNT: u8; } }
}

mod arrow {
    hot::import! { math { fn add(a: i32, b: i32) -> i32; } }
}

mod twice {
    hot::import! {
        math => { fn add(a: i32, b: i32) -> i32; }
        math => { fn sub(a: i32, b: i32) -> i32; }
    }
}

fn main() {}
