//! What the terminal's title says, for who looks at another window.

use super::model::{Model, Phase};

/// The program, and what matters most about it.
pub(super) fn title(program: &str, model: &Model) -> String {
    let state = match &model.phase {
        Phase::Starting => "starting".to_owned(),
        Phase::Building { .. } => "building".to_owned(),
        Phase::Live | Phase::HostEdited => match model.generation() {
            Some(generation) => format!("generation {generation}"),
            None => "running".to_owned(),
        },
        Phase::Refused(_) => match model.problems.errors() {
            0 => "refused".to_owned(),
            1 => "1 error".to_owned(),
            errors => format!("{errors} errors"),
        },
        Phase::Restarting | Phase::Ending => "ending".to_owned(),
        Phase::Ended => "ended".to_owned(),
        Phase::NotBuilt => "not built".to_owned(),
    };
    format!("{program}: {state}")
}

#[cfg(test)]
mod tests {
    use hot_host::command::protocol::Event;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_title_follows_the_builds() {
        let mut model = Model::default();
        let mut after = |event: Value| {
            model.take(Event::read(&event.to_string()).expect("an event"));
            title("game", &model)
        };
        let begins = json!({"event": "building", "bundles": ["rules"]});
        let report = json!({"bundle": "rules", "generation": 4});
        let error = |code| json!({"reasons": [{"code": code}]});
        let refused = |code| json!({"event": "saved", "outcome": "refused", "error": error(code)});
        assert_eq!(after(begins.clone()), "game: building");
        assert_eq!(after(json!({"event": "built"})), "game: starting");
        assert_eq!(after(json!({"event": "loaded", "report": report})), "game: generation 4");
        after(begins.clone());
        after(json!({"event": "diagnostic", "rendered": "error: one\n", "error": true}));
        assert_eq!(after(refused("HOT0704")), "game: 1 error");
        after(json!({"event": "diagnostic", "rendered": "error: two\n", "error": true}));
        assert_eq!(after(refused("HOT0704")), "game: 2 errors");
        after(begins);
        assert_eq!(after(refused("HOT0301")), "game: refused");
        after(json!({"event": "unloaded", "bundle": "rules"}));
        assert_eq!(after(json!({"event": "saved", "outcome": "unchanged"})), "game: running");
        model.phase(Phase::NotBuilt);
        assert_eq!(title("game", &model), "game: not built");
    }
}
