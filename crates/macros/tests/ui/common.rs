//! What every attribute refuses, and where.

use bonsaidb_macros::{Collection, Key, Schema, View, ViewSchema};

#[derive(Collection)]
struct WithoutAttribute;

#[derive(Collection)]
#[collection(views = [])]
struct WithoutRequired;

#[derive(View)]
struct WithoutBoth;

#[derive(View)]
#[view(collection = A, name = "a")]
struct WithoutKey;

#[derive(Schema)]
#[schema]
struct WithoutList;

#[derive(Collection)]
#[collection(name = "a", colour = "b")]
struct UnknownCollection;

#[derive(View)]
#[view(collection = A, key = B, mapped_key = C)]
struct UnknownView;

#[derive(ViewSchema)]
#[view_schema(name = "a")]
struct UnknownViewSchema;

#[derive(Schema)]
#[schema(name = "a", views = [])]
struct UnknownSchema;

#[derive(Key)]
#[key(length = 1)]
struct UnknownKey;

#[derive(Schema)]
#[schema("a")]
struct Stray;

#[derive(Collection)]
#[collection(name = "a", name = "b")]
struct Twice;

#[derive(Collection)]
#[collection(name = "a", encryption_optional)]
#[collection(encryption_optional = false)]
struct TwiceApart;

#[derive(Collection)]
#[collection(name = A)]
struct NotText;

#[derive(Collection)]
#[collection(name)]
struct NoValue;

#[derive(Collection)]
#[collection(name("a"))]
struct ValueInParentheses;

#[derive(Collection)]
#[collection(name = "a", views = A)]
struct NotAList;

#[derive(Schema)]
#[schema(name = "a", collections = ["b"])]
struct NotAType;

#[derive(Collection)]
#[collection(name = "a", encryption_required = 1)]
struct NotAFlag;

#[derive(ViewSchema)]
#[view_schema(version = "1")]
struct NotAnInteger;

#[derive(ViewSchema)]
#[view_schema(version = -1)]
struct NotUnsigned;

#[derive(ViewSchema)]
#[view_schema(policy = "Lazy")]
struct NotAWord;

#[derive(Key)]
#[key(core = 1)]
struct NotAPath;

#[derive(Collection)]
#[collection(name = "a" "b")]
struct NoComma;

#[derive(Collection)]
#[collection = "a"]
struct NotAList2;

fn main() {}
