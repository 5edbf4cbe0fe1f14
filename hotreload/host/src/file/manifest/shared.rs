//! What records say again and again, kept once: most of a manifest is the names of a few types.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::file::manifest::reader::utf8;
use crate::file::manifest::{Reader, Type, TypeName};
use crate::said::Reason;

/// What the records of a library have in common.
#[derive(Default)]
pub(crate) struct Shared<'a> {
    pub(super) texts: Texts<'a>,
    pub(super) types: Values<'a, Type>,
    pub(super) names: Values<'a, TypeName>,
}

#[derive(Default)]
pub(super) struct Texts<'a>(FxHashMap<&'a [u8], Arc<str>>);

impl<'a> Texts<'a> {
    pub(super) fn read(&mut self, body: &mut Reader<'a>) -> Result<Arc<str>, Reason> {
        let bytes = body.bytes()?;
        if let Some(known) = self.0.get(bytes) {
            return Ok(known.clone());
        }
        let text: Arc<str> = utf8(bytes)?.into();
        self.0.insert(bytes, text.clone());
        Ok(text)
    }
}

/// Values by the bytes that they are read from.
pub(super) struct Values<'a, T>(FxHashMap<&'a [u8], Arc<T>>);

impl<T> Default for Values<'_, T> {
    fn default() -> Self {
        Values(FxHashMap::default())
    }
}

impl<'a, T> Values<'a, T> {
    /// Reads a value of which `skip` finds the end.
    pub(super) fn read(
        &mut self,
        body: &mut Reader<'a>,
        skip: impl FnOnce(&mut Reader<'a>) -> Result<(), Reason>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Reason>,
    ) -> Result<Arc<T>, Reason> {
        let start = body.0;
        skip(body)?;
        let bytes = &start[..start.len() - body.0.len()];
        if let Some(known) = self.0.get(bytes) {
            return Ok(known.clone());
        }
        let value = Arc::new(read(&mut Reader(bytes))?);
        self.0.insert(bytes, value.clone());
        Ok(value)
    }
}
