//! Keys and signals, as messages.

use std::{
    io::{self, Read},
    thread,
};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

/// What comes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key that is a character.
    Key(char),
    /// Ctrl-C as a key, which it is while the terminal is raw.
    Interrupt,
    /// A signal that asks the program to end.
    Signal(i32),
    /// No key will come any more.
    End,
    /// The terminal has another size.
    Resized,
}

/// Passes on every key: one by one from a terminal in raw mode, else from standard input, read to
/// its end.
pub fn on_key(raw: bool, mut send: impl FnMut(Input) + Send + 'static) {
    // The thread ends with the process: nothing can interrupt a read.
    thread::spawn(move || {
        if raw {
            while let Ok(event) = event::read() {
                if let Some(input) = of(&event) {
                    send(input);
                }
            }
        } else {
            for byte in io::stdin().lock().bytes().map_while(Result::ok) {
                send(Input::Key(char::from(byte)));
            }
        }
        send(Input::End);
    });
}

fn of(event: &Event) -> Option<Input> {
    match event {
        Event::Resize(..) => Some(Input::Resized),
        Event::Key(key) if key.kind == KeyEventKind::Press => match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                Some(Input::Interrupt)
            }
            KeyCode::Char('d') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Input::End),
            KeyCode::Char(key) => Some(Input::Key(key)),
            _ => None,
        },
        _ => None,
    }
}

/// Passes on the signals that ask a program to end, instead of ending at once.
#[cfg(unix)]
pub fn on_signal(mut send: impl FnMut(Input) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || signals.forever().for_each(|signal| send(Input::Signal(signal))));
    Ok(())
}

/// There are no signals here.
#[cfg(not(unix))]
pub fn on_signal(_: impl FnMut(Input) + Send + 'static) -> io::Result<()> {
    Ok(())
}
