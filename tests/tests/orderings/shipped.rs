//! The orderings that are shipped.

sync!(Acquire = Acquire, Release = Release, AcqRel = AcqRel, light_fence: { crate::image::membarrier(); });
models!();

#[test]
fn an_image_is_initialised_when_it_is_seen() {
    first_sight();
}

#[test]
fn a_host_that_comes_meanwhile_has_the_last_word() {
    last_word();
}

#[test]
fn an_epoch_has_all_its_slots() {
    whole_epoch();
}

#[test]
fn an_image_is_not_taken_away_under_a_thread() {
    taking_away();
}

#[test]
fn nobody_is_behind_a_closed_gate() {
    gate();
}

#[test]
fn a_bundles_call_does_not_hide_one_that_counted() {
    uncounted();
}

#[test]
fn a_value_is_moved_or_looked_at() {
    moved_or_looked_at();
}

#[test]
fn threads_that_come_at_once_are_all_listed() {
    all_listed();
}

#[test]
fn guards_are_named_while_they_are_held() {
    guards();
}
