//! The one way into functions that users wrote: a panic fails the call, and nothing else. Such a
//! function may read the database, but not wait for a view: that could be waiting for it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bonsaidb_core as core;
use bonsaidb_core::schema::{ViewName, view};

use crate::Error;

thread_local! {
    /// Whether this thread is inside of a user's function.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Calls a function of `view`; a panic becomes an error that names the view.
pub(crate) fn call<T>(
    view: &ViewName,
    function: &str,
    work: impl FnOnce() -> Result<T, view::Error>,
) -> Result<T, Error> {
    let outside = IS_INSIDE.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_INSIDE.set(outside);
    match result {
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

/// Fails inside of a user's function, which must not wait for `view`.
pub(crate) fn may_wait_for(view: &ViewName) -> Result<(), Error> {
    if !IS_INSIDE.get() {
        return Ok(());
    }
    Err(Error::Core(core::Error::other(
        "view",
        format!(
            "a map or reduce function cannot wait for view `{view}` to be brought up to date; \
             query it with `AccessPolicy::NoUpdate`"
        ),
    )))
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
