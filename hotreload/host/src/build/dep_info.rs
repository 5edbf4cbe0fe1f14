//! The files that cargo and rustc note that a build has read (dep-info).

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files that a dep-info file lists. Where rustc has written it they are relative to the root; where
/// the user set `build.dep-info-basedir`, to that or to a folder above. `None` if there is no such file.
pub(crate) fn listed(file: &Path, root: &Path) -> Option<Vec<PathBuf>> {
    let listed = read(file)?;
    let relative: Vec<_> = listed.iter().filter(|it| it.is_relative()).collect();
    let is_base = |folder: &&Path| relative.iter().all(|it| folder.join(it).exists());
    // A file may be gone since: then nothing tells, and mostly it is the root.
    let base = root.ancestors().find(is_base).unwrap_or(root);
    Some(listed.iter().map(|path| base.join(path)).collect())
}

/// Those that cargo has listed of a whole program, where they are now: a project can be copied or
/// moved with its target folder, or have that of another copy. `own` is what rustc has written of the
/// program's own crate.
pub(crate) fn listed_of_program(
    all: &Path,
    own: Option<&Path>,
    root: &Path,
) -> Option<Vec<PathBuf>> {
    let all = listed(all, root)?;
    let was = own.and_then(read).and_then(|own| {
        let mut own = own.iter().filter(|path| path.is_relative());
        // The root is what is left of a path before what rustc calls the same file.
        own.find_map(|end| {
            let path = all.iter().find(|path| path.ends_with(end))?;
            path.ancestors().nth(end.iter().count())
        })
    });
    let Some((was, is)) = was.and_then(|was| moved(was, root)) else { return Some(all) };
    let now = |path: PathBuf| {
        let now = path.strip_prefix(was).map(|rest| is.join(rest));
        now.ok().filter(|it| it.exists()).unwrap_or(path)
    };
    Some(all.iter().cloned().map(now).collect())
}

/// Without what is called the same in both: what lies beside the root may have gone with it.
fn moved<'a>(mut was: &'a Path, mut is: &'a Path) -> Option<(&'a Path, &'a Path)> {
    if was == is {
        return None;
    }
    while was.file_name().is_some() && was.file_name() == is.file_name() {
        (was, is) = (was.parent()?, is.parent()?);
    }
    Some((was, is))
}

fn read(file: &Path) -> Option<Vec<PathBuf>> {
    Some(dep_info(&fs::read_to_string(file).ok()?))
}

/// The text of such a file, of a library and what it is made of.
pub(super) fn written<'a>(library: &Path, files: impl Iterator<Item = &'a PathBuf>) -> String {
    let escaped = |path: &Path| path.to_string_lossy().replace(' ', "\\ ");
    let files: Vec<_> = files.map(|it| escaped(it)).collect();
    format!("{}: {}\n", escaped(library), files.join(" "))
}

/// The paths after the first colon; spaces in them come after a backslash.
fn dep_info(text: &str) -> Vec<PathBuf> {
    // A drive has a colon too, but no space after it.
    let Some((_, list)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let mut paths = vec![String::new()];
    let mut rest = list.chars().peekable();
    while let Some(char) = rest.next() {
        let last = paths.last_mut().expect("it begins with one");
        match char {
            '\\' if rest.peek() == Some(&' ') => {
                last.push(' ');
                rest.next();
            }
            ' ' => paths.push(String::new()),
            char => last.push(char),
        }
    }
    paths.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dep_info() {
        let text =
            "/t/debug/libb.so: /b/build.rs /b/src/../../x\\ y.txt C:\\b\\src\\lib.rs\n\n/b:\n";
        let expected = ["/b/build.rs", "/b/src/../../x y.txt", "C:\\b\\src\\lib.rs"];
        let expected = expected.map(PathBuf::from);
        assert_eq!(dep_info(text), expected);
        let text = written(Path::new("/t/a library.so"), expected.iter());
        assert_eq!(dep_info(&text), expected);
        for text in ["", "\n", "/t/libb.so:", "/t/libb.so: ", "nonsense"] {
            assert!(dep_info(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_a_copy_was_built_of_is_the_copys() {
        let folder = tempfile::TempDir::new().unwrap();
        let [was, is, elsewhere] = ["was", "is", "elsewhere.rs"].map(|it| folder.path().join(it));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for root in [&was, &is] {
            write(root.join("game/app/main.rs"), "");
            write(root.join("beside/lib.rs"), "");
        }
        write(was.join("game/only.rs"), "");
        let path = |path: PathBuf| path.to_str().unwrap().replace(' ', "\\ ");
        let of_was = ["game/app/main.rs", "beside/lib.rs", "game/only.rs"].map(|it| was.join(it));
        let all = of_was.clone().into_iter().chain([elsewhere.clone()]);
        let all = all.map(path).collect::<Vec<_>>().join(" ");
        let [file, own] = ["host.d", "deps/host.d"].map(|it| folder.path().join(it));
        write(file.clone(), &format!("host: {all}\n"));
        write(own.clone(), "host: app/main.rs /of/a/script.rs\n");
        let listed = |root: &Path| listed_of_program(&file, Some(&own), &root.join("game"));
        let [main, beside, only] = of_was;
        let expected = [main, beside, only.clone(), elsewhere.clone()];
        assert_eq!(listed(&was), Some(expected.to_vec()));
        let expected = [is.join("game/app/main.rs"), is.join("beside/lib.rs"), only, elsewhere];
        assert_eq!(listed(&is), Some(expected.to_vec()));
    }
}
