//! Finding a named document, inserting it when absent, updating it when present.

use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{AsyncConnection, Connection, Running};
use crate::document::CollectionDocument;
use crate::schema::{NamedCollection, NamedReference, SerializedCollection};

/// The contents to insert when nothing is found.
pub trait EntryInsert<Col: SerializedCollection>: Send + Unpin {
    /// Returns the contents.
    fn call(self) -> Col::Contents;
}

impl<F, Col> EntryInsert<Col> for F
where
    F: FnOnce() -> Col::Contents + Send + Unpin,
    Col: SerializedCollection,
{
    fn call(self) -> Col::Contents {
        self()
    }
}

impl<Col: SerializedCollection> EntryInsert<Col> for () {
    fn call(self) -> Col::Contents {
        unreachable!("an entry without insert callback never inserts")
    }
}

/// What to change when a document is found.
pub trait EntryUpdate<Col: SerializedCollection>: Send + Unpin {
    /// Changes the contents.
    fn update(&mut self, doc: &mut Col::Contents);
}

impl<F, Col> EntryUpdate<Col> for F
where
    F: FnMut(&mut Col::Contents) + Send + Unpin,
    Col: NamedCollection + SerializedCollection,
{
    fn update(&mut self, doc: &mut Col::Contents) {
        self(doc);
    }
}

impl<Col: SerializedCollection> EntryUpdate<Col> for () {
    fn update(&mut self, _doc: &mut Col::Contents) {}
}

/// Finds a document and updates it, or inserts it; from
/// [`NamedCollection::entry_async`](crate::schema::NamedCollection::entry_async).
///
/// Found without update callback: the document as it is. Not found without insert callback:
/// `None`.
#[must_use]
#[twin]
pub struct AsyncEntry<'a, 'name, Connection, Col, EI, EU>
where
    Col: NamedCollection + SerializedCollection,
    EI: EntryInsert<Col>,
    EU: EntryUpdate<Col>,
{
    name: Option<NamedReference<'name, Col::PrimaryKey>>,
    connection: &'a Connection,
    insert: Option<EI>,
    update: Option<EU>,
    retry_limit: usize,
    #[only(async)]
    running: Running<'a, Option<CollectionDocument<Col>>>,
}

#[twin]
impl<'a, 'name, Cn, Col> AsyncEntry<'a, 'name, Cn, Col, (), ()>
where
    Col: NamedCollection + SerializedCollection,
{
    pub(crate) const fn new(
        name: NamedReference<'name, Col::PrimaryKey>,
        connection: &'a Cn,
    ) -> Self {
        Self {
            name: Some(name),
            connection,
            insert: None,
            update: None,
            retry_limit: 0,
            #[only(async)]
            running: None,
        }
    }
}

#[twin]
impl<'a, 'name, Cn, Col, EI, EU> AsyncEntry<'a, 'name, Cn, Col, EI, EU>
where
    Cn: AsyncConnection,
    Col: NamedCollection + SerializedCollection + 'static,
    EI: EntryInsert<Col> + 'a,
    EU: EntryUpdate<Col> + 'a,
    'name: 'a,
{
    /// Inserts what `cb` returns when nothing is found.
    pub fn or_insert_with<F: EntryInsert<Col> + 'a + Unpin>(
        self,
        cb: F,
    ) -> AsyncEntry<'a, 'name, Cn, Col, F, EU> {
        AsyncEntry {
            name: self.name,
            connection: self.connection,
            insert: Some(cb),
            update: self.update,
            retry_limit: self.retry_limit,
            #[only(async)]
            running: None,
        }
    }

    /// Changes what is found by `cb`.
    pub fn update_with<F: EntryUpdate<Col> + 'a + Unpin>(
        self,
        cb: F,
    ) -> AsyncEntry<'a, 'name, Cn, Col, EI, F> {
        AsyncEntry {
            name: self.name,
            connection: self.connection,
            insert: self.insert,
            update: Some(cb),
            retry_limit: self.retry_limit,
            #[only(async)]
            running: None,
        }
    }

    /// Tolerates that many conflicts while updating; none at first.
    pub const fn retry_limit(mut self, attempts: usize) -> Self {
        self.retry_limit = attempts;
        self
    }

    /// Finds, updates or inserts.
    /// @async Awaiting the entry does the same.
    ///
    /// # Errors
    ///
    /// Those of loading, updating and pushing a document.
    pub async fn execute(mut self) -> Result<Option<CollectionDocument<Col>>, Error> {
        let Some(name) = self.name.take() else {
            return Ok(None);
        };
        let Some(document) = Col::load_async(name, self.connection).await? else {
            return match self.insert {
                Some(insert) => Ok(Some(Col::push_async(insert.call(), self.connection).await?)),
                None => Ok(None),
            };
        };
        match self.update {
            Some(update) => {
                update_found_async(document, update, self.retry_limit, self.connection).await
            }
            None => Ok(Some(document)),
        }
    }
}

/// Updates `document`, reloading it after each of at most `retries` conflicts.
#[twin]
async fn update_found_async<Cn, Col, EU>(
    mut document: CollectionDocument<Col>,
    mut update: EU,
    mut retries: usize,
    connection: &Cn,
) -> Result<Option<CollectionDocument<Col>>, Error>
where
    Cn: AsyncConnection,
    Col: SerializedCollection,
    EU: EntryUpdate<Col>,
{
    loop {
        update.update(&mut document.contents);
        match document.update_async(connection).await {
            Ok(()) => return Ok(Some(document)),
            Err(Error::DocumentConflict(..)) if retries > 0 => {
                retries -= 1;
                match Col::get_async(&document.header.id, connection).await? {
                    Some(reloaded) => document = reloaded,
                    None => return Ok(None),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

impl<'a, 'name, Cn, Col, EI, EU> std::future::Future for AsyncEntry<'a, 'name, Cn, Col, EI, EU>
where
    Cn: AsyncConnection,
    Col: NamedCollection + SerializedCollection + 'static,
    Col::PrimaryKey: Unpin,
    EI: EntryInsert<Col> + 'a,
    EU: EntryUpdate<Col> + 'a,
    'name: 'a,
{
    type Output = Result<Option<CollectionDocument<Col>>, Error>;

    fn poll(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        let this = self.get_mut();
        let (name, insert, update) = (&mut this.name, &mut this.insert, &mut this.update);
        let (connection, retry_limit) = (this.connection, this.retry_limit);
        this.running
            .get_or_insert_with(|| {
                let entry = AsyncEntry {
                    name: name.take(),
                    connection,
                    insert: insert.take(),
                    update: update.take(),
                    retry_limit,
                    running: None,
                };
                Box::pin(entry.execute())
            })
            .as_mut()
            .poll(context)
    }
}
