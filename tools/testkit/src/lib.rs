//! Conformance suites and fault injection for `BonsaiDb`. A development dependency only.
#![forbid(unsafe_code)]

pub mod disk;
pub mod suite;
