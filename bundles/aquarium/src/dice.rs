//! Chance that is the same in every run.

/// A generator of random numbers (xorshift), small enough to be part of the state.
#[hot::versioned]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Dice {
        Dice(0x9e37_79b9_7f4a_7c15)
    }

    /// A number from 0 up to 1.
    pub(crate) fn roll(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits are the better ones; a `f32` has room for 24.
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    /// A number from `low` up to `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.roll()
    }

    /// Whether something happens that comes so often per second.
    pub(crate) fn happens(&mut self, per_second: f32, seconds: f32) -> bool {
        self.roll() < per_second * seconds
    }
}
