//! Permissions: without its statement every action is refused, with it alone it is allowed.

use bonsaidb_core::Error;
use bonsaidb_core::admin::{PermissionGroup, Role, User};
use bonsaidb_core::connection::{HasSession, IdentityReference};
use bonsaidb_core::document::DocumentId;
use bonsaidb_core::permissions::bonsai::{
    BonsaiAction, DatabaseAction, DocumentAction, ServerAction, TransactionAction, ViewAction,
    bonsaidb_resource_name, collection_resource_name, database_resource_name,
    document_resource_name, kv_resource_name, role_resource_name, user_resource_name,
    view_resource_name,
};
use bonsaidb_core::permissions::{Action, Permissions, ResourceName, Statement};
use bonsaidb_core::schema::{Collection, CollectionName, Schema, SerializedCollection, View};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_macros::twin;

use super::schema::{Basic, ByRating, ByTag, Note};

behaviours! { $ permissions:
    a_handle_without_session_may_do_everything,
    a_handle_with_all_permissions_may_do_everything,
    storage_administration_needs_its_actions,
    user_administration_needs_its_actions,
    reading_documents_needs_its_actions,
    each_of_several_documents_needs_get,
    writing_documents_needs_its_actions,
    every_operation_of_a_transaction_is_checked_first,
    a_permission_may_be_for_one_document,
    views_need_their_actions,
    documents_of_a_view_need_their_actions,
    transactions_are_listed_with_their_actions,
    compaction_needs_its_action,
    the_administration_database_is_restricted_too,
    a_database_leads_back_to_a_restricted_storage,
}

const DATABASE: &str = "basic";

fn notes() -> CollectionName {
    Note::collection_name()
}

fn the_collection() -> ResourceName<'static> {
    collection_resource_name(DATABASE, &notes()).to_owned()
}

fn the_document(id: u64) -> ResourceName<'static> {
    let id = DocumentId::from_u64(id);
    document_resource_name(DATABASE, &notes(), &id).to_owned()
}

fn the_view<V: View>(view: &V) -> ResourceName<'static> {
    let name = view.view_name();
    view_resource_name(DATABASE, &name).to_owned()
}

fn document(action: DocumentAction) -> BonsaiAction {
    BonsaiAction::Database(DatabaseAction::Document(action))
}

fn view(action: ViewAction) -> BonsaiAction {
    BonsaiAction::Database(DatabaseAction::View(action))
}

fn allow(resource: ResourceName<'static>, action: BonsaiAction) -> Statement {
    Statement::for_resource(resource).allowing(&action)
}

/// Every action but those whose name begins with that of `action`, on everything.
fn all_but(action: BonsaiAction) -> Statement {
    let wanted = action.name().to_string();
    let others = ALL_ACTIONS
        .into_iter()
        .filter(|other| !other.name().to_string().starts_with(&wanted));
    others.fold(Statement::for_any(), |statement, other| {
        statement.allowing(&other)
    })
}

const ALL_ACTIONS: [BonsaiAction; 22] = [
    BonsaiAction::Server(ServerAction::ListAvailableSchemas),
    BonsaiAction::Server(ServerAction::ListDatabases),
    BonsaiAction::Server(ServerAction::CreateDatabase),
    BonsaiAction::Server(ServerAction::DeleteDatabase),
    BonsaiAction::Server(ServerAction::CreateUser),
    BonsaiAction::Server(ServerAction::DeleteUser),
    BonsaiAction::Server(ServerAction::AssumeIdentity),
    BonsaiAction::Server(ServerAction::ModifyUserPermissionGroups),
    BonsaiAction::Server(ServerAction::ModifyUserRoles),
    BonsaiAction::Database(DatabaseAction::Compact),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::List)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::ListHeaders)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Count)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Insert)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Update)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Overwrite)),
    BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Delete)),
    BonsaiAction::Database(DatabaseAction::View(ViewAction::Query)),
    BonsaiAction::Database(DatabaseAction::View(ViewAction::Reduce)),
    BonsaiAction::Database(DatabaseAction::View(ViewAction::DeleteDocs)),
    BonsaiAction::Database(DatabaseAction::Transaction(TransactionAction::ListExecuted)),
];

#[track_caller]
fn assert_refused<T>(result: Result<T, Error>, action: BonsaiAction) {
    assert_error!(
        result,
        Error::PermissionDenied(denied) if denied.action.to_string() == action.name().to_string()
    );
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{AsyncConnection, AsyncStorageConnection};

    use super::*;
    use crate::suite::{AsyncWorld, Schemas, basic_async};

    async fn restricted<W: AsyncWorld>(
        world: &W,
        db: &W::Database,
        statements: Vec<Statement>,
    ) -> W::Database {
        let storage = world
            .restricted(&db.storage(), Permissions::from(statements))
            .await;
        let db = storage.database::<Basic>(DATABASE).await.unwrap();
        assert!(db.session().is_some());
        db
    }

    /// Calls as a handle that may do everything but `$action`, then as one that may do `$action` on `$resource` alone.
    macro_rules! needs {
        ($world:expr, $db:expr, $action:expr, $resource:expr, |$as:ident| $call:expr) => {{
            let action = $action;
            let $as = restricted($world, &$db, vec![all_but(action)]).await;
            assert_refused($call, action);
            let $as = restricted($world, &$db, vec![allow($resource, action)]).await;
            $call.unwrap()
        }};
    }

    macro_rules! storage_needs {
        ($world:expr, $storage:expr, $action:expr, $resource:expr, |$as:ident| $call:expr) => {{
            let action = BonsaiAction::Server($action);
            let $as = $world.restricted(&$storage, all_but(action).into()).await;
            assert_refused($call, action);
            let statement = allow($resource, action);
            let $as = $world.restricted(&$storage, statement.into()).await;
            $call.unwrap()
        }};
    }

    pub async fn a_handle_without_session_may_do_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert!(db.session().is_none());
        assert!(db.storage().session().is_none());
        assert!(db.allowed_to(the_collection(), &document(DocumentAction::List)));
        Note::push_async(Note::new("a"), &db).await.unwrap();
    }

    pub async fn a_handle_with_all_permissions_may_do_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let storage = world
            .restricted(&db.storage(), Permissions::allow_all())
            .await;
        assert!(storage.session().is_some());
        let db = storage.database::<Basic>(DATABASE).await.unwrap();
        let note = Note::push_async(Note::new("a").tagged(&["t"]), &db)
            .await
            .unwrap();
        assert_eq!(Note::get_async(&1, &db).await.unwrap(), Some(note));
        assert_eq!(db.view::<ByTag>().query_with_docs().await.unwrap().len(), 1);
        assert_eq!(db.view::<ByTag>().delete_docs().await.unwrap(), 1);
        storage.create_user("ada").await.unwrap();
        storage.delete_database(DATABASE).await.unwrap();
    }

    pub async fn storage_administration_needs_its_actions<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let all = bonsaidb_resource_name;
        storage_needs!(
            world,
            storage,
            ServerAction::CreateDatabase,
            database_resource_name("a"),
            |limited| limited
                .create_database_with_schema("a", Basic::schema_name(), false)
                .await
        );
        storage_needs!(
            world,
            storage,
            ServerAction::CreateDatabase,
            database_resource_name("b"),
            |limited| limited.create_database::<Basic>("b", true).await
        );
        let listed = storage_needs!(
            world,
            storage,
            ServerAction::ListDatabases,
            all(),
            |limited| limited.list_databases().await
        );
        assert_eq!(listed.len(), 3);
        let schemas = storage_needs!(
            world,
            storage,
            ServerAction::ListAvailableSchemas,
            all(),
            |limited| limited.list_available_schemas().await
        );
        assert!(schemas.len() > 3);
        storage_needs!(
            world,
            storage,
            ServerAction::DeleteDatabase,
            database_resource_name("a"),
            |limited| limited.delete_database("a").await
        );

        let other = allow(
            database_resource_name("c"),
            BonsaiAction::Server(ServerAction::DeleteDatabase),
        );
        let limited = world.restricted(&storage, other.into()).await;
        assert_error!(
            limited.delete_database("b").await,
            Error::PermissionDenied(_)
        );
        storage.database::<Basic>("b").await.unwrap();
    }

    pub async fn user_administration_needs_its_actions<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let all = bonsaidb_resource_name;
        PermissionGroup::named("group")
            .push_into_async(&admin)
            .await
            .unwrap();
        Role::named("filler").push_into_async(&admin).await.unwrap();
        let role = Role::named("role").push_into_async(&admin).await.unwrap();
        let role = role.header.id;
        let ada = storage_needs!(world, storage, ServerAction::CreateUser, all(), |limited| {
            limited.create_user("ada").await
        });
        let on_ada = || user_resource_name(ada);
        let groups = ServerAction::ModifyUserPermissionGroups;
        storage_needs!(world, storage, groups, on_ada(), |limited| {
            limited.add_permission_group_to_user("ada", "group").await
        });
        storage_needs!(world, storage, groups, on_ada(), |limited| {
            limited
                .remove_permission_group_from_user(ada, "group")
                .await
        });
        let roles = ServerAction::ModifyUserRoles;
        storage_needs!(world, storage, roles, on_ada(), |limited| {
            limited.add_role_to_user("ada", "role").await
        });
        storage_needs!(world, storage, roles, on_ada(), |limited| {
            limited.remove_role_from_user(ada, role).await
        });
        let assume = ServerAction::AssumeIdentity;
        storage_needs!(world, storage, assume, on_ada(), |limited| {
            User::assume_identity_async("ada", &limited).await
        });
        storage_needs!(
            world,
            storage,
            assume,
            role_resource_name(role),
            |limited| {
                let reference = IdentityReference::role("role").unwrap();
                limited.assume_identity(reference).await
            }
        );
        storage_needs!(
            world,
            storage,
            ServerAction::DeleteUser,
            on_ada(),
            |limited| limited.delete_user("ada").await
        );
        assert_eq!(User::all_async(&admin).count().await.unwrap(), 0);
    }

    async fn three_notes<W: AsyncWorld>(world: &W) -> W::Database {
        let db = basic_async(world).await;
        let notes = [1, 2, 3].map(|rating| Note::new("a").tagged(&["t"]).rated(rating));
        Note::push_all_async(notes, &db).await.unwrap();
        db
    }

    pub async fn reading_documents_needs_its_actions<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let found = needs!(
            world,
            db,
            document(DocumentAction::Get),
            the_document(1),
            |limited| Note::get_async(&1, &limited).await
        );
        assert!(found.is_some());
        let listed = needs!(
            world,
            db,
            document(DocumentAction::List),
            the_collection(),
            |limited| Note::all_async(&limited).query().await
        );
        assert_eq!(listed.len(), 3);
        let headers = needs!(
            world,
            db,
            document(DocumentAction::ListHeaders),
            the_collection(),
            |limited| Note::all_async(&limited).headers().await
        );
        assert_eq!(headers.len(), 3);
        let count = needs!(
            world,
            db,
            document(DocumentAction::Count),
            the_collection(),
            |limited| Note::all_async(&limited).count().await
        );
        assert_eq!(count, 3);
        // An absent document is not told from one that must not be seen.
        let limited = restricted(world, &db, Vec::new()).await;
        assert_refused(
            Note::get_async(&9, &limited).await,
            document(DocumentAction::Get),
        );
    }

    pub async fn each_of_several_documents_needs_get<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let get = document(DocumentAction::Get);
        let limited = restricted(
            world,
            &db,
            vec![allow(the_document(1), get), allow(the_document(3), get)],
        )
        .await;
        let found = Note::get_multiple_async(&[1, 3], &limited).await.unwrap();
        assert_eq!(found.len(), 2);
        let refused = Note::get_multiple_async(&[1, 2], &limited).await;
        assert_refused(refused, get);
    }

    pub async fn writing_documents_needs_its_actions<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let pushed = needs!(
            world,
            db,
            document(DocumentAction::Insert),
            the_collection(),
            |limited| Note::push_async(Note::new("b"), &limited)
                .await
                .map_err(Error::from)
        );
        assert_eq!(pushed.header.id, 4);
        needs!(
            world,
            db,
            document(DocumentAction::Insert),
            the_collection(),
            |limited| Note::insert_async(&9, Note::new("b"), &limited)
                .await
                .map_err(Error::from)
        );
        let mut note = Note::get_async(&1, &db).await.unwrap().unwrap();
        note.contents.text = String::from("changed");
        needs!(
            world,
            db,
            document(DocumentAction::Update),
            the_document(1),
            |limited| note.update_async(&limited).await
        );
        let over = needs!(
            world,
            db,
            document(DocumentAction::Overwrite),
            the_document(1),
            |limited| Note::overwrite_async(&1, Note::new("over"), &limited)
                .await
                .map_err(Error::from)
        );
        assert_eq!(over.header.revision.id, 2);
        needs!(
            world,
            db,
            document(DocumentAction::Delete),
            the_document(1),
            |limited| over.delete_async(&limited).await
        );
        assert!(Note::get_async(&1, &db).await.unwrap().is_none());
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 4);
    }

    pub async fn every_operation_of_a_transaction_is_checked_first<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let insert = document(DocumentAction::Insert);
        let limited = restricted(world, &db, vec![allow(the_collection(), insert)]).await;
        // The insert would fail, the overwrite may not be tried: what is not allowed comes first.
        let transaction = Transaction::new()
            .with(Operation::insert_serialized::<Note>(Some(&1), &Note::new("taken")).unwrap())
            .with(Operation::overwrite_serialized::<Note, u64>(&2, &Note::new("b")).unwrap());
        let refused = transaction.apply_async(&limited).await;
        assert_refused(refused, document(DocumentAction::Overwrite));

        let check = Operation::check_document_exists::<Note>(&1).unwrap();
        let refused = Transaction::from(check.clone()).apply_async(&limited).await;
        assert_refused(refused, document(DocumentAction::Get));
        needs!(
            world,
            db,
            document(DocumentAction::Get),
            the_document(1),
            |limited| Transaction::from(check.clone()).apply_async(&limited).await
        );
    }

    pub async fn a_permission_may_be_for_one_document<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let actions = [
            DocumentAction::Get,
            DocumentAction::Update,
            DocumentAction::Delete,
        ];
        let statement = actions.map(document).iter().fold(
            Statement::for_resource(the_document(2)),
            Statement::allowing,
        );
        let limited = restricted(world, &db, vec![statement]).await;
        let mut mine = Note::get_async(&2, &limited).await.unwrap().unwrap();
        mine.contents.text = String::from("mine");
        mine.update_async(&limited).await.unwrap();
        let mut theirs = Note::get_async(&3, &db).await.unwrap().unwrap();
        theirs.contents.text = String::from("mine");
        let update = document(DocumentAction::Update);
        assert_refused(theirs.update_async(&limited).await, update);
        assert_refused(
            theirs.delete_async(&limited).await,
            document(DocumentAction::Delete),
        );
        mine.delete_async(&limited).await.unwrap();
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 2);
    }

    pub async fn views_need_their_actions<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let found = needs!(
            world,
            db,
            view(ViewAction::Query),
            the_view(&ByTag),
            |limited| limited.view::<ByTag>().query().await
        );
        assert_eq!(found.len(), 3);
        let sum = needs!(
            world,
            db,
            view(ViewAction::Reduce),
            the_view(&ByTag),
            |limited| limited.view::<ByTag>().reduce().await
        );
        assert_eq!(sum, 3);
        let groups = needs!(
            world,
            db,
            view(ViewAction::Reduce),
            the_view(&ByTag),
            |limited| limited.view::<ByTag>().reduce_grouped().await
        );
        assert_eq!(groups.len(), 1);
        let other = allow(the_view(&ByRating), view(ViewAction::Query));
        let limited = restricted(world, &db, vec![other]).await;
        assert_refused(
            limited.view::<ByTag>().query().await,
            view(ViewAction::Query),
        );
        limited.view::<ByRating>().query().await.unwrap();
    }

    pub async fn documents_of_a_view_need_their_actions<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let query = allow(the_view(&ByRating), view(ViewAction::Query));
        let get = document(DocumentAction::Get);
        let limited = restricted(world, &db, vec![query, allow(the_document(2), get)]).await;
        let found = limited
            .view::<ByRating>()
            .with_key(&2)
            .query_with_docs()
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        let refused = limited.view::<ByRating>().query_with_docs().await;
        assert_refused(refused, get);
        let refused = limited
            .view::<ByRating>()
            .with_key(&1)
            .query_with_collection_docs()
            .await;
        assert_refused(refused, get);

        let by_view = allow(the_view(&ByRating), view(ViewAction::DeleteDocs));
        let delete = document(DocumentAction::Delete);
        let limited = restricted(world, &db, vec![by_view, allow(the_document(2), delete)]).await;
        let refused = limited.view::<ByRating>().delete_docs().await;
        assert_refused(refused, delete);
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 3);
        let deleted = limited.view::<ByRating>().with_key(&2).delete_docs().await;
        assert_eq!(deleted.unwrap(), 1);
        let limited = restricted(world, &db, vec![allow(the_document(3), delete)]).await;
        let refused = limited.view::<ByRating>().with_key(&3).delete_docs().await;
        assert_refused(refused, view(ViewAction::DeleteDocs));
    }

    pub async fn transactions_are_listed_with_their_actions<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let list = DatabaseAction::Transaction(TransactionAction::ListExecuted);
        let listed = needs!(
            world,
            db,
            BonsaiAction::Database(list),
            database_resource_name(DATABASE),
            |limited| limited.list_executed_transactions(None, None).await
        );
        assert_eq!(listed.len(), 1);
        let get_last = DatabaseAction::Transaction(TransactionAction::GetLastId);
        let newest = needs!(
            world,
            db,
            BonsaiAction::Database(get_last),
            database_resource_name(DATABASE),
            |limited| limited.last_transaction_id().await
        );
        assert!(newest.is_some());
    }

    pub async fn compaction_needs_its_action<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let compact = BonsaiAction::Database(DatabaseAction::Compact);
        needs!(
            world,
            db,
            compact,
            database_resource_name(DATABASE),
            |limited| limited.compact().await
        );
        needs!(world, db, compact, the_collection(), |limited| {
            limited.compact_collection::<Note>().await
        });
        needs!(world, db, compact, kv_resource_name(DATABASE), |limited| {
            limited.compact_key_value_store().await
        });
        let only_notes = vec![allow(the_collection(), compact)];
        let limited = restricted(world, &db, only_notes).await;
        assert_refused(limited.compact().await, compact);
        assert_refused(limited.compact_key_value_store().await, compact);
    }

    pub async fn the_administration_database_is_restricted_too<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        storage.create_user("ada").await.unwrap();
        let limited = world.restricted(&storage, Permissions::default()).await;
        let admin = limited.admin().await;
        assert!(admin.session().is_some());
        let refused = User::all_async(&admin).query().await;
        assert_refused(refused, document(DocumentAction::List));
        let group =
            PermissionGroup::named("g").with_group_ids([Statement::allow_all_for_any_resource()]);
        let refused = group.push_into_async(&admin).await.map_err(Error::from);
        assert_refused(refused, document(DocumentAction::Insert));
    }

    pub async fn a_database_leads_back_to_a_restricted_storage<W: AsyncWorld>(world: &W) {
        let db = three_notes(world).await;
        let get = vec![allow(the_document(1), document(DocumentAction::Get))];
        let limited = restricted(world, &db, get).await;
        let storage = limited.storage();
        assert!(storage.session().is_some());
        let list = BonsaiAction::Server(ServerAction::ListDatabases);
        assert_refused(storage.list_databases().await, list);
        let again = storage.database::<Basic>(DATABASE).await.unwrap();
        let refused = Note::all_async(&again).query().await;
        assert_refused(refused, document(DocumentAction::List));
        Note::get_async(&1, &again).await.unwrap().unwrap();
    }
}
