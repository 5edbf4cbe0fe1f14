//! Saves that change literals only: live before a build has begun to compile.
//!
//! A thread of its own compares a save with the texts that what runs was built of, has the new values
//! written, and says so. Neither does the thread that takes saves wait for it, nor does it wait for a
//! build.

use std::{
    collections::{HashMap, HashSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Instant, SystemTime},
};

use crate::changes::literals::{self, At};
use crate::load::tweak::{Edited, Tweak, Values};
use crate::said::{Differing, Event, Outcome, Printer, Result, Saved, Tweaked};
use crate::state::Inner;
use crate::watch::folders::failed;
use crate::watch::known_files::is_touched_since;
use crate::watch::sources::Sources;

/// What runs, as far as it is known in the sources: of one thread for the other.
#[derive(Default)]
pub(super) struct Running(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// What the files held.
    texts: HashMap<PathBuf, Arc<str>>,
    /// The generations that were built of these texts, by crate name. A bundle of which that is not
    /// certain is not there.
    generations: HashMap<String, u64>,
    /// What was written since, by crate name and file: the build that follows has to agree.
    written: HashMap<(String, PathBuf), Written>,
}

struct Written {
    /// What the file held.
    text: Arc<str>,
    /// As they are written there.
    literals: Vec<(At, String)>,
}

/// A save that may have changed literals only.
pub(super) struct Request {
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
    ) -> Result<Sender<Request>> {
        let (requests, received): (_, Receiver<Request>) = channel();
        let running = self.clone();
        let body = move || {
            let mut values = Values::default();
            for request in received {
                // What it finds is worth less than that the watching goes on.
                let tweak = || running.tweak(inner, request, &mut values);
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
        Ok(requests)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change of it is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tweak(&self, inner: &Inner, request: Request, values: &mut Values) -> Option<Tweaked> {
        let Request { sources, files, received } = request;
        let (befores, generations) = {
            let known = self.known();
            let text = |file| known.texts.get(file).cloned();
            let generation = |it: &Sources| known.generations.get(&it.bundle.crate_name).copied();
            let befores: Option<Vec<_>> = files.iter().map(text).collect();
            let generations: Option<Vec<_>> = sources.iter().map(generation).collect();
            (befores?, generations?)
        };
        let mut edited = Vec::new();
        let mut texts = Vec::new();
        for (file, before) in files.iter().zip(befores) {
            let now: Arc<str> = fs::read_to_string(file).ok()?.into();
            edited.push(Edited { file: file.clone(), literals: literals::compare(&before, &now)? });
            texts.push(now);
        }
        let bundles: Vec<_> = sources
            .iter()
            .zip(generations)
            .map(|(it, generation)| Tweak {
                crate_name: &it.bundle.crate_name,
                generation,
                root: it.workspace.root(),
            })
            .collect();
        let found = inner.tweak(&bundles, &edited, values).filter(|found| !found.is_empty())?;
        let took = received.elapsed();
        let mut known = self.known();
        for crate_name in bundles.iter().map(|it| it.crate_name) {
            for (Edited { file, literals }, text) in edited.iter().zip(&texts) {
                let edited = literals.iter().filter(|literal| literal.is_edited());
                let literals = edited.map(|it| (it.now_at, it.now.clone())).collect();
                let written = Written { text: text.clone(), literals };
                known.written.insert((crate_name.to_owned(), file.clone()), written);
            }
        }
        let names = sources.iter().map(|it| it.bundle.name.clone()).collect();
        Some(Tweaked::new(names, files, found, took))
    }

    /// These files are as they were built.
    pub(super) fn note(&self, files: &[(PathBuf, Arc<str>)]) {
        self.known().texts.extend(files.iter().cloned());
    }

    /// A bundle is watched from now on.
    pub(super) fn add(&self, crate_name: String, generation: Option<u64>) {
        let generation = generation.map(|generation| (crate_name, generation));
        self.known().generations.extend(generation);
    }

    /// What a build that `began` then has led to; `texts` are those of what is live now. Gives literals
    /// that are others in what was built than those that were written.
    pub(super) fn settle(
        &self,
        inner: &Inner,
        saved: &Saved,
        sources: &[Sources],
        texts: &HashMap<PathBuf, Arc<str>>,
        began: SystemTime,
    ) -> Vec<Differing> {
        if !matches!(saved.outcome, Outcome::Live(_) | Outcome::Unchanged) {
            return Vec::new();
        }
        let undone: HashSet<_> = saved.undone.iter().map(|it| &it.bundle).collect();
        let mut known = self.known();
        let texts_of = |(file, text): (&PathBuf, &Arc<str>)| (file.clone(), text.clone());
        known.texts.extend(texts.iter().map(texts_of));
        let mut differing = Vec::new();
        for Sources { workspace, bundle, tree } in sources {
            let crate_name = &bundle.crate_name;
            // Somebody may have saved while the compiler read.
            let mut files = texts.iter().filter(|(file, _)| tree.concerns(file));
            let is_certain = files.all(|(file, text)| {
                // The clock of files may be ahead, so what was just saved may look touched.
                (saved.files.contains(file) || !is_touched_since(file, began))
                    && fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
            });
            let generation = inner
                .built_generation(crate_name)
                .filter(|_| is_certain && !undone.contains(&bundle.name));
            match generation {
                Some(generation) => known.generations.insert(crate_name.clone(), generation),
                None => known.generations.remove(crate_name),
            };
            let written = known.written.extract_if(|(of, _), _| of == crate_name);
            for ((_, file), Written { text, literals }) in written {
                if generation.is_none() || texts.get(&file) != Some(&text) {
                    continue;
                }
                for (at, written) in literals {
                    let built = inner.built_literal(crate_name, workspace.root(), &file, at);
                    let (file, built) = (file.clone(), built.map(str::to_owned));
                    if built.as_ref() != Some(&written) {
                        differing.push(Differing { file, line: at.line, written, built });
                    }
                }
            }
        }
        differing
    }
}
