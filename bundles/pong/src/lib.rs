//! Plays with `ping`, which it does not depend on: it declares what it calls there.

hot::bundle!();

hot::import! {
    ping => {
        fn rally(strokes: u32, said: &mut Vec<String>);
    }
}

/// The ball comes from ping and goes back, until no stroke is left.
#[hot::export]
pub fn answer(strokes: u32, said: &mut Vec<String>) {
    if strokes > 0 {
        said.push("pong".to_owned());
        ping::rally(strokes - 1, said);
    }
}

/// What both play with. It counts its strokes.
#[derive(Debug, Default)]
pub struct Racket {
    strokes: u32,
}

#[hot::export]
impl Racket {
    /// One stroke, and what it sounds like.
    pub fn hit(&mut self) -> String {
        self.strokes += 1;
        format!("tock {}", self.strokes)
    }
}
