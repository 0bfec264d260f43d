//! The connection traits of a database, behind the guard.

use bonsaidb_core::connection::{Connection, HasSession, LowLevelConnection};
#[allow(clippy::wildcard_imports)] // the names in the tables' rows
use bonsaidb_core::operations::*;

use crate::database::access::Access;
use crate::guard::guarded;
use crate::{Database, Storage};

impl Database {
    fn access(&self) -> Access<'_> {
        Access {
            data: &self.data,
            session: self.session(),
        }
    }
}

/// Hands the rows of a table on; a macro cannot be called for the methods alone.
macro_rules! low_level {
    ($($rows:tt)*) => {
        impl LowLevelConnection for Database {
            guarded! { |this| &this.data.name, this.access(); $($rows)* }
        }
    };
}
bonsaidb_core::__low_level_operations!(low_level);

macro_rules! connection {
    ($($rows:tt)*) => {
        impl Connection for Database {
            type Storage = Storage;

            fn storage(&self) -> Self::Storage {
                self.storage.clone()
            }

            guarded! { |this| &this.data.name, this.access(); $($rows)* }
        }
    };
}
bonsaidb_core::__connection_operations!(connection);
