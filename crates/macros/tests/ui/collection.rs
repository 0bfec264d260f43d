//! What `#[derive(Collection)]` refuses.

use bonsaidb_macros::Collection;

#[derive(Collection)]
#[collection(name = "a", encryption_required)]
struct RequiredWithoutKey;

#[derive(Collection)]
#[collection(name = "a")]
struct TwoIds {
    #[natural_id]
    first: u64,
    #[natural_id]
    second: u64,
}

#[derive(Collection)]
#[collection(name = "a", natural_id = Some(self.0))]
struct FieldAndExpression(#[natural_id] u64);

#[derive(Collection)]
#[collection(name = "a", serialization = None, natural_id = Some(self.0))]
struct ExpressionWithoutSerialization(u64);

#[derive(Collection)]
#[collection(name = "a", serialization = None)]
struct FieldWithoutSerialization(#[natural_id] u64);

#[derive(Collection)]
#[collection(name = "a")]
enum FieldOfAVariant {
    A(#[natural_id] u64),
}

#[derive(Collection)]
#[collection(name = "a")]
struct MarkWithArguments(#[natural_id(first)] u64);

fn main() {}
