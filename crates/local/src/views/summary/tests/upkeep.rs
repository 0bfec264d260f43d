//! Summaries that are kept beside entries which transactions and derived writes change.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bonsaidb_store::{Database, Direction, Options, Plan, Read, Store};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use super::functions::{Reducing, concatenation, sum};
use super::model::{Model, Rows, WARNED, change, compare, memory, tables};
use crate::Error;
use crate::views::entry::Layout;
use crate::views::index::Tables;
use crate::views::summary::check::check;
use crate::views::summary::record::{META, Phase};
use crate::views::summary::touched::Touched;
use crate::views::summary::upkeep::{Pace, Upkeep};

/// A view key, a document and the value that it emits now.
type Change = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);

const LAYOUT: Layout = Layout::Shared;

fn upkeep(view: &Reducing, tables: Tables, is_strict: bool) -> Upkeep<'_> {
    let touched = Touched { tables, is_strict };
    Upkeep {
        pace: Pace {
            few: 0,
            step: 16,
            written: [3, 1_000][usize::from(is_strict)],
            gathered_bytes: 500,
            rebuild_min: 50,
        },
        ..Upkeep::new(touched, LAYOUT, view, &view.name, &WARNED)
    }
}

/// Changes entries in one write, and notes them, as the writers of views do.
fn write(
    database: &Database,
    upkeep: &Upkeep<'_>,
    model: &mut Model,
    changes: &[Change],
) -> Result<(), Error> {
    let before = model.clone();
    let plan = |plan: &mut Plan<'_>| {
        model.clone_from(&before);
        let noting = upkeep.touched.noting(plan)?;
        for (key, id, value) in changes {
            let at = (upkeep.touched.tables, LAYOUT);
            let entry = change(plan, at, model, (key, id), value.clone());
            upkeep.touched.note(plan, noting, &entry);
        }
        Ok::<_, Error>(())
    };
    let written = if upkeep.touched.is_strict {
        database.transact(plan).map(|_| ())
    } else {
        database
            .derive(plan)
            .and_then(|()| database.settle().map_err(Into::into))
    };
    if written.is_err() {
        *model = before;
    }
    written
}

fn changes(random: &mut Random, count: usize) -> Vec<Change> {
    (0..count)
        .map(|_| {
            let key = [0, 1, 2, 30, 200][random.below(5)];
            let key = vec![u8::try_from(random.below(key + 1)).unwrap()];
            let id = random.below(40).to_be_bytes()[7..].to_vec();
            let value = random.number().to_le_bytes().to_vec();
            (key, id, random.chance(70).then_some(value))
        })
        .collect()
}

/// Brings the summary up to date, step by step.
fn catch_up(database: &Database, upkeep: &Upkeep<'_>) -> Result<(), Error> {
    if upkeep.touched.is_strict && !upkeep.has_mark(&database.snapshot()?)? {
        upkeep.begin_noting(database)?;
    }
    loop {
        upkeep.build(database)?;
        if database.derive(|plan| upkeep.step(plan))? {
            return Ok(());
        }
    }
}

fn verify(
    database: &Database,
    upkeep: &Upkeep<'_>,
    model: &Model,
    view: &Reducing,
    random: &mut Random,
    context: &str,
) {
    let snapshot = database.snapshot().unwrap();
    let reader = upkeep.reader(&snapshot).unwrap();
    let reader = reader.unwrap_or_else(|| panic!("{context}: the summary is not right"));
    let meta = reader.meta.clone().unwrap();
    let violation = check(&reader.rows, &meta, Some(reader.reducer)).unwrap();
    assert_eq!(violation, None, "{context}");
    compare(&reader, model, view, random, context);
}

fn rows(database: &Database, upkeep: &Upkeep<'_>) -> [usize; 2] {
    let snapshot = database.snapshot().unwrap();
    let count = |table| {
        let all = (Bound::Unbounded, Bound::Unbounded);
        let rows = snapshot.range(table, all, Direction::Ascending).unwrap();
        rows.count()
    };
    [
        count(upkeep.touched.tables.summary),
        count(upkeep.touched.tables.touched),
    ]
}

/// Writes, reduces, trims and failures of the function, in any order.
#[test]
fn a_summary_follows_its_entries() {
    for seed in 0..16 {
        let mut random = Random::new(seed);
        let database = memory();
        let view = Reducing::new(concatenation);
        let upkeep = upkeep(&view, tables(&database, "view"), seed % 2 == 0);
        let noted = AtomicU64::new(0);
        let mut model = Model::new();
        for step in 0..40 {
            let context = format!("seed {seed}, step {step}");
            match random.below(10) {
                0..6 => {
                    let most = [3, 20, 90][random.below(3)];
                    let count = 1 + random.below(most);
                    let changes = changes(&mut random, count);
                    write(&database, &upkeep, &mut model, &changes).unwrap();
                    noted.fetch_add(count as u64, Ordering::Relaxed);
                }
                6 => upkeep.trim(&database, &noted).unwrap(),
                7 => {
                    // One step only, which may leave a summary half removed.
                    if !upkeep.touched.is_strict {
                        database.derive(|plan| upkeep.step(plan)).unwrap();
                    }
                }
                _ => {
                    catch_up(&database, &upkeep).unwrap();
                    verify(&database, &upkeep, &model, &view, &mut random, &context);
                }
            }
        }
        catch_up(&database, &upkeep).unwrap();
        verify(&database, &upkeep, &model, &view, &mut random, "at the end");
    }
}

#[test]
fn a_function_that_fails_changes_nothing_and_is_called_again() {
    for is_strict in [false, true] {
        let mut random = Random::new(1);
        let database = memory();
        let view = Reducing::new(sum);
        let upkeep = upkeep(&view, tables(&database, "view"), is_strict);
        let mut model = Model::new();
        let fill = changes(&mut random, 60);
        write(&database, &upkeep, &mut model, &fill).unwrap();
        catch_up(&database, &upkeep).unwrap();
        let more = changes(&mut random, 30);
        write(&database, &upkeep, &mut model, &more).unwrap();
        let before = rows(&database, &upkeep);
        view.fails.store(true, Ordering::Relaxed);
        assert!(catch_up(&database, &upkeep).is_err());
        assert_eq!(rows(&database, &upkeep), before);
        view.fails.store(false, Ordering::Relaxed);
        catch_up(&database, &upkeep).unwrap();
        verify(
            &database,
            &upkeep,
            &model,
            &view,
            &mut random,
            "after failing",
        );
    }
}

/// Whatever is not noted costs nothing, and nothing grows without end.
#[test]
fn what_is_noted_is_bounded() {
    for is_strict in [false, true] {
        let mut random = Random::new(2);
        let database = memory();
        let view = Reducing::new(sum);
        let upkeep = upkeep(&view, tables(&database, "view"), is_strict);
        let noted = AtomicU64::new(0);
        let mut model = Model::new();
        let fill = changes(&mut random, 300);
        write(&database, &upkeep, &mut model, &fill).unwrap();
        assert_eq!(rows(&database, &upkeep), [0, 0], "nobody reduced yet");
        catch_up(&database, &upkeep).unwrap();

        let few = changes(&mut random, 30);
        write(&database, &upkeep, &mut model, &few).unwrap();
        assert!(rows(&database, &upkeep)[1] > 10);
        catch_up(&database, &upkeep).unwrap();
        upkeep.trim(&database, &noted).unwrap();
        assert_eq!(
            rows(&database, &upkeep)[1],
            usize::from(is_strict),
            "all is taken in"
        );
        verify(
            &database,
            &upkeep,
            &model,
            &view,
            &mut random,
            "after trimming",
        );

        let many = changes(&mut random, 3_000);
        write(&database, &upkeep, &mut model, &many).unwrap();
        noted.store(3_000, Ordering::Relaxed);
        upkeep.trim(&database, &noted).unwrap();
        assert_eq!(rows(&database, &upkeep), [0, 0], "the summary is given up");
        let unnoted = changes(&mut random, 100);
        write(&database, &upkeep, &mut model, &unnoted).unwrap();
        assert_eq!(rows(&database, &upkeep), [0, 0]);
        catch_up(&database, &upkeep).unwrap();
        verify(
            &database,
            &upkeep,
            &model,
            &view,
            &mut random,
            "after giving up",
        );
    }
}

/// More than an eighth of the entries touched: the summary is built anew, under another seed.
#[test]
fn with_much_touched_the_summary_is_built_anew() {
    for is_strict in [false, true] {
        let mut random = Random::new(3);
        let database = memory();
        let view = Reducing::new(sum);
        let upkeep = upkeep(&view, tables(&database, "view"), is_strict);
        let mut model = Model::new();
        let fill = changes(&mut random, 500);
        write(&database, &upkeep, &mut model, &fill).unwrap();
        catch_up(&database, &upkeep).unwrap();
        let seed = |database: &Database| {
            let snapshot = database.snapshot().unwrap();
            let meta = upkeep.reader(&snapshot).unwrap().unwrap().meta.unwrap();
            meta.shape.seed
        };
        let first = seed(&database);
        let few = changes(&mut random, 20);
        write(&database, &upkeep, &mut model, &few).unwrap();
        catch_up(&database, &upkeep).unwrap();
        assert_eq!(seed(&database), first);
        for _ in 0..4 {
            let many = changes(&mut random, 100);
            write(&database, &upkeep, &mut model, &many).unwrap();
        }
        catch_up(&database, &upkeep).unwrap();
        assert_ne!(seed(&database), first);
        verify(&database, &upkeep, &model, &view, &mut random, "built anew");
    }
}

/// Derived writes may be lost in a crash while transactions are not: an older summary is brought
/// up to date from what is noted, or built anew where that was trimmed.
#[test]
fn an_older_summary_of_a_strict_view_is_recognized() {
    for trims in [false, true] {
        let mut random = Random::new(4);
        let database = memory();
        let view = Reducing::new(concatenation);
        let upkeep = upkeep(&view, tables(&database, "view"), true);
        let noted = AtomicU64::new(0);
        let mut model = Model::new();
        let fill = changes(&mut random, 200);
        write(&database, &upkeep, &mut model, &fill).unwrap();
        catch_up(&database, &upkeep).unwrap();
        let older = summary(&database, &upkeep);
        for _ in 0..3 {
            let more = changes(&mut random, 10);
            write(&database, &upkeep, &mut model, &more).unwrap();
            catch_up(&database, &upkeep).unwrap();
        }
        if trims {
            upkeep.trim(&database, &noted).unwrap();
        }
        let newer = summary(&database, &upkeep);
        database
            .derive(|plan| {
                let table = upkeep.touched.tables.summary;
                for (row, _) in &newer {
                    plan.delete(table, row.clone());
                }
                for (row, value) in &older {
                    plan.put(table, row.clone(), value.clone());
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        let snapshot = database.snapshot().unwrap();
        assert!(upkeep.reader(&snapshot).unwrap().is_none());
        catch_up(&database, &upkeep).unwrap();
        verify(
            &database,
            &upkeep,
            &model,
            &view,
            &mut random,
            "after going back",
        );
    }
}

fn summary(database: &Database, upkeep: &Upkeep<'_>) -> Rows {
    let snapshot = database.snapshot().unwrap();
    let all = (Bound::Unbounded, Bound::Unbounded);
    let rows = snapshot.range(upkeep.touched.tables.summary, all, Direction::Ascending);
    rows.unwrap()
        .map(|row| row.map(|(row, value)| (row, value.into_vec())).unwrap())
        .collect()
}

/// Before rows of what is touched had numbers, they were the keys of entries.
#[test]
fn a_summary_of_the_format_before_is_built_anew() {
    let mut random = Random::new(11);
    let database = memory();
    let view = Reducing::new(concatenation);
    let upkeep = upkeep(&view, tables(&database, "view"), false);
    let mut model = Model::new();
    write(&database, &upkeep, &mut model, &changes(&mut random, 200)).unwrap();
    catch_up(&database, &upkeep).unwrap();
    let tables = upkeep.touched.tables;
    let age = |plan: &mut Plan<'_>| {
        let meta = plan.get(tables.summary, &META)?.unwrap();
        plan.put(tables.summary, META.to_vec(), [&[1], &meta[1..]].concat());
        plan.put(tables.touched, b"k\0id".to_vec(), Vec::new());
        plan.put(tables.touched, b"longer key\0id".to_vec(), Vec::new());
        Ok::<_, Error>(())
    };
    database.derive(age).unwrap();
    let changes = changes(&mut random, 20);
    write(&database, &upkeep, &mut model, &changes).unwrap();
    catch_up(&database, &upkeep).unwrap();
    verify(&database, &upkeep, &model, &view, &mut random, "aged");
    assert_eq!(rows(&database, &upkeep)[1], 0);
}

/// The power fails at any call of the disk: entries, what is touched and the summary stay in step.
#[test]
fn after_a_power_loss_the_summary_is_brought_up_to_date() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let view = Reducing::new(concatenation);
        let is_strict = seed % 2 == 0;
        let mut folder = FaultyFolder::new(seed);
        let options = || {
            let memtable_bytes = [20_000, 128 << 20][usize::from(seed % 4 < 2)];
            Options::default().memtable_bytes_max(memtable_bytes)
        };
        let mut model = Model::new();
        let mut uncertain = None;
        for life in 0..3 {
            let context = format!("seed {seed}, life {life}");
            let store = Store::open(Arc::new(folder.clone()), options()).unwrap();
            let database = store.database("test").unwrap();
            let upkeep = upkeep(&view, tables(&database, "view"), is_strict);
            settle(&database, &mut model, uncertain.take());
            folder.set_faults(Faults {
                power_off_at_call: Some(1 + random.below(80) as u64),
                ..Faults::default()
            });
            while !folder.is_off() && folder.counts().calls < 80 {
                let count = 1 + random.below(30);
                let changes = changes(&mut random, count);
                let mut after = model.clone();
                if write(&database, &upkeep, &mut after, &changes).is_err() {
                    for (key, id, value) in changes {
                        match value {
                            Some(value) => after.insert((key, id), value),
                            None => after.remove(&(key, id)),
                        };
                    }
                    uncertain = Some(after);
                    break;
                }
                model = after;
                if random.chance(60) && catch_up(&database, &upkeep).is_err() {
                    break;
                }
            }
            drop((database, store));
            folder = folder.restart(random.number());
            let store = Store::open(Arc::new(folder.clone()), options()).unwrap();
            let database = store.database("test").unwrap();
            settle(&database, &mut model, uncertain.take());
            let upkeep = Upkeep {
                touched: Touched {
                    tables: tables(&database, "view"),
                    is_strict,
                },
                ..upkeep
            };
            let standing = database.snapshot().unwrap();
            if let Some(reader) = upkeep.reader(&standing).unwrap() {
                compare(&reader, &model, &view, &mut random, &context);
            }
            catch_up(&database, &upkeep).unwrap();
            verify(&database, &upkeep, &model, &view, &mut random, &context);
        }
    }
}

/// Finds out whether a write that was cut short is there.
fn settle(database: &Database, model: &mut Model, uncertain: Option<Model>) {
    let Some(after) = uncertain else {
        return;
    };
    let snapshot = database.snapshot().unwrap();
    let table = snapshot.find_table("entries/view").unwrap();
    let all = (Bound::Unbounded, Bound::Unbounded);
    let entries = snapshot.range(table, all, Direction::Ascending).unwrap();
    let stored = entries
        .map(|entry| {
            let (key, value) = entry.unwrap();
            let mapping = LAYOUT.decode(key, value.into_vec()).unwrap();
            let place = (mapping.key.to_vec(), mapping.source.id.to_vec());
            (place, mapping.value.to_vec())
        })
        .collect::<Model>();
    assert!(
        stored == *model || stored == after,
        "neither before nor after"
    );
    *model = stored;
}

#[test]
fn a_summary_of_nothing_is_its_meta_row() {
    let database = memory();
    let view = Reducing::new(sum);
    let upkeep = upkeep(&view, tables(&database, "view"), false);
    let mut random = Random::new(9);
    let mut model = Model::new();
    let fill = changes(&mut random, 100);
    write(&database, &upkeep, &mut model, &fill).unwrap();
    catch_up(&database, &upkeep).unwrap();
    let gone = model
        .keys()
        .map(|(key, id)| (key.clone(), id.clone(), None));
    let gone = gone.collect::<Vec<_>>();
    for part in gone.chunks(40) {
        write(&database, &upkeep, &mut model, part).unwrap();
        catch_up(&database, &upkeep).unwrap();
    }
    let rows = summary(&database, &upkeep);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0, META);
    let snapshot = database.snapshot().unwrap();
    let meta = upkeep.reader(&snapshot).unwrap().unwrap().meta.unwrap();
    assert_eq!((meta.phase, meta.root), (Phase::Complete, None));
}
