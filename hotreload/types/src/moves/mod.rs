//! How values move to the next version of their type: a record beside the [`Table`], with the functions
//! that only the image which compiled the type can have. The old image takes values apart, the new
//! one makes them; what has to happen between is the host's to plan.
//!
//! [`Versioned::MOVES`] is a constant: so these functions are compiled for types that a state reaches, and
//! for no others.
//!
//! The table of what can move is closed. Whatever is in no row of it has one of the forms
//! [`Fixed`](Form::Fixed), [`Unchanged`](Form::Unchanged) and [`Opaque`](Form::Opaque), with which the
//! host decides whether its bits may be copied.

mod abilities;
mod caught;
pub(crate) mod cells;
pub(crate) mod choices;
mod forms;
mod made;
pub(crate) mod maps;
mod migrate;
mod owned;
pub(crate) mod sequences;
mod shared;
#[cfg(test)]
mod tests;

use core::{alloc::Layout, cmp::Ordering, hash::Hasher};

use crate::{Table, Versioned, erased::Container};

pub use abilities::Lacks;
pub(crate) use abilities::{Composed, Seeing, Seen, all_abilities, composed_default, default};
pub use forms::{behind, within};
pub use made::{Converted, conversions, maker};
pub use migrate::Migrate;
pub use owned::{Owned, Slice, Whole};

/// A record of another type. A function, since types may contain themselves.
pub type MovesOf = fn() -> &'static Moves;

/// What moves values of one type.
#[derive(Debug)]
pub struct Moves {
    /// Its name, size, alignment, and the names and offsets of its fields.
    pub table: &'static Table,
    /// Drops a value in its place; none if there is nothing to do.
    pub drop: Option<DropValue>,
    /// Functions of traits that it may lack.
    pub abilities: Abilities,
    /// What its values are made of.
    pub form: Form,
}

impl Moves {
    /// Of a type that is made of this.
    pub const fn of<T: Versioned>(form: Form) -> Moves {
        let drop: Option<DropValue> = if core::mem::needs_drop::<T>() {
            Some(|at| {
                caught::caught(|| {
                    // SAFETY: whoever calls it gives the address of a `T` that is used no more.
                    unsafe { core::ptr::drop_in_place(at.cast::<T>()) };
                    Ok(())
                })
            })
        } else {
            None
        };
        Moves { table: T::TABLE, drop, abilities: T::ABILITIES, form }
    }

    /// Of a type whose values have no size of their own: how what owns them moves, [`Owned`] tells.
    pub const fn without_size<T: Versioned + ?Sized>(form: Form) -> Moves {
        Moves { table: T::TABLE, drop: None, abilities: Abilities::NONE, form }
    }
}

/// Drops a value in its place. A panic, which it has caught, is the text: the value is gone all the
/// same.
pub type DropValue = unsafe fn(*mut u8) -> Result<(), String>;

/// What values are made of.
#[derive(Debug)]
pub enum Form {
    /// Bits, which may be copied wherever they go, and in which nothing can change: numbers, `String`,
    /// `Duration`.
    Leaf,
    /// Bits that lead somewhere by an address of which nothing is known: raw pointers, `NonNull`, `Pin`. A
    /// cursor into a buffer beside it would dangle. Refused wherever it would be moved, but for a field
    /// that [`stays`](Said::stays). The text says what it is: "a raw pointer".
    Fixed(&'static str),
    /// Bits that may be copied wherever they go while none of the types behind them or within has
    /// changed: references, `Cow`, `ManuallyDrop`, `Rc<[T]>`, `LinkedList`.
    Unchanged(Unchanged),
    /// `#[hot(unsafe(opaque))]`: bits that may be copied wherever they go while its identity, which the
    /// description of the type that holds it has, is the same.
    Opaque,
    /// A struct. The fields are those of the table.
    Struct {
        /// Of each field.
        fields: &'static [MovesOf],
        /// What stands at fields, by their number.
        said: &'static [(usize, Said)],
    },
    /// A tuple, and std's structs whose fields are public: their tables have no fields.
    Tuple {
        /// Of each field.
        fields: &'static [MovesOf],
        /// Where each is.
        offsets: &'static [usize],
    },
    /// An enum; also `Option`, `Result`, `Cell`, `RefCell`, `Mutex`, `RwLock`, which are opened and built by a
    /// call.
    Choice(Choice),
    /// So many, one beside the other.
    Array(MovesOf, usize),
    /// One after the other in a buffer.
    Sequence(Sequence),
    /// A `Box` of a sized type.
    Boxed(MovesOf),
    /// `Rc`, `Arc` and their `Weak`.
    Shared(Shared),
    /// Maps and sets.
    Map(Map),
    /// Erased values.
    Container(Container),
}

/// What may not have changed for bits to be copied.
#[derive(Debug)]
pub struct Unchanged {
    /// What it is: "a reference".
    pub what: &'static str,
    /// Of the types whose values are among the bits, and move with them: none of these may be
    /// [`Form::Fixed`].
    pub within: &'static [MovesOf],
    /// Of the types whose values are somewhere else, and stay there.
    pub behind: &'static [MovesOf],
}

/// What an author says of a field with `#[hot(..)]`.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    /// `renamed_from = ".."`; or empty.
    pub renamed_from: &'static str,
    /// `default = ..`.
    pub default: Option<Make>,
    /// The default is a literal: all values of a move get the same bits.
    pub is_literal: bool,
    /// `convert = ..`.
    pub convert: Option<Conversion>,
    /// `unsafe(stays)`: an address in it leads outside of what moves.
    pub stays: bool,
}

impl Said {
    /// Nothing.
    pub const NOTHING: Said =
        Said { renamed_from: "", default: None, is_literal: false, convert: None, stays: false };
}

/// Makes so many values, one beside the other. On failure (a panic, which it has caught), says how many
/// there are.
pub type Make = unsafe fn(*mut u8, usize) -> Result<(), (usize, String)>;

/// A field made from fields of the old value.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// The names of the old fields that it takes. An empty one is the field's own, or what that is
    /// renamed from.
    pub from: &'static [&'static str],
    /// The type of each.
    pub types: &'static [MovesOf],
    /// Takes the addresses of the old fields, in this order, and writes the new one. An error or a
    /// panic, which it has caught, is the text. The fields are aligned: those of a packed struct, whose
    /// changes are refused, are not given to it.
    pub call: unsafe fn(*const *const u8, *mut u8) -> Result<(), String>,
}

/// How a value is opened and built where the compiler alone knows its layout.
#[derive(Debug)]
pub struct Choice {
    /// In their order.
    pub variants: &'static [Branch],
    /// Writes the addresses of the fields, of which there is room for as many as the largest variant
    /// has; gives the variant's number, or [`HELD`].
    pub open: unsafe fn(*const u8, *mut *const u8) -> usize,
    /// Builds a variant from the bits at these addresses, which are aligned, and moved out of. Cannot
    /// fail.
    pub build: unsafe fn(usize, *const *const u8, *mut u8),
    /// Whether it can be changed through a shared reference: so opening it may find it [`HELD`], and find
    /// something else the next time. A `Mutex` and a `RwLock` have one variant more, which is poisoned.
    pub is_cell: bool,
}

/// In place of a variant's number: a lock is held, or the value is borrowed.
pub const HELD: usize = usize::MAX;

/// A variant of a [`Choice`].
#[derive(Debug)]
pub struct Branch {
    /// Its name.
    pub name: &'static str,
    /// `renamed_from = ".."`; or empty.
    pub renamed_from: &'static str,
    /// The names of its fields; numbers in a tuple variant.
    pub names: &'static [&'static str],
    /// Of each.
    pub fields: &'static [MovesOf],
    /// What stands at fields, by their number.
    pub said: &'static [(usize, Said)],
}

/// `Vec`, `VecDeque`, `Box<[T]>`.
#[derive(Debug)]
pub struct Sequence {
    /// Of an element.
    pub element: MovesOf,
    /// Where the elements are.
    pub open: unsafe fn(*const u8) -> Runs,
    /// Frees the buffer, not the elements.
    pub release: unsafe fn(*mut u8),
    /// From a buffer that the one heap gave, so many elements, and the buffer's capacity.
    pub build: unsafe fn(*mut u8, usize, usize, *mut u8),
}

/// The elements of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// The second is for a deque that wraps around.
    pub runs: [(*const u8, usize); 2],
    /// Of a buffer that may be taken as it is; else 0.
    pub capacity: usize,
}

/// `HashMap`, `HashSet`, `BTreeMap`, `BTreeSet`.
#[derive(Debug)]
pub struct Map {
    /// Of a key.
    pub key: MovesOf,
    /// Of a value; `()` in a set.
    pub value: MovesOf,
    /// Where key and value are in one bucket.
    pub at: [usize; 2],
    /// Of both together.
    pub bucket: Layout,
    /// None: it is ordered.
    pub hasher: Option<MovesOf>,
    /// How many there are.
    pub len: unsafe fn(*const u8) -> usize,
    /// Its `BuildHasher`; null if it is ordered.
    pub hasher_at: unsafe fn(*const u8) -> *const u8,
    /// Writes the addresses of each key and value, in the map's order.
    pub entries: unsafe fn(*const u8, *mut [*const u8; 2]),
    /// Frees the table, not the entries.
    pub release: unsafe fn(*mut u8),
    /// Makes a map of holes from hashes alone (the first argument is the hasher, whose bits are copied;
    /// an ordered map counts the hashes, and its entries are in the order of the map):
    /// for each, writes where key and value are to be filled in.
    pub shell: unsafe fn(*const u8, &[u64], *mut [*mut u8; 2]) -> *mut u8,
    /// Drops such a map, whose holes are empty.
    pub discard: unsafe fn(*mut u8),
    /// Moves such a map, whose holes are filled, to its place.
    pub finish: unsafe fn(*mut u8, *mut u8),
}

/// `Rc`, `Arc`, and their `Weak`.
#[derive(Debug)]
pub struct Shared {
    /// Of the value behind it.
    pub element: MovesOf,
    /// Whether it is a `Weak`.
    pub is_weak: bool,
    /// The value behind it; null if it is a `Weak` of a value that is gone.
    pub data: unsafe fn(*const u8) -> *const u8,
    /// Strong and weak.
    pub counts: unsafe fn(*const u8) -> [usize; 2],
    /// Gives up one reference to a value that was moved out.
    pub release: unsafe fn(*mut u8),
    /// Room for a value, with one strong reference.
    pub alloc: unsafe fn() -> *mut u8,
    /// Gives that reference up, and drops nothing.
    pub free: unsafe fn(*const u8),
    /// Writes one more reference to the value; to null, a `Weak` of nothing.
    pub share: unsafe fn(*const u8, *mut u8),
}

/// Functions of traits that a type may lack. A generic type whose trait holds only for some arguments
/// counts as lacking it.
#[derive(Debug, Clone, Copy)]
pub struct Abilities {
    /// `Copy`.
    pub is_copy: bool,
    /// The type implements `Drop` itself.
    pub has_drop: bool,
    /// `Default`.
    pub default: Option<Make>,
    /// `Hash` and `Eq`.
    pub key: Option<Key>,
    /// `Ord`.
    pub compare: Option<Compare>,
    /// `BuildHasher`.
    pub hasher: Option<HashAll>,
    /// `Hasher` and `Default`: the `BuildHasher` that `BuildHasherDefault` is of it.
    pub as_hasher: Option<HashAll>,
}

impl Abilities {
    /// Of a struct or an enum; the rest follows from its table.
    pub const fn asked<T: Versioned>(
        has_drop: bool,
        default: Option<Make>,
        key: Option<Key>,
        compare: Option<Compare>,
        hasher: Option<HashAll>,
    ) -> Abilities {
        let is_copy = T::TABLE.is_copy();
        Abilities { is_copy, has_drop, default, key, compare, hasher, as_hasher: None }
    }

    /// None of them.
    pub const NONE: Abilities = Abilities {
        is_copy: false,
        has_drop: false,
        default: None,
        key: None,
        compare: None,
        hasher: None,
        as_hasher: None,
    };
}

/// The [`Abilities`] of the struct or enum whose implementation it stands in, with the traits that say no
/// in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! __abilities {
    () => {
        __HotAbilities::asked::<Self>(
            __HotProbe::<Self>::HAS_DROP,
            __HotProbe::<Self>::DEFAULT,
            __HotProbe::<Self>::KEY,
            __HotProbe::<Self>::COMPARE,
            __HotProbe::<Self>::HASHER,
        )
    };
}

/// What moves values of these types.
#[doc(hidden)]
#[macro_export]
macro_rules! __moves {
    ($({ $($ty:tt)* })*) => {
        &[$(<$($ty)* as __HotVersioned>::moves),*]
    };
}

/// `Hash` and `Eq`.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// So many, as a slice hashes them. It may panic: only a [`HashAll`] of the same image calls it.
    pub hash_slice: unsafe fn(*const u8, usize, &mut dyn Hasher),
    /// One. It may panic, as above.
    pub hash: unsafe fn(*const u8, &mut dyn Hasher),
    /// Whether two are equal. A panic, which it has caught, is the text.
    pub eq: unsafe fn(*const u8, *const u8) -> Result<bool, String>,
}

/// Compares two. A panic, which it has caught, is the text.
pub type Compare = unsafe fn(*const u8, *const u8) -> Result<Ordering, String>;

/// Hashes all keys with one hasher's `BuildHasher`, which is the first argument. The functions of the key
/// are of the same image.
pub type HashAll = unsafe fn(*const u8, Key, &[*const u8], &mut [u64]) -> Result<(), String>;

/// Where a number of a variant is none, which no caller gives. A build has nothing that it could return,
/// and an unwind would leave the image.
#[cold]
pub fn no_such_variant() -> ! {
    std::process::abort()
}
