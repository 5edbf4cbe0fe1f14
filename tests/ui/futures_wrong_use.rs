// A future is `Send` unless `local` says otherwise, and holds what it borrows.

use std::{cell::Cell, pin::Pin, rc::Rc};

async fn pause() {}

#[hot::export]
async fn holds(number: u8) -> u8 {
    let shared = Rc::new(number);
    pause().await;
    *shared
}

#[hot::export]
async fn takes(cell: &Cell<u8>) -> u8 {
    pause().await;
    cell.get()
}

#[hot::export]
fn boxed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move { name.len() })
}

#[hot::versioned]
pub struct Tally {
    pub count: u8,
}

#[hot::export]
impl Tally {
    pub async fn step(&mut self) -> u8 {
        let shared = Rc::new(1);
        pause().await;
        self.count += *shared;
        self.count
    }
}

#[hot::export(local)]
async fn local(number: u8) -> u8 {
    let shared = Rc::new(number);
    pause().await;
    *shared
}

macro_rules! hidden {
    () => { &u8 };
}

#[hot::export]
async fn hides(name: &str, number: hidden!()) -> usize {
    name.len() + usize::from(*number)
}

#[hot::export]
async fn both(first: &str, second: &str) -> usize {
    first.len() + second.len()
}

fn sends(_: impl Send) {}

fn outlives() -> impl Future<Output = usize> {
    let (first, second) = ("a".to_owned(), "b".to_owned());
    let future = both(&first, &second);
    drop(second);
    future
}

fn main() {
    sends(local(1));
    sends(both("a", "b"));
}
