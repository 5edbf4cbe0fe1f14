//! The demos that a person watches, side by side: they wait for seconds and for cargo most of the time.
#![cfg(unix)]

#[path = "../terminal/mod.rs"]
mod terminal;

mod counter_demo;
mod greeting_demo;
mod hot_reload;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use examples::scratch::Scratch;
use terminal::Terminal;

/// The size of a terminal, in columns and rows.
const USUAL: (u16, u16) = (80, 24);

/// The folder of a workspace for copies that tests edit themselves. What the copies depend on is taken from
/// where the demos build theirs, if it is compiled there.
fn edited() -> PathBuf {
    static EDITED: LazyLock<PathBuf> = LazyLock::new(|| {
        let edited = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited");
        let scratch = Scratch::copy("counter").unwrap();
        let _locked = scratch.lock().unwrap();
        let compiled = scratch.root().join("target");
        if compiled.exists() && !edited.join("target").exists() {
            let draft = edited.join("draft");
            fs::create_dir_all(&edited).unwrap();
            assert!(
                Command::new("cp").arg("-a").args([&compiled, &draft]).status().unwrap().success()
            );
            fs::rename(draft, edited.join("target")).unwrap();
        }
        edited
    });
    EDITED.clone()
}

/// By Ctrl-C, a signal, and a key that has the demo panic.
fn restored_whatever_ends_it(start: impl Fn() -> Terminal) {
    for (keys, signal, code) in [("\x03", "", 0), ("", "TERM", 143), ("!", "", 101)] {
        let mut demo = start();
        match signal {
            "" => demo.press(keys),
            signal => demo.signal(signal),
        }
        assert_eq!(demo.end().exit_code(), code);
        demo.assert_restored();
    }
}
