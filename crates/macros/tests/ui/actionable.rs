//! What `#[derive(Actionable)]` and `#[derive(Dispatcher)]` refuse.

use bonsaidb_core::permissions::{Actionable, Dispatcher};

#[derive(Actionable)]
struct NotAnEnum;

#[derive(Actionable)]
enum Unprotected {
    Forgotten(u8),
    #[actionable]
    Empty { named: u8 },
}

#[derive(Actionable)]
enum UnknownProtection {
    #[actionable(protection = "simpel")]
    Misspelt,
    #[actionable(protection = simple)]
    NotText,
}

#[derive(Actionable)]
enum NoRequestInside {
    #[actionable(subaction)]
    Nothing,
    #[actionable(subaction, protection = "none")]
    Two(u8, u8),
    #[actionable(subaction)]
    Named { inner: u8 },
}

#[derive(Actionable)]
#[actionable(protection = "none")]
enum WordOfVariants {}

#[derive(Actionable)]
enum WordOfEnums {
    #[actionable(actionable = a)]
    Variant,
}

#[derive(Dispatcher)]
struct WithoutInput;

#[derive(Dispatcher)]
#[dispatcher(request = A)]
struct UnknownWord;

#[derive(Dispatcher)]
#[dispatcher(input = "A")]
struct NotAPath;

#[derive(Dispatcher)]
#[dispatcher(input = A, input = B)]
struct Twice;

#[derive(Dispatcher)]
#[dispatcher(input = <A as B>::C)]
struct NotAName;

fn main() {}
