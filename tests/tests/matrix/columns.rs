//! The columns: who holds on to the old form, and what a refusal says of all rows then.

use std::path::Path;

use hot::{Error, Reason};
use tests::refusal::{assert_complete, fact};

use super::{
    rows::{SIGNATURES, rows},
    sources::has,
};

/// What a column adds to what the rows say: the code, how a path begins, who holds it.
pub(crate) struct Column {
    pub(crate) bundle: &'static str,
    /// None: the row's own.
    pub(crate) code: Option<&'static str>,
    /// What a message begins with.
    pub(crate) title: &'static str,
    /// In place of the type's name.
    pub(crate) root: fn(&str) -> String,
    pub(crate) held: fn(&str) -> String,
    /// Whether the reason of this code and message is one for it.
    pub(crate) counts: fn(&str, &str) -> bool,
}

pub(crate) const CODE: Column = Column {
    bundle: "mx_code",
    code: None,
    title: "",
    root: str::to_owned,
    held: |row| format!("by bundle `mx_user` (generation 1), which calls `mx_code::make_{row}`"),
    counts: |_, _| true,
};
pub(crate) const HOST: Column =
    Column { held: |row| format!("by the host, which calls `mx_code::make_{row}`"), ..CODE };
pub(crate) const VAR: Column = Column {
    bundle: "mx_var",
    code: Some("HOT0401"),
    title: "",
    root: |row| format!("Mutex<Option<{row}>>::Some.0"),
    held: |row| format!("by the value of the var `mx_var::{}`", row.to_uppercase()),
    counts: |_, _| true,
};
pub(crate) const STATE: Column = Column {
    bundle: "mx_state",
    code: Some("HOT0403"),
    title: "a state's value would mean something else: ",
    root: |row| format!("Vec<{row}>[]"),
    held: |row| format!("by the value of the state `mx_state::{}`", row.to_uppercase()),
    counts: |code, message| cannot_move(code, message),
};

/// With the others the value becomes one of its new type.
fn cannot_move(code: &str, message: &str) -> bool {
    ["HOT0322", "HOT0323", "HOT0324", "HOT0327", "HOT0328"].contains(&code)
        || message.contains("opaque")
}

/// Whether a plan for moving values has found it, or manifests have for it.
fn is_planned(reason: &Reason) -> bool {
    ("HOT0407"..="HOT0423").contains(&reason.code.id())
}

pub(crate) const LIVE: Column = Column {
    bundle: "mx_live",
    code: Some("HOT0404"),
    title: "",
    root: str::to_owned,
    held: |_| "by 2 values that `hot::Live`s hold".to_owned(),
    counts: |code, message| cannot_move(code, message),
};

/// A reason: code, message, holder.
pub(crate) type Said = (String, String, String);

impl Column {
    /// What a refusal of all rows, or of one, says; and of how many cells.
    pub(crate) fn expected(&self, only: Option<&str>) -> (Vec<Said>, usize) {
        let mut said = Vec::new();
        let rows: Vec<_> = rows().into_iter().filter(|row| has(self.bundle, row)).collect();
        for row in rows.iter().filter(|row| only.is_none_or(|name| row.name == name)) {
            let (name, root) = (format!("`{}", row.name), format!("`{}", (self.root)(&row.name)));
            let counted = row.reasons.iter().filter(|(code, message)| (self.counts)(code, message));
            for (code, message) in counted {
                let message = message.replace(&name, &root).replace("{crate}", self.bundle);
                let message = format!("{}{message}", self.title);
                let code = self.code.unwrap_or(code);
                said.push((code.to_owned(), message, (self.held)(&row.name)));
            }
        }
        if self.code.is_none() {
            for (name, .., reasons) in SIGNATURES {
                // A signature is the export's own: it is not said again which one is called.
                let held = (self.held)(name);
                let held = held.split_once(", which calls").map_or(&*held, |(who, _)| who);
                said.extend(reasons.iter().map(|(code, message)| {
                    ((*code).to_owned(), (*message).to_owned(), held.to_owned())
                }));
            }
        }
        said.sort();
        let signatures = if self.code.is_none() { SIGNATURES.len() } else { 0 };
        (said, rows.len() + signatures)
    }

    /// Compares a refusal with what all of its rows say. Gives the number of cells.
    pub(crate) fn check(&self, error: &Error, library: &Path) -> usize {
        assert_complete(error, library);
        // Of rows that could move if their author said how: `values_move_or_are_refused` has these.
        let (planned, reasons): (Vec<_>, Vec<_>) =
            error.reasons().iter().partition(|it| is_planned(it));
        assert!(planned.is_empty() || self.bundle == STATE.bundle, "{planned:?}");
        let said = reasons
            .into_iter()
            .map(|it| (it.code.id().to_owned(), it.message.clone(), fact(it, "held").to_owned()));
        self.compare(said.collect())
    }

    pub(crate) fn compare(&self, mut said: Vec<Said>) -> usize {
        said.sort();
        let (expected, cells) = self.expected(None);
        let missing: Vec<_> = expected.iter().filter(|one| !said.contains(one)).collect();
        let surplus: Vec<_> = said.iter().filter(|one| !expected.contains(one)).collect();
        let bundle = self.bundle;
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{bundle}: not {missing:#?} {surplus:#?}"
        );
        assert_eq!(said, expected, "{bundle}: said twice");
        cells
    }
}
