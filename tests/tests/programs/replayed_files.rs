//! What is in the libraries that rustc alone makes, in one run of a program that has libraries of cargo's
//! and of rustc's by turns. The program is linked and run for this alone: exhaustive.
#![cfg(all(target_os = "linux", feature = "exhaustive"))]

use std::{
    cell::Cell,
    collections::BTreeSet,
    fs,
    io::{Write as _, stderr},
    path::PathBuf,
    process::Command,
    thread::sleep,
    time::Duration,
};

use tests::{
    Workspace,
    child::text,
    dev::patiently,
    fixture::target_dir,
    project::{Piped, Project, assert_gone, id},
    workspace::{BUNDLE, HOST_FEATURES},
};

use crate::watch_builds::{children, name_of};

const MAIN: &str = r#"
hot::import! { alone_rules => { fn look() -> String; fn types() -> u64; fn place() -> usize; } }

fn main() {
    println!("process {}.", std::process::id());
    let host = hot::Host::start().unwrap();
    host.load_crate("alone-rules").unwrap();
    let mut last = 0;
    loop {
        let place = hot::get!(alone_rules::place)();
        if place != last {
            let own = alone_types::number::<alone_types::Shared>();
            let is_same = hot::get!(alone_rules::types)() == own;
            let types = if is_same { "the same" } else { "others" };
            println!("{}, types are {types}.", hot::get!(alone_rules::look)());
            last = place;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
"#;

/// What host and bundle share.
const TYPES: &str = "
use std::{any::TypeId, hash::{DefaultHasher, Hash, Hasher}};

pub struct Shared { pub number: u32 }

/// Depends on the identities of many types.
pub fn number<T: 'static>() -> u64 {
    let mut hasher = DefaultHasher::new();
    TypeId::of::<(T, Vec<Shared>, hot::State<u8>, hot::Undefined, String)>().hash(&mut hasher);
    hasher.finish()
}
";

const RULES: &str = r#"
use std::{cell::{Cell, RefCell}, sync::atomic::{AtomicU32, Ordering::Relaxed}};

hot::bundle!();

static STARTED: AtomicU32 = AtomicU32::new(0);

extern "C" fn start() {
    STARTED.fetch_add(1, Relaxed);
}

#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

#[used]
#[unsafe(link_section = "kept")]
static KEPT: [u8; KEPT_TEXT.len()] = KEPT_TEXT;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(5) };
    static LIST: RefCell<Vec<u32>> = RefCell::new(vec![1, 2, 3]);
}

fn thread() -> u32 {
    DEPTH.set(DEPTH.get() + 1);
    LIST.with_borrow_mut(|list| list.push(4));
    DEPTH.get() * 10 + LIST.with_borrow(|list| list.len() as u32)
}

#[inline(never)]
pub fn panics() {
    panic!("on purpose in {}", NAME)
}

#[hot::export]
pub fn look() -> String {
    let _ = std::panic::catch_unwind(panics);
    let other = std::thread::spawn(thread).join().unwrap();
    format!("{NAME}: started {} threads {other} {}", STARTED.load(Relaxed), thread())
}

/// Another one in each image.
#[hot::export]
pub fn place() -> usize {
    &raw const STARTED as usize
}

#[hot::export]
pub fn types() -> u64 {
    alone_types::number::<alone_types::Shared>()
}
"#;

struct Run {
    workspace: Workspace,
    piped: Piped,
    generation: Cell<u32>,
}

impl Run {
    fn start(workspace: Workspace) -> Run {
        let mut command = Project::command_in(workspace.folder(), &["run"]);
        command.env("RUST_BACKTRACE", "1");
        let piped = Piped::start(command);
        Run { workspace, piped, generation: Cell::new(1) }
    }

    /// Waits until the program has looked at what is live, and all is as it should be in it.
    fn sees(&self) {
        let number = usize::try_from(self.generation.get()).unwrap();
        let seen = |what: &str| self.piped.text().matches(what).count();
        patiently("a look", || (seen(", types are ") >= number).then_some(()));
        assert_eq!(seen(", types are "), number, "more generations than saves");
        let right = seen(": started 1 threads 64 64, types are the same.\n");
        assert_eq!(right, number, "{}", self.piped.text());
    }

    /// Writes something, and gives the line that says that it is live.
    fn live(&self, write: impl FnOnce(&Workspace)) -> String {
        self.generation.set(self.generation.get() + 1);
        write(&self.workspace);
        let live = format!("generation {} is live", self.generation.get());
        self.piped.wait_for(&live);
        self.sees();
        let text = self.piped.text();
        text.lines().find(|it| it.contains(&live)).unwrap().to_owned()
    }

    /// Saves, and has lines move, until rustc alone makes the bundle; gives the line in which that panics.
    fn until_by_rustc(&self) -> usize {
        for _ in 0..100 {
            // Another number in each generation.
            let lines = usize::try_from(self.generation.get()).unwrap();
            if self.live(|workspace| edit(workspace, lines)).contains("by rustc alone") {
                return line_of_panic(lines);
            }
            sleep(Duration::from_millis(200));
        }
        panic!("saves are never rustc's alone: {}", self.piped.text());
    }
}

/// Writes the bundle, with lines before what is always there.
fn edit(workspace: &Workspace, lines: usize) {
    let kept = kept(lines);
    let constants = format!(
        "const NAME: &str = \"{lines}\";\nconst KEPT_TEXT: [u8; {}] = *b{kept:?};",
        kept.len()
    );
    workspace.write("alone-rules/src/lib.rs", &format!("{constants}{}{RULES}", "\n".repeat(lines)));
}

fn kept(lines: usize) -> String {
    format!("kept with {lines} lines")
}

fn line_of_panic(lines: usize) -> usize {
    let before = RULES.split("panic!(").next().unwrap();
    2 + lines + before.matches('\n').count()
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("run-alone");
    let types = "alone-types = { path = \"../alone-types\" }";
    workspace.package("alone-types", "", "", "");
    workspace.write("alone-types/src/lib.rs", TYPES);
    workspace.package("alone-rules", BUNDLE, "", types);
    edit(&workspace, 0);
    workspace.package("alone-game", "", HOST_FEATURES, types);
    workspace.write("alone-game/src/main.rs", MAIN);
    workspace
}

fn library() -> PathBuf {
    target_dir().join("debug/hotreload/libalone_rules.so")
}

#[test]
fn what_a_library_has_it_has_from_rustc_alone() {
    let run = Run::start(workspace());
    run.sees();
    let line = run.until_by_rustc();
    as_cargo_makes_it(&run, line);
    // A type's crate, which is cargo's to compile: the definition stays.
    let more = format!("{TYPES}pub fn more() {{}}\n");
    let by = run.live(|workspace| workspace.write("alone-types/src/lib.rs", &more));
    assert!(by.contains("alone-types/src/lib.rs was changed"), "{by}");
    // Another cargo has written the lock file, and the one that is called then writes it once more: that is
    // built once more, and is what is live.
    run.until_by_rustc();
    let lock = run.workspace.folder().join("Cargo.lock");
    let other = fs::read_to_string(&lock).unwrap() + "# by another cargo\n";
    let by = run.live(|workspace| workspace.write("Cargo.lock", &other));
    assert!(by.contains("Cargo.lock was changed"), "{by}");
    // That one ends in silence.
    sleep(Duration::from_secs(3));
    run.sees();
    let manifest = fs::read_to_string(run.workspace.folder().join("Cargo.toml")).unwrap();
    let package = "profile.dev.package.alone-rules";
    for kind in ["unpacked", "packed"] {
        run.until_by_rustc();
        let section = format!("[{package}]\ndebug = true\nsplit-debuginfo = {kind:?}\n");
        let manifest = format!("{manifest}\n{section}");
        let by = run.live(|workspace| workspace.write("Cargo.toml", &manifest));
        assert!(by.contains("Cargo.toml was changed"), "{by}");
        let line = run.until_by_rustc();
        as_cargo_makes_it(&run, line);
    }
    // rustc leaves some files in each call, also in those of earlier runs of this test.
    let files = fs::read_dir(library().parent().unwrap()).unwrap().flatten();
    let names = files.map(|it| it.file_name().into_string().unwrap());
    let calls = names.filter_map(|it| {
        Some(
            it.strip_prefix("alone_rules.")?
                .strip_suffix(".rcgu.dwo")?
                .rsplit_once('.')?
                .1
                .to_owned(),
        )
    });
    let calls = calls.collect::<BTreeSet<_>>().len();
    // What is too much goes a moment after a load.
    assert!((2..=9).contains(&calls), "{calls}");
    a_killed_host(run);
}

/// The library has what cargo's has, and a panic's backtrace and gdb find the line.
fn as_cargo_makes_it(run: &Run, line: usize) {
    let kept = kept(line - line_of_panic(0));
    let bytes = fs::read(library()).unwrap();
    assert!(bytes.windows(kept.len()).any(|it| it == kept.as_bytes()), "no {kept}");
    let inspect = |library: PathBuf| {
        let library = library.to_str().unwrap();
        let mut command = Project::command_in(run.workspace.folder(), &["inspect", library]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).replace(library, "")
    };
    let cargos = inspect(target_dir().join("debug/libalone_rules.so"));
    assert_eq!(inspect(library()), cargos);

    run.piped.wait_for(&format!(" at ./alone-rules/src/lib.rs:{line}:5\n"));
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", &format!("info line alone-rules/src/lib.rs:{line}")]);
    gdb.arg(library());
    let Ok(output) = gdb.output() else {
        // Past the test's own output, which nobody sees if all goes well.
        let _ = stderr().write_all(b"there is no gdb: what it says of lines is not tried\n");
        return;
    };
    let said = text(&output.stdout);
    assert!(said.contains("alone_rules6panics"), "{said}");
}

/// Its rustc is at work, and goes on as long as it can beside what the next host starts.
fn a_killed_host(mut run: Run) {
    let process = id(&run.piped.text(), "process").unwrap();
    let slow = "#[allow(long_running_const_eval)]\npub const SLOW: u32 = {
        let mut number = 0;
        while number < 20_000_000 { number += 1; }
        number
    };\n";
    let path = run.workspace.folder().join("alone-rules/src/lib.rs");
    let source = fs::read_to_string(path).unwrap();
    let waits = || {
        let is_named =
            |pid: &u32| name_of(*pid).is_some_and(|it| it.contains("rustc\0@/dev/stdin"));
        children(process).into_iter().find(is_named)
    };
    // One that has waited for the last save is gone soon after that.
    let rustc = patiently("a rustc that waits", || {
        let found = waits()?;
        sleep(Duration::from_secs(1));
        (waits() == Some(found)).then_some(found)
    });
    run.workspace.write("alone-rules/src/lib.rs", &(source + slow));
    // It is that one which works now, and for long.
    patiently("a call of rustc", || {
        let stat = fs::read_to_string(format!("/proc/{rustc}/stat")).unwrap_or_default();
        let ticks = stat.rsplit_once(") ")?.1.split(' ').nth(11)?.parse::<u32>().ok()?;
        (ticks >= 30).then_some(())
    });
    let process = i32::try_from(process).unwrap();
    // SAFETY: takes numbers only, of a process that the command has not waited for.
    assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
    run.piped.child.wait().unwrap();
    edit(&run.workspace, 0);
    let run = Run::start(run.workspace);
    run.sees();
    run.until_by_rustc();
    assert_gone(rustc);
}
