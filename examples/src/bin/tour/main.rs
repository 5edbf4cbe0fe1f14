//! What hot reload does, scene by scene, without a key to press. Every scene checks what it shows:
//! if anything is not so, the tour ends with a failure.
//!
//! Scratch copies of `bundles/greeting`, `ping` and `pong` are edited, under the target folder.

mod greeting;
mod layouts;
mod moves;
mod players;
mod tour;

use std::{env, process::ExitCode};

use examples::{
    checks::{Checks, say},
    panics,
};
use tour::{Scene, Tour};

const SCENES: [Scene; 16] = [
    greeting::linked,
    greeting::built_and_called,
    greeting::edited,
    greeting::panicking,
    greeting::under_callers,
    greeting::broken,
    greeting::rolled_back,
    greeting::var_kept,
    players::each_other,
    players::method_edited,
    moves::grown,
    moves::back_and_forth,
    moves::conversion_fails,
    moves::field_comes_back,
    layouts::held_by_handle,
    layouts::both_at_once,
];

const HELP: &str = "\
Shows what hot reload does, and checks it. No keys.

tour [--alter SCENE,..]

--alter SCENE,..  expect the opposite of what these scenes check first, to see
                  the tour fail there";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let alter = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Vec::new(),
        ["-h" | "--help"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        ["--alter", scenes] => {
            let scenes: Result<_, _> = scenes.split(',').map(str::parse).collect();
            let Ok(scenes) = scenes else { return wrong_use() };
            scenes
        }
        _ => return wrong_use(),
    };
    run(alter).unwrap_or_else(|error| {
        say(format!("the tour cannot go on: {error}"));
        ExitCode::FAILURE
    })
}

fn wrong_use() -> ExitCode {
    eprintln!("{HELP}");
    ExitCode::from(2)
}

fn run(alter: Vec<usize>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    panics::on_panic(say);
    let is_altered = !alter.is_empty();
    let mut checks = Checks::new(alter);
    let mut tour = Tour::start()?;
    for scene in SCENES {
        scene(&mut tour, &mut checks)?;
        if is_altered && !checks.has_to_alter() {
            break;
        }
    }
    Ok(checks.finish())
}
