//! Revisions: how two states of one document are told apart.

use std::fmt::{self, Debug, Display};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A counter and the SHA-256 digest of the contents.
#[derive(Clone, Copy, Eq, PartialEq, Hash, Serialize, Deserialize)]
pub struct Revision {
    /// How many times the contents changed since the document was inserted.
    pub id: u32,
    /// The digest of the contents.
    pub sha256: [u8; 32],
}

impl Revision {
    /// Returns the first revision of a document of these contents.
    #[must_use]
    pub fn new(contents: &[u8]) -> Self {
        Self::with_id(0, contents)
    }

    /// Returns the revision `id` of a document of these contents.
    #[must_use]
    pub fn with_id(id: u32, contents: &[u8]) -> Self {
        Self {
            id,
            sha256: Sha256::digest(contents).into(),
        }
    }

    /// Returns the revision after this one, or `None` if the contents did not change.
    ///
    /// # Panics
    ///
    /// Panics if the counter overflows.
    #[must_use]
    pub fn next_revision(&self, new_contents: &[u8]) -> Option<Self> {
        let next = Self::new(new_contents);
        (next.sha256 != self.sha256).then(|| Self {
            id: self.id.checked_add(1).expect("revision overflow"),
            ..next
        })
    }
}

impl Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.id)?;
        self.sha256
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentId, Header};

    #[test]
    fn the_counter_moves_only_when_contents_do() {
        let first = Revision::new(b"one");
        assert_eq!(first.next_revision(b"one"), None);
        let second = first.next_revision(b"two").unwrap();
        assert_eq!(second, Revision::with_id(1, b"two"));
    }

    #[test]
    fn headers_show_id_counter_and_digest() {
        let header = Header {
            id: DocumentId::from_u64(42),
            revision: Revision::new(b"one"),
        };
        assert_eq!(
            header.to_string(),
            "7$2a@0-7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
        );
    }
}
