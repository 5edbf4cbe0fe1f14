//! Real archives and real links, by the system's compiler.

mod archives;
mod arguments;
mod builds;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use object::{Object as _, ObjectSymbol as _};
use tempfile::TempDir;

use super::{
    arguments::{Arguments, Compiler},
    link,
};

/// A version script as rustc writes it.
const SCRIPT: &str = "{\n  global:\n    listed;\n\n  local:\n    *;\n};";

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn object(&self, name: &str, source: &str) -> PathBuf {
        let (source_file, object) = (self.path("source.c"), self.path(name));
        fs::write(&source_file, source).unwrap();
        let mut cc = Command::new("cc");
        done(cc.args(["-fPIC", "-O1", "-fcommon", "-c", "-o"]).arg(&object).arg(source_file));
        object
    }

    fn archive(&self, name: &str, how: &str, members: &[PathBuf]) -> PathBuf {
        let archive = self.path(name);
        done(Command::new("ar").current_dir(self.0.path()).arg(how).arg(&archive).args(members));
        archive
    }

    /// A library of one archive, linked with what rustc would say.
    fn link(&self, archive: &Path, more: &[&str]) -> PathBuf {
        let output = self.path("libgiven.so");
        let status = link(&Compiler("cc".as_ref()), &self.arguments(archive, more)).unwrap();
        assert!(status.success());
        output
    }

    fn arguments(&self, archive: &Path, more: &[&str]) -> Arguments {
        let script = self.path("list");
        if !script.exists() {
            fs::write(&script, SCRIPT).unwrap();
        }
        let mut all = vec![OsString::from(format!("-Wl,--version-script={}", script.display()))];
        all.push("-Wl,--no-undefined-version".into());
        all.push(self.object("listed.rcgu.o", "int listed(void) { return 0; }").into());
        all.push(archive.into());
        all.extend(["-shared", "-Wl,-soname=libgiven.so", "-o"].map(OsString::from));
        all.push(self.path("libgiven.so").into());
        all.extend(more.iter().map(OsString::from));
        Arguments::read(all)
    }

    /// A program of its own that links.
    fn linker(&self, script: &str) -> PathBuf {
        let path = self.path("linker");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The files under the names of builds.
    fn builds(&self) -> BTreeSet<String> {
        self.files().into_iter().filter(|it| it.starts_with("libgiven-")).collect()
    }
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What a library exports.
fn exported(library: &Path) -> BTreeSet<String> {
    let bytes = fs::read(library).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let symbols = file.dynamic_symbols().filter(|it| !it.is_undefined());
    symbols.map(|it| it.name().unwrap().to_owned()).collect()
}

fn soname(library: &Path) -> String {
    let output = Command::new("readelf").arg("-dW").arg(library).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("(SONAME)")).unwrap();
    line.split(['[', ']']).nth(1).unwrap().to_owned()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|it| (*it).to_owned()).collect()
}
