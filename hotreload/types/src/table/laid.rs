//! Parts of a record that the macro has laid out: texts and numbers, one after another.

/// What a definition says of itself that says nothing: three empty texts and a number.
pub(super) const NOTHING: &[u8] = &[0; 20];

/// The text that begins there.
pub(super) const fn text(laid: &'static [u8], at: usize) -> &'static str {
    let end = end_of_text(laid, at);
    match str::from_utf8(laid.split_at(end).0.split_at(at + 4).1) {
        Ok(text) => text,
        Err(_) => panic!("the macro lays out texts"),
    }
}

/// Where the text that begins there ends.
pub(super) const fn end_of_text(laid: &[u8], at: usize) -> usize {
    let length = [laid[at], laid[at + 1], laid[at + 2], laid[at + 3]];
    at + 4 + u32::from_le_bytes(length) as usize
}

/// Texts and numbers that no macro of `hotreload-macros` has laid out: each is `text ".."` or `u8 1`.
#[doc(hidden)]
#[macro_export]
macro_rules! __laid {
    ($($sort:ident $value:expr),*) => {
        const {
            const SIZE: usize = {
                let mut out = $crate::rt::versioned::Writer::counting();
                $(out.$sort($value);)*
                out.written()
            };
            &{
                let mut bytes = [0; SIZE];
                let mut out = $crate::rt::versioned::Writer::into(&mut bytes);
                $(out.$sort($value);)*
                bytes
            }
        }
    };
}
