//! What bundles run when their generations come and go: after the commit, under no lock, on the thread that
//! loads. Nobody else changes meanwhile what is loaded.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hot_rt::rt::{Hook, Pin, When};

use crate::{
    boundary::threads,
    load::Step,
    said::{Code, Error, Event, FailedHook, Phases, Reason, Report, Result, RolledBack},
    state::{Image, Inner, Taken, Turn, World, Writing, world::crate_of},
};

/// The attribute of what runs once a generation has come.
const ON_LOAD: &str = "on_load";

/// How often it is asked whether it is one's turn.
const INTERVAL: Duration = Duration::from_millis(1);

/// A bundle's image that is live, or was, with its generation.
pub(super) struct Live {
    image: Arc<Image>,
    generation: u64,
}

/// What a commit runs, in this order.
pub(super) struct Hooks(Vec<(&'static Hook, u64)>);

/// The live images of these crates: who imports from another one comes after it. Of those that import from
/// each other in a circle, the first one by its name comes last.
pub(super) fn live(world: &World, is_meant: impl Fn(&str) -> bool) -> Vec<Live> {
    fn visit<'w>(
        world: &'w World,
        name: &'w str,
        seen: &mut Vec<&'w str>,
        order: &mut Vec<&'w str>,
    ) {
        let Some(loaded) = world.bundles.get(name).filter(|_| !seen.contains(&name)) else {
            return;
        };
        seen.push(name);
        for import in &loaded.image.imports {
            visit(world, crate_of(&import.item.path), seen, order);
        }
        order.push(name);
    }
    let (mut seen, mut order) = (Vec::new(), Vec::new());
    world.bundles.keys().for_each(|name| visit(world, name, &mut seen, &mut order));
    let live = order.into_iter().filter(|name| is_meant(name)).map(|name| {
        let loaded = &world.bundles[name];
        Live { image: loaded.image.clone(), generation: loaded.generation }
    });
    live.collect()
}

impl Hooks {
    /// Those of what goes, and then of what comes. Both are in the order of [`live`].
    pub(super) fn new(going: &[Live], coming: &[Live]) -> Hooks {
        let all = going.iter().rev().map(|live| (live, When::Unload));
        let all = all.chain(coming.iter().map(|live| (live, When::Load)));
        let hooks = all.flat_map(|(Live { image, generation }, when)| {
            let hooks = image.hooks.iter().filter(move |hook| hook.when == when);
            hooks.map(|hook| (*hook, *generation))
        });
        Hooks(hooks.collect())
    }

    /// Takes the turn to run them, unless this thread has it or there is nothing to run.
    pub(super) fn take_turn(&self, writing: &Writing<'_>, turn: &mut Option<Turn>) {
        if turn.is_none() && !self.0.is_empty() {
            // SAFETY: records are never freed.
            *turn = Some(Turn::begin(writing, unsafe { &*threads::thread_record() }));
        }
    }

    /// Runs all of them, whatever becomes of one. Gives those that have failed.
    pub(super) fn run(self) -> Vec<FailedHook> {
        self.0.into_iter().filter_map(|(hook, generation)| run(hook, generation)).collect()
    }
}

fn run(hook: &Hook, generation: u64) -> Option<FailedHook> {
    // For the gate: it is a call like any.
    let pin = Pin::enter();
    let run = hook.run;
    let (error, panicked) = match catch_unwind(AssertUnwindSafe(|| pin.leave(run()))) {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => (error, false),
        // The hook of panics has told of it; it went on with its text.
        Err(payload) => {
            (payload.downcast::<String>().map_or_else(|_| String::new(), |it| *it), true)
        }
    };
    let attribute = match hook.when {
        When::Load => ON_LOAD,
        When::Unload => "on_unload",
    };
    let (hook, attribute) = (hook.path.to_owned(), attribute.to_owned());
    Some(FailedHook { hook, attribute, generation, error, panicked })
}

impl Inner {
    /// The writer's lock, to change what is loaded: once nobody runs what an earlier change has them run.
    /// Waits for each such change for as long as the host's patience, or for ever.
    pub(super) fn write_in_turn(&self, for_ever: bool) -> Result<Writing<'_>> {
        let (mut turn, mut since) = (0, Instant::now());
        loop {
            let writing = self.write()?;
            match Turn::taken(&writing) {
                None => return Ok(writing),
                Some(Taken::Here) => {
                    let what = "this thread runs what bundles do at a load or an unload";
                    return Err(Reason::new(Code::Reentrant, what).into());
                }
                Some(Taken::By(_, number)) if number != turn => {
                    (turn, since) = (number, Instant::now())
                }
                Some(Taken::By(record, _))
                    if !for_ever && since.elapsed() >= self.options.patience =>
                {
                    let what = "another thread runs still what bundles do at a load or an unload";
                    return Err(Reason::new(Code::Inside, what)
                        .fact("inside", threads::name(record))
                        .help("let `#[hot::on_load]` and `#[hot::on_unload]` functions return soon")
                        .into());
                }
                Some(Taken::By(..)) => {}
            }
            drop(writing);
            thread::sleep(INTERVAL);
        }
    }

    /// Goes back from what was loaded, if a function that ran after that has failed and the host is to go
    /// back then: an error says so. What goes runs what it does at an unload, and what comes back what it does
    /// at a load; where that fails, it is told and no more. So is it where there is no way back.
    pub(super) fn undo_failed(
        &self,
        loaded: &[(&str, &Report)],
        turn: &mut Option<Turn>,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let failed = loaded.iter().flat_map(|(_, report)| &report.failed_hooks);
        let failed: Vec<_> = failed.filter(|failed| failed.attribute == ON_LOAD).collect();
        if !self.options.rollback_on_hook_error || failed.is_empty() {
            return Ok(());
        }
        let why = failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let names: Vec<_> = loaded.iter().map(|(name, _)| *name).collect();
        match self.take_back(&names, &why, turn, events) {
            Ok(now) => {
                let reasons = failed.into_iter().map(|failed| {
                    let FailedHook { hook, panicked, error, .. } = failed;
                    let what = if *panicked { "panicked" } else { "failed" };
                    let what = format!("`{hook}`, which runs after a load, {what}");
                    let reason = Reason::new(Code::HookFailed, what).fact("said", error.clone());
                    now.iter().fold(reason, |reason, now| reason.fact("now", now.clone()))
                });
                Err(Error::of(reasons.collect()))
            }
            Err(error) => {
                events.push(Event::Refused(Arc::new(error.because(&why))));
                Ok(())
            }
        }
    }

    /// Takes these bundles back to what was there before their last load. Says what is there now.
    fn take_back(
        &self,
        names: &[&str],
        why: &str,
        turn: &mut Option<Turn>,
        events: &mut Vec<Event>,
    ) -> Result<Vec<String>> {
        let writing = self.write()?;
        let bundles = &writing.world().bundles;
        let had_none = |name: &&str| {
            bundles.get(*name).is_some_and(|it| it.history.is_empty() && !it.forgotten)
        };
        let (new, old): (Vec<&str>, Vec<_>) = names.iter().partition(|name| had_none(name));
        let mut now = Vec::new();
        if old.is_empty() {
            drop(writing);
        } else {
            let steps: Vec<_> = old.into_iter().map(|name| Step::RollBack(name, None)).collect();
            let done = self.transact_under(writing, &steps, Phases::default(), Some(why), turn)?;
            for (_, report) in done {
                let RolledBack { to, .. } = report.rolled_back.expect("it was one");
                let Report { bundle, generation, .. } = &*report;
                now.push(format!(
                    "generation {to} of bundle `{bundle}` is live again, as {generation}"
                ));
                events.push(Event::RolledBack(report));
            }
        }
        for name in new {
            let (bundle, failed_hooks) = self.unload_under(self.write()?, name, turn)?;
            now.push(format!("bundle `{bundle}` is not loaded, as before"));
            events.push(Event::Unloaded { bundle, failed_hooks });
        }
        Ok(now)
    }
}
