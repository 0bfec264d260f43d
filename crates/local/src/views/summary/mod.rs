//! The summary of a view: partial reductions beside its entries, so that a reduce over any range
//! of keys, over one key or over everything costs O(log n).
//!
//! ```text
//! meta     [                          whole                            ]
//! level 3  [ sentinel                                  | k ............]
//! level 2  [ sentinel       | C ...........| g ........| k ......| p ..]
//! level 1  [ a b | d        | C  (heavy)   | e f | g h | k m n   | p  ]     segments
//!                             |
//!                 inner 2   [ sentinel         | C/512 ........]           documents of C
//!                 inner 1   [ C/0.. | C/40..   | C/512.. | ... ]
//! entries    a b b d        C/0 C/1 ...                e f f g h ...
//! ```
//!
//! Entries are gathered into runs, those into runs of the next level, and so on; each run holds the
//! reduction of its items. A keyed hash decides where runs begin ([`hash`]), so a change of an
//! entry changes one short path, and the summary depends on nothing but the entries: the same ones
//! give the same bytes after any history. A key with many entries is *heavy*: a segment of its
//! own, with a tree of its own over its documents. The invariants are listed in [`check`].
//!
//! [`read`] answers, [`build`] makes a whole summary, [`apply`] takes in changed entries, [`touched`]
//! notes them where entries are written, and [`upkeep`] decides when to do what.

mod apply;
mod build;
#[cfg(any(test, debug_assertions))]
mod check;
mod hash;
mod raise;
mod read;
mod record;
mod rows;
mod run;
#[cfg(test)]
mod tests;
mod touched;
mod upkeep;
mod values;

pub(super) use read::Reader;
pub(super) use touched::{Noting, Touched};
pub(super) use upkeep::Upkeep;
