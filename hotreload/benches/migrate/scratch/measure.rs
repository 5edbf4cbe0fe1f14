//! Moves values in each way, by turns: `measure <folder of old bundles> <folder of new bundles>`, and of
//! which kind if not of all. Prints tables, and figures.
//!
//! A round makes each value anew for each way. A ratio is taken within one round; what is printed is the
//! median of the rounds. In each way the old value is gone in the end and what lay between is given back; the
//! new one is dropped after the time was taken.

#[allow(dead_code, reason = "what makes a value is called in one version")]
mod new;
#[allow(dead_code, reason = "what makes a value is called in one version")]
mod old;

use std::{
    env,
    hint::black_box,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use hot::Host;
use serde::{Serialize, de::DeserializeOwned};

const ROUNDS: usize = 11;
const WARM_UP: usize = 1;

macro_rules! imported {
    ($($bundle:ident)*) => {
        hot::import! {
            $($bundle => { fn fill(); fn is_right() -> bool; fn idle(); })*
        }
    };
}
imported! { units texts rows grown }

/// A value of which the types are edited.
struct Kind {
    title: &'static str,
    name: &'static str,
    /// Reloads the bundle: how long the move took, and how long a caller waited at most.
    reload: Box<dyn Fn() -> (f64, f64)>,
    /// The other ways.
    others: Vec<(&'static str, Box<dyn Fn() -> f64>)>,
}

/// Milliseconds of each round.
struct Measured {
    moved: Vec<f64>,
    paused: Vec<f64>,
    others: Vec<Vec<f64>>,
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mut folder = || PathBuf::from(arguments.next().expect("two folders"));
    let (before, after) = (folder(), folder());
    let only = arguments.next();
    let host = Host::start().unwrap();
    macro_rules! kinds {
        ($($bundle:ident $name:literal $title:literal;)*) => {
            vec![$({
                let (host, file) = (host.clone(), hot_file(stringify!($bundle)));
                let (before, after) = (before.join(&file), after.join(&file));
                let reload = move || reload(
                    &host,
                    [&before, &after],
                    || hot::get!($bundle::fill)(),
                    || hot::get!($bundle::is_right)(),
                    || hot::get!($bundle::idle)(),
                );
                Kind {
                    title: $title,
                    name: $name,
                    reload: Box::new(reload),
                    others: others(old::$bundle, new::$bundle),
                }
            }),*]
        };
    }
    let mut kinds = kinds! {
        units "vec" "a Vec of 1,000,000 structs of numbers";
        texts "strings" "a Vec of 100,000 structs with a String";
        rows "map" "a HashMap<String, struct> of 100,000";
        grown "tree" "a tree of 100,000 boxes";
    };
    kinds[0].others.push(("memcpy", Box::new(|| memcpy(false))));
    kinds[0].others.push(("memcpy, large pages", Box::new(|| memcpy(true))));
    kinds.retain(|kind| only.as_ref().is_none_or(|only| only == kind.name));

    let mut all: Vec<_> = kinds
        .iter()
        .map(|kind| Measured {
            moved: Vec::new(),
            paused: Vec::new(),
            others: vec![Vec::new(); kind.others.len()],
        })
        .collect();
    for round in 0..WARM_UP + ROUNDS {
        for (kind, measured) in kinds.iter().zip(&mut all) {
            let (moved, paused) = (kind.reload)();
            let others: Vec<_> = kind.others.iter().map(|(_, run)| run()).collect();
            if round >= WARM_UP {
                measured.moved.push(moved);
                measured.paused.push(paused);
                for (times, time) in measured.others.iter_mut().zip(others) {
                    times.push(time);
                }
            }
        }
    }
    let figure = |name: &str, value: f64| println!("figure: migrate.{name} {value:.3}");
    for (kind, measured) in kinds.iter().zip(&all) {
        println!("\n# {}", kind.title);
        println!("{:<32}{:>8.2} ms", "moved", median(&measured.moved));
        println!("{:<32}{:>8.2} ms", "a caller waited at most", median(&measured.paused));
        for ((name, _), times) in kind.others.iter().zip(&measured.others) {
            let over = over(times, &measured.moved);
            println!("{name:<32}{:>8.2} ms{over:>10.2} x", median(times));
            match *name {
                "memcpy" => figure(&format!("{}_of_memcpy", kind.name), over),
                "postcard" => figure(&format!("{}_over_serde", kind.name), over),
                _ => {}
            }
        }
    }
    figure("pause_ms", all.iter().map(|it| median(&it.paused)).fold(0.0, f64::max));
}

/// A real reload of a real bundle.
fn reload(
    host: &Host,
    [before, after]: [&PathBuf; 2],
    fill: impl Fn(),
    is_right: impl Fn() -> bool,
    idle: impl Fn() + Sync,
) -> (f64, f64) {
    // SAFETY: what the bench has built.
    let bundle = unsafe { host.load(before) }.unwrap();
    fill();
    assert!(is_right());
    let (ended, longest) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Relaxed) {
                let started = Instant::now();
                idle();
                longest.fetch_max(started.elapsed().as_nanos() as u64, Relaxed);
                // It is there, and takes nothing of the machine from who moves.
                thread::sleep(Duration::from_micros(50));
            }
        });
        // SAFETY: as above.
        unsafe { host.load(after) }.unwrap();
        ended.store(true, Relaxed);
    });
    let report = bundle.report().unwrap();
    let took = report.migration.as_ref().expect("the value has moved").took;
    assert!(is_right(), "it is what the new version makes itself");
    bundle.unload().unwrap();
    (milliseconds(took), longest.into_inner() as f64 / 1e6)
}

/// What a program does without a reload of ours.
fn others<Old, New>(
    make: fn() -> Old,
    make_new: fn() -> New,
) -> Vec<(&'static str, Box<dyn Fn() -> f64>)>
where
    Old: Clone + PartialEq + Serialize + DeserializeOwned + 'static,
    New: PartialEq + DeserializeOwned + 'static,
{
    // Its bytes say nothing of fields: it can only read what it wrote.
    let postcard = move || {
        timed(make(), make(), |old| {
            let bytes = postcard::to_stdvec(&old).unwrap();
            drop(old);
            postcard::from_bytes::<Old>(&bytes).unwrap()
        })
    };
    let by_name = move || {
        timed(make(), make_new(), |old| {
            let bytes = rmp_serde::to_vec_named(&old).unwrap();
            drop(old);
            rmp_serde::from_slice::<New>(&bytes).unwrap()
        })
    };
    let in_order = move || {
        timed(make(), make(), |old| {
            let bytes = rmp_serde::to_vec(&old).unwrap();
            drop(old);
            rmp_serde::from_slice::<Old>(&bytes).unwrap()
        })
    };
    let cloned = move || timed(make(), make(), |old| old.clone());
    vec![
        ("cloned", Box::new(cloned)),
        ("postcard", Box::new(postcard)),
        ("rmp-serde, fields by name", Box::new(by_name)),
        ("rmp-serde, fields in order", Box::new(in_order)),
    ]
}

fn timed<Old, New: PartialEq>(old: Old, expected: New, run: impl FnOnce(Old) -> New) -> f64 {
    let started = Instant::now();
    let new = black_box(run(black_box(old)));
    let took = milliseconds(started.elapsed());
    assert!(new == expected);
    took
}

/// A copy of as many bytes as the new `Vec` has, into fresh memory. The old ones are not given back.
fn memcpy(large_pages: bool) -> f64 {
    let from = black_box(new::units());
    let started = Instant::now();
    let mut to = Vec::<new::Unit>::with_capacity(from.len());
    if large_pages {
        advise(to.as_mut_ptr().cast(), size_of_val(&from[..]));
    }
    // SAFETY: there is room for as many, and they are numbers.
    unsafe {
        to.as_mut_ptr().copy_from_nonoverlapping(from.as_ptr(), from.len());
        to.set_len(from.len());
    }
    black_box(&to);
    milliseconds(started.elapsed())
}

/// As the host does with large blocks.
fn advise(at: *mut u8, size: usize) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 2 << 20;
        let start = at.map_addr(|addr| addr.next_multiple_of(PAGE));
        let len = (size - (start.addr() - at.addr())) & !(PAGE - 1);
        // SAFETY: it is within the allocation, and the advice changes no byte.
        unsafe { libc::madvise(start.cast(), len, libc::MADV_HUGEPAGE) };
    }
    let _ = (at, size);
}

fn hot_file(bundle: &str) -> String {
    format!("{}{bundle}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How much longer the one takes than the other.
fn over(one: &[f64], other: &[f64]) -> f64 {
    median(&one.iter().zip(other).map(|(one, other)| one / other).collect::<Vec<_>>())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
