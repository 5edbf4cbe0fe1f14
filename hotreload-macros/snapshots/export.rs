/// Doc.
#[allow(dead_code, reason = "its callers may be in other images")]
#[inline]
pub(super) fn find<'a>(text: &'a str, at: (u8, u8)) -> &'a str {
    <find>::handle()(text, at)
}
#[inline]
#[doc(hidden)]
fn __hot_body_find<'a>(text: &'a str, mut at: (u8, u8)) -> &'a str {
    text
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub(super) enum find {}
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
    type __HotEntry = for<'a> fn(&'a str, (u8, u8)) -> ::hot::rt::Returned<&'a str>;
    fn __hot_entry<'a>(
        __hot_0: &'a str,
        __hot_1: (u8, u8),
    ) -> ::hot::rt::Returned<&'a str> {
        ::hot::rt::catch(move || __hot_body_find(__hot_0, __hot_1))
    }
    #[cold]
    fn __hot_cold<'a>(
        __hot_0: &'a str,
        __hot_1: (u8, u8),
    ) -> ::hot::rt::Returned<&'a str> {
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
        path: ::core::concat!(::core::module_path!(), "::", "find"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(&'a str, (u8, u8)) -> &'a str",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &'static str,
            >("&str", "a", <&'static str as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                (u8, u8),
            >("(u8, u8)", "", <(u8, u8) as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                &'static str,
            >("&str", "a", <&'static str as ::hot::Versioned>::REF),
        ],
        tokens: 315571875869100190030920392153734530312u128,
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
            <&'static str as ::hot::Versioned>::describe,
            <(u8, u8) as ::hot::Versioned>::describe,
            <&'static str as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<for<'a> fn(&'a str, (u8, u8)) -> &'a str>,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'a> fn(
                    (&'a (), <str as ::hot::Versioned>::Lifetimes),
                    <(u8, u8) as ::hot::Versioned>::Lifetimes,
                    (&'a (), <str as ::hot::Versioned>::Lifetimes),
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<<str as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <u8 as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::And<
                            <<u8 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <str as ::hot::Versioned>::Parts,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <str as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <str as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<for<'a> fn(&'a str, (u8, u8)) -> &'a str>,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<find>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue<'a>(__hot_0: &'a str, __hot_1: (u8, u8)) -> &'a str {
        if ::hot::rt::STATIC {
            __hot_body_find(__hot_0, __hot_1)
        } else {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0, __hot_1);
            __hot_pin.leave(__hot_result)
        }
    }
    impl ::hot::rt::Exported for find {
        fn accessor() -> &'static ::hot::rt::Accessor {
            &__HOT_ACCESSOR
        }
        #[inline(always)]
        fn mark_used() {
            __HOT_SLOT.mark_used();
        }
    }
    impl find {
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> impl for<'a> ::core::ops::Fn(
            &'a str,
            (u8, u8),
        ) -> &'a str + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> for<'a> fn(&'a str, (u8, u8)) -> &'a str {
            __hot_glue
        }
    }
};
