//! Why a state gives no guard.

use std::fmt;

#[cfg(doc)]
use super::State;
use crate::rt::OtherLayout;

/// Why [`State::try_read`] or [`State::try_write`] gives no guard.
///
/// No variant stands for a poisoned lock, as std's `TryLockError` has one: a panic does not poison a
/// [`State`].
///
/// ```
/// use hot::TryStateError;
///
/// fn visits(state: &hot::State<u32>) -> Option<u32> {
///     match state.try_read() {
///         Ok(visits) => Some(*visits),
///         Err(TryStateError::Locked) => None, // the next call may succeed
///         Err(error) => panic!("{error}"),
///     }
/// }
///
/// assert_eq!(visits(&hot::State::new(|| 3)), Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryStateError {
    /// Another guard holds the lock. A later call may succeed.
    Locked,
    /// HOT0405: a reload has given the value up for one of another layout. Every later call of this
    /// code fails the same way; the newest code finds the new value.
    OtherLayout(OtherLayout),
    /// HOT0406: a load that moves the value has not moved it yet, and the caller is a first value or an
    /// init function of that load. After the load the value is there: `hot::bundle!(after = f)`
    /// names a function that is called then.
    NotMoved(NotMoved),
}

impl From<NotMoved> for TryStateError {
    fn from(error: NotMoved) -> Self {
        TryStateError::NotMoved(error)
    }
}

impl From<OtherLayout> for TryStateError {
    fn from(error: OtherLayout) -> Self {
        TryStateError::OtherLayout(error)
    }
}

impl fmt::Display for TryStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryStateError::Locked => f.write_str("the state is locked by another guard"),
            TryStateError::OtherLayout(error) => error.fmt(f),
            TryStateError::NotMoved(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TryStateError {}

/// The value of a [`State`] or a [`Live`](crate::Live) is still to be moved to the type of its next version: the load
/// that moves it has not come so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotMoved {
    what: &'static str,
}

impl NotMoved {
    pub(crate) fn of<T>() -> NotMoved {
        NotMoved { what: std::any::type_name::<T>() }
    }

    /// The compiler's name of the type.
    pub fn type_name(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for NotMoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HOT0406: this load moves the `{}`, and it is not there yet: ask for it in a function that \
             `hot::bundle!(after = f)` names, which is called after the load",
            self.what
        )
    }
}

impl std::error::Error for NotMoved {}
