//! Conversions that change what they are given, or hold on to it.

use std::{
    cell::{Cell, RefCell},
    ptr,
    rc::{Rc, Weak},
};

use super::{
    heap,
    versions::{refused, simply, versions},
};

mod a_conversion_that_changes_the_old_value {
    use super::*;

    thread_local! {
        static LIST: Cell<*const RefCell<Vec<old::Item>>> = const { Cell::new(ptr::null()) };
    }

    fn evil(n: &u8) -> u64 {
        // SAFETY: the test has put the address of a living list there.
        let list = unsafe { &*LIST.get() };
        list.borrow_mut().push(old::Item { name: "grown".to_owned() });
        u64::from(*n)
    }

    versions! {
        types { Item Count World }
        old {
            pub struct Item { pub name: String }
            pub struct Count { pub n: u8 }
            pub struct World { pub list: Box<RefCell<Vec<Item>>>, pub count: Box<Count> }
        }
        new {
            pub struct Item { pub name: String, pub more: String }
            pub struct Count { #[hot(convert = evil)] pub n: u64 }
            pub struct World { pub list: Box<RefCell<Vec<Item>>>, pub count: Box<Count> }
        }
    }

    #[test]
    fn is_refused() {
        let live = heap::live();
        let list = Box::new(RefCell::new(vec![old::Item { name: "a".to_owned() }]));
        LIST.set(&*list);
        let world = old::World { list, count: Box::new(old::Count { n: 1 }) };
        let world = refused::<_, new::World>(world, &[("HOT0418", "")]);
        assert_eq!(world.list.borrow()[1].name, "grown");
        drop(world);
        assert_eq!(heap::live(), live);
    }
}

mod a_conversion_that_empties_the_old_list {
    use super::*;

    thread_local! {
        static LIST: Cell<*const RefCell<Vec<old::Item>>> = const { Cell::new(ptr::null()) };
    }

    fn evil(n: &u8) -> u64 {
        // SAFETY: the test has put the address of a living list there.
        unsafe { &*LIST.get() }.borrow_mut().clear();
        u64::from(*n)
    }

    versions! {
        types { Item Count World }
        old {
            pub struct Item { pub name: String }
            pub struct Count { pub n: u8 }
            pub struct World { pub list: Box<RefCell<Vec<Item>>>, pub count: Count }
        }
        new {
            pub struct Item { pub name: String, pub more: String }
            pub struct Count { #[hot(convert = evil)] pub n: u64 }
            pub struct World { pub list: Box<RefCell<Vec<Item>>>, pub count: Count }
        }
    }

    #[test]
    fn is_refused() {
        let list = Box::new(RefCell::new(vec![old::Item { name: "a".to_owned() }]));
        LIST.set(&*list);
        let world = old::World { list, count: old::Count { n: 1 } };
        let world = refused::<_, new::World>(world, &[("HOT0418", "")]);
        assert!(world.list.borrow().is_empty());
    }
}

mod a_conversion_in_a_cell {
    use super::*;

    fn wider(n: &u8) -> String {
        n.to_string()
    }

    fn all(list: &RefCell<Vec<old::Item>>) -> RefCell<Vec<new::Item>> {
        let items = list.borrow();
        RefCell::new(items.iter().map(|item| new::Item { n: item.n.to_string() }).collect())
    }

    versions! {
        types { Item World Other }
        old {
            pub struct Item { pub n: u8 }
            pub struct World { pub list: RefCell<Vec<Item>> }
            pub struct Other { pub list: RefCell<Vec<Item>> }
        }
        new {
            pub struct Item { #[hot(convert = wider)] pub n: String }
            pub struct World { pub list: RefCell<Vec<Item>> }
            pub struct Other { #[hot(convert = all)] pub list: RefCell<Vec<Item>> }
        }
    }

    #[test]
    fn is_refused_where_it_could_lose_its_argument() {
        let list = || RefCell::new(vec![old::Item { n: 7 }]);
        refused::<_, new::World>(old::World { list: list() }, &[("HOT0412", "World.list[].n")]);
        let other: new::Other = simply(old::Other { list: list() });
        assert_eq!(other.list.borrow()[0].n, "7");
    }
}

mod a_conversion_behind_a_weak_pointer {
    use super::*;

    fn text(n: &u8) -> String {
        n.to_string()
    }

    versions! {
        types { Node World }
        old {
            pub struct Node { pub n: u8 }
            pub struct World { pub weak: Weak<Node>, pub all: RefCell<Vec<Rc<Node>>> }
        }
        new {
            pub struct Node { #[hot(convert = text)] pub n: String }
            pub struct World { pub weak: Weak<Node>, pub all: RefCell<Vec<Rc<Node>>> }
        }
    }

    #[test]
    fn is_refused_since_the_value_may_go() {
        let node = Rc::new(old::Node { n: 1 });
        let world = old::World { weak: Rc::downgrade(&node), all: RefCell::new(vec![node]) };
        refused::<_, new::World>(
            world,
            &[("HOT0412", "World.weak.n"), ("HOT0412", "World.all[].n")],
        );
    }
}

mod a_conversion_that_keeps_what_is_shared {
    use super::*;

    thread_local! {
        static KEPT: RefCell<Option<Rc<old::Node>>> = const { RefCell::new(None) };
    }

    fn evil(weak: &Weak<old::Node>) -> u8 {
        KEPT.set(weak.upgrade());
        1
    }

    versions! {
        types { Node World }
        old {
            pub struct Node { pub n: u8 }
            pub struct World { pub node: Rc<Node>, pub weak: Weak<Node>, pub also: Weak<Node> }
        }
        new {
            pub struct Node { pub n: u8, pub more: String }
            pub struct World {
                pub node: Rc<Node>,
                #[hot(convert = evil)]
                pub weak: u8,
                pub also: Weak<Node>,
            }
        }
    }

    #[test]
    fn is_refused() {
        let node = Rc::new(old::Node { n: 1 });
        let (weak, also) = (Rc::downgrade(&node), Rc::downgrade(&node));
        let world = old::World { node, weak, also };
        // What is parked stays of the old type: its pointer counts as somebody outside.
        refused::<_, new::World>(world, &[("HOT0416", "World.also")]);
        KEPT.take();
    }
}
