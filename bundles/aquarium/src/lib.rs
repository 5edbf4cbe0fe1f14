//! What the program `aquarium` shows: an ECS's world ([`hecs`]) that is drawn with ratatui.
//!
//! Run it, edit how the fish move (`life.rs`) or what they look like (`picture.rs`), and save: the
//! code changes, the fish stay where they are. So they do when you change what a fish consists of, while
//! they swim: give `Fish` a field, or take one away.

mod dice;
mod life;
mod picture;

use ratatui_core::{buffer::Buffer, layout::Rect};

use dice::Dice;
use life::{Bubble, Fish, Food, Position, Velocity};

hot::bundle!();

hot::tracked! {
    /// Everything that moves. No type says what components are in a `World`, so this does.
    // SAFETY: `life` puts nothing else into it. Whoever adds a component adds it here, too.
    pub unsafe struct Tank(hecs::World) of Position, Velocity, Fish, Food, Bubble;
}

/// All that outlives the code.
#[hot::versioned]
pub struct Aquarium {
    tank: Tank,
    dice: Dice,
    /// How old it is.
    seconds: f32,
}

/// The host owns it: reloads keep it.
#[hot::export]
pub static AQUARIUM: hot::State<Aquarium> = hot::State::new(Aquarium::new);

/// The first fish. They are not part of the first value: that may be made by code that is linked into
/// the program, and `hecs` finds components by `TypeId`, which another build of the crate may give
/// anew.
#[hot::export]
pub fn open() {
    let mut aquarium = AQUARIUM.write();
    (0..8).for_each(|_| aquarium.add_fish());
}

/// Lets time pass.
#[hot::export]
pub fn step(seconds: f32) {
    AQUARIUM.write().step(seconds);
}

/// Draws the tank into a part of a frame.
// SAFETY: program and bundle get the types of one ratatui: they are built in one workspace.
#[hot::export]
#[hot(unsafe(opaque(Rect, Buffer)))]
pub fn draw(area: Rect, frame: &mut Buffer) {
    picture::draw(&AQUARIUM.read(), area.intersection(frame.area), frame);
}

/// What a key does.
#[hot::export]
pub fn key(c: char) {
    match c {
        'f' => AQUARIUM.write().feed(),
        'n' => AQUARIUM.write().add_fish(),
        _ => {}
    }
}

/// Who lives here, for those who cannot see it.
#[hot::export]
pub fn census() -> String {
    let aquarium = AQUARIUM.read();
    let world = aquarium.tank.get();
    let fish = world.query::<&Fish>().iter().count();
    let food = world.query::<&Food>().iter().count();
    let bubbles = world.query::<&Bubble>().iter().count();
    format!("{fish} fish, {food} crumbs, {bubbles} bubbles")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aquarium() -> Aquarium {
        let mut aquarium = Aquarium::new();
        (0..8).for_each(|_| aquarium.add_fish());
        aquarium.step(10.0);
        aquarium
    }

    #[test]
    fn the_hungry_eat_and_nobody_leaves_the_tank() {
        let mut aquarium = aquarium();
        aquarium.feed();
        for _ in 0..3000 {
            aquarium.step(0.03);
            for at in aquarium.tank.get().query::<&Position>().iter() {
                assert!((0.0..=1.0).contains(&at.x) && (0.0..=1.0).contains(&at.y), "{at:?}");
            }
        }
        assert_eq!(aquarium.tank.get().query::<&Food>().iter().count(), 0);
    }

    #[test]
    fn it_is_drawn_in_any_size() {
        let aquarium = aquarium();
        for (width, height) in [(0, 0), (1, 1), (2, 40), (200, 3), (80, 24)] {
            let area = Rect::new(0, 0, width, height);
            picture::draw(&aquarium, area, &mut Buffer::empty(area));
        }
    }
}
