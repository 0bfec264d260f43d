//! Background work: a bounded number of threads, started when first needed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::sync::lock;

type Job = Box<dyn FnOnce() + Send>;

/// The threads that work in the background of one storage.
#[derive(Default)]
pub(crate) struct Jobs {
    shared: Arc<Shared>,
    threads_max: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    stopping: bool,
}

impl Jobs {
    pub fn new(threads_max: usize) -> Self {
        Self {
            shared: Arc::default(),
            threads_max: threads_max.max(1),
        }
    }

    /// Runs `job` when a thread is free. After [`stop`](Self::stop) nothing is run any more.
    pub fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.shared.state);
        if state.stopping {
            return;
        }
        state.queue.push_back(Box::new(job));
        if state.idle == 0 && state.threads < self.threads_max {
            let shared = Arc::clone(&self.shared);
            let spawned = thread::Builder::new()
                .name("bonsaidb-job".to_owned())
                .spawn(move || shared.work());
            match spawned {
                Ok(_) => state.threads += 1,
                // Without a thread the job waits for one of the others; without any, it is
                // dropped: whatever runs here is caught up by the next query or open.
                Err(error) => {
                    tracing::warn!(%error, "no thread for background work");
                    if state.threads == 0 {
                        state.queue.clear();
                    }
                }
            }
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Drops what has not begun, and waits for what has.
    pub fn stop(&self) {
        let mut state = lock(&self.shared.state);
        state.stopping = true;
        // Jobs may hold handles whose end takes this lock.
        let dropped = std::mem::take(&mut state.queue);
        self.shared.changed.notify_all();
        drop(state);
        drop(dropped);
        let current = thread::current();
        if current.name() == Some("bonsaidb-job") {
            return; // The last handle went with a job: its thread cannot wait for itself.
        }
        let mut state = lock(&self.shared.state);
        while state.threads > 0 {
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    tracing::error!("a background job panicked");
                }
                state = lock(&self.state);
            } else if state.stopping {
                state.threads -= 1;
                self.changed.notify_all();
                return;
            } else {
                state.idle += 1;
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panicking_job_does_not_stop_the_others() {
        let jobs = Jobs::new(1);
        let (sender, receiver) = mpsc::channel();
        jobs.spawn(|| panic!("on purpose"));
        jobs.spawn(move || sender.send(1).unwrap());
        assert_eq!(receiver.recv(), Ok(1));
        jobs.stop();
    }

    #[test]
    fn stopping_waits_for_running_jobs_and_drops_the_rest() {
        let jobs = Jobs::new(1);
        let (started, running) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        jobs.spawn(move || {
            started.send(()).unwrap();
            let _ = held.recv();
        });
        running.recv().unwrap();
        let (sender, receiver) = mpsc::channel();
        jobs.spawn(move || sender.send(()).unwrap());
        drop(release);
        jobs.stop();
        // Either it ran before the stop, or it was dropped: in no case it is still there.
        assert!(matches!(
            receiver.try_recv(),
            Ok(()) | Err(mpsc::TryRecvError::Disconnected)
        ));
        jobs.spawn(|| panic!("never runs"));
    }
}
