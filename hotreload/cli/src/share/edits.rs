//! Files as they are and as they shall be. They are shown as a diff, and written together: if one of them
//! cannot be, those before it are put back.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use similar::TextDiff;

use hot_host::{Code, Error, Reason, Result};

/// The files of a workspace that shall be changed.
#[derive(Debug)]
pub(super) struct Edits {
    root: PathBuf,
    files: BTreeMap<PathBuf, Edit>,
}

/// One of them: its text before and after; none where it is not there.
#[derive(Debug, Default)]
struct Edit {
    before: Option<String>,
    after: Option<String>,
}

impl Edits {
    pub(super) fn new(root: &Path) -> Edits {
        Edits { root: root.to_owned(), files: BTreeMap::new() }
    }

    /// A file that is not there yet.
    pub(super) fn create(&mut self, path: &Path, text: String) {
        self.files.insert(path.to_owned(), Edit { before: None, after: Some(text) });
    }

    /// Changes a file, or what was made of it so far.
    ///
    /// # Errors
    /// What `change` says, or that the file cannot be read.
    pub(super) fn change(
        &mut self,
        path: &Path,
        change: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<()> {
        let edit = self.edit(path)?;
        let text = change(edit.after.as_deref().unwrap_or_default());
        edit.after =
            Some(text.map_err(|what| Error::from(Reason::new(Code::NotCreated, what).file(path)))?);
        Ok(())
    }

    /// Removes a file.
    pub(super) fn remove(&mut self, path: &Path) -> Result<()> {
        self.edit(path)?.after = None;
        Ok(())
    }

    fn edit(&mut self, path: &Path) -> Result<&mut Edit> {
        if !self.files.contains_key(path) {
            let text = fs::read_to_string(path)
                .map_err(|error| failed("it cannot be read", path, error))?;
            let edit = Edit { before: Some(text.clone()), after: Some(text) };
            self.files.insert(path.to_owned(), edit);
        }
        Ok(self.files.get_mut(path).expect("it was just put there"))
    }

    /// What changes, as `diff -u` shows it.
    pub(super) fn diff(&self) -> String {
        let mut text = String::new();
        for (path, Edit { before, after }) in self.changed() {
            let name = path.strip_prefix(&self.root).unwrap_or(path).display().to_string();
            let name_of = |text: &Option<String>| match text {
                Some(_) => name.clone(),
                None => "/dev/null".to_owned(),
            };
            let (old, new) = (name_of(before), name_of(after));
            let before = before.as_deref().unwrap_or_default();
            let after = after.as_deref().unwrap_or_default();
            let diff = TextDiff::from_lines(before, after);
            let _ = write!(text, "{}", diff.unified_diff().context_radius(2).header(&old, &new));
        }
        text
    }

    /// Writes all of it.
    pub(super) fn write(&self) -> Result<()> {
        let mut written: Vec<(&Path, &Option<String>)> = Vec::new();
        for (path, Edit { before, after }) in self.changed() {
            if let Err(error) = put(path, after.as_deref()) {
                for (path, before) in written {
                    // What is left then is named in the error that led here.
                    let _ = put(path, before.as_deref());
                }
                return Err(failed("it cannot be written: nothing was changed", path, error));
            }
            written.push((path, before));
        }
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = (&Path, &Edit)> {
        let files = self.files.iter().filter(|(_, edit)| edit.before != edit.after);
        files.map(|(path, edit)| (&**path, edit))
    }
}

/// Replaces a file as a whole, with the rights that it has; or removes it, with folders that are empty
/// then.
fn put(path: &Path, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        let mut folders = path.ancestors().skip(1).take(2);
        // One that is not empty stays, and what is above it.
        let _ = folders.try_for_each(fs::remove_dir);
        return Ok(());
    };
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(&target) {
        file.as_file().set_permissions(metadata.permissions())?;
    } else {
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    file.persist(&target).map(|_| ()).map_err(|error| error.error)
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::from(Reason::new(Code::NotCreated, what).file(path)).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1\n").unwrap();
        fs::write(path("z"), "a file, not a folder").unwrap();
        let mut edits = Edits::new(folder.path());
        edits.change(&path("a"), |_| Ok("2\n".to_owned())).unwrap();
        edits.create(&path("b/c"), "3\n".to_owned());
        edits.create(&path("z/y"), "4\n".to_owned());
        assert!(
            edits.diff().starts_with("--- a\n+++ a\n@@ -1 +1 @@\n-1\n+2\n--- /dev/null\n+++ b/c\n")
        );
        edits.write().unwrap_err();
        assert_eq!(fs::read_to_string(path("a")).unwrap(), "1\n");
        assert!(!path("b/c").exists());

        edits.files.remove(&path("z/y"));
        edits.write().unwrap();
        assert_eq!(fs::read_to_string(path("b/c")).unwrap(), "3\n");
        let mut back = Edits::new(folder.path());
        back.remove(&path("b/c")).unwrap();
        back.write().unwrap();
        assert!(!path("b").exists() && path("a").exists());
    }
}
