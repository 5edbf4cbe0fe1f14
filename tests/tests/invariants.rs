//! What no table shows: a body of `Hash`. The author can say it.

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Snapshot, refusal::codes};

fn source(invariants: u32, hashed: &str) -> String {
    format!(
        "use std::{{collections::HashMap, hash::{{Hash, Hasher}}}};

         #[hot::versioned(invariants = {invariants})]
         #[derive(PartialEq, Eq)]
         pub struct Key {{ pub id: u64, pub page: u64 }}

         impl Hash for Key {{
             fn hash<H: Hasher>(&self, hasher: &mut H) {{ {hashed} }}
         }}

         #[hot::export]
         pub static PAGES: hot::State<HashMap<Key, u32>> = hot::State::new(HashMap::new);

         #[hot::export]
         pub fn put(count: u64) {{
             let mut pages = PAGES.write();
             (0..count).for_each(|id| drop(pages.insert(Key {{ id, page: id + 1 }}, 7)));
         }}

         #[hot::export]
         pub fn found(count: u64) -> usize {{
             let pages = PAGES.read();
             (0..count).filter(|id| pages.contains_key(&Key {{ id: *id, page: id + 1 }})).count()
         }}"
    )
}

#[test]
fn another_hash_is_not_seen_and_can_be_said() {
    let fixture = Fixture::new("invariants_hash");
    let first = fixture.build(&source(1, "self.id.hash(hasher)"));
    let unsaid = fixture.build(&source(1, "self.page.hash(hasher)"));
    let said = fixture.build(&source(2, "self.page.hash(hasher)"));
    let host = Host::start().unwrap();
    let bundle = host.load_library(&first).unwrap();
    const COUNT: u64 = 1_000;
    hot::lookup!(host, "invariants_hash::put", fn(u64)).unwrap()(COUNT);
    let found = hot::lookup!(host, "invariants_hash::found", fn(u64) -> usize).unwrap();
    assert_eq!(found(COUNT), 1_000);

    // Said, it is refused as any other change of a type under a living value.
    let before = Snapshot::take(&host);
    let refused = host.load_library(&said).unwrap_err();
    assert_eq!(codes(&refused), [Code::StateLayout]);
    let message = &refused.reasons()[0].message;
    assert!(message.contains("`HashMap<Key, u32>[key]`"), "{refused}");
    assert!(message.contains("`invariants`"), "{refused}");
    assert_eq!((before, found(COUNT)), (Snapshot::take(&host), 1_000));

    // Unsaid, it is not seen: the map is whole, and its keys lie where nobody looks for them.
    host.load_library(&unsaid).unwrap();
    assert_eq!(bundle.generation().unwrap(), 2);
    let lost = 1_000 - found(COUNT);
    assert!(lost > 900, "{lost} were lost");
    bundle.rollback().unwrap();
    assert_eq!(found(COUNT), 1_000);
}
