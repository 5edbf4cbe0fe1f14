#[allow(dead_code, reason = "its callers may be in other images")]
#[inline]
fn each<'a>(
    pick: &dyn Fn(&'a str, &u8) -> bool,
    note: &mut (dyn FnMut(&str) -> &str + Send),
    last: Box<dyn FnOnce() + 'a>,
) {
    <each>::handle()(pick, note, last)
}
#[doc(hidden)]
fn __hot_body_each<'a>(
    pick: &dyn Fn(&'a str, &u8) -> bool,
    note: &mut (dyn FnMut(&str) -> &str + Send),
    last: Box<dyn FnOnce() + 'a>,
) {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum each {}
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
    type __HotEntry = for<'a> fn(
        ::hot::rt::Callback<*const (), (&'a (),)>,
        ::hot::rt::Callback<dyn Send, ()>,
        ::hot::rt::Callback<*const (), (&'a (),)>,
    ) -> ::hot::rt::Returned<()>;
    fn __hot_entry<'a>(
        __hot_0: ::hot::rt::Callback<*const (), (&'a (),)>,
        __hot_1: ::hot::rt::Callback<dyn Send, ()>,
        __hot_2: ::hot::rt::Callback<*const (), (&'a (),)>,
    ) -> ::hot::rt::Returned<()> {
        ::hot::rt::catch(move || {
            let __hot_0 = __hot_0.erase();
            let __hot_1 = __hot_1.erase();
            let __hot_2 = __hot_2.erase();
            __hot_body_each(
                &move |__hot_arg_0, __hot_arg_1| {
                    let __hot_call = unsafe {
                        ::core::mem::transmute::<
                            *const (),
                            fn(
                                ::hot::rt::Object,
                                &'a str,
                                &u8,
                            ) -> ::hot::rt::Returned<bool>,
                        >(__hot_0.call())
                    };
                    __hot_call(__hot_0.object(), __hot_arg_0, __hot_arg_1).get()
                },
                &mut move |__hot_arg_0| {
                    let __hot_call = unsafe {
                        ::core::mem::transmute::<
                            *const (),
                            fn(::hot::rt::Object, &str) -> ::hot::rt::Returned<&str>,
                        >(__hot_1.call())
                    };
                    __hot_call(__hot_1.object(), __hot_arg_0).get()
                },
                ::hot::rt::Box::new(move || {
                    let __hot_call = unsafe {
                        ::core::mem::transmute::<
                            *const (),
                            fn(::hot::rt::Object) -> ::hot::rt::Returned<()>,
                        >(__hot_2.call())
                    };
                    __hot_call(__hot_2.into_object()).get()
                }),
            )
        })
    }
    #[cold]
    fn __hot_cold<'a>(
        __hot_0: ::hot::rt::Callback<*const (), (&'a (),)>,
        __hot_1: ::hot::rt::Callback<dyn Send, ()>,
        __hot_2: ::hot::rt::Callback<*const (), (&'a (),)>,
    ) -> ::hot::rt::Returned<()> {
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
        path: ::core::concat!(::core::module_path!(), "::", "each"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(&dyn Fn(&'a str, &u8) -> bool, &mut (dyn FnMut(&str) -> &str + Send), Box<dyn FnOnce() + 'a>)",
        types: &[
            ::hot::rt::manifest::Type::of::<
                &dyn Fn(&'static str, &u8) -> bool,
            >(
                "&dyn Fn(&str, &u8) -> bool",
                "a b 0 a",
                const {
                    &::hot::rt::versioned::TypeRef::of_language(
                        "&dyn Fn",
                        const {
                            &[
                                <&'static str as ::hot::Versioned>::REF,
                                <&u8 as ::hot::Versioned>::REF,
                                <bool as ::hot::Versioned>::REF,
                            ]
                        },
                    )
                },
            ),
            ::hot::rt::manifest::Type::of::<
                &mut (dyn FnMut(&str) -> &str + Send),
            >(
                "&mut (dyn FnMut(&str) -> &str + Send)",
                "c 0 0 c",
                const {
                    &::hot::rt::versioned::TypeRef::of_language(
                        "&mut dyn FnMut + Send",
                        const {
                            &[
                                <&str as ::hot::Versioned>::REF,
                                <&str as ::hot::Versioned>::REF,
                            ]
                        },
                    )
                },
            ),
            ::hot::rt::manifest::Type::of::<
                Box<dyn FnOnce() + 'static>,
            >(
                "Box<dyn FnOnce()>",
                "b",
                const {
                    &::hot::rt::versioned::TypeRef::of_language(
                        "Box dyn FnOnce",
                        const { &[<() as ::hot::Versioned>::REF] },
                    )
                },
            ),
            ::hot::rt::manifest::Type::of::<()>("()", "", <() as ::hot::Versioned>::REF),
        ],
        tokens: 250494522435009816557067898522088622457u128,
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
            <&u8 as ::hot::Versioned>::describe,
            <bool as ::hot::Versioned>::describe,
            <&str as ::hot::Versioned>::describe,
            <&str as ::hot::Versioned>::describe,
            <() as ::hot::Versioned>::describe,
            <() as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<
            for<'a> fn(
                &dyn Fn(&'a str, &u8) -> bool,
                &mut (dyn FnMut(&str) -> &str + Send),
                Box<dyn FnOnce() + 'a>,
            ) -> (),
        >,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<'a> fn(
                    fn(
                        (&'a (), <str as ::hot::Versioned>::Lifetimes),
                        (&(), <u8 as ::hot::Versioned>::Lifetimes),
                        <bool as ::hot::Versioned>::Lifetimes,
                    ),
                    fn(
                        (&(), <str as ::hot::Versioned>::Lifetimes),
                        (&(), <str as ::hot::Versioned>::Lifetimes),
                    ),
                    fn(),
                    <() as ::hot::Versioned>::Lifetimes,
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
                            <<bool as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                <<str as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                                    <str as ::hot::Versioned>::Parts,
                                >,
                            >,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <str as ::hot::Versioned>::Lifetimes,
                                <u8 as ::hot::Versioned>::Lifetimes,
                                <bool as ::hot::Versioned>::Lifetimes,
                                <str as ::hot::Versioned>::Lifetimes,
                                <str as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<
            for<'a> fn(
                &dyn Fn(&'a str, &u8) -> bool,
                &mut (dyn FnMut(&str) -> &str + Send),
                Box<dyn FnOnce() + 'a>,
            ) -> (),
        >,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<each>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue<'a>(
        __hot_0: &dyn Fn(&'a str, &u8) -> bool,
        __hot_1: &mut (dyn FnMut(&str) -> &str + Send),
        __hot_2: Box<dyn FnOnce() + 'a>,
    ) -> () {
        if ::hot::rt::STATIC {
            __hot_body_each(__hot_0, __hot_1, __hot_2)
        } else {
            let __hot_0 = {
                let __hot_call: fn(
                    ::hot::rt::Object,
                    &'a str,
                    &u8,
                ) -> ::hot::rt::Returned<bool> = |
                    __hot_object,
                    __hot_arg_0,
                    __hot_arg_1|
                {
                    let __hot_closure = unsafe {
                        &*__hot_object.pointer::<dyn Fn(&'a str, &u8) -> bool>()
                    };
                    ::hot::rt::catch(move || (*__hot_closure)(__hot_arg_0, __hot_arg_1))
                };
                let __hot_address = ::hot::rt::Object::of(
                    ::core::ptr::from_ref(__hot_0),
                );
                let __hot_drop: ::core::option::Option<::hot::rt::DropObject> = ::core::option::Option::None;
                unsafe {
                    ::hot::rt::Callback::new(
                        __hot_address,
                        __hot_call as *const (),
                        __hot_drop,
                    )
                }
            };
            let __hot_1 = {
                let __hot_call: fn(
                    ::hot::rt::Object,
                    &str,
                ) -> ::hot::rt::Returned<&str> = |__hot_object, __hot_arg_0| {
                    let __hot_closure = unsafe {
                        &mut *__hot_object.pointer::<dyn FnMut(&str) -> &str + Send>()
                    };
                    ::hot::rt::catch(move || (*__hot_closure)(__hot_arg_0))
                };
                let __hot_address = ::hot::rt::Object::of(
                    ::core::ptr::from_mut(__hot_1),
                );
                let __hot_drop: ::core::option::Option<::hot::rt::DropObject> = ::core::option::Option::None;
                unsafe {
                    ::hot::rt::Callback::new(
                        __hot_address,
                        __hot_call as *const (),
                        __hot_drop,
                    )
                }
            };
            let __hot_2 = {
                let __hot_call: fn(::hot::rt::Object) -> ::hot::rt::Returned<()> = |
                    __hot_object|
                {
                    let __hot_closure = unsafe {
                        ::hot::rt::Box::from_raw(__hot_object.pointer::<dyn FnOnce()>())
                    };
                    ::hot::rt::catch(move || __hot_closure())
                };
                let __hot_address = ::hot::rt::Object::of(
                    ::hot::rt::Box::into_raw(__hot_2),
                );
                let __hot_drop: ::core::option::Option<::hot::rt::DropObject> = ::core::option::Option::Some(|
                    __hot_object: ::hot::rt::Object|
                {
                    let __hot_closure = unsafe {
                        ::hot::rt::Box::from_raw(__hot_object.pointer::<dyn FnOnce()>())
                    };
                    ::hot::rt::catch(move || ::core::mem::drop(__hot_closure))
                });
                unsafe {
                    ::hot::rt::Callback::new(
                        __hot_address,
                        __hot_call as *const (),
                        __hot_drop,
                    )
                }
            };
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0, __hot_1, __hot_2);
            __hot_pin.leave(__hot_result)
        }
    }
    impl ::hot::rt::Exported for each {
        fn accessor() -> &'static ::hot::rt::Accessor {
            &__HOT_ACCESSOR
        }
        #[inline(always)]
        fn mark_used() {
            __HOT_SLOT.mark_used();
        }
    }
    impl each {
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> impl for<'a> ::core::ops::Fn(
            &dyn Fn(&'a str, &u8) -> bool,
            &mut (dyn FnMut(&str) -> &str + Send),
            Box<dyn FnOnce() + 'a>,
        ) -> () + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> for<'a> fn(
            &dyn Fn(&'a str, &u8) -> bool,
            &mut (dyn FnMut(&str) -> &str + Send),
            Box<dyn FnOnce() + 'a>,
        ) -> () {
            __hot_glue
        }
    }
};
