//! Mapping documents: what each emits, encoded, each key once.

use std::collections::BTreeMap;
use std::thread;

use bonsaidb_core::document::{BorrowedDocument, DocumentId, OwnedDocument};
use bonsaidb_core::schema::view::{self, map};

use crate::Error;
use crate::user_code;

/// Below this many documents per thread, another thread does not pay.
const DOCUMENTS_PER_THREAD_MIN: usize = 32;

/// What a document emits, by encoded key.
#[derive(Debug, Default)]
pub(crate) struct Emissions(pub BTreeMap<Vec<u8>, map::Serialized>);

/// Maps one document. Of several mappings with the same key the last one counts.
pub(crate) fn map(
    view: &dyn view::Serialized,
    document: &BorrowedDocument<'_>,
) -> Result<Emissions, Error> {
    let mappings = user_code::call(&view.view_name(), "map", || view.map(document))?;
    Ok(Emissions(
        mappings
            .into_iter()
            .map(|mut mapping| {
                // A mapping belongs to the document that emitted it, whatever header it carries.
                mapping.source = document.header.clone();
                (mapping.key.to_vec(), mapping)
            })
            .collect(),
    ))
}

/// A document that changed: what it holds now, or that it is gone.
#[derive(Debug)]
pub(crate) enum Changed {
    Present(OwnedDocument),
    Gone(DocumentId),
}

/// Maps all of `documents`, on up to `threads` threads, in the same order.
pub(crate) fn map_all(
    view: &dyn view::Serialized,
    documents: Vec<Changed>,
    threads: usize,
) -> Result<Vec<(DocumentId, Emissions)>, Error> {
    let threads = threads
        .min(documents.len() / DOCUMENTS_PER_THREAD_MIN)
        .max(1);
    if threads == 1 {
        return documents
            .into_iter()
            .map(|document| map_changed(view, document))
            .collect();
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
                scope.spawn(move || {
                    share
                        .into_iter()
                        .map(|document| map_changed(view, document))
                        .collect::<Result<Vec<_>, _>>()
                })
            })
            .collect::<Vec<_>>();
        let mut mapped = Vec::new();
        for share in running {
            mapped.extend(share.join().map_err(|_| Error::InternalCommunication)??);
        }
        Ok(mapped)
    })
}

fn map_changed(
    view: &dyn view::Serialized,
    document: Changed,
) -> Result<(DocumentId, Emissions), Error> {
    match document {
        Changed::Gone(id) => Ok((id, Emissions::default())),
        Changed::Present(document) => {
            let document = BorrowedDocument {
                header: document.header,
                contents: document.contents.into(),
            };
            let emissions = map(view, &document)?;
            Ok((document.header.id, emissions))
        }
    }
}
