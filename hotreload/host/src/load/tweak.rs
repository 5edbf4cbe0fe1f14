//! Writes literals of what is live that a save has changed, and compares them with what was built.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use hot_rt::rt::{Literal as Read, LiteralKind, LiteralPlace, LiteralValue};

use crate::{
    changes::literals::{At, Literal, value},
    said::TweakedLiteral,
    state::{Image, Inner, publishing},
};

/// The literals of a file, as it was built and as it was saved.
pub(crate) struct Edited {
    pub(crate) file: PathBuf,
    pub(crate) literals: Vec<Literal>,
}

/// A bundle that is built of the files.
pub(crate) struct Tweak<'a> {
    pub(crate) crate_name: &'a str,
    /// That was built of the files as they were.
    pub(crate) generation: u64,
    /// Where rustc's paths of files begin.
    pub(crate) root: &'a Path,
}

/// Every value that was ever written: some code may read it for ever, so equal ones are one.
#[derive(Default)]
pub(crate) struct Values(HashMap<(LiteralKind, String, bool), &'static LiteralValue>);

impl Values {
    /// What a literal of this text is worth; `None` if it does not fit the type.
    fn of(
        &mut self,
        kind: LiteralKind,
        text: &str,
        is_negated: bool,
    ) -> Option<&'static LiteralValue> {
        let key = (kind, text.to_owned(), is_negated);
        if let Some(known) = self.0.get(&key) {
            return Some(known);
        }
        let value = &*Box::leak(Box::new(value(kind, text, is_negated)?));
        self.0.insert(key, value);
        Some(value)
    }

    /// How a value is written.
    fn text(&self, value: &'static LiteralValue) -> Option<&str> {
        let found = self.0.iter().find(|(_, known)| std::ptr::eq(**known, value));
        found.map(|((_, text, _), _)| &**text)
    }
}

impl Inner {
    /// Has the bundles read the literals of these files as they are now. All or nothing: `None` if one of
    /// the bundles is another generation by now, if an edited literal is none that it reads, or if a value
    /// does not fit.
    ///
    /// Under the locks of those who publish: no reload comes between, and a forked child finds all
    /// of it or nothing.
    pub(crate) fn tweak(
        &self,
        bundles: &[Tweak<'_>],
        edited: &[Edited],
        values: &mut Values,
    ) -> Option<Vec<TweakedLiteral>> {
        let writing = self.write().ok()?;
        let _publishing = publishing();
        let mut writes = Writes { values, found: Vec::new() };
        for bundle in bundles {
            let loaded = writing.world().bundles.get(bundle.crate_name)?;
            (loaded.generation == bundle.generation).then_some(())?;
            writes.find(&loaded.image, bundle.root, edited)?;
        }
        Some(writes.write())
    }

    /// The number of the bundle's generation, if it is live since it was loaded: not after a rollback.
    pub(crate) fn built_generation(&self, crate_name: &str) -> Option<u64> {
        let writing = self.write().ok()?;
        let loaded = writing.world().bundles.get(crate_name)?;
        (loaded.generation == loaded.image.born_as).then_some(loaded.generation)
    }

    /// How the literal of a file that stands there was written when what is live was built; `None` if there
    /// is none that it reads.
    pub(crate) fn built_literal(
        &self,
        crate_name: &str,
        root: &Path,
        file: &Path,
        at: At,
    ) -> Option<&'static str> {
        let writing = self.write().ok()?;
        let image = &writing.world().bundles.get(crate_name)?.image;
        let all = image.literals();
        let mut places = all.iter().flat_map(|literals| literals.places);
        let place = places.find(|it| at_of(it) == at && is_file(root, it.file, file))?;
        Some(place.text)
    }
}

/// What is written once all of it is known to fit.
struct Writes<'v> {
    values: &'v mut Values,
    found: Vec<Write>,
}

struct Write {
    read: &'static Read,
    value: Option<&'static LiteralValue>,
    said: TweakedLiteral,
}

impl Writes<'_> {
    /// Finds what is to be written in an image.
    fn find(&mut self, image: &Image, root: &Path, edited: &[Edited]) -> Option<()> {
        let all = image.literals();
        for Edited { file, literals } in edited {
            let mut by_place: HashMap<At, (&Literal, bool)> =
                literals.iter().map(|literal| (literal.before_at, (literal, false))).collect();
            let all = all.iter().flat_map(|all| {
                let both = all.places.iter().zip(all.reads);
                both.map(|(place, read)| (all.path, place, read))
            });
            for (path, place, read) in all.filter(|(_, place, _)| is_file(root, place.file, file)) {
                let Some((literal, is_found)) = by_place.get_mut(&at_of(place)) else { continue };
                if literal.before != place.text {
                    // What was built is not what the file is believed to have been.
                    (!literal.is_edited()).then_some(())?;
                    continue;
                }
                *is_found = true;
                self.add(path, place, read, &literal.now)?;
            }
            by_place
                .values()
                .all(|(literal, is_found)| *is_found || !literal.is_edited())
                .then_some(())?;
        }
        Some(())
    }

    /// `None` if the text does not fit the literal's type.
    fn add(
        &mut self,
        path: &str,
        place: &LiteralPlace,
        read: &'static Read,
        now: &str,
    ) -> Option<()> {
        let before = read.value();
        let value = match now == place.text {
            true => None,
            false => Some(self.values.of(read.kind(), now, place.is_negated)?),
        };
        if before.map(std::ptr::from_ref) == value.map(std::ptr::from_ref) {
            return Some(());
        }
        let before = before.and_then(|value| self.values.text(value)).unwrap_or(place.text);
        let sign = if place.is_negated { "-" } else { "" };
        let said = TweakedLiteral {
            path: path.to_owned(),
            before: format!("{sign}{before}"),
            now: format!("{sign}{now}"),
        };
        self.found.push(Write { read, value, said });
        Some(())
    }

    fn write(self) -> Vec<TweakedLiteral> {
        let mut said: Vec<TweakedLiteral> = Vec::new();
        for write in self.found {
            write.read.set(write.value);
            // One literal may be read in several bundles, or in several functions that a macro makes.
            if !said.contains(&write.said) {
                said.push(write.said);
            }
        }
        said
    }
}

fn at_of(place: &LiteralPlace) -> At {
    At { line: place.line, column: place.column }
}

/// Whether rustc means this file, whose path has no links.
fn is_file(root: &Path, named: &str, file: &Path) -> bool {
    // Most are of other files.
    Path::new(named).file_name() == file.file_name()
        && root.join(named).canonicalize().is_ok_and(|named| named == file)
}
