//! The workloads that know documents only.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::contender::{Client, Outcome};
use crate::document::{Document, Random};
use crate::measure::{Bench, Timed, nanoseconds, read};
use crate::resources::Used;

const BATCH: u64 = 1_000;

impl Bench<'_> {
    pub(super) fn insert(&self, threads: u64) -> Outcome<Timed> {
        let insert = |client: &mut dyn Client, _: &mut Random| {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            client.insert(id, Document::contents(id, 0))?;
            Ok(1)
        };
        if threads == 1 {
            return self.repeat(self.engine.client()?.as_mut(), insert);
        }
        self.repeat_in_threads(threads, insert)
    }

    /// Loads all documents. Making them is not timed.
    pub(super) fn bulk(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        Document::contents(0, 0);
        let mut timed = Timed {
            before: Used::now(),
            ..Timed::default()
        };
        for batch in batches(0..self.scale.documents) {
            let documents = batch.clone().map(|id| Document::contents(id, 0));
            let documents = documents.collect::<Vec<_>>();
            let started = Instant::now();
            client.insert_batch(batch.start, documents)?;
            let time = started.elapsed();
            timed.latencies.record(nanoseconds(time));
            timed.time += time;
            timed.units += batch.end - batch.start;
        }
        timed.after = Used::now();
        drop(client);
        self.expect_all()?;
        Ok(timed)
    }

    pub(super) fn get(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        self.expect_all()?;
        self.repeat(client.as_mut(), |client, random| {
            self.get_one(client, random)
        })
    }

    pub(super) fn list(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        self.expect_all()?;
        let count = BATCH.min(self.scale.documents);
        self.repeat(client.as_mut(), |client, random| {
            let first = random.below(self.scale.documents - count + 1);
            expect_documents(client, first..first + count)?;
            Ok(count)
        })
    }

    pub(super) fn update(&self, threads: u64) -> Outcome<Timed> {
        self.repeat_in_threads(threads, |client, random| self.update_one(client, random))
    }

    /// Measures reading while what was changed last is not where everything else is.
    pub(super) fn get_after_updates(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        self.expect_all()?;
        self.update(16)?;
        self.repeat(client.as_mut(), |client, random| {
            self.get_one(client, random)
        })
    }

    fn get_one(&self, client: &mut dyn Client, random: &mut Random) -> Outcome<u64> {
        read(client, random.below(self.scale.documents))?;
        Ok(1)
    }

    fn update_one(&self, client: &mut dyn Client, random: &mut Random) -> Outcome<u64> {
        let id = random.below(self.scale.documents);
        client.update(id, Document::contents(id, random.next()))?;
        Ok(1)
    }

    /// Reads every document, so that whatever caches there are have seen it. Returns the sum of the values.
    pub(super) fn expect_all(&self) -> Outcome<u64> {
        let mut client = self.engine.client()?;
        let mut sum = 0;
        for ids in batches(0..self.scale.documents) {
            sum += expect_documents(client.as_mut(), ids)?;
        }
        Ok(sum)
    }
}

impl Timed {
    /// Returns the time of one thing, which ends now.
    pub(super) fn once(units: u64, started: Instant, before: Used) -> Self {
        let mut timed = Self {
            units,
            time: started.elapsed(),
            before,
            after: Used::now(),
            ..Self::default()
        };
        timed.latencies.record(nanoseconds(timed.time));
        timed
    }
}

/// Lists documents that have to be there. Returns the sum of their values.
fn expect_documents(client: &mut dyn Client, ids: Range<u64>) -> Outcome<u64> {
    let (mut next, mut sum) = (ids.start, 0);
    client.list(ids.clone(), &mut |id, contents| {
        if let Some(document) = Document::parse(contents)
            && id == next
        {
            next += 1;
            sum += document.value;
        }
    })?;
    if next == ids.end {
        return Ok(sum);
    }
    Err(format!("document {next} is not listed, or is not what was stored").into())
}

pub(super) fn batches(ids: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let size = usize::try_from(BATCH).expect("a batch is small");
    let end = ids.end;
    ids.step_by(size)
        .map(move |first| first..end.min(first + BATCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_everything_once() {
        let batches = batches(0..2_500).collect::<Vec<_>>();
        assert_eq!(batches, [0..1_000, 1_000..2_000, 2_000..2_500]);
    }
}
