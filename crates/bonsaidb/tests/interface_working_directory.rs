//! Storages in the working directory. It belongs to the whole process, so this is one test alone.

use bonsaidb::core::connection::StorageConnection;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{Storage, StorageNonBlocking};

#[test]
fn no_path_and_an_empty_path_are_in_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let named = Storage::open(StorageConfiguration::default()).unwrap();
    assert_eq!(named.path(), "db.bonsaidb");
    assert!(folder.path().join("db.bonsaidb/storage-id").is_file());
    drop(named);

    let here = Storage::open(StorageConfiguration::new("")).unwrap();
    here.create_user("somebody").unwrap();
    drop(here);
    assert!(folder.path().join("storage-id").is_file());
    let dotted = Storage::open(StorageConfiguration::new(".")).unwrap();
    assert_eq!(dotted.list_databases().unwrap().len(), 1);
    drop(dotted);
    std::env::set_current_dir("/").unwrap();
}
