//! What a program prints scrolls above one line that stays. Lines go into the terminal's own
//! history, as if nothing were below them.

use std::{
    io::{self, Write as _},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    cursor::{Hide, MoveTo, MoveToColumn, MoveUp, Show},
    event::KeyCode,
    queue,
    style::{Attribute, Print, SetAttribute},
    terminal::{
        self, Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen,
        LeaveAlternateScreen, SetTitle,
    },
};

use super::{
    links::Links,
    pager::{Pager, Read},
    text::{columns, cut, end, harmless},
};

/// The terminal, while it has the line.
pub(super) struct Screen {
    colours: bool,
    links: Option<Links>,
    /// What its title says; none if the title is left as it is.
    title: Option<String>,
    /// What is to be drawn: the status.
    status: String,
    /// A line of the program's that has no end yet, as far as it is shown.
    partial: String,
    /// The columns of each row that is drawn below the text.
    drawn: Vec<usize>,
    /// A text that is read meanwhile.
    pager: Option<Pager>,
    /// Lines to print afterwards, as they are printed.
    waiting: String,
}

/// Whether the terminal must be restored.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether its own title must come back.
static TITLED: AtomicBool = AtomicBool::new(false);

/// Whether it shows another page meanwhile.
static PAGED: AtomicBool = AtomicBool::new(false);

/// The terminal keeps its title, and has it again: a stack that xterm has brought.
const KEEP_TITLE: &str = "\x1b[22;0t";
const OWN_TITLE: &str = "\x1b[23;0t";

impl Screen {
    /// Takes the terminal: keys come one by one, and are not shown.
    /// Its title is changed only if it is `titled`.
    pub(super) fn take(colours: bool, links: Option<Links>, titled: bool) -> io::Result<Screen> {
        static HOOK: Once = Once::new();
        // What the hook prints is to be read.
        HOOK.call_once(|| {
            let usual = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                restore();
                usual(info);
            }));
        });
        // First: what follows may stop half-way.
        TAKEN.store(true, Ordering::SeqCst);
        let mut screen = Screen {
            colours,
            links,
            title: titled.then(String::new),
            status: String::new(),
            partial: String::new(),
            drawn: Vec::new(),
            pager: None,
            waiting: String::new(),
        };
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        let mut out = io::stdout().lock();
        queue!(out, Hide)?;
        if let Some(title) = &mut self.title {
            title.clear();
            TITLED.store(true, Ordering::SeqCst);
            queue!(out, Print(KEEP_TITLE))?;
        }
        out.flush()
    }

    /// Gives the terminal back for a while, and takes it again: another program may have changed it.
    pub(super) fn retake(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        self.close();
        let mut out = Vec::new();
        self.erase(&mut out, width())?;
        io::stdout().lock().write_all(&out)?;
        restore();
        meanwhile();
        TAKEN.store(true, Ordering::SeqCst);
        self.enter()?;
        self.draw("")
    }

    /// Whether it may show colours.
    pub(super) fn has_colours(&self) -> bool {
        self.colours
    }

    /// Lets the user read a text, page by page.
    pub(super) fn page(&mut self, pager: Pager) -> io::Result<()> {
        let mut out = io::stdout().lock();
        queue!(out, EnterAlternateScreen)?;
        out.flush()?;
        drop(out);
        PAGED.store(true, Ordering::SeqCst);
        self.pager.insert(pager).draw(size(), self.colours)
    }

    /// Gives a key to who reads; none if nobody does.
    pub(super) fn key(&mut self, key: KeyCode) -> Option<Read> {
        let pager = self.pager.as_mut()?;
        let read = pager.key(key, size());
        // A terminal that is gone says so by its end.
        let _ = match read {
            Read::On => pager.draw(size(), self.colours),
            Read::Ends | Read::Chosen(_) => {
                self.close();
                let lines = std::mem::take(&mut self.waiting);
                self.draw(&lines)
            }
        };
        Some(read)
    }

    fn close(&mut self) {
        self.pager = None;
        leave_page();
    }

    /// Takes away all that was printed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.drawn.clear();
        let mut out = io::stdout().lock();
        queue!(out, MoveTo(0, 0), Clear(ClearType::All), Clear(ClearType::Purge))?;
        out.flush()?;
        drop(out);
        self.draw("")
    }

    /// Prints lines above, which the program has printed.
    pub(super) fn print(&mut self, lines: &str) -> io::Result<()> {
        let lines = self.harmless(lines);
        self.draw(&lines)
    }

    /// Prints lines above, in which places are links.
    pub(super) fn say(&mut self, lines: &str) -> io::Result<()> {
        let lines = self.harmless(lines);
        match &self.links {
            Some(links) => self.draw(&links.add(&lines)),
            None => self.draw(&lines),
        }
    }

    fn harmless(&self, lines: &str) -> String {
        lines.lines().map(|line| harmless(seen(line), self.colours) + "\n").collect()
    }

    /// Shows the beginning of a line that is not complete; an empty one ends that.
    pub(super) fn partial(&mut self, line: &str) -> io::Result<()> {
        let line = harmless(seen(line), false);
        if line == self.partial {
            return Ok(());
        }
        self.partial = line;
        self.draw("")
    }

    /// Shows this status: as much as there is room for.
    pub(super) fn status(&mut self, fit: impl FnOnce(usize) -> String) -> io::Result<()> {
        // The last column stays free: some terminals wrap as soon as it is written.
        let status = fit(width().saturating_sub(1));
        if status == self.status {
            return Ok(());
        }
        self.status = status;
        self.draw("")
    }

    /// Has the title say this, if it may.
    pub(super) fn title(&mut self, say: impl FnOnce() -> String) -> io::Result<()> {
        let Some(title) = &mut self.title else { return Ok(()) };
        let now = say();
        if *title == now {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        queue!(out, SetTitle(&now))?;
        *title = now;
        out.flush()
    }

    /// Has the terminal ring, or whatever it does instead.
    pub(super) fn ring(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(b"\x07")?;
        out.flush()
    }

    /// The terminal has another size.
    pub(super) fn resized(&mut self) -> io::Result<()> {
        match &self.pager {
            Some(pager) => pager.draw(size(), self.colours),
            None => self.draw(""),
        }
    }

    /// All at once, so that nothing flickers: the rows below are taken away, lines printed, the rows
    /// drawn again.
    fn draw(&mut self, lines: &str) -> io::Result<()> {
        if self.pager.is_some() {
            self.waiting.push_str(lines);
            return Ok(());
        }
        let width = width();
        let mut out = Vec::new();
        self.erase(&mut out, width)?;
        for line in lines.lines() {
            queue!(out, Print(line), Print("\r\n"))?;
        }
        if self.colours && !lines.is_empty() {
            queue!(out, SetAttribute(Attribute::Reset))?;
        }
        queue!(out, DisableLineWrap)?;
        let room = width.saturating_sub(1);
        if !self.partial.is_empty() {
            let shown = end(&self.partial, room);
            self.drawn.push(columns(shown));
            queue!(out, Print(shown), Print("\r\n"))?;
        }
        let status = cut(&self.status, room);
        self.drawn.push(columns(&status));
        if self.colours {
            queue!(
                out,
                SetAttribute(Attribute::Dim),
                Print(&status),
                SetAttribute(Attribute::Reset)
            )?;
        } else {
            queue!(out, Print(&status))?;
        }
        queue!(out, EnableLineWrap)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()
    }

    /// Takes the rows away that are below the text.
    fn erase(&mut self, out: &mut Vec<u8>, width: usize) -> io::Result<()> {
        // A terminal that was made narrower has broken them.
        let rows: usize = self.drawn.drain(..).map(|it| it.div_ceil(width).max(1)).sum();
        if let Ok(up @ 1..) = u16::try_from(rows.saturating_sub(1)) {
            queue!(out, MoveUp(up))?;
        }
        queue!(out, MoveToColumn(0), Clear(ClearType::FromCursorDown))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.pager.is_some() {
            self.close();
            let lines = std::mem::take(&mut self.waiting);
            let _ = self.draw(&lines);
        }
        let mut out = Vec::new();
        let _ = self.erase(&mut out, width());
        if !self.partial.is_empty() {
            let _ = queue!(out, Print(&self.partial), Print("\r\n"));
        }
        let _ = io::stdout().lock().write_all(&out);
        restore();
    }
}

/// What is seen of a line in a terminal: not what a carriage return hides.
fn seen(line: &str) -> &str {
    line.rsplit('\r').find(|it| !it.is_empty()).unwrap_or_default()
}

/// Columns of the terminal now.
fn width() -> usize {
    size().0
}

/// Columns and rows of the terminal now.
pub(super) fn size() -> (usize, usize) {
    // A terminal that does not tell its size may tell 0.
    let told = |number: u16, usual| if number == 0 { usual } else { usize::from(number) };
    terminal::size().map_or((80, 24), |(columns, rows)| (told(columns, 80), told(rows, 24)))
}

/// Back from the page that is read, if one is.
fn leave_page() {
    if PAGED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = queue!(out, LeaveAlternateScreen).and_then(|()| out.flush());
    }
}

/// Makes the terminal as it was. Does nothing the second time.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    leave_page();
    // What fails here can be told to nobody: the terminal is gone.
    let mut out = io::stdout();
    let title = if TITLED.swap(false, Ordering::SeqCst) { OWN_TITLE } else { "" };
    let _ = queue!(out, EnableLineWrap, Show, Print(title)).and_then(|()| out.flush());
    let _ = terminal::disable_raw_mode();
}
