//! The linker of the shared library: `cargo-hotreload`, called by rustc with `HOTRELOAD_LINKER` set to
//! what links in the end (`-C linker=cargo-hotreload -C linker-flavor=gcc`, for the `dylib` only).
//!
//! ```text
//! arguments   what rustc says, and the program that links
//! archive     C in one archive: its names, and a copy that shows the hidden ones
//! exports     which C names the library exports, and what it holds for that
//! libraries   what is linked beside, and has names of its own
//! name        a name for each build, and the file under it
//! ```
//!
//! What rustc has written is only read: copies are in a folder beside the library, which goes in the end.

mod archive;
mod arguments;
mod exports;
mod libraries;
mod name;
#[cfg(test)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitCode, ExitStatus},
};

use self::{
    arguments::{Arguments, Compiler, folder_of},
    exports::Exports,
    name::Name,
};
use crate::output::FAILED;

/// The variable that makes this command a linker. Its value is the program that links in the end.
pub(crate) const VARIABLE: &str = "HOTRELOAD_LINKER";

/// Links with `program`, called as rustc calls its linker.
pub(crate) fn run(program: &OsStr, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match link(&Compiler(program), &Arguments::read(arguments)) {
        Ok(status) => code(status),
        Err(error) => {
            say(&error.to_string());
            FAILED.into()
        }
    }
}

fn link(compiler: &Compiler<'_>, given: &Arguments) -> io::Result<ExitStatus> {
    let Some((_, output)) = given.library() else {
        let folder = tempfile::tempdir()?;
        return compiler.link(given, folder.path());
    };
    let beside = folder_of(&output);
    let folder = tempfile::Builder::new().prefix(".hotreload-link-").tempdir_in(&beside)?;
    let mut arguments = with_exports(compiler, given, folder.path());

    // Where the library is, other files may be the same one under other names, and mapped: some linkers
    // write into the file that they find. So the new one is made aside.
    let (name, made) = (Name::of(&output), folder.path().join("library"));
    if let Some((at, _)) = arguments.library() {
        arguments.0[at] = made.clone().into();
    }
    name.ask(&mut arguments);
    let status = compiler.link(&arguments, folder.path())?;
    if !status.success() {
        return Ok(status);
    }
    let own = name.write(&made)?;
    if Some(&*own) != output.file_name() {
        let aside = folder.path().join("named");
        fs::hard_link(&made, &aside).or_else(|_| fs::copy(&made, &aside).map(drop))?;
        fs::rename(&aside, beside.join(&own))?;
        if let Err(error) = name.tidy(&beside, &own) {
            say(&format!("a file of an older build stays: {error}"));
        }
    } else {
        say("the linker gives no build id, so this build has no name of its own");
    }
    fs::rename(&made, &output)?;
    Ok(status)
}

/// The arguments with the C names exported, or as they are where that cannot be done.
fn with_exports(compiler: &Compiler<'_>, given: &Arguments, folder: &Path) -> Arguments {
    let Some((_, script)) = given.version_script() else { return given.clone() };
    let added = fs::read_to_string(script).and_then(|script| {
        let exports = Exports::find(given, compiler, &script);
        exports.doubts.iter().for_each(|doubt| say(doubt));
        exports.add(given, folder)
    });
    added.unwrap_or_else(|error| {
        say(&format!("C names are not exported: {error}"));
        given.clone()
    })
}

fn say(what: &str) {
    anstream::eprintln!("cargo hotreload, as the linker of a shared library: {what}");
}

/// The same code, or what a shell makes of a signal.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1).into()
}
