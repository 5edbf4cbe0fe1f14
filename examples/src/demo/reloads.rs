//! The host and the thread that builds and loads what a key asks for. Meanwhile the demo goes on.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use hot::{BuildMessage, Host};

use super::{Demo, Edit, model::Message};
use crate::{scratch::Scratch, text::plain};

/// Work for the host, done on a thread of its own. An error is shown.
pub type Job = Box<dyn FnOnce(&Host) -> Result<(), String> + Send>;

/// The host's side of a demo.
pub(super) struct Reloads {
    jobs: Sender<Job>,
    /// The copy that keys edit.
    scratch: Option<Arc<Scratch>>,
    bundle: &'static str,
    pub(super) host: Host,
}

impl Reloads {
    /// Starts host and thread. All that happens goes to `messages`.
    pub(super) fn start<D: Demo>(
        workspace: &Path,
        messages: Sender<Message>,
    ) -> io::Result<Reloads> {
        let (lines, builds, events) = (messages.clone(), messages.clone(), messages.clone());
        let scratch = match D::EDITS {
            [] => None,
            _ => Some(Arc::new(Scratch::copy(D::BUNDLE)?)),
        };
        let mut host = Host::builder()
            .workspace(workspace)
            .build_output(move |message| _ = builds.send(of_build(message)));
        if D::WATCHES {
            host = host.watch(move |line| _ = lines.send(Message::Line(line.to_owned())));
        }
        let host = host.start().map_err(io::Error::other)?;
        let (source, copy, listener) = (D::source(workspace), scratch.clone(), host.clone());
        host.on_event(move |event| {
            let body = || {
                let library = listener.bundle(D::BUNDLE)?.library().ok()?;
                let copy = copy.as_deref().filter(|copy| library.starts_with(copy.root()));
                let source = copy.map_or_else(|| source.clone(), Scratch::source_path);
                D::EDITS.first()?.body_in(&fs::read_to_string(source).ok()?)
            };
            _ = events.send(Message::Event(event.clone(), body()));
        });
        let (jobs, asked) = mpsc::channel::<Job>();
        let works = host.clone();
        thread::spawn(move || {
            for job in asked {
                if messages.send(Message::Done(job(&works))).is_err() {
                    return;
                }
            }
        });
        Ok(Reloads { jobs, scratch, bundle: D::BUNDLE, host })
    }

    pub(super) fn ask(&self, job: Job) {
        self.jobs.send(job).expect("the thread lives as long as this");
    }

    /// The copy is edited, built and loaded.
    pub(super) fn edit(&self, edit: Edit) -> Job {
        let scratch = self.scratch.clone().expect("a demo with edits has a copy");
        let bundle = self.bundle;
        Box::new(move |host| {
            let write = || -> io::Result<_> {
                let locked = scratch.lock()?;
                let source = edit.apply(scratch.original());
                let missing = || io::Error::other(format!("it has no `{}`", edit.name()));
                scratch.write(&source.ok_or_else(missing)?)?;
                Ok(locked)
            };
            let _locked = write().map_err(|error| format!("the copy cannot be edited: {error}"))?;
            let loaded = host.load_crate_in(scratch.root(), bundle);
            loaded.map(drop).map_err(|error| error.to_string())
        })
    }
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
