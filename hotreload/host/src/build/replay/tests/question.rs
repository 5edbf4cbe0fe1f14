//! What cargo was asked decides whether rustc can be called as it has called it.

use super::*;

/// The test that leaves word of a call where a wrapper has started it, by the name that `--exact` wants.
pub(super) fn leaves_word() -> &'static str {
    let name = std::any::type_name_of_val(&what_its_cargo_was_asked_is_known);
    name.split_once("::").unwrap().1
}

#[test]
fn what_its_cargo_was_asked_is_known() {
    if std::env::var_os(Wrapper::VARIABLE).is_some() {
        let call = fs::read_to_string("call").unwrap();
        let call: Vec<OsString> = call.split_terminator('\0').map(Into::into).collect();
        let folder = call.iter().skip_while(|it| *it != "--out-dir").nth(1).unwrap();
        let library = Path::new(folder).join("liblogic.so");
        return Capture::keep(&call, "logic", &library).unwrap();
    }
    // It may have been started by itself.
    let Some((question, began)) = Question::of_parent() else { return };
    assert!(question.arguments.iter().any(|it| it == "test"), "{question:?}");
    assert!(began < SystemTime::now());
}

fn question(variables: &[(&str, &str)]) -> Question {
    Question {
        folder: "/w".into(),
        arguments: vec!["build".into()],
        environment: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

fn bundle(folder: &str) -> BundlePackage {
    BundlePackage {
        name: "logic".to_owned(),
        crate_name: "logic".to_owned(),
        folder: folder.into(),
        id: cargo_metadata::PackageId { repr: "logic".to_owned() },
    }
}

/// What is recorded of a bundle that was built with the variables `A=1` and `B=2`.
fn recorded(bundle: &BundlePackage, inputs: Inputs) -> Arc<Recorded> {
    let arguments = ["rustc", "--out-dir", "/w/target/debug/deps"].map(Into::into).to_vec();
    Arc::new(Recorded {
        bundle: bundle.clone(),
        question: question(&[("A", "1"), ("B", "2")]),
        wrapper: None,
        rustc: Rustc::of(Capture::plain(arguments, Vec::new())).unwrap(),
        facade: None,
        has_facade: AtomicBool::new(false),
        inputs: Arc::new(inputs),
        rlibs: Vec::new(),
        others: Vec::new(),
        number: 1,
        began: SystemTime::now(),
        is_warm: false,
        first: Abandon::default(),
        twin: OnceLock::new(),
    })
}

/// A build that fails or is ended says nothing of what cargo looks at, which is what tells a file that was
/// saved just before the next build from one that is saved while it runs.
#[test]
fn what_cargo_looks_at_outlives_a_build_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dep.rs");
    let mut inputs = Inputs::default();
    inputs.look_at(&file);
    let bundle = bundle("/no/such/folder/of/a/bundle/that/fails");
    let recorded = recorded(&bundle, inputs);
    states().insert(bundle.folder.clone(), State::Ready(recorded.clone()));
    for failed in 0..3 {
        fs::write(&file, "saved".repeat(failed)).unwrap();
        let began = SystemTime::now();
        let before = forget(std::slice::from_ref(&bundle), "it has failed").unwrap();
        let built = recorded.inputs.now();
        assert_eq!(built.saved_since(began, &before), None, "{failed}");
        assert_eq!(built.saved_since(began, &Inputs::default()), Some(&*file));
    }
    assert!(!recorded.first.is_abandoned(), "it is over");
}

#[test]
fn another_environment_is_another_question() {
    let bundle = bundle("/no/such/folder/of/a/bundle");
    assert!(matches!(of(&bundle, &question(&[])), Err(None)));
    let recorded = recorded(&bundle, Inputs::default());
    states().insert(bundle.folder.clone(), State::Ready(recorded));
    assert!(of(&bundle, &question(&[("A", "1"), ("B", "2")])).is_ok());
    for (other, name) in [(&[("A", "2"), ("B", "2")][..], "A"), (&[("A", "1")], "B")] {
        let why = of(&bundle, &question(other)).unwrap_err().unwrap();
        assert_eq!(why, format!("the variable {name} was changed"));
    }
    let mut other = question(&[("A", "1"), ("B", "2")]);
    other.arguments.push("--release".into());
    assert!(of(&bundle, &other).is_err());
    forget(std::slice::from_ref(&bundle), "cargo is asked");
    let why = of(&bundle, &question(&[("A", "1"), ("B", "2")])).unwrap_err();
    assert_eq!(why.as_deref(), Some("cargo is asked"));
}
