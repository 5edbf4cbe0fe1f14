//! The terminal as a picture, or plain lines where there is none or it is a dumb one.

use std::io::{self, Write as _};

use super::{Demo, frame, model::Model};
use crate::screen::Screen;

pub(super) struct Show {
    screen: Option<Screen>,
    /// The number of the last message that was printed.
    printed: Option<usize>,
    building: bool,
}

impl Show {
    pub(super) fn new(screen: Option<Screen>) -> Show {
        Show { screen, printed: None, building: false }
    }

    pub(super) fn model(&mut self, demo: &impl Demo, model: &Model) -> io::Result<()> {
        if let Some(screen) = &mut self.screen {
            return screen.draw(&frame::picture(demo, model, Screen::size()));
        }
        let mut out = io::stdout().lock();
        let began = model.building.is_some() && !self.building;
        self.building = model.building.is_some();
        if began {
            writeln!(out, "building ..")?;
        }
        if self.printed != Some(model.messages) {
            self.printed = Some(model.messages);
            frame::message(demo, model).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        out.flush()
    }

    /// The bundle was called.
    pub(super) fn called(&mut self, demo: &impl Demo) -> io::Result<()> {
        match self.screen {
            Some(_) => Ok(()),
            None => writeln!(io::stdout(), "{}", demo.line()),
        }
    }
}
