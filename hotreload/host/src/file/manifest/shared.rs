//! What records say again and again, kept once: most of a manifest is the names of a few types.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::file::manifest::{Reader, Type, TypeName};
use crate::said::Reason;

/// What the records of a library have in common.
#[derive(Default)]
pub(crate) struct Shared<'a> {
    pub(super) package: Text<'a>,
    pub(super) version: Text<'a>,
    pub(super) abi: Text<'a>,
    pub(super) types: Types<'a>,
    pub(super) names: Values<'a, TypeName>,
}

/// A field that nearly always says what it said in the record before: the last text that was read.
#[derive(Default)]
pub(super) struct Text<'a>(&'a [u8], Arc<str>);

impl<'a> Text<'a> {
    pub(super) fn read(&mut self, body: &mut Reader<'a>) -> Result<Arc<str>, Reason> {
        let start = body.0;
        let bytes = body.bytes()?;
        if bytes != self.0 {
            *self = Text(bytes, Reader(start).shared_text()?);
        }
        Ok(self.1.clone())
    }
}

/// Types by how they are spelled: of each spelling the last that was read, with its bytes.
#[derive(Default)]
pub(super) struct Types<'a>(FxHashMap<&'a [u8], (&'a [u8], Arc<Type>)>);

impl<'a> Types<'a> {
    /// The bytes of a type tell where they end: what begins with those of a known one is that one.
    pub(super) fn read(
        &mut self,
        body: &mut Reader<'a>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<Type, Reason>,
    ) -> Result<Arc<Type>, Reason> {
        let start = body.0;
        let spelling = Reader(start).bytes()?;
        if let Some((known, ty)) = self.0.get(spelling)
            && let Some(rest) = start.strip_prefix(*known)
        {
            body.0 = rest;
            return Ok(ty.clone());
        }
        let ty = Arc::new(read(body)?);
        self.0.insert(spelling, (&start[..start.len() - body.0.len()], ty.clone()));
        Ok(ty)
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
