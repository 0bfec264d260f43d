//! Actions, the names of what they act upon, and who may do what.
//!
//! A [`Statement`] says which actions are allowed on which resources, [`Permissions`] is the compiled form of
//! many of them and answers [`Permissions::check`]. Nothing in here knows what a database is: the resources and
//! actions of BonsaiDb are in [`permissions::bonsai`](crate::permissions::bonsai), and programs bring their own.
//!
//! The module stands in for the crate of the same name that BonsaiDb programs are used to.

mod action;
mod configuration;
mod denied;
mod dispatcher;
mod identifier;
mod permissions;
mod resource;
mod statement;

pub use bonsaidb_macros::{Action, Actionable, Dispatcher};

// The derives write it.
#[doc(hidden)]
pub use ::async_trait;

pub use self::action::{Action, ActionName, ActionNameList};
pub use self::configuration::Configuration;
pub use self::denied::PermissionDenied;
pub use self::dispatcher::Dispatcher;
pub use self::identifier::Identifier;
pub use self::permissions::Permissions;
pub use self::resource::ResourceName;
pub use self::statement::Statement;
