//! The fields of a record.

use std::sync::Arc;

use crate::file::manifest::malformed;
use crate::said::{Reason, counted};

/// The bytes that are still to be read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Reason> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(too_short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// As many bytes as a number has.
    fn chunk<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Reason> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(too_short)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Reason> {
        self.chunk().map(u8::from_le_bytes)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Reason> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(format!("{other} where yes or no is expected"))),
        }
    }

    pub(super) fn u32(&mut self) -> Result<u32, Reason> {
        self.chunk().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Reason> {
        self.chunk().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Result<u128, Reason> {
        self.chunk().map(u128::from_le_bytes)
    }

    pub(super) fn i128(&mut self) -> Result<i128, Reason> {
        self.chunk().map(i128::from_le_bytes)
    }

    /// What is in a record, behind its tag.
    pub(super) fn record(&mut self) -> Result<Reader<'a>, Reason> {
        self.bytes().map(Reader)
    }

    /// Those of a text, which may be none.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Reason> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, Reason> {
        utf8(self.bytes()?).map(str::to_owned)
    }

    pub(super) fn shared_text(&mut self) -> Result<Arc<str>, Reason> {
        utf8(self.bytes()?).map(Arc::from)
    }

    pub(super) fn skip_text(&mut self) -> Result<(), Reason> {
        self.bytes().map(drop)
    }

    /// Nothing is left of a record.
    pub(super) fn end(&self) -> Result<(), Reason> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(malformed(format!("{} too many in a record", counted(self.0.len(), "byte"))))
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Reason> {
    str::from_utf8(bytes).map_err(|_| malformed("a text that is not UTF-8"))
}

fn too_short() -> Reason {
    malformed("it ends within a record")
}
