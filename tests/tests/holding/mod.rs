//! The bundles whose values are held, and their versions.

use std::path::PathBuf;

use tests::{Workspace, workspace::BUNDLE};

/// Compiled against the types of `hl_game`.
const VIEWERS: [&str; 3] = ["hl_view", "hl_sound", "hl_net"];

/// Every version of every bundle.
pub(crate) struct Libraries(Vec<(&'static str, PathBuf)>);

impl Libraries {
    /// A version of a bundle, from 1 on.
    pub(crate) fn of(&self, bundle: &str, version: usize) -> &PathBuf {
        let mut versions = self.0.iter().filter(|(name, _)| *name == bundle);
        &versions.nth(version - 1).expect("it was built").1
    }

    /// Writes and builds them: a run of cargo for each version.
    pub(crate) fn build() -> Libraries {
        let workspace = Workspace::new("holders");
        let versions = [
            ("hl_game", vec![game(1), game(2), game(3)]),
            ("hl_var", vec![var(1), var(2)]),
            ("hl_state", vec![state(1, ""), state(2, ""), state(2, RESET), state(1, RESET)]),
            ("hl_late", vec![late(1), late(2)]),
            ("hl_live", vec![live(1), live(2), live(3), live(4)]),
            ("hl_keeper", vec![KEEPER.to_owned()]),
            (VIEWERS[0], vec![VIEWER.to_owned()]),
            (VIEWERS[1], vec![VIEWER.to_owned()]),
            (VIEWERS[2], vec![VIEWER.to_owned()]),
        ];
        for (bundle, _) in &versions {
            let dependency = match *bundle {
                "hl_keeper" => "hl_live = { path = \"../hl_live\" }",
                viewer if VIEWERS.contains(&viewer) => "hl_game = { path = \"../hl_game\" }",
                _ => "",
            };
            workspace.package(bundle, BUNDLE, "", dependency);
        }
        let mut built = Vec::new();
        for version in 0..4 {
            let current = versions.iter().filter(|(_, sources)| sources.len() > version);
            let current: Vec<_> =
                current.map(|(name, sources)| (*name, &sources[version])).collect();
            for (bundle, source) in &current {
                let init = if source.contains("fn start()") { "init = start" } else { "" };
                let root = format!("#![allow(dead_code)]\nhot::bundle!({init});\n{source}");
                workspace.write(&format!("{bundle}/src/lib.rs"), &root);
            }
            let output = workspace.cargo(&["build", "--workspace", "--lib"]);
            built.extend(current.iter().map(|(bundle, _)| (*bundle, output.library(bundle))));
        }
        Libraries(built)
    }
}

const RESET: &str = "#[hot(reset)]";

/// A world, and code that stays inside. The second version grows at the innermost place; the third
/// one is laid out like the first: one more field is public.
fn game(version: u32) -> String {
    let (field, value) = if version == 2 { ("pub z: f32,", "z: 2.0,") } else { ("", "") };
    let public = if version == 3 { "pub" } else { "" };
    format!(
        "hot::import! {{ holders => {{ fn turn(); }} }}

         #[hot::versioned] #[derive(Debug)]
         pub struct Pos {{ pub x: f32, {field} }}
         #[hot::versioned] #[derive(Debug)]
         pub struct Entity {{ pub name: String, pub pos: Pos }}
         #[hot::versioned] #[derive(Debug)] #[repr(C)]
         pub struct World {{ pub flag: u8, pub entities: Vec<Entity>, {public} seed: u32 }}
         #[hot::versioned] #[derive(Debug)]
         pub enum Weather {{ Sun, Rain(f32) }}

         #[hot::export] pub fn create() -> World {{
             let pos = Pos {{ x: {version} as f32, {value} }};
             World {{ flag: 1, entities: vec![Entity {{ name: \"Ann\".to_owned(), pos }}], seed: 7 }}
         }}
         #[hot::export] pub fn show(world: &World) -> String {{
             format!(\"{version}: {{:?}}\", world.entities[0].pos)
         }}
         #[hot::export] pub fn version() -> u32 {{ {version} }}
         /// Sizes and offsets, as rustc has them.
         #[hot::export] pub fn measured() -> Vec<u64> {{
             use std::mem::{{align_of, offset_of, size_of}};
             let world = [offset_of!(World, flag), offset_of!(World, entities), offset_of!(World, seed)];
             let pos = [size_of::<Pos>(), align_of::<Pos>(), offset_of!(Pos, x)];
             let sizes = [size_of::<World>(), align_of::<World>(), size_of::<Weather>()];
             [sizes, world, pos].concat().into_iter().map(|number| number as u64).collect()
         }}
         /// Calls what it is linked with, before and after each turn.
         #[hot::export] pub fn run(turns: u32) -> String {{
             let mut said = Vec::new();
             for turn in 0..=turns {{
                 let world = hot::get!(create)();
                 said.push(format!(\"{{}} by {{}}\", hot::get!(show)(&world), hot::get!(version)()));
                 if turn < turns {{ hot::get!(holders::turn)(); }}
             }}
             said.join(\"; \")
         }}"
    )
}

/// Compiled against the world.
const VIEWER: &str = "
    #[hot::export] pub fn view() -> String {
        hot::get!(hl_game::show)(&hot::get!(hl_game::create)())
    }
";

fn var(version: u32) -> String {
    let (ty, value) = if version == 1 { ("u32", "5") } else { ("f32", "5.0") };
    format!(
        "#[hot::versioned]
         pub struct Score {{ pub points: {ty} }}
         #[hot::export] pub static SCORE: std::sync::Mutex<Score> =
             std::sync::Mutex::new(Score {{ points: {value} }});
         #[hot::export] pub fn add() -> u32 {{
             let mut score = SCORE.lock().unwrap();
             score.points += 1 as {ty};
             score.points as u32
         }}"
    )
}

/// A state of so many fields.
fn state(fields: u32, reset: &str) -> String {
    let (field, first) = if fields == 1 { ("", "") } else { ("pub visits: u32,", "visits: 100,") };
    format!(
        "hot::import! {{ holders => {{ fn turn(); fn note(text: &str); }} }}

         #[hot::versioned]
         pub struct Lobby {{ pub guests: Vec<String>, {field} }}
         #[hot::export] {reset}
         pub static LOBBY: hot::State<Lobby> =
             hot::State::new(|| Lobby {{ guests: vec![\"{fields}\".to_owned()], {first} }});
         #[hot::export] pub fn enter(name: &str) -> String {{
             let mut lobby = LOBBY.write();
             lobby.guests.push(name.to_owned());
             lobby.guests.join(\" \")
         }}
         /// Holds a guard for a turn, and asks for another one after the next.
         #[hot::export] pub fn hold() -> String {{
             let mut lobby = LOBBY.write();
             hot::get!(holders::turn)();
             lobby.guests.push(\"held\".to_owned());
             drop(lobby);
             hot::get!(holders::turn)();
             let asked = std::panic::catch_unwind(|| LOBBY.read().guests.join(\" \"));
             asked.unwrap_or_else(|payload| *payload.downcast::<String>().unwrap())
         }}
         #[hot::export] pub fn hold_aside() {{
             let holder = std::thread::Builder::new().name(\"holds-a-guard\".to_owned());
             holder.spawn(|| hot::get!(holders::note)(&hold())).unwrap();
         }}"
    )
}

/// Two states that are given up together; the second version's init tells the host.
fn late(version: u32) -> String {
    let (ty, more) = match version {
        1 => ("u32", ""),
        _ => ("u64", "fn start() -> Result<(), String> { hot::get!(holders::starting)(); Ok(()) }"),
    };
    format!(
        "hot::import! {{ holders => {{ fn turn(); fn starting(); }} }}
         {more}
         #[hot::export] #[hot(reset)] pub static FIRST: hot::State<{ty}> = hot::State::new(|| 0);
         #[hot::export] #[hot(reset)] pub static SECOND: hot::State<{ty}> = hot::State::new(|| 0);
         #[hot::export] pub fn add(number: u8) -> String {{
             let (mut first, mut second) = (FIRST.write(), SECOND.write());
             *first += {ty}::from(number);
             *second += 2 * {ty}::from(number);
             format!(\"{version}: {{}} {{}}\", *first, *second)
         }}
         #[hot::export] pub fn hold() {{
             let guard = SECOND.read();
             hot::get!(holders::turn)();
             drop(guard);
         }}
         #[hot::export] pub fn hold_aside() {{ std::thread::spawn(hold); }}"
    )
}

/// A value behind a handle. The third version has another layout, the fourth another promise.
fn live(version: u32) -> String {
    let (field, value) = if version < 3 { ("", "") } else { ("pub more: u64,", "more: 1,") };
    let invariants = if version < 4 { "" } else { "(invariants = 2)" };
    format!(
        "hot::import! {{ holders => {{ fn turn(); fn note(text: &str); }} }}

         #[hot::versioned{invariants}] #[derive(Debug)]
         pub struct Stove {{ pub heat: u32, {field} }}
         impl Drop for Stove {{
             fn drop(&mut self) {{
                 hot::get!(holders::note)(&format!(\"{{}} dropped by {version}\", self.heat));
                 if self.heat == 13 {{ panic!(\"too hot\") }}
             }}
         }}
         #[hot::export] pub fn create(heat: u32) -> hot::Live<Stove> {{
             hot::Live::new(Stove {{ heat, {value} }})
         }}
         #[hot::export] pub fn show(stove: &hot::Live<Stove>) -> String {{
             format!(\"{{}} shown by {version}\", stove.get().heat)
         }}
         #[hot::export] pub fn warm(stove: &mut hot::Live<Stove>) {{ stove.get_mut().heat += {version}; }}
         /// After a turn, old code that meets what new code has made.
         #[hot::export] pub fn meet() -> Vec<String> {{
             hot::get!(holders::turn)();
             let mut stove = hot::get!(create)(40);
             let error = |error: hot::TryLiveError| error.to_string();
             let mut said = vec![
                 stove.try_get().map(|stove| format!(\"{{stove:?}}\")).unwrap_or_else(error),
                 stove.try_get_mut().map(|stove| format!(\"{{stove:?}}\")).unwrap_or_else(error),
                 hot::get!(show)(&stove),
             ];
             let asked = std::panic::catch_unwind(|| stove.get().heat.to_string());
             said.push(asked.unwrap_or_else(|payload| *payload.downcast::<String>().unwrap()));
             said
         }}"
    )
}

/// Holds handles, as a program does, and looks into one itself.
const KEEPER: &str = "
    use std::sync::Mutex;
    static KEPT: Mutex<Vec<hot::Live<hl_live::Stove>>> = Mutex::new(Vec::new());
    #[hot::export] pub fn keep(heat: u32) { KEPT.lock().unwrap().push(hot::get!(hl_live::create)(heat)) }
    #[hot::export] pub fn warm() { KEPT.lock().unwrap().iter_mut().for_each(hot::get!(hl_live::warm)) }
    #[hot::export] pub fn show() -> Vec<String> {
        KEPT.lock().unwrap().iter().map(hot::get!(hl_live::show)).collect()
    }
    #[hot::export] pub fn look() -> Vec<String> {
        let look = |stove: &hot::Live<hl_live::Stove>| match stove.try_get() {
            Ok(stove) => stove.heat.to_string(),
            Err(other) => other.to_string(),
        };
        KEPT.lock().unwrap().iter().map(look).collect()
    }
    #[hot::export] pub fn let_go() {
        let kept = std::mem::take(&mut *KEPT.lock().unwrap());
        drop(kept)
    }
";
