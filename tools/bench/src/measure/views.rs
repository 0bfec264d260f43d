//! The workloads that ask a view.

use std::ops::Range;
use std::time::Instant;

use crate::contender::{Client, Outcome};
use crate::document::{Document, Random};
use crate::measure::documents::batches;
use crate::measure::{Bench, Scale, Timed, read};
use crate::resources::Used;

const SMALL: u64 = 1_000;
const SAMPLE: u64 = 20_000;

impl Bench<'_> {
    /// Builds the view, and checks it against the documents when the time is taken.
    pub(super) fn build_view(&self) -> Outcome<Timed> {
        let sum = self.expect_all()?;
        let mut client = self.engine.client()?;
        let before = Used::now();
        let started = Instant::now();
        client.build_view()?;
        let timed = Timed::once(self.scale.documents, started, before);
        let reduced = client.reduce(0..u64::MAX)?;
        if reduced != sum {
            return Err(format!("the view reduces to {reduced} instead of {sum}").into());
        }
        Ok(timed)
    }

    /// Keys are drawn from documents there are, before the time is taken.
    pub(super) fn query_view(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        let mut random = Random::new(!self.seed);
        let known = (0..SAMPLE.min(self.scale.documents)).map(|_| {
            let id = random.below(self.scale.documents);
            read(client.as_mut(), id).map(|document| (id, document))
        });
        let known = known.collect::<Outcome<Vec<_>>>()?;
        for (id, document) in &known {
            expect_entry(client.as_mut(), *id, *document)?;
        }
        self.repeat(client.as_mut(), |client, random| {
            let index = usize::try_from(random.below(known.len() as u64)).expect("it is an index");
            let (id, document) = known[index];
            expect_entry(client, id, document)?;
            Ok(1)
        })
    }

    pub(super) fn reduce_view(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        // A lazy view takes in now what it does not know yet.
        client.reduce(0..u64::MAX)?;
        self.repeat(client.as_mut(), |client, random| {
            client.reduce(range(random))?;
            Ok(1)
        })
    }

    pub(super) fn reduce_small_view(&self) -> Outcome<Timed> {
        let small = Bench {
            engine: self.engine,
            scale: Scale {
                documents: SMALL,
                ..self.scale
            },
            next_id: SMALL.into(),
            seed: self.seed,
        };
        let mut client = self.engine.client()?;
        for ids in batches(0..SMALL) {
            let documents = ids.clone().map(|id| Document::contents(id, 0));
            client.insert_batch(ids.start, documents.collect())?;
        }
        drop(client);
        small.build_view()?;
        small.reduce_view()
    }

    pub(super) fn change_then_ask(&self) -> Outcome<Timed> {
        let mut client = self.engine.client()?;
        client.reduce(0..u64::MAX)?;
        self.repeat(client.as_mut(), |client, random| {
            let id = random.below(self.scale.documents);
            let contents = Document::contents(id, random.next());
            let document = Document::parse(&contents).expect("it was made so");
            client.update(id, contents)?;
            expect_entry(client, id, document)?;
            Ok(1)
        })
    }
}

fn range(random: &mut Random) -> Range<u64> {
    let (a, b) = (random.next(), random.next());
    a.min(b)..a.max(b)
}

fn expect_entry(client: &mut dyn Client, id: u64, document: Document) -> Outcome {
    let mut found = false;
    client.query(document.key, &mut |source, value| {
        found |= source == id && value == document.value;
    })?;
    if found {
        return Ok(());
    }
    Err(format!("the view does not have document {id} under its key").into())
}
