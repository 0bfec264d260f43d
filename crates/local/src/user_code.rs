//! The one way into functions that users wrote: a panic fails the call, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bonsaidb_core as core;
use bonsaidb_core::schema::{ViewName, view};

use crate::Error;

/// Calls a function of `view`; a panic becomes an error that names the view.
pub(crate) fn call<T>(
    view: &ViewName,
    function: &str,
    work: impl FnOnce() -> Result<T, view::Error>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| Error::Core(error.into())),
        Err(panic) => Err(Error::Core(core::Error::other(
            "view",
            format!(
                "the {function} function of view `{view}` panicked: {}",
                message(&*panic)
            ),
        ))),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
