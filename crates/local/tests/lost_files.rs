//! Files that disappeared: a database that was created is not taken for a new one.

use std::fs;

use bonsaidb_core::connection::StorageConnection;
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_local::Storage;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "notes")]
struct Note;

#[test]
fn a_database_whose_folder_is_lost_is_not_empty_but_missing() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let configuration = StorageConfiguration::new(folder.path());
        Storage::open(configuration.with_schema::<Note>().unwrap()).unwrap()
    };
    let storage = open();
    for name in ["lost", "kept"] {
        let db = storage.create_database::<Note>(name, false).unwrap();
        Note.push_into(&db).unwrap();
    }
    storage.close().unwrap();
    fs::remove_dir_all(folder.path().join("lost")).unwrap();

    let storage = open();
    let kept = storage.database::<Note>("kept").unwrap();
    assert_eq!(Note::all(&kept).count().unwrap(), 1);
    let error = storage.database::<Note>("lost").unwrap_err().to_string();
    let path = folder.path().join("lost").display().to_string();
    assert!(error.contains(&path), "{error}");
    assert!(!folder.path().join("lost").exists());

    // It can be given up, and made anew.
    storage.delete_database("lost").unwrap();
    let anew = storage.create_database::<Note>("lost", false).unwrap();
    assert_eq!(Note::all(&anew).count().unwrap(), 0);
}
