//! Where in a type a value is.

/// A place on the way from a state's type, by the names of the old version and by those of the new one.
#[derive(Clone)]
pub(super) struct Place {
    /// Which of the subjects it is in.
    pub(super) subject: usize,
    pub(super) old: String,
    pub(super) new: String,
    /// Several values may be there.
    pub(super) many: bool,
    /// A cell or a lock is on the way: authors' code could change it while it is looked at.
    pub(super) in_cell: bool,
    /// The values may come in another order than they were.
    pub(super) shuffled: bool,
}

/// Beside the places of the fields that are put aside: they are called so in reports.
fn whole(path: &str) -> String {
    format!("{path} as a whole")
}

impl Place {
    pub(super) fn root(subject: usize, old: String, new: String) -> Place {
        let (many, in_cell, shuffled) = (false, false, false);
        Place { subject, old, new, many, in_cell, shuffled }
    }

    /// One step on, which both versions call alike.
    pub(super) fn step(&self, segment: &str) -> Place {
        self.renamed(segment, segment)
    }

    pub(super) fn renamed(&self, old: &str, new: &str) -> Place {
        Place { old: format!("{}{old}", self.old), new: format!("{}{new}", self.new), ..*self }
    }

    pub(super) fn field(&self, old: &str, new: &str) -> Place {
        self.renamed(&format!(".{old}"), &format!(".{new}"))
    }

    /// Where the whole old value is put aside.
    pub(super) fn aside(&self) -> String {
        whole(&self.new)
    }

    /// Where the whole new value would have been put aside.
    pub(super) fn was_aside(&self) -> String {
        whole(&self.old)
    }

    /// The same, of which there are several.
    pub(super) fn many(self) -> Place {
        Place { many: true, ..self }
    }
}
