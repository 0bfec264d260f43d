//! The connection traits: each operation asks for permission, then runs. Generated from the
//! tables of operations, so none can forget to ask.

use bonsaidb_core::connection::{Connection, HasSession, LowLevelConnection};
#[allow(clippy::wildcard_imports)] // the names in the tables' rows
use bonsaidb_core::operations::*;

use crate::database::access::Access;
use crate::{Database, Storage};

/// What a permission row sees of an argument.
macro_rules! seen {
    (give $value:ident) => {
        &$value
    };
    (lend $value:ident) => {
        $value
    };
}

/// The guarded methods of one table.
macro_rules! guarded {
    ($({ $(#[$cfg:meta])* $name:ident $operation:ident (
        $($argument:ident: $param:ty => $pass:ident $owned:ty as $seen:ty),*
    ) -> $output:ty; $($needs:tt)* })*) => {
        $($(#[$cfg])* fn $name(&self, $($argument: $param),*) -> Result<$output, Error> {
            {
                $(#[allow(unused_variables)] let $argument: $seen = seen!($pass $argument);)*
                let needs: Needs<'_> = $($needs)*;
                needs.check(self.session(), &self.data.name)?;
            }
            let access = Access { data: &self.data, session: self.session() };
            access.$name($($argument),*).map_err(Error::from)
        })*
    };
}

/// Hands the rows of a table on; a macro cannot be called for the methods alone.
macro_rules! low_level {
    ($($rows:tt)*) => {
        impl LowLevelConnection for Database {
            guarded! { $($rows)* }
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

            guarded! { $($rows)* }
        }
    };
}
bonsaidb_core::__connection_operations!(connection);
