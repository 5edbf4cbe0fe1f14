//! The verdicts on random edits of random types: what a reload refuses is what rustc says differs.
//!
//! `HOT_SEED=7 cargo test -p tests --test layout_verdicts` tries others.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use hot::{Code, Error, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, fixture,
    refusal::{assert_complete, fact},
    verdicts::{Described, Mutation, Pair, Random, describe},
};

hot::import! { layout_verdicts => {
    fn ask() -> Vec<u32>;
    fn address_of_ask() -> usize;
    fn places() -> Vec<(usize, usize)>;
} }

/// How often each sort of edit is tried.
const TIMES: usize = if cfg!(feature = "exhaustive") { 2 } else { 1 };

/// Pairs of types, with the verdict that is right for each.
struct Batch {
    seed: u64,
    pairs: Vec<Pair>,
    described: Vec<Described>,
    /// The pairs whose versions rustc tells apart.
    differing: BTreeSet<usize>,
}

impl Batch {
    fn new(seed: u64) -> Batch {
        let mut random = Random::new(seed);
        let mutations = Mutation::ALL.repeat(TIMES);
        let pairs: Vec<_> = mutations.iter().map(|mutation| mutation.pair(&mut random)).collect();
        let described = describe(&fixture::root().join("layout_verdicts_oracle"), &pairs);
        let differs = |number: &usize| described[*number].old != described[*number].new;
        let differing = (0..pairs.len()).filter(differs).collect();
        Batch { seed, pairs, described, differing }
    }

    /// Checks that no pair is one of the wrong ones.
    fn agree(&self, what: &str, wrong: impl IntoIterator<Item = usize>) {
        let wrong: Vec<_> = wrong.into_iter().map(|number| self.show(number)).collect();
        assert!(wrong.is_empty(), "HOT_SEED={}: {what}:\n{}", self.seed, wrong.join("\n"));
    }

    /// Everything about a pair, for a failure.
    fn show(&self, number: usize) -> String {
        let (Pair { mutation, old, new }, Described { old: before, new: after }) =
            (&self.pairs[number], &self.described[number]);
        format!(
            "== p{number}: {mutation:?}, a list of {}\n{}\n-- becomes\n{}\n-- rustc\n{before}\n-- \
             becomes\n{after}",
            old.root,
            old.source(""),
            new.source("")
        )
    }

    /// A library with the new version of some pairs, the old one of the others, none where `is_new`
    /// gives none. Its functions answer `answer`.
    fn build(
        &self,
        fixture: &Fixture,
        answer: u32,
        is_new: impl Fn(usize) -> Option<bool>,
    ) -> PathBuf {
        let mut source = "#![allow(dead_code, unused_imports)]\nhot::bundle!();\n".to_owned();
        let [mut asks, mut places] = [String::new(), String::new()];
        for (number, Pair { old, new, .. }) in self.pairs.iter().enumerate() {
            let Some(is_new) = is_new(number) else { continue };
            let version = if is_new { new } else { old };
            let (types, root) = (version.source("#[hot::versioned]"), &version.root);
            let place = number + 1;
            write!(
                source,
                "pub mod p{number} {{
                {types}
                #[hot::export]
                pub static VAR: std::sync::LazyLock<std::sync::RwLock<Vec<{root}>>> =
                    std::sync::LazyLock::new(|| Vec::with_capacity({place}).into());
                #[hot::export]
                pub fn answer(_: &Vec<{root}>) -> u32 {{ {answer} }}
                pub fn ask() -> u32 {{
                    hot::get!(answer)(&Vec::new())
                }}
                pub fn place() -> (usize, usize) {{
                    let list = VAR.read().unwrap();
                    (list.as_ptr().addr(), list.capacity())
                }}
                }}\n"
            )
            .unwrap();
            write!(asks, "p{number}::ask(), ").unwrap();
            write!(places, "p{number}::place(), ").unwrap();
        }
        write!(
            source,
            "fn ask_all() -> Vec<u32> {{ vec![{asks}] }}
            #[hot::export] pub fn ask() -> Vec<u32> {{ ask_all() }}
            #[hot::export] pub fn address_of_ask() -> usize {{ ask_all as fn() -> Vec<u32> as usize }}
            #[hot::export] pub fn places() -> Vec<(usize, usize)> {{ vec![{places}] }}\n"
        )
        .unwrap();
        fixture.build_root(&source)
    }

    /// The pairs whose vars a refusal names.
    fn refused(&self, error: &Error) -> BTreeSet<usize> {
        let held = error.reasons().iter().flat_map(|reason| {
            assert_eq!(reason.code, Code::VarLayout, "{reason:?}");
            let numbers = fact(reason, "held").split("`layout_verdicts::p").skip(1);
            numbers.map(|rest| rest.split("::VAR`").next().unwrap().parse().unwrap())
        });
        let refused: BTreeSet<_> = held.collect();
        self.agree("refused", &refused - &self.differing);
        refused
    }

    /// The pairs where an answer is not the one that is expected.
    fn others(&self, answers: &[u32], expected: impl Fn(usize) -> u32) -> BTreeSet<usize> {
        assert_eq!(answers.len(), self.pairs.len());
        (0..answers.len()).filter(|number| answers[*number] != expected(*number)).collect()
    }
}

#[test]
fn what_is_refused_is_what_rustc_tells_apart() {
    let seed = env::var("HOT_SEED").map_or(20_260_101, |seed| seed.parse().expect("a number"));
    println!("HOT_SEED={seed}");
    let batch = Batch::new(seed);
    let (count, differing) = (batch.pairs.len(), &batch.differing);
    let hit: BTreeSet<_> = batch.pairs.iter().map(|pair| pair.mutation).collect();
    assert_eq!((hit.len(), count), (Mutation::ALL.len(), TIMES * Mutation::ALL.len()));
    // The oracle itself: an edit of the spelling changes nothing, and nearly all others something.
    let misjudged = |number: &usize| {
        let spelling = batch.pairs[*number].mutation.is_spelling();
        spelling.is_some_and(|spelling| spelling == differing.contains(number))
    };
    batch.agree("the oracle is wrong", (0..count).filter(misjudged));

    let fixture = Fixture::new("layout_verdicts");
    let v1 = batch.build(&fixture, 1, |_| Some(false));
    // In this order the compiler has least to do again.
    let v3 = batch.build(&fixture, 3, |number| Some(!differing.contains(&number)));
    let v2 = batch.build(&fixture, 2, |_| Some(true));
    let host = Host::start().unwrap();
    let bundle = host.load_library(&v1).unwrap();
    let (ask, places) = (hot::get!(layout_verdicts::ask), hot::get!(layout_verdicts::places));
    let all = |answer: u32| vec![answer; count];
    assert_eq!(ask(), all(1));
    let address = hot::get!(layout_verdicts::address_of_ask)();
    // SAFETY: the address of a function of this type, in an image that stays mapped.
    let ask_of_v1 = unsafe { std::mem::transmute::<usize, fn() -> Vec<u32>>(address) };
    let kept = places();

    let before = Snapshot::take(&host);
    let error = host.check(&v2).unwrap_err();
    assert_complete(&error, &v2);
    let named = batch.refused(&error);
    // Of generic definitions an image tells more than a file does.
    let late = differing - &named;
    batch.agree("not refused", late.iter().copied().filter(|it| !batch.pairs[*it].is_of_generic()));
    let again = host.load_library(&v2).unwrap_err();
    assert_eq!(again.reasons(), error.reasons());
    assert_eq!(before, Snapshot::take(&host));
    let libraries = files(&host.status().unwrap().shadow_dir, env::consts::DLL_EXTENSION);
    assert_eq!((libraries, bundle.generation().unwrap()), (1, 1));
    assert_eq!(ask(), all(1));

    if !late.is_empty() {
        let rest = batch.build(&fixture, 4, |number| late.contains(&number).then_some(true));
        let error = host.load_library(&rest).unwrap_err();
        assert_complete(&error, &rest);
        batch.agree("not refused", &late - &batch.refused(&error));
        assert_eq!(before.apart_from_images(), Snapshot::take(&host).apart_from_images());
        assert_eq!((bundle.generation().unwrap(), ask()), (1, all(1)));
    }

    // Spelling alone: the values stay, and code of the first generation calls the new functions,
    // which it does where the shortcut by hashes finds the types alike.
    host.load_library(&v3).unwrap();
    assert_eq!((bundle.generation().unwrap(), ask()), (2, all(3)));
    batch.agree("not called by old code", batch.others(&ask_of_v1(), |_| 3));
    assert_eq!(places(), kept);

    // With no values in the way everything is accepted. What differs old code must not call: it
    // keeps what it could call last.
    bundle.unload().unwrap();
    host.load_library(&v2).unwrap();
    assert_eq!(ask(), all(2));
    let expected = |number| if differing.contains(&number) { 3 } else { 2 };
    batch.agree("called by old code or not", batch.others(&ask_of_v1(), expected));

    let (refused, late) = (differing.len(), late.len());
    println!("{count} pairs: {} accepted, {refused} refused, {late} when mapped", count - refused);
    assert!(refused > 0 && refused < count);
}

/// How many files in a folder end so.
fn files(folder: &Path, extension: &str) -> usize {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|it| it == extension)).count()
}
