//! Keys, documents, schemas, views, transactions and connection traits of `BonsaiDb`.
extern crate self as bonsaidb_core;
pub mod actionable;
pub mod limits;
pub mod permissions;

/// Stand-in.
pub mod document {
    #![allow(missing_docs)]
    #[derive(Debug, Clone)]
    pub struct DocumentId(Vec<u8>);
    impl DocumentId {
        pub fn from_u64(id: u64) -> Self {
            Self(id.to_be_bytes().to_vec())
        }
    }
    impl std::ops::Deref for DocumentId {
        type Target = [u8];
        fn deref(&self) -> &[u8] {
            &self.0
        }
    }
    #[derive(Debug, Clone)]
    pub enum KeyId {
        None,
        Master,
        Id(std::borrow::Cow<'static, str>),
    }
}
/// Stand-in.
pub mod schema {
    #![allow(missing_docs)]
    pub struct QualifiedName {
        pub authority: String,
        pub name: String,
    }
    pub struct CollectionName(QualifiedName);
    impl std::ops::Deref for CollectionName {
        type Target = QualifiedName;
        fn deref(&self) -> &QualifiedName {
            &self.0
        }
    }
    impl std::fmt::Display for CollectionName {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}.{}", self.authority, self.name)
        }
    }
    pub trait Qualified {
        fn new(authority: &str, name: &str) -> Self;
    }
    impl Qualified for CollectionName {
        fn new(authority: &str, name: &str) -> Self {
            Self(QualifiedName {
                authority: authority.into(),
                name: name.into(),
            })
        }
    }
    pub struct ViewName {
        pub collection: CollectionName,
        pub name: String,
    }
}
/// Stand-in.
pub mod connection {
    #![allow(missing_docs)]
    #[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
    pub enum AuthenticationMethod {
        Token,
        PasswordHash,
    }
    impl crate::permissions::Action for AuthenticationMethod {
        fn name(&self) -> crate::permissions::ActionName {
            crate::permissions::ActionName(vec![format!("{self:?}").into()])
        }
    }
}
