//! Two bundles that the program was not linked with. They call each other.

use examples::{checks::Checks, panics};

use crate::tour::{Outcome, Tour};

hot::import! {
    ping => {
        fn rally(strokes: u32, said: &mut Vec<String>);
        fn serve() -> String;
    }
}

pub(crate) fn rally(strokes: u32) -> String {
    let mut said = Vec::new();
    ping::rally(strokes, &mut said);
    said.join(" ")
}

pub(crate) fn each_other(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("Two bundles call each other: whichever comes first, whichever is replaced");
    tour.ping.load(&tour.host)?;
    let alone = panics::contained(|| rally(1)).unwrap_or_else(|says| says);
    let alone = alone.lines().next().unwrap_or_default();
    checks.holds(alone, alone.starts_with("HOT0501: `pong::answer`"));
    tour.pong.load(&tour.host)?;
    checks.equal("a rally of 4", rally(4), "ping pong ping pong");
    tour.pong.edit("\"pong\"", "\"PONG\"")?;
    checks.equal("a rally of 4", rally(4), "ping PONG ping PONG");
    tour.ping.edit("\"ping\"", "\"PING\"")?;
    checks.equal("a rally of 4", rally(4), "PING PONG PING PONG");
    Ok(())
}

pub(crate) fn method_edited(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A method is edited: the other bundle's ordinary calls reach it");
    let before = tour.ping.bundle()?.generation()?;
    checks.equal("racket.hit(), called by ping", ping::serve(), "tock 1");
    tour.pong.edit("tock", "smash")?;
    checks.equal("racket.hit(), called by ping", ping::serve(), "smash 2");
    checks.equal("generation of ping", tour.ping.bundle()?.generation()?, before);
    Ok(())
}
