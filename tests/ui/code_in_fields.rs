//! Fields that hold code whose panics would not be caught.

use std::{any::Any, fmt::Debug, marker::PhantomData, rc::Rc};

#[hot::versioned]
struct Operations {
    one: fn(u32) -> u32,
    maybe: Option<unsafe fn()>,
    many: Vec<(u8, [extern "Rust" fn(&u8); 2])>,
    closure: Box<dyn Fn(u32) -> u32 + Send>,
    shared: Rc<dyn FnMut()>,
    any: Box<dyn Any>,
    object: Box<dyn Debug>,
    of_c: Option<extern "C" fn(u32) -> u32>,
    #[hot(unsafe(opaque))]
    answered_for: fn(u32) -> u32,
    #[hot(unsafe(opaque(fn(u32))))]
    partly: Option<fn(u32)>,
    nothing: PhantomData<fn(u32) -> u32>,
}

#[hot::versioned]
enum Event {
    Call(fn()),
    Later { call: Box<dyn FnOnce()> },
}

fn main() {}
