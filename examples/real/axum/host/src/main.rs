//! The part of the service that stays: a socket, a runtime, and one call into the bundle.

use std::{env, error::Error};

use axum::{Router, extract::Request};
use service_shared as _;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = hot::Host::builder().watch(|line| eprintln!("{line}")).start()?;
    host.load_crate("service-routes")?;

    // A panic of a handler goes on here, and its request is answered with 500.
    let service = Router::new()
        .fallback(async |request: Request| service_routes::serve(request).await)
        .layer(CatchPanicLayer::new());

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("serving at http://{}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}
