//! Types change: behind a handle, between two bundles.

use examples::checks::{Checks, say};

use crate::tour::{Outcome, Tour, codes};

/// What the edits add.
const ROOM: (&str, &str) = ("guests: Vec<String>,", "guests: Vec<String>,\n    chairs: u8,");
const BALL: (&str, &str) =
    ("pub strokes: u32,", "pub strokes: u32,\n    /// New.\n    pub spin: f32,");

pub(crate) fn held_by_handle(tour: &mut Tour, checks: &mut Checks) -> Outcome {
    checks.scene("One that the program holds by handle: it moves in the program's hands");
    let mut room = greeting::open();
    checks.equal("in the room", greeting::let_in(&mut room, "Ann"), "Ann");
    tour.greeting.edit(ROOM.0, ROOM.1)?;
    checks.equal("in the room", greeting::let_in(&mut room, "Bob"), "Ann, Bob");
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
