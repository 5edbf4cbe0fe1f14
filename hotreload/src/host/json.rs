//! What is printed for people, as JSON for programs. The fields are documented at each `to_json`;
//! once there, a field keeps its name and meaning.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    BundleStatus, Changes, DefinitionStatus, Error, Helper, Phases, Reason, Report, Status,
    ThreadStatus,
};

/// What has a form as JSON.
pub(crate) trait Json {
    fn json(&self) -> Value;
}

impl<T: Json> Json for [T] {
    fn json(&self) -> Value {
        self.iter().map(Json::json).collect()
    }
}

impl Json for Reason {
    fn json(&self) -> Value {
        let Reason { code, message, facts, help, path } = self;
        // No object: a label may be there more than once, and the order says something.
        let facts = facts.iter().map(|(label, text)| json!({ "label": label, "text": text }));
        json!({
            "code": code.id(),
            "message": message,
            "path": path,
            "facts": facts.collect::<Value>(),
            "help": help,
        })
    }
}

impl Json for Error {
    fn json(&self) -> Value {
        let first = std::error::Error::source(self);
        let causes = std::iter::successors(first, |cause| cause.source());
        json!({
            "reasons": self.reasons().json(),
            "causes": causes.map(|cause| cause.to_string()).collect::<Vec<_>>(),
        })
    }
}

impl Json for Phases {
    fn json(&self) -> Value {
        let Phases { watch, build, check, load, publish } = *self;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        json!({
            "watch_ms": ms(watch),
            "build_ms": ms(build),
            "check_ms": ms(check),
            "load_ms": ms(load),
            "publish_ms": ms(publish),
        })
    }
}

impl Json for Changes {
    fn json(&self) -> Value {
        json!({ "edited": self.edited, "helpers": self.helpers.json(), "exact": self.exact })
    }
}

impl Json for Helper {
    fn json(&self) -> Value {
        json!({ "name": self.name, "of": self.of })
    }
}

impl Json for Report {
    fn json(&self) -> Value {
        json!({
            "bundle": self.bundle,
            "generation": self.generation,
            "added": self.added,
            "removed": self.removed,
            "replaced": self.replaced,
            "changes": self.changes.as_ref().map(Json::json),
            "restarted": self.restarted,
            "untracked": self.untracked,
            "not_applied": self.not_applied,
            "reset": self.reset,
            "why": self.why,
            "phases": self.phases.json(),
        })
    }
}

impl Json for Status {
    fn json(&self) -> Value {
        json!({
            "bundles": self.bundles.json(),
            "definitions": self.definitions.json(),
            "threads": self.threads.json(),
            "retired": self.retired,
            "abandoned": self.abandoned,
            "shadow_bytes": self.shadow_bytes,
            "shadow_dir": self.shadow_dir.to_string_lossy(),
        })
    }
}

impl Json for BundleStatus {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "version": self.version,
            "generation": self.generation,
            "loaded_as": self.loaded_as,
            "library": self.library.to_string_lossy(),
            "earlier": self.earlier,
        })
    }
}

impl Json for DefinitionStatus {
    fn json(&self) -> Value {
        json!({
            "path": self.path,
            "kind": self.kind.to_string(),
            "signature": self.signature,
            "generation": self.generation,
        })
    }
}

impl Json for ThreadStatus {
    fn json(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "commits_behind": self.commits_behind })
    }
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
    /// let json = host.load("missing.so").unwrap_err().to_json();
    /// assert!(json.contains(r#""code":"HOT0101""#), "{json}");
    /// ```
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }
}

impl Report {
    /// The report as JSON, in one line: an object with the fields of [`Report`].
    ///
    /// `changes` is `null` or an object of `edited`, `exact` and `helpers`, a list of objects of
    /// `name` and `of`. `why` is `null` or a text. `phases` has `watch_ms`, `build_ms`, `check_ms`, `load_ms`
    /// and `publish_ms`: milliseconds, with fractions.
    ///
    /// ```no_run
    /// let host = hot::Host::start()?;
    /// let json = host.load_crate("rules")?.reload()?.to_json();
    /// assert!(json.contains(r#""generation":2"#), "{json}");
    /// # Ok::<(), hot::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }
}

impl Status {
    /// The status as JSON, in one line: an object with the fields of [`Status`].
    ///
    /// `bundles`, `definitions` and `threads` are lists of objects with the fields of
    /// [`BundleStatus`], [`DefinitionStatus`] and [`ThreadStatus`]. A definition's `kind` is
    /// `"function"`, `"var"`, `"struct"` or `"enum"`. What there is none of is `null`; paths are
    /// texts, with � for what is no Unicode.
    ///
    /// ```
    /// # fn main() -> Result<(), hot::Error> {
    /// let json = hot::Host::start()?.status()?.to_json();
    /// assert!(json.contains(r#""bundles":[]"#), "{json}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

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
            untracked: Vec::new(),
            not_applied: Vec::new(),
            reset: Vec::new(),
            why: None,
            phases: Phases { load: Duration::from_micros(1500), ..Phases::default() },
        };
        let parse = |report: &Report| serde_json::from_str::<Value>(&report.to_json()).unwrap();
        let json = parse(&report);
        assert_eq!((&json["changes"], &json["why"]), (&Value::Null, &Value::Null));
        assert_eq!((&json["generation"], &json["added"][0]), (&json!(2), &json!("rules::new")));
        assert_eq!(json["phases"]["load_ms"], 1.5);
        assert_eq!(json["restarted"][0], "CACHE");

        let helper = Helper { name: "h".to_owned(), of: vec!["rules::new".to_owned()] };
        report.changes = Some(Changes { exact: true, edited: Vec::new(), helpers: vec![helper] });
        let json = parse(&report);
        assert_eq!(json["changes"]["helpers"][0], json!({ "name": "h", "of": ["rules::new"] }));
    }
}
