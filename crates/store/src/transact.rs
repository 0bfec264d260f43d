//! From a closure of the user to a committed transaction: plan, admit, plan again if need be.
//!
//! Planning runs outside all locks. What a plan has read may be outdated by the time it is
//! admitted; then it is planned again, the last time while nobody else is admitted.
//!
//! Invariants:
//! 1. Nothing is answered that rests on a write which is not durable yet.
//! 2. A panic of the user's closure passes through and leaves nothing behind.

use std::cell::RefCell;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::checkpoint;
use crate::database::Inner;
use crate::error::Error;
use crate::ids::Sequence;
use crate::pipeline::{Admission, Draft, Head, Kind, Ticket};
use crate::plan::Plan;

/// How often a transaction is planned outside the section before it is planned inside.
const FREE_ATTEMPTS: usize = 3;

/// What came of one attempt at a transaction.
enum Settled {
    Done(Option<Sequence>),
    /// It must be planned again.
    Again,
}

impl Inner {
    /// Refuses writes to a read-only store, and from within a plan.
    pub(crate) fn check_write(&self) -> Result<(), Error> {
        if self.read_only {
            return Err(Error::ReadOnly);
        }
        if Planning::is_active(self) {
            return Err(Error::NestedWrite {
                database: self.name.clone(),
            });
        }
        Ok(())
    }

    /// Waits for a checkpoint when memtables are over their limit.
    pub(crate) fn make_room(&self) -> Result<(), Error> {
        while self.pipeline.is_full() {
            if self.checkpointer.start() {
                self.pipeline.wait_for_room();
            } else {
                checkpoint::step(self)?;
            }
        }
        Ok(())
    }

    /// Waits until an admitted write set is committed.
    pub(crate) fn finish(&self, ticket: &Ticket) -> Result<(), Error> {
        let finished = self.pipeline.finish(ticket);
        self.start_due_checkpoint();
        finished
    }

    /// Plans a transaction until it is admitted, and waits until it is committed.
    pub(crate) fn run<T, E: From<Error>>(
        &self,
        kind: Kind,
        mut plan: impl FnMut(&mut Plan<'_>) -> Result<T, E>,
    ) -> Result<(T, Option<Sequence>), E> {
        self.check_write()?;
        self.make_room()?;
        for _ in 0..FREE_ATTEMPTS {
            let head = self.pipeline.head()?;
            let (value, draft) = self.draft_outside(&head, kind, &mut plan)?;
            let admission = self.pipeline.admit(draft, &head)?;
            if let Settled::Done(sequence) = self.settle(admission)? {
                return Ok((value, sequence));
            }
        }
        loop {
            let section = self.pipeline.section();
            let head = self.pipeline.head()?;
            let planned = self.draft(&head, kind, &mut plan);
            let (value, draft) = match planned {
                Ok(planned) => planned,
                Err(error) => {
                    drop(section);
                    self.pipeline.wait_for(&head.tail)?;
                    return Err(error);
                }
            };
            let admission = section.admit(draft, &head.tail)?;
            drop(section);
            // Nobody else is admitted while the section is held, but what was may be undone.
            if let Settled::Done(sequence) = self.settle(admission)? {
                return Ok((value, sequence));
            }
        }
    }

    /// Makes a draft outside the section. When it fails because of something that is not durable yet, its
    /// error must not get out before that is.
    fn draft_outside<T, E: From<Error>>(
        &self,
        head: &Head,
        kind: Kind,
        plan: &mut impl FnMut(&mut Plan<'_>) -> Result<T, E>,
    ) -> Result<(T, Draft), E> {
        self.draft(head, kind, plan).or_else(|error| {
            self.pipeline.wait_for(&head.tail)?;
            Err(error)
        })
    }

    /// Runs the user's plan.
    fn draft<T, E: From<Error>>(
        &self,
        head: &Head,
        kind: Kind,
        plan: &mut impl FnMut(&mut Plan<'_>) -> Result<T, E>,
    ) -> Result<(T, Draft), E> {
        let mut planned = Plan::new(head, kind);
        let value = {
            let _planning = Planning::begin(self);
            plan(&mut planned)?
        };
        Ok((value, planned.into_draft()?))
    }

    /// Waits for what became of a draft.
    fn settle(&self, admission: Admission) -> Result<Settled, Error> {
        match admission {
            Admission::Admitted(ticket) => {
                self.finish(&ticket)?;
                Ok(Settled::Done(ticket.sequence))
            }
            Admission::Nothing(node) => {
                self.pipeline.wait_for(&node)?;
                Ok(Settled::Done(None))
            }
            Admission::Refused(node, error) => {
                self.pipeline.wait_for(&node)?;
                Err(error)
            }
            Admission::Conflict => Ok(Settled::Again),
        }
    }

    /// Changes the list of tables while nobody else is admitted.
    pub(crate) fn change_catalog<T>(
        &self,
        change: impl Fn(&Catalog) -> Result<(T, Option<Draft>), Error>,
    ) -> Result<T, Error> {
        self.check_write()?;
        self.make_room()?;
        loop {
            let section = self.pipeline.section();
            let head = self.pipeline.head()?;
            let changed = change(head.catalog());
            let admission = match changed {
                Ok((value, Some(draft))) => Ok((value, section.admit(draft, &head.tail)?)),
                Ok((value, None)) => Ok((value, Admission::Nothing(Arc::clone(&head.tail)))),
                Err(error) => Err(error),
            };
            drop(section);
            match admission {
                Ok((value, admission)) => {
                    if let Settled::Done(_) = self.settle(admission)? {
                        return Ok(value);
                    }
                }
                Err(error) => {
                    self.pipeline.wait_for(&head.tail)?;
                    return Err(error);
                }
            }
        }
    }
}

thread_local! {
    /// The databases this thread runs plans for, by address.
    static PLANNING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Marks this thread as running a plan. A write from within a plan would wait for itself as soon
/// as the plan is run inside the section, so it is refused always.
struct Planning;

impl Planning {
    fn begin(inner: &Inner) -> Self {
        PLANNING.with_borrow_mut(|planning| planning.push(std::ptr::from_ref(inner).addr()));
        Self
    }

    fn is_active(inner: &Inner) -> bool {
        PLANNING.with_borrow(|planning| planning.contains(&std::ptr::from_ref(inner).addr()))
    }
}

impl Drop for Planning {
    fn drop(&mut self) {
        PLANNING.with_borrow_mut(Vec::pop);
    }
}
