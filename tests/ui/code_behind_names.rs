//! Code whose panics would not be caught, where no type is spelled so.

use std::{
    cell::LazyCell,
    marker::PhantomData,
    sync::{LazyLock, Mutex},
};

hot::bundle!();

type Call = fn(u32) -> u32;
type Closure = dyn Fn(u32) -> u32 + Send;
type Lazy = LazyLock<u32>;

#[hot::versioned]
struct Operations {
    one: Call,
    many: Vec<Option<Call>>,
    lazy: Lazy,
    cell: Box<LazyCell<String>>,
    nothing: PhantomData<Call>,
}

#[hot::versioned]
struct Erased {
    closure: Box<Closure>,
}

#[hot::versioned]
struct Captures<F> {
    of: F,
}

#[hot::export]
pub fn call(call: Call, other: &mut (u8, Call)) -> u32 {
    call(other.1(1))
}

#[hot::export]
pub fn read(lazy: &LazyLock<u32>) -> u32 {
    **lazy
}

#[hot::export]
pub fn of_a_closure(call: &dyn Fn(Call)) {
    call(|number| number);
}

#[hot::export]
pub static HELD: Mutex<Vec<Call>> = Mutex::new(Vec::new());

#[hot::export]
pub static WITHIN: Mutex<Lazy> = Mutex::new(LazyLock::new(|| 1));

#[hot::export]
pub static STATE: hot::State<Call> = hot::State::new(|| |number| number);

// Made when the bundle is loaded.
#[hot::export]
pub static MADE: Lazy = LazyLock::new(|| 1);

#[hot::export]
pub fn handle(_: &hot::Live<Call>) {}

fn versioned<T: hot::Versioned>(_: &T) {}

fn main() {
    let one = 1;
    versioned(&Captures { of: move || one });
    versioned(&Captures { of: main });
}
