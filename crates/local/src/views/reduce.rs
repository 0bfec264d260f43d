//! Reducing: from the summary of the entries, after that has taken in what was touched.
//!
//! A lazy view's index and summary are brought up to date by the same run. A strict view's entries
//! go on changing meanwhile, so its answer is taken from the plan that takes in what was touched:
//! there, nothing comes in between.

use bonsaidb_core::connection::SerializedQueryKey;
use bonsaidb_core::schema::view;
use bonsaidb_core::schema::view::map::MappedSerializedValue;
use bonsaidb_store::{self as store, Snapshot};

use crate::Error;
use crate::database::Data;
use crate::user_code;
use crate::views::summary::{Reader, Touched, Upkeep};
use crate::views::update::Now;
use crate::views::{Pair, ViewIndex};

/// What came of a plan that is thrown away.
enum Aside<T> {
    Answered(Result<T, Error>),
    /// It would have taken too long.
    Unanswered,
    Failed(Error),
}

impl<T> From<store::Error> for Aside<T> {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl ViewIndex {
    /// Returns the reduced value of all mappings that match, `current` ones or those that are
    /// indexed. O(log n) in the number of mappings, after what changed since was taken in.
    pub fn reduced(
        &self,
        data: &Data,
        current: bool,
        key: Option<&SerializedQueryKey>,
    ) -> Result<Vec<u8>, Error> {
        self.answer(data, current, &|reader| reader.reduce(key))
    }

    /// Returns the reduced value of each key that matches, ascending. Reads what it returns, and
    /// the mappings of keys that have few.
    pub fn reduced_grouped(
        &self,
        data: &Data,
        current: bool,
        key: Option<&SerializedQueryKey>,
    ) -> Result<Vec<MappedSerializedValue>, Error> {
        self.answer(data, current, &|reader| reader.reduce_grouped(key))
    }

    /// The entries that changed.
    pub(super) fn touched(&self) -> Result<Touched, Error> {
        Ok(Touched {
            tables: self.tables()?,
            is_strict: self.policy.is_eager(),
        })
    }

    fn upkeep<'a>(&'a self, view: &'a dyn view::Serialized) -> Result<Upkeep<'a>, Error> {
        Ok(Upkeep::new(
            self.touched()?,
            self.layout,
            view,
            &self.name,
            &self.warned_of_long_results,
        ))
    }

    fn answer<T>(
        &self,
        data: &Data,
        current: bool,
        answer: &dyn Fn(&Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let upkeep = self.upkeep(data.schematic.view_by_name(&self.name)?)?;
        let now = self.now(data)?;
        if self.policy.is_eager() {
            return self.answer_strict(data, &now.snapshot, &upkeep, answer);
        }
        if !current {
            return self.answer_as_it_is(data, &now.snapshot, &upkeep, answer);
        }
        let pair = self.up_to_date_with_summary(data, now, &upkeep)?;
        match upkeep.reader(&pair.index)? {
            Some(reader) => answer(&reader),
            None => answer(&upkeep.scanner(&pair.index)), // Nothing can be written.
        }
    }

    /// Documents and index of one moment, not older than `now`, and with a summary of that index
    /// unless the storage is read-only.
    fn up_to_date_with_summary(
        &self,
        data: &Data,
        now: Now,
        upkeep: &Upkeep<'_>,
    ) -> Result<Pair, Error> {
        let has_summary = |pair: &Pair| Ok::<_, Error>(upkeep.reader(&pair.index)?.is_some());
        let is_current = self.is_current(data, &now)?;
        let pair = Pair::of(now.snapshot);
        if is_current && has_summary(&pair)? {
            return Ok(pair);
        }
        let needed = pair.documents.sequence();
        drop(pair);
        user_code::may_wait_for(&self.name)?;
        // What fails here is not the business of those who only wait for the index.
        let mut summarized = Ok(());
        let pair = self.runs.share(
            |pair| pair.documents.sequence() >= needed && has_summary(pair).unwrap_or(false),
            || {
                let now = self.now(data)?;
                let mut pair = if self.is_current(data, &now)? {
                    Pair::of(now.snapshot)
                } else {
                    self.run(data, Some(upkeep))
                        .map_err(|error| self.explain(error))?
                };
                if !has_summary(&pair)? {
                    summarized = take_in(data, upkeep, &|_| Ok(()));
                    pair.index = data.store.snapshot()?;
                }
                self.kept.replace(&pair, data);
                Ok(pair)
            },
        )?;
        match summarized {
            Err(error) if !is_read_only(&error) => Err(error),
            _ => Ok(pair),
        }
    }

    /// Answers from a lazy view's index without waiting for anybody who changes it.
    fn answer_as_it_is<T>(
        &self,
        data: &Data,
        now: &Snapshot,
        upkeep: &Upkeep<'_>,
        answer: &dyn Fn(&Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(reader) = upkeep.reader(now)? {
            return answer(&reader);
        }
        let taken_in = self.runs.alone_now(|| take_in(data, upkeep, answer));
        match taken_in {
            Some(Err(error)) if is_read_only(&error) => {}
            Some(result) => return result,
            None => {
                if let Some(result) = answer_aside(data, upkeep, answer)? {
                    return Ok(result);
                }
            }
        }
        answer(&upkeep.scanner(now))
    }

    fn answer_strict<T>(
        &self,
        data: &Data,
        now: &Snapshot,
        upkeep: &Upkeep<'_>,
        answer: &dyn Fn(&Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(reader) = upkeep.reader(now)? {
            return answer(&reader);
        }
        user_code::may_wait_for(&self.name)?;
        let taken_in = self.runs.alone(|| {
            begin_noting(data, upkeep)?;
            take_in(data, upkeep, answer)
        });
        match taken_in {
            Err(error) if is_read_only(&error) => answer(&upkeep.scanner(now)),
            result => result,
        }
    }

    /// Removes what is noted and not needed: because it is taken in, or because so much is noted
    /// that the summary will be built anew should anybody ask for it.
    pub fn trim_summary(&self, data: &Data) -> Result<(), Error> {
        let trimmed = self.runs.alone_now(|| {
            let upkeep = self.upkeep(data.schematic.view_by_name(&self.name)?)?;
            upkeep.trim(&data.store, &self.noted)
        });
        trimmed.unwrap_or(Ok(()))
    }
}

/// Brings the summary up to date and answers from the plan that does the last of it.
fn take_in<T>(
    data: &Data,
    upkeep: &Upkeep<'_>,
    answer: &dyn Fn(&Reader<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        upkeep.build(&data.store)?;
        let answered = data.store.derive(|plan| {
            if !upkeep.step(plan)? {
                return Ok(None);
            }
            let reader = upkeep.reader(plan)?;
            // The answer may fail; what was taken in is right nevertheless.
            Ok::<_, Error>(reader.map(|reader| answer(&reader)))
        })?;
        if let Some(answered) = answered {
            return answered;
        }
    }
}

/// Answers from a plan that takes in what was touched and is thrown away, if that is not too much.
fn answer_aside<T>(
    data: &Data,
    upkeep: &Upkeep<'_>,
    answer: &dyn Fn(&Reader<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let aside = data.store.derive::<(), Aside<T>>(|plan| {
        let answered = (|| {
            if !upkeep.is_near(plan)? || !upkeep.step(plan)? {
                return Ok(None);
            }
            upkeep
                .reader(plan)?
                .map(|reader| answer(&reader))
                .transpose()
        })();
        Err(match answered {
            Ok(Some(answer)) => Aside::Answered(Ok(answer)),
            Ok(None) => Aside::Unanswered,
            Err(error) => Aside::Answered(Err(error)),
        })
    });
    match aside {
        Err(Aside::Answered(result)) => result.map(Some),
        Err(Aside::Failed(error)) => Err(error),
        Err(Aside::Unanswered) | Ok(()) => Ok(None),
    }
}

/// Has transactions note what they touch in a strict view, before its summary is begun.
fn begin_noting(data: &Data, upkeep: &Upkeep<'_>) -> Result<(), Error> {
    let snapshot = data.store.snapshot()?;
    if upkeep.has_mark(&snapshot)? {
        return Ok(());
    }
    upkeep.try_function(&snapshot)?;
    upkeep.begin_noting(&data.store)
}

fn is_read_only(error: &Error) -> bool {
    matches!(error, Error::Store(store::Error::ReadOnly))
}
