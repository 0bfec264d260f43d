//! Views over more documents than are worth a write set each: they are built apart from what others
//! write, and come to the same as if they had followed every document.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bonsaidb_core::Error;
use bonsaidb_core::connection::{AccessPolicy, Connection, StorageConnection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization, Qualified, ReduceResult,
    Schematic, SerializedCollection, View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_local::config::{Builder, StorageConfiguration};
use bonsaidb_local::{Database, Storage};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};
use serde::{Deserialize, Serialize};

/// A collection in a release of the program without views and in one with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sale<const VIEWED: bool> {
    /// Few of them.
    shop: u64,
    /// All different.
    receipt: u64,
    amount: i64,
    /// Makes what is emitted as long as it has to be.
    note: String,
}

impl<const VIEWED: bool> Collection for Sale<VIEWED> {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::private("sales")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        if VIEWED {
            schema.define_view(ByShop)?;
            schema.define_view(ByReceiptAtOnce)?;
            schema.define_view(ByReceipt)?;
        }
        Ok(())
    }
}

impl<const VIEWED: bool> DefaultSerialization for Sale<VIEWED> {}

/// Lazy, with several keys a document, which have many documents, and a sum.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Sale<true>, key = u64, value = i64, name = "by-shop")]
struct ByShop;

static FAILS: AtomicBool = AtomicBool::new(false);

impl CollectionMapReduce for ByShop {
    fn map<'doc>(&self, sale: CollectionDocument<Sale<true>>) -> ViewMapResult<'doc, Self> {
        let Sale {
            shop,
            receipt,
            amount,
            ..
        } = sale.contents;
        if FAILS.load(Ordering::Relaxed) && receipt == 2_500 {
            return Err(Error::other("test", "told to fail"));
        }
        if receipt % 10 == 3 {
            return Ok(bonsaidb_core::schema::view::map::Mappings::none());
        }
        let of_shop = sale.header.emit_key_and_value(shop, amount)?;
        Ok(of_shop.and(sale.header.emit_key_and_value(1_000 + receipt, amount)?))
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Sale<true>, key = u64, value = i64, name = "by-receipt-at-once")]
#[view_schema(policy = Eager)]
struct ByReceiptAtOnce;

impl CollectionMapReduce for ByReceiptAtOnce {
    fn map<'doc>(&self, sale: CollectionDocument<Sale<true>>) -> ViewMapResult<'doc, Self> {
        let Sale {
            receipt, amount, ..
        } = sale.contents;
        sale.header.emit_key_and_value(receipt, amount)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Sale<true>, key = u64, value = String, name = "by-receipt")]
#[view_schema(policy = Unique)]
struct ByReceipt;

impl CollectionMapReduce for ByReceipt {
    fn map<'doc>(&self, sale: CollectionDocument<Sale<true>>) -> ViewMapResult<'doc, Self> {
        let Sale { receipt, note, .. } = sale.contents;
        sale.header.emit_key_and_value(receipt, note)
    }
}

fn sale<const VIEWED: bool>(receipt: u64) -> Sale<VIEWED> {
    Sale {
        shop: receipt.wrapping_mul(0x9e37_79b9) >> 3 & 15,
        receipt,
        amount: i64::try_from(receipt.wrapping_mul(7_919) % 1_000).unwrap() - 300,
        note: String::new(),
    }
}

fn push_all<const VIEWED: bool>(db: &Database, receipts: impl Iterator<Item = u64>) {
    let receipts = receipts.collect::<Vec<_>>();
    for receipts in receipts.chunks(500) {
        let mut sales = Transaction::new();
        for receipt in receipts {
            let sale = sale::<VIEWED>(*receipt);
            sales.push(Operation::push_serialized::<Sale<VIEWED>>(&sale).unwrap());
        }
        sales.apply(db).unwrap();
    }
}

fn open<const VIEWED: bool>(path: &Path, disk: &FaultyFolder) -> Result<Database, Error> {
    let configuration = StorageConfiguration::new(path)
        .with_schema::<Sale<VIEWED>>()?
        .on_folder(Arc::new(disk.clone()));
    Storage::open(configuration)?.create_database::<Sale<VIEWED>>("sales", true)
}

/// What a view holds: keys, documents and values, in order.
type Held = Vec<(u64, u64, i64)>;

fn held(db: &Database) -> Result<Held, Error> {
    let mappings = db.view::<ByShop>().query()?;
    let held = mappings.into_iter();
    Ok(held
        .map(|mapping| (mapping.key, mapping.source.id, mapping.value))
        .collect())
}

/// All views hold what the documents emit, and reduce to what that sums up to.
fn check(db: &Database, random: &mut Random) -> Result<(), Error> {
    let by_shop = held(db)?;
    let sales = Sale::<true>::all(db).query()?;
    let mut expected = Held::new();
    let mut receipts = BTreeMap::new();
    for sale in &sales {
        let Sale {
            shop,
            receipt,
            amount,
            ..
        } = sale.contents;
        receipts.insert(receipt, (sale.header.id, amount));
        if receipt % 10 != 3 {
            expected.push((shop, sale.header.id, amount));
            expected.push((1_000 + receipt, sale.header.id, amount));
        }
    }
    expected.sort_unstable();
    assert!(by_shop == expected, "the lazy view");
    let at_once = db.view::<ByReceiptAtOnce>().query()?;
    let at_once = at_once.into_iter();
    let at_once = at_once.map(|mapping| (mapping.key, (mapping.source.id, mapping.value)));
    assert!(at_once.eq(receipts.clone()), "the eager view");
    let unique = db.view::<ByReceipt>().query()?.into_iter();
    let unique = unique.map(|mapping| (mapping.key, mapping.source.id));
    let ids = receipts.iter().map(|(receipt, (id, _))| (*receipt, *id));
    assert!(unique.eq(ids), "the unique view");
    for range in 0..12 {
        let (from, to) = match range {
            0 => (0, u64::MAX),
            1 => (3, 4),
            _ => {
                let ends = [random.below(9_000), random.below(9_000)];
                (ends[0].min(ends[1]) as u64, ends[0].max(ends[1]) as u64)
            }
        };
        let within = |key: u64| from <= key && key < to;
        let lazy = db.view::<ByShop>().with_key_range(from..to).reduce()?;
        let of_lazy = expected.iter().filter(|(key, ..)| within(*key));
        assert_eq!(lazy, of_lazy.map(|entry| entry.2).sum::<i64>());
        let eager = db.view::<ByReceiptAtOnce>().with_key_range(from..to);
        let of_eager = receipts.iter().filter(|(key, _)| within(**key));
        assert_eq!(
            eager.reduce()?,
            of_eager.map(|(_, (_, amount))| amount).sum::<i64>()
        );
    }
    Ok(())
}

/// Changes, adds and removes some documents.
fn change_some(db: &Database, random: &mut Random, next_receipt: &mut u64) -> Result<(), Error> {
    let mut changes = Transaction::new();
    let collection = Sale::<true>::collection_name();
    let sales = Sale::<true>::all(db).query()?;
    for _ in 0..20 {
        let old = &sales[random.below(sales.len())];
        let mut new = sale::<true>(*next_receipt);
        *next_receipt += 1;
        new.amount += 5;
        let contents = <Sale<true> as SerializedCollection>::serialize(&new)?;
        let id = bonsaidb_core::document::DocumentId::from_u64(old.header.id);
        changes.push(if random.chance(70) {
            Operation::overwrite(collection.clone(), id, contents)
        } else {
            Operation::push_serialized::<Sale<true>>(&new)?
        });
    }
    changes.apply(db)?;
    let gone = &sales[random.below(sales.len())];
    if let Some(gone) = Sale::<true>::get(&gone.header.id, db)? {
        gone.delete(db)?;
    }
    Ok(())
}

#[test]
fn a_view_that_is_built_at_once_is_that_which_followed_every_document() {
    let mut random = Random::new(5);
    let (folder, disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(1));
    let db = open::<false>(folder.path(), &disk).unwrap();
    push_all::<false>(&db, 0..5_000);
    drop(db);
    let at_once = open::<true>(folder.path(), &disk).unwrap();
    let (other_folder, other_disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(2));
    let followed = open::<true>(other_folder.path(), &other_disk).unwrap();
    for from in (0..5_000).step_by(500) {
        push_all::<true>(&followed, from..from + 500);
        held(&followed).unwrap();
        followed.view::<ByShop>().reduce().unwrap();
    }
    assert!(held(&at_once).unwrap() == held(&followed).unwrap());
    let mut next_receipt = 5_000;
    for db in [at_once, followed] {
        check(&db, &mut random).unwrap();
        for _ in 0..3 {
            change_some(&db, &mut random, &mut next_receipt).unwrap();
            check(&db, &mut random).unwrap();
        }
    }
}

/// Documents that came after the view, so many that following each is slower.
#[test]
fn a_view_that_is_first_asked_after_many_changes_is_built_at_once() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(1));
    let db = open::<true>(folder.path(), &disk).unwrap();
    push_all::<true>(&db, 0..9_000);
    let mut next_receipt = 9_000;
    let mut random = Random::new(6);
    change_some(&db, &mut random, &mut next_receipt).unwrap();
    check(&db, &mut random).unwrap();
    change_some(&db, &mut random, &mut next_receipt).unwrap();
    drop(db);
    let db = open::<true>(folder.path(), &disk).unwrap();
    check(&db, &mut random).unwrap();
}

#[test]
fn a_map_function_that_fails_leaves_a_view_that_can_be_built_later() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(1));
    let db = open::<false>(folder.path(), &disk).unwrap();
    push_all::<false>(&db, 0..4_000);
    drop(db);
    let db = open::<true>(folder.path(), &disk).unwrap();
    FAILS.store(true, Ordering::Relaxed);
    let error = db.view::<ByShop>().query().unwrap_err();
    FAILS.store(false, Ordering::Relaxed);
    assert!(error.to_string().contains("told to fail"), "{error}");
    let mut random = Random::new(7);
    let mut next_receipt = 4_000;
    change_some(&db, &mut random, &mut next_receipt).unwrap();
    check(&db, &mut random).unwrap();
}

/// In one import, and in two of them.
#[test]
fn two_documents_with_one_key_of_a_new_unique_view_are_named() {
    for note_bytes in [1, 60_000] {
        let (folder, disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(1));
        let db = open::<false>(folder.path(), &disk).unwrap();
        for from in (0..1_300).step_by(100) {
            let mut sales = Transaction::new();
            for receipt in from..from + 100 {
                let sale = Sale {
                    note: "n".repeat(note_bytes),
                    ..sale::<false>(if receipt == 1_250 { 7 } else { receipt })
                };
                sales.push(Operation::push_serialized::<Sale<false>>(&sale).unwrap());
            }
            sales.apply(&db).unwrap();
        }
        drop(db);
        let db = open::<true>(folder.path(), &disk).unwrap();
        for _ in 0..2 {
            let Err(Error::UniqueKeyViolation {
                existing_document,
                conflicting_document,
                ..
            }) = db.view::<ByReceipt>().query()
            else {
                panic!("documents 8 and 1,251 have receipt 7");
            };
            let ids = [existing_document, conflicting_document]
                .map(|header| header.id.deserialize::<u64>().unwrap());
            assert_eq!(ids, [8, 1_251]);
        }
        let one = Sale::<true>::get(&8, &db).unwrap().unwrap();
        one.delete(&db).unwrap();
        let mappings = db.view::<ByReceipt>().query().unwrap();
        assert_eq!(mappings.len(), 1_299);
        assert_eq!(
            db.view::<ByReceipt>().with_key(&7).query().unwrap()[0]
                .source
                .id,
            1_251
        );
    }
}

#[test]
fn others_write_and_ask_while_a_view_is_built() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), FaultyFolder::new(1));
    let db = open::<false>(folder.path(), &disk).unwrap();
    push_all::<false>(&db, 0..6_000);
    drop(db);
    let db = open::<true>(folder.path(), &disk).unwrap();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..3 {
            let (db, is_done) = (db.clone(), &is_done);
            scope.spawn(move || {
                let mut random = Random::new(writer);
                let mut next_receipt = 100_000 * (writer + 1);
                while !is_done.load(Ordering::Relaxed) {
                    // Another writer may have removed the document.
                    let changed = change_some(&db, &mut random, &mut next_receipt);
                    assert!(matches!(
                        changed,
                        Ok(()) | Err(Error::DocumentConflict(..) | Error::DocumentNotFound(..))
                    ));
                }
            });
        }
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let view = db
                    .view::<ByShop>()
                    .with_access_policy(AccessPolicy::NoUpdate);
                for mapping in &view.query_with_docs().unwrap() {
                    let sale = Sale::<true>::document_contents(mapping.document).unwrap();
                    assert!([sale.shop, 1_000 + sale.receipt].contains(mapping.key));
                }
            }
        });
        let first = held(&db).unwrap();
        assert!(first.len() >= 2 * 6_000 * 9 / 10 - 200);
        db.view::<ByShop>().reduce().unwrap();
        is_done.store(true, Ordering::Relaxed);
    });
    check(&db, &mut Random::new(8)).unwrap();
}

/// The power fails at any call of the disk while views are built. Afterwards documents change, and
/// all views are what the documents emit.
#[test]
fn a_build_that_the_power_ended_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let original = FaultyFolder::new(1);
    let db = open::<false>(folder.path(), &original).unwrap();
    push_all::<false>(&db, 0..2_500);
    drop(db);
    let build = |disk: &FaultyFolder| {
        let db = open::<true>(folder.path(), disk)?;
        db.view::<ByShop>().reduce()?;
        db.view::<ByReceiptAtOnce>().reduce()?;
        db.view::<ByReceipt>().query()?;
        Ok::<_, Error>(())
    };
    let disk = original.fork();
    disk.set_faults(Faults::default());
    build(&disk).unwrap();
    let calls = disk.counts().calls;
    let mut losses = 0;
    for seed in 0..24 {
        let mut random = Random::new(seed);
        let disk = original.fork();
        disk.set_faults(Faults {
            power_off_at_call: Some(1 + random.number() % calls),
            ..Faults::default()
        });
        let outcome = build(&disk);
        assert!(outcome.is_ok() || disk.is_off(), "seed {seed}: {outcome:?}");
        losses += u32::from(disk.is_off());
        let disk = disk.restart(random.number());
        let db = open::<true>(folder.path(), &disk).unwrap();
        let mut next_receipt = 10_000;
        change_some(&db, &mut random, &mut next_receipt).unwrap();
        check(&db, &mut random).unwrap();
    }
    assert!(losses > 12, "{losses} losses");
}
