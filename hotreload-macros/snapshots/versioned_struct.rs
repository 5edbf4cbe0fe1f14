/// Doc.
#[derive(Clone)]
pub struct View<'x> {
    pub text: &'x str,
    list: Vec<Foreign>,
    r#type: Option<Box<Self>>,
    at: [(u32, f32); 2],
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
        const REF: &'static ::hot::rt::versioned::TypeRef = &::hot::rt::versioned::TypeRef {
            package: "hotreload-macros",
            version: "0.1",
            path: ::core::concat!(::core::module_path!(), "::", "View"),
            args: &[],
        };
        const TABLE: &'static __HotTable = &__HotTable {
            fields: &__hot_fields!(
                b"\x04\0\0\0text\x01\x01\0\0\0a\x04\0\0\0&str\x04\0\0\0list\0\0\0\0\0\x0C\0\0\0Vec<Foreign>\x04\0\0\0type\0\0\0\0\0\x11\0\0\0Option<Box<Self>>\x02\0\0\0at\0\0\0\0\0\x0F\0\0\0[(u32, f32); 2]\x06\0\0\0hidden\0\0\0\0\0\x02\0\0\0u8"
                22 text(& __hot_of:: < & 'x str > (__hot_facts!(& 'x str), < & 'x str as
                __HotVersioned > ::REF, < & 'x str as __HotVersioned > ::describe,)) 29
                list(& __hot_of:: < Vec < Foreign > > (__hot_facts!(Vec < Foreign >), <
                Vec < ::hot::rt::versioned::Opaque < Foreign, __HotOpaque0 > > as
                __HotVersioned > ::REF, < Vec < ::hot::rt::versioned::Opaque < Foreign,
                __HotOpaque0 > > as __HotVersioned > ::describe,)) 34 r#type(& __hot_of::
                < Option < Box < Self > > > (__hot_facts!(Option < Box < Self > >), <
                Option < Box < Self > > as __HotVersioned > ::REF, < Option < Box < Self
                > > as __HotVersioned > ::describe,)) 30 at { [(u32, f32); 2] }
                __HotPlain 21 hidden(& __hot_of:: < u8 > (__hot_facts!(u8), <
                ::hot::rt::versioned::Opaque < u8, __HotOpaque1 > as __HotVersioned >
                ::REF, < ::hot::rt::versioned::Opaque < u8, __HotOpaque1 > as
                __HotVersioned > ::describe,))
            ),
            identities: ::core::option::Option::Some(__HOT_IDENTITIES),
            lifetimes: __HOT_LIFETIMES,
            ..__HotTable::of::<
                Self,
            >(
                __HotKind::Struct,
                __hot_facts!(Self),
                b"\0\0\0\0\x03\0\0\0'l0\x02\0\0\0\0\0\0\0\0\0\0\0",
            )
        };
        const ABILITIES: __HotAbilities = __hot_abilities!();
        type Lifetimes = (&'x (),);
        type Owned = __HotWhole<Self>;
        const MOVES: __HotMoves = __HotMoves::of::<
            Self,
        >(__HotForm::Struct {
            fields: __hot_moves!(
                { & 'x str } { Vec < ::hot::rt::versioned::Opaque < Foreign, __HotOpaque0
                > > } { Option < Box < Self > > } { [(u32, f32); 2] } {
                ::hot::rt::versioned::Opaque < u8, __HotOpaque1 > }
            ),
            said: &[],
        });
        type Parts = ();
    }
    ::hot::__manifest_record!(
        __HOT_RECORD, < View < 'static > as ::hot::Versioned > ::TABLE
    );
};
