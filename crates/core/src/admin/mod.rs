//! The administration database: databases, users, groups, roles and tokens.

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
