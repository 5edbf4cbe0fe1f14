//! The scenes, in order. Each leaves the tour as the next one needs it.

use std::{error::Error, sync::Arc};

use examples::{
    checks::{Checks, say},
    panics,
    scratch::Scratch,
};
use hot::{Bundle, Code, Event, Host, Report};

/// A scene; an error ends the tour.
type Scene = fn(&mut Tour, &mut Checks) -> Result<(), Box<dyn Error>>;

/// All of them.
pub(crate) const ALL: [Scene; 7] =
    [linked, built_and_called, edited, panicking, other_signature, broken, rolled_back];

/// What the scenes share.
pub(crate) struct Tour {
    host: Host,
    scratch: Scratch,
    bundle: Option<Bundle>,
    /// The host's state: the bundle writes into it, reloads keep it.
    book: Vec<String>,
}

impl Tour {
    pub(crate) fn start(scratch: Scratch) -> Result<Tour, hot::Error> {
        let host = Host::start()?;
        host.on_event(|event| {
            // A refusal is said by the scene that asked for it.
            if !matches!(event, Event::Refused(_)) {
                say(event);
            }
        });
        Ok(Tour { host, scratch, bundle: None, book: Vec::new() })
    }

    fn bundle(&self) -> Result<&Bundle, Box<dyn Error>> {
        Ok(self.bundle.as_ref().ok_or("the bundle was not loaded")?)
    }

    /// Replaces a part of the repository's source in the copy, then builds and reloads.
    fn edit(&self, part: &str, by: &str) -> Result<Arc<Report>, hot::Error> {
        let source = self.scratch.original();
        assert!(source.contains(part), "bundles/greeting has no `{part}`");
        self.scratch.write(&source.replace(part, by)).expect("the copy can be written");
        say(format!("edit: {} -> {}", one_line(part), one_line(by)));
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

/// The line that the edits change.
const GREETING: &str = "format!(\"Hello, {name}!\")";
const EVENING: &str = "format!(\"Good evening, {name}!\")";
const SIGNATURE: &str = "greet(name: &str)";

fn one_line(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn linked(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("Before anything is loaded, calls reach what the program was linked with");
    checks.equal("greet(\"Ann\")", hot::get!(greeting::greet)("Ann"), "Hello, Ann!");
    let status = tour.host.status()?;
    checks.holds("no bundle is loaded", status.bundles.is_empty());
    Ok(())
}

fn built_and_called(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("A bundle is built by cargo, loaded and called");
    say("building a copy of bundles/greeting ..");
    let bundle = tour.host.load_crate_in(tour.scratch.root(), "greeting")?;
    checks.equal("generation", bundle.generation()?, 1);
    checks.equal("greet(\"Ann\")", hot::get!(greeting::greet)("Ann"), "Hello, Ann!");
    checks.equal("guests", hot::get!(greeting::enter)(&mut tour.book, "Ann"), 1);
    tour.bundle = Some(bundle);
    Ok(())
}

fn edited(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("Its source is edited: the running program does something else");
    let greet = hot::get!(greeting::greet);
    let report = tour.edit(GREETING, EVENING)?;
    checks.equal("generation", report.generation, 2);
    checks.equal("greet(\"Bob\")", hot::get!(greeting::greet)("Bob"), "Good evening, Bob!");
    checks.equal("by a handle from before", greet("Bob"), "Good evening, Bob!");
    checks.equal("guests", hot::get!(greeting::enter)(&mut tour.book, "Bob"), 2);
    checks.holds("the guest from before is still in the book", tour.book[0] == "Ann");
    Ok(())
}

fn panicking(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("New code panics: the caller gets the panic, the program goes on");
    tour.edit(GREETING, "panic!(\"no greeting for {name}\")")?;
    let panicked = panics::contained(|| hot::get!(greeting::greet)("Cid"));
    let says = panicked.unwrap_or_else(|says| says);
    // Behind it comes the backtrace, if one is asked for.
    let says: Vec<&str> = says.lines().map(str::trim).take(2).collect();
    checks.equal("caught", says[0], "no greeting for Cid");
    checks.holds(says[1], says[1].starts_with("in bundle `greeting` at"));
    checks.equal("guests", hot::get!(greeting::enter)(&mut tour.book, "Cid"), 3);
    tour.bundle()?.rollback()?;
    checks.equal("greet(\"Cid\")", hot::get!(greeting::greet)("Cid"), "Good evening, Cid!");
    Ok(())
}

fn other_signature(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("A signature is changed under its callers: refused, with the reason");
    let before = tour.bundle()?.generation()?;
    let refused = tour.edit(SIGNATURE, "greet(name: &str, _loud: bool)");
    checks.equal("code", refused.err().map(|error| error.code()), Some(Code::TypeChanged));
    checks.equal("generation", tour.bundle()?.generation()?, before);
    checks.equal("greet(\"Dan\")", hot::get!(greeting::greet)("Dan"), "Good evening, Dan!");
    Ok(())
}

fn broken(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("The source does not compile: the old code runs on");
    let before = tour.bundle()?.generation()?;
    let refused = tour.edit(GREETING, "name.len()");
    checks.equal("code", refused.err().map(|error| error.code()), Some(Code::BuildFailed));
    checks.equal("generation", tour.bundle()?.generation()?, before);
    checks.equal("greet(\"Eve\")", hot::get!(greeting::greet)("Eve"), "Good evening, Eve!");
    Ok(())
}

fn rolled_back(tour: &mut Tour, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    checks.scene("Rolled back to the first generation; the state is kept");
    tour.bundle()?.rollback()?;
    checks.equal("greet(\"Flo\")", hot::get!(greeting::greet)("Flo"), "Hello, Flo!");
    checks.equal("guests", hot::get!(greeting::enter)(&mut tour.book, "Flo"), 4);
    checks.equal("book", tour.book.join(" "), "Ann Bob Cid Flo");
    Ok(())
}
