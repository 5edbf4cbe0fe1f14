//! All that happens in the sea: edit this file while it runs.

use std::sync::{Mutex, PoisonError};

use bevy_ecs::{prelude::*, world::WorldId};
use bevy_input::{ButtonInput, keyboard::KeyCode};
use bevy_state::state::State;
use bevy_tasks::ComputeTaskPool;
use bevy_time::Time;
use game_shared::Phase;

hot::bundle!();

#[hot::versioned]
#[derive(Component)]
pub struct Fish {
    at: f32,
    speed: f32,
}

#[hot::versioned]
#[derive(Component)]
pub struct Crumb {
    at: f32,
}

/// What has happened so far.
#[hot::versioned]
#[derive(Resource, Default)]
pub struct Tally {
    frames: u64,
    eaten: u64,
}

/// What a frame is told.
#[hot::versioned]
#[derive(Resource, Default)]
pub struct Frame {
    seconds: f32,
    feeds: bool,
}

hot::tracked! {
    /// The world of the game. It stays when the code changes, and when its types do.
    // SAFETY: nothing else is put there.
    pub unsafe struct Sea(World) of
        Fish, Crumb, Children, ChildOf, hot::ResourceOf<Tally>, hot::ResourceOf<Frame>;
}

#[hot::export]
pub static SEA: hot::State<Sea> = hot::State::new(|| Sea::new(World::new()));

/// The systems of this version, and the world that they have seen. A private static begins anew with each
/// version; where one comes back, the world may be another one.
static SYSTEMS: Mutex<Option<(WorldId, Schedule)>> = Mutex::new(None);

const WIDTH: f32 = 40.0;

fn register(sea: &World) -> (WorldId, Schedule) {
    let mut systems = Schedule::default();
    systems.add_systems((feed, swim, eat, count).chain());
    (sea.id(), systems)
}

/// Runs each time that a version comes.
#[hot::on_load]
fn fill() {
    let mut sea = SEA.write();
    let sea = sea.get_mut();
    if !sea.contains_resource::<Tally>() {
        sea.init_resource::<Tally>();
        for number in 0..3_u8 {
            let (at, speed) = (f32::from(number) * 12.0, 1.5 + f32::from(number));
            sea.spawn(Fish { at, speed });
        }
    }
}

/// What the host calls in each frame: its app's world has the time, the keys and the phase.
#[hot::export]
#[hot(unsafe(opaque(World)))]
pub fn update(app: &mut World) -> String {
    let mut sea = SEA.write();
    let sea = sea.get_mut();
    if *app.resource::<State<Phase>>().get() == Phase::Swims {
        sea.insert_resource(Frame {
            seconds: app.resource::<Time>().delta_secs(),
            feeds: app.resource::<ButtonInput<KeyCode>>().just_pressed(KeyCode::Space),
        });
        let mut systems = SYSTEMS.lock().unwrap_or_else(PoisonError::into_inner);
        let are_of_it = systems.take().filter(|(of, _)| *of == sea.id());
        systems.insert(are_of_it.unwrap_or_else(|| register(sea))).1.run(sea);
    }
    picture(sea)
}

fn feed(frame: Res<Frame>, tally: Res<Tally>, mut commands: Commands) {
    if frame.feeds {
        commands.spawn(Crumb { at: (tally.frames * 7 % 40) as f32 });
    }
}

/// On the threads of bevy's pool, which the host's app has made.
fn swim(frame: Res<Frame>, mut fish: Query<&mut Fish>) {
    fish.par_iter_mut().for_each(|mut fish| {
        fish.at = (fish.at + fish.speed * frame.seconds) % WIDTH;
    });
}

fn eat(
    fish: Query<&Fish>,
    crumbs: Query<(Entity, &Crumb)>,
    mut tally: ResMut<Tally>,
    mut commands: Commands,
) {
    for (crumb, Crumb { at }) in &crumbs {
        if fish.iter().any(|fish| (fish.at - at).abs() < 1.0) {
            commands.entity(crumb).despawn();
            tally.eaten += 1;
        }
    }
}

fn count(mut tally: ResMut<Tally>) {
    tally.frames += 1;
}

/// The sea as a line.
fn picture(sea: &mut World) -> String {
    let mut line = vec!['~'; WIDTH as usize];
    for crumb in sea.query::<&Crumb>().iter(sea) {
        line[crumb.at as usize] = '.';
    }
    for fish in sea.query::<&Fish>().iter(sea) {
        line[fish.at as usize] = '>';
    }
    let line: String = line.into_iter().collect();
    let threads = ComputeTaskPool::get().thread_num();
    let Tally { frames, eaten } = sea.resource::<Tally>();
    format!("frame {frames}: {line} {eaten} eaten, {threads} threads")
}
