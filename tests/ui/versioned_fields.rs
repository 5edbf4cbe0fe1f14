//! Fields whose layout is not known.

struct Foreign;

#[hot::versioned]
struct World {
    foreign: Foreign,
    list: Vec<Option<Foreign>>,
    reference: extern "C" fn(&u8),
    known: u8,
}

#[hot::versioned]
enum Event {
    First(u8, Foreign),
    Second { foreign: Foreign },
}

#[hot::versioned]
struct Generic<T> {
    value: T,
    foreign: Foreign,
}

fn keep<T: hot::Versioned>() {}

fn main() {
    keep::<Generic<Foreign>>();
}
