//! The two ways to the host: its events, and commands with their answers.

use std::{
    sync::mpsc::{self, SyncSender, TrySendError},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::Message;
use crate::cli::client::{Client, socket_of};

/// How often to look for a socket that is not there yet.
const POLL: Duration = Duration::from_millis(20);

/// Listens to the host of this process number, from when it can be reached, and again when it drops
/// us. Ends with the receiver.
pub(super) fn listen(process: u32, send: SyncSender<Message>) {
    thread::spawn(move || {
        loop {
            let connection = socket_of(process).and_then(|socket| {
                let mut events = Client::connect(&socket).ok()?;
                events.ask(&json!({ "do": "listen" })).ok()?;
                // Only now: whatever happens after the status is an event.
                let status = Client::connect(&socket).ok()?.ask(&json!({ "do": "status" })).ok()?;
                Some((events, status))
            });
            let Some((mut events, status)) = connection else {
                thread::sleep(POLL);
                continue;
            };
            if send.send(Message::Connected(status)).is_err() {
                return;
            }
            while let Ok(event) = events.line() {
                if send.send(Message::Event(event)).is_err() {
                    return;
                }
            }
            // Else a host that drops us at once would have us run in circles.
            thread::sleep(POLL);
        }
    });
}

/// Sends requests to the host, one after the other.
pub(super) struct Commands(SyncSender<Value>);

impl Commands {
    pub(super) fn new(process: u32, send: SyncSender<Message>) -> Commands {
        // One is answered, one may wait.
        let (requests, receiver) = mpsc::sync_channel::<Value>(8);
        thread::spawn(move || {
            for request in receiver {
                let answer = socket_of(process)
                    .ok_or_else(|| "the host does not answer".to_owned())
                    .and_then(|socket| {
                        let answer = Client::connect(&socket).and_then(|mut it| it.ask(&request));
                        answer.map_err(|error| format!("the host does not answer: {error}"))
                    })
                    .unwrap_or_else(|why| json!({ "ok": false, "text": why }));
                if send.send(Message::Answer(answer)).is_err() {
                    return;
                }
            }
        });
        Commands(requests)
    }

    /// Whether there was room: nobody waits for hundreds of reloads.
    pub(super) fn send(&self, request: Value) -> bool {
        !matches!(self.0.try_send(request), Err(TrySendError::Full(_)))
    }
}
