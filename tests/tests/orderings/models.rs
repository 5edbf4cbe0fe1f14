//! What is to hold of the framework's files, in whichever way they are compiled.

/// What is to hold of the files of the module where this stands.
macro_rules! models {
    () => {
        #[path = "../../../hotreload/rt/src/held.rs"]
        mod held;
        #[path = "../../../hotreload/rt/src/looked.rs"]
        mod looked;
        #[path = "../../../hotreload/rt/src/record.rs"]
        mod record;
        #[path = "../../../hotreload/rt/src/slot.rs"]
        mod slot;

        use std::{ptr, sync::Arc};

        use crate::image::{COLD, Image, membarrier};
        use held::Holding;
        use looked::{Asked, Looked};
        use record::{Clock, Records, ThreadRecord};
        use slot::Slot;

        fn never_closed(_: &ThreadRecord) {
            panic!("nobody closes the gate");
        }

        fn clock() -> &'static Clock {
            Box::leak(Box::new(Clock::new()))
        }

        /// Whoever finds an image's entry in a slot finds the image as its loader left it.
        fn first_sight() {
            loom::model(|| {
                let (slot, image) = (Arc::new(Slot::new(COLD)), Image::empty());
                let publisher = loom::thread::spawn({
                    let (slot, image) = (slot.clone(), image.clone());
                    move || {
                        image.initialise();
                        // SAFETY: nobody calls it.
                        unsafe { slot.point_at(image.entry(), ptr::null()) };
                    }
                });
                if slot.entry() == image.entry() {
                    image.call();
                }
                publisher.join().unwrap();
            });
        }

        /// A slot that a host points somewhere while its image resolves it alone stays there.
        fn last_word() {
            loom::model(|| {
                let (slot, own, newest) =
                    (Arc::new(Slot::new(COLD)), Image::empty(), Image::empty());
                own.initialise();
                let host = loom::thread::spawn({
                    let (slot, newest) = (slot.clone(), newest.clone());
                    move || {
                        newest.initialise();
                        // SAFETY: nobody calls it.
                        unsafe { slot.point_at(newest.entry(), ptr::null()) };
                    }
                });
                // What comes of it where the host is second, loom does not know: it lets a load see what
                // was there before a store that nothing else orders.
                let is_first = slot.resolve_alone(COLD, own.entry()).is_ok();
                if !is_first {
                    assert_eq!(slot.entry(), newest.entry());
                    newest.call();
                }
                host.join().unwrap();
                assert!(is_first || slot.entry() == newest.entry());
            });
        }

        /// Whoever entered in an epoch finds the slots of its commit.
        fn whole_epoch() {
            loom::model(|| {
                let clock = clock();
                let slots = Arc::new([Slot::new(COLD), Slot::new(COLD)]);
                let images = [Image::empty(), Image::empty()];
                let thread = Records::new().add(1);
                let publisher = loom::thread::spawn({
                    let (slots, images) = (slots.clone(), images.clone());
                    move || {
                        for (slot, image) in slots.iter().zip(&images) {
                            // SAFETY: nobody calls it.
                            unsafe { slot.point_at(image.entry(), ptr::null()) };
                        }
                        // SAFETY: only this thread publishes.
                        unsafe { clock.advance() };
                    }
                });
                let depth = thread.enter(clock.host(), never_closed);
                if thread.entered() == Some(2) {
                    for (slot, image) in slots.iter().zip(&images) {
                        assert_eq!(slot.entry(), image.entry(), "an older slot");
                    }
                }
                thread.leave(depth);
                assert_eq!(thread.entered(), None);
                publisher.join().unwrap();
            });
        }

        /// Whoever retargets a slot and then finds nobody inside since before may take the old image away.
        fn taking_away() {
            loom::model(|| {
                let clock = clock();
                let (old, new) = (Image::empty(), Image::empty());
                old.initialise();
                let slot = Arc::new(Slot::new(old.entry()));
                let records = Arc::new(Records::new());
                let thread = records.add(1);
                let mover = loom::thread::spawn({
                    let (slot, old) = (slot.clone(), old.clone());
                    move || {
                        // SAFETY: nobody calls it.
                        unsafe { slot.point_at(new.entry(), ptr::null()) };
                        // SAFETY: only this thread publishes.
                        unsafe { clock.advance() };
                        membarrier();
                        if records.iter().all(|record| record.entered().is_none_or(|it| it > 1)) {
                            old.take_away();
                        }
                    }
                });
                let depth = thread.enter(clock.host(), never_closed);
                if slot.entry() == old.entry() {
                    old.call();
                }
                thread.leave(depth);
                mover.join().unwrap();
            });
        }

        /// Whoever closes the gate and then finds nobody inside has what is behind it alone, until the
        /// gate is open. Who is turned away finds what was done meanwhile.
        fn gate() {
            loom::model(|| {
                let (clock, records, value) = (clock(), Arc::new(Records::new()), Image::empty());
                value.initialise();
                let mover = loom::thread::spawn({
                    let (records, value) = (records.clone(), value.clone());
                    move || {
                        // SAFETY: nobody else publishes, closes or opens.
                        unsafe { clock.close() };
                        membarrier();
                        if records.iter().all(|record| record.entered_counted().is_none()) {
                            value.take_away();
                            value.initialise();
                        }
                        // SAFETY: as above.
                        unsafe { clock.open() };
                    }
                });
                // The first call of a thread, and one that finds its record.
                let thread = records.add(1);
                let calls = |hand| {
                    if thread.step_inside(hand) {
                        value.call();
                    }
                    thread.step_outside();
                };
                calls(clock.host());
                calls(clock.host());
                mover.join().unwrap();
                let depth = thread.enter(clock.host(), never_closed);
                value.call();
                thread.leave(depth);
            });
        }

        /// Whoever finds a bundle's call finds those before over, which counted.
        fn uncounted() {
            loom::model(|| {
                let (clock, records, value) = (clock(), Arc::new(Records::new()), Image::empty());
                value.initialise();
                let thread = records.add(1);
                let mover = loom::thread::spawn({
                    let value = value.clone();
                    move || {
                        // SAFETY: nobody else publishes, closes or opens.
                        unsafe { clock.close() };
                        membarrier();
                        if records.iter().all(|record| record.entered_counted().is_none()) {
                            value.take_away();
                            value.initialise();
                        }
                        // SAFETY: as above.
                        unsafe { clock.open() };
                    }
                });
                if thread.step_inside(clock.host()) {
                    value.call();
                }
                thread.step_outside();
                // It passes, whatever the gate is.
                thread.leave(thread.enter(clock.bundles(), never_closed));
                mover.join().unwrap();
            });
        }

        /// Threads that come at once are all in the list.
        fn all_listed() {
            loom::model(|| {
                let (clock, records) = (clock(), Arc::new(Records::new()));
                let other = loom::thread::spawn({
                    let records = records.clone();
                    move || records.add(1).enter(clock.host(), never_closed)
                });
                records.add(2);
                let mut threads = numbers(&records);
                assert!(threads.contains(&2));
                other.join().unwrap();
                threads = numbers(&records);
                threads.sort_unstable();
                assert_eq!(threads, [1, 2]);
            });
        }

        fn numbers(records: &Records) -> Vec<u64> {
            records.iter().map(|it| it.thread.load(sync::Ordering::Relaxed)).collect()
        }

        /// Whoever looks at a value behind a handle and the load that moves it never have it at once; and
        /// one of both drops it, when the handle is gone.
        fn moved_or_looked_at() {
            loom::model(|| {
                let (looked, value) = (Arc::new(Looked::new()), Image::empty());
                value.initialise();
                let mover = loom::thread::spawn({
                    let (looked, value) = (looked.clone(), value.clone());
                    move || {
                        if looked.ask() != Asked::Given {
                            return false;
                        }
                        value.take_away();
                        value.initialise();
                        let is_gone = looked.let_go();
                        if is_gone {
                            value.take_away();
                        }
                        is_gone
                    }
                });
                if looked.begin() {
                    value.call();
                    looked.leave();
                }
                let is_ours = looked.end();
                if is_ours {
                    value.take_away();
                }
                assert_ne!(is_ours, mover.join().unwrap());
            });
        }

        /// Guards are named while they are held, however many there are.
        fn guards() {
            loom::model(|| {
                let thread = Records::new().add(1);
                let first = Holding::begin(thread, 1);
                let seen = loom::thread::spawn(|| thread.held.holds(1));
                let more: Vec<_> = (2..11).map(|state| Holding::begin(thread, state)).collect();
                drop(first);
                let _ = seen.join().unwrap();
                assert!((2..11).all(|state| thread.held.holds(state).is_some()));
                drop(more);
                assert!((1..11).all(|state| thread.held.holds(state).is_none()));
            });
        }
    };
}
