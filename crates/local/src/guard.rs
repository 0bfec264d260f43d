//! The guard in front of operations, made from their tables: each asks for permission, then runs. None can forget to ask.

/// An argument as it is passed on: whatever names something is asked for the name.
macro_rules! passed {
    (name $value:ident) => {
        $value.name()?
    };
    ($pass:ident $value:ident) => {
        $value
    };
}
pub(crate) use passed;

/// What a permission row sees of an argument.
macro_rules! seen {
    (lend $value:ident) => {
        $value
    };
    ($pass:ident $value:ident) => {
        &$value
    };
}
pub(crate) use seen;

/// The guarded methods of one table, for the handle `$this`: operations of `$database` that `$access` has.
macro_rules! guarded {
    (|$this:ident| $database:expr, $access:expr; $({
        $(#[$cfg:meta])* $name:ident $operation:ident [$($generics:tt)*] (
            $($argument:ident: $param:ty => $pass:ident $owned:ty as $seen:ty),*
        ) -> $output:ty; $($needs:tt)*
    })*) => {
        $($(#[$cfg])* fn $name<$($generics)*>(&self, $($argument: $param),*) -> Result<$output, Error> {
            let $this = self;
            $(let $argument = $crate::guard::passed!($pass $argument);)*
            {
                $(#[allow(unused_variables)] let $argument: $seen = $crate::guard::seen!($pass $argument);)*
                let needs: Needs<'_> = $($needs)*;
                needs.check($this.session(), $database)?;
            }
            $access.$name($($argument),*).map_err(Error::from)
        })*
    };
}
pub(crate) use guarded;
