//! Connections: what a database can be asked, wherever it lives.
//!
//! Every trait and builder here exists twice, blocking and async (`Connection`,
//! `AsyncConnection`), from one text.

mod access;
mod authentication;
mod awaitable;
mod collection;
#[allow(clippy::module_inception)] // the room's main trait
mod connection;
mod database;
mod has;
mod identity;
mod list;
mod low_level;
mod query_key;
mod range;
mod sensitive;
mod session;
mod storage;
mod view;

pub use access::{AccessPolicy, Sort};
pub use authentication::AuthenticationMethod;
pub use collection::{AsyncCollection, Collection};
pub use connection::{AsyncConnection, Connection};
pub use database::Database;
pub use has::{HasSchema, HasSession};
pub use identity::{Identity, IdentityId, IdentityReference};
pub use list::{AsyncList, List};
pub use low_level::{AsyncLowLevelConnection, GroupedReductions, LowLevelConnection};
pub use query_key::{QueryKey, SerializedQueryKey};
pub use range::{Bound, BoundRef, MaybeOwned, Range, RangeRef};
pub use sensitive::{SensitiveBytes, SensitiveString};
pub use session::{Session, SessionAuthentication, SessionId};
pub use storage::{AsyncStorageConnection, StorageConnection};
pub use view::{AsyncView, View};

pub(crate) use awaitable::{Running, awaitable};

/// The mappings a query answers with, under their former path.
#[deprecated = "use `bonsaidb_core::schema::view::map::ViewMappings`"]
pub type ViewMappings<V> = crate::schema::view::map::ViewMappings<V>;
