fn page(name: &str) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> {
    make(name)
}
#[doc(hidden)]
fn __hot_body_page(name: &str) -> ::hot::Future<'_, u8> {
    ::hot::Future::new(page(name))
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum page {}
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
    type __HotEntry = fn(&str) -> ::hot::rt::Returned<::hot::Future<'_, u8>>;
    fn __hot_entry(__hot_0: &str) -> ::hot::rt::Returned<::hot::Future<'_, u8>> {
        ::hot::rt::catch(move || __hot_body_page(__hot_0))
    }
    #[cold]
    fn __hot_cold(__hot_0: &str) -> ::hot::rt::Returned<::hot::Future<'_, u8>> {
        let __hot_code = unsafe {
            ::core::mem::transmute::<
                *const (),
                __HotEntry,
            >(::hot::rt::resolve(&__HOT_ACCESSOR))
        };
        __hot_code(__hot_0)
    }
    static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(__hot_cold as *const ());
    const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
        package: "hotreload-macros",
        version: "0.1.0",
        path: ::core::concat!(::core::module_path!(), "::", "page"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(&str) -> Future<'_, u8>",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &str,
            >("&str", "a", <&str as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                ::hot::Future<'_, u8>,
            >("Future<u8>", "a", <::hot::Future<'static, u8> as ::hot::Versioned>::REF),
        ],
        tokens: 117268529142002598780604092437457251265u128,
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
            <&str as ::hot::Versioned>::describe,
            <::hot::Future<'static, u8> as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<fn(&str) -> ::hot::Future<'_, u8>>,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'this> fn(
                    (&'this (), <str as ::hot::Versioned>::Lifetimes),
                    <::hot::Future<'this, u8> as ::hot::Versioned>::Lifetimes,
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    for<'this> fn(
                        &'this (),
                    ) -> ::core::marker::PhantomData<
                        <<::hot::Future<
                            'this,
                            u8,
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                            (<::hot::Future<'this, u8> as ::hot::Versioned>::Lifetimes,),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<str as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <::hot::Future<'static, u8> as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <str as ::hot::Versioned>::Lifetimes,
                                <::hot::Future<'static, u8> as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<fn(&str) -> ::hot::Future<'_, u8>>,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<page>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue(__hot_0: &str) -> ::hot::Future<'_, u8> {
        if ::hot::rt::STATIC {
            __hot_body_page(__hot_0)
        } else {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0);
            __hot_pin.leave(__hot_result)
        }
    }
    impl ::hot::rt::Exported for page {
        fn accessor() -> &'static ::hot::rt::Accessor {
            &__HOT_ACCESSOR
        }
        #[inline(always)]
        fn mark_used() {
            __HOT_SLOT.mark_used();
        }
    }
    impl page {
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> impl ::core::ops::Fn(
            &str,
        ) -> ::hot::Future<
                '_,
                u8,
            > + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> fn(&str) -> ::hot::Future<'_, u8> {
            __hot_glue
        }
    }
};
