pub trait Shape<'x>: Base + Send {
    fn area(&self, by: &'x f32) -> f32;
    #[cfg(unix)]
    unsafe fn raw<'a>(self: Box<Self>, at: &'a u8) -> &'a u8;
    fn generic<T>(t: T)
    where
        Self: Sized;
}
#[doc(hidden)]
#[allow(
    deprecated,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    unreachable_code,
    unused_imports,
    unused_lifetimes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    use ::hot::rt::versioned::without_traits::*;
    #[automatically_derived]
    unsafe impl<'__hot, 'x> ::hot::rt::versioned::VersionedTrait
    for dyn Shape<'x> + '__hot {
        const PROMISES: &'static ::core::primitive::str = "dyn";
        const TRAIT: &'static ::hot::rt::versioned::TypeRef = &::hot::rt::versioned::TypeRef::new(
            ::core::env!("CARGO_PKG_NAME"),
            ::hot::rt::versioned::compatible(::core::env!("CARGO_PKG_VERSION")),
            ::core::concat!(::core::module_path!(), "::", "Shape"),
            &[],
        );
        const TABLE: &'static ::hot::rt::versioned::Table = &::hot::rt::versioned::Table::of_trait(
                Self::TRAIT,
                ::hot::rt::versioned::Definition {
                    kind: ::hot::rt::versioned::TypeKind::Trait,
                    repr: "",
                    generics: "'l0 : Base + Send",
                    renamed_from: "",
                    invariants: 0u64,
                },
                const {
                    &[
                        ::hot::rt::versioned::Field::of_supertrait(
                            "Base",
                            <(dyn Base + '_) as ::hot::rt::versioned::VersionedTrait>::REF,
                            <(dyn Base + '_) as ::hot::rt::versioned::VersionedTrait>::describe,
                        ),
                        ::hot::rt::versioned::Field::of_supertrait(
                            "Send",
                            <(dyn Send + '_) as ::hot::rt::versioned::VersionedTrait>::REF,
                            <(dyn Send + '_) as ::hot::rt::versioned::VersionedTrait>::describe,
                        ),
                    ]
                },
                const {
                    &[
                        ::hot::rt::versioned::Variant {
                            name: "area",
                            form: "self: &Self (b)",
                            renamed_from: "",
                            discriminant: ::core::option::Option::None,
                            fields: &[
                                ::hot::rt::versioned::Field::of::<
                                    &'x f32,
                                >(
                                    "0",
                                    ::hot::rt::versioned::Field::NOWHERE,
                                    __HotFacts::known(
                                        __HotProbe::<&'x f32>::COPY,
                                        __HotProbe::<&'x f32>::SEND,
                                        __HotProbe::<&'x f32>::SYNC,
                                        __HotProbe::<&'x f32>::UNPIN,
                                    ),
                                    "a",
                                    "&f32",
                                    <&'x f32 as ::hot::Versioned>::REF,
                                    <&'x f32 as ::hot::Versioned>::describe,
                                ),
                                ::hot::rt::versioned::Field::of::<
                                    f32,
                                >(
                                    "->",
                                    ::hot::rt::versioned::Field::NOWHERE,
                                    __HotFacts::known(
                                        __HotProbe::<f32>::COPY,
                                        __HotProbe::<f32>::SEND,
                                        __HotProbe::<f32>::SYNC,
                                        __HotProbe::<f32>::UNPIN,
                                    ),
                                    "",
                                    "f32",
                                    <f32 as ::hot::Versioned>::REF,
                                    <f32 as ::hot::Versioned>::describe,
                                ),
                            ],
                        },
                        #[cfg(unix)]
                        ::hot::rt::versioned::Variant {
                            name: "raw",
                            form: "unsafe self: Box<Self>",
                            renamed_from: "",
                            discriminant: ::core::option::Option::None,
                            fields: &[
                                ::hot::rt::versioned::Field::of::<
                                    &'_ u8,
                                >(
                                    "0",
                                    ::hot::rt::versioned::Field::NOWHERE,
                                    __HotFacts::known(
                                        __HotProbe::<&'_ u8>::COPY,
                                        __HotProbe::<&'_ u8>::SEND,
                                        __HotProbe::<&'_ u8>::SYNC,
                                        __HotProbe::<&'_ u8>::UNPIN,
                                    ),
                                    "b",
                                    "&u8",
                                    <&'_ u8 as ::hot::Versioned>::REF,
                                    <&'_ u8 as ::hot::Versioned>::describe,
                                ),
                                ::hot::rt::versioned::Field::of::<
                                    &'_ u8,
                                >(
                                    "->",
                                    ::hot::rt::versioned::Field::NOWHERE,
                                    __HotFacts::known(
                                        __HotProbe::<&'_ u8>::COPY,
                                        __HotProbe::<&'_ u8>::SEND,
                                        __HotProbe::<&'_ u8>::SYNC,
                                        __HotProbe::<&'_ u8>::UNPIN,
                                    ),
                                    "b",
                                    "&u8",
                                    <&'_ u8 as ::hot::Versioned>::REF,
                                    <&'_ u8 as ::hot::Versioned>::describe,
                                ),
                            ],
                        },
                    ]
                },
            )
            .with_lifetimes(const { &[] });
    }
    #[automatically_derived]
    unsafe impl<'__hot, 'x> ::hot::rt::versioned::VersionedTrait
    for dyn Shape<'x> + ::core::marker::Send + '__hot {
        const PROMISES: &'static ::core::primitive::str = "dyn Send";
        const TRAIT: &'static ::hot::rt::versioned::TypeRef = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TRAIT;
        const TABLE: &'static ::hot::rt::versioned::Table = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TABLE;
    }
    #[automatically_derived]
    unsafe impl<'__hot, 'x> ::hot::rt::versioned::VersionedTrait
    for dyn Shape<'x> + ::core::marker::Sync + '__hot {
        const PROMISES: &'static ::core::primitive::str = "dyn Sync";
        const TRAIT: &'static ::hot::rt::versioned::TypeRef = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TRAIT;
        const TABLE: &'static ::hot::rt::versioned::Table = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TABLE;
    }
    #[automatically_derived]
    unsafe impl<'__hot, 'x> ::hot::rt::versioned::VersionedTrait
    for dyn Shape<'x> + ::core::marker::Send + ::core::marker::Sync + '__hot {
        const PROMISES: &'static ::core::primitive::str = "dyn Send + Sync";
        const TRAIT: &'static ::hot::rt::versioned::TypeRef = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TRAIT;
        const TABLE: &'static ::hot::rt::versioned::Table = <(dyn Shape<
            'x,
        > + '__hot) as ::hot::rt::versioned::VersionedTrait>::TABLE;
    }
    const __HOT_TABLE: ::hot::rt::versioned::Table = *<dyn Shape<
        'static,
    > as ::hot::rt::versioned::VersionedTrait>::TABLE;
    ::hot::__manifest_record!(__HOT_RECORD, __HOT_TABLE);
};
