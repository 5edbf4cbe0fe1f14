//! `#[hot(unsafe(opaque))]` where it says nothing, or what it does not say.

hot::bundle!();

pub struct Foreign;

#[hot::export]
pub fn part(#[hot(unsafe(opaque(Other)))] _: &Foreign) {}

#[hot::export]
#[hot(unsafe(opaque(Other)))]
pub fn nowhere(_: &Foreign) -> Foreign {
    Foreign
}

#[hot::export]
#[hot(unsafe(opaque(Foreign, Other)))]
pub fn one_of_two(_: &Foreign) {}

#[hot::export]
#[hot(unsafe(opaque))]
pub fn which(_: &Foreign) {}

#[hot::export]
pub fn safe(#[hot(opaque)] _: &Foreign) {}

#[hot::export]
pub fn twice(
    #[hot(unsafe(opaque))]
    #[hot(unsafe(opaque))]
    _: &Foreign,
) {
}

#[hot::export]
#[hot(unsafe(opaque(Other)))]
pub static STATIC: Option<Foreign> = None;

hot::import! {
    elsewhere => {
        fn imported(#[hot(unsafe(opaque(Other)))] own: Foreign);
        #[hot(reset)]
        static VAR: u8;
    }
}

fn look_up(host: &hot::Host) {
    let _ = hot::lookup!(host, "elsewhere::f", fn(#[hot(unsafe(opaque(Other)))] Foreign));
}

pub struct Owner;

#[hot::export]
impl Owner {
    #[hot(unknown)]
    pub fn method(&self) {}
}

fn main() {}
