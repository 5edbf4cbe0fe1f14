//! The part of the game that stays: bevy's app with its plugins, a player, and one call into the bundle.

use std::{env, error::Error, time::Duration};

use bevy_app::{App, PreUpdate, ScheduleRunnerPlugin, TaskPoolPlugin, Update};
use bevy_ecs::{
    change_detection::ResMut,
    schedule::IntoScheduleConfigs as _,
    system::{Local, Res},
    world::World,
};
use bevy_input::{ButtonInput, InputPlugin, InputSystems, keyboard::KeyCode};
use bevy_state::app::{AppExtStates as _, StatesPlugin};
use bevy_time::{Time, TimePlugin, Timer, TimerMode};
use game_shared::Phase;

fn main() -> Result<(), Box<dyn Error>> {
    let host = hot::Host::builder().watch(|line| eprintln!("{line}")).start()?;
    host.load_crate("game-rules")?;

    // Each frame of the game takes so many milliseconds.
    let frame = env::args().nth(1).map_or(Ok(200), |frame| frame.parse())?;
    App::new()
        .add_plugins(TaskPoolPlugin::default())
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(frame)))
        .add_plugins((TimePlugin, InputPlugin, StatesPlugin))
        .init_state::<Phase>()
        .add_systems(PreUpdate, play.after(InputSystems))
        .add_systems(Update, |world: &mut World| println!("{}", game_rules::update(world)))
        .run();
    Ok(())
}

/// The player, since a line of text has no keys: presses space each three seconds.
fn play(time: Res<Time>, mut keys: ResMut<ButtonInput<KeyCode>>, mut next: Local<Option<Timer>>) {
    let timer = next.get_or_insert_with(|| Timer::from_seconds(3.0, TimerMode::Repeating));
    keys.release(KeyCode::Space);
    if timer.tick(time.delta()).just_finished() {
        keys.press(KeyCode::Space);
    }
}
