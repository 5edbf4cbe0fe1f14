/// Adds.
#[track_caller]
pub fn add(mut a: i32, _: i32) -> i32 {
    a
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
    type __HotEntry = fn(i32, i32) -> ::hot::rt::Returned<i32>;
    fn __hot_entry(__hot_0: i32, __hot_1: i32) -> ::hot::rt::Returned<i32> {
        ::hot::rt::catch(move || add(__hot_0, __hot_1))
    }
    #[cold]
    fn __hot_cold(__hot_0: i32, __hot_1: i32) -> ::hot::rt::Returned<i32> {
        let __hot_code = unsafe {
            ::core::mem::transmute::<
                *const (),
                __HotEntry,
            >(::hot::rt::resolve(&__HOT_ACCESSOR))
        };
        __hot_code(__hot_0, __hot_1)
    }
    static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(__hot_cold as *const ());
    const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
        package: "hotreload-macros",
        version: "0.1.0",
        path: ::core::concat!(::core::module_path!(), "::", "add"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(i32, i32) -> i32",
        types: &[
            ::hot::rt::manifest::Type::of::<
                i32,
            >("i32", "", <i32 as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                i32,
            >("i32", "", <i32 as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                i32,
            >("i32", "", <i32 as ::hot::Versioned>::REF),
        ],
        tokens: 142876735186923506147294609811542761375u128,
    };
    ::hot::__manifest_record!(__HOT_RECORD, __HOT_FUNCTION);
    static __HOT_ACCESSOR: ::hot::rt::Accessor = ::hot::rt::Accessor {
        kind: ::hot::rt::Kind::Function,
        record: &__HOT_RECORD,
        slot: &__HOT_SLOT,
        cold: __hot_cold as *const (),
        body: __hot_entry as *const (),
        layout: ::core::alloc::Layout::new::<()>(),
        lock: ::core::option::Option::None,
        moving: ::hot::rt::moves_nothing,
        describe: &[
            <i32 as ::hot::Versioned>::describe,
            <i32 as ::hot::Versioned>::describe,
            <i32 as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<fn(i32, i32) -> i32>,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<> fn(
                    <i32 as ::hot::Versioned>::Lifetimes,
                    <i32 as ::hot::Versioned>::Lifetimes,
                    <i32 as ::hot::Versioned>::Lifetimes,
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<i32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <<i32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <i32 as ::hot::Versioned>::Parts,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <i32 as ::hot::Versioned>::Lifetimes,
                                <i32 as ::hot::Versioned>::Lifetimes,
                                <i32 as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<fn(i32, i32) -> i32>,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<add>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue(__hot_0: i32, __hot_1: i32) -> i32 {
        if ::hot::rt::STATIC {
            add(__hot_0, __hot_1)
        } else {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0, __hot_1);
            __hot_pin.leave(__hot_result)
        }
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
            i32,
            i32,
        ) -> i32 + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> fn(i32, i32) -> i32 {
            __hot_glue
        }
    }
};
