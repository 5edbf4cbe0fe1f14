//! What authors' code makes: defaults and conversions.

use std::{mem::ManuallyDrop, ptr};

use super::{Conversion, Make, caught::caught};
use crate::Versioned;

/// The closure or function `F`, which captures nothing, so that its type says all of it.
///
/// # Safety
/// There was an `F`, which was forgotten.
unsafe fn again<F>() -> ManuallyDrop<F> {
    const { assert!(size_of::<F>() == 0, "it captures nothing") };
    // SAFETY: an `F` has no bytes, so that any address is good for reading one; there was one by the
    // caller's promise, and this one is not dropped either.
    ManuallyDrop::new(unsafe { ptr::dangling::<F>().read() })
}

/// What makes values by this function, which captures nothing.
pub const fn maker<T, F: Fn() -> T>(make: F) -> Make {
    core::mem::forget(make);
    |out, count| {
        // SAFETY: `maker` has forgotten one.
        let make = unsafe { again::<F>() };
        let mut done = 0;
        let all = caught(|| {
            while done < count {
                // SAFETY: whoever calls it gives room for so many.
                unsafe { out.cast::<T>().add(done).write(make()) };
                done += 1;
            }
            Ok(())
        });
        all.map_err(|text| (done, text))
    }
}

/// What a conversion may give: the new value, or a `Result` of it with an error that has a text.
#[diagnostic::on_unimplemented(
    message = "a conversion gives `{T}`, or a `Result` of it whose error has a text",
    label = "this gives `{Self}`",
    note = "write `fn(&Old) -> {T}` or `fn(&Old) -> Result<{T}, E>`, where `E` implements `Display`"
)]
pub trait Converted<T> {
    /// The new value, or why there is none.
    fn result(self) -> Result<T, String>;
}

impl<T> Converted<T> for T {
    fn result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T, E: ToString> Converted<T> for Result<T, E> {
    fn result(self) -> Result<T, String> {
        self.map_err(|why| why.to_string())
    }
}

macro_rules! conversions {
    ($($name:ident $count:literal [$($old:ident $at:literal),+],)*) => {
        /// What converts old fields to a new one, by how many there are. The functions capture nothing.
        pub mod conversions {
            use super::{Conversion, Converted, Versioned, again, caught};

            $(
                /// From so many.
                pub const fn $name<$($old: Versioned,)+ New, R, F>(
                    convert: F,
                    from: &'static [&'static str; $count],
                ) -> Conversion
                where
                    R: Converted<New>,
                    F: Fn($(&$old),+) -> R,
                {
                    core::mem::forget(convert);
                    Conversion {
                        from,
                        types: const { &[$($old::moves),+] },
                        call: |from, out| {
                            // SAFETY: `convert` was forgotten.
                            let convert = unsafe { again::<F>() };
                            let new = caught(|| {
                                // SAFETY: whoever calls it gives the addresses of these fields, in
                                // this order.
                                convert($(unsafe { &*(*from.add($at)).cast::<$old>() }),+).result()
                            })?;
                            // SAFETY: whoever calls it gives room for the new field.
                            unsafe { out.cast::<New>().write(new) };
                            Ok(())
                        },
                    }
                }
            )*
        }
    };
}

conversions! {
    from_1 1 [A 0],
    from_2 2 [A 0, B 1],
    from_3 3 [A 0, B 1, C 2],
    from_4 4 [A 0, B 1, C 2, D 3],
    from_5 5 [A 0, B 1, C 2, D 3, E 4],
    from_6 6 [A 0, B 1, C 2, D 3, E 4, G 5],
}
