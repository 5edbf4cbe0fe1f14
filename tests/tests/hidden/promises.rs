//! What a generic type promises: `Copy`, `Send`, `Sync`, `Unpin`.

use hot::Code;
use tests::{LoadLibrary as _, refusal::codes};

use crate::{Pair, host, promises_deep_user, promises_live_user, promises_user};

fn messages(refused: &hot::Error) -> Vec<String> {
    refused.reasons().iter().map(|reason| reason.message.clone()).collect()
}

const RUN: &str = "let _ = hot::get!(plain)(); \"static\".to_owned()";

/// Each trait that a type has by an `impl` of its own.
#[test]
fn a_generic_type_in_signatures_and_statics() {
    let (_lock, host) = host();
    let source = |promises: &str| {
        format!(
            "use std::{{marker::{{PhantomData, PhantomPinned}}, sync::LazyLock}};
             #[hot::versioned] pub struct Ticket<T>(usize, PhantomData<T>);
             #[hot::versioned(invariants = 1)] pub struct Handle<T>(*mut T);
             #[hot::versioned] pub enum Pinned<T> {{ None, One(T, PhantomPinned) }}
             {promises}
             type Alias = Vec<Option<Ticket<u8>>>;
             #[hot::export] pub fn plain() -> u8 {{ 1 }}
             #[hot::export] pub fn ticket(_: Ticket<u8>) {{}}
             #[hot::export] pub fn handle() -> Option<Box<Handle<u64>>> {{ None }}
             #[hot::export] pub fn pinned(_: &Pinned<u16>) {{}}
             #[hot::export] pub fn alias(_: &mut Alias) {{}}
             #[hot::export] pub fn closure(_: &dyn Fn(Ticket<u32>)) {{}}
             #[hot::export] pub static TICKETS: LazyLock<Vec<Ticket<char>>> = LazyLock::new(Vec::new);"
        )
    };
    let copy = "impl<T> Clone for Ticket<T> { fn clone(&self) -> Self { *self } } impl<T> Copy for Ticket<T> {}";
    let send = "unsafe impl<T> Send for Handle<T> {}";
    let sync = "unsafe impl<T> Sync for Handle<T> {}";
    let unpin = "impl<T> Unpin for Pinned<T> {}";
    let all = format!("{copy} {send} {sync} {unpin}");
    let first = source(&all);
    let pair = Pair::load(&host, "promises", &first, (promises_user::run, RUN));
    pair.accept(&host, &source(&format!("{all} fn other() {{}}")));
    let refuse = |without: &str, places: &[&str], lost: &str| {
        let refused =
            host.load_library(pair.build(&source(&all.replace(without, "")))).unwrap_err();
        let lost = places.iter().map(|place| format!("`{place}` was {lost} and is not {lost}"));
        assert_eq!(messages(&refused), lost.collect::<Vec<_>>(), "{refused}");
        assert_eq!((pair.run)(), "static");
    };
    let handle = "Option<Box<Handle<u64>>>::Some.0";
    refuse(send, &[handle], "Send");
    refuse(sync, &[handle], "Sync");
    // The last one twice: the caller has it, and the value is of it.
    let var = "LazyLock<Vec<Ticket<char>>>[]";
    let tickets = ["Ticket", "&dyn Fn(Ticket<u32>)", var, var];
    refuse(copy, &tickets, "Copy");
    refuse(unpin, &["Pinned"], "Unpin");
    pair.accept(&host, &first);
}

/// Nothing concrete has a field of it: it is known where the generic types around it have arguments.
#[test]
fn a_generic_type_within_others() {
    let (_lock, host) = host();
    let source = |promises: &str| {
        format!(
            "#[hot::versioned(invariants = 1)] pub struct Handle<T>(*mut T);
             {promises}
             #[hot::versioned] pub struct Outer<T> {{ pub list: Vec<Inner<T>>, pub next: Option<Box<Outer<T>>> }}
             #[hot::versioned] pub enum Inner<T> {{ One(Handle<T>), More(Vec<Outer<T>>) }}
             #[hot::export] pub fn plain() -> u8 {{ 1 }}
             #[hot::export] pub fn outer(_: &Outer<u8>) {{}}"
        )
    };
    let promised = source("unsafe impl<T> Send for Handle<T> {}");
    let pair = Pair::load(&host, "promises_deep", &promised, (promises_deep_user::run, RUN));
    let refused = host.load_library(pair.build(&source(""))).unwrap_err();
    let lost = ["`Outer.list[]::One.0` was Send and is not Send"];
    assert_eq!(messages(&refused), lost, "{refused}");
    pair.accept(&host, &promised);
    // An `impl` that holds for other arguments only.
    let refused = source("unsafe impl Send for Handle<u16> {}");
    let refused = host.load_library(pair.build(&refused)).unwrap_err();
    assert_eq!(messages(&refused), lost, "{refused}");
    pair.accept(&host, &source("unsafe impl Send for Handle<u8> {}"));
}

/// Its holder may move it to another thread, and looks at nothing behind it.
#[test]
fn a_generic_type_behind_a_handle() {
    let (_lock, host) = host();
    let source = |promises: &str| {
        format!(
            "#[hot::versioned(invariants = 1)] pub struct Handle<T>(*mut T);
             {promises}
             #[hot::export] pub fn plain() -> u8 {{ 1 }}
             #[hot::export] pub fn live(_: &hot::Live<Handle<u8>>) {{}}"
        )
    };
    let promised = source("unsafe impl<T> Send for Handle<T> {}");
    let pair = Pair::load(&host, "promises_live", &promised, (promises_live_user::run, RUN));
    let refused = host.load_library(pair.build(&source(""))).unwrap_err();
    assert_eq!(codes(&refused), [Code::PromiseChanged], "{refused}");
    assert_eq!(messages(&refused), ["`Live<Handle<u8>>` was Send and is not Send"]);
    pair.accept(&host, &promised);
}
