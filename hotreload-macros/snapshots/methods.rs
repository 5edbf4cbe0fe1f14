impl<'a> View<'a> {
    pub const LIMIT: u8 = 1;
    /// Doc.
    #[must_use]
    #[cfg(unix)]
    #[allow(unused_mut)]
    #[allow(dead_code, reason = "its callers may be in other images")]
    #[inline]
    pub fn find(&self, text: &str, __hot_2: (u8, Self)) -> &str {
        Self::__hot_call_find(self, text, __hot_2)
    }
    #[inline]
    #[cfg(unix)]
    #[allow(unused_mut)]
    #[doc(hidden)]
    fn __hot_body_find(&self, mut text: &str, (a, _): (u8, Self)) -> &str {
        text
    }
    pub fn skipped<T>() {}
    fn private(&self) {}
}
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
    type __HotEntry = for<'a, 'this> fn(
        &'this View<'a>,
        &str,
        (u8, View<'a>),
    ) -> ::hot::rt::Returned<&'this str>;
    fn __hot_entry<'a, 'this>(
        __hot_0: &'this View<'a>,
        __hot_1: &str,
        __hot_2: (u8, View<'a>),
    ) -> ::hot::rt::Returned<&'this str> {
        ::hot::rt::catch(move || <View<'_>>::__hot_body_find(__hot_0, __hot_1, __hot_2))
    }
    #[cold]
    fn __hot_cold<'a, 'this>(
        __hot_0: &'this View<'a>,
        __hot_1: &str,
        __hot_2: (u8, View<'a>),
    ) -> ::hot::rt::Returned<&'this str> {
        let __hot_code = unsafe {
            ::core::mem::transmute::<
                *const (),
                __HotEntry,
            >(::hot::rt::resolve(&__HOT_ACCESSOR))
        };
        __hot_code(__hot_0, __hot_1, __hot_2)
    }
    static __HOT_SLOT: ::hot::rt::Slot = ::hot::rt::Slot::new(__hot_cold as *const ());
    const __HOT_FUNCTION: ::hot::rt::manifest::Function = ::hot::rt::manifest::Function {
        package: "hotreload-macros",
        version: "0.1.0",
        path: ::core::concat!(::core::module_path!(), "::", "View::find"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(&'this View<'a>, &str, (u8, View<'a>)) -> &'this str",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &'static View<'static>,
            >("&View", "a b", <&'static View<'static> as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                &str,
            >("&str", "c", <&str as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                (u8, View<'static>),
            >("(u8, View)", "b", <(u8, View<'static>) as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                &'static str,
            >("&str", "a", <&'static str as ::hot::Versioned>::REF),
        ],
        tokens: 81726061086850070415349732528076995734u128,
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
            <&str as ::hot::Versioned>::describe,
            <(u8, View<'static>) as ::hot::Versioned>::describe,
            <&'static str as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<
            for<'a, 'this> fn(&'this View<'a>, &str, (u8, View<'a>)) -> &'this str,
        >,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'a, 'this> fn(
                    (&'this (), <View<'a> as ::hot::Versioned>::Lifetimes),
                    (&(), <str as ::hot::Versioned>::Lifetimes),
                    <(u8, View<'a>) as ::hot::Versioned>::Lifetimes,
                    (&'this (), <str as ::hot::Versioned>::Lifetimes),
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    for<'a> fn(
                        &'a (),
                    ) -> ::core::marker::PhantomData<
                        <<<View<
                            'a,
                        > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <View<'a> as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <View<'a> as ::hot::Versioned>::Lifetimes,
                                <View<'a> as ::hot::Versioned>::Lifetimes,
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
                            <str as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::And<
                            <<u8 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <<View<
                                    'static,
                                > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                    <str as ::hot::Versioned>::Parts,
                                >,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <View<'static> as ::hot::Versioned>::Lifetimes,
                                <str as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <View<'static> as ::hot::Versioned>::Lifetimes,
                                <str as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<
            for<'a, 'this> fn(&'this View<'a>, &str, (u8, View<'a>)) -> &'this str,
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
        fn __hot_call_find<'a, 'this>(
            __hot_0: &'this View<'a>,
            __hot_1: &str,
            __hot_2: (u8, View<'a>),
        ) -> &'this str {
            if ::hot::rt::STATIC {
                <View<'_>>::__hot_body_find(__hot_0, __hot_1, __hot_2)
            } else {
                let __hot_pin = ::hot::rt::Pin::enter();
                let __hot_code = unsafe {
                    ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
                };
                let __hot_result = __hot_code(__hot_0, __hot_1, __hot_2);
                __hot_pin.leave(__hot_result)
            }
        }
    }
};
