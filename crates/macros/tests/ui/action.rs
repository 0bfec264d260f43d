//! What `#[derive(Action)]` refuses.

use bonsaidb_macros::Action;

#[derive(Action)]
struct NotAnEnum;

#[derive(Action)]
enum TwoFields {
    A,
    B(u8, u8),
    C { named: u8 },
}

#[derive(Action)]
#[action(core = a)]
enum UnknownWord {}

fn main() {}
