//! What exists once in the process, for the host and all bundles: the crates that are named here, and what
//! they depend on. `cargo hotreload share CRATE` adds one.
//!
//! Linked by `cargo hotreload run` this is a shared library; by cargo alone, it is a crate as any other.

extern crate eframe as _;
extern crate egui as _;
