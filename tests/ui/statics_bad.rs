//! Statics that cannot be vars.

use std::cell::Cell;

#[hot::export]
static mut MUTABLE: u32 = 1;

#[hot::export]
static UNSHARED: Cell<u32> = Cell::new(1);

#[hot::export]
static CALLBACK: fn(u32) -> u32 = |number| number;

#[hot::export]
static VALUELESS: u32;

#[hot::export]
#[hot(rset)]
static MISSPELLED: u32 = 1;

#[hot::export]
#[hot(renamed_from = 3)]
static RENAMED: u32 = 1;

#[hot::export(handle = other)]
static NAMED: u32 = 1;

hot::import! {
    math => { static WITH_VALUE: u32 = 1; }
}

fn main() {}
