//! What callers of the query builders may write as a range, and what they may leave to inference.
//! The functions here have the bounds of the builders' methods; that the calls compile is the test.

use std::borrow::{Borrow, Cow};
use std::marker::PhantomData;
use std::ops::{self, RangeBounds};

use bonsaidb_core::connection::{
    Bound, BoundRef, MaybeOwned, QueryKey, Range, RangeRef, SerializedQueryKey,
};
use bonsaidb_core::key::{
    ByteSource, IncorrectByteLength, IntoPrefixRange, Key, KeyEncoding, KeyVisitor,
};

/// Stands for the builder of a query of a view with keys of this type.
struct View<VKey>(PhantomData<VKey>);

const fn view<VKey>() -> View<VKey> {
    View(PhantomData)
}

#[allow(clippy::unused_self)] // the builders' methods take it
impl<VKey> View<VKey>
where
    VKey: for<'k> Key<'k>,
{
    fn with_key<'a, K>(&self, key: &'a K) -> QueryKey<'a, VKey, K>
    where
        K: KeyEncoding<VKey> + PartialEq + ?Sized,
        VKey: Borrow<K> + PartialEq<K>,
    {
        QueryKey::Matches(MaybeOwned::Borrowed(key))
    }

    fn with_keys<'a, K, IntoIter: IntoIterator<Item = &'a K>>(
        &self,
        keys: IntoIter,
    ) -> QueryKey<'a, VKey, K>
    where
        K: PartialEq + ?Sized + 'a,
        VKey: Borrow<K> + PartialEq<K>,
    {
        QueryKey::Multiple(keys.into_iter().map(MaybeOwned::Borrowed).collect())
    }

    fn with_key_range<'a, K, R: Into<RangeRef<'a, VKey, K>>>(
        &self,
        range: R,
    ) -> QueryKey<'a, VKey, K>
    where
        K: PartialEq,
        VKey: Borrow<K> + PartialEq<K>,
    {
        QueryKey::Range(range.into())
    }

    fn with_key_range_async<'a, K, R: Into<RangeRef<'a, VKey, K>>>(
        &self,
        range: R,
    ) -> QueryKey<'a, VKey, K>
    where
        K: KeyEncoding<VKey> + PartialEq + ?Sized,
        VKey: Borrow<K> + PartialEq<K>,
    {
        QueryKey::Range(range.into())
    }

    fn with_key_prefix<'a, K>(&self, prefix: &'a K) -> QueryKey<'a, VKey, K>
    where
        K: KeyEncoding<VKey> + IntoPrefixRange<'a, VKey> + PartialEq + ?Sized,
        VKey: Borrow<K> + PartialEq<K>,
    {
        QueryKey::Range(prefix.to_prefix_range())
    }
}

/// Stands for a collection with ids of this type.
trait Collection {
    type PrimaryKey: for<'k> Key<'k>;

    fn list<'id, R, PrimaryKey, C>(
        ids: R,
        _connection: &'id C,
    ) -> RangeRef<'id, Self::PrimaryKey, PrimaryKey>
    where
        R: Into<RangeRef<'id, Self::PrimaryKey, PrimaryKey>>,
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + PartialEq + 'id,
        Self::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        ids.into()
    }

    /// As on the blocking builder of a connection.
    fn list_blocking<'a, PrimaryKey, R>(ids: R) -> Range<&'a PrimaryKey>
    where
        R: Into<Range<&'a PrimaryKey>>,
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + PartialEq + 'a + ?Sized,
        Self::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        ids.into()
    }
}

struct Numbers;

impl Collection for Numbers {
    type PrimaryKey = u64;
}

struct Names;

impl Collection for Names {
    type PrimaryKey = String;
}

/// A key as the derive makes it from a struct with one field.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Derived(u32);

impl<'k> Key<'k> for Derived {
    const CAN_OWN_BYTES: bool = <u32 as Key<'k>>::CAN_OWN_BYTES;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        u32::from_ord_bytes(bytes).map(Self)
    }
}

impl KeyEncoding for Derived {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = <u32 as KeyEncoding>::LENGTH;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        u32::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        self.0.as_ord_bytes()
    }
}

/// Returns the encoded bounds of the range that is asked for.
fn bounds<KOwned, KBorrowed>(query: &QueryKey<'_, KOwned, KBorrowed>) -> (Vec<u8>, Vec<u8>)
where
    KBorrowed: KeyEncoding<KOwned> + PartialEq + ?Sized,
    KOwned: for<'k> Key<'k> + Borrow<KBorrowed> + PartialEq<KBorrowed>,
{
    let SerializedQueryKey::Range(range) = query.serialized().unwrap() else {
        panic!("not a range");
    };
    let bytes = |bound| match bound {
        Bound::Unbounded => Vec::new(),
        Bound::Included(bytes) => [b"=", bytes_of(&bytes)].concat(),
        Bound::Excluded(bytes) => [b"!", bytes_of(&bytes)].concat(),
    };
    (bytes(range.start), bytes(range.end))
}

fn bytes_of(bytes: &bonsaidb_core::arc_bytes::serde::Bytes) -> &[u8] {
    bytes
}

#[test]
fn ranges_of_owned_integers_infer_everything() {
    let view = view::<u8>();
    let from = (b"=\x0b".to_vec(), vec![]);
    assert_eq!(bounds(&view.with_key_range(11..)), from);
    assert_eq!(bounds(&view.with_key_range_async(11..)), from);
    let to = (vec![], b"!\x05".to_vec());
    assert_eq!(bounds(&view.with_key_range(..5)), to);
    let between = (b"=\x01".to_vec(), b"!\x05".to_vec());
    assert_eq!(bounds(&view.with_key_range(1..5)), between);
    assert_eq!(bounds(&view.with_key_range(&(&1..&5))), between);
    let up_to = (b"=\x01".to_vec(), b"=\x05".to_vec());
    assert_eq!(bounds(&view.with_key_range(1..=5)), up_to);
    assert_eq!(bounds(&view.with_key_range_async(&(&1..=&5))), up_to);
    assert_eq!(bounds(&view.with_key_range(..)), (vec![], vec![]));
    let end = (vec![], b"=\x05".to_vec());
    assert_eq!(bounds(&view.with_key_range(..=&5)), end);
    assert_eq!(bounds(&view.with_key_range(&(&11..))), from);
    assert_eq!(bounds(&view.with_key_range(&(..&5))), to);
    let own = Range::default().after(1).end_at(5);
    let after = (b"!\x01".to_vec(), b"=\x05".to_vec());
    assert_eq!(bounds(&view.with_key_range(own)), after);
    let reference = RangeRef::<u8>::owned(own);
    assert_eq!(bounds(&view.with_key_range(reference)), after);
}

#[test]
fn lists_of_integers_infer_everything() {
    let connection = ();
    let range = Numbers::list(1..=5, &connection);
    assert!(range.contains(&5) && !range.contains(&6) && !range.contains(&0));
    let range = Numbers::list(2.., &connection);
    assert!(range.contains(&2) && !range.contains(&1));
    assert!(Numbers::list(.., &connection).contains(&1));
    assert!(Numbers::list(..3, &connection).contains(&2));
    assert!(Numbers::list(..=&3, &connection).contains(&3));

    let range = Numbers::list_blocking(&1..=&5);
    assert_eq!(range, Range::default().start_at(&1).end_at(&5));
    let range = Numbers::list_blocking(&1..);
    assert_eq!(range, Range::default().start_at(&1));
    let range = Numbers::list_blocking(..=&5);
    assert_eq!(range, Range::default().end_at(&5));
}

#[test]
fn options_and_derived_keys_infer_everything() {
    let range = view::<Option<u64>>().with_key_range(Some(1)..);
    assert_eq!(bounds(&range).0.len(), 1 + 9);
    let range = view::<Option<u64>>().with_key_range(None..Some(1));
    assert_eq!(bounds(&range).0.len(), 1 + 9);
    let range = view::<Derived>().with_key_range(Derived(1)..Derived(2));
    assert_eq!(bounds(&range).1, b"!\0\0\0\x02");
    let range = view::<(u8, String)>().with_key_range((1, String::new())..);
    assert_eq!(bounds(&range).0, b"=\x01\0");
}

#[test]
fn ranges_of_text_name_the_borrowed_type() {
    let view = view::<String>();
    let expected = (b"=a".to_vec(), b"!b".to_vec());
    let owned = String::from("a")..String::from("b");
    assert_eq!(
        bounds(&view.with_key_range::<String, _>(owned.clone())),
        expected
    );
    let borrowed = &owned.start..&owned.end;
    assert_eq!(
        bounds(&view.with_key_range::<String, _>(&borrowed)),
        expected
    );

    let range = Names::list_blocking::<str, _>("a".."b");
    assert_eq!(range, Range::default().start_at("a").before("b"));
}

#[test]
fn single_keys_and_lists_of_keys_are_borrowed() {
    let texts = view::<String>();
    let SerializedQueryKey::Matches(key) = texts.with_key("text").serialized().unwrap() else {
        panic!("not a single key");
    };
    assert_eq!(bytes_of(&key), b"text");

    let numbers = view::<u8>();
    for query in [
        numbers.with_keys([&1, &2]),
        numbers.with_keys(&[1, 2]),
        numbers.with_keys(&vec![1, 2]),
    ] {
        let SerializedQueryKey::Multiple(keys) = query.serialized().unwrap() else {
            panic!("not several keys");
        };
        assert_eq!(keys, [[1], [2]]);
    }
    let query = texts.with_keys(["a", "b"]);
    let SerializedQueryKey::Multiple(keys) = query.serialized().unwrap() else {
        panic!("not several keys");
    };
    assert_eq!(keys, [b"a", b"b"]);
}

#[test]
fn prefixes_are_ranges() {
    let query = view::<String>().with_key_prefix("ab");
    assert_eq!(bounds(&query), (b"=ab".to_vec(), b"!ac".to_vec()));
    let prefix = vec![1, 0xff];
    let query = view::<Vec<u8>>().with_key_prefix(&prefix);
    assert_eq!(bounds(&query), (b"=\x01\xff".to_vec(), b"!\x02".to_vec()));
}

#[test]
fn queries_survive_being_sent() {
    let view = view::<u32>();
    let range = view.with_key_range(1..=5).serialized().unwrap();
    let QueryKey::Range(range) = range.deserialized::<u32>().unwrap() else {
        panic!("not a range");
    };
    let expected = Range::default().start_at(1).end_at(5);
    assert_eq!(range, RangeRef::owned(expected));

    let single = view.with_key(&7).serialized().unwrap();
    let QueryKey::Matches(key) = single.deserialized::<u32>().unwrap() else {
        panic!("not a single key");
    };
    assert_eq!(key, 7);

    let several = view.with_keys(&[7, 8]).serialized().unwrap();
    let QueryKey::Multiple(keys) = several.deserialized::<u32>().unwrap() else {
        panic!("not several keys");
    };
    assert_eq!(keys, [MaybeOwned::Owned(7), MaybeOwned::Owned(8)]);
}

#[test]
fn keys_of_another_type_are_errors() {
    let single = view::<u32>().with_key(&7).serialized().unwrap();
    let error = single.deserialized::<u64>().unwrap_err();
    assert!(matches!(
        error,
        bonsaidb_core::Error::Other { origin, .. } if origin == "key serialization"
    ));
}

#[test]
fn std_ranges_keep_their_meaning() {
    assert_eq!(Range::from(1..2), Range::default().start_at(1).before(2));
    assert_eq!(Range::from(1..), Range::default().start_at(1));
    assert_eq!(Range::from(..2), Range::default().before(2));
    assert_eq!(Range::from(1..=2), Range::default().start_at(1).end_at(2));
    assert_eq!(Range::from(..=2), Range::default().end_at(2));
    assert_eq!(Range::<u8>::from(..), Range::default());
    let after = Range::default().after(1);
    assert_eq!(after.start_bound(), ops::Bound::Excluded(&1));
    assert_eq!(after.end_bound(), ops::Bound::Unbounded);
    assert!(!after.contains(&1) && after.contains(&2));
}

#[test]
fn ranges_map_each_bound() {
    let range = Range::default().after("1").end_at("2");
    let parsed = range.map_result(str::parse::<u8>).unwrap();
    assert_eq!(parsed, Range::default().after(1).end_at(2));
    assert_eq!(parsed.map(|n| n + 1), Range::default().after(2).end_at(3));
    assert!(
        Range::default()
            .before("x")
            .map_result(str::parse::<u8>)
            .is_err()
    );
    let owned = range.map(String::from);
    assert_eq!(owned.map_ref(String::as_str), range);

    let reference = RangeRef::<String, str>::borrowed(range);
    assert_eq!(reference.clone().map_result(str::parse::<u8>), Ok(parsed));
    assert_eq!(reference, RangeRef::owned(owned));
}

#[test]
fn maybe_owned_compares_with_both_forms() {
    let owned = MaybeOwned::<'_, String, str>::Owned(String::from("b"));
    let borrowed = MaybeOwned::<'_, String, str>::Borrowed("b");
    assert_eq!(owned, borrowed);
    assert_eq!(owned, *"b");
    assert!(owned < *"c" && *"a" < *borrowed && owned <= borrowed);
    assert_eq!(owned.len(), 1);
    let bound = BoundRef::Included(owned);
    assert_eq!(ops::Bound::from(&bound), ops::Bound::Included("b"));

    let number = 7_u8;
    let borrowed = MaybeOwned::<'_, u8>::Borrowed(&number);
    assert_eq!(borrowed.next_value().unwrap(), 8);
    assert_eq!(MaybeOwned::<'_, u8>::first_value().unwrap(), 0);
}
