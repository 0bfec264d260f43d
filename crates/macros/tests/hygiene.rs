//! Generated code relies on nothing that is in scope where it stands.

mod hostile {
    #![no_implicit_prelude]
    #![allow(dead_code)]

    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Cow;
    struct Default;
    struct Clone;
    struct String;
    struct Vec;
    mod core {}
    mod std {}
    mod bonsaidb_core {}

    #[derive(
        ::bonsaidb_core::schema::Collection,
        ::serde::Serialize,
        ::serde::Deserialize,
        ::std::fmt::Debug,
    )]
    #[collection(name = "a", authority = "b", views = [super::without_primitives::View])]
    #[collection(encryption_key = ::std::option::Option::None, encryption_optional)]
    pub struct Collection {
        #[natural_id]
        pub id: ::std::string::String,
    }

    #[derive(::bonsaidb_core::schema::Collection, ::serde::Serialize, ::serde::Deserialize)]
    #[collection(name = "c", primary_key = u32, serialization = ::transmog_pot::Pot)]
    #[collection(natural_id = ::std::option::Option::Some(self.id))]
    pub struct Formatted {
        pub id: u32,
    }
}

mod without_primitives {
    #![no_implicit_prelude]
    #![allow(dead_code, non_camel_case_types)]

    struct u8;
    struct u64;
    struct usize;
    struct isize;
    struct bool;

    #[derive(::bonsaidb_core::schema::Collection)]
    #[collection(name = "e", serialization = None)]
    pub struct Unnamed;

    #[derive(
        ::bonsaidb_core::schema::View,
        ::bonsaidb_core::schema::ViewSchema,
        ::std::clone::Clone,
        ::std::fmt::Debug,
    )]
    #[view(collection = super::hostile::Collection, key = u32, value = ())]
    #[view_schema(version = 1, policy = Eager)]
    pub struct View;

    impl ::bonsaidb_core::schema::CollectionMapReduce for View {
        fn map<'doc>(
            &self,
            document: ::bonsaidb_core::document::CollectionDocument<super::hostile::Collection>,
        ) -> ::bonsaidb_core::schema::ViewMapResult<'doc, Self>
        where
            ::bonsaidb_core::document::CollectionDocument<super::hostile::Collection>: 'doc,
        {
            ::bonsaidb_core::document::Emit::emit_key(&document.header, 1)
        }
    }

    #[derive(::bonsaidb_core::schema::Schema)]
    #[schema(name = "d", collections = [super::hostile::Collection, super::hostile::Formatted, Unnamed])]
    pub struct Schema;

    #[derive(::bonsaidb_macros::Key, ::std::clone::Clone)]
    pub struct Unit;

    #[derive(::bonsaidb_macros::Key, ::std::clone::Clone)]
    pub struct One(pub u32);

    #[derive(::bonsaidb_macros::Key, ::std::clone::Clone)]
    pub struct Two<'a>(pub ::std::borrow::Cow<'a, str>, pub One);

    #[derive(::bonsaidb_macros::Key, ::std::clone::Clone)]
    #[repr(u16)]
    pub enum Plain {
        A,
        B,
    }

    #[derive(::bonsaidb_macros::Key, ::std::clone::Clone)]
    pub enum Fields {
        A(One),
        B { two: One },
    }

    #[derive(::bonsaidb_core::permissions::Action)]
    pub enum Action {
        A,
        B(::bonsaidb_core::permissions::ActionName),
    }
}

#[test]
fn derives_need_nothing_in_scope() {
    use bonsaidb_core::schema::Schema;

    let schematic = without_primitives::Schema::schematic().unwrap();
    assert_eq!(schematic.collections().count(), 3);
}

mod generated {
    use bonsaidb_core::key::KeyEncoding;
    use bonsaidb_core::schema::{Collection, SerializedCollection};
    use serde::{Deserialize, Serialize};

    macro_rules! define {
        ($name:ident, $text:literal, $key:ty, $id:expr) => {
            #[derive(Collection, Serialize, Deserialize)]
            #[collection(name = $text, primary_key = $key, natural_id = $id)]
            struct $name {
                id: $key,
            }

            #[derive(bonsaidb_macros::Key, Clone)]
            struct Wrapped($key);
        };
    }

    define!(A, "a", u32, |a: &A| Some(a.id));

    #[test]
    fn derives_work_in_macros() {
        assert_eq!(A::collection_name().to_string(), "private.a");
        assert_eq!(A::natural_id(&A { id: 1 }), Some(1));
        assert_eq!(&*Wrapped(1).as_ord_bytes().unwrap(), [0, 0, 0, 1]);
    }
}
