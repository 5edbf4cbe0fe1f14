//! Numbers, and which of them hold all values of which.

use super::names::Name;

/// A number of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Unsigned(usize),
    Signed(usize),
    Float(usize),
}

use Number::{Float, Signed, Unsigned};

impl Number {
    pub(super) fn of(ty: &impl Name) -> Option<Number> {
        if !ty.package().is_empty() {
            return None;
        }
        Some(match ty.path() {
            "u8" => Unsigned(1),
            "u16" => Unsigned(2),
            "u32" => Unsigned(4),
            "u64" => Unsigned(8),
            "u128" => Unsigned(16),
            "usize" => Unsigned(size_of::<usize>()),
            "i8" => Signed(1),
            "i16" => Signed(2),
            "i32" => Signed(4),
            "i64" => Signed(8),
            "i128" => Signed(16),
            "isize" => Signed(size_of::<isize>()),
            "f32" => Float(4),
            "f64" => Float(8),
            _ => return None,
        })
    }

    /// Whether each value of the other one is a value of this, without loss.
    pub(super) fn holds(self, other: Number) -> bool {
        match (other, self) {
            (Unsigned(from), Unsigned(to))
            | (Signed(from), Signed(to))
            | (Float(from), Float(to)) => from <= to,
            (Unsigned(from), Signed(to)) => from < to,
            // A float's digits: 24 bits of an `f32`, 53 of an `f64`.
            (Unsigned(from) | Signed(from), Float(to)) => from * 2 <= to,
            (Signed(_), Unsigned(_)) | (Float(_), Unsigned(_) | Signed(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_what_is_lossless() {
        let holds = |from, to: Number| to.holds(from);
        assert!(holds(Unsigned(1), Unsigned(2)) && holds(Unsigned(1), Signed(2)));
        assert!(holds(Signed(4), Signed(8)) && holds(Float(4), Float(8)));
        assert!(holds(Unsigned(2), Float(4)) && holds(Signed(4), Float(8)));
        assert!(!holds(Unsigned(4), Signed(4)) && !holds(Signed(1), Unsigned(8)));
        assert!(!holds(Unsigned(4), Float(4)) && !holds(Unsigned(8), Float(8)));
        assert!(!holds(Float(4), Signed(16)) && !holds(Unsigned(2), Unsigned(1)));
    }
}
