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
        const TRAIT: &'static ::hot::rt::versioned::TypeRef = &::hot::rt::versioned::TypeRef {
            package: "hotreload-macros",
            version: "0.1",
            path: ::core::concat!(::core::module_path!(), "::", "Shape"),
            args: &[],
        };
        const TABLE: &'static ::hot::rt::versioned::Table = &::hot::rt::versioned::Table {
            fields: &[
                ::hot::rt::versioned::Field(
                    b"\0\0\0\0\0\0\0\0\0\x04\0\0\0Base",
                    ::hot::rt::versioned::Field::NOWHERE,
                    &::hot::rt::versioned::Typed::supertrait(
                        <(dyn Base + '_) as ::hot::rt::versioned::VersionedTrait>::REF,
                        <(dyn Base + '_) as ::hot::rt::versioned::VersionedTrait>::describe,
                    ),
                ),
                ::hot::rt::versioned::Field(
                    b"\0\0\0\0\0\0\0\0\0\x04\0\0\0Send",
                    ::hot::rt::versioned::Field::NOWHERE,
                    &::hot::rt::versioned::Typed::supertrait(
                        <(dyn Send + '_) as ::hot::rt::versioned::VersionedTrait>::REF,
                        <(dyn Send + '_) as ::hot::rt::versioned::VersionedTrait>::describe,
                    ),
                ),
            ],
            variants: &[
                ::hot::rt::versioned::Variant {
                    laid: b"\x04\0\0\0area\x0F\0\0\0self: &Self (b)\0",
                    discriminant: ::core::option::Option::None,
                    fields: &[
                        ::hot::rt::versioned::Field(
                            b"\x01\0\0\x000\0\x01\0\0\0a\x04\0\0\0&f32",
                            ::hot::rt::versioned::Field::NOWHERE,
                            &::hot::rt::versioned::field::of::<
                                &'x f32,
                            >(
                                __hot_facts!(& 'x f32),
                                <&'x f32 as ::hot::Versioned>::REF,
                                <&'x f32 as ::hot::Versioned>::describe,
                            ),
                        ),
                        ::hot::rt::versioned::Field(
                            b"\x02\0\0\0->\0\0\0\0\0\x03\0\0\0f32",
                            ::hot::rt::versioned::Field::NOWHERE,
                            &::hot::rt::versioned::field::of::<
                                f32,
                            >(
                                __hot_facts!(f32),
                                <f32 as ::hot::Versioned>::REF,
                                <f32 as ::hot::Versioned>::describe,
                            ),
                        ),
                    ],
                },
                #[cfg(unix)]
                ::hot::rt::versioned::Variant {
                    laid: b"\x03\0\0\0raw\x16\0\0\0unsafe self: Box<Self>\0",
                    discriminant: ::core::option::Option::None,
                    fields: &[
                        ::hot::rt::versioned::Field(
                            b"\x01\0\0\x000\0\x01\0\0\0b\x03\0\0\0&u8",
                            ::hot::rt::versioned::Field::NOWHERE,
                            &::hot::rt::versioned::field::of::<
                                &'_ u8,
                            >(
                                __hot_facts!(& '_ u8),
                                <&'_ u8 as ::hot::Versioned>::REF,
                                <&'_ u8 as ::hot::Versioned>::describe,
                            ),
                        ),
                        ::hot::rt::versioned::Field(
                            b"\x02\0\0\0->\0\x01\0\0\0b\x03\0\0\0&u8",
                            ::hot::rt::versioned::Field::NOWHERE,
                            &::hot::rt::versioned::field::of::<
                                &'_ u8,
                            >(
                                __hot_facts!(& '_ u8),
                                <&'_ u8 as ::hot::Versioned>::REF,
                                <&'_ u8 as ::hot::Versioned>::describe,
                            ),
                        ),
                    ],
                },
            ],
            lifetimes: &[],
            ..::hot::rt::versioned::Table::of_trait(
                Self::TRAIT,
                b"\0\0\0\0\x11\0\0\0'l0 : Base + Send\0\0\0\0\0\0\0\0\0\0\0\0",
            )
        };
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
