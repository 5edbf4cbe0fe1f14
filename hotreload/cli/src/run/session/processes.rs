//! What runs: it is built, started, ended, and started again.

use std::{
    io::{self, IsTerminal as _},
    process::{Command, Stdio},
};

use signal_hook::{
    consts::{SIGCONT, SIGSTOP},
    low_level,
};

use super::{Session, Shown};
use crate::run::{
    built, ending,
    model::Phase,
    others::Own,
    running::{Kind, Running},
    sources::Sources,
};
use hot_host::command::{PLAIN_CARGO, protocol::Event};

impl Session {
    /// Starts the program, which was built.
    pub(super) fn start(&mut self) -> io::Result<()> {
        self.start_by(self.plan.command(&self.arguments))
    }

    /// Starts the program with the generation before that which was live when it ended.
    pub(super) fn start_before(&mut self) {
        let started = self.model.kept.back(&self.model.last()).and_then(|mut again| {
            self.say(&again.said);
            again.command.args(&self.arguments);
            self.start_by(again.command).map_err(|error| error.to_string())
        });
        if let Err(why) = started {
            self.say(&format!("{why}: R builds and starts it\n"));
        }
    }

    fn start_by(&mut self, mut command: Command) -> io::Result<()> {
        command.env("HOTRELOAD_FEATURES", &self.features);
        if self.plain_cargo {
            command.env(PLAIN_CARGO, "1");
        }
        let is_log = matches!(self.shown, Shown::Log(_));
        command.env("HOTRELOAD_WATCH", if is_log { "program" } else { "quiet" });
        match &self.shown {
            Shown::Log(_) => {}
            Shown::Lines => {
                // In a group of its own it would be stopped when it reads.
                if io::stdin().is_terminal() {
                    command.stdin(Stdio::null());
                }
                if self.others.is_json() {
                    command.stdout(Stdio::piped()).stderr(Stdio::piped());
                }
            }
            Shown::Screen(screen) => {
                // It writes into a pipe whose other end is a terminal.
                if screen.has_colours() && std::env::var_os("CLICOLOR_FORCE").is_none() {
                    command.env("CLICOLOR_FORCE", "1");
                }
                command.stdin(Stdio::null()).stdout(Stdio::piped());
                if io::stderr().is_terminal() {
                    command.stderr(Stdio::piped());
                }
            }
        }
        self.model.starts();
        (self.panics, self.told_silence) = Default::default();
        self.run_process(command, !is_log, Kind::Program)?;
        if let Some(running) = &self.running {
            self.others.tell(&Own::Started { pid: running.id() });
        }
        Ok(())
    }

    /// Builds the program, which is started then.
    pub(super) fn build(&mut self) -> io::Result<()> {
        let colours = matches!(&self.shown, Shown::Screen(screen) if screen.has_colours());
        self.model.phase(Phase::Building { crates: 0, milliseconds: 0, waiting: false });
        let command = self.plan.quiet_build(colours);
        // Whatever is saved from now on may not be in it.
        self.look_at_sources();
        self.others.take(built::begin());
        self.remark(&format!("building {}\n", self.plan.name));
        self.run_process(command, true, Kind::Build)
    }

    fn run_process(&mut self, command: Command, own_group: bool, kind: Kind) -> io::Result<()> {
        self.count += 1;
        self.running = Some(Running::start(command, own_group, (kind, self.count), &self.send)?);
        Ok(())
    }

    pub(super) fn look_at_sources(&mut self) {
        self.sources = Sources::new(&self.plan.folders);
    }

    /// Ends the program, if it runs, to build it and start it again.
    pub(super) fn restart(&mut self) {
        match &mut self.running {
            // It is on its way.
            Some(running) if running.kind == Kind::Build => {}
            Some(running) => {
                running.restart(&self.send);
                self.model.phase(Phase::Restarting);
            }
            None => self.start_again(),
        }
    }

    pub(super) fn start_again(&mut self) {
        if let Err(error) = self.build() {
            self.say(&format!("error: cargo could not be started: {error}\n"));
            self.model.phase(Phase::NotBuilt);
        }
    }

    /// Ends all: politely first.
    pub(super) fn quit(&mut self, signal: i32, code: u8) {
        self.ending.get_or_insert(code);
        self.model.phase(Phase::Ending);
        if let Some(running) = &mut self.running {
            running.quit(signal);
        }
    }

    /// Stops with the program, as any job of a shell does, until the shell lets it go on.
    pub(super) fn suspend(&mut self) {
        let signal = |signal| {
            if let Some(running) = &self.running {
                running.signal(signal);
            }
        };
        signal(SIGSTOP);
        if let Shown::Screen(screen) = &mut self.shown {
            let _ = screen.retake(|| _ = low_level::raise(SIGSTOP));
        }
        signal(SIGCONT);
    }

    /// What ran has ended. The exit code, if that ends all.
    pub(super) fn ended(&mut self) -> io::Result<Option<u8>> {
        let Some(running) = self.running.take() else { return Ok(None) };
        let (kind, restarts) = (running.kind, running.restarts);
        let (rest, status) = running.end();
        self.printed(kind, &rest);
        let status = status?;
        let (sentence, code) = (ending::sentence(status, &self.panics), ending::code(status));
        match kind {
            Kind::Build => _ = self.others.take(Event::Built),
            Kind::Program => {
                // Who hears of the end may save at once.
                self.look_at_sources();
                let text = &format!("{sentence}{}", self.model.was_live());
                self.others.tell(&Own::Ended { text, code });
            }
        }
        if self.ending.is_some() {
            return Ok(self.ending);
        }
        if kind == Kind::Build {
            match status.success() {
                true => {
                    self.remark(&format!("starting {}\n", self.plan.name));
                    self.start()?;
                }
                false => {
                    self.others.tell(&Own::NotBuilt { code });
                    self.not_built();
                }
            }
            return Ok(None);
        }
        self.model.kept.ended();
        if self.is_once {
            // Restores the terminal.
            self.shown = Shown::Lines;
            if status.code().is_none() {
                self.say(&format!("{sentence}\n"));
            }
            return Ok(Some(code));
        }
        if let Shown::Screen(screen) = &mut self.shown {
            // The program may have changed the terminal.
            let _ = screen.retake(|| ());
        }
        if restarts {
            self.start_again();
            return Ok(None);
        }
        self.say(&format!("{sentence}{}; a save or R starts it again\n", self.model.was_live()));
        self.model.phase(Phase::Ended);
        Ok(None)
    }

    pub(super) fn not_built(&mut self) {
        self.ring();
        self.say("the program was not built: a save or R tries again\n");
        self.model.phase(Phase::NotBuilt);
    }
}
