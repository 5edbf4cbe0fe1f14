//! Which names a package can have.

use hot_host::{Code, Reason, Result};

/// Crates of the toolchain and of this library, types that need no import, and folders of cargo's.
const TAKEN: &[&str] = &[
    "alloc",
    "bool",
    "build",
    "char",
    "core",
    "deps",
    "examples",
    "f32",
    "f64",
    "gen",
    "hot",
    "hotreload",
    "hotreload_macros",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "incremental",
    "isize",
    "proc_macro",
    "std",
    "str",
    "test",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

/// Names that Windows gives to devices, whatever follows after a dot.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// Longer ones make file names that some systems refuse.
const LONGEST: usize = 64;

/// Refuses what cargo or rustc would refuse or confuse.
pub(super) fn check(name: &str) -> Result<()> {
    let refused = |why: String| {
        let what = format!("a package cannot be named `{}`", crate::output::plain(name));
        Err(Reason::new(Code::BadPackageName, what).fact("why", why).into())
    };
    if name.is_empty() {
        return refused("it is empty".to_owned());
    }
    if name.len() > LONGEST {
        return refused(format!("it is longer than {LONGEST} letters"));
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(other) = name.chars().find(|c| !is_fine(*c)) {
        return refused(format!("it has {other:?}: letters, digits, `-` and `_` may be in it"));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return refused("it does not begin with a letter".to_owned());
    }
    let crate_name = name.replace('-', "_");
    if syn::parse_str::<syn::Ident>(&crate_name).is_err() {
        return refused("it is a keyword of Rust".to_owned());
    }
    let lower = crate_name.to_ascii_lowercase();
    let is_port = |device: &str| {
        lower.strip_prefix(device).is_some_and(|number| {
            number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if DEVICES.contains(&lower.as_str()) || is_port("com") || is_port("lpt") {
        return refused("on Windows it is a device".to_owned());
    }
    if TAKEN.contains(&crate_name.as_str()) {
        return refused("a crate, a type or a folder of cargo's has that name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_work() {
        for name in
            ["game", "my-game", "a", "Game2", "x_y-z", "tests", "hot-game", "comet", "com10"]
        {
            check(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn names_that_do_not() {
        let long = "l".repeat(65);
        for name in [
            "",
            "1game",
            "-game",
            "_",
            "_game",
            "my game",
            "größe",
            "a/b",
            "../x",
            "a.b",
            "C:x",
            "self",
            "async",
            "dyn",
            "try",
            "gen",
            "test",
            "core",
            "proc-macro",
            "hot",
            "u8",
            "CON",
            "com1",
            "a\u{1b}[2J",
            "a\0",
            "a\nb",
            &long,
        ] {
            let error = check(name).expect_err(name);
            assert_eq!(error.code(), Code::BadPackageName, "{name}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
    }
}
