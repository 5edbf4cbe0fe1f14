//! `cargo hotreload calls`.
//!
//! ```text
//! sources     the workspace's files and modules
//! attributes  what they say: exported, for tests, in another file
//! names       which definition a path leads to
//! find        where an exported function is called plainly
//! ```

mod attributes;
mod find;
mod names;
mod sources;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use serde_json::{Value, json};

use super::output::{self, FAILED, FOUND, Format};
use crate::{Error, Result, host::cargo::Workspace, host::json::Json as _};
use find::Plain;
use sources::Sources;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A plain call, `add(2, 3)`, runs what it was linked with; `hot::get!(add)(2, 3)` runs the
newest. Functions that are passed on, `map(add)`, stay what they are, too. Calls within the
bundle that exports the function are replaced together with their callers: they are
counted, and listed with --all. Functions with #[hot::export(always)], methods and what
hot::import! declares are hot by themselves.

Limits: sources are read, not compiled. #[cfg] is ignored. Not seen are calls that a macro
writes, in macros whose arguments are no expressions or statements, in files that
include! brings, and in packages outside of the workspace.

Examples:
  cargo hotreload calls
  cargo hotreload calls --workspace ../game --format json

JSON: an object of calls (each with file, line, column, function, written, kind: call or
value, in_own_bundle), left_out (how many --all would add) and errors.

Exit codes: 0 there is none, 1 there are some, 2 wrong usage, or a source that cannot be
read: then the list is not whole.")]
pub(super) struct Arguments {
    /// A folder of the workspace
    #[arg(long, value_name = "PATH", default_value = ".")]
    workspace: PathBuf,
    /// Also calls within the bundle that exports the function
    #[arg(long)]
    all: bool,
    /// Also calls in tests and benches
    #[arg(long)]
    tests: bool,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Deep nesting in a source must not end the process.
const STACK: usize = 256 << 20;

/// What was found.
struct Report {
    calls: Vec<Plain>,
    /// How many more there are within their own bundle.
    left_out: usize,
    errors: Vec<Error>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let report = thread::scope(|scope| {
        let reading = thread::Builder::new().stack_size(STACK);
        match reading.spawn_scoped(scope, || report(arguments)) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => report(arguments),
        }
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => return output::fail(&error, arguments.format),
    };
    let code = match &report {
        Report { errors, .. } if !errors.is_empty() => FAILED,
        Report { calls, .. } if !calls.is_empty() => FOUND,
        _ => 0,
    };
    match arguments.format {
        Format::Json => output::print(&format!("{}\n", json(&report)), code),
        Format::Text => {
            let printed = output::print(&text(&report), code);
            report.errors.iter().for_each(|error| {
                output::fail(error, Format::Text);
            });
            printed
        }
    }
}

fn report(arguments: &Arguments) -> Result<Report> {
    let folder = arguments.workspace.canonicalize();
    let folder = folder.unwrap_or_else(|_| arguments.workspace.clone());
    let workspace = Workspace::find(&[folder])?;
    let mut sources = Sources::read(&workspace, arguments.tests);
    let mut calls = find::plain(&mut sources);
    let all = calls.len();
    calls.retain(|call| arguments.all || !call.in_own_bundle);
    for call in &mut calls {
        if let Ok(inside) = call.file.strip_prefix(workspace.root()) {
            call.file = Path::new(inside).to_owned();
        }
    }
    Ok(Report { left_out: all - calls.len(), calls, errors: sources.errors })
}

fn text(report: &Report) -> String {
    let mut text: String = report.calls.iter().map(|call| line(call) + "\n").collect();
    if report.left_out > 0 {
        let count = report.left_out;
        let (are, their) = if count == 1 { ("is", "its") } else { ("are", "their") };
        text += &format!(
            "{count} more {are} within {their} own bundle, and replaced together with the caller: --all lists {}\n",
            if count == 1 { "it" } else { "them" }
        );
    }
    output::plain(&text)
}

fn line(call: &Plain) -> String {
    let Plain { file, line, column, function, written, is_call, in_own_bundle } = call;
    let place = format!("{}:{line}:{column}: {function}", file.display());
    match (is_call, in_own_bundle) {
        (true, false) => format!(
            "{place} is called plainly: this call stays in the version it was compiled with; \
             write hot::get!({written})(..)"
        ),
        (false, false) => format!(
            "{place} is passed on as a plain function: that stays in the version it was compiled \
             with; write hot::get!({written}), or hot::fn_ptr!({written}) for a function pointer"
        ),
        (true, true) => format!(
            "{place} is called plainly within its own bundle: it is replaced together with the \
             caller; to leave a version that goes on running, write hot::get!({written})(..)"
        ),
        (false, true) => format!(
            "{place} is passed on as a plain function within its own bundle: that stays in the \
             version of the caller; write hot::get!({written}), or hot::fn_ptr!({written})"
        ),
    }
}

fn json(report: &Report) -> Value {
    let call = |call: &Plain| {
        let Plain { file, line, column, function, written, is_call, in_own_bundle } = call;
        json!({
            "file": file.to_string_lossy(),
            "line": line,
            "column": column,
            "function": function,
            "written": written,
            "kind": if *is_call { "call" } else { "value" },
            "in_own_bundle": in_own_bundle,
        })
    };
    json!({
        "calls": report.calls.iter().map(call).collect::<Value>(),
        "left_out": report.left_out,
        "errors": report.errors.json(),
    })
}
