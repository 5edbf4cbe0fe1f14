//! The part of the program that stays: a window, and one call into the bundle for each frame.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
};

use eframe::{
    CreationContext, Frame, NativeOptions,
    egui::{Align2, Id, Ui, ViewportBuilder, Window},
};
use notebook_shared as _;

fn main() -> eframe::Result {
    let options = NativeOptions {
        viewport: ViewportBuilder::default().with_inner_size([480.0, 320.0]),
        ..NativeOptions::default()
    };
    eframe::run_native("Notebook", options, Box::new(|creation| Ok(Box::new(App::new(creation)?))))
}

struct App;

impl App {
    fn new(creation: &CreationContext<'_>) -> Result<App, hot::Error> {
        let host = hot::Host::builder().watch(|line| eprintln!("{line}")).start()?;
        host.load_crate("notebook-window")?;

        // egui draws when somebody does something, and a reload is nothing that it hears of.
        let context = creation.egui_ctx.clone();
        host.on_event(move |_| context.request_repaint());

        // The bundle finds it: there is one egui in the process, and so one memory.
        let owner = env::args().nth(1).unwrap_or_else(|| "nobody".to_owned());
        creation.egui_ctx.data_mut(|memory| memory.insert_temp(Id::unique("owner"), owner));
        Ok(App)
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        // A panic of the bundle ends here, and the program waits for an edit.
        if catch_unwind(AssertUnwindSafe(|| notebook_window::show(ui))).is_err() {
            let panicked = Window::new("Panicked").anchor(Align2::CENTER_CENTER, [0.0, 0.0]);
            panicked.show(ui, |ui| ui.label("The notes are still there: edit the code."));
        }
    }
}
