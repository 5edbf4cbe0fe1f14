//! What it looks like. Change a shape or a colour, and save.

use hecs::World;
use ratatui_core::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
};

use crate::{
    Aquarium,
    life::{Bubble, Fish, Food, Kind, Position, Velocity},
};

/// A fish that swims to the left, and one that swims to the right.
fn shape(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Minnow => ["<><", "><>"],
        Kind::Tang => ["<°))><", "><((°>"],
        Kind::Carp => ["<º)))><", "><(((º>"],
    }
}

fn colour(kind: Kind) -> Color {
    match kind {
        Kind::Minnow => Color::LightYellow,
        Kind::Tang => Color::LightCyan,
        Kind::Carp => Color::Indexed(209),
    }
}

/// From the surface down.
const WATER: [Color; 4] =
    [Color::Indexed(31), Color::Indexed(25), Color::Indexed(18), Color::Indexed(17)];

/// The area lies in the frame.
pub(crate) fn draw(aquarium: &Aquarium, area: Rect, frame: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let world = aquarium.tank.get();
    water(aquarium.seconds, area, frame);
    weeds(aquarium.seconds, area, frame);
    for at in world.query::<&Position>().with::<&Food>().iter() {
        put(frame, area, at, "*", Color::LightRed);
    }
    bubbles(world, area, frame);
    for (at, velocity, fish) in world.query::<(&Position, &Velocity, &Fish)>().iter() {
        let to_the_right = usize::from(velocity.x > 0.0);
        put(frame, area, at, shape(fish.kind)[to_the_right], colour(fish.kind));
    }
}

fn water(seconds: f32, area: Rect, frame: &mut Buffer) {
    for (row, y) in area.rows().zip(0_u16..) {
        let depth = usize::from(y) * WATER.len() / usize::from(area.height);
        frame.set_style(row, Style::new().bg(WATER[depth]));
    }
    for x in area.columns().map(|column| column.x) {
        let height = (f32::from(x) * 0.5 + seconds).sin();
        let wave = if height > 0.3 { "~" } else { "-" };
        frame.set_string(x, area.top(), wave, Style::new().fg(Color::White));
        frame.set_string(x, area.bottom() - 1, "░", Style::new().fg(Color::Indexed(179)));
    }
}

/// Plants that sway.
fn weeds(seconds: f32, area: Rect, frame: &mut Buffer) {
    for (weed, height) in [4_u16, 6, 3, 5, 7].into_iter().enumerate() {
        let x = area.x + area.width / 10 * (1 + 2 * weed as u16);
        for y in 1..height.min(area.height / 2) {
            let sways = (seconds + f32::from(y) + weed as f32).sin() > 0.0;
            let leaf = if sways { ")" } else { "(" };
            frame.set_string(x, area.bottom() - 1 - y, leaf, Style::new().fg(Color::LightGreen));
        }
    }
}

fn bubbles(world: &World, area: Rect, frame: &mut Buffer) {
    for (at, bubble) in world.query::<(&Position, &Bubble)>().iter() {
        let at = Position { x: at.x + 0.005 * bubble.phase.sin(), y: at.y };
        let size = if at.y > 0.5 { "." } else { "o" };
        put(frame, area, &at, size, Color::White);
    }
}

/// Puts a text where something is, all of it within the area if there is room.
fn put(frame: &mut Buffer, area: Rect, at: &Position, text: &str, colour: Color) {
    let length = text.chars().count() as u16;
    let room = |cells: u16, share: f32| (f32::from(cells) * share.clamp(0.0, 1.0)).round() as u16;
    let x = area.x + room(area.width.saturating_sub(length), at.x);
    let y = area.y + room(area.height - 1, at.y);
    let width = usize::from(area.right() - x);
    frame.set_stringn(x, y, text, width, Style::new().fg(colour));
}
