//! A type that is called like a primitive one is never taken for it.

#[allow(non_camel_case_types)]
#[hot::versioned]
struct f32(std::rc::Rc<u8>);

#[hot::versioned]
struct Position {
    x: f32,
    y: self::f32,
    z: [f32; 2],
}

fn main() {}
