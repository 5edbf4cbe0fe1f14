//! Paths to places in types: `World.entities[].pos.z`.

use crate::file::manifest::TypeName;

/// The places that were reached, each from another.
#[derive(Default)]
pub(crate) struct Places {
    all: Vec<(Option<usize>, String)>,
}

/// Of longer paths the last steps are shown, after the root.
const LONGEST: usize = 64;

impl Places {
    /// A place that all others of a type are within.
    pub(crate) fn root(&mut self, name: &TypeName) -> usize {
        let last = match name.is_library() {
            true => name.without_paths(),
            false => name.path.rsplit("::").next().unwrap_or_default().to_owned(),
        };
        self.all.push((None, last));
        self.all.len() - 1
    }

    /// A place within another.
    pub(crate) fn add(&mut self, parent: usize, segment: String) -> usize {
        self.all.push((Some(parent), segment));
        self.all.len() - 1
    }

    /// The last step of the way.
    pub(crate) fn last(&self, place: usize) -> &str {
        &self.all[place].1
    }

    /// The way from the root.
    pub(crate) fn path(&self, place: usize) -> String {
        let mut segments = Vec::new();
        let mut at = place;
        // Not further: a chain of types may be as long as its manifest.
        while let (Some(parent), segment) = &self.all[at]
            && segments.len() < LONGEST
        {
            segments.push(segment.as_str());
            at = *parent;
        }
        if self.all[at].0.is_some() {
            segments.push("..");
        }
        while let (Some(parent), _) = self.all[at] {
            at = parent;
        }
        segments.push(&self.all[at].1);
        segments.reverse();
        segments.concat()
    }
}

/// How an argument of a library's type is reached.
pub(crate) fn of_argument(of: &TypeName, index: usize) -> String {
    let last = of.path.rsplit("::").next().unwrap_or_default();
    match (last, index) {
        ("Option", _) => "::Some.0".to_owned(),
        ("Result", 0) => "::Ok.0".to_owned(),
        ("Result", _) => "::Err.0".to_owned(),
        ("BTreeMap" | "HashMap" | "IndexMap", 0) => "[key]".to_owned(),
        ("HashMap" | "IndexMap", 2) | ("HashSet" | "IndexSet", 1) => "[hasher]".to_owned(),
        (
            "Vec" | "VecDeque" | "LinkedList" | "BinaryHeap" | "BTreeMap" | "BTreeSet" | "HashMap"
            | "HashSet" | "IndexMap" | "IndexSet" | "SmallVec" | "[]" | "[;]",
            _,
        ) => "[]".to_owned(),
        ("(,)", index) => format!(".{index}"),
        (function, index) if function.ends_with("fn") => {
            if index + 1 == of.args.len() {
                "->".to_owned()
            } else {
                format!("({index})")
            }
        }
        // Boxes, references, cells, locks: the path goes through them.
        _ => String::new(),
    }
}
