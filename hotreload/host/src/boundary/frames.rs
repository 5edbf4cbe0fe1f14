//! The frames of a panic that lie in loaded bundles, with names and lines.
//!
//! std lists the images of a process once, at its first backtrace. A bundle has its own std, whose first
//! backtrace comes after its load; where one std serves all images, it knows none that was loaded since.
//! So the host looks into the copies of the bundles' files itself.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt::Write as _,
    fs, panic,
    path::{Path, PathBuf},
    thread,
};

use addr2line::{
    Context, LookupContinuation as _, LookupResult,
    gimli::{self, Dwarf, EndianSlice, RunTimeEndian},
};
use object::{Object as _, ObjectSection as _, ObjectSegment as _};

use crate::{file::needed, platform};

/// Has the process's panic hook tell of them, after what it tells. They lie in copies in this folder.
pub(crate) fn install(copies: PathBuf) {
    // The hook of a thread that panics cannot be exchanged.
    if thread::panicking() {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        before(info);
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            eprint!("{}", told(&addresses(&format!("{backtrace:#}")), &copies));
        }
    }));
}

/// Where the calls of a backtrace are, the innermost first. Only its long form shows it:
/// `4:     0x7f12a0 - name`.
fn addresses(backtrace: &str) -> Vec<u64> {
    let address = |line: &str| {
        let (number, rest) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok()?;
        let digits = rest.trim_start().strip_prefix("0x")?.split(' ').next()?;
        // It returns to the instruction behind the call.
        u64::from_str_radix(digits, 16).ok()?.checked_sub(1)
    };
    let mut addresses: Vec<_> = backtrace.lines().filter_map(address).collect();
    // Functions that std knows to be inlined are at the address of the one that they are in.
    addresses.dedup();
    addresses
}

/// What is said of those in files of this folder; nothing if there are none.
fn told(addresses: &[u64], copies: &Path) -> String {
    let mapped = needed::mapped(&platform::mappings());
    let (mut text, mut file) = (String::new(), None::<(&Path, Image)>);
    for &address in addresses {
        let before = mapped.iter().filter(|it| it.start <= address);
        let Some(found) = before.max_by_key(|it| it.start) else { continue };
        if !found.path.starts_with(copies) {
            continue;
        }
        if file.as_ref().is_none_or(|(path, _)| *path != found.path) {
            let Ok(bytes) = fs::read(&found.path) else { continue };
            file = Some((&found.path, Image { bytes, start: found.start }));
            let name = found.path.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(text, "in {name}:");
        }
        let Some((_, image)) = &file else { continue };
        // What cannot be read is not told of.
        let _ = image.frames(address, &mut text);
    }
    text
}

/// A file that is mapped from here on.
struct Image {
    bytes: Vec<u8>,
    start: u64,
}

impl Image {
    /// Writes down the functions that the address is in, the innermost first: those that were inlined,
    /// too.
    fn frames(&self, address: u64, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let file = object::File::parse(&*self.bytes)?;
        let lowest = file.segments().map(|it| it.address()).min().unwrap_or(0);
        let address = address - self.start + lowest;
        let endian = match file.is_little_endian() {
            true => RunTimeEndian::Little,
            false => RunTimeEndian::Big,
        };
        let dwarf = Dwarf::load(|id| -> Result<_, gimli::Error> {
            // A section that is not there is an empty one.
            let section = file.section_by_name(id.name());
            let data = section.and_then(|it| it.data().ok()).unwrap_or_default();
            Ok(EndianSlice::new(data, endian))
        })?;
        let context = Context::from_dwarf(dwarf)?;
        let mut frames = match context.find_frames(address) {
            LookupResult::Output(frames) => frames?,
            // Lines in files of their own, which cargo does not make here: nothing is given.
            LookupResult::Load { continuation, .. } => match continuation.resume(None) {
                LookupResult::Output(frames) => frames?,
                LookupResult::Load { .. } => return Ok(()),
            },
        };
        let symbols = file.symbol_map();
        let symbol = symbols.containing(address).map(|it| it.name());
        let mut found = Vec::new();
        while let Some(frame) = frames.next()? {
            let place =
                frame.location.as_ref().and_then(|it| Some((it.file?, it.line?, it.column)));
            // With tables of lines alone there are no names.
            let name = frame.function.as_ref().map(|it| it.raw_name().map(|it| it.into_owned()));
            found.push((name.transpose()?, place));
        }
        // The outermost is the one that the symbol is of, which has its whole path.
        match found.last_mut() {
            Some((name, _)) if symbol.is_some() => *name = symbol.map(str::to_owned),
            Some(_) => {}
            None => found.push((symbol.map(str::to_owned), None)),
        }
        for (name, place) in &found {
            tell(text, name.as_deref().unwrap_or("<unknown>"), *place);
        }
        Ok(())
    }
}

/// One function, as the author has written it; none of the framework's.
fn tell(text: &mut String, name: &str, place: Option<(&str, u32, Option<u32>)>) {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    const FRAMEWORK: [&str; 3] = ["__hot_entry", "hot_rt::", "hot::"];
    let is_machinery = name.contains("catch_unwind")
        || name.contains("panicking::")
        || name.contains("FnOnce")
        || name == "__rust_try";
    if is_machinery || FRAMEWORK.iter().any(|it| name.contains(it)) {
        return;
    }
    let name = name.replace("__hot_body_", "").replace("__hot_async_", "");
    let _ = writeln!(text, "      {name}");
    if let Some((file, line, column)) = place {
        let _ = writeln!(text, "             at {file}:{line}:{}", column.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_long_form() {
        let text = "   0:     0x7f00000000a1 - std::backtrace\n   1:           0x10 - <unknown>\n\
                    \x20                              at /a/b.rs:1:2\n   2: short\n";
        assert_eq!(addresses(text), [0x7f00_0000_00a0, 0xf]);
        let now = addresses(&format!("{:#}", Backtrace::force_capture()));
        assert!(now.len() > 3, "{now:?}");
    }

    #[test]
    fn names_and_lines() {
        #[inline(never)]
        fn here() -> (Vec<u64>, u32) {
            (addresses(&format!("{:#}", Backtrace::force_capture())), line!())
        }
        let program = std::env::current_exe().unwrap();
        let (addresses, line) = here();
        let text = told(&addresses, program.parent().unwrap());
        let name = "frames::tests::names_and_lines::here";
        assert!(text.contains(name), "{text}");
        assert!(text.contains(&format!("boundary/frames.rs:{line}:")), "{text}");
        assert_eq!(told(&addresses, Path::new("/nowhere")), "");
    }
}
