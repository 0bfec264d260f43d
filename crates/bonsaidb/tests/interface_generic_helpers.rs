//! Functions over any connection, with no more bounds than the traits promise.

use std::borrow::Borrow;
use std::cell::Cell;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use bonsaidb::core::Error;
use bonsaidb::core::admin::{Role, User};
use bonsaidb::core::connection::{
    AccessPolicy, AsyncConnection, AsyncLowLevelConnection, AsyncStorageConnection, Bound,
    Connection, GroupedReductions, HasSchema, HasSession, LowLevelConnection, MaybeOwned, QueryKey,
    Range, RangeRef, Sort, StorageConnection,
};
use bonsaidb::core::document::{CollectionDocument, CollectionHeader, Emit, Header, OwnedDocument};
use bonsaidb::core::key::{IntoPrefixRange, Key, KeyEncoding};
use bonsaidb::core::schema::view::map::{MappedDocuments, ViewMappings};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, InsertError, Nameable, NamedCollection, NamedReference,
    ReduceResult, Schema, SerializedCollection, SerializedView, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb::core::transaction::{Operation, OperationResult, Transaction};
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{AsyncDatabase, AsyncStorage, Database, Storage};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "items", primary_key = String, natural_id = |item: &Self| Some(item.name.clone()), views = [ByName, BySize])]
struct Item {
    name: String,
    size: i32,
}

fn item(name: &str, size: i32) -> Item {
    Item {
        name: name.to_owned(),
        size,
    }
}

/// Both `serde` and the collection have a `serialize`.
fn contents(item: &Item) -> Result<Vec<u8>, Error> {
    <Item as SerializedCollection>::serialize(item)
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = String, name = "by-name")]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.name)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = i32, value = i64)]
struct BySize;

impl CollectionMapReduce for BySize {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let size = document.contents.size;
        document.header.emit_key_and_value(size, i64::from(size))
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self::View> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

impl NamedCollection for Item {
    type ByNameView = ByName;
}

// --- blocking -----------------------------------------------------------------------------------

fn store<C: Connection, T>(value: T, db: &C) -> Result<CollectionDocument<T>, InsertError<T>>
where
    T: SerializedCollection<Contents = T> + 'static,
{
    value.push_into::<C>(db)
}

fn find<T, C, K>(id: &K, db: &C) -> Result<Option<T::Contents>, Error>
where
    T: SerializedCollection,
    C: Connection,
    K: KeyEncoding<T::PrimaryKey> + ?Sized,
{
    Ok(T::get::<C, K>(id, db)?.map(|document| document.contents))
}

fn all_ids<C: Connection, T: SerializedCollection>(db: &C) -> Result<Vec<T::PrimaryKey>, Error> {
    let documents = T::all(db).descending().limit(10).query()?;
    Ok(documents
        .into_iter()
        .map(|document| document.header.id)
        .collect())
}

fn total<C: Connection, V: SerializedView>(db: &C) -> Result<V::Value, Error> {
    V::entries(db)
        .with_access_policy(AccessPolicy::UpdateBefore)
        .reduce()
}

fn groups<C: Connection, V: SerializedView>(db: &C) -> Result<GroupedReductions<V>, Error> {
    db.view::<V>().reduce_grouped()
}

fn in_range<C, V, K, R>(db: &C, range: R) -> Result<ViewMappings<V>, Error>
where
    C: Connection,
    V: SerializedView,
    V::Key: Borrow<K> + PartialEq<K>,
    K: KeyEncoding<V::Key> + PartialEq,
    R: for<'a> Into<RangeRef<'a, V::Key, K>>,
{
    db.view::<V>()
        .with_key_range::<K, R>(range)
        .descending()
        .query()
}

fn with_prefix<'a, C, V>(
    db: &'a C,
    prefix: &'a str,
) -> Result<MappedDocuments<CollectionDocument<V::Collection>, V>, Error>
where
    C: Connection,
    V: SerializedView<Key = String>,
    V::Collection: SerializedCollection,
    <V::Collection as SerializedCollection>::Contents: Debug,
{
    db.view::<V>()
        .with_key_prefix::<str>(prefix)
        .query_with_collection_docs()
}

fn low_level<C: LowLevelConnection>(db: &C) -> Result<usize, Error> {
    let insert = db.insert::<Item, str, Vec<u8>>(Some("low"), contents(&item("low", 1))?)?;
    assert_eq!(insert.id, "low");
    let mut document: OwnedDocument = db.get::<Item, str>("low")?.unwrap();
    db.update::<Item, OwnedDocument>(&mut document)?;
    db.overwrite::<Item, String>(&insert.id, contents(&item("low", 2))?)?;
    let some = db.get_multiple::<Item, str, _, _>(["low", "none"])?;
    let listed = db.list::<Item, _, String>(.., Sort::Ascending, None)?;
    let headers: Vec<Header> = db.list_headers::<Item, _, String>(.., Sort::Descending, Some(1))?;
    assert_eq!(headers.len(), 1);
    let counted = db.count::<Item, _, String>(String::from("low")..)?;
    assert_eq!(counted, 1);
    let mappings = db.query::<BySize, i32>(
        Some(QueryKey::Matches(MaybeOwned::Owned(2))),
        Sort::Ascending,
        None,
        AccessPolicy::UpdateBefore,
    )?;
    assert_eq!(mappings.len(), 1);
    let range = RangeRef::owned(Range::from(..=5).map(|key: i32| key + 1));
    let with_docs = db.query_with_docs::<BySize, i32>(
        Some(QueryKey::Range(range)),
        Sort::Descending,
        Some(5),
        AccessPolicy::NoUpdate,
    )?;
    assert_eq!(with_docs.len(), 1);
    db.query_with_collection_docs::<BySize, i32>(
        Some(QueryKey::Multiple(vec![MaybeOwned::Borrowed(&2)])),
        Sort::Ascending,
        None,
        AccessPolicy::NoUpdate,
    )?;
    let name = db
        .schematic()
        .view::<BySize>()
        .expect("registered")
        .view_name();
    let ascending = Sort::Ascending;
    let policy = AccessPolicy::UpdateBefore;
    let serialized = db.query_by_name(&name, None, ascending, None, policy)?;
    assert_eq!(serialized[0].deserialized::<BySize>()?.key, 2);
    let serialized = db.query_by_name_with_docs(&name, None, ascending, None, policy)?;
    let typed: MappedDocuments<OwnedDocument, BySize> = serialized.deserialized()?;
    assert_eq!(typed.len(), 1);
    let sum: i64 = db.reduce::<BySize, i32>(None, AccessPolicy::UpdateBefore)?;
    assert_eq!(sum, 2);
    db.reduce_grouped::<BySize, i32>(None, AccessPolicy::UpdateAfter)?;
    db.delete::<Item, Header>(&headers[0])?;
    assert_eq!(
        db.delete_docs::<BySize, i32>(None, AccessPolicy::UpdateBefore)?,
        0
    );
    Ok(some.len() + listed.len())
}

fn schema_of<C: HasSchema + HasSession>(db: &C) -> String {
    assert!(db.session().is_none());
    db.schematic().name.to_string()
}

fn databases<S: StorageConnection>(storage: &S) -> Result<S::Database, Error> {
    let db = storage.create_database::<Item>("generic", true)?;
    let same = storage.database::<Item>("generic")?;
    assert_eq!(same.schematic().name, Item::schema_name());
    let back = same.storage();
    assert!(back.list_databases()?.len() >= 2);
    storage.create_user("somebody")?;
    storage.delete_user("somebody")?;
    Ok(db)
}

fn rename<C: Connection, N>(
    name: N,
    to: i32,
    db: &C,
) -> Result<Option<CollectionDocument<Item>>, Error>
where
    N: for<'a> Nameable<'a, String> + Send + Sync,
{
    let Some(mut document) = Item::load(name, db)? else {
        return Ok(None);
    };
    let before = document.modify(db, |document| {
        std::mem::replace(&mut document.contents.size, to)
    })?;
    assert_ne!(before, to);
    Ok(Some(document))
}

/// The blocking half does not send what it is given to other threads.
fn store_numbered<C: Connection>(names: &[&str], db: &C) -> Result<usize, Error> {
    let numbers = Rc::new(Cell::new(0));
    let next = Rc::clone(&numbers);
    let items = names.iter().map(move |name| {
        next.set(next.get() + 1);
        item(name, next.get())
    });
    let stored = Item::push_all(items, db)?;
    assert_eq!(stored.len(), names.len());
    usize::try_from(numbers.get()).map_err(|error| Error::other("items", error))
}

/// Somebody's name that stays in its thread.
#[derive(Clone)]
struct Local(Rc<String>);

impl<'a> Nameable<'a, u64> for Local {
    fn name(self) -> Result<NamedReference<'a, u64>, Error> {
        Ok(NamedReference::from(String::clone(&self.0)))
    }
}

fn act_as<'a, S, N>(name: N, storage: &S) -> Result<S::Authenticated, Error>
where
    S: StorageConnection,
    N: Nameable<'a, u64> + Clone,
{
    assert!(Role::assume_identity(name.clone(), storage).is_err());
    User::assume_identity(name, storage)
}

/// A connection kept in a struct, by value, for any backend.
struct Repository<C: Connection> {
    db: C,
}

impl<C: Connection> Repository<C> {
    fn transfer(&self, from: &str, to: &str, size: i32) -> Result<Vec<OperationResult>, Error> {
        let mut from = Item::get(from, &self.db)?.ok_or_else(|| Error::other("items", "from"))?;
        let mut to = Item::get(to, &self.db)?.ok_or_else(|| Error::other("items", "to"))?;
        from.contents.size -= size;
        to.contents.size += size;
        let mut transaction = Transaction::new();
        from.update_in_transaction(&mut transaction)?;
        to.update_in_transaction(&mut transaction)?;
        transaction
            .with(Operation::check_document_exists::<Item>(&from.header.id)?)
            .apply::<C>(&self.db)
    }
}

#[test]
fn blocking_helpers_know_only_the_traits() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path().join("s"))
        .with_schema::<Item>()
        .unwrap();
    let storage = Storage::open(configuration).unwrap();
    let db: Database = databases(&storage).unwrap();
    assert_eq!(schema_of(&db), "private.items");
    assert_eq!(low_level(&db).unwrap(), 2);
    for (name, size) in [("aa", 5), ("ab", -7), ("b", 0)] {
        store(item(name, size), &db).unwrap();
    }
    assert_eq!(find::<Item, _, str>("ab", &db).unwrap().unwrap().size, -7);
    assert_eq!(all_ids::<_, Item>(&db).unwrap(), ["b", "ab", "aa"]);
    assert_eq!(total::<_, BySize>(&db).unwrap(), -2);
    assert_eq!(groups::<_, BySize>(&db).unwrap().len(), 3);
    let negative = in_range::<_, BySize, i32, _>(&db, ..0).unwrap();
    assert_eq!(negative.len(), 1);
    assert_eq!(with_prefix::<_, ByName>(&db, "a").unwrap().len(), 2);
    assert!(rename(String::from("none"), 1, &db).unwrap().is_none());
    assert!(rename(String::from("aa"), 1, &db).unwrap().is_some());
    let repository = Repository { db };
    assert_eq!(repository.transfer("aa", "b", 3).unwrap().len(), 3);
    assert_eq!(total::<_, BySize>(&repository.db).unwrap(), -6);
}

// --- async --------------------------------------------------------------------------------------

async fn store_async<C: AsyncConnection, T>(
    value: T,
    db: &C,
) -> Result<CollectionHeader<T::PrimaryKey>, Error>
where
    T: SerializedCollection<Contents = T> + 'static,
{
    Ok(value.push_into_async(db).await?.header)
}

async fn find_async<T, C, K>(id: &K, db: &C) -> Result<Option<T::Contents>, Error>
where
    T: SerializedCollection,
    C: AsyncConnection,
    K: KeyEncoding<T::PrimaryKey> + ?Sized,
{
    Ok(T::get_async::<C, K>(id, db)
        .await?
        .map(|document| document.contents))
}

async fn all_async<C, T>(db: &C) -> Result<Vec<CollectionDocument<T>>, Error>
where
    C: AsyncConnection,
    T: SerializedCollection + Unpin + 'static,
    T::PrimaryKey: Unpin,
{
    T::all_async(db).descending().await
}

async fn total_async<C: AsyncConnection, V: SerializedView>(db: &C) -> Result<V::Value, Error> {
    V::entries_async(db).reduce().await
}

async fn low_level_async<C: AsyncLowLevelConnection>(db: &C) -> Result<u64, Error> {
    let header = db
        .insert::<Item, str, Vec<u8>>(Some("low"), contents(&item("low", 1))?)
        .await?;
    let mut document = db.get::<Item, String>(&header.id).await?.unwrap();
    db.update::<Item, _>(&mut document).await?;
    db.overwrite::<Item, str>("low", document.contents.to_vec())
        .await?;
    db.list::<Item, _, String>(.., Sort::Ascending, Some(3))
        .await?;
    db.get_multiple::<Item, str, _, _>(["low"]).await?;
    let found = db
        .query::<ByName, str>(
            Some(QueryKey::Matches(MaybeOwned::Borrowed("low"))),
            Sort::Ascending,
            None,
            AccessPolicy::UpdateBefore,
        )
        .await?;
    assert_eq!(found.len(), 1);
    db.delete_docs::<ByName, str>(
        Some(QueryKey::Range(RangeRef::borrowed(Range {
            start: Bound::Included("l"),
            end: Bound::Unbounded,
        }))),
        AccessPolicy::UpdateBefore,
    )
    .await
}

async fn databases_async<S: AsyncStorageConnection>(storage: &S) -> Result<S::Database, Error> {
    let db = storage.create_database::<Item>("generic", true).await?;
    let admin = storage.admin().await;
    assert!(admin.last_transaction_id().await?.is_some());
    assert_eq!(db.storage().list_databases().await?.len(), 2);
    Ok(db)
}

/// A future that is spawned must be `Send`, whatever the connection is.
fn spawned<C>(db: C) -> tokio::task::JoinHandle<Result<i64, Error>>
where
    C: AsyncConnection + Clone + 'static,
{
    tokio::spawn(async move {
        for size in 0..5 {
            store_async(item(&format!("spawned-{size}"), size), &db).await?;
        }
        Item::push_all_async([item("x", 1), item("y", 2)], &db).await?;
        let mut document = Item::load_async("x", &db).await?.unwrap();
        document
            .modify_async(&db, |document| document.contents.size += 1)
            .await?;
        document.refresh_async(&db).await?;
        let entry = Item::entry_async("y", &db)
            .update_with(|item: &mut Item| item.size = 9)
            .or_insert_with(|| item("y", 0))
            .retry_limit(3)
            .await?;
        assert_eq!(entry.unwrap().contents.size, 9);
        let listed = Item::list_async::<_, String, _>(
            String::from("spawned-1")..String::from("spawned-3"),
            &db,
        );
        assert_eq!(listed.await?.len(), 2);
        let prefixed = Item::list_with_prefix_async("spawned", &db);
        assert_eq!(prefixed.count().await?, 5);
        let items = db.collection::<Item>();
        assert_eq!(items.list_with_prefix("spawned").headers().await?.len(), 5);
        assert_eq!(items.all().limit(2).await?.len(), 2);
        assert_eq!(items.get_multiple(["x", "y"]).await?.len(), 2);
        document.delete_async(&db).await?;
        let transaction = Transaction::from(Operation::push_serialized::<Item>(&item("z", 4))?);
        transaction.apply_async(&db).await?;
        assert!(Item::delete_by_name_async("z", &db).await?);
        let by_name = db.view::<ByName>().with_keys(["y", "z"]).query_with_docs();
        assert_eq!(by_name.await?.len(), 1);
        let documents = db
            .view::<BySize>()
            .with_key_range(3..)
            .descending()
            .query_with_collection_docs()
            .await?;
        assert_eq!(documents.len(), 3);
        db.view::<BySize>().with_key(&9).delete_docs().await?;
        total_async::<_, BySize>(&db).await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn async_helpers_know_only_the_traits() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path().join("s"))
        .with_schema::<Item>()
        .unwrap();
    let storage = AsyncStorage::open(configuration).await.unwrap();
    let db: AsyncDatabase = databases_async(&storage).await.unwrap();
    assert_eq!(low_level_async(&db).await.unwrap(), 1);
    assert_eq!(spawned(db.clone()).await.unwrap().unwrap(), 10);
    assert_eq!(
        find_async::<Item, _, str>("spawned-4", &db)
            .await
            .unwrap()
            .unwrap()
            .size,
        4
    );
    assert_eq!(all_async::<_, Item>(&db).await.unwrap().len(), 5);
    assert_eq!(schema_of(&db), "private.items");
}

#[tokio::test]
async fn handles_convert_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let db = AsyncDatabase::open::<Item>(StorageConfiguration::new(&path))
        .await
        .unwrap();
    let blocking: Database = db.to_blocking();
    assert!(std::ptr::eq(
        db.as_blocking().schematic(),
        blocking.schematic()
    ));
    let again: AsyncDatabase = blocking.to_async_with_runtime(tokio::runtime::Handle::current());
    let blocking = Database::from(&again);
    let again = blocking.into_async();
    let blocking: Database = again.into();
    let storage: Storage = blocking.storage();
    let storage = storage.into_async();
    let storage: Storage = Storage::from(&storage);
    assert_eq!(
        storage.to_async().into_blocking().unique_id(),
        storage.unique_id()
    );
    let shared = Arc::new(db);
    let other = Arc::clone(&shared);
    let task = tokio::spawn(async move { item("a", 1).push_into_async(&*other).await.map(|_| ()) });
    task.await.unwrap().unwrap();
    assert_eq!(Item::all_async(&*shared).count().await.unwrap(), 1);
}

#[test]
fn blocking_helpers_keep_to_their_thread() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path().join("s"))
        .with_schema::<Item>()
        .unwrap();
    let storage = Storage::open(configuration).unwrap();
    let db = databases(&storage).unwrap();
    assert_eq!(store_numbered(&["a", "b", "c"], &db).unwrap(), 3);
    assert_eq!(Item::get("c", &db).unwrap().unwrap().contents.size, 3);

    storage.create_user("ann").unwrap();
    let ann = Local(Rc::new(String::from("ann")));
    let session = act_as(ann, &storage).unwrap();
    assert!(session.session().unwrap().identity().is_some());
}

/// Anything that is a key may be asked for through these bounds.
fn encoded<K: for<'k> Key<'k>, E: KeyEncoding<K> + ?Sized>(key: &E) -> Vec<u8> {
    key.as_ord_bytes().unwrap().into_owned()
}

#[test]
fn prefixes_and_references_encode_for_their_owners() {
    assert_eq!(encoded::<String, str>("a"), b"a");
    assert_eq!(encoded::<String, &str>(&"a"), b"a");
    let range: RangeRef<'_, String, str> = "a\u{10ffff}".to_prefix_range();
    assert_eq!(
        range.end,
        bonsaidb::core::connection::BoundRef::owned(Bound::Excluded(String::from("b")))
    );
}
