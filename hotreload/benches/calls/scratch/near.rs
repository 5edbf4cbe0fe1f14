//! The bundle that is called: 16 functions with an empty body, 16 with about 20 ns of work, the
//! same as methods, and loops that call them from inside:
//! in place, where a loop keeps what calls share, and one at a time.

hot::bundle!();

#[hot::versioned]
pub struct Unit;

/// About 20 ns: fifteen multiplications, each of which waits for the one before.
#[inline(always)]
fn work(mut x: u64, odd: u64) -> u64 {
    for _ in 0..15 {
        x = x.wrapping_mul(odd).rotate_left(17);
    }
    x
}

macro_rules! functions {
    ($($k:literal $empty:ident $busy:ident $empty_method:ident $busy_method:ident
       $empty_loop:ident $busy_loop:ident $empty_single:ident $busy_single:ident;)*) => {
        $(
            // Each its own: identical ones would be merged.
            #[hot::export]
            pub fn $empty(x: u64) -> u64 { x.wrapping_add($k) }

            #[hot::export]
            pub fn $busy(x: u64) -> u64 { work(x, 2 * $k + 1_000_003) }

            #[hot::export]
            impl Unit {
                pub fn $empty_method(&self, x: u64) -> u64 { x.wrapping_add($k) }
                pub fn $busy_method(&self, x: u64) -> u64 { work(x, 2 * $k + 1_000_003) }
            }

            #[hot::export]
            pub fn $empty_loop(calls: u64) -> u64 {
                let mut x = calls;
                for _ in 0..calls { x = hot::get!($empty)(x); }
                x
            }

            #[hot::export]
            pub fn $empty_single(calls: u64) -> u64 {
                #[inline(never)]
                fn single(x: u64) -> u64 { hot::get!($empty)(x) }
                let mut x = calls;
                for _ in 0..calls { x = single(x); }
                x
            }

            #[hot::export]
            pub fn $busy_loop(calls: u64) -> u64 {
                let mut x = calls;
                for _ in 0..calls { x = hot::get!($busy)(x); }
                x
            }

            #[hot::export]
            pub fn $busy_single(calls: u64) -> u64 {
                #[inline(never)]
                fn single(x: u64) -> u64 { hot::get!($busy)(x) }
                let mut x = calls;
                for _ in 0..calls { x = single(x); }
                x
            }
        )*

        /// The same functions as no macro has seen them.
        pub mod bare {
            $(
                pub fn $empty(x: u64) -> u64 { x.wrapping_add($k) }
                pub fn $busy(x: u64) -> u64 { super::work(x, 2 * $k + 1_000_003) }
            )*
        }

        const EMPTY: [fn(u64) -> u64; 16] = [$(bare::$empty),*];
        const BUSY: [fn(u64) -> u64; 16] = [$(bare::$busy),*];
    };
}

functions! {
    1 e0 w0 me0 mw0 le0 lw0 se0 sw0;
    2 e1 w1 me1 mw1 le1 lw1 se1 sw1;
    3 e2 w2 me2 mw2 le2 lw2 se2 sw2;
    4 e3 w3 me3 mw3 le3 lw3 se3 sw3;
    5 e4 w4 me4 mw4 le4 lw4 se4 sw4;
    6 e5 w5 me5 mw5 le5 lw5 se5 sw5;
    7 e6 w6 me6 mw6 le6 lw6 se6 sw6;
    8 e7 w7 me7 mw7 le7 lw7 se7 sw7;
    9 e8 w8 me8 mw8 le8 lw8 se8 sw8;
    10 e9 w9 me9 mw9 le9 lw9 se9 sw9;
    11 e10 w10 me10 mw10 le10 lw10 se10 sw10;
    12 e11 w11 me11 mw11 le11 lw11 se11 sw11;
    13 e12 w12 me12 mw12 le12 lw12 se12 sw12;
    14 e13 w13 me13 mw13 le13 lw13 se13 sw13;
    15 e14 w14 me14 mw14 le14 lw14 se14 sw14;
    16 e15 w15 me15 mw15 le15 lw15 se15 sw15;
}

/// The addresses of the bodies, for calls with nothing around them.
#[hot::export]
pub fn bodies(busy: bool) -> [usize; 16] {
    let bodies = if busy { BUSY } else { EMPTY };
    bodies.map(|body| body as usize)
}
