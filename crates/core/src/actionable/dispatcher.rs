//! Handing a request to whatever answers it, with the permissions of whoever asked.

use async_trait::async_trait;

use super::Permissions;

/// Answers requests of type `T`.
///
/// The derives [`Actionable`](derive@super::Actionable), for an enum of requests, and `Dispatcher` hand each request to its
/// handler, once it has been found to be allowed.
#[async_trait]
pub trait Dispatcher<T>: Send + Sync {
    /// What a request is answered with.
    type Result;

    /// Answers `request`, which came from someone with these `permissions`.
    async fn dispatch(&self, permissions: &Permissions, request: T) -> Self::Result;
}
