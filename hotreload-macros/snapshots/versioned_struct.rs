#[derive(::hot::rt::VersionedFields)]
#[hot(invariants = 2)]
/// Doc.
#[derive(Clone)]
pub struct View<'x> {
    pub text: &'x str,
    #[hot(unsafe(opaque(Foreign)))]
    list: Vec<Foreign>,
    r#type: Option<Box<Self>>,
    at: [(u32, f32); 2],
    #[hot(unsafe(opaque))]
    hidden: u8,
}
#[doc(hidden)]
#[allow(
    deprecated,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    unused_imports,
    unused_lifetimes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    use ::hot::rt::versioned::without_traits::*;
    struct __HotOpaque0;
    impl ::hot::rt::versioned::OpaqueName for __HotOpaque0 {
        const NAME: &'static ::core::primitive::str = "Foreign";
    }
    struct __HotOpaque1;
    impl ::hot::rt::versioned::OpaqueName for __HotOpaque1 {
        const NAME: &'static ::core::primitive::str = "u8";
    }
    const __HOT_LIFETIMES: &[::hot::rt::versioned::Lifetimes] = &[
        (
            ".text",
            || ::core::any::TypeId::of::<
                for<'x> fn((&'x (), <str as ::hot::Versioned>::Lifetimes)),
            >(),
        ),
        (
            ".list",
            || ::core::any::TypeId::of::<
                for<'x> fn(
                    <Vec<
                        ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                    > as ::hot::Versioned>::Lifetimes,
                ),
            >(),
        ),
        (
            ".type",
            || ::core::any::TypeId::of::<
                for<'x> fn(<Option<Box<View<'x>>> as ::hot::Versioned>::Lifetimes),
            >(),
        ),
        (
            ".at",
            || ::core::any::TypeId::of::<
                for<'x> fn(<[(u32, f32); 2] as ::hot::Versioned>::Lifetimes),
            >(),
        ),
        (
            ".hidden",
            || ::core::any::TypeId::of::<
                for<'x> fn(
                    <::hot::rt::versioned::Opaque<
                        u8,
                        __HotOpaque1,
                    > as ::hot::Versioned>::Lifetimes,
                ),
            >(),
        ),
    ];
    #[automatically_derived]
    unsafe impl<'x> ::hot::Versioned for View<'x> {
        const REF: &'static ::hot::rt::versioned::TypeRef = &::hot::rt::versioned::TypeRef::new(
            ::core::env!("CARGO_PKG_NAME"),
            ::hot::rt::versioned::compatible(::core::env!("CARGO_PKG_VERSION")),
            ::core::concat!(::core::module_path!(), "::", "View"),
            &[],
        );
        const TABLE: &'static ::hot::rt::versioned::Table = &::hot::rt::versioned::Table::of::<
            Self,
        >(
                ::hot::rt::versioned::Definition {
                    kind: ::hot::rt::versioned::TypeKind::Struct,
                    repr: "",
                    generics: "'l0",
                    invariants: 2u64,
                },
                ::hot::__probe!(Self),
                const {
                    &[
                        ::hot::rt::versioned::Field::of::<
                            &'x str,
                        >(
                            "text",
                            ::core::mem::offset_of!(Self, text),
                            ::hot::__probe!(& 'x str),
                            "a",
                            "&str",
                            <&'x str as ::hot::Versioned>::REF,
                            <&'x str as ::hot::Versioned>::describe,
                        ),
                        ::hot::rt::versioned::Field::of::<
                            Vec<Foreign>,
                        >(
                            "list",
                            ::core::mem::offset_of!(Self, list),
                            ::hot::__probe!(Vec < Foreign >),
                            "",
                            "Vec<Foreign>",
                            <Vec<
                                ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                            > as ::hot::Versioned>::REF,
                            <Vec<
                                ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                            > as ::hot::Versioned>::describe,
                        ),
                        ::hot::rt::versioned::Field::of::<
                            Option<Box<Self>>,
                        >(
                            "type",
                            ::core::mem::offset_of!(Self, r#type),
                            ::hot::__probe!(Option < Box < Self > >),
                            "",
                            "Option<Box<Self>>",
                            <Option<Box<Self>> as ::hot::Versioned>::REF,
                            <Option<Box<Self>> as ::hot::Versioned>::describe,
                        ),
                        ::hot::rt::versioned::Field::plain::<
                            [(u32, f32); 2],
                        >("at", ::core::mem::offset_of!(Self, at), "[(u32, f32); 2]"),
                        ::hot::rt::versioned::Field::of::<
                            u8,
                        >(
                            "hidden",
                            ::core::mem::offset_of!(Self, hidden),
                            ::hot::__probe!(u8),
                            "",
                            "u8",
                            <::hot::rt::versioned::Opaque<
                                u8,
                                __HotOpaque1,
                            > as ::hot::Versioned>::REF,
                            <::hot::rt::versioned::Opaque<
                                u8,
                                __HotOpaque1,
                            > as ::hot::Versioned>::describe,
                        ),
                    ]
                },
                &[],
            )
            .with_lifetimes(__HOT_LIFETIMES);
        type Lifetimes = (&'x (),);
    }
    ::hot::__manifest_record!(
        __HOT_RECORD, < View < 'static > as ::hot::Versioned > ::TABLE
    );
};
