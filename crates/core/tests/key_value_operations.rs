//! Key operations as data: their serialized forms, and the table that guards and backends are made from.

use bonsaidb_core::connection::Session;
use bonsaidb_core::keyvalue::{
    Command, KeyCheck, KeyStatus, KeyValue, Numeric, SetCommand, Timestamp, Value,
};
#[allow(clippy::wildcard_imports)] // the names in the table's rows
use bonsaidb_core::operations::*;
use bonsaidb_core::permissions::bonsai::{
    BonsaiAction, database_resource_name, keyvalue_key_resource_name,
};
use bonsaidb_core::permissions::{Permissions, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn operation(namespace: Option<&str>, key: &str, command: Command) -> KeyOperation {
    KeyOperation {
        namespace: namespace.map(str::to_owned),
        key: key.to_owned(),
        command,
    }
}

/// Asserts the JSON form of `value`, and that it comes back from there.
#[track_caller]
fn assert_form<T: Serialize + DeserializeOwned>(value: &T, form: &str) {
    let written = serde_json::to_string(value).unwrap();
    assert_eq!(written, form);
    let back: T = serde_json::from_str(form).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), form);
}

#[test]
fn operations_have_the_form_of_their_declaration() {
    let set = SetCommand {
        value: Value::Bytes(vec![1].into()),
        expiration: Some(Timestamp {
            seconds: 1,
            nanos: 2,
        }),
        keep_existing_expiration: false,
        check: Some(KeyCheck::OnlyIfPresent),
        return_previous_value: true,
    };
    assert_form(
        &operation(Some("n"), "k", Command::Set(set)),
        r#"{"namespace":"n","key":"k","command":{"Set":{"value":{"Bytes":[1]},"expiration":{"seconds":1,"nanos":2},"keep_existing_expiration":false,"check":"OnlyIfPresent","return_previous_value":true}}}"#,
    );
    assert_form(
        &operation(None, "k", Command::Get { delete: true }),
        r#"{"namespace":null,"key":"k","command":{"Get":{"delete":true}}}"#,
    );
    let (amount, saturating) = (Numeric::UnsignedInteger(1), false);
    assert_form(
        &Command::Increment { amount, saturating },
        r#"{"Increment":{"amount":{"UnsignedInteger":1},"saturating":false}}"#,
    );
    let (amount, saturating) = (Numeric::Float(0.5), true);
    assert_form(
        &Command::Decrement { amount, saturating },
        r#"{"Decrement":{"amount":{"Float":0.5},"saturating":true}}"#,
    );
    assert_form(&Command::Delete, r#""Delete""#);
    assert_form(&KeyCheck::OnlyIfVacant, r#""OnlyIfVacant""#);
}

#[test]
fn outputs_have_the_form_of_their_declaration() {
    for (status, form) in [
        (KeyStatus::Inserted, r#"{"Status":"Inserted"}"#),
        (KeyStatus::Updated, r#"{"Status":"Updated"}"#),
        (KeyStatus::Deleted, r#"{"Status":"Deleted"}"#),
        (KeyStatus::NotChanged, r#"{"Status":"NotChanged"}"#),
    ] {
        assert_form(&Output::Status(status), form);
    }
    assert_form(&Output::Value(None), r#"{"Value":null}"#);
    let number = Value::Numeric(Numeric::Integer(-1));
    assert_form(
        &Output::Value(Some(number)),
        r#"{"Value":{"Numeric":{"Integer":-1}}}"#,
    );
}

/// A connection for a session that answers with nothing, made from the table as real ones are.
struct Guarded {
    session: Option<Session>,
}

macro_rules! guarded {
    ($({ $name:ident $operation:ident [] (
        $($argument:ident: $param:ty => give $owned:ty as $seen:ty),*
    ) -> $output:ty; $($needs:tt)* })*) => {
        impl KeyValue for Guarded {
            $(fn $name(&self, $($argument: $param),*) -> Result<$output, Error> {
                $(let $argument: $seen = &$argument;)*
                let needs: Needs<'_> = $($needs)*;
                needs.check(self.session.as_ref(), "db")?;
                Ok(Output::Value(None))
            })*
        }
    };
}
bonsaidb_core::__key_value_operations!(guarded);

#[test]
fn each_operation_needs_to_be_allowed_on_its_key() {
    let unrestricted = Guarded { session: None };
    assert!(unrestricted.get_key("k").query().is_ok());

    let execute =
        BonsaiAction::Database(DatabaseAction::KeyValue(KeyValueAction::ExecuteOperation));
    let of_key = |namespace, key| {
        let resource = keyvalue_key_resource_name("db", namespace, key);
        Statement::for_resource(resource.to_owned()).allowing(&execute)
    };
    let with = |statements: Vec<Statement>| Guarded {
        session: Some(Session {
            permissions: Permissions::from(statements),
            ..Session::default()
        }),
    };
    let guarded = with(vec![of_key(Some("n"), "k"), of_key(None, "plain")]);
    let namespaced = guarded.with_key_namespace("n");
    assert!(namespaced.get_key("k").query().is_ok());
    assert!(guarded.get_key("plain").query().is_ok());
    for denied in [
        guarded.get_key("k").query(),
        namespaced.get_key("plain").query(),
        namespaced.get_key("other").query(),
        with(Vec::new()).get_key("k").query(),
    ] {
        match denied {
            Err(Error::PermissionDenied(denied)) => {
                assert_eq!(
                    denied.action.to_string(),
                    "Database.KeyValue.ExecuteOperation"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let whole = Statement::for_resource(database_resource_name("db").to_owned());
    let whole = with(vec![whole.allowing(&execute)]);
    assert!(whole.with_key_namespace("n").get_key("k").query().is_ok());
}
