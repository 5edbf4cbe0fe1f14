//! `cargo hotreload new`: every variant is built, tested, run and edited while it runs; what is
//! refused leaves nothing behind.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader},
    ops::Deref,
    path::{Path, PathBuf},
    process::{self, Child, Stdio},
    sync::mpsc::{self, Receiver},
};

use tests::{
    PATIENCE,
    fixture::{PROFILE, cargo, repository},
    project::{Piped, Project, target_dir_of_runs},
    ran::{Ran, ran, run},
};

/// An empty folder that is no part of a workspace, as everything below the repository is: the
/// command would add to its members. It goes in the end.
struct Folder(PathBuf);

fn folder(name: &str) -> Folder {
    let folder = env::temp_dir().canonicalize().unwrap();
    let folder = folder.join(format!("hotreload-tests-{}", process::id())).join(name);
    fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        // Gone with the last test's.
        let _ = fs::remove_dir(self.0.parent().unwrap());
    }
}

fn created(folder: &Path, arguments: &[&str]) -> String {
    let ran = run(folder, &[&["new"], arguments].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    ran.out
}

/// The versions that the repository is tested with; nothing has to be fetched.
fn lock(folder: &Path) {
    fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// Runs the project's own tests, of which there is one.
fn passes_its_test(folder: &Path) {
    let mut cargo = cargo();
    let ran: Ran = ran(cargo.current_dir(folder).args(["test", "--offline"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("every_tick_is_counted ... ok"), "{ran:?}");
    assert!(!ran.err.contains("warning"), "{ran:?}");
}

/// A program under cargo, which becomes it.
struct App {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl App {
    fn run(folder: &Path) -> App {
        let mut command = cargo();
        command.current_dir(folder).args(["run", "--quiet", "--offline"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        pass_on(out, sender.clone());
        pass_on(err, sender);
        App { child, lines }
    }

    /// Reads on until this line comes.
    fn wait_for(&self, line: &str) {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|last| last != line) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => seen.push(line),
                Err(_) => panic!("`{line}` did not come; the last lines:\n{}", seen.join("\n")),
            }
        }
    }
}

fn pass_on(from: impl std::io::Read + Send + 'static, to: mpsc::Sender<String>) {
    let lines = BufReader::new(from).lines().map_while(Result::ok);
    std::thread::spawn(move || lines.into_iter().try_for_each(|line| to.send(line)));
}

fn edit(file: &Path, from: &str, to: &str) {
    let source = fs::read_to_string(file).unwrap();
    assert!(source.contains(from), "{} has no `{from}`", file.display());
    fs::write(file, source.replace(from, to)).unwrap();
}

/// Every file and folder, with the files' content.
fn tree(folder: &Path) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let mut tree = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tree.extend(self::tree(&path));
        }
        tree.insert((path.clone(), fs::read(&path).unwrap_or_default()));
    }
    tree
}

/// A project that is what its own words say: it is whole and formatted, and passes its test.
fn made(name: &str, arguments: &[&str]) -> (Folder, PathBuf) {
    let parent = folder(name);
    let said = created(&parent, &[&[name], arguments].concat());
    let project = parent.join(name);
    assert!(
        said.contains(&format!("cd {name}\n")) && said.contains("  cargo hotreload run "),
        "{said}"
    );
    let names: Vec<_> = fs::read_dir(&*parent).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, [name], "nothing else is left there");
    assert_eq!(fs::read_to_string(project.join(".gitignore")).unwrap(), "/target\n");
    for (file, content) in tree(&project) {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("{{") && !text.contains("}}"), "{}:\n{text}", file.display());
    }
    lock(&project);
    passes_its_test(&project);
    let ran = ran(cargo().current_dir(&project).args(["fmt", "--check"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    (parent, project)
}

/// One that `cargo run` starts, and that reloads with its state.
fn works(name: &str, arguments: &[&str]) -> (Folder, PathBuf) {
    let (parent, project) = made(name, arguments);
    let app = App::run(&project);
    app.wait_for("tick 2");
    edit(&project.join("logic/src/lib.rs"), "\"tick {}\"", "\"tock {}\"");
    // The state went on: it does not begin anew.
    let mut tocks =
        app.lines.iter().filter_map(|line| line.strip_prefix("tock ")?.parse::<u32>().ok());
    assert!(tocks.next().unwrap() > 2);
    drop(app);
    (parent, project)
}

/// What `new` makes by default is started by the command, with its shared library.
#[cfg(unix)]
#[test]
fn a_project_with_a_shared_library() {
    let (_folder, project) = made("new-whole", &[]);
    let run = |arguments: &[&str]| {
        let mut command = Project::command_in(&project, arguments);
        // As all fixtures are built, so that the framework is not compiled once more.
        command.env("CARGO_INCREMENTAL", "0");
        command
    };
    let library = project.join("logic/src/lib.rs");
    let runs = Piped::start(run(&["run"]));
    runs.wait_for("tick 2");
    edit(&library, "\"tick {}\"", "\"tock {}\"");
    runs.wait_for("generation 2 is live");
    runs.wait_for("tock ");
    assert!(!runs.text().contains("tock 1\n"), "the state went on: {}", runs.text());
    drop(runs);
    // The bundle links itself alone.
    let size =
        fs::metadata(target_dir_of_runs().join("debug/libnew_whole_logic.so")).unwrap().len();
    assert!(size < 2_000_000, "{size} bytes");

    // A crate that must exist once: what the host sets is what the bundle finds.
    for package in ["host", "logic"] {
        let manifest = project.join(package).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, format!("{text}log = \"0.4\"\n")).unwrap();
    }
    let loads = "    host.load_crate";
    let sets = format!("    log::set_max_level(log::LevelFilter::Info);\n{loads}");
    edit(&project.join("host/src/main.rs"), loads, &sets);
    let shared = ran(&mut run(&["share", "log"]));
    assert_eq!((shared.code, &*shared.err), (Some(0), ""), "{shared:?}");
    assert_eq!(shared.out.matches("+++ ").count(), 2, "the library's own files: {}", shared.out);
    // So does a bundle that is made now: it links what is there.
    created(&project, &["new-later", "--bundle-only"]);
    let runs = Piped::start(run(&["run"]));
    runs.wait_for("tock 1\n");
    edit(&library, "\"tock {}\", world.ticks", "\"{} {}\", log::max_level(), world.ticks");
    runs.wait_for("generation 2 is live");
    runs.wait_for("INFO ");
    assert!(!runs.text().contains("INFO 1\n"), "the state went on: {}", runs.text());
    drop(runs);
    let text = fs::read_to_string(project.join("new-later/src/lib.rs")).unwrap();
    assert!(text.contains("use new_whole_shared as _;"), "{text}");
}

#[test]
fn a_project() {
    let (_folder, project) = works("new-game", &["--no-shared"]);
    // What the bundle links has nothing of the host.
    let tree = ["tree", "--offline", "--package", "new-game-logic", "--prefix", "none"];
    let linked = ran(cargo().current_dir(&project).args(tree)).out;
    assert!(linked.contains("\nhotreload-rt v"), "{linked}");
    assert!(!linked.contains("hotreload-host") && !linked.contains("hotreload v"), "{linked}");
    // In the middle of its workspace, bundles are added.
    let said = created(&project, &["new-rules", "--bundle-only"]);
    assert!(said.contains("added it to the members"), "{said}");
    let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("members = [\"host\", \"logic\", \"new-rules\"]"), "{manifest}");
    assert!(manifest.starts_with("# A program whose logic"), "comments stay: {manifest}");
    let said_of_plugin =
        created(&project.join("host"), &["new-extra", "--bundle-only", "--plugin"]);
    edit(&project.join("Cargo.toml"), "\"host/new-extra\"", "\"host/new-*\"");
    let globbed = created(&project.join("host"), &["new-third", "--bundle-only"]);
    assert!(!globbed.contains("members"), "{globbed}");
    let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("new-third"), "{manifest}");
    // All members together, with one lock file.
    let ran = ran(cargo().current_dir(&project).args(["test", "--offline"]));
    assert_eq!(ran.out.matches("every_tick_is_counted ... ok").count(), 4, "{ran:?}");

    // What the command says that the host has to add is added, word for word.
    host_adds(&project.join("host"), &[&said, &said_of_plugin]);
    let app = App::run(&project);
    app.wait_for("tick 1");
    app.wait_for("tick 1");
    app.wait_for("the end");
}

/// Makes the host of what the command said.
fn host_adds(host: &Path, said: &[&str]) {
    let (mut dependencies, mut top, mut body) = (BTreeSet::new(), String::new(), Vec::new());
    for text in said {
        let (manifest, code) = text.split_once("and to its code:\n").unwrap();
        let manifest = manifest.split_once("under [dependencies]:\n").unwrap().1;
        dependencies.extend(manifest.lines().map(|line| line.trim().to_owned()));
        for line in code.lines().map(|line| &line[2..]) {
            let is_statement = line.ends_with(';') && !line.starts_with(' ');
            if !is_statement {
                top += &format!("{line}\n");
            } else if !body.contains(&line) {
                body.push(line);
            }
        }
    }
    let manifest = host.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let (package, _) = text.split_once("[dependencies]").unwrap();
    let dependencies: Vec<_> = dependencies.into_iter().collect();
    fs::write(&manifest, format!("{package}[dependencies]\n{}\n", dependencies.join("\n")))
        .unwrap();
    let body = body.join("\n    ");
    let main = format!(
        "{top}\nfn main() -> Result<(), hot::Error> {{\n    {body}\n    println!(\"the end\");\n    Ok(())\n}}\n"
    );
    fs::write(host.join("src/main.rs"), main).unwrap();
}

#[test]
fn a_plug_in() {
    let (_folder, project) = works("new-plugged", &["--plugin", "--no-shared"]);
    let manifest = fs::read_to_string(project.join("logic/Cargo.toml")).unwrap();
    assert!(manifest.contains("crate-type = [\"cdylib\"]"), "{manifest}");
    let host = fs::read_to_string(project.join("host/Cargo.toml")).unwrap();
    assert!(!host.contains("new-plugged-logic"), "{host}");
}

#[test]
fn bundles_on_their_own() {
    // A bundle of another workspace than the host's is built in a target folder of its own: the second one
    // finds there what is compiled for the first.
    let compiled = folder("new-alone-compiled");
    for (name, arguments) in
        [("new-alone", &["--bundle-only"][..]), ("new-alone-plug", &["--bundle-only", "--plugin"])]
    {
        let parent = folder(name);
        let said = created(&parent, &[&[name], arguments].concat());
        let bundle = parent.join(name);
        lock(&bundle);
        passes_its_test(&bundle);

        // A host in a workspace of its own, beside it.
        let host = parent.join("host");
        fs::create_dir_all(host.join("src")).unwrap();
        let manifest = format!(
            "{PROFILE}\n[workspace]\n[package]\nname = \"{name}-host\"\nedition = \"2024\"\n\n\
             [dependencies]\n"
        );
        fs::write(host.join("Cargo.toml"), manifest).unwrap();
        lock(&host);
        host_adds(&host, &[&said]);
        let (kept, target) = (compiled.join("target"), bundle.join("target"));
        if kept.exists() {
            fs::rename(&kept, &target).unwrap();
        }
        let app = App::run(&host);
        app.wait_for("tick 1");
        app.wait_for("the end");
        drop(app);
        fs::rename(target, kept).unwrap();
    }
}

#[test]
fn where_hotreload_comes_from() {
    let parent = folder("new_sources");
    let manifest = |name: &str| fs::read_to_string(parent.join(name).join("Cargo.toml")).unwrap();
    let hotreload = repository().join("hotreload").canonicalize().unwrap();
    let absolute = format!("hotreload = {{ path = \"{}\" }}", hotreload.display());
    created(&parent, &["by-default"]);
    let of_bundle = |folder: &Path| {
        format!("hot = {{ package = \"hotreload-rt\", path = \"{}\" }}", folder.display())
    };
    let bundles = of_bundle(&hotreload.join("rt"));
    for line in [&absolute, &bundles] {
        assert!(manifest("by-default").contains(line), "{}", manifest("by-default"));
    }
    assert!(manifest("by-default/logic").contains("\nhot.workspace = true\n"));
    // The repository's folder, and the package's.
    for (name, folder) in [("by-root", repository()), ("by-package", hotreload.clone())] {
        created(&parent, &[name, "--hotreload", folder.to_str().unwrap()]);
        assert!(manifest(name).contains(&absolute), "{}", manifest(name));
    }
    let url = "https://example.com/\"it\".git";
    created(&parent, &["by-url", "--bundle-only", "--hotreload", url]);
    assert!(
        manifest("by-url").contains(
            "hot = { package = \"hotreload-rt\", git = 'https://example.com/\"it\".git' }"
        ),
        "{}",
        manifest("by-url")
    );
    // Git's short form is no URL for cargo.
    created(&parent, &["by-short", "--bundle-only", "--hotreload", "git@example.com:it/self.git"]);
    let short = "git = \"ssh://git@example.com/it/self.git\"";
    assert!(manifest("by-short").contains(short), "{}", manifest("by-short"));
    for wrong in ["/nowhere", parent.to_str().unwrap(), ""] {
        let ran = run(&parent, &["new", "by-nothing", "--hotreload", wrong]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{wrong}: {ran:?}");
        assert!(ran.err.starts_with("HOT0712: there is no package `hotreload`"), "{ran:?}");
        assert!(!parent.join("by-nothing").exists());
    }
    // Within the workspace's own tree the path is relative: it may be moved as a whole.
    let tree = parent.join("tree");
    fs::create_dir_all(tree.join("libs/hotreload")).unwrap();
    fs::create_dir_all(tree.join("libs/hotreload/src")).unwrap();
    fs::write(tree.join("libs/hotreload/src/lib.rs"), "").unwrap();
    fs::write(tree.join("libs/hotreload/Cargo.toml"), "[package]\nname = \"hotreload\"\n").unwrap();
    fs::write(tree.join("Cargo.toml"), "[workspace]\nmembers = [\"libs/*\", \"made/*\"]\n")
        .unwrap();
    fs::create_dir_all(tree.join("made")).unwrap();
    created(&tree.join("made"), &["inner", "--bundle-only", "--hotreload", "../libs/hotreload"]);
    let text = fs::read_to_string(tree.join("made/inner/Cargo.toml")).unwrap();
    assert!(text.contains(&of_bundle(Path::new("../../libs/hotreload/rt"))), "{text}");

    // A workspace that names only the whole: its line may say more than where that is.
    let whole = parent.join("whole");
    fs::create_dir_all(&whole).unwrap();
    let members = "[workspace]\nmembers = [\"made\"]\n[workspace.dependencies]\n";
    fs::write(whole.join("Cargo.toml"), format!("{members}{absolute}\n")).unwrap();
    created(&whole, &["made", "--bundle-only"]);
    let text = fs::read_to_string(whole.join("made/Cargo.toml")).unwrap();
    assert!(text.contains("\nhotreload.workspace = true\n"), "{text}");

    // A workspace whose bundles have their part by path: the new one has it from there.
    let parts = parent.join("parts");
    let of_first = of_bundle(&hotreload.join("rt"));
    fs::create_dir_all(parts.join("first/src")).unwrap();
    fs::write(parts.join("first/src/lib.rs"), "").unwrap();
    let first = format!("[package]\nname = \"first\"\n[dependencies]\n{of_first}\n");
    fs::write(parts.join("first/Cargo.toml"), first).unwrap();
    fs::write(parts.join("Cargo.toml"), "[workspace]\nmembers = [\"first\"]\n").unwrap();
    created(&parts, &["second", "--bundle-only"]);
    let text = fs::read_to_string(parts.join("second/Cargo.toml")).unwrap();
    assert!(text.contains(&of_first), "{text}");
}

#[test]
fn what_is_refused_leaves_nothing() {
    let parent = folder("new_refused");
    fs::create_dir_all(parent.join("taken")).unwrap();
    fs::write(parent.join("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", parent.join("link")).unwrap();
    let broken = parent.join("broken");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("Cargo.toml"), "[workspace\n").unwrap();
    let odd = parent.join("odd");
    fs::create_dir_all(odd.join("member/src")).unwrap();
    fs::write(odd.join("Cargo.toml"), "[workspace]\nmembers = [\"member\"]\n").unwrap();
    fs::write(odd.join("member/src/lib.rs"), "").unwrap();
    fs::write(odd.join("member/Cargo.toml"), "[package]\nname = \"a_member\"\n").unwrap();
    let greedy = parent.join("greedy");
    fs::create_dir_all(&greedy).unwrap();
    fs::write(greedy.join("Cargo.toml"), "[workspace]\nmembers = [\"*\"]\n").unwrap();

    let before = tree(&parent);
    let long = "l".repeat(65);
    for (folder, arguments, code) in [
        (&*parent, &["taken"][..], "HOT0712: `taken` is there already"),
        (&*parent, &["file"], "HOT0712"),
        (&*parent, &["link", "--bundle-only"], "HOT0712"),
        (&*parent, &["fn"], "HOT0711"),
        (&*parent, &["self", "--plugin"], "HOT0711"),
        (&*parent, &["1st"], "HOT0711"),
        (&*parent, &["std", "--bundle-only"], "HOT0711"),
        (&*parent, &["a/b"], "HOT0711"),
        (&*parent, &[".."], "HOT0711"),
        (&*parent, &[""], "HOT0711"),
        (&*parent, &["\u{1b}[2J"], "HOT0711"),
        (&*parent, &[&long], "HOT0711"),
        (&*broken, &["x", "--bundle-only"], "HOT0712: the manifest above"),
        (&*broken, &["x"], "HOT0712"),
        (&*odd, &["a-member", "--bundle-only"], "HOT0712: the workspace has a package `a_member`"),
        (&*greedy, &["x"], "HOT0712: a workspace above takes every folder"),
    ] {
        let ran = run(folder, &[&["new"], arguments].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains("\n  help:") && !ran.err.contains('\u{1b}'), "{ran:?}");
        assert!(tree(&parent) == before, "{arguments:?} left something");
    }
}

#[test]
fn a_folder_that_cannot_be_written_stays_as_it_is() {
    // Nobody can make files here, root neither.
    let proc = Path::new("/proc/self");
    let ran = run(proc, &["new", "game"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.err.starts_with("HOT0712: the folder cannot be written"), "{ran:?}");
    assert!(ran.err.contains("\n  cause:"), "{ran:?}");

    // A manifest that cannot be replaced, since there is a folder in its place's stead.
    let parent = folder("new_unwritable");
    fs::create_dir_all(parent.join("a/src")).unwrap();
    fs::write(parent.join("a/src/lib.rs"), "").unwrap();
    fs::write(parent.join("a/Cargo.toml"), "[package]\nname = \"a\"\n").unwrap();
    fs::write(parent.join("Cargo.toml"), "[workspace]\nmembers = { a = 1 }\n").unwrap();
    let before = tree(&parent);
    let ran = run(&parent, &["new", "b", "--bundle-only"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(tree(&parent) == before);
}
