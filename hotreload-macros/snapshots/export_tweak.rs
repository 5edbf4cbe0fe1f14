pub fn speed(a: f32) -> f32 {
    static __HOT_LITERALS: [::hot::rt::Literal; 3usize] = [
        ::hot::rt::Literal::new(::hot::rt::LiteralKind::Unknown),
        ::hot::rt::Literal::new(::hot::rt::LiteralKind::F32),
        ::hot::rt::Literal::new(::hot::rt::LiteralKind::Unknown),
    ];
    ::hot::__literals! {
        ::core::concat!(::core::module_path!(), "::", "speed"), &
        [::hot::rt::LiteralPlace { file : ::core::file!(), line : ::core::line!(), column
        : ::core::column!(), text : "1.5", is_negated : false, }, ::hot::rt::LiteralPlace
        { file : ::core::file!(), line : ::core::line!(), column : ::core::column!(),
        text : "2.0_f32", is_negated : true, }, ::hot::rt::LiteralPlace { file :
        ::core::file!(), line : ::core::line!(), column : ::core::column!(), text : "3",
        is_negated : false, }], & __HOT_LITERALS
    }
    if a > ::hot::rt::tweak(&__HOT_LITERALS[0usize], 1.5) {
        ::hot::rt::tweak::<::core::primitive::f32>(&__HOT_LITERALS[1usize], -2.0_f32)
    } else {
        scale(a, ::hot::rt::tweak(&__HOT_LITERALS[2usize], 3))
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub enum speed {}
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
    type __HotEntry = fn(f32) -> ::hot::rt::Returned<f32>;
    fn __hot_entry(__hot_0: f32) -> ::hot::rt::Returned<f32> {
        ::hot::rt::catch(move || speed(__hot_0))
    }
    #[cold]
    fn __hot_cold(__hot_0: f32) -> ::hot::rt::Returned<f32> {
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
        path: ::core::concat!(::core::module_path!(), "::", "speed"),
        exported: true,
        is_unsafe: false,
        abi: "Rust",
        display: "fn(f32) -> f32",
        types: &[
            ::hot::rt::manifest::Type::of::<
                f32,
            >("f32", "", <f32 as ::hot::Versioned>::REF),
            ::hot::rt::manifest::Type::of::<
                f32,
            >("f32", "", <f32 as ::hot::Versioned>::REF),
        ],
        tokens: 192627051158934367811669074644608667859u128,
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
            <f32 as ::hot::Versioned>::describe,
            <f32 as ::hot::Versioned>::describe,
        ],
        signature: ::core::any::TypeId::of::<fn(f32) -> f32>,
        lifetimes: || ::hot::rt::versioned::Told::of(
            ::core::any::TypeId::of::<
                for<> fn(
                    <f32 as ::hot::Versioned>::Lifetimes,
                    <f32 as ::hot::Versioned>::Lifetimes,
                ),
            >(),
            &[
                ::hot::rt::versioned::follow::<
                    fn(
                        &(),
                    ) -> ::core::marker::PhantomData<
                        <<<f32 as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::And<
                            <f32 as ::hot::Versioned>::Parts,
                        > as ::hot::rt::versioned::Parts>::Named<
                            (
                                <f32 as ::hot::Versioned>::Lifetimes,
                                <f32 as ::hot::Versioned>::Lifetimes,
                            ),
                        >,
                    >,
                >,
            ],
        ),
        type_name: ::core::any::type_name::<fn(f32) -> f32>,
        opaque: ::core::any::TypeId::of::<()>,
        identity: ::core::any::TypeId::of::<speed>,
        promise: unsafe { ::hot::rt::Promise::given() },
    };
    ::hot::rt::inventory::submit! {
        ::hot::rt::Registered(& __HOT_ACCESSOR)
    }
    #[inline(always)]
    fn __hot_glue(__hot_0: f32) -> f32 {
        if ::hot::rt::STATIC {
            speed(__hot_0)
        } else {
            let __hot_pin = ::hot::rt::Pin::enter();
            let __hot_code = unsafe {
                ::core::mem::transmute::<*const (), __HotEntry>(__HOT_SLOT.entry())
            };
            let __hot_result = __hot_code(__hot_0);
            __hot_pin.leave(__hot_result)
        }
    }
    impl ::hot::rt::Exported for speed {
        fn accessor() -> &'static ::hot::rt::Accessor {
            &__HOT_ACCESSOR
        }
        #[inline(always)]
        fn mark_used() {
            __HOT_SLOT.mark_used();
        }
    }
    impl speed {
        #[doc(hidden)]
        #[inline(always)]
        pub fn handle() -> impl ::core::ops::Fn(
            f32,
        ) -> f32 + ::core::marker::Copy + ::core::marker::Send + ::core::marker::Sync + 'static {
            __hot_glue
        }
        #[doc(hidden)]
        #[inline(always)]
        pub fn pointer() -> fn(f32) -> f32 {
            __hot_glue
        }
    }
};
