//! Watches one bundle and prints when another answer has become live.

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use hot::{Event, Host, Outcome};

fn main() -> Result<(), hot::Error> {
    // Without the bundle's name it was only to be built.
    let Some(name) = env::args().nth(1) else { return Ok(()) };
    let (lines, said) = mpsc::channel();
    // The lines of a save go through the event, which has the phases.
    let host = Host::builder().watch(|_| {}).start()?;
    let saved = lines.clone();
    host.on_event(move |event| {
        let event = match event {
            Event::Saved(event) => event,
            Event::Tweaked(_) => {
                let _ = saved.send("tweaked".to_owned());
                return;
            }
            _ => return,
        };
        let line = match &event.outcome {
            Outcome::Live(reports) => {
                let phases = reports[0].phases;
                let ms = |phase: Duration| phase.as_secs_f64() * 1e3;
                // After the line: nobody waits for it.
                let copy = copied(&reports[0].copy).unwrap_or_default();
                let by = match &reports[0].built_by {
                    Some(hot::BuiltBy::Rustc) => "rustc",
                    _ => "cargo",
                };
                format!(
                    "saved {} {} {} {} {} {by} {}",
                    ms(phases.watch),
                    ms(phases.build),
                    ms(phases.check),
                    ms(phases.load),
                    ms(phases.publish),
                    ms(copy)
                )
            }
            _ => format!("other {event}"),
        };
        let _ = saved.send(line);
    });
    host.load_crate(&name)?;
    let answer = match name.as_str() {
        "tweaked" => boxed(hot::lookup!(host, "tweaked::answer", fn() -> u32)?),
        "tiny" => boxed(hot::lookup!(host, "tiny::answer", fn() -> u32)?),
        "types" => boxed(hot::lookup!(host, "types::answer", fn() -> u32)?),
        _ => boxed(hot::lookup!(host, "systems::answer", fn() -> u32)?),
    };
    thread::spawn(move || {
        let mut last = None;
        loop {
            let now = answer();
            if last != Some(now) {
                let _ = lines.send(format!("live {now}"));
                last = Some(now);
            }
            thread::sleep(Duration::from_micros(100));
        }
    });
    for line in said {
        // A closed pipe ends it.
        if writeln!(std::io::stdout(), "{line}").is_err() {
            break;
        }
    }
    Ok(())
}

/// How long it takes to copy a library and to open the copy.
fn copied(library: &Path) -> io::Result<Duration> {
    let copy = env::temp_dir().join(format!("hotreload-bench-{}.so", process::id()));
    let _ = fs::remove_file(&copy);
    let started = Instant::now();
    fs::copy(library, &copy)?;
    // SAFETY: the library is loaded already, with all that its constructors do.
    let opened = unsafe { libloading::Library::new(&copy) };
    let took = started.elapsed();
    // It stays open: what its constructors have made may lie in it.
    opened.map(std::mem::forget).map_err(io::Error::other)?;
    fs::remove_file(&copy)?;
    Ok(took)
}

fn boxed(answer: impl Fn() -> u32 + Send + 'static) -> Box<dyn Fn() -> u32 + Send> {
    Box::new(answer)
}
