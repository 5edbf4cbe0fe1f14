//! Many requests at once, from connections that stay open.

use std::{
    collections::BTreeMap,
    io,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use crate::http::{Answer, Client};

const CONNECTIONS: usize = 8;

/// Between two requests of a connection: cargo wants a processor, too.
const PAUSE: Duration = Duration::from_millis(5);

/// What became of the requests.
#[derive(Debug, Default)]
pub struct Load {
    /// How many were answered with each status.
    pub by_status: BTreeMap<u16, usize>,
    /// How connections have failed.
    pub errors: Vec<String>,
    taken: Vec<Duration>,
    lasted: Duration,
}

impl Load {
    /// Asks as long as `work` goes on, and gives what that gives, too.
    pub fn during<R>(address: &str, work: impl FnOnce() -> R) -> (Load, R) {
        let is_over = AtomicBool::new(false);
        let started = Instant::now();
        thread::scope(|scope| {
            let ask = || {
                let mut load = Load::default();
                if let Err(error) = load.ask(address, &is_over) {
                    load.errors.push(error.to_string());
                }
                load
            };
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
            let over = Over(&is_over);
            let result = work();
            drop(over);
            let mut all = Load { lasted: started.elapsed(), ..Load::default() };
            for thread in threads {
                let load = thread.join().expect("errors are no panics");
                for (status, count) in load.by_status {
                    *all.by_status.entry(status).or_default() += count;
                }
                all.errors.extend(load.errors);
                all.taken.extend(load.taken);
            }
            all.taken.sort_unstable();
            (all, result)
        })
    }

    fn ask(&mut self, address: &str, is_over: &AtomicBool) -> io::Result<()> {
        let mut client = Client::to(address)?;
        for number in 0_u64.. {
            // Pairs with nothing: the threads are joined.
            if is_over.load(Relaxed) {
                break;
            }
            let started = Instant::now();
            let Answer { status, .. } = match number % 10 {
                3 => client.post("/guests", "Ann")?,
                7 => client.get("/tea/2")?,
                _ => client.get("/")?,
            };
            self.taken.push(started.elapsed());
            *self.by_status.entry(status).or_default() += 1;
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    pub fn requests(&self) -> usize {
        self.taken.len()
    }

    /// Of a hundred requests, 99 have taken no longer.
    pub fn p99_ms(&self) -> f64 {
        let at = self.taken.len() * 99 / 100;
        self.taken.get(at).map_or(0.0, |it| it.as_secs_f64() * 1e3)
    }

    pub fn per_second(&self) -> f64 {
        self.requests() as f64 / self.lasted.as_secs_f64()
    }
}

/// Ends the load, also if the work panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
