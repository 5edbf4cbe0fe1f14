//! Types that rest on statics of the library that they come from. Each image has its own copy of
//! those statics, so a value of such a type misbehaves as soon as two images use it.

use crate::said::{Code, Reason};
use crate::state::Site;

/// The paths under which such types are, what goes wrong, and what to do.
const KNOWN: &[(&[&str], &str, &str)] = &[
    (
        &["parking_lot::", "parking_lot_core::"],
        "threads wait in a table that each image has its own of: they are never woken",
        "use `std::sync`, whose locks wait on the value itself",
    ),
    (
        &["dashmap::"],
        "its locks wait in a table that each image has its own of: threads are never woken",
        "use `Mutex<HashMap<..>>`, or pass what is in the map",
    ),
    (
        &["tokio::"],
        "the runtime that a thread is in is a thread-local of each image",
        "keep the runtime in the host, and export functions that use it",
    ),
    (
        &["thread_local::", "sharded_slab::", "seize::", "papaya::", "flurry::"],
        "each image numbers threads by itself: two threads get one number, and one value",
        "keep the value in one image, and export functions that use it",
    ),
    (
        &["rayon_core::"],
        "whether a thread is one of the pool's is a thread-local of each image",
        "keep the pool in one image, and export functions that use it",
    ),
    (
        &[
            "arc_swap::",
            "crossbeam_epoch::",
            "crossbeam_deque::",
            "crossbeam_skiplist::",
            "haphazard::",
            "scc::",
            "sdd::",
            "moka::",
        ],
        "who still reads is noted in each image: another one frees what is being read",
        "keep the value in one image, or use `std::sync::Mutex` or `RwLock`",
    ),
];

/// The same of std, where each image has its own copy.
const OF_STD: &[(&[&str], &str, &str)] = &[
    (
        &["std::io::stdio::"],
        "each image has its own buffer, and its own numbers of the threads that hold it",
        "pass the text, and print it in one image",
    ),
    (
        &["std::thread::id::ThreadId", "std::thread::thread::Thread"],
        "each image numbers threads and parks them by itself",
        "use a channel or a `Condvar`",
    ),
];

/// The first path in a type's name that is known to misbehave, why, and what to do.
fn find(
    type_name: &str,
    shared_std: bool,
    is_shared: impl Fn(&str) -> bool,
) -> Option<(&str, &'static str, &'static str)> {
    let paths = type_name.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let known = || KNOWN.iter().chain(OF_STD.iter().filter(|_| !shared_std));
    let matches = |path: &str, prefix: &str| match path.strip_prefix(prefix) {
        Some(rest) => prefix.ends_with("::") || rest.is_empty(),
        None => false,
    };
    paths.filter(|path| path.contains("::")).find_map(|path| {
        let (_, why, instead) =
            known().find(|(prefixes, ..)| prefixes.iter().any(|prefix| matches(path, prefix)))?;
        if path.split("::").next().is_some_and(&is_shared) {
            return None;
        }
        Some((path, *why, *instead))
    })
}

/// Why the site cannot cross images, if so. `is_shared` tells whether a crate exists once for all of them.
pub(crate) fn check(
    site: &Site,
    shared_std: bool,
    is_shared: impl Fn(&str) -> bool,
) -> Option<Reason> {
    let (path, why, instead) = find((site.accessor.type_name)(), shared_std, is_shared)?;
    let what = format!("`{}` has a type whose statics exist once per image", site.item.path);
    let reason = Reason::new(Code::PerImage, what);
    Some(reason.fact("found", path).fact("as", &*site.item.display).fact("why", why).help(instead))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(type_name: &str) -> Option<&str> {
        find(type_name, false, |_| false).map(|(path, ..)| path)
    }

    #[test]
    fn as_the_compiler_writes_them() {
        // What `type_name` gives for the libraries' types.
        for (name, path) in [
            (
                "fn(&'_ lock_api::mutex::Mutex<parking_lot::raw_mutex::RawMutex, u8>)",
                "parking_lot::raw_mutex::RawMutex",
            ),
            ("parking_lot::condvar::Condvar", "parking_lot::condvar::Condvar"),
            ("dashmap::mapref::one::Ref<'_, u8, u8>", "dashmap::mapref::one::Ref"),
            (
                "fn() -> [core::option::Option<tokio::runtime::handle::Handle>; 3]",
                "tokio::runtime::handle::Handle",
            ),
            ("tokio::sync::mpsc::bounded::Sender<u8>", "tokio::sync::mpsc::bounded::Sender"),
            ("thread_local::ThreadLocal<u8>", "thread_local::ThreadLocal"),
            ("rayon_core::thread_pool::ThreadPool", "rayon_core::thread_pool::ThreadPool"),
            ("crossbeam_deque::deque::Worker<u8>", "crossbeam_deque::deque::Worker"),
            ("arc_swap::ArcSwapAny<alloc::sync::Arc<u8>>", "arc_swap::ArcSwapAny"),
            ("(u8, std::io::stdio::StdoutLock<'_>)", "std::io::stdio::StdoutLock"),
            ("std::thread::id::ThreadId", "std::thread::id::ThreadId"),
        ] {
            assert_eq!(found(name), Some(path));
        }
    }

    #[test]
    fn types_of_other_crates_with_such_names_are_not_meant() {
        for name in [
            "game::Handle",
            "game::tokio::Handle",
            "my_tokio::runtime::Handle",
            "tokio_util::sync::CancellationToken",
            "game::parking_lot::Mutex",
            "fn(&'_ std::sync::poison::mutex::Mutex<u8>) -> alloc::string::String",
            "std::thread::join_handle::JoinHandle<()>",
            "std::thread::thread::ThreadBuilder",
            "fn(u8)",
        ] {
            assert_eq!(found(name), None);
        }
    }

    #[test]
    fn a_shared_std_has_one_standard_output() {
        assert_eq!(find("std::io::stdio::Stdout", true, |_| false), None);
        assert!(find("parking_lot::once::Once", true, |_| false).is_some());
    }

    #[test]
    fn what_exists_once_may_cross() {
        let found = |name| find(name, true, |name| name == "tokio").map(|(path, ..)| path);
        assert_eq!(found("tokio::runtime::handle::Handle"), None);
        let both = "fn(tokio::runtime::handle::Handle) -> thread_local::ThreadLocal<u8>";
        assert_eq!(found(both), Some("thread_local::ThreadLocal"));
    }
}
