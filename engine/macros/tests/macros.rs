//! What compiles, what doesn't, and what the compiler then says.
//!
//! `TRYBUILD=overwrite` accepts new messages.

#[test]
fn tables_that_compile_and_tables_that_do_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/accepted/*.rs");
    cases.compile_fail("tests/refused/*.rs");
}
