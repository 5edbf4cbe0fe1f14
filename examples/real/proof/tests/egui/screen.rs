//! A screen that nobody sees, with a pointer and keys: Xvfb, and what others have made to use it.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const WIDTH: usize = 480;
const HEIGHT: usize = 320;

pub type Point = (usize, usize);

/// A place of the window where nothing is.
pub const NOWHERE: Point = (470, 310);

/// What is waited for is seen within this time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A window that has begun to move goes on within this time.
const STILL: Duration = Duration::from_secs(1);

/// A screen of the size of the program's window. It ends with this value.
#[derive(Debug)]
pub struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    /// Starts one, under a number that nobody has.
    ///
    /// # Errors
    /// If a program that it needs is not there.
    pub fn start() -> io::Result<Screen> {
        let size = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"]);
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().map_err(|error| lacks("Xvfb", &error))?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut number)?;
        let screen = Screen { server, display: format!(":{}", number.trim()) };
        screen.command("xdotool", &["version"])?;
        screen.command("convert", &["-version"])?;
        screen.shot()?;
        Ok(screen)
    }

    /// What the program is told, so that it draws there, without a graphics card.
    pub fn environment(&self) -> [(&str, &str); 4] {
        [
            ("DISPLAY", &self.display),
            ("WAYLAND_DISPLAY", ""),
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
            ("WINIT_X11_SCALE_FACTOR", "1"),
        ]
    }

    /// Moves the pointer and presses keys: words of xdotool.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn act(&self, words: &str) -> io::Result<()> {
        self.command("xdotool", &words.split_whitespace().collect::<Vec<_>>()).map(drop)
    }

    /// Clicks at a point, and moves the pointer away.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn click(&self, (x, y): Point) -> io::Result<()> {
        // egui has to draw a frame between what it is to tell apart.
        self.act(&format!("mousemove {x} {y} sleep 0.3 click 1 sleep 0.3"))?;
        self.act(&format!("mousemove {} {} sleep 0.3", NOWHERE.0, NOWHERE.1))
    }

    /// Clicks at a point, and types a text.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn write(&self, at: Point, text: &str) -> io::Result<()> {
        self.click(at)?;
        self.command("xdotool", &["type", "--delay", "60", text]).map(drop)
    }

    /// The picture, once it is as `is_right` wants it.
    ///
    /// # Panics
    /// If it does not become so, or cannot be taken.
    pub fn wait(&self, what: &str, is_right: impl Fn(&Picture) -> bool) -> Picture {
        let started = Instant::now();
        loop {
            let picture = self.shot().expect("the screen is there");
            if is_right(&picture) {
                return picture;
            }
            if started.elapsed() > PATIENCE {
                let path = std::env::temp_dir().join("hotreload-egui-failed.png");
                picture.save(&path).expect("the picture can be written");
                panic!("not seen: {what}; the last picture is {}", path.display());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The picture, once it stands still.
    ///
    /// # Panics
    /// If it cannot be taken.
    pub fn still(&self) -> Picture {
        let last = self.shot().expect("the screen is there");
        let since = Instant::now();
        loop {
            thread::sleep(Duration::from_millis(20));
            let picture = self.shot().expect("the screen is there");
            if picture != last {
                return self.still();
            }
            if since.elapsed() > STILL {
                return picture;
            }
        }
    }

    fn shot(&self) -> io::Result<Picture> {
        self.command("import", &["-window", "root", "-depth", "8", "rgb:-"]).map(Picture)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> io::Result<Vec<u8>> {
        let mut command = Command::new(program);
        command.args(arguments).env("DISPLAY", &self.display).stderr(Stdio::inherit());
        let output = command.output().map_err(|error| lacks(program, &error))?;
        if !output.status.success() {
            return Err(io::Error::other(format!("{program} {}", output.status)));
        }
        Ok(output.stdout)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn lacks(program: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!(
        "{program}: {error}. This proof needs Xvfb, xdotool and ImageMagick, and what eframe opens \
         windows with; on Debian: apt-get install xvfb xdotool imagemagick libgl1 libgl1-mesa-dri \
         libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0"
    ))
}

/// A part of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

/// What was seen: three bytes for each point.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture(Vec<u8>);

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a picture of {} bytes", self.0.len())
    }
}

impl Picture {
    /// What is in a part.
    pub fn part(&self, part: Part) -> Vec<&[u8]> {
        let Part { left, top, right, bottom } = part;
        (top..bottom).map(|y| &self.0[3 * (y * WIDTH + left)..3 * (y * WIDTH + right)]).collect()
    }

    /// Writes it into a file, as PNG.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        beside(&[self], path)
    }
}

/// Writes pictures side by side into a file, as PNG of few colours.
///
/// # Errors
/// If it cannot be written.
pub fn beside(pictures: &[&Picture], path: &Path) -> io::Result<()> {
    let mut convert = Command::new("convert");
    convert.args([
        "-size",
        &format!("{WIDTH}x{}", HEIGHT * pictures.len()),
        "-depth",
        "8",
        "rgb:-",
    ]);
    convert.args(["-crop", &format!("{WIDTH}x{HEIGHT}"), "+append", "+repage", "-colors", "64"]);
    convert.args(["-strip", "png:-"]).stdin(Stdio::piped()).stdout(File::create(path)?);
    let mut convert = convert.spawn()?;
    let mut input = convert.stdin.take().expect("it is piped");
    for picture in pictures {
        input.write_all(&picture.0)?;
    }
    drop(input);
    if convert.wait()?.success() { Ok(()) } else { Err(io::Error::other("convert fails")) }
}
