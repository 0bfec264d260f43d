//! What a derived collection answers.

use bonsaidb_core::ENCRYPTION_ENABLED;
use bonsaidb_core::document::KeyId;
use bonsaidb_core::key::Key;
use bonsaidb_core::schema::{Authority, Collection, Schematic, SerializedCollection};
use serde::{Deserialize, Serialize};

#[test]
fn names_are_private_unless_there_is_an_authority() {
    #[derive(Collection)]
    #[collection(name = "a")]
    struct Private;

    #[derive(Collection)]
    #[collection(name = "a", authority = Authority::from(String::from("b")))]
    struct Public;

    assert_eq!(Private::collection_name().to_string(), "private.a");
    assert_eq!(Public::collection_name().to_string(), "b.a");
}

#[test]
fn attributes_are_merged_also_through_cfg_attr() {
    #[derive(Collection)]
    #[collection(name = "a")]
    #[cfg_attr(all(), collection(authority = "b"))]
    #[cfg_attr(any(), collection(authority = "c"))]
    #[collection(primary_key = String)]
    struct Merged;

    assert_eq!(Merged::collection_name().to_string(), "b.a");
    let id: <Merged as Collection>::PrimaryKey = String::from("text");
    assert_eq!(id, "text");
}

#[test]
fn generics_are_carried_over() {
    #[derive(Collection, Serialize, Deserialize)]
    #[collection(name = "a", natural_id = Some(self.0.clone()), primary_key = T)]
    #[serde(bound(deserialize = "T: serde::de::DeserializeOwned"))]
    struct Generic<T, const N: usize>(T)
    where
        T: Serialize + for<'k> Key<'k> + Eq + Ord + 'static;

    assert_eq!(
        Generic::<_, 1>::natural_id(&Generic(String::from("b"))),
        Some(String::from("b"))
    );
}

#[test]
fn keys_are_optional_or_not() {
    #[derive(Collection)]
    #[collection(name = "a", encryption_key = Some(KeyId::Master))]
    struct Plain;

    #[derive(Collection)]
    #[collection(name = "a", encryption_key = Some(KeyId::Master), encryption_optional)]
    struct Optional;

    #[derive(Collection)]
    #[collection(name = "a", encryption_key = Some(KeyId::Master))]
    #[collection(encryption_optional = true, encryption_required(true))]
    struct Required;

    #[derive(Collection)]
    #[collection(name = "a", encryption_optional, encryption_required = false)]
    struct Without;

    assert_eq!(Plain::encryption_key(), Some(KeyId::Master));
    assert_eq!(Required::encryption_key(), Some(KeyId::Master));
    assert_eq!(Optional::encryption_key().is_some(), ENCRYPTION_ENABLED);
    assert_eq!(Without::encryption_key(), None);
}

/// The natural id of `$type { id: 7 }` under each way to serialize it.
macro_rules! natural_ids {
    ($($(#[$attribute:meta])* $name:ident { $(#[$mark:ident])? })*) => {
        $({
            mod default {
                use super::*;

                #[derive(Collection, Serialize, Deserialize)]
                #[collection(name = "a")]
                $(#[$attribute])*
                pub struct $name {
                    $(#[$mark])?
                    pub id: u64,
                }

                impl $name {
                    #[allow(dead_code, clippy::unnecessary_wraps)]
                    fn id_of(&self) -> Option<u64> {
                        Some(self.id)
                    }
                }
            }
            mod format {
                use super::*;

                #[derive(Collection, Serialize, Deserialize)]
                #[collection(name = "a", serialization = transmog_pot::Pot)]
                $(#[$attribute])*
                pub struct $name {
                    $(#[$mark])?
                    pub id: u64,
                }

                impl $name {
                    #[allow(dead_code, clippy::unnecessary_wraps)]
                    fn id_of(&self) -> Option<u64> {
                        Some(self.id)
                    }
                }
            }
            let (default, format) = (default::$name { id: 7 }, format::$name { id: 7 });
            let id = <default::$name as SerializedCollection>::natural_id(&default);
            assert_eq!(id, Some(7), stringify!($name));
            let id = <format::$name as SerializedCollection>::natural_id(&format);
            assert_eq!(id, Some(7), stringify!($name));
        })*
    };
}

#[test]
fn natural_ids_are_given_in_many_ways() {
    natural_ids! {
        Field { #[natural_id] }
        #[collection(natural_id = Some(self.id))]
        Expression {}
        #[collection(natural_id = { let id = self.id; if id == 0 { None } else { Some(id) } })]
        Block {}
        #[collection(natural_id = self.id_of())]
        Method {}
        #[collection(natural_id = |user: &Self| Some(user.id))]
        Closure {}
        #[collection(natural_id = |user| Some(user.id))]
        ClosureWithoutType {}
        #[collection(natural_id = |user: &ClosureOfName| Some(user.id))]
        ClosureOfName {}
        #[collection(natural_id = Self::id_of)]
        AssociatedFunction {}
        #[collection(natural_id = <Self>::id_of)]
        QualifiedFunction {}
        #[collection(natural_id = seven)]
        Function {}
        #[collection(natural_id = self::seven)]
        FunctionOfModule {}
    }
}

#[allow(clippy::unnecessary_wraps)]
fn seven<T>(_: &T) -> Option<u64> {
    Some(7)
}

#[test]
fn the_marked_field_has_the_type_of_the_primary_key() {
    #[derive(Collection, Serialize, Deserialize)]
    #[collection(name = "a")]
    struct Named(u8, #[natural_id] String);

    let id: Option<String> = Named::natural_id(&Named(1, String::from("b")));
    assert_eq!(id.as_deref(), Some("b"));
}

#[test]
fn without_a_natural_id_there_is_none() {
    #[derive(Collection, Serialize, Deserialize)]
    #[collection(name = "a")]
    struct Plain(u64);

    assert_eq!(Plain::natural_id(&Plain(1)), None);
}

#[test]
fn key_serialization_stores_what_the_key_encodes() {
    #[derive(Collection, bonsaidb_macros::Key, Clone, Debug, PartialEq)]
    #[collection(name = "a", serialization = Key)]
    struct Number(u16);

    assert_eq!(Number::serialize(&Number(0x1234)).unwrap(), [0x12, 0x34]);
    assert_eq!(Number::deserialize(&[0x12, 0x34]).unwrap(), Number(0x1234));
}

#[test]
fn serialization_may_be_written_by_hand() {
    #[derive(Collection)]
    #[collection(name = "a", serialization = None)]
    struct ByHand;

    impl SerializedCollection for ByHand {
        type Contents = u32;
        type Format = transmog_pot::Pot;

        fn format() -> Self::Format {
            transmog_pot::Pot::default()
        }
    }

    let bytes = ByHand::serialize(&7).unwrap();
    assert_eq!(ByHand::deserialize(&bytes).unwrap(), 7);
}

#[test]
fn the_core_crate_may_be_named() {
    mod elsewhere {
        pub use bonsaidb_core as inner;
    }

    #[derive(Collection)]
    #[collection(name = "a", core = elsewhere::inner)]
    struct A;

    let schematic = Schematic::from_schema::<A>().unwrap();
    assert!(schematic.contains_collection::<A>());
}
