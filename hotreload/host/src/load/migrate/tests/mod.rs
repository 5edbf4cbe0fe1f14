//! Values move between types of one name: what is there afterwards, what is dropped, what is given back.

#![allow(
    unreachable_pub,
    reason = "types that are defined within functions, and used from outside of them, are public"
)]

mod heap;
mod versions;

mod conversions;
mod dropping;
mod failing;
mod fields;
mod layouts;
mod maps;
mod round_trip;
mod shared;
