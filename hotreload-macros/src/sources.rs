//! A hash of the framework's sources, for the fingerprint. What host and bundle both see in memory is
//! laid out by the sources of the crates that both sides link, and by the code that these macros
//! write: where the hashes are equal, both sides were compiled from the same text.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

/// The hash of the sources of these macros and of the package that is being compiled, which lies
/// in the folder `package`.
pub(crate) fn expand(package: Option<PathBuf>) -> TokenStream {
    let package = package.unwrap_or_default();
    let folders = [Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), package.join("src")];
    match read(&folders) {
        Ok(sources) => {
            let hash = Literal::u128_suffixed(hash(&sources));
            let paths = sources.iter().map(|source| &source.file);
            quote! {{
                // Has cargo compile the crate again whenever one of them changes, modules that
                // `#[cfg]` leaves out too.
                #[allow(dead_code, reason = "it only names files; nothing of it is in the library")]
                fn tracked() {
                    #(let _ = ::core::include_bytes!(#paths);)*
                }
                #hash
            }}
        }
        Err(error) => {
            let text = format!("the sources in {folders:?} cannot be read: {error}");
            quote!(::core::compile_error!(#text))
        }
    }
}

struct Source {
    file: String,
    /// The path within the folder, with `/` on every system.
    name: String,
    /// With line ends of one kind, however it was checked out.
    text: String,
}

/// All sources in these folders, folder by folder, each sorted by name.
fn read(folders: &[PathBuf]) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in folders {
        let mut of_folder = Vec::new();
        add(folder, "", &mut of_folder)?;
        of_folder.sort_by(|a, b| a.name.cmp(&b.name));
        sources.append(&mut of_folder);
    }
    Ok(sources)
}

fn add(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = format!("{prefix}{}", name.display());
        if entry.file_type()?.is_dir() {
            add(&path, &format!("{name}/"), sources)?;
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path)?.replace("\r\n", "\n");
            sources.push(Source { file: path.display().to_string(), name, text });
        }
    }
    Ok(())
}

fn hash(sources: &[Source]) -> u128 {
    let mut hasher = SipHasher24::new();
    for Source { name, text, .. } in sources {
        for part in [name, text] {
            std::hash::Hasher::write(&mut hasher, &(part.len() as u64).to_le_bytes());
            std::hash::Hasher::write(&mut hasher, part.as_bytes());
        }
    }
    hasher.finish128().as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a package with these files.
    fn of(test: &str, files: &[(&str, &str)]) -> u128 {
        let folder = std::env::temp_dir().join(format!("{test}-{}", std::process::id()));
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let sources = read(&[folder.join("src")]).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert!(sources.is_sorted_by_key(|source| &source.name));
        hash(&sources)
    }

    #[test]
    fn line_ends_and_the_order_of_a_folder_do_not_count_and_all_else_does() {
        let a = ("src/a.rs", "struct A {\n    x: u8,\n}\n");
        let b = ("src/b/c.rs", "const C: u8 = 1;\n");
        let hash = of("sources", &[a, b]);
        assert_eq!(of("sources-order", &[b, a]), hash);
        let windows = ("src/a.rs", "struct A {\r\n    x: u8,\r\n}\r\n");
        assert_eq!(of("sources-windows", &[windows, b]), hash);
        assert_eq!(of("sources-other", &[a, b, ("README.md", "x"), ("src/page.md", "x")]), hash);
        let others = [
            of("sources-edited", &[("src/a.rs", "struct A {\n    x: u16,\n}\n"), b]),
            of("sources-moved", &[a, ("src/b.rs", b.1)]),
            of("sources-fewer", &[a]),
            of("sources-more", &[a, b, ("src/d.rs", "")]),
            of("sources-shifted", &[("src/a.rs", "struct A {\n    x: u8,\n}\nsrc"), b]),
        ];
        for other in others {
            assert_ne!(other, hash);
        }
    }
}
