//! Conformance suites and fault injection for `BonsaiDb`. A development dependency only.
#![forbid(unsafe_code)]

pub mod disk;
#[allow(
    clippy::wildcard_imports, // a topic's module of behaviours uses what the file above it does
    clippy::needless_pass_by_value // what runs in threads and tasks owns what it uses
)]
pub mod suite;
