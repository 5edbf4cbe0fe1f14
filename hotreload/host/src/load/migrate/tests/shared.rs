//! What is shared stays so, in cycles and over several states.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    sync::Mutex,
};

use super::{
    heap,
    versions::{refused, simply, versions},
};

versions! {
    types { Node World }
    old {
        pub struct Node { pub n: u8, pub next: RefCell<Option<Rc<Node>>>, pub up: RefCell<Weak<Node>> }
        pub struct World {
            pub a: Rc<Node>, pub b: Rc<Node>, pub gone: Weak<Node>,
            pub cell: RefCell<Box<u8>>, pub lock: Mutex<Option<Rc<Node>>>,
        }
    }
    new {
        pub struct Node {
            pub next: RefCell<Option<Rc<Node>>>, pub up: RefCell<Weak<Node>>, pub more: String, pub n: u8,
        }
        pub struct World {
            pub b: Rc<Node>, pub a: Rc<Node>, pub gone: Weak<Node>,
            pub cell: RefCell<Box<u8>>, pub lock: Mutex<Option<Rc<Node>>>,
        }
    }
}

fn node(n: u8) -> Rc<old::Node> {
    Rc::new(old::Node { n, next: RefCell::default(), up: RefCell::default() })
}

fn world() -> old::World {
    let (a, b) = (node(1), node(2));
    *a.next.borrow_mut() = Some(b.clone());
    *b.next.borrow_mut() = Some(a.clone());
    *b.up.borrow_mut() = Rc::downgrade(&a);
    let gone = Rc::downgrade(&node(3));
    let (cell, lock) = (RefCell::new(Box::new(1)), Mutex::new(Some(node(4))));
    old::World { a, b, gone, cell, lock }
}

#[test]
fn values_stay_shared_and_cycles_too() {
    let live = heap::live();
    let world: new::World = simply(world());
    assert!(Rc::ptr_eq(world.a.next.borrow().as_ref().unwrap(), &world.b));
    assert!(Rc::ptr_eq(&world.b.up.borrow().upgrade().unwrap(), &world.a));
    assert_eq!((Rc::strong_count(&world.a), Rc::weak_count(&world.a)), (2, 1));
    assert_eq!((Rc::strong_count(&world.b), Rc::weak_count(&world.b)), (2, 0));
    assert!(world.gone.upgrade().is_none());
    assert_eq!((world.a.n, world.lock.lock().unwrap().as_ref().unwrap().n), (1, 4));
    world.a.next.take();
    drop(world);
    assert_eq!(heap::live(), live);
}

#[test]
fn somebody_outside_holds_on() {
    let outside = world();
    let held = outside.a.clone();
    let world = refused::<_, new::World>(outside, &[("HOT0416", "World.a")]);
    drop(held);
    let weak = Rc::downgrade(&world.b);
    let world = refused::<_, new::World>(world, &[("HOT0416", "World.a.next::Some.0")]);
    drop(weak);
    std::mem::forget(world.lock.lock());
    let world = refused::<_, new::World>(world, &[("HOT0416", "World.lock")]);
    world.a.next.take();
}

mod several_states {
    use std::{mem::MaybeUninit, sync::Arc};

    use hot_rt::rt::versioned::Versioned;

    use super::*;
    use crate::{
        load::migrate::{Move, Value},
        said::Reason,
    };

    versions! {
        types { Shared First Second }
        old {
            pub struct Shared { pub n: u8, pub gone: Box<u8> }
            pub struct First { pub all: Vec<Arc<Shared>> }
            pub struct Second { pub one: Option<Arc<Shared>>, pub n: u8 }
        }
        new {
            pub struct Shared { pub n: u8, pub more: String }
            pub struct First { pub all: Vec<Arc<Shared>> }
            pub struct Second { pub n: u8, #[hot(default = 7)] pub m: u8, pub one: Option<Arc<Shared>> }
        }
    }

    #[test]
    fn share_a_value_afterwards_too() -> Result<(), Vec<Reason>> {
        let live = heap::live();
        let arc = |n: u8| Arc::new(old::Shared { n, gone: Box::new(n) });
        let all = vec![arc(1), arc(2)];
        let one = Some(all[1].clone());
        let mut first = MaybeUninit::new(old::First { all });
        let mut second = MaybeUninit::new(old::Second { one, n: 3 });
        let mut new_first = MaybeUninit::<new::First>::uninit();
        let mut new_second = MaybeUninit::<new::Second>::uninit();
        let (mut parked, mut also_parked, mut none) = Default::default();
        let value = |old, new, at, parked| Value {
            old,
            new,
            at,
            parked,
            back: false,
            migrates: Default::default(),
        };
        let (first, second) = (first.as_mut_ptr().cast(), second.as_mut_ptr().cast());
        let records = (old::First::moves(), new::First::moves());
        let alone = vec![value(records.0, records.1, first, &mut none)];
        // SAFETY: nobody else uses the values.
        let reasons = unsafe { Move::plan(alone)?.stage() }.unwrap_err();
        assert_eq!(reasons[0].code.id(), "HOT0416");
        let both = vec![
            value(records.0, records.1, first, &mut parked),
            value(old::Second::moves(), new::Second::moves(), second, &mut also_parked),
        ];
        // SAFETY: as above; there is room for both, and both are there afterwards.
        let (first, second) = unsafe {
            let mut both = Move::plan(both)?;
            both.stage()?;
            both.verify()?;
            let said = both.fill(&[new_first.as_mut_ptr().cast(), new_second.as_mut_ptr().cast()]);
            assert_eq!((said.parked, said.made), (2, 3));
            (new_first.assume_init(), new_second.assume_init())
        };
        assert!(Arc::ptr_eq(&first.all[1], second.one.as_ref().unwrap()));
        assert_eq!(
            (first.all[1].n, second.n, second.m, Arc::strong_count(&first.all[1])),
            (2, 3, 7, 2)
        );
        drop((first, second, parked, also_parked, reasons));
        assert_eq!(heap::live(), live);
        Ok(())
    }
}
