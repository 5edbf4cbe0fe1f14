//! Types change: under the program, behind a handle, between two bundles.

use examples::checks::{Checks, say};
use hot::{Code, Error};

use crate::tour::{Outcome, Tour};

/// What the edits add.
const CARD: (&str, &str) =
    ("pub visits: u32,", "pub visits: u32,\n    /// New.\n    pub tip: f32,");
const ROOM: (&str, &str) = ("guests: Vec<String>,", "guests: Vec<String>,\n    chairs: u8,");
const BALL: (&str, &str) =
    ("pub strokes: u32,", "pub strokes: u32,\n    /// New.\n    pub spin: f32,");

fn codes(error: &Error) -> String {
    let codes: Vec<_> = error.reasons().iter().map(|reason| reason.code.id()).collect();
    codes.join(" ")
}

pub(crate) fn held_by_layout(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A struct that the program holds gets a field: refused, with the difference");
    let before = tour.greeting.bundle()?.generation()?;
    let card = hot::get!(greeting::card)("Ann");
    let refused = tour.greeting.edit(CARD.0, CARD.1).err().ok_or("it was accepted")?;
    checks.equal("code", refused.code(), Code::FieldAdded);
    let said = refused.to_string();
    checks.holds("it names `Card.tip`", said.contains("`Card.tip`"));
    checks.holds("it names the holder", said.contains("by the host"));
    checks.equal("generation", tour.greeting.bundle()?.generation()?, before);
    checks.equal("the card", format!("{} {}", card.name, card.visits), "Ann 1");
    Ok(())
}

pub(crate) fn held_by_handle(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("One that the program holds by handle: refused while there is one, then accepted");
    let mut room = hot::get!(greeting::open)();
    checks.equal("in the room", hot::get!(greeting::let_in)(&mut room, "Ann"), "Ann");
    let refused = tour.greeting.edit(ROOM.0, ROOM.1).err().ok_or("it was accepted")?;
    checks.equal("code", refused.code(), Code::HandleLayout);
    checks.equal("in the room", hot::get!(greeting::let_in)(&mut room, "Bob"), "Ann, Bob");
    say("the room is closed");
    drop(room);
    tour.greeting.bundle()?.reload()?;
    let mut room = hot::get!(greeting::open)();
    checks.equal("in a new room", hot::get!(greeting::let_in)(&mut room, "Cid"), "Cid");
    let layout = tour.host.namespace().get("greeting::Room").and_then(|room| room.layout());
    let fields = layout.map(|layout| layout.fields.len());
    checks.equal("fields of greeting::Room", fields, Some(2));
    Ok(())
}

pub(crate) fn both_at_once(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("A struct between two bundles: refused for each alone, accepted for both at once");
    let refused = tour.pong.edit(BALL.0, BALL.1).err().ok_or("it was accepted")?;
    checks.equal("codes", codes(&refused), "HOT0310");
    checks.holds("it names ping", refused.to_string().contains("bundle `ping`"));
    // Its file is built against the new ball now; alone it would throw that at the old pong.
    let refused = tour.ping.bundle()?.rebuild().err().ok_or("it was accepted")?;
    say(format!("refused: {refused}"));
    checks.equal("codes", codes(&refused), "HOT0310");
    let (ping, pong) = (tour.ping.bundle()?, tour.pong.bundle()?);
    let reports = tour.host.transaction().reload(ping).reload(pong).commit()?;
    checks.equal("bundles that were replaced", reports.len(), 2);
    checks.equal("a rally of 2", crate::players::rally(2), "PING pong");
    Ok(())
}
