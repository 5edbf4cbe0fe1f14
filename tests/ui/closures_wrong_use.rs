// A closure argument asks of its caller what the function's own signature does.

use std::{cell::Cell, rc::Rc};

#[hot::export]
fn in_a_thread(call: Box<dyn FnOnce() + Send>) {
    std::thread::spawn(call).join().unwrap();
}

#[hot::export]
fn not_sync(call: &dyn Fn()) {
    std::thread::scope(|scope| {
        scope.spawn(|| call());
    });
}

#[hot::export]
fn escapes_to_the_caller(call: &mut dyn FnMut(&str)) {
    call("");
}

#[hot::export]
fn outlives_the_call(call: &dyn Fn()) {
    let kept: Box<dyn Fn() + 'static> = Box::new(|| call());
    std::mem::forget(kept);
}

fn not_send() {
    let counter = Rc::new(Cell::new(0));
    hot::get!(in_a_thread)(Box::new(move || counter.set(1)));
}

fn borrows() {
    let text = String::new();
    hot::get!(in_a_thread)(Box::new(|| drop(&text)));
}

fn keeps() {
    let mut kept = vec![];
    hot::get!(escapes_to_the_caller)(&mut |text| kept.push(text));
}

fn other_argument() {
    hot::get!(not_sync)(&|number: u8| drop(number));
}

fn main() {}
