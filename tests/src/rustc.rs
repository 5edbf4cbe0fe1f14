//! Crates that rustc compiles without cargo, against the very libraries that these tests are
//! compiled with, and that are compiled once: what was compiled is found again by what went in.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use crate::fixture::{Locked, root, write};

/// What `hot` and the rest are to rustc.
const LIBRARIES: &[&str] = linked::libraries!();

/// Compiles the crate in `folder`, whose root this is, as cargo would, and gives the file. Nobody
/// may change that file: whoever asks for the same crate gets it too.
///
/// # Panics
/// If rustc fails.
pub fn compile(folder: &Path, name: &str, kind: &str, source: &str) -> PathBuf {
    compile_with(folder, name, kind, source, &[])
}

/// As [`compile`], with further crates by their rlibs. What is compiled as `rlib,cdylib` has its rlib
/// [beside](rlib_of) the file.
///
/// # Panics
/// If rustc fails.
pub fn compile_with(
    folder: &Path,
    name: &str,
    kind: &str,
    source: &str,
    crates: &[(&str, &Path)],
) -> PathBuf {
    let crate_name = name.replace('-', "_");
    let (root_file, prefix, suffix) = match kind {
        "bin" => ("src/main.rs", "", env::consts::EXE_SUFFIX),
        _ => ("src/lib.rs", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX),
    };
    // A bundle is linked with what bundles need: rustc has not to read all crates of the host for each.
    let hot = if kind == "bin" || source.contains("hot::Host") { "hot" } else { "hot_rt" };
    let out = root().join("compiled").join(name).join(key(&(folder, name, kind, source, crates)));
    let file = out.join(format!("{prefix}{crate_name}{suffix}"));
    fs::create_dir_all(folder.join("src")).unwrap();
    let _locked = Locked::new(&folder.join(".lock"));
    if file.exists() {
        return file;
    }
    write(&folder.join(root_file), source);
    let draft = out.with_extension("draft");
    fs::create_dir_all(&draft).unwrap();
    let mut rustc = rustc_with(folder, name, hot);
    // Without debug information, of which the libraries have many times their code.
    rustc.args([root_file, "--crate-type", kind, "-Cstrip=debuginfo", "--out-dir"]).arg(&draft);
    for (name, rlib) in crates {
        rustc.arg("--extern").arg(format!("{name}={}", rlib.display()));
    }
    let output = rustc.output().expect("rustc runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rustc failed on {name}:\n{stderr}");
    let _ = fs::remove_dir_all(&out);
    fs::rename(&draft, &out).unwrap();
    file
}

/// The rlib beside a library that was compiled as both.
pub fn rlib_of(library: &Path) -> PathBuf {
    let stem = library.file_stem().unwrap().to_str().unwrap();
    let name = stem.strip_prefix(env::consts::DLL_PREFIX).unwrap_or(stem);
    library.with_file_name(format!("lib{name}.rlib"))
}

/// What stands for a crate and for the libraries it is compiled with.
fn key(of: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    flags().hash(&mut hasher);
    for argument in externs("hot").chain(externs("hot_rt")) {
        let file = argument.split_once('=').map(|(_, path)| path.to_owned());
        let changed = file.and_then(|file| fs::metadata(file).ok()?.modified().ok());
        (argument, changed).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// A rustc for a crate of this name, with the environment that cargo gives it. `hot` is what programs
/// have.
pub fn rustc(folder: &Path, name: &str) -> Command {
    rustc_with(folder, name, "hot")
}

/// As [`rustc`], where `hot` is the crate of this name: `hot_rt` is what a bundle has.
fn rustc_with(folder: &Path, name: &str, hot: &str) -> Command {
    let crate_name = name.replace('-', "_");
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(folder).args(["--edition=2024", "--crate-name", &crate_name]);
    // All versions are one crate to rustc, as they are if cargo compiles them.
    rustc.arg(format!("-Cmetadata={crate_name}")).args(externs(hot)).args(flags());
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("CARGO_") {
            rustc.env_remove(variable);
        }
    }
    let version = [("", "0.1.0"), ("_MAJOR", "0"), ("_MINOR", "1"), ("_PATCH", "0"), ("_PRE", "")];
    rustc.envs(version.map(|(part, number)| (format!("CARGO_PKG_VERSION{part}"), number)));
    rustc.env("CARGO_PKG_NAME", name).env("CARGO_CRATE_NAME", &crate_name);
    rustc.env("CARGO_MANIFEST_DIR", folder);
    rustc
}

/// The flags that all of this was compiled with: a sanitizer's.
fn flags() -> Vec<String> {
    env::var("RUSTFLAGS").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The arguments that name the libraries, with code and not only their metadata. Bundles are not
/// among them: their files have no hash in the name, so another cargo may have put one there that
/// is compiled with other libraries. `hot` is the crate of this name.
fn externs(hot: &str) -> impl Iterator<Item = String> {
    let (pairs, _) = LIBRARIES.as_chunks::<2>();
    let libraries = pairs.iter().filter_map(move |[option, value]| {
        let Some((name, path)) = value.split_once('=').filter(|_| *option == "--extern") else {
            return Some([(*option).to_owned(), (*value).to_owned()]);
        };
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = match name {
            name if name == hot => "hot",
            "hot" | "hot_rt" => return None,
            name => name,
        };
        let path =
            path.strip_suffix(".rmeta").map_or(path.to_owned(), |start| format!("{start}.rlib"));
        file.contains('-').then(|| [(*option).to_owned(), format!("{name}={path}")])
    });
    libraries.flatten()
}
