//! `cargo hotreload status`: which hosts run, and what one of them has loaded.

use std::{io::Write as _, path::Path, process::ExitCode, time::Duration};

use serde_json::{Value, json};

use super::client::{Client, sockets};

/// How long a host may take to answer: one that is stopped never does.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo hotreload status            all hosts of this user
  cargo hotreload status game       all about the one host called game
  cargo hotreload status 4711 --format json

Exit codes: 0 there is one, 1 there is none, or no such one, 2 wrong usage.")]
pub(super) struct Arguments {
    /// A host's process number or name: everything about it
    host: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut hosts: Vec<Value> = sockets().iter().filter_map(|it| ask(it)).collect();
    if let Some(wanted) = &arguments.host {
        hosts.retain(|host| is_meant(host, wanted));
    }
    let text = match arguments.format {
        Format::Json => format!("{}\n", Value::from(hosts.clone())),
        Format::Text if arguments.host.is_some() => {
            let texts =
                hosts.iter().map(|host| format!("{}\n{}\n", line(host), text(host, "text")));
            texts.collect::<Vec<_>>().join("\n")
        }
        Format::Text => hosts.iter().map(|host| format!("{}\n", line(host))).collect(),
    };
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    match (hosts.is_empty(), &arguments.host) {
        (false, _) => ExitCode::SUCCESS,
        (true, None) => {
            eprintln!("no host is running");
            ExitCode::FAILURE
        }
        (true, Some(wanted)) => {
            eprintln!("error: no running host is `{wanted}`");
            ExitCode::FAILURE
        }
    }
}

/// The host's answer; none of one that is dead.
fn ask(socket: &Path) -> Option<Value> {
    let mut client = Client::connect(socket).ok()?.patience(PATIENCE).ok()?;
    let answer = client.ask(&json!({ "do": "status" }));
    let number = || socket.file_stem()?.to_str()?.parse::<u32>().ok();
    let silent = |why: String| json!({ "ok": false, "pid": number(), "text": why });
    Some(match answer {
        Ok(answer) if answer["ok"] == true => answer,
        Ok(answer) => silent(text(&answer, "text").to_owned()),
        Err(error) => silent(format!("it does not answer: {error}")),
    })
}

fn is_meant(host: &Value, wanted: &str) -> bool {
    match wanted.parse::<u64>() {
        Ok(number) => host["pid"] == number,
        Err(_) => text(host, "name").trim_end_matches(std::env::consts::EXE_SUFFIX) == wanted,
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// A host in a line.
fn line(host: &Value) -> String {
    let (pid, name) = (&host["pid"], text(host, "name"));
    if host["ok"] != true {
        return format!("{pid}  {}", text(host, "text").lines().next().unwrap_or_default());
    }
    let bundles = host["status"]["bundles"].as_array().into_iter().flatten();
    let bundles: Vec<_> =
        bundles.map(|it| format!("{} {}", text(it, "name"), it["generation"])).collect();
    let bundles = if bundles.is_empty() { "no bundle".to_owned() } else { bundles.join(", ") };
    let watch = if host["watch"] == "on" { "watched" } else { "not watched" };
    format!("{pid}  {name}  {bundles}  {watch}")
}
