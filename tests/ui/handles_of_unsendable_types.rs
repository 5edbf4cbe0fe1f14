// A handle can be sent; what it takes and gives keeps its own rules.

use std::{rc::Rc, thread};

#[hot::export]
fn make() -> Rc<u8> {
    Rc::new(1)
}

fn main() {
    let make = hot::get!(make);
    thread::spawn(move || drop(make()));
    thread::spawn(move || make());
}
