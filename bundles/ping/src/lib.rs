//! Plays with `pong`, on whose types it depends. Whichever of the two is loaded first, and
//! whichever is replaced: each reaches the other's newest code.

use pong::{Ball, Racket, answer};

hot::bundle!();

/// The racket of ping, which outlives ping's code and pong's.
#[hot::export]
pub static RACKET: hot::State<Racket> = hot::State::new(Racket::default);

/// The ball goes to pong and comes back, until no stroke is left.
#[hot::export]
pub fn rally(strokes: u32, said: &mut Vec<String>) {
    if strokes > 0 {
        said.push("ping".to_owned());
        answer(Ball::of(strokes - 1), said);
    }
}

/// One stroke: an ordinary call of a method of pong's.
#[hot::export]
pub fn serve() -> String {
    RACKET.write().hit()
}
