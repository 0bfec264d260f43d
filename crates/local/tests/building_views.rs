//! Views that are added to existing data, or whose version changes: they are built from all
//! documents, telling how far they are; and a map function cannot wait for what waits for it.

use std::sync::{Arc, Mutex};

use bonsaidb_core::Error;
use bonsaidb_core::connection::{Connection, LowLevelConnection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::view::ViewUpdatePolicy;
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization,
    DefaultViewSerialization, Name, Qualified, Schematic, SerializedCollection, View,
    ViewMapResult, ViewSchema,
};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, IndexingProgress, StorageConfiguration};
use serde::{Deserialize, Serialize};

const DOCUMENTS: u64 = 20_000;

/// A collection with a view of a version and policy, as successive releases of a program have it.
#[derive(Debug, Serialize, Deserialize)]
struct Numbers<const VERSION: u64, const EAGER: bool> {
    number: u64,
}

impl<const VERSION: u64, const EAGER: bool> Collection for Numbers<VERSION, EAGER> {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::private("numbers")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        if VERSION > 0 {
            schema.define_view(ByVersion::<VERSION, EAGER>)?;
        }
        Ok(())
    }
}

impl<const VERSION: u64, const EAGER: bool> DefaultSerialization for Numbers<VERSION, EAGER> {}

#[derive(Clone, Debug)]
struct ByVersion<const VERSION: u64, const EAGER: bool>;

impl<const VERSION: u64, const EAGER: bool> View for ByVersion<VERSION, EAGER> {
    type Collection = Numbers<VERSION, EAGER>;
    type Key = u64;
    type Value = ();

    fn name(&self) -> Name {
        Name::new("by-version")
    }
}

impl<const VERSION: u64, const EAGER: bool> DefaultViewSerialization for ByVersion<VERSION, EAGER> {}

impl<const VERSION: u64, const EAGER: bool> ViewSchema for ByVersion<VERSION, EAGER> {
    type MappedKey<'doc> = u64;
    type View = Self;

    fn version(&self) -> u64 {
        VERSION
    }

    fn update_policy(&self) -> ViewUpdatePolicy {
        if EAGER {
            ViewUpdatePolicy::Eager
        } else {
            ViewUpdatePolicy::Lazy
        }
    }
}

impl<const VERSION: u64, const EAGER: bool> CollectionMapReduce for ByVersion<VERSION, EAGER> {
    fn map<'doc>(
        &self,
        document: CollectionDocument<Numbers<VERSION, EAGER>>,
    ) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.number * VERSION)
    }
}

/// Opens as one release does, and notes what is told.
fn release<const VERSION: u64, const EAGER: bool>(
    folder: &std::path::Path,
) -> (Database, Arc<Mutex<Vec<IndexingProgress>>>) {
    let told = Arc::<Mutex<Vec<_>>>::default();
    let teller = Arc::clone(&told);
    let configuration = StorageConfiguration::new(folder)
        .on_indexing_progress(move |progress| teller.lock().unwrap().push(progress.clone()));
    let db = Database::open::<Numbers<VERSION, EAGER>>(configuration).unwrap();
    (db, told)
}

fn check<const VERSION: u64, const EAGER: bool>(folder: &std::path::Path) {
    let (db, told) = release::<VERSION, EAGER>(folder);
    let view = db.view::<ByVersion<VERSION, EAGER>>();
    let mappings = view.query().unwrap();
    let keys = mappings.iter().map(|mapping| mapping.key);
    assert!(keys.eq((1..=DOCUMENTS).map(|number| number * VERSION)));
    let told = told.lock().unwrap();
    assert!(told.len() > 1, "more than one batch");
    assert!(told.is_sorted_by_key(|progress| progress.documents));
    let last = told.last().unwrap();
    assert!(last.is_complete);
    assert_eq!(last.documents, DOCUMENTS);
    assert_eq!(last.view.to_string(), "private.numbers.by-version");
}

#[test]
fn views_are_built_from_existing_documents_and_tell_how_far_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (db, told) = release::<0, false>(folder.path());
    let numbers = (1..=DOCUMENTS).map(|number| Numbers { number });
    Numbers::<0, false>::push_all(numbers, &db).unwrap();
    drop(db);
    assert!(told.lock().unwrap().is_empty());
    check::<1, false>(folder.path()); // new
    check::<2, false>(folder.path()); // another version
    check::<2, true>(folder.path()); // another policy
    check::<3, true>(folder.path());
    drop(release::<0, false>(folder.path())); // removed
    check::<3, true>(folder.path()); // and back
    // What is built already is not built again.
    let (db, told) = release::<3, true>(folder.path());
    assert_eq!(
        db.view::<ByVersion<3, true>>().query().unwrap().len(),
        20_000
    );
    assert!(told.lock().unwrap().is_empty());
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "selfish", views = [Selfish])]
struct Item;

/// Asks for itself while it is brought up to date.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = u64)]
struct Selfish;

static DATABASE: Mutex<Option<Database>> = Mutex::new(None);

impl CollectionMapReduce for Selfish {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let db = DATABASE.lock().unwrap().clone().unwrap();
        let others = db.view::<Self>().query()?;
        document.header.emit_key(others.len() as u64)
    }
}

#[test]
fn a_map_function_that_waits_for_its_own_view_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Item>(StorageConfiguration::new(folder.path())).unwrap();
    *DATABASE.lock().unwrap() = Some(db.clone());
    Item.push_into(&db).unwrap();
    let error = db.view::<Selfish>().query().unwrap_err();
    assert!(
        error.to_string().contains("private.selfish.Selfish"),
        "{error}"
    );
    *DATABASE.lock().unwrap() = None;
    assert_eq!(Item::all(&db).count().unwrap(), 1);
    assert!(db.get::<Item, u64>(&1).unwrap().is_some());
}
