//! Checks a bundle's file again and again: `host check <bundle> <user> <rounds>`; or tells how long
//! its manifest is: `host section <bundle>`. Prints names and values.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use hot::Host;
use object::{Object as _, ObjectSection as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["section", bundle] => section(bundle),
        ["check", bundle, user, rounds] => check(bundle, user, rounds.parse()?),
        _ => Err("check or section".into()),
    }
}

fn section(bundle: &str) -> Result<(), Box<dyn std::error::Error>> {
    let file = fs::read(bundle)?;
    let object = object::File::parse(&*file)?;
    let name = if cfg!(target_vendor = "apple") { "__hot" } else { ".hot" };
    let section = object.section_by_name(name).ok_or("no manifest")?;
    println!("section {}", section.size());
    Ok(())
}

fn check(bundle: &str, user: &str, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::start()?;
    let loading = Instant::now();
    // SAFETY: both are what the bench has built.
    unsafe { host.load(bundle) }?;
    println!("load {}", milliseconds(loading));
    // SAFETY: as above.
    unsafe { host.load(user) }?;
    // Where the host copies it to.
    let folder = host.status()?.shadow_dir;
    let (mut checks, mut copies) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let started = Instant::now();
        host.check(bundle)?;
        let checked = milliseconds(started);
        let started = Instant::now();
        copy(Path::new(bundle), folder.join(format!("copy-{round}")))?;
        let copied = milliseconds(started);
        // The first is not like the others: nothing is in the caches yet.
        if round > 0 {
            checks.push(checked);
            copies.push(copied);
        }
    }
    println!("check {}", median(checks));
    println!("copy {}", median(copies));
    println!("bytes {}", fs::metadata(bundle)?.len());
    Ok(())
}

/// What the host does with a file that it loads before it reads it, and afterwards.
fn copy(bundle: &Path, to: PathBuf) -> io::Result<()> {
    fs::File::create_new(&to)?;
    fs::copy(bundle, &to)?;
    fs::remove_file(&to)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
