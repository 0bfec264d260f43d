//! The administration database: databases, users, groups, roles and tokens.
//!
//! ```
//! # fn main() -> Result<(), bonsaidb_local::Error> {
//! # let folder = tempfile::tempdir()?;
//! use bonsaidb_core::admin::{PermissionGroup, User};
//! use bonsaidb_core::connection::{IdentityReference, StorageConnection};
//! use bonsaidb_core::permissions::Statement;
//! use bonsaidb_core::permissions::bonsai::{BonsaiAction, DatabaseAction, DocumentAction};
//! use bonsaidb_core::schema::{NamedCollection, SerializedCollection};
//! use bonsaidb_local::Storage;
//! use bonsaidb_local::config::{Builder, StorageConfiguration};
//!
//! let storage = Storage::open(StorageConfiguration::new(folder.path()).with_schema::<()>()?)?;
//! let admin = storage.admin();
//!
//! // Groups hold permissions; roles, if wanted, hold groups; users have both.
//! let reading = BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get));
//! let statements = vec![Statement::for_any().allowing(&reading)];
//! let readers = PermissionGroup { name: "readers".to_owned(), statements }.push_into(&admin)?;
//! storage.create_user("ana")?;
//! storage.add_permission_group_to_user("ana", &readers)?;
//!
//! let user = User::load("ana", &admin)?.expect("created above");
//! assert_eq!(user.contents.groups, [readers.header.id]);
//!
//! // A handle that may do what its user may.
//! let as_ana = storage.assume_identity(IdentityReference::user("ana")?)?;
//! assert!(as_ana.create_user("bob").is_err());
//! # Ok(())
//! # }
//! ```

pub mod authentication_token;
pub mod database;
pub mod group;
pub mod role;
pub mod user;

pub use authentication_token::AuthenticationToken;
pub use database::Database;
pub use group::PermissionGroup;
pub use role::Role;
pub use user::User;

use crate::schema::Schema;

/// The name of the administration database.
pub const ADMIN_DATABASE_NAME: &str = "_admin";

/// The schema of the administration database.
#[derive(Debug, Schema)]
#[schema(
    name = "bonsaidb-admin",
    authority = "khonsulabs",
    collections = [Database, PermissionGroup, User, Role, AuthenticationToken],
    core = crate
)]
pub struct Admin;
