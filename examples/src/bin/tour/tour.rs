//! What the scenes share: the host, and copies of bundles to edit.

use std::{error::Error, io, sync::Arc};

use examples::{
    checks::{Checks, say},
    scratch::{Locked, Scratch},
};
use hot::{Bundle, Code, Event, Host, Report};

/// How a scene ends; an error ends the tour.
pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// A scene. It leaves the tour as the next one needs it.
pub(crate) type Scene = fn(&mut Tour, &mut Checks) -> Outcome;

pub(crate) struct Tour {
    pub(crate) host: Host,
    pub(crate) greeting: Edited,
    pub(crate) ping: Edited,
    pub(crate) pong: Edited,
    _locked: Locked,
}

impl Tour {
    /// Makes the copies, as soon as nobody else edits or builds them, and starts the host.
    pub(crate) fn start() -> Result<Tour, Box<dyn Error>> {
        // Ping depends on pong.
        let [greeting, pong, ping] = ["greeting", "pong", "ping"].map(Edited::copy);
        let (greeting, pong, ping) = (greeting?, pong?, ping?);
        let locked = match greeting.scratch.try_lock()? {
            Some(locked) => locked,
            None => {
                say("waiting for another tour or demo ..");
                greeting.scratch.lock()?
            }
        };
        // Another one may have edited the copies meanwhile.
        for Edited { scratch, .. } in [&greeting, &pong, &ping] {
            scratch.write(scratch.original())?;
        }
        let host = Host::start()?;
        host.on_event(|event| {
            // A refusal is said by the scene that asked for it.
            if !matches!(event, Event::Refused(_)) {
                say(event);
            }
        });
        Ok(Tour { host, greeting, ping, pong, _locked: locked })
    }
}

/// The code of each reason.
pub(crate) fn codes(error: &hot::Error) -> String {
    let codes: Vec<_> = error.reasons().iter().map(|reason| reason.code.id()).collect();
    codes.join(" ")
}

/// A bundle whose copy is edited.
pub(crate) struct Edited {
    name: &'static str,
    scratch: Scratch,
    bundle: Option<Bundle>,
}

impl Edited {
    fn copy(name: &'static str) -> io::Result<Edited> {
        Ok(Edited { name, scratch: Scratch::copy(name)?, bundle: None })
    }

    /// Builds the copy and loads it.
    pub(crate) fn load(&mut self, host: &Host) -> Result<&Bundle, hot::Error> {
        say(format!("building a copy of bundles/{} ..", self.name));
        let bundle = host.load_crate_in(self.scratch.root(), self.name)?;
        Ok(self.bundle.insert(bundle))
    }

    pub(crate) fn bundle(&self) -> Result<&Bundle, Box<dyn Error>> {
        Ok(self.bundle.as_ref().ok_or_else(|| format!("{} was not loaded", self.name))?)
    }

    /// Replaces a part of the repository's source in the copy, then builds and reloads.
    pub(crate) fn edit(&self, part: &str, by: &str) -> Result<Arc<Report>, hot::Error> {
        self.edit_all(&[(part, by)])
    }

    /// Replaces parts of the repository's source in the copy, then builds and reloads.
    pub(crate) fn edit_all(&self, edits: &[(&str, &str)]) -> Result<Arc<Report>, hot::Error> {
        let (name, mut source) = (self.name, self.scratch.original().to_owned());
        for (part, by) in edits {
            assert!(source.contains(part), "bundles/{name} has no `{part}`");
            source = source.replace(part, by);
            say(format!("edit {name}: {part} -> {by}"));
        }
        self.scratch.write(&source).expect("the copy can be written");
        say("building ..");
        let reloaded = self.bundle.as_ref().expect("loaded by an earlier scene").rebuild();
        match &reloaded {
            Ok(_) => {}
            // rustc's report was shown by the build.
            Err(error) if error.code() == Code::BuildFailed => {
                say(format!("refused: {}", error.reasons()[0].message));
            }
            Err(error) => say(format!("refused: {error}")),
        }
        reloaded
    }
}
