//! What `#[hot::versioned]` does not take.

#[hot::versioned]
union Union {
    a: u8,
}

#[hot::versioned]
type Alias = u8;

#[hot::versioned]
fn function() {}

#[hot::versioned]
impl Plain {}

struct Plain;

#[hot::versioned]
trait Associated {
    type Item;
    fn item(&self) -> Self::Item;
}

#[hot::versioned]
trait NotDynCompatible {
    const LIMIT: u8;
    fn new() -> Self;
    fn generic<T>(&self, value: T);
    fn hidden(&self) -> impl Copy;
    async fn later(&self);
    fn not_in_objects(value: Self) -> Self
    where
        Self: Sized;
}

#[hot::versioned]
trait UnknownSuper: Clone2 {
    fn method(&self, plain: Plain);
}

trait Clone2 {}

#[hot::versioned]
trait Bounds {
    fn bound<'a, 'b: 'a>(&'a self, text: &'b str) -> &'a str;
    fn clause<'a, 'b>(&'a self, text: &'b str) -> &'a str
    where
        'b: 'a;
    fn not_in_objects<'a, 'b: 'a>(&'a self, text: &'b str) -> &'a str
    where
        Self: Sized;
}

fn main() {}
