// What an `async fn` cannot have, and what only it can.

#[hot::export]
async fn with_a_closure(call: &dyn Fn() -> u8, once: Box<dyn FnOnce()>) -> u8 {
    once();
    call()
}

#[hot::export]
async fn never() -> ! {
    loop {}
}

#[hot::export]
async extern "C" fn of_c() {}

#[hot::export]
async fn trait_objects(all: Vec<Box<dyn Iterator<Item = u8>>>) -> impl Copy {
    drop(all)
}

#[hot::export(local)]
fn no_future() {}

#[hot::export(local)]
fn local_by_itself() -> std::pin::Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async { 1 })
}

struct World;

#[hot::export(local)]
impl World {
    pub fn no_future() {}
}

hot::import! {
    math => {
        async fn add(call: &dyn Fn());
    }
}

fn main() {}
