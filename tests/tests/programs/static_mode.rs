//! The feature `static`: the same sources as plain calls, and what a program built so refuses.

use std::{
    path::Path,
    process::{Command, Output},
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    child::text,
    fixture::{self, target_dir},
    in_child,
    refusal::{codes, fact},
    workspace::{BUNDLE, HOST_FEATURES, Workspace},
};

/// Has cargo build in this folder and target folder; `mode` is `static`, or none.
pub(crate) fn cargo(folder: &Path, target: &Path, mode: &str, arguments: &[&str]) -> Output {
    let mut command = fixture::cargo();
    command.current_dir(folder).env("CARGO_TARGET_DIR", target).arg(arguments[0]);
    command.arg("--offline");
    if mode == "static" {
        command.args(["--features", "hotreload/static"]);
    }
    let output = command.args(&arguments[1..]).output().expect("cargo runs");
    assert!(output.status.success(), "{arguments:?}:\n{}", text(&output.stderr));
    output
}

const SHOP: &str = r#"
hot::bundle!();
use std::sync::atomic::AtomicU32;

#[hot::export]
pub fn add(a: u32, b: u32) -> u32 { a + b }

#[hot::export]
pub fn twice(a: u32) -> u32 { 2 * a }

#[hot::export]
pub unsafe fn read(at: *const u32) -> u32 { unsafe { *at } }

#[hot::export]
pub fn close(code: i32) -> ! { std::process::exit(code) }

#[hot::export]
pub fn apply(values: &[u32], change: &dyn Fn(u32) -> u32) -> Vec<u32> {
    values.iter().map(|value| change(*value)).collect()
}

#[hot::export]
pub fn boxed(change: Box<dyn FnOnce(&str) -> String>) -> String { change("in a box") }

#[hot::export]
pub fn longest<'a>(a: &'a str, b: &'a str) -> &'a str { if a.len() > b.len() { a } else { b } }

#[hot::export]
pub fn fails(payload: u64) { std::panic::panic_any(payload) }

#[hot::export(tweak)]
pub fn discount(price: f32) -> f32 { price * 0.5 }

#[hot::export]
pub async fn page(name: &str, number: &u32) -> String { format!("{name} {number}") }

#[hot::export]
pub static SOLD: AtomicU32 = AtomicU32::new(5);

#[hot::export]
pub static GUESTS: hot::State<Vec<String>> = hot::State::new(|| vec!["Ann".to_owned()]);

#[hot::versioned]
pub struct Till { pub sum: u32 }

#[hot::export]
impl Till {
    pub fn new(sum: u32) -> Till { Till { sum } }
    pub fn take(&mut self, price: u32) -> u32 { self.sum += price; self.sum }
}
"#;

pub(crate) fn shop(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    workspace.package("shop", BUNDLE, "", "");
    workspace.write("shop/src/lib.rs", SHOP);
    workspace
}

const PROGRAM: &str = r#"
use std::sync::atomic::Ordering::Relaxed;

hot::import! {
    shop => {
        fn add(a: u32, b: u32) -> u32;
        fn longest<'a>(a: &'a str, b: &'a str) -> &'a str;
        async fn page(name: &str, number: &u32) -> String;
        fn apply(values: &[u32], change: &dyn Fn(u32) -> u32) -> Vec<u32>;
        static SOLD: std::sync::atomic::AtomicU32;
    }
    other => { fn add(a: u32, b: u32) -> u32; }
}
mod renamed {
    hot::import! { shop => { fn twice(a: u64) -> u64; } }
    pub fn twice() -> u64 { shop::twice(1) }
}

fn said(caught: std::thread::Result<impl std::fmt::Debug>) -> String {
    *caught.unwrap_err().downcast::<String>().unwrap()
}

fn polled<R>(future: hot::Future<'_, String, R>) -> String {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::future::Future::poll(future.as_mut(), &mut context) {
        std::task::Poll::Ready(text) => text,
        std::task::Poll::Pending => panic!("it waits for nothing"),
    }
}

fn calls() {
    println!("{} {}", hot::get!(::shop::add)(40, 2), ::shop::twice(21));
    let (fixed, three) = (hot::get!(::shop::read), 3);
    println!("{}", unsafe { fixed(&three) });
    let handle = hot::get!(::shop::add);
    println!("{}", std::thread::spawn(move || handle(1, 2)).join().unwrap());
    let add = 10;
    println!("{:?}", hot::get!(::shop::apply)(&[1, 2], &|value| value + add));
    println!("{}", hot::get!(::shop::boxed)(Box::new(|text| text.to_owned())));
    println!("{}", hot::get!(::shop::longest)("a", "bb"));
    // Literals are themselves: nothing lists them.
    let listed = hot::rt::inventory::iter::<hot::rt::RegisteredLiterals>.into_iter().count();
    println!("{} {} {listed}", ::shop::discount(3.0), hot::tweak!("as it is"));
    println!("{}, {}", polled(::shop::page("linked", &1)), polled(shop::page("imported", &2)));
    let mut till = ::shop::Till::new(1);
    println!("{}", till.take(2));
    println!("{} {}", ::shop::SOLD.fetch_add(1, Relaxed), hot::get!(::shop::SOLD).load(Relaxed));
    ::shop::GUESTS.write().push("Bob".to_owned());
    println!("{:?}", *::shop::GUESTS.read());
    // A plain panic: its payload arrives as it is.
    let caught = std::panic::catch_unwind(|| hot::get!(::shop::fails)(17)).unwrap_err();
    println!("{}", caught.downcast::<u64>().unwrap());
    // Imports find what is linked in, and nothing else.
    println!("{} {}", hot::get!(shop::add)(4, 5), shop::longest("ccc", "bb"));
    println!("{:?} {}", shop::apply(&[1], &|value| value + add), shop::SOLD.load(Relaxed));
    println!("{}", said(std::panic::catch_unwind(|| other::add(1, 2))));
    println!("{}", said(std::panic::catch_unwind(renamed::twice)));
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    if std::env::args().len() == 1 {
        return calls();
    }
    HOSTED
    hot::get!(::shop::close)(3);
}
"#;

/// What a program does that has a host. The host is compiled for it alone, as all that depends on what is
/// static: exhaustive.
const HOSTED: &str = r#"
    let host = hot::Host::start().unwrap();
    host.on_event(|event| {
        if let hot::Event::Refused(error) = event { println!("event {}", error.code().id()) }
    });
    calls();
    println!("{}", unsafe { host.load("no/such/file") }.unwrap_err());
    println!("{}", host.load_crate("shop").unwrap_err().code().id());
    println!("{}", host.load_crate_in(".", "shop").unwrap_err().code().id());
    println!("{}", host.check("no/such/file").unwrap_err().code().id());
    println!("{}", host.bundle("shop").is_none());
    println!("{}", host.status().unwrap().definitions.iter().all(|d| d.generation == Some(0)));
"#;

#[test]
fn the_same_sources_run_as_they_are_linked() {
    let workspace = shop("static-program");
    let (features, hosted) = match cfg!(feature = "exhaustive") {
        true => (HOST_FEATURES, HOSTED),
        false => ("", ""),
    };
    workspace.package("till", "", features, "shop = { path = \"../shop\" }");
    workspace.write("till/src/main.rs", &PROGRAM.replace("HOSTED", hosted));
    cargo(workspace.folder(), &target_dir(), "static", &["build", "-p", "till"]);
    let run = |arguments: &[&str]| {
        Command::new(target_dir().join("debug/till")).args(arguments).output().unwrap()
    };
    let calls = |sold: u32, twice: &str| {
        format!(
            "42 42\n3\n3\n[11, 12]\nin a box\nbb\n1.5 as it is 0\nlinked 1, imported 2\n3\n{sold} {}\n[\"Ann\", \"Bob\"]\n17\n9 ccc\n[11] {}\n\
             HOT0501: `other::add` is not defined: no bundle that exports it is loaded\n\
             {twice}\n",
            sold + 1,
            sold + 1
        )
    };
    let alone = run(&[]);
    let twice = "HOT0501: `shop::twice` is not defined: no bundle that exports it is loaded";
    assert_eq!(text(&alone.stdout), calls(5, twice), "{}", text(&alone.stderr));
    assert!(alone.status.success());

    let hosted = run(&["host"]);
    let refused = "event HOT0112\n\
        HOT0112: `no/such/file` cannot be loaded: the program was built with the feature `static`\n  \
        help:  build the program without the feature `static` to load bundles\n\
        event HOT0112\nHOT0112\nevent HOT0112\nHOT0112\nHOT0112\ntrue\ntrue\n";
    let twice = "HOT0507: `shop::twice` has another form than this code was compiled with";
    let said = if cfg!(feature = "exhaustive") { calls(5, twice) + refused } else { String::new() };
    assert_eq!(text(&hosted.stdout), said, "{}", text(&hosted.stderr));
    assert_eq!(hosted.status.code(), Some(3), "`close` ends it");
}

#[test]
fn a_library_built_so_is_refused() {
    let library = || {
        let workspace = shop("static-library");
        cargo(workspace.folder(), &target_dir(), "static", &["build", "-p", "shop", "--lib"]);
        let name = format!("{}shop{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        vec![target_dir().join("debug").join(name)]
    };
    in_child("a_library_built_so_is_refused", &[], library, |libraries| {
        let error = Host::start().unwrap().load_library(&libraries[0]).expect_err("refused");
        assert_eq!(codes(&error), [Code::Fingerprint], "{error}");
        let reason = &error.reasons()[0];
        assert!(reason.message.contains("the feature `static`"), "{error}");
        assert_eq!((fact(reason, "host"), fact(reason, "found")), ("off", "on"));
    });
}
