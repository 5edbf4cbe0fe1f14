///Functions of `game::math`, in their newest definition.
pub mod math {
    #[allow(unused_imports)]
    use super::*;
    /// Adds.
    #[inline]
    pub fn add(__hot_0: &mut World, __hot_1: i32) -> i32 {
        add::handle()(__hot_0, __hot_1)
    }
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum add {}
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
        type __HotEntry = fn(&mut World, i32) -> ::hot::rt::Returned<i32>;
        #[cold]
        fn __hot_cold(__hot_0: &mut World, __hot_1: i32) -> ::hot::rt::Returned<i32> {
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
            path: "game::math::add",
            exported: false,
            is_unsafe: false,
            abi: "Rust",
            display: "fn(&mut World, i32) -> i32",
            types: &[
                ::hot::rt::manifest::Type::of::<
                    &mut World,
                >("&mut World", "a", <&mut World as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    i32,
                >("i32", "", <i32 as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    i32,
                >("i32", "", <i32 as ::hot::Versioned>::REF),
            ],
            tokens: 0u128,
        };
        ::hot::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);
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
                <i32 as ::hot::Versioned>::describe,
                <i32 as ::hot::Versioned>::describe,
            ],
            signature: ::core::any::TypeId::of::<fn(&mut World, i32) -> i32>,
            lifetimes: || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<> fn(
                        (&(), <World as ::hot::Versioned>::Lifetimes),
                        <i32 as ::hot::Versioned>::Lifetimes,
                        <i32 as ::hot::Versioned>::Lifetimes,
                    ),
                >(),
                &[
                    ::hot::rt::versioned::follow::<
                        fn(
                            &(),
                        ) -> ::core::marker::PhantomData<
                            <<<World as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <<i32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                    <i32 as ::hot::Versioned>::Parts,
                                >,
                            > as ::hot::rt::versioned::Parts>::Named<
                                (
                                    <World as ::hot::Versioned>::Lifetimes,
                                    <i32 as ::hot::Versioned>::Lifetimes,
                                    <i32 as ::hot::Versioned>::Lifetimes,
                                ),
                            >,
                        >,
                    >,
                ],
            ),
            type_name: ::core::any::type_name::<fn(&mut World, i32) -> i32>,
            opaque: ::core::any::TypeId::of::<()>,
            identity: ::core::any::TypeId::of::<add>,
            promise: unsafe { ::hot::rt::Promise::given() },
        };
        ::hot::rt::inventory::submit! {
            ::hot::rt::Registered(& __HOT_ACCESSOR)
        }
        #[inline(always)]
        fn __hot_glue(__hot_0: &mut World, __hot_1: i32) -> i32 {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0, __hot_1);
            __hot_pin.leave(__hot_result)
        }
        impl ::hot::rt::Exported for add {
            fn accessor() -> &'static ::hot::rt::Accessor {
                &__HOT_ACCESSOR
            }
            #[inline(always)]
            fn mark_used() {
                __HOT_SLOT.mark_used();
            }
        }
        impl add {
            #[doc(hidden)]
            #[inline(always)]
            pub fn handle() -> impl ::core::ops::Fn(
                &mut World,
                i32,
            ) -> i32 + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
                __hot_glue
            }
            #[doc(hidden)]
            #[inline(always)]
            pub fn pointer() -> fn(&mut World, i32) -> i32 {
                __hot_glue
            }
        }
    };
    #[cfg(unix)]
    ///Calls the newest definition of `game::math::raw`.
    #[inline]
    pub unsafe fn raw(__hot_0: *const u8) {
        unsafe { raw::handle()(__hot_0) }
    }
    #[cfg(unix)]
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum raw {}
    #[cfg(unix)]
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
        type __HotEntry = fn(*const u8) -> ::hot::rt::Returned<()>;
        #[cold]
        fn __hot_cold(__hot_0: *const u8) -> ::hot::rt::Returned<()> {
            let __hot_code = unsafe {
                ::core::mem::transmute::<
                    *const (),
                    __HotEntry,
                >(::hot::rt::resolve(&__HOT_ACCESSOR))
            };
            __hot_code(__hot_0)
        }
        static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(
            __hot_cold as *const (),
        );
        const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
            package: "hotreload-macros",
            version: "0.1.0",
            path: "game::math::raw",
            exported: false,
            is_unsafe: true,
            abi: "Rust",
            display: "unsafe fn(*const u8)",
            types: &[
                ::hot::rt::manifest::Type::of::<
                    *const u8,
                >("*const u8", "", <*const u8 as ::hot::Versioned>::REF),
                ::hot::rt::manifest::Type::of::<
                    (),
                >("()", "", <() as ::hot::Versioned>::REF),
            ],
            tokens: 0u128,
        };
        ::hot::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);
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
                <*const u8 as ::hot::Versioned>::describe,
                <() as ::hot::Versioned>::describe,
            ],
            signature: ::core::any::TypeId::of::<unsafe fn(*const u8) -> ()>,
            lifetimes: || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<> fn(
                        <*const u8 as ::hot::Versioned>::Lifetimes,
                        <() as ::hot::Versioned>::Lifetimes,
                    ),
                >(),
                &[
                    ::hot::rt::versioned::follow::<
                        fn(
                            &(),
                        ) -> ::core::marker::PhantomData<
                            <<u8 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                                (<u8 as ::hot::Versioned>::Lifetimes,),
                            >,
                        >,
                    >,
                ],
            ),
            type_name: ::core::any::type_name::<unsafe fn(*const u8) -> ()>,
            opaque: ::core::any::TypeId::of::<()>,
            identity: ::core::any::TypeId::of::<raw>,
            promise: unsafe { ::hot::rt::Promise::given() },
        };
        ::hot::rt::inventory::submit! {
            ::hot::rt::Registered(& __HOT_ACCESSOR)
        }
        #[inline(always)]
        unsafe fn __hot_glue(__hot_0: *const u8) -> () {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0);
            __hot_pin.leave(__hot_result)
        }
        impl ::hot::rt::Exported for raw {
            fn accessor() -> &'static ::hot::rt::Accessor {
                &__HOT_ACCESSOR
            }
            #[inline(always)]
            fn mark_used() {
                __HOT_SLOT.mark_used();
            }
        }
        impl raw {
            #[doc(hidden)]
            #[inline(always)]
            pub fn handle() -> unsafe fn(*const u8) -> () {
                __hot_glue
            }
            #[doc(hidden)]
            #[inline(always)]
            pub fn pointer() -> unsafe fn(*const u8) -> () {
                __hot_glue
            }
        }
    };
}
