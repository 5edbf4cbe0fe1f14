//! Exported `async fn`s: their futures end in the version that has begun them.

use std::{
    future::{Future, poll_fn},
    path::PathBuf,
    pin::{Pin, pin},
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use hot::Host;
use tests::{Fixture, LoadLibrary as _};

hot::import! {
    ft_pages => {
        async fn page(name: &str, steps: u32) -> String;
    }
}

/// Each says the number of the version that it runs in.
fn pages(number: u32) -> String {
    format!(
        "hot::import! {{ futures => {{ async fn turn(); }} }}
         #[hot::export] pub async fn page(name: &str, steps: u32) -> String {{
             for _ in 0..steps {{ futures::turn().await }}
             format!(\"{{name}} of {number}\")
         }}"
    )
}

static VERSIONS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("ft_pages");
    [pages(1), pages(2)].map(|source| fixture.build(&source)).into()
});

/// Pending once.
#[hot::export]
async fn turn() {
    let mut is_over = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn poll<R>(future: &mut (impl Future<Output = R> + Unpin)) -> Poll<R> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_future_ends_in_the_version_that_has_begun_it() {
    tests::in_child(
        "a_future_ends_in_the_version_that_has_begun_it",
        &[],
        || VERSIONS.clone(),
        |libraries| {
            let host = Host::builder().control(false).start().unwrap();
            host.load_library(&libraries[0]).unwrap();
            let name = "first".to_owned();
            let mut begun = ft_pages::page(&name, 1);
            let mut waits = hot::get!(ft_pages::page)(&name, 0);
            assert!(poll(&mut begun).is_pending());
            host.load_library(&libraries[1]).unwrap();
            let status = host.status().unwrap();
            assert_eq!(status.futures.len(), 1);
            assert_eq!(poll(&mut begun), Poll::Ready("first of 1".to_owned()));
            assert_eq!(poll(&mut waits), Poll::Ready("first of 2".to_owned()));
            assert_eq!(host.status().unwrap().futures, []);
            let _ = pin!(begun);
        },
    );
}
