//! Places in sources as links, in terminals that have them (OSC 8).

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use supports_hyperlinks::Stream;

use hot_host::command::Place;

#[derive(Debug)]
pub(super) struct Links {
    /// A path on a machine that is reached from afar is not one on the terminal's.
    host: String,
    /// Where relative paths begin.
    workspace: PathBuf,
}

impl Links {
    /// None if the terminal is not known to have them. `FORCE_HYPERLINK` decides, if it is set.
    pub(super) fn detect(workspace: &Path) -> Option<Links> {
        supports_hyperlinks::on(Stream::Stdout).then(|| Links {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            workspace: workspace.to_owned(),
        })
    }

    /// The text with each place in a file that there is as a link. It has no escapes but colours.
    pub(super) fn add(&self, mut text: &str) -> String {
        let mut linked = String::with_capacity(text.len());
        while !text.is_empty() {
            let is_end = |c: char| c.is_whitespace() || c.is_control() || "`'\"(),".contains(c);
            let (word, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
            self.word(word, &mut linked);
            // A colour counts as a whole: else its last letter would begin a word.
            let end = if rest.starts_with('\x1b') { rest.find('m') } else { None };
            let end =
                end.map_or_else(|| rest.chars().next().map_or(0, char::len_utf8), |at| at + 1);
            linked.push_str(&rest[..end]);
            text = &rest[end..];
        }
        linked
    }

    fn word(&self, word: &str, linked: &mut String) {
        let place = word.trim_end_matches([':', ';', '.']);
        let path = Place::read(place).map(|place| self.workspace.join(place.path));
        let Some(path) = path.filter(|path| path.is_file()) else {
            return linked.push_str(word);
        };
        write!(linked, "\x1b]8;;file://{}{}\x1b\\", self.host, encoded(&path))
            .expect("a String takes all");
        linked.push_str(place);
        linked.push_str("\x1b]8;;\x1b\\");
        linked.push_str(&word[place.len()..]);
    }
}

/// The path as a URL has it.
fn encoded(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(*byte));
            }
            _ => write!(encoded, "%{byte:02X}").expect("a String takes all"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn places_that_are_there_are_links() {
        let folder = tempfile::Builder::new().prefix("a ö").tempdir().unwrap();
        let file = folder.path().join("lib.rs");
        fs::write(&file, "").unwrap();
        let links = Links { host: "here".to_owned(), workspace: folder.path().to_owned() };
        let base = folder.path().to_str().unwrap().replace('ö', "%C3%B6").replace(' ', "%20");
        let link =
            |text: &str| format!("\x1b]8;;file://here{base}/lib.rs\x1b\\{text}\x1b]8;;\x1b\\");
        for (begin, place, end) in [
            ("  \x1b[1m\x1b[94m--> \x1b[0m", "lib.rs:3:26", "\x1b[0m\n   |\n"),
            ("panicked at ", "lib.rs:3:26", ":\nno"),
            ("`", "lib.rs:3:26", "`"),
            ("(at ", "lib.rs:1:1", ")."),
        ] {
            let linked = links.add(&format!("{begin}{place}{end}"));
            assert_eq!(linked, format!("{begin}{}{end}", link(place)));
        }
        for none in ["none.rs:1:1", "lib.rs:1", "lib.rs", "12:30:45", "\x1b[1", "ö\x1bm", ""] {
            assert_eq!(links.add(none), none);
        }
    }
}
