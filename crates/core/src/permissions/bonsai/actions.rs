//! What can be done. The name of an action is the path of its variants, such as `Database.Document.Get`; the names
//! are part of the interface, since administrators write statements about them.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::*;
use crate::connection::AuthenticationMethod;
use crate::permissions::Action;

/// Everything that can be done in BonsaiDb.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum BonsaiAction {
    /// Something done to the storage or server as a whole.
    Server(ServerAction),
    /// Something done to a database.
    Database(DatabaseAction),
}

/// What can be done to a storage or server as a whole.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum ServerAction {
    /// Connecting over a network. Checked against [`bonsaidb_resource_name`].
    Connect,
    /// Listing the registered schemas. Checked against [`bonsaidb_resource_name`].
    ListAvailableSchemas,
    /// Listing the databases. Checked against [`bonsaidb_resource_name`].
    ListDatabases,
    /// Creating a database. Checked against [`database_resource_name`].
    CreateDatabase,
    /// Deleting a database. Checked against [`database_resource_name`].
    DeleteDatabase,
    /// Creating a user. Checked against [`bonsaidb_resource_name`].
    CreateUser,
    /// Deleting a user. Checked against [`user_resource_name`].
    DeleteUser,
    /// Setting a user's password. Checked against [`user_resource_name`].
    SetPassword,
    /// Logging in. Checked against [`user_resource_name`] for a password, against
    /// [`authentication_token_resource_name`] for a token.
    Authenticate(AuthenticationMethod),
    /// Becoming a user or role without logging in. Checked against [`user_resource_name`] or [`role_resource_name`].
    AssumeIdentity,
    /// Adding a user to permission groups, or removing it from them. Checked against [`user_resource_name`].
    ModifyUserPermissionGroups,
    /// Giving roles to a user, or taking them away. Checked against [`user_resource_name`].
    ModifyUserRoles,
}

/// What can be done to a database.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum DatabaseAction {
    /// Compacting files. Checked against [`database_resource_name`], [`collection_resource_name`] or
    /// [`kv_resource_name`], whatever is compacted.
    Compact,
    /// Something done to documents.
    Document(DocumentAction),
    /// Something done through a view.
    View(ViewAction),
    /// Something done to the list of executed transactions.
    Transaction(TransactionAction),
    /// Something done with messages.
    PubSub(PubSubAction),
    /// Something done to the key-value store.
    KeyValue(KeyValueAction),
}

/// What can be done to documents.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum DocumentAction {
    /// Reading a document, or checking its revision. Checked against [`document_resource_name`].
    Get,
    /// Listing documents. Checked against [`collection_resource_name`].
    List,
    /// Listing the headers of documents. Checked against [`collection_resource_name`].
    ListHeaders,
    /// Counting documents. Checked against [`collection_resource_name`].
    Count,
    /// Inserting a document. Checked against [`collection_resource_name`].
    Insert,
    /// Updating a document. Checked against [`document_resource_name`].
    Update,
    /// Writing a document whatever its revision. Checked against [`document_resource_name`].
    Overwrite,
    /// Deleting a document. Checked against [`document_resource_name`].
    Delete,
}

/// What can be done through a view. Checked against [`view_resource_name`].
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum ViewAction {
    /// Querying mappings.
    Query,
    /// Reducing values.
    Reduce,
    /// Deleting the documents a query finds. Each needs [`DocumentAction::Delete`] as well.
    DeleteDocs,
}

/// What can be done to the list of executed transactions. Checked against [`database_resource_name`].
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum TransactionAction {
    /// Listing executed transactions.
    ListExecuted,
    /// Asking for the id of the last transaction.
    GetLastId,
}

/// What can be done with messages.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum PubSubAction {
    /// Creating a subscriber. Checked against [`database_resource_name`].
    CreateSuscriber,
    /// Publishing to a topic. Checked against [`pubsub_topic_resource_name`].
    Publish,
    /// Subscribing to a topic. Checked against [`pubsub_topic_resource_name`].
    SubscribeTo,
    /// Unsubscribing from a topic. Checked against [`pubsub_topic_resource_name`].
    UnsubscribeFrom,
}

/// What can be done to the key-value store.
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum KeyValueAction {
    /// Reading or writing a key. Checked against [`keyvalue_key_resource_name`].
    ExecuteOperation,
}

/// What can be done with an encryption key. Checked against [`encryption_key_resource_name`].
#[derive(Action, Serialize, Deserialize, Clone, Copy, Debug)]
#[action(actionable = crate::actionable)]
pub enum EncryptionKeyAction {
    /// Encrypting with the key.
    Encrypt,
    /// Decrypting with the key.
    Decrypt,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_paths_that_statements_rely_on() {
        for (action, name) in [
            (
                BonsaiAction::Server(ServerAction::Connect),
                "Server.Connect",
            ),
            (
                BonsaiAction::Server(ServerAction::Authenticate(AuthenticationMethod::Token)),
                "Server.Authenticate.Token",
            ),
            (
                BonsaiAction::Database(DatabaseAction::Compact),
                "Database.Compact",
            ),
            (
                BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get)),
                "Database.Document.Get",
            ),
            (
                BonsaiAction::Database(DatabaseAction::PubSub(PubSubAction::CreateSuscriber)),
                "Database.PubSub.CreateSuscriber",
            ),
        ] {
            assert_eq!(action.name().to_string(), name);
        }
        assert_eq!(EncryptionKeyAction::Encrypt.name().to_string(), "Encrypt");
    }

    #[test]
    fn segments_are_those_of_the_name() {
        let action = BonsaiAction::Database(DatabaseAction::View(ViewAction::Reduce));
        let mut segments = Vec::new();
        let flow = action.each_segment(&mut |segment| {
            segments.push(segment.to_owned());
            std::ops::ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        assert_eq!(segments, action.name().0);
    }
}
