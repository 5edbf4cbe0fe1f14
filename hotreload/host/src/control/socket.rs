//! Where the socket lies, and whose it is.
//!
//! ```text
//! $XDG_RUNTIME_DIR, or the folder for temporary files
//!     hotreload-<user>/      this user's alone (0700)
//!         <process>.sock     a host
//! ```
//!
//! A host that ends takes its socket with it; that of one that was killed refuses connections, and
//! whoever meets it removes it. A socket gets its name only once it takes connections, so that one
//! which refuses is never one that is about to begin.

use std::{
    env, fs,
    io::{self, ErrorKind},
    os::{
        fd::AsRawFd as _,
        unix::{
            fs::PermissionsExt as _,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::control::{connection, listeners};
use crate::platform;
use crate::state::Inner;

/// How many connections are served at once. The next ones are told so.
const CONNECTIONS: usize = 32;

/// This host's socket.
struct Socket {
    path: PathBuf,
    /// The process that serves it: a forked child does not.
    process: u32,
    /// For the child to close: what it kept open would take connections that nobody answers.
    listener: platform::FileId,
}

static SOCKET: OnceLock<Socket> = OnceLock::new();

/// The folders that sockets may lie in, the preferred one first. None is made.
pub fn folders() -> Vec<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|it| it.is_absolute());
    let name = format!("hotreload-{}", platform::user_id());
    let mut folders: Vec<_> = runtime.into_iter().map(|it| it.join(&name)).collect();
    // The loader's private copies lie there too.
    folders.extend(std::path::absolute(env::temp_dir()).ok().map(|it| it.join(&name)));
    folders
}

/// Begins to serve. A host without a socket is a host all the same: what fails here is not said.
pub(crate) fn start(inner: &'static Inner) {
    let Some((path, listener)) = folders().iter().find_map(|folder| bind(folder).ok()) else {
        return;
    };
    let Ok(id) = platform::FileId::of(listener.as_raw_fd()) else { return };
    let process = process::id();
    let serving = {
        let builder = thread::Builder::new().name("hot-control".to_owned());
        // From here on the thread has it, for as long as the process lives.
        builder.spawn(move || serve(&listener, inner))
    };
    let socket = Socket { path, process, listener: id };
    if serving.is_err() {
        let _ = fs::remove_file(&socket.path);
        return;
    }
    listeners::start(inner);
    let _ = SOCKET.set(socket);
    // Without them a child or the next host finds what is left, and copes.
    let _ = platform::at_exit(at_exit);
    let _ = platform::on_fork_in_child(forked);
}

/// A socket that only this user can reach, in this folder, which is made.
fn bind(folder: &Path) -> io::Result<(PathBuf, UnixListener)> {
    platform::private_dir(folder)?;
    remove_stale(folder);
    let path = folder.join(format!("{}.sock", process::id()));
    if path.symlink_metadata().is_ok() {
        // A host with the same number: in a container that shares the folder.
        return Err(ErrorKind::AddrInUse.into());
    }
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let listener = UnixListener::bind(&new)?;
    let named = fs::set_permissions(&new, fs::Permissions::from_mode(0o600))
        .and_then(|()| fs::rename(&new, &path));
    if let Err(error) = named {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok((path, listener))
}

/// Removes the sockets that nobody serves any more.
fn remove_stale(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|it| it == "sock") && is_stale(&path) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether nobody serves it. A host that lives is not even asked: if it is stopped, connections
/// would pile up until one blocks. Another container's has a number that says nothing here.
fn is_stale(path: &Path) -> bool {
    let number = path.file_stem().and_then(|it| it.to_str()?.parse().ok());
    let is_other = |number: &u32| *number != process::id() && platform::is_process(*number);
    !number.as_ref().is_some_and(is_other)
        && UnixStream::connect(path)
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn serve(listener: &UnixListener, inner: &'static Inner) {
    static OPEN: AtomicUsize = AtomicUsize::new(0);

    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }

    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Too many open files, for example: it may pass.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        // The folder keeps others out. Root passes through folders, and descriptors can be sent.
        if platform::peer(&stream).ok().is_none_or(|user| user != platform::user_id()) {
            continue;
        }
        let counted = (OPEN.fetch_add(1, Ordering::Relaxed), Counted);
        if counted.0 >= CONNECTIONS {
            connection::refuse(&stream);
            continue;
        }
        // Too many threads: the connection is closed, which says it.
        let _ = thread::Builder::new().name("hot-control".to_owned()).spawn(move || {
            let _counted = counted;
            connection::serve(&stream, inner);
        });
    }
}

/// Runs as the process exits.
extern "C" fn at_exit() {
    if let Some(socket) = SOCKET.get().filter(|it| it.process == process::id()) {
        let _ = fs::remove_file(&socket.path);
    }
}

/// Runs in each forked child.
extern "C" fn forked() {
    if let Some(socket) = SOCKET.get() {
        socket.listener.close();
    }
}
