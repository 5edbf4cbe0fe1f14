//! No unwind leaves the image: whoever moves values belongs to another one.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The result, or the text of the panic.
pub(super) fn caught<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| Err(text_of(payload)))
}

/// The text of what was caught, which is dropped: its `Drop` may panic.
fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    };
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // It would only panic again.
        core::mem::forget(second);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn whatever_a_panic_throws_is_text() {
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic_any(Again);
            }
        }
        assert_eq!(caught(|| Ok(1)), Ok(1));
        assert_eq!(caught::<()>(|| panic!("one")), Err("one".to_owned()));
        assert_eq!(caught::<()>(|| panic!("{}", 2)), Err("2".to_owned()));
        let text = caught::<()>(|| panic_any(Again)).unwrap_err();
        assert_eq!(text, "a panic whose payload is not text");
    }
}
