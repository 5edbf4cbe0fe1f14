#[allow(dead_code, reason = "its callers may be in other images")]
#[inline]
pub unsafe extern "C" fn stop(code: u8) -> ! {
    unsafe { <stop_handle>::handle()(code) }
}
#[doc(hidden)]
unsafe fn __hot_body_stop(code: u8) -> ! {
    exit(code)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct stop_handle;
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
    type __HotEntry = fn(u8) -> renamed::rt::Returned<::core::convert::Infallible>;
    fn __hot_entry(__hot_0: u8) -> renamed::rt::Returned<::core::convert::Infallible> {
        renamed::rt::catch(move || unsafe { __hot_body_stop(__hot_0) })
    }
    #[cold]
    fn __hot_cold(__hot_0: u8) -> renamed::rt::Returned<::core::convert::Infallible> {
        let __hot_code = unsafe {
            ::core::mem::transmute::<
                *const (),
                __HotEntry,
            >(renamed::rt::resolve(&__HOT_ACCESSOR))
        };
        __hot_code(__hot_0)
    }
    static __HOT_SLOT: renamed::rt::Slot = renamed::rt::Slot::new(
        __hot_cold as *const (),
    );
    const __HOT_FUNCTION: renamed::rt::manifest::Function = renamed::rt::manifest::Function {
        package: "hotreload-macros",
        version: "0.1.0",
        path: ::core::concat!(::core::module_path!(), "::", "halt"),
        exported: true,
        is_unsafe: true,
        abi: "C",
        display: "unsafe extern \"C\" fn(u8) -> !",
        types: &[
            renamed::rt::manifest::Type::of::<
                u8,
            >("u8", "", <u8 as renamed::Versioned>::REF),
            renamed::rt::manifest::Type::of::<
                ::core::convert::Infallible,
            >("!", "", <::core::convert::Infallible as renamed::Versioned>::REF),
        ],
        tokens: 64685624785271433452968505380976762269u128,
    };
    renamed::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);
    static __HOT_ACCESSOR: renamed::rt::Accessor = renamed::rt::Accessor {
        kind: renamed::rt::Kind::Function,
        record: &__HOT_RECORD,
        slot: &__HOT_SLOT,
        cold: __hot_cold as *const (),
        body: __hot_entry as *const (),
        layout: ::core::alloc::Layout::new::<()>(),
        lock: ::core::option::Option::None,
        moving: renamed::rt::moves_nothing,
        describe: &[
            <u8 as renamed::Versioned>::describe,
            <::core::convert::Infallible as renamed::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<unsafe extern "C" fn(u8) -> !>,
        lifetimes: || renamed::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<> fn(
                    <u8 as renamed::Versioned>::Lifetimes,
                    <::core::convert::Infallible as renamed::Versioned>::Lifetimes,
                ),
            >(),
            &[
                renamed::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<u8 as renamed::Versioned>::Parts as renamed::rt::versioned::Parts>::And<
                            <::core::convert::Infallible as renamed::Versioned>::Parts,
                        > as renamed::rt::versioned::Parts>::Named<
                            (
                                <u8 as renamed::Versioned>::Lifetimes,
                                <::core::convert::Infallible as renamed::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<unsafe extern "C" fn(u8) -> !>,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<stop_handle>,
        promise: unsafe { renamed::rt::Promise::given() },
    };
    renamed::rt::inventory::submit! {
        renamed::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    unsafe fn __hot_glue(__hot_0: u8) -> ! {
        if renamed::rt::STATIC {
            unsafe { __hot_body_stop(__hot_0) }
        } else {
            let __hot_pin = renamed::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0);
            match __hot_pin.leave(__hot_result) {}
        }
    }
    impl renamed::rt::Exported for stop_handle {
        fn accessor() -> &'static renamed::rt::Accessor {
            &__HOT_ACCESSOR
        }
        #[inline(always)]
        fn mark_used() {
            __HOT_SLOT.mark_used();
        }
    }
    impl stop_handle {
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> unsafe fn(u8) -> ! {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> unsafe extern "C" fn(u8) -> ! {
            unsafe extern "C" fn __hot_foreign(__hot_0: u8) -> ! {
                unsafe { __hot_glue(__hot_0) }
            }
            __hot_foreign
        }
    }
};
