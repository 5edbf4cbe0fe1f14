#[cfg(unix)]
fn up(old: &v1::World) -> Result<Made, String> {
    Err(old.text())
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
const _: () = {
    const __HOT_PATH: &str = ::core::concat!(::core::module_path!(), "::", "up");
    static __HOT_MIGRATE: ::hot::rt::versioned::Migrate = ::hot::rt::versioned::Migrate::part::<
        v1::World,
        World,
        Made,
        _,
        _,
    >(__HOT_PATH, up);
    const __HOT_TYPES: ::hot::rt::manifest::Migrate = ::hot::rt::manifest::Migrate {
        path: __HOT_PATH,
        old: <v1::World as ::hot::Versioned>::REF,
        new: <World as ::hot::Versioned>::REF,
    };
    ::hot::__manifest_record!(__HOT_RECORD, __HOT_TYPES);
    ::hot::rt::inventory::submit! {
        ::hot::rt::RegisteredMigrate(& __HOT_MIGRATE)
    }
};
