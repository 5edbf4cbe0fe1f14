//! What the reference tells to write, by hand, is written, run, edited and refused, word for word.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Stdio},
    sync::mpsc::{self, Receiver},
};

use crate::{
    diff::{self, Change},
    page::{self, REFERENCE},
};
use tests::PATIENCE;
use tests::fixture::{PROFILE, cargo, repository, root};

/// The code blocks whose first line names a file.
fn files() -> Vec<(String, String)> {
    let page = page::text(REFERENCE);
    let blocks =
        page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap().1);
    let named = blocks.filter_map(|block| {
        let first = block.lines().next()?;
        let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("// "))?;
        let is_file = name.ends_with(".toml") || name.ends_with(".rs");
        is_file.then(|| (name.to_owned(), block.to_owned()))
    });
    named.collect()
}

/// The code block that begins with this line, without it.
fn block(first: &str) -> String {
    let page = page::text(REFERENCE);
    let (_, rest) = page.split_once(&format!("```rust\n{first}\n")).expect(first);
    rest.split("```").next().unwrap().to_owned()
}

/// The edit of this file.
fn diff_of(file: &str) -> Vec<Change> {
    let page = page::text(REFERENCE);
    let (_, rest) = page.split_once(&format!("```diff\n--- {file}\n")).expect(file);
    diff::changes(rest.split("```").next().unwrap().lines().map(str::to_owned))
}

struct App {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl App {
    fn run(folder: &Path) -> App {
        let mut command = cargo();
        command.current_dir(folder).args(["run", "--quiet", "--offline", "-p", "app"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout: ChildStdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let second = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        std::thread::spawn(move || {
            BufReader::new(stderr)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| second.send(line))
        });
        App { child, lines }
    }

    /// Reads on until a line satisfies it.
    fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("{what} did not come; the last lines:\n{}", seen.join("\n")),
            }
        }
    }
}

fn edit(file: &PathBuf, from: &str, to: &str) {
    let source = fs::read_to_string(file).unwrap();
    assert!(source.contains(from), "the page has no `{from}`");
    fs::write(file, source.replace(from, to)).unwrap();
}

fn append(file: &Path, end: &str) {
    fs::write(file, format!("{}\n{end}", fs::read_to_string(file).unwrap())).unwrap();
}

#[test]
fn a_project_is_written_by_hand_as_the_reference_says() {
    let folder = root().join("reference");
    let files = files();
    assert_eq!(files.len(), 5, "the manifests and sources in the page");
    for (name, content) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let hotreload = repository().join("hotreload").display().to_string();
        let mut content = content.replace("../hotreload/hotreload", &hotreload);
        // The page says nothing of it; it saves the compilation of everything once more.
        if name == "Cargo.toml" {
            content += &format!("\n{PROFILE}");
        }
        fs::write(path, content).unwrap();
    }
    fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();

    let app = App::run(&folder);
    app.wait_for("the first sum", |line| line == "5");
    let source = folder.join("math/src/lib.rs");
    edit(&source, "a + b", "a * b");
    app.wait_for("the report", |line| {
        line.starts_with("math: generation 2 is live: add changed (")
    });
    app.wait_for("the product", |line| line == "6");

    edit(&source, "b: i32", "b: i64");
    app.wait_for("rustc's error", |line| line.contains("HOT0704"));
    edit(&source, "a * b", "a + b as i32");
    app.wait_for("the refusal", |line| line.contains("HOT0301"));
    app.wait_for("the old code", |line| line == "6");
    edit(&source, "b: i64", "b: i32");
    app.wait_for("the sum again", |line| line == "5");
    drop(app);

    // What comes after the first steps: a state, then methods and closures.
    let app_source = folder.join("app/src/main.rs");
    let print = r#"        println!("{}", math::add(2, 3));"#;
    append(&source, &block("// math/src/lib.rs, further down"));
    edit(&app_source, print, &block("// app/src/main.rs, in the loop"));
    let app = App::run(&folder);
    app.wait_for("the first notes", |line| line == "2 sums");
    let source_before = fs::read_to_string(&source).unwrap();
    diff::apply(&source, &diff_of("math/src/lib.rs"));
    app.wait_for("what moved", |line| {
        line.starts_with("math: generation 2 is live: note changed")
            && line.contains("; math::NOTES moved (")
    });
    let line = app.wait_for("the next note", |line| line.ends_with(" sums, at most 5"));
    let count: u32 = line.split_once(' ').unwrap().0.parse().unwrap();
    assert!(count > 2, "all notes are still there: {line}");
    drop(app);
    fs::write(&source, source_before).unwrap();

    append(&source, &block("// math/src/lib.rs, at its end"));
    let at_its_end = block("// app/src/main.rs, at the loop's end");
    edit(&app_source, "        std::thread", &format!("{at_its_end}        std::thread"));
    let app = App::run(&folder);
    app.wait_for("the first sums", |line| line == "2 sums, 5 on average");
    edit(&source, "self.sum / self.count", "self.sum * 0 - self.count");
    let line = app.wait_for("the edited method", |line| line.contains(" sums, -"));
    let (sums, average) = line.split_once(" sums, -").unwrap();
    assert_eq!(format!("{sums} on average"), average, "all sums are still there");
    assert!(sums.parse::<u32>().unwrap() > 2, "{line}");
}
