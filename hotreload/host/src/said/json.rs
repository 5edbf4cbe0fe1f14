//! What is printed for people, as JSON for programs. The fields are documented at each `to_json`;
//! once there, a field keeps its name and meaning.
//!
//! A reader passes over fields that it does not know, and takes the default for those that are
//! missing: the other side may be older or newer.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use hot_rt::rt::Kind;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny},
};

use crate::said::{Error, Reason, Report, Status};

/// The value in one line, its fields in the order of their names.
pub fn line(value: &impl Serialize) -> String {
    serde_json::to_value(value).expect("names are texts, and nothing refuses").to_string()
}

/// An [`Error`] in its form as JSON: whoever reads it may not know each code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorForm {
    /// Every reason, in the order found.
    pub reasons: Vec<ReasonForm>,
    /// The texts of the underlying errors, the nearest first.
    pub causes: Vec<String>,
}

/// A [`Reason`] in its form as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReasonForm {
    pub code: String,
    pub message: String,
    pub path: Option<String>,
    /// No object: a label may be there more than once, and the order says something.
    pub facts: Vec<FactForm>,
    pub help: String,
}

/// A fact of a [`Reason`] in its form as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactForm {
    pub label: String,
    pub text: String,
}

impl From<Error> for ErrorForm {
    fn from(error: Error) -> Self {
        let first = std::error::Error::source(&error);
        let causes = std::iter::successors(first, |cause| cause.source());
        ErrorForm {
            reasons: error.reasons().iter().cloned().map(ReasonForm::from).collect(),
            causes: causes.map(|cause| cause.to_string()).collect(),
        }
    }
}

impl From<Reason> for ReasonForm {
    fn from(Reason { code, message, facts, help, path }: Reason) -> Self {
        let fact = |(label, text): (&str, String)| FactForm { label: label.to_owned(), text };
        let facts = facts.into_iter().map(fact).collect();
        ReasonForm { code: code.id().to_owned(), message, path, facts, help }
    }
}

/// A time in milliseconds, with fractions.
pub(crate) mod milliseconds {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        (time.as_secs_f64() * 1e3).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)? / 1e3).map_err(D::Error::custom)
    }
}

/// A path as text, with � for what is no Unicode.
pub(crate) mod lossy {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.to_string_lossy().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        String::deserialize(from).map(PathBuf::from)
    }
}

/// What a definition is, by the word that is printed. Serde is no part of a bundle, which has the
/// type too.
pub(crate) mod kind {
    use super::*;

    const ALL: [Kind; 4] = [Kind::Function, Kind::Var, Kind::Struct, Kind::Enum];

    pub(crate) fn serialize<S: Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(kind)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let word = String::deserialize(from)?;
        let kind = ALL.into_iter().find(|kind| kind.to_string() == word);
        kind.ok_or_else(|| D::Error::custom(format_args!("`{word}` is no kind of definition")))
    }
}

/// A list without what this side does not know.
pub(crate) fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Maybe<T> {
        Known(T),
        Unknown(IgnoredAny),
    }
    let list = Vec::<Maybe<T>>::deserialize(from)?;
    Ok(list
        .into_iter()
        .filter_map(|it| if let Maybe::Known(it) = it { Some(it) } else { None })
        .collect())
}

impl Error {
    /// The error as JSON, in one line: an object of `reasons` and `causes`.
    ///
    /// Each reason has `code`, `message`, `path` (or `null`), `facts` (a list of objects of `label` and
    /// `text`) and `help`, as [`Reason`] has them. `causes` are the texts of the underlying errors, the nearest
    /// first; often there is none.
    ///
    /// ```
    /// let host = hot::Host::start().unwrap();
    /// let json = host.check("missing.so").unwrap_err().to_json();
    /// assert!(json.contains(r#""code":"HOT0101""#), "{json}");
    /// ```
    pub fn to_json(&self) -> String {
        line(self)
    }
}

impl Report {
    /// The report as JSON, in one line: an object with the fields of [`Report`].
    ///
    /// `changes` is `null` or an object of `edited`, `exact` and `helpers`, a list of objects of
    /// `name` and `of`. `why` is `null` or a text. `rolled_back` is `null` or an object of `from` and `to`.
    /// `built_by` is `null` or an object of `by`, which is `rustc` or `cargo`, and with `cargo` of `why`, which is
    /// `null` or a text.
    /// `copy` is a path. `phases` has `watch_ms`, `build_ms`, `check_ms`, `load_ms`
    /// and `publish_ms`: milliseconds, with fractions.
    ///
    /// ```no_run
    /// let host = hot::Host::start()?;
    /// let json = host.load_crate("rules")?.reload()?.to_json();
    /// assert!(json.contains(r#""generation":2"#), "{json}");
    /// # Ok::<(), hot::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        line(self)
    }
}

impl Status {
    /// The status as JSON, in one line: an object with the fields of [`Status`].
    ///
    /// `bundles`, `definitions` and `threads` are lists of objects with the fields of
    /// [`BundleStatus`](crate::BundleStatus), [`DefinitionStatus`](crate::DefinitionStatus) and
    /// [`ThreadStatus`](crate::ThreadStatus). A definition's `kind` is `"function"`, `"var"`, `"struct"`
    /// or `"enum"`. What there is none of is `null`; paths are texts, with
    /// � for what is no Unicode.
    ///
    /// ```
    /// # fn main() -> Result<(), hot::Error> {
    /// let json = hot::Host::start()?.status()?.to_json();
    /// assert!(json.contains(r#""bundles":[]"#), "{json}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_json(&self) -> String {
        line(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::said::{BuiltBy, Changes, Code, Helper, Phases};

    #[test]
    fn an_error_keeps_all_its_reasons_facts_and_causes() {
        let reason = Reason::new(Code::TypeChanged, "a \"quoted\"\nline")
            .fact("tried", "one")
            .fact("tried", "two\u{1}")
            .help("go on");
        let number = "x".parse::<u8>().unwrap_err();
        let cause = std::io::Error::other(number.clone());
        let error = Error::check(vec![reason.clone(), reason]).unwrap_err().caused_by(cause);
        let json: Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(json["reasons"].as_array().unwrap().len(), 2);
        let first = &json["reasons"][0];
        assert_eq!(first["code"], "HOT0301");
        assert_eq!(first["message"], "a \"quoted\"\nline");
        assert_eq!(first["facts"][1], json!({ "label": "tried", "text": "two\u{1}" }));
        assert_eq!(first["help"], "go on");
        assert_eq!(json["causes"][0], number.to_string());
        assert!(!error.to_json().contains('\n'), "one line");
    }

    #[test]
    fn a_report_says_what_differs_and_how_long_it_took() {
        let mut report = Report {
            bundle: "rules".to_owned(),
            generation: 2,
            added: vec!["rules::new".to_owned()],
            removed: Vec::new(),
            replaced: Vec::new(),
            changes: None,
            restarted: vec!["CACHE".to_owned()],
            retyped: false,
            untracked: Vec::new(),
            not_applied: Vec::new(),
            migration: None,
            reset: Vec::new(),
            closed: vec!["rules::other".to_owned()],
            failed_hooks: Vec::new(),
            threads_left: 0,
            threads_started: 0,
            first_to_leave_threads: false,
            copy: PathBuf::new(),
            why: None,
            rolled_back: None,
            built_by: Some(BuiltBy::Rustc),
            phases: Phases { load: Duration::from_micros(1500), ..Phases::default() },
        };
        let parse = |report: &Report| serde_json::from_str::<Value>(&report.to_json()).unwrap();
        let json = parse(&report);
        assert_eq!((&json["changes"], &json["why"]), (&Value::Null, &Value::Null));
        assert_eq!((&json["generation"], &json["added"][0]), (&json!(2), &json!("rules::new")));
        assert_eq!(json["phases"]["load_ms"], 1.5);
        assert_eq!(json["restarted"][0], "CACHE");
        assert_eq!(json["built_by"], json!({ "by": "rustc" }));
        report.built_by = Some(BuiltBy::Cargo { why: None });
        assert_eq!(parse(&report)["built_by"], json!({ "by": "cargo", "why": null }));

        let helper = Helper { name: "h".to_owned(), of: vec!["rules::new".to_owned()] };
        report.changes = Some(Changes { exact: true, edited: Vec::new(), helpers: vec![helper] });
        let json = parse(&report);
        assert_eq!(json["changes"]["helpers"][0], json!({ "name": "h", "of": ["rules::new"] }));
    }
}
