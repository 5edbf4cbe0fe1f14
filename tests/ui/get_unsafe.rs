#[hot::export]
unsafe fn danger(a: u32) -> u32 {
    a
}

hot::import! {
    math => { unsafe fn raw(at: *const u8) -> u8; }
}

fn main() {
    hot::get!(danger)(1);
    let handle = hot::get!(danger);
    handle(1);
    math::raw(std::ptr::null());
}
