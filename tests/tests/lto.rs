//! What optimisers and strippers must leave alone.

use std::{path::Path, process::Command};

use tests::{Fixture, child::text, fixture};

/// Host and bundle in one package, so that the host is linked with the bundle's first version.
const MANIFEST: &str = "\n[features]\nhost = [\"hotreload/host\"]\n\n\
    [[bin]]\nname = \"lto-host\"\npath = \"host.rs\"\nrequired-features = [\"host\"]\n\n\
    [profile.release]\nlto = \"fat\"\ncodegen-units = 1\nstrip = true\n";

const HOST: &str = r#"
fn main() {
    // Before any host: what is linked in.
    let newest = hot::get!(lto_bundle::answer);
    print!("{}", newest());
    let mut builder = hot::Host::builder();
    if std::env::var_os("SAYS").is_some() {
        builder = unsafe { builder.allocator(hot::Allocator::System) };
    }
    let host = builder.start().unwrap();
    print!(" {}", newest());
    for library in std::env::args().skip(1) {
        unsafe { host.load(library) }.unwrap();
        print!(" {} {}", newest(), hot::get!(lto_bundle::through_bundle)());
    }
    let caught = std::panic::catch_unwind(|| hot::get!(lto_bundle::panics)("over"));
    print!(" {}", caught.unwrap_err().downcast::<String>().unwrap());
    println!(" {}", host.namespace().definitions().len());
}
"#;

fn source(answer: u32) -> String {
    format!(
        "hot::bundle!();\n\
         #[hot::export]\npub fn answer() -> u32 {{ {answer} }}\n\
         #[hot::export]\npub fn through_bundle() -> u32 {{ 10 * hot::get!(answer)() }}\n\
         #[hot::export]\npub fn panics(text: &str) -> u32 {{ panic!(\"{{text}} {answer}\") }}\n"
    )
}

#[test]
fn host_and_bundle_with_fat_lto_and_stripped_reload() {
    let fixture = Fixture::with_manifest("lto-bundle", MANIFEST);
    std::fs::write(fixture.folder().join("host.rs"), HOST).unwrap();
    let build = ["build", "--release", "--features", "host"];
    let first = fixture.build_with(&source(1), &build);
    // With the first version within.
    let built = fixture::target_dir().join("release/lto-host");
    let host = fixture.folder().join("host");
    std::fs::copy(built, &host).unwrap();
    let second = fixture.build_with(&source(2), &["build", "--release", "--lib"]);
    let third = fixture.build_with(&source(3), &["build", "--release", "--lib"]);

    let run = |libraries: &[&Path]| {
        let output = Command::new(&host).args(libraries).env("SAYS", "so").output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
        out
    };
    // A stripped file does not tell which allocator the program has.
    let silent = Command::new(&host).arg(&second).output().unwrap();
    let said = text(&silent.stderr);
    assert!(said.contains("HOT0203") && said.contains("does not say which"), "{said}");
    // A slot whose address never escaped would be taken for a constant: always 1.
    assert_eq!(run(&[]), "1 1 over 1 3\n");
    assert_eq!(run(&[&second, &third]), "1 1 2 20 3 30 over 3 3\n");
    assert_eq!(run(&[&third, &first]), "1 1 3 30 1 10 over 1 3\n");
}
