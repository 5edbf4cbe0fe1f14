//! One bundle, which the program was linked with.

use examples::{checks::Checks, panics};
use hot::Code;

use crate::tour::{Outcome, Tour, codes};

/// What the edits change.
const GREETING: &str = "format!(\"Hello, {name}!\")";
const EVENING: &str = "format!(\"Good evening, {name}!\")";
const SIGNATURE: &str = "greet(name: &str)";
const LOUD: &str = "greet(name: &str, _loud: bool)";
const CARD: (&str, &str) =
    ("pub visits: u32,", "pub visits: u32,\n    /// New.\n    pub tip: f32,");

pub(crate) fn linked(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("Before anything is loaded, calls reach what the program was linked with");
    checks.equal("greet(\"Ann\")", greeting::greet("Ann"), "Hello, Ann!");
    let status = tour.host.status()?;
    checks.holds("no bundle is loaded", status.bundles.is_empty());
    Ok(())
}

pub(crate) fn built_and_called(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A bundle is built by cargo, loaded and called");
    let bundle = tour.greeting.load(&tour.host)?;
    checks.equal("generation", bundle.generation()?, 1);
    checks.equal("greet(\"Ann\")", greeting::greet("Ann"), "Hello, Ann!");
    checks.equal("guests", greeting::enter("Ann"), 1);
    Ok(())
}

pub(crate) fn edited(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("Its source is edited: the running program does something else");
    let greet = hot::get!(greeting::greet);
    let report = tour.greeting.edit(GREETING, EVENING)?;
    checks.equal("generation", report.generation, 2);
    checks.equal("greet(\"Bob\")", greeting::greet("Bob"), "Good evening, Bob!");
    checks.equal("by a handle from before", greet("Bob"), "Good evening, Bob!");
    checks.equal("guests", greeting::enter("Bob"), 2);
    checks.equal("book, a var of the bundle's", greeting::BOOK.read().join(" "), "Ann Bob");
    Ok(())
}

pub(crate) fn panicking(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("New code panics: the caller gets the panic, the program goes on");
    tour.greeting.edit(GREETING, "panic!(\"no greeting for {name}\")")?;
    let panicked = panics::contained(|| greeting::greet("Cid"));
    let says = panicked.unwrap_or_else(|says| says);
    // Behind it comes the backtrace, if one is asked for.
    let says: Vec<&str> = says.lines().map(str::trim).take(2).collect();
    checks.equal("caught", says[0], "no greeting for Cid");
    checks.holds(says[1], says[1].starts_with("in bundle `greeting` at"));
    checks.equal("guests", greeting::enter("Cid"), 3);
    tour.greeting.bundle()?.rollback()?;
    checks.equal("greet(\"Cid\")", greeting::greet("Cid"), "Good evening, Cid!");
    Ok(())
}

pub(crate) fn under_callers(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A signature and a struct change under their callers: refused, with each reason");
    let before = tour.greeting.bundle()?.generation()?;
    let card = greeting::card("Ann");
    let edits = [(SIGNATURE, LOUD), CARD];
    let refused = tour.greeting.edit_all(&edits).err().ok_or("it was accepted")?;
    checks.equal("codes", codes(&refused), "HOT0301 HOT0310");
    let said = refused.to_string();
    checks.holds("it names `Card.tip`", said.contains("`Card.tip`"));
    checks.holds("it names the holder", said.contains("by the host"));
    checks.equal("generation", tour.greeting.bundle()?.generation()?, before);
    checks.equal("greet(\"Dan\")", greeting::greet("Dan"), "Good evening, Dan!");
    checks.equal("the card", format!("{} {}", card.name, card.visits), "Ann 1");
    Ok(())
}

pub(crate) fn broken(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("The source does not compile: the old code runs on");
    let before = tour.greeting.bundle()?.generation()?;
    let refused = tour.greeting.edit(GREETING, "name.len()");
    checks.equal("code", refused.err().map(|error| error.code()), Some(Code::BuildFailed));
    checks.equal("generation", tour.greeting.bundle()?.generation()?, before);
    checks.equal("greet(\"Eve\")", greeting::greet("Eve"), "Good evening, Eve!");
    Ok(())
}

pub(crate) fn rolled_back(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("Rolled back to the first generation; the state is kept");
    tour.greeting.bundle()?.rollback()?;
    checks.equal("greet(\"Flo\")", greeting::greet("Flo"), "Hello, Flo!");
    checks.equal("guests", greeting::enter("Flo"), 4);
    checks.equal("book", greeting::BOOK.read().join(" "), "Ann Bob Cid Flo");
    Ok(())
}

pub(crate) fn var_kept(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A var keeps its value, whatever first value the new source gives it");
    let report =
        tour.greeting.edit("State::new(Vec::new)", "State::new(|| vec![\"?\".to_owned()])")?;
    checks.equal("not applied", report.not_applied.join(" "), "greeting::BOOK");
    checks.equal("guests", greeting::enter("Gus"), 5);
    checks.equal("book", greeting::BOOK.read().join(" "), "Ann Bob Cid Flo Gus");
    Ok(())
}
