//! The other end of a host's control socket.
#![cfg(unix)]

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader, ErrorKind, Write},
    mem::{self, Discriminant},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    process,
};

use serde_json::Value;

use crate::PATIENCE;
use crate::fixture::{repository, root};

/// A connection to a host.
#[derive(Debug)]
pub struct Control(pub BufReader<UnixStream>);

impl Control {
    /// Connects to the socket.
    ///
    /// # Panics
    /// If nobody serves it.
    pub fn to(path: &Path) -> Control {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Control(BufReader::new(stream))
    }

    /// Sends this, as it is.
    pub fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next line; none at the end.
    pub fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))),
            // Closed while something that was sent has not been read.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a request, and waits for its answer.
    pub fn ask(&mut self, request: Value) -> Value {
        self.send(&format!("{request}\n"));
        self.line().expect("an answer")
    }

    /// Reads events up to one of this kind.
    pub fn event(&mut self, kind: &str) -> Value {
        loop {
            let event = self.line().expect("an event");
            if event["event"] == kind {
                return event;
            }
        }
    }
}

/// Where hosts of this user have their sockets.
pub fn folder() -> PathBuf {
    let base = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
    // SAFETY: takes nothing and cannot fail.
    base.join(format!("hotreload-{}", unsafe { libc::geteuid() }))
}

/// The socket of the host of this process.
pub fn socket(process: u32) -> PathBuf {
    folder().join(format!("{process}.sock"))
}

/// The socket of this process.
pub fn own_socket() -> PathBuf {
    socket(process::id())
}

/// A new, empty folder with a short name, which leaves room for a socket's.
pub fn short_folder(name: &str) -> PathBuf {
    // Tests of other clones may run.
    let mut hasher = DefaultHasher::new();
    root().hash(&mut hasher);
    let folder = env::temp_dir().join(format!("hot-{name}-{:x}", hasher.finish() >> 32));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The lines in each block of JSON of docs/control.md.
pub fn page() -> Vec<Vec<Value>> {
    let page = fs::read_to_string(repository().join("hotreload/docs/control.md")).unwrap();
    let blocks = page.split("```json\n").skip(1).map(|it| it.split("```").next().unwrap());
    blocks
        .map(|it| it.lines().map(|line| serde_json::from_str(line).expect(line)).collect())
        .collect()
}

/// An object's fields, with their types.
pub fn form(object: &Value) -> Vec<(String, Discriminant<Value>)> {
    let fields = object.as_object().unwrap().iter();
    fields.map(|(name, value)| (name.clone(), mem::discriminant(value))).collect()
}
