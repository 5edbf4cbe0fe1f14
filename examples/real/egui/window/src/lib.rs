//! All that the window shows: edit this file while it runs.

use egui::{CentralPanel, CollapsingHeader, Id, Key, Panel, ScrollArea, Ui, Window};
use notebook_shared as _;

hot::bundle!();

/// What somebody has written. It stays when the code changes, and when its fields do.
#[hot::versioned]
pub struct Note {
    text: String,
    is_done: bool,
}

impl Note {
    fn new(text: &str) -> Note {
        Note { text: text.to_owned(), is_done: false }
    }
}

#[hot::export]
pub static NOTES: hot::State<Vec<Note>> = hot::State::new(|| {
    let things = ["milk", "bread", "eggs", "tea", "salt", "rice", "oil", "soap"];
    things.map(|thing| Note::new(&format!("buy {thing}"))).into()
});

/// What is being written. egui has it, which asks for the type to find it: so this stays when the
/// code changes, and is not found any more when a type of this crate does.
#[derive(Clone, Default)]
struct Draft {
    text: String,
}

/// What the host calls in each frame. The type is egui's, of which there is one in the process.
#[hot::export]
pub fn show(#[hot(unsafe(opaque))] ui: &mut Ui) {
    let owner: Option<String> = ui.data(|memory| memory.get_temp(Id::unique("owner")));
    let owner = owner.unwrap_or_else(|| "somebody whom the host knows".to_owned());
    let mut notes = NOTES.write();

    Panel::top("title").show(ui, |ui| ui.heading(format!("The notebook of {owner}")));
    CentralPanel::default().show(ui, |ui| {
        write(ui, &mut notes);
        ScrollArea::vertical().max_height(120.0).show(ui, |ui| list(ui, &mut notes, false));
        CollapsingHeader::new("Done").show(ui, |ui| list(ui, &mut notes, true));
    });
    Window::new("Count").default_pos([350.0, 80.0]).default_size([110.0, 50.0]).show(ui, |ui| {
        let done = notes.iter().filter(|note| note.is_done).count();
        ui.label(format!("{} notes", notes.len()));
        ui.label(format!("{done} done"));
    });
}

/// The line that a note is written in.
fn write(ui: &mut Ui, notes: &mut Vec<Note>) {
    let id = Id::unique("draft");
    let mut draft: Draft = ui.data(|memory| memory.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let line = ui.text_edit_singleline(&mut draft.text);
        let is_entered = line.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if ui.button("Add").clicked() || is_entered {
            notes.insert(0, Note::new(&draft.text));
            draft.text.clear();
        }
    });
    ui.data_mut(|memory| memory.insert_temp(id, draft));
}

/// The notes that are done, or those that are not.
fn list(ui: &mut Ui, notes: &mut [Note], is_done: bool) {
    for note in notes.iter_mut().filter(|note| note.is_done == is_done) {
        ui.checkbox(&mut note.is_done, &note.text);
    }
}
