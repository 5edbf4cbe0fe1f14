//! Memory across the boundary: freed by the other side, whatever the host's allocator is.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use hot::Host;
use tests::LoadLibrary as _;
use tests::{Fixture, child::text, exchange, in_child};

struct Libraries {
    #[cfg(feature = "exhaustive")]
    fixture: Fixture,
    plain: PathBuf,
    forwarding: PathBuf,
}

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(|| {
    let fixture = Fixture::with_manifest("allocators-exchange", "");
    let root = format!("hot::bundle!();\n{}", exchange::BUNDLE);
    let forward =
        ["rustc", "--lib", "--crate-type", "cdylib", "--", "--cfg", "hot_forward_allocator"];
    let forwarding = fixture.build_with(&root, &forward);
    let plain = fixture.build_root(&root);
    Libraries {
        #[cfg(feature = "exhaustive")]
        fixture,
        plain,
        forwarding,
    }
});

/// Hosts with allocators that have memory of their own.
const OWN: &[&str] = &[
    env!("CARGO_BIN_EXE_host_arena"),
    #[cfg(feature = "exhaustive")]
    env!("CARGO_BIN_EXE_host_mimalloc"),
    #[cfg(feature = "exhaustive")]
    env!("CARGO_BIN_EXE_host_jemalloc"),
];
const COUNTING: &str = env!("CARGO_BIN_EXE_host_counting");

/// Runs a host to its end and gives what it printed.
fn run(host: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(host);
    command.args(arguments).env("CARGO_NET_OFFLINE", "true").env_remove("RUSTFLAGS");
    let output = command.output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{host}: {}\n{out}\n{err}", output.status);
    out
}

fn load(host: &str, library: &Path) -> String {
    run(host, &["load", library.to_str().unwrap()])
}

#[test]
fn a_host_with_an_allocator_of_its_own_refuses_a_plain_bundle() {
    for host in OWN {
        let out = load(host, &LIBRARIES.plain);
        assert!(out.starts_with("refused HOT0203: "), "{host}: {out}");
        assert!(out.contains("load_crate"), "the remedy: {out}");
        assert!(out.contains(LIBRARIES.plain.to_str().unwrap()), "the file: {out}");
    }
}

#[test]
fn a_host_with_an_allocator_of_its_own_exchanges_memory_with_a_forwarding_bundle() {
    for host in OWN {
        let out = load(host, &LIBRARIES.forwarding);
        assert!(out.ends_with("exchanged by threads\n"), "{host}: {out}");
    }
}

/// Exhaustive: what forwards is built in a folder of its own, with all that it depends on.
#[cfg(feature = "exhaustive")]
#[test]
fn load_crate_chooses_forwarding_by_itself() {
    let folder = LIBRARIES.fixture.folder().to_str().unwrap();
    let target = tests::fixture::target_dir();
    for host in OWN.iter().chain([&COUNTING]) {
        let out = run(host, &["crate", folder, target.to_str().unwrap()]);
        assert!(out.contains("exchanged by threads\n"), "{host}: {out}");
    }
}

#[test]
fn a_wrapper_of_the_systems_allocator_takes_both_kinds() {
    let plain = load(COUNTING, &LIBRARIES.plain);
    let forwarding = load(COUNTING, &LIBRARIES.forwarding);
    for out in [&plain, &forwarding] {
        // As much was freed as was allocated, by whichever side.
        assert!(out.contains("exchanged, 0 left\n"), "{out}");
        assert!(out.contains("exchanged by threads\n"), "{out}");
    }
    // A panic, with its text and the image that it comes from, and the text are the bundle's blocks, and
    // its caller frees them: of a plain bundle nobody has counted them before.
    let uncounted = 1000 * (size_of::<(String, usize)>() + "boundary".len());
    assert!(plain.contains(&format!("panicked, -{uncounted} left\n")), "{plain}");
    assert!(forwarding.contains("panicked, 0 left\n"), "{forwarding}");
    // A constructor that runs before init allocates from the host too, if it forwards.
    assert!(plain.ends_with("\n0 early\n"), "{plain}");
    assert!(forwarding.ends_with("\n1 early\n"), "{forwarding}");
}

#[test]
fn the_systems_allocator_takes_a_plain_bundle() {
    let name = "the_systems_allocator_takes_a_plain_bundle";
    let plain = || vec![LIBRARIES.plain.clone()];
    in_child(name, &[], plain, |libraries| {
        Host::start().unwrap().load_library(&libraries[0]).unwrap();
        exchange::run(300);
        exchange::run_kept();
    });
}
