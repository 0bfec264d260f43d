//! What the builders of the key-value store ask for, and what they make of the answers, in both worlds.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bonsaidb_core::Error;
use bonsaidb_core::async_trait::async_trait;
use bonsaidb_core::keyvalue::{
    AsyncKeyValue, Command, KeyCheck, KeyOperation, KeyStatus, KeyValue, Numeric, Output,
    SetCommand, Timestamp, Value,
};
use bonsaidb_macros::twin;

/// Remembers what it was asked, and answers what it was told to.
#[twin]
#[derive(Default)]
struct AsyncFake {
    asked: Mutex<Vec<KeyOperation>>,
    answers: Mutex<VecDeque<Output>>,
    namespace: Option<&'static str>,
}

#[twin]
impl AsyncFake {
    fn answering(answers: impl IntoIterator<Item = Output>) -> Self {
        Self {
            asked: Mutex::default(),
            answers: Mutex::new(answers.into_iter().collect()),
            namespace: None,
        }
    }

    fn take(&self) -> Vec<KeyOperation> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The one operation that was asked for.
    fn taken(&self) -> (Option<String>, String, Command) {
        let mut asked = self.take();
        assert_eq!(asked.len(), 1, "{asked:?}");
        let operation = asked.remove(0);
        (operation.namespace, operation.key, operation.command)
    }
}

#[twin]
#[async_trait]
impl AsyncKeyValue for AsyncFake {
    async fn execute_key_operation(&self, op: KeyOperation) -> Result<Output, Error> {
        // Not ready at once, as a connection is not.
        #[only(async)]
        Later(false).await;
        self.asked.lock().unwrap().push(op);
        let answer = self.answers.lock().unwrap().pop_front();
        answer.ok_or_else(|| Error::other("fake", "no answer"))
    }

    fn key_namespace(&self) -> Option<&str> {
        self.namespace
    }
}

struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        let context = &mut Context::from_waker(Waker::noop());
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return value;
        }
    }
}

fn assert_send<T: Send + Unpin>(future: T) -> T {
    future
}

fn status(status: KeyStatus) -> Output {
    Output::Status(status)
}

fn number(number: impl Into<Numeric>) -> Output {
    Output::Value(Some(Value::Numeric(number.into())))
}

fn bytes(bytes: &[u8]) -> Output {
    Output::Value(Some(Value::Bytes(bytes.into())))
}

fn set_command(command: Command) -> SetCommand {
    match command {
        Command::Set(set) => set,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_conversion<T: std::fmt::Debug>(result: Result<T, Error>) {
    match result {
        Err(Error::Other { origin, .. }) => assert_eq!(origin, "key-value"),
        other => panic!("{other:?}"),
    }
}

/// The test of one text in both worlds.
macro_rules! both_worlds {
    ($($name:ident: $blocking:ident $asynchronous:ident;)*) => {
        $(mod $name {
            #[test]
            fn blocking() {
                super::$blocking();
            }

            #[test]
            fn asynchronous() {
                super::wait(super::$asynchronous());
            }
        })*
    };
}
both_worlds! {
    set_says_all_that_was_given: set set_async;
    set_answers_a_status_or_the_value_before: set_answers set_answers_async;
    get_converts_what_it_gets: get get_async;
    numbers_grow_and_shrink: change change_async;
    deletion_answers_a_status: delete delete_async;
    namespaces_nest: namespaces namespaces_async;
    failures_are_passed_on: failures failures_async;
    nothing_happens_before_execution: laziness laziness_async;
}

#[twin]
async fn set_async() {
    let fake = AsyncFake::answering((0..4).map(|_| status(KeyStatus::Inserted)));
    fake.set_key("a", &("text", 1_u8)).execute().await.unwrap();
    let (namespace, key, command) = fake.taken();
    assert_eq!((namespace, key.as_str()), (None, "a"));
    let set = set_command(command);
    let (text, one) = set.value.deserialize::<(String, u8)>().unwrap();
    assert_eq!((text.as_str(), one), ("text", 1));
    assert!(set.expiration.is_none() && set.check.is_none());
    assert!(!set.keep_existing_expiration && !set.return_previous_value);

    let at = SystemTime::UNIX_EPOCH + Duration::new(5, 6);
    fake.set_binary_key(String::from("b"), &[0, 255])
        .only_if_vacant()
        .only_if_exists()
        .keep_existing_expiration()
        .expire_at(at)
        .execute()
        .await
        .unwrap();
    let set = set_command(fake.taken().2);
    assert_eq!(set.value, Value::Bytes(vec![0, 255].into()));
    assert_eq!(set.expiration, Some(Timestamp::from(at)));
    assert!(matches!(set.check, Some(KeyCheck::OnlyIfPresent)));
    assert!(set.keep_existing_expiration && !set.return_previous_value);

    let before = Timestamp::now();
    fake.set_numeric_key("c", -1_i64)
        .only_if_exists()
        .only_if_vacant()
        .expire_at(at)
        .expire_in(Duration::from_secs(60))
        .execute()
        .await
        .unwrap();
    let set = set_command(fake.taken().2);
    assert_eq!(set.value, Value::Numeric(Numeric::Integer(-1)));
    assert!(matches!(set.check, Some(KeyCheck::OnlyIfVacant)));
    let left = set.expiration.unwrap() - before;
    let left = left.unwrap().as_secs();
    assert!((60..70).contains(&left), "{left}");

    // A time before 1970 is in the past like any other.
    let long_ago = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    fake.set_numeric_key("c", 1.5)
        .expire_at(long_ago)
        .execute()
        .await
        .unwrap();
    let set = set_command(fake.taken().2);
    assert_eq!(set.expiration, Some(Timestamp::MIN));
}

#[twin]
async fn set_answers_async() {
    let pot = set_command({
        let fake = AsyncFake::answering([status(KeyStatus::Updated)]);
        let set = fake.set_key("a", &vec![1_u8]).execute().await.unwrap();
        assert_eq!(set, KeyStatus::Updated);
        fake.taken().2
    });
    let fake = AsyncFake::answering([
        status(KeyStatus::NotChanged),
        number(7_u64),
        Output::Value(None),
        status(KeyStatus::NotChanged),
        Output::Value(Some(pot.value)),
        Output::Value(None),
        status(KeyStatus::NotChanged),
        number(7_u64),
        bytes(b""),
        // Not what was asked for.
        number(7_u64),
        status(KeyStatus::Updated),
    ]);
    let set = || fake.set_numeric_key("a", 1_u64);
    assert_eq!(set().execute().await.unwrap(), KeyStatus::NotChanged);
    assert!(!set_command(fake.taken().2).return_previous_value);
    let previous = set().returning_previous().await.unwrap();
    assert_eq!(previous, Some(Value::Numeric(Numeric::from(7_u64))));
    assert!(set_command(fake.taken().2).return_previous_value);
    assert_eq!(set().returning_previous().await.unwrap(), None);
    assert_eq!(set().returning_previous().await.unwrap(), None);

    let previous = set().returning_previous_as::<Vec<u8>>().await.unwrap();
    assert_eq!(previous, Some(vec![1]));
    for _ in 0..2 {
        let previous = set().returning_previous_as::<Vec<u8>>().await;
        assert_eq!(previous.unwrap(), None);
    }
    for _ in 0..2 {
        assert_conversion(set().returning_previous_as::<Vec<u8>>().await);
    }
    assert_conversion(set().execute().await);
    assert_conversion(set().returning_previous().await);
}

#[twin]
async fn get_async() {
    let fake = AsyncFake::answering([
        bytes(b"raw"),
        Output::Value(None),
        number(-1_i64),
        number(1.5),
        number(1_u64 << 63),
        number(u64::MAX),
        Output::Value(None),
        // What has no exact form.
        number(-1_i64),
        number(1_u64 << 63),
        number(u64::MAX),
        // What is no number.
        bytes(b"7"),
        bytes(b"7"),
        bytes(b"7"),
        // What is no value of the type.
        bytes(b"7"),
        number(7_u64),
        // Not what was asked for.
        status(KeyStatus::NotChanged),
    ]);
    let get = || fake.get_key("a");
    let value = get().and_delete().query().await.unwrap();
    assert_eq!(value, Some(Value::Bytes(b"raw"[..].into())));
    let (_, key, command) = fake.taken();
    assert_eq!(key, "a");
    assert!(matches!(command, Command::Get { delete: true }));
    assert_eq!(get().into::<String>().await.unwrap(), None);
    assert!(matches!(fake.taken().2, Command::Get { delete: false }));

    assert_eq!(get().into_i64().await.unwrap(), Some(-1));
    assert_eq!(get().into_f64().await.unwrap(), Some(1.5));
    assert_eq!(get().into_u64().await.unwrap(), Some(1 << 63));
    let lossy = get().into_i64_lossy(true).await;
    assert_eq!(lossy.unwrap(), Some(i64::MAX));
    assert_eq!(get().into_u64_lossy(true).await.unwrap(), None);

    assert_conversion(get().into_u64().await);
    assert_conversion(get().into_i64().await);
    assert_conversion(get().into_f64().await);
    assert_conversion(get().into_u64_lossy(true).await);
    assert_conversion(get().into_i64_lossy(true).await);
    assert_conversion(get().into_f64_lossy().await);
    assert_conversion(get().into::<(String, u8)>().await);
    assert_conversion(get().into::<u64>().await);
    assert_conversion(get().query().await);

    let fake = AsyncFake::answering([number(-1_i64), number(-1_i64), number(u64::MAX)]);
    let get = || fake.get_key("a");
    assert_eq!(get().into_u64_lossy(true).await.unwrap(), Some(0));
    let wrapped = get().into_u64_lossy(false).await;
    assert_eq!(wrapped.unwrap(), Some(u64::MAX));
    let nearest = get().into_f64_lossy().await.unwrap();
    assert_eq!(nearest, Some(18_446_744_073_709_551_616.0));
}

#[twin]
async fn change_async() {
    let fake = AsyncFake::answering([
        number(3_u64),
        number(-3_i64),
        number(0.5),
        // Of another type, and no number at all.
        number(1_u64),
        bytes(b"1"),
        Output::Value(None),
        status(KeyStatus::Updated),
    ]);
    let new = fake.increment_key_by("a", 2_u64).execute().await;
    assert_eq!(new.unwrap(), 3);
    let (_, key, command) = fake.taken();
    assert_eq!(key, "a");
    let expected = Numeric::UnsignedInteger(2);
    assert!(
        matches!(command, Command::Increment { amount, saturating: true } if amount == expected)
    );
    let new = fake.decrement_key_by("a", 2_i64).allow_overflow();
    assert_eq!(new.execute().await.unwrap(), -3);
    let expected = Numeric::Integer(2);
    assert!(
        matches!(fake.taken().2, Command::Decrement { amount, saturating: false } if amount == expected)
    );
    let new = fake.increment_key_by(String::from("a"), 0.25);
    assert!((new.execute().await.unwrap() - 0.5).abs() < f64::EPSILON);
    for _ in 0..4 {
        assert_conversion(fake.increment_key_by("a", 1_i64).execute().await);
    }
}

#[twin]
async fn delete_async() {
    let fake = AsyncFake::answering([
        status(KeyStatus::Deleted),
        status(KeyStatus::NotChanged),
        Output::Value(None),
    ]);
    let deleted = fake.delete_key(String::from("a")).await.unwrap();
    assert_eq!(deleted, KeyStatus::Deleted);
    let (namespace, key, command) = fake.taken();
    assert_eq!((namespace, key.as_str()), (None, "a"));
    assert!(matches!(command, Command::Delete));
    let deleted = fake.delete_key("a").await.unwrap();
    assert_eq!(deleted, KeyStatus::NotChanged);
    assert_conversion(fake.delete_key("a").await);
}

#[twin]
async fn namespaces_async() {
    let answers = std::iter::repeat_n(Output::Value(None), 7);
    let fake = AsyncFake::answering(answers);
    assert_eq!(fake.key_namespace(), None);
    let outer = fake.with_key_namespace("a");
    assert_eq!(outer.key_namespace(), Some("a"));
    let inner = outer.with_key_namespace("b");
    assert_eq!(inner.key_namespace(), Some("a\0b"));
    let deep = inner.with_key_namespace("c");
    assert_eq!(deep.key_namespace(), Some("a\0b\0c"));

    inner.get_key("k").query().await.unwrap();
    assert_conversion(inner.set_key("k", &1).execute().await);
    assert_conversion(inner.set_binary_key("k", b"1").execute().await);
    assert_conversion(inner.set_numeric_key("k", 1_u64).execute().await);
    assert_conversion(inner.increment_key_by("k", 1_u64).execute().await);
    assert_conversion(inner.decrement_key_by("k", 1_u64).execute().await);
    assert_conversion(inner.delete_key("k").await);
    let asked = fake.take();
    assert_eq!(asked.len(), 7);
    for operation in asked {
        assert_eq!(operation.namespace.as_deref(), Some("a\0b"));
        assert_eq!(operation.key, "k");
    }

    // The empty namespace is the same as none, wherever it stands.
    let none = fake.with_key_namespace("");
    assert_eq!(none.key_namespace(), None);
    let still_none = none.with_key_namespace("");
    assert_eq!(still_none.key_namespace(), None);
    assert_eq!(
        still_none.with_key_namespace("a").key_namespace(),
        Some("a")
    );
    assert_eq!(outer.with_key_namespace("").key_namespace(), Some("a"));
    let fake = AsyncFake {
        namespace: Some(""),
        ..AsyncFake::default()
    };
    assert_eq!(fake.with_key_namespace("a").key_namespace(), Some("a"));
}

#[twin]
async fn failures_async() {
    /// Has no serialized form.
    struct Unserializable;

    impl serde::Serialize for Unserializable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("will not"))
        }
    }

    let fake = AsyncFake::default();
    assert_conversion(fake.set_key("a", &Unserializable).execute().await);
    assert!(fake.take().is_empty(), "nothing is asked without a value");
    let refused = fake.get_key("a").query().await;
    assert!(matches!(refused, Err(Error::Other { origin, .. }) if origin == "fake"));
    assert!(fake.delete_key("a").await.is_err());
    assert!(fake.increment_key_by("a", 1.0).execute().await.is_err());
}

#[twin]
async fn laziness_async() {
    let fake = AsyncFake::answering([Output::Value(None)]);
    let get = fake.get_key("a").and_delete();
    drop(fake.set_key("a", &1).only_if_vacant());
    drop(fake.increment_key_by("a", 1_u64).allow_overflow());
    assert!(fake.take().is_empty());
    get.query().await.unwrap();
    assert_eq!(fake.take().len(), 1);
}

#[test]
fn async_builders_are_futures() {
    let fake = AsyncFake::answering([
        status(KeyStatus::Inserted),
        bytes(b"b"),
        number(4_u64),
        status(KeyStatus::Updated),
    ]);
    wait(async {
        let namespaced = fake.with_key_namespace("n");
        let set = namespaced.set_key("a", &"borrowed").only_if_vacant();
        assert_eq!(set.await.unwrap(), KeyStatus::Inserted);
        let (namespace, key, command) = fake.taken();
        assert_eq!((namespace.as_deref(), key.as_str()), (Some("n"), "a"));
        let set = set_command(command);
        assert_eq!(set.value.deserialize::<String>().unwrap(), "borrowed");
        assert!(matches!(set.check, Some(KeyCheck::OnlyIfVacant)));

        let value = namespaced.get_key("a").and_delete().await.unwrap();
        assert_eq!(value, Some(Value::Bytes(b"b"[..].into())));
        assert!(matches!(fake.taken().2, Command::Get { delete: true }));

        let new = namespaced
            .decrement_key_by("a", 1_u64)
            .allow_overflow()
            .await;
        assert_eq!(new.unwrap(), 4);
        let (namespace, _, command) = fake.taken();
        assert_eq!(namespace.as_deref(), Some("n"));
        assert!(matches!(
            command,
            Command::Decrement {
                saturating: false,
                ..
            }
        ));

        let set = assert_send(namespaced.set_numeric_key("a", 1_u64));
        assert_eq!(set.await.unwrap(), KeyStatus::Updated);
        drop(assert_send(namespaced.get_key("a")));
        drop(assert_send(namespaced.increment_key_by("a", 1.0)));
    });
}
