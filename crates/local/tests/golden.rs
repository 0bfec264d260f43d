//! Storages written by builds before this one open, hold what they held, and can be written.
//!
//! Each file in `tests/golden` is the folder of a storage as one version of the format left it: once
//! closed, once not, with records in the log that no database's own file has. `write_fixtures` makes
//! those of this build, named for the version in `BONSAIDB_GOLDEN`:
//!
//! ```sh
//! BONSAIDB_GOLDEN=v2 cargo test -p bonsaidb-local --test golden write_fixtures
//! ```
//!
//! A fixture is never changed or removed. The file is a list of files: the length of the name, 2
//! bytes; the name; the length of the content, 8; then pieces of the content that are not zeros, each
//! with its offset, 8, and its length, 4; an offset of `ffffffffffffffff` ends the list. Numbers are
//! little-endian.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bonsaidb_core::Error;
use bonsaidb_core::admin::{PermissionGroup, Role, User};
use bonsaidb_core::connection::{Connection, IdentityReference, StorageConnection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::permissions::Statement;
use bonsaidb_core::permissions::bonsai::{BonsaiAction, ServerAction};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, NamedCollection, ReduceResult, Schema, SerializedCollection,
    View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb_local::config::{Builder, StorageConfiguration};
use bonsaidb_local::{Database, Storage};
use serde::{Deserialize, Serialize};

/// The versions that there are fixtures of.
const VERSIONS: [&str; 1] = ["v1"];
const LIST: BonsaiAction = BonsaiAction::Server(ServerAction::ListDatabases);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "item", views = [AmountByOwner, ByOwnerAtOnce, ByName])]
struct Item {
    owner: String,
    name: String,
    amount: u64,
}

/// Lazy, with a sum.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = String, value = u64, name = "amount-by-owner")]
struct AmountByOwner;

impl CollectionMapReduce for AmountByOwner {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { owner, amount, .. } = item.contents;
        item.header.emit_key_and_value(owner, amount)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = String, value = u64, name = "by-owner-at-once")]
#[view_schema(policy = Eager)]
struct ByOwnerAtOnce;

impl CollectionMapReduce for ByOwnerAtOnce {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { owner, amount, .. } = item.contents;
        item.header.emit_key_and_value(owner, amount)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = String, name = "by-name")]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        item.header.emit_key(item.contents.name)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "note", primary_key = String)]
struct Note(String);

#[derive(Debug, Schema)]
#[schema(name = "shop", collections = [Item, Note])]
struct Shop;

#[derive(Debug, Schema)]
#[schema(name = "notes", collections = [Note])]
struct Notes;

fn configuration(folder: &Path) -> StorageConfiguration {
    StorageConfiguration::new(folder)
        .with_schema::<Shop>()
        .unwrap()
        .with_schema::<Notes>()
        .unwrap()
}

fn item(number: u64) -> Item {
    Item {
        owner: ["ada", "bo", "cy"][usize::try_from(number % 3).unwrap()].to_owned(),
        name: format!("item {number}"),
        amount: number * number,
    }
}

/// The items as `fill` leaves them, by id.
fn items() -> BTreeMap<u64, Item> {
    let all = (0..60).map(|number| {
        let mut item = item(number);
        if number % 10 == 0 {
            item.amount += 1_000;
        }
        (number, item)
    });
    all.filter(|(number, _)| number % 7 != 3).collect()
}

fn long_note() -> String {
    "a line of a long note\n".repeat(400)
}

fn insert(shop: &Database, numbers: std::ops::Range<u64>) {
    for number in numbers {
        Item::insert(&number, item(number), shop).into_result();
    }
}

fn change(shop: &Database, numbers: std::ops::Range<u64>) {
    for number in numbers {
        if number % 10 == 0 {
            let mut document = Item::get(&number, shop).unwrap().unwrap();
            document.contents.amount += 1_000;
            document.update(shop).unwrap();
        }
        if number % 7 == 3 {
            let document = Item::get(&number, shop).unwrap().unwrap();
            document.delete(shop).unwrap();
        }
    }
}

trait IntoResult {
    fn into_result(self);
}

impl<T, E: std::fmt::Debug> IntoResult for Result<T, E> {
    fn into_result(self) {
        assert!(self.is_ok(), "{:?}", self.err());
    }
}

/// Makes what `check` expects.
fn fill(storage: &Storage) {
    let ada = storage.create_user("ada").unwrap();
    storage.create_user("bo").unwrap();
    let admin = storage.admin();
    let statement = Statement::for_any().allowing(&LIST);
    let group = PermissionGroup::named("listers").with_group_ids([statement]);
    let group = group.push_into(&admin).unwrap().header.id;
    let role = Role::named("lister").with_group_ids([group]);
    let role = role.push_into(&admin).unwrap().header.id;
    storage.add_role_to_user(ada, role).unwrap();

    let shop = storage.create_database::<Shop>("shop", false).unwrap();
    insert(&shop, 0..30);
    let lazy = shop.view::<AmountByOwner>();
    lazy.with_key("ada").reduce().unwrap();
    change(&shop, 0..30);
    shop.view::<AmountByOwner>().reduce_grouped().unwrap();
    shop.view::<ByOwnerAtOnce>().reduce().unwrap();
    // What the index of the lazy view and the summaries have not seen.
    insert(&shop, 30..60);
    change(&shop, 30..60);
    let notes = storage.create_database::<Notes>("notes", false).unwrap();
    for database in [&shop, &notes] {
        Note::insert(&"short".to_owned(), Note("a note".to_owned()), database).into_result();
        Note::insert(&"long".to_owned(), Note(long_note()), database).into_result();
    }
    let gone = storage.create_database::<Notes>("gone", false).unwrap();
    Note::insert(&"gone".to_owned(), Note(String::new()), &gone).into_result();
    storage.delete_database("gone").unwrap();
}

/// Compares everything with what `fill` made, and `more` items after that.
fn check(storage: &Storage, more: u64) {
    let databases = storage.list_databases().unwrap();
    let names: BTreeSet<_> = databases.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["_admin", "notes", "shop"]));
    let admin = storage.admin();
    let ada = User::load("ada", &admin).unwrap().unwrap();
    let lister = Role::load("lister", &admin).unwrap().unwrap();
    assert_eq!(ada.contents.roles, [lister.header.id]);
    let may_list = |user: &str| {
        let reference = IdentityReference::user(user).unwrap();
        let assumed = storage.assume_identity(reference).unwrap();
        assumed.list_databases().is_ok()
    };
    assert!(may_list("ada") && !may_list("bo"));

    let shop = storage.database::<Shop>("shop").unwrap();
    let mut expected = items();
    expected.extend((1_000..1_000 + more).map(|number| (number, item(number))));
    let found = Item::all(&shop).query().unwrap();
    let found = found.into_iter().map(|document| {
        let generation = document.header.revision.id;
        let is_updated = document.header.id < 1_000 && document.header.id % 10 == 0;
        assert_eq!(generation, u32::from(is_updated));
        (document.header.id, document.contents)
    });
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    check_views(&shop, &expected);
    // Items are inserted, updated and deleted, and two notes are.
    let transactions = 60 + 6 + 9 + 2 + more;
    let executed = shop.list_executed_transactions(None, Some(1_000)).unwrap();
    assert_eq!(executed.len() as u64, transactions);
    let last = executed.last().map(|transaction| transaction.id);
    assert!(shop.last_transaction_id().unwrap() >= last);
    assert_eq!(executed[0].changes.documents().unwrap().documents.len(), 1);

    let notes = storage.database::<Notes>("notes").unwrap();
    for database in [&shop, &notes] {
        let contents = |id: &str| {
            let note = Note::get(&id.to_owned(), database).unwrap();
            note.map(|note| note.contents.0)
        };
        assert_eq!(contents("short").as_deref(), Some("a note"));
        assert_eq!(contents("long"), Some(long_note()));
        assert_eq!(contents("gone"), None);
    }
}

fn check_views(shop: &Database, items: &BTreeMap<u64, Item>) {
    let mut amounts = BTreeMap::<String, u64>::new();
    for item in items.values() {
        *amounts.entry(item.owner.clone()).or_default() += item.amount;
    }
    let total: u64 = amounts.values().sum();
    let grouped = shop.view::<AmountByOwner>().reduce_grouped().unwrap();
    let grouped = grouped.into_iter().map(|one| (one.key, one.value));
    assert_eq!(grouped.collect::<BTreeMap<_, _>>(), amounts);
    assert_eq!(shop.view::<AmountByOwner>().reduce().unwrap(), total);
    let grouped = shop.view::<ByOwnerAtOnce>().reduce_grouped().unwrap();
    let grouped = grouped.into_iter().map(|one| (one.key, one.value));
    assert_eq!(grouped.collect::<BTreeMap<_, _>>(), amounts);
    for mappings in [
        shop.view::<AmountByOwner>().query().unwrap().len(),
        shop.view::<ByOwnerAtOnce>().query().unwrap().len(),
        shop.view::<ByName>().query().unwrap().len(),
    ] {
        assert_eq!(mappings, items.len());
    }
    for (id, item) in items {
        let named = shop.view::<ByName>().with_key(&item.name);
        let named = named.query().unwrap();
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].source.id, *id);
    }
}

/// Opens a storage as it was found, and uses it as any other.
fn check_and_use(folder: &Path) {
    for round in 0..3 {
        let storage = Storage::open(configuration(folder)).unwrap();
        check(&storage, round);
        let shop = storage.database::<Shop>("shop").unwrap();
        let taken = Item::insert(&5_000, item(1), &shop).unwrap_err();
        assert!(matches!(taken.error, Error::UniqueKeyViolation { .. }));
        insert(&shop, 1_000 + round..1_001 + round);
        check(&storage, round + 1);
        if round == 1 {
            shop.compact().unwrap();
        }
    }
    let read_only = configuration(folder).read_only();
    check(&Storage::open(read_only).unwrap(), 3);
}

fn golden(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    tests.join(format!("{name}.golden"))
}

/// Makes the storages that fixtures are of, and gives each to `take` with its name.
fn make(mut take: impl FnMut(&str, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(configuration(folder.path())).unwrap();
    fill(&storage);
    drop(storage);
    take("closed", folder.path());
    let folder = tempfile::tempdir().unwrap();
    let small = configuration(folder.path()).log_segment_bytes(12_000);
    let storage = Storage::open(small).unwrap();
    fill(&storage);
    // What a crash would leave: everything is still open.
    take("crashed", folder.path());
}

#[test]
fn storages_of_every_version_open_and_hold_what_they_held() {
    for version in VERSIONS {
        for state in ["closed", "crashed"] {
            let name = format!("{version}-{state}");
            let packed = fs::read(golden(&name)).unwrap();
            let folder = tempfile::tempdir().unwrap();
            unpack(&packed, folder.path());
            eprintln!("{name}");
            check_and_use(folder.path());
        }
    }
}

/// The fixtures of this build would hold as well, and packing loses nothing.
#[test]
fn what_this_build_writes_is_what_is_expected() {
    make(|name, folder| {
        let packed = pack(folder);
        assert!(packed.len() < 300_000, "{name}: {} bytes", packed.len());
        let copy = tempfile::tempdir().unwrap();
        unpack(&packed, copy.path());
        for (name, content) in contents(folder) {
            assert!(fs::read(copy.path().join(name)).unwrap() == content);
        }
        let records = contents(copy.path()).into_iter();
        let logged = records.filter(|(name, content)| {
            name.starts_with("_log/") && content[96..].iter().any(|byte| *byte != 0)
        });
        assert_eq!(logged.count() > 0, name == "crashed");
        check_and_use(copy.path());
    });
}

/// Not a test of its own: writes fixtures when it is told a version.
#[test]
fn write_fixtures() {
    let Ok(version) = std::env::var("BONSAIDB_GOLDEN") else {
        return;
    };
    make(|name, folder| {
        let path = golden(&format!("{version}-{name}"));
        assert!(!path.exists(), "a fixture is never changed");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, pack(folder)).unwrap();
    });
}

/// The files of a folder, by their paths in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                let name = name.to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

const PIECE_BYTES: usize = 64;
const END: u64 = u64::MAX;

fn pack(folder: &Path) -> Vec<u8> {
    let mut packed = Vec::new();
    for (name, content) in contents(folder) {
        packed.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        packed.extend_from_slice(name.as_bytes());
        packed.extend_from_slice(&(content.len() as u64).to_le_bytes());
        let pieces: Vec<_> = content.chunks(PIECE_BYTES).enumerate().collect();
        let used = |(_, piece): &(usize, &[u8])| piece.iter().any(|byte| *byte != 0);
        for run in pieces.chunk_by(|a, b| used(a) == used(b)) {
            if !used(&run[0]) {
                continue;
            }
            let bytes: Vec<u8> = run
                .iter()
                .flat_map(|(_, piece)| piece.iter().copied())
                .collect();
            let offset = (run[0].0 * PIECE_BYTES) as u64;
            packed.extend_from_slice(&offset.to_le_bytes());
            packed.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
            packed.extend_from_slice(&bytes);
        }
        packed.extend_from_slice(&END.to_le_bytes());
    }
    packed
}

fn unpack(mut packed: &[u8], folder: &Path) {
    let mut take = |count: usize| {
        let (taken, rest) = packed.split_at_checked(count)?;
        packed = rest;
        Some(taken)
    };
    let long = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    while let Some(length) = take(2) {
        let length = u16::from_le_bytes(length.try_into().unwrap());
        let name = str::from_utf8(take(length.into()).unwrap()).unwrap();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut content = vec![0; usize::try_from(long(take(8).unwrap())).unwrap()];
        loop {
            let offset = long(take(8).unwrap());
            if offset == END {
                break;
            }
            let length = u32::from_le_bytes(take(4).unwrap().try_into().unwrap());
            let piece = take(length as usize).unwrap();
            let start = usize::try_from(offset).unwrap();
            content[start..start + piece.len()].copy_from_slice(piece);
        }
        fs::write(path, content).unwrap();
    }
}
