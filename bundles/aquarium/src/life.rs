//! Who lives in the tank, and what they do. Numbers and rules can be edited while they do it.

use hecs::{Entity, World};

use crate::{Aquarium, Dice, Tank};

/// From 0, at the left and at the surface, to 1: the size of the terminal is no concern of theirs.
#[hot::versioned]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// In tanks per second.
#[hot::versioned]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Velocity {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// One that swims.
#[hot::versioned]
#[derive(Debug)]
pub(crate) struct Fish {
    pub(crate) kind: Kind,
    /// From 0 to 1.
    pub(crate) hunger: f32,
    /// The crumb that it has seen.
    pub(crate) chases: Option<Entity>,
}

/// What a fish is.
#[hot::versioned]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Small and quick.
    Minnow,
    /// Neither.
    Tang,
    /// Big and slow.
    Carp,
}

/// A crumb that sinks.
#[hot::versioned]
#[derive(Debug)]
pub(crate) struct Food;

/// Air that rises.
#[hot::versioned]
#[derive(Debug)]
pub(crate) struct Bubble {
    /// Where it is on its way from left to right and back, in radians.
    pub(crate) phase: f32,
}

/// How fast a fish swims.
fn speed(kind: Kind) -> f32 {
    match kind {
        Kind::Minnow => 0.13,
        Kind::Tang => 0.08,
        Kind::Carp => 0.05,
    }
}

impl Aquarium {
    pub(crate) fn new() -> Aquarium {
        Aquarium { tank: Tank::new(World::new()), dice: Dice::new(), seconds: 0.0 }
    }

    pub(crate) fn add_fish(&mut self) {
        let dice = &mut self.dice;
        let kind = match dice.roll() {
            0.0..0.5 => Kind::Minnow,
            0.5..0.8 => Kind::Tang,
            _ => Kind::Carp,
        };
        let at = Position { x: dice.roll(), y: dice.between(0.1, 0.9) };
        let direction = if dice.roll() < 0.5 { -1.0 } else { 1.0 };
        let velocity = Velocity { x: direction * speed(kind), y: 0.0 };
        let fish = Fish { kind, hunger: dice.roll(), chases: None };
        self.tank.get_mut().spawn((at, velocity, fish));
    }

    pub(crate) fn feed(&mut self) {
        for _ in 0..3 {
            let at = Position { x: self.dice.roll(), y: 0.0 };
            let sinks = Velocity { x: 0.0, y: self.dice.between(0.05, 0.1) };
            self.tank.get_mut().spawn((at, sinks, Food));
        }
    }

    pub(crate) fn step(&mut self, seconds: f32) {
        self.seconds += seconds;
        let (world, dice) = (self.tank.get_mut(), &mut self.dice);
        hunt(world, seconds);
        steer(world, dice, seconds);
        drift(world, seconds);
        breathe(world, dice, seconds);
        eat(world);
        burst(world);
    }
}

/// A hungry fish chooses the nearest crumb.
fn hunt(world: &mut World, seconds: f32) {
    let crumbs: Vec<(Entity, Position)> = all_food(world);
    for (at, fish) in world.query_mut::<(&Position, &mut Fish)>() {
        fish.hunger = (fish.hunger + 0.05 * seconds).min(1.0);
        let near = crumbs.iter().min_by(|(_, a), (_, b)| apart(at, a).total_cmp(&apart(at, b)));
        fish.chases = near.filter(|_| fish.hunger > 0.3).map(|(crumb, _)| *crumb);
    }
}

/// It swims there; without an aim to and fro.
fn steer(world: &mut World, dice: &mut Dice, seconds: f32) {
    let crumbs = all_food(world);
    for (at, velocity, fish) in world.query_mut::<(&Position, &mut Velocity, &Fish)>() {
        let speed = speed(fish.kind);
        if let Some((_, crumb)) = crumbs.iter().find(|(crumb, _)| fish.chases == Some(*crumb)) {
            let distance = apart(at, crumb).max(0.001);
            velocity.x = (crumb.x - at.x) / distance * speed * 2.0;
            velocity.y = (crumb.y - at.y) / distance * speed * 2.0;
            continue;
        }
        let turns = dice.happens(0.05, seconds);
        let to_the_right = match at.x {
            ..=0.0 => true,
            1.0.. => false,
            _ => (velocity.x > 0.0) != turns,
        };
        velocity.x = if to_the_right { speed } else { -speed };
        if dice.happens(0.5, seconds) {
            velocity.y = dice.between(-0.04, 0.04);
        }
    }
}

fn drift(world: &mut World, seconds: f32) {
    for (at, velocity) in world.query_mut::<(&mut Position, &Velocity)>() {
        at.x = (at.x + velocity.x * seconds).clamp(0.0, 1.0);
        at.y = (at.y + velocity.y * seconds).clamp(0.0, 1.0);
    }
    for bubble in world.query_mut::<&mut Bubble>() {
        bubble.phase += 4.0 * seconds;
    }
}

/// Now and then a bubble comes out of a fish.
fn breathe(world: &mut World, dice: &mut Dice, seconds: f32) {
    let fish = world.query_mut::<&Position>().with::<&Fish>().into_iter().copied();
    let mouths: Vec<_> = fish.filter(|_| dice.happens(0.15, seconds)).collect();
    for mouth in mouths {
        let rises = Velocity { x: 0.0, y: -dice.between(0.1, 0.2) };
        world.spawn((mouth, rises, Bubble { phase: 0.0 }));
    }
}

fn eat(world: &mut World) {
    for (crumb, place) in all_food(world) {
        let mut fish = world.query_mut::<(&Position, &mut Fish)>().into_iter();
        if let Some((_, eater)) =
            fish.find(|(at, fish)| fish.hunger > 0.3 && apart(at, &place) < 0.02)
        {
            eater.hunger = 0.0;
            world.despawn(crumb).expect("it was found just now");
        }
    }
}

/// At the surface a bubble is air like any other.
fn burst(world: &mut World) {
    let bubbles = world.query_mut::<(Entity, &Position)>().with::<&Bubble>().into_iter();
    let burst: Vec<_> = bubbles.filter(|(_, at)| at.y <= 0.0).map(|(bubble, _)| bubble).collect();
    for bubble in burst {
        world.despawn(bubble).expect("it was found just now");
    }
}

fn all_food(world: &mut World) -> Vec<(Entity, Position)> {
    let food = world.query_mut::<(Entity, &Position)>().with::<&Food>().into_iter();
    food.map(|(crumb, at)| (crumb, *at)).collect()
}

fn apart(a: &Position, b: &Position) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}
