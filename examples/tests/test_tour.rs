//! `tour` shows what is so, notices what is not, and leaves nothing behind.

#[cfg(unix)]
mod terminal;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use examples::{scratch::repository, text::plain};
#[cfg(unix)]
use terminal::{Terminal, command, has_attributes};

const TOUR: &str = env!("CARGO_BIN_EXE_tour");
const SCENES: usize = 16;

fn tour(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(TOUR)
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

/// The bundles' files, and what lies beside them in the repository.
fn tree() -> BTreeMap<PathBuf, Vec<u8>> {
    fn add(folder: &Path, tree: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, tree)
            } else {
                tree.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    let mut tree = BTreeMap::new();
    add(&repository().join("bundles"), &mut tree);
    for name in ["Cargo.toml", "Cargo.lock"] {
        let path = repository().join(name);
        tree.insert(path.clone(), fs::read(path).unwrap());
    }
    tree
}

#[test]
fn an_altered_expectation_fails() {
    // All in one run: each scene's own check fails, and only that.
    let scenes: Vec<_> = (1..=SCENES).map(|scene| scene.to_string()).collect();
    // A scene that there is not alters nothing.
    let (output, text) = tour(&["--alter", &format!("{},99", scenes.join(","))]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("there is no scene 99 to alter"), "{errors}");
    let scenes: Vec<_> = text.split("\n\n").filter(|scene| scene.contains("NOT OK")).collect();
    assert_eq!((scenes.len(), text.matches("NOT OK").count()), (SCENES, SCENES), "{text}");
    assert!(text.contains(&format!(", {SCENES} not as expected")), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    for wrong in [&["--altre"][..], &["--alter", "one"]] {
        assert_eq!(tour(wrong).0.status.code(), Some(2));
    }
}

#[cfg(unix)]
#[test]
fn all_is_as_it_says_and_the_tree_stays_clean() {
    let before = tree();
    let mut tour = Terminal::start(command(TOUR, &[]), (40, 10));
    assert!(tour.end().success());
    tour.wait_for_text("all as expected");
    assert!(has_attributes(&tour.bytes()));
    let text = plain(&String::from_utf8_lossy(&tour.bytes())).replace('\r', "");
    for scene in 1..=SCENES {
        assert!(text.contains(&format!("\n{scene}. ")), "{text}");
    }
    assert!(text.contains("HOT0301") && !text.contains("NOT OK"), "{text}");
    assert!(self::tree() == before);
}
