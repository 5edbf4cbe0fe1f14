//! Which files count: of which packages, in which folders, and which do not.

use std::{collections::HashSet, fs, path::Path, thread, time::Duration};

use crate::DEV;
use hot::{Code, Outcome};
use tests::{
    Workspace,
    dev::{Edited, Sentinel, bundle, source},
    value,
    workspace::BUNDLE,
};

/// A package that is linked, and no bundle.
fn library(workspace: &Workspace, name: &str, source: &str) {
    workspace.write(
        &format!("{name}/Cargo.toml"),
        &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    );
    workspace.write(&format!("{name}/src/lib.rs"), source);
}

fn number(value: i32) -> String {
    format!("pub fn number() -> i32 {{ {value} }}\n")
}

#[test]
fn bundles_that_share_a_crate_change_together_or_not_at_all() {
    let edited = Edited::new(&DEV, "files_shared", |workspace| {
        library(workspace, "files_common", &number(1));
        for name in ["files_left", "files_right"] {
            workspace.package(name, BUNDLE, "", "files_common = { path = \"../files_common\" }");
            workspace.write(&format!("{name}/src/lib.rs"), &source("files_common::number()"));
        }
    });
    let [left, right] = ["files_left", "files_right"].map(|name| edited.load(name));
    let values = || (value!(DEV, "files_left::value"), value!(DEV, "files_right::value"));
    let generations = || (left.generation().unwrap(), right.generation().unwrap());

    let common = edited.path("files_common/src/lib.rs");
    fs::write(&common, number(2)).unwrap();
    let mut bundles: Vec<_> = edited.live().iter().map(|it| it.bundle.clone()).collect();
    bundles.sort();
    assert_eq!(bundles, ["files_left", "files_right"]);
    assert_eq!((values(), generations()), ((2, 2), (2, 2)));

    // One of them does not compile with it any more: neither changes.
    let lib = edited.path("files_right/src/lib.rs");
    let checked = "const { assert!(files_common::LIMIT < 5) }; files_common::number()";
    fs::write(&common, format!("pub const LIMIT: i32 = 3;\n{}", number(3))).unwrap();
    assert_eq!(edited.live().len(), 2);
    fs::write(&lib, source(checked)).unwrap();
    edited.live();
    let before = (values(), generations());
    fs::write(&common, format!("pub const LIMIT: i32 = 5;\n{}", number(5))).unwrap();
    let saved = edited.next();
    let Outcome::Refused { bundles, error } = &saved.outcome else { panic!("{saved}") };
    assert_eq!((bundles.len(), error.code()), (2, Code::BuildFailed));
    assert_eq!((values(), generations()), before);
    // Mended in the one, both are tried again: the other has not got it yet.
    fs::write(&lib, source("files_common::number()")).unwrap();
    assert_eq!(edited.live().len(), 2);
    assert_eq!(values(), (5, 5));

    // One of them is refused by the host, as somebody calls it as it was: neither changes.
    edited.workspace.package("files_caller", BUNDLE, "", "");
    edited.workspace.write(
        "files_caller/src/lib.rs",
        "hot::bundle!();\nhot::import! { files_right => { fn value() -> i32; } }\n\
         #[hot::export]\npub fn twice() -> i32 { 2 * hot::get!(files_right::value)() }\n",
    );
    edited.load("files_caller");
    edited
        .workspace
        .write("files_common/src/lib.rs", &format!("pub type Number = i32;\n{}", number(6)));
    assert_eq!(edited.live().len(), 2);
    fs::write(&lib, source("files_common::number() as _").replace("i32", "files_common::Number"))
        .unwrap();
    edited.live();
    let before = (values(), generations());
    let wide = format!("pub type Number = i64;\n{}", number(7));
    edited.workspace.write("files_common/src/lib.rs", &wide);
    let saved = edited.next();
    let Outcome::Refused { error, .. } = &saved.outcome else { panic!("{saved}") };
    assert_eq!(error.code().id(), "HOT0301", "{error}");
    assert_eq!((values(), generations()), before);
    edited.assert_silent(&Sentinel::new(&DEV, "files_shared_end"));
}

#[test]
fn what_fits_together_only_becomes_live_together() {
    let edited = Edited::new(&DEV, "files_fitting", |workspace| {
        workspace.package("files_base", BUNDLE, "", "");
        workspace.write(
            "files_base/src/lib.rs",
            "hot::bundle!();\n#[hot::export]\npub fn base(a: i32) -> i32 { a + 1 }\n",
        );
        workspace.package("files_user", BUNDLE, "", "");
        workspace.write(
            "files_user/src/lib.rs",
            "hot::bundle!();\nhot::import! { files_base => { fn base(a: i32) -> i32; } }\n\
             #[hot::export]\npub fn value() -> i32 { hot::get!(files_base::base)(1) }\n",
        );
    });
    edited.load("files_base");
    edited.load("files_user");
    assert_eq!(value!(DEV, "files_user::value"), 2);
    // Saved one after the other: the first does not fit what is live, both fit each other.
    edited.workspace.write(
        "files_base/src/lib.rs",
        "hot::bundle!();\n#[hot::export]\npub fn base(a: i32, b: i32) -> i32 { a + b }\n",
    );
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    edited.workspace.write(
        "files_user/src/lib.rs",
        "hot::bundle!();\nhot::import! { files_base => { fn base(a: i32, b: i32) -> i32; } }\n\
         #[hot::export]\npub fn value() -> i32 { hot::get!(files_base::base)(10, 20) }\n",
    );
    assert_eq!(edited.live().len(), 2);
    assert_eq!(value!(DEV, "files_user::value"), 30);
}

#[test]
fn a_new_path_dependency_is_watched_from_then_on() {
    let edited = Edited::one(&DEV, "files_manifest");
    library(&edited.workspace, "files_added", &number(7));
    edited.workspace.package(
        "files_manifest",
        BUNDLE,
        "",
        "files_added = { path = \"../files_added\" }",
    );
    // The manifest alone changes nothing.
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Unchanged | Outcome::Live(_)), "{saved}");
    edited.workspace.write("files_manifest/src/lib.rs", &source("files_added::number()"));
    edited.live();
    assert_eq!(value!(DEV, "files_manifest::value"), 7);
    edited.workspace.write("files_added/src/lib.rs", &number(8));
    edited.live();
    assert_eq!(value!(DEV, "files_manifest::value"), 8);

    // A broken manifest is refused in cargo's words, and mended.
    let manifest = edited.path("files_manifest/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n[nonsense")).unwrap();
    let saved = edited.next();
    let Outcome::Refused { error, .. } = &saved.outcome else { panic!("{saved}") };
    assert!(error.to_string().contains("unclosed table"), "{error}");
    fs::write(&manifest, text).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Unchanged));
    edited.workspace.write("files_added/src/lib.rs", &number(9));
    edited.live();
    assert_eq!(value!(DEV, "files_manifest::value"), 9);
}

#[test]
fn modules_come_and_go() {
    let edited = Edited::one(&DEV, "files_modules");
    let write = |file: &str, text: &str| {
        edited.workspace.write(&format!("files_modules/src/{file}"), text);
    };
    // The module is said to be there before it is.
    write("lib.rs", &format!("mod inner;\n{}", source("inner::deep::number()")));
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    write("inner/deep/mod.rs", &number(2));
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Refused { .. }), "{saved}");
    write("inner/mod.rs", "pub mod deep;\n");
    edited.live();
    assert_eq!(value!(DEV, "files_modules::value"), 2);
    write("inner/deep/mod.rs", &number(3));
    edited.live();
    assert_eq!(value!(DEV, "files_modules::value"), 3);
    // Gone by mistake, and back.
    let deep = edited.path("files_modules/src/inner/deep");
    fs::remove_file(deep.join("mod.rs")).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    assert_eq!(value!(DEV, "files_modules::value"), 3);
    write("inner/deep/mod.rs", &number(4));
    edited.live();
    // The whole folder moves away and comes back, as when a branch is changed.
    let away = edited.path("files_modules/away");
    fs::rename(&deep, &away).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    fs::rename(&away, &deep).unwrap();
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
    write("inner/deep/mod.rs", &number(5));
    edited.live();
    assert_eq!(value!(DEV, "files_modules::value"), 5);
    // A module that nobody uses any more.
    write("lib.rs", &source("6"));
    edited.live();
    fs::remove_dir_all(edited.path("files_modules/src/inner")).unwrap();
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
    assert_eq!(value!(DEV, "files_modules::value"), 6);
}

/// A file may be there before its new folder is watched, or come while the folder is looked at.
#[test]
fn no_file_in_a_new_folder_is_missed() {
    let edited = Edited::one(&DEV, "files_burst");
    let write = |index: u64| {
        let file = format!("files_burst/src/outer{index}/inner/mod.rs");
        fs::create_dir_all(edited.path(&file).parent().unwrap()).unwrap();
        thread::sleep(Duration::from_micros(index * 7 % 1000));
        edited.workspace.write(&file, &number(1));
        edited.path(&file).canonicalize().unwrap()
    };
    let written: HashSet<_> = (0..400).map(write).collect();
    // A line for each file.
    DEV.wait(|saved| {
        let said: HashSet<_> = saved.iter().flat_map(|line| &line.files).collect();
        !written.iter().all(|file| said.contains(file))
    });
}

#[test]
fn a_package_that_is_removed_and_made_again_is_still_watched() {
    let edited = Edited::one(&DEV, "files_again");
    fs::remove_dir_all(edited.path("files_again")).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    bundle(&edited.workspace, "files_again", "2");
    // Cargo may see a part of it first.
    while value!(DEV, "files_again::value") != 2 {
        edited.next();
    }
    bundle(&edited.workspace, "files_again", "3");
    edited.live();
    assert_eq!(value!(DEV, "files_again::value"), 3);
}

#[test]
fn what_is_included_counts_wherever_it_lies() {
    let edited = Edited::new(&DEV, "files_included", |workspace| {
        workspace.write("data/a number.txt", "1");
        workspace.package("files_included", BUNDLE, "", "");
        let value = "include_str!(\"../../data/a number.txt\").len() as i32";
        workspace.write("files_included/src/lib.rs", &source(value));
        workspace.write("data/Cargo.toml", "[package]\nname = \"data\"\nversion = \"0.1.0\"\n");
        workspace.write("data/src/lib.rs", "");
    });
    edited.load("files_included");
    assert_eq!(value!(DEV, "files_included::value"), 1);
    edited.workspace.write("data/a number.txt", "22");
    edited.live();
    assert_eq!(value!(DEV, "files_included::value"), 2);
    // From now on, another one.
    edited.workspace.write("files_included/number.dat", "4444");
    let value = "include_str!(\"../number.dat\").len() as i32";
    edited.workspace.write("files_included/src/lib.rs", &source(value));
    edited.live();
    edited.workspace.write("data/a number.txt", "333");
    edited.workspace.write("files_included/number.dat", "55555");
    edited.live();
    assert_eq!(value!(DEV, "files_included::value"), 5);
    edited.assert_silent(&Sentinel::new(&DEV, "files_included_end"));
}

#[test]
fn a_build_script_and_what_it_reads_count() {
    let edited = Edited::new(&DEV, "files_script", |workspace| {
        workspace.package("files_script", BUNDLE, "", "");
        workspace.write(
            "files_script/build.rs",
            "fn main() {\n\
                 println!(\"cargo::rerun-if-changed=numbers\");\n\
                 let number = std::fs::read_dir(\"numbers\").unwrap().count();\n\
                 println!(\"cargo::rustc-env=NUMBER={number}\");\n\
             }\n",
        );
        workspace.write("files_script/numbers/one", "1");
        workspace.write("files_script/src/lib.rs", &source("env!(\"NUMBER\").parse().unwrap()"));
    });
    edited.load("files_script");
    assert_eq!(value!(DEV, "files_script::value"), 1);
    edited.workspace.write("files_script/numbers/two", "2");
    edited.live();
    assert_eq!(value!(DEV, "files_script::value"), 2);
    let script = edited.path("files_script/build.rs");
    let text = fs::read_to_string(&script).unwrap();
    fs::write(script, text.replace(".count()", ".count() + 40")).unwrap();
    edited.live();
    assert_eq!(value!(DEV, "files_script::value"), 42);
}

#[test]
fn a_build_script_may_come_later() {
    let edited = Edited::one(&DEV, "files_script_later");
    edited.workspace.write("files_script_later/number.txt", "2");
    // It does not say what it reads.
    edited.workspace.write(
        "files_script_later/build.rs",
        "fn main() {\n\
             let number = std::fs::read_to_string(\"number.txt\").unwrap();\n\
             println!(\"cargo::rustc-env=NUMBER={}\", number.trim());\n\
         }\n",
    );
    let file = edited.path("files_script_later/src/lib.rs");
    fs::write(file, source("env!(\"NUMBER\").parse().unwrap()")).unwrap();
    edited.live();
    assert_eq!(value!(DEV, "files_script_later::value"), 2);
    edited.workspace.write("files_script_later/number.txt", "3");
    edited.live();
    assert_eq!(value!(DEV, "files_script_later::value"), 3);
    fs::remove_file(edited.path("files_script_later/build.rs")).unwrap();
    edited.workspace.write("files_script_later/src/lib.rs", &source("4"));
    edited.live();
    assert_eq!(value!(DEV, "files_script_later::value"), 4);
}

#[test]
fn a_programs_own_data_starts_no_build() {
    let edited = Edited::one(&DEV, "files_data");
    let sentinel = Sentinel::new(&DEV, "files_data_end");
    for file in [
        "files_data/save-game.json",
        "files_data/src/notes.txt",
        "files_data/logs/today.log",
        "files_data/.hidden/file.rs",
        "files_data/src/.#lib.rs",
        "files_data/src/lib.rs~",
        "files_data/src/.lib.rs.swp",
        "files_data/nested/Cargo.toml",
        "files_data/nested/src/main.rs",
    ] {
        edited.workspace.write(file, "pub fn nothing() {");
        edited.workspace.write(file, "pub fn nothing() { }");
    }
    fs::remove_dir_all(edited.path("files_data/nested")).unwrap();
    fs::remove_dir_all(edited.path("files_data/logs")).unwrap();
    edited.assert_silent(&sentinel);
}

#[cfg(unix)]
#[test]
fn linked_folders_and_files_are_watched() {
    use std::os::unix::fs::symlink;

    let edited = Edited::new(&DEV, "files_linked", |workspace| {
        workspace.package("files_linked", BUNDLE, "", "");
        workspace.write("elsewhere/folder/mod.rs", &number(1));
        workspace.write("elsewhere/file.rs", &number(10));
        workspace.write("elsewhere/Cargo.toml", "[package]\nname = \"e\"\nversion = \"0.1.0\"\n");
        workspace.write("elsewhere/src/lib.rs", "");
        let uses = source("folder::number() + file::number()");
        workspace.write("files_linked/src/lib.rs", &format!("mod folder;\nmod file;\n{uses}"));
        let link = |from: &str, to: &str| {
            let (from, to) = (workspace.folder().join(from), workspace.folder().join(to));
            symlink(from, to).unwrap();
        };
        link("elsewhere/folder", "files_linked/src/folder");
        link("elsewhere/file.rs", "files_linked/src/file.rs");
        // Round in a circle.
        link("files_linked", "files_linked/src/circle");
    });
    // The workspace itself is found by a link.
    let link = Path::new(edited.workspace.folder()).with_file_name("files_linked_by");
    let _ = fs::remove_file(&link);
    symlink(edited.workspace.folder(), &link).unwrap();
    DEV.host.load_crate_in(&link, "files_linked").unwrap();
    assert_eq!(value!(DEV, "files_linked::value"), 11);
    edited.workspace.write("elsewhere/folder/mod.rs", &number(2));
    edited.live();
    assert_eq!(value!(DEV, "files_linked::value"), 12);
    edited.workspace.write("elsewhere/file.rs", &number(20));
    edited.live();
    assert_eq!(value!(DEV, "files_linked::value"), 22);
}
