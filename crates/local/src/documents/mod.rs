//! Documents of a collection: how they are stored, read and changed.

pub(crate) mod packed;
mod plan;
mod read;
mod tables;

pub(crate) use packed::{push_revision, split_revision};
pub(crate) use plan::Prepared;
pub(crate) use read::{Documents, direction};
pub(crate) use tables::{ABSENT, Collection, META_TABLE};
