//! A service whose three routes answer the same: by a plain handler, by one that calls a hot function,
//! and by one that awaits a hot async one. It asks itself, one route after the other, round by round.

#[allow(dead_code, reason = "others post, too")]
mod http;

use std::{
    error::Error,
    hint::black_box,
    io, thread,
    time::{Duration, Instant},
};

use axum::{Router, extract::Path, routing::get};
use http::Client;
use tokio::{net::TcpListener, runtime::Runtime};

const ROUTES: [&str; 3] = ["plain", "hot", "hot_async"];
const ROUNDS: usize = 25;
const ROUND: Duration = Duration::from_millis(200);
const CONNECTIONS: usize = 8;

#[inline(never)]
fn page(guest: u64) -> String {
    format!("welcome, guest {guest}\n")
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let host = hot::Host::start()?;
    host.load_crate("pages")?;
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?.to_string();
    let service = Router::new()
        .route("/plain/{guest}", get(async |Path(guest)| page(black_box(guest))))
        .route("/hot/{guest}", get(async |Path(guest)| pages::page(guest)))
        .route("/hot_async/{guest}", get(async |Path(guest)| pages::later(guest).await));
    runtime.spawn(async move { axum::serve(listener, service).await });

    // The first round warms up.
    round(&address, 0)?;
    let rounds = (1..=ROUNDS).map(|number| round(&address, number));
    let rounds = rounds.collect::<io::Result<Vec<_>>>()?;
    for (at, route) in ROUTES.iter().enumerate() {
        let per_second = median(rounds.iter().map(|it| it[at].per_second));
        let p99 = median(rounds.iter().map(|it| it[at].p99));
        println!("{route:<10} {per_second:8.0} requests a second, p99 {p99:.3} ms");
    }
    // Within a round: from one to the next, the machine may have other things to do.
    let over_plain = |at: usize, of: fn(&Measured) -> f64| {
        median(rounds.iter().map(|it| of(&it[at]) / of(&it[0])))
    };
    println!("figure: service.hot_over_plain {:.3}", over_plain(1, |it| it.per_second));
    println!("figure: service.hot_async_over_plain {:.3}", over_plain(2, |it| it.per_second));
    println!("figure: service.hot_p99_over_plain {:.3}", over_plain(1, |it| it.p99));
    println!("figure: service.hot_async_p99_over_plain {:.3}", over_plain(2, |it| it.p99));
    Ok(())
}

#[derive(Default)]
struct Measured {
    per_second: f64,
    /// In milliseconds: 99 of a hundred took no longer.
    p99: f64,
}

/// Measures each route, another one first each time.
fn round(address: &str, number: usize) -> io::Result<[Measured; 3]> {
    let mut round: [Measured; 3] = Default::default();
    for at in (0..3).map(|at| (at + number) % 3) {
        round[at] = measure(address, ROUTES[at])?;
    }
    Ok(round)
}

fn measure(address: &str, route: &str) -> io::Result<Measured> {
    let started = Instant::now();
    let ask = || -> io::Result<Vec<f64>> {
        let mut client = Client::to(address)?;
        let mut taken = Vec::new();
        while started.elapsed() < ROUND {
            let at = Instant::now();
            let answer = client.get(&format!("/{route}/7"))?;
            taken.push(at.elapsed().as_secs_f64() * 1e3);
            assert_eq!((answer.status, &*answer.text), (200, "welcome, guest 7\n"));
        }
        Ok(taken)
    };
    let mut taken = thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().try_fold(Vec::new(), |mut all, thread| {
            all.extend(thread.join().expect("an answer is as it should be")?);
            io::Result::Ok(all)
        })
    })?;
    let per_second = taken.len() as f64 / started.elapsed().as_secs_f64();
    taken.sort_by(f64::total_cmp);
    Ok(Measured { per_second, p99: taken[taken.len() * 99 / 100] })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
