//! Adding to a number, and subtracting from it.

use std::marker::PhantomData;

use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{Running, awaitable};
use crate::keyvalue::target::Target;
use crate::keyvalue::{AsyncKeyValue, Command, IncompatibleTypeError, KeyValue, Numeric, ORIGIN};

/// Changes a number, from [`AsyncKeyValue::increment_key_by`] or [`AsyncKeyValue::decrement_key_by`].
///
/// Whole numbers stop at the ends of their type. A key without value counts as 0; one with an
/// expiration keeps it.
///
/// @async Nothing happens until it is awaited.
/// @blocking Nothing happens until it executes.
#[must_use]
#[twin]
pub struct AsyncBuilder<'a, K, V> {
    target: Target<'a, K>,
    amount: Numeric,
    increment: bool,
    saturating: bool,
    answer: PhantomData<fn() -> V>,
    #[only(async)]
    running: Running<'a, V>,
}

#[twin]
impl<'a, K, V> AsyncBuilder<'a, K, V>
where
    K: AsyncKeyValue,
    V: TryFrom<Numeric, Error = IncompatibleTypeError>,
{
    pub(super) const fn new(target: Target<'a, K>, amount: Numeric, increment: bool) -> Self {
        Self {
            target,
            amount,
            increment,
            saturating: true,
            answer: PhantomData,
            #[only(async)]
            running: None,
        }
    }

    /// Lets whole numbers wrap around at the ends of their type.
    pub const fn allow_overflow(mut self) -> Self {
        self.saturating = false;
        self
    }

    /// Changes the number and returns the new one.
    /// @async Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`], [`Error::Other`] if the key holds bytes, [`Error::PermissionDenied`].
    pub async fn execute(self) -> Result<V, Error> {
        let (amount, saturating) = (self.amount, self.saturating);
        let command = if self.increment {
            Command::Increment { amount, saturating }
        } else {
            Command::Decrement { amount, saturating }
        };
        let number = self.target.execute_async(command).await?.number()?;
        V::try_from(number).map_err(|error| Error::other(ORIGIN, error))
    }
}

impl<K, V> AsyncBuilder<'_, K, V> {
    /// Moves the builder out from behind a reference.
    fn take(&mut self) -> Self {
        Self {
            target: self.target.take(),
            amount: self.amount.clone(),
            increment: self.increment,
            saturating: self.saturating,
            answer: PhantomData,
            running: None,
        }
    }
}

awaitable! {
    impl ['a, K, V] for AsyncBuilder<'a, K, V> => V,
    |this| this.take(), execute
    where
        K: AsyncKeyValue,
        V: TryFrom<Numeric, Error = IncompatibleTypeError> + 'a,
}
