//! Types that rest on statics of their library are refused where two images would share them.

use std::{
    fs,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot,
    refusal::{assert_complete, fact},
};

/// Of the host: what is refused at the load of a bundle that calls it.
#[hot::export]
fn takes_a_lock(#[hot(unsafe(opaque))] lock: &parking_lot::Mutex<u32>) -> u32 {
    *lock.lock()
}

hot::import! {
    statics_own => {
        fn handle() -> u32;
    }
    statics_fields => { fn count() -> u32; }
}

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

/// One test at a time: the process is looked at as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The names and the found types of a refusal, which leaves everything as it was.
fn refused(library: &std::path::Path) -> Vec<(String, String)> {
    let before = Snapshot::take(&HOST).apart_from_images();
    let error = HOST.load_library(library).unwrap_err();
    assert_eq!(Snapshot::take(&HOST).apart_from_images(), before);
    assert_complete(&error, library);
    // Built with the whole workspace, parking_lot has other features than in the fixture: then its
    // types are those of another crate, too.
    let other = |reason: &&hot::Reason| reason.code != Code::OtherCrate;
    let described = |reason: &hot::Reason| {
        assert_eq!(reason.code, Code::PerImage, "{error}");
        assert!(!fact(reason, "why").is_empty());
        (reason.message.split('`').nth(1).unwrap().to_owned(), fact(reason, "found").to_owned())
    };
    error.reasons().iter().filter(other).map(described).collect()
}

fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = found.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn real_locks_wherever_they_stand() {
    let _alone = alone();
    let fixture = Fixture::with_manifest("statics_locks", "parking_lot = \"0.12\"");
    let library = fixture.build(
        "use parking_lot::{Condvar, Mutex, RwLock};
        type Shared = std::sync::Arc<Mutex<u32>>;
        #[hot::export] #[hot(unsafe(opaque))] pub static LOCK: Mutex<u32> = Mutex::new(1);
        #[hot::export] #[hot(unsafe(opaque(RwLock<u32>)))] pub static STATE: hot::State<Vec<RwLock<u32>>> = hot::State::new(Vec::new);
        #[hot::export] pub fn hidden(#[hot(unsafe(opaque(Shared)))] by: &Shared) -> u32 { *by.lock() }
        #[hot::export] #[hot(unsafe(opaque(Condvar)))] pub fn result() -> Option<Box<Condvar>> { None }
        #[hot::versioned] pub struct Own;
        #[hot::export] impl Own { pub fn method(&self, #[hot(unsafe(opaque))] lock: &RwLock<u8>) -> u8 { *lock.read() } }
        #[hot::export] pub fn fine(lock: &std::sync::Mutex<u32>) -> u32 { *lock.lock().unwrap() }
        static RAN: u32 = 0;
        #[hot::export] pub fn private() -> u32 { *LOCK.lock() + RAN }",
    );
    let (mutex, rwlock) =
        ("parking_lot::raw_mutex::RawMutex", "parking_lot::raw_rwlock::RawRwLock");
    assert_eq!(
        pairs(&refused(&library)),
        [
            ("statics_locks::LOCK", mutex),
            ("statics_locks::Own::method", rwlock),
            ("statics_locks::STATE", rwlock),
            ("statics_locks::hidden", mutex),
            ("statics_locks::result", "parking_lot::condvar::Condvar"),
        ]
    );
}

#[test]
fn of_std_and_of_what_is_called_elsewhere() {
    let _alone = alone();
    let library = Fixture::with_manifest("statics_std", "parking_lot = \"0.12\"").build(
        "hot::import! {
            process_statics => { fn takes_a_lock(#[hot(unsafe(opaque))] lock: &parking_lot::Mutex<u32>) -> u32; }
        }
        #[hot::export] pub fn print(#[hot(unsafe(opaque))] out: &mut std::io::StdoutLock<'_>) { let _ = out; }
        #[hot::export] #[hot(unsafe(opaque(std::thread::ThreadId)))] pub fn who() -> std::thread::ThreadId { std::thread::current().id() }
        #[hot::export] pub fn wake(#[hot(unsafe(opaque))] thread: &std::thread::Thread) { thread.unpark() }
        #[hot::export] pub fn join(#[hot(unsafe(opaque))] thread: std::thread::JoinHandle<()>) { thread.join().unwrap() }",
    );
    assert_eq!(
        pairs(&refused(&library)),
        [
            ("process_statics::takes_a_lock", "parking_lot::raw_mutex::RawMutex"),
            ("statics_std::print", "std::io::stdio::StdoutLock"),
            ("statics_std::wake", "std::thread::thread::Thread"),
            ("statics_std::who", "std::thread::id::ThreadId"),
        ]
    );
    assert_eq!(takes_a_lock(&parking_lot::Mutex::new(3)), 3);
}

#[test]
fn a_type_of_the_users_with_such_a_name_is_not_meant() {
    let _alone = alone();
    let library = Fixture::new("statics_own").build(
        "pub mod tokio {
            #[hot::versioned] #[derive(Clone, Copy)] pub struct Handle(pub u32);
            pub mod parking_lot { #[hot::versioned] pub struct Mutex<T>(pub T); }
        }
        #[hot::export] pub static HANDLE: tokio::Handle = tokio::Handle(5);
        #[hot::export] pub fn pass(lock: &tokio::parking_lot::Mutex<tokio::Handle>) -> tokio::Handle { lock.0 }
        #[hot::export] pub fn handle() -> u32 { HANDLE.0 }",
    );
    let _bundle = HOST.load_library(&library).unwrap();
    assert_eq!(hot::get!(statics_own::handle)(), 5);
}

#[test]
fn a_private_use_and_a_field_are_the_authors() {
    let _alone = alone();
    let library = Fixture::with_manifest("statics_fields", "parking_lot = \"0.12\"").build(
        "static COUNT: parking_lot::Mutex<u32> = parking_lot::Mutex::new(0);
        #[hot::export] pub fn count() -> u32 { *COUNT.lock() += 1; *COUNT.lock() }
        #[hot::versioned] pub struct World { #[hot(unsafe(opaque))] pub lock: parking_lot::Mutex<u32> }
        #[hot::export] pub fn step(world: &World) { *world.lock.lock() += 1 }",
    );
    let _bundle = HOST.load_library(&library).unwrap();
    assert_eq!(hot::get!(statics_fields::count)(), 1);
}

#[test]
fn other_known_crates_by_their_paths() {
    let _alone = alone();
    // Stand-ins that have the crates' names and paths: what counts is what the compiler says.
    let fixture = |name: &str, source: &str| {
        let stand_in = Fixture::new("statics_names").folder().join("stand-ins").join(name);
        fs::create_dir_all(stand_in.join("src")).unwrap();
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"9.0.0\"\nedition = \"2024\"\n");
        fs::write(stand_in.join("Cargo.toml"), manifest).unwrap();
        fs::write(stand_in.join("src/lib.rs"), source).unwrap();
        format!("{name} = {{ path = {stand_in:?} }}\n")
    };
    let tokio = fixture(
        "tokio",
        "pub mod runtime { pub mod handle { pub struct Handle; } pub use handle::Handle; }",
    );
    let rayon = fixture("rayon-core", "pub mod thread_pool { pub struct ThreadPool; }");
    let own = fixture("tokio-like", "pub mod runtime { pub struct Handle; }");
    let library = Fixture::with_manifest("statics_names", &format!("{tokio}{rayon}{own}")).build(
        "#[hot::export] pub fn spawn(#[hot(unsafe(opaque))] on: &tokio::runtime::Handle) { let _ = on; }
        #[hot::export] pub fn install(#[hot(unsafe(opaque))] on: Option<&rayon_core::thread_pool::ThreadPool>) { let _ = on; }
        #[hot::export] pub fn like(#[hot(unsafe(opaque))] on: &tokio_like::runtime::Handle) { let _ = on; }",
    );
    assert_eq!(
        pairs(&refused(&library)),
        [
            ("statics_names::install", "rayon_core::thread_pool::ThreadPool"),
            ("statics_names::spawn", "tokio::runtime::handle::Handle"),
        ]
    );
}
