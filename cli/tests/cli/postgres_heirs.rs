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

#[test]
fn a_table_of_a_type_keeps_the_columns_of_the_type() {
    let typed =
        "CREATE TYPE \"Addr\" AS (street text, zip integer); CREATE TABLE homes OF \"Addr\" (PRIMARY KEY (zip));";
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("migrations/0000-00-00-000000_a/up.sql", typed),
        (
            "src/lib.rs",
            "autogen::table! { homes (zip) { street -> Nullable<Text>, zip -> Integer, note -> Nullable<Text>, } }\n",
        ),
    ]);
    let server = postgres();
    let run = |arguments: &str| {
        let output = host.command(arguments).env("DATABASE_URL", server.url()).output().expect("runs");
        host.output(output)
    };
    assert_eq!(run("upgrade").code, 0);
    expect![[r#"
        --- stderr
        error[typed-table]: homes has its columns from the type "Addr": `note` can't change in the table alone
         --> src/lib.rs:1:75
          |
        1 | autogen::table! { homes (zip) { street -> Nullable<Text>, zip -> Integer, note -> Nullable<Text>, } }
          |                                                                           ^^^^
        help: alter the type in a migration by hand (ALTER TYPE "Addr" ... CASCADE), or give the table columns of its own first: ALTER TABLE homes NOT OF
        --- exit 2
    "#]]
    .assert_eq(&run("--plugin core").transcript());
    for (columns, problem) in [
        ("street -> Nullable<Text>, zip -> BigInt,", "`zip` can't change"),
        ("zip -> Integer,", "`street` can't change"),
        ("#[renamed_from(street)] road -> Nullable<Text>, zip -> Integer,", "`road` can't change"),
    ] {
        host.write("src/lib.rs", &format!("autogen::table! {{ homes (zip) {{ {columns} }} }}\n"));
        let refused = run("--plugin core --allow all --no-database");
        assert!(
            refused.stderr.contains("error[typed-table]") && refused.stderr.contains(problem),
            "{}",
            refused.stderr
        );
    }

    // Taken over, it stays one.
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let server = postgres();
    server.execute(typed);
    let run = |arguments: &str| {
        let output = host.command(arguments).env("DATABASE_URL", server.url()).output().expect("runs");
        host.output(output)
    };
    let adopted = run("adopt --plugin core");
    assert_eq!(adopted.code, 0, "{}", adopted.transcript());
    assert!(adopted.stderr.contains("homes: it is of the type \"Addr\""), "{}", adopted.stderr);
    for command in ["check", "verify", ""] {
        assert_eq!(run(command).code, 0, "{command}: {}", run(command).transcript());
    }
}
