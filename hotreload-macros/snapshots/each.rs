const EACH: () = {
    struct __hot_each;
    #[doc(hidden)]
    #[allow(
        deprecated,
        elided_lifetimes_in_paths,
        improper_ctypes_definitions,
        mismatched_lifetime_syntaxes,
        single_use_lifetimes,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    const _: () = {
        type __HotEntry = fn(&World, f32) -> ::hot::rt::Returned<&str>;
        static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(::core::ptr::null());
        const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
            package: "hotreload-macros",
            version: "0.1.0",
            path: "",
            exported: false,
            is_unsafe: false,
            abi: "Rust",
            display: "fn(&World, f32) -> &str",
            types: &[
                ::hot::rt::manifest::Type::of::<
                    &World,
                >("&World", "a", <&World as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    f32,
                >("f32", "", <f32 as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    &str,
                >("&str", "a", <&str as ::hot::Versioned>::REF),
            ],
            tokens: 0u128,
        };
        static __HOT_RECORD: [u8; __HOT_FUNCTION.size()] = __HOT_FUNCTION.encode();
        static __HOT_ACCESSOR: ::hot::rt::Accessor = ::hot::rt::Accessor {
            kind: ::hot::rt::Kind::Function,
            record: &__HOT_RECORD,
            slot: &__HOT_SLOT,
            cold: ::core::ptr::null(),
            body: ::core::ptr::null(),
            layout: ::core::alloc::Layout::new::<()>(),
            lock: ::core::option::Option::None,
            moving: ::hot::rt::moves_nothing,
            describe: &[
                <&World as ::hot::Versioned>::describe,
                <f32 as ::hot::Versioned>::describe,
                <&str as ::hot::Versioned>::describe,
            ],
            signature: ::core::any::TypeId::of::<fn(&World, f32) -> &str>,
            lifetimes: || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<'this> fn(
                        (&'this (), <World as ::hot::Versioned>::Lifetimes),
                        <f32 as ::hot::Versioned>::Lifetimes,
                        (&'this (), <str as ::hot::Versioned>::Lifetimes),
                    ),
                >(),
                &[
                    ::hot::rt::versioned::follow::<
                        fn(
                            &(),
                        ) -> ::core::marker::PhantomData<
                            <<<World as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <<f32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                    <str as ::hot::Versioned>::Parts,
                                >,
                            > as ::hot::rt::versioned::Parts>::Named<
                                (
                                    <World as ::hot::Versioned>::Lifetimes,
                                    <f32 as ::hot::Versioned>::Lifetimes,
                                    <str as ::hot::Versioned>::Lifetimes,
                                ),
                            >,
                        >,
                    >,
                ],
            ),
            type_name: ::core::any::type_name::<fn(&World, f32) -> &str>,
            opaque: ::core::any::TypeId::of::<()>,
            identity: ::core::any::TypeId::of::<__hot_each>,
            promise: unsafe { ::hot::rt::Promise::given() },
        };
        impl __hot_each {
            fn site() -> &'static ::hot::EachSite<
                dyn ::core::ops::Fn(
                    &World,
                    f32,
                ) -> ::core::option::Option<
                        &str,
                    > + ::core::marker::Send + ::core::marker::Sync,
            > {
                fn __hot_boxed<F>(
                    call: F,
                ) -> ::hot::rt::Box<
                    dyn ::core::ops::Fn(
                        &World,
                        f32,
                    ) -> ::core::option::Option<
                            &str,
                        > + ::core::marker::Send + ::core::marker::Sync,
                >
                where
                    F: ::core::ops::Fn(&World, f32) -> ::core::option::Option<&str>
                        + ::core::marker::Send + ::core::marker::Sync + 'static,
                {
                    ::hot::rt::Box::new(call)
                }
                /// # Safety
                /// The accessor is like the one here, but for its path.
                unsafe fn __hot_bind(
                    accessor: &'static ::hot::rt::Accessor,
                ) -> ::hot::rt::Box<
                    dyn ::core::ops::Fn(
                        &World,
                        f32,
                    ) -> ::core::option::Option<
                            &str,
                        > + ::core::marker::Send + ::core::marker::Sync,
                > {
                    __hot_boxed(move |__hot_0, __hot_1| {
                        let __hot_pin = ::hot::rt::Pin::enter();
                        let ::core::option::Option::Some(__hot_code) = ::hot::rt::entry_if_any(
                            accessor,
                        ) else {
                            __hot_pin.end();
                            return ::core::option::Option::None;
                        };
                        let __hot_code = unsafe {
                            ::core::mem::transmute::<
                                *const (),
                                __HotEntry,
                            >(__hot_code.as_ptr().cast_const())
                        };
                        let __hot_result = __hot_code(__hot_0, __hot_1);
                        ::core::option::Option::Some(__hot_pin.leave(__hot_result))
                    })
                }
                static __HOT_SITE: ::hot::EachSite<
                    dyn ::core::ops::Fn(
                        &World,
                        f32,
                    ) -> ::core::option::Option<
                            &str,
                        > + ::core::marker::Send + ::core::marker::Sync,
                > = ::hot::EachSite::new(&__HOT_ACCESSOR, __hot_bind);
                &__HOT_SITE
            }
        }
    };
    ::hot::Host::each(&host, &"game::*::name", __hot_each::site())
};
