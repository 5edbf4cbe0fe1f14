//! A terminal's screen as a picture: an SVG whose text is what stood on the screen.
//!
//! The picture brings its own background, so that it can be read on light and on dark pages.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

const CELL: (f64, f64) = (8.4, 19.0);
const MARGIN: f64 = 16.0;
/// The window's bar, above the first row.
const BAR: f64 = 32.0;

const BACKGROUND: &str = "#1b1f27";
const FOREGROUND: &str = "#e6e9ef";
/// The sixteen colours of terminals, each readable on the background.
const COLOURS: [&str; 16] = [
    "#7d8799", "#ff7b86", "#8bd17c", "#e8c26a", "#7ab7ff", "#d69bf5", "#62d0d6", "#d5dae3",
    "#9aa4b5", "#ff949d", "#a3e095", "#f3d58b", "#99c9ff", "#e2b5fa", "#86e0e5", "#ffffff",
];

/// What a terminal shows, row by row.
#[derive(Debug)]
pub struct Picture {
    columns: u16,
    rows: Vec<Row>,
}

type Row = Vec<Run>;

/// Cells beside each other that look alike.
#[derive(Debug)]
struct Run {
    column: u16,
    columns: u16,
    style: Style,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Style {
    colour: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Picture {
    /// What this screen shows, down to its last row that is not empty. Of rows that follow each other
    /// and differ in numbers only, the first and the last stay: how many a program prints until
    /// something else happens depends on the machine.
    pub fn of(screen: &Screen) -> Picture {
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let mut rows: Vec<Row> = (0..rows).map(|row| self::row(screen, row, columns)).collect();
        while rows.last().is_some_and(Vec::is_empty) {
            rows.pop();
        }
        let alike = |a: &Row, b: &Row| without_numbers(&text(a)) == without_numbers(&text(b));
        let mut kept: Vec<Row> = Vec::new();
        for row in rows {
            if let [.., first, second] = &*kept
                && alike(first, second)
                && alike(second, &row)
            {
                kept.pop();
            }
            kept.push(row);
        }
        Picture { columns, rows: kept }
    }

    /// Takes away rows with this text, which are not always there.
    pub fn leave_out(&mut self, text: &str) {
        self.rows.retain(|row| !self::text(row).contains(text));
    }

    /// The picture's file. `title` names what it shows, `description` tells it to who cannot see it.
    pub fn svg(&self, title: &str, description: &str) -> String {
        let width = f64::from(self.columns) * CELL.0 + 2.0 * MARGIN;
        let height = BAR + self.rows.len() as f64 * CELL.1 + MARGIN;
        let (title, description) = (escaped(title), escaped(description));
        let mut svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" aria-labelledby="title description">
<title id="title">{title}</title>
<desc id="description">{description}</desc>
<rect x="0.5" y="0.5" width="{:.0}" height="{:.0}" rx="8" fill="{BACKGROUND}" stroke="#6b7484"/>
<g fill="#6b7484"><circle cx="20" cy="16" r="5"/><circle cx="38" cy="16" r="5"/><circle cx="56" cy="16" r="5"/></g>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="{FOREGROUND}" xml:space="preserve">
"##,
            width - 1.0,
            height - 1.0,
        );
        for (number, row) in self.rows.iter().enumerate() {
            let y = BAR + number as f64 * CELL.1;
            for run in row {
                svg += &run.background(y);
            }
            writeln!(svg, r#"<text y="{:.1}">{}</text>"#, y + 14.0, self::runs(row)).unwrap();
        }
        svg + "</g>\n</svg>\n"
    }

    /// The lines of the screen, without what differs from run to run.
    pub fn lines(&self) -> Vec<String> {
        lines(self.rows.iter().map(text), self.columns.into())
    }
}

/// The lines of a picture's file, as [`Picture::lines`] gives them.
///
/// # Panics
/// If the file is none.
pub fn lines_of(svg: &str) -> Vec<String> {
    let width = svg.split_once("width=\"").and_then(|(_, rest)| rest.split('"').next());
    let width: f64 = width.expect("a width").parse().expect("a number");
    let columns = ((width - 2.0 * MARGIN) / CELL.0).round() as usize;
    let texts = svg.lines().filter_map(|line| line.strip_prefix("<text y="));
    let rows = texts.map(|line| {
        let parts = line.split('<').filter_map(|part| part.split_once('>'));
        let text: String = parts.map(|(_, text)| text).collect();
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    });
    lines(rows, columns)
}

/// A row that is full goes on in the next. Numbers are one sign each, since they differ, and of lines
/// that are alike then, one is enough.
fn lines(rows: impl Iterator<Item = String>, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for row in rows {
        line += &row;
        if row.chars().count() < columns {
            lines.push(without_numbers(line.trim_end()));
            line.clear();
        }
    }
    lines.push(without_numbers(line.trim_end()));
    lines.dedup();
    lines.retain(|line| !line.is_empty());
    lines
}

/// The text with each number as one sign, but for the numbers of codes: `HOT0301`, `E0308`.
pub fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for c in text.chars() {
        match c {
            '0'..='9' if is_code || out.ends_with("HOT") || out.ends_with("[E") => {
                is_code = true;
                out.push(c);
                continue;
            }
            '0'..='9' if out.ends_with('#') => {}
            // The rest of a number with a point in it.
            '0'..='9' if out.ends_with("#.") => {
                out.pop();
            }
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
        is_code = false;
    }
    // Cargo has waited for another one.
    out.replace("#m #s", "#s")
}

fn row(screen: &Screen, row: u16, columns: u16) -> Row {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else { break };
        if cell.is_wide_continuation() {
            if let Some(run) = runs.last_mut() {
                run.columns += 1;
            }
            continue;
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let style = Style::of(cell);
        match runs.last_mut().filter(|run| run.style == style) {
            Some(run) => {
                run.text += text;
                run.columns += 1;
            }
            None => runs.push(Run { column, columns: 1, style, text: text.to_owned() }),
        }
    }
    // A full row goes on in the next, with the blank at its end.
    let is_full = screen.row_wrapped(row);
    while !is_full && let Some(last) = runs.last_mut() {
        let length = last.text.trim_end_matches(' ').len();
        last.columns -= u16::try_from(last.text.len() - length).unwrap();
        last.text.truncate(length);
        if length > 0 || last.style.background.is_some() {
            break;
        }
        runs.pop();
    }
    runs
}

fn text(row: &Row) -> String {
    row.iter().map(|run| &*run.text).collect()
}

fn runs(row: &Row) -> String {
    let mut out = String::new();
    for Run { column, columns, style, text } in row {
        let (x, length) = (MARGIN + f64::from(*column) * CELL.0, f64::from(*columns) * CELL.0);
        write!(out, r#"<tspan x="{x:.1}" textLength="{length:.1}""#).unwrap();
        if style.colour != FOREGROUND {
            write!(out, r#" fill="{}""#, style.colour).unwrap();
        }
        for (is_so, attribute) in [
            (style.bold, r#" font-weight="bold""#),
            (style.dim, r#" opacity="0.75""#),
            (style.italic, r#" font-style="italic""#),
            (style.underline, r#" text-decoration="underline""#),
        ] {
            out += if is_so { attribute } else { "" };
        }
        write!(out, ">{}</tspan>", escaped(text)).unwrap();
    }
    out
}

impl Run {
    fn background(&self, y: f64) -> String {
        let Some(colour) = &self.style.background else { return String::new() };
        let (x, width) = (MARGIN + f64::from(self.column) * CELL.0, f64::from(self.columns));
        format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{colour}\"/>\n",
            width * CELL.0,
            CELL.1
        )
    }
}

impl Style {
    fn of(cell: &Cell) -> Style {
        let colour = colour(cell.fgcolor()).unwrap_or_else(|| FOREGROUND.to_owned());
        let background = self::colour(cell.bgcolor());
        let (colour, background) = match cell.inverse() {
            true => (background.unwrap_or_else(|| BACKGROUND.to_owned()), Some(colour)),
            false => (colour, background),
        };
        Style {
            colour,
            background,
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
        }
    }
}

/// The colour, unless it is the terminal's own.
fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index @ 0..16) => Some(COLOURS[usize::from(index)].to_owned()),
        // A cube of six steps each way, then greys.
        Color::Idx(index @ 16..232) => {
            let step = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let index = index - 16;
            Some(rgb(step(index / 36), step(index / 6 % 6), step(index % 6)))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(rgb(grey, grey, grey))
        }
        Color::Rgb(red, green, blue) => Some(rgb(red, green, blue)),
    }
}

fn rgb(red: u8, green: u8, blue: u8) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn picture(columns: u16, output: &str) -> Picture {
        let size = |number| NonZeroU16::new(number).unwrap();
        let mut parser = vt100::Parser::new(size(20), size(columns), 0);
        parser.process(output.as_bytes());
        Picture::of(parser.screen())
    }

    #[test]
    fn a_pictures_file_has_the_screens_text_and_colours() {
        let output = "$ run\r\n\r\n  \x1b[1;31merror[E0308]\x1b[0m: a < b && c > d\r\n\
                      \x1b[48;5;9mred\x1b[0m \x1b[7m漢字\x1b[0m";
        let picture = picture(60, output);
        let svg = picture.svg("A < B", "what it shows");
        assert_eq!(picture.lines(), ["$ run", "  error[E0308]: a < b && c > d", "red 漢字"]);
        assert_eq!(lines_of(&svg), picture.lines());
        for part in [
            "<title id=\"title\">A &lt; B</title>",
            "<desc id=\"description\">what it shows</desc>",
            "fill=\"#ff7b86\" font-weight=\"bold\">error[E0308]</tspan>",
            ">: a &lt; b &amp;&amp; c &gt; d</tspan>",
            "height=\"19\" fill=\"#ff949d\"/>",
            &format!("textLength=\"33.6\" fill=\"{BACKGROUND}\">漢字</tspan>"),
        ] {
            assert!(svg.contains(part), "no {part} in\n{svg}");
        }
    }

    #[test]
    fn lines_are_the_same_whatever_the_numbers_and_the_breaks_are() {
        let first = "tick 1\r\ntick 2\r\ntick 3\r\ntick 4\r\nbuilt in 98 ms, live 2.4 ms later";
        let second = "tick 9\r\nbuilt in 1312 ms, live 10 ms later";
        let (first, second) = (picture(24, first), picture(24, second));
        let lines = ["tick #", "built in # ms, live # ms later"];
        assert_eq!(
            (first.lines(), second.lines()),
            (lines.map(String::from).into(), lines.map(String::from).into())
        );
        assert_eq!(lines_of(&first.svg("", "")), lines);
        assert!(!first.svg("", "").contains("tick 2") && first.svg("", "").contains("tick 4"));
        assert_eq!(
            without_numbers("HOT0301 at 12:5, E0308, [E0308]"),
            "HOT0301 at #:#, E#, [E0308]"
        );
        assert_eq!(without_numbers("in 1m 05s"), without_numbers("in 0.05s"));
    }
}
