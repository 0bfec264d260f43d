//! The key-value store as programs use it: generic functions, every builder, namespaces. What answers here is a script, since
//! it is the types that are tested.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bonsaidb::core::Error;
use bonsaidb::core::arc_bytes::serde::Bytes;
use bonsaidb::core::async_trait::async_trait;
use bonsaidb::core::key::Key;
use bonsaidb::core::keyvalue::namespaced::Namespaced;
use bonsaidb::core::keyvalue::{
    Command, IncompatibleTypeError, KeyCheck, KeyOperation, KeyStatus, Numeric, Output, SetCommand,
    Timestamp, Value, get, increment, set,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    owner: String,
    items: Vec<u32>,
}

/// Answers one line of a script after the other.
struct Script(Mutex<VecDeque<Output>>);

impl Script {
    fn new(answers: impl IntoIterator<Item = Output>) -> Self {
        Self(Mutex::new(answers.into_iter().collect()))
    }

    fn answer(&self, op: KeyOperation) -> Result<Output, Error> {
        let KeyOperation { key, command, .. } = op;
        if let Command::Set(SetCommand { value, .. }) = command {
            value.validate()?;
        }
        let answer = self.0.lock().unwrap().pop_front();
        answer.ok_or_else(|| Error::other("script", format!("no answer for {key}")))
    }
}

fn status(status: KeyStatus) -> Output {
    Output::Status(status)
}

fn number(number: impl Into<Numeric>) -> Output {
    Output::Value(Some(Value::Numeric(number.into())))
}

fn cart() -> Cart {
    Cart {
        owner: String::from("ann"),
        items: vec![1, 2],
    }
}

fn serialized_cart() -> Output {
    let bytes = bonsaidb::core::transmog::Format::serialize(
        &bonsaidb::core::transmog_pot::Pot::default(),
        &cart(),
    );
    Output::Value(Some(Value::Bytes(Bytes::from(bytes.unwrap()))))
}

mod blocking {
    use bonsaidb::core::keyvalue::KeyValue;

    use super::*;

    struct Blocking(Script);

    impl KeyValue for Blocking {
        fn execute_key_operation(&self, op: KeyOperation) -> Result<Output, Error> {
            self.0.answer(op)
        }
    }

    /// A handle that counts keys in a namespace of its own, as a library would.
    struct Counters<'a, K> {
        keys: Namespaced<'a, K>,
    }

    impl<'a, K: KeyValue> Counters<'a, K> {
        fn new(database: &'a K) -> Self {
            Self {
                keys: database.with_key_namespace("counters"),
            }
        }

        fn add<V>(&self, name: &str, amount: V) -> Result<V, Error>
        where
            V: Into<Numeric> + TryFrom<Numeric, Error = IncompatibleTypeError> + Send + Sync,
        {
            let builder: increment::Builder<'_, Namespaced<'a, K>, V> =
                self.keys.increment_key_by(name, amount);
            builder.execute()
        }
    }

    fn remember<K: KeyValue, V: Serialize + Send + Sync>(
        keys: &K,
        name: impl Into<String>,
        value: &V,
    ) -> Result<bool, Error> {
        let builder: set::Builder<'_, K, V> = keys.set_key(name, value);
        let status = builder
            .only_if_vacant()
            .expire_in(Duration::from_secs(30))
            .execute()?;
        Ok(status == KeyStatus::Inserted)
    }

    fn recall<K: KeyValue, V: for<'de> Deserialize<'de>>(
        keys: &K,
        name: &str,
    ) -> Result<Option<V>, Error> {
        let builder: get::Builder<'_, K> = keys.get_key(name);
        builder.into()
    }

    fn replace<K: KeyValue>(keys: &K, cart: &Cart) -> Result<Option<Cart>, Error> {
        keys.set_key("cart", cart)
            .keep_existing_expiration()
            .returning_previous_as()
    }

    #[test]
    fn programs_are_generic_over_the_store() -> Result<(), Error> {
        let database = Blocking(Script::new([
            number(1_u64),
            number(-1_i64),
            number(0.5),
            status(KeyStatus::Inserted),
            serialized_cart(),
            Output::Value(None),
            serialized_cart(),
            number(7_i64),
            status(KeyStatus::Updated),
            number(3_u64),
            status(KeyStatus::Deleted),
        ]));
        let counters = Counters::new(&database);
        assert_eq!(counters.add("a", 1_u64)?, 1);
        assert_eq!(counters.add("a", -2_i64)?, -1);
        assert!((counters.add("a", 0.25_f64)? - 0.5).abs() < f64::EPSILON);
        assert_eq!(counters.keys.key_namespace(), Some("counters"));

        assert!(remember(&database, "cart", &cart())?);
        assert_eq!(recall(&database, "cart")?, Some(cart()));
        assert_eq!(recall::<_, Cart>(&database, "cart")?, None);
        assert_eq!(replace(&database, &cart())?, Some(cart()));

        let previous = database
            .set_binary_key("raw", b"bytes")
            .expire_at(SystemTime::now() + Duration::from_secs(1))
            .only_if_exists()
            .returning_previous()?;
        assert_eq!(previous, Some(Value::Numeric(Numeric::Integer(7))));
        let updated = database.set_numeric_key("n", 3_u64).execute()?;
        assert_eq!(updated, KeyStatus::Updated);
        let taken = database.get_key("n").and_delete().into_u64()?;
        assert_eq!(taken, Some(3));
        assert_eq!(database.delete_key("n")?, KeyStatus::Deleted);

        let refused = database.set_numeric_key("n", f64::NAN).execute();
        assert!(matches!(refused, Err(Error::NotANumber)));
        let refused = database.delete_key(String::from("n"));
        assert!(matches!(refused, Err(Error::Other { error, .. }) if error.contains('n')));
        Ok(())
    }
}

mod asynchronous {
    use bonsaidb::core::keyvalue::AsyncKeyValue;

    use super::*;

    struct Async(Script);

    #[async_trait]
    impl AsyncKeyValue for Async {
        async fn execute_key_operation(&self, op: KeyOperation) -> Result<Output, Error> {
            tokio::task::yield_now().await;
            self.0.answer(op)
        }
    }

    async fn visit<K: AsyncKeyValue>(database: &K, page: &str) -> Result<u64, Error> {
        let visits = database.with_key_namespace("site");
        let visits = visits.with_key_namespace("visits");
        assert_eq!(visits.key_namespace(), Some("site\0visits"));
        let builder: increment::AsyncBuilder<'_, Namespaced<'_, Namespaced<'_, K>>, u64> =
            visits.increment_key_by(page, 1_u64);
        builder.allow_overflow().await
    }

    async fn remember<K: AsyncKeyValue>(keys: &K, cart: &Cart) -> Result<KeyStatus, Error> {
        let builder: set::AsyncBuilder<'_, K, Cart> = keys.set_key("cart", cart);
        builder.keep_existing_expiration().await
    }

    async fn recall<K, V>(keys: &K) -> Result<Option<V>, Error>
    where
        K: AsyncKeyValue,
        V: for<'de> Deserialize<'de>,
    {
        let builder: get::AsyncBuilder<'_, K> = keys.get_key("cart");
        builder.into().await
    }

    #[tokio::test]
    async fn programs_are_generic_over_the_store() -> Result<(), Error> {
        let database = Async(Script::new([
            number(9_u64),
            status(KeyStatus::Updated),
            serialized_cart(),
            serialized_cart(),
            number(-1_i64),
            Output::Value(None),
            status(KeyStatus::NotChanged),
        ]));
        assert_eq!(visit(&database, "home").await?, 9);
        assert_eq!(remember(&database, &cart()).await?, KeyStatus::Updated);
        assert_eq!(recall::<_, Cart>(&database).await?, Some(cart()));
        let previous = database
            .set_key("cart", &cart())
            .returning_previous_as::<Cart>()
            .await?;
        assert_eq!(previous, Some(cart()));
        assert_eq!(database.get_key("n").into_i64_lossy(true).await?, Some(-1));
        assert_eq!(database.get_key("n").await?, None);
        assert_eq!(database.delete_key("n").await?, KeyStatus::NotChanged);
        Ok(())
    }

    /// Builders outlive the task they were made in: they are moved into others.
    #[tokio::test]
    async fn builders_can_be_spawned() {
        static DATABASE: std::sync::LazyLock<Async> = std::sync::LazyLock::new(|| {
            Async(Script::new([number(1_u64), number(1_u64), number(1_u64)]))
        });
        let (set, get, increment) = tokio::join!(
            tokio::spawn(DATABASE.set_numeric_key("a", 1_u64).returning_previous()),
            tokio::spawn(DATABASE.get_key("a")),
            tokio::spawn(DATABASE.increment_key_by("a", 1_u64)),
        );
        let one = Some(Value::Numeric(Numeric::from(1_u64)));
        assert_eq!(set.unwrap().unwrap(), one);
        assert_eq!(get.unwrap().unwrap(), one);
        assert_eq!(increment.unwrap().unwrap(), 1);
    }
}

/// Whatever crosses a network or a thread.
fn assert_data<T: Clone + Debug + Serialize + for<'de> Deserialize<'de> + Send + Sync>() {}

fn assert_error<T: std::error::Error + Send + Sync + 'static>(_: &T) {}

fn assert_copy<T: Copy>() {}

fn assert_key<T: for<'k> Key<'k>>() {}

#[test]
fn operations_are_data() {
    assert_data::<KeyOperation>();
    assert_data::<Command>();
    assert_data::<SetCommand>();
    assert_data::<KeyCheck>();
    assert_data::<Value>();
    assert_data::<Numeric>();
    assert_data::<Output>();
    assert_data::<KeyStatus>();
    assert_data::<Timestamp>();
    assert_error(&IncompatibleTypeError);
    assert_error(&u64::try_from(Numeric::Integer(1)).unwrap_err());
    assert_copy::<KeyCheck>();
    assert_copy::<KeyStatus>();
    assert_key::<Timestamp>();
    assert_eq!(Timestamp::default(), Timestamp::MIN);
    assert_eq!(
        Timestamp::MAX - Timestamp::MIN,
        Some(Duration::from(Timestamp::MAX))
    );
    assert!(Timestamp::now() + Duration::from_secs(1) > Timestamp::from(SystemTime::now()));
}
