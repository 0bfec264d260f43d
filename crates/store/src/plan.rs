//! A write transaction while it is being planned.
//!
//! A plan reads its own writes over those that are queued for the disk over the published state,
//! and collects effects; nothing of it is visible to anybody until it is admitted.

use std::ops::Bound;

use crate::error::Error;
use crate::ids::TableId;
use crate::merge::{Layer, Merge, Resolution};
use crate::options::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::pipeline::{Draft, Head, Kind, Raise};
use crate::published::missing;
use crate::read::{Direction, Entries, Read};
use crate::value::Value;
use crate::writes::{Effect, Guards, TableWrites, Writes};

/// The sequence in front of an appended key.
pub(crate) const SEQUENCE_BYTES: usize = 8;

/// One write transaction being planned; see [`Database::transact`](crate::Database::transact).
///
/// Reads see the plan's own writes, except for appended entries, whose keys are not known yet.
pub struct Plan<'a> {
    head: &'a Head,
    kind: Kind,
    writes: Writes,
    appends: Vec<(TableId, Vec<u8>, Vec<u8>)>,
    guards: Guards,
    /// What was raised.
    raises: Vec<Raise>,
    /// What was read in order to be raised.
    bases: Vec<Raise>,
    absence: Absence,
    /// The first write that cannot be done.
    refused: Option<Error>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(head: &'a Head, kind: Kind) -> Self {
        Self {
            head,
            kind,
            writes: Writes::default(),
            appends: Vec::new(),
            guards: Guards::default(),
            raises: Vec::new(),
            bases: Vec::new(),
            absence: Absence::default(),
            refused: None,
        }
    }

    /// Reads a value and [guards](Self::guard) its key.
    ///
    /// Whoever stores many entries under new keys had better do so in the order of the keys: then
    /// not every one is looked for.
    ///
    /// # Errors
    ///
    /// Those of [`Read::get`].
    pub fn get_guarded(&mut self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        self.guard(table, key);
        let is_beyond = self.writes.table(table).is_some_and(|writes| {
            writes.len() >= ABSENCE_SERVED_MIN && last_key(writes) < Some(key)
        });
        if is_beyond && self.absence.covers(table, key) {
            return Ok(None);
        }
        let value = self.get(table, key)?;
        if is_beyond && value.is_none() && self.absence.is_worth_finding() {
            self.absence = self.absence_after(table, key);
        }
        Ok(value)
    }

    /// Finds out how far there are no entries after `key`.
    fn absence_after(&self, table: TableId, key: &[u8]) -> Absence {
        let range = (Bound::Excluded(key), Bound::Unbounded);
        let next = self.range(table, range, Direction::Ascending);
        let end = match next.map(|mut entries| entries.next()) {
            Ok(Some(Ok((next, _)))) => Some(next),
            Ok(None) => None,
            // Whoever reads what is there will hear of it.
            Ok(Some(Err(_))) | Err(_) => Some(key.to_vec()),
        };
        Absence {
            found: Some((table, key.to_vec(), end)),
            served: 0,
        }
    }

    /// Makes this transaction be planned again when another one has written `key` since this plan
    /// began, instead of being admitted on an outdated reading.
    ///
    /// Every reading that a write depends on wants a guard.
    pub fn guard(&mut self, table: TableId, key: &[u8]) {
        self.guards.add(table, key);
    }

    /// Stores `value` under `key`, replacing what is there.
    pub fn put(&mut self, table: TableId, key: Vec<u8>, value: Vec<u8>) {
        if self.accepts(table, key.len(), value.len()) {
            self.writes.set(table, key, Effect::Put(value));
        }
    }

    /// Removes what is under `key`, if anything is.
    pub fn delete(&mut self, table: TableId, key: Vec<u8>) {
        if self.accepts(table, key.len(), 0) {
            self.writes.set(table, key, Effect::Delete);
        }
    }

    /// Stores `value` under a key that begins with the sequence of this transaction, 8 bytes
    /// big-endian, followed by `suffix`. The sequence is assigned when the transaction is
    /// admitted, so reads of this plan do not see the entry.
    pub fn append(&mut self, table: TableId, suffix: Vec<u8>, value: Vec<u8>) {
        if self.kind != Kind::Logged {
            self.refused.get_or_insert(Error::AppendInDerived { table });
            return;
        }
        if self.accepts(table, SEQUENCE_BYTES + suffix.len(), value.len()) {
            let mut key = suffix;
            key.splice(..0, [0; SEQUENCE_BYTES]);
            self.appends.push((table, key, value));
        }
    }

    /// Reads a value in order to [raise](Self::raise) it, which then does not read it again.
    ///
    /// # Errors
    ///
    /// Those of [`Read::get`].
    pub fn get_to_raise(&mut self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        let value = self.get(table, key)?;
        if self.writes.get(table, key).is_none() {
            self.bases.push(Raise {
                table,
                key: key.to_vec(),
                base: value.as_deref().map(<[u8]>::to_vec),
            });
        }
        Ok(value)
    }

    /// Stores the byte-wise greater of `value` and what is under `key` when the transaction is
    /// admitted. Two transactions that raise the same key do not make each other plan again.
    pub fn raise(&mut self, table: TableId, key: Vec<u8>, value: Vec<u8>) {
        if !self.accepts(table, key.len(), value.len()) {
            return;
        }
        let effect = match self.writes.get(table, &key) {
            Some(Effect::Put(own) | Effect::Raise(own)) if *own >= value => return,
            Some(Effect::Put(_) | Effect::Delete) => Effect::Put(value),
            Some(Effect::Raise(_)) => Effect::Raise(value),
            None => match self.take_base(table, &key) {
                Ok(base) => {
                    let key = key.clone();
                    self.raises.push(Raise { table, key, base });
                    Effect::Raise(value)
                }
                Err(error) => {
                    self.refused.get_or_insert(error);
                    return;
                }
            },
        };
        self.writes.set(table, key, effect);
    }

    /// What is below a key that is raised.
    fn take_base(&mut self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let is_read = |base: &Raise| base.table == table && base.key == key;
        if let Some(place) = self.bases.iter().position(is_read) {
            return Ok(self.bases.swap_remove(place).base);
        }
        Ok(self.get_below(table, key)?.map(Value::into_vec))
    }

    /// Whether nothing has been written so far.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.appends.is_empty() && self.refused.is_none()
    }

    fn accepts(&mut self, table: TableId, key_bytes: usize, value_bytes: usize) -> bool {
        let error = if key_bytes > KEY_BYTES_MAX {
            Error::KeyTooLarge {
                table,
                bytes: key_bytes,
                limit: KEY_BYTES_MAX,
            }
        } else if value_bytes > VALUE_BYTES_MAX {
            Error::ValueTooLarge {
                table,
                bytes: value_bytes,
                limit: VALUE_BYTES_MAX,
            }
        } else {
            return true;
        };
        self.refused.get_or_insert(error);
        false
    }

    fn check_table(&self, table: TableId) -> Result<(), Error> {
        if self.head.catalog().contains(table) {
            Ok(())
        } else {
            Err(missing(self.head.published.identity(), table))
        }
    }

    /// What is under `key` below this plan's own writes.
    fn get_below(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        let mut value = Resolution::Open(None);
        for node in &self.head.queued {
            if let Some(effect) = node.writes.get(table, key) {
                value = value.under(effect);
            }
        }
        if let Resolution::Decided(_) = value {
            return Ok(value.finish(None));
        }
        Ok(value.finish(self.head.published.row(table, key)?))
    }

    /// Ends planning.
    pub(crate) fn into_draft(mut self) -> Result<Draft, Error> {
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        self.guards.close();
        Ok(Draft {
            kind: self.kind,
            writes: self.writes,
            appends: self.appends,
            guards: self.guards,
            raises: self.raises,
            catalog: None,
        })
    }
}

fn last_key(writes: &TableWrites) -> Option<&[u8]> {
    writes.last_key_value().map(|(key, _)| key.as_slice())
}

/// How many entries a plan stores in the order of their keys before an absence is looked for, and how
/// often one must be of use before the next is: finding one costs more than reading a key.
const ABSENCE_SERVED_MIN: usize = 8;

/// Where there are no entries below the writes of a plan, which starts from a state that does not
/// change: the table, the key after which there are none, and the next one there is.
#[derive(Default)]
struct Absence {
    found: Option<(TableId, Vec<u8>, Option<Vec<u8>>)>,
    /// How many reads it has answered.
    served: usize,
}

impl Absence {
    fn covers(&mut self, table: TableId, key: &[u8]) -> bool {
        let covers = self.found.as_ref().is_some_and(|(of, after, end)| {
            *of == table
                && after.as_slice() < key
                && end.as_ref().is_none_or(|end| key < end.as_slice())
        });
        self.served += usize::from(covers);
        covers
    }

    fn is_worth_finding(&self) -> bool {
        self.found.is_none() || self.served >= ABSENCE_SERVED_MIN
    }
}

impl Read for Plan<'_> {
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        self.check_table(table)?;
        match self.writes.get(table, key) {
            None => self.get_below(table, key),
            Some(Effect::Put(value)) => Ok(Some(Value::copied(value))),
            Some(Effect::Delete) => Ok(None),
            Some(Effect::Raise(least)) => {
                let below = self.get_below(table, key)?;
                Ok(Resolution::Open(Some(least)).finish(below))
            }
        }
    }

    fn range<'r>(
        &'r self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<Entries<'r>, Error> {
        self.check_table(table)?;
        let stored = self.head.published.stored_range(table, range, direction)?;
        let queued = self.head.queued.iter().map(|node| &node.writes);
        let layers = std::iter::once(&self.writes)
            .chain(queued)
            .filter_map(|writes| writes.table(table))
            .map(|writes| Layer::of_writes(writes, range));
        let layers = layers.chain(self.head.published.layers(table, range, direction));
        Ok(Entries::new(Merge::new(layers, stored, direction)))
    }
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("kind", &self.kind)
            .field("bytes", &self.writes.bytes())
            .finish_non_exhaustive()
    }
}
