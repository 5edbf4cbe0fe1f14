//! The whole terminal as a picture that is redrawn where it changes, and a terminal that is as it
//! was before, whichever way the program ends.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor::{Hide, MoveTo, Show},
    queue,
    style::Print,
    terminal::{
        self, Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen,
        LeaveAlternateScreen,
    },
};

use crate::text::{Style, cut, paint, wants_colour};

/// A line of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is shown.
    pub style: Style,
    /// What it says.
    pub text: String,
}

impl Line {
    /// A line.
    pub fn new(style: Style, text: impl Into<String>) -> Self {
        Line { style, text: text.into() }
    }
}

/// The terminal, while it shows a picture.
pub struct Screen {
    coloured: bool,
    size: (u16, u16),
    /// What each row shows.
    drawn: Vec<String>,
}

/// Whether the terminal must be restored.
static ENTERED: AtomicBool = AtomicBool::new(false);

impl Screen {
    /// Takes the terminal of standard output. `raw`: keys come one by one and are not echoed.
    pub fn enter(raw: bool) -> io::Result<Screen> {
        // First: what follows may stop half-way.
        ENTERED.store(true, Ordering::SeqCst);
        let screen = Screen { coloured: wants_colour(true), size: (0, 0), drawn: Vec::new() };
        if raw {
            terminal::enable_raw_mode()?;
        }
        let mut out = io::stdout().lock();
        queue!(out, EnterAlternateScreen, Hide, DisableLineWrap, Clear(ClearType::All))?;
        out.flush()?;
        Ok(screen)
    }

    /// Columns and rows of the terminal now.
    pub fn size() -> (u16, u16) {
        // A terminal that does not tell its size may tell 0.
        terminal::size()
            .ok()
            .filter(|(columns, rows)| *columns > 0 && *rows > 0)
            .unwrap_or((80, 24))
    }

    /// Shows these lines, as many as fit. Only what has changed is written.
    pub fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        let size = Self::size();
        let mut out = io::stdout().lock();
        if size != self.size {
            self.size = size;
            self.drawn.clear();
            queue!(out, Clear(ClearType::All))?;
        }
        let (columns, rows) = (usize::from(size.0), usize::from(size.1));
        self.drawn.resize(rows, String::new());
        for (row, drawn) in self.drawn.iter_mut().enumerate() {
            let text = lines.get(row).map_or(String::new(), |line| {
                paint(line.style, &cut(&line.text, columns), self.coloured)
            });
            if text != *drawn {
                let at = MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX));
                // Cleared first: after a full line the cursor stands on its last character.
                queue!(out, at, Clear(ClearType::UntilNewLine), Print(&text))?;
                *drawn = text;
            }
        }
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal as it was before [`Screen::enter`]. Does nothing the second time.
pub fn restore() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // What fails here can be told to nobody: the terminal is gone.
    let mut out = io::stdout();
    let _ = queue!(out, EnableLineWrap, Show, LeaveAlternateScreen).and_then(|()| out.flush());
    let _ = terminal::disable_raw_mode();
}
