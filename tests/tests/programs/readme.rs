//! What README tells a new user to write is written, run and edited, word for word; the picture in it
//! is that run, and a program is converted by the five steps. Files that pages name are there.

use std::fs;

use crate::page;
use tests::{
    fixture::{repository, root},
    ran,
};

#[cfg(unix)]
mod followed {
    use std::{env, fs};

    use crate::{
        page::{self, README, Step},
        terminal::Terminal,
        user::{self, User},
    };
    use tests::{
        fixture::{PROFILE, repository},
        picture::{self, Picture, without_numbers},
    };

    const PICTURE: &str = "hotreload/docs/run.svg";

    /// The picture shows what README's steps lead to, and two edits that are none. To bless another
    /// one: `HOT_BLESS=1 cargo test -p tests --test programs readme::`, then look at it.
    #[test]
    fn a_new_user_follows_the_readme_and_sees_its_picture() {
        let section = page::section(README, "Make your own");
        let steps = page::steps(&section);
        assert_eq!(page::counts(&steps), [4, 1, 1, 1], "commands, files, edits, outputs");

        let (mut user, _alone) = user::of_garden();
        for step in &steps {
            match step {
                Step::Run(line) if line == "cargo hotreload run" => {
                    // The picture begins with the program, not with what cargo compiles.
                    user.follow(step);
                    user.see("tick 1");
                    let mut first = user.program.take().unwrap();
                    first.press("q");
                    first.end();
                    // Who builds depends on how fast a machine is, and the lines say it.
                    let variables = ["-u", "ENV", "HOTRELOAD_PLAIN_CARGO=1", "PS1=$ ", "sh"];
                    user.start("env", &variables, (100, 1000));
                    let terminal = user.program.as_mut().unwrap();
                    terminal.wait_for_text("$ ");
                    terminal.press("cargo hotreload run\n");
                    user.see("tick 1");
                    user.see("tick 2");
                }
                Step::Write(file, content) => {
                    let written = fs::read_to_string(user.folder.join(file)).unwrap();
                    assert_eq!(&without_comments(&written), content, "README's {file}");
                    user.follow(step);
                }
                step => user.follow(step),
            }
        }
        user.edit("logic/src/lib.rs", "world.ticks += 1;", "world.ticks = \"one\";");
        user.see("error[E0308]: mismatched types");
        user.see("tick 10, 0 mm of rain");
        let counted = "    format!(\"tick {}, {} mm of rain\", world.ticks, world.rain)";
        user.change(
            "logic/src/lib.rs",
            &[
                ("world.ticks = \"one\";", "world.ticks += 1;"),
                ("-> String", "-> u64"),
                (counted, "    world.ticks"),
            ],
        );
        user.see("garden-logic: not reloaded: HOT0301: `garden_logic::tick` has another result: `String` became `u64`");
        user.see("tick 12, 3 mm of rain");
        let terminal = user.program.as_mut().unwrap();
        let mut picture = terminal.screen(Picture::of);
        // Other tests build at the same time.
        for slow in ["Blocking waiting for file lock", "no host answers yet"] {
            picture.leave_out(slow);
        }
        terminal.press("q");
        terminal.wait_for("the shell", |text| (text.matches("$ ").count() == 2).then_some(()));
        terminal.press("exit\n");
        terminal.end();
        assert_is_shown(&picture);
        assert_says_what_the_picture_shows(&section, &picture);
    }

    fn assert_is_shown(picture: &Picture) {
        let readme = page::text(README);
        let (before, _) = readme.split_once(&format!("]({PICTURE})")).expect("the picture");
        let (_, description) = before.rsplit_once("![").unwrap();
        let file = repository().join(PICTURE);
        if env::var_os("HOT_BLESS").is_some() {
            let title = "cargo hotreload run, in a terminal";
            fs::write(&file, picture.svg(title, &description.replace('`', ""))).unwrap();
        }
        let shown = picture::lines_of(&fs::read_to_string(&file).unwrap());
        // The program's second may end before a build or after it.
        let is_tick = |line: &String| line.starts_with("tick ");
        let parts = |lines: Vec<String>| -> (Vec<String>, Vec<String>) {
            lines.into_iter().partition(is_tick)
        };
        let ((mut ticks, shown), (mut now, lines)) = (parts(shown), parts(picture.lines()));
        ticks.dedup();
        now.dedup();
        assert_eq!(shown, lines, "{PICTURE} shows what was printed once: bless it");
        assert_eq!(ticks, now, "{PICTURE} shows what was printed once: bless it");
    }

    /// README quotes a refusal.
    fn assert_says_what_the_picture_shows(section: &str, picture: &Picture) {
        let (_, quoted) = section.split_once("``HOT").expect("a refusal");
        let quoted = without_numbers(&format!("HOT{}", quoted.split("``").next().unwrap().trim()));
        assert!(picture.lines().iter().any(|line| line.contains(&quoted)), "{quoted}");
    }

    /// The file without its comments, its tests, and what stands empty then.
    fn without_comments(file: &str) -> String {
        let (file, _) = file.split_once("// In tests").unwrap();
        let lines = file.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text: Vec<_> = lines.collect();
        text.join("\n").trim().replace("\n\n\n", "\n\n") + "\n"
    }

    /// With a dependency that has no features: else what is compiled for the other projects would not
    /// serve here.
    const MANIFEST: &str = "[package]\nname = \"life\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                            [dependencies]\nstrsim = \"0.11\"\n";

    const MAIN: &str = r#"mod rules;

fn main() {
    let mut row = rules::Row::default();
    loop {
        println!("{}", rules::step(&mut row));
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}
"#;

    const RULES: &str = r#"//! Rule 30: a row of cells, in which each looks at its neighbours.

#[derive(Default)]
pub struct Row {
    cells: Vec<bool>,
    turns: u32,
}

/// Takes a turn, and draws what is there.
pub fn step(row: &mut Row) -> String {
    if row.cells.is_empty() {
        row.cells = (0..31).map(|place| place == 15).collect();
    }
    let at = |place: usize| row.cells.get(place).copied().unwrap_or_default();
    let next = |place: usize| at(place.wrapping_sub(1)) != (at(place) || at(place + 1));
    row.cells = (0..row.cells.len()).map(next).collect();
    row.turns += 1;
    format!("turn {}: {}", row.turns, drawn(row.cells.iter()))
}

fn drawn<'a>(cells: impl Iterator<Item = &'a bool>) -> String {
    cells.map(|alive| if *alive { '#' } else { '.' }).collect()
}
"#;

    #[test]
    fn a_program_is_converted_in_five_steps() {
        let mut user = User::new("convert");
        let write = |file: &str, text: &str| {
            let path = user.folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", &format!("{MANIFEST}\n{PROFILE}\n[workspace]\n"));
        write("src/main.rs", MAIN);
        write("src/rules.rs", RULES);
        user.lock();
        // It is a program.
        user.run("cargo build --quiet");

        let section = page::section(README, "Convert a program, in five steps");
        let commands: Vec<_> = section
            .split('`')
            .filter(|it| it.starts_with("cargo ") || it.starts_with("mv "))
            .collect();
        assert_eq!(commands.len(), 4, "{commands:?}");
        let made = user.run(commands[0]);
        let made = String::from_utf8_lossy(&made.stdout).into_owned();
        let (_, lines) = made.split_once("under [dependencies]:\n").expect("what the host adds");
        let lines: String = lines
            .lines()
            .take_while(|it| it.starts_with("  "))
            .map(|line| format!("{}\n", line.trim()))
            .collect();
        user.edit("Cargo.toml", "[dependencies]\n", &format!("[dependencies]\n{lines}"));
        user.run(commands[1]);
        // Where it is needed: here of what the program uses.
        assert_eq!(commands[2], "cargo hotreload share tokio");
        user.run(&commands[2].replace("tokio", "strsim"));
        let steps = page::steps(&section);
        assert_eq!(page::counts(&steps), [0, 0, 2, 0], "commands, files, edits, outputs");
        steps.iter().for_each(|step| user.follow(step));

        user.follow(&Step::Run(commands[3].to_owned()));
        user.see("turn 1: ..............###");
        user.edit("rules/src/lib.rs", "    turns: u32,", "    turns: u32,\n    seed: u8,");
        user.see("rules: generation 2 is live: .. rules::ROW moved (1 value");
        user.edit("rules/src/lib.rs", "'#'", "'o'");
        user.see("rules: generation 3 is live: drawn changed (helper of step)");
        user.see("turn 1: .. o");
        let mut program: Terminal = user.program.unwrap();
        program.press("q");
        assert!(program.end().success());
    }
}

/// Who has read one of them knows the others.
#[test]
fn readme_guide_and_help_begin_with_the_same_commands() {
    let commands = |text: &str| {
        let steps = page::steps(text).into_iter().filter_map(|step| match step {
            page::Step::Run(line) => Some(line),
            _ => None,
        });
        steps.take(4).collect::<Vec<_>>()
    };
    let readme = commands(&page::section(page::README, "Make your own"));
    assert_eq!(readme, commands(&page::text(page::GUIDE)));
    assert_eq!(readme[0], "cargo install --debug --locked --path hotreload/cli");
    let help = ran::run(&root(), &["--help"]).out;
    let begin = help.split_once("Begin with:\n").expect("how one begins").1.lines();
    for (command, line) in readme[1..].iter().zip(begin) {
        let rest = line.trim_start().strip_prefix(command.as_str());
        assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("  ")), "{line}");
    }
}

#[test]
fn readme_fits_on_a_page_or_two() {
    let readme = page::text(page::README);
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
}

/// Where a link of a page leads, there is a file.
#[test]
fn the_links_of_pages_lead_somewhere() {
    let docs = repository().join("hotreload/docs");
    let pages = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let mut looked_at = 0;
    for page in pages.chain([repository().join(page::README)]) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{} leads to {link}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let is_it = |line: &str| line.starts_with('#') && anchor(line) == heading;
                assert!(text.lines().any(is_it), "{} leads to {link}", page.display());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 20, "{looked_at} links");
}

/// How a heading is called in links.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A path in a page is one of the repository, or of the package's folder.
#[test]
fn the_files_that_the_pages_name_are_there() {
    let mut looked_at = 0;
    for page in ["architecture.md", "layout-format.md"] {
        let text = fs::read_to_string(repository().join("hotreload/docs").join(page)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = word.contains('/')
                && word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c))
                && !word.starts_with('/');
            if is_path {
                let places = ["", "hotreload"].map(|place| repository().join(place).join(word));
                assert!(places.iter().any(|place| place.exists()), "{page} names `{word}`");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 20, "{looked_at} paths");
}
