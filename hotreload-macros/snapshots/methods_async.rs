impl View<'_> {
    #[doc(hidden)]
    async fn __hot_async_find(&self, (a, _): (u8, u8)) -> &str {
        self.text
    }
    #[allow(dead_code, reason = "its callers may be in other images")]
    #[inline]
    pub fn find<'held>(
        &'held self,
        __hot_1: (u8, u8),
    ) -> ::hot::LocalFuture<'held, &'held str, (Self,)> {
        Self::__hot_call_find(self, __hot_1)
    }
    #[doc(hidden)]
    fn __hot_body_find<'held>(
        &'held self,
        __hot_1: (u8, u8),
    ) -> ::hot::LocalFuture<'held, &'held str, (Self,)> {
        unsafe { ::hot::LocalFuture::of_async_fn(Self::__hot_async_find(self, __hot_1)) }
    }
}
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
    type __HotEntry = for<'of, 'held> fn(
        &'held View<'of>,
        (u8, u8),
    ) -> ::hot::rt::Returned<::hot::LocalFuture<'held, &'held str, (View<'of>,)>>;
    fn __hot_entry<'of, 'held>(
        __hot_0: &'held View<'of>,
        __hot_1: (u8, u8),
    ) -> ::hot::rt::Returned<::hot::LocalFuture<'held, &'held str, (View<'of>,)>> {
        ::hot::rt::catch(move || <View<'_>>::__hot_body_find(__hot_0, __hot_1))
    }
    #[cold]
    fn __hot_cold<'of, 'held>(
        __hot_0: &'held View<'of>,
        __hot_1: (u8, u8),
    ) -> ::hot::rt::Returned<::hot::LocalFuture<'held, &'held str, (View<'of>,)>> {
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
        path: ::core::concat!(::core::module_path!(), "::", "View::find"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "async fn(&Self, (u8, u8)) -> &str (local)",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &'static View<'static>,
            >("&View", "a b", <&'static View<'static> as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                (u8, u8),
            >("(u8, u8)", "", <(u8, u8) as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                ::hot::LocalFuture<'static, &'static str, (View<'static>,)>,
            >(
                "LocalFuture<&str, (View,)>",
                "a a b",
                <::hot::LocalFuture<
                    'static,
                    &'static str,
                    (View<'static>,),
                > as ::hot::Versioned>::REF,
            ),
        ],
        tokens: 155885263418037570141834186428627677604u128,
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
            <&'static View<'static> as ::hot::Versioned>::describe,
            <(u8, u8) as ::hot::Versioned>::describe,
            <::hot::LocalFuture<
                'static,
                &'static str,
                (View<'static>,),
            > as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<
            for<'of, 'held> fn(
                &'held View<'of>,
                (u8, u8),
            ) -> ::hot::LocalFuture<'held, &'held str, (View<'of>,)>,
        >,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'of, 'held> fn(
                    (&'held (), <View<'of> as ::hot::Versioned>::Lifetimes),
                    <(u8, u8) as ::hot::Versioned>::Lifetimes,
                    <::hot::LocalFuture<
                        'held,
                        &'held str,
                        (View<'of>,),
                    > as ::hot::Versioned>::Lifetimes,
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    for<'held> fn(
                        &'held (),
                    ) -> ::core::marker::PhantomData<
                        <<::hot::LocalFuture<
                            'held,
                            &'held str,
                            (View<'static>,),
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                            (
                                <::hot::LocalFuture<
                                    'held,
                                    &'held str,
                                    (View<'static>,),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    for<'of> fn(
                        &'of (),
                    ) -> ::core::marker::PhantomData<
                        <<<View<
                            'of,
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <::hot::LocalFuture<
                                'static,
                                &'static str,
                                (View<'of>,),
                            > as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <View<'of> as ::hot::Versioned>::Lifetimes,
                                <::hot::LocalFuture<
                                    'static,
                                    &'static str,
                                    (View<'of>,),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<<View<
                            'static,
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <u8 as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::And<
                            <<u8 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <::hot::LocalFuture<
                                    'static,
                                    &'static str,
                                    (View<'static>,),
                                > as ::hot::Versioned>::Parts,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <View<'static> as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <::hot::LocalFuture<
                                    'static,
                                    &'static str,
                                    (View<'static>,),
                                > as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<
            for<'of, 'held> fn(
                &'held View<'of>,
                (u8, u8),
            ) -> ::hot::LocalFuture<'held, &'held str, (View<'of>,)>,
        >,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<View<'static>>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    impl View<'_> {
        #[doc(hidden)]
        #[allow(non_snake_case)]
        #[inline(always)]
        fn __hot_call_find<'of, 'held>(
            __hot_0: &'held View<'of>,
            __hot_1: (u8, u8),
        ) -> ::hot::LocalFuture<'held, &'held str, (View<'of>,)> {
            #[allow(dead_code, reason = "it is there to be compiled")]
            fn __hot_proof<
                '__hot_of_the_future,
                'of: '__hot_of_the_future,
                'held: '__hot_of_the_future,
            >(__hot_0: &'held View<'of>, __hot_1: (u8, u8)) {
                ::hot::rt::outlives::<'__hot_of_the_future, _>((__hot_0, __hot_1))
            }
            if ::hot::rt::STATIC {
                <View<'_>>::__hot_body_find(__hot_0, __hot_1)
            } else {
                __HOT_SLOT.mark_used();
                unsafe {
                    ::hot::LocalFuture::of_call(move || {
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
    }
};
