//! What a page of the docs tells its reader to do, block by block.

use std::fs;

use crate::diff::{self, Change};
use tests::fixture::repository;

/// The pages, by their paths in the repository.
pub(crate) const README: &str = "README.md";
pub(crate) const GUIDE: &str = "hotreload/docs/guide.md";
pub(crate) const REFERENCE: &str = "hotreload/docs/reference.md";

/// What a block tells to do.
#[derive(Debug)]
pub(crate) enum Step {
    Run(String),
    /// A whole file, whose path stands in the block's first line.
    Write(String, String),
    Edit(Edit),
    /// Lines that come, in this order.
    See(Vec<String>),
}

#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) file: String,
    pub(crate) changes: Vec<Change>,
}

pub(crate) fn text(page: &str) -> String {
    fs::read_to_string(repository().join(page)).unwrap()
}

/// What stands below this heading, down to the next one of its kind.
pub(crate) fn section(page: &str, heading: &str) -> String {
    let text = text(page);
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What the blocks of the text tell to do.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    // Blocks may stand within lists.
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.trim_start().strip_prefix("```") else { continue };
        let indent = line.len() - line.trim_start().len();
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let mut block = block.map(|line| line.get(indent..).unwrap_or_default().to_owned());
        match kind {
            "sh" => steps.extend(block.map(|line| match line.split_once(" #") {
                Some((command, _)) => Step::Run(command.trim_end().to_owned()),
                None => Step::Run(line),
            })),
            "text" => steps.push(Step::See(block.collect())),
            "diff" => {
                let file = block.next().unwrap().strip_prefix("--- ").unwrap().to_owned();
                steps.push(Step::Edit(Edit { file, changes: diff::changes(block) }));
            }
            "rust" => {
                let path = block.next().unwrap().strip_prefix("// ").unwrap().to_owned();
                let content: Vec<_> = block.collect();
                steps.push(Step::Write(path, content.join("\n") + "\n"));
            }
            other => panic!("a block of the kind {other:?}"),
        }
    }
    steps
}

/// How many commands, files, edits and outputs there are.
pub(crate) fn counts(steps: &[Step]) -> [usize; 4] {
    let mut counts = [0; 4];
    for step in steps {
        counts[match step {
            Step::Run(_) => 0,
            Step::Write(..) => 1,
            Step::Edit(_) => 2,
            Step::See(_) => 3,
        }] += 1;
    }
    counts
}
