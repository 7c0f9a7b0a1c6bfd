//! Chains that watch or forbid what others do to their database.

use autogen_test_servers::postgres;

use crate::support::Host;

/// A trigger on Diesel's own table, and one on every change of the schema.
const GUARDS: &str = "
    CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'use our own runner'; END $$;
    CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON __diesel_schema_migrations
        EXECUTE FUNCTION guard();
    CREATE TABLE changes (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tag text);
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql
        AS $$ BEGIN INSERT INTO changes (tag) VALUES (tg_tag); END $$;
    CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'not without a ticket'; END $$;
    CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note();
    CREATE EVENT TRIGGER forbid ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION forbid();
";

#[test]
fn a_guarded_ledger_and_watched_changes_hinder_no_proof() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n[database]\nscratch = { postgres = 'env:SCRATCH_URL' }\n"),
        ("migrations/0000-00-00-000000_a/up.sql", "CREATE TABLE a (id integer PRIMARY KEY, n integer);"),
        ("migrations/0000-00-00-000001_b/up.sql", GUARDS),
        ("migrations/0000-00-00-000002_c/up.sql", "CREATE INDEX ON a (n);"),
        ("src/lib.rs", "diesel::table! { a (id) { id -> Integer, n -> Nullable<Integer>, } }"),
        ("src/changes.rs", "diesel::table! { changes (id) { id -> Integer, tag -> Nullable<Text>, } }"),
    ]);
    let server = postgres();
    let run = |arguments: &str| {
        let output = host.command(arguments).env("SCRATCH_URL", server.url()).output().expect("runs");
        host.output(output)
    };
    let checked = run("check");
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{}", checked.transcript());
    host.write(
        "src/lib.rs",
        "diesel::table! { a (id) { id -> Integer, n -> Nullable<Integer>, x -> Nullable<Text>, } }",
    );
    let written = run("--plugin core");
    assert_eq!(written.code, 0, "{}", written.transcript());
}
