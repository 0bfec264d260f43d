//! Public data types: texts, conversions and serialized forms that programs rely on.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Debug;

use bonsaidb::core::Error;
use bonsaidb::core::admin::{Admin, AuthenticationToken, PermissionGroup, Role, User};
use bonsaidb::core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb::core::connection::{
    self, AccessPolicy, AuthenticationMethod, Bound, Identity, IdentityId, IdentityReference,
    MaybeOwned, QueryKey, Range, RangeRef, SensitiveBytes, SensitiveString, SerializedQueryKey,
    Session, SessionAuthentication, SessionId, Sort,
};
use bonsaidb::core::document::{
    AnyHeader, BorrowedDocument, CollectionDocument, CollectionHeader, Document, DocumentId,
    HasHeader, Header, OwnedDocument, OwnedDocuments, Revision,
};
use bonsaidb::core::key::time::limited::{BonsaiEpoch, LimitedResolutionTimestamp, UnixEpoch};
use bonsaidb::core::key::time::{Milliseconds, SecondsSinceUnixEpoch, TimestampAsDays};
use bonsaidb::core::key::{EnumKey, Key, KeyEncoding, KeyFormat, VarInt};
use bonsaidb::core::keyvalue::Timestamp;
use bonsaidb::core::num_traits::{FromPrimitive, ToPrimitive};
use bonsaidb::core::ordered_varint::Variable;
use bonsaidb::core::permissions::bonsai::{
    BonsaiAction, DatabaseAction, DocumentAction, ServerAction, bonsaidb_resource_name,
    collection_resource_name, database_resource_name, document_resource_name, user_resource_name,
    view_resource_name,
};
use bonsaidb::core::permissions::{
    Action, ActionNameList, Identifier, Permissions, ResourceName, Statement,
};
use bonsaidb::core::schema::view::map::{
    Map, MappedSerializedDocuments, MappedSerializedValue, Mappings, Serialized,
};
use bonsaidb::core::schema::view::{self, ViewUpdatePolicy};
use bonsaidb::core::schema::{
    Authority, Collection, CollectionName, InvalidNameError, Name, Nameable, NamedReference,
    Qualified, QualifiedName, Schema, SchemaName, SchemaSummary, Schematic, SerializedCollection,
    ViewName,
};
use bonsaidb::core::transaction::{
    ChangedDocument, Changes, Command, DocumentChanges, Executed, Operation, OperationResult,
    Transaction,
};
use bonsaidb::core::transmog::{Format, OwnedDeserializer};
use bonsaidb::core::{limits, networking, transmog_pot};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Through the format that documents are stored in.
fn pot<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let format = transmog_pot::Pot::default();
    let bytes = format.serialize(value).unwrap();
    format.deserialize_owned(&bytes).unwrap()
}

/// The same text before and after.
fn debugs_alike<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    assert_eq!(format!("{:?}", pot(value)), format!("{value:?}"));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "data")]
struct Data {
    text: String,
}

fn header() -> Header {
    Header {
        id: DocumentId::from_u64(42),
        revision: Revision::new(b"one"),
    }
}

#[test]
fn data_survives_serialization() {
    debugs_alike(&header());
    debugs_alike(&CollectionHeader {
        id: String::from("a"),
        revision: Revision::with_id(7, b"x"),
    });
    let document = BorrowedDocument::new(DocumentId::from_u32(1), vec![0, 1, 255]);
    debugs_alike(&document.clone().into_owned());
    let bytes = transmog_pot::Pot::default()
        .serialize(&document.into_owned())
        .unwrap();
    assert_eq!(
        &transmog_pot::pot::from_slice::<BorrowedDocument<'_>>(&bytes)
            .unwrap()
            .contents[..],
        [0, 1, 255]
    );
    let stored = CollectionDocument::<Data> {
        header: CollectionHeader {
            id: 1,
            revision: Revision::new(b""),
        },
        contents: Data { text: "t".into() },
    };
    assert_eq!(pot(&stored), stored);
    debugs_alike(&Sort::Descending);
    debugs_alike(&AccessPolicy::NoUpdate);
    debugs_alike(&Range::from(1_u8..=4));
    debugs_alike(&Range::<u8>::default().after(1));
    debugs_alike(&connection::Database {
        name: "d".into(),
        schema: SchemaName::private("s"),
    });
    debugs_alike(&SchemaSummary::from(&Data::schematic().unwrap()));
    debugs_alike(&ViewUpdatePolicy::Unique);
    debugs_alike(&Transaction::insert(Data::collection_name(), None, vec![1]));
    debugs_alike(&OperationResult::DocumentDeleted {
        collection: Data::collection_name(),
        id: DocumentId::default(),
    });
    debugs_alike(&Executed {
        id: 1,
        changes: Changes::Documents(DocumentChanges {
            collections: vec![Data::collection_name()],
            documents: vec![ChangedDocument {
                collection: 0,
                id: DocumentId::from_u64(1),
                deleted: true,
            }],
        }),
    });
    debugs_alike(&Error::DocumentConflict(
        Data::collection_name(),
        Box::new(header()),
    ));
    debugs_alike(&Error::other("a", "b"));
    debugs_alike(&Error::Networking(networking::Error::Disconnected));
    debugs_alike(&NamedReference::<u64>::Name(Cow::Borrowed("n")));
    debugs_alike(&IdentityReference::user("somebody").unwrap());
    debugs_alike(&IdentityId::Role(4));
    debugs_alike(&Session {
        id: Some(SessionId(1)),
        authentication: SessionAuthentication::None,
        permissions: Permissions::allow_all(),
    });
    debugs_alike(&SerializedQueryKey::Multiple(vec![Bytes::from(vec![1])]));
    debugs_alike(
        &PermissionGroup::named("g").with_group_ids([Statement::for_any().allowing_all()]),
    );
    debugs_alike(&Role::named("r").with_group_ids([1, 2]));
    debugs_alike(&User::default_with_username("u"));
    debugs_alike(&MappedSerializedValue {
        key: Bytes::from(vec![1]),
        value: Bytes::default(),
    });
    debugs_alike(&MappedSerializedDocuments {
        mappings: vec![Serialized {
            source: header(),
            key: Bytes::default(),
            value: Bytes::default(),
        }],
        documents: [(
            DocumentId::from_u64(1),
            OwnedDocument {
                header: header(),
                contents: Bytes::default(),
            },
        )]
        .into(),
    });
    debugs_alike(&Milliseconds::new(-5));
    debugs_alike(&Timestamp {
        seconds: 1,
        nanos: 2,
    });
    assert_eq!(pot(&SensitiveString::from("secret")).0, "secret");
    assert_eq!(pot(&VarInt(5_u16)), VarInt(5));
}

#[test]
fn texts_name_what_they_are() {
    assert_eq!(
        header().to_string(),
        "7$2a@0-7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    );
    assert!(format!("{:?}", header().revision).starts_with("Revision(0-7692c3ad"));
    assert_eq!(
        format!("{:?}", SensitiveString::from("secret")),
        "SensitiveString(...)"
    );
    assert_eq!(
        format!("{:?}", SensitiveBytes(Bytes::from(vec![1]))),
        "SensitiveBytes(...)"
    );
    assert_eq!(ViewUpdatePolicy::Eager.to_string(), "Eager");
    let name = CollectionName::new("a.b", "c_d");
    assert_eq!(format!("{name} {name:#}"), "a.b.c_d a_2eb.c_5fd");
    assert_eq!(name.authority, Authority::from("a.b"));
    assert_eq!(name.name.as_ref(), "c_d");
    assert_eq!(String::from(Name::new("n")), "n");
    assert_eq!("a_2eb.c_5fd".parse::<CollectionName>().unwrap(), name);
    assert_eq!("a.b".parse::<QualifiedName>().unwrap().encoded(), "a.b");
    let InvalidNameError(text) = "nothing".parse::<SchemaName>().unwrap_err();
    assert_eq!(text, "nothing");
    assert_eq!(SchemaName::from(name.clone()).to_string(), "a.b.c_d");
    let view = ViewName {
        collection: name,
        name: Name::new("v.w"),
    };
    assert_eq!(view.to_string(), "a.b.c_d.v.w");
    assert_eq!(format!("{view:#}").parse::<ViewName>().unwrap(), view);
    assert_eq!(Milliseconds::new(5).to_string(), "5ms");
    assert_eq!(
        SecondsSinceUnixEpoch::from_representation(3).to_string(),
        "3"
    );
    assert_eq!(
        "1.5"
            .parse::<SecondsSinceUnixEpoch>()
            .unwrap()
            .representation(),
        1
    );
    assert_eq!(
        Admin::schema_name().to_string(),
        "khonsulabs.bonsaidb-admin"
    );
    let admin = Admin::schematic().unwrap();
    let mut collections = admin
        .collections()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    collections.sort();
    assert_eq!(
        collections,
        [
            "bonsaidb.authentication-tokens",
            "bonsaidb.databases",
            "khonsulabs.permission-group",
            "khonsulabs.role",
            "khonsulabs.user",
        ]
    );
    assert!(admin.contains_collection::<AuthenticationToken>());
    assert_eq!(limits::LIST_TRANSACTIONS_MAX_RESULTS, 1000);
    assert_eq!(limits::LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT, 100);
}

#[test]
fn every_error_says_what_it_is_about() {
    let collection = Data::collection_name();
    let view = ViewName {
        collection: collection.clone(),
        name: Name::new("by-text"),
    };
    let other = || {
        Box::new(Header {
            id: DocumentId::from_u64(43),
            revision: Revision::new(b"two"),
        })
    };
    let texts: [(Error, &[&str]); 14] = [
        (
            Error::SchemaMismatch {
                database_name: "name".into(),
                schema: SchemaName::private("new"),
                stored_schema: SchemaName::private("old"),
            },
            &["name", "private.new", "private.old"],
        ),
        (
            Error::SchemaAlreadyRegistered(SchemaName::private("s")),
            &["private.s"],
        ),
        (
            Error::SchemaNotRegistered(SchemaName::private("s")),
            &["private.s"],
        ),
        (
            Error::ViewAlreadyRegistered(view.clone()),
            &["private.data.by-text"],
        ),
        (Error::InvalidDatabaseName("b_d".into()), &["b_d"]),
        (Error::DatabaseNotFound("none".into()), &["none"]),
        (Error::DatabaseNameAlreadyTaken("taken".into()), &["taken"]),
        (
            Error::DocumentNotFound(collection.clone(), Box::new(DocumentId::from_u64(42))),
            &["private.data", "7$2a"],
        ),
        (
            Error::DocumentConflict(collection.clone(), Box::new(header())),
            &["private.data", "7$2a@0-7692"],
        ),
        (
            Error::UniqueKeyViolation {
                view,
                conflicting_document: Box::new(header()),
                existing_document: other(),
            },
            &["private.data.by-text", "7$2a@0-", "7$2b@0-"],
        ),
        (
            Error::DocumentPush(collection, bonsaidb::core::key::NextValueError::WouldWrap),
            &["private.data"],
        ),
        (Error::InvalidUnicode("broken".into()), &["broken"]),
        (Error::Password("hash".into()), &["hash"]),
        (Error::other("there", "failed"), &["there", "failed"]),
    ];
    for (error, parts) in texts {
        let text = error.to_string();
        for part in parts {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}

#[test]
fn ids_and_headers_convert() {
    let id = DocumentId::new::<u64, u64>(&42).unwrap();
    assert_eq!(id, DocumentId::from_u64(42));
    assert_eq!(id.deserialize::<u64>().unwrap(), 42);
    assert_eq!("7$2A".parse::<DocumentId>().unwrap(), id);
    assert_eq!(
        DocumentId::try_from([0; 8]).unwrap(),
        DocumentId::from_u64(0)
    );
    assert_eq!(
        DocumentId::try_from(Cow::Borrowed(&b"a"[..]))
            .unwrap()
            .to_string(),
        "a"
    );
    assert_eq!(
        <DocumentId as KeyEncoding<u64>>::as_ord_bytes(&id)
            .unwrap()
            .len(),
        8
    );
    assert_eq!(Identifier::from(&id), Identifier::from(id.to_vec()));
    assert!(matches!(
        DocumentId::try_from(&vec![1; DocumentId::MAX_LENGTH + 1][..]),
        Err(Error::DocumentIdTooLong)
    ));
    let typed = CollectionHeader::<u64>::try_from(&header()).unwrap();
    assert_eq!(typed.id, 42);
    assert_eq!(Header::try_from(typed).unwrap(), header());
    assert_eq!(
        AnyHeader::Collection(typed).into_header().unwrap(),
        header()
    );
    assert_eq!(typed.header().unwrap(), header());
    assert!(CollectionHeader::<u32>::try_from(header()).is_err());
    let set = HashSet::from([header(), header()]);
    assert_eq!(set.len(), 1);

    let mut document =
        BorrowedDocument::with_contents::<Data, _>(&3, &Data { text: "a".into() }).unwrap();
    assert_eq!(Document::<Data>::contents(&document).unwrap().text, "a");
    Document::<Data>::set_contents(&mut document, Data { text: "b".into() }).unwrap();
    Document::<Data>::set_collection_header(&mut document, typed).unwrap();
    let typed_document = CollectionDocument::<Data>::try_from(&document).unwrap();
    assert_eq!(
        (
            typed_document.header.id,
            typed_document.contents.text.as_str()
        ),
        (42, "b")
    );
    let back = BorrowedDocument::try_from(&typed_document).unwrap();
    assert_eq!(back.header, document.header);
    let owned = [back.into_owned()];
    assert_eq!(
        owned.collection_documents::<Data>().unwrap(),
        [typed_document]
    );
    let _: &Header = owned[0].as_ref();
    let _: &[u8] = owned[0].as_ref();
}

#[test]
fn everything_that_names_a_document_is_nameable() {
    fn name<'a, Id: for<'k> Key<'k>>(
        nameable: impl Nameable<'a, Id>,
    ) -> NamedReference<'static, Id> {
        nameable.name().unwrap().into_owned()
    }
    let text = String::from("n");
    let by_name = NamedReference::<'static, u64>::Name(Cow::Borrowed("n"));
    assert_eq!(name::<u64>("n"), by_name);
    assert_eq!(name::<u64>(&text), by_name);
    assert_eq!(name::<u64>(text.clone()), by_name);
    assert_eq!(name::<u64>(&by_name), by_name);
    assert_eq!(name::<u64>(by_name.clone()), by_name);
    assert_eq!(name(7_u64), NamedReference::Key(7));
    let id = DocumentId::from_u64(7);
    assert_eq!(name::<u64>(id.clone()), NamedReference::Id(id.clone()));
    let document = BorrowedDocument::new(id.clone(), CowBytes::from(&b""[..]));
    assert_eq!(name::<u64>(&document), NamedReference::Id(id.clone()));
    let typed = CollectionDocument::<Data> {
        header: CollectionHeader {
            id: 7,
            revision: Revision::new(b""),
        },
        contents: Data { text },
    };
    assert_eq!(name(&typed), NamedReference::Id(id));
    let from: NamedReference<'_, u64> = "n".into();
    assert_eq!(from, by_name);
    assert!(NamedReference::try_from(&typed).is_ok());
}

/// What a key names may live as long as something else that is borrowed.
fn either<'a>(name: &'a str, key: impl Nameable<'a, u64>) -> [NamedReference<'a, u64>; 2] {
    [name.name().unwrap(), key.name().unwrap()]
}

#[test]
fn numbers_are_nameable_beside_borrowed_names() {
    let name = String::from("borrowed");
    assert_eq!(either(&name, 4_u64)[1], NamedReference::Key(4));
}

#[test]
fn ranges_and_query_keys_convert() {
    let range: Range<u8> = (2..).into();
    assert_eq!(range.start, Bound::Included(2));
    assert_eq!(Range::from(..5), Range::default().before(5));
    assert_eq!(Range::from(..=5), Range::default().end_at(5));
    assert_eq!(Range::from(1..=5), Range::default().start_at(1).end_at(5));
    assert_eq!(Range::<u8>::from(..), Range::default());
    assert!(std::ops::RangeBounds::contains(&Range::from(1..5), &4));
    let key = QueryKey::<'_, String, str>::Multiple(vec![
        MaybeOwned::Borrowed("a"),
        MaybeOwned::Owned("b".into()),
    ]);
    let serialized = key.serialized().unwrap();
    let QueryKey::Multiple(keys) = serialized.deserialized::<String>().unwrap() else {
        panic!("{serialized:?}");
    };
    assert_eq!(&*keys[1], "b");
    let between = QueryKey::<'_, i32>::Range(RangeRef::owned(Range::from(-5..7)));
    let QueryKey::Range(range) = between.serialized().unwrap().deserialized::<i32>().unwrap()
    else {
        panic!("{between:?}");
    };
    assert_eq!(range, RangeRef::owned(Range::from(-5..7)));
    assert!(matches!(
        SerializedQueryKey::Matches(Bytes::from(vec![1])).deserialized::<u64>(),
        Err(Error::Other { origin, .. }) if origin == "key serialization"
    ));
}

#[test]
fn permissions_speak_of_names() {
    let get = BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get));
    assert_eq!(get.name().to_string(), "Database.Document.Get");
    let authenticate = ServerAction::Authenticate(AuthenticationMethod::Token);
    assert_eq!(authenticate.name().to_string(), "Authenticate.Token");
    let collection = Data::collection_name();
    let id = DocumentId::from_u64(1);
    let document = document_resource_name("db", &collection, &id);
    assert_eq!(
        document.to_string(),
        "bonsaidb.db.private.data.document.$0000000000000001"
    );
    assert_eq!(
        collection_resource_name("db", &collection)
            .into_iter()
            .count(),
        3
    );
    assert_eq!(database_resource_name("db").to_string(), "bonsaidb.db");
    assert_eq!(user_resource_name(5).to_string(), "bonsaidb.user.5");
    let view = ViewName {
        collection: collection.clone(),
        name: Name::new("v"),
    };
    assert_eq!(
        view_resource_name("db", &view).to_string(),
        "bonsaidb.db.private.data.view.v"
    );
    let permissions = Permissions::from(vec![
        Statement::for_resource(database_resource_name("db").to_owned()).allowing(&get),
        Statement {
            resources: vec![ResourceName::named("bonsaidb").and("user")],
            actions: Some(ActionNameList::All),
            configuration: None,
        },
    ]);
    assert!(permissions.allowed_to(&document, &get));
    assert!(permissions.check(bonsaidb_resource_name(), &get).is_err());
    assert!(permissions.allowed_to(
        [Identifier::from("bonsaidb"), "user".into(), 5.into()],
        &authenticate
    ));
    let denied = permissions.check(user_resource_name(5).and(1), &get);
    assert!(denied.is_ok());
    let merged = Permissions::merged([&permissions, &Permissions::default()]);
    assert!(merged.allowed_to(&document, &get));
    let denied = Permissions::default().check(&document, &get).unwrap_err();
    let error = Error::from(denied);
    let Error::PermissionDenied(denied) = &error else {
        panic!("{error}");
    };
    assert_eq!(denied.action, get.name());
    assert!(error.to_string().contains("Database.Document.Get"));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Small,
    Large,
}

impl ToPrimitive for Kind {
    fn to_i64(&self) -> Option<i64> {
        Some(*self as i64)
    }

    fn to_u64(&self) -> Option<u64> {
        Some(*self as u64)
    }
}

impl FromPrimitive for Kind {
    fn from_i64(n: i64) -> Option<Self> {
        Self::from_u64(n.try_into().ok()?)
    }

    fn from_u64(n: u64) -> Option<Self> {
        [Self::Small, Self::Large]
            .get(usize::try_from(n).ok()?)
            .copied()
    }
}

#[test]
fn keys_of_other_crates_are_reached_through_core() {
    assert_eq!(&*EnumKey(Kind::Large).as_ord_bytes().unwrap(), [1]);
    let mut number = VarInt(7_i32);
    *number += 1;
    assert_eq!((number * 2).0, 16);
    assert_eq!(i32::from(!number), !8);
    assert_eq!(8_u16.to_variable_vec().unwrap(), [8]);
    let format = KeyFormat;
    let bytes = format.serialize(&-1_i64).unwrap();
    let back: i64 = format.deserialize_owned(&bytes).unwrap();
    assert_eq!(back, -1);
    let unix: LimitedResolutionTimestamp<_, UnixEpoch> = SecondsSinceUnixEpoch::now();
    assert!(unix.representation() > 1_600_000_000);
    let bonsai: LimitedResolutionTimestamp<_, BonsaiEpoch> = TimestampAsDays::now();
    assert!(
        bonsai
            .duration_between(&std::time::SystemTime::now())
            .unwrap()
            .as_secs()
            < 86_401
    );
}

#[test]
fn identities_are_told_apart_by_kind_and_id() {
    let role = |id, name: &str| Identity::Role {
        id,
        name: name.to_owned(),
    };
    let user = Identity::User {
        id: 1,
        username: "a".to_owned(),
    };
    assert_eq!(role(1, "a"), role(1, "renamed"));
    assert_ne!(role(1, "a"), role(2, "a"));
    assert_ne!(role(1, "a"), user);
    assert_eq!(pot(&user), user);
}

#[test]
fn mappings_and_view_errors_are_values() {
    let mut mappings = Mappings::<u8, ()>::none();
    assert!(mappings.is_empty());
    mappings.push(Map::new(header(), 1, ()));
    mappings.extend([Map::new(header(), 2, ())]);
    assert_eq!(
        mappings.iter().map(|map| map.key).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        (&mappings).into_iter().count(),
        mappings.into_iter().count()
    );
    let error = view::Error::key_serialization(std::io::Error::other("bad key"));
    let error = Error::from(error);
    assert!(
        matches!(&error, Error::Other { origin, error } if origin == "view" && error.contains("bad key"))
    );
    let error = Error::from(view::Error::from(Error::ReduceUnimplemented));
    assert!(matches!(error, Error::ReduceUnimplemented));
}

const fn deletion(collection: CollectionName, header: Header) -> Operation {
    Operation::delete(collection, header)
}

#[test]
fn operations_are_plain_data() {
    let collection = Data::collection_name();
    let operation = Operation::push_serialized::<Data>(&Data { text: "a".into() }).unwrap();
    assert!(matches!(
        &operation.command,
        Command::Insert { id: None, .. }
    ));
    let operation =
        Operation::overwrite_serialized::<Data, u64>(&1, &Data { text: "a".into() }).unwrap();
    let Command::Overwrite { id, contents } = operation.command else {
        panic!("{operation:?}");
    };
    assert_eq!(id, DocumentId::from_u64(1));
    assert_eq!(
        <Data as SerializedCollection>::deserialize(&contents)
            .unwrap()
            .text,
        "a"
    );
    let typed = CollectionHeader {
        id: 1_u64,
        revision: Revision::new(b""),
    };
    let operation =
        Operation::update_serialized::<Data>(typed, &Data { text: "b".into() }).unwrap();
    assert!(matches!(operation.command, Command::Update { .. }));
    let operation = Operation::check_document_is_current::<Data, _>(&typed).unwrap();
    assert!(matches!(
        operation.command,
        Command::Check {
            revision: Some(_),
            ..
        }
    ));
    let transaction = Transaction::new()
        .with(deletion(collection.clone(), header()))
        .with(Operation::check_document_id_exists(
            collection.clone(),
            DocumentId::from_u64(1),
        ))
        .with(Operation::insert(collection.clone(), None, &b"bytes"[..]))
        .with(Operation::update(collection.clone(), header(), [1, 2]));
    assert_eq!(transaction.operations.len(), 4);
    let schematic: Schematic = Data::schematic().unwrap();
    assert_eq!(
        schematic.next_id_for_collection(&collection, None).unwrap(),
        DocumentId::from_u64(1)
    );
    assert!(
        schematic
            .collection_primary_key_description(&collection)
            .is_some()
    );
}
