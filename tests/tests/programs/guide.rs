//! The guide is followed, word for word: its commands are run in a terminal, its edits saved, and
//! each of its outputs has to come. Numbers may differ.
#![cfg(unix)]

use crate::{
    page::{self, GUIDE},
    user,
};

#[test]
fn a_new_user_follows_the_guide() {
    let guide = page::text(GUIDE);
    let steps = page::steps(&guide);
    assert_eq!(page::counts(&steps), [5, 0, 14, 15], "commands, files, edits, outputs");

    let (mut user, _alone) = user::of_garden();
    steps.iter().for_each(|step| user.follow(step));

    // The hints at its end, while the program runs.
    let hints: Vec<_> = guide
        .split_once("## Go on")
        .unwrap()
        .1
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| it.starts_with("cargo "))
        .collect();
    assert_eq!(hints.len(), 6, "{hints:?}");
    let library = user::library("garden_logic");
    let library = library.to_str().unwrap();
    for hint in &hints {
        // A release build compiles everything once more; what it is optimised to is cargo's affair.
        let mut hint = hint.replace("OLD NEW", &format!("{library} {library}"));
        if hint.contains("--release") {
            if !cfg!(feature = "exhaustive") {
                continue;
            }
            hint.insert_str(0, "env CARGO_PROFILE_RELEASE_OPT_LEVEL=0 ");
        }
        let output = user.run(&hint.replace("target/static", "out/static"));
        if hint.ends_with("status garden") {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("garden_logic::tick"), "{text}");
        }
    }
    user.run(&format!("cargo hotreload inspect {library}"));
    user.run("cargo test -q");

    let mut program = user.program.unwrap();
    program.press("q");
    program.end();
    program.assert_restored();
}
