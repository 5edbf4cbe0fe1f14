// Nothing tells the attribute that it stands inside an `impl`, unless there is a `self`.

#[hot::versioned]
struct World;

impl World {
    #[hot::export]
    fn make() -> World {
        World
    }
}

fn main() {
    World::make();
}
