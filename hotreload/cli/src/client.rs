//! The other end of a host's control socket. What is said there: [`protocol`].

use std::{
    fs,
    io::{self, BufRead as _, BufReader, ErrorKind, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::de::DeserializeOwned;

use hot_host::command::{
    folders,
    protocol::{self, Answer, Request},
};

/// A connection to a host.
pub(super) struct Client(BufReader<UnixStream>);

impl Client {
    /// Connects. A socket that nobody serves any more is removed.
    pub(super) fn connect(socket: &Path) -> io::Result<Client> {
        match UnixStream::connect(socket) {
            Ok(stream) => Ok(Client(BufReader::new(stream))),
            Err(error) => {
                if error.kind() == ErrorKind::ConnectionRefused {
                    let _ = fs::remove_file(socket);
                }
                Err(error)
            }
        }
    }

    /// Waits so long at most for each line; for ever by default.
    pub(super) fn patience(self, patience: Duration) -> io::Result<Client> {
        self.0.get_ref().set_read_timeout(Some(patience))?;
        Ok(self)
    }

    /// Sends a request and waits for its answer, which is of the type that the request says.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> io::Result<Answer<T>> {
        Ok(protocol::read_answer(&self.ask_line(request)?)?)
    }

    /// Sends a request and waits for its answer, as it is written.
    pub(super) fn ask_line(&mut self, request: &Request) -> io::Result<String> {
        self.0.get_mut().write_all(request.line().as_bytes())?;
        self.line()
    }

    /// The next line; an error at the end.
    pub(super) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line)
    }
}

/// Where the host of this process number has its socket, once it is there.
pub(super) fn socket_of(process: u32) -> Option<PathBuf> {
    let paths = folders().into_iter().map(|it| it.join(format!("{process}.sock")));
    paths.filter(|path| path.exists()).find(|path| UnixStream::connect(path).is_ok())
}

/// The sockets of all hosts, some of which may be dead.
pub(super) fn sockets() -> Vec<PathBuf> {
    let entries = folders().into_iter().filter_map(|it| fs::read_dir(it).ok()).flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut sockets: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "sock")).collect();
    sockets.sort();
    sockets.dedup();
    sockets
}

/// Removes what a host that has ended without a word left behind.
pub(super) fn remove_dead(process: u32) {
    for folder in folders() {
        let socket = folder.join(format!("{process}.sock"));
        if socket.exists() {
            let _ = Client::connect(&socket);
        }
    }
}
