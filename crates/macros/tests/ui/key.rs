//! What `#[derive(Key)]` refuses.

use bonsaidb_macros::Key;

#[derive(Key)]
#[key(enum_repr = u8)]
struct ReprOfAStruct(u8);

#[derive(Key)]
#[key(null_handling = ignore)]
struct UnknownNullHandling(String, String);

#[derive(Key)]
#[key(null_handling = "escape")]
struct NotAWord(String, String);

#[derive(Key)]
union Union {
    a: u8,
}

fn main() {}
