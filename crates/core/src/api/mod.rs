//! Names of server APIs.

pub use crate::schema::names::ApiName;
