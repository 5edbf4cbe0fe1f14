//! Who moves values waits for the futures that know them.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use hot::{Code, rt::EPOCH};
use tests::{LoadLibrary as _, refusal::codes, wait_until};

use crate::{
    INSIDE, LONG, MEANWHILE, SHORT, block_on, ft_other, ft_pages, in_child, in_older_code,
    pages::{FIRST, MOVED, OTHER, SECOND},
    poll, refused,
};

/// Counts how often it was called.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Woken {
    fn poll<R>(self: &Arc<Self>, future: &mut (impl Future<Output = R> + Unpin)) -> Poll<R> {
        Pin::new(future).poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }

    fn times(&self) -> usize {
        self.0.load(SeqCst)
    }
}

#[test]
fn a_move_is_refused_while_a_future_knows_the_value() {
    in_child("a_move_is_refused_while_a_future_knows_the_value", SHORT, |host, libraries| {
        // Of a bundle that does not know it: that does not count.
        host.load_library(&libraries[OTHER]).unwrap();
        let mut serves = ft_other::serves();
        assert!(poll(&mut serves).is_pending());
        let mut held = [ft_pages::held(1), ft_pages::held(1)];
        held.iter_mut().for_each(|it| assert!(poll(it).is_pending()));
        let waits = ft_pages::held(0);
        let error = refused(host, &libraries[MOVED]);
        assert_eq!(codes(&error), [Code::Suspended]);
        assert!(
            error.to_string().contains("alive: 2 futures of `ft_pages`, generation 1"),
            "{error}"
        );
        // Older ones count.
        host.load_library(&libraries[SECOND]).unwrap();
        let mut new = ft_pages::held(1);
        assert!(poll(&mut new).is_pending());
        let error = refused(host, &libraries[MOVED]).to_string();
        let told =
            "alive: 2 futures of `ft_pages`, generation 1; 1 future of `ft_pages`, generation 2";
        assert!(error.contains(told), "{error}");
        let [mut first, second] = held;
        assert_eq!(poll(&mut first), Poll::Ready(1));
        drop(second);
        assert_eq!(poll(&mut new), Poll::Ready(2));
        let bundle = host.load_library(&libraries[MOVED]).unwrap();
        // What had not begun begins there.
        assert_eq!(block_on(waits), 3);
        assert!(poll(&mut serves).is_pending());
        // Back again.
        let mut held = ft_pages::held(1);
        assert!(poll(&mut held).is_pending());
        assert_eq!(codes(&bundle.rollback().unwrap_err()), [Code::Suspended]);
        drop(held);
        bundle.rollback().unwrap();
        assert_eq!(block_on(ft_pages::held(0)), 2);
    });
}

#[test]
fn futures_end_at_a_closed_gate_and_others_wait_without_a_thread() {
    let test = "futures_end_at_a_closed_gate_and_others_wait_without_a_thread";
    in_child(test, LONG, |host, libraries| {
        host.load_library(&libraries[OTHER]).unwrap();
        let mut serves = ft_other::serves();
        let mut held = ft_pages::held(2);
        assert!(poll(&mut held).is_pending());
        assert!(poll(&mut serves).is_pending());
        let served = Arc::new(Woken::default());
        // While values move, what has begun waits too.
        let meanwhile = served.clone();
        *MEANWHILE.lock().unwrap() = Some(Box::new(move || {
            let before = meanwhile.times();
            assert!(meanwhile.poll(&mut serves).is_pending());
            assert_eq!(meanwhile.times(), before, "it was not polled");
            // Another one is dropped as soon as it can be.
            thread::spawn(move || drop(serves));
        }));
        thread::scope(|scope| {
            let loading = scope.spawn(|| host.load_library(&libraries[MOVED]));
            wait_until(|| EPOCH.is_closed());
            let woken = Arc::new(Woken::default());
            let mut waits = ft_pages::page("new", 0);
            assert!(woken.poll(&mut waits).is_pending());
            assert_eq!(woken.times(), 0);
            assert!(woken.poll(&mut waits).is_pending());
            drop(ft_pages::page("another", 0));
            assert!(EPOCH.is_closed());
            assert!(poll(&mut held).is_pending());
            assert_eq!(poll(&mut held), Poll::Ready(1));
            loading.join().unwrap().unwrap();
            wait_until(|| woken.times() > 0);
            assert_eq!(woken.poll(&mut waits), Poll::Ready("new of 3".to_owned()));
        });
        wait_until(|| served.times() > 0);
        wait_until(|| host.status().unwrap().futures.is_empty());
    });
}

/// The gate was closed to all: nobody had begun one that matters.
#[test]
fn a_future_that_begins_at_a_closed_gate_is_waited_for() {
    in_child("a_future_that_begins_at_a_closed_gate_is_waited_for", LONG, |host, libraries| {
        for (library, number) in [(MOVED, 1), (FIRST, 3)] {
            thread::scope(|scope| {
                let begins = scope.spawn(ft_pages::begins);
                wait_until(|| INSIDE.load(SeqCst));
                let loading = scope.spawn(|| host.load_library(&libraries[library]));
                assert_eq!(block_on(begins.join().unwrap()), number);
                loading.join().unwrap().unwrap();
                INSIDE.store(false, SeqCst);
            });
        }
    });
}

/// The gate closes for ever new moves while futures come and go on several threads.
#[test]
fn moves_among_busy_futures() {
    in_child("moves_among_busy_futures", LONG, |host, libraries| {
        let (stop, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while stop.load(SeqCst) == 0 {
                        // A panic in it fails the test.
                        assert!([1, 3].contains(&block_on(ft_pages::held(3))));
                        let mut cancelled = ft_pages::held(3);
                        let _ = poll(&mut cancelled);
                        drop(cancelled);
                        ended.fetch_add(1, SeqCst);
                    }
                });
            }
            for round in 0..10 {
                let before = ended.load(SeqCst);
                let library = [MOVED, FIRST][round % 2];
                host.load_library(&libraries[library]).unwrap();
                wait_until(|| ended.load(SeqCst) > before + 3);
            }
            stop.store(1, SeqCst);
        });
        assert_eq!(in_older_code(host), []);
    });
}
