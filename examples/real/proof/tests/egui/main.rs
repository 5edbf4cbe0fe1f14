//! The notebook: what README.md beside it says, in a window that is really drawn.

mod screen;

use std::{fs, io, path::PathBuf};

use proof::{Program, repository};
use screen::{NOWHERE, Part, Picture, Point, Screen, beside};

const WINDOW: &str = "window/src/lib.rs";
const LIVE: &str = " is live: ";

// Where things are, as one looks at the window.
const TITLE: Part = Part { left: 0, top: 0, right: 480, bottom: 28 };
const LINE: Part = Part { left: 8, top: 34, right: 288, bottom: 56 };
const BUTTON: Part = Part { left: 292, top: 34, right: 345, bottom: 56 };
const LIST: Part = Part { left: 0, top: 58, right: 290, bottom: 178 };
const DONE: Part = Part { left: 0, top: 180, right: 290, bottom: 240 };
const COUNT: Part = Part { left: 300, top: 190, right: 480, bottom: 320 };

// Where one clicks.
const IN_LINE: Point = (150, 44);
const THIRD_NOTE: Point = (15, 113);
const DONE_HEADER: Point = (40, 190);
const FIRST_DONE: Point = (33, 213);
const OTHER_NOTE: Point = (15, 90);

/// Another text.
const TEXT: [(&str, &str); 1] = [("ui.button(\"Add\")", "ui.button(\"Write\")")];

/// A field that is shown.
const FIELD: [(&str, &str); 3] = [
    ("    is_done: bool,\n}", "    is_done: bool,\n    #[hot(default = 1)]\n    stars: usize,\n}"),
    ("is_done: false }", "is_done: false, stars: 1 }"),
    (
        "ui.checkbox(&mut note.is_done, &note.text);",
        "ui.checkbox(&mut note.is_done, format!(\"{} {}\", note.text, \"*\".repeat(note.stars)));",
    ),
];

/// What the host, which calls it, cannot know.
const REFUSED: [(&str, &str); 1] =
    [("(opaque))] ui: &mut Ui)", "(opaque))] ui: &mut Ui, _is_large: bool)")];

const PANICS: [(&str, &str); 1] = [(
    "    let mut notes = NOTES.write();\n",
    "    let mut notes = NOTES.write();\n    assert!(notes.is_empty(), \"on purpose\");\n",
)];

/// The title without the help of egui's memory, and another text, so that one sees when it is drawn.
const BY_HEART: [(&str, &str); 2] = [
    ("let owner = owner.unwrap_or_else(", "let owner = Some(\"Ann\".to_owned()).unwrap_or_else("),
    ("ui.button(\"Write\")", "ui.button(\"Keep\")"),
];

/// Puts a value of a type of the bundle into egui's memory.
const MARKS: [(&str, &str); 2] = [
    (
        "/// The line that a note",
        "#[derive(Clone)]\nstruct Mark([usize; 3]);\n\n/// The line that a note",
    ),
    (
        "    let mut notes = NOTES.write();\n",
        "    let mark = Id::unique(\"mark\");\n    \
         ui.data_mut(|memory| memory.insert_temp(mark, Mark([1; 3])));\n    \
         let mut notes = NOTES.write();\n",
    ),
];

/// The same type finds it, and the title is another one.
const FINDS: [(&str, &str); 2] = [
    (
        "ui.data_mut(|memory| memory.insert_temp(mark, Mark([1; 3])));",
        "let mark: Option<Mark> = ui.data(|memory| memory.get_temp(mark));",
    ),
    ("format!(\"The notebook of {owner}\")", "format!(\"{owner} {:?}\", mark.map(|it| it.0))"),
];

/// A `String` of these bits would be read at the address 1.
const OF_ANOTHER_TYPE: [(&str, &str); 1] = [("struct Mark([usize; 3]);", "struct Mark(String);")];

/// What is said if it is not found, and another text once more.
const NOT_FOUND: [(&str, &str); 2] = [
    ("format!(\"{owner} {:?}\", mark.map(|it| it.0))", "format!(\"{owner} None\")"),
    ("ui.button(\"Keep\")", "ui.button(\"Put\")"),
];

fn example(path: &str) -> PathBuf {
    repository().join("examples/real/egui").join(path)
}

#[test]
fn the_readme_has_these_edits() -> io::Result<()> {
    let readme = fs::read_to_string(example("README.md"))?;
    for (_, to) in TEXT.iter().chain(&FIELD).chain(&REFUSED) {
        for line in to.lines() {
            assert!(readme.contains(line.trim()), "{line}");
        }
    }
    Ok(())
}

/// An edit that is taken back.
fn back<'a>(edit: [(&'a str, &'a str); 1]) -> [(&'a str, &'a str); 1] {
    edit.map(|(from, to)| (to, from))
}

/// The same places of two pictures are the same.
fn alike(one: &Picture, other: &Picture, parts: &[Part]) -> bool {
    parts.iter().all(|part| one.part(*part) == other.part(*part))
}

#[test]
fn the_window_is_edited_while_it_is_open() -> io::Result<()> {
    let screen = Screen::start()?;
    let black = screen.still();
    let program = Program::start("egui", &["Ann"], &screen.environment())?;
    program.said("Finished ");
    screen.wait("a window", |it| *it != black);
    screen.act("search --name Notebook windowfocus --sync")?;
    let first = screen.still();

    // What somebody does: most of it is remembered by egui, the notes by the bundle.
    screen.write(IN_LINE, "call Bob")?;
    screen.act("key Return")?;
    screen.wait("a note", |it| !alike(it, &first, &[LIST]) && alike(it, &first, &[LINE]));
    screen.click(THIRD_NOTE)?;
    screen.click(DONE_HEADER)?;
    screen.act("mousemove 60 140 sleep 0.3 click 5 sleep 0.3 mousemove 470 310")?;
    screen.act("mousemove 400 97 sleep 0.3 mousedown 1 sleep 0.3 mousemove 380 150 sleep 0.3")?;
    screen.act("mousemove 370 240 sleep 0.3 mouseup 1 sleep 0.3 mousemove 470 310")?;
    screen.write(IN_LINE, "call E")?;
    screen.click(NOWHERE)?;
    let before = screen.still();
    for part in [LINE, LIST, DONE, COUNT] {
        assert!(!alike(&before, &first, &[part]), "{part:?}");
    }

    let line = program.edit(WINDOW, &TEXT, LIVE);
    assert!(line.contains("write changed"), "{line}");
    let kept = [TITLE, LINE, LIST, DONE, COUNT];
    let renamed = screen.wait("another text, and all else as before", |it| {
        !alike(it, &before, &[BUTTON]) && alike(it, &before, &kept)
    });

    let line = program.edit(WINDOW, &FIELD, LIVE);
    assert!(line.contains("notebook_window::NOTES moved (9 values"), "{line}");
    // The notes have a star each, and the line is empty, as it was at first.
    let starred = screen.wait("stars", |it| {
        [LIST, DONE].iter().all(|part| !alike(it, &renamed, &[*part]))
            && alike(it, &renamed, &[TITLE, BUTTON, COUNT])
            && alike(it, &first, &[LINE])
    });

    program.edit(WINDOW, &REFUSED, "not reloaded: HOT0301");
    assert_eq!(screen.still(), starred);
    // It goes on: what was done is not done any more.
    screen.click(FIRST_DONE)?;
    screen
        .wait("nothing done", |it| !alike(it, &starred, &[DONE]) && !alike(it, &starred, &[COUNT]));
    screen.click(OTHER_NOTE)?;
    let other = screen.wait("something done", |it| alike(it, &starred, &[COUNT]));
    program.edit(WINDOW, &back(REFUSED), "nothing changed");

    program.edit(WINDOW, &PANICS, LIVE);
    screen.wait("the host's words", |it| !alike(it, &other, &[TITLE]));
    program.edit(WINDOW, &back(PANICS), LIVE);
    screen.wait("the notes again", |it| *it == other);

    // What the host has put into egui's memory was found there: without it, the title is the same.
    program.edit(WINDOW, &BY_HEART, LIVE);
    screen
        .wait("the same title", |it| !alike(it, &other, &[BUTTON]) && alike(it, &other, &[TITLE]));

    // What a bundle has put there, another definition of its type does not find.
    program.edit(WINDOW, &MARKS, LIVE);
    program.edit(WINDOW, &FINDS, LIVE);
    let found = screen.wait("what was put", |it| !alike(it, &other, &[TITLE]));
    program.edit(WINDOW, &OF_ANOTHER_TYPE, LIVE);
    let lost = screen.wait("something else", |it| !alike(it, &found, &[TITLE]));
    program.edit(WINDOW, &NOT_FOUND, LIVE);
    screen.wait("that it was nothing", |it| {
        !alike(it, &lost, &[BUTTON]) && alike(it, &lost, &[TITLE])
    });

    if std::env::var_os("HOT_BLESS").is_some_and(|it| it == "1") {
        beside(&[&before, &starred], &example("window.png"))?;
    }
    Ok(())
}
