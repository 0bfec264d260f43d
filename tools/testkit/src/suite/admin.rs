//! Users, groups and roles, and what acting for them allows.

use bonsaidb_core::Error;
use bonsaidb_core::admin::{PermissionGroup, Role, User};
use bonsaidb_core::connection::{HasSession, Identity, IdentityReference};
use bonsaidb_core::document::{DocumentId, HasHeader};
use bonsaidb_core::permissions::Statement;
use bonsaidb_core::permissions::bonsai::{
    BonsaiAction, DatabaseAction, DocumentAction, ServerAction, bonsaidb_resource_name,
};
use bonsaidb_core::schema::{NamedCollection, SerializedCollection};
use bonsaidb_macros::twin;

behaviours! { $ admin:
    users_have_ids_and_names,
    a_username_is_given_once,
    users_are_deleted_by_name_or_id,
    groups_are_joined_and_left,
    roles_are_given_and_taken,
    linking_twice_changes_nothing,
    unknown_users_groups_and_roles_are_not_found,
    identities_are_assumed,
    unknown_identities_have_invalid_credentials,
    permissions_come_from_groups_and_roles,
    a_restricted_handle_assumes_only_what_it_may,
    entries_are_inserted_or_updated_by_name,
}

const LIST: BonsaiAction = BonsaiAction::Server(ServerAction::ListDatabases);
const SCHEMAS: BonsaiAction = BonsaiAction::Server(ServerAction::ListAvailableSchemas);
const GET: BonsaiAction = BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get));

fn group(name: &str, action: BonsaiAction) -> PermissionGroup {
    let statement = Statement::for_any().allowing(&action);
    PermissionGroup::named(name).with_group_ids([statement])
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncStorageConnection;

    use super::*;
    use crate::suite::{AsyncWorld, Schemas};

    async fn user<S: AsyncStorageConnection>(storage: &S, name: &str) -> User {
        let user = User::load_async(name, &storage.admin().await)
            .await
            .unwrap();
        user.unwrap().contents
    }

    pub async fn users_have_ids_and_names<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let ada = storage.create_user("ada").await.unwrap();
        let bo = storage.create_user("bo").await.unwrap();
        assert_ne!(ada, bo);
        let admin = storage.admin().await;
        let by_name = User::load_async("ada", &admin).await.unwrap().unwrap();
        assert_eq!(by_name.header.id, ada);
        assert_eq!(by_name.contents.username, "ada");
        assert!(by_name.contents.groups.is_empty());
        let by_id = User::load_async(bo, &admin).await.unwrap().unwrap();
        assert_eq!(by_id.contents.username, "bo");
        let by_document = User::load_async(&by_name, &admin).await.unwrap().unwrap();
        assert_eq!(by_document.header, by_name.header);
        let by_encoded_id = User::load_async(DocumentId::from_u64(bo), &admin)
            .await
            .unwrap();
        assert_eq!(by_encoded_id.unwrap().contents.username, "bo");
        assert!(User::load_async("cy", &admin).await.unwrap().is_none());
    }

    pub async fn a_username_is_given_once<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        storage.create_user("ada").await.unwrap();
        let stored = User::load_async("ada", &storage.admin().await)
            .await
            .unwrap()
            .unwrap();
        assert_error!(
            storage.create_user("ada").await,
            Error::UniqueKeyViolation { existing_document, .. }
                if *existing_document == stored.header().unwrap()
        );
        storage.delete_user("ada").await.unwrap();
        storage.create_user("ada").await.unwrap();
    }

    pub async fn users_are_deleted_by_name_or_id<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let ids = [
            storage.create_user("ada").await.unwrap(),
            storage.create_user("bo").await.unwrap(),
            storage.create_user("cy").await.unwrap(),
        ];
        storage.delete_user("ada").await.unwrap();
        storage.delete_user(ids[1]).await.unwrap();
        let admin = storage.admin().await;
        let left = User::all_async(&admin).query().await.unwrap();
        assert_eq!(left.len(), 1);
        storage.delete_user(&left[0]).await.unwrap();
        assert_eq!(User::all_async(&admin).count().await.unwrap(), 0);
        assert_error!(storage.delete_user("ada").await, Error::UserNotFound);
        assert_error!(storage.delete_user(ids[1]).await, Error::UserNotFound);
        assert_error!(storage.delete_user(&left[0]).await, Error::UserNotFound);
        assert_error!(storage.delete_user("never").await, Error::UserNotFound);
    }

    pub async fn groups_are_joined_and_left<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let ada = storage.create_user("ada").await.unwrap();
        let one = group("one", LIST).push_into_async(&admin).await.unwrap();
        let two = group("two", GET).push_into_async(&admin).await.unwrap();
        storage
            .add_permission_group_to_user("ada", "one")
            .await
            .unwrap();
        storage
            .add_permission_group_to_user(ada, two.header.id)
            .await
            .unwrap();
        let mut groups = user(&storage, "ada").await.groups;
        groups.sort_unstable();
        assert_eq!(groups, [one.header.id, two.header.id]);
        storage
            .remove_permission_group_from_user(ada, "one")
            .await
            .unwrap();
        assert_eq!(user(&storage, "ada").await.groups, [two.header.id]);
        storage
            .remove_permission_group_from_user("ada", &two)
            .await
            .unwrap();
        assert!(user(&storage, "ada").await.groups.is_empty());
    }

    pub async fn roles_are_given_and_taken<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let ada = storage.create_user("ada").await.unwrap();
        // A group takes the id that the first role has: they must not be mixed up.
        group("reader", LIST).push_into_async(&admin).await.unwrap();
        group("writer", LIST).push_into_async(&admin).await.unwrap();
        Role::named("filler").push_into_async(&admin).await.unwrap();
        let writer = Role::named("writer").push_into_async(&admin).await.unwrap();
        let reader = Role::named("reader").push_into_async(&admin).await.unwrap();
        storage.add_role_to_user("ada", "reader").await.unwrap();
        assert_eq!(user(&storage, "ada").await.roles, [reader.header.id]);
        storage
            .add_role_to_user(ada, writer.header.id)
            .await
            .unwrap();
        let mut roles = user(&storage, "ada").await.roles;
        roles.sort_unstable();
        assert_eq!(roles, [writer.header.id, reader.header.id]);
        storage.remove_role_from_user(ada, "writer").await.unwrap();
        assert_eq!(user(&storage, "ada").await.roles, [reader.header.id]);
        storage.remove_role_from_user("ada", &reader).await.unwrap();
        assert!(user(&storage, "ada").await.roles.is_empty());
        assert!(user(&storage, "ada").await.groups.is_empty());
    }

    pub async fn linking_twice_changes_nothing<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        storage.create_user("ada").await.unwrap();
        group("one", LIST).push_into_async(&admin).await.unwrap();
        Role::named("role").push_into_async(&admin).await.unwrap();
        for _ in 0..2 {
            storage
                .add_permission_group_to_user("ada", "one")
                .await
                .unwrap();
            storage.add_role_to_user("ada", "role").await.unwrap();
        }
        let ada = user(&storage, "ada").await;
        assert_eq!((ada.groups.len(), ada.roles.len()), (1, 1));
        for _ in 0..2 {
            storage
                .remove_permission_group_from_user("ada", "one")
                .await
                .unwrap();
            storage.remove_role_from_user("ada", "role").await.unwrap();
        }
        let ada = user(&storage, "ada").await;
        assert!(ada.groups.is_empty() && ada.roles.is_empty());
    }

    pub async fn unknown_users_groups_and_roles_are_not_found<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let ada = storage.create_user("ada").await.unwrap();
        group("one", LIST).push_into_async(&admin).await.unwrap();
        Role::named("role").push_into_async(&admin).await.unwrap();
        let linked = storage.add_permission_group_to_user("bo", "one").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.add_permission_group_to_user(ada + 1, "one").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.add_permission_group_to_user("ada", "role").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.add_role_to_user("ada", "one").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.add_role_to_user("bo", "role").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage
            .remove_permission_group_from_user("ada", "none")
            .await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.remove_permission_group_from_user("bo", "one").await;
        assert_error!(linked, Error::UserNotFound);
        let linked = storage.remove_role_from_user("ada", "none").await;
        assert_error!(linked, Error::UserNotFound);
        let ada = user(&storage, "ada").await;
        assert!(ada.groups.is_empty() && ada.roles.is_empty());
    }

    pub async fn identities_are_assumed<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let ada = storage.create_user("ada").await.unwrap();
        let role = Role::named("role").push_into_async(&admin).await.unwrap();
        assert!(storage.session().is_none());

        let assumed = User::assume_identity_async("ada", &storage).await.unwrap();
        let session = assumed.session().unwrap();
        assert!(session.id.is_some());
        let identity = session.identity().unwrap();
        let expected = Identity::User {
            id: ada,
            username: String::from("ada"),
        };
        assert_eq!(*identity, expected);
        assert!(!session.allowed_to(bonsaidb_resource_name(), &LIST));

        let reference = IdentityReference::role(role.header.id).unwrap();
        let assumed = storage.assume_identity(reference).await.unwrap();
        let identity = assumed.session().unwrap().identity().unwrap();
        let name = String::from("role");
        assert_eq!(
            *identity,
            Identity::Role {
                id: role.header.id,
                name
            }
        );
        assert!(storage.session().is_none());
    }

    pub async fn unknown_identities_have_invalid_credentials<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let ada = storage.create_user("ada").await.unwrap();
        for reference in [
            IdentityReference::user("bo").unwrap(),
            IdentityReference::user(ada + 1).unwrap(),
            IdentityReference::role("ada").unwrap(),
            IdentityReference::role(ada).unwrap(),
        ] {
            let assumed = storage.assume_identity(reference).await;
            assert_error!(assumed, Error::InvalidCredentials);
        }
    }

    pub async fn permissions_come_from_groups_and_roles<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        storage.create_user("ada").await.unwrap();
        group("lists", LIST).push_into_async(&admin).await.unwrap();
        let schemas = group("schemas", SCHEMAS)
            .push_into_async(&admin)
            .await
            .unwrap();
        let role = Role::named("role").with_group_ids([schemas.header.id]);
        role.push_into_async(&admin).await.unwrap();

        let nobody = User::assume_identity_async("ada", &storage).await.unwrap();
        assert_error!(nobody.list_databases().await, Error::PermissionDenied(_));
        storage
            .add_permission_group_to_user("ada", "lists")
            .await
            .unwrap();
        let member = User::assume_identity_async("ada", &storage).await.unwrap();
        member.list_databases().await.unwrap();
        assert_error!(
            member.list_available_schemas().await,
            Error::PermissionDenied(_)
        );
        storage.add_role_to_user("ada", "role").await.unwrap();
        let both = User::assume_identity_async("ada", &storage).await.unwrap();
        both.list_databases().await.unwrap();
        both.list_available_schemas().await.unwrap();

        let role = Role::assume_identity_async("role", &storage).await.unwrap();
        role.list_available_schemas().await.unwrap();
        assert_error!(role.list_databases().await, Error::PermissionDenied(_));
        // A session keeps what it was given.
        assert_error!(nobody.list_databases().await, Error::PermissionDenied(_));
    }

    pub async fn a_restricted_handle_assumes_only_what_it_may<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let ada = storage.create_user("ada").await.unwrap();
        storage.create_user("bo").await.unwrap();
        let assume = BonsaiAction::Server(ServerAction::AssumeIdentity);
        let resource = bonsaidb_core::permissions::bonsai::user_resource_name(ada);
        let statement = Statement::for_resource(resource).allowing(&assume);
        let restricted = world.restricted(&storage, statement.into()).await;
        let assumed = User::assume_identity_async("ada", &restricted)
            .await
            .unwrap();
        assert!(assumed.session().unwrap().identity().is_some());
        let refused = User::assume_identity_async("bo", &restricted).await;
        assert_error!(refused, Error::PermissionDenied(_));
        // The permissions of the handle are not carried over.
        let refused = User::assume_identity_async("ada", &assumed).await;
        assert_error!(refused, Error::PermissionDenied(_));
    }

    pub async fn entries_are_inserted_or_updated_by_name<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        #[only(async)]
        let absent = Role::entry_async("role", &admin).await.unwrap();
        #[only(blocking)]
        let absent = Role::entry("role", &admin).execute().unwrap();
        assert!(absent.is_none());

        let entry = Role::entry_async("role", &admin)
            .update_with(|role: &mut Role| role.groups.push(9))
            .or_insert_with(|| Role::named("role"));
        #[only(async)]
        let inserted = entry.await.unwrap().unwrap();
        #[only(blocking)]
        let inserted = entry.execute().unwrap().unwrap();
        assert!(inserted.contents.groups.is_empty());

        let entry = Role::entry_async("role", &admin)
            .update_with(|role: &mut Role| role.groups.push(9))
            .or_insert_with(|| Role::named("role"))
            .retry_limit(1);
        #[only(async)]
        let updated = entry.await.unwrap().unwrap();
        #[only(blocking)]
        let updated = entry.execute().unwrap().unwrap();
        assert_eq!(updated.header.id, inserted.header.id);
        assert_eq!(updated.header.revision.id, 1);
        assert_eq!(updated.contents.groups, [9]);

        assert!(Role::delete_by_name_async("role", &admin).await.unwrap());
        assert!(!Role::delete_by_name_async("role", &admin).await.unwrap());
        assert_eq!(Role::all_async(&admin).count().await.unwrap(), 0);
    }
}
