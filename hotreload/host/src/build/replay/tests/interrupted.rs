//! What ends in the middle of a call of rustc: the save is built all the same, and the next one.

use super::*;
use crate::build::{folder::AloneFolder, unit::entries};

/// The linker. It does once what a file beside it says, and leaves its number there.
const LINKER: &str = "#!/bin/sh
here=$(dirname \"$0\")
echo \"$*\" >> \"$here/links\"
if mv \"$here/kills-rustc\" \"$here/done\" 2>/dev/null; then
    echo $$ > \"$here/linker.pid\"
    kill -9 $PPID
    exec sleep 1000
fi
if mv \"$here/is-killed\" \"$here/done\" 2>/dev/null; then
    kill -9 $$
fi
if mv \"$here/waits\" \"$here/done\" 2>/dev/null; then
    while [ -e \"$here/done\" ]; do sleep 0.01; done
fi
exec cc \"$@\"
";

impl Project {
    /// The linker does this the next time.
    fn linker(&self, what: &str) {
        let _ = fs::remove_file(self.root.join("done"));
        self.write(what, "");
    }

    /// Saves what the linker disturbs so, and gives why cargo was asked.
    fn saved_while(&mut self, what: &str, text: &str) -> String {
        self.linker(what);
        self.write("logic/src/text.txt", text);
        let built = self.build().unwrap();
        assert!(self.root.join("done").exists(), "{what}: nothing was linked");
        assert!(self.value(&built.library).contains(text), "{what}");
        let BuiltBy::Cargo { why } = built.maker.unwrap().by else { panic!("{what}: by rustc") };
        why.unwrap()
    }

    /// The next save is rustc's alone, once rustc was called for the first time again.
    #[track_caller]
    fn goes_on(&mut self, after: &str) {
        self.write("logic/src/text.txt", &format!("first after {after}"));
        self.built();
        let second = format!("second after {after}");
        self.write("logic/src/text.txt", &second);
        let (by, value) = self.built();
        assert!(by == BuiltBy::Rustc && value.contains(&second), "{by:?} {value}");
    }
}

/// Removes the folder. A child that another test starts at this moment may have the lock until it is another
/// program.
fn remove(own: &Path) -> std::io::Result<()> {
    let start = Instant::now();
    while !AloneFolder::remove(own)? {
        assert!(start.elapsed() < Duration::from_secs(60), "somebody else has the lock");
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

#[test]
fn a_save_survives_what_ends_in_the_middle_of_it() {
    let mut project = Project::new();
    project.write("linker", LINKER);
    let linker = project.root.join("linker");
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755)).unwrap();
    let flags = format!("[build]\nrustflags = [{:?}]\n", format!("-Clinker={}", linker.display()));
    project.write(".cargo/config.toml", &flags);
    thread::sleep(Duration::from_millis(50));
    project.built();
    project.write("logic/src/text.txt", "one");
    project.by_rustc("one");

    // rustc, of which the linker would write on.
    let why = project.saved_while("kills-rustc", "two");
    assert!(why.starts_with("rustc alone has failed (signal: 9"), "{why}");
    let linker = fs::read_to_string(project.root.join("linker.pid")).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", linker.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "the linker lives on: {state}");
    project.goes_on("rustc");

    let why = project.saved_while("is-killed", "three");
    assert!(why.starts_with("rustc alone has failed (exit"), "{why}");
    project.goes_on("the linker");

    // Another cargo has the lock when rustc begins, and none when its folder is removed.
    let own = project.root.join("target/debug/hotreload");
    let lock = File::open(project.root.join("target/debug/.cargo-lock")).unwrap();
    lock.lock().unwrap();
    project.linker("waits");
    project.write("logic/src/text.txt", "four");
    let built = thread::scope(|scope| {
        let building = scope.spawn(|| project.build());
        let start = Instant::now();
        let links = || project.root.join("done").exists();
        while !links() && start.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(5));
        }
        // A cargo would wait for it.
        drop(lock);
        if !links() {
            panic!("nothing is linked: {:?}", building.join().unwrap().map(|it| it.maker));
        }
        let removed = remove(&own);
        // Whatever came of it: the linker waits for this.
        fs::remove_file(project.root.join("done")).unwrap();
        removed.unwrap();
        building.join().unwrap().unwrap()
    });
    assert!(project.value(&built.library).contains("four"));
    project.goes_on("a removed folder");

    // Another copy of the program calls rustc for the crate, too: it is waited for.
    let turn = File::options().append(true).open(own.join("logic.lock")).unwrap();
    turn.lock().unwrap();
    project.write("logic/src/text.txt", "of two");
    project.linker("waits");
    let built = thread::scope(|scope| {
        let building = scope.spawn(|| project.build());
        thread::sleep(Duration::from_millis(300));
        let is_linked = fs::remove_file(project.root.join("waits")).is_err();
        drop(turn);
        // Whatever came of it: the linker waits for this.
        let _ = fs::remove_file(project.root.join("done"));
        assert!(!is_linked, "it has linked beside another");
        building.join().unwrap().unwrap()
    });
    assert_eq!(built.maker.unwrap().by, BuiltBy::Rustc);
    assert!(project.value(&built.library).contains("of two"));
    let turn = File::options().append(true).open(own.join("logic.lock")).unwrap();
    turn.lock().unwrap();
    let abandon = Abandon::default();
    thread::scope(|scope| {
        let building = scope.spawn(|| project.build_until(abandon.clone()));
        abandon.abandon();
        assert_eq!(building.join().unwrap().unwrap_err().code(), Code::CargoFailed);
    });
    drop(turn);
    project.goes_on("another's call");

    // A save before rustc's first call has read anything: that would make what nobody can compare, and ends.
    let turn = File::options().append(true).open(own.join("logic.lock")).unwrap();
    turn.lock().unwrap();
    project.write("logic/asset.txt", "before the first call");
    assert!(matches!(project.build().unwrap().maker.unwrap().by, BuiltBy::Cargo { .. }));
    let before = fs::read_to_string(project.root.join("links")).unwrap();
    let linked = |to: &str| {
        let links = fs::read_to_string(project.root.join("links")).unwrap();
        links[before.len()..].lines().any(|it| it.contains(to))
    };
    project.linker("waits");
    project.write("logic/src/text.txt", "early");
    drop(turn);
    let (built, is_late) = thread::scope(|scope| {
        let building = scope.spawn(|| project.build());
        let (mut waits_since, mut is_late) = (None, false);
        while !building.is_finished() {
            let is_cargos = linked("debug/deps/liblogic.so");
            if !is_cargos && linked("debug/hotreload/liblogic.so") {
                // The first call's linker waits, and is ended with its rustc.
                is_late |= waits_since.get_or_insert_with(Instant::now).elapsed()
                    > Duration::from_secs(60);
            }
            if is_cargos || is_late {
                let _ = fs::remove_file(project.root.join("done"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        (building.join().unwrap().unwrap(), is_late)
    });
    assert!(!is_late, "cargo has waited for what nobody needs");
    let BuiltBy::Cargo { why } = built.maker.unwrap().by else { panic!("it has no twin") };
    assert_eq!(why.unwrap(), "the sources were saved during rustc's first call");
    assert!(project.value(&built.library).contains("early"));
    project.goes_on("an early save");

    // A save during a first call that has nothing to go on from: cargo would wait for its end.
    remove(&own).unwrap();
    fs::create_dir(&own).unwrap();
    let turn = File::options().create(true).append(true).open(own.join("logic.lock")).unwrap();
    turn.lock().unwrap();
    project.write("logic/asset.txt", "before a long first call");
    assert!(matches!(project.build().unwrap().maker.unwrap().by, BuiltBy::Cargo { .. }));
    project.linker("waits");
    drop(turn);
    let start = Instant::now();
    while !project.root.join("done").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the first call links nothing");
        thread::sleep(Duration::from_millis(5));
    }
    project.write("logic/src/text.txt", "during a long one");
    let (built, is_late) = thread::scope(|scope| {
        let building = scope.spawn(|| project.build());
        let start = Instant::now();
        while !building.is_finished() && start.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(5));
        }
        let is_late = !building.is_finished();
        // Whatever came of it: the linker waits for this.
        let _ = fs::remove_file(project.root.join("done"));
        (building.join().unwrap().unwrap(), is_late)
    });
    assert!(!is_late, "cargo has waited for the first call");
    let BuiltBy::Cargo { why } = built.maker.unwrap().by else { panic!("it has no twin") };
    assert_eq!(why.unwrap(), "rustc's first call is not over");
    assert!(project.value(&built.library).contains("during a long one"));
    project.goes_on("a long first call");

    // Between two saves.
    remove(&own).unwrap();
    project.write("logic/src/text.txt", "five");
    let (_, value) = project.built();
    assert!(value.contains("five"), "{value}");
    project.goes_on("another removed folder");

    // What rustc has kept of the calls before the last one goes soon, and not with the next call only.
    let kept = || entries(&own.join("incremental")).flat_map(|it| entries(&it));
    let start = Instant::now();
    while kept().filter(|it| it.is_dir()).count() != 1 {
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", kept().collect::<Vec<_>>());
        thread::sleep(Duration::from_millis(5));
    }
}
