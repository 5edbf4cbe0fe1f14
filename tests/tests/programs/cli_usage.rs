//! The command as a whole: help, wrong usage, colour, closed pipes, `explain`, `completions`, `man`.

use std::{
    env, fs, io,
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
};

use hot::Code;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tests::{
    command::command,
    fixture::root,
    ran::{Ran, cli, ran, run},
};

const SUBCOMMANDS: [&str; 12] = [
    "new",
    "run",
    "share",
    "unshare",
    "status",
    "tidy",
    "check",
    "inspect",
    "explain",
    "clean",
    "completions",
    "man",
];

fn here(arguments: &[&str]) -> Ran {
    run(&root(), arguments)
}

#[test]
fn help_says_what_each_does_and_how_it_ends() {
    let ran = here(&["--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for subcommand in SUBCOMMANDS {
        assert!(ran.out.contains(&format!("\n  {subcommand} ")), "{subcommand}: {}", ran.out);
        let own = here(&[subcommand, "--help"]);
        assert_eq!((own.code, own.err.as_str()), (Some(0), ""));
        assert!(own.out.contains("Exit code"), "{subcommand}: {}", own.out);
        let usage = format!("Usage: cargo hotreload {subcommand}");
        assert!(own.out.contains(&usage), "{subcommand}: {}", own.out);
    }
    assert!(ran.out.contains("Exit codes"), "{}", ran.out);
}

#[test]
fn wrong_usage_ends_with_2_and_a_word_on_standard_error() {
    for arguments in [
        &[][..],
        &["unknown"],
        &["--unknown"],
        &["check"],
        &["check", "one.so"],
        &["check", "a", "b", "c"],
        &["inspect"],
        &["inspect", "a", "--format", "yaml"],
        &["new"],
        &["new", "a", "b"],
        &["new", "a", "--bundle-only", "--no-shared"],
        &["completions", "cobol"],
        &["completions"],
        &["man", "a", "b"],
        &["--color", "red", "explain"],
    ] {
        let ran = here(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains("Usage:") || ran.err.contains("--help"), "{ran:?}");
    }
}

#[test]
fn each_subcommand_has_a_manual_page() {
    let folder = root().join("man/man1");
    let _ = fs::remove_dir_all(&folder);
    let ran = here(&["man", folder.to_str().unwrap()]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
    let page = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    for subcommand in SUBCOMMANDS {
        let page = page(&format!("cargo-hotreload-{subcommand}.1"));
        let begins = format!(".SH NAME\ncargo\\-hotreload\\-{subcommand} \\- ");
        assert!(page.contains(&begins) && page.contains("Exit code"), "{page}");
        assert!(page.contains(&format!("\\fBcargo hotreload {subcommand}\\fR")), "{page}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), SUBCOMMANDS.len() + 1);
    let own = here(&["man"]);
    assert_eq!((own.code, own.out), (Some(0), page("cargo-hotreload.1")));

    let file = folder.join("cargo-hotreload.1");
    let ran = here(&["man", file.to_str().unwrap()]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    assert!(ran.err.starts_with("error: the pages cannot be written to "), "{ran:?}");
}

#[test]
fn a_log_that_cannot_be_written_is_said_before_anything_is_built() {
    let ran = here(&["run", "--tty", "--log", "nowhere/log", "-p", "nothing"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.err.starts_with("error: the log cannot be written: nowhere/log: "), "{ran:?}");
}

#[test]
fn cargo_finds_it() {
    let folder = command().parent().unwrap().to_owned();
    let paths = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths(std::iter::once(folder).chain(paths)).unwrap();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut through_cargo = Command::new(cargo);
    through_cargo.current_dir(root()).env("PATH", path).args(["hotreload", "explain", "101"]);
    let (through_cargo, own) = (ran(&mut through_cargo), here(&["explain", "101"]));
    assert_eq!((through_cargo.code, &through_cargo.out), (Some(0), &own.out), "{through_cargo:?}");
    assert_eq!(here(&["hotreload", "explain", "101"]).out, own.out);
    let version = here(&["--version"]).out;
    assert!(
        version.starts_with("cargo hotreload ") || version.starts_with("cargo-hotreload "),
        "{version}"
    );
}

#[test]
fn codes_are_explained_however_they_are_written() {
    let page = here(&["explain", "HOT0301"]);
    assert_eq!(page.code, Some(0));
    let written = include_str!("../../../hotreload/docs/errors/HOT0301.md");
    assert_eq!(page.out.trim_end(), written.trim_end());
    for spelling in ["hot0301", "0301", "301", "Hot0301"] {
        assert_eq!(here(&["explain", spelling]).out, page.out, "{spelling}");
    }
    let list = here(&["explain"]);
    assert_eq!((list.code, list.out.lines().count()), (Some(0), Code::ALL.len()));
    for code in Code::ALL {
        let line = list.out.lines().find(|line| line.starts_with(code.id())).unwrap();
        assert!(line.len() > code.id().len() + 4, "{line}");
    }
    for (unknown, help) in
        [("303999", "lists all"), ("HOT3001", "there is HOT0301: "), ("x\u{1b}y", "lists all")]
    {
        let ran = here(&["explain", unknown]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.starts_with("error: ") && ran.err.contains(help), "{ran:?}");
        assert!(!ran.err.contains('\u{1b}'), "{ran:?}");
    }
    let far = here(&["explain", "HOT9999"]).err;
    assert_eq!(far.matches("HOT").count(), 1, "nothing is like it: {far}");
}

#[test]
fn colour_is_used_when_it_is_asked_for() {
    let out = |variables: &[(&str, &str)], arguments: &[&str]| {
        let ran = ran(cli(&root(), arguments).envs(variables.iter().copied()));
        ran.out + &ran.err
    };
    for arguments in [&["explain"][..], &["inspect", "missing.so"], &["--help"], &["--wrong"]] {
        let with = |more: &[&'static str]| [arguments, more].concat();
        let is_coloured = |text: String| text.contains("\u{1b}[");
        // No terminal here.
        assert!(!is_coloured(out(&[], arguments)), "{arguments:?}");
        assert!(is_coloured(out(&[("CLICOLOR_FORCE", "1")], arguments)), "{arguments:?}");
        // Before `--wrong`, behind which nothing is read.
        let always = ["--color=always"].iter().chain(arguments).copied().collect::<Vec<_>>();
        assert!(is_coloured(out(&[("NO_COLOR", "1")], &always)), "{arguments:?}");
        let never = with(&["--color", "never"]);
        assert!(!is_coloured(out(&[("CLICOLOR_FORCE", "1")], &never)), "{never:?}");
    }
}

/// What it prints in a terminal of so many columns.
fn in_terminal(variables: &[(&str, &str)], arguments: &[&str], cols: u16) -> String {
    let pair =
        native_pty_system().openpty(PtySize { rows: 60, cols, pixel_width: 0, pixel_height: 0 });
    let pair = pair.unwrap();
    let mut builder = CommandBuilder::new(command());
    builder.args(arguments);
    builder.cwd(root());
    builder.env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        builder.env_remove(name);
    }
    variables.iter().for_each(|(name, value)| builder.env(name, value));
    let mut child = pair.slave.spawn_command(builder).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // Linux ends with an error when nobody has the other side open any more.
    let _ = reader.read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_terminal_has_colour_unless_it_is_not_wanted() {
    let plain = |text: &str| !text.contains("\u{1b}[");
    let text = in_terminal(&[], &["inspect", "missing.so"], 100);
    assert!(!plain(&text) && text.contains("HOT0101"), "{text:?}");
    for variables in [[("NO_COLOR", "1")], [("CLICOLOR", "0")], [("TERM", "dumb")]] {
        let text = in_terminal(&variables, &["inspect", "missing.so"], 100);
        assert!(plain(&text) && text.contains("HOT0101"), "{variables:?}: {text:?}");
    }
}

#[test]
fn a_page_is_wrapped_in_a_terminal() {
    let text = in_terminal(&[], &["explain", "301"], 40);
    assert!(text.contains("\u{1b}[1mWhat happened\u{1b}[0m\r\n"), "{text:?}");
    let plain = in_terminal(&[("NO_COLOR", "1")], &["explain", "301"], 40);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(plain.starts_with("HOT0301: "), "{plain}");
    for line in plain.lines() {
        assert!(line.chars().count() <= 40 && !line.starts_with(['#', '`']), "{line:?}\n{plain}");
    }
    // Nothing is lost but the marks.
    let page = here(&["explain", "301"]).out;
    let letters = |text: &str| text.chars().filter(|it| it.is_alphanumeric()).collect::<String>();
    assert_eq!(letters(&plain), letters(&page.replace("```text", "")));
}

#[test]
fn help_is_wrapped_by_words() {
    for subcommand in SUBCOMMANDS.iter().map(Some).chain([None]) {
        let arguments: Vec<_> = subcommand.into_iter().copied().chain(["--help"]).collect();
        let help = ran(cli(&root(), &arguments).env("COLUMNS", "40")).out;
        for line in help.lines().filter(|line| !line.starts_with("Usage:")) {
            let is_word = !line.trim_start().contains(' ');
            assert!(line.chars().count() <= 40 || is_word, "{line:?}\n{help}");
        }
        // No line of a paragraph ends early.
        let last = help.trim_end().rsplit("\n\n").next().unwrap();
        let early = |pair: [&str; 2]| {
            let next = pair[1].split_whitespace().next().unwrap_or_default();
            !pair[1].starts_with(' ') && pair[0].len() + 1 + next.len() <= 40
        };
        let lines: Vec<_> = last.lines().collect();
        assert!(!lines.windows(2).any(|pair| early([pair[0], pair[1]])), "{last}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    for arguments in [&["explain"][..], &["explain", "301"], &["--help"], &["completions", "bash"]]
    {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let ran = ran(cli(&root(), arguments).stdout(writer));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_one() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let child = cli(&root(), &["explain"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.starts_with("error: the output cannot be written"), "{text}");
}

#[test]
fn shells_get_their_scripts() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = here(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        for word in SUBCOMMANDS.iter().chain(&["cargo-hotreload"]) {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    // What bash makes of it: the subcommands that begin so.
    let script = here(&["completions", "bash"]).out;
    let ask = "COMP_WORDS=(cargo-hotreload ins); COMP_CWORD=1
        $(complete -p cargo-hotreload | sed 's/.*-F \\([^ ]*\\).*/\\1/') cargo-hotreload ins cargo-hotreload
        echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let output = ran(bash.args(["--norc", "-c", &format!("{script}\n{ask}")]));
    assert_eq!(output.out.trim(), "inspect", "{output:?}");
}
