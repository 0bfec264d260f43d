//! Random histories of inserts, replacements and deletes: after every batch the summary has the
//! bytes of a fresh one (S9), keeps all invariants, and answers as plain recomputation does.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bonsaidb_core::connection::{Bound, Range, SerializedQueryKey};
use bonsaidb_store::{Direction, Plan, Read, TableId};
use bonsaidb_testkit::disk::Random;

use super::functions::{Function, Reducing, concatenation, count, extremes, sum};
use super::model::{Model, change, compare, memory, reducer, shape, some_key, tables};
use crate::Error;
use crate::views::entry::Layout;
use crate::views::index::Tables;
use crate::views::summary::apply::Apply;
use crate::views::summary::build::Build;
use crate::views::summary::check::{Violation, check};
use crate::views::summary::hash::Shape;
use crate::views::summary::read::Reader;
use crate::views::summary::record::{Meta, Phase, Record};
use crate::views::summary::rows::Rows;

const FUNCTIONS: [Function; 5] = [concatenation, sum, count, extremes, concatenation];

/// One summary, kept within a plan.
struct Bench<'v> {
    view: &'v Reducing,
    layout: Layout,
    tables: Tables,
    shape: Shape,
    root: Option<Record>,
}

impl Bench<'_> {
    fn apply(&mut self, plan: &mut Plan<'_>, touched: &[Vec<u8>]) {
        let mut apply = Apply {
            plan,
            tables: self.tables,
            layout: self.layout,
            shape: &self.shape,
            reducer: reducer(self.view),
        };
        let touched = touched.iter().map(Vec::as_slice).collect::<Vec<_>>();
        self.root = apply.apply(self.root.clone(), &touched).unwrap();
    }

    fn rows<'r>(&self, plan: &'r Plan<'_>) -> Rows<'r> {
        Rows {
            reader: plan,
            tables: self.tables,
            layout: self.layout,
        }
    }

    fn meta(&self) -> Meta {
        Meta {
            phase: Phase::Complete,
            shape: self.shape.clone(),
            applied: 0,
            root: self.root.clone(),
        }
    }

    fn violation(&self, plan: &Plan<'_>) -> Option<Violation> {
        let reducer = Some(reducer(self.view));
        check(&self.rows(plan), &self.meta(), reducer).unwrap()
    }

    /// Builds the same summary afresh in another table.
    fn fresh(&self, plan: &mut Plan<'_>, summary: TableId) -> Option<Record> {
        for (row, _) in all(plan, summary) {
            plan.delete(summary, row);
        }
        let mut rows = Vec::new();
        let mut build = Build {
            shape: &self.shape,
            reducer: reducer(self.view),
            take: &mut |row| {
                rows.push(row);
                Ok(())
            },
        };
        let root = build.run(&self.rows(plan)).unwrap();
        for (row, record) in rows {
            let before = plan.get(summary, &row).unwrap();
            assert!(before.is_none(), "a row was built twice");
            plan.put(summary, row, record.encode());
        }
        root
    }
}

fn all(plan: &Plan<'_>, table: TableId) -> super::model::Rows {
    let all = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
    plan.range(table, all, Direction::Ascending)
        .unwrap()
        .map(|row| row.map(|(row, value)| (row, value.into_vec())).unwrap())
        .collect()
}

fn key(random: &mut Random, keys: usize) -> Vec<u8> {
    let number = random.below(keys);
    let mut key = u32::try_from(number).unwrap().to_be_bytes().to_vec();
    if number.is_multiple_of(3) {
        key.push(0);
    }
    if number.is_multiple_of(7) {
        key.extend([0, 1]);
    }
    if number.is_multiple_of(11) {
        key.clear();
    }
    key
}

/// Changes entries at random. Returns the keys of those that were touched.
fn batch(
    plan: &mut Plan<'_>,
    bench: &Bench<'_>,
    model: &mut Model,
    random: &mut Random,
    (keys, documents, changes): (usize, usize, usize),
) -> Vec<Vec<u8>> {
    let place = (bench.tables, bench.layout);
    let mut touched = BTreeSet::new();
    let style = random.below(12);
    if style >= 10 && bench.layout == Layout::Shared {
        // Other documents have the keys, as many as before.
        let only = some_key(model, random);
        let going = model.keys().filter(|(key, _)| style == 10 || *key == only);
        for (key, id) in going.cloned().collect::<Vec<_>>() {
            touched.insert(change(plan, place, model, (&key, &id), None));
            let id = id.iter().map(|byte| byte ^ 0x80).collect::<Vec<_>>();
            let value = Some(random.number().to_le_bytes().to_vec());
            touched.insert(change(plan, place, model, (&key, &id), value));
        }
    } else if style < 2 {
        // Everything goes, or everything of one key.
        let only = some_key(model, random);
        let going = model.keys().filter(|(key, _)| style == 0 || *key == only);
        for (key, id) in going.cloned().collect::<Vec<_>>() {
            touched.insert(change(plan, place, model, (&key, &id), None));
        }
    } else {
        let deletes = if style < 5 { 70 } else { 30 };
        for _ in 0..=random.below(changes) {
            let key = key(random, keys);
            if random.chance(deletes) {
                let next = model.range((key, Vec::new())..).next();
                if let Some(((key, id), _)) = next.map(|(place, value)| (place.clone(), value)) {
                    touched.insert(change(plan, place, model, (&key, &id), None));
                }
                continue;
            }
            let mut id = random.below(documents).to_be_bytes()[6..].to_vec();
            if bench.layout == Layout::Unique {
                id = b"any".to_vec();
            } else if id == [0, 0] {
                id.clear();
            }
            let value = i64::try_from(random.below(2_000)).unwrap() - 1_000;
            let value = Some(value.to_le_bytes().to_vec());
            touched.insert(change(plan, place, model, (&key, &id), value));
        }
    }
    if random.chance(20)
        && let Some((entry, _)) = all(plan, bench.tables.entries).into_iter().next()
    {
        touched.insert(entry); // Touched, and as it was.
    }
    touched.into_iter().collect()
}

/// Deals what was touched to several batches, each in order, although the entries are all changed.
fn dealt(touched: Vec<Vec<u8>>, random: &mut Random) -> Vec<Vec<Vec<u8>>> {
    if random.chance(50) {
        return vec![touched];
    }
    let mut parts = vec![Vec::new(); 1 + random.below(4)];
    for entry in touched {
        let part = random.below(parts.len());
        parts[part].push(entry);
    }
    parts
}

fn history(seed: u64, plan: &mut Plan<'_>, tables: Tables, other: TableId) {
    let mut random = Random::new(seed);
    let view = Reducing::new(FUNCTIONS[random.below(FUNCTIONS.len())]);
    let layout = if random.chance(20) {
        Layout::Unique
    } else {
        Layout::Shared
    };
    let mut bench = Bench {
        view: &view,
        layout,
        tables,
        shape: shape(&mut random),
        root: None,
    };
    let mut model = Model::new();
    let keys = [1, 2, 5, 30, 400, 100_000][random.below(6)];
    let documents = [1, 3, 40, 3_000][random.below(4)];
    let changes = [1, 4, 40, 200][random.below(4)];
    for round in 0..8 {
        let context = format!("seed {seed}, round {round}");
        let changes = if round == 0 { changes * 4 } else { changes };
        let scale = (keys, documents, changes);
        let touched = batch(plan, &bench, &mut model, &mut random, scale);
        for part in dealt(touched, &mut random) {
            bench.apply(plan, &part);
        }
        let fresh = bench.fresh(plan, other);
        assert_eq!(bench.root, fresh, "S8, {context}");
        let summary = all(plan, tables.summary);
        assert_eq!(summary, all(plan, other), "S9, {context}");
        assert_eq!(bench.violation(plan), None, "{context}");
        let reader = Reader {
            rows: bench.rows(plan),
            meta: Some(bench.meta()),
            reducer: reducer(&view),
        };
        compare(&reader, &model, &view, &mut random, &context);
    }
}

/// Runs `test` on a plan of which nothing is kept.
fn on_a_plan(test: impl Fn(&mut Plan<'_>, Tables, TableId)) {
    let database = memory();
    let ours = tables(&database, "ours");
    let other = tables(&database, "other").summary;
    let result = database.derive(|plan| {
        test(plan, ours, other);
        Err::<(), _>(Error::InternalCommunication)
    });
    assert!(matches!(result, Err(Error::InternalCommunication)));
}

#[test]
fn any_history_leaves_the_summary_that_a_fresh_build_makes() {
    for seed in 0..400 {
        on_a_plan(|plan, tables, other| history(seed, plan, tables, other));
    }
}

/// Keys at the threshold split and join segments again and again.
#[test]
fn keys_become_heavy_and_light_again() {
    on_a_plan(|plan, tables, other| {
        let mut random = Random::new(1);
        let view = Reducing::new(concatenation);
        let mut bench = Bench {
            view: &view,
            layout: Layout::Shared,
            tables,
            shape: Shape {
                heavy_min: 16,
                ..shape(&mut random)
            },
            root: None,
        };
        let mut model = Model::new();
        for round in 0..60_u8 {
            let mut touched = Vec::new();
            for key in 0..8_u8 {
                // 14 to 17 documents.
                let wanted = 14 + usize::from(round.wrapping_mul(key + 1) % 4);
                for id in 0..20_u8 {
                    let place = (&[key][..], &[id][..]);
                    let is_there = model.contains_key(&(vec![key], vec![id]));
                    let value = (usize::from(id) < wanted).then(|| vec![b'v'; 8]);
                    if is_there != value.is_some() {
                        let at = (tables, Layout::Shared);
                        touched.push(change(plan, at, &mut model, place, value));
                    }
                }
            }
            bench.apply(plan, &touched);
            let fresh = bench.fresh(plan, other);
            assert_eq!(bench.root, fresh);
            assert_eq!(all(plan, tables.summary), all(plan, other), "round {round}");
        }
    });
}

/// Nearly all documents of a heavy key go and others come, of which the summary is told later:
/// meanwhile the key seems to be light, although it has many entries.
#[test]
fn a_heavy_key_changes_its_documents_in_two_parts() {
    for seed in 0..40 {
        on_a_plan(|plan, tables, other| {
            let mut random = Random::new(seed);
            let view = Reducing::new(sum);
            let mut bench = Bench {
                view: &view,
                layout: Layout::Shared,
                tables,
                shape: Shape {
                    first_bits: 2,
                    upper_bits: 1,
                    heavy_min: 40,
                    value_bytes_max: 100,
                    ..shape(&mut random)
                },
                root: None,
            };
            let mut model = Model::new();
            let at = (tables, Layout::Shared);
            let mut put = |plan: &mut Plan<'_>, id: u16, is_there: bool| {
                let value = is_there.then(|| vec![1; 8]);
                change(plan, at, &mut model, (b"key", &id.to_be_bytes()), value)
            };
            let old = (0..300).map(|id| put(plan, id, true)).collect::<Vec<_>>();
            bench.apply(plan, &old);
            let cuts = old.iter().rposition(|entry| bench.shape.cuts(entry, 1));
            // The last run stays, and all that comes falls into it.
            let last = u16::try_from(cuts.unwrap()).unwrap();
            let gone = (0..last).map(|id| put(plan, id, false)).collect::<Vec<_>>();
            let new = (1_000..1_045).map(|id| put(plan, id, true));
            let new = new.collect::<Vec<_>>();
            bench.apply(plan, &gone);
            bench.apply(plan, &new);
            let fresh = bench.fresh(plan, other);
            assert_eq!(bench.root, fresh, "seed {seed}");
            assert_eq!(all(plan, tables.summary), all(plan, other), "seed {seed}");
        });
    }
}

/// Each invariant that shows in the rows is missed when a row is damaged accordingly.
#[test]
fn what_does_not_hold_is_found() {
    on_a_plan(|plan, tables, other| {
        let view = Reducing::new(sum);
        let mut random = Random::new(3);
        let mut bench = Bench {
            view: &view,
            layout: Layout::Shared,
            tables,
            shape: Shape {
                first_bits: 2,
                upper_bits: 2,
                heavy_min: 16,
                ..shape(&mut random)
            },
            root: None,
        };
        bench.shape.value_bytes_max = 100;
        let mut model = Model::new();
        let at = (tables, Layout::Shared);
        let mut touched = Vec::new();
        for number in 0..400_u32 {
            let key = if number < 100 { 50 } else { number };
            let place = (&key.to_be_bytes()[..], &number.to_be_bytes()[..]);
            let value = Some(i64::from(number).to_le_bytes().to_vec());
            touched.push(change(plan, at, &mut model, place, value));
        }
        touched.sort();
        bench.apply(plan, &touched);
        assert_eq!(bench.violation(plan), None);
        let rows = all(plan, tables.summary);
        assert_eq!(bench.fresh(plan, other), bench.root);
        let found = |plan: &mut Plan<'_>, row: &[u8], damaged: Option<Vec<u8>>| {
            let sound = rows.iter().find(|(stored, _)| stored == row);
            match damaged {
                Some(damaged) => plan.put(tables.summary, row.to_vec(), damaged),
                None => plan.delete(tables.summary, row.to_vec()),
            }
            let violation = bench.violation(plan).map(|violation| violation.invariant);
            match sound {
                Some((row, sound)) => plan.put(tables.summary, row.clone(), sound.clone()),
                None => plan.delete(tables.summary, row.to_vec()),
            }
            violation
        };
        let a_record = Record {
            height: 0,
            count: 1,
            value: Some(vec![0; 8]),
        };
        for (row, value) in &rows {
            let record = Record::decode(value).unwrap();
            let is_inner = row[0] > 0x80;
            let missing = if row[0] == 1 { 2 } else { 5 };
            assert_eq!(found(plan, row, None), Some(missing), "{row:02x?}");
            let other_height = Record {
                height: record.height + 1,
                ..record.clone()
            };
            assert_eq!(found(plan, row, Some(other_height.encode())), Some(3));
            let other_count = Record {
                count: record.count + 1,
                ..record.clone()
            };
            assert_eq!(found(plan, row, Some(other_count.encode())), Some(6));
            let other_value = Record {
                value: Some(vec![9; 8]),
                ..record
            };
            assert_eq!(found(plan, row, Some(other_value.encode())), Some(6));
            let extra = [&row[..], &[7]].concat();
            let too_many = match row[0] {
                _ if is_inner => 4,
                1 => 2,
                _ => 5,
            };
            assert_eq!(found(plan, &extra, Some(a_record.encode())), Some(too_many));
        }
        assert!(
            rows.iter().any(|(row, _)| row[0] == 0x82),
            "an inner tree with levels"
        );
        assert_eq!(found(plan, &[15], Some(a_record.encode())), Some(7));
        bench.root.as_mut().unwrap().count += 1;
        assert_eq!(bench.violation(plan).unwrap().invariant, 8);
    });
}

/// With runs of 32 and 16: a change, a range and a build of many entries call the function as
/// often as the height of the tree demands.
#[test]
fn calls_of_the_function_grow_with_the_height() {
    const COUNT: u32 = 100_000;
    on_a_plan(|plan, tables, _| {
        let view = Reducing::new(sum);
        let mut bench = Bench {
            view: &view,
            layout: Layout::Shared,
            tables,
            shape: Shape {
                seed: [7; 16],
                ..Shape::new()
            },
            root: None,
        };
        let mut model = Model::new();
        let at = (tables, Layout::Shared);
        let mut touched = Vec::new();
        for number in 0..COUNT {
            // A quarter belongs to a single key.
            let key = if number < COUNT / 4 { 0 } else { number };
            let place = (&key.to_be_bytes()[..], &number.to_be_bytes()[..]);
            let value = Some(i64::from(number).to_le_bytes().to_vec());
            touched.push(change(plan, at, &mut model, place, value));
        }
        bench.apply(plan, &touched);
        assert_eq!(bench.root.as_ref().unwrap().count, u64::from(COUNT));
        let called = || {
            let values = view.values.swap(0, Ordering::Relaxed);
            (view.calls.swap(0, Ordering::Relaxed), values)
        };
        called();

        let mut random = Random::new(5);
        let mut most = (0, 0);
        for round in 0..200 {
            let reader = Reader {
                rows: bench.rows(plan),
                meta: Some(bench.meta()),
                reducer: reducer(&view),
            };
            let mut bound = || {
                let key = u32::try_from(random.below(COUNT as usize)).unwrap();
                Bound::Included(key.to_be_bytes().to_vec().into())
            };
            let (start, end) = (bound(), bound());
            let query = SerializedQueryKey::Range(Range { start, end });
            reader.reduce(Some(&query)).unwrap();
            let calls = called();
            assert!(
                calls.0 < 600 && calls.1 < 1_500,
                "{calls:?} in round {round}"
            );
            most = (most.0.max(calls.0), most.1.max(calls.1));
        }
        assert!(most.0 > 10, "ranges are answered by the function: {most:?}");

        for number in [3, COUNT / 8, COUNT / 2, COUNT - 1] {
            let key = if number < COUNT / 4 { 0 } else { number };
            let place = (&key.to_be_bytes()[..], &number.to_be_bytes()[..]);
            let value = Some((-5_i64).to_le_bytes().to_vec());
            let touched = change(plan, at, &mut model, place, value);
            bench.apply(plan, &[touched]);
            let calls = called();
            assert!(calls.0 < 400 && calls.1 < 1_500, "{calls:?} for {number}");
        }
        let reader = Reader {
            rows: bench.rows(plan),
            meta: Some(bench.meta()),
            reducer: reducer(&view),
        };
        let one = SerializedQueryKey::Matches(vec![0; 4].into());
        for query in [None, Some(&one)] {
            reader.reduce(query).unwrap();
            assert_eq!(called(), (0, 0), "stored results are returned as they are");
        }
    });
}
