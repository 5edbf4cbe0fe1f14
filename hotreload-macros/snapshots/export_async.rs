#[allow(unused)]
#[doc(hidden)]
async fn __hot_async_page<'a>(name: &'a str, mut at: &mut Vec<&str>) -> &'a str {
    if done() { name } else { __hot_body_page(name, at).await }
}
/// Doc.
#[allow(unused)]
#[allow(dead_code, reason = "its callers may be in other images")]
#[inline]
pub fn page<'a, 'held, 'held_>(
    name: &'a str,
    at: &'held mut Vec<&'held_ str>,
) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())> {
    <page>::handle()(name, at)
}
#[allow(unused)]
#[doc(hidden)]
fn __hot_body_page<'a, 'held, 'held_>(
    name: &'a str,
    at: &'held mut Vec<&'held_ str>,
) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())> {
    unsafe {
        ::hot::Future::of_async_fn(
            ::hot::rt::send_unless_exported_with_local(__hot_async_page(name, at)),
        )
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub enum page {}
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
    type __HotEntry = for<'a, 'held, 'held_> fn(
        &'a str,
        &'held mut Vec<&'held_ str>,
    ) -> ::hot::rt::Returned<::hot::Future<'a, &'a str, (&'held (), &'held_ ())>>;
    fn __hot_entry<'a, 'held, 'held_>(
        __hot_0: &'a str,
        __hot_1: &'held mut Vec<&'held_ str>,
    ) -> ::hot::rt::Returned<::hot::Future<'a, &'a str, (&'held (), &'held_ ())>> {
        ::hot::rt::catch(move || __hot_body_page(__hot_0, __hot_1))
    }
    #[cold]
    fn __hot_cold<'a, 'held, 'held_>(
        __hot_0: &'a str,
        __hot_1: &'held mut Vec<&'held_ str>,
    ) -> ::hot::rt::Returned<::hot::Future<'a, &'a str, (&'held (), &'held_ ())>> {
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
        path: ::core::concat!(::core::module_path!(), "::", "page"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "async fn(&'a str, &mut Vec<&str>) -> &'a str",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &'static str,
            >("&str", "a", <&'static str as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                &'static mut Vec<&'static str>,
            >(
                "&mut Vec<&str>",
                "b c",
                <&'static mut Vec<&'static str> as ::hot::Versioned>::REF,
            ),
            ::hot::rt::manifest::Type::of::<
                ::hot::Future<'static, &'static str, (&'static (), &'static ())>,
            >(
                "Future<&str, (&(), &())>",
                "a a b c",
                <::hot::Future<
                    'static,
                    &'static str,
                    (&'static (), &'static ()),
                > as ::hot::Versioned>::REF,
            ),
        ],
        tokens: 218584995948012340205391177147989013629u128,
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
            <&'static mut Vec<&'static str> as ::hot::Versioned>::describe,
            <::hot::Future<
                'static,
                &'static str,
                (&'static (), &'static ()),
            > as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<
            for<'a, 'held, 'held_> fn(
                &'a str,
                &'held mut Vec<&'held_ str>,
            ) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())>,
        >,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'a, 'held, 'held_> fn(
                    (&'a (), <str as ::hot::Versioned>::Lifetimes),
                    (&'held (), <Vec<&'held_ str> as ::hot::Versioned>::Lifetimes),
                    <::hot::Future<
                        'a,
                        &'a str,
                        (&'held (), &'held_ ()),
                    > as ::hot::Versioned>::Lifetimes,
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    for<'a> fn(
                        &'a (),
                    ) -> ::core::marker::PhantomData<
                        <<::hot::Future<
                            'a,
                            &'a str,
                            (&'static (), &'static ()),
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                            (
                                <::hot::Future<
                                    'a,
                                    &'a str,
                                    (&'static (), &'static ()),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    for<'held> fn(
                        &'held (),
                    ) -> ::core::marker::PhantomData<
                        <<::hot::Future<
                            'static,
                            &'static str,
                            (&'held (), &'static ()),
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                            (
                                <::hot::Future<
                                    'static,
                                    &'static str,
                                    (&'held (), &'static ()),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    for<'held_> fn(
                        &'held_ (),
                    ) -> ::core::marker::PhantomData<
                        <<<Vec<
                            &'held_ str,
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <::hot::Future<
                                'static,
                                &'static str,
                                (&'static (), &'held_ ()),
                            > as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <Vec<&'held_ str> as ::hot::Versioned>::Lifetimes,
                                <::hot::Future<
                                    'static,
                                    &'static str,
                                    (&'static (), &'held_ ()),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<str as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <<Vec<
                                &'static str,
                            > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <::hot::Future<
                                    'static,
                                    &'static str,
                                    (&'static (), &'static ()),
                                > as ::hot::Versioned>::Parts,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <str as ::hot::Versioned>::Lifetimes,
                                <Vec<&'static str> as ::hot::Versioned>::Lifetimes,
                                <::hot::Future<
                                    'static,
                                    &'static str,
                                    (&'static (), &'static ()),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<
            for<'a, 'held, 'held_> fn(
                &'a str,
                &'held mut Vec<&'held_ str>,
            ) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())>,
        >,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<page>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue<'a, 'held, 'held_>(
        __hot_0: &'a str,
        __hot_1: &'held mut Vec<&'held_ str>,
    ) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())> {
        #[allow(dead_code, reason = "it is there to be compiled")]
        fn __hot_proof<
            '__hot_of_the_future,
            'a: '__hot_of_the_future,
            'held: '__hot_of_the_future,
            'held_: '__hot_of_the_future,
        >(__hot_0: &'a str, __hot_1: &'held mut Vec<&'held_ str>) {
            ::hot::rt::outlives::<'__hot_of_the_future, _>((__hot_0, __hot_1))
        }
        if ::hot::rt::STATIC {
            __hot_body_page(__hot_0, __hot_1)
        } else {
            __HOT_SLOT.mark_used();
            unsafe {
                ::hot::Future::of_call(move || {
                    let __hot_pin = ::hot::rt::Pin::enter();
                    let __hot_code = unsafe {
                        ::core::mem::transmute::<
                            *const (),
                            __HotEntry,
                        >(__HOT_SLOT.entry())
                    };
                    let __hot_result = __hot_code(__hot_0, __hot_1);
                    __hot_pin.leave(__hot_result)
                })
            }
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
        pub fn handle() -> impl for<'a, 'held, 'held_> ::core::ops::Fn(
            &'a str,
            &'held mut Vec<&'held_ str>,
        ) -> ::hot::Future<
                'a,
                &'a str,
                (&'held (), &'held_ ()),
            > + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> for<'a, 'held, 'held_> fn(
            &'a str,
            &'held mut Vec<&'held_ str>,
        ) -> ::hot::Future<'a, &'a str, (&'held (), &'held_ ())> {
            __hot_glue
        }
    }
};
