//! `tour` shows what is so, notices what is not, and leaves nothing behind.

#[cfg(unix)]
mod terminal;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use examples::scratch::repository;

const TOUR: &str = env!("CARGO_BIN_EXE_tour");
const SCENES: usize = 10;

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
fn all_is_as_it_says_and_the_tree_stays_clean() {
    let before = tree();
    let (output, text) = tour(&[]);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for scene in 1..=SCENES {
        assert!(text.contains(&format!("\n{scene}. ")), "{text}");
    }
    assert!(text.contains("HOT0301") && text.contains("all as expected"), "{text}");
    assert!(!text.contains("NOT OK") && !text.contains('\x1b'), "{text}");
    assert!(tree() == before);
}

#[test]
fn an_altered_expectation_fails() {
    for scene in 1..=SCENES {
        let (output, text) = tour(&["--alter", &scene.to_string()]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert_eq!(text.matches("NOT OK").count(), 1, "{text}");
        assert!(text.contains(", 1 not as expected"), "{text}");
    }
    let (output, _) = tour(&["--alter", "99"]);
    assert_eq!(output.status.code(), Some(1));
    let (output, _) = tour(&["--altre"]);
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn colour_only_where_it_is_wanted() {
    use terminal::{Terminal, command, has_attributes};

    let mut usual = Terminal::start(command(TOUR, &[]), (40, 10));
    assert!(usual.end().success());
    usual.wait_for_text("all as expected");
    assert!(has_attributes(&usual.bytes()));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut plain = command(TOUR, &[]);
        plain.env(name, value);
        let mut tour = Terminal::start(plain, (40, 10));
        assert!(tour.end().success());
        tour.wait_for_text("all as expected");
        assert!(!has_attributes(&tour.bytes()));
    }
}
