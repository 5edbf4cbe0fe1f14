//! The model as a picture of any size, or as plain lines.

use std::time::Duration;

use examples::{
    screen::Line,
    text::{Style, wrap},
};

use crate::{model::Model, reloads::BEHAVIOURS};

/// From this height on there is room for more than the bare facts.
const ROOMY: u16 = 14;

/// The picture, the most important lines first: what does not fit is cut off below.
pub(crate) fn picture(model: &Model, (columns, rows): (u16, u16)) -> Vec<Line> {
    let width = usize::from(columns);
    let roomy = rows >= ROOMY;
    let mut lines = vec![
        Line::new(Style::Plain, format!("counter_demo, generation {}", model.generation)),
        Line::new(Style::Bold, format!("count     {}", model.count)),
        Line::new(Style::Plain, format!("change()  {}", model.body)),
        Line::new(Style::Plain, times(model)),
    ];
    if roomy {
        lines.insert(1, Line::new(Style::Plain, ""));
        lines.push(Line::new(Style::Plain, ""));
    }
    lines.push(Line::new(Style::Dim, keys()));
    if roomy {
        lines.push(Line::new(Style::Dim, "or edit bundles/counter/src/lib.rs and save"));
        lines.push(Line::new(Style::Plain, ""));
    }
    if let Some(building) = &model.building {
        lines.push(Line::new(Style::Plain, building));
    }
    let style = if model.bad { Style::Bad } else { Style::Good };
    lines.extend(wrap(&model.headline, width).into_iter().map(|line| Line::new(style, line)));
    lines.extend(model.details.lines().map(|line| Line::new(Style::Plain, line)));
    lines
}

/// The last message, for plain lines.
pub(crate) fn message(model: &Model) -> Vec<String> {
    if model.headline.is_empty() {
        return vec![format!("keys: {}", keys())];
    }
    std::iter::once(&*model.headline).chain(model.details.lines()).map(str::to_owned).collect()
}

/// The count, for plain lines.
pub(crate) fn count(model: &Model) -> String {
    format!("count {}", model.count)
}

fn keys() -> String {
    let keys = BEHAVIOURS.map(|behaviour| format!("{} {}", behaviour.key, behaviour.short));
    format!("{}  q quit", keys.join("  "))
}

fn times(model: &Model) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    if model.generation == 0 {
        return String::new();
    }
    let (build, reload) = (milliseconds(model.build), milliseconds(model.reload));
    format!("built in {build:.0} ms, reloaded in {reload:.1} ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        Model {
            count: 17,
            generation: 3,
            body: "count + 10".to_owned(),
            build: Duration::from_millis(412),
            reload: Duration::from_micros(1300),
            headline: "counter: generation 3 is live: counter::change replaced".to_owned(),
            ..Model::default()
        }
    }

    fn shown(model: &Model, size: (u16, u16)) -> Vec<String> {
        picture(model, size).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_facts_fit_40_by_10() {
        let lines = shown(&model(), (40, 10));
        let expected = [
            "counter_demo, generation 3",
            "count     17",
            "change()  count + 10",
            "built in 412 ms, reloaded in 1.3 ms",
            "1 +1  2 +10  3 x2  4 -5  5 =0  q quit",
            "counter: generation 3 is live:",
            "counter::change replaced",
        ];
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn a_roomy_picture_says_what_to_edit() {
        let lines = shown(&model(), (80, 24));
        assert!(lines.iter().any(|line| line.contains("bundles/counter/src/lib.rs")));
        assert!(lines.len() < usize::from(ROOMY));
    }
}
