//! What rustc keeps of a crate for its next call: a folder for each call, a "session", and a file beside it
//! that it has locked while it reads or writes that.
//!
//! ```text
//! logic-1k2f0t6z3c5jh/s-hcpn4f2y8e-0x2d9ni-1v7cqd8oxbk9cb6y/
//! logic-1k2f0t6z3c5jh/s-hcpn4f2y8e-0x2d9ni.lock
//! ```

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::build::unit::entries;

/// The folder of the last call that has ended well, of one of these folders of crates.
pub(super) fn latest(crates: impl Iterator<Item = PathBuf>, crate_name: &str) -> Option<PathBuf> {
    let is_crates = |path: &PathBuf| {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        name.rsplit_once('-').is_some_and(|(name, _)| name == crate_name)
    };
    let sessions = crates.filter(is_crates).flat_map(|it| entries(&it)).filter(|it| is_whole(it));
    sessions
        .filter_map(|it| Some((fs::metadata(&it).and_then(|it| it.modified()).ok()?, it)))
        .max()
        .map(|(_, session)| session)
}

fn is_whole(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    name.starts_with("s-") && !name.ends_with("-working") && path.is_dir()
}

/// Removes what the calls before the latest have kept of the same crate. rustc does so itself, but when it
/// begins its next call, for which somebody waits. What another rustc is reading stays.
pub(super) fn remove_older(latest: &Path) {
    let Some(of_crate) = latest.parent() else { return };
    // The names begin with the time, in as many digits. There may be a newer one by now.
    let older = entries(of_crate).filter(|it| it.as_path() < latest && is_whole(it));
    for session in older.collect::<Vec<_>>() {
        let name = session.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let Some((name, _)) = name.rsplit_once('-') else { continue };
        let lock = of_crate.join(format!("{name}.lock"));
        // As rustc does it: whoever has the lock may remove both.
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_ok() && fs::remove_dir_all(&session).is_ok() {
            let _ = fs::remove_file(&lock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_goes_unless_somebody_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let of_crate = folder.path().join("logic-1k2f");
        let session = |name: &str| {
            let path = of_crate.join(name);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("query-cache.bin"), "").unwrap();
            let (name, _) = name.rsplit_once('-').unwrap();
            File::create(of_crate.join(format!("{name}.lock"))).unwrap();
            path
        };
        let [older, read, working] = ["s-a-1-ab", "s-b-2-cd", "s-d-4-working"].map(session);
        let last = session("s-c-3-ef");
        let newer = session("s-e-5-gh");
        fs::rename(&newer, folder.path().join("aside")).unwrap();
        let crates = || [of_crate.clone(), folder.path().join("other-1k2f")].into_iter();
        assert_eq!(latest(crates(), "logic"), Some(last.clone()));
        assert_eq!(latest(crates(), "other"), None);
        let reader = File::open(of_crate.join("s-b-2.lock")).unwrap();
        reader.lock_shared().unwrap();
        fs::rename(folder.path().join("aside"), &newer).unwrap();
        remove_older(&last);
        assert!(newer.exists());
        assert!(!older.exists() && !of_crate.join("s-a-1.lock").exists());
        assert!(read.exists() && working.exists() && last.join("query-cache.bin").exists());
        drop(reader);
        remove_older(&last);
        assert!(!read.exists() && working.exists() && last.exists());
        assert!(of_crate.join("s-c-3.lock").exists());
    }
}
