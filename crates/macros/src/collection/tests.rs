//! What is emitted for collections, and what is refused.

use super::expand;
use crate::testing::{contains, expansion, mistakes};

#[test]
fn a_name_is_enough() {
    expansion(
        expand,
        r#"#[collection(name = "a", core = x)] struct A<T: B, const N: usize>(T) where T: C;"#,
        r#"#[automatically_derived]
        impl<T: B, const N: usize> x::schema::Collection for A<T, N> where T: C {
            type PrimaryKey = ::core::primitive::u64;
            fn collection_name() -> x::schema::CollectionName {
                <x::schema::CollectionName as x::schema::Qualified>::private("a")
            }
            fn define_views(_: &mut x::schema::Schematic) -> ::core::result::Result<(), x::Error> {
                ::core::result::Result::Ok(())
            }
        }
        #[automatically_derived]
        impl<T: B, const N: usize> x::schema::DefaultSerialization for A<T, N> where T: C {}"#,
    );
}

#[test]
fn authority_primary_key_and_views_are_used() {
    expansion(
        expand,
        r#"#[collection(name = "a", authority = b(), views = [C], primary_key = (u32, String), serialization = None, core = x)]
        #[collection(views(D::new(1)))]
        struct A;"#,
        r#"#[automatically_derived]
        impl x::schema::Collection for A {
            type PrimaryKey = (u32, String);
            fn collection_name() -> x::schema::CollectionName {
                <x::schema::CollectionName as x::schema::Qualified>::new(b(), "a")
            }
            fn define_views(schema: &mut x::schema::Schematic) -> ::core::result::Result<(), x::Error> {
                x::schema::Schematic::define_view(schema, C)?;
                x::schema::Schematic::define_view(schema, D::new(1))?;
                ::core::result::Result::Ok(())
            }
        }"#,
    );
}

#[test]
fn keys_are_unconditional_unless_optional() {
    for flags in [
        "",
        ", encryption_required",
        ", encryption_required, encryption_optional",
    ] {
        contains(
            expand,
            &format!(r#"#[collection(name = "a", encryption_key = K{flags}, core = x)] struct A;"#),
            "fn encryption_key() -> ::core::option::Option<x::document::KeyId> { K }",
        );
    }
    contains(
        expand,
        r#"#[collection(name = "a", encryption_key = K, encryption_optional, core = x)] struct A;"#,
        "fn encryption_key() -> ::core::option::Option<x::document::KeyId> {
            if x::ENCRYPTION_ENABLED { K } else { ::core::option::Option::None }
        }",
    );
}

#[test]
fn optional_encryption_without_a_key_has_no_effect() {
    let item = r#"#[collection(name = "a", serialization = None, core = x)] struct A;"#;
    let input = syn::parse_str(item).expect("an item");
    let plain = expand(&input).expect("no mistake").to_string();
    expansion(
        expand,
        &item.replace("core", "encryption_optional, core"),
        &plain,
    );
}

#[test]
fn formats_implement_the_serialized_collection() {
    contains(
        expand,
        r#"#[collection(name = "a", serialization = f::G<H>, core = x)] struct A<T>(T);"#,
        "#[automatically_derived]
        impl<T> x::schema::SerializedCollection for A<T> {
            type Contents = Self;
            type Format = f::G<H>;
            fn format() -> f::G<H> { <f::G<H> as ::core::default::Default>::default() }
        }",
    );
    contains(
        expand,
        r#"#[collection(name = "a", serialization = Key, core = x)] struct A;"#,
        "type Format = x::key::KeyFormat;",
    );
}

#[test]
fn a_marked_field_is_the_natural_id() {
    for (fields, member) in [
        ("{ a: u8, #[natural_id] b: String }", "b"),
        ("(u8, #[natural_id] String);", "1"),
    ] {
        let input = format!(r#"#[collection(name = "a", core = x)] struct A {fields}"#);
        contains(expand, &input, "type PrimaryKey = String;");
        contains(
            expand,
            &input,
            &format!(
                "impl x::schema::DefaultSerialization for A {{
                    fn natural_id(&self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey> {{
                        ::core::option::Option::Some(::core::clone::Clone::clone(&self.{member}))
                    }}
                }}"
            ),
        );
    }
    contains(
        expand,
        r#"#[collection(name = "a", primary_key = u8, serialization = Key)] struct A(#[natural_id] u16);"#,
        "type PrimaryKey = u8;",
    );
    contains(
        expand,
        r#"#[collection(name = "a", serialization = Key)] struct A(#[natural_id] u16);"#,
        "::core::option::Option::Some(::core::clone::Clone::clone(&contents.0))",
    );
}

#[test]
fn closures_and_paths_are_called() {
    for function in [
        "|a: &Self| Some(a.b)",
        "|a| a.b",
        "Self::id_of",
        "id_of",
        "self::id_of",
        "<Self as C>::id_of",
    ] {
        for (serialization, value) in [("", "self"), (", serialization = F", "contents")] {
            contains(
                expand,
                &format!(r#"#[collection(name = "a", natural_id = {function}{serialization}, core = x)] struct A;"#),
                &format!(
                    "let natural_id: fn(&Self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey> = {function};
                    natural_id({value})"
                ),
            );
        }
    }
}

#[test]
fn expressions_use_self() {
    contains(
        expand,
        r#"#[collection(name = "a", natural_id = self.b, core = x)] struct A;"#,
        "fn natural_id(&self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey> { self.b }",
    );
    contains(
        expand,
        r#"#[collection(name = "a", natural_id = Some(self.b()), serialization = F, core = x)] struct A<T>(T);"#,
        "fn natural_id(contents: &Self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey> {
            trait __NaturalId: x::schema::Collection {
                fn __natural_id(&self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey>;
            }
            impl<T> __NaturalId for A<T> {
                fn __natural_id(&self) -> ::core::option::Option<<Self as x::schema::Collection>::PrimaryKey> {
                    Some(self.b())
                }
            }
            <Self as __NaturalId>::__natural_id(contents)
        }",
    );
}

#[test]
fn a_collection_needs_a_name() {
    for input in ["struct A;", "#[collection(views = [B])] struct A;"] {
        mistakes(
            expand,
            input,
            &["the argument `name` is missing\nhelp: #[collection(name = \"my-collection\")]"],
        );
    }
}

#[test]
fn required_encryption_needs_a_key() {
    mistakes(
        expand,
        r#"#[collection(name = "a", encryption_required)] struct A;"#,
        &[
            "`encryption_required` needs a key: supply it with `encryption_key`\nhelp: #[collection(encryption_key = Some(KeyId::Master))]",
        ],
    );
}

#[test]
fn there_is_one_natural_id() {
    let message = "only one field may be marked; for an id made of several, use `#[collection(natural_id = ..)]` on the type";
    mistakes(
        expand,
        r#"#[collection(name = "a")] struct A(#[natural_id] u8, #[natural_id] u8);"#,
        &[message, message],
    );
    let message = "the natural id is given by a field and by an expression; remove one of the two";
    mistakes(
        expand,
        r#"#[collection(name = "a", natural_id = self.0)] struct A(#[natural_id] u8);"#,
        &[message, message],
    );
    mistakes(
        expand,
        r#"#[collection(name = "a")] enum A { B(u8), C(#[natural_id] u8) }"#,
        &[
            "only the field of a struct may be marked; use `#[collection(natural_id = ..)]` on the type",
        ],
    );
}

#[test]
fn no_serialization_means_no_natural_id() {
    let message = "with `serialization = None`, `natural_id` has to be written by hand, in the implementation of `SerializedCollection`";
    for input in [
        r#"#[collection(name = "a", serialization = None)] struct A(#[natural_id] u8);"#,
        r#"#[collection(name = "a", serialization = None, natural_id = self.0)] struct A(u8);"#,
        r#"#[collection(name = "a", serialization = None, natural_id = id_of)] struct A(u8);"#,
    ] {
        mistakes(expand, input, &[message]);
    }
}
