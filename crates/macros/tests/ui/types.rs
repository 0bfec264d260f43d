//! Mistakes that the compiler finds in what was given: it points at what the user wrote.

use bonsaidb_core::schema::{Collection, View};
use bonsaidb_macros::ViewSchema;

#[derive(Collection, serde::Serialize, serde::Deserialize)]
#[collection(name = "a", natural_id = |a: &Self| a.id)]
struct NotAnOption {
    id: u64,
}

#[derive(Collection)]
#[collection(name = "a", views = [Missing])]
struct MissingView;

#[derive(View, ViewSchema)]
#[view(collection = MissingView, key = u32)]
#[view_schema(policy = Sometimes)]
struct UnknownPolicy;

fn main() {}
