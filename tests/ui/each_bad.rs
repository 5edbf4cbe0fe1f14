//! What `hot::each!` is not given.

fn parts(host: hot::Host) {
    let _ = hot::each!(host);
    let _ = hot::each!(host, "a::*");
    let _ = hot::each!(host, "a::*", fn(), 3);
    let _ = hot::each!(host, "a::*", u32);
    let _ = hot::each!(host, "a::*", unsafe fn());
    let _ = hot::each!(host, "a::*", fn() -> !);
}

fn types(host: hot::Host) -> hot::Result<()> {
    struct Unknown;
    let _ = hot::each!(host, "a::*", fn(Unknown));
    let _ = hot::each!(host, 3, fn());
    for hit in &hot::each!(host, "a::*", fn(&mut u32))? {
        hit?("text");
    }
    Ok(())
}

fn main() {}
