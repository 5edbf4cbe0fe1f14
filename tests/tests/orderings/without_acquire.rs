//! Each Acquire is Relaxed. There is no fence either, which would do in its place.

sync!(Acquire = Relaxed, Release = Release, AcqRel = Release, light_fence: {});
models!();

#[test]
#[should_panic = "Causality violation"]
fn an_image_is_seen_before_it_is_initialised() {
    first_sight();
}

#[test]
#[should_panic = "an older slot"]
fn an_epoch_is_seen_before_its_slots() {
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

#[test]
#[should_panic = "Causality violation"]
fn a_value_is_moved_and_looked_at() {
    moved_or_looked_at();
}
