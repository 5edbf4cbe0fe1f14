//! `#[hot::on_load]` and `#[hot::on_unload]`: when they run, what becomes of those that fail, and what they may
//! do.

mod failures;
mod order;
mod threads;
mod turns;

use std::{
    mem,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::Host;

/// The tests share a host, and what bundles say.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    said();
    (one, HOST.clone())
}

static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[hot::export]
fn note(text: &str) {
    SAID.lock().unwrap().push(text.to_owned());
}

/// What bundles have said since this was asked last.
fn said() -> Vec<String> {
    mem::take(&mut *SAID.lock().unwrap())
}

/// What a bundle asks for within its functions.
type Act = Box<dyn FnOnce() -> String + Send>;

static ACT: Mutex<Option<Act>> = Mutex::new(None);

#[hot::export]
fn act() -> String {
    let act = ACT.lock().unwrap().take();
    act.map_or_else(String::new, |act| act())
}

fn next_act(act: impl FnOnce() -> String + Send + 'static) {
    *ACT.lock().unwrap() = Some(Box::new(act));
}

/// A bundle whose functions say what they are; `start` does what the host says, too.
fn source(version: &str, more: &str) -> String {
    format!(
        "hot::import! {{ hooks => {{ fn note(text: &str); fn act() -> String; }} }}
         fn say(what: &str) {{ hooks::note(&format!(\"{{}} {version} {{what}}\", env!(\"CARGO_PKG_NAME\"))) }}
         #[hot::export] pub fn version() -> String {{ {version:?}.to_owned() }}
         {more}"
    )
}

const SAYS: &str = "
    #[hot::on_load] fn start() { say(\"start\") }
    #[hot::on_unload] fn stop() { say(\"stop\") }";

hot::import! {
    hooks_order => { fn version() -> String; }
    hooks_base => { fn version() -> String; }
    hooks_state => { fn values() -> Vec<String>; }
    hooks_long => { fn version() -> String; }
}
