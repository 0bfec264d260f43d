//! Who may do what.
//!
//! The general part is [`actionable`](crate::actionable), whose types are repeated here; [`bonsai`] holds the names
//! of everything in BonsaiDb that can be acted upon and of everything that can be done.

pub mod bonsai;
pub(crate) mod needs;

pub use crate::actionable::{
    Action, ActionName, ActionNameList, Actionable, Dispatcher, Identifier, PermissionDenied,
    Permissions, ResourceName, Statement,
};
