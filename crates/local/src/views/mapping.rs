//! Mapping documents: what each emits, encoded, each key once.

use std::thread;

use bonsaidb_core::document::{BorrowedDocument, DocumentId, OwnedDocument};
use bonsaidb_core::schema::ViewName;
use bonsaidb_core::schema::view::{self, map};

use crate::Error;
use crate::user_code;

/// Below this many documents per thread, another thread does not pay.
const DOCUMENTS_PER_THREAD_MIN: usize = 32;

/// What a document emits: encoded keys and values, ascending, each key once.
#[derive(Debug, Default)]
pub(crate) struct Emissions(Vec<map::Serialized>);

impl Emissions {
    pub fn iter(&self) -> impl Iterator<Item = &map::Serialized> {
        self.0.iter()
    }

    pub fn keys(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.iter().map(|mapping| mapping.key.as_slice())
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        let found = self
            .0
            .binary_search_by(|mapping| mapping.key.as_slice().cmp(key));
        found.is_ok()
    }
}

/// Maps one document. Of several mappings with the same key the last one counts.
pub(crate) fn map(
    view: &dyn view::Serialized,
    name: &ViewName,
    document: &BorrowedDocument<'_>,
) -> Result<Emissions, Error> {
    let mut mappings = user_code::call(name, "map", || view.map(document))?;
    for mapping in &mut mappings {
        // A mapping belongs to the document that emitted it, whatever header it carries.
        mapping.source.clone_from(&document.header);
    }
    if mappings.len() > 1 {
        mappings.sort_by(|one, other| one.key.as_slice().cmp(&other.key));
        mappings.dedup_by(|later, kept| {
            let is_same = *later.key == *kept.key;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
    }
    Ok(Emissions(mappings))
}

/// A document that changed: what it holds now, or that it is gone.
#[derive(Debug)]
pub(crate) enum Changed {
    Present(OwnedDocument),
    Gone(DocumentId),
}

impl Changed {
    pub const fn id(&self) -> &DocumentId {
        match self {
            Self::Present(document) => &document.header.id,
            Self::Gone(id) => id,
        }
    }
}

/// Maps all of `documents`, on up to `threads` threads, in the same order.
pub(crate) fn map_all(
    view: &dyn view::Serialized,
    name: &ViewName,
    documents: Vec<Changed>,
    threads: usize,
) -> Result<Vec<(DocumentId, Emissions)>, Error> {
    let push = |mapped: &mut Vec<_>, id, emissions| mapped.push((id, emissions));
    let shares = map_shares(view, name, documents, threads, push)?;
    Ok(shares.into_iter().flatten().collect())
}

/// Maps all of `documents`, on up to `threads` threads, each of which adds what its share of them
/// emits to something of its own. Returns these in the order of the documents.
pub(crate) fn map_shares<T: Default + Send>(
    view: &dyn view::Serialized,
    name: &ViewName,
    documents: Vec<Changed>,
    threads: usize,
    add: impl Fn(&mut T, DocumentId, Emissions) + Sync,
) -> Result<Vec<T>, Error> {
    let map_share = |share: Vec<Changed>| {
        let mut mapped = T::default();
        for document in share {
            let (id, emissions) = map_changed(view, name, document)?;
            add(&mut mapped, id, emissions);
        }
        Ok::<_, Error>(mapped)
    };
    let threads = threads
        .min(documents.len() / DOCUMENTS_PER_THREAD_MIN)
        .max(1);
    if threads == 1 {
        return Ok(vec![map_share(documents)?]);
    }
    let share = documents.len().div_ceil(threads);
    let mut documents = documents.into_iter();
    let shares = (0..threads)
        .map(|_| documents.by_ref().take(share).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    thread::scope(|scope| {
        let running = shares
            .into_iter()
            .map(|share| {
                let map_share = &map_share;
                scope.spawn(move || map_share(share))
            })
            .collect::<Vec<_>>();
        let join = |share: thread::ScopedJoinHandle<'_, _>| {
            share.join().map_err(|_| Error::InternalCommunication)?
        };
        running.into_iter().map(join).collect()
    })
}

fn map_changed(
    view: &dyn view::Serialized,
    name: &ViewName,
    document: Changed,
) -> Result<(DocumentId, Emissions), Error> {
    match document {
        Changed::Gone(id) => Ok((id, Emissions::default())),
        Changed::Present(document) => {
            let document = BorrowedDocument {
                header: document.header,
                contents: document.contents.into(),
            };
            let emissions = map(view, name, &document)?;
            Ok((document.header.id, emissions))
        }
    }
}
