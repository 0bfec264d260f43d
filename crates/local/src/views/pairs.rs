//! Pairs: documents and an index that belong together.
//!
//! Every run publishes one. The last one of a lazy view is kept for queries that want documents and
//! do not wait, since a snapshot of now may hold documents that the index does not know of.
//!
//! 1. A pair belongs together: its index holds exactly what its documents emit.
//! 2. Of two pairs the newer one is kept.
//! 3. A kept pair takes space: what was overwritten since cannot be used again. So it is let go when
//!    more than [`CHANGES_MAX`] documents were written or indexed since, when the file is compacted
//!    and when the database is closed or deleted.

use std::sync::Mutex;

use bonsaidb_store::Snapshot;

use crate::Error;
use crate::database::Data;
use crate::sync::lock;
use crate::user_code;
use crate::views::ViewIndex;

/// How many documents of a database may be written or indexed while a pair is kept.
pub(crate) const CHANGES_MAX: u64 = 10_000;

/// Documents and an index that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub documents: Snapshot,
    pub index: Snapshot,
}

impl Pair {
    /// Documents and index of one moment, which belong together if the index is current in it.
    pub fn of(snapshot: Snapshot) -> Self {
        Self {
            documents: snapshot.clone(),
            index: snapshot,
        }
    }
}

/// What a query with documents is answered from.
#[derive(Debug)]
pub(crate) enum Basis {
    /// The mappings are those of the documents.
    Together(Pair),
    /// Documents may have changed since they were mapped.
    Apart(Pair),
}

/// The pair that a view keeps.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    None,
    /// With the number of changes when it was kept.
    Pair(Pair, u64),
    /// The database is closed.
    Closed,
}

impl Kept {
    /// Returns the pair that is kept.
    fn last(&self) -> Option<Pair> {
        match &*lock(&self.0) {
            State::Pair(pair, _) => Some(pair.clone()),
            State::None | State::Closed => None,
        }
    }

    /// Keeps a pair, if none that is newer is there.
    pub fn replace(&self, pair: &Pair, data: &Data) {
        let mut state = lock(&self.0);
        let is_newer = match &*state {
            State::Closed => false,
            State::None => true,
            State::Pair(last, _) => last.documents.sequence() <= pair.documents.sequence(),
        };
        if is_newer {
            let before = std::mem::replace(&mut *state, State::Pair(pair.clone(), data.moves()));
            drop(state); // The end of a snapshot may take a while.
            drop(before);
        }
    }

    /// Lets go of what was kept before so many changes.
    pub fn let_go_before(&self, moves: u64) {
        let mut state = lock(&self.0);
        if matches!(*state, State::Pair(_, kept) if kept < moves) {
            let before = std::mem::replace(&mut *state, State::None);
            drop(state);
            drop(before);
        }
    }

    /// Lets go for good.
    pub fn close(&self) {
        let before = std::mem::replace(&mut *lock(&self.0), State::Closed);
        drop(before);
    }
}

impl ViewIndex {
    /// Returns what a query with documents is answered from, if it does not ask for a current
    /// index: the moment of now, or the last pair. Without either, a query that is free to do so,
    /// as `may_run` says, makes a pair.
    pub fn basis(&self, data: &Data, may_run: bool) -> Result<Basis, Error> {
        let now = self.now(data)?;
        if self.policy.is_eager() {
            return Ok(Basis::Together(Pair::of(now.snapshot)));
        }
        let is_current = self.is_current(data, &now)?;
        let now = Pair::of(now.snapshot);
        if is_current {
            self.kept.replace(&now, data);
            return Ok(Basis::Together(now));
        }
        if let Some(pair) = self.kept.last() {
            return Ok(Basis::Together(pair));
        }
        // Where nothing can be indexed, there is an answer all the same.
        if may_run
            && user_code::may_wait_for(&self.name).is_ok()
            && let Ok(pair) = self.up_to_date(data)
        {
            return Ok(Basis::Together(pair));
        }
        Ok(Basis::Apart(now))
    }

    /// Lets go of the pair that is kept if there were fewer than `moves` changes then; until the
    /// next one.
    pub fn let_go_before(&self, moves: u64) {
        self.kept.let_go_before(moves);
    }

    /// Lets go of the pair that is kept, and keeps no other.
    pub fn close(&self) {
        self.kept.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bonsaidb_core::connection::{
        AccessPolicy, Connection, LowLevelConnection, StorageConnection,
    };
    use bonsaidb_core::document::{CollectionDocument, Emit};
    use bonsaidb_core::schema::{
        Collection, CollectionMapReduce, SerializedCollection, View, ViewMapResult, ViewSchema,
    };
    use bonsaidb_core::transaction::{Operation, Transaction};
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::config::{Builder, StorageConfiguration};
    use crate::{Database, Storage};

    #[derive(Clone, Debug, Serialize, Deserialize, Collection)]
    #[collection(name = "notes", views = [Notes])]
    struct Note(u32);

    #[derive(Clone, Debug, View, ViewSchema)]
    #[view(collection = Note, key = u32, name = "notes")]
    struct Notes;

    impl CollectionMapReduce for Notes {
        fn map<'doc>(&self, note: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
            note.header.emit_key(note.contents.0)
        }
    }

    struct World {
        _folder: tempfile::TempDir,
        storage: Storage,
        db: Database,
        view: Arc<ViewIndex>,
    }

    /// A database with a note that is indexed.
    fn world() -> World {
        let folder = tempfile::tempdir().unwrap();
        let configuration = StorageConfiguration::new(folder.path()).memory_only();
        let storage = Storage::open(configuration.with_schema::<Note>().unwrap()).unwrap();
        let db = storage.create_database::<Note>("notes", false).unwrap();
        Note(0).push_into(&db).unwrap();
        assert_eq!(db.view::<Notes>().query().unwrap().len(), 1);
        let view = Arc::clone(db.data.view(&Notes.view_name()).unwrap());
        World {
            _folder: folder,
            storage,
            db,
            view,
        }
    }

    impl World {
        fn ask(&self, policy: AccessPolicy) -> usize {
            let view = self.db.view::<Notes>().with_access_policy(policy);
            view.query_with_docs().unwrap().len()
        }

        fn keeps(&self) -> bool {
            self.view.kept.last().is_some()
        }
    }

    #[test]
    fn the_pair_of_the_last_run_is_kept() {
        let world = world();
        assert!(world.keeps());
        Note(1).push_into(&world.db).unwrap();
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        assert_eq!(world.ask(AccessPolicy::UpdateBefore), 2);
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 2);
    }

    #[test]
    fn a_pair_is_made_for_an_update_afterwards() {
        let world = world();
        world.view.let_go_before(u64::MAX);
        Note(1).push_into(&world.db).unwrap();
        assert_eq!(world.ask(AccessPolicy::UpdateAfter), 2);
        assert!(world.keeps());
    }

    #[test]
    fn a_pair_is_let_go_when_much_has_changed_since() {
        let world = world();
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        let mut written = 0;
        while world.keeps() {
            let mut notes = Transaction::new();
            for _ in 0..500 {
                let insert = Operation::push_serialized::<Note>(&Note(2)).unwrap();
                notes.push(insert);
            }
            world.db.apply_transaction(notes).unwrap();
            written += 500;
            assert!(written <= CHANGES_MAX + 2_000);
        }
        assert!(written >= CHANGES_MAX);
        // Without it, only what is as it was; from the next run on, everything.
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        assert!(!world.keeps());
        world.db.view::<Notes>().query().unwrap();
        assert!(world.keeps());
    }

    #[test]
    fn a_pair_is_let_go_when_the_file_is_compacted() {
        let world = world();
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        world.db.compact().unwrap();
        assert!(!world.keeps());
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        assert!(world.keeps());
    }

    #[test]
    fn a_pair_is_let_go_with_its_database() {
        let world = world();
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        world.storage.delete_database("notes").unwrap();
        assert!(!world.keeps());
        let view = world.db.view::<Notes>();
        let view = view.with_access_policy(AccessPolicy::NoUpdate);
        assert!(view.query_with_docs().is_err());
        assert!(!world.keeps());
    }

    #[test]
    fn a_pair_is_let_go_when_the_storage_closes() {
        let world = world();
        assert_eq!(world.ask(AccessPolicy::NoUpdate), 1);
        world.storage.clone().close().unwrap();
        assert!(!world.keeps());
    }

    #[test]
    fn a_state_from_before_a_run_is_not_taken_for_current() {
        let world = world();
        let (data, view) = (&world.db.data, &world.view);
        assert!(view.is_current(data, &view.now(data).unwrap()).unwrap());
        let is_sequence_the_same = |pushed: usize| {
            Note(1).push_into(&world.db).unwrap();
            let before = view.now(data).unwrap();
            assert_eq!(world.ask(AccessPolicy::UpdateBefore), 1 + pushed);
            let after = view.now(data).unwrap();
            assert!(view.is_current(data, &after).unwrap());
            assert!(!view.is_current(data, &before).unwrap());
            before.snapshot.sequence() == after.snapshot.sequence()
        };
        // The trimming that the first change has begun may commit in between, once.
        assert!(is_sequence_the_same(1) || is_sequence_the_same(2));
    }

    #[test]
    fn an_older_pair_does_not_replace_a_newer_one() {
        let world = world();
        let data = &world.db.data;
        let older = Pair::of(data.store.snapshot().unwrap());
        Note(1).push_into(&world.db).unwrap();
        assert_eq!(world.ask(AccessPolicy::UpdateBefore), 2);
        world.view.kept.replace(&older, data);
        let kept = world.view.kept.last().unwrap();
        assert!(kept.documents.sequence() > older.documents.sequence());
    }
}
