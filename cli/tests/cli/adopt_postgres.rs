//! `autogen adopt` on PostgreSQL: enums, and what must be there before any table.

use autogen_test_servers::{PostgresDatabase, postgres};
use expect_test::expect;

use crate::support::{Host, Run};

const OLD: &str = "
    CREATE SCHEMA app;
    CREATE TYPE mood AS ENUM ('sad', 'very glad');
    COMMENT ON TYPE mood IS 'How somebody feels.';
    CREATE TABLE app.people (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        number bigserial,
        mood mood NOT NULL DEFAULT 'sad',
        moods mood[],
        seen timestamp(3),
        at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE app.people IS E'Who is there.\\n\\nAnd who was.';
    CREATE INDEX ix_mood ON app.people USING hash (mood);
    CREATE UNIQUE INDEX ix_at ON app.people (at DESC NULLS LAST) INCLUDE (mood);
    INSERT INTO app.people (mood) VALUES ('very glad');
";

fn run(host: &Host, server: &PostgresDatabase, arguments: &str) -> Run {
    let output = host.command(arguments).env("DATABASE_URL", server.url()).output().expect("runs");
    host.output(output)
}

#[test]
fn a_type_that_no_definition_makes_is_asked_for() {
    let definition =
        "diesel::table! { use diesel::sql_types::*; use super::Mood; t (id) { id -> Integer, mood -> Mood, } }\n";
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", definition)]);
    let server = postgres();
    let refused = run(&host, &server, "--plugin core");
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert!(refused.stderr.contains("make it in a migration by hand that is older"), "{}", refused.stderr);
}

#[test]
fn enums_numbers_and_indexes_become_source_that_agrees() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let server = postgres();
    server.execute(OLD);

    // The schema that the table stands in is made by a migration that somebody has written.
    host.write("migrations/0000-00-00-000000_setup/up.sql", "CREATE SCHEMA app;");
    let adopted = run(&host, &server, "adopt --plugin core --tables app.people");
    assert_eq!((adopted.code, adopted.stderr.as_str()), (0, ""), "{}", adopted.transcript());
    assert!(adopted.stdout.starts_with("  + defines type mood\n  + defines app.people\n"), "{}", adopted.stdout);
    assert!(adopted.stdout.contains("core: marked as applied: 0000-00-00-000000_setup, "), "{}", adopted.stdout);
    expect![[r#"
        //! Tables of core.

        autogen::sql_enum! {
            /// How somebody feels.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Mood {
                Sad,
                #[sql_name = "very glad"]
                VeryGlad,
            }
        }

        autogen::table! {
            use diesel::sql_types::*;
            use super::MoodMapping;

            /// Who is there.
            ///
            /// And who was.
            app.people (id) {
                #[identity(always)]
                id -> Integer,
                #[sql_type(postgres = "bigserial")]
                number -> BigInt,
                #[index(using = "hash", name = "ix_mood")]
                #[default(sql = "'sad'::mood")]
                mood -> MoodMapping,
                moods -> Nullable<Array<Nullable<MoodMapping>>>,
                #[sql_type(postgres = "timestamp(3) without time zone")]
                seen -> Nullable<Timestamp>,
                #[index(desc, nulls_last, unique, include(mood), name = "ix_at")]
                #[default(sql = "now()")]
                at -> Timestamptz,
            }
        }
    "#]]
    .assert_eq(&host.read("src/schema.rs"));
    assert_eq!(run(&host, &server, "check").code, 0);

    // A fresh database gets all of it, and then knows no more than this one.
    let fresh = postgres();
    assert_eq!(run(&host, &fresh, "upgrade").code, 0);
    let checked = run(&host, &fresh, "check");
    assert_eq!(checked.code, 0, "{}", checked.transcript());
}

#[test]
fn what_tables_stand_on_is_made_by_a_revision_of_the_hosts_own() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("src/lib.rs", ""),
        ("plugins/p/src/lib.rs", ""),
        ("plugins/q/src/lib.rs", ""),
    ]);
    let server = postgres();
    server.execute(
        "CREATE SCHEMA my_app; CREATE EXTENSION citext; CREATE EXTENSION pg_trgm;
         CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
         CREATE TYPE my_app.\"Place\" AS (x integer, y positive);
         CREATE SEQUENCE numbers START 100 INCREMENT 5;
         CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1 * 2; END $$;
         CREATE FUNCTION four_times(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
             $$ BEGIN RETURN twice(twice($1)); END $$;
         CREATE FUNCTION unused() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE my_app.ways (
             id integer PRIMARY KEY DEFAULT nextval('numbers'), stops my_app.\"Place\"[] NOT NULL, n positive,
             m integer NOT NULL DEFAULT four_times(1), k serial
         );
         CREATE TABLE names (id integer PRIMARY KEY, name citext NOT NULL, other text);
         CREATE INDEX ix_other ON names USING gin (other gin_trgm_ops);
         CREATE TABLE plain (id integer PRIMARY KEY);",
    );
    let adopted = run(&host, &server, "adopt --plugin p --tables *.ways,names");
    assert_eq!((adopted.code, adopted.stderr.as_str()), (0, ""), "{}", adopted.transcript());
    assert_eq!(host.folders("migrations").len(), 1);
    let folder = format!("migrations/{}", host.folders("migrations")[0]);
    expect![[r#"
        -- core: what adopted tables stand on

        CREATE SCHEMA IF NOT EXISTS my_app;

        CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public CASCADE;

        CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public CASCADE;

        CREATE DOMAIN positive AS integer CONSTRAINT positive_check CHECK ((VALUE > 0));

        CREATE TYPE my_app."Place" AS (x integer, y positive);

        CREATE SEQUENCE numbers AS bigint START 100 INCREMENT 5 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1;

        CREATE OR REPLACE FUNCTION twice(integer)
         RETURNS integer
         LANGUAGE plpgsql
         IMMUTABLE
        AS $function$ BEGIN RETURN $1 * 2; END $function$;

        CREATE OR REPLACE FUNCTION four_times(integer)
         RETURNS integer
         LANGUAGE plpgsql
         IMMUTABLE
        AS $function$ BEGIN RETURN twice(twice($1)); END $function$;
    "#]]
    .assert_eq(&host.read(&format!("{folder}/up.sql")));
    expect![[r#"
        -- core: takes back "setup"

        DROP FUNCTION four_times(integer);

        DROP FUNCTION twice(integer);

        DROP SEQUENCE numbers;

        DROP TYPE my_app."Place";

        DROP DOMAIN positive;

        DROP EXTENSION pg_trgm;

        DROP EXTENSION citext;

        DROP SCHEMA my_app;
    "#]]
    .assert_eq(&host.read(&format!("{folder}/down.sql")));
    // A table that stands on nothing makes no second one.
    assert_eq!(run(&host, &server, "adopt --plugin q --tables plain").code, 0);
    assert_eq!(host.folders("migrations").len(), 1);
    for arguments in ["check", "upgrade"] {
        let run = run(&host, &server, arguments);
        assert_eq!(run.code, 0, "{}", run.transcript());
    }
    let fresh = postgres();
    for arguments in ["upgrade", "check", "downgrade --allow all --plugin p base", "downgrade --plugin core base"] {
        let run = run(&host, &fresh, arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.transcript());
    }
}

#[test]
fn a_type_that_is_made_of_an_enumerated_one_is_refused_by_name() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let server = postgres();
    server.execute(
        "CREATE TYPE mood AS ENUM ('sad');
         CREATE TYPE pair AS (a integer, b mood);
         CREATE TABLE people (id integer PRIMARY KEY, both_ pair);
         CREATE TABLE plain (id integer PRIMARY KEY, mood mood);",
    );
    let refused = run(&host, &server, "adopt --plugin core --tables *");
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.transcript());
    let said = "error[stands-on-enum]: type public.pair is made of the enumerated type mood";
    assert!(refused.stderr.starts_with(said), "{}", refused.stderr);
    let adopted = run(&host, &server, "adopt --plugin core --tables plain");
    assert_eq!(adopted.code, 0, "{}", adopted.transcript());
    assert_eq!(run(&host, &server, "check").code, 0);
}

#[test]
fn a_collation_of_another_schema_is_made_and_named() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let server = postgres();
    server.execute(
        "CREATE SCHEMA words;
         CREATE COLLATION words.\"German words\" (provider = icu, locale = 'de', deterministic = false);
         CREATE TABLE names (id integer PRIMARY KEY, name text COLLATE words.\"German words\");
         CREATE INDEX ix_names ON names (id, name COLLATE \"C\");",
    );
    let adopted = run(&host, &server, "adopt --plugin core --tables *");
    assert_eq!(adopted.code, 0, "{}", adopted.transcript());
    let fresh = postgres();
    for (server, arguments) in [(&server, "check"), (&fresh, "upgrade"), (&fresh, "check")] {
        let run = run(&host, server, arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.transcript());
    }
}
