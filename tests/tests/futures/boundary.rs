//! A panic ends in the image that it is of, and what it leaves is nobody's.

use std::{
    pin::Pin,
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    task::{Context, Poll},
};

use tests::LoadLibrary as _;

use crate::{
    DROPPED, SHORT, ft_pages, in_child, in_older_code,
    pages::{MOVED, SECOND},
    panics, poll,
};

#[test]
fn a_panic_ends_at_the_boundary() {
    in_child("a_panic_ends_at_the_boundary", SHORT, |host, libraries| {
        for at in 0..3 {
            for make in [ft_pages::fails, ft_pages::relays] {
                let (before, mut future) = (DROPPED.load(SeqCst), make(at));
                for _ in 0..at {
                    assert!(poll(&mut future).is_pending());
                }
                let text = panics(|| poll(&mut future));
                assert!(text.contains(&format!("at {at}")), "{text}");
                // What it held is dropped, and it has no more to do.
                assert_eq!(DROPPED.load(SeqCst), before + 1);
                let text = panics(|| poll(&mut future));
                assert!(text.contains("resumed after panicking"), "{text}");
                drop(future);
                assert_eq!(DROPPED.load(SeqCst), before + 1);
            }
        }
        // Cancelled after a reload, in a drop that panics; not begun, and so without one.
        let (mut begun, waits) = (ft_pages::fails_in_drop(1), ft_pages::fails_in_drop(1));
        assert!(poll(&mut begun).is_pending());
        host.load_library(&libraries[SECOND]).unwrap();
        assert_eq!(panics(|| drop(begun)), "in drop of 1");
        drop(waits);
        // Of the host's own: the result is lost with the panic, and it is not dropped twice.
        struct Fussy(Rc<AtomicUsize>);
        impl Future for Fussy {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                Poll::Ready(())
            }
        }
        impl Drop for Fussy {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
                panic!("fussy");
            }
        }
        let drops = Rc::new(AtomicUsize::new(0));
        let mut fussy = hot::LocalFuture::new(Fussy(drops.clone()));
        assert_eq!(panics(|| poll(&mut fussy)), "fussy");
        drop(fussy);
        assert_eq!(drops.load(SeqCst), 1);
        // Nobody is thought to be inside, nothing to be alive.
        host.load_library(&libraries[MOVED]).unwrap();
        assert_eq!(in_older_code(host), []);
    });
}
