#[derive(renamed::rt::VersionedFields)]
#[hot(crate = renamed)]
#[repr(u8)]
enum State<T: Iterator, const N: usize>
where
    T: Clone,
{
    Idle = 3,
    Moving { to: [T::Item; N] },
    Held(T),
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
    use renamed::rt::versioned::without_traits::*;
    #[automatically_derived]
    unsafe impl<T: Iterator, const N: usize> renamed::Versioned for State<T, N>
    where
        T: Clone,
        T: renamed::Versioned,
        T::Item: renamed::Versioned,
    {
        const REF: &'static renamed::rt::versioned::TypeRef = &renamed::rt::versioned::TypeRef::new(
            ::core::env!("CARGO_PKG_NAME"),
            renamed::rt::versioned::compatible(::core::env!("CARGO_PKG_VERSION")),
            ::core::concat!(::core::module_path!(), "::", "State"),
            const {
                &[
                    <T as renamed::Versioned>::REF,
                    const {
                        &renamed::rt::versioned::TypeRef::of_language(
                            const { &renamed::rt::versioned::Digits::unsigned(N as _) }
                                .as_str(),
                            &[],
                        )
                    },
                ]
            },
        );
        const TABLE: &'static renamed::rt::versioned::Table = &renamed::rt::versioned::Table::of::<
            Self,
        >(
            renamed::rt::versioned::Definition {
                kind: renamed::rt::versioned::TypeKind::Enum,
                repr: "u8",
                generics: "T : Iterator , const N : usize where T : Clone",
                invariants: 0u64,
            },
            renamed::rt::versioned::Facts::UNKNOWN,
            &[],
            const {
                &[
                    renamed::rt::versioned::Variant {
                        name: "Idle",
                        form: "unit",
                        discriminant: ::core::option::Option::Some({
                            const __HOT_BASE: ::core::primitive::u8 = 3;
                            __HOT_BASE as ::core::primitive::i128 + 0
                        }),
                        fields: &[],
                    },
                    renamed::rt::versioned::Variant {
                        name: "Moving",
                        form: "struct",
                        discriminant: ::core::option::Option::Some({
                            const __HOT_BASE: ::core::primitive::u8 = 3;
                            __HOT_BASE as ::core::primitive::i128 + 1
                        }),
                        fields: &[
                            renamed::rt::versioned::Field::of::<
                                [T::Item; N],
                            >(
                                "to",
                                renamed::rt::versioned::Field::NOWHERE,
                                renamed::rt::versioned::Facts::UNKNOWN,
                                "",
                                "[Item; N]",
                                <[T::Item; N] as renamed::Versioned>::REF,
                                <[T::Item; N] as renamed::Versioned>::describe,
                            ),
                        ],
                    },
                    renamed::rt::versioned::Variant {
                        name: "Held",
                        form: "tuple",
                        discriminant: ::core::option::Option::Some({
                            const __HOT_BASE: ::core::primitive::u8 = 3;
                            __HOT_BASE as ::core::primitive::i128 + 2
                        }),
                        fields: &[
                            renamed::rt::versioned::Field::of::<
                                T,
                            >(
                                "0",
                                renamed::rt::versioned::Field::NOWHERE,
                                renamed::rt::versioned::Facts::UNKNOWN,
                                "",
                                "T",
                                <T as renamed::Versioned>::REF,
                                <T as renamed::Versioned>::describe,
                            ),
                        ],
                    },
                ]
            },
        );
        type Lifetimes = (<T as renamed::Versioned>::Lifetimes,);
    }
    const __HOT_GENERIC: renamed::rt::versioned::Generic = renamed::rt::versioned::Generic {
        ty: &renamed::rt::versioned::TypeRef::new(
            ::core::env!("CARGO_PKG_NAME"),
            renamed::rt::versioned::compatible(::core::env!("CARGO_PKG_VERSION")),
            ::core::concat!(::core::module_path!(), "::", "State"),
            &[],
        ),
        definition: renamed::rt::versioned::Definition {
            kind: renamed::rt::versioned::TypeKind::Enum,
            repr: "u8",
            generics: "T : Iterator , const N : usize where T : Clone",
            invariants: 0u64,
        },
        fields: &[],
        variants: &[
            renamed::rt::versioned::GenericVariant {
                name: "Idle",
                form: "unit",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 0
                }),
                fields: &[],
            },
            renamed::rt::versioned::GenericVariant {
                name: "Moving",
                form: "struct",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 1
                }),
                fields: &[renamed::rt::versioned::GenericField("to", "", "[Item; N]")],
            },
            renamed::rt::versioned::GenericVariant {
                name: "Held",
                form: "tuple",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 2
                }),
                fields: &[renamed::rt::versioned::GenericField("0", "", "T")],
            },
        ],
    };
    renamed::__manifest_record!(__HOT_RECORD, __HOT_GENERIC);
};
