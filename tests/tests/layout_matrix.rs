//! Changes to types against everybody who may hold on to the old form: a matrix, every cell of which
//! is tried with real bundles.
//!
//! The rows are in `matrix/rows.rs`, the bundles that have their types in `matrix/sources.rs`. All
//! rows change at once: a refusal lists every reason, so the list is the column.

mod matrix;

use std::{
    collections::BTreeSet,
    fs, mem, panic,
    path::{Path, PathBuf},
    process::Command,
};

use hot::{Error, Host, Status};
use matrix::{
    columns::{CODE, HOST, LIVE, STATE, VAR},
    moves::{BACK, LATE, NO_WAY, ONE_WAY, WITHIN},
    rows::{Row, SIGNATURES, rows},
    sources::{Libraries, has, moving},
};
use tests::LoadLibrary as _;
use tests::{Fixture, Snapshot, child::text, fixture::root};

hot::import! {
    mx_code => { fn all() -> String; }
    mx_user => { fn all() -> String; }
    mx_var => { fn all() -> String; fn fill(); fn count() -> (u32, u32); fn own_all() -> usize; }
    mx_state => { fn all() -> String; fn fill(); fn count() -> (u32, u32); fn own_all() -> usize; }
    mx_moves => { fn all() -> String; fn fill(); }
    mx_live => { fn all() -> String; fn fill(); fn release(); }
}

/// Tries what must be refused, and looks that nothing has changed. `all` is a call of old code that
/// says what every value is.
fn refused<T: std::fmt::Debug>(
    host: &Host,
    all: impl Fn() -> String,
    attempt: impl FnOnce() -> hot::Result<T>,
) -> Error {
    let look = || {
        // First: a call that is the first one resolves slots.
        let said = all();
        let Status { retired, abandoned, shadow_bytes, .. } = host.status().unwrap();
        ((retired, abandoned, shadow_bytes), Snapshot::take(host), said)
    };
    let before = look();
    let error = attempt().expect_err("it must be refused");
    assert_eq!(look(), before, "{error}");
    error
}

/// Puts a library where the bundle's are loaded from.
fn put(library: &Path) -> PathBuf {
    let folder = root().join("libraries/layout_matrix");
    fs::create_dir_all(&folder).unwrap();
    let place = folder.join(library.file_name().unwrap());
    let _ = fs::remove_file(&place);
    fs::copy(library, &place).unwrap();
    place
}

/// Nobody but the bundle itself knows the types: they change freely, and back.
fn nobody(host: &Host, libraries: &Libraries) -> usize {
    let bundle = host.load_library(put(libraries.of("mx_code", 1))).unwrap();
    let first = mx_code::all();
    host.load_library(libraries.of("mx_code", 2)).unwrap();
    let second = mx_code::all();
    assert!(second.contains("\nAdded: Added { a: 1, b: 2 }\n"), "{second}");
    bundle.rollback().unwrap();
    assert_eq!(mx_code::all(), first);
    bundle.unload().unwrap();
    assert_eq!(first.lines().count(), rows().len());
    rows().len() + SIGNATURES.len()
}

/// Another bundle was compiled against them.
fn importer(host: &Host, libraries: &Libraries) -> [usize; 3] {
    let code = host.load_library(put(libraries.of("mx_code", 1))).unwrap();
    let user = host.load_library(put(libraries.of("mx_user", 1))).unwrap();
    let (of_code, of_user) = (libraries.of("mx_code", 2), libraries.of("mx_user", 2));
    let first = mx_user::all();
    assert_eq!(first.lines().count(), rows().len() + SIGNATURES.len());

    let checked = host.check(of_code).unwrap_err();
    let error = refused(host, mx_user::all, || host.load_library(of_code));
    assert_eq!(checked.to_string(), error.to_string());
    let one = CODE.check(&error, of_code);
    let error = refused(host, mx_user::all, || host.load_library(of_user));
    let other = reversed(&error, "by bundle `mx_user`, which is being loaded");

    // Both at once.
    put(of_code);
    put(of_user);
    let reports = host.transaction().reload(&code).reload(&user).commit().unwrap();
    assert_eq!(reports.len(), 2);
    let second = mx_user::all();
    assert!(second.contains("\nAdded: Added { a: 1, b: 2 }\n"), "{second}");
    let back = refused(host, mx_user::all, || code.rollback());
    // Of images in memory the compiler's identities of opaque fields tell one more.
    let by_identity = |reason: &&hot::Reason| reason.message.contains("is opaque, and has another");
    assert_eq!(back.reasons().iter().filter(by_identity).count(), 1, "{back}");
    assert_eq!(back.reasons().len(), error.reasons().len() + 1, "{back}");
    assert_eq!(reversed(&back, "by bundle `mx_user` (generation 2)"), other);
    host.transaction().rollback(&user).rollback(&code).commit().unwrap();
    assert_eq!(mx_user::all(), first);
    user.unload().unwrap();
    code.unload().unwrap();
    [one, other, second.lines().count()]
}

/// The caller was compiled against the new form: what is said of a change is the reverse, from the
/// new form to the old one, of the same rows.
fn reversed(error: &Error, held_by: &str) -> usize {
    let is_of = |reason: &hot::Reason, name: &str| {
        let start = format!("`{name}");
        let mut parts = reason.message.match_indices(&start).map(|(at, _)| at + start.len());
        parts.any(|end| !reason.message[end..].starts_with(char::is_alphanumeric))
    };
    let rows = rows();
    let functions = SIGNATURES.iter().map(|(name, ..)| (format!("mx_code::{name}"), true));
    let types = rows.iter().map(|row| (row.name.clone(), !row.reasons.is_empty()));
    let (mut cells, mut seen) = (0, 0);
    for (name, is_changed) in types.chain(functions) {
        let reasons: Vec<_> = error.reasons().iter().filter(|it| is_of(it, &name)).collect();
        assert_eq!(!reasons.is_empty(), is_changed, "{name}: {reasons:?}");
        for reason in &reasons {
            let held = tests::refusal::fact(reason, "held");
            assert!(held.starts_with(held_by), "{reason}");
            assert!(reason.help.contains("`host.transaction()`"), "{reason}");
        }
        (cells, seen) = (cells + 1, seen + reasons.len());
    }
    assert_eq!(seen, error.reasons().len(), "each is of one row: {error}");
    cells
}

/// A program was compiled against them.
fn program(libraries: &Libraries) -> usize {
    let arguments = [libraries.of("mx_code", 1), libraries.of("mx_code", 2)];
    let output = Command::new(&libraries.host).args(arguments).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{err}");
    let mut lines = out.lines();
    let error: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let reasons = error["reasons"].as_array().unwrap().iter().map(|reason| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let facts = reason["facts"].as_array().unwrap();
        let held = facts.iter().find(|fact| fact["label"] == "held").unwrap();
        (text(&reason["code"]), text(&reason["message"]), text(&held["text"]))
    });
    let cells = HOST.compare(reasons.collect());
    assert_eq!(lines.next(), Some(&*(rows().len() + SIGNATURES.len()).to_string()));
    cells
}

/// The old image's own way to its values.
fn old_code(address: usize) -> impl Fn() -> String {
    // SAFETY: the bundle has made it of such a function, and its image stays mapped.
    unsafe { mem::transmute::<usize, fn() -> String>(address) }
}

/// The value of each row in what `all` says.
fn values(all: &str) -> Vec<&str> {
    all.lines().map(|line| line.split_once(": ").unwrap().1).collect()
}

/// Of a value's text, in whatever order the fields are declared.
fn parts(value: &str) -> Vec<&str> {
    let mut parts: Vec<_> = value.split([',', '{', '}']).map(str::trim).collect();
    parts.sort_unstable();
    parts
}

fn of_bundle(bundle: &str) -> Vec<Row> {
    rows().into_iter().filter(|row| has(bundle, row)).collect()
}

/// What is given up, as the report names it.
fn given_up(bundle: &str) -> Vec<String> {
    let changed = of_bundle(bundle).into_iter().filter(|row| !row.reasons.is_empty());
    let mut paths: Vec<_> =
        changed.map(|row| format!("{bundle}::{}", row.name.to_uppercase())).collect();
    paths.sort();
    paths
}

/// The value of a var is of them: refused, or given up.
fn var(host: &Host, libraries: &Libraries) -> [usize; 3] {
    let bundle = host.load_library(put(libraries.of("mx_var", 1))).unwrap();
    mx_var::fill();
    assert_eq!(mx_var::count(), (11, 11));
    let refuse = |library: &Path| {
        let error = refused(host, mx_var::all, || host.load_library(library));
        assert_eq!(bundle.generation().unwrap(), 1);
        error
    };
    let second = libraries.of("mx_var", 2);
    let cells = VAR.check(&refuse(second), second);

    // Each by itself, too.
    let mut alone = 0;
    for (row, library) in &libraries.alone {
        let (expected, _) = VAR.expected(Some(row));
        match expected.is_empty() {
            true => host.check(library).unwrap(),
            false => {
                let error = refuse(library);
                let said = error.reasons().iter().map(|reason| reason.message.clone());
                let expected = expected.into_iter().map(|(_, message, _)| message);
                assert_eq!(said.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        }
        alone += 1;
    }

    let (first, old) = (mx_var::all(), old_code(mx_var::own_all()));
    let third = libraries.of("mx_var", 3);
    put(third);
    let mut report = bundle.reload().unwrap();
    let reset = &mut std::sync::Arc::make_mut(&mut report).reset;
    reset.sort();
    assert_eq!(*reset, given_up("mx_var"));
    let mut cleared = 0;
    let now = mx_var::all();
    for (row, (was, is)) in
        of_bundle("mx_var").iter().zip(values(&first).into_iter().zip(values(&now)))
    {
        assert!(was.starts_with("Some("), "{}: {was}", row.name);
        match row.reasons.is_empty() {
            true => assert_eq!(parts(is), parts(was)),
            false => assert_eq!(is, "None", "{}", row.name),
        }
        cleared += 1;
    }
    // What was given up is untouched, and the old code's.
    assert_eq!(old(), first);
    mx_var::fill();
    assert!(mx_var::all().contains("\nAdded: Some(Added { a: 1, b: 2 })\n"), "{}", mx_var::all());
    let changed =
        |old: &str| old.lines().filter(|line| !is_same(line)).collect::<Vec<_>>().join("\n");
    assert_eq!(changed(&old()), changed(&first));
    // Only a first value was edited: not applied.
    assert_eq!(report.not_applied, ["mx_var::ATOMIC", "mx_var::NUMBER"]);
    assert_eq!(mx_var::count(), (21, 21));
    [cells, alone, cleared]
}

/// Whether a line of `all` is that of a row that keeps its value.
fn is_same(line: &str) -> bool {
    let unchanged =
        |row: &Row| row.reasons.is_empty() && line.starts_with(&format!("{}:", row.name));
    rows().iter().any(unchanged)
}

/// The value of a state is.
fn state(host: &Host, libraries: &Libraries) -> [usize; 2] {
    let bundle = host.load_library(put(libraries.of("mx_state", 1))).unwrap();
    mx_state::fill();
    mx_state::fill();
    assert_eq!(mx_state::count(), (11, 11));
    let second = libraries.of("mx_state", 2);
    let error = refused(host, mx_state::all, || host.load_library(second));
    assert_eq!(bundle.generation().unwrap(), 1);
    let cells = STATE.check(&error, second);

    let (first, old) = (mx_state::all(), old_code(mx_state::own_all()));
    put(libraries.of("mx_state", 3));
    let mut report = bundle.reload().unwrap();
    let reset = &mut std::sync::Arc::make_mut(&mut report).reset;
    reset.sort();
    assert_eq!(*reset, given_up("mx_state"));
    assert_eq!(report.not_applied, ["mx_state::ATOMIC", "mx_state::NUMBER"]);
    assert_eq!(mx_state::count(), (21, 21));
    let mut cleared = 0;
    let (now, later) = (mx_state::all(), old());
    let (first, now, later) = (values(&first), values(&now), values(&later));
    for (index, row) in of_bundle("mx_state").iter().enumerate() {
        let (was, is, old) = (first[index], now[index], later[index]);
        if row.reasons.is_empty() {
            assert_eq!((parts(is), old), (parts(was), was));
        } else {
            assert_eq!(is, "[]", "{}", row.name);
            // Old code is told, and does not see the new value.
            assert!(old.starts_with("HOT0405: the value was laid out for another"), "{old}");
            assert!(old.contains("mx_state::"), "{old}");
        }
        cleared += 1;
    }
    [cells, cleared]
}

/// Values behind handles are.
fn live(host: &Host, libraries: &Libraries) -> [usize; 2] {
    let bundle = host.load_library(libraries.of("mx_live", 1)).unwrap();
    mx_live::fill();
    mx_live::fill();
    let second = libraries.of("mx_live", 2);
    let error = refused(host, mx_live::all, || host.load_library(second));
    assert_eq!(bundle.generation().unwrap(), 1);
    assert_eq!(mx_live::all().lines().count(), 2 * rows().len());
    let held = LIVE.check(&error, second);
    // With none alive nobody is in the way.
    mx_live::release();
    host.load_library(second).unwrap();
    mx_live::fill();
    let now = mx_live::all();
    assert!(now.contains("\nAdded: Added { a: 1, b: 2 }\n"), "{now}");
    mx_live::release();
    bundle.rollback().unwrap();
    [held, now.lines().count()]
}

/// Values of states that move: field by field, there and back.
fn moves(host: &Host, versions: &[PathBuf]) -> usize {
    let bundle = host.load_library(&versions[0]).unwrap();
    mx_moves::fill();
    let before = mx_moves::all();
    let is = |changed: &[(&str, &str)], within: &[&str]| {
        let lines = before.lines().map(|line| {
            let (name, was) = line.split_once(": ").unwrap();
            let now = changed.iter().find(|(changed, _)| *changed == name);
            let now = match (now, within.contains(&name)) {
                (Some((_, now)), _) => format!("[{now}]"),
                (None, true) => was.replace("Part { x: 1 }", "Part { x: 1, z: 0 }"),
                (None, false) => was.to_owned(),
            };
            parts(&now).join("|")
        });
        lines.collect::<Vec<_>>()
    };
    let found =
        || values(&mx_moves::all()).iter().map(|it| parts(it).join("|")).collect::<Vec<_>>();

    for (library, is_late) in [(&versions[2], false), (&versions[4], true)] {
        let error = host.load_library(library).unwrap_err();
        assert_eq!(mx_moves::all(), before);
        let said = error.reasons().iter();
        let said: BTreeSet<_> =
            said.map(|it| (it.code.id(), it.path.clone().unwrap_or_default())).collect();
        let meant = NO_WAY.iter().filter(|(name, ..)| LATE.contains(name) == is_late);
        let meant = meant.map(|(name, code, path)| (*code, format!("Vec<{name}>[]{path}")));
        assert_eq!(said, meant.collect(), "{error}");
    }

    for _ in 0..2 {
        host.load_library(&versions[1]).unwrap();
        assert_eq!(found(), is(BACK, &WITHIN));
        bundle.rollback().unwrap();
        assert_eq!(mx_moves::all(), before);
    }
    host.load_library(&versions[3]).unwrap();
    assert_eq!(found(), is(ONE_WAY, &[]));
    let error = bundle.rollback().unwrap_err();
    assert_eq!(found(), is(ONE_WAY, &[]));
    assert!(error.reasons().iter().all(|reason| reason.code == hot::Code::NeedsConversion));
    bundle.unload().unwrap();
    BACK.len() + WITHIN.len() + NO_WAY.len() + ONE_WAY.len()
}

#[test]
fn every_change_meets_every_holder() {
    assert_eq!((rows().len(), SIGNATURES.len()), (62, 5));
    let libraries = Libraries::build();
    let host = Host::start().unwrap();
    let hook = panic::take_hook();
    // Expected: old code that asks for a state that was given up.
    panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("HOT0405") {
            hook(info);
        }
    }));
    let nobody = nobody(&host, &libraries);
    let [importer, new_importer, together] = importer(&host, &libraries);
    let program = program(&libraries);
    let [var, alone, reset_var] = var(&host, &libraries);
    let [state, reset_state] = state(&host, &libraries);
    let [live, none_alive] = live(&host, &libraries);
    let cells = [
        nobody,
        importer,
        new_importer,
        together,
        program,
        var,
        alone,
        reset_var,
        state,
        reset_state,
        live,
        none_alive,
    ];
    assert_eq!(cells, [67, 67, 67, 67, 67, 60, 4, 60, 59, 59, 62, 62]);
    assert_eq!(cells.iter().sum::<usize>(), 701);
}

#[test]
fn values_move_or_are_refused() {
    let build = || {
        let fixture = Fixture::new("mx_moves");
        (1..=5).map(|version| fixture.build_root(&moving(version))).collect()
    };
    tests::in_child("values_move_or_are_refused", &[], build, |versions| {
        let host = Host::builder().control(false).start().unwrap();
        assert_eq!(moves(&host, versions), 50);
    });
}
