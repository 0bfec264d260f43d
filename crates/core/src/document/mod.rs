//! Documents: an id, a revision and contents.

mod borrowed;
mod collection;
mod emit;
mod header;
mod id;
mod key_id;
mod owned;
mod revision;

pub use borrowed::{BorrowedDocument, Document};
pub use collection::CollectionDocument;
pub use emit::Emit;
pub use header::{AnyHeader, CollectionHeader, HasHeader, Header};
pub use id::{DocumentId, InvalidHexadecimal};
pub use key_id::KeyId;
pub use owned::{OwnedDocument, OwnedDocuments};
pub use revision::Revision;
