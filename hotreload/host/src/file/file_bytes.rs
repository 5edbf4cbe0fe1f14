//! A file's bytes, read piece by piece as they are asked for.
//!
//! `object` has such a cache, which fills each piece with zeros first: byte by byte in a host that is not
//! optimised, and that took longer than all else that is done with a library's file.

use std::{cell::OnceCell, fs::File, ops::Range, path::Path};

use object::ReadRef;

use crate::platform;

/// At least as much is read at once, and from a multiple of it: names are asked for one by one.
pub(super) const BLOCK: u64 = 64 * 1024;

/// Gives references to what it has read, which it keeps. A piece that is not in the file any more is an
/// error.
#[derive(Debug)]
pub(crate) struct FileBytes {
    file: File,
    length: u64,
    first: OnceCell<Box<Piece>>,
}

#[derive(Debug)]
struct Piece {
    start: u64,
    bytes: Vec<u8>,
    next: OnceCell<Box<Piece>>,
}

impl FileBytes {
    /// `None` if the file cannot be opened.
    pub(crate) fn open(path: &Path) -> Option<FileBytes> {
        FileBytes::of(File::open(path).ok()?).ok()
    }

    /// Those of a file that is open.
    pub(crate) fn of(file: File) -> std::io::Result<FileBytes> {
        let length = file.metadata()?.len();
        Ok(FileBytes { file, length, first: OnceCell::new() })
    }

    /// Reads a piece that is not kept: it is in `bytes` until the next one is read.
    pub(super) fn pass<'b>(&self, piece: Range<u64>, bytes: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let length = usize::try_from(piece.end.checked_sub(piece.start)?).ok()?;
        if piece.end > self.length {
            return None;
        }
        bytes.clear();
        bytes.try_reserve_exact(length).ok()?;
        platform::fill(bytes, &self.file, piece.start).ok()?;
        bytes.truncate(length);
        (bytes.len() == length).then_some(bytes)
    }

    /// What was read from there on, if that is `size` bytes at least.
    fn known(&self, start: u64, size: u64) -> Result<&[u8], &OnceCell<Box<Piece>>> {
        let mut next = &self.first;
        while let Some(piece) = next.get() {
            let rest = start.checked_sub(piece.start).and_then(|it| usize::try_from(it).ok());
            if let Some(rest) = rest.and_then(|it| piece.bytes.get(it..))
                && rest.len() as u64 >= size
            {
                return Ok(rest);
            }
            next = &piece.next;
        }
        Err(next)
    }

    /// What is in the file from there on: `size` bytes, or more.
    fn from(&self, start: u64, size: u64) -> Result<&[u8], ()> {
        let end = start.checked_add(size).filter(|end| *end <= self.length).ok_or(())?;
        let last = match self.known(start, size) {
            Ok(bytes) => return Ok(bytes),
            Err(last) => last,
        };
        let first = start - start % BLOCK;
        let end = end.next_multiple_of(BLOCK).min(self.length);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(end - first).map_err(|_| ())?).map_err(|_| ())?;
        platform::fill(&mut bytes, &self.file, first).map_err(|_| ())?;
        let _ = last.set(Box::new(Piece { start: first, bytes, next: OnceCell::new() }));
        // A file that was cut off meanwhile has less.
        self.known(start, size).map_err(|_| ())
    }
}

impl<'a> ReadRef<'a> for &'a FileBytes {
    fn len(self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let size_here = usize::try_from(size).map_err(|_| ())?;
        if size == 0 {
            return Ok(&[]);
        }
        self.from(offset, size)?.get(..size_here).ok_or(())
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let mut size = 1;
        loop {
            let bytes = self.from(range.start, size)?;
            if let Some(end) = memchr::memchr(delimiter, bytes) {
                let is_inside = range.start + (end as u64) < range.end;
                return is_inside.then(|| &bytes[..end]).ok_or(());
            }
            // It may go on behind what is known.
            size = bytes.len() as u64 + 1;
            if range.start.checked_add(size).is_none_or(|end| end > range.end) {
                return Err(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn bytes_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut expected: Vec<u8> =
            (0..3 * BLOCK + 1_000).map(|it| (it * it % 251) as u8).collect();
        // A name that begins near the end of a block.
        let (name, at) = (b"a name that goes on in the next block\0", 2 * BLOCK as usize - 10);
        expected[at..at + name.len()].copy_from_slice(name);
        fs::write(&path, &expected).unwrap();
        let bytes = &FileBytes::open(&path).unwrap();
        assert_eq!(bytes.len(), Ok(expected.len() as u64));
        let end = expected.len() as u64;
        let ranges =
            [(0, 1), (7, 100), (BLOCK - 3, 6), (0, end), (end - 1, 1), (end, 0), (3, BLOCK)];
        for (offset, size) in ranges {
            let here = offset as usize..(offset + size) as usize;
            assert_eq!(bytes.read_bytes_at(offset, size), Ok(&expected[here]), "{offset} {size}");
        }
        for (offset, size) in [(end, 1), (0, end + 1), (u64::MAX, 2), (end + 5, 1)] {
            assert_eq!(bytes.read_bytes_at(offset, size), Err(()), "{offset} {size}");
        }
        let until = |range: Range<u64>| FileBytes::open(&path).unwrap().until(range);
        let at = at as u64;
        assert_eq!(until(at..end), Ok(name[..name.len() - 1].to_vec()));
        assert_eq!(until(at + 2..at + 38), Ok(b"name that goes on in the next block".to_vec()));
        assert_eq!(until(at..at + 10), Err(()), "it ends beyond the range");
        assert_eq!(until(end..end), Err(()));
        assert_eq!(FileBytes::open(&folder.path().join("none")).map(|_| ()), None);
    }

    impl FileBytes {
        fn until(&self, range: Range<u64>) -> Result<Vec<u8>, ()> {
            self.read_bytes_at_until(range, 0).map(<[u8]>::to_vec)
        }
    }

    #[test]
    fn what_was_cut_off_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![1; 2 * BLOCK as usize]).unwrap();
        let bytes = &FileBytes::open(&path).unwrap();
        assert_eq!(bytes.read_bytes_at(0, 1), Ok(&[1][..]));
        File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
        assert_eq!(bytes.read_bytes_at(0, BLOCK).map(<[u8]>::len), Ok(BLOCK as usize));
        assert_eq!(bytes.read_bytes_at(BLOCK, 1), Err(()));
        assert_eq!(bytes.read_bytes_at_until(BLOCK..2 * BLOCK, 0), Err(()));
    }
}
