//! Functions whose ordinary calls are hot, by both calls.

use std::{mem, panic};

use crate::message;

mod plain {
    /// Adds.
    #[hot::export]
    #[must_use]
    pub fn add(a: i32, b: i32) -> i32 {
        a + b
    }

    #[hot::export]
    pub fn choose<'a>(first: &'a str, _: &str, (mut n, m): (u8, u8)) -> &'a str {
        n += m;
        if n == 0 { "none" } else { first }
    }

    #[hot::export]
    pub fn fibonacci(n: u32) -> u32 {
        if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
    }

    #[hot::export]
    pub fn never(why: &str) -> ! {
        panic!("never {why}")
    }

    /// # Safety
    /// `at` can be read.
    #[hot::export(handle = read_handle)]
    pub unsafe fn read(at: *const u8) -> u8 {
        // SAFETY: the caller's promise.
        unsafe { *at }
    }
    pub mod read {}

    #[hot::export]
    pub extern "C" fn c(a: u32) -> u32 {
        a + 1
    }

    #[hot::export]
    pub fn apply(change: &dyn Fn(&str) -> String) -> String {
        change("applied")
    }

    #[hot::export]
    pub fn r#loop(r#in: u8) -> u8 {
        r#in
    }

    #[hot::export]
    pub fn count(count: u32) -> u32 {
        let more = |count: u32| count + 1;
        more(count)
    }

    #[hot::export]
    pub fn is_even(n: u32) -> bool {
        n == 0 || is_odd(n - 1)
    }

    #[hot::export]
    fn is_odd(n: u32) -> bool {
        n != 0 && is_even(n - 1)
    }

    #[hot::export(direct)]
    #[track_caller]
    pub fn line() -> u32 {
        std::panic::Location::caller().line()
    }

    pub fn within_a_body() -> u32 {
        #[hot::export]
        fn sum(n: u32) -> u32 {
            if n == 0 { 0 } else { n + sum(n - 1) }
        }
        sum(4) + hot::get!(sum)(3)
    }
}

/// Addresses of functions, in a constant place.
static TABLE: [fn(u32) -> u32; 2] = [plain::count, plain::fibonacci];

#[test]
fn functions_by_both_calls() {
    assert_eq!((plain::add(2, 3), hot::get!(plain::add)(2, 3)), (5, 5));
    assert_eq!(plain::choose("a", &String::from("b"), (0, 1)), "a");
    assert_eq!(hot::get!(plain::choose)("a", "b", (0, 0)), "none");
    assert_eq!(plain::fibonacci(10), 55);
    assert_eq!(message(|| plain::never("plain")), "never plain");
    assert_eq!(message(|| hot::get!(plain::never)("handle")), "never handle");
    let at = 5;
    // SAFETY: `at` is alive.
    let read =
        unsafe { (plain::read(&raw const at), hot::get!(plain::read_handle)(&raw const at)) };
    assert_eq!(read, (5, 5));
    assert_eq!((plain::c(1), hot::get!(plain::c)(1)), (2, 2));
    assert_eq!(plain::apply(&|text| text.to_uppercase()), "APPLIED");
    assert_eq!(plain::r#loop(1), hot::get!(plain::r#loop)(1));
    let add: fn(i32, i32) -> i32 = plain::add;
    assert_eq!(add(1, 1), 2);
    assert_eq!([1, 6].map(plain::fibonacci), [1, 8]);
    assert_eq!(TABLE.map(|function| function(6)), [7, 8]);
    assert!(plain::is_even(10) && !hot::get!(plain::is_even)(7));
    assert_eq!(plain::within_a_body(), 16);
    assert_eq!(plain::line(), line!());
}

mod foreign {
    #[hot::export]
    pub extern "C" fn divide(a: u32, b: u32) -> u32 {
        a / b
    }

    #[hot::export]
    pub extern "system" fn system(a: u32) -> u32 {
        assert!(a > 0, "zero");
        a
    }

    /// # Safety
    /// None needed.
    #[hot::export]
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn hot_tests_methods_never(mut code: u32) -> ! {
        code += 1;
        panic!("code {code}")
    }
}

#[test]
fn a_panic_in_an_extern_c_export_reaches_the_caller() {
    panic::set_hook(Box::new(|_| {}));
    assert_eq!(foreign::divide(6, 3), 2);
    assert_eq!(hot::get!(foreign::divide)(6, 3), 2);
    assert_eq!(message(|| hot::get!(foreign::divide)(1, 0)), "attempt to divide by zero");
    assert_eq!(message(|| hot::get!(foreign::system)(0)), "zero");
    // SAFETY: it asks for nothing.
    assert_eq!(message(|| unsafe { hot::get!(foreign::hot_tests_methods_never)(1) }), "code 2");
    // It is as `extern "C"` as before.
    let c: extern "C" fn(u32, u32) -> u32 = foreign::divide;
    let never: unsafe extern "C" fn(u32) -> ! = foreign::hot_tests_methods_never;
    assert_eq!((c(8, 2), mem::size_of_val(&never)), (4, size_of::<usize>()));
}
