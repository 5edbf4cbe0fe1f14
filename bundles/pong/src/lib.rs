//! Plays with `ping`, which it does not depend on: it declares what it calls there.

hot::bundle!();

hot::import! {
    ping => {
        fn rally(strokes: u32, said: &mut Vec<String>);
    }
}

/// What goes to and fro. Both are compiled against its layout.
#[hot::versioned]
#[derive(Debug, Clone, Default)]
pub struct Ball {
    /// How many strokes are left.
    pub strokes: u32,
    /// What is written on it.
    pub label: String,
}

impl Ball {
    /// A ball that so many strokes are left of.
    pub fn of(strokes: u32) -> Ball {
        Ball { strokes, ..Ball::default() }
    }
}

/// The ball comes from ping and goes back, until no stroke is left.
#[hot::export]
pub fn answer(ball: Ball, said: &mut Vec<String>) {
    if ball.strokes > 0 {
        said.push("pong".to_owned());
        ping::rally(ball.strokes - 1, said);
    }
}

/// What both play with. It counts its strokes.
#[derive(Debug, Default)]
#[hot::versioned]
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
