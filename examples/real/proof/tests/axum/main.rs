//! The axum service: what README.md beside it says, and the same under load.

mod http;
mod load;

use std::{fs, io, sync::Mutex, thread, time::Duration};

use http::{Answer, Client};
use load::Load;
use proof::{Program, repository};

const ROUTES: &str = "routes/src/lib.rs";
const LIVE: &str = " is live: ";

/// One at a time has the machine.
static ALONE: Mutex<()> = Mutex::new(());

/// The service, and where it is.
fn start() -> io::Result<(Program, String)> {
    let program = Program::start("axum", &["127.0.0.1:0"], &[])?;
    let address = program.said("serving at http://");
    Ok((program, address))
}

fn ok(text: &str) -> Answer {
    Answer { status: 200, text: text.to_owned() }
}

/// Another text.
const TEXT: [(&str, &str); 2] = [
    ("\"visit {}, {guests} guests\\n\"", "\"{guests} guests in {} visits\\n\""),
    ("\"tea is ready\\n\"", "\"tea is served\\n\""),
];

/// Another route, and a field that it shows.
const FIELD: [(&str, &str); 4] = [
    (
        "    visits: u64,\n",
        "    visits: u64,\n    #[hot(default = \"nobody\".to_owned())]\n    last: String,\n",
    ),
    ("Book { visits: 0,", "Book { visits: 0, last: String::new(),"),
    (
        "        let book = BOOK.read();\n",
        "        let mut book = BOOK.write();\n        book.last = name.clone();\n",
    ),
    (
        "        .route(\"/tea/",
        "        .route(\"/last\", get(async || BOOK.read().last.clone()))\n        .route(\"/tea/",
    ),
];

/// What the host, which calls it, cannot know.
const REFUSED: [(&str, &str); 1] =
    [("serve(request: Request)", "serve(request: Request, _is_secure: bool)")];

#[test]
fn the_readme_has_these_edits() -> io::Result<()> {
    let readme = fs::read_to_string(repository().join("examples/real/axum/README.md"))?;
    for (_, to) in TEXT[..1].iter().chain(&FIELD).chain(&REFUSED) {
        for line in to.lines() {
            assert!(readme.contains(line.trim()), "{line}");
        }
    }
    Ok(())
}

#[test]
fn the_service_is_edited_while_it_serves() -> io::Result<()> {
    let _alone = ALONE.lock();
    let (program, address) = start()?;
    let mut client = Client::to(&address)?;
    assert_eq!(client.get("/")?, ok("visit 1, 0 guests\n"));
    // With a runtime of its own, in which nothing runs, the bundle's code would panic in these.
    assert_eq!(client.post("/guests", "Ann")?, ok("welcome, Ann\n"));
    assert_eq!(client.get("/tea/1")?, ok("tea is ready\n"));

    let mut other = Client::to(&address)?;
    let waits = thread::spawn(move || other.get("/tea/3000"));
    let line = program.edit(ROUTES, &TEXT, LIVE);
    assert!(line.contains("changed"), "{line}");
    assert_eq!(client.get("/")?, ok("1 guests in 2 visits\n"));
    assert_eq!(client.get("/tea/1")?, ok("tea is served\n"));
    let waited = waits.join().expect("it does not panic")?;
    assert!(waited == ok("tea is ready\n") || waited == ok("tea is served\n"), "{waited:?}");

    let line = program.edit(ROUTES, &FIELD, LIVE);
    assert!(line.contains("service_routes::BOOK moved (1 value"), "{line}");
    assert_eq!(client.get("/last")?, ok("nobody"));
    assert_eq!(client.post("/guests", "Bob")?, ok("welcome, Bob\n"));
    assert_eq!(client.get("/last")?, ok("Bob"));
    assert_eq!(client.get("/")?, ok("2 guests in 3 visits\n"));

    program.edit(ROUTES, &REFUSED, "not reloaded: ");
    assert_eq!(client.get("/last")?, ok("Bob"));

    let answer = program.ask("{\"do\":\"rollback\"}")?;
    assert!(answer.contains("\"ok\":true"), "{answer}");
    assert_eq!(client.get("/last")?.status, 404);
    assert_eq!(client.get("/")?, ok("2 guests in 4 visits\n"));
    Ok(())
}

/// How often the code goes back and forth under load: two loads each, both of which move the book.
const ROUNDS: usize = 50;
const REFUSALS: usize = 10;

const PANICS: [(&str, &str); 2] = [
    (
        "async fn page()",
        "static PAGES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);\n\nasync fn page()",
    ),
    (
        "    let mut book = BOOK.write();\n    book.visits",
        "    let number = PAGES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);\n    \
         assert!(number % 100 != 99, \"on purpose\");\n    \
         let mut book = BOOK.write();\n    book.visits",
    ),
];

/// One more field.
const MORE: [(&str, &str); 2] = [
    ("    last: String,\n", "    last: String,\n    #[hot(default = 0)]\n    pages: u64,\n"),
    ("last: String::new(),", "last: String::new(), pages: 0,"),
];

#[test]
fn no_request_fails_while_code_and_state_change() -> io::Result<()> {
    let _alone = ALONE.lock();
    let (program, address) = start()?;
    let asked = |request: &str| {
        let answer = program.ask(request).expect("the host answers");
        assert!(answer.contains("\"ok\":true"), "{answer}");
        answer
    };
    let back_and_forth = |rounds: usize| {
        for _ in 0..rounds {
            for request in ["{\"do\":\"rollback\"}", "{\"do\":\"reload\"}"] {
                let answer = asked(request);
                assert!(answer.contains("BOOK moved (1 value"), "{answer}");
            }
        }
    };

    let (quiet, ()) = Load::during(&address, || thread::sleep(Duration::from_secs(10)));
    assert_eq!(quiet.errors, [""; 0]);

    let (busy, ()) = Load::during(&address, || {
        program.edit(ROUTES, &TEXT, LIVE);
        program.edit(ROUTES, &FIELD, LIVE);
        back_and_forth(ROUNDS);
        program.edit(ROUTES, &REFUSED, "not reloaded: ");
        for _ in 1..REFUSALS {
            let answer = program.ask("{\"do\":\"reload\"}").expect("the host answers");
            assert!(answer.contains("\"ok\":false") && answer.contains("HOT03"), "{answer}");
        }
        let (from, to) = REFUSED[0];
        program.edit(ROUTES, &[(to, from)], "nothing changed");
    });
    assert_eq!(busy.errors, [""; 0]);
    assert_eq!(busy.by_status.keys().collect::<Vec<_>>(), [&200], "{:?}", busy.by_status);

    // Both versions panic: the one that is live, and the one before, which has another book.
    program.edit(ROUTES, &PANICS, LIVE);
    program.edit(ROUTES, &MORE, LIVE);
    let (panics, ()) = Load::during(&address, || back_and_forth(ROUNDS / 5));
    assert_eq!(panics.errors, [""; 0]);
    let failed = panics.by_status.get(&500).copied().unwrap_or_default();
    assert!(failed > 0 && failed < panics.requests() / 50, "{:?}", panics.by_status);
    assert_eq!(panics.by_status.get(&200), Some(&(panics.requests() - failed)));

    for (name, load) in [("quiet", &quiet), ("busy", &busy), ("panics", &panics)] {
        println!("{name}: {} requests, {:.0} a second", load.requests(), load.per_second());
        println!("figure: service.{name}_p99_ms {:.2}", load.p99_ms());
    }
    println!("figure: service.busy_over_quiet_p99 {:.2}", busy.p99_ms() / quiet.p99_ms());
    Ok(())
}
