// What cannot be exported.

#[hot::export]
const LIMIT: u8 = 0;

#[hot::export]
struct World;

#[hot::export]
enum State {}

#[hot::export]
union Bits {
    _a: u8,
}

#[hot::export]
type Alias = World;

#[hot::export]
impl World {
    #[hot::export]
    fn step(&mut self) {}
}

#[hot::export]
trait Steps {}

#[hot::export]
mod inner {}

unsafe extern "C" {
    #[hot::export]
    fn foreign();
}

fn main() {
    let _ = (LIMIT, World.step());
    let _ = foreign;
}
