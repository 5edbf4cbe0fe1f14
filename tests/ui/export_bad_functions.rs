// Everything that is wrong with a signature is reported at once, each on its own token.

#[hot::export]
fn generic<T>(value: T) -> T {
    value
}

#[hot::export]
fn generic_const<const N: usize>() -> usize {
    N
}

#[hot::export]
fn anonymous(value: impl Copy) -> impl Copy {
    value
}

#[hot::export]
fn bounded<'a, 'b: 'a>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { b } else { a }
}

#[hot::export]
fn where_clause<'a, 'b>(a: &'a str, b: &'b str) -> &'a str
where
    'b: 'a,
{
    if a.is_empty() { b } else { a }
}

#[hot::export]
fn only_in_the_result<'a>() -> &'a str {
    ""
}

#[hot::export]
const fn constant() {}

#[hot::export]
async fn asynchronous() {}

#[hot::export]
fn callbacks(f: &dyn Iterator<Item = u8>, h: fn(u8) -> u8, i: Option<extern "C" fn()>) {
    let _ = (f, h, i);
}

#[hot::export]
fn gives_a_trait_object() -> Box<dyn std::fmt::Debug> {
    Box::new(())
}

#[hot::export]
#[target_feature(enable = "sse2")]
fn with_features() {}

#[hot::export]
#[track_caller]
fn tracked() {}

#[hot::export]
fn conditional(#[cfg(all())] a: u8) {
    let _ = a;
}

#[hot::export]
async fn everything<'a, 'b: 'a, T: 'b>(a: &'a dyn Fn(), b: impl Copy + 'b, t: T) -> Box<dyn Fn()>
where
    T: Copy,
{
    let _ = (a, b, t);
    Box::new(|| ())
}

// The functions themselves survive.
fn main() {
    generic(1);
    generic_const::<1>();
    constant();
    bounded("", "");
    drop(asynchronous());
}
