//! What there is to see, as a picture of any size or as plain lines.

use std::time::Duration;

use super::{Demo, model::Model};
use crate::{
    screen::Line,
    text::{Style, wrap},
};

/// From this height on there is room for more than the bare facts.
const ROOMY: u16 = 14;

/// The picture, the most important lines first: what does not fit is cut off below.
pub(super) fn picture<D: Demo>(demo: &D, model: &Model, (columns, rows): (u16, u16)) -> Vec<Line> {
    let width = usize::from(columns);
    let roomy = rows >= ROOMY;
    let plain = |text: String| Line::new(Style::Plain, text);
    let fact = |name: &str, value: &str| format!("{name:<9} {value}");

    let mut lines = vec![plain(format!("{}, generation {}", D::NAME, model.generation))];
    if roomy {
        lines.push(plain(String::new()));
    }
    for (position, (name, value)) in demo.facts().into_iter().enumerate() {
        let style = if position == 0 { Style::Bold } else { Style::Plain };
        lines.push(Line::new(style, fact(name, &value)));
    }
    if let (Some(edit), Some(body)) = (D::EDITS.first(), &model.body) {
        lines.push(plain(fact(&format!("{}()", edit.name()), body)));
    }
    lines.push(plain(times(model)));
    if roomy {
        lines.push(plain(String::new()));
    }
    let mut usage = vec![keys::<D>()];
    // Without keys there is nothing else to do.
    if roomy || D::EDITS.is_empty() {
        usage.extend(demo.hints());
    }
    lines.extend(usage.into_iter().map(|line| Line::new(Style::Dim, line)));
    if roomy {
        lines.push(plain(String::new()));
    }
    lines.extend(model.building.clone().map(plain));
    let style = if model.bad { Style::Bad } else { Style::Good };
    lines.extend(wrap(&model.headline, width).into_iter().map(|line| Line::new(style, line)));
    lines.extend(model.details.lines().map(|line| plain(line.to_owned())));
    lines
}

/// The last message, for plain lines.
pub(super) fn message<D: Demo>(demo: &D, model: &Model) -> Vec<String> {
    if model.headline.is_empty() {
        let keys = format!("keys: {}", keys::<D>());
        return std::iter::once(keys).chain(demo.hints()).collect();
    }
    std::iter::once(&*model.headline).chain(model.details.lines()).map(str::to_owned).collect()
}

fn keys<D: Demo>() -> String {
    let keys = (1..).zip(D::EDITS).map(|(key, edit)| format!("{key} {}  ", edit.short));
    keys.chain(["q quit".to_owned()]).collect()
}

fn times(model: &Model) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (build, reload) = (milliseconds(model.build), milliseconds(model.reload));
    match model {
        Model { generation: 0, .. } => String::new(),
        // Built by somebody else.
        _ if model.build.is_zero() => format!("reloaded in {reload:.1} ms"),
        _ => format!("built in {build:.0} ms, reloaded in {reload:.1} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Edit;

    struct Counts;

    impl Demo for Counts {
        const NAME: &'static str = "counter_demo";
        const HELP: &'static str = "";
        const BUNDLE: &'static str = "counter";
        const PERIOD: Duration = Duration::ZERO;
        const EDITS: &'static [Edit] = &[
            Edit { short: "+1", function: "pub fn change(count: i64) -> i64 { count + 1 }" },
            Edit { short: "=0", function: "pub fn change(_: i64) -> i64 { 0 }" },
        ];

        fn call(&mut self) {}

        fn facts(&self) -> Vec<(&'static str, String)> {
            vec![("count", "17".to_owned()), ("colour", "blue".to_owned())]
        }

        fn line(&self) -> String {
            "count 17".to_owned()
        }

        fn panicked(&self) -> String {
            String::new()
        }

        fn hints(&self) -> Vec<String> {
            vec!["or edit bundles/counter/src/lib.rs and save".to_owned()]
        }
    }

    fn model() -> Model {
        Model {
            generation: 3,
            body: Some("count + 10".to_owned()),
            build: Duration::from_millis(412),
            reload: Duration::from_micros(1300),
            headline: "counter: generation 3 is live: change changed".to_owned(),
            ..Model::default()
        }
    }

    fn shown(size: (u16, u16)) -> Vec<String> {
        picture(&Counts, &model(), size).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_facts_fit_40_by_10() {
        let lines = shown((40, 10));
        let expected = [
            "counter_demo, generation 3",
            "count     17",
            "colour    blue",
            "change()  count + 10",
            "built in 412 ms, reloaded in 1.3 ms",
            "1 +1  2 =0  q quit",
            "counter: generation 3 is live: change",
            "changed",
        ];
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn a_roomy_picture_says_what_to_edit() {
        let lines = shown((80, 24));
        assert!(lines.iter().any(|line| line.contains("bundles/counter/src/lib.rs")));
        assert!(lines.len() <= usize::from(ROOMY));
    }

    #[test]
    fn plain_lines_begin_with_what_can_be_done() {
        let lines = message(&Counts, &Model::default());
        assert_eq!(lines[0], "keys: 1 +1  2 =0  q quit");
        assert!(lines[1].contains("edit"));
        assert_eq!(message(&Counts, &model()), [model().headline]);
    }
}
