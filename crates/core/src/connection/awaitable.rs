//! Builders that are futures: nothing runs before the first poll, then the builder's `query` runs
//! in a box.

use std::future::Future;
use std::pin::Pin;

use crate::Error;

/// The future of a builder once it has been polled.
pub(crate) type Running<'a, T> =
    Option<Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>>;

/// Implements [`Future`] for a builder with a field `running` by its async method; `take` moves
/// what the method needs out of the builder.
macro_rules! awaitable {
    (
        impl [$($generics:tt)*] for $builder:ty => $output:ty,
        |$this:ident| $taken:expr, $method:ident
        where $($bounds:tt)*
    ) => {
        impl<$($generics)*> std::future::Future for $builder
        where
            $($bounds)*
        {
            type Output = Result<$output, $crate::Error>;

            fn poll(
                self: std::pin::Pin<&mut Self>,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Self::Output> {
                let $this = self.get_mut();
                let running = match $this.running.take() {
                    Some(running) => running,
                    None => {
                        let builder: Self = $taken;
                        Box::pin(builder.$method())
                    }
                };
                $this.running.insert(running).as_mut().poll(context)
            }
        }
    };
}
pub(crate) use awaitable;
