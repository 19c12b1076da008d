//! What `#[trace]` says of mistakes, and what the compiler says of mistakes under it.

#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
