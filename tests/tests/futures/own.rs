//! Futures of the host's own: of objects, and of functions that are called directly.

use crate::{block_on, poll, turn};

#[hot::versioned]
trait Reader {
    fn read<'a>(&'a mut self, name: &'a str) -> hot::Future<'a, String>;
}

struct Lines(u32);

impl Reader for Lines {
    fn read<'a>(&'a mut self, name: &'a str) -> hot::Future<'a, String> {
        hot::Future::new(async move {
            turn().await;
            self.0 += 1;
            format!("{name} {}", self.0)
        })
    }
}

#[hot::export]
fn reader() -> hot::Dyn<dyn Reader> {
    hot::Dyn::new(Box::new(Lines(0)))
}

#[test]
fn objects_give_futures() {
    let mut reader = reader();
    let name = "line".to_owned();
    assert_eq!(block_on(reader.read(&name)), "line 1");
    let mut cancelled = reader.read(&name);
    assert!(poll(&mut cancelled).is_pending());
    drop(cancelled);
    assert_eq!(block_on(reader.read(&name)), "line 2");
}

/// Plain calls stay plain, and so does their future.
#[hot::export(direct)]
async fn direct<'a>(all: &'a mut [&str], one: &u32) -> &'a str {
    turn().await;
    all[*one as usize]
}

#[test]
fn direct_and_borrowed() {
    let (mut all, one) = (vec!["a", "b"], 1);
    assert_eq!(block_on(direct(&mut all, &one)), "b");
    let get = hot::get!(direct);
    assert_eq!(block_on(sent(get(&mut all, &one))), "b");
    fn sent<R, L>(future: hot::Future<'_, R, L>) -> impl Future<Output = R> + Send {
        future
    }
}
