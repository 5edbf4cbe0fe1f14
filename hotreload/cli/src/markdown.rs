//! Markdown as a terminal shows it: headings bold, code coloured, words wrapped.

use std::{
    fmt::{Display, Write as _},
    mem,
};

use clap::builder::styling::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use textwrap::WordSplitter;

use super::output::HEADING;

const CODE: Style = AnsiColor::Cyan.on_default();

/// Renders what the pages of error codes are written in, in lines of so many columns.
pub(super) fn rendered(markdown: &str, width: usize) -> String {
    let mut page = Page { width, ..Page::default() };
    Parser::new_ext(markdown, Options::ENABLE_TABLES).for_each(|event| page.take(event));
    page.text.trim_start().to_owned()
}

#[derive(Default)]
struct Page {
    width: usize,
    text: String,
    /// What stands in the block that is open, with its styles.
    block: String,
    /// Whether the last block was a heading.
    is_headed: bool,
    /// How many lists are around the block.
    lists: usize,
    /// Whether the block is the first one of its item.
    begins_item: bool,
    /// Whether the cell is the first one of its row.
    begins_row: bool,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.text.push('\n');
                self.style(HEADING);
            }
            Event::End(TagEnd::Heading(_)) => {
                self.style(HEADING.render_reset());
                self.close("");
                self.is_headed = true;
            }
            Event::Start(Tag::Paragraph | Tag::CodeBlock(_) | Tag::Table(_)) => self.begin(),
            Event::End(TagEnd::Paragraph) => self.close_paragraph(),
            Event::End(TagEnd::CodeBlock) => self.close_code(),
            Event::Start(Tag::List(_)) => {
                // The item that it is in may have a text before it.
                self.close_paragraph();
                self.begin();
                self.lists += 1;
            }
            Event::End(TagEnd::List(_)) => self.lists -= 1,
            Event::Start(Tag::Item) => self.begins_item = true,
            Event::End(TagEnd::Item) => self.close_paragraph(),
            Event::Start(Tag::TableHead) => {
                self.begins_row = true;
                self.style(HEADING);
            }
            Event::End(TagEnd::TableHead) => {
                write!(self.text, "{HEADING:#}").expect("a String takes everything");
            }
            Event::Start(Tag::TableRow) => self.begins_row = true,
            // What is beside a first cell in a wide window stands below it.
            Event::End(TagEnd::TableCell) => {
                self.close(if self.begins_row { "  " } else { "      " });
                self.begins_row = false;
            }
            Event::Start(Tag::Strong) => self.style(HEADING),
            Event::End(TagEnd::Strong) => self.style(HEADING.render_reset()),
            Event::Code(text) => self.style(format_args!("{CODE}{text}{CODE:#}")),
            Event::Text(text) => self.block.push_str(&text),
            Event::SoftBreak | Event::HardBreak => self.block.push(' '),
            _ => {}
        }
    }

    fn style(&mut self, style: impl Display) {
        write!(self.block, "{style}").expect("a String takes everything");
    }

    /// Sets a block off from the one before. Items stand close together, and so does what a heading is for.
    fn begin(&mut self) {
        if self.lists == 0 && !self.is_headed {
            self.text.push('\n');
        }
        self.is_headed = false;
    }

    fn close_paragraph(&mut self) {
        let indent = "  ".repeat(self.lists.saturating_sub(1));
        let bullet = match (self.lists, mem::take(&mut self.begins_item)) {
            (0, _) => "",
            (_, true) => "- ",
            (_, false) => "  ",
        };
        self.close(&format!("{indent}{bullet}"));
    }

    fn close_code(&mut self) {
        let code = mem::take(&mut self.block);
        for line in code.lines() {
            let text = line.trim_start();
            let indent = line.len() - text.len() + 4;
            self.block = format!("{CODE}{text}{CODE:#}");
            self.close(&" ".repeat(indent));
        }
    }

    /// Writes the open block, if there is any: `first` before its first line, as many columns before the
    /// others.
    fn close(&mut self, first: &str) {
        let block = mem::take(&mut self.block);
        let rest = " ".repeat(first.len());
        let options = textwrap::Options::new(self.width.max(1))
            .initial_indent(first)
            .subsequent_indent(&rest)
            .word_splitter(WordSplitter::NoHyphenation);
        if !block.is_empty() {
            self.text.push_str(&textwrap::fill(&block, options));
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HOT1: a title\n\n### What happened\n\nSome `code here` and **strong** words.\n\n\
        ```text\nHOT1: it\n  help:  do something else\n```\n\n- one item that is long\n- two\n\n\
        | of | instead |\n|---|---|\n| `a` | the other one |\n";

    #[test]
    fn a_page_is_wrapped_by_words() {
        let plain = anstream::adapter::strip_str(&rendered(PAGE, 22)).to_string();
        assert_eq!(
            plain,
            "HOT1: a title\n\nWhat happened\nSome code here and\nstrong words.\n\n    \
             HOT1: it\n      help:  do\n      something else\n\n- one item that is\n  long\n- two\n\n  \
             of\n      instead\n  a\n      the other one\n"
        );
    }

    #[test]
    fn headings_are_bold_and_code_is_coloured() {
        let text = rendered(PAGE, 80);
        assert!(text.contains(&format!("{HEADING}What happened{HEADING:#}\n")), "{text:?}");
        assert!(text.contains(&format!("Some {CODE}code here{CODE:#} and {HEADING}strong")));
        assert!(text.contains(&format!("\n    {CODE}HOT1: it{CODE:#}\n      {CODE}help:  do")));
    }
}
