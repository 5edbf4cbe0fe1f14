//! What hot reload does, scene by scene, without a key to press. Every scene checks what it shows:
//! if anything is not so, the tour ends with a failure.
//!
//! Scratch copies of `bundles/greeting`, `ping` and `pong` are edited, under the target folder.

mod greeting;
mod layouts;
mod players;
mod tour;

use std::{env, process::ExitCode};

use examples::{
    checks::{Checks, say},
    panics,
};
use tour::{Scene, Tour};

const SCENES: [Scene; 13] = [
    greeting::linked,
    greeting::built_and_called,
    greeting::edited,
    greeting::panicking,
    greeting::other_signature,
    greeting::broken,
    greeting::rolled_back,
    greeting::var_kept,
    players::each_other,
    players::method_edited,
    layouts::held_by_layout,
    layouts::held_by_handle,
    layouts::both_at_once,
];

const HELP: &str = "\
Shows what hot reload does, and checks it. No keys.

tour [--alter SCENE]

--alter SCENE  expect the opposite of what that scene checks first, to see the
               tour fail there";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let alter = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => None,
        ["-h" | "--help"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        ["--alter", scene] if scene.parse::<usize>().is_ok() => scene.parse().ok(),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    run(alter).unwrap_or_else(|error| {
        say(format!("the tour cannot go on: {error}"));
        ExitCode::FAILURE
    })
}

fn run(alter: Option<usize>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    panics::on_panic(say);
    let mut checks = Checks::new(alter);
    let mut tour = Tour::start()?;
    for scene in SCENES {
        scene(&mut tour, &mut checks)?;
        if alter.is_some() && checks.have_failed() {
            break;
        }
    }
    Ok(checks.finish())
}
