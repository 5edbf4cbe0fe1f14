//! This program as a wrapper of rustc, which cargo calls in its place. It leaves word of how rustc was
//! called for each bundle. In a workspace with a shared library, what lies in that is linked from there,
//! by the program and by its bundles.
//!
//! ```text
//! invocation  what cargo asks of rustc
//! types       a hash of the types that a crate defines
//! linked      what rustc has linked: each library once?
//! incremental what rustc keeps for the next time, of types that there are no more
//! ```
//!
//! To a `TypeId`, a type is its path and the crate's `-C metadata`. A type map in the shared library
//! would hand a value of the old `Config` to code that was compiled with the new one. With the hash
//! among the metadata, both have different `TypeId`s.

mod incremental;
mod invocation;
mod linked;
mod types;

use std::{
    env,
    ffi::OsString,
    io,
    path::Path,
    process::{Command, ExitCode},
};

use cargo_config2::Config;
use hot_host::command::{Capture, Role, Wrapper};

use incremental::Kept;
use invocation::{Form, Invocation};
use linked::Linked;

/// What the wrapper does, as a hash of its sources: what another version of it has made is of no use.
pub(super) fn version() -> String {
    const SOURCES: [&str; 11] = [
        include_str!("mod.rs"),
        include_str!("invocation.rs"),
        include_str!("linked.rs"),
        include_str!("types.rs"),
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
    let inner = match role {
        Role::LooksOn => build.rustc_wrapper,
        Role::Shares { .. } => build.rustc_workspace_wrapper,
    };
    // A program that this command has started may start it in turn.
    let inner = inner.filter(|it| *it != this && !it.as_os_str().is_empty());
    Ok(Wrapper::new(this, role, inner))
}

/// What cargo has called this program for, if it was called in place of rustc.
pub(super) fn asked() -> Option<Vec<OsString>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    // The variable is there in all that the program starts.
    let is_rustc = |word: &OsString| {
        let name = Path::new(word).file_stem().and_then(|it| it.to_str());
        name.is_some_and(|it| it.contains("rustc"))
    };
    // Another wrapper, of the workspace, may stand before rustc.
    let is_called = arguments.iter().take(2).any(is_rustc);
    (is_called && env::var_os(Wrapper::VARIABLE).is_some()).then_some(arguments)
}

/// Calls rustc.
pub(super) fn run(arguments: Vec<OsString>) -> ExitCode {
    match wrap(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: the wrapper of `cargo hotreload` cannot run rustc: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrap(mut arguments: Vec<OsString>) -> io::Result<ExitCode> {
    let wanted = Role::of(&env::var(Wrapper::VARIABLE).unwrap_or_default());
    if let Role::Shares { version: wanted } = &wanted
        && *wanted != version()
    {
        let text = "another version of the command was installed since: start the program again \
                    with `cargo hotreload run`";
        return Err(io::Error::other(text));
    }
    let all = arguments.clone();
    let rustc = arguments.remove(0);
    let mut command = match env::var_os(Wrapper::INNER) {
        Some(inner) => {
            let mut command = Command::new(inner);
            command.arg(rustc);
            command
        }
        None => Command::new(rustc),
    };
    command.args(&arguments);
    let Some(invocation) = Invocation::of(&arguments) else { return status(&mut command) };
    let code = match wanted {
        Role::LooksOn => status(&mut command)?,
        Role::Shares { .. } => share(command, &invocation)?,
    };
    if code == ExitCode::SUCCESS && invocation.is(invocation::Kind::Cdylib) {
        capture(&invocation, &all);
    }
    Ok(code)
}

/// Leaves word of how rustc was called, if anybody asks for it. Who finds none asks cargo.
fn capture(invocation: &Invocation, arguments: &[OsString]) {
    let Some(folder) = env::var_os(Wrapper::CAPTURES) else { return };
    let path = Capture::path(Path::new(&folder), &invocation.name);
    let _ = Capture::of(arguments).and_then(|capture| capture.write(&path));
}

/// Has rustc link the shared library, and looks at what it has linked.
fn share(mut command: Command, invocation: &Invocation) -> io::Result<ExitCode> {
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
        linker.push(env::current_exe()?);
        command.arg("-C").arg(linker).args(["-C", "linker-flavor=gcc"]);
        let usual = invocation.linker.clone().unwrap_or_else(|| "cc".into());
        command.env(crate::link::VARIABLE, usual);
    }
    let code = match invocation.form {
        Form::Library => compile(&mut command, invocation)?,
        Form::Other => status(&mut command)?,
    };
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    if invocation.links()
        && let Err(reason) = Linked::read(invocation)?.check(invocation)?
    {
        eprint!("{}", hot_host::Error::from(reason));
        return Ok(ExitCode::FAILURE);
    }
    Ok(code)
}

/// Compiles a library, so that its types are others where their definitions are.
fn compile(command: &mut Command, invocation: &Invocation) -> io::Result<ExitCode> {
    let read = types::read_before(invocation);
    let types = types::of(invocation, &read)?;
    command.arg("-C").arg(format!("metadata={types}"));
    // Cargo has those compiled that depend on it as soon as they can be, before this ends.
    types.leave(invocation)?;
    let kept = Kept::before(invocation)?;
    let code = status(command)?;
    kept.after(invocation, types)?;
    if code == ExitCode::SUCCESS && types::of(invocation, &read)? != types {
        let name = &invocation.name;
        eprintln!(
            "error: the types of `{name}` were changed while it was compiled: build it again"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(code)
}

fn status(command: &mut Command) -> io::Result<ExitCode> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
