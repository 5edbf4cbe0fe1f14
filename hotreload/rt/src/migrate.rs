//! Functions marked `#[hot::migrate]`, as their image hands them in.

use crate::rt::versioned::Migrate;

/// One entry in the image's list.
#[derive(Debug)]
pub struct RegisteredMigrate(pub &'static Migrate);

inventory::collect!(RegisteredMigrate);

/// Those of this image: its own and those of the bundles that are linked into it.
pub(crate) fn registered() -> Vec<&'static Migrate> {
    inventory::iter::<RegisteredMigrate>.into_iter().map(|registered| registered.0).collect()
}
