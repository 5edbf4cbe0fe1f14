hot::import! {
    math => {
        fn add(a: i32, b: i32) -> i32;
        fn unknown(a: Missing);
    }
}

fn main() {
    hot::get!(math::add)(1);
    math::add("1", 2);
    hot::get!(math::sub)(1, 2);
}
