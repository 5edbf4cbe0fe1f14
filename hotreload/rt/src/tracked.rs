//! Containers of erased values.

/// Declares a container of values whose types it does not name: an ECS's world, a map of `dyn Any`.
///
/// What is in such a container no type says, so `hot` lets none cross or live in an exported static.
/// This declares a type around one which does say. When one of the named types changes, the values in the
/// container move to its new version, if the container can list them by type, as [`Erased`](crate::Erased)
/// says it (a `World` of `hecs` or `bevy_ecs`, with the feature of that name), and lies in a [`State`](crate::State) or behind a [`Live`](crate::Live). Around any other container
/// the layouts of the named types cannot change while it lives: a reload that changes one is refused
/// (HOT0404). Types may be added to the list at any time.
///
/// ```
/// #[hot::versioned]
/// pub struct Position(f32, f32);
///
/// hot::tracked! {
///     /// Everything that moves.
///     pub unsafe struct Entities(std::collections::HashMap<u32, Box<dyn std::any::Any + Send + Sync>>)
///         of Position;
/// }
///
/// #[hot::export]
/// pub static ENTITIES: hot::State<Entities> = hot::State::new(|| Entities::new(Default::default()));
///
/// # fn main() {
/// let mut entities = ENTITIES.write();
/// entities.get_mut().insert(1, Box::new(Position(1.0, 2.0)));
/// let position = entities.get()[&1].downcast_ref::<Position>().unwrap();
/// assert_eq!(position.1, 2.0);
/// # }
/// ```
///
/// Such a container knows its values by `TypeId`, which another feature or dependency of your crate
/// changes, whatever the layout. Code that was compiled so finds none of the values: where they do not move, it
/// is told HOT0405, too. The first value of an exported static is made by what is linked into the program:
/// fill the container later, in a function that the program calls by `hot::get!`.
///
/// The type has `new(container)`, `get()`, `get_mut()`, which panic with HOT0405 in old code that
/// still runs and lays one of the types out differently, and `try_get`, `try_get_mut`, whose error is
/// [`OtherLayout`](crate::OtherLayout).
///
/// # Safety
/// `unsafe` says that you answer for the list: a value of another type of yours in the container is
/// read wrongly when that type changes. And for the container's own code: it drops its values by
/// functions of the image that put them there, so that a `Drop` which panics ends the process where
/// another image drops them.
#[macro_export]
macro_rules! tracked {
    ($(
        $(#[$meta:meta])*
        $vis:vis unsafe struct $name:ident($container:ty) of $($ty:ty),+ $(,)?;
    )*) => {$(
        $(#[$meta])*
        $vis struct $name($crate::rt::Tracked<$container>);

        #[allow(dead_code, reason = "what a program has no use for")]
        impl $name {
            /// Tracks what is put into the container from now on; it should be empty.
            $vis const fn new(container: $container) -> Self {
                $name($crate::rt::Tracked::new(container, Self::__HOT_MOVES))
            }

            /// The container.
            ///
            /// # Panics
            /// With HOT0405 if this code lays a type in it out differently than its values are.
            $vis fn get(&self) -> &$container {
                self.try_get().unwrap_or_else(|other| ::core::panic!("{other}"))
            }

            /// The container, to be changed.
            ///
            /// # Panics
            /// As `get`.
            $vis fn get_mut(&mut self) -> &mut $container {
                self.try_get_mut().unwrap_or_else(|other| ::core::panic!("{other}"))
            }

            /// As `get`.
            ///
            /// # Errors
            /// `hot::OtherLayout` if this code lays a type in it out differently than its values are.
            $vis fn try_get(&self) -> ::core::result::Result<&$container, $crate::OtherLayout> {
                self.0.get(Self::__hot_types)
            }

            /// As `get_mut`.
            ///
            /// # Errors
            /// As `try_get`.
            $vis fn try_get_mut(
                &mut self,
            ) -> ::core::result::Result<&mut $container, $crate::OtherLayout> {
                self.0.get_mut(Self::__hot_types)
            }

            /// Whether it can be taken apart.
            const __HOT_MOVES: ::core::primitive::bool = {
                #[allow(unused_imports, reason = "one that has both needs no fallback")]
                use $crate::rt::{NoContainer as _, NoKind as _};
                $crate::rt::moves_with(
                    <$crate::rt::ProbeContainer<$container>>::IS_ERASED,
                    &[$(<$crate::rt::ProbeKind<$container, $ty>>::KIND),+],
                )
            };

            fn __hot_types() -> ::std::vec::Vec<($crate::rt::Cell, &'static ::core::primitive::str)> {
                ::std::vec![$($crate::rt::tracked::<$ty>()),+]
            }
        }

        const _: () = {
            struct __HotContainer;
            impl $crate::rt::versioned::OpaqueName for __HotContainer {
                const NAME: &'static ::core::primitive::str = ::core::stringify!($container);
            }
            type __HotOpaque =
                $crate::rt::versioned::Opaque<$crate::rt::Tracked<$container>, __HotContainer>;

            // SAFETY: one field, a container whose content is tracked; its own layout is what the
            // author answers for.
            unsafe impl $crate::Versioned for $name {
                const REF: &'static $crate::rt::versioned::TypeRef =
                    &$crate::rt::versioned::TypeRef::new(
                        ::core::env!("CARGO_PKG_NAME"),
                        $crate::rt::versioned::compatible(::core::env!("CARGO_PKG_VERSION")),
                        ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name)),
                        &[],
                    );
                const TABLE: &'static $crate::rt::versioned::Table =
                    &$crate::rt::versioned::Table {
                        fields: &[$crate::rt::versioned::Field(
                            $crate::__laid!(
                                text "0", u8 0, text "", text ::core::stringify!($container)
                            ),
                            ::core::mem::offset_of!(Self, 0),
                            &$crate::rt::versioned::field::of::<$crate::rt::Tracked<$container>>(
                                $crate::__facts!($crate::rt::Tracked<$container>),
                                <__HotOpaque as $crate::Versioned>::REF,
                                <__HotOpaque as $crate::Versioned>::describe,
                            ),
                        )],
                        reaches: &[$(<$ty as $crate::Versioned>::describe),+],
                        ..$crate::rt::versioned::Table::of::<Self>(
                            $crate::rt::versioned::TypeKind::Tuple,
                            $crate::__facts!($name),
                            $crate::__laid!(text "", text "", u64 0, text ""),
                        )
                    };
                type Lifetimes = ();
                type Parts = ();
                type Owned = $crate::rt::versioned::Whole<Self>;

                const MOVES: $crate::rt::versioned::Moves = {
                    #[allow(unused_imports, reason = "one that has both needs no fallback")]
                    use $crate::rt::{NoContainer as _, NoKind as _};
                    // Its functions are those of the only field.
                    ::core::assert!(::core::mem::offset_of!($name, 0) == 0);
                    $crate::rt::versioned::Moves::of::<Self>($crate::rt::form_of(
                        <$crate::rt::ProbeContainer<$container>>::FUNCTIONS,
                        &[$(<$ty as $crate::Versioned>::moves),+],
                        &[$(<$crate::rt::ProbeKind<$container, $ty>>::KIND),+],
                        || $name::__hot_types().into_iter().map(|(cell, _)| $crate::rt::known(cell)).collect(),
                    ))
                };
            }
            $crate::__type_record!(__HOT_RECORD, $name);
        };
    )*};
}
