//! What exists once in the process, for the host and all bundles: the crates that are named here, and what
//! they depend on. `cargo hotreload share CRATE` adds one. And what the app's own world holds, whose types
//! change with the host only.
//!
//! Linked by `cargo hotreload run` this is a shared library; by cargo alone, it is a crate as any other.

extern crate bevy_app as _;
extern crate bevy_ecs as _;
extern crate bevy_input as _;
extern crate bevy_state as _;
extern crate bevy_tasks as _;
extern crate bevy_time as _;

use bevy_state::state::States;

/// Whether the game goes on.
#[derive(States, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Phase {
    #[default]
    Swims,
    Rests,
}
