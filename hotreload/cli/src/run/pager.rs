//! A text that is too long for the line: page by page in the terminal, and gone afterwards.

use std::io::{self, Write as _};

use crossterm::{
    cursor::MoveTo,
    event::KeyCode,
    queue,
    style::{Attribute, Print, SetAttribute},
    terminal::{Clear, ClearType},
};

use super::text::{cut, harmless, wrap};

/// A text, and where in it the reader is.
#[derive(Debug)]
pub(super) struct Pager {
    title: &'static str,
    text: String,
    top: usize,
    /// How many digits, from 1 on, choose something.
    choices: usize,
}

/// What a key does to a text that is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    On,
    /// The reader has enough.
    Ends,
    /// And has chosen what this digit stands for, counted from 0.
    Chosen(usize),
}

impl Pager {
    pub(super) fn new(title: &'static str, text: &str) -> Pager {
        Pager { title, text: harmless(text, false), top: 0, choices: 0 }
    }

    /// With digits that choose.
    pub(super) fn choices(self, choices: usize) -> Pager {
        Pager { choices, ..self }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyCode, (width, height): (usize, usize)) -> Read {
        if let KeyCode::Char(digit @ '1'..='9') = key {
            let chosen = digit as usize - '1' as usize;
            return if chosen < self.choices { Read::Chosen(chosen) } else { Read::On };
        }
        let page = height.saturating_sub(2).max(1);
        let last = self.rows(width).len().saturating_sub(page);
        self.top = match key {
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Enter => self.top + 1,
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top + page,
            KeyCode::PageUp => self.top.saturating_sub(page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return Read::Ends,
        }
        .min(last);
        Read::On
    }

    fn rows(&self, width: usize) -> Vec<String> {
        self.text.lines().flat_map(|line| wrap(line, width)).collect()
    }

    /// Draws the whole screen.
    pub(super) fn draw(&self, (width, height): (usize, usize), colours: bool) -> io::Result<()> {
        let rows = self.rows(width);
        let page = height.saturating_sub(2).max(1);
        let top = self.top.min(rows.len().saturating_sub(page));
        let mut out = Vec::new();
        queue!(out, MoveTo(0, 0), Clear(ClearType::All), Print(cut(self.title, width)))?;
        for (row, at) in rows.iter().skip(top).take(page).zip(1..) {
            queue!(out, MoveTo(0, at), Print(row))?;
        }
        let rest = rows.len().saturating_sub(top + page);
        let more = if rest == 0 { String::new() } else { format!(" · {rest} more lines: space") };
        let choose = if self.choices == 0 { "" } else { " · a digit goes there" };
        let foot = cut(&format!("q back{choose}{more}"), width.saturating_sub(1));
        let bottom = u16::try_from(height.saturating_sub(1)).unwrap_or(u16::MAX);
        queue!(out, MoveTo(0, bottom))?;
        if colours {
            queue!(out, SetAttribute(Attribute::Dim), Print(foot), SetAttribute(Attribute::Reset))?;
        } else {
            queue!(out, Print(foot))?;
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()
    }
}
