//! The bevy game: what README.md beside it says.

use std::{fs, io};

use proof::{Program, repository};

const RULES: &str = "rules/src/lib.rs";
const LIVE: &str = " is live: ";

/// Another picture, and a system more.
const SYSTEMS: [(&str, &str); 3] = [
    ("line[fish.at as usize] = '>';", "line[fish.at as usize] = '<';"),
    ("(feed, swim, eat, count)", "(feed, drift, swim, eat, count)"),
    (
        "fn count(",
        "fn drift(frame: Res<Frame>, mut crumbs: Query<&mut Crumb>) {
    for mut crumb in &mut crumbs {
        crumb.at = (crumb.at + frame.seconds) % WIDTH;
    }
}

fn count(",
    ),
];

/// A field of a component, and one of a resource.
const FIELDS: [(&str, &str); 6] = [
    ("    speed: f32,\n", "    speed: f32,\n    #[hot(default = 5)]\n    meals: u64,\n"),
    ("Fish { at, speed }", "Fish { at, speed, meals: 0 }"),
    ("    eaten: u64,\n", "    eaten: u64,\n    #[hot(default = 100)]\n    best: u64,\n"),
    ("Tally { frames, eaten }", "Tally { frames, eaten, best }"),
    (
        "    let threads",
        "    let meals: u64 = sea.query::<&Fish>().iter(sea).map(|fish| fish.meals).sum();
    let threads",
    ),
    ("{eaten} eaten,", "{eaten} eaten of {best}, {meals} meals,"),
];

/// A component that the world's list does not name.
const UNLISTED: [(&str, &str); 2] = [
    ("const WIDTH", "#[derive(Component)]\nstruct Stone;\n\nconst WIDTH"),
    ("    if !sea.contains", "    sea.spawn(Stone);\n    if !sea.contains"),
];

/// A field more, which the world would have to move for.
const REFUSED: [(&str, &str); 2] = [
    ("    feeds: bool,\n", "    feeds: bool,\n    #[hot(default = 0)]\n    wind: u8,\n"),
    ("just_pressed(KeyCode::Space),", "just_pressed(KeyCode::Space),\n            wind: 0,"),
];

/// A line of the game, `frame 12: ~~>~~ 0 eaten, 2 threads`.
struct Line {
    frame: u64,
    text: String,
    threads: u64,
}

impl Line {
    fn next(program: &Program) -> Line {
        let text = program.says("frame ");
        let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|it| it.parse().ok());
        let numbers: Vec<u64> = numbers.collect();
        Line { frame: numbers[0], threads: *numbers.last().expect("there are some"), text }
    }

    /// How many fish there are, of this form.
    fn fish(&self, form: char) -> usize {
        self.text.matches(form).count()
    }
}

#[test]
fn the_readme_has_these_edits() -> io::Result<()> {
    let readme = fs::read_to_string(repository().join("examples/real/bevy/README.md"))?;
    for (_, to) in SYSTEMS.iter().chain(&FIELDS) {
        for line in to.lines() {
            assert!(readme.contains(line.trim()), "{line}");
        }
    }
    Ok(())
}

#[test]
fn the_game_is_edited_while_it_runs() -> io::Result<()> {
    // Frames of 20 ms.
    let program = Program::start("bevy", &["20"])?;
    program.said("frame 1:");
    let first = Line::next(&program);
    assert!((1..=3).contains(&first.fish('>')), "{}", first.text);
    // Code of the bundle finds bevy's pool, which the host's app has made.
    assert!(first.threads > 0, "{}", first.text);

    let line = program.edit(RULES, &SYSTEMS, LIVE);
    assert!(line.contains("changed"), "{line}");
    let second = Line::next(&program);
    assert!(second.frame > first.frame && second.fish('<') > 0, "{}", second.text);
    assert_eq!((second.fish('>'), second.threads), (0, first.threads));

    let line = program.edit(RULES, &FIELDS, LIVE);
    assert!(line.contains("game_rules::SEA moved"), "{line}");
    let third = Line::next(&program);
    assert!(third.frame > second.frame && third.fish('<') > 0, "{}", third.text);
    assert!(third.text.contains(" of 100, 15 meals, "), "{}", third.text);

    // The systems of the version before are registered again, and the world goes back to its types.
    let answer = program.ask("{\"do\":\"rollback\"}")?;
    assert!(answer.contains("\"ok\":true"), "{answer}");
    let back = Line::next(&program);
    assert!(back.frame > third.frame && !back.text.contains("meals"), "{}", back.text);
    let answer = program.ask("{\"do\":\"reload\"}")?;
    assert!(answer.contains("\"ok\":true"), "{answer}");
    let again = Line::next(&program);
    assert!(again.frame > back.frame && again.text.contains("15 meals"), "{}", again.text);

    // Nothing says what should become of the stone.
    program.edit(RULES, &UNLISTED, LIVE);
    let refused = program.edit(RULES, &REFUSED, "not reloaded: ");
    assert!(refused.contains("HOT0404"), "{refused}");
    let last = Line::next(&program);
    assert!(last.frame > again.frame && last.fish('<') > 0, "{}", last.text);
    Ok(())
}
