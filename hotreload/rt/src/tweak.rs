//! Literals that a save changes while the program runs: `hot::tweak!`, and those of a function with
//! `#[hot::export(tweak)]`.
//!
//! Each of them is read through a [`Literal`], an atomic word beside the code. The image lists where in
//! the source they stand, and the host writes what a save has made of them. Which type a literal without
//! a suffix has knows only code that rustc has inferred it for: the first read notes it.

use core::{
    ptr,
    sync::atomic::{AtomicPtr, AtomicU8, Ordering},
};

/// Whether literals are read from where the host writes them. Else they are what they are: in release
/// builds, and with the feature `static`.
pub const TWEAKS: bool = cfg!(all(debug_assertions, not(feature = "static")));

macro_rules! kinds {
    ($($kind:ident $type:ty;)*) => {
        /// The type of a literal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum LiteralKind {
            /// Nobody has read it yet.
            Unknown,
            $($kind,)*
        }

        /// What is read instead of a literal.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[repr(u8)]
        pub enum LiteralValue {
            $($kind($type),)*
        }

        impl LiteralKind {
            const ALL: &[LiteralKind] = &[LiteralKind::Unknown, $(LiteralKind::$kind),*];
        }

        $(impl Tweak for $type {
            const KIND: LiteralKind = LiteralKind::$kind;

            #[inline]
            fn of(value: &LiteralValue) -> Option<Self> {
                if let LiteralValue::$kind(value) = value { Some(*value) } else { None }
            }
        })*
    };
}

/// A type that literals have.
pub trait Tweak: Copy + 'static {
    const KIND: LiteralKind;

    /// The value, if it is of this type.
    fn of(value: &LiteralValue) -> Option<Self>;
}

kinds! {
    Bool bool; Char char; Str &'static str;
    U8 u8; U16 u16; U32 u32; U64 u64; U128 u128; Usize usize;
    I8 i8; I16 i16; I32 i32; I64 i64; I128 i128; Isize isize;
    F32 f32; F64 f64;
}

/// Where one literal is read.
#[derive(Debug)]
#[repr(C)]
pub struct Literal {
    /// What is read in its place; null: itself.
    value: AtomicPtr<LiteralValue>,
    kind: AtomicU8,
}

impl Literal {
    /// One that is read as it is written. Of some the type is known by how they are written.
    pub const fn new(kind: LiteralKind) -> Self {
        Literal { value: AtomicPtr::new(ptr::null_mut()), kind: AtomicU8::new(kind as u8) }
    }

    /// Its type, as far as that is known.
    pub fn kind(&self) -> LiteralKind {
        // Relaxed: the number is all that there is.
        let kind = self.kind.load(Ordering::Relaxed);
        LiteralKind::ALL.get(usize::from(kind)).copied().unwrap_or(LiteralKind::Unknown)
    }

    /// Takes it for one of this type until somebody has read it.
    pub fn suppose(&self, kind: LiteralKind) {
        let unknown = LiteralKind::Unknown as u8;
        // Relaxed: as in `kind`. Whoever reads it meanwhile knows better.
        let _ =
            self.kind.compare_exchange(unknown, kind as u8, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// What is read in place of the literal; `None`: itself.
    pub fn value(&self) -> Option<&'static LiteralValue> {
        // SAFETY: only `set` stores here, null or a value that lives as long as the process and is never
        // written again. Acquire pairs with its Release: whoever finds the value finds it whole.
        unsafe { self.value.load(Ordering::Acquire).as_ref() }
    }

    /// Has this read in place of the literal. A value of another type than the literal's changes nothing.
    pub fn set(&self, value: Option<&'static LiteralValue>) {
        let value = value.map_or(ptr::null_mut(), |value| ptr::from_ref(value).cast_mut());
        // Pairs with the Acquire in `value`.
        self.value.store(value, Ordering::Release);
    }

    #[inline]
    fn read<T: Tweak>(&self, literal: T) -> T {
        // A store each time would have the threads that read take the cache line from each other.
        if self.kind.load(Ordering::Relaxed) != T::KIND as u8 {
            self.kind.store(T::KIND as u8, Ordering::Relaxed);
        }
        self.value().and_then(T::of).unwrap_or(literal)
    }
}

/// The value of a literal now. Generated code calls it.
#[inline(always)]
pub fn tweak<T: Tweak>(read: &Literal, literal: T) -> T {
    if TWEAKS { read.read(literal) } else { literal }
}

/// Where a literal stands in the source, and how it is written there.
#[derive(Debug)]
#[repr(C)]
pub struct LiteralPlace {
    /// As rustc names it.
    pub file: &'static str,
    pub line: u32,
    pub column: u32,
    /// Without the minus before it.
    pub text: &'static str,
    /// Whether it is read together with a minus before it.
    pub is_negated: bool,
}

/// The literals of a function, or of one `hot::tweak!`.
#[derive(Debug)]
#[repr(C)]
pub struct Literals {
    /// The function's path, or that of the module around the macro.
    pub path: &'static str,
    pub places: &'static [LiteralPlace],
    /// As many, in the same order.
    pub reads: &'static [Literal],
}

/// An entry in the image's list.
#[derive(Debug)]
pub struct RegisteredLiterals(pub Literals);

inventory::collect!(RegisteredLiterals);

/// Where an image's literals go: called once for each list, with what was passed along.
#[derive(Debug)]
#[repr(C)]
pub struct LiteralsTo {
    pub take: unsafe extern "C" fn(*mut (), &'static Literals),
    pub with: *mut (),
}

/// Hands in all literals of this image.
pub(crate) unsafe extern "C" fn literals(to: LiteralsTo) {
    for RegisteredLiterals(literals) in inventory::iter::<RegisteredLiterals> {
        // SAFETY: whoever asks says how it is answered.
        unsafe { (to.take)(to.with, literals) }
    }
}

/// Lists literals where they are read from what the host writes.
#[cfg(all(debug_assertions, not(feature = "static")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __literals {
    ($path:expr, $places:expr, $reads:expr) => {
        $crate::rt::inventory::submit! {
            $crate::rt::RegisteredLiterals($crate::rt::Literals {
                path: $path,
                places: $places,
                reads: $reads,
            })
        }
    };
}

/// Lists nothing: literals are what they are.
#[cfg(not(all(debug_assertions, not(feature = "static"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __literals {
    ($path:expr, $places:expr, $reads:expr) => {};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_what_was_written_last_and_knows_its_type_once_it_was_read() {
        static HALF: Literal = Literal::new(LiteralKind::Unknown);
        static OTHERS: [LiteralValue; 3] =
            [LiteralValue::F32(0.75), LiteralValue::F64(0.25), LiteralValue::Str("x")];
        assert_eq!(HALF.kind(), LiteralKind::Unknown);
        assert_eq!(HALF.read(0.5_f32), 0.5);
        assert_eq!(HALF.kind(), LiteralKind::F32);
        HALF.set(Some(&OTHERS[0]));
        assert_eq!((HALF.read(0.5_f32), HALF.kind()), (0.75, LiteralKind::F32));
        for other in &OTHERS[1..] {
            HALF.set(Some(other));
            assert_eq!(HALF.read(0.5_f32), 0.5, "{other:?} is no f32");
        }
        HALF.set(None);
        assert_eq!(HALF.read(0.5_f32), 0.5);
        HALF.suppose(LiteralKind::F64);
        assert_eq!(HALF.kind(), LiteralKind::F32, "it was read");
    }

    #[test]
    fn what_is_supposed_of_a_type_holds_until_it_is_read() {
        static FIVE: Literal = Literal::new(LiteralKind::Unknown);
        static SIX: LiteralValue = LiteralValue::U64(6);
        FIVE.suppose(LiteralKind::U64);
        assert_eq!(FIVE.kind(), LiteralKind::U64);
        FIVE.set(Some(&SIX));
        assert_eq!((FIVE.read(5_u8), FIVE.kind()), (5, LiteralKind::U8));
    }

    #[test]
    fn each_kind_is_found_by_its_number() {
        for kind in LiteralKind::ALL {
            assert_eq!(Literal::new(*kind).kind(), *kind);
        }
    }

    #[test]
    fn threads_that_read_find_whole_values() {
        static TEXT: Literal = Literal::new(LiteralKind::Str);
        static TEXTS: [LiteralValue; 2] = [LiteralValue::Str("a"), LiteralValue::Str("longer")];
        std::thread::scope(|scope| {
            let reads = || (0..10_000).map(|_| TEXT.read("own")).collect::<Vec<_>>();
            let readers: Vec<_> = (0..2).map(|_| scope.spawn(reads)).collect();
            for round in 0..10_000 {
                TEXT.set(TEXTS.get(round % 3));
            }
            for text in readers.into_iter().flat_map(|it| it.join().unwrap()) {
                assert!(["own", "a", "longer"].contains(&text), "{text}");
            }
        });
    }
}
