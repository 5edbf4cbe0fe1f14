//! What rustc alone compiles of a bundle that cargo builds together with its host.
#![cfg(target_os = "linux")]

use std::{fs, thread::sleep, time::Duration};

use tests::{
    fixture::target_dir,
    project::{Piped, Project},
};

/// Tells types of the bundle and of the framework from all others, and is the same in each generation.
fn identity(number: u32) -> String {
    format!(
        "{{ use std::{{any::TypeId, hash::{{DefaultHasher, Hash, Hasher}}}};
        struct Own;
        std::hint::black_box({number});
        let mut hasher = DefaultHasher::new();
        TypeId::of::<(Own, hot::State<u8>, hot::Undefined)>().hash(&mut hasher);
        hasher.finish() as u32 | 1 }}"
    )
}

#[test]
fn rustc_alone_is_given_no_host() {
    let facade = target_dir().join("debug/hotreload/facade");
    let _ = fs::remove_dir_all(&facade);
    let project = Project::shared();
    project.edit(&identity(0));
    let run = Piped::start(project.command(&["run"]));
    run.wait_for("answer ");
    let mut generation = 1;
    let mut by_rustc = |answer: String| {
        generation += 1;
        project.edit(&answer);
        let live = format!("generation {generation} is live");
        run.wait_for(&live);
        let text = run.text();
        let line = text.lines().find(|it| it.contains(&live)).unwrap();
        line.contains("by rustc alone")
    };
    // Until rustc's first call is over, saves are cargo's.
    let mut number = 1;
    while !by_rustc(identity(number)) {
        number += 1;
        assert!(number < 100, "saves are never rustc's alone: {}", run.text());
        sleep(Duration::from_millis(200));
    }
    assert!(by_rustc(identity(number + 1)));
    let text = run.text();
    assert_eq!(text.matches("\nanswer ").count(), 1, "types have other identities: {text}");
    let made = fs::read_dir(&facade).unwrap().flatten();
    assert!(made.map(|it| it.path()).any(|it| it.extension().is_some_and(|it| it == "rlib")));

    // A bundle may use what hosts have. It is compiled with that, then, and goes on so.
    assert!(by_rustc("size_of::<hot::Host>() as u32 * 0 + 7000".to_owned()));
    run.wait_for("answer 7000.");
    assert!(by_rustc("size_of::<hot::Host>() as u32 * 0 + 7001".to_owned()));
    run.wait_for("answer 7001.");
    project.edit("nothing_of_this_name");
    run.wait_for("HOT0704");
    assert_eq!(run.text().matches("cannot find value `nothing_of_this_name`").count(), 1);
    assert!(by_rustc("7002".to_owned()));
    run.wait_for("answer 7002.");
    drop(run);
    the_first_save_of_a_start_is_rustcs(&project);
}

/// Cargo has nothing to compile at the second start, and rustc's call is known from the first.
fn the_first_save_of_a_start_is_rustcs(project: &Project) {
    const SECRET: &str = "nobody is to keep this";
    let start = || {
        let mut command = project.command(&["run"]);
        command.env("TOKEN", SECRET);
        let run = Piped::start(command);
        run.wait_for("answer 7002.");
        run
    };
    drop(start());
    let run = start();
    project.edit("7003");
    run.wait_for("generation 2 is live");
    run.wait_for("answer 7003.");
    assert!(run.text().contains("by rustc alone"), "{}", run.text());
    let kept = fs::read(target_dir().join("debug/hotreload/usual_rules.captured")).unwrap();
    let kept = String::from_utf8_lossy(&kept);
    assert!(kept.contains("CARGO_PKG_NAME=usual-rules") && !kept.contains(SECRET), "{kept}");
}
