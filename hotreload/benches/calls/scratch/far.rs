//! The bundle that calls the other one.

hot::bundle!();

macro_rules! loops {
    ($($empty_loop:ident $empty:ident $busy_loop:ident $busy:ident
       $empty_single:ident $busy_single:ident;)*) => {$(
        #[hot::export]
        pub fn $empty_loop(calls: u64) -> u64 {
            let mut x = calls;
            for _ in 0..calls { x = hot::get!(near::$empty)(x); }
            x
        }

        #[hot::export]
        pub fn $empty_single(calls: u64) -> u64 {
            #[inline(never)]
            fn single(x: u64) -> u64 { hot::get!(near::$empty)(x) }
            let mut x = calls;
            for _ in 0..calls { x = single(x); }
            x
        }

        #[hot::export]
        pub fn $busy_loop(calls: u64) -> u64 {
            let mut x = calls;
            for _ in 0..calls { x = hot::get!(near::$busy)(x); }
            x
        }

        #[hot::export]
        pub fn $busy_single(calls: u64) -> u64 {
            #[inline(never)]
            fn single(x: u64) -> u64 { hot::get!(near::$busy)(x) }
            let mut x = calls;
            for _ in 0..calls { x = single(x); }
            x
        }
    )*};
}

loops! {
    fe0 e0 fw0 w0 fse0 fsw0;
    fe1 e1 fw1 w1 fse1 fsw1;
    fe2 e2 fw2 w2 fse2 fsw2;
    fe3 e3 fw3 w3 fse3 fsw3;
    fe4 e4 fw4 w4 fse4 fsw4;
    fe5 e5 fw5 w5 fse5 fsw5;
    fe6 e6 fw6 w6 fse6 fsw6;
    fe7 e7 fw7 w7 fse7 fsw7;
    fe8 e8 fw8 w8 fse8 fsw8;
    fe9 e9 fw9 w9 fse9 fsw9;
    fe10 e10 fw10 w10 fse10 fsw10;
    fe11 e11 fw11 w11 fse11 fsw11;
    fe12 e12 fw12 w12 fse12 fsw12;
    fe13 e13 fw13 w13 fse13 fsw13;
    fe14 e14 fw14 w14 fse14 fsw14;
    fe15 e15 fw15 w15 fse15 fsw15;
}
