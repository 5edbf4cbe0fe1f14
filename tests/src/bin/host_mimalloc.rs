//! A host whose allocator has memory of its own.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    tests::exchange::main(hot::Host::builder(), || 0);
}
