//! The load that follows a build. What rustc has left is tidied up after it, and so is a rustc started that
//! waits for the next save: beside the load both would make it longer, and later the next save comes sooner.

use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

/// Not every build is followed by a load of which its end is told, and none is waited for any longer.
const LONGEST: Duration = Duration::from_millis(100);

/// The process's.
pub(super) static LOAD: Slot = Slot::new();

/// Where the latest load is known. Nothing is sent to those that wait: its end is that nobody has it any more.
pub(super) struct Slot(Mutex<Option<Sender<Infallible>>>);

/// A load that comes, or goes on.
pub(super) struct Load(Receiver<Infallible>);

/// What a save has had built is live, or is refused.
pub(crate) fn load_is_over() {
    LOAD.exchange(None);
}

impl Slot {
    const fn new() -> Slot {
        Slot(Mutex::new(None))
    }

    /// The load of the build that has ended just now.
    pub(super) fn expected(&self) -> Load {
        let (sender, receiver) = channel();
        self.exchange(Some(sender));
        Load(receiver)
    }

    fn exchange(&self, new: Option<Sender<Infallible>>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *current = new;
    }
}

impl Load {
    /// Until it is over.
    pub(super) fn wait(self) {
        let _ = self.0.recv_timeout(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::TryRecvError::{Disconnected, Empty};

    use super::*;

    #[test]
    fn its_end_is_told_and_the_next_one_is_its_end_too() {
        let slot = Slot::new();
        let first = slot.expected();
        assert_eq!(first.0.try_recv(), Err(Empty));
        let second = slot.expected();
        assert_eq!(first.0.try_recv(), Err(Disconnected));
        assert_eq!(second.0.try_recv(), Err(Empty));
        slot.exchange(None);
        assert_eq!(second.0.try_recv(), Err(Disconnected));
        // One of which nobody tells.
        slot.expected().wait();
    }
}
