//! Random values of random types move to random next versions of these, and back. What serde reads of a
//! value before and after is compared with what a model says, which knows the documentation's rules
//! and nothing of how values are moved.
//!
//! `HOT_SEED=7 cargo test -p tests --test migration_values` tries others.

mod model;
mod random;
mod types;

use std::{
    env,
    path::PathBuf,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicIsize, Ordering::SeqCst},
    },
};

use hot::Host;
use model::Model;
use random::{Edits, Ways, edit, version};
use serde_json::Value;
use tests::LoadLibrary as _;
use tests::{Fixture, verdicts::Random};
use types::Version;

/// How many pairs of types are compiled at once.
const PAIRS: usize = if cfg!(feature = "exhaustive") { 12 } else { 4 };
/// How deep values may be.
const DEPTH: usize = 5;

hot::import! {
    mv_back => { fn get(number: usize) -> String; fn set(number: usize, json: &str); }
    mv_there => { fn get(number: usize) -> String; fn set(number: usize, json: &str); }
}

/// How many tokens are alive, which are in the bundles' values.
static ALIVE: AtomicIsize = AtomicIsize::new(0);

#[hot::export]
fn made() {
    ALIVE.fetch_add(1, SeqCst);
}

#[hot::export]
fn dropped() {
    ALIVE.fetch_sub(1, SeqCst);
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// What all versions of a bundle begin with.
const PRELUDE: &str = r#"
hot::bundle!();
hot::import! { migration_values => { fn made(); fn dropped(); } }
use std::{cell::RefCell, collections::*, sync::{Arc, Mutex, RwLock}};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

fn made<T: DeserializeOwned>(json: &str) -> T { serde_json::from_str(json).unwrap() }
fn text(old: &u32) -> String { old.to_string() }
fn number(old: &String) -> u32 { old.len() as u32 }

/// Each is counted.
#[hot::versioned] #[derive(Serialize, Deserialize)] #[serde(from = "Number")]
pub struct Token { number: u32 }
#[derive(Deserialize)] struct Number { number: u32 }
impl From<Number> for Token {
    fn from(Number { number }: Number) -> Token { migration_values::made(); Token { number } }
}
impl Default for Token { fn default() -> Token { Number { number: 77 }.into() } }
impl Drop for Token { fn drop(&mut self) { migration_values::dropped(); } }

/// Written in order.
#[hot::versioned] #[derive(Default, Deserialize)] pub struct Bag(HashSet<String>);
impl Serialize for Bag {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.iter().collect::<BTreeSet<_>>().serialize(to)
    }
}

/// Written as what there is, each once, and which of these stands where.
#[hot::versioned] pub struct Shared<T>(Vec<Arc<T>>);
#[derive(Serialize, Deserialize)] struct Pool<T> { pool: Vec<T>, at: Vec<usize> }
impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (mut pool, mut at) = (Vec::<&Arc<T>>::new(), Vec::new());
        for one in &self.0 {
            let known = pool.iter().position(|known| Arc::ptr_eq(known, one));
            at.push(known.unwrap_or(pool.len()));
            if known.is_none() { pool.push(one); }
        }
        Pool { pool: pool.into_iter().map(|one| &**one).collect(), at }.serialize(to)
    }
}
impl<'a, T: Deserialize<'a>> Deserialize<'a> for Shared<T> {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        let Pool { pool, at } = Pool::<T>::deserialize(from)?;
        let pool: Vec<_> = pool.into_iter().map(Arc::new).collect();
        Ok(Shared(at.into_iter().map(|at| pool[at].clone()).collect()))
    }
}
"#;

/// A pair of versions, and a value of each.
struct Pair {
    old: Version,
    new: Version,
    value: Value,
    /// Written after the move.
    other: Value,
}

struct Batch {
    seed: u64,
    pairs: Vec<Pair>,
    edits: Edits,
}

impl Edits {
    /// Of each sort there are some.
    fn assert_all(self, ways: Ways) {
        let Edits { added, removed, renamed, reordered, converted, widened, variants } = self;
        let counts = [added, removed, renamed, reordered, converted, variants];
        assert!(counts.iter().all(|count| *count > 0), "{self:?}");
        assert_eq!(widened > 0, ways == Ways::There, "{self:?}");
    }
}

impl Batch {
    fn new(seed: u64, ways: Ways) -> Batch {
        let (mut random, mut edits) = (Random::new(seed), Edits::default());
        let pairs = (0..PAIRS).map(|_| {
            let mut old = version(&mut random);
            let new = edit(&mut random, &mut old, ways, &mut edits);
            let value = old.value(&mut random, &old.root(), DEPTH);
            let other = new.value(&mut random, &new.root(), DEPTH);
            Pair { old, new, value, other }
        });
        Batch { seed, pairs: pairs.collect(), edits }
    }

    /// A library with this version of all pairs.
    fn build(&self, fixture: &Fixture, version: impl Fn(&Pair) -> &Version) -> PathBuf {
        let modules = self.pairs.iter().map(|pair| {
            let version = version(pair);
            (version.source(), "", version.root().text())
        });
        compiled(fixture, modules)
    }

    /// One that gives all values up.
    fn build_end(&self, fixture: &Fixture) -> PathBuf {
        let end = "#[hot::versioned] #[derive(Serialize, Deserialize)] pub struct End { of: u8 }";
        let module = || (end.to_owned(), "#[hot(reset)]", "End".to_owned());
        compiled(fixture, self.pairs.iter().map(|_| module()))
    }

    /// Compares what serde reads of all values with what is expected.
    fn compare(&self, step: &str, get: impl Fn(usize) -> String, expected: &[Value]) {
        assert_eq!(expected.len(), self.pairs.len());
        for (number, (pair, expected)) in self.pairs.iter().zip(expected).enumerate() {
            let found: Value = serde_json::from_str(&get(number)).unwrap();
            if found != *expected {
                let Pair { old, new, value, other } = pair;
                panic!(
                    "HOT_SEED={}: {step}, p{number}:\n{}\n-- becomes\n{}\n-- value\n{value}\n\
                     -- later\n{other}\n-- expected\n{expected}\n-- found\n{found}",
                    self.seed,
                    old.source(),
                    new.source(),
                );
            }
        }
    }

    fn all(&self, of: impl Fn(&Pair) -> Value) -> Vec<Value> {
        self.pairs.iter().map(of).collect()
    }
}

/// Types, an attribute of the static, and the type of its value: for each a module.
fn compiled(
    fixture: &Fixture,
    modules: impl Iterator<Item = (String, &'static str, String)>,
) -> PathBuf {
    let (mut source, mut get, mut set) = (PRELUDE.to_owned(), String::new(), String::new());
    for (number, (types, attribute, root)) in modules.enumerate() {
        source += &format!(
            "pub mod p{number} {{ use super::*;\n{types}
             #[hot::export] {attribute} pub static VALUE: hot::State<Option<{root}>> =
                 hot::State::new(|| None);
             }}\n"
        );
        get += &format!("{number} => serde_json::to_string(&*p{number}::VALUE.read()), ");
        set += &format!("{number} => *p{number}::VALUE.write() = made(json), ");
    }
    source += &format!(
        "#[hot::export] pub fn get(number: usize) -> String {{
             match number {{ {get} _ => panic!() }}.unwrap()
         }}
         #[hot::export] pub fn set(number: usize, json: &str) {{
             match number {{ {set} _ => panic!() }}
         }}"
    );
    fixture.build_root(&source)
}

/// How many tokens are in a value.
fn tokens(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(tokens).sum(),
        Value::Object(all) => {
            usize::from(all.contains_key("number")) + all.values().map(tokens).sum::<usize>()
        }
        _ => 0,
    }
}

fn alive() -> usize {
    usize::try_from(ALIVE.load(SeqCst)).expect("none is dropped twice")
}

/// Seeds: one, or more if there is time.
fn seeds() -> impl Iterator<Item = u64> {
    let first = env::var("HOT_SEED").map_or(20_260_101, |seed| seed.parse().expect("a number"));
    first..first + if cfg!(feature = "exhaustive") { 3 } else { 1 }
}

/// Moves all values there; `rest` does the rest. Then all are given up.
fn tries(
    fixture: &Fixture,
    ways: Ways,
    (get, set): (impl Fn(usize) -> String, impl Fn(usize, &str)),
    rest: impl Fn(&Batch, &Host, &hot::Bundle, &PathBuf),
) {
    for seed in seeds() {
        let batch = Batch::new(seed, ways);
        let first = batch.build(fixture, |pair| &pair.old);
        let second = batch.build(fixture, |pair| &pair.new);
        let end = batch.build_end(fixture);
        let (_alone, host) = alone();
        assert_eq!(alive(), 0);
        let bundle = host.load_library(&first).unwrap();
        for (number, pair) in batch.pairs.iter().enumerate() {
            set(number, &pair.value.to_string());
        }
        let before = batch.all(|pair| pair.value.clone());
        batch.compare("before", &get, &before);
        assert_eq!(alive(), before.iter().map(tokens).sum::<usize>());
        host.load_library(&second).unwrap_or_else(|error| panic!("HOT_SEED={seed}: {error}"));
        batch.compare("there", &get, &moved(&batch));
        rest(&batch, &host, &bundle, &second);
        // What is given up is dropped by the next load.
        host.load_library(&end).unwrap();
        host.load_library(&end).unwrap();
        assert_eq!(alive(), 0, "HOT_SEED={seed}: each token is dropped once");
        bundle.unload().unwrap();
        batch.edits.assert_all(ways);
    }
}

fn moved(batch: &Batch) -> Vec<Value> {
    batch.all(|Pair { old, new, value, .. }| Model { from: old, to: new }.moved(value, None))
}

#[test]
fn values_are_what_they_were_there_and_back() {
    let fixture = Fixture::new("mv_back");
    let calls = (hot::get!(mv_back::get), hot::get!(mv_back::set));
    tries(&fixture, Ways::ThereAndBack, calls, |batch, host, bundle, second| {
        let (get, set) = calls;
        let before = batch.all(|pair| pair.value.clone());
        for _ in 0..2 {
            bundle.rollback().unwrap_or_else(|error| panic!("HOT_SEED={}: {error}", batch.seed));
            batch.compare("back", get, &before);
            host.load_library(second).unwrap();
            batch.compare("there again", get, &moved(batch));
        }
        // What the new version has written goes back as far as the old one knows it.
        for (number, pair) in batch.pairs.iter().enumerate() {
            set(number, &pair.other.to_string());
        }
        bundle.rollback().unwrap();
        let back = batch.all(|Pair { old, new, value, other }| {
            Model { from: new, to: old }.moved(other, Some(value))
        });
        batch.compare("back with what was written", get, &back);
    });
}

#[cfg(feature = "exhaustive")]
#[test]
fn values_that_became_wider_stay_so() {
    let fixture = Fixture::new("mv_there");
    let calls = (hot::get!(mv_there::get), hot::get!(mv_there::set));
    tries(&fixture, Ways::There, calls, |batch, _, bundle, _| {
        let refused = bundle.rollback().unwrap_err();
        let is_meant = |code: &hot::Code| *code == hot::Code::NeedsConversion;
        assert!(tests::refusal::codes(&refused).iter().all(is_meant), "{refused}");
        batch.compare("not back", calls.0, &moved(batch));
    });
}
