//! What outlives the handles of a storage. For worlds whose storage does.

use bonsaidb_core::Error;
use bonsaidb_core::admin::{PermissionGroup, Role, User};
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::permissions::Statement;
use bonsaidb_core::schema::{NamedCollection, SerializedCollection, View};
use bonsaidb_macros::twin;

use super::schema::{
    Account, Basic, ByHolder, BySize, ByTag, ByTitle, Entry, Evolved, EvolvedEntry, Evolving, Line,
    Note, Other, TagsEagerly, Titles, UniqueTitles, later,
};

behaviours! { $ reopening:
    documents_and_revisions_persist,
    large_documents_persist,
    a_deleted_greatest_id_is_still_not_reused,
    views_persist,
    pending_changes_of_a_view_are_indexed_later,
    unique_keys_stay_taken,
    executed_transactions_persist,
    databases_and_their_schemas_persist,
    deleted_databases_stay_deleted,
    users_groups_and_roles_persist,
    many_reopenings_lose_nothing,
    a_changed_version_rebuilds_a_lazy_view,
    a_changed_version_rebuilds_an_eager_view,
    a_new_view_covers_old_documents,
    a_new_unique_view_holds_for_old_documents,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{AsyncConnection, AsyncStorageConnection};

    use super::*;
    use crate::suite::{AsyncWorld, Schemas, basic_async};

    /// Opens the storage again and returns the database of [`basic_async`].
    async fn again<W: AsyncWorld>(world: &W) -> W::Database {
        let storage = world.open(Schemas::Current).await;
        storage.database::<Basic>("basic").await.unwrap()
    }

    pub async fn documents_and_revisions_persist<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = Note::push_all_async(["a", "b", "c"].map(Note::new), &db)
            .await
            .unwrap();
        let over = Note::overwrite_async(&2, Note::new("over"), &db)
            .await
            .unwrap();
        notes[2].delete_async(&db).await.unwrap();
        drop(db);

        let db = again(world).await;
        let mut stored = Note::all_async(&db).query().await.unwrap();
        assert_eq!(stored, [notes[0].clone(), over]);
        stored[1].contents.text = String::from("later");
        stored[1].update_async(&db).await.unwrap();
        assert_eq!(stored[1].header.revision.id, 2);
        let mut stale = notes[1].clone();
        stale.contents.text = String::from("stale");
        assert_error!(stale.update_async(&db).await, Error::DocumentConflict(..));
        drop(db);
        let db = again(world).await;
        assert_eq!(Note::all_async(&db).query().await.unwrap(), stored);
    }

    pub async fn large_documents_persist<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let large: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
        db.collection::<Line>()
            .push_bytes(large.clone())
            .await
            .unwrap();
        db.collection::<Line>()
            .push_bytes(Vec::new())
            .await
            .unwrap();
        drop(db);
        let db = again(world).await;
        let stored = db.collection::<Line>().all().query().await.unwrap();
        assert!(stored[0].contents.as_slice() == large);
        assert!(stored[1].contents.is_empty());
    }

    pub async fn a_deleted_greatest_id_is_still_not_reused<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("a"), &db).await.unwrap();
        let last = Note::insert_async(&7, Note::new("b"), &db).await.unwrap();
        last.delete_async(&db).await.unwrap();
        let only = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        only.delete_async(&db).await.unwrap();
        drop(db);
        let db = again(world).await;
        let next = Note::push_async(Note::new("c"), &db).await.unwrap();
        assert_eq!(next.header.id, 8);
        let next = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        assert_eq!(next.header.id, 2);
    }

    pub async fn views_persist<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = (0..10).map(|_| Note::new("x").tagged(&["a", "b"]));
        Note::push_all_async(notes, &db).await.unwrap();
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 20);
        drop(db);
        let db = again(world).await;
        let eager = db
            .view::<TagsEagerly>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(eager.with_key("a").reduce().await.unwrap(), 10);
        let lazy = db
            .view::<ByTag>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(lazy.with_key("a").query().await.unwrap().len(), 10);
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 20);
        let note = Note::get_async(&1, &db).await.unwrap().unwrap();
        note.delete_async(&db).await.unwrap();
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 18);
        assert_eq!(db.view::<TagsEagerly>().reduce().await.unwrap(), 18);
    }

    pub async fn pending_changes_of_a_view_are_indexed_later<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let tagged = Note::new("x").tagged(&["a"]);
        Note::push_async(tagged.clone(), &db).await.unwrap();
        let gone = Note::push_async(tagged.clone(), &db).await.unwrap();
        assert_eq!(db.view::<ByTag>().query().await.unwrap().len(), 2);
        gone.delete_async(&db).await.unwrap();
        Note::overwrite_async(&1, Note::new("x").tagged(&["b"]), &db)
            .await
            .unwrap();
        Note::push_async(tagged, &db).await.unwrap();
        drop(db);
        let db = again(world).await;
        let found = db.view::<ByTag>().query().await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|mapping| (mapping.key.as_str(), mapping.source.id))
            .collect();
        assert_eq!(found, [("a", 3), ("b", 1)]);
    }

    pub async fn unique_keys_stay_taken<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Account::push_async(Account::of("Ada"), &db).await.unwrap();
        drop(db);
        let db = again(world).await;
        let refused = Account::push_async(Account::of("Ada"), &db)
            .await
            .unwrap_err();
        assert!(refused.error.is_unique_key_error::<ByHolder, _>(&db));
        Account::push_async(Account::of("Bo"), &db).await.unwrap();
    }

    pub async fn executed_transactions_persist<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("a"), &db).await.unwrap();
        Note::push_async(Note::new("b"), &db).await.unwrap();
        let before = db.list_executed_transactions(None, None).await.unwrap();
        drop(db);
        let db = again(world).await;
        let after = db.list_executed_transactions(None, None).await.unwrap();
        let ids = |list: &[bonsaidb_core::transaction::Executed]| -> Vec<u64> {
            list.iter().map(|executed| executed.id).collect()
        };
        assert_eq!(ids(&after), ids(&before));
        assert!(db.last_transaction_id().await.unwrap() >= Some(before[1].id));
        Note::push_async(Note::new("c"), &db).await.unwrap();
        let more = db.list_executed_transactions(None, None).await.unwrap();
        assert_eq!(ids(&more)[..2], ids(&before));
        assert!(more[2].id > before[1].id);
    }

    pub async fn databases_and_their_schemas_persist<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        db.storage()
            .create_database::<Other>("other", false)
            .await
            .unwrap();
        drop(db);
        let storage = world.open(Schemas::Current).await;
        assert_eq!(storage.list_databases().await.unwrap().len(), 3);
        let refused = storage.database::<Basic>("other").await;
        assert_error!(refused, Error::SchemaMismatch { .. });
        let refused = storage.create_database::<Basic>("basic", false).await;
        assert_error!(refused, Error::DatabaseNameAlreadyTaken(_));
        storage.database::<Other>("other").await.unwrap();
    }

    pub async fn deleted_databases_stay_deleted<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("a"), &db).await.unwrap();
        let storage = db.storage();
        drop(db);
        storage.delete_database("basic").await.unwrap();
        drop(storage);
        let storage = world.open(Schemas::Current).await;
        let refused = storage.database::<Basic>("basic").await;
        assert_error!(refused, Error::DatabaseNotFound(_));
        let db = storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
    }

    pub async fn users_groups_and_roles_persist<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let admin = storage.admin().await;
        let ada = storage.create_user("ada").await.unwrap();
        let all = Statement::allow_all_for_any_resource();
        let group = PermissionGroup::named("group").with_group_ids([all]);
        let group = group.push_into_async(&admin).await.unwrap();
        let role = Role::named("role").with_group_ids([group.header.id]);
        role.push_into_async(&admin).await.unwrap();
        storage.add_role_to_user(ada, "role").await.unwrap();
        drop((admin, storage));

        let storage = world.open(Schemas::Current).await;
        let user = User::load_async("ada", &storage.admin().await)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(user.header.id, ada);
        let assumed = User::assume_identity_async(ada, &storage).await.unwrap();
        assumed.list_databases().await.unwrap();
        let taken = storage.create_user("ada").await;
        assert_error!(taken, Error::UniqueKeyViolation { .. });
        storage.delete_user(ada).await.unwrap();
        let bo = storage.create_user("bo").await.unwrap();
        assert_ne!(bo, ada);
    }

    pub async fn many_reopenings_lose_nothing<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        drop(db);
        for round in 1..=8 {
            let db = again(world).await;
            let pushed = Note::push_async(Note::new("x").tagged(&["a"]), &db)
                .await
                .unwrap();
            assert_eq!(pushed.header.id, round);
            if round % 2 == 0 {
                assert_eq!(u64::from(db.view::<ByTag>().reduce().await.unwrap()), round);
            }
        }
        let db = again(world).await;
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 8);
        assert_eq!(db.view::<TagsEagerly>().reduce().await.unwrap(), 8);
    }

    /// Two entries in a database of the earlier schema, both views indexed; then the later schema.
    async fn evolved<W: AsyncWorld>(world: &W, titles: &[&str]) -> W::Database {
        let storage = world.open(Schemas::Current).await;
        let db = storage
            .create_database::<Evolving>("evolving", false)
            .await
            .unwrap();
        for title in titles {
            Entry::push_async(Entry::new(title), &db).await.unwrap();
        }
        assert_eq!(
            db.view::<ByTitle>().query().await.unwrap().len(),
            titles.len()
        );
        assert_eq!(
            db.view::<Titles>().query().await.unwrap().len(),
            titles.len()
        );
        drop((db, storage));
        let storage = world.open(Schemas::Later).await;
        storage.database::<Evolved>("evolving").await.unwrap()
    }

    async fn keys<V, D>(db: &D) -> Vec<String>
    where
        V: bonsaidb_core::schema::SerializedView + View<Key = String>,
        D: AsyncConnection,
    {
        let mappings = db.view::<V>().query().await.unwrap();
        mappings.into_iter().map(|mapping| mapping.key).collect()
    }

    pub async fn a_changed_version_rebuilds_a_lazy_view<W: AsyncWorld>(world: &W) {
        let db = evolved(world, &["a", "b"]).await;
        assert_eq!(keys::<later::ByTitle, _>(&db).await, ["A", "B"]);
        let title = String::from("c");
        EvolvedEntry { title }.push_into_async(&db).await.unwrap();
        let entry = EvolvedEntry::get_async(&1, &db).await.unwrap().unwrap();
        entry.delete_async(&db).await.unwrap();
        assert_eq!(keys::<later::ByTitle, _>(&db).await, ["B", "C"]);
        drop(db);
        let storage = world.open(Schemas::Later).await;
        let db = storage.database::<Evolved>("evolving").await.unwrap();
        assert_eq!(keys::<later::ByTitle, _>(&db).await, ["B", "C"]);
    }

    pub async fn a_changed_version_rebuilds_an_eager_view<W: AsyncWorld>(world: &W) {
        let db = evolved(world, &["a", "b"]).await;
        let title = String::from("c");
        EvolvedEntry { title }.push_into_async(&db).await.unwrap();
        let entry = EvolvedEntry::get_async(&1, &db).await.unwrap().unwrap();
        entry.delete_async(&db).await.unwrap();
        assert_eq!(keys::<later::Titles, _>(&db).await, ["B", "C"]);
        let current = db
            .view::<later::Titles>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(current.query().await.unwrap().len(), 2);
    }

    pub async fn a_new_view_covers_old_documents<W: AsyncWorld>(world: &W) {
        let db = evolved(world, &["a", "bbb"]).await;
        let found = db.view::<BySize>().query().await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|entry| (entry.key, entry.source.id))
            .collect();
        assert_eq!(found, [(1, 1), (3, 2)]);
        // And back: the earlier program still works.
        drop(db);
        let storage = world.open(Schemas::Current).await;
        let db = storage.database::<Evolving>("evolving").await.unwrap();
        assert_eq!(keys::<ByTitle, _>(&db).await, ["a", "bbb"]);
        assert_eq!(keys::<Titles, _>(&db).await, ["a", "bbb"]);
    }

    pub async fn a_new_unique_view_holds_for_old_documents<W: AsyncWorld>(world: &W) {
        let db = evolved(world, &["a", "b"]).await;
        let title = String::from("a");
        let refused = EvolvedEntry { title }
            .push_into_async(&db)
            .await
            .unwrap_err();
        assert!(refused.error.is_unique_key_error::<UniqueTitles, _>(&db));
        assert_eq!(keys::<UniqueTitles, _>(&db).await, ["a", "b"]);
        let title = String::from("c");
        EvolvedEntry { title }.push_into_async(&db).await.unwrap();
        assert_eq!(keys::<UniqueTitles, _>(&db).await, ["a", "b", "c"]);
    }
}
