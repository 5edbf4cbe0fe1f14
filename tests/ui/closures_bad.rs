// Closures cross as parameters of their own, in three forms.

use std::{rc::Rc, sync::Arc};

#[hot::export]
fn bare(call: fn(u8) -> u8, other: extern "C" fn()) {
    let _ = (call, other);
}

#[hot::export]
fn hidden(a: Option<&dyn Fn()>, b: (u8, Box<dyn FnOnce()>), c: &[&dyn Fn()], d: Rc<dyn Fn()>) {
    let _ = (a, b, c, d);
}

#[hot::export]
fn not_callable(a: &dyn FnMut(), b: &dyn FnOnce(), c: &mut dyn FnOnce(), d: Arc<dyn Fn() + Send>) {
    let _ = (a, b, c, d);
}

#[hot::export]
fn result() -> Box<dyn Fn(u8) -> u8> {
    Box::new(|n| n)
}

#[hot::export]
fn borrowing(call: &dyn Fn() -> u8) -> &str {
    let _ = call;
    ""
}

#[hot::export]
fn named<'a>(call: &'a dyn Fn() -> u8, text: &'a str) -> &'a str {
    let _ = call;
    text
}

#[hot::export]
fn shared<'a>(call: &'a mut dyn FnMut(&'a str), other: &'a mut dyn FnMut()) {
    let _ = (call, other);
}

#[hot::export]
fn nested(call: &dyn Fn(&dyn Fn()), made: Box<dyn FnOnce() -> Box<dyn Fn()>>, bare: &dyn Fn(fn())) {
    let _ = (call, made, bare);
}

#[hot::export]
fn other_traits(call: &(dyn Fn() + Send + Unpin), object: &dyn Fn(&dyn ToString)) {
    let _ = (call, object);
}

#[hot::export]
fn anonymous(call: impl Fn(), other: &impl Fn()) {
    let _ = (call, other);
}

hot::import! {
    math => { fn each(call: Option<&dyn Fn()>); }
}

// Elided twice: rustc's to say.
#[hot::export]
fn ambiguous(call: &dyn Fn(&str, &str) -> &str) {
    let _ = call;
}

struct World;

#[hot::export]
impl World {
    pub fn step(&self, call: Option<&mut dyn FnMut(&Self)>) {
        let _ = call;
    }
}

fn main() {}
