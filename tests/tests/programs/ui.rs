//! What the macros refuse, and with which words; what they must not stumble over.
//!
//! To bless changed messages: `HOT_BLESS=1 cargo test -p tests --test ui`, then read the difference.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use tests::{
    child::text,
    fixture::{repository, root},
    rustc,
};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

/// What rustc says of a case that it must refuse.
fn said(case: &Path) -> String {
    let name = case.file_stem().unwrap().to_str().unwrap();
    let out = root().join("ui").join(name);
    fs::create_dir_all(out.parent().unwrap()).unwrap();
    let mut rustc = rustc::rustc(Path::new(env!("CARGO_MANIFEST_DIR")), name);
    rustc.arg(format!("ui/{name}.rs")).args(["--crate-type=bin", "--emit=obj", "-o"]);
    let output = rustc.arg(out).arg("--diagnostic-width=140").output().expect("rustc runs");
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{name} compiles:\n{said}");
    normal(&said)
}

/// Without what differs from one machine, or one state of the libraries, to the next.
fn normal(said: &str) -> String {
    const NOT_OF_ERRORS: [&str; 4] = [
        "error: aborting due to",
        "Some errors have detailed explanations",
        "For more information about",
        "the full name for the type has been written",
    ];
    let mut said = said.replace(repository().to_str().unwrap(), "$WORKSPACE");
    while let Some(start) = said.find("/rustc/") {
        let end = start + said[start..].find("/library/").expect("std lies there");
        said.replace_range(start..end + "/library".len(), "$RUST");
    }
    let mut normal = String::new();
    // Whether what is shown lies in a library, where lines move.
    let mut elsewhere = false;
    for line in said.lines().filter(|line| !NOT_OF_ERRORS.iter().any(|it| line.contains(it))) {
        if line.ends_with(" others") {
            normal += "           and others\n";
            continue;
        }
        if let Some((_, place)) = line.split_once("--> ").or_else(|| line.split_once("::: ")) {
            elsewhere = !place.starts_with("ui/");
            let shown = if elsewhere { place.split(':').next().unwrap() } else { place };
            normal += &format!("{}{shown}\n", &line[..line.len() - place.len()]);
            continue;
        }
        elsewhere &=
            line.starts_with([' ', '.']) || line.starts_with(|it: char| it.is_ascii_digit());
        let digits = line.len() - line.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        match elsewhere && digits > 0 {
            true => normal += &format!("LL{}\n", &line[digits..]),
            false => normal += &format!("{line}\n"),
        }
    }
    normal.trim_end().to_owned() + "\n"
}

#[test]
fn what_is_refused() {
    let (cases, wrong) = (Mutex::new(cases("ui")), Mutex::new(Vec::new()));
    assert!(cases.lock().unwrap().len() > 30);
    let next = || cases.lock().unwrap().pop();
    let look = || {
        while let Some(case) = next() {
            let (said, expected) = (said(&case), case.with_extension("stderr"));
            if env::var_os("HOT_BLESS").is_some() {
                fs::write(expected, said).unwrap();
            } else if fs::read_to_string(&expected).unwrap_or_default() != said {
                wrong.lock().unwrap().push(format!("{} is not:\n{said}", expected.display()));
            }
        }
    };
    thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(look))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_compiles_runs() {
    let cases = cases("ui/pass");
    assert!(!cases.is_empty());
    for case in cases {
        let name = format!("ui-{}", case.file_stem().unwrap().to_str().unwrap());
        let folder = root().join("crates").join(&name);
        let program = rustc::compile(&folder, &name, "bin", &fs::read_to_string(case).unwrap());
        assert!(Command::new(program).status().unwrap().success(), "{name}");
    }
}
