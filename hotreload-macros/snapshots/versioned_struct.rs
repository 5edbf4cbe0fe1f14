/// Doc.
#[derive(Clone)]
#[derive(::hot::rt::VersionedFields)]
#[hot(invariants = 2)]
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
    unreachable_code,
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
            || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<'x> fn(&'x (), (&'x (), <str as ::hot::Versioned>::Lifetimes)),
                >(),
                &[],
            ),
        ),
        (
            ".type",
            || ::hot::rt::versioned::Told::of(
                ::core::any::TypeId::of::<
                    for<'x> fn(
                        &'x (),
                        <Option<Box<View<'x>>> as ::hot::Versioned>::Lifetimes,
                    ),
                >(),
                &[
                    ::hot::rt::versioned::follow::<
                        for<'x> fn(
                            &'x (),
                        ) -> ::core::marker::PhantomData<
                            <<Option<
                                Box<View<'x>>,
                            > as ::hot::Versioned>::Parts as ::hot::rt::versioned::Parts>::Named<
                                (<Option<Box<View<'x>>> as ::hot::Versioned>::Lifetimes,),
                            >,
                        >,
                    >,
                ],
            ),
        ),
    ];
    const __HOT_IDENTITIES: &::hot::rt::versioned::Identities = &::hot::rt::versioned::Identities {
        holder: || ::core::any::TypeId::of::<for<'x> fn(&'x (), View<'x>)>(),
        fields: &[
            (".list", || ::core::any::TypeId::of::<for<'x> fn(&'x (), Foreign)>()),
            (".hidden", || ::core::any::TypeId::of::<for<'x> fn(&'x (), u8)>()),
        ],
    };
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
                    renamed_from: "",
                },
                __HotFacts::known(
                    __HotProbe::<Self>::COPY,
                    __HotProbe::<Self>::SEND,
                    __HotProbe::<Self>::SYNC,
                    __HotProbe::<Self>::UNPIN,
                ),
                const {
                    &[
                        __HotField::of::<
                            &'x str,
                        >(
                                "text",
                                ::core::mem::offset_of!(Self, text),
                                __HotFacts::known(
                                    __HotProbe::<&'x str>::COPY,
                                    __HotProbe::<&'x str>::SEND,
                                    __HotProbe::<&'x str>::SYNC,
                                    __HotProbe::<&'x str>::UNPIN,
                                ),
                                "a",
                                "&str",
                                <&'x str as __HotVersioned>::REF,
                                <&'x str as __HotVersioned>::describe,
                            )
                            .public(),
                        __HotField::of::<
                            Vec<Foreign>,
                        >(
                            "list",
                            ::core::mem::offset_of!(Self, list),
                            __HotFacts::known(
                                __HotProbe::<Vec<Foreign>>::COPY,
                                __HotProbe::<Vec<Foreign>>::SEND,
                                __HotProbe::<Vec<Foreign>>::SYNC,
                                __HotProbe::<Vec<Foreign>>::UNPIN,
                            ),
                            "",
                            "Vec<Foreign>",
                            <Vec<
                                ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                            > as __HotVersioned>::REF,
                            <Vec<
                                ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                            > as __HotVersioned>::describe,
                        ),
                        __HotField::of::<
                            Option<Box<Self>>,
                        >(
                            "type",
                            ::core::mem::offset_of!(Self, r#type),
                            __HotFacts::known(
                                __HotProbe::<Option<Box<Self>>>::COPY,
                                __HotProbe::<Option<Box<Self>>>::SEND,
                                __HotProbe::<Option<Box<Self>>>::SYNC,
                                __HotProbe::<Option<Box<Self>>>::UNPIN,
                            ),
                            "",
                            "Option<Box<Self>>",
                            <Option<Box<Self>> as __HotVersioned>::REF,
                            <Option<Box<Self>> as __HotVersioned>::describe,
                        ),
                        __HotField::plain::<
                            [(u32, f32); 2],
                        >("at", ::core::mem::offset_of!(Self, at), "[(u32, f32); 2]"),
                        __HotField::of::<
                            u8,
                        >(
                            "hidden",
                            ::core::mem::offset_of!(Self, hidden),
                            __HotFacts::known(
                                __HotProbe::<u8>::COPY,
                                __HotProbe::<u8>::SEND,
                                __HotProbe::<u8>::SYNC,
                                __HotProbe::<u8>::UNPIN,
                            ),
                            "",
                            "u8",
                            <::hot::rt::versioned::Opaque<
                                u8,
                                __HotOpaque1,
                            > as __HotVersioned>::REF,
                            <::hot::rt::versioned::Opaque<
                                u8,
                                __HotOpaque1,
                            > as __HotVersioned>::describe,
                        ),
                    ]
                },
                &[],
            )
            .with_lifetimes(__HOT_LIFETIMES)
            .with_identities(__HOT_IDENTITIES);
        const ABILITIES: __HotAbilities = __HotAbilities::asked::<
            Self,
        >(
            __HotProbe::<Self>::HAS_DROP,
            __HotProbe::<Self>::DEFAULT,
            __HotProbe::<Self>::KEY,
            __HotProbe::<Self>::COMPARE,
            __HotProbe::<Self>::HASHER,
        );
        type Lifetimes = (&'x (),);
        type Owned = ::hot::rt::versioned::Whole<Self>;
        fn moves<__HotM>() -> &'static ::hot::rt::versioned::Moves {
            const {
                &::hot::rt::versioned::Moves::of::<
                    Self,
                >(::hot::rt::versioned::Form::Struct {
                    fields: &[
                        <&'x str as __HotVersioned>::moves::<__HotM>,
                        <Vec<
                            ::hot::rt::versioned::Opaque<Foreign, __HotOpaque0>,
                        > as __HotVersioned>::moves::<__HotM>,
                        <Option<Box<Self>> as __HotVersioned>::moves::<__HotM>,
                        <[(u32, f32); 2] as __HotVersioned>::moves::<__HotM>,
                        <::hot::rt::versioned::Opaque<
                            u8,
                            __HotOpaque1,
                        > as __HotVersioned>::moves::<__HotM>,
                    ],
                    said: &[],
                })
            }
        }
        type Parts = ();
    }
    ::hot::__manifest_record!(
        __HOT_RECORD, < View < 'static > as ::hot::Versioned > ::TABLE
    );
};
