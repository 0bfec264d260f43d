//! A connection to a storage: its databases, users, groups and roles.

use async_trait::async_trait;
use bonsaidb_macros::{operations, twin};

use crate::Error;
use crate::connection::{self, AsyncConnection, Connection, HasSession, IdentityReference};
use crate::schema::{Nameable, Schema, SchemaName, SchemaSummary};

/// A connection to a storage.
///
/// The required methods that return no connection are its table of operations.
///
/// @async Its methods are async; the blocking twin is [`StorageConnection`].
/// @blocking The asynchronous twin is [`AsyncStorageConnection`].
#[operations(storage_operations)]
#[twin]
#[async_trait]
pub trait AsyncStorageConnection: HasSession + Sized + Send + Sync {
    /// A connection to a database of this storage.
    type Database: AsyncConnection;
    /// A connection to this storage that acts for an identity.
    type Authenticated: AsyncStorageConnection;

    /// Returns the administration database.
    #[handle]
    async fn admin(&self) -> Self::Database;

    /// Creates a database for the schema `DB` and returns it. With `only_if_needed`, an existing
    /// one is returned.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidDatabaseName`], [`Error::SchemaNotRegistered`],
    /// [`Error::DatabaseNameAlreadyTaken`], [`Error::SchemaMismatch`],
    /// [`Error::PermissionDenied`].
    async fn create_database<DB: Schema>(
        &self,
        name: &str,
        only_if_needed: bool,
    ) -> Result<Self::Database, Error> {
        self.create_database_with_schema(name, DB::schema_name(), only_if_needed)
            .await?;
        self.database::<DB>(name).await
    }

    /// Returns the database `name`.
    ///
    /// # Errors
    ///
    /// [`Error::DatabaseNotFound`], [`Error::SchemaMismatch`], [`Error::SchemaNotRegistered`].
    #[handle]
    async fn database<DB: Schema>(&self, name: &str) -> Result<Self::Database, Error>;

    /// Creates a database. With `only_if_needed`, an existing one is left alone, whatever its
    /// schema.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidDatabaseName`], [`Error::SchemaNotRegistered`],
    /// [`Error::DatabaseNameAlreadyTaken`], [`Error::PermissionDenied`].
    #[needs(Needs::storage(ServerAction::CreateDatabase, Resource::DatabaseNamed(name)))]
    async fn create_database_with_schema(
        &self,
        name: &str,
        schema: SchemaName,
        only_if_needed: bool,
    ) -> Result<(), Error>;

    /// Deletes the database `name` and all its data.
    ///
    /// # Errors
    ///
    /// [`Error::DatabaseNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::storage(ServerAction::DeleteDatabase, Resource::DatabaseNamed(name)))]
    async fn delete_database(&self, name: &str) -> Result<(), Error>;

    /// Returns all databases, the administration database included.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::storage(ServerAction::ListDatabases, Resource::Storage))]
    async fn list_databases(&self) -> Result<Vec<connection::Database>, Error>;

    /// Returns all registered schemas.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::storage(ServerAction::ListAvailableSchemas, Resource::Storage))]
    async fn list_available_schemas(&self) -> Result<Vec<SchemaSummary>, Error>;

    /// Creates a user and returns its id.
    ///
    /// # Errors
    ///
    /// [`Error::UniqueKeyViolation`] if the name is taken, [`Error::PermissionDenied`].
    #[needs(Needs::storage(ServerAction::CreateUser, Resource::Storage))]
    async fn create_user(&self, username: &str) -> Result<u64, Error>;

    /// Deletes a user.
    ///
    /// # Errors
    ///
    /// [`Error::UserNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::User(ServerAction::DeleteUser, user))]
    async fn delete_user<'user, U: Nameable<'user, u64> + Send + Sync>(
        &self,
        user: U,
    ) -> Result<(), Error>;

    /// Returns a connection that acts for `identity`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] if there is no such identity, [`Error::PermissionDenied`].
    #[handle]
    async fn assume_identity(
        &self,
        identity: IdentityReference<'_>,
    ) -> Result<Self::Authenticated, Error>;

    /// Makes a user a member of a permission group, if it is not one already.
    ///
    /// # Errors
    ///
    /// [`Error::UserNotFound`] if either is unknown, [`Error::PermissionDenied`].
    #[needs(Needs::User(ServerAction::ModifyUserPermissionGroups, user))]
    async fn add_permission_group_to_user<
        'user,
        'group,
        U: Nameable<'user, u64> + Send + Sync,
        G: Nameable<'group, u64> + Send + Sync,
    >(
        &self,
        user: U,
        permission_group: G,
    ) -> Result<(), Error>;

    /// Ends a user's membership of a permission group, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::UserNotFound`] if either is unknown, [`Error::PermissionDenied`].
    #[needs(Needs::User(ServerAction::ModifyUserPermissionGroups, user))]
    async fn remove_permission_group_from_user<
        'user,
        'group,
        U: Nameable<'user, u64> + Send + Sync,
        G: Nameable<'group, u64> + Send + Sync,
    >(
        &self,
        user: U,
        permission_group: G,
    ) -> Result<(), Error>;

    /// Gives a user a role, if it does not have it already.
    ///
    /// # Errors
    ///
    /// [`Error::UserNotFound`] if either is unknown, [`Error::PermissionDenied`].
    #[needs(Needs::User(ServerAction::ModifyUserRoles, user))]
    async fn add_role_to_user<
        'user,
        'role,
        U: Nameable<'user, u64> + Send + Sync,
        R: Nameable<'role, u64> + Send + Sync,
    >(
        &self,
        user: U,
        role: R,
    ) -> Result<(), Error>;

    /// Takes a role from a user, if it has it.
    ///
    /// # Errors
    ///
    /// [`Error::UserNotFound`] if either is unknown, [`Error::PermissionDenied`].
    #[needs(Needs::User(ServerAction::ModifyUserRoles, user))]
    async fn remove_role_from_user<
        'user,
        'role,
        U: Nameable<'user, u64> + Send + Sync,
        R: Nameable<'role, u64> + Send + Sync,
    >(
        &self,
        user: U,
        role: R,
    ) -> Result<(), Error>;
}
