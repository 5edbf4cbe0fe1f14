//! One connection: requests in, answers out.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    panic::{self, AssertUnwindSafe},
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::listeners::{Listener, reports};
use crate::host::{
    Bundle, Code, Host, Phases, Reason, Report, Result, json::Json, transaction::Next,
};

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
pub(super) fn serve(stream: &UnixStream, host: &Host) {
    // What fails here is the other end's loss.
    let _ = serve_requests(stream, host);
}

fn serve_requests(stream: &UnixStream, host: &Host) -> io::Result<()> {
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
        let Ok(request) = serde_json::from_slice::<Value>(&line) else {
            answer(stream, &no("the request is no JSON"))?;
            continue;
        };
        if request["do"] == "listen" {
            return listen(stream);
        }
        // A listener of the host's that panics has said so.
        let done = panic::catch_unwind(AssertUnwindSafe(|| fulfil(&request, host)));
        answer(stream, &done.unwrap_or_else(|_| no("the host panicked")))?;
    }
}

fn answer(mut stream: &UnixStream, answer: &Value) -> io::Result<()> {
    stream.write_all(format!("{answer}\n").as_bytes())
}

/// Writes events until the other end closes, or does not read.
fn listen(mut stream: &UnixStream) -> io::Result<()> {
    let listener = Listener::new(&json!({ "ok": true, "pid": process::id() }));
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

fn fulfil(request: &Value, host: &Host) -> Value {
    let names = match &request["bundle"] {
        Value::Null => Some(Vec::new()),
        Value::String(name) => Some(vec![name.as_str()]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let Some(names) = names else { return no("`bundle` is a name, a list of names or null") };
    let done = match request["do"].as_str() {
        Some("status") => return status(host),
        Some("reload") => reload(host, &names),
        Some("rollback") => rollback(host, &names),
        _ => return no("`do` is status, reload, rollback or listen"),
    };
    match done {
        Ok(live) => {
            let texts: Vec<_> = live.iter().map(ToString::to_string).collect();
            json!({ "ok": true, "reports": reports(&live), "text": texts.join("\n") })
        }
        Err(error) => json!({ "ok": false, "error": error.json(), "text": error.to_string() }),
    }
}

fn no(why: &str) -> Value {
    json!({ "ok": false, "text": why })
}

fn status(host: &Host) -> Value {
    let status = match host.status() {
        Ok(status) => status,
        Err(error) => {
            return json!({ "ok": false, "error": error.json(), "text": error.to_string() });
        }
    };
    #[cfg(feature = "watch")]
    let watch = if host.inner.watcher.get().is_some() { "on" } else { "off" };
    #[cfg(not(feature = "watch"))]
    let watch = "missing";
    let name = host.inner.executable.as_deref().and_then(|it| it.file_name());
    let name = name.map(|it| it.to_string_lossy());
    json!({
        "ok": true,
        "pid": process::id(),
        "name": name,
        "watch": watch,
        "status": status.json(),
        "text": status.to_string(),
    })
}

/// Builds and reloads these bundles at once, or all that are loaded.
fn reload(host: &Host, names: &[&str]) -> Result<Vec<Arc<Report>>> {
    let inner = host.inner;
    let wanted = names.iter().map(|name| named(host, name)).collect::<Result<Vec<_>>>()?;
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it.name() == name);
    let bundles: Vec<_> = {
        let world = inner.write()?;
        let loaded = world.world().bundles.iter().filter(|(name, _)| is_wanted(name));
        loaded
            .map(|(_, loaded)| &loaded.image.header)
            .map(|header| (header.package.clone(), header.manifest_dir.clone().into()))
            .collect()
    };
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    let start = Instant::now();
    let built = inner.announce(inner.build_all(&bundles))?;
    let phases = Phases { build: start.elapsed(), ..Phases::default() };
    let next: Vec<_> = built.iter().map(Next::built).collect();
    let live = host.load_together(&next, phases)?;
    Ok(live.into_iter().map(|(_, report)| report).collect())
}

/// Takes these bundles back at once, or the only one.
fn rollback(host: &Host, names: &[&str]) -> Result<Vec<Arc<Report>>> {
    if !names.is_empty() {
        let bundles = names.iter().map(|name| named(host, name)).collect::<Result<Vec<_>>>()?;
        let transaction = host.transaction();
        return bundles.iter().fold(transaction, |all, bundle| all.rollback(bundle)).commit();
    }
    match host.status()?.bundles.as_slice() {
        [only] => Ok(vec![named(host, &only.name)?.rollback()?]),
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

fn named(host: &Host, name: &str) -> Result<Bundle> {
    host.bundle(name).ok_or_else(|| {
        Reason::new(Code::NotLoaded, format!("bundle `{name}` is not loaded")).into()
    })
}
