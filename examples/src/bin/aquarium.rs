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
use hot::{BuildMessage, Host, Level, Notice};
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

const HINT: &str = "edit bundles/aquarium/src/life.rs or picture.rs, save, and look";

const FRAME: Duration = Duration::from_millis(33);

/// How long a line is seen that is no error.
const SEEN: Duration = Duration::from_secs(5);

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
    /// The host's line about a save.
    Said(String),
    /// What a panic of another thread says.
    Panicked(String),
    /// An error of rustc, in one line.
    Rustc(String),
}

/// Runs for so long, or until somebody ends it.
fn run(lasts: Option<Duration>) -> Result<ExitCode, Box<dyn Error>> {
    let (sender, messages) = mpsc::channel();
    let (lines, errors) = (sender.clone(), sender.clone());
    let host = Host::builder()
        .watch(move |line| _ = lines.send(Message::Said(text::plain(line))))
        // Otherwise rustc's reports would come whole, as lines do.
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
    panics::on_panic(move |says| _ = others.send(Message::Panicked(says)));
    let signals = sender.clone();
    input::on_signal(move |signal| _ = signals.send(Message::Input(signal)))?;
    let picture = if draws { Some(Picture::enter(raw)?) } else { None };
    input::on_key(raw, move |input| _ = sender.send(Message::Input(input)));
    let program =
        Program { host, messages, picture, raw, paused: false, errors: Vec::new(), panicked: None };
    program.run(lasts)
}

/// What rustc says and where, of all that it reports.
fn head(rendered: &str) -> String {
    text::plain(rendered).lines().take(2).map(str::trim).collect::<Vec<_>>().join(" ")
}

struct Program {
    host: Host,
    messages: Receiver<Message>,
    picture: Option<Picture>,
    /// Whether keys come one by one.
    raw: bool,
    paused: bool,
    /// What rustc reports in a build that is not over, where there is no picture.
    errors: Vec<String>,
    panicked: Option<Panicked>,
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
                Ok(Message::Said(line)) => self.said(&line)?,
                Ok(Message::Panicked(says)) => {
                    self.said(&says)?;
                    self.panicked = Some(Panicked { says, at: Instant::now() });
                }
                Ok(Message::Rustc(line)) => self.errors.push(line),
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
            Input::Key(key) => self.calls(|| aquarium::key(key)),
            // The next frame has the new size. A file with keys may end before the fish do.
            Input::Resized | Input::End => {}
        }
        None
    }

    fn frame(&mut self) -> io::Result<()> {
        if !self.paused {
            self.calls(|| aquarium::step(FRAME.as_secs_f32()));
        }
        let Some(mut picture) = self.picture.take() else { return Ok(()) };
        let drawn = picture.terminal.draw(|frame| self.draw(frame.area(), frame.buffer_mut()));
        drawn.map(drop)?;
        self.picture = Some(picture);
        Ok(())
    }

    /// The tank, and below it what there is to say.
    fn draw(&mut self, area: Rect, frame: &mut Buffer) {
        let rows = area.height.min(2);
        let tank = Rect { height: area.height - rows, ..area };
        self.calls(|| aquarium::draw(tank, frame));
        let (said, style) = self.says();
        let bar = Rect { y: area.bottom() - rows.min(1), height: rows.min(1), ..area };
        frame.set_style(bar, style);
        // In the smallest terminal the last line is the only one.
        let lines = [(KEYS, Style::new()), (&*said, style)];
        for (y, (line, style)) in (tank.bottom()..).zip(&lines[2 - usize::from(rows)..]) {
            frame.set_stringn(area.x, y, line, area.width.into(), *style);
        }
    }

    /// The last line: what the host has to say, or a panic that came later.
    fn says(&self) -> (String, Style) {
        let bad = Style::new().fg(Color::White).bg(Color::Red);
        let notice = self.host.notice();
        let is_over = |age: Duration| match &notice {
            Some(notice) => notice.level == Level::Error || notice.age < age,
            None => false,
        };
        if let Some(Panicked { says, at }) = &self.panicked
            && at.elapsed() < SEEN
            && !is_over(at.elapsed())
        {
            return (says.clone(), bad);
        }
        match notice {
            Some(Notice { text, level: Level::Error, .. }) => (text, bad),
            Some(Notice { text, level, age, .. }) if age < SEEN => {
                let is_warning = level == Level::Warning;
                let colour = if is_warning { Color::LightYellow } else { Color::LightGreen };
                (text, Style::new().fg(colour))
            }
            _ => (HINT.to_owned(), Style::new()),
        }
    }

    /// A line for those who see no picture.
    fn said(&mut self, line: &str) -> io::Result<()> {
        let error = self.errors.drain(..).next();
        if self.picture.is_none() {
            for line in error.iter().map(String::as_str).chain([line]) {
                writeln!(io::stdout(), "{line}")?;
            }
        }
        Ok(())
    }

    /// Calls the bundle. It is being edited and may panic: that is shown, and the fish live on.
    fn calls(&mut self, f: impl FnOnce()) {
        if let Err(says) = contained(f) {
            self.panicked = Some(Panicked { says: panicked(&says), at: Instant::now() });
        }
    }
}

/// A panic of the bundle's, or of another thread.
struct Panicked {
    says: String,
    at: Instant,
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

fn panicked(says: &str) -> String {
    format!("aquarium panicked: {}", text::plain(says).lines().next().unwrap_or_default())
}
