#[doc(hidden)]
#[allow(unexpected_cfgs)]
const _: () = {
    const __HOT_HEADER: ::hot::rt::manifest::Header = ::hot::rt::manifest::Header {
        package: "hotreload-macros",
        version: "0.1.0",
        crate_name: "my_game",
        manifest_dir: ::core::env!("CARGO_MANIFEST_DIR"),
        features: ::hot::__target_features!(),
        forwards_allocation: ::core::cfg!(hot_forward_allocator),
    };
    ::hot::__manifest_record!(__HOT_RECORD, __HOT_HEADER);
    static __HOT_BUNDLE: ::hot::rt::Bundle = ::hot::rt::Bundle {
        name: "hotreload-macros",
        record: &__HOT_RECORD,
        init: || ::hot::rt::Outcome::outcome(self::start()),
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::RegisteredBundle(& __HOT_BUNDLE)
    }
    static __HOT_HOOK: ::hot::rt::Hook = ::hot::rt::Hook {
        path: ::core::concat!(::core::module_path!(), "::", "started"),
        when: ::hot::rt::When::Load,
        line: ::core::line!(),
        column: ::core::column!(),
        run: || ::hot::rt::run_hook(self::started),
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::RegisteredHook(& __HOT_HOOK)
    }
    #[cfg(hot_forward_allocator)]
    #[global_allocator]
    static __HOT_ALLOCATOR: ::hot::rt::Forward = ::hot::rt::Forward;
    /// # Safety
    /// Called by the host only, with its table and stage.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bundle_init_my_game(
        host: *const ::hot::rt::HostTable,
        stage: *mut ::hot::rt::Stage,
    ) -> ::hot::rt::InitStatus {
        unsafe { ::hot::rt::init(host, stage, &__HOT_BUNDLE) }
    }
};
