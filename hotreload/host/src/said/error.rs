//! The one error type, and what it is made of.

use std::{fmt, path::Path, sync::Arc};

use serde::Serialize;

use crate::said::Code;
use crate::said::json::{ErrorForm, ReasonForm};

/// Why something was refused or could not be done.
///
/// An error lists every [`Reason`], not only the first: a refused reload names each signature
/// that conflicts. What ran before goes on running.
///
/// ```
/// let host = hot::Host::start().unwrap();
/// let error = host.check("no/such/file.so").unwrap_err();
/// assert_eq!(error.code(), hot::Code::FileMissing);
/// assert_eq!(error.code().id(), "HOT0101");
/// assert!(error.to_string().contains("no/such/file.so"));
/// ```
#[derive(Clone, Serialize)]
#[serde(into = "ErrorForm")]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    reasons: Vec<Reason>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// One reason of an [`Error`]: a permanent code, what happened, where, and what to do.
///
/// ```
/// let host = hot::Host::start().unwrap();
/// let error = host.check("missing.so").unwrap_err();
/// let [reason] = error.reasons() else { panic!("one reason") };
/// assert_eq!(reason.code, hot::Code::FileMissing);
/// assert!(!reason.message.is_empty() && !reason.help.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "ReasonForm")]
#[non_exhaustive]
pub struct Reason {
    /// The permanent code.
    pub code: Code,
    /// What happened, in one line.
    pub message: String,
    /// Labelled facts: the file, the old and the new form, who holds on to it.
    pub facts: Vec<(&'static str, String)>,
    /// What to do about it.
    pub help: String,
    /// Where in a type it is, if it is about one: `World.entities[].pos.z`. The message has it too.
    pub path: Option<String>,
}

impl Reason {
    #[doc(hidden)]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (facts, help) = (Vec::new(), code.help().to_owned());
        Reason { code, message: message.into(), facts, help, path: None }
    }

    #[doc(hidden)]
    pub fn fact(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.facts.push((label, text.into()));
        self
    }

    #[doc(hidden)]
    pub fn file(self, path: &Path) -> Self {
        self.fact("file", path.display().to_string())
    }

    #[doc(hidden)]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl Error {
    /// The code of the first reason. Codes are permanent: match on them, not on the text.
    pub fn code(&self) -> Code {
        self.0.reasons[0].code
    }

    /// Every reason, in the order found; never empty.
    pub fn reasons(&self) -> &[Reason] {
        &self.0.reasons
    }

    /// An error of several reasons, or `Ok` if there is none.
    pub(crate) fn check(reasons: Vec<Reason>) -> Result<()> {
        if reasons.is_empty() { Ok(()) } else { Err(Error::of(reasons)) }
    }

    /// An error of several reasons, of which there is one at least.
    pub(crate) fn of(reasons: Vec<Reason>) -> Error {
        assert!(!reasons.is_empty(), "an error has a reason");
        Error(Box::new(Inner { reasons, source: None }))
    }

    /// One error with the reasons of all, or `Ok` if there is none.
    pub(crate) fn join(errors: Vec<Error>) -> Result<()> {
        let joined = errors.into_iter().reduce(|mut first, second| {
            first.0.reasons.extend(second.0.reasons);
            first.0.source = first.0.source.or(second.0.source);
            first
        });
        joined.map_or(Ok(()), Err)
    }

    /// Adds to each reason what led to the attempt.
    pub(crate) fn because(mut self, why: &str) -> Self {
        self.0.reasons.iter_mut().for_each(|reason| reason.facts.push(("why", why.to_owned())));
        self
    }

    #[doc(hidden)]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Error(Box::new(Inner { reasons: vec![reason], source: None }))
    }
}

impl From<hot_rt::rt::Undefined> for Error {
    fn from(undefined: hot_rt::rt::Undefined) -> Self {
        if let Some(why) = undefined.closed() {
            return Reason::new(Code::Closed, why).into();
        }
        let what = format!("`{}` is not defined", undefined.path());
        Reason::new(Code::Undefined, what).into()
    }
}

impl From<hot_rt::rt::OtherLayout> for Error {
    fn from(other: hot_rt::rt::OtherLayout) -> Self {
        let what = format!(
            "the value was laid out for another version of `{}` than this code was compiled with",
            other.type_name()
        );
        Reason::new(Code::OtherLayout, what).into()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.id(), self.message)?;
        for (label, text) in &self.facts {
            fact(f, label, text)?;
        }
        fact(f, "help", &self.help)
    }
}

/// Writes one labelled fact; the further lines of a long one are set under the first.
fn fact(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    let mut lines = text.lines();
    write!(f, "\n  {:<6} {}", format!("{label}:"), lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| write!(f, "\n         {line}"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.0.reasons.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(reason, f)?;
        }
        // The whole chain: the loader's own words lie at its end.
        let first = std::error::Error::source(self);
        let mut causes = std::iter::successors(first, |cause| cause.source());
        causes.try_for_each(|cause| fact(f, "cause", &cause.to_string()))
    }
}

/// As [`Display`](fmt::Display): `fn main() -> Result<(), hot::Error>` prints the reasons.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The result of what can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;
