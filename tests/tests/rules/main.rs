//! The rules of the design that look odd until one knows why: each has a test that says it. Here is
//! the list, and in `own` those tests that have no better place.

mod own;

use std::{collections::HashSet, fs};

use tests::fixture::repository;

/// What the design says; the file and the name of the test that attacks it. For `tests/ui` the
/// name is what the expected messages hold.
const RULES: &[(&str, &str, &str)] = &[
    // Macros
    (
        "bundle_init_<crate>: two crates with one symbol cannot be linked together",
        "tests/tests/rules/own.rs",
        "a_private_copy_of_a_bundle_never_defines",
    ),
    (
        "inventory entries of rlib dependencies: init registers only its own crate's",
        "tests/tests/rules/own.rs",
        "a_private_copy_of_a_bundle_never_defines",
    ),
    (
        "names of primitive types are rejected",
        "tests/ui/export_hiding_names.stderr",
        "the accessor `str` would hide the primitive type",
    ),
    (
        "two exports of one path (inside function bodies) are rejected",
        "tests/tests/refusals_file/init.rs",
        "two_exports_of_one_path",
    ),
    (
        "an export named like a crate in use deserves a hint",
        "tests/ui/export_named_like_a_crate.stderr",
        "not found in `trybuild`",
    ),
    (
        "`handle = name` when a module of that name exists",
        "tests/ui/pass/hygiene.rs",
        "handle = render_handle",
    ),
    ("hygiene: user's items named like ours", "tests/ui/pass/hygiene.rs", "hot::export"),
    (
        "generated paths start at `::hot`; `crate = path` overrides",
        "tests/tests/programs/renamed.rs",
        "a_renamed_dependency_in_edition_2024",
    ),
    (
        "what rustc says better is left to rustc",
        "tests/ui/export_rustc_says_better.stderr",
        "expected named lifetime parameter",
    ),
    // The host
    (
        "one host per process; dropping the last handle leaves definitions in place",
        "tests/tests/rules/own.rs",
        "a_second_start_is_an_error_and_handles_may_be_dropped",
    ),
    (
        "bundle and host package are built together: features unified otherwise give other TypeIds",
        "hotreload/host/src/build/tests.rs",
        "a_virtual_workspace_with_a_host_of_binaries_only",
    ),
    // The boundary
    (
        "init only stages; nothing is visible until commit",
        "tests/tests/rules/own.rs",
        "nothing_is_visible_while_init_runs",
    ),
    (
        "fingerprint: every field is compared",
        "tests/tests/fingerprint.rs",
        "every_field_of_the_header_is_flipped",
    ),
    (
        "target features change the calling convention",
        "tests/tests/fingerprint.rs",
        "each_target_feature_counts_by_itself",
    ),
    (
        "no unwind crosses: not through several images either",
        "tests/tests/panics.rs",
        "a_panic_goes_through_every_image_between",
    ),
    (
        "drop the payload inside a second catch",
        "tests/tests/panics.rs",
        "the_payload_is_dropped_in_a_second_catch",
    ),
    (
        "a panic comes with the result: a call may end on another thread",
        "tests/tests/coroutines.rs",
        "a_call_ends_on_another_thread_than_it_began",
    ),
    (
        "what is undefined panics in the caller's own image",
        "tests/tests/panics.rs",
        "arguments_of_an_undefined_call_are_dropped_before_it_panics",
    ),
    (
        "the host's hook runs once, with the bundle's file and line in the text",
        "tests/tests/panics.rs",
        "the_hosts_hook_runs_once_and_sees_file_and_line",
    ),
    (
        "a backtrace names the bundle's lines though std lists the images once",
        "tests/tests/panics.rs",
        "a_backtrace_names_the_bundles_function_and_line_in_every_generation",
    ),
    (
        "non-string payloads become text",
        "tests/tests/panics.rs",
        "a_payload_that_is_no_text_becomes_text",
    ),
    (
        "allocator: told by the symbols, not probed; one of its own refuses plain bundles",
        "tests/tests/programs/allocators.rs",
        "a_host_with_an_allocator_of_its_own_refuses_a_plain_bundle",
    ),
    (
        "allocator: wrappers of the system's are compatible by the author's word",
        "tests/tests/programs/allocators.rs",
        "a_wrapper_of_the_systems_allocator_takes_both_kinds",
    ),
    (
        "`cargo rustc --lib --crate-type cdylib`: in the rlib too it would clash with the host's",
        "tests/tests/programs/allocators.rs",
        "load_crate_chooses_forwarding_by_itself",
    ),
    (
        "what cannot be survived is tested in a child process",
        "tests/tests/panics.rs",
        "what_cannot_be_survived_ends_the_process",
    ),
    (
        "every build is interchangeable or refused with a reason",
        "tests/tests/programs/interchange.rs",
        "bundles_of_every_build_in_hosts_of_every_build",
    ),
    // Calls
    (
        "a slot whose address never escapes is devirtualised under LTO",
        "tests/tests/lto.rs",
        "host_and_bundle_with_fat_lto_and_stripped_reload",
    ),
    (
        "a retired image is frozen: it keeps calling what it was linked against",
        "tests/tests/rules/own.rs",
        "a_retired_image_keeps_calling_what_it_was_linked_against",
    ),
    (
        "retired images are not importers",
        "tests/tests/refusals_signature/main.rs",
        "only_current_callers_count",
    ),
    (
        "baseline rule: a bundle's private rlib copy never defines",
        "tests/tests/rules/own.rs",
        "a_private_copy_of_a_bundle_never_defines",
    ),
    (
        "pin records are never freed, only recycled",
        "tests/tests/threads.rs",
        "ten_thousand_short_threads_share_few_records",
    ),
    (
        "pin: no destructor on the pointer",
        "tests/tests/threads.rs",
        "a_thread_in_its_last_destructors_keeps_its_record",
    ),
    (
        "fork: the child resets other threads' records",
        "tests/tests/threads.rs",
        "a_fork_of_many_threads_calls_and_loads_on",
    ),
    (
        "a running call finishes in the version it entered",
        "tests/tests/test_bundle/running.rs",
        "a_running_call_finishes_in_the_version_that_it_entered",
    ),
    (
        "a retired image reaches the newest where hashes match",
        "tests/tests/test_bundle/running.rs",
        "a_bundles_own_thread_reaches_the_newest_if_the_signature_is_the_same",
    ),
    // Generations
    (
        "`rollback` publishes a new generation number over the kept image",
        "tests/tests/test_bundle/main.rs",
        "rolling_back_step_by_step",
    ),
    ("`unload` undefines (back to the baseline)", "tests/tests/test_bundle/main.rs", "unloading"),
    (
        "`host.check(path)` says it without doing it",
        "tests/tests/test_bundle/main.rs",
        "check_says_it_without_doing_it",
    ),
    (
        "open new, check, .. retire old: never close first",
        "tests/tests/rules/own.rs",
        "a_retired_generation_stays_mapped",
    ),
    (
        "the copy is preflighted: every segment inside the file",
        "tests/tests/refusals_file/main.rs",
        "every_truncation_is_refused",
    ),
    (
        "the file is copied under a unique name",
        "tests/tests/threads.rs",
        "parent_and_forked_child_do_not_write_over_each_others_copies",
    ),
    (
        "folders of dead processes are removed at the next start",
        "tests/tests/programs/shadow.rs",
        "after_a_kill_only_the_dead_hosts_files_go",
    ),
    (
        "shadow folders are owned by a file lock, not a pid",
        "hotreload/host/src/file/shadow/tests.rs",
        "live_hosts_keep_their_folders",
    ),
    (
        "before each load, probe 64 free pthread keys: refuse rather than abort",
        "tests/tests/programs/limits.rs",
        "without_thread_keys_a_load_is_refused",
    ),
    (
        "before each load, probe the mapping headroom",
        "tests/tests/programs/limits.rs",
        "without_mappings_a_load_is_refused",
    ),
    // Layouts
    (
        "the manifest survives strip and LTO",
        "tests/tests/lto.rs",
        "host_and_bundle_with_fat_lto_and_stripped_reload",
    ),
    (
        "what is registered and the manifest are compared",
        "tests/tests/refusals_file/init.rs",
        "what_a_library_registers_is_compared_with_its_manifest",
    ),
    (
        "lifetimes are hashed as a skeleton, never by the spelling of types",
        "tests/tests/refusals_signature/main.rs",
        "spellings_that_mean_the_same_are_accepted",
    ),
    (
        "TypeIds catch a lifetime hidden in an alias",
        "tests/tests/refusals_signature/main.rs",
        "every_change_is_refused_with_its_code_and_who_calls_it",
    ),
    (
        "a signature that only TypeIds could judge is refused with \"rebuild the host\"",
        "tests/tests/programs/interchange.rs",
        "bundles_of_every_build_in_hosts_of_every_build",
    ),
    // What bundle authors write
    (
        "methods: `get!(World::step)` cannot resolve on stable",
        "tests/ui/methods_have_no_handle.stderr",
        "ambiguous associated type",
    ),
    (
        "extern \"C\" exports get their body behind a catching shim",
        "tests/tests/methods/functions.rs",
        "a_panic_in_an_extern_c_export_reaches_the_caller",
    ),
    (
        "closure arguments are wrapped into the same protocol",
        "tests/tests/closures.rs",
        "a_panic_in_a_closure",
    ),
    (
        "exported statics: the host owns the storage, one for all images",
        "tests/tests/vars.rs",
        "a_var_keeps_its_value_and_is_one_for_host_and_bundle",
    ),
    (
        "a LazyLock var is forced at commit",
        "tests/tests/vars.rs",
        "a_lazy_var_is_made_by_the_generation_that_brings_it",
    ),
    (
        "feature `static` stamps a cdylib, which is refused",
        "tests/tests/programs/static_mode.rs",
        "a_library_built_so_is_refused",
    ),
    (
        "process-wide statics: known ones are refused by name",
        "tests/tests/process_statics.rs",
        "real_locks_wherever_they_stand",
    ),
    ("`static mut` and non-Sync statics are rejected", "tests/ui/statics_bad.rs", "static mut"),
    // The dev loop
    (
        "no fixed debounce: what is queued is one save",
        "tests/tests/watch/main.rs",
        "saves_at_once_are_one_line_for_the_last",
    ),
    (
        "edits are queued during a build, and a stale build is abandoned",
        "tests/tests/programs/watch_builds.rs",
        "a_stale_build_is_ended_with_all_its_processes",
    ),
    (
        "empty and unchanged saves are skipped",
        "tests/tests/watch/main.rs",
        "a_save_without_a_change_builds_nothing",
    ),
    (
        "compile errors appear as rustc shows them; the old code runs on",
        "tests/tests/watch/main.rs",
        "a_compile_error_is_refused_and_the_repair_is_live",
    ),
    (
        "bundles that share a crate are reloaded in one go",
        "tests/tests/watch/files.rs",
        "bundles_that_share_a_crate_change_together_or_not_at_all",
    ),
    (
        "trait objects cross only inside `hot::Dyn`",
        "tests/tests/erased.rs",
        "objects_cross_with_their_calls_their_panics_and_their_drop",
    ),
    (
        "`dyn Any` and type-erased containers are never `Versioned`",
        "tests/tests/erased.rs",
        "what_is_in_a_container_of_erased_values_keeps_its_layout",
    ),
    (
        "live state: the rule table",
        "tests/tests/layout_matrix.rs",
        "every_change_meets_every_holder",
    ),
    (
        "state whose layout changed gives old code an error from the guard",
        "tests/tests/holders.rs",
        "a_guard_that_is_held_too_long_refuses_by_the_threads_name",
    ),
    (
        "`Copy`, `Send`, `Unpin` are recorded at concrete sites",
        "tests/tests/layout_verdicts.rs",
        "what_is_refused_is_what_rustc_tells_apart",
    ),
    (
        "`#[hot::versioned]` re-emits the item, so that `#[cfg]` fields are seen after expansion",
        "tests/tests/erased.rs",
        "a_field_that_only_debug_builds_have_is_seen",
    ),
    (
        "a slot carries the hash of all that its signature reaches",
        "tests/tests/layout_verdicts.rs",
        "what_is_refused_is_what_rustc_tells_apart",
    ),
    (
        "a retired image keeps its own types",
        "tests/tests/holders.rs",
        "a_retired_image_keeps_its_own_types",
    ),
    (
        "a feature of another crate changes the inside of its types",
        "tests/tests/erased.rs",
        "a_small_vector_of_another_feature_set_is_another_type",
    ),
    (
        "what no checker can see is the author's to say: `invariants`",
        "tests/tests/invariants.rs",
        "another_hash_is_not_seen_and_can_be_said",
    ),
    (
        "what code holds by handle only still goes to other threads: Send and Sync are compared",
        "tests/tests/handles.rs",
        "the_holder_may_have_given_it_to_another_thread",
    ),
    (
        "EPOCH is loaded Acquire and bumped Release: loom",
        "tests/tests/orderings/shipped.rs",
        "an_epoch_has_all_its_slots",
    ),
    (
        "a caller marks itself before it looks at the gate, the mover the other way round: loom",
        "tests/tests/orderings/shipped.rs",
        "nobody_is_behind_a_closed_gate",
    ),
    (
        "values are given up only while no caller is inside: a call finds the same one twice",
        "tests/tests/gate.rs",
        "a_tick_is_never_cut_in_two",
    ),
];

/// Rules about what does not exist yet.
const LATER: &[&str] = &[
    "one `#[repr(C)]` host table, versioned by size: no released bundle expects a shorter one",
    "shared std: DT_NEEDED, one panic hook, 86 KB files",
    "snapshot: one committed epoch across bundles",
    "`update_point` does not refresh the pin",
    "reclaiming: only with shared std and IMAGE_FREE",
    "migration builds the new value beside the old",
    "replay: rustc's arguments captured in a target folder of its own",
];

#[test]
fn every_rule_has_its_test() {
    for (rule, file, name) in RULES {
        let source = fs::read_to_string(repository().join(file));
        let source = source.unwrap_or_else(|error| panic!("{rule}: {file}: {error}"));
        let needle = if file.starts_with("tests/ui") {
            (*name).to_owned()
        } else {
            format!("#[test]\nfn {name}()")
        };
        assert!(source.contains(&needle), "{rule}: no {name} in {file}");
    }
    let rules = RULES.iter().map(|(rule, ..)| rule).chain(LATER);
    assert_eq!(rules.collect::<HashSet<_>>().len(), RULES.len() + LATER.len(), "said twice");
    // So that a rule does not vanish: one that is built moves from the one list to the other.
    assert_eq!((RULES.len(), LATER.len()), (77, 7));
}
