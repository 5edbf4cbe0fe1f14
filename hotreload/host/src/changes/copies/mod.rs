//! What a save changed of which the host has a copy of its own.
//!
//! A host that is linked with a bundle was compiled with its constants and macros, and has its own
//! instances of generic functions, of `#[inline]` ones, of implementations of traits, and whatever
//! else it calls without a slot. No reload changes those.
//!
//! ```text
//! mod       an edit's items, and what is said of each
//! items     the items of a text, and what differs between two texts
//! tokens    a text without comments and formatting
//! mentions  which items use an item, by the words in them
//! symbols   what the running program has copies of
//! ```
//!
//! All of it is told by the source and by the program's symbols: nothing is built. A file that is no
//! Rust gives nothing.

mod items;
mod mentions;
mod symbols;
#[cfg(test)]
mod tests;
mod tokens;

use std::{path::PathBuf, sync::Arc};

use crate::changes::literals::forget_texts;
use crate::said::HostCopy;
use items::{Change, Item, Items, Kind, Owner};
use mentions::Mentions;
use symbols::{Copy, Symbols};

/// Where a source file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) crate_name: String,
    pub(crate) modules: Vec<String>,
}

/// A source file as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    pub(crate) place: Place,
    pub(crate) text: Arc<str>,
}

/// What an edited file held before.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    /// When the code that was live was built.
    pub(crate) live: Arc<str>,
    /// When the host was started: as far as is known, what it was compiled with.
    pub(crate) compiled: Arc<str>,
}

/// What is known of the program.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    symbols: Symbols,
}

/// Whether two texts of a file are the same to a compiler: but for comments and formatting, if they
/// are Rust.
pub(crate) fn is_same_code(one: &str, other: &str) -> bool {
    let tokens = |text: &str| text.parse::<proc_macro2::TokenStream>().ok().map(tokens::of);
    let is_same = one == other
        || match (tokens(one), tokens(other)) {
            (Some((one, _)), Some((other, _))) => one == other,
            _ => false,
        };
    forget_texts();
    is_same
}

impl Copies {
    /// What the save changed in these files, differs from what the host was compiled with, and is in
    /// the host too: an item that is put back as it was is in nobody's way.
    /// `sources` are all files of a bundle and of its path dependencies, the edited ones among them;
    /// the host is linked with their crates.
    pub(crate) fn find(
        &mut self,
        edited: &[(PathBuf, Before)],
        sources: &[Source],
    ) -> Vec<HostCopy> {
        let mentions = Mentions::new(sources);
        let mut copies = Vec::new();
        for (file, before) in edited {
            let Some(source) = sources.iter().find(|source| source.file == *file) else { continue };
            let texts = [&*before.live, &before.compiled, &source.text].map(Items::parse);
            let [Some(old), Some(compiled), Some(new)] = texts else { continue };
            let differing = Items::changes(&compiled, &new);
            let differs = |change: &Change<'_>| {
                differing.iter().any(|other| other.item.name == change.item.name)
            };
            for change in Items::changes(&old, &new).into_iter().filter(differs) {
                let copy = self.copy(&change, source, &mentions);
                if copy != Copy::No {
                    let Place { crate_name, modules } = &source.place;
                    let around = [std::slice::from_ref(crate_name), modules].concat();
                    copies.push(HostCopy {
                        item: change.item.name.shown(&around, &change.item.kind),
                        file: file.clone(),
                        certain: copy == Copy::Yes,
                    });
                }
            }
        }
        forget_texts();
        copies
    }

    /// Whether what the host does depends on the item as it was.
    fn copy(&mut self, change: &Change<'_>, source: &Source, mentions: &Mentions<'_>) -> Copy {
        let item = change.item;
        if item.is_exported {
            return Copy::No;
        }
        let own = if change.is_new { Copy::Maybe } else { self.symbol(item, source) };
        let is_open = mentions.is_open(item, &source.place);
        if own == Copy::No || item.kind == Kind::Type {
            return if is_open { own } else { Copy::No };
        }
        let users = mentions.users(item, source);
        if users.are_too_many {
            return Copy::Maybe;
        }
        let direct = if is_open { own } else { Copy::No };
        let through = users
            .found
            .iter()
            .filter(|(user, source)| !user.is_exported && mentions.is_open(user, &source.place));
        let through = through.map(|(user, source)| self.symbol(user, source)).max();
        let copy = direct.max(through.unwrap_or(Copy::No));
        // The body of an export that the host was linked with is never run while the bundle is
        // loaded, but what it calls is in the host for its sake.
        let is_of_export = users.found.iter().any(|(user, _)| user.is_exported);
        if is_of_export { copy.min(Copy::Maybe) } else { copy }
    }

    fn symbol(&mut self, item: &Item, source: &Source) -> Copy {
        let Place { crate_name, modules } = &source.place;
        if item.kind.has_no_symbol() {
            return Copy::Maybe;
        }
        self.symbols.of(crate_name).copy(item, crate_name, modules)
    }
}
