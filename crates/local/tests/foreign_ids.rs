//! Documents stored as bytes under an id that is no primary key of their collection: ids of other
//! documents can be assigned as before.

use bonsaidb_core::document::DocumentId;
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_core::transaction::Transaction;
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "items")]
struct Item;

#[test]
fn an_id_that_is_no_key_does_not_end_the_assigning_of_ids() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Item>(StorageConfiguration::new(folder.path())).unwrap();
    assert_eq!(Item.push_into(&db).unwrap().header.id, 1);
    let id = DocumentId::try_from(&b"zzzzzzzzzz"[..]).unwrap();
    Transaction::insert(Item::collection_name(), Some(id), b"bytes".to_vec())
        .apply(&db)
        .unwrap();
    assert_eq!(Item.push_into(&db).unwrap().header.id, 2);
    let id = DocumentId::from_u64(9);
    Transaction::insert(Item::collection_name(), Some(id), b"bytes".to_vec())
        .apply(&db)
        .unwrap();
    assert_eq!(Item.push_into(&db).unwrap().header.id, 10);
}
