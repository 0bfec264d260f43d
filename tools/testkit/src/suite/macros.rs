//! From the list of a topic's behaviours to tests.

/// Fails unless `$result` is an error of the given pattern.
macro_rules! assert_error {
    ($result:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
        match $result {
            Err($pattern) $(if $guard)? => {}
            Err(other) => panic!("expected {}, got the error {other:?}", stringify!($pattern)),
            Ok(_) => panic!("expected {}, got a success", stringify!($pattern)),
        }
    };
}

/// Publishes the behaviours of a topic under their names, and as a table of tests. Called with a `$`, since a macro cannot
/// write one itself.
macro_rules! behaviours {
    ($dollar:tt $topic:ident: $($name:ident),* $(,)?) => {
        /// The behaviours of blocking connections.
        #[allow(missing_docs)] // their names say it
        pub mod blocking {
            $(
                pub fn $name<W: $crate::suite::World>(world: &W) {
                    super::behaviours::$name(world);
                }
            )*
        }

        /// The behaviours of async connections.
        #[allow(missing_docs)] // their names say it
        pub mod asynchronous {
            $(
                pub async fn $name<W: $crate::suite::AsyncWorld>(world: &W) {
                    super::behaviours_async::$name(world).await;
                }
            )*
        }

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $topic {
            ($dollar how:ident, $dollar world:expr) => {
                $crate::behaviour_tests! { $dollar how, $dollar world, $topic, $($name)* }
            };
        }
    };
}

/// One test per behaviour of a topic.
#[doc(hidden)]
#[macro_export]
macro_rules! behaviour_tests {
    (blocking, $world:expr, $topic:ident, $($name:ident)*) => {
        mod $topic {
            $(
                #[test]
                fn $name() {
                    $crate::suite::$topic::blocking::$name(&$world);
                }
            )*
        }
    };
    (asynchronous, $world:expr, $topic:ident, $($name:ident)*) => {
        mod $topic {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $crate::suite::$topic::asynchronous::$name(&$world).await;
                }
            )*
        }
    };
}

/// One test for everything that every kind of connection must do: `conformance!(blocking, crate::Local::in_memory())` or
/// `conformance!(asynchronous, ..)`. The expression makes a world, and is evaluated in a module of its own for each test.
#[macro_export]
macro_rules! conformance {
    ($how:ident, $world:expr) => {
        $crate::documents! { $how, $world }
        $crate::transactions! { $how, $world }
        $crate::ids! { $how, $world }
        $crate::keys! { $how, $world }
        $crate::lazy_views! { $how, $world }
        $crate::reducing! { $how, $world }
        $crate::access_policies! { $how, $world }
        $crate::failing_views! { $how, $world }
        $crate::eager_views! { $how, $world }
        $crate::unique_views! { $how, $world }
        $crate::executed! { $how, $world }
        $crate::storage! { $how, $world }
        $crate::admin! { $how, $world }
        $crate::permissions! { $how, $world }
    };
}

/// One test for everything that must outlive the storage's handles. Called like [`conformance!`](crate::conformance).
#[macro_export]
macro_rules! durability {
    ($how:ident, $world:expr) => {
        $crate::reopening! { $how, $world }
    };
}
