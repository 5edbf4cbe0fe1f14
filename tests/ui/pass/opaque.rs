//! Foreign types cross where the author answers for them.

hot::bundle!();

#[derive(Clone)]
pub struct Foreign;

#[hot::export]
pub fn whole(#[hot(unsafe(opaque))] _: &Foreign) {}

#[hot::export]
pub fn part(#[hot(unsafe(opaque(Foreign)))] list: Vec<Option<Foreign>>, _: u8) -> usize {
    list.len()
}

#[hot::export]
#[hot(unsafe(opaque(Foreign)))]
pub fn result(one: &Foreign, _: &dyn Fn(u8) -> u8) -> [Foreign; 1] {
    [one.clone()]
}

#[hot::export]
#[hot(unsafe(opaque(Foreign)))]
pub static STATIC: Option<Foreign> = None;

#[hot::versioned]
pub struct Owner {
    #[hot(unsafe(opaque))]
    _foreign: Foreign,
}

#[hot::export]
impl Owner {
    pub fn method(&self, #[hot(unsafe(opaque))] _: &Foreign) {}

    #[hot(unsafe(opaque(Foreign)))]
    pub fn makes(&self) -> Foreign {
        Foreign
    }
}

hot::import! {
    elsewhere => {
        fn imported(#[hot(unsafe(opaque))] own: Foreign);
        #[hot(unsafe(opaque(Foreign)))]
        static VAR: Option<Foreign>;
    }
}

fn look_up(host: &hot::Host) -> bool {
    hot::lookup!(host, "elsewhere::f", fn(#[hot(unsafe(opaque))] &Foreign) -> u8).is_ok()
}

fn main() {
    whole(&Foreign);
    assert_eq!(hot::get!(part)(vec![None], 1), 1);
    hot::get!(result)(&Foreign, &|number| number);
    let owner = Owner { _foreign: Foreign };
    owner.method(&owner.makes());
    assert!(STATIC.is_none());
    assert!(!hot::Host::start().is_ok_and(|host| look_up(&host)));
}
