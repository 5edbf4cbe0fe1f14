//! Options of `#[hot::versioned]`, and what is written on its fields.

use std::ptr::NonNull;

#[hot::versioned(invariants = "one")]
struct Text {
    #[hot(unsafe(opaque))]
    a: u8,
}

#[hot::versioned(version = 2, invariants = -1)]
struct Unknown;

#[hot::versioned]
struct RawPointers {
    at: *const u8,
    list: Vec<NonNull<u8>>,
    marker: std::marker::PhantomData<*const u8>,
}

#[hot::versioned]
struct Opaque {
    #[hot(opaque)]
    a: u8,
    #[hot(unsafe(opaque(Foreign)))]
    b: Vec<u8>,
    #[hot(unsafe(transparent))]
    c: u8,
    #[hot(reset)]
    d: u8,
    #[hot = "x"]
    e: u8,
}

#[hot::versioned]
#[hot(invariants = 1)]
struct Twice;

#[derive(hot::rt::VersionedFields)]
struct Alone;

fn main() {}
