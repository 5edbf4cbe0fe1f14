//! A program in a pseudo-terminal: keys in, screen out.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};

/// Long enough for a cold build on a busy machine, which others that build in the same folder come before;
/// nothing waits so long that goes well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30 * 60);

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    // Held open: what the program leaves behind is looked at after its end.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    before: String,
}

/// What has come out.
struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn pty_size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The program, as if started by hand in a usual terminal.
pub(crate) fn command(program: &str, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.cwd(Path::new(env!("CARGO_TARGET_TMPDIR")));
    command.env("TERM", "xterm-256color");
    // What whoever runs the tests has set. With CI, cargo's colours go to terminals without any.
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "CI"] {
        command.env_remove(name);
    }
    command
}

impl Terminal {
    /// Starts the program in a terminal of so many columns and rows.
    pub(crate) fn start(command: CommandBuilder, size: (u16, u16)) -> Terminal {
        let pair = native_pty_system().openpty(pty_size(size)).unwrap();
        let before = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = vt100::Parser::new(cells(size.1), cells(size.0), 1000);
        let seen = Arc::new(Mutex::new(Seen { bytes: Vec::new(), screen }));
        let sees = seen.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let mut seen = sees.lock().unwrap();
                seen.bytes.extend(&buffer[..length]);
                seen.screen.process(&buffer[..length]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Terminal { master: pair.master, _slave: pair.slave, child, keys, seen, before }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub(crate) fn resize(&mut self, size: (u16, u16)) {
        self.seen.lock().unwrap().screen.screen_mut().set_size(cells(size.1), cells(size.0));
        self.master.resize(pty_size(size)).unwrap();
    }

    pub(crate) fn screen<R>(&self, look: impl FnOnce(&vt100::Screen) -> R) -> R {
        look(self.seen.lock().unwrap().screen.screen())
    }

    pub(crate) fn text(&self) -> String {
        self.screen(vt100::Screen::contents)
    }

    /// Everything that has come out so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// Waits until `look` finds something on the screen.
    pub(crate) fn wait_for<R>(&mut self, what: &str, look: impl Fn(&str) -> Option<R>) -> R {
        let start = Instant::now();
        loop {
            if let Some(found) = look(&self.text()) {
                return found;
            }
            if start.elapsed() > DEADLINE {
                let seen = self.text();
                let _ = self.child.kill();
                panic!("{what}: not seen on\n{seen}\n");
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn wait_for_text(&mut self, text: &str) {
        self.wait_for(text, |screen| screen.contains(text).then_some(()));
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the program's end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > DEADLINE {
                let _ = self.child.kill();
                panic!("the program does not end; on its screen:\n{}\n", self.text());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether keys come one by one.
    pub(crate) fn is_raw(&self) -> bool {
        format!("{:?}", self.master.get_termios()) != self.before
    }

    /// The terminal is as it was, after a program that took it.
    pub(crate) fn assert_restored(&mut self) {
        let start = Instant::now();
        let is_restored =
            |screen: &vt100::Screen| !screen.alternate_screen() && !screen.hide_cursor();
        // What came last may still be on its way.
        while !self.screen(is_restored) && start.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(self.screen(is_restored), "{:?}", String::from_utf8_lossy(&self.bytes()));
        assert!(!self.is_raw());
        let bytes = self.bytes();
        let last = |sequence: &[u8]| bytes.windows(sequence.len()).rposition(|it| it == sequence);
        assert!(last(b"\x1b[?7h") > last(b"\x1b[?7l"), "lines are wrapped again");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.child.kill();
        }
    }
}

/// Whether there is a colour or another attribute among the bytes.
pub(crate) fn has_attributes(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split("\x1b[").skip(1).any(|sequence| {
        sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    })
}

/// The number behind the word.
pub(crate) fn number(screen: &str, word: &str) -> Option<i64> {
    let (_, rest) = screen.split_once(word)?;
    rest.split_whitespace().next()?.trim_end_matches(',').parse().ok()
}
