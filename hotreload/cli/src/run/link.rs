//! The two ways to the host: its events, and commands with their answers.

use std::{
    sync::{
        Weak,
        mpsc::{self, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use serde::de::DeserializeOwned;

use super::{FromProcess, Message};
use crate::client::{Client, socket_of};
use hot_host::command::protocol::{Answer, HostStatus, Listening, Refusal, Request, Restarting};

/// How often to look for a socket that is not there yet.
const POLL: Duration = Duration::from_millis(20);

/// Listens to the host of this process, from when it can be reached, and again when it drops us.
/// Ends with the receiver, or when nobody cares any more.
pub(super) fn listen(process: u32, number: usize, cares: Weak<()>, send: SyncSender<Message>) {
    let send = move |what| send.send(Message::Of(number, Box::new(what)));
    thread::spawn(move || {
        while cares.strong_count() > 0 {
            let connection = socket_of(process).and_then(|socket| {
                let mut events = Client::connect(&socket).ok()?;
                events.ask::<Listening>(&Request::Listen).ok()?.ok()?;
                // Only now: whatever happens after the status is an event.
                let status = Client::connect(&socket).ok()?.ask(&Request::Status).ok()?;
                Some((events, status.ok()?))
            });
            let Some((mut events, status)) = connection else {
                thread::sleep(POLL);
                continue;
            };
            if send(FromProcess::Connected(Box::new(status))).is_err() {
                return;
            }
            while let Ok(event) = events.line() {
                if send(FromProcess::Event(event)).is_err() {
                    return;
                }
            }
            // Else a host that drops us at once would have us run in circles.
            thread::sleep(POLL);
        }
    });
}

/// Has the host tell of a restart, at once: what it does meanwhile may take longer than this.
pub(super) fn tell_of_restart(
    process: u32,
    number: usize,
    within: Duration,
    send: SyncSender<Message>,
) {
    let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    thread::spawn(move || {
        // Whatever the answer is: the program is ended then.
        let _ = ask::<Restarting>(process, &Request::Restarting { within_ms });
        let _ = send.send(Message::Of(number, Box::new(FromProcess::Told)));
    });
}

/// Sends requests to the host, one after the other.
pub(super) struct Commands(SyncSender<Request>);

impl Commands {
    pub(super) fn new(process: u32, number: usize, send: SyncSender<Message>) -> Commands {
        // One is answered, one may wait.
        let (requests, receiver) = mpsc::sync_channel(8);
        thread::spawn(move || {
            for request in receiver {
                let what = match request {
                    Request::Status => FromProcess::Status(ask::<HostStatus>(process, &request)),
                    Request::Watch { .. } => FromProcess::Paused(ask(process, &request)),
                    _ => FromProcess::Published(ask(process, &request)),
                };
                if send.send(Message::Of(number, Box::new(what))).is_err() {
                    return;
                }
            }
        });
        Commands(requests)
    }

    /// Whether there was room: nobody waits for hundreds of reloads.
    pub(super) fn send(&self, request: Request) -> bool {
        !matches!(self.0.try_send(request), Err(TrySendError::Full(_)))
    }
}

/// The host's answer, or that there is none.
fn ask<T: DeserializeOwned>(process: u32, request: &Request) -> Answer<T> {
    let silent = |why: String| Refusal::of_request(format!("the host does not answer{why}"));
    let socket = socket_of(process).ok_or_else(|| silent(String::new()))?;
    let answer = Client::connect(&socket).and_then(|mut it| it.ask(request));
    answer.unwrap_or_else(|error| Err(silent(format!(": {error}"))))
}
