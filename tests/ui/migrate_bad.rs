//! Functions that cannot make the new version of a type.

mod v1 {
    #[hot::versioned(of = "World")]
    pub struct World {
        pub width: u32,
        pub height: u32,
    }

    #[hot::versioned(of = "")]
    pub struct Nameless;
}

#[hot::versioned]
pub struct World {
    pub area: u64,
}

#[hot::versioned]
pub struct Other {
    pub area: u32,
}

#[hot::versioned]
pub struct Closed {
    pub area: u64,
}

impl Drop for Closed {
    fn drop(&mut self) {}
}

#[hot::migrate]
fn by_value(old: v1::World) -> World {
    World { area: old.width.into() }
}

#[hot::migrate]
fn of_two(_: &v1::World, _: &v1::World) -> World {
    World { area: 0 }
}

#[hot::migrate]
fn nothing(_: &v1::World) {}

#[hot::migrate]
fn of_any<T>(_: &T) -> World {
    World { area: 0 }
}

#[hot::migrate]
async fn later(_: &v1::World) -> World {
    World { area: 0 }
}

#[hot::migrate]
unsafe fn promised(_: &v1::World) -> World {
    World { area: 0 }
}

#[hot::migrate(onto = World)]
fn unknown(_: &v1::World) -> World {
    World { area: 0 }
}

#[hot::migrate]
struct NoFunction;

#[hot::migrate]
fn stashes(old: &'static v1::World) -> World {
    World { area: old.height.into() }
}

#[hot::migrate]
fn no_text(_: &v1::World) -> Result<World, v1::World> {
    Ok(World { area: 0 })
}

#[hot::migrate(into = World)]
fn no_part(_: &v1::World) -> Other {
    Other { area: 0 }
}

#[hot::migrate(into = World)]
fn not_taken_apart(_: &v1::World) -> Closed {
    Closed { area: 0 }
}

#[hot::migrate]
fn of_what(_: &std::process::Child) -> World {
    World { area: 0 }
}

fn main() {}
