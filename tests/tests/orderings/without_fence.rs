//! Whoever enters puts no fence between its mark and its slots, as long as nobody asks for one.

sync!(Acquire = Acquire, Release = Release, AcqRel = AcqRel, light_fence: {});
models!();

#[test]
fn an_epoch_has_all_its_slots() {
    whole_epoch();
}

#[test]
#[should_panic = "Causality violation"]
fn an_image_is_taken_away_under_a_thread() {
    taking_away();
}

#[test]
#[should_panic = "Causality violation"]
fn somebody_is_behind_a_closed_gate() {
    gate();
}
