// A method is called as any method: it has no path that `hot::get!` could take.

#[hot::versioned]
struct World;

#[hot::export]
impl World {
    pub fn step(&mut self) {}
}

fn main() {
    World.step();
    hot::get!(World::step)(&mut World);
}
