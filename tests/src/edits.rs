//! A bundle that is edited and rebuilt, and what the report says of each edit.

use std::{cell::RefCell, fs, sync::Arc};

use hot::{Bundle, Changes, Host, Report};

use crate::workspace::{BUNDLE, Workspace};

/// A loaded bundle in a workspace of its own.
#[derive(Debug)]
pub struct Edits {
    workspace: Workspace,
    name: String,
    bundle: Bundle,
    reports: RefCell<Vec<Arc<Report>>>,
}

impl Edits {
    /// A bundle whose root is `hot::bundle!();` and this source. `name` must be the test's own.
    pub fn new(host: &Host, name: &str, source: &str) -> Edits {
        Edits::with(host, name, source, |workspace| workspace.package(name, BUNDLE, "", ""))
    }

    /// As [`new`](Edits::new), where `write` writes the bundle's manifest and what else there is.
    pub fn with(host: &Host, name: &str, source: &str, write: impl FnOnce(&Workspace)) -> Edits {
        let workspace = Workspace::new(name);
        write(&workspace);
        workspace.write(&format!("{name}/src/lib.rs"), &format!("hot::bundle!();\n{source}"));
        let bundle = host.load_crate_in(workspace.folder(), name).unwrap();
        Edits { workspace, name: name.to_owned(), bundle, reports: RefCell::default() }
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The loaded bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Replaces a text in the bundle's root, rebuilds, and gives what is said to have changed.
    ///
    /// # Panics
    /// If the text is not there.
    pub fn edit(&self, from: &str, to: &str) -> String {
        self.edit_in(&format!("{}/src/lib.rs", self.name), from, to)
    }

    /// As [`edit`](Edits::edit), in a file given by its path in the workspace.
    ///
    /// # Panics
    /// If the text is not there.
    pub fn edit_in(&self, file: &str, from: &str, to: &str) -> String {
        let text = fs::read_to_string(self.workspace.folder().join(file)).unwrap();
        assert!(text.contains(from), "there is no `{from}` in {file}");
        self.workspace.write(file, &text.replace(from, to));
        self.rebuild()
    }

    /// Rebuilds, and gives what is said to have changed.
    pub fn rebuild(&self) -> String {
        let report = self.bundle.rebuild().unwrap();
        let said = said(&report, report.changes.as_ref().expect("there is a generation before"));
        self.reports.borrow_mut().push(report);
        said
    }

    /// The last report.
    ///
    /// # Panics
    /// Before the first edit.
    pub fn report(&self) -> Arc<Report> {
        self.reports.borrow().last().unwrap().clone()
    }
}

/// `add, sub | clamp of add sub, scale of nobody`: what was edited, and the helpers. Paths are
/// without the bundle's crate.
fn said(report: &Report, changes: &Changes) -> String {
    let own = format!("{}::", report.bundle.replace('-', "_"));
    let edited = changes.edited.join(", ");
    let helpers = changes.helpers.iter().map(|helper| match &*helper.of {
        [] => format!("{} of nobody", helper.name),
        of => format!("{} of {}", helper.name, of.join(" ")),
    });
    let helpers: Vec<_> = helpers.collect();
    format!("{edited} | {}", helpers.join(", ")).trim().replace(&own, "")
}
