//! Values are dropped one by one, until a `Drop` panics.

use std::{cell::Cell, collections::HashMap, rc::Rc, sync::Mutex};

use super::{
    heap,
    versions::{How, moved, versions},
};
use crate::load::migrate::{Parked, drop_value};

thread_local! {
    static DROPPED: Cell<usize> = const { Cell::new(0) };
}

#[hot::versioned]
pub struct Session {
    n: usize,
}

impl Drop for Session {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
        if self.n >= 2 {
            std::panic::resume_unwind(Box::new(format!("session {}", self.n)));
        }
    }
}

#[test]
fn ends_with_the_first_panic() {
    use hot_rt::rt::versioned::Versioned;
    type All = (Vec<Session>, HashMap<u8, Rc<Session>>, Mutex<Option<Box<Session>>>);
    let all = |n: usize| -> All {
        let map = (0..3).map(|at| (at, Rc::new(Session { n: 0 }))).collect();
        ((0..n).map(|n| Session { n }).collect(), map, Mutex::new(Some(Box::new(Session { n: 0 }))))
    };
    let live = heap::live();
    for (count, expected, dropped) in [(2, Ok(()), 6), (5, Err("session 2"), 3)] {
        DROPPED.set(0);
        let mut value = std::mem::ManuallyDrop::new(all(count));
        // SAFETY: nobody uses the value afterwards.
        let said = unsafe { drop_value(All::moves(), (&raw mut value).cast()) };
        assert_eq!(
            (said.as_ref().copied().map_err(|it| &**it), DROPPED.get()),
            (expected, dropped)
        );
        if count == 2 {
            assert_eq!(heap::live(), live);
        }
    }
}

versions! {
    types { World }
    old { pub struct World { pub sessions: Vec<Session>, pub also: Box<Session>, pub n: u8 } }
    new { pub struct World { pub n: u8 } }
}

#[test]
fn what_is_parked_is_dropped_place_by_place() {
    let sessions = (0..5).map(|n| Session { n }).collect();
    let world = old::World { sessions, also: Box::new(Session { n: 9 }), n: 1 };
    let mut parked = Parked::default();
    let moved = moved::<_, new::World>(world, &mut parked, How::default());
    assert_eq!(moved.map_err(|(_, why)| why).unwrap().0.n, 1);
    DROPPED.set(0);
    let panics = parked.drop_all();
    let panics: Vec<_> = panics.iter().map(|(place, text)| (&**place, &**text)).collect();
    let expected = [("World.also", "session 9"), ("World.sessions", "session 2")];
    assert_eq!((panics.as_slice(), DROPPED.get()), (&expected[..], 4));
}
