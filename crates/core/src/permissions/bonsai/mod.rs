//! The resources and actions of BonsaiDb.
//!
//! Each function below makes the name of a resource, each variant of [`BonsaiAction`] is something that can be done
//! to one. The documentation of an action says which resource it is checked against.

mod actions;
mod resources;

pub use self::actions::{
    BonsaiAction, DatabaseAction, DocumentAction, EncryptionKeyAction, KeyValueAction,
    PubSubAction, ServerAction, TransactionAction, ViewAction,
};
pub use self::resources::{
    authentication_token_resource_name, bonsaidb_resource_name, collection_resource_name,
    database_resource_name, document_resource_name, encryption_key_resource_name,
    keyvalue_key_resource_name, kv_resource_name, pubsub_topic_resource_name, role_resource_name,
    user_resource_name, view_resource_name,
};
