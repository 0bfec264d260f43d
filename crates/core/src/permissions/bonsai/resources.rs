//! The names of the resources: what stands where in them is part of the interface, since administrators write
//! statements about them.

use crate::document::{DocumentId, KeyId};
use crate::permissions::{Identifier, ResourceName};
use crate::schema::{CollectionName, ViewName};

/// Returns the name of everything: `bonsaidb`.
pub fn bonsaidb_resource_name<'a>() -> ResourceName<'a> {
    ResourceName::named("bonsaidb")
}

/// Returns the name of a database: `bonsaidb.<name>`.
pub fn database_resource_name<'a>(name: impl Into<Identifier<'a>>) -> ResourceName<'a> {
    bonsaidb_resource_name().and(name)
}

/// Returns the name of a collection in a database: `bonsaidb.<database>.<collection>`.
///
/// The collection is one segment, its authority and name joined by a dot.
pub fn collection_resource_name<'a>(
    database: impl Into<Identifier<'a>>,
    collection: &CollectionName,
) -> ResourceName<'a> {
    database_resource_name(database).and(collection_text(collection))
}

/// Returns the name of a document: `bonsaidb.<database>.<collection>.document.<id>`.
pub fn document_resource_name<'a>(
    database: impl Into<Identifier<'a>>,
    collection: &CollectionName,
    id: &'a DocumentId,
) -> ResourceName<'a> {
    collection_resource_name(database, collection)
        .and("document")
        .and(&**id)
}

/// Returns the name of a view: `bonsaidb.<database>.<collection>.view.<name>`.
pub fn view_resource_name<'a>(database: &'a str, view: &'a ViewName) -> ResourceName<'a> {
    let name: &str = view.name.as_ref();
    collection_resource_name(database, &view.collection)
        .and("view")
        .and(name)
}

/// Returns the name of a topic: `bonsaidb.<database>.pubsub.<topic>`.
pub fn pubsub_topic_resource_name<'a>(database: &'a str, topic: &'a [u8]) -> ResourceName<'a> {
    database_resource_name(database).and("pubsub").and(topic)
}

/// Returns the name of a database's key-value store: `bonsaidb.<database>.keyvalue`.
pub fn kv_resource_name(database: &str) -> ResourceName<'_> {
    database_resource_name(database).and("keyvalue")
}

/// Returns the name of a key: `bonsaidb.<database>.keyvalue.<namespace>.<key>`, where no namespace is empty text.
pub fn keyvalue_key_resource_name<'a>(
    database: &'a str,
    namespace: Option<&'a str>,
    key: &'a str,
) -> ResourceName<'a> {
    kv_resource_name(database)
        .and(namespace.unwrap_or_default())
        .and(key)
}

/// Returns the name of an encryption key: `bonsaidb.vault.key.<id>`, where the master key is `_master`.
///
/// # Panics
///
/// If `key_id` is [`KeyId::None`], which names no key.
pub fn encryption_key_resource_name(key_id: &KeyId) -> ResourceName<'_> {
    let id = match key_id {
        KeyId::Master => "_master",
        KeyId::Id(id) => id.as_ref(),
        KeyId::None => panic!("`KeyId::None` is not the name of a key"),
    };
    bonsaidb_resource_name().and("vault").and("key").and(id)
}

/// Returns the name of a user: `bonsaidb.user.<id>`.
pub fn user_resource_name<'a>(user_id: u64) -> ResourceName<'a> {
    bonsaidb_resource_name().and("user").and(user_id)
}

/// Returns the name of a role: `bonsaidb.role.<id>`.
pub fn role_resource_name<'a>(role_id: u64) -> ResourceName<'a> {
    bonsaidb_resource_name().and("role").and(role_id)
}

/// Returns the name of an authentication token: `bonsaidb.authentication-token.<id>`.
pub fn authentication_token_resource_name<'a>(token_id: u64) -> ResourceName<'a> {
    bonsaidb_resource_name()
        .and("authentication-token")
        .and(token_id)
}

/// The text of the collection's name as `Display` writes it, made in one go: this is on the way of every request
/// of a session.
fn collection_text(collection: &CollectionName) -> String {
    let (authority, name): (&str, &str) = (collection.authority.as_ref(), collection.name.as_ref());
    [authority, name].join(".")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::schema::Qualified;

    fn collection() -> CollectionName {
        CollectionName::new("my.authority", "the name")
    }

    #[test]
    fn names_have_the_segments_that_statements_rely_on() {
        let view = ViewName {
            collection: collection(),
            name: "by-name".into(),
        };
        let id = DocumentId::from_u64(0x2a);
        let key = KeyId::Id(Cow::Borrowed("k"));
        for (name, text) in [
            (bonsaidb_resource_name(), "bonsaidb"),
            (database_resource_name("db"), "bonsaidb.db"),
            (
                collection_resource_name("db", &collection()),
                "bonsaidb.db.my.authority.the name",
            ),
            (
                document_resource_name("db", &collection(), &id),
                "bonsaidb.db.my.authority.the name.document.$000000000000002a",
            ),
            (
                view_resource_name("db", &view),
                "bonsaidb.db.my.authority.the name.view.by-name",
            ),
            (
                pubsub_topic_resource_name("db", b"\x01"),
                "bonsaidb.db.pubsub.$01",
            ),
            (kv_resource_name("db"), "bonsaidb.db.keyvalue"),
            (
                keyvalue_key_resource_name("db", Some("n"), "k"),
                "bonsaidb.db.keyvalue.n.k",
            ),
            (
                keyvalue_key_resource_name("db", None, "k"),
                "bonsaidb.db.keyvalue..k",
            ),
            (
                encryption_key_resource_name(&KeyId::Master),
                "bonsaidb.vault.key._master",
            ),
            (encryption_key_resource_name(&key), "bonsaidb.vault.key.k"),
            (user_resource_name(7), "bonsaidb.user.7"),
            (role_resource_name(7), "bonsaidb.role.7"),
            (
                authentication_token_resource_name(7),
                "bonsaidb.authentication-token.7",
            ),
        ] {
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn a_collection_is_one_segment_with_its_displayed_name() {
        let name = collection_resource_name("db", &collection());
        assert_eq!(name.as_ref().len(), 3);
        assert_eq!(name.as_ref()[2].to_string(), collection().to_string());
    }

    #[test]
    #[should_panic(expected = "not the name of a key")]
    fn no_key_has_no_name() {
        let _ = encryption_key_resource_name(&KeyId::None);
    }
}
