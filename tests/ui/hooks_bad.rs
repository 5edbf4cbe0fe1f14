//! Functions that the host cannot run at a load or an unload.

#[hot::on_load]
fn takes(_: u32) {}

#[hot::on_unload]
async fn waits() {}

#[hot::on_load]
unsafe fn promises() {}

#[hot::on_load]
fn generic<T>() {}

#[hot::on_load]
extern "C" fn foreign() {}

#[hot::on_load]
fn gives() -> u8 {
    1
}

#[hot::on_load(late)]
fn option() {}

#[hot::on_unload]
struct NoFunction;

fn main() {}
