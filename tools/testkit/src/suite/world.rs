//! Where a behaviour runs: how storages are opened and handles restricted. One implementation per kind of connection.

use bonsaidb_core::async_trait::async_trait;
use bonsaidb_core::connection::{
    AsyncConnection, AsyncStorageConnection, Connection, StorageConnection,
};
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::{Schema, SerializedCollection};
use bonsaidb_macros::twin;

use super::schema::{Basic, Evolved, Evolving, Keys, Note, Other};

/// A place where one storage lives.
///
/// @async The blocking twin is [`World`].
/// @blocking The asynchronous twin is [`AsyncWorld`].
#[twin]
#[async_trait]
pub trait AsyncWorld: Send + Sync + 'static {
    /// The connections to the storage.
    type Storage: AsyncStorageConnection<Database = Self::Database> + Clone + 'static;
    /// The connections to its databases.
    type Database: AsyncConnection<Storage = Self::Storage> + Clone + 'static;

    /// Opens the storage. A second call comes after every handle of the first was dropped, and only in the behaviours of
    /// [`durability!`](crate::durability): then the storage holds what it held.
    async fn open(&self, schemas: Schemas) -> Self::Storage;

    /// Returns a handle to `storage` that may do what `permissions` say, and nothing else.
    async fn restricted(&self, storage: &Self::Storage, permissions: Permissions) -> Self::Storage;
}

/// Which schemas a storage is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemas {
    /// [`Basic`], [`Keys`], [`Other`] and [`Evolving`].
    Current,
    /// The same, but [`Evolved`] in the place of [`Evolving`].
    Later,
}

impl Schemas {
    /// Tells `registry` the schemas.
    pub fn register<R: Registry>(self, registry: R) -> R {
        let registry = registry.with::<Basic>().with::<Keys>().with::<Other>();
        match self {
            Self::Current => registry.with::<Evolving>(),
            Self::Later => registry.with::<Evolved>(),
        }
    }
}

/// Whatever schemas are registered with before a storage is opened.
pub trait Registry {
    /// Registers `S`.
    #[must_use]
    fn with<S: Schema>(self) -> Self;
}

/// Returns a new database with the schema [`Basic`].
#[twin]
pub(crate) async fn basic_async<W: AsyncWorld>(world: &W) -> W::Database {
    let storage = world.open(Schemas::Current).await;
    storage
        .create_database::<Basic>("basic", false)
        .await
        .unwrap()
}

/// Returns a new database with the schema [`Keys`].
#[twin]
pub(crate) async fn keys_async<W: AsyncWorld>(world: &W) -> W::Database {
    let storage = world.open(Schemas::Current).await;
    storage
        .create_database::<Keys>("keys", false)
        .await
        .unwrap()
}

/// Returns a new database with four notes: `a` and `b` on the first, `b` on the second, `c` and `ab` on the third, nothing on
/// the fourth.
#[twin]
pub(crate) async fn tagged_notes_async<W: AsyncWorld>(world: &W) -> W::Database {
    let db = basic_async(world).await;
    let notes = [
        Note::new("one").tagged(&["a", "b"]).rated(3),
        Note::new("two").tagged(&["b"]).rated(-1),
        Note::new("three").tagged(&["c", "ab"]).rated(2),
        Note::new("four").rated(0),
    ];
    Note::push_all_async(notes, &db).await.unwrap();
    db
}

/// Runs `work` on its own task for each number below `count`, all at once, and returns what they return, by number.
pub(crate) async fn at_once_async<D, T, Work, Running>(count: u32, on: &D, work: Work) -> Vec<T>
where
    D: Clone,
    T: Send + 'static,
    Work: Fn(D, u32) -> Running,
    Running: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count)
        .map(|number| tokio::spawn(work(on.clone(), number)))
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// Runs `work` on its own thread for each number below `count`, all at once, and returns what they return, by number.
pub(crate) fn at_once<D, T, Work>(count: u32, on: &D, work: Work) -> Vec<T>
where
    D: Clone + Send,
    T: Send,
    Work: Fn(D, u32) -> T + Sync,
{
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let on = on.clone();
                scope.spawn(move || work(on, number))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}
