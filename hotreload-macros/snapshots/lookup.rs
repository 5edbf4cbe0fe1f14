const LOOKUP: () = {
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    struct __hot_lookup;
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
        type __HotEntry = fn(&mut World, f32) -> ::hot::rt::Returned<u8>;
        #[cold]
        fn __hot_cold(__hot_0: &mut World, __hot_1: f32) -> ::hot::rt::Returned<u8> {
            let __hot_code = unsafe {
                ::core::mem::transmute::<
                    *const (),
                    __HotEntry,
                >(::hot::rt::resolve(&__HOT_ACCESSOR))
            };
            __hot_code(__hot_0, __hot_1)
        }
        static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(
            __hot_cold as *const (),
        );
        const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
            package: "hotreload-macros",
            version: "0.1.0",
            path: "game::step",
            exported: false,
            is_unsafe: false,
            abi: "Rust",
            display: "fn(&mut World, f32) -> u8",
            types: &[
                ::hot::rt::manifest::Type::of::<
                    &mut World,
                >("&mut World", "a", <&mut World as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    f32,
                >("f32", "", <f32 as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    u8,
                >("u8", "", <u8 as ::hot::Versioned>::REF),
            ],
            tokens: 0u128,
        };
        static __HOT_RECORD: [u8; __HOT_FUNCTION.size()] = __HOT_FUNCTION.encode();
        static __HOT_ACCESSOR: ::hot::rt::Accessor = ::hot::rt::Accessor {
            kind: ::hot::rt::Kind::Function,
            record: &__HOT_RECORD,
            slot: &__HOT_SLOT,
            cold: __hot_cold as *const (),
            body: ::core::ptr::null(),
            layout: ::core::alloc::Layout::new::<()>(),
            lock: ::core::option::Option::None,
            moving: ::hot::rt::moves_nothing,
            describe: &[
                <&mut World as ::hot::Versioned>::describe,
                <f32 as ::hot::Versioned>::describe,
                <u8 as ::hot::Versioned>::describe,
            ],
            signature: ::core::any::TypeId::of::<fn(&mut World, f32) -> u8>,
            lifetimes: || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<> fn(
                        (&(), <World as ::hot::Versioned>::Lifetimes),
                        <f32 as ::hot::Versioned>::Lifetimes,
                        <u8 as ::hot::Versioned>::Lifetimes,
                    ),
                >(),
                &[
                    ::hot::rt::versioned::follow::<
                        fn(
                            &(),
                        ) -> ::core::marker::PhantomData<
                            <<<World as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <<f32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                    <u8 as ::hot::Versioned>::Parts,
                                >,
                            > as ::hot::rt::versioned::Parts>::Named<
                                (
                                    <World as ::hot::Versioned>::Lifetimes,
                                    <f32 as ::hot::Versioned>::Lifetimes,
                                    <u8 as ::hot::Versioned>::Lifetimes,
                                ),
                            >,
                        >,
                    >,
                ],
            ),
            type_name: ::core::any::type_name::<fn(&mut World, f32) -> u8>,
            opaque: ::core::any::TypeId::of::<()>,
            identity: ::core::any::TypeId::of::<__hot_lookup>,
            promise: unsafe { ::hot::rt::Promise::given() },
        };
        #[inline(always)]
        fn __hot_glue(__hot_0: &mut World, __hot_1: f32) -> u8 {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0, __hot_1);
            __hot_pin.leave(__hot_result)
        }
        impl ::hot::rt::Exported for __hot_lookup {
            fn accessor() -> &'static ::hot::rt::Accessor {
                &__HOT_ACCESSOR
            }
            #[inline(always)]
            fn mark_used() {
                __HOT_SLOT.mark_used();
            }
        }
        impl __hot_lookup {
            #[doc(hidden)]
            #[inline(always)]
            pub fn handle() -> impl ::core::ops::Fn(
                &mut World,
                f32,
            ) -> u8 + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
                __hot_glue
            }
        }
    };
    let __hot_accessor = <__hot_lookup as ::hot::rt::Exported>::accessor();
    ::hot::Host::look_up(&self.host, __hot_accessor, __hot_lookup::handle())
};
