//! An aquarium in the terminal. All of it lives in `bundles/aquarium`, which can be edited meanwhile;
//! this is the part that stays: the loop, the terminal, the keys.

use std::{
    env,
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use examples::{
    input::{self, Input},
    panics::{self, contained},
    screen::Screen,
    text,
};
use hot::{BuildMessage, Host};
use ratatui_core::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    terminal::Terminal,
};
use ratatui_crossterm::CrosstermBackend;

const HELP: &str = "\
An aquarium in the terminal, which can be edited while it lives.

aquarium [--seconds N]

Edit bundles/aquarium/src/life.rs or picture.rs and save: the fish stay.

--seconds N  ends after so many seconds

f feeds, n adds a fish, space stops the time, q quits. Where standard output is
no terminal, a line is printed each second.";

const KEYS: &str = "f feeds  n adds a fish  space stops the time  q quits";

const FRAME: Duration = Duration::from_millis(33);

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let lasts = match arguments.iter().map(|argument| &**argument).collect::<Vec<_>>()[..] {
        [] => Some(None),
        ["--seconds", seconds] => seconds.parse().ok().map(|it| Some(Duration::from_secs(it))),
        ["-h" | "--help"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => None,
    };
    let Some(lasts) = lasts else {
        eprintln!("aquarium: that is not what it takes: {}\n\n{HELP}", arguments.join(" "));
        return ExitCode::from(2);
    };
    match run(lasts) {
        Ok(code) => code,
        // Whoever read it has seen enough.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aquarium: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What comes from other threads.
enum Message {
    Input(Input),
    /// The host's line about a save, or a panic.
    Said(String),
    /// An error of rustc, in one line.
    Rustc(String),
}

/// Runs for so long, or until somebody ends it.
fn run(lasts: Option<Duration>) -> Result<ExitCode, Box<dyn Error>> {
    let (sender, messages) = mpsc::channel();
    let (lines, errors) = (sender.clone(), sender.clone());
    let host = Host::builder()
        .watch(move |line| _ = lines.send(Message::Said(text::plain(line))))
        // Otherwise rustc's reports would come whole, as lines do: the picture has room for heads.
        .build_output(move |message| {
            if let BuildMessage::Diagnostic { rendered, error: true, .. } = message {
                _ = errors.send(Message::Rustc(head(rendered)));
            }
        })
        .start()?;
    eprintln!("building bundles/aquarium ..");
    host.load_crate("aquarium")?;
    aquarium::open();

    let draws = io::stdout().is_terminal() && !text::is_dumb();
    let raw = draws && io::stdin().is_terminal();
    let others = sender.clone();
    panics::on_panic(move |says| _ = others.send(Message::Said(says)));
    let signals = sender.clone();
    input::on_signal(move |signal| _ = signals.send(Message::Input(signal)))?;
    let picture = if draws { Some(Picture::enter(raw)?) } else { None };
    input::on_key(raw, move |input| _ = sender.send(Message::Input(input)));
    let program = Program { messages, picture, raw, paused: false, footer: Footer::new() };
    program.run(lasts)
}

/// What rustc says and where, of all that it reports.
fn head(rendered: &str) -> String {
    text::plain(rendered).lines().take(2).map(str::trim).collect::<Vec<_>>().join(" ")
}

struct Program {
    messages: Receiver<Message>,
    picture: Option<Picture>,
    /// Whether keys come one by one.
    raw: bool,
    paused: bool,
    footer: Footer,
}

impl Program {
    fn run(mut self, lasts: Option<Duration>) -> Result<ExitCode, Box<dyn Error>> {
        let start = Instant::now();
        let (mut next, mut seconds) = (start, 0);
        loop {
            match self.messages.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Message::Input(input)) => {
                    if let Some(code) = self.input(input) {
                        return Ok(code);
                    }
                }
                Ok(Message::Said(line)) => self.said(line)?,
                Ok(Message::Rustc(line)) => self.footer.errors.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    // From now: a laptop that slept does not make up for it.
                    next = Instant::now() + FRAME;
                    self.frame()?;
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the listeners never end"),
            }
            if lasts.is_some_and(|lasts| start.elapsed() >= lasts) {
                return Ok(ExitCode::SUCCESS);
            }
            if self.picture.is_none() && start.elapsed().as_secs() > seconds {
                seconds = start.elapsed().as_secs();
                let census = contained(aquarium::census);
                writeln!(io::stdout(), "{}", census.unwrap_or_else(|says| panicked(&says)))?;
            }
        }
    }

    fn input(&mut self, input: Input) -> Option<ExitCode> {
        match input {
            Input::Key('q') | Input::Interrupt => return Some(ExitCode::SUCCESS),
            Input::End if self.raw => return Some(ExitCode::SUCCESS),
            // As the shell reports a program that a signal has ended.
            Input::Signal(signal) => {
                return Some(ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)));
            }
            Input::Key(' ') => self.paused = !self.paused,
            Input::Key(key) => self.footer.calls(|| aquarium::key(key)),
            // The next frame has the new size. A file with keys may end before the fish do.
            Input::Resized | Input::End => {}
        }
        None
    }

    fn frame(&mut self) -> io::Result<()> {
        let footer = &mut self.footer;
        if !self.paused {
            footer.calls(|| aquarium::step(FRAME.as_secs_f32()));
        }
        if let Some(picture) = &mut self.picture {
            picture.terminal.draw(|frame| draw(frame.area(), frame.buffer_mut(), footer))?;
        }
        Ok(())
    }

    fn said(&mut self, line: String) -> io::Result<()> {
        self.footer.said(line);
        if self.picture.is_none() {
            let Footer { said, detail, .. } = &self.footer;
            if detail != KEYS {
                writeln!(io::stdout(), "{detail}")?;
            }
            writeln!(io::stdout(), "{said}")?;
        }
        Ok(())
    }
}

/// The terminal. It is restored when the second field is dropped, and by the hook for panics.
struct Picture {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    _screen: Screen,
}

impl Picture {
    fn enter(raw: bool) -> io::Result<Picture> {
        let screen = Screen::enter(raw)?;
        Ok(Picture {
            terminal: Terminal::new(CrosstermBackend::new(io::stdout()))?,
            _screen: screen,
        })
    }
}

/// The tank, and below it what there is to say.
fn draw(area: Rect, frame: &mut Buffer, footer: &mut Footer) {
    let rows = area.height.min(2);
    let tank = Rect { height: area.height - rows, ..area };
    footer.calls(|| aquarium::draw(tank, frame));
    let plain = Style::new();
    let said = plain.fg(if footer.is_bad { Color::LightRed } else { Color::LightGreen });
    let lines = [(&footer.detail, plain), (&footer.said, said)];
    // In the smallest terminal the last line is the only one.
    for (y, (line, style)) in (tank.bottom()..).zip(&lines[2 - usize::from(rows)..]) {
        frame.set_stringn(area.x, y, line, area.width.into(), *style);
    }
}

/// What the last save led to.
struct Footer {
    said: String,
    is_bad: bool,
    /// The first error of rustc; else what can be done.
    detail: String,
    /// Those of a build that is not over.
    errors: Vec<String>,
}

impl Footer {
    fn new() -> Footer {
        let said = "edit bundles/aquarium/src/life.rs or picture.rs, save, and look".to_owned();
        Footer { said, is_bad: false, detail: KEYS.to_owned(), errors: Vec::new() }
    }

    fn said(&mut self, line: String) {
        self.is_bad = line.contains("not reloaded");
        self.said = line;
        self.detail = self.errors.drain(..).next().unwrap_or_else(|| KEYS.to_owned());
    }

    /// Calls the bundle. It is being edited and may panic: that is shown, and the fish live on.
    fn calls(&mut self, f: impl FnOnce()) {
        if let Err(says) = contained(f) {
            self.is_bad = true;
            self.said = panicked(&says);
        }
    }
}

fn panicked(says: &str) -> String {
    format!("aquarium panicked: {}", text::plain(says).lines().next().unwrap_or_default())
}
