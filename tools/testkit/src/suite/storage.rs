//! Storages: databases created, opened, listed and deleted.

use bonsaidb_core::Error;
use bonsaidb_core::admin::{ADMIN_DATABASE_NAME, Admin};
use bonsaidb_core::connection::Database;
use bonsaidb_core::schema::{Schema, SchemaName, SerializedCollection, View};
use bonsaidb_macros::twin;

use super::schema::{Basic, ByTag, Keys, Note, Number, Other, Unregistered};

behaviours! { $ storage:
    databases_are_apart,
    databases_of_several_schemas_share_a_storage,
    every_handle_sees_the_same_data,
    a_connection_leads_back_to_its_storage,
    a_connection_knows_its_schema,
    an_existing_database_is_returned_if_that_is_enough,
    creating_checks_name_then_schema_then_existence,
    opening_checks_existence_and_schema,
    creating_by_name_does_not_compare_schemas,
    names_follow_the_rules,
    names_are_case_sensitive,
    databases_are_listed_with_their_schemas,
    a_deleted_database_is_gone,
    all_registered_schemas_are_available,
    a_summary_describes_collections_and_views,
    one_of_many_racing_creators_wins,
}

const GOOD_NAMES: [&str; 8] = ["a", "A", "0", "_hidden", "a.b", "a-b", "a..", "7-."];
const BAD_NAMES: [&str; 10] = ["", ".", ".a", "-a", "a_b", "a b", "a/b", "é", "aé", "a\0"];

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{AsyncConnection, AsyncStorageConnection, HasSchema};

    use super::*;
    use crate::suite::{AsyncWorld, Schemas, at_once_async, basic_async};

    pub async fn databases_are_apart<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let one = storage
            .create_database::<Basic>("one", false)
            .await
            .unwrap();
        let two = storage
            .create_database::<Basic>("two", false)
            .await
            .unwrap();
        let note = Note::push_async(Note::new("1").tagged(&["a"]), &one)
            .await
            .unwrap();
        assert_eq!(Note::all_async(&two).count().await.unwrap(), 0);
        assert!(two.view::<ByTag>().query().await.unwrap().is_empty());
        let other = Note::push_async(Note::new("2"), &two).await.unwrap();
        assert_eq!((note.header.id, other.header.id), (1, 1));
        let read = Note::get_async(&1, &one).await.unwrap();
        assert_eq!(read, Some(note));
    }

    pub async fn databases_of_several_schemas_share_a_storage<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let basic = storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        let other = storage
            .create_database::<Other>("other", false)
            .await
            .unwrap();
        Note::push_async(Note::new("a"), &basic).await.unwrap();
        Number::push_async(Number(1), &other).await.unwrap();
        let refused = Note::push_async(Note::new("a"), &other).await;
        assert_error!(refused.map_err(Error::from), Error::CollectionNotFound);
    }

    pub async fn every_handle_sees_the_same_data<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let first = storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        let second = storage.database::<Basic>("basic").await.unwrap();
        let note = Note::push_async(Note::new("a"), &first).await.unwrap();
        assert_eq!(
            Note::get_async(&1, &second).await.unwrap(),
            Some(note.clone())
        );
        drop(first);
        let third = storage.clone().database::<Basic>("basic").await.unwrap();
        drop(storage);
        assert_eq!(
            Note::get_async(&1, &third.clone()).await.unwrap(),
            Some(note)
        );
    }

    pub async fn a_connection_leads_back_to_its_storage<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("a"), &db).await.unwrap();
        let storage = db.storage();
        drop(db);
        let again = storage.database::<Basic>("basic").await.unwrap();
        assert_eq!(Note::all_async(&again).count().await.unwrap(), 1);
    }

    pub async fn a_connection_knows_its_schema<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert_eq!(db.schematic().name, Basic::schema_name());
        assert!(db.schematic().contains_collection::<Note>());
        assert!(!db.schematic().contains_collection::<Number>());
        let admin = db.storage().admin().await;
        assert_eq!(admin.schematic().name, Admin::schema_name());
    }

    pub async fn an_existing_database_is_returned_if_that_is_enough<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let first = storage
            .create_database::<Basic>("basic", true)
            .await
            .unwrap();
        Note::push_async(Note::new("a"), &first).await.unwrap();
        let second = storage
            .create_database::<Basic>("basic", true)
            .await
            .unwrap();
        assert_eq!(Note::all_async(&second).count().await.unwrap(), 1);
        let other = storage.create_database::<Other>("basic", true).await;
        assert_error!(
            other,
            Error::SchemaMismatch { database_name, schema, stored_schema }
                if database_name == "basic"
                    && schema == Other::schema_name()
                    && stored_schema == Basic::schema_name()
        );
    }

    pub async fn creating_checks_name_then_schema_then_existence<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        let refused = storage
            .create_database::<Unregistered>("not this", false)
            .await;
        assert_error!(refused, Error::InvalidDatabaseName(name) if name == "not this");
        let refused = storage
            .create_database::<Unregistered>("basic", false)
            .await;
        assert_error!(
            refused,
            Error::SchemaNotRegistered(schema) if schema == Unregistered::schema_name()
        );
        let refused = storage.create_database::<Basic>("basic", false).await;
        assert_error!(refused, Error::DatabaseNameAlreadyTaken(name) if name == "basic");
        let refused = storage.create_database::<Other>("basic", false).await;
        assert_error!(refused, Error::DatabaseNameAlreadyTaken(_));
        let refused = storage
            .create_database::<Admin>(ADMIN_DATABASE_NAME, false)
            .await;
        assert_error!(refused, Error::DatabaseNameAlreadyTaken(_));
        assert_eq!(storage.list_databases().await.unwrap().len(), 2);
    }

    pub async fn opening_checks_existence_and_schema<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        let refused = storage.database::<Basic>("absent").await;
        assert_error!(refused, Error::DatabaseNotFound(name) if name == "absent");
        let refused = storage.database::<Other>("basic").await;
        assert_error!(
            refused,
            Error::SchemaMismatch { database_name, schema, stored_schema }
                if database_name == "basic"
                    && schema == Other::schema_name()
                    && stored_schema == Basic::schema_name()
        );
        storage.database::<Basic>("basic").await.unwrap();
    }

    pub async fn creating_by_name_does_not_compare_schemas<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let create = storage.create_database_with_schema("a", Basic::schema_name(), false);
        create.await.unwrap();
        let create = storage.create_database_with_schema("a", Other::schema_name(), true);
        create.await.unwrap();
        let create = storage.create_database_with_schema("a", Other::schema_name(), false);
        assert_error!(create.await, Error::DatabaseNameAlreadyTaken(_));
        let unknown = Unregistered::schema_name();
        let create = storage.create_database_with_schema("b", unknown, true);
        assert_error!(create.await, Error::SchemaNotRegistered(_));
        storage.database::<Basic>("a").await.unwrap();
    }

    pub async fn names_follow_the_rules<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        for name in GOOD_NAMES {
            let db = storage.create_database::<Basic>(name, false).await.unwrap();
            Note::push_async(Note::new(name), &db).await.unwrap();
        }
        for bad in BAD_NAMES {
            for only_if_needed in [false, true] {
                let refused = storage.create_database::<Basic>(bad, only_if_needed).await;
                assert_error!(refused, Error::InvalidDatabaseName(name) if name == bad);
            }
            let refused = storage.database::<Basic>(bad).await;
            assert_error!(
                refused,
                Error::DatabaseNotFound(_) | Error::InvalidDatabaseName(_)
            );
        }
        let databases = storage.list_databases().await.unwrap();
        assert_eq!(databases.len(), GOOD_NAMES.len() + 1);
    }

    pub async fn names_are_case_sensitive<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let lower = storage
            .create_database::<Basic>("name", false)
            .await
            .unwrap();
        let upper = storage
            .create_database::<Basic>("NAME", false)
            .await
            .unwrap();
        Note::push_async(Note::new("a"), &lower).await.unwrap();
        assert_eq!(Note::all_async(&upper).count().await.unwrap(), 0);
        let refused = storage.database::<Basic>("Name").await;
        assert_error!(refused, Error::DatabaseNotFound(_));
    }

    pub async fn databases_are_listed_with_their_schemas<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        storage.create_database::<Basic>("b", false).await.unwrap();
        storage.create_database::<Other>("a", false).await.unwrap();
        let mut databases = storage.list_databases().await.unwrap();
        databases.sort_by(|one, other| one.name.cmp(&other.name));
        let database = |name: &str, schema: SchemaName| Database {
            name: name.to_owned(),
            schema,
        };
        let expected = [
            database(ADMIN_DATABASE_NAME, Admin::schema_name()),
            database("a", Other::schema_name()),
            database("b", Basic::schema_name()),
        ];
        assert_eq!(databases, expected);
    }

    pub async fn a_deleted_database_is_gone<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let db = storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        storage
            .create_database::<Basic>("kept", false)
            .await
            .unwrap();
        Note::push_async(Note::new("a").tagged(&["t"]), &db)
            .await
            .unwrap();
        db.view::<ByTag>().query().await.unwrap();
        drop(db);
        storage.delete_database("basic").await.unwrap();
        let refused = storage.database::<Basic>("basic").await;
        assert_error!(refused, Error::DatabaseNotFound(_));
        let refused = storage.delete_database("basic").await;
        assert_error!(refused, Error::DatabaseNotFound(name) if name == "basic");
        let refused = storage.delete_database("never").await;
        assert_error!(refused, Error::DatabaseNotFound(_));
        assert_eq!(storage.list_databases().await.unwrap().len(), 2);

        let new = storage
            .create_database::<Basic>("basic", false)
            .await
            .unwrap();
        assert_eq!(Note::all_async(&new).count().await.unwrap(), 0);
        assert!(new.view::<ByTag>().query().await.unwrap().is_empty());
        let first = Note::push_async(Note::new("b"), &new).await.unwrap();
        assert_eq!(first.header.id, 1);
        drop(new);
        storage.delete_database("basic").await.unwrap();
        storage
            .create_database::<Other>("basic", false)
            .await
            .unwrap();
    }

    pub async fn all_registered_schemas_are_available<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let available = storage.list_available_schemas().await.unwrap();
        for name in [
            Admin::schema_name(),
            Basic::schema_name(),
            Keys::schema_name(),
            Other::schema_name(),
        ] {
            let found = available.iter().filter(|schema| schema.name == name);
            assert_eq!(found.count(), 1, "{name}");
        }
        let unregistered = Unregistered::schema_name();
        assert!(available.iter().all(|schema| schema.name != unregistered));
    }

    pub async fn a_summary_describes_collections_and_views<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let available = storage.list_available_schemas().await.unwrap();
        let schema = available
            .iter()
            .find(|schema| schema.name == Basic::schema_name())
            .unwrap();
        let expected = bonsaidb_core::schema::SchemaSummary::from(&Basic::schematic().unwrap());
        assert_eq!(*schema, expected);
        let view = ByTag.view_name();
        let notes = schema.collection(&view.collection).unwrap();
        assert!(notes.view(&view).is_some());
    }

    async fn create<S: AsyncStorageConnection>(storage: S, _: u32) -> bool {
        match storage.create_database::<Basic>("basic", false).await {
            Ok(_) => true,
            Err(Error::DatabaseNameAlreadyTaken(_)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    pub async fn one_of_many_racing_creators_wins<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let created = at_once_async(4, &storage, create::<W::Storage>).await;
        assert_eq!(created.iter().filter(|created| **created).count(), 1);
        assert_eq!(storage.list_databases().await.unwrap().len(), 2);
    }
}
