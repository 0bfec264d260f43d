//! Composite keys: limits, the null handlings, and what fields borrow.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::num::TryFromIntError;

use bonsaidb_core::key::{
    AllowNullBytes, ByteSource, CompositeKeyDecoder, CompositeKeyEncoder, CompositeKeyError,
    CompositeKeyFieldContainsNullByte, CompositeKeyNullHandler, DenyNullBytes, EscapeNullBytes,
    IncorrectByteLength, Key, KeyEncoding, KeyKind, KeyVisitor,
};

fn source<E: Error + 'static>(error: &CompositeKeyError) -> Option<&E> {
    error.source().and_then(|source| source.downcast_ref::<E>())
}

#[test]
fn fields_are_limited_to_65535_bytes() {
    let mut encoder = CompositeKeyEncoder::default();
    encoder.encode(&vec![b'a'; 65_535]).unwrap();
    let error = encoder.encode(&vec![b'a'; 65_536]).unwrap_err();
    assert!(source::<TryFromIntError>(&error).is_some());
    // Escaped bytes count.
    encoder.encode(&vec![0_u8; 32_767]).unwrap();
    assert!(encoder.encode(&vec![0_u8; 32_768]).is_err());

    // What failed has left nothing behind.
    let bytes = encoder.finish();
    assert_eq!(bytes.len(), 65_536 + 65_535);
    let mut decoder = CompositeKeyDecoder::default_for(ByteSource::Owned(bytes));
    assert_eq!(decoder.decode::<Vec<u8>>().unwrap().len(), 65_535);
    assert_eq!(decoder.decode::<Vec<u8>>().unwrap(), vec![0; 32_767]);
    decoder.finish().unwrap();
}

#[test]
fn fixed_fields_are_not_limited() {
    const LENGTH: usize = 70_000;
    static FIELD: [u8; LENGTH] = [0; LENGTH];
    let mut encoder = CompositeKeyEncoder::default();
    encoder.encode(&FIELD).unwrap();
    assert_eq!(encoder.finish().len(), LENGTH);
}

#[test]
fn null_bytes_can_be_denied() {
    let mut encoder = CompositeKeyEncoder::denying_null_bytes();
    encoder.encode::<String, _>("\u{1}").unwrap();
    let error = encoder.encode::<String, _>("a\0").unwrap_err();
    let error = source::<io::Error>(&error).unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let inner = error.get_ref().unwrap();
    assert!(inner.is::<CompositeKeyFieldContainsNullByte>());
    // Fields of a fixed length have no end to be confused with.
    encoder.encode(&0_u8).unwrap();
    assert_eq!(encoder.finish(), [1, 2, 0, 0]);
}

#[test]
fn null_handlers_revert_themselves() {
    fn assert_reverts(handler: &impl CompositeKeyNullHandler, field: &[u8], expected: &[u8]) {
        let mut encoded = Cow::Borrowed(field);
        handler.handle_nulls(&mut encoded).unwrap();
        assert_eq!(&encoded[..], expected);
        for source in [
            ByteSource::Borrowed(&encoded[..]),
            ByteSource::Ephemeral(&encoded[..]),
            ByteSource::Owned(encoded.to_vec()),
        ] {
            let decoded = handler.decode_nulls_if_needed(source).unwrap();
            assert_eq!(&decoded[..], field);
        }
    }

    assert_reverts(&EscapeNullBytes, &[0, 1, 2, 0], &[1, 1, 1, 2, 2, 1, 1]);
    assert_reverts(&AllowNullBytes, &[0, 1, 2, 0], &[1, 1, 1, 2, 2, 1, 1]);
    assert_reverts(&DenyNullBytes, &[1, 2], &[1, 2, 2]);
    let mut field = Cow::Borrowed(&[0_u8][..]);
    assert!(DenyNullBytes.handle_nulls(&mut field).is_err());
    assert!(
        EscapeNullBytes
            .decode_nulls_if_needed(ByteSource::Borrowed(&[0]))
            .is_err()
    );
}

/// A key that claims to have another length than it has.
#[derive(Clone, PartialEq, Debug)]
struct Liar;

impl<'k> Key<'k> for Liar {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(_: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}

impl KeyEncoding for Liar {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(2);

    fn describe<Visitor>(_: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(&[1]))
    }
}

#[test]
fn a_wrong_length_is_an_error_rather_than_a_damaged_key() {
    let error = (Liar, 1_u8).as_ord_bytes().unwrap_err();
    assert!(source::<IncorrectByteLength>(&error).is_some());
}

#[test]
fn fields_borrow_where_they_can() {
    fn is_borrowed(bytes: ByteSource<'_, '_>) -> [bool; 2] {
        let mut decoder = CompositeKeyDecoder::default_for(bytes);
        let fields = [
            decoder.decode::<Cow<'_, [u8]>>().unwrap(),
            decoder.decode::<Cow<'_, [u8]>>().unwrap(),
        ];
        decoder.finish().unwrap();
        assert_eq!(&fields[0][..], b"plain");
        assert_eq!(&fields[1][..], b"esc\0ped");
        fields.map(|field| matches!(field, Cow::Borrowed(_)))
    }

    let mut encoder = CompositeKeyEncoder::default();
    encoder.encode(&b"plain".to_vec()).unwrap();
    encoder.encode(&b"esc\0ped".to_vec()).unwrap();
    let bytes = encoder.finish();
    assert_eq!(is_borrowed(ByteSource::Borrowed(&bytes)), [true, false]);
    assert_eq!(is_borrowed(ByteSource::Ephemeral(&bytes)), [false, false]);
    assert_eq!(is_borrowed(ByteSource::Owned(bytes)), [false, false]);
}

#[test]
fn borrowed_forms_are_framed_as_the_key_they_encode_for() {
    let mut encoder = CompositeKeyEncoder::default();
    encoder.encode::<Option<u32>, _>(&Some(&7_u32)).unwrap();
    encoder.encode::<Option<u32>, Option<&u32>>(&None).unwrap();
    encoder.encode::<Option<String>, _>(&Some("a")).unwrap();
    let bytes = encoder.finish();
    let mut decoder = CompositeKeyDecoder::default_for(ByteSource::Borrowed(&bytes));
    assert_eq!(decoder.decode::<Option<u32>>().unwrap(), Some(7));
    assert_eq!(decoder.decode::<Option<u32>>().unwrap(), None);
    assert_eq!(decoder.decode::<Option<String>>().unwrap().unwrap(), "a");
    decoder.finish().unwrap();
}

/// An id that stands for keys of any type, as the ids of documents do.
struct Id(Vec<u8>);

impl<K> KeyEncoding<K> for Id
where
    K: for<'k> Key<'k>,
{
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_type(KeyKind::Bytes);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(&self.0))
    }
}

#[test]
fn the_length_of_the_key_type_decides_how_it_is_framed() {
    let mut encoder = CompositeKeyEncoder::default();
    encoder.encode::<u32, _>(&Id(vec![0, 0, 0, 7])).unwrap();
    let id = Some(Id(vec![0, 0, 0, 8]));
    encoder.encode::<Option<u32>, _>(&id).unwrap();
    encoder.encode::<Option<u32>, Option<Id>>(&None).unwrap();
    assert!(encoder.encode::<u32, _>(&Id(vec![7])).is_err());

    let bytes = encoder.finish();
    let mut decoder = CompositeKeyDecoder::default_for(ByteSource::Borrowed(&bytes));
    assert_eq!(decoder.decode::<u32>().unwrap(), 7);
    assert_eq!(decoder.decode::<Option<u32>>().unwrap(), Some(8));
    assert_eq!(decoder.decode::<Option<u32>>().unwrap(), None);
    decoder.finish().unwrap();
}

#[test]
fn lengths_of_composites_are_known_if_all_fields_are() {
    assert_eq!(<(u8, u32)>::LENGTH, Some(5));
    assert_eq!(<((u8, u32), [u8; 2], ())>::LENGTH, Some(7));
    assert_eq!(<(u8, String)>::LENGTH, None);
    assert_eq!(Option::<u32>::LENGTH, Some(5));
    assert_eq!(Option::<Option<bool>>::LENGTH, Some(3));
    assert_eq!(Option::<String>::LENGTH, None);
    assert_eq!(Result::<u8, u8>::LENGTH, None);
}
