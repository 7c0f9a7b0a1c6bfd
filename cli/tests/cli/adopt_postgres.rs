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

    // A schema is nothing that a definition says: without one the baseline can't run anywhere else.
    let refused = run(&host, &server, "adopt --plugin core --tables app.people");
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert!(refused.stderr.contains("0000-00-00-000000_setup/up.sql`: CREATE SCHEMA app;"), "{}", refused.stderr);
    assert!(!host.path("src/schema.rs").exists());

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
                #[sql_type = "timestamp(3) without time zone"]
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
