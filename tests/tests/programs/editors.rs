//! What docs/editors.md tells to write: its JSON is JSON, and the task for VS Code finds what rustc
//! reports in what the command prints.
#![cfg(unix)]

use std::{fs, path::PathBuf};

use regex_lite::{Captures, Regex};
use serde_json::Value;
use tests::{fixture::repository, project::Project};

use crate::{cli_run::in_terminal_with, terminal::Terminal};

/// The JSON blocks of the page.
fn blocks() -> Vec<Value> {
    let page = fs::read_to_string(repository().join("hotreload/docs/editors.md")).unwrap();
    let blocks = page.split("```json\n").skip(1).map(|it| it.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).expect(block)).collect()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

fn regex(text: &Value) -> Regex {
    Regex::new(text.as_str().unwrap()).unwrap()
}

/// A problem matcher of VS Code's that runs in the background: what it lists after these lines, and
/// whether it waits for a build's end. As `WatchingProblemCollector` does it.
struct Matcher {
    begins: Regex,
    ends: Regex,
    patterns: Vec<(Regex, Value)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Problem {
    severity: String,
    file: PathBuf,
    line: u32,
    column: u32,
    message: String,
}

impl Matcher {
    fn new(matcher: &Value) -> Matcher {
        let background = &matcher["background"];
        assert_eq!(background["activeOnStart"], true);
        let patterns = matcher["pattern"].as_array().unwrap();
        Matcher {
            begins: regex(&background["beginsPattern"]),
            ends: regex(&background["endsPattern"]),
            patterns: patterns.iter().map(|it| (regex(&it["regexp"]), it.clone())).collect(),
        }
    }

    fn read(&self, lines: &[&str]) -> (Vec<Problem>, bool) {
        let (mut listed, mut found, mut is_active) = (Vec::new(), Vec::new(), true);
        for (number, line) in lines.iter().enumerate() {
            if !is_active && self.begins.is_match(line) {
                is_active = true;
                found = Vec::new();
            } else if is_active && self.ends.is_match(line) {
                is_active = false;
                listed = std::mem::take(&mut found);
            } else if let Some(problem) = self.problem(&lines[number..]) {
                found.push(problem);
            }
        }
        (listed, is_active)
    }

    fn problem(&self, lines: &[&str]) -> Option<Problem> {
        let found = self.patterns.iter().zip(lines);
        let found: Vec<(Captures<'_>, &Value)> = found
            .map(|((regex, pattern), line)| Some((regex.captures(line)?, pattern)))
            .collect::<Option<_>>()?;
        let part = |name: &str| {
            let part = found.iter().find_map(|(captures, pattern)| {
                captures.get(usize::try_from(pattern[name].as_u64()?).unwrap())
            });
            part.unwrap_or_else(|| panic!("no {name}")).as_str().to_owned()
        };
        (found.len() == self.patterns.len()).then(|| Problem {
            severity: part("severity"),
            file: part("file").into(),
            line: part("line").parse().unwrap(),
            column: part("column").parse().unwrap(),
            message: part("message"),
        })
    }
}

#[test]
fn the_task_for_vs_code_lists_what_is_wrong() {
    let project = Project::shared();
    let [tasks, zed] = &blocks()[..] else { panic!("two blocks") };
    assert_eq!(
        (&zed[0]["command"], strings(&zed[0]["args"])),
        (&"cargo".into(), vec!["hotreload", "run"])
    );
    let task = &tasks["tasks"][0];
    assert_eq!((&task["command"], &task["isBackground"]), (&"cargo".into(), &true.into()));
    let matcher = Matcher::new(&task["problemMatcher"]);
    assert_eq!(
        strings(&task["problemMatcher"]["fileLocation"]),
        ["autoDetect", "${workspaceFolder}"],
        "else the places would have to be whole paths"
    );
    let variables = task["options"]["env"].as_object().unwrap().iter();
    let variables: Vec<_> =
        variables.map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
    let arguments = strings(&task["args"]);
    let mut terminal = in_terminal_with(&project, &arguments, (400, 300), &variables);
    let lists = |terminal: &mut Terminal, wanted: &[Problem]| {
        terminal.wait_for(&format!("{wanted:?}"), |screen| {
            let (listed, is_active) = matcher.read(&screen.lines().collect::<Vec<_>>());
            (listed == wanted && !is_active).then_some(())
        });
    };
    let problem = |severity: &str, column, message: &str| Problem {
        severity: severity.to_owned(),
        file: "usual-rules/src/lib.rs".into(),
        line: 3,
        column,
        message: message.to_owned(),
    };
    lists(&mut terminal, &[]);
    terminal.wait_for_text("answer 1.");
    project.edit("let _: i32 = (3); let _: u8 = \"a\"; let _: u8 = \"b\"; 2");
    let warning = || problem("warning", 39, "unnecessary parentheses around assigned value");
    let error = |column| problem("error", column, "mismatched types");
    lists(&mut terminal, &[warning(), error(56), error(73)]);
    project.edit("let _: i32 = (3); 2");
    lists(&mut terminal, &[warning()]);
    project.edit("3");
    lists(&mut terminal, &[]);
    assert!(project.workspace.folder().join(error(1).file).is_file());
    terminal.press("\x03");
    assert_eq!(terminal.end().exit_code(), 130);
}
