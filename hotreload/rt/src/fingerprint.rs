//! What two images must have in common before one may call the other.

use crate::rt::versioned::Hasher;

/// A hash of the sources of all crates that both sides of the boundary are compiled from: this one,
/// that of the types, and the macros, however the files were checked out. Two images with the same
/// hash agree on each layout, vtable and protocol that these crates define.
pub const SOURCES: u128 = {
    let mut hasher = Hasher::new();
    hasher.u128(hot_types::rt::SOURCES);
    hasher.u128(hotreload_macros::sources!());
    hasher.digest()
};

/// The compiler, as `rustc -V` prints it.
pub const RUSTC: &str = env!("HOT_RUSTC_VERSION");
/// The compiler's commit.
pub const COMMIT: &str = env!("HOT_RUSTC_COMMIT");
/// The target triple.
pub const TARGET: &str = env!("HOT_TARGET");
/// What a panic does.
pub const PANIC: &str = if cfg!(panic = "unwind") { "unwind" } else { "abort" };

/// Declares the target features that are compared: those that change how arguments are passed, or
/// that make code run on fewer machines.
macro_rules! features {
    ($($feature:literal)*) => {
        /// Their names, in the order of the bits.
        pub const FEATURES: &[&str] = &[$($feature),*];

        /// The target features of the crate in which it is expanded, as bits.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __target_features {
            () => {{
                let mut bits = 0_u64;
                let mut bit = 0;
                $(
                    if ::core::cfg!(target_feature = $feature) {
                        bits |= 1 << bit;
                    }
                    bit += 1;
                )*
                let _ = bit;
                bits
            }};
        }
    };
}

features! {
    // x86 and x86-64
    "sse" "sse2" "sse3" "ssse3" "sse4.1" "sse4.2" "avx" "avx2" "avx512f" "avx512bw" "avx512vl" "fma" "x87" "bmi1" "bmi2" "popcnt"
    // AArch64 and Arm
    "neon" "sve" "sve2" "fp16" "vfp2" "vfp4" "thumb-mode"
    // others
    "simd128" "altivec" "vsx" "d" "f" "v" "soft-float"
}

/// The target features that this crate was compiled with.
pub const OWN_FEATURES: u64 = __target_features!();
