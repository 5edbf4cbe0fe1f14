//! The host and the thread that builds and loads what a key asks for. Meanwhile the demo counts.

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use examples::{scratch::Scratch, text::plain};
use hot::{BuildMessage, Host};

use crate::model::Message;

/// What a key makes of `change`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) key: char,
    pub(crate) short: &'static str,
    function: &'static str,
}

const fn behaviour(key: char, short: &'static str, function: &'static str) -> Behaviour {
    Behaviour { key, short, function }
}

/// The keys.
pub(crate) const BEHAVIOURS: [Behaviour; 5] = [
    behaviour('1', "+1", "pub fn change(count: i64) -> i64 {\n    count + 1\n}\n"),
    behaviour('2', "+10", "pub fn change(count: i64) -> i64 {\n    count + 10\n}\n"),
    behaviour('3', "x2", "pub fn change(count: i64) -> i64 {\n    count.saturating_mul(2)\n}\n"),
    behaviour('4', "-5", "pub fn change(count: i64) -> i64 {\n    count - 5\n}\n"),
    behaviour('5', "=0", "pub fn change(_count: i64) -> i64 {\n    0\n}\n"),
];

impl Behaviour {
    pub(crate) fn of(key: char) -> Option<Behaviour> {
        BEHAVIOURS.into_iter().find(|behaviour| behaviour.key == key)
    }

    /// The source with this `change` instead of its own.
    fn source(self, original: &str) -> Option<String> {
        let (start, end) = change_in(original)?;
        Some(format!("{}{}{}", &original[..start], self.function.trim_end(), &original[end..]))
    }
}

/// What the thread is asked for.
pub(crate) enum Job {
    /// Load the counter crate of the workspace.
    Load,
    /// Edit the copy, build and load it.
    Become(Behaviour),
}

/// The host's side of the demo.
pub(crate) struct Reloads {
    jobs: Sender<Job>,
    workspace: PathBuf,
    scratch: Arc<Scratch>,
    host: Host,
}

impl Reloads {
    /// Starts host and thread, and asks for the first load. All that happens goes to `messages`.
    pub(crate) fn start(workspace: PathBuf, messages: Sender<Message>) -> io::Result<Reloads> {
        let (lines, builds, events) = (messages.clone(), messages.clone(), messages.clone());
        let host = Host::builder()
            .workspace(&workspace)
            .watch(move |line| _ = lines.send(Message::Line(line.to_owned())))
            .build_output(Arc::new(move |message| _ = builds.send(of_build(message))))
            .start()
            .map_err(io::Error::other)?;
        host.on_event(move |event| _ = events.send(Message::Event(event.clone())));
        let scratch = Arc::new(Scratch::copy("counter")?);
        let (jobs, asked) = mpsc::channel();
        let reloads = Reloads { jobs, workspace, scratch: scratch.clone(), host: host.clone() };
        thread::spawn(move || {
            for job in asked {
                if messages.send(Message::Done(work(&host, &scratch, job))).is_err() {
                    return;
                }
            }
        });
        reloads.ask(Job::Load);
        Ok(reloads)
    }

    pub(crate) fn ask(&self, job: Job) {
        self.jobs.send(job).expect("the thread lives as long as this");
    }

    /// The body of the `change` that was just loaded, in one line.
    pub(crate) fn body(&self) -> Option<String> {
        let library = self.host.bundle("counter")?.library().ok()?;
        let source = if library.starts_with(self.scratch.root()) {
            self.scratch.source_path()
        } else {
            self.workspace.join("bundles/counter/src/lib.rs")
        };
        body_in(&fs::read_to_string(source).ok()?)
    }
}

fn work(host: &Host, scratch: &Scratch, job: Job) -> Result<(), String> {
    let loaded = match job {
        Job::Load => host.load_crate("counter"),
        Job::Become(behaviour) => {
            let edit = || -> io::Result<_> {
                let locked = scratch.lock()?;
                let source = behaviour.source(scratch.original());
                scratch.write(&source.ok_or_else(|| io::Error::other("it has no `change`"))?)?;
                Ok(locked)
            };
            let _locked = edit().map_err(|error| format!("the copy cannot be edited: {error}"))?;
            host.load_crate_in(scratch.root(), "counter")
        }
    };
    loaded.map(drop).map_err(|error| error.to_string())
}

fn of_build(message: BuildMessage<'_>) -> Message {
    match message {
        BuildMessage::Diagnostic { rendered, .. } => Message::Rustc(plain(rendered)),
        BuildMessage::Line(line) => Message::Rustc(plain(line)),
        BuildMessage::Progress { bundle, crates, elapsed, waiting, .. } => {
            let note = if waiting { ", another cargo runs" } else { "" };
            let seconds = elapsed.as_secs_f32();
            Message::Building(Some(format!(
                "building {bundle}: {crates} crates, {seconds:.1} s{note}"
            )))
        }
        _ => Message::Building(None),
    }
}

/// Where `pub fn change` starts and ends. It reads no Rust: braces in texts and comments count.
fn change_in(source: &str) -> Option<(usize, usize)> {
    let start = source.find("pub fn change(")?;
    let mut depth = 0;
    for (at, c) in source[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((start, start + at + 1)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn body_in(source: &str) -> Option<String> {
    let (start, end) = change_in(source)?;
    let (_, body) = source[start..end - 1].split_once('{')?;
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(plain(&lines.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_changes_the_function_only() {
        let source = include_str!("../../../../bundles/counter/src/lib.rs");
        for behaviour in BEHAVIOURS {
            let edited = behaviour.source(source).unwrap();
            assert!(edited.contains(behaviour.function), "{edited}");
            assert!(edited.starts_with(&source[..source.find("pub fn").unwrap()]));
            assert_eq!(edited.matches("fn change").count(), 1);
        }
        assert_eq!(Behaviour::of('6'), None);
    }

    #[test]
    fn the_body_is_shown_in_one_line() {
        let source =
            "x\npub fn change(a: i64) -> i64 {\n    if a > 1 {\n        0\n    } else { 1 }\n}\n}";
        assert_eq!(body_in(source).unwrap(), "if a > 1 { 0 } else { 1 }");
        assert_eq!(body_in("pub fn change("), None);
        assert_eq!(body_in("pub fn other() {}"), None);
    }
}
