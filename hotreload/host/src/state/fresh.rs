//! Generations that may still be taken back: after too many panics the host goes back by itself.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use hot_rt::rt::ImageInfo;

use crate::state::moment;

/// So many panics within so much time after the commit.
#[derive(Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) panics: u32,
    pub(crate) within: Duration,
}

/// A generation that has panicked too often.
pub(crate) struct Failed {
    /// Its crate's name.
    pub(crate) bundle: String,
    pub(crate) generation: u64,
    pub(crate) why: String,
}

/// The young generations and how often they have panicked.
pub(crate) struct Fresh {
    policy: Policy,
    /// By the address of the image's info.
    young: Mutex<HashMap<usize, Young>>,
    failed: Sender<Failed>,
}

struct Young {
    bundle: String,
    generation: u64,
    committed: Instant,
    panics: u32,
}

fn key(image: &'static ImageInfo) -> usize {
    std::ptr::from_ref(image).addr()
}

impl Fresh {
    /// Generations that are to be taken back come out of the receiver, each once.
    pub(crate) fn new(policy: Policy) -> (Fresh, Receiver<Failed>) {
        let (failed, receiver) = channel();
        (Fresh { policy, young: Mutex::default(), failed }, receiver)
    }

    /// A new image has become this generation.
    pub(crate) fn committed(&self, image: &'static ImageInfo, bundle: &str, generation: u64) {
        let committed = Instant::now();
        let _moment = moment();
        let mut young = self.young.lock().unwrap_or_else(PoisonError::into_inner);
        young.retain(|_, young| young.committed.elapsed() < self.policy.within);
        let bundle = bundle.to_owned();
        young.insert(key(image), Young { bundle, generation, committed, panics: 0 });
    }

    /// Code of the image has panicked. Called on the panicking thread, from its hook or where it was
    /// caught: only counts.
    pub(crate) fn panicked(&self, image: &'static ImageInfo) {
        let Policy { panics, within } = self.policy;
        let _moment = moment();
        let mut young = self.young.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = young.get_mut(&key(image)) else { return };
        if known.committed.elapsed() >= within {
            young.remove(&key(image));
            return;
        }
        known.panics += 1;
        if known.panics < panics {
            return;
        }
        // Out of the map: it goes back once, however many threads panic.
        let Some(Young { bundle, generation, .. }) = young.remove(&key(image)) else { return };
        let times = if panics == 1 { "once".to_owned() } else { format!("{panics} times") };
        let why = format!("generation {generation} panicked {times} within {within:?}");
        // No receiver: a forked child has no thread that would go back.
        let _ = self.failed.send(Failed { bundle, generation, why });
    }
}
