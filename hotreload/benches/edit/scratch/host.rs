//! Watches one bundle and prints when another answer has become live.

use std::{env, io::Write as _, sync::mpsc, thread, time::Duration};

use hot::{Event, Host, Outcome};

fn main() -> Result<(), hot::Error> {
    let name = env::args().nth(1).expect("the bundle's name");
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
                format!(
                    "saved {} {} {} {} {}",
                    ms(phases.watch),
                    ms(phases.build),
                    ms(phases.check),
                    ms(phases.load),
                    ms(phases.publish)
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

fn boxed(answer: impl Fn() -> u32 + Send + 'static) -> Box<dyn Fn() -> u32 + Send> {
    Box::new(answer)
}
