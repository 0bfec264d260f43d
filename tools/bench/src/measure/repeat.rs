//! Doing one thing over and over for a while, in one thread or in several, and taking the time of each.

use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Client, Outcome};
use crate::document::Random;
use crate::measure::{Bench, Timed, nanoseconds};
use crate::resources::Used;

/// The part of the time that is spent before anything is counted.
const WARMING: f64 = 0.1;

impl Bench<'_> {
    /// Calls `work` for the time that was asked for, at least once; it returns how many units it did.
    pub(super) fn repeat(
        &self,
        client: &mut dyn Client,
        work: impl Fn(&mut dyn Client, &mut Random) -> Outcome<u64>,
    ) -> Outcome<Timed> {
        let mut random = Random::new(self.seed);
        for_seconds(self.scale.seconds * WARMING, || work(client, &mut random))?;
        for_seconds(self.scale.seconds, || work(client, &mut random))
    }

    /// Calls `work` from many threads at once for the time that was asked for.
    pub(super) fn repeat_in_threads(
        &self,
        threads: u64,
        work: impl Fn(&mut dyn Client, &mut Random) -> Outcome<u64> + Sync,
    ) -> Outcome<Timed> {
        let (warm, begin) = (Barrier::new(width(threads)), Barrier::new(width(threads)));
        let before = OnceLock::new();
        let one = |thread: u64| -> Outcome<Timed> {
            let mut random = Random::new(self.seed ^ (thread << 32));
            let client = self.engine.client();
            warm.wait();
            let mut client = match client {
                Ok(client) => client,
                Err(error) => {
                    begin.wait();
                    return Err(error);
                }
            };
            let seconds = self.scale.seconds;
            let warmed = for_seconds(seconds * WARMING, || work(client.as_mut(), &mut random));
            begin.wait();
            before.get_or_init(Used::now);
            warmed?;
            for_seconds(seconds, || work(client.as_mut(), &mut random))
        };
        thread::scope(|scope| {
            let one = &one;
            let threads = (0..threads).map(|thread| scope.spawn(move || one(thread)));
            let threads = threads.collect::<Vec<_>>();
            let mut all = Timed::default();
            for thread in threads {
                let timed = thread.join().map_err(|_| "a thread panicked")??;
                all.units += timed.units;
                all.time = all.time.max(timed.time);
                all.latencies.merge(&timed.latencies);
            }
            all.before = before.get().copied().unwrap_or_default();
            all.after = Used::now();
            Ok(all)
        })
    }
}

fn width(threads: u64) -> usize {
    usize::try_from(threads).expect("there are few threads")
}

fn for_seconds(seconds: f64, mut work: impl FnMut() -> Outcome<u64>) -> Outcome<Timed> {
    let limit = Duration::from_secs_f64(seconds);
    let mut timed = Timed {
        before: Used::now(),
        ..Timed::default()
    };
    let started = Instant::now();
    let mut last = started;
    loop {
        timed.units += work()?;
        let now = Instant::now();
        timed.latencies.record(nanoseconds(now - last));
        timed.time = now - started;
        last = now;
        if timed.time >= limit {
            timed.after = Used::now();
            return Ok(timed);
        }
    }
}
