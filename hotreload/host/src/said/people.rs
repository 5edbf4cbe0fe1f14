//! Numbers and tables as people read them.

use std::fmt::Display;

use unicode_width::UnicodeWidthStr as _;

/// A cell that is wider does not widen its column.
const WIDEST: usize = 40;

/// How many there are: `1 image`, `2 images`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A number of bytes that somebody may compare with another.
pub fn bytes(count: u64) -> String {
    counted(count, "byte")
}

/// About how many bytes: `12.3 MB`.
pub fn about(count: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(size, _)| count >= *size) {
        // Tenths, rounded down: no unit has more than 999 of the next one.
        Some((size, unit)) => format!("{}.{} {unit}", count / size, count % size * 10 / size),
        None => bytes(count),
    }
}

/// Rows in columns, indented. What follows a cell that is too wide for its column stands below it.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let fits = |width: &usize| *width <= WIDEST;
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].width()).filter(fits).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            line.push_str(cell);
            let is_last = row[index + 1..].iter().all(String::is_empty);
            match width.checked_sub(cell.width()) {
                _ if is_last => break,
                // Nobody has anything in this column.
                Some(_) if width == 0 => {}
                Some(free) => line.push_str(&" ".repeat(free + 2)),
                None => line.push_str("\n      "),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A heading with what belongs to it, or nothing if that is nothing.
pub fn section(heading: &str, text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("{heading}\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!([0, 1, 2].map(|it| counted(it, "image")), ["0 images", "1 image", "2 images"]);
    }

    #[test]
    fn large_numbers_of_bytes_are_read_at_a_glance() {
        let texts = [1, 999, 1_000, 12_345_678, 999_999_999, 5_250_000_000].map(about);
        assert_eq!(texts, ["1 byte", "999 bytes", "1.0 kB", "12.3 MB", "999.9 MB", "5.2 GB"]);
    }

    #[test]
    fn long_names_do_not_push_the_others_aside() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let long = "l".repeat(60);
        let rows = [row(["a", "", "x"]), row(["好", "", ""]), row(["ccc", "", "y"])];
        assert_eq!(columns(&rows), "  a    x\n  好\n  ccc  y\n");
        let rows = [row(["a", "b", "x"]), row([&long, "bb", "y"])];
        assert_eq!(columns(&rows), format!("  a  b   x\n  {long}\n      bb  y\n"));
    }
}
