//! A host whose allocator has memory of its own.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    tests::exchange::main(hot::Host::builder(), || 0);
}
