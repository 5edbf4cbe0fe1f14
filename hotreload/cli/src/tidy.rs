//! `cargo hotreload tidy`: what can be taken out of the source, since no value needs it to move.

use std::{io, process::ExitCode, time::Duration};

use super::{
    client::{Client, sockets},
    output::{self, FOUND, Format},
};
use hot_host::command::{
    line,
    protocol::{Answer, Refusal, Request, Tidied},
};

/// How long a host may take to answer: one that is stopped never does.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The hosts of this user are asked. An attribute, or a function with `#[hot::migrate]`, is needed as \
long as a value that is alive, or a generation that a rollback or an unload leads back to, is of a \
version that it speaks of; `#[hot(unsafe(stays))]` is never listed, since it speaks of every version.

Examples:
  cargo hotreload tidy
  cargo hotreload tidy --format json | jq '.[].attributes[].path'

Exit codes: 0 nothing can go, 1 something can, 2 no host runs, or one does not answer.")]
pub(super) struct Arguments {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut hosts = Vec::new();
    for socket in sockets() {
        // One that has ended is none.
        let Ok(client) = Client::connect(&socket) else { continue };
        let answer = client.patience(PATIENCE).and_then(|mut it| it.ask(&Request::Tidy));
        let answer: Answer<Tidied> = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let text =
                    format!("{}: the host does not answer; is it stopped?", socket.display());
                Err(Refusal::of_request(text))
            }
            Err(error) => Err(Refusal::of_request(format!("{}: {error}", socket.display()))),
        };
        match answer {
            Ok(tidied) => hosts.push(tidied),
            Err(refusal) => {
                output::complain(&refusal.text);
                return output::FAILED.into();
            }
        }
    }
    if hosts.is_empty() {
        output::complain("no host is running: start the program, and ask again");
        return output::FAILED.into();
    }
    let code = if hosts.iter().all(|host| host.attributes.is_empty()) { 0 } else { FOUND };
    output::print(&text(&hosts, arguments.format), code)
}

fn text(hosts: &[Tidied], format: Format) -> String {
    match format {
        Format::Json => line(&hosts) + "\n",
        Format::Text => {
            let texts = hosts.iter().map(|Tidied { pid, attributes, text }| {
                let heading =
                    if hosts.len() > 1 { format!("process {pid}\n") } else { String::new() };
                let nothing = "every attribute is needed";
                let list = if attributes.is_empty() { nothing } else { text };
                format!("{heading}{}\n", output::plain(list))
            });
            texts.collect()
        }
    }
}
