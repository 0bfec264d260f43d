//! The derives find the core crate under the name that a program gives it.

#[test]
fn derives_survive_a_renamed_dependency() {
    assert_eq!(
        bonsaidb_macros_renamed::names(),
        [
            "private.drawing",
            "private.shapes",
            "private.shapes.BySides",
            "Line",
            "Some(1)"
        ]
    );
}
