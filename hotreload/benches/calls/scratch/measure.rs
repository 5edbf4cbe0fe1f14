//! Measures what calls of the bundle `near` cost, in ways that can be compared.
//!
//! Each way has 16 loops, one for each function: identical loops differ by their placement alone.
//! A round runs all ways of one function one after the other, then those of the next. Time is the
//! thread's own (what other programs take from it is not in it). A round's value is the median of
//! the 16; a ratio is taken within one round; what is printed is the median of the rounds.

use std::{
    hint::black_box,
    mem::transmute,
    sync::{
        Arc, Barrier,
        atomic::{AtomicPtr, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};

use arc_swap::ArcSwap;
use near::Unit;

const ROUNDS: usize = 9;

type Loop = fn(u64) -> u64;
type Function = fn(u64) -> u64;

/// The functions of one kind of body.
struct Kind {
    name: &'static str,
    calls: u64,
    ways: Vec<Way>,
}

/// One way to call.
struct Way {
    name: &'static str,
    loops: [Loop; 16],
    /// Of how many calls one is made: slow ways would take too long.
    share: u64,
}

/// A word as a slot has it, and nothing else.
struct Bare(AtomicPtr<()>);

impl Bare {
    #[inline(always)]
    fn get(&self) -> Function {
        // SAFETY: filled with functions of this type before the first call.
        unsafe { transmute::<*mut (), Function>(self.0.load(Ordering::Acquire)) }
    }
}

fn plain_work(mut x: u64, odd: u64) -> u64 {
    for _ in 0..15 {
        x = x.wrapping_mul(odd).rotate_left(17);
    }
    x
}

macro_rules! calls {
    ($calls:ident, $x:ident, $call:expr) => {{
        let mut $x = $calls;
        for _ in 0..$calls {
            $x = $call;
        }
        $x
    }};
}

/// The loops of one function.
macro_rules! kind {
    ($kind:ident $bodies:ident $count:literal $body:expr;
     $($k:literal $name:literal $function:ident $method:ident $inside:ident $across:ident
       $single:ident $far_single:ident;)*) => {
        #[allow(dead_code)]
        mod $kind {
            use super::*;

            $(pub(super) mod $function {
                use super::super::*;

                #[inline(never)]
                pub(super) fn body(x: u64) -> u64 {
                    let body: fn(u64, u64) -> u64 = $body;
                    body(x, $k)
                }
                pub(super) static BARE: Bare = Bare(AtomicPtr::new(std::ptr::null_mut()));
                static SWAP: std::sync::LazyLock<ArcSwap<Function>> =
                    std::sync::LazyLock::new(|| ArcSwap::from_pointee(BARE.get()));

                #[inline(never)]
                pub fn plain(calls: u64) -> u64 { calls!(calls, x, body(x)) }
                #[inline(never)]
                pub fn pointer(calls: u64) -> u64 {
                    let pointer: Function = black_box(body);
                    calls!(calls, x, pointer(x))
                }
                #[inline(never)]
                pub fn limit(calls: u64) -> u64 { calls!(calls, x, BARE.get()(x)) }
                #[inline(never)]
                pub fn get(calls: u64) -> u64 { calls!(calls, x, hot::get!(near::$function)(x)) }
                #[inline(never)]
                pub fn by_its_name(calls: u64) -> u64 { calls!(calls, x, near::$function(x)) }
                #[inline(never)]
                pub fn handle(calls: u64) -> u64 {
                    let handle = hot::get!(near::$function);
                    calls!(calls, x, handle(x))
                }
                #[inline(never)]
                pub fn method(calls: u64) -> u64 { calls!(calls, x, Unit.$method(x)) }
                pub fn inside(calls: u64) -> u64 { hot::get!(near::$inside)(calls) }
                pub fn across(calls: u64) -> u64 { hot::get!(far::$across)(calls) }
                #[inline(never)]
                pub fn single_limit(calls: u64) -> u64 {
                    #[inline(never)]
                    fn single(x: u64) -> u64 { BARE.get()(x) }
                    calls!(calls, x, single(x))
                }
                pub fn single_inside(calls: u64) -> u64 { hot::get!(near::$single)(calls) }
                pub fn single_across(calls: u64) -> u64 { hot::get!(far::$far_single)(calls) }
                #[inline(never)]
                pub fn by_name(calls: u64) -> u64 {
                    let host = hot::Host::current().unwrap();
                    calls!(calls, x, {
                        black_box(host.namespace().get($name).unwrap());
                        hot::get!(near::$function)(x)
                    })
                }
                #[inline(never)]
                pub fn swap(calls: u64) -> u64 { calls!(calls, x, SWAP.load()(x)) }

                // For the feature `static`: else rustc would sum the loop up.
                #[inline(never)]
                pub fn opaque_plain(calls: u64) -> u64 {
                    calls!(calls, x, near::bare::$function(black_box(x)))
                }
                #[inline(never)]
                pub fn opaque_get(calls: u64) -> u64 {
                    calls!(calls, x, hot::get!(near::$function)(black_box(x)))
                }
            })*

            pub(super) fn fill() {
                let bodies = hot::get!(near::bodies)($bodies).into_iter();
                let bare = [$(&$function::BARE),*];
                for (bare, body) in bare.into_iter().zip(bodies) {
                    bare.0.store(std::ptr::with_exposed_provenance_mut(body), Ordering::Release);
                }
            }

            pub(super) fn kind(is_static: bool) -> Kind {
                let way = |name, loops, share| Way { name, loops, share };
                let ways = if is_static {
                    vec![
                        way("plain", [$($function::opaque_plain),*], 1),
                        way("get", [$($function::opaque_get),*], 1),
                    ]
                } else {
                    vec![
                        way("plain call in the host", [$($function::plain),*], 1),
                        way("fn pointer in the host", [$($function::pointer),*], 1),
                        way("limit: load and call", [$($function::limit),*], 1),
                        way("hot::get!", [$($function::get),*], 1),
                        way("hot call by its name", [$($function::by_its_name),*], 1),
                        way("stored handle", [$($function::handle),*], 1),
                        way("method", [$($function::method),*], 1),
                        way("inside the bundle", [$($function::inside),*], 1),
                        way("bundle to bundle", [$($function::across),*], 1),
                        way("limit, one at a time", [$($function::single_limit),*], 1),
                        way("inside, one at a time", [$($function::single_inside),*], 1),
                        way("between, one at a time", [$($function::single_across),*], 1),
                        way("arc-swap guard", [$($function::swap),*], 4),
                        way("by name", [$($function::by_name),*], 16),
                    ]
                };
                Kind { name: stringify!($kind), calls: $count, ways }
            }
        }
    };
}

kind! { empty false 120_000 |x, k| x.wrapping_add(k);
    1 "near::e0" e0 me0 le0 fe0 se0 fse0;
    2 "near::e1" e1 me1 le1 fe1 se1 fse1;
    3 "near::e2" e2 me2 le2 fe2 se2 fse2;
    4 "near::e3" e3 me3 le3 fe3 se3 fse3;
    5 "near::e4" e4 me4 le4 fe4 se4 fse4;
    6 "near::e5" e5 me5 le5 fe5 se5 fse5;
    7 "near::e6" e6 me6 le6 fe6 se6 fse6;
    8 "near::e7" e7 me7 le7 fe7 se7 fse7;
    9 "near::e8" e8 me8 le8 fe8 se8 fse8;
    10 "near::e9" e9 me9 le9 fe9 se9 fse9;
    11 "near::e10" e10 me10 le10 fe10 se10 fse10;
    12 "near::e11" e11 me11 le11 fe11 se11 fse11;
    13 "near::e12" e12 me12 le12 fe12 se12 fse12;
    14 "near::e13" e13 me13 le13 fe13 se13 fse13;
    15 "near::e14" e14 me14 le14 fe14 se14 fse14;
    16 "near::e15" e15 me15 le15 fe15 se15 fse15;
}
kind! { busy true 12_000 |x, k| plain_work(x, 2 * k + 1_000_003);
    1 "near::w0" w0 mw0 lw0 fw0 sw0 fsw0;
    2 "near::w1" w1 mw1 lw1 fw1 sw1 fsw1;
    3 "near::w2" w2 mw2 lw2 fw2 sw2 fsw2;
    4 "near::w3" w3 mw3 lw3 fw3 sw3 fsw3;
    5 "near::w4" w4 mw4 lw4 fw4 sw4 fsw4;
    6 "near::w5" w5 mw5 lw5 fw5 sw5 fsw5;
    7 "near::w6" w6 mw6 lw6 fw6 sw6 fsw6;
    8 "near::w7" w7 mw7 lw7 fw7 sw7 fsw7;
    9 "near::w8" w8 mw8 lw8 fw8 sw8 fsw8;
    10 "near::w9" w9 mw9 lw9 fw9 sw9 fsw9;
    11 "near::w10" w10 mw10 lw10 fw10 sw10 fsw10;
    12 "near::w11" w11 mw11 lw11 fw11 sw11 fsw11;
    13 "near::w12" w12 mw12 lw12 fw12 sw12 fsw12;
    14 "near::w13" w13 mw13 lw13 fw13 sw13 fsw13;
    15 "near::w14" w14 mw14 lw14 fw14 sw14 fsw14;
    16 "near::w15" w15 mw15 lw15 fw15 sw15 fsw15;
}

/// The thread's own time in nanoseconds.
#[cfg(unix)]
fn now() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place is a timespec.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

#[cfg(not(unix))]
fn now() -> f64 {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed().as_secs_f64() * 1e9
}

/// Nanoseconds for one call.
fn time(job: Job) -> f64 {
    let calls = (job.calls / job.share).max(1);
    black_box((job.run)(black_box(calls / 8)));
    let start = now();
    black_box((job.run)(black_box(calls)));
    (now() - start) / calls as f64
}

/// What a thread shall measure.
#[derive(Clone, Copy)]
struct Job {
    run: Loop,
    calls: u64,
    share: u64,
    /// Whether the other thread does the same at the same time.
    together: bool,
}

/// Two threads that measure: a loop that runs alone runs in the first of them.
struct Threads {
    jobs: [Sender<Job>; 2],
    times: Receiver<f64>,
}

impl Threads {
    fn start() -> Threads {
        let barrier = Arc::new(Barrier::new(2));
        let (done, times) = channel();
        let jobs = [(); 2].map(|()| {
            let (sender, jobs) = channel::<Job>();
            let (barrier, done) = (barrier.clone(), done.clone());
            std::thread::spawn(move || {
                for job in jobs {
                    if job.together {
                        barrier.wait();
                    }
                    done.send(time(job)).unwrap();
                }
            });
            sender
        });
        Threads { jobs, times }
    }

    /// The mean of the threads.
    fn time(&self, way: &Way, function: usize, calls: u64, threads: usize) -> f64 {
        let run = way.loops[function];
        let job = Job { run, calls, share: way.share, together: threads == 2 };
        for jobs in &self.jobs[..threads] {
            jobs.send(job).unwrap();
        }
        let times = (0..threads).map(|_| self.times.recv().unwrap());
        times.sum::<f64>() / threads as f64
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

/// The rounds' values of each way, with one thread and with two.
struct Measured {
    one: Vec<[f64; ROUNDS]>,
    two: Vec<[f64; ROUNDS]>,
}

impl Measured {
    fn new(threads: &Threads, kind: &Kind, divide: u64) -> Measured {
        let count = kind.ways.len();
        let mut measured =
            Measured { one: vec![[0.0; ROUNDS]; count], two: vec![[0.0; ROUNDS]; count] };
        let calls = kind.calls / divide;
        // The first round warms up: it resolves slots and makes records.
        for round in (0..=ROUNDS).map(|round| round.checked_sub(1)) {
            let mut one = vec![Vec::new(); count];
            let mut two = vec![Vec::new(); count];
            for function in 0..16 {
                for (index, way) in kind.ways.iter().enumerate() {
                    one[index].push(threads.time(way, function, calls, 1));
                    two[index].push(threads.time(way, function, calls, 2));
                }
            }
            let Some(round) = round else { continue };
            for index in 0..count {
                measured.one[index][round] = median(one[index].clone());
                measured.two[index][round] = median(two[index].clone());
            }
        }
        measured
    }

    fn print(&self, kind: &Kind, limit: usize) {
        println!(
            "\n{:<24}{:>10}{:>12}{:>12}{:>12}",
            kind.name, "ns", "over limit", "2 threads", "over limit"
        );
        for (index, way) in kind.ways.iter().enumerate() {
            println!(
                "{:<24}{:>10.2}{:>12.3}{:>12.2}{:>12.3}",
                way.name,
                median(self.one[index].to_vec()),
                ratio(&self.one[index], &self.one[limit]),
                median(self.two[index].to_vec()),
                ratio(&self.two[index], &self.two[limit]),
            );
        }
    }
}

fn ratio(a: &[f64; ROUNDS], b: &[f64; ROUNDS]) -> f64 {
    median(a.iter().zip(b).map(|(a, b)| a / b).collect())
}

fn main() {
    let libraries: Vec<_> = std::env::args().skip(1).collect();
    let threads = Threads::start();
    if libraries.is_empty() {
        let mut worst = 0.0_f64;
        for kind in [empty::kind(true), busy::kind(true)] {
            let measured = Measured::new(&threads, &kind, 1);
            measured.print(&kind, 0);
            worst = worst.max(ratio(&measured.one[1], &measured.one[0]));
        }
        println!("figure: calls.static_over_plain {worst:.3}");
        return;
    }
    let host = hot::Host::start().unwrap();
    for library in libraries {
        // SAFETY: what the bench has built.
        unsafe { host.load(library) }.unwrap();
    }
    empty::fill();
    busy::fill();
    let divide = if cfg!(debug_assertions) { 10 } else { 1 };
    let kinds = [empty::kind(false), busy::kind(false)];
    let [empty_bodies, busy_bodies] = kinds.map(|kind| {
        let measured = Measured::new(&threads, &kind, divide);
        measured.print(&kind, LIMIT);
        measured
    });
    let names: Vec<_> = empty::kind(false).ways.iter().map(|way| way.name).collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let get = place("hot::get!");
    assert_eq!(place("limit: load and call"), LIMIT);
    // The worst of all ways to call from a bundle, each beside the limit in the same form.
    let limit_of_single = place("limit, one at a time");
    let of_bundles = [
        ("inside the bundle", LIMIT),
        ("bundle to bundle", LIMIT),
        ("inside, one at a time", limit_of_single),
        ("between, one at a time", limit_of_single),
    ];
    let of_bundles = of_bundles
        .map(|(name, limit)| ratio(&empty_bodies.one[place(name)], &empty_bodies.one[limit]));
    let scaling = |way: usize| -> [f64; ROUNDS] {
        std::array::from_fn(|round| empty_bodies.one[way][round] / empty_bodies.two[way][round])
    };
    let figure = |name: &str, value: f64| println!("figure: calls.{name} {value:.3}");
    let limit = |measured: &Measured| ratio(&measured.one[get], &measured.one[LIMIT]);
    let plain = place("hot call by its name");
    figure("plain_over_get", ratio(&empty_bodies.one[plain], &empty_bodies.one[get]));
    figure("host_over_limit", limit(&empty_bodies));
    figure("host_over_limit_20ns", limit(&busy_bodies));
    figure("bundle_over_limit", of_bundles.into_iter().fold(0.0, f64::max));
    figure("scaling_over_limit", ratio(&scaling(get), &scaling(LIMIT)));
}

/// The place of the limit among the ways.
const LIMIT: usize = 2;
