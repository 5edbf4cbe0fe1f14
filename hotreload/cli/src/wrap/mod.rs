//! This program as a wrapper of rustc, which cargo calls for all crates. It leaves word of how rustc was
//! called for each bundle. In a workspace with a shared library, what lies in that is linked from there by
//! the crates of the workspace: by the program and by its bundles.
//!
//! ```text
//! call        rustc runs, and what it has linked is looked at before anybody hears of it
//! invocation  what cargo asks of rustc
//! types       a hash of the types that a crate defines
//! linked      what rustc has linked: each library once?
//! incremental what rustc keeps for the next time, of types that there are no more
//! ```
//!
//! To a `TypeId`, a type is its path and the crate's `-C metadata`. A type map in the shared library
//! would hand a value of the old `Config` to code that was compiled with the new one. With the hash
//! among the metadata, both have different `TypeId`s.

mod call;
mod incremental;
mod invocation;
mod linked;
mod types;

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use cargo_config2::Config;
use hot_host::command::{Capture, Inner, Role, Wrapper};

use call::Call;
use invocation::{Form, Invocation};
use linked::Linked;
use types::Found;

/// What the wrapper does, as a hash of its sources: what another version of it has made is of no use.
pub(super) fn version() -> String {
    const SOURCES: [&str; 16] = [
        include_str!("mod.rs"),
        include_str!("call.rs"),
        include_str!("invocation.rs"),
        include_str!("linked.rs"),
        include_str!("types.rs"),
        include_str!("types/bodies.rs"),
        include_str!("types/counts.rs"),
        include_str!("types/definitions.rs"),
        include_str!("types/reads.rs"),
        include_str!("incremental.rs"),
        include_str!("../link/mod.rs"),
        include_str!("../link/archive.rs"),
        include_str!("../link/arguments.rs"),
        include_str!("../link/exports.rs"),
        include_str!("../link/libraries.rs"),
        include_str!("../link/name.rs"),
    ];
    let hash = types::Hash::of(|hash| SOURCES.iter().for_each(|source| hash.text(source)));
    hash.to_string()[..8].to_owned()
}

/// This program as the wrapper that has the shared library linked; it calls the user's own in turn.
pub(super) fn sharing(workspace: &Path) -> io::Result<Wrapper> {
    this(workspace, Role::Shares { version: version() })
}

/// This program as a wrapper that only looks on.
pub(super) fn looking_on(workspace: &Path) -> io::Result<Wrapper> {
    this(workspace, Role::LooksOn)
}

fn this(workspace: &Path, role: Role) -> io::Result<Wrapper> {
    let this = env::current_exe()?;
    let build = Config::load_with_cwd(workspace).map_err(io::Error::other)?.build;
    // A program that this command has started may start it in turn.
    let own = |it: Option<PathBuf>| it.filter(|it| *it != this && !it.as_os_str().is_empty());
    let inner =
        Inner { all: own(build.rustc_wrapper), workspace: own(build.rustc_workspace_wrapper) };
    Ok(Wrapper::new(this, role, inner))
}

/// What cargo has called this program for, if it was called in place of rustc.
pub(super) fn asked() -> Option<Asked> {
    env::var_os(Wrapper::VARIABLE)?;
    let mut arguments: Vec<_> = env::args_os().skip(1).collect();
    let is_member = arguments.first() == Some(&this_program()?);
    if is_member {
        arguments.remove(0);
    }
    // The variable is there in all that the program starts.
    calls_rustc(&arguments).then_some(Asked { is_member, arguments })
}

/// Whether these are rustc and what it is given. Before it the user's own wrapper may stand, where this one
/// only looks on. The user's rustc may have any name; no command of this program's is a path.
fn calls_rustc(arguments: &[OsString]) -> bool {
    let is_rustc = |word: &OsString| {
        let name = Path::new(word).file_stem().and_then(|it| it.to_str());
        name.is_some_and(|it| it.contains("rustc"))
    };
    let is_path = |word: &OsString| Path::new(word).components().count() > 1;
    arguments.first().is_some_and(is_path) || arguments.iter().take(2).any(is_rustc)
}

/// This program, as cargo was told of it. What the system says of it is another path once another version
/// of the command has been installed in its place.
fn this_program() -> Option<OsString> {
    env::var_os("RUSTC_WRAPPER")
}

/// A call of rustc that cargo wants.
pub(super) struct Asked {
    /// Whether this program is named twice: it has a crate of the workspace linked to the shared library.
    is_member: bool,
    /// rustc, and what it is given.
    arguments: Vec<OsString>,
}

impl Asked {
    /// With what rustc is given, which a host that has this program wait for the next save gives it later:
    /// then rustc waits meanwhile.
    fn told(mut self) -> io::Result<(Asked, Call)> {
        let mut waiting = None;
        if self.arguments.get(1..).is_some_and(|given| given == [Wrapper::GIVEN_LATER]) {
            if self.inner().next().is_none() {
                waiting = Some(Call::waiting(Command::new(&self.arguments[0]))?);
            }
            self.arguments.truncate(1);
            for line in io::stdin().lines() {
                self.arguments.push(line?.into());
            }
        }
        let inner: Vec<_> = self.inner().collect();
        let mut words = inner.iter().chain(&self.arguments);
        let mut command = Command::new(words.next().expect("rustc is one"));
        command.args(words);
        Ok((self, Call { command, waiting }))
    }

    /// The user's wrappers, which call each other as cargo would have them do it.
    fn inner(&self) -> impl Iterator<Item = OsString> {
        let [all, workspace] = Wrapper::INNER.map(env::var_os);
        let inner = all.into_iter().chain(workspace.filter(|_| self.is_member));
        inner.filter(|it| !it.is_empty())
    }
}

/// Calls rustc.
pub(super) fn run(asked: Asked) -> ExitCode {
    match wrap(asked) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: the wrapper of `cargo hotreload` cannot run rustc: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrap(asked: Asked) -> io::Result<ExitCode> {
    let role = Role::of(&env::var(Wrapper::VARIABLE).unwrap_or_default());
    if let Role::Shares { version: wanted } = &role
        && *wanted != version()
    {
        let text = "another version of the command was installed since: start the program again \
                    with `cargo hotreload run`";
        return Err(io::Error::other(text));
    }
    let (asked, call) = asked.told()?;
    let Some(invocation) = Invocation::of(&asked.arguments[1..]) else {
        return call.status();
    };
    let code = match role {
        Role::LooksOn => call.status()?,
        Role::Shares { .. } if asked.is_member => share(call, &invocation)?,
        Role::Shares { .. } => {
            let can_change = invocation.form == Form::Library && invocation.can_change();
            return if can_change { compile(call, &invocation) } else { call.status() };
        }
    };
    if code == ExitCode::SUCCESS && invocation.is(invocation::Kind::Cdylib) {
        // Who finds no word of this call asks cargo.
        let _ = invocation
            .output()
            .and_then(|library| Capture::keep(&asked.arguments, &invocation.name, &library));
    }
    Ok(code)
}

/// Has rustc link the shared library, and looks at what it has linked.
fn share(mut call: Call, invocation: &Invocation) -> io::Result<ExitCode> {
    let command = &mut call.command;
    if invocation.links() {
        // Where the shared library and std are found, for as long as nothing is moved.
        command.args(["-C", "prefer-dynamic", "-C", "rpath", "--print"]);
        let mut file = OsString::from("link-args=");
        file.push(Linked::arguments(invocation));
        command.arg(file);
        // Cargo puts programs above the folder of libraries, or beside it.
        for folder in ["$ORIGIN/deps", "$ORIGIN/../deps"] {
            command.args(["-C", &format!("link-arg=-Wl,-rpath,{folder}")]);
        }
    }
    #[cfg(target_os = "linux")]
    if invocation.is(invocation::Kind::Dylib) {
        let mut linker = OsString::from("linker=");
        linker.push(this_program().ok_or(io::ErrorKind::NotFound)?);
        command.arg("-C").arg(linker).args(["-C", "linker-flavor=gcc"]);
        let usual = invocation.linker.clone().unwrap_or_else(|| "cc".into());
        command.env(crate::link::VARIABLE, usual);
        // One that was started before does not know of the variable.
        call.waiting = None;
    }
    match invocation.form {
        Form::Library => compile(call, invocation),
        Form::Other => call.checked(&invocation.image(), || checked(invocation, None)),
    }
}

/// Compiles a library, so that its types are others where their definitions are.
fn compile(mut call: Call, invocation: &Invocation) -> io::Result<ExitCode> {
    let found = Found::of(invocation)?;
    let types = found.types;
    call.command.arg("-C").arg(format!("metadata={}", types.own));
    // Cargo has those compiled that depend on it as soon as they can be, before this ends.
    types.leave(invocation)?;
    if let Some(folder) = incremental::folder(invocation, types.own) {
        let mut option = OsString::from("incremental=");
        option.push(folder);
        // The last one counts.
        call.command.arg("-C").arg(option);
    }
    call.checked(&invocation.image(), || checked(invocation, Some(&found)))
}

/// What is wrong with what rustc has made, if anything is. `found` are the types that it was compiled for.
fn checked(invocation: &Invocation, found: Option<&Found>) -> io::Result<Result<(), String>> {
    if let Some(found) = found
        && !found.holds(invocation)?
    {
        let name = &invocation.name;
        return Ok(Err(format!(
            "error: the types of `{name}` were changed while it was compiled: build it again\n"
        )));
    }
    if invocation.links()
        && let Err(reason) = Linked::read(invocation)?.check(invocation)?
    {
        return Ok(Err(hot_host::Error::from(reason).to_string()));
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustc_is_told_from_commands() {
        let calls =
            |words: &[&str]| calls_rustc(&words.iter().map(OsString::from).collect::<Vec<_>>());
        let rustcs = [
            &["rustc", "-vV"][..],
            &["/t/bin/rustc", "--crate-name", "logic"],
            &["clippy-driver", "rustc", "-"],
            &["/opt/compiler", "--crate-name", "logic"],
        ];
        assert!(rustcs.iter().all(|words| calls(words)));
        let commands =
            [&[][..], &["run"], &["hotreload", "run"], &["inspect", "target/debug/liblogic.so"]];
        assert!(!commands.iter().any(|words| calls(words)));
    }
}
