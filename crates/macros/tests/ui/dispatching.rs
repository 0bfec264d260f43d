//! What is told of handlers that are missing or decide nothing.

use bonsaidb_core::async_trait::async_trait;
use bonsaidb_core::permissions::{Actionable, Dispatcher, PermissionDenied, Permissions};

#[derive(Actionable)]
enum Request {
    #[actionable(protection = "none")]
    Open,
    #[actionable(protection = "simple")]
    Protected(u8),
}

#[derive(Dispatcher)]
#[dispatcher(input = Request)]
struct WithoutHandler;

impl RequestDispatcher for WithoutHandler {
    type Error = PermissionDenied;
    type Output = ();
}

#[async_trait]
impl OpenHandler for WithoutHandler {
    async fn handle(&self, _: &Permissions) -> Result<(), PermissionDenied> {
        Ok(())
    }
}

struct WithoutDecision;

impl RequestDispatcher for WithoutDecision {
    type Error = PermissionDenied;
    type Output = ();
}

#[async_trait]
impl ProtectedHandler for WithoutDecision {
    async fn handle_protected(&self, _: &Permissions, _: u8) -> Result<(), PermissionDenied> {
        Ok(())
    }
}

#[derive(Dispatcher)]
#[dispatcher(input = String)]
struct NotActionable;

fn main() {}
