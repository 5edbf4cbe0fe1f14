//! Types that nothing is known of, wherever they can cross: the error is on the type.

use std::sync::Mutex;

hot::bundle!();

pub struct Own;

#[hot::export]
pub fn parameter(_: u8, _: &mut Own) {}

#[hot::export]
pub fn result() -> Option<Vec<Own>> {
    None
}

#[hot::export]
pub static STATIC: Mutex<Option<Own>> = Mutex::new(None);

#[hot::export]
pub static STATE: hot::State<Vec<Own>> = hot::State::new(Vec::new);

pub struct Receiver;

#[hot::export]
impl Receiver {
    pub fn method(&self) {}
}

#[hot::export]
pub fn closure(_: &dyn Fn(&Own) -> u8) {}

hot::import! {
    elsewhere => {
        fn imported(own: Own);
        static VAR: Mutex<Own>;
    }
}

fn look_up(host: &hot::Host) {
    let _ = hot::lookup!(host, "elsewhere::f", fn(Box<Own>));
}

#[hot::export]
pub fn handle() -> hot::Live<Own> {
    hot::Live::new(Own)
}

hot::tracked! {
    pub unsafe struct Container(Vec<u8>) of Own;
}

pub trait Plain {}

#[hot::versioned]
pub trait Boxed {
    fn consume(self: Box<Self>);
}

#[hot::export]
pub fn objects(_: hot::Dyn<dyn Plain>, _: hot::Dyn<dyn Boxed>) {}

fn main() {}
