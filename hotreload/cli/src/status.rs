//! `cargo hotreload status`: which hosts run, and what one of them has loaded.

use std::{path::Path, process::ExitCode, time::Duration};

use serde::Serialize;

use super::{
    client::{Client, sockets},
    output::{self, FOUND, Format, HEADING},
};
use hot_host::command::{
    columns, line,
    protocol::{Answer, HostStatus, Refusal, Request, Watching, read_answer},
};

/// How long a host may take to answer: one that is stopped never does.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # All hosts of this user
  cargo hotreload status

  # All about the one host called game
  cargo hotreload status game

  cargo hotreload status 4711 --format json

Exit codes: 0 there is one, 1 there is none, or no such one, 2 wrong usage.")]
pub(super) struct Arguments {
    /// A host's process number or name: everything about it
    host: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
            hosts.iter().map(Host::page).collect::<Vec<_>>().join("\n")
        }
        Format::Text => list(&hosts),
    };
    if hosts.is_empty() {
        match &arguments.host {
            None => output::write_error("no host is running"),
            Some(wanted) => output::complain(&format!("no running host is `{wanted}`")),
        }
    }
    output::print(&text, if hosts.is_empty() { FOUND } else { 0 })
}

/// The hosts, a line for each.
fn list(hosts: &[Host]) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let names = ["process", "program", "bundles", "sources"].map(str::to_owned);
    let rows = std::iter::once(names).chain(hosts.iter().map(Host::row));
    let rows: Vec<_> = rows.map(|row| row.map(|cell| output::plain(&cell))).collect();
    let table = columns(&rows);
    let (names, hosts) = table.split_once('\n').unwrap_or((&table, ""));
    format!("{HEADING}{names}{HEADING:#}\n{hosts}")
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
    fn page(&self) -> String {
        let [pid, program, ..] = self.row();
        match &self.answer {
            Ok(status) => {
                let watched = watched(status.watch);
                let heading = output::sections(&format!("{program}, process {pid}, {watched}"));
                format!("{heading}\n{}", output::sections(&status.text))
            }
            Err(refusal) => format!("process {pid}: {}\n", output::plain(&refusal.text)),
        }
    }

    /// The host in a line: its process, its program, its bundles with their generations, its sources.
    fn row(&self) -> [String; 4] {
        let HostStatus { pid, name, watch, status, .. } = match &self.answer {
            Ok(status) => status,
            Err(refusal) => {
                let pid = self.number.map_or_else(|| "?".to_owned(), |it| it.to_string());
                let why = refusal.text.lines().next().unwrap_or_default().to_owned();
                return [pid, why, String::new(), String::new()];
            }
        };
        let name = name.clone().unwrap_or_else(|| "unnamed".to_owned());
        let bundles = status.bundles.iter().map(|it| format!("{} {}", it.name, it.generation));
        let bundles: Vec<_> = bundles.collect();
        let bundles = if bundles.is_empty() { "no bundle".to_owned() } else { bundles.join(", ") };
        [pid.to_string(), name, bundles, watched(*watch).to_owned()]
    }
}

fn watched(watch: Watching) -> &'static str {
    if watch == Watching::On { "watched" } else { "not watched" }
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
