//! All that the service answers: edit this file while it runs.

use std::{
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, Request},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use rusqlite::Connection;
use service_shared as _;
use tower::ServiceExt as _;

hot::bundle!();

/// The guest book. It stays when the code changes, and when its fields do.
#[hot::versioned]
pub struct Book {
    visits: u64,
    /// In memory, so that it would be gone if anything else were.
    #[hot(unsafe(opaque))]
    guests: Mutex<Connection>,
}

#[hot::export]
pub static BOOK: hot::State<Book> = hot::State::new(Book::new);

impl Book {
    fn new() -> Book {
        let guests = Connection::open_in_memory().expect("sqlite has memory");
        guests
            .execute_batch("CREATE TABLE guests (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
            .expect("the table is new");
        Book { visits: 0, guests: Mutex::new(guests) }
    }

    /// Has sqlite do something.
    fn with<R>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> Result<R, Failed> {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        work(&guests).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    }
}

/// How a request fails that is no panic.
type Failed = (StatusCode, String);

/// The routes of this version. A private static begins anew with each.
static ROUTES: LazyLock<Router> = LazyLock::new(|| {
    Router::new()
        .route("/", get(page))
        .route("/guests", post(sign))
        .route("/tea/{milliseconds}", get(tea))
});

/// What the host calls. Both types are axum's, of which there is one in the process.
#[hot::export]
#[hot(unsafe(opaque(Request, Response)))]
pub async fn serve(request: Request) -> Response {
    let Ok(response) = ROUTES.clone().oneshot(request).await;
    response
}

async fn page() -> Result<String, Failed> {
    let mut book = BOOK.write();
    book.visits += 1;
    let guests: i64 =
        book.with(|it| it.query_row("SELECT count(*) FROM guests", [], |row| row.get(0)))?;
    Ok(format!("visit {}, {guests} guests\n", book.visits))
}

/// Sqlite may wait for a disk, so it has a thread of tokio's for it.
async fn sign(name: String) -> Result<String, Failed> {
    let write = move || {
        let book = BOOK.read();
        book.with(|it| it.execute("INSERT INTO guests (name) VALUES (?1)", [&name]))?;
        Ok(format!("welcome, {name}\n"))
    };
    tokio::task::spawn_blocking(write).await.expect("nothing in it panics")
}

/// Takes its time: one that has begun ends in the code that began it.
async fn tea(Path(milliseconds): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    "tea is ready\n".to_owned()
}
