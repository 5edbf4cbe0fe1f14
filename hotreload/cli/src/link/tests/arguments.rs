//! How rustc calls.

use std::{
    ffi::{OsStr, OsString},
    fs,
    process::Command,
};

use super::{Folder, exported, names};
use crate::link::{
    arguments::{Arguments, Compiler},
    link,
};

#[test]
fn arguments_come_from_files_as_well() {
    let folder = Folder::new();
    let (file, nested) = (folder.path("arguments"), folder.path("nested"));
    fs::write(&nested, "in\\ nested\n'single \"quotes\"'").unwrap();
    let text =
        format!("one\\ word\n\"two \\\" words\" @{}\n  three'' ''\n-l\nsome", nested.display());
    fs::write(&file, text).unwrap();
    let given = [format!("@{}", file.display()), "@/no/such/file".into(), "last".into()];
    let read = Arguments::read(given.map(OsString::from));
    let words = [
        "one word",
        "two \" words",
        "in nested",
        "single \"quotes\"",
        "three",
        "",
        "-lsome",
        "@/no/such/file",
        "last",
    ];
    assert_eq!(read.0, words.map(OsString::from));

    let written = Arguments(
        ["a b", "\"q\"", "it's", "back\\slash", "plain", "line\nbreak"].map(OsString::from).into(),
    );
    fs::write(&file, written.to_text()).unwrap();
    let again = Arguments::read([OsString::from(format!("@{}", file.display()))]);
    assert_eq!(again.0, written.0);
}

/// More than the system takes at once, which rustc passes in a file.
#[test]
fn many_arguments_are_linked() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let mut arguments = folder.arguments(&archive, &[]);
    let roundabout = folder.path(&"./".repeat(1500)).join("libone.rlib");
    arguments.0.extend(std::iter::repeat_n(OsString::from(roundabout), 1000));
    let file = folder.path("linker-arguments");
    fs::write(&file, arguments.to_text()).unwrap();
    let mut argument = OsString::from("@");
    argument.push(&file);
    let status = link(&Compiler("cc".as_ref()), &Arguments::read([argument])).unwrap();
    assert!(status.success());
    assert_eq!(exported(&folder.path("libgiven.so")), names(&["listed", "one"]));
}

/// A program is linked as if nobody stood between.
#[test]
fn a_program_is_none_of_our_business() {
    let folder = Folder::new();
    let object = folder.object("main.o", "int main(void) { return 7; }");
    let output = folder.path("program");
    let arguments = [object.as_os_str(), OsStr::new("-o"), output.as_os_str()];
    let status = link(&Compiler("cc".as_ref()), &Arguments::read(arguments.map(OsStr::to_owned)));
    assert!(status.unwrap().success());
    assert_eq!(Command::new(output).status().unwrap().code(), Some(7));
}
