//! Macros that define a view in one expression.

/// Defines a unique view without values, or with values of a type, by a mapping function.
///
/// ```
/// use bonsaidb_core::define_basic_unique_mapped_view;
/// use bonsaidb_core::document::{CollectionDocument, Emit};
/// use bonsaidb_core::schema::Collection;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Collection)]
/// #[collection(name = "users", views = [ByName])]
/// pub struct User {
///     name: String,
/// }
///
/// define_basic_unique_mapped_view!(
///     ByName,
///     User,
///     1,
///     "by-name",
///     String,
///     |document: CollectionDocument<User>| document.header.emit_key(document.contents.name)
/// );
/// ```
#[macro_export]
macro_rules! define_basic_unique_mapped_view {
    ($view_name:ident, $collection:ty, $version:literal, $name:literal, $key:ty, $mapping:expr $(,)?) => {
        $crate::define_mapped_view!(
            $view_name,
            $collection,
            $version,
            $name,
            $key,
            (),
            true,
            $mapping
        );
    };
    ($view_name:ident, $collection:ty, $version:literal, $name:literal, $key:ty, $value:ty, $mapping:expr $(,)?) => {
        $crate::define_mapped_view!(
            $view_name,
            $collection,
            $version,
            $name,
            $key,
            $value,
            true,
            $mapping
        );
    };
}

/// Defines a view without values, or with values of a type, by a mapping function. Several
/// documents may emit the same key. See [`define_basic_unique_mapped_view!`] for an example.
#[macro_export]
macro_rules! define_basic_mapped_view {
    ($view_name:ident, $collection:ty, $version:literal, $name:literal, $key:ty, $mapping:expr $(,)?) => {
        $crate::define_mapped_view!(
            $view_name,
            $collection,
            $version,
            $name,
            $key,
            (),
            false,
            $mapping
        );
    };
    ($view_name:ident, $collection:ty, $version:literal, $name:literal, $key:ty, $value:ty, $mapping:expr $(,)?) => {
        $crate::define_mapped_view!(
            $view_name,
            $collection,
            $version,
            $name,
            $key,
            $value,
            false,
            $mapping
        );
    };
}

/// Defines a view by a mapping function; `true` makes it unique. See
/// [`define_basic_unique_mapped_view!`] for an example.
#[macro_export]
macro_rules! define_mapped_view {
    ($view_name:ident, $collection:ty, $version:literal, $name:literal, $key:ty, $value:ty, $unique:literal, $mapping:expr) => {
        #[allow(missing_docs)]
        #[derive(Debug, Clone)]
        pub struct $view_name;

        impl $crate::schema::View for $view_name {
            type Collection = $collection;
            type Key = $key;
            type Value = $value;

            fn name(&self) -> $crate::schema::Name {
                $crate::schema::Name::new($name)
            }
        }

        impl $crate::schema::ViewSchema for $view_name {
            type View = Self;
            type MappedKey<'doc> = $key;

            fn update_policy(&self) -> $crate::schema::view::ViewUpdatePolicy {
                if $unique {
                    $crate::schema::view::ViewUpdatePolicy::Unique
                } else {
                    $crate::schema::view::ViewUpdatePolicy::Lazy
                }
            }

            fn version(&self) -> u64 {
                $version
            }
        }

        impl $crate::schema::CollectionMapReduce for $view_name {
            fn map<'doc>(
                &self,
                document: $crate::document::CollectionDocument<$collection>,
            ) -> $crate::schema::ViewMapResult<'doc, Self> {
                $mapping(document)
            }
        }

        impl $crate::schema::DefaultViewSerialization for $view_name {}
    };
}
