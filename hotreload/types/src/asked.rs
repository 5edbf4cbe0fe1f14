//! What a type promises, asked where code is made for it: so also of a type that is a parameter here,
//! and a generic one's.
//!
//! Of a parameter rustc says only what its bounds say, but std's `Fuse` knows better: "If the iterator
//! is already fused, the additional `Fuse` wrapper will be a no-op" (of `FusedIterator`). So an iterator
//! that is fused if `T` has a trait is asked again after its end if, and only if, `T` has it.

use core::{iter::FusedIterator, marker::PhantomData};

use crate::facts::Facts;

/// Asks twice, and counts who was asked.
macro_rules! has {
    ($ty:ident: $bound:ident) => {{
        struct Asked<'a, T: ?Sized>(&'a mut u8, PhantomData<T>);

        impl<T: ?Sized> Iterator for Asked<'_, T> {
            type Item = ();

            fn next(&mut self) -> Option<()> {
                *self.0 += 1;
                None
            }
        }

        impl<T: ?Sized + $bound> FusedIterator for Asked<'_, T> {}

        let mut times = 0;
        let mut asked = Asked::<$ty>(&mut times, PhantomData).fuse();
        asked.next();
        asked.next();
        times == 2
    }};
}

impl Facts {
    /// Of any type.
    pub(crate) fn asked<T: ?Sized>() -> Facts {
        Facts::known(has!(T: Copy), has!(T: Send), has!(T: Sync), has!(T: Unpin))
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, marker::PhantomPinned, rc::Rc};

    use super::*;

    fn asked<T>() -> [Option<bool>; 4] {
        let facts = Facts::asked::<T>();
        [Facts::COPY, Facts::SEND, Facts::SYNC, Facts::UNPIN].map(|fact| facts.has(fact))
    }

    /// Std's `Fuse` still is what the answers rest on.
    #[test]
    fn a_parameter_promises_what_its_argument_does() {
        struct Handle<T>(#[expect(dead_code, reason = "it takes the traits away")] *mut T);
        // SAFETY: there are no values of it.
        unsafe impl<T: Copy> Send for Handle<T> {}
        let answers = |all: [bool; 4]| all.map(Some);
        assert_eq!(asked::<u8>(), answers([true; 4]));
        assert_eq!(asked::<String>(), answers([false, true, true, true]));
        assert_eq!(asked::<&str>(), answers([true; 4]));
        assert_eq!(asked::<Cell<u8>>(), answers([false, true, false, true]));
        assert_eq!(asked::<Rc<u8>>(), answers([false, false, false, true]));
        assert_eq!(asked::<PhantomPinned>(), answers([true, true, true, false]));
        assert_eq!(asked::<Handle<u8>>(), answers([false, true, false, true]));
        assert_eq!(asked::<Handle<String>>(), answers([false, false, false, true]));
    }
}
