//! Parts of records as bytes: what the tokens say of a definition, as docs/layout-format.md has it. To
//! rustc they are one literal, which it copies: it works out nothing but the numbers between them.

use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;

/// Texts and numbers, one after another.
#[derive(Clone, Default)]
pub(super) struct Laid(Vec<u8>);

impl Laid {
    /// Adds a text: its length in four bytes, then UTF-8.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    /// Adds a number of one byte.
    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Adds a number of four bytes.
    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a number of eight bytes.
    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds what is laid out already.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Adds other parts.
    pub(super) fn then(self, other: &Laid) -> Self {
        self.bytes(&other.0)
    }

    /// Adds a list.
    pub(super) fn all(self, elements: &[Laid]) -> Self {
        elements.iter().fold(self.u32(elements.len() as u32), Laid::then)
    }

    /// Adds marks, and the name that the last of them says that there was before.
    pub(super) fn marks(self, marks: u8, renamed: u8, old_name: &str) -> Self {
        let marked = self.u8(marks);
        if marks & renamed == 0 { marked } else { marked.text(old_name) }
    }
}

impl ToTokens for Laid {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        Literal::byte_string(&self.0).to_tokens(tokens);
    }
}
