//! Types' names for people.

use std::fmt;

use crate::file::manifest::TypeName;

impl TypeName {
    /// The name of no type.
    pub(crate) fn nothing() -> &'static TypeName {
        static NOTHING: TypeName = TypeName {
            id: 0,
            package: String::new(),
            version: String::new(),
            path: String::new(),
            args: Vec::new(),
        };
        &NOTHING
    }

    /// Whether it is a type of the language, of the standard library or of `hot`, whose layout
    /// follows from its arguments.
    pub(crate) fn is_library(&self) -> bool {
        matches!(self.package.as_str(), "" | "std") || self.is_of_hot()
    }

    /// Whether it is one that `hot` offers: these have no version, the boundary has.
    fn is_of_hot(&self) -> bool {
        self.package == "hotreload" && self.version.is_empty()
    }

    /// What a reference refers to, a `hot::State` holds, and a `hot::Dyn` is an object of.
    pub(crate) fn refers_to(&self) -> Option<&TypeName> {
        match &self.args[..] {
            [to] if self.is_language("&") || self.is_language("&mut") => Some(to),
            [of] if self.is_state() || self.is_of_hot() && self.path == "hot::Dyn" => Some(of),
            [of] if self.package.is_empty() && self.path.starts_with("dyn") => Some(of),
            _ => None,
        }
    }

    /// Whether all of it is of the language or of the standard library. Types of `hot` are others
    /// with other features.
    pub(crate) fn is_of_std(&self) -> bool {
        matches!(self.package.as_str(), "" | "std")
            && !self.is_opaque()
            && self.args.iter().all(TypeName::is_of_std)
    }

    /// Whether a part of it is opaque.
    pub(crate) fn has_opaque(&self) -> bool {
        self.is_opaque() || self.args.iter().any(TypeName::has_opaque)
    }

    /// Whether it is of a type of this crate, or has one as an argument.
    pub(crate) fn mentions(&self, crate_name: &str) -> bool {
        let of_crate = self.path.split("::").next() == Some(crate_name) && !self.is_library();
        of_crate || self.args.iter().any(|arg| arg.mentions(crate_name))
    }

    /// As `Display` writes it, each path by its last part, and what `Cow` owns left out: as it is
    /// usually spelled.
    pub(crate) fn without_paths(&self) -> String {
        let mut name = self.clone();
        name.shorten();
        name.to_string()
    }

    fn shorten(&mut self) {
        if !self.package.is_empty() {
            self.path = self.path.rsplit("::").next().unwrap_or_default().to_owned();
        }
        if self.package == "std" && self.path == "Cow" {
            self.args.truncate(1);
        }
        if self.package == "std" && matches!(self.path.as_str(), "HashMap" | "HashSet") {
            self.args.retain(|arg| arg.path != "RandomState");
        }
        self.args.iter_mut().for_each(TypeName::shorten);
    }

    /// Whether it is a `hot::Live`, whose holder knows nothing of the layout.
    pub(crate) fn is_handle(&self) -> bool {
        self.is_of_hot() && self.path == "hot::Live"
    }

    /// The type of the value behind it, if it is a handle.
    pub(crate) fn held(&self) -> Option<&TypeName> {
        self.args.first().filter(|_| self.is_handle())
    }

    /// Whether it is a `hot::State`.
    pub(crate) fn is_state(&self) -> bool {
        self.is_of_hot() && self.path == "hot::State"
    }

    /// Whether the name ends here: an author's part of it, or a constant's value.
    fn is_language(&self, path: &str) -> bool {
        self.package.is_empty() && self.path == path
    }

    /// Whether it is of an opaque type: spelling, size and alignment are its arguments.
    pub(crate) fn is_opaque(&self) -> bool {
        self.is_language("opaque") && self.args.len() == 3
    }

    /// The arguments that are types.
    pub(crate) fn types(&self) -> impl Iterator<Item = &TypeName> {
        let count = match self.path.as_str() {
            _ if self.is_opaque() || self.is_handle() => 0,
            "[;]" if self.package.is_empty() => 1,
            _ => self.args.len(),
        };
        self.args.iter().take(count).filter(|arg| !arg.is_value())
    }

    /// Whether it is the value of a constant argument.
    pub(crate) fn is_value(&self) -> bool {
        let number = || self.path.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        self.package.is_empty()
            && self.args.is_empty()
            && (matches!(self.path.as_str(), "true" | "false") || number())
    }

    /// As `Display` writes it, with the version of its package.
    pub fn with_version(&self) -> String {
        if self.version.is_empty() {
            return self.to_string();
        }
        format!("{self} ({} {})", self.package, self.version)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.package.is_empty() {
            match (self.path.as_str(), &self.args[..]) {
                (reference @ ("&" | "*const" | "*mut" | "&mut"), [to]) => {
                    let space = if reference == "&" { "" } else { " " };
                    return write!(f, "{reference}{space}{to}");
                }
                ("[]", [of]) => return write!(f, "[{of}]"),
                ("[;]", [of, length]) => return write!(f, "[{of}; {length}]"),
                ("(,)", [one]) => return write!(f, "({one},)"),
                ("(,)", all) => return list(f, "(", all, ")"),
                ("opaque", [spelling, ..]) => return write!(f, "opaque {}", spelling.path),
                (dynamic, [of]) if dynamic.starts_with("dyn") && !dynamic.starts_with("dyn Fn") => {
                    let bounds = dynamic.trim_start_matches("dyn").trim_start();
                    let plus = if bounds.is_empty() { "" } else { " + " };
                    return write!(f, "dyn {of}{plus}{bounds}");
                }
                (closure, [inputs @ .., output]) if closure.contains("dyn Fn") => {
                    f.write_str(closure)?;
                    list(f, "(", inputs, ")")?;
                    return if output.path == "()" { Ok(()) } else { write!(f, " -> {output}") };
                }
                (function, [inputs @ .., output]) if function.ends_with("fn") => {
                    write!(f, "{function}")?;
                    list(f, "(", inputs, ")")?;
                    return if output.path == "()" { Ok(()) } else { write!(f, " -> {output}") };
                }
                _ => {}
            }
        }
        f.write_str(&self.path)?;
        if self.args.is_empty() { Ok(()) } else { list(f, "<", &self.args, ">") }
    }
}

fn list(f: &mut fmt::Formatter<'_>, open: &str, all: &[TypeName], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, one) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{one}")?;
    }
    f.write_str(close)
}
