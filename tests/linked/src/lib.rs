//! Says which libraries a crate is compiled with, so that tests can compile others with the very
//! same ones. A macro runs within rustc, whose arguments name them.

use proc_macro::TokenStream;

/// The arguments `--extern` and `-L` with which this crate is compiled, as a `&[&str]`.
#[proc_macro]
pub fn libraries(_: TokenStream) -> TokenStream {
    let arguments: Vec<_> = std::env::args().collect();
    let pairs = arguments.windows(2).filter(|pair| ["--extern", "-L"].contains(&&*pair[0]));
    let kept: Vec<_> = pairs.flatten().collect();
    format!("&{kept:?} as &[&str]").parse().expect("a list of literals")
}
