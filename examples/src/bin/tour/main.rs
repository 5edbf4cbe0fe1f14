//! What hot reload does, scene by scene, without a key to press. Every scene checks what it shows:
//! if anything is not so, the tour ends with a failure.
//!
//! A scratch copy of `bundles/greeting` is edited, under the target folder.

mod scenes;

use std::{env, process::ExitCode};

use examples::{
    checks::{Checks, say},
    panics,
    scratch::Scratch,
};
use scenes::Tour;

const HELP: &str = "\
Shows what hot reload does, and checks it. No keys.

tour [--alter SCENE]

--alter SCENE  expect the opposite of what that scene checks first, to see the
               tour fail";

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
    let scratch = Scratch::copy("greeting")?;
    let _locked = match scratch.try_lock()? {
        Some(locked) => locked,
        None => {
            say("waiting for another tour or demo ..");
            scratch.lock()?
        }
    };
    // Another one may have edited the copy meanwhile.
    scratch.write(scratch.original())?;
    let mut tour = Tour::start(scratch)?;
    for scene in scenes::ALL {
        scene(&mut tour, &mut checks)?;
    }
    Ok(checks.finish())
}
