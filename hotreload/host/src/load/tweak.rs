//! Writes literals of what is live that a save has changed, and compares them with what was built.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use hot_rt::rt::{Literal as Read, LiteralKind, LiteralPlace, LiteralValue, Literals};

use crate::{
    changes::literals::{At, Literal, value},
    said::TweakedLiteral,
    state::{Image, Inner, publishing},
};

/// The literals of a file, as it was built and as it was saved.
pub(crate) struct Edited {
    pub(crate) file: PathBuf,
    pub(crate) literals: Vec<Literal>,
    /// Those of the text that the generation before was built of, and of the one that this one was: for
    /// the types of literals that nobody has read yet.
    pub(crate) since_before: Option<Vec<Literal>>,
}

/// A bundle that is built of files that were saved.
pub(crate) struct Tweak<'a> {
    pub(crate) crate_name: &'a str,
    /// That was built of the files as they were.
    pub(crate) generation: u64,
    /// Where rustc's paths of files begin.
    pub(crate) root: &'a Path,
    pub(crate) edited: Vec<Edited>,
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
    /// Has the bundles read the literals of their files as they are now. All or nothing: `None` if one of
    /// the bundles is another generation by now, if an edited literal is none that it reads, or if a value
    /// does not fit.
    ///
    /// Under the locks of those who publish: no reload comes between, and a forked child finds all
    /// of it or nothing.
    pub(crate) fn tweak(
        &self,
        bundles: &[Tweak<'_>],
        values: &mut Values,
    ) -> Option<Vec<TweakedLiteral>> {
        let writing = self.write().ok()?;
        let _publishing = publishing();
        let mut writes = Writes { values, found: Vec::new() };
        for bundle in bundles {
            let loaded = writing.world().bundles.get(bundle.crate_name)?;
            (loaded.generation == bundle.generation).then_some(())?;
            let before = loaded.history.last().map(|image| &**image);
            writes.find(&loaded.image, before, bundle.root, &bundle.edited)?;
        }
        Some(writes.write())
    }

    /// The bundle's image with the number of its generation, if it is live since it was loaded: not after
    /// a rollback.
    pub(crate) fn built_image(&self, crate_name: &str) -> Option<(Arc<Image>, u64)> {
        let writing = self.write().ok()?;
        let loaded = writing.world().bundles.get(crate_name)?;
        let is_built = loaded.generation == loaded.image.born_as;
        is_built.then(|| (loaded.image.clone(), loaded.generation))
    }
}

/// Has an image that nobody is led to yet read the literals of a file as they are now. `None`, and
/// nothing is written, if they do not fit it.
pub(crate) fn write_newest(
    image: &Image,
    before: Option<&Image>,
    root: &Path,
    edited: Edited,
    values: &mut Values,
) -> Option<Vec<TweakedLiteral>> {
    let mut writes = Writes { values, found: Vec::new() };
    writes.find(image, before, root, &[edited])?;
    Some(writes.write())
}

/// How many literals of a text the image reads: the more, the likelier it was built of it. `None` if it
/// reads another literal in place of one.
pub(crate) fn fit(image: &Image, root: &Path, file: &Path, before: &[Literal]) -> Option<usize> {
    let by_place: HashMap<At, &str> =
        before.iter().map(|literal| (literal.before_at, &*literal.before)).collect();
    let places = places_of(image, root, file);
    let found =
        places.iter().filter_map(|(_, place, _)| Some(*by_place.get(&at_of(place))? == place.text));
    let found: Vec<bool> = found.collect();
    found.iter().all(|is_it| *is_it).then_some(found.len())
}

/// The files whose literals an image reads, without links.
pub(crate) fn files(image: &Image, root: &Path) -> BTreeSet<PathBuf> {
    let named: BTreeSet<_> = places(image).map(|(_, place, _)| place.file).collect();
    named.into_iter().filter_map(|named| root.join(named).canonicalize().ok()).collect()
}

/// How the literal of a file that stands there was written when the image was built; `None` if there is
/// none that it reads.
pub(crate) fn built(image: &Image, root: &Path, file: &Path, at: At) -> Option<&'static str> {
    let mut places = places_of(image, root, file).into_iter().map(|(_, place, _)| place);
    places.find(|place| at_of(place) == at).map(|place| place.text)
}

/// A literal in an image: the path of what it is in, its place, and what it is read from.
type Placed = (&'static str, &'static LiteralPlace, &'static Read);

fn places(image: &Image) -> impl Iterator<Item = Placed> {
    let of = |all: &'static Literals| {
        all.places.iter().zip(all.reads).map(|(place, read)| (all.path, place, read))
    };
    image.literals().into_iter().flat_map(of)
}

/// Those of a file, whose path has no links, in its order: that of the image is the linker's.
fn places_of(image: &Image, root: &Path, file: &Path) -> Vec<Placed> {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let is_of_file = |(_, place, _): &Placed| {
        *known.entry(place.file).or_insert_with(|| {
            // Most are of other files.
            Path::new(place.file).file_name() == file.file_name()
                && root.join(place.file).canonicalize().is_ok_and(|named| named == file)
        })
    };
    let mut placed: Vec<_> = places(image).filter(is_of_file).collect();
    placed.sort_by_key(|(_, place, _)| (place.line, place.column));
    placed
}

/// Where nobody has read a literal yet, it is supposed to be of the type that it had in the generation
/// before. Should it not be, what is written for it is passed over.
fn suppose(image: &Image, before: &Image, root: &Path, file: &Path, literals: &[Literal]) {
    let known: HashMap<At, LiteralKind> = places_of(before, root, file)
        .into_iter()
        .map(|(_, place, read)| (at_of(place), read.kind()))
        .filter(|(_, kind)| *kind != LiteralKind::Unknown)
        .collect();
    let kinds: HashMap<At, LiteralKind> = literals
        .iter()
        .filter_map(|literal| Some((literal.now_at, *known.get(&literal.before_at)?)))
        .collect();
    for (_, place, read) in places_of(image, root, file) {
        if let Some(kind) = kinds.get(&at_of(place)) {
            read.suppose(*kind);
        }
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
    /// Finds what is to be written in an image. `before`: the one of the generation before.
    fn find(
        &mut self,
        image: &Image,
        before: Option<&Image>,
        root: &Path,
        edited: &[Edited],
    ) -> Option<()> {
        for Edited { file, literals, since_before } in edited {
            if let Some((before, literals)) = before.zip(since_before.as_ref()) {
                suppose(image, before, root, file, literals);
            }
            let mut by_place: HashMap<At, (&Literal, bool)> =
                literals.iter().map(|literal| (literal.before_at, (literal, false))).collect();
            for (path, place, read) in places_of(image, root, file) {
                let Some((literal, is_found)) = by_place.get_mut(&at_of(place)) else { continue };
                // Else what was built is not what the file is believed to have been.
                (literal.before == place.text).then_some(())?;
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
