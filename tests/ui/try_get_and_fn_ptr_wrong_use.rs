fn plain() {}

#[hot::export]
fn double(number: i32) -> i32 {
    number * 2
}

#[hot::export]
unsafe extern "C" fn raw(address: *const u8) -> u8 {
    unsafe { *address }
}

#[hot::export]
static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

fn main() {
    hot::try_get!(plain);
    hot::fn_ptr!(plain);
    hot::try_get!(double)(1);
    hot::try_get!(double).unwrap()("1");
    hot::fn_ptr!(double)("1");
    let _: fn(i32) = hot::fn_ptr!(double);
    let _: extern "C" fn(*const u8) -> u8 = hot::fn_ptr!(raw);
    hot::fn_ptr!(raw)(&1);
    hot::fn_ptr!(COUNT);
}
