//! One connection: requests in, answers out.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    panic::{self, AssertUnwindSafe},
    process, thread,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::boundary::{started, threads};
use crate::build::Lead;
use crate::control::listeners::Listener;
use crate::control::protocol::{
    HostStatus, Listening, Paused, Published, Refusal, Request, Restarting, Tidied, Unchanged,
    Watching, answer_line,
};
use crate::load::{Repeated, Step};
use crate::said::{Code, Phases, Reason, Result};
use crate::state::Inner;

/// The longest request.
const LONGEST: u64 = 1 << 16;
/// How long to wait for a request, and for somebody to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says that too many are connected already.
pub(super) fn refuse(stream: &UnixStream) {
    // What does not fit into the socket's buffer is not worth a wait.
    let _ = stream.set_nonblocking(true);
    let _ = answer(stream, &no("too many connections"));
}

/// Serves until the other end has enough, or is too slow.
pub(super) fn serve(stream: &UnixStream, inner: &'static Inner) {
    // What fails here is the other end's loss.
    let _ = serve_requests(stream, inner);
}

fn serve_requests(stream: &UnixStream, inner: &'static Inner) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut reader).take(LONGEST).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            // The end, within a line or not; or a line without end.
            return if line.len() as u64 == LONGEST {
                answer(stream, &no("the request is too long"))
            } else {
                Ok(())
            };
        }
        let line = match Request::read(&line) {
            Ok(Request::Listen) => return listen(stream),
            Ok(Request::Tidy) => fulfil(|| tidy(inner)),
            Ok(Request::Watch { pause }) => match inner.watch.get() {
                Some(switch) => {
                    switch.pause(pause);
                    answer_line(&Ok(Paused { paused: pause }))
                }
                None => no("the host does not watch"),
            },
            Ok(Request::Restarting { within_ms }) => fulfil(|| {
                let within = Duration::from_millis(within_ms);
                Ok(Restarting { done: inner.restart_listeners.tell(within) })
            }),
            Ok(Request::Status) => fulfil(|| status(inner)),
            Ok(Request::Reload { bundle }) => fulfil(|| reload(inner, &bundle)),
            Ok(Request::Rollback { bundle, to: Some(_) }) if bundle.len() != 1 => {
                no("`to` is a generation of one bundle: name that one")
            }
            Ok(Request::Rollback { bundle, to }) => fulfil(|| rollback(inner, &bundle, to)),
            Err(why) => no(why),
        };
        answer(stream, &line)?;
    }
}

fn answer(mut stream: &UnixStream, line: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes())
}

/// Writes events until the other end closes, or does not read.
fn listen(mut stream: &UnixStream) -> io::Result<()> {
    let listener = Listener::new(answer_line(&Ok(Listening { pid: process::id() })));
    let queue = listener.queue().clone();
    let reads = stream.try_clone()?;
    reads.set_read_timeout(None)?;
    let closing = thread::Builder::new().name("hot-control".to_owned()).spawn(move || {
        // Nothing more is asked here: what counts is the end.
        let _ = io::copy(&mut &reads, &mut io::sink());
        queue.close();
    })?;
    let mut written = Ok(());
    while let (true, Some(line)) = (written.is_ok(), listener.queue().next()) {
        written = stream.write_all(line.as_bytes());
    }
    drop(listener);
    // Ends the reading too.
    let _ = stream.shutdown(std::net::Shutdown::Both);
    let _ = closing.join();
    written
}

/// The line that answers a request.
fn fulfil<T: Serialize>(done: impl FnOnce() -> Result<T>) -> String {
    // A listener of the host's that panics has said so.
    let done = panic::catch_unwind(AssertUnwindSafe(done));
    answer_line(&match done {
        Ok(done) => done.map_err(Refusal::from),
        Err(_) => Err(Refusal::of_request("the host panicked")),
    })
}

fn no(why: impl Into<String>) -> String {
    answer_line::<Listening>(&Err(Refusal::of_request(why)))
}

fn status(inner: &'static Inner) -> Result<HostStatus> {
    let status = inner.status(threads::in_older_code(), started::threads)?;
    let watch = match inner.watch.get() {
        Some(switch) if switch.is_paused() => Watching::Paused,
        Some(_) => Watching::On,
        None if cfg!(feature = "watch") => Watching::Off,
        None => Watching::Missing,
    };
    let name = inner.file.path().and_then(|it| it.file_name());
    let name = name.map(|it| it.to_string_lossy().into_owned());
    Ok(HostStatus { pid: process::id(), name, watch, text: status.to_string(), status })
}

fn tidy(inner: &'static Inner) -> Result<Tidied> {
    let attributes = inner.tidy()?;
    let lines: Vec<_> = attributes.iter().map(ToString::to_string).collect();
    Ok(Tidied { pid: process::id(), attributes, text: lines.join("\n") })
}

/// Builds and reloads these bundles at once, or all that are loaded.
fn reload(inner: &'static Inner, names: &[String]) -> Result<Published> {
    let wanted = names.iter().map(|name| named(inner, name)).collect::<Result<Vec<_>>>()?;
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    let bundles: Vec<_> = {
        let world = inner.write()?;
        let loaded = world.world().bundles.iter().filter(|(name, _)| is_wanted(name));
        loaded
            .map(|(_, loaded)| (loaded.image.header.package.clone(), Lead::of(&loaded.image)))
            .collect()
    };
    if bundles.is_empty() {
        return Ok(Published::default());
    }
    let start = Instant::now();
    let built = inner.announce(inner.build_all(bundles))?;
    let phases = Phases { build: start.elapsed(), ..Phases::default() };
    let (mut steps, mut unchanged) = (Vec::new(), Vec::new());
    for (package, built) in &built {
        let next = built.next();
        match inner.repeated(&named(inner, package)?, &next) {
            Some(Repeated::Live(generation)) => {
                let same = Unchanged { bundle: package.clone(), generation };
                inner.notices.unchanged(package, &same.line());
                unchanged.push(same);
            }
            // What was rolled back is wanted again.
            Some(Repeated::RolledBack { .. }) | None => steps.push(Step::Load(next)),
        }
    }
    publish(inner, &steps, phases, unchanged)
}

/// Takes these bundles back at once, or the only one.
fn rollback(inner: &'static Inner, names: &[String], to: Option<u64>) -> Result<Published> {
    if !names.is_empty() {
        let bundles = names.iter().map(|name| named(inner, name)).collect::<Result<Vec<_>>>()?;
        return go_back(inner, &bundles, to);
    }
    match inner.status(threads::in_older_code(), started::threads)?.bundles.as_slice() {
        [only] => go_back(inner, &[named(inner, &only.name)?], to),
        [] => Err(Reason::new(Code::NotLoaded, "no bundle is loaded").into()),
        several => {
            let names: Vec<_> = several.iter().map(|it| it.name.as_str()).collect();
            let reason =
                Reason::new(Code::NotLoaded, "no bundle was named, and several are loaded")
                    .fact("loaded", names.join(", "));
            Err(reason.help("name the one that is meant").into())
        }
    }
}

fn go_back(inner: &Inner, bundles: &[String], to: Option<u64>) -> Result<Published> {
    let steps: Vec<_> = bundles.iter().map(|name| Step::RollBack(name, to)).collect();
    publish(inner, &steps, Phases::default(), Vec::new())
}

fn publish(
    inner: &Inner,
    steps: &[Step<'_>],
    phases: Phases,
    unchanged: Vec<Unchanged>,
) -> Result<Published> {
    let live = match steps {
        [] => Vec::new(),
        steps => inner.transact(steps, phases)?,
    };
    let reports = live.into_iter().map(|(_, report)| report).collect();
    Ok(Published::new(reports, unchanged))
}

/// The crate's name.
fn named(inner: &Inner, name: &str) -> Result<String> {
    inner.names(name).map(|(crate_name, _)| crate_name).ok_or_else(|| {
        Reason::new(Code::NotLoaded, format!("bundle `{name}` is not loaded")).into()
    })
}
