//! What a host was started with.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::{
    file::Allocator,
    said::{BuildSink, Printer},
    state::fresh::Policy,
};

/// The options of the builder.
pub(crate) struct Options {
    pub(crate) workspace: Option<PathBuf>,
    pub(crate) profile: Option<String>,
    pub(crate) target_dir: Option<PathBuf>,
    pub(crate) shadow_dir: Option<PathBuf>,
    pub(crate) history: usize,
    pub(crate) patience: Duration,
    pub(crate) strict: bool,
    pub(crate) rollback_after: Option<Policy>,
    pub(crate) rollback_on_hook_error: bool,
    pub(crate) constructors_may_use: BTreeSet<String>,
    /// Where what builds say goes; to `watch` or to standard error if there is none.
    pub(crate) build_output: Option<BuildSink>,
    /// Whether rustc's reports shall be in colour, wherever standard error leads.
    pub(crate) shows_colour: bool,
    /// Whether cargo builds every time.
    pub(crate) plain_cargo: bool,
    pub(crate) control: bool,
    pub(crate) allocator: Option<Allocator>,
    /// Where lines about saves go; nothing is watched if there is none.
    pub(crate) watch: Option<Printer>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workspace: None,
            profile: None,
            target_dir: None,
            shadow_dir: None,
            history: 8,
            patience: Duration::from_secs(1),
            strict: false,
            rollback_after: None,
            rollback_on_hook_error: false,
            constructors_may_use: BTreeSet::new(),
            build_output: None,
            shows_colour: false,
            plain_cargo: false,
            control: true,
            allocator: None,
            watch: None,
        }
    }
}
