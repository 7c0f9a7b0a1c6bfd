//! Tables of PostgreSQL that inherit from others, and tables that are divided.

use autogen_test_servers::postgres;
use expect_test::expect;

use crate::support::Host;

#[test]
fn an_heir_keeps_no_column_that_its_parent_drops() {
    let models = "
autogen::table! { par { id -> Integer, } }
autogen::table! { #[no_primary_key] ch (id) { id -> Integer, n -> Nullable<Integer>, b -> Nullable<Integer>, } }
";
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        (
            "migrations/0000-00-00-000000_a/up.sql",
            "CREATE TABLE par (id integer PRIMARY KEY, n integer); CREATE TABLE ch (b integer) INHERITS (par);",
        ),
        ("src/lib.rs", models),
    ]);
    let server = postgres();
    let run = |arguments: &str| {
        let output = host.command(arguments).env("DATABASE_URL", server.url()).output().expect("runs");
        host.output(output)
    };
    assert_eq!(run("upgrade").code, 0);
    expect![[r#"
        --- stderr
        error[inherited-column]: ch inherits n from par: the column would go with it
        help: change it in both definitions, or undo the inheritance first: ALTER TABLE ch NO INHERIT par
        --- exit 2
    "#]]
    .assert_eq(&run("--plugin core --allow all").transcript());
}
