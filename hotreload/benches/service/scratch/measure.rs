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
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);
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

    // Of each route: requests a second, and what 99 of a hundred took no longer than.
    let mut rounds: [Vec<(f64, f64)>; 3] = Default::default();
    for number in 0..=ROUNDS {
        for (route, rounds) in ROUTES.iter().zip(&mut rounds) {
            let measured = measure(&address, route)?;
            // The first warms up.
            if number > 0 {
                rounds.push(measured);
            }
        }
    }
    let medians = rounds.map(|rounds| {
        let of = |which: fn(&(f64, f64)) -> f64| median(rounds.iter().map(which).collect());
        (of(|it| it.0), of(|it| it.1))
    });
    for (route, (per_second, p99)) in ROUTES.iter().zip(&medians) {
        println!("{route:<10} {per_second:8.0} requests a second, p99 {p99:.3} ms");
    }
    let [plain, hot, hot_async] = medians;
    println!("figure: service.hot_over_plain {:.3}", hot.0 / plain.0);
    println!("figure: service.hot_async_over_plain {:.3}", hot_async.0 / plain.0);
    println!("figure: service.hot_p99_over_plain {:.3}", hot.1 / plain.1);
    Ok(())
}

fn measure(address: &str, route: &str) -> io::Result<(f64, f64)> {
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
    Ok((per_second, taken[taken.len() * 99 / 100]))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
