//! What the keys do.

use std::{sync::mpsc::SyncSender, thread};

use crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::consts::SIGTERM;

use super::{Session, Shown};
use crate::run::{Message, model::ended, pager::Pager, running::Kind};
use hot_host::command::protocol::Request;

impl Session {
    pub(super) fn key(&mut self, key: char) {
        match key {
            'q' => self.quit(SIGTERM, 0),
            'R' => self.restart(),
            'e' => self.page("the last report", &self.model.report()),
            'h' => self.history(),
            'p' => self.pause(),
            '?' => self.say(HELP),
            'c' => {
                if let Shown::Screen(screen) = &mut self.shown {
                    let _ = screen.clear();
                }
            }
            'r' => self.ask(Request::Reload { bundle: Vec::new() }),
            's' => self.ask(Request::Status),
            'b' if self.running.is_none() => self.start_before(),
            'b' => self.ask(Request::Rollback { bundle: self.model.last(), to: None }),
            _ => {}
        }
    }

    fn history(&mut self) {
        let (text, choices) = self.model.history(self.running.is_some());
        if let Shown::Screen(screen) = &mut self.shown {
            let pager = Pager::new("what became of saves, the latest first", &text);
            let _ = screen.page(pager.choices(choices.len()));
        }
        self.choices = choices;
    }

    /// Goes to a generation of the history.
    pub(super) fn go_to(&mut self, choice: usize) {
        if let Some((bundle, generation)) = self.choices.get(choice).cloned() {
            self.ask(Request::Rollback { bundle: vec![bundle], to: Some(generation) });
        }
    }

    /// Has saves collected, or what was saved built.
    fn pause(&mut self) {
        let pause = !self.model.is_paused();
        match &self.running {
            Some(running) if running.connected => self.ask(Request::Watch { pause }),
            _ => {
                let text = self.model.pause(pause);
                self.say(text);
            }
        }
    }

    pub(super) fn ask(&mut self, request: Request) {
        let text = match &self.running {
            Some(running) if running.kind == Kind::Program => match running.connected {
                false => "the host does not answer yet\n",
                true if running.commands.send(request) => return,
                true => "the host is busy\n",
            },
            _ => "the program does not run: R starts it\n",
        };
        self.say(text);
    }

    /// Shows a text page by page.
    pub(super) fn page(&mut self, title: &'static str, text: &str) {
        match &mut self.shown {
            Shown::Screen(screen) => _ = screen.page(Pager::new(title, text)),
            _ => self.say(&ended(text.to_owned())),
        }
    }
}

const HELP: &str = "\
r  build and reload        b  roll back what became live last
R  build and start again   e  the last report, whole
h  what became of saves    s  what is loaded
p  collect saves           c  clear the screen
q  end the program (twice: at once)
";

/// Passes on the keys. The thread ends with the process: nothing interrupts a read.
pub(super) fn pass_keys_on(send: SyncSender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = match event {
                event::Event::Resize(..) => Message::Resized,
                event::Event::Key(key) if key.kind == KeyEventKind::Press => {
                    match (key.code, key.modifiers - KeyModifiers::SHIFT) {
                        (KeyCode::Char('c'), KeyModifiers::CONTROL) => Message::Interrupt,
                        (KeyCode::Char('z'), KeyModifiers::CONTROL) => Message::Suspend,
                        (code, modifiers) if modifiers.is_empty() => Message::Key(code),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            if send.send(message).is_err() {
                return;
            }
        }
        let _ = send.send(Message::Hangup);
    });
}
