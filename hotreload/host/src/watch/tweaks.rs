//! Saves that change literals only: live before a build has begun to compile.
//!
//! A thread of its own compares a save with the text that what runs was built of, has the new values
//! written, and says so. Neither does the thread that takes saves wait for it, nor does it wait for a
//! build. What it needs for that is known while nothing is loaded: whoever loads has [`Known`] locked
//! until it is known of the next generation, too.
//!
//! The newest save wins. A generation whose sources were saved again since it was built is published with
//! the newest literals in place.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Instant, SystemTime},
};

use crate::changes::literals::{self, At, Literal};
use crate::load::tweak::{self, Edited, Tweak, Values};
use crate::said::{Differing, Event, Printer, Result, Tweaked, TweakedLiteral};
use crate::state::{Image, Inner};
use crate::watch::folders::failed;
use crate::watch::known_files::is_touched_since;
use crate::watch::sources::Sources;

type Texts = HashMap<PathBuf, Arc<str>>;

/// What runs, as far as it is known in the sources.
#[derive(Default)]
pub(super) struct Running {
    known: Mutex<Known>,
    /// What is not in `known` yet.
    news: Mutex<Vec<News>>,
}

#[derive(Default)]
pub(super) struct Known {
    /// What files have held since the build began that runs, or that was the last, as far as anybody has
    /// looked: the compiler has read one of these texts. The newest is the last.
    held: HashMap<PathBuf, Vec<Arc<str>>>,
    /// The files for which that build is.
    saved: BTreeSet<PathBuf>,
    /// By crate name.
    built: HashMap<String, Built>,
    /// What was written, by crate name and file: the build of that text has to agree.
    written: HashMap<(String, PathBuf), Written>,
    values: Values,
}

/// A generation, and what the files held that it was built of: those of which that is certain.
struct Built {
    generation: u64,
    texts: Texts,
    /// Those of the generation before.
    before: Texts,
}

struct Written {
    /// What the file held.
    text: Arc<str>,
    /// As they are written there.
    literals: Vec<(At, String)>,
    /// What nobody has heard of yet: it was written when the generation came.
    unsaid: Vec<TweakedLiteral>,
}

/// What the thread that takes saves has found. It does not wait for a load, which has [`Known`] locked:
/// whoever listens to that may wait for a bundle to be watched.
pub(super) enum News {
    /// These files are watched from now on. They are as they were built.
    Files(Vec<(PathBuf, Arc<str>)>),
    /// A bundle is watched from now on, that was built of these files as they are.
    Bundle { crate_name: String, generation: u64, files: Vec<PathBuf> },
}

/// A save that may have changed literals only.
pub(super) struct Save {
    /// Of the bundles that the files concern.
    pub(super) sources: Vec<Sources>,
    pub(super) files: Vec<PathBuf>,
    pub(super) received: Instant,
}

impl Running {
    /// Starts the thread that takes the saves.
    pub(super) fn start(
        self: &Arc<Self>,
        inner: &'static Inner,
        print: Printer,
    ) -> Result<Sender<Save>> {
        let (saves, received): (_, Receiver<Save>) = channel();
        let running = self.clone();
        let body = move || {
            for save in received {
                // What it finds is worth less than that the watching goes on.
                let tweak = || running.known().tweak(inner, save);
                let tweaked = catch_unwind(AssertUnwindSafe(tweak)).unwrap_or_default();
                let Some(tweaked) = tweaked.map(Arc::new) else { continue };
                // Code of the user's.
                let say = || {
                    print(&tweaked.to_string());
                    inner.emit(&Event::Tweaked(tweaked.clone()));
                };
                let _ = catch_unwind(AssertUnwindSafe(say));
            }
        };
        let spawned = thread::Builder::new().name("hot-tweak".to_owned()).spawn(body);
        spawned.map_err(|error| failed(error.into()))?;
        Ok(saves)
    }

    pub(super) fn tell(&self, news: News) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(news);
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        // A panic leaves less known than there was, and nothing else than there was.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let news = mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        news.into_iter().for_each(|news| known.hear(news));
        known
    }
}

impl Known {
    fn hear(&mut self, news: News) {
        match news {
            News::Files(texts) => {
                texts.iter().for_each(|(file, text)| self.hold(file, text));
            }
            News::Bundle { crate_name, generation, files } => {
                let text = |file: PathBuf| {
                    self.held.get(&file).and_then(|it| it.last()).cloned().map(|it| (file, it))
                };
                let texts = files.into_iter().filter_map(text).collect();
                let built = Built { generation, texts, before: Texts::new() };
                self.built.insert(crate_name, built);
            }
        }
    }

    /// A build begins. These are the files that were saved, as they are now.
    pub(super) fn begin<'a>(&mut self, saved: impl Iterator<Item = (&'a PathBuf, &'a Arc<str>)>) {
        self.held.values_mut().for_each(|texts| _ = texts.drain(..texts.len().saturating_sub(1)));
        self.saved.clear();
        for (file, text) in saved {
            self.saved.insert(file.clone());
            self.held.insert(file.clone(), vec![text.clone()]);
        }
    }

    /// A file holds this now.
    fn hold(&mut self, file: &Path, text: &Arc<str>) {
        let texts = self.held.entry(file.to_owned()).or_default();
        if texts.last() != Some(text) {
            texts.push(text.clone());
        }
    }

    fn tweak(&mut self, inner: &Inner, save: Save) -> Option<Tweaked> {
        let Save { sources, files, received } = save;
        let mut texts = Texts::new();
        for file in &files {
            let text: Arc<str> = fs::read_to_string(file).ok()?.into();
            self.hold(file, &text);
            texts.insert(file.clone(), text);
        }
        // To compare the texts of a large file costs more than all else that a save does before its build.
        let reads = |Sources { workspace, bundle, .. }: &Sources| {
            let (image, _) = inner.built_image(&bundle.crate_name)?;
            Some(tweak::files(&image, workspace.root()))
        };
        let read: Vec<_> = sources.iter().filter_map(reads).collect();
        let is_read = |file: &PathBuf| {
            file.canonicalize().is_ok_and(|file| read.iter().any(|it| it.contains(&file)))
        };
        if !files.iter().any(is_read) {
            return None;
        }
        let mut bundles = Vec::new();
        for Sources { workspace, bundle, .. } in &sources {
            let built = self.built.get(&bundle.crate_name)?;
            let edited = texts.iter().map(|(file, now)| built.edited(file, now));
            bundles.push(Tweak {
                crate_name: &bundle.crate_name,
                generation: built.generation,
                root: workspace.root(),
                edited: edited.collect::<Option<_>>()?,
            });
        }
        let mut found = inner.tweak(&bundles, &mut self.values)?;
        for Tweak { crate_name, edited, .. } in bundles {
            for Edited { file, literals, .. } in edited {
                let text = texts[&file].clone();
                found.extend(self.write(crate_name, &file, text, &literals, Vec::new()));
            }
        }
        if found.is_empty() {
            return None;
        }
        let names = sources.iter().map(|it| it.bundle.name.clone()).collect();
        Some(Tweaked::new(names, files, found, received.elapsed()))
    }

    /// Notes what was written. Gives what was written before that nobody has heard of.
    fn write(
        &mut self,
        crate_name: &str,
        file: &Path,
        text: Arc<str>,
        literals: &[Literal],
        unsaid: Vec<TweakedLiteral>,
    ) -> Vec<TweakedLiteral> {
        let edited = literals.iter().filter(|literal| literal.is_edited());
        let literals = edited.map(|it| (it.now_at, it.now.clone())).collect();
        let written = Written { text, literals, unsaid };
        let before = self.written.insert((crate_name.to_owned(), file.to_owned()), written);
        before.map(|it| it.unsaid).unwrap_or_default()
    }

    /// A new image of a bundle, which nobody is led to yet: gives what its files held when it was built,
    /// and has it read the literals that were saved since. The build `began` then.
    fn come(
        &mut self,
        (image, before): (&Image, Option<&Image>),
        sources: &Sources,
        began: SystemTime,
    ) -> Texts {
        let root = sources.workspace.root();
        let read = tweak::files(image, root);
        if read.is_empty() {
            // Most bundles have none: then nobody asks for all that is known of hundreds of files. Of a file
            // that literals come into later it is known again once it is saved.
            return Texts::new();
        }
        let known = self.built.get(&sources.bundle.crate_name).into_iter();
        let files = known.flat_map(|it| it.texts.keys()).chain(&self.saved);
        let only = |file: &PathBuf| match &**self.held.get(file)? {
            [text] => Some((file.clone(), text.clone())),
            _ => None,
        };
        let mut built: Texts = files.filter_map(only).collect();
        for file in read {
            built.remove(&file);
            let Ok(now) = fs::read_to_string(&file) else { continue };
            let now: Arc<str> = now.into();
            if !self.held.contains_key(&file) && is_touched_since(&file, began) {
                continue;
            }
            self.hold(&file, &now);
            let held = self.held[&file].clone();
            let text = match &*held {
                [text] => Some(text.clone()),
                _ => self.come_late((image, before), sources, &file, &held),
            };
            built.extend(text.map(|text| (file, text)));
        }
        built
    }

    /// As [`come`](Known::come), for a file that was saved while the compiler read: the image's literals
    /// tell which of the texts it has read, if nothing else differs between them.
    fn come_late(
        &mut self,
        (image, before): (&Image, Option<&Image>),
        sources: &Sources,
        file: &Path,
        held: &[Arc<str>],
    ) -> Option<Arc<str>> {
        let (crate_name, root) = (&sources.bundle.crate_name, sources.workspace.root());
        let now = held.last()?;
        let all = held.iter().map(|text| Some((text, literals::compare(text, now)?)));
        let all: Vec<_> = all.collect::<Option<_>>()?;
        let fit = |(_, literals): &(_, Vec<Literal>)| tweak::fit(image, root, file, literals);
        let fits = all.into_iter().filter_map(|it| Some((fit(&it)?, it)));
        let (_, (text, literals)) = fits.max_by_key(|(found, _)| *found)?;
        let known = self.built.get(crate_name).and_then(|it| it.texts.get(file));
        let since_before = known.and_then(|known| literals::compare(known, text));
        let edited = Edited { file: file.to_owned(), literals: literals.clone(), since_before };
        let found = tweak::write_newest(image, before, root, edited, &mut self.values);
        if let Some(found) = found
            && text != now
        {
            self.write(crate_name, file, now.clone(), &literals, found);
        }
        Some(text.clone())
    }

    /// What `load` has led to, which loads what a build has led to that `began` then. Gives literals that
    /// are others in what was built than those that were written.
    pub(super) fn load<T>(
        &mut self,
        inner: &Inner,
        sources: &[Sources],
        began: SystemTime,
        load: impl FnOnce(&dyn Fn(&str, &Image, Option<&Image>)) -> Result<T>,
    ) -> (Result<T>, Vec<Differing>) {
        let known = RefCell::new((&mut *self, BTreeMap::new()));
        let loaded = load(&|crate_name, image, before| {
            let Some(sources) = sources.iter().find(|it| it.bundle.crate_name == crate_name) else {
                return;
            };
            // It is not said how the literals are then; and nobody may hear of it in the middle of a load.
            let come = || {
                let (known, coming) = &mut *known.borrow_mut();
                let texts = known.come((image, before), sources, began);
                coming.insert(crate_name.to_owned(), texts);
            };
            let _ = catch_unwind(AssertUnwindSafe(come));
        });
        let (_, mut coming) = known.into_inner();
        let mut differing = Vec::new();
        if loaded.is_ok() {
            for sources in sources {
                let coming = coming.remove(&sources.bundle.crate_name);
                differing.extend(self.settle(inner, sources, coming));
            }
        }
        (loaded, differing)
    }

    /// A bundle's build is over. `coming`: the texts of the image that has come; none if it is the one
    /// that was there.
    fn settle(
        &mut self,
        inner: &Inner,
        Sources { workspace, bundle, .. }: &Sources,
        coming: Option<Texts>,
    ) -> Vec<Differing> {
        let (crate_name, root) = (&bundle.crate_name, workspace.root());
        let Some((image, generation)) = inner.built_image(crate_name) else {
            self.built.remove(crate_name);
            return Vec::new();
        };
        let has_come = coming.is_some();
        let before = self.built.remove(crate_name);
        let mut built = match (before, coming) {
            (before, Some(texts)) => {
                let before = before.map(|it| it.texts).unwrap_or_default();
                Built { generation, texts, before }
            }
            (Some(built), None) if built.generation == generation => built,
            (_, None) => return Vec::new(),
        };
        let mut differing = Vec::new();
        let of_bundle = self.written.extract_if(|(of, _), _| of == crate_name);
        let mut later = Vec::new();
        for ((of, file), written) in of_bundle {
            // What was built is this text, if the file had no other one meanwhile.
            if self.held.get(&file).is_none_or(|held| **held != [written.text.clone()]) {
                later.push(((of, file), written));
                continue;
            }
            let Written { text, literals, .. } = written;
            let said = differing.len();
            for (at, written) in literals {
                let built = tweak::built(&image, root, &file, at).map(str::to_owned);
                if built.as_ref() != Some(&written) {
                    let (file, line) = (file.clone(), at.line);
                    differing.push(Differing { file, line, written, built });
                }
            }
            if !has_come && said == differing.len() {
                built.texts.insert(file, text);
            }
        }
        self.written.extend(later);
        self.built.insert(crate_name.clone(), built);
        differing
    }
}

impl Built {
    /// How a file's literals have changed since it was built; `None` if something else has.
    fn edited(&self, file: &Path, now: &str) -> Option<Edited> {
        let text = self.texts.get(file)?;
        let literals = literals::compare(text, now)?;
        let since_before = self.before.get(file).and_then(|before| literals::compare(before, text));
        Some(Edited { file: file.to_owned(), literals, since_before })
    }
}
