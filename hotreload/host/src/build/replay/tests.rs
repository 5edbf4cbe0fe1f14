//! One workspace that is edited in every way that cargo would notice: what rustc alone makes, and what is
//! made where cargo is asked, is what a cargo makes that knows of nothing else.

mod elsewhere;
mod interrupted;
mod question;
mod times;
mod versions;

use std::{
    ffi::OsString,
    fs,
    fs::File,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use libloading::Library;
use tempfile::TempDir;

use super::*;
use crate::build::{Build, Built, Inner, Role, Wrapper};
use crate::said::{BuildMessage, Code, Error};

/// Leaves word as the command's own program does: this program, which takes its place, does it.
const WRAPPER: &str = "#!/bin/sh
\"$HOTRELOAD_INNER_WRAPPER\" \"$@\" || exit $?
case \"$*\" in *'--crate-name logic '*)
    printf '%s\\0' \"$@\" > call
    exec TESTS --exact LEAVES_WORD > /dev/null 2>&1
esac
";

/// The user's own, called in turn.
const INNER: &str = "#!/bin/sh
case \"$*\" in *debug/hotreload*)
    if [ -e \"$(dirname \"$0\")/killed\" ]; then kill -9 $$; fi
esac
exec \"$@\"
";

const ROOT: &str = "[workspace]
resolver = \"3\"
members = [\"logic\", \"dep\", \"other\", \"names\"]

[workspace.package]
version = \"1.0.0\"
edition = \"2024\"
";

const LOGIC: &str = "[package]
name = \"logic\"
version.workspace = true
edition.workspace = true

[lib]
crate-type = [\"rlib\", \"cdylib\"]

[features]
fancy = []

[dependencies]
dep.path = \"../dep\"
names.path = \"../names\"
renamed = { path = \"../other\", package = \"other\" }
";

const SOURCE: &str = "
pub struct Own { pub dep: dep::Type }

pub fn value() -> String {
    format!(
        \"{} {} {} {} {} {} {} {} {} {} {} {:?}\",
        \"first\",
        include_str!(\"text.txt\"),
        env!(\"FROM_SCRIPT\"),
        include_str!(concat!(env!(\"OUT_DIR\"), \"/made.txt\")),
        env!(\"CARGO_PKG_VERSION\"),
        cfg!(feature = \"fancy\"),
        cfg!(flagged),
        cfg!(debug_assertions),
        names::name!(),
        renamed::NAME,
        size_of::<Own>(),
        std::any::TypeId::of::<Own>(),
    )
}

#[unsafe(no_mangle)]
pub extern \"C\" fn value_of(length: &mut usize) -> *const u8 {
    let value = value().leak();
    *length = value.len();
    value.as_ptr()
}
";

const SCRIPT: &str = "fn main() {
    println!(\"cargo::rerun-if-changed=asset.txt\");
    println!(\"cargo::rustc-check-cfg=cfg(flagged)\");
    let asset = std::fs::read_to_string(\"asset.txt\").unwrap();
    println!(\"cargo::rustc-env=FROM_SCRIPT={asset}\");
    let folder = std::env::var(\"OUT_DIR\").unwrap();
    std::fs::write(std::path::Path::new(&folder).join(\"made.txt\"), asset + \"-made\").unwrap();
}
";

/// A workspace below a folder that may have settings, too.
struct Project {
    folder: TempDir,
    root: PathBuf,
    profile: &'static str,
    loaded: usize,
}

impl Project {
    fn new() -> Project {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap().join("workspace");
        fs::create_dir_all(&root).unwrap();
        let project = Project { folder, root, profile: "dev", loaded: 0 };
        let package = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
        };
        project.write("Cargo.toml", ROOT);
        project.write("logic/Cargo.toml", LOGIC);
        project.write("logic/src/lib.rs", SOURCE);
        project.write("logic/src/text.txt", "text");
        project.write("logic/asset.txt", "asset");
        project.write("logic/build.rs", SCRIPT);
        project.write("dep/Cargo.toml", &package("dep", ""));
        project.write("dep/src/lib.rs", "pub struct Type { pub field: u8 }\n");
        project.write("other/Cargo.toml", &package("other", ""));
        project.write("other/src/lib.rs", "pub const NAME: &str = \"other\";\n");
        project.write("names/Cargo.toml", &package("names", "[lib]\nproc-macro = true\n"));
        project.write("names/src/lib.rs", &names("macro"));
        let this = std::env::current_exe().unwrap();
        let wrapper = WRAPPER.replace("LEAVES_WORD", question::leaves_word());
        let wrapper = wrapper.replace("TESTS", this.to_str().unwrap());
        for (name, text) in [("wrapper-rustc", &*wrapper), ("inner-rustc", INNER)] {
            project.write(name, text);
            let program = project.root.join(name);
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        // What is older than the first build is known to be what it was built of.
        thread::sleep(Duration::from_millis(50));
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        if path.ends_with(".cargo/config.toml") {
            // Of a cargo that is started at the same moment nobody knows what it reads.
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.join(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    /// Builds as a host does.
    fn build(&self) -> Result<Built, Error> {
        self.build_until(Abandon::default())
    }

    fn build_until(&self, abandon: Abandon) -> Result<Built, Error> {
        self.build_by(true, abandon, &Arc::default())
    }

    /// What a build says of the sources: rustc's alone, if it can be.
    fn said(&self, replays: bool) -> Vec<String> {
        let said = Arc::default();
        let _ = self.build_by(replays, Abandon::default(), &said);
        std::mem::take(&mut *said.lock().unwrap())
    }

    fn build_by(
        &self,
        replays: bool,
        abandon: Abandon,
        said: &Arc<Mutex<Vec<String>>>,
    ) -> Result<Built, Error> {
        let workspace = Workspace::find(std::slice::from_ref(&self.root)).unwrap();
        let bundle = [workspace.bundle("logic").unwrap()];
        let [program, inner] = ["wrapper-rustc", "inner-rustc"].map(|it| self.root.join(it));
        let wrapper =
            Wrapper::new(program, Role::LooksOn, Inner { all: Some(inner), workspace: None });
        let mut build = Build::new(&workspace, &bundle);
        build.wrapper = Some(wrapper);
        build.replays = replays;
        build.profile = self.profile.to_owned();
        build.colour = false;
        // As a save is built: what rustc has started ends with it.
        build.abandon = Some(abandon);
        let said = said.clone();
        build.sink = Arc::new(move |message| match message {
            BuildMessage::Line(line) => eprintln!("{line}"),
            BuildMessage::Diagnostic { rendered, .. } => {
                said.lock().unwrap().push(rendered.to_owned());
            }
            _ => {}
        });
        build.run().map(|mut built| built.remove(0))
    }

    /// Builds, and waits until the next one can do without cargo, if it ever can.
    fn built(&mut self) -> (BuiltBy, String) {
        let built = self.build().unwrap();
        let start = Instant::now();
        let folder = self.root.join("logic");
        while matches!(states().get(&folder), Some(State::Preparing(_))) {
            assert!(start.elapsed() < Duration::from_secs(300), "rustc's first call never ends");
            thread::sleep(Duration::from_millis(5));
        }
        (built.maker.unwrap().by, self.value(&built.library))
    }

    /// What another process builds, which knows nothing yet.
    #[track_caller]
    fn started_again(&mut self, what: &str) {
        states().remove(&self.root.join("logic"));
        let (by, value) = self.built();
        assert_eq!(by, BuiltBy::Cargo { why: None }, "{what}");
        assert!(value.contains(what), "{what} is not in {value}");
    }

    /// Has a cargo build it that knows of no wrapper.
    fn built_by_others(&self) {
        let mut cargo = crate::build::command::cargo(&self.root, &[]);
        cargo.args(["build", "-q", "-p", "logic", "--lib", "--offline"]);
        assert!(cargo.status().unwrap().success());
    }

    /// What the library says.
    fn value(&mut self, library: &Path) -> String {
        self.loaded += 1;
        let copy = self.root.join(format!("loaded-{}.so", self.loaded));
        fs::copy(library, &copy).unwrap();
        // SAFETY: the library has no constructors but std's, and the symbol is of this type: the source
        // is above. The text is copied, and nothing of the library is used when it is closed. (It has to
        // be: other tests look at what this process has mapped of files that are gone.)
        unsafe {
            let library = Library::new(copy).unwrap();
            let value = library.get::<extern "C" fn(&mut usize) -> *const u8>(b"value_of").unwrap();
            let mut length = 0;
            let text = value(&mut length);
            String::from_utf8(std::slice::from_raw_parts(text, length).to_vec()).unwrap()
        }
    }

    /// What a cargo makes that nobody else has worked for.
    fn cargos(&mut self) -> String {
        let mut cargo = crate::build::command::cargo(&self.root, &[]);
        let target = self.root.join("clean");
        cargo.args(["build", "-q", "-p", "logic", "--lib", "--profile", self.profile, "--offline"]);
        cargo.arg("--target-dir").arg(&target);
        assert!(cargo.status().unwrap().success());
        let folder = if self.profile == "dev" { "debug" } else { self.profile };
        self.value(&target.join(folder).join("liblogic.so"))
    }

    #[track_caller]
    fn by_rustc(&mut self, what: &str) {
        let (by, value) = self.built();
        assert_eq!(by, BuiltBy::Rustc, "{what}");
        assert!(value.contains(what), "{what} is not in {value}");
        assert_eq!(value, self.cargos(), "{what}");
    }

    /// `why` is a part of the reason.
    #[track_caller]
    fn by_cargo(&mut self, why: &str, what: &str) {
        let (by, value) = self.built();
        let BuiltBy::Cargo { why: Some(said) } = by else { panic!("{what}: {by:?}") };
        assert!(said.contains(why), "{what}: {said}");
        assert!(value.contains(what), "{what} is not in {value}");
        assert_eq!(value, self.cargos(), "{what}");
    }
}

fn names(name: &str) -> String {
    format!(
        "use proc_macro::TokenStream;\n#[proc_macro]\n\
         pub fn name(_: TokenStream) -> TokenStream {{ \"\\\"{name}\\\"\".parse().unwrap() }}\n"
    )
}

/// With the variables of a wrapper, this is one: it leaves word of the call.
#[test]
fn whatever_cargo_would_notice_is_cargos() {
    let mut project = Project::new();
    let (by, value) = project.built();
    assert_eq!(by, BuiltBy::Cargo { why: None }, "the first");
    assert_eq!(value, project.cargos());

    // The crate's own.
    project.replace("logic/src/lib.rs", "first", "second");
    project.by_rustc("second");
    let cargos = project.root.join("target/debug/liblogic.so");
    assert!(project.value(&cargos).contains("first"), "cargo's library is cargo's");
    project.write("logic/src/text.txt", "text two");
    project.by_rustc("text two");
    project.replace("logic/src/lib.rs", "\"second\"", "inner::NAME");
    project.replace("logic/src/lib.rs", "pub struct", "mod inner;\npub struct");
    project.write("logic/src/inner.rs", "pub const NAME: &str = \"third\";");
    project.by_rustc("third");
    project.write("logic/src/inner.rs", "pub const NAME: &str = include_str!(\"../../new.txt\");");
    project.write("new.txt", "fourth");
    project.by_rustc("fourth");
    let list = project.root.join("target/debug/hotreload/liblogic.d");
    let list = crate::build::dep_info::listed(&list, &project.root).unwrap();
    for path in ["new.txt", "logic/src/inner.rs", "dep/src/lib.rs", "logic/asset.txt"] {
        assert!(list.iter().any(|it| it.ends_with(path)), "{path} is not in {list:?}");
    }

    // What does not compile.
    let good = fs::read_to_string(project.root.join("logic/src/lib.rs")).unwrap();
    project.write("logic/src/lib.rs", &format!("#![deny(dead_code)]\n{good}\nfn dead() {{}}\n"));
    let error = project.build().unwrap_err();
    assert_eq!(error.code(), Code::BuildFailed);
    assert!(error.to_string().contains("function `dead` is never used"), "{error}");
    let wrong = "fn unused() {}\nfn one() -> u8 { true }\nfn two() -> u8 { false }\n";
    project.write("logic/src/lib.rs", &format!("{good}\n{wrong}"));
    let by_rustc = project.said(true);
    assert_eq!(by_rustc.iter().filter(|it| it.starts_with("error")).count(), 2, "{by_rustc:?}");
    project.write("logic/src/lib.rs", &good);
    project.by_rustc("fourth");
    project.write("logic/src/lib.rs", &format!("{good}\n{wrong}"));
    assert_eq!(project.said(false), by_rustc, "cargo says the same");
    project.write("logic/src/lib.rs", &good);
    project.built();
    project.write("new.txt", "fourth and last");
    project.by_rustc("fourth and last");

    // Everything else.
    project.write("logic/asset.txt", "asset-two");
    project.by_cargo("logic/asset.txt was changed", "asset-two-made");
    project.replace("dep/src/lib.rs", "u8", "u64");
    project.by_cargo("dep/src/lib.rs was changed", " 8 ");
    project.write("names/src/lib.rs", &names("another-macro"));
    project.by_cargo("names/src/lib.rs was changed", "another-macro");
    project.replace("logic/Cargo.toml", "[features]", "[features]\ndefault = [\"fancy\"]");
    project.by_cargo("logic/Cargo.toml was changed", "true false true");
    project.replace("Cargo.toml", "1.0.0", "1.2.3");
    project.by_cargo("Cargo.toml was changed", "1.2.3");
    project.write("new.txt", "fifth");
    project.by_rustc("fifth");
    project.write(".cargo/config.toml", "[build]\nrustflags = [\"--cfg\", \"flagged\"]\n");
    project.by_cargo(".cargo/config.toml was changed", "true true true");
    fs::remove_file(project.root.join(".cargo/config.toml")).unwrap();
    project.by_cargo(".cargo/config.toml was changed", "true false true");
    project.write("../.cargo/config.toml", "[profile.dev]\ndebug-assertions = false\n");
    project.by_cargo(".cargo/config.toml was changed", "true false false");
    project.write("new.txt", "sixth");
    project.by_rustc("sixth");
    project.write(
        "other/Cargo.toml",
        &fs::read_to_string(project.root.join("dep/Cargo.toml"))
            .unwrap()
            .replace("dep", "other-name"),
    );
    project.replace("logic/Cargo.toml", "package = \"other\"", "package = \"other-name\"");
    // The call is known for good if cargo was started later.
    thread::sleep(Duration::from_millis(50));
    project.write("other/src/lib.rs", "pub const NAME: &str = \"renamed-now\";\n");
    project.by_cargo("was changed", "renamed-now");
    project.write("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n");
    project.by_cargo("rust-toolchain.toml was changed", "renamed-now");
    // Cargo had nothing to compile, and the call is known.
    project.write("new.txt", "sixth again");
    project.by_rustc("sixth again");
    project.profile = "release";
    project.by_cargo("cargo is asked for something else", "sixth again");
    project.write("new.txt", "seventh");
    project.by_rustc("seventh");
    project.profile = "dev";
    project.by_cargo("cargo is asked for something else", "seventh");
    project.write("new.txt", "eighth");
    project.by_rustc("eighth");

    // A save during rustc's first call, which has read the sources by then.
    let list = project.root.join("target/debug/hotreload/logic.d");
    let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    for number in 1.. {
        let before = time(&list);
        project.write("logic/asset.txt", &format!("asset-of-{number}"));
        let cargos = project.build().unwrap();
        assert!(matches!(cargos.maker.unwrap().by, BuiltBy::Cargo { .. }));
        let start = Instant::now();
        while time(&list) == before {
            assert!(start.elapsed() < Duration::from_secs(300), "rustc reads nothing");
            thread::sleep(Duration::from_millis(1));
        }
        // It says so a little later.
        thread::sleep(Duration::from_millis(20 * number));
        project.write("new.txt", &format!("while rustc compiles {number}"));
        let built = project.build().unwrap();
        let Maker { by, twin, .. } = built.maker.unwrap();
        if let BuiltBy::Cargo { why } = by {
            assert_eq!(why.unwrap(), "the sources were saved during rustc's first call");
            assert!(number < 20, "rustc never says in time what it has read");
            continue;
        }
        assert!(twin.is_some());
        let value = project.value(&built.library);
        assert!(value.contains(&format!("while rustc compiles {number}")), "{value}");
        assert_eq!(value, project.cargos());
        break;
    }

    // The lock file of a cargo that was asked for other versions.
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).unwrap();
    project.write("Cargo.lock", &format!("{lock}\n# edited\n"));
    project.write("new.txt", "ninth");
    project.by_cargo("Cargo.lock was changed", "ninth");

    // What others have built, or removed.
    project.write("new.txt", "tenth");
    project.by_rustc("tenth");
    // A build script that comes to be: cargo finds it by its name.
    let script = "fn main() { println!(\"cargo::rerun-if-changed=build.rs\"); }\n";
    project.write("dep/build.rs", script);
    project.by_cargo("dep/build.rs was changed", "tenth");
    let mut clean = crate::build::command::cargo(&project.root, &[]);
    assert!(clean.args(["clean", "-q", "-p", "dep", "--offline"]).status().unwrap().success());
    project.write("new.txt", "eleventh");
    project.by_cargo("was changed", "eleventh");

    // A file that a path dependency includes, too.
    project.replace(
        "dep/src/lib.rs",
        "pub struct",
        "#[path = \"../../logic/src/inner.rs\"]\nmod inner;\npub use inner::NAME;\npub struct",
    );
    project.by_cargo("dep/src/lib.rs was changed", "eleventh");
    project.write("logic/src/inner.rs", "pub const NAME: &str = \"twelfth\";");
    project.by_cargo("logic/src/inner.rs was changed", "twelfth");

    // Another cargo at work keeps nobody waiting, as long as it changes nothing.
    let lock = File::open(project.root.join("target/debug/.cargo-lock")).unwrap();
    lock.lock().unwrap();
    project.replace("logic/src/lib.rs", "inner::NAME", "\"thirteenth\"");
    let value = project.built();
    drop(lock);
    assert!(value.0 == BuiltBy::Rustc && value.1.contains("thirteenth"), "{value:?}");

    // The user's own wrapper, which is called without cargo, too, is killed. More is in `interrupted`.
    project.write("killed", "");
    project.replace("logic/src/lib.rs", "thirteenth", "fourteenth");
    let killed = project.build().unwrap();
    let BuiltBy::Cargo { why: Some(why) } = killed.maker.unwrap().by else { panic!("by rustc") };
    assert!(why.contains("rustc alone has failed"), "{why}");
    fs::remove_file(project.root.join("killed")).unwrap();
    assert!(project.value(&killed.library).contains("fourteenth"));

    // A program that is started again, and finds the call of the last run.
    project.built();
    project.replace("logic/src/lib.rs", "fourteenth", "seventeen");
    project.started_again("seventeen");
    project.started_again("seventeen");
    project.replace("logic/src/lib.rs", "seventeen", "eighteen");
    project.by_rustc("eighteen");
    // A variable that a macro may read without telling anybody.
    project.write(".cargo/config.toml", "[env]\nUNTRACKED = \"x\"\n");
    project.by_cargo(".cargo/config.toml was changed", "eighteen");
    project.started_again("eighteen");
    project.replace("logic/src/lib.rs", "eighteen", "nineteen");
    project.by_rustc("nineteen");
    project.built_by_others();
    project.started_again("nineteen");
    project.replace("logic/src/lib.rs", "nineteen", "twenty");
    project.by_cargo("cargo had nothing to compile", "twenty");
    project.started_again("twenty");
    project.write(".cargo/config.toml", "[env]\nUNTRACKED = \"y\"\n");
    project.started_again("twenty");
    project.replace("logic/src/lib.rs", "twenty", "twenty-one");
    project.by_cargo("and its settings are not those of the last time", "twenty-one");
    // Calls that are of something else, or not whole.
    let capture = Capture::path(&project.root.join("target/debug"), "logic");
    let whole = fs::read_to_string(&capture).unwrap();
    let root = project.root.to_str().unwrap().to_owned();
    let nothing = "cargo had nothing to compile";
    let settings = "its settings are not those of the last time";
    for (from, to, why) in [
        (
            format!("CARGO_MANIFEST_DIR={root}/logic\0"),
            "CARGO_MANIFEST_DIR=/\0",
            "another package's",
        ),
        (format!("{root}/target/debug/deps\0"), "/target/debug/deps\0", nothing),
        ("capture-3".to_owned(), "capture-2", nothing),
        (format!("\0{root}\0"), "\0/other\0", settings),
        ("/libdep-".to_owned(), "/libother-", settings),
        (whole[whole.find("--crate-name").unwrap()..].to_owned(), "", nothing),
    ] {
        assert!(whole.contains(&from), "{from} is not in {whole}");
        fs::write(&capture, whole.replace(&from, to)).unwrap();
        project.started_again("twenty-one");
        let states = states();
        let Some(State::Unfit(Unfit { why: said, .. })) = states.get(&project.root.join("logic"))
        else {
            panic!("{from} has become {to}, and nobody has seen it")
        };
        assert!(said.contains(why), "{from}: {said}");
    }
    fs::write(&capture, &whole).unwrap();
    project.started_again("twenty-one");
    project.replace("logic/src/lib.rs", "twenty-one", "and back");
    project.by_rustc("and back");
    project.replace("logic/src/lib.rs", "and back", "twenty-one");
    project.by_rustc("twenty-one");
    project.started_again("twenty-one");
    fs::remove_file(&capture).unwrap();
    project.started_again("twenty-one");
    project.replace("logic/src/lib.rs", "twenty-one", "twenty-two");
    project.by_cargo("cargo had nothing to compile", "twenty-two");

    // Where what cargo makes on the way lies elsewhere. There is one such folder, also for a clean build.
    project.write(".cargo/config.toml", "[build]\nbuild-dir = \"elsewhere\"\n");
    project.built();
    project.started_again("twenty-two");
    project.replace("logic/src/lib.rs", "twenty-two", "twenty-three");
    let (by, value) = project.built();
    assert!(by == BuiltBy::Rustc && value.contains("twenty-three"), "{by:?}: {value}");
    fs::remove_file(project.root.join(".cargo/config.toml")).unwrap();
    project.replace("logic/src/lib.rs", "twenty-three", "twenty-two");
    project.by_cargo(".cargo/config.toml was changed", "twenty-two");

    // A script that is run after every save.
    project.replace("logic/build.rs", "cargo::rerun-if-changed=asset.txt", "nothing");
    project.by_cargo("logic/build.rs was changed", "twenty-two");
    project.replace("logic/src/lib.rs", "twenty-two", "seventeenth");
    project.by_cargo("the build script of `logic` does not say what it reads", "seventeenth");

    // Another save has ended cargo's build.
    let abandon = Abandon::default();
    abandon.abandon();
    assert_eq!(project.build_until(abandon).unwrap_err().code(), Code::CargoFailed);
    project.by_cargo("cargo's last build was ended by another save", "seventeenth");
    drop(project.folder);
}
