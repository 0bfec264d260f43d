//! What misuse of the derives is answered with. The messages are part of the interface.
//!
//! The expected texts are those of one compiler, since rustc lays out the messages. Under another version nothing is compared.
//! After a change: `TRYBUILD=overwrite cargo test -p bonsaidb-macros --test ui`, then read the difference.

use std::process::Command;

const PINNED: &str = "rustc 1.95.";

#[test]
fn misuse_is_explained() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.expect("rustc tells its version").stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(PINNED) {
        eprintln!("skipped: messages are compared under {PINNED}x alone, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
