//! `cargo hotreload status`: which hosts run, and what one of them has loaded.

use std::{io::Write as _, path::Path, process::ExitCode, time::Duration};

use serde::Serialize;

use super::client::{Client, sockets};
use hot_host::command::{
    line,
    protocol::{Answer, HostStatus, Refusal, Request, Watching, read_answer},
};

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

/// What a socket leads to.
struct Host {
    /// The process number that the socket's name has.
    number: Option<u32>,
    /// What it says of itself, or why it says nothing.
    answer: Answer<HostStatus>,
    /// The same as JSON, also what this end does not know of.
    json: String,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut hosts: Vec<Host> = sockets().iter().filter_map(|it| Host::ask(it)).collect();
    if let Some(wanted) = &arguments.host {
        hosts.retain(|host| host.is_meant(wanted));
    }
    let text = match arguments.format {
        Format::Json => {
            let hosts: Vec<_> = hosts.iter().map(|host| &*host.json).collect();
            format!("[{}]\n", hosts.join(","))
        }
        Format::Text if arguments.host.is_some() => {
            let texts = hosts.iter().map(|host| format!("{}\n{}\n", host.line(), host.text()));
            texts.collect::<Vec<_>>().join("\n")
        }
        Format::Text => hosts.iter().map(|host| format!("{}\n", host.line())).collect(),
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

impl Host {
    /// The host that answers there; none if it is dead.
    fn ask(socket: &Path) -> Option<Host> {
        let mut client = Client::connect(socket).ok()?.patience(PATIENCE).ok()?;
        let number = socket.file_stem().and_then(|it| it.to_str()).and_then(|it| it.parse().ok());
        let read = client.ask_line(&Request::Status).and_then(|json| {
            let answer: Answer<HostStatus> = read_answer(&json)?;
            Ok((answer, json))
        });
        let (answer, json) = match read {
            Ok((Ok(status), json)) => (Ok(status), json.trim_end().to_owned()),
            Ok((Err(refusal), _)) => silent(number, refusal.text),
            Err(error) => silent(number, format!("it does not answer: {error}")),
        };
        Some(Host { number, answer, json })
    }

    fn is_meant(&self, wanted: &str) -> bool {
        match (wanted.parse::<u32>(), &self.answer) {
            (Ok(number), Ok(status)) => status.pid == number,
            (Ok(number), Err(_)) => self.number == Some(number),
            (Err(_), Ok(HostStatus { name: Some(name), .. })) => {
                name.trim_end_matches(std::env::consts::EXE_SUFFIX) == wanted
            }
            (Err(_), _) => false,
        }
    }

    /// All about it.
    fn text(&self) -> &str {
        match &self.answer {
            Ok(status) => &status.text,
            Err(refusal) => &refusal.text,
        }
    }

    /// The host in a line.
    fn line(&self) -> String {
        let HostStatus { pid, name, watch, status, .. } = match &self.answer {
            Ok(status) => status,
            Err(refusal) => {
                let pid = self.number.map_or_else(|| "?".to_owned(), |it| it.to_string());
                return format!("{pid}  {}", refusal.text.lines().next().unwrap_or_default());
            }
        };
        let name = name.as_deref().unwrap_or_default();
        let bundles = status.bundles.iter().map(|it| format!("{} {}", it.name, it.generation));
        let bundles: Vec<_> = bundles.collect();
        let bundles = if bundles.is_empty() { "no bundle".to_owned() } else { bundles.join(", ") };
        let watch = if *watch == Watching::On { "watched" } else { "not watched" };
        format!("{pid}  {name}  {bundles}  {watch}")
    }
}

/// Of a host that says nothing of itself.
fn silent(pid: Option<u32>, text: String) -> (Answer<HostStatus>, String) {
    #[derive(Serialize)]
    struct Silent<'a> {
        ok: bool,
        pid: Option<u32>,
        text: &'a str,
    }
    let json = line(&Silent { ok: false, pid, text: &text });
    (Err(Refusal::of_request(text)), json)
}
