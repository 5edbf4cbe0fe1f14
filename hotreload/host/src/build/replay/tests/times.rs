//! What comes with an old time is fresh to cargo: it is built all the same.

use super::*;

impl Project {
    /// As a backup comes that is moved into place.
    fn come(&self, path: &str, text: &str) {
        let backup = self.root.join("backup");
        fs::write(&backup, text).unwrap();
        let old = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(&backup).unwrap().set_modified(old).unwrap();
        fs::rename(backup, self.root.join(path)).unwrap();
        thread::sleep(Duration::from_millis(50));
    }

    /// When cargo has made its library of this.
    fn made_of(&self, name: &str) -> SystemTime {
        let deps = fs::read_dir(self.root.join("target/debug/deps")).unwrap();
        let mut paths = deps.map(|it| it.unwrap().path());
        let is_it = |path: &PathBuf| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            stem.starts_with(&format!("lib{name}-")) && path.extension().unwrap() != "rmeta"
        };
        let path = paths.find(is_it).unwrap();
        fs::metadata(path).unwrap().modified().unwrap()
    }

    /// Whether everything is fresh to the next cargo.
    fn is_settled(&mut self) {
        states().remove(&self.root.join("logic"));
        assert!(self.build().unwrap().fresh);
    }
}

#[test]
fn what_comes_with_an_old_time_is_built() {
    let mut project = Project::new();
    project.started_again("asset-made");
    let (dep, other) = (project.made_of("dep"), project.made_of("other"));
    project.come("logic/src/text.txt", "from a backup");
    project.started_again("from a backup");
    assert_eq!(project.made_of("dep"), dep, "only what was read is compiled");
    project.come("dep/src/lib.rs", "pub struct Type { pub field: [u8; 77] }");
    project.started_again(" 77 ");
    assert_ne!(project.made_of("dep"), dep);
    project.is_settled();

    // A macro, which has no rlib.
    project.come("names/src/lib.rs", &names("macro-of-a-backup"));
    project.started_again("macro-of-a-backup");
    project.is_settled();

    // What a build script reads, and the script.
    project.come("logic/asset.txt", "asset-of-a-backup");
    project.started_again("asset-of-a-backup-made");
    project.come("logic/build.rs", &SCRIPT.replace("-made", "-made-by-a-backup"));
    project.started_again("asset-of-a-backup-made-by-a-backup");
    project.is_settled();

    // A path that begins with the folder at hand, and one that leads out of the package.
    let script = SCRIPT.replace("changed=asset.txt", "changed=./asset.txt");
    let more = "println!(\"cargo::rerun-if-changed=../outside.txt\");
        println!(\"cargo::rustc-env=OUTSIDE={}\", std::fs::read_to_string(\"../outside.txt\").unwrap());";
    project.write("outside.txt", "outside");
    project
        .write("logic/build.rs", &script.replace("fn main() {", &format!("fn main() {{ {more}")));
    project.replace("logic/src/lib.rs", "\"first\"", "env!(\"OUTSIDE\")");
    project.started_again("outside from a backup");
    project.come("outside.txt", "outside-of-a-backup");
    project.started_again("outside-of-a-backup");
    project.come("logic/asset.txt", "another-backup");
    project.started_again("another-backup-made");
    project.is_settled();

    // A folder whose files it reads.
    let script = SCRIPT.replace("changed=asset.txt", "changed=assets");
    let script = script.replace("read_to_string(\"asset.txt\")", "read_to_string(\"assets/in/a\")");
    project.write("logic/assets/in/a", "in-a-folder");
    project.replace("logic/src/lib.rs", "env!(\"OUTSIDE\")", "\"first\"");
    project.write("logic/build.rs", &script);
    project.started_again("in-a-folder-made");
    project.come("logic/assets/in/a", "backup-in-a-folder");
    project.started_again("backup-in-a-folder-made");
    project.is_settled();

    // A script that does not say what it reads: all of its package.
    project.replace("logic/build.rs", "cargo::rerun-if-changed=assets", "nothing");
    project.replace("logic/build.rs", "cargo::rustc-check-cfg=cfg(flagged)", "nothing");
    let script = "read_to_string(\"src/text.txt\")";
    project.replace("logic/build.rs", "read_to_string(\"assets/in/a\")", script);
    project.started_again("from a backup-made");
    project.come("logic/src/text.txt", "all-of-it");
    project.started_again("all-of-it-made");
    project.is_settled();

    // Beside a source that cargo compiles since its time tells.
    project.come("names/src/lib.rs", &names("beside-another"));
    project.replace("logic/src/lib.rs", "first", "saved");
    project.started_again("saved");
    let cargos = project.root.join("target/debug/liblogic.so");
    assert!(project.value(&cargos).contains("beside-another"));
    assert_eq!(project.made_of("other"), other, "nothing has come for it");
    project.is_settled();
}

#[test]
fn what_is_made_for_the_compiler_lies_beside_a_named_target() {
    let mut project = Project::new();
    let rustc = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let said = String::from_utf8(rustc.stdout).unwrap();
    let triple = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    project.write(".cargo/config.toml", &format!("[build]\ntarget = \"{triple}\"\n"));
    project.started_again("asset-made");
    project.come("names/src/lib.rs", &names("macro-of-a-backup"));
    project.started_again("macro-of-a-backup");
    project.come("logic/asset.txt", "asset-of-a-backup");
    project.started_again("asset-of-a-backup-made");
    project.come("logic/build.rs", &SCRIPT.replace("-made", "-made-by-a-backup"));
    project.started_again("asset-of-a-backup-made-by-a-backup");
    project.is_settled();
}
