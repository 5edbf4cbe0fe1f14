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
    unreachable_code,
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
        const REF: &'static renamed::rt::versioned::TypeRef = &renamed::rt::versioned::TypeRef {
            package: "hotreload-macros",
            version: "0.1",
            path: ::core::concat!(::core::module_path!(), "::", "State"),
            args: const {
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
        };
        const TABLE: &'static __HotTable = &__HotTable {
            variants: &[
                renamed::rt::versioned::Variant {
                    laid: b"\x04\0\0\0Idle\x04\0\0\0unit\x01",
                    discriminant: ::core::option::Option::Some({
                        const __HOT_BASE: ::core::primitive::u8 = 3;
                        __HOT_BASE as ::core::primitive::i128 + 0
                    }),
                    fields: &[],
                },
                renamed::rt::versioned::Variant {
                    laid: b"\x06\0\0\0Moving\x06\0\0\0struct\x01",
                    discriminant: ::core::option::Option::Some({
                        const __HOT_BASE: ::core::primitive::u8 = 3;
                        __HOT_BASE as ::core::primitive::i128 + 1
                    }),
                    fields: &[
                        __HotField(
                            b"\x02\0\0\0to\0\0\0\0\0\t\0\0\0[Item; N]",
                            __HotField::NOWHERE,
                            &__hot_of::<
                                [T::Item; N],
                            >(
                                __HotFacts::UNKNOWN,
                                <[T::Item; N] as __HotVersioned>::REF,
                                <[T::Item; N] as __HotVersioned>::describe,
                            ),
                        ),
                    ],
                },
                renamed::rt::versioned::Variant {
                    laid: b"\x04\0\0\0Held\x05\0\0\0tuple\x01",
                    discriminant: ::core::option::Option::Some({
                        const __HOT_BASE: ::core::primitive::u8 = 3;
                        __HOT_BASE as ::core::primitive::i128 + 2
                    }),
                    fields: &[
                        __HotField(
                            b"\x01\0\0\x000\0\0\0\0\0\x01\0\0\0T",
                            __HotField::NOWHERE,
                            &__hot_of::<
                                T,
                            >(
                                __HotFacts::UNKNOWN,
                                <T as __HotVersioned>::REF,
                                <T as __HotVersioned>::describe,
                            ),
                        ),
                    ],
                },
            ],
            ..__HotTable::of::<
                Self,
            >(
                __HotKind::Enum,
                __HotFacts::UNKNOWN,
                b"\x02\0\0\0u8.\0\0\0T : Iterator , const N : usize where T : Clone\0\0\0\0\0\0\0\0\0\0\0\0",
            )
        };
        const ABILITIES: __HotAbilities = __hot_abilities!();
        type Lifetimes = (<T as renamed::Versioned>::Lifetimes,);
        type Owned = __HotWhole<Self>;
        const MOVES: __HotMoves = __HotMoves::of::<
            Self,
        >(
            __HotForm::Choice(renamed::rt::versioned::Choice {
                variants: &[
                    renamed::rt::versioned::Branch {
                        name: "Idle",
                        renamed_from: "",
                        names: &[],
                        fields: &[],
                        said: &[],
                    },
                    renamed::rt::versioned::Branch {
                        name: "Moving",
                        renamed_from: "",
                        names: &["to"],
                        fields: __hot_moves!({ [T::Item; N] }),
                        said: &[],
                    },
                    renamed::rt::versioned::Branch {
                        name: "Held",
                        renamed_from: "",
                        names: &["0"],
                        fields: __hot_moves!({ T }),
                        said: &[],
                    },
                ],
                open: |at, fields| unsafe {
                    match &*at.cast::<Self>() {
                        Self::Idle {} => 0,
                        Self::Moving { to: field0 } => {
                            fields.add(0).write((&raw const *field0).cast());
                            1
                        }
                        Self::Held { 0: field0 } => {
                            fields.add(0).write((&raw const *field0).cast());
                            2
                        }
                    }
                },
                build: |variant, fields, out| unsafe {
                    out.cast::<Self>()
                        .write(
                            match variant {
                                0 => Self::Idle {},
                                1 => {
                                    Self::Moving {
                                        to: ::core::ptr::read((*fields.add(0)).cast()),
                                    }
                                }
                                2 => {
                                    Self::Held {
                                        0: ::core::ptr::read((*fields.add(0)).cast()),
                                    }
                                }
                                _ => renamed::rt::versioned::no_such_variant(),
                            },
                        )
                },
                is_cell: false,
            }),
        );
        type Parts = renamed::rt::versioned::Of<Self>;
        fn describe(out: &mut renamed::rt::versioned::Describe) {
            out.one_of_many::<Self>();
        }
    }
    #[automatically_derived]
    impl<T: Iterator, const N: usize> renamed::rt::versioned::Fields for State<T, N>
    where
        T: Clone,
        T: renamed::Versioned,
        T::Item: renamed::Versioned,
    {
        type Lifetimes = (
            <[T::Item; N] as renamed::Versioned>::Lifetimes,
            <T as renamed::Versioned>::Lifetimes,
        );
        type Parts = <<[T::Item; N] as renamed::Versioned>::Parts as renamed::rt::versioned::Parts>::And<
            <T as renamed::Versioned>::Parts,
        >;
    }
    const __HOT_GENERIC: renamed::rt::versioned::Generic = renamed::rt::versioned::Generic {
        ty: &renamed::rt::versioned::TypeRef {
            package: "hotreload-macros",
            version: "0.1",
            path: ::core::concat!(::core::module_path!(), "::", "State"),
            args: &[],
        },
        laid: b"\x06\x02\0\0\0u8.\0\0\0T : Iterator , const N : usize where T : Clone\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        variants: &[
            renamed::rt::versioned::GenericVariant {
                head: b"\x04\0\0\0Idle\x04\0\0\0unit\x01",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 0
                }),
                fields: b"\0\0\0\0",
            },
            renamed::rt::versioned::GenericVariant {
                head: b"\x06\0\0\0Moving\x06\0\0\0struct\x01",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 1
                }),
                fields: b"\x01\0\0\0\x02\0\0\0to\0\0\0\0\0\t\0\0\0[Item; N]",
            },
            renamed::rt::versioned::GenericVariant {
                head: b"\x04\0\0\0Held\x05\0\0\0tuple\x01",
                discriminant: ::core::option::Option::Some({
                    const __HOT_BASE: ::core::primitive::u8 = 3;
                    __HOT_BASE as ::core::primitive::i128 + 2
                }),
                fields: b"\x01\0\0\0\x01\0\0\x000\0\0\0\0\0\x01\0\0\0T",
            },
        ],
    };
    renamed::__manifest_record!(__HOT_RECORD, __HOT_GENERIC);
};
