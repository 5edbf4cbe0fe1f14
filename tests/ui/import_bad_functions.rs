hot::import! {
    math => {
        fn generic<T>(value: T);
        async fn asynchronous(f: fn());
        fn method(&self);
        fn str() -> u8;
        fn trait_object(a: &dyn Fn()) -> impl Copy;
    }
}

fn main() {}
