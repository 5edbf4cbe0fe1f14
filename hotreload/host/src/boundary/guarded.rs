//! Code of the host's that a bundle has asked for.

/// Runs code of the host's that a bundle has asked for. If it panics, the caller's flag is set and
/// the caller goes on panicking.
pub(crate) fn guarded<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    let mut result = otherwise;
    hot_rt::rt::completes(|| result = body());
    result
}
