//! Errors on their way through `?`, from every crate to every other.

use std::error::Error as StdError;
use std::io;

use bonsaidb::core::connection::{Connection, StorageConnection};
use bonsaidb::core::document::DocumentId;
use bonsaidb::core::permissions::{ActionName, PermissionDenied, ResourceName};
use bonsaidb::core::schema::{
    Collection, CollectionName, InsertError, SchemaName, SerializedCollection,
};
use bonsaidb::core::{AnyError, Error as CoreError};
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{Database, Error as LocalError, Storage};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "things", primary_key = String, natural_id = |thing: &Self| Some(thing.0.clone()))]
struct Thing(String);

fn thing() -> Thing {
    Thing("thing".to_owned())
}

fn is_any_error<E: AnyError>() {}

#[test]
fn errors_can_be_boxed_and_sent() {
    is_any_error::<CoreError>();
    is_any_error::<LocalError>();
    is_any_error::<InsertError<Thing>>();
    is_any_error::<bonsaidb::core::schema::view::Error>();
    is_any_error::<PermissionDenied>();
}

fn core_result(db: &Database) -> Result<u64, CoreError> {
    Thing::push(thing(), db)?; // InsertError
    "a.b".parse::<CollectionName>()?; // InvalidNameError
    let storage = db.storage();
    storage.register_schema::<()>()?; // the local crate's
    String::from_utf8(b"a".to_vec())?;
    "7$2a".parse::<DocumentId>()?;
    Thing::all(db).count()
}

fn local_result(folder: &tempfile::TempDir) -> Result<u64, LocalError> {
    let configuration =
        StorageConfiguration::new(folder.path().join("s")).with_schema::<Thing>()?;
    let storage = Storage::open(configuration)?;
    let db = storage.create_database::<Thing>("d", true)?; // the core crate's
    thing().push_into(&db)?; // InsertError
    "a.b".parse::<SchemaName>()?;
    std::fs::create_dir(folder.path().join("x"))?;
    std::str::from_utf8(b"a")?;
    String::from_utf8(b"a".to_vec())?;
    Ok(Thing::all(&db).count()?)
}

fn boxed(db: &Database) -> Result<(), Box<dyn StdError + Send + Sync>> {
    thing().push_into(db)?;
    Ok(())
}

fn plain_boxed(db: &Database) -> Result<(), Box<dyn StdError>> {
    Thing::insert("thing", thing(), db)?;
    Err(LocalError::from(io::Error::other("own")).into())
}

#[test]
fn question_marks_convert_in_every_direction() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(local_result(&folder).unwrap(), 1);
    let db = Database::open::<Thing>(StorageConfiguration::new(folder.path().join("t"))).unwrap();
    assert_eq!(core_result(&db).unwrap(), 1);
    let error = core_result(&db).unwrap_err();
    assert!(matches!(error, CoreError::DocumentConflict(..)));
    let error = boxed(&db).unwrap_err();
    let insert = error.downcast_ref::<InsertError<Thing>>().unwrap();
    assert_eq!(insert.contents, thing());
    assert_eq!(error.to_string(), insert.error.to_string());
    assert!(plain_boxed(&db).unwrap_err().is::<InsertError<Thing>>());
}

/// All messages of an error, as a program shows them that looks for causes.
fn report(error: &dyn StdError) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}

#[test]
fn no_message_is_told_twice() {
    let denied = PermissionDenied {
        resource: ResourceName::named("r"),
        action: ActionName::default(),
    };
    let insert = |error| InsertError {
        contents: thing(),
        error,
    };
    for error in [
        CoreError::UserNotFound,
        CoreError::from(denied),
        CoreError::other("a", "b"),
    ] {
        let direct = report(&error);
        assert_eq!(report(&insert(error.clone())), direct);
        assert_eq!(report(&LocalError::from(error)), direct);
        assert_eq!(direct.len(), 1, "{direct:?}");
    }
}

#[test]
fn local_errors_become_core_errors_without_loss() {
    let not_found = || CoreError::DatabaseNotFound("d".to_owned());
    let core = CoreError::from(LocalError::from(not_found()));
    assert!(matches!(core, CoreError::DatabaseNotFound(name) if name == "d"));
    let io = LocalError::from(io::Error::other("the disk is on fire"));
    let CoreError::Other { origin, error } = CoreError::from(io) else {
        panic!("an io error is none of the others");
    };
    assert_eq!(origin, "bonsaidb-local");
    assert!(error.contains("the disk is on fire"));
    let view = LocalError::View(CoreError::ReduceUnimplemented.into());
    assert!(matches!(
        CoreError::from(view),
        CoreError::ReduceUnimplemented
    ));
    let shared = LocalError::from(std::sync::Arc::new(LocalError::from(not_found())));
    assert!(matches!(shared, LocalError::Job(_)));
    assert!(matches!(
        CoreError::from(shared),
        CoreError::DatabaseNotFound(_)
    ));
    assert!(matches!(
        LocalError::from(InsertError {
            contents: (),
            error: not_found()
        }),
        LocalError::Core(CoreError::DatabaseNotFound(_))
    ));
}

#[tokio::test]
async fn a_lost_task_is_an_error() {
    let task = tokio::spawn(async { panic!("on purpose") });
    let lost: LocalError = task.await.unwrap_err().into();
    assert!(matches!(lost, LocalError::TaskJoin(_)));
}
