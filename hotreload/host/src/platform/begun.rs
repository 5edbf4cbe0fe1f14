//! Which file holds the function that a thread has begun with: so it is known who has started it.
//!
//! The system keeps no such thing, but glibc does, in the thread's own block, which lies at the upper
//! end of its stack. On x86-64 that block is found by its first and third word, which are its own
//! address. Elsewhere nothing is told. All of it is read through files of the kernel's, for a thread
//! may end and its stack be unmapped at any moment.

use std::{
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::PathBuf,
};

/// At most so much of a stack is searched, beginning where the thread waits.
const MOST_STACK: usize = 4 << 20;

/// The words of glibc's block of a thread.
const BLOCK: usize = 0x900 / size_of::<usize>();

/// A line of `/proc/PID/maps`.
pub(super) struct Mapping {
    pub(super) range: Range<usize>,
    is_code: bool,
    /// "(deleted)" follows, if it is not there any more.
    pub(super) file: Option<PathBuf>,
}

/// The file for each thread that waits in a system call, but the main one.
pub(crate) fn files_that_threads_began_in() -> Vec<PathBuf> {
    if !cfg!(all(target_arch = "x86_64", target_env = "gnu")) {
        return Vec::new();
    }
    let Ok(memory) = File::open("/proc/self/mem") else { return Vec::new() };
    let maps = super::mappings();
    let mappings: Vec<Mapping> = maps.lines().filter_map(mapping).collect();
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let main = std::process::id().to_string();
    let others = threads.filter(|thread| thread.file_name() != *main);
    let begun = others.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("syscall")).ok()?;
        let at = waits_at(&text)?;
        let stack = mappings.iter().find(|it| it.range.contains(&at))?;
        let words = words(&memory, at..stack.range.end.min(at + MOST_STACK))?;
        let begun = first_function(at, &words, &mappings)?;
        begun.file.clone()
    });
    begun.collect()
}

/// The stack pointer of a thread that waits: `number argument*6 stack-pointer instruction-pointer`,
/// the arguments only if it waits in a system call.
fn waits_at(text: &str) -> Option<usize> {
    let word = text.split_whitespace().rev().nth(1)?;
    usize::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// `start-end rights offset device inode path`
pub(super) fn mapping(line: &str) -> Option<Mapping> {
    let mut parts = line.splitn(6, ' ');
    let (start, end) = parts.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let is_code = parts.next()?.contains('x');
    let path = parts.nth(3).map(str::trim_start).filter(|path| path.starts_with('/'));
    Some(Mapping { range: address(start)?..address(end)?, is_code, file: path.map(PathBuf::from) })
}

/// What lies in memory there, as far as it can be read.
fn words(memory: &File, range: Range<usize>) -> Option<Vec<usize>> {
    let mut bytes = vec![0; range.len()];
    let count = memory.read_at(&mut bytes, range.start.try_into().ok()?).ok()?;
    let (words, _) = bytes[..count].as_chunks();
    Some(words.iter().map(|word| usize::from_ne_bytes(*word)).collect())
}

/// The mapping of the first function of the thread whose stack holds these words.
fn first_function<'a>(at: usize, words: &[usize], mappings: &'a [Mapping]) -> Option<&'a Mapping> {
    let is_block = |index: &usize| {
        let own = at + index * size_of::<usize>();
        words[*index] == own && words.get(index + 2) == Some(&own)
    };
    let block = (0..words.len()).find(is_block)?;
    let block = &words[block..words.len().min(block + BLOCK)];
    let code = |word: &usize| {
        mappings.iter().find(|it| it.is_code && it.file.is_some() && it.range.contains(word))
    };
    block.iter().find_map(code)
}

#[cfg(all(test, target_arch = "x86_64", target_env = "gnu"))]
mod tests {
    use std::{env, thread, time::Duration};

    use super::*;

    #[test]
    fn a_waiting_thread_has_begun_in_this_program() {
        let own = env::current_exe().unwrap().canonicalize().unwrap();
        let count = || files_that_threads_began_in().iter().filter(|file| **file == own).count();
        // Other tests begin and end threads meanwhile: so many do not come by themselves.
        let before = count();
        let threads: Vec<_> = (0..64).map(|_| thread::spawn(thread::park)).collect();
        let start = std::time::Instant::now();
        while count() < before + 32 && start.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(count() >= before + 32);
        for thread in threads {
            thread.thread().unpark();
            thread.join().unwrap();
        }
    }
}
