//! Futures end in the version that has begun them, in whichever form they cross.

use std::{sync::atomic::Ordering::SeqCst, task::Poll, thread};

use hot::Code;
use tests::{LoadLibrary as _, refusal::codes};

use crate::{
    DROPPED, SHORT, block_on, ft_pages, in_child, in_older_code,
    pages::{LOCAL, PLAIN, SECOND},
    panics, poll, refused,
};

#[test]
fn a_future_ends_in_the_version_that_has_begun_it() {
    in_child("a_future_ends_in_the_version_that_has_begun_it", SHORT, |host, libraries| {
        let name = "first".to_owned();
        let mut begun = ft_pages::page(&name, 1);
        let mut waits = hot::get!(ft_pages::page)(&name, 0);
        assert!(poll(&mut begun).is_pending());
        assert_eq!(in_older_code(host), []);
        let bundle = host.load_library(&libraries[SECOND]).unwrap();
        assert_eq!(in_older_code(host), [(1, 1)]);
        assert!(host.status().unwrap().to_string().contains("1 future of generation 1"));
        assert_eq!(poll(&mut begun), Poll::Ready("first of 1".to_owned()));
        // It is over although it is there.
        assert_eq!(in_older_code(host), []);
        assert!(panics(|| poll(&mut begun)).contains("after its end"));
        // It begins now.
        assert_eq!(poll(&mut waits), Poll::Ready("first of 2".to_owned()));

        let mut begun = ft_pages::page(&name, 1);
        assert!(poll(&mut begun).is_pending());
        bundle.rollback().unwrap();
        assert_eq!(in_older_code(host), [(2, 1)]);
        assert_eq!(poll(&mut begun), Poll::Ready("first of 2".to_owned()));
        let mut begun = ft_pages::page(&name, 1);
        assert!(poll(&mut begun).is_pending());
        let mut waits = ft_pages::page(&name, 1);
        bundle.unload().unwrap();
        assert_eq!(in_older_code(host), [(1, 1)]);
        assert_eq!(poll(&mut begun), Poll::Ready("first of 1".to_owned()));
        assert!(panics(|| poll(&mut waits)).starts_with("HOT0501"));
        drop(waits);
        assert_eq!(in_older_code(host), []);
    });
}

#[test]
fn every_form_crosses() {
    in_child("every_form_crosses", SHORT, |host, libraries| {
        for number in [1, 2] {
            let (first, mut all) = ("a".to_owned(), Vec::new());
            assert_eq!(block_on(ft_pages::both(&first, &mut all)), "a");
            assert_eq!(all, ["a", "a"]);
            assert_eq!(block_on(ft_pages::shelf(3)), format!("shelf 3 4 of {number}"));
            assert_eq!(block_on(ft_pages::again(5)), number);
            assert_eq!(block_on(ft_pages::local(2)), number);
            assert_eq!(block_on(ft_pages::boxed(&first)), format!("a of {number}"));
            assert_eq!(block_on(ft_pages::wakes_elsewhere()), number);
            // Async code in a call in async code: the bundle's, the host's.
            assert_eq!(hot::get!(ft_pages::blocks)(7), "8");
            assert_eq!(
                hot::get!(ft_pages::blocks)(0),
                "assertion `left == right` failed: here at 0\n  left: 0\n right: 7"
            );
            // From thread to thread between two polls.
            let mut moved = ft_pages::page("moved", 3);
            for _ in 0..3 {
                moved = thread::spawn(move || {
                    assert!(poll(&mut moved).is_pending());
                    moved
                })
                .join()
                .unwrap();
            }
            assert_eq!(poll(&mut moved), Poll::Ready(format!("moved of {number}")));
            host.load_library(&libraries[SECOND]).unwrap();
        }
        assert_eq!(in_older_code(host), []);
    });
}

#[test]
fn a_function_does_not_become_another_kind() {
    in_child("a_function_does_not_become_another_kind", SHORT, |host, libraries| {
        assert_eq!(block_on(ft_pages::page("a", 0)), "a of 1");
        for (library, told) in [
            (PLAIN, "is a plain `fn` now, was an `async fn`"),
            (LOCAL, "is an `async fn` with `local` now, was an `async fn`"),
        ] {
            let error = refused(host, &libraries[library]);
            assert_eq!(codes(&error), [Code::TypeChanged], "{error}");
            let error = error.to_string();
            assert!(error.contains(told), "{error}");
            assert!(error.contains("async fn(&str, u32) -> String"), "{error}");
        }
        let error = hot::lookup!(host, "ft_pages::page", fn(&str, u32) -> String).map(drop);
        assert_eq!(codes(&error.unwrap_err()), [Code::OtherSignature]);
        let page = hot::lookup!(host, "ft_pages::page", fn(&str, u32) -> hot::Future<'_, String>);
        assert_eq!(block_on(page.unwrap()("b", 2)), "b of 1");
    });
}

#[test]
fn ten_thousand_in_flight_across_fifty_reloads() {
    in_child("ten_thousand_in_flight_across_fifty_reloads", SHORT, |host, libraries| {
        const RELOADS: u64 = 50;
        const EACH: u64 = 200;
        let mut all = Vec::new();
        for generation in 1..=RELOADS {
            for _ in 0..EACH {
                let mut future = ft_pages::counted(2);
                assert!(poll(&mut future).is_pending());
                all.push((generation, future));
            }
            host.load_library(&libraries[(generation % 2) as usize]).unwrap();
        }
        let expected: Vec<_> = (1..=RELOADS).map(|generation| (generation, EACH)).collect();
        assert_eq!(in_older_code(host), expected);
        // Polled by several threads, every tenth is cancelled.
        let halves = all.len() / 2;
        let (left, right) = all.split_at_mut(halves);
        thread::scope(|scope| {
            for half in [left, right] {
                scope.spawn(|| half.iter_mut().for_each(|(_, it)| assert!(poll(it).is_pending())));
            }
        });
        for (index, (generation, mut future)) in all.into_iter().enumerate() {
            if index % 10 > 0 {
                let number = if generation % 2 == 1 { 1 } else { 2 };
                assert_eq!(poll(&mut future), Poll::Ready(number));
            }
        }
        assert_eq!(DROPPED.load(SeqCst) as u64, RELOADS * EACH);
        assert_eq!(in_older_code(host), []);
        assert_eq!(block_on(ft_pages::counted(1)), 1);
    });
}
