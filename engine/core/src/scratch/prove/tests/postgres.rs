//! The same on PostgreSQL, as far as it is another database's to say.

use autogen_test_servers::postgres;

use super::{fails, holds, wrapped};
use crate::database::{Database, DatabaseUrl, ScratchServer};
use crate::error::Result;
use crate::scratch::{Proof, Trial, prove};

/// A revision from disk whose owner owns everything.
fn revision(start: &str, up: &str, down: &str) -> Result<Proof> {
    let kept = postgres();
    let server = ScratchServer::of(&DatabaseUrl::parse(&kept.url()).expect("a URL"));
    let mut database = Database::scratch_on(&server).expect("a scratch database");
    database.execute(start).expect(start);
    let (up, down) = (wrapped(up), Some(wrapped(down)));
    prove(Trial { start: &mut database, up, down, plan: None, changes: &[], models: None, owned: &|_| true })
}

const SHOP: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE kinds (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(20) NOT NULL UNIQUE);
    CREATE TABLE things (
      id serial PRIMARY KEY, kind_id integer NOT NULL REFERENCES kinds, mood mood NOT NULL, seen boolean NOT NULL,
      age smallint CHECK (age BETWEEN 18 AND 40), tags text[] NOT NULL, document jsonb NOT NULL, data bytea,
      price numeric(5, 2), at timestamptz, took interval, key uuid, address inet,
      status varchar(9) NOT NULL CHECK (status IN ('new', 'done'))
    );
    CREATE VIEW glad AS SELECT id FROM things WHERE mood = 'glad';";

#[test]
fn every_table_has_rows_and_they_stay() {
    let up = "ALTER TABLE things ADD COLUMN note text; CREATE INDEX ix ON things (note);";
    let proof = holds(revision(SHOP, up, "ALTER TABLE things DROP COLUMN note;"));
    assert_eq!(proof.unseeded, []);
    assert_eq!(proof.rows, 6);
}

#[test]
fn what_is_lost_is_said() {
    fails(
        revision(SHOP, "ALTER TABLE things ADD COLUMN note text;", "SELECT 1;"),
        "down.sql doesn't give back the schema that up.sql started from\ncolumn things.note should not be there",
    );
}

#[test]
fn the_statement_that_stops_is_said() {
    fails(
        revision(SHOP, "CREATE TABLE more (id integer);\nALTER TABLE things ALTER data TYPE integer USING 1/0;", ""),
        "up.sql stops with an error on a scratch database with rows\ndivision by zero\nthe statement in line 2: \
         ALTER TABLE things ALTER data TYPE integer USING 1/0",
    );
}

#[test]
fn rows_stay_out_of_a_guards_way() {
    let up = "DO $$ BEGIN IF (SELECT count(*) FROM things WHERE age IS NULL) > 0 THEN \
              RAISE EXCEPTION 'stopped: things.age is NULL; rows: 1'; END IF; END $$;
              ALTER TABLE things ALTER age SET NOT NULL;";
    let proof = holds(revision(SHOP, up, "ALTER TABLE things ALTER age DROP NOT NULL;"));
    assert_eq!((proof.rows, proof.unseeded), (6, Vec::new()));
}

const WIPED: &str = "
    CREATE TABLE users (id integer PRIMARY KEY, \"Name\" text NOT NULL, age integer);
    CREATE TABLE other (id integer PRIMARY KEY, name text NOT NULL);
    CREATE FUNCTION wipe() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DELETE'' || '' FROM other''; END';";

#[test]
fn rows_of_tables_that_no_statement_names_are_compared() {
    let lost = "up.sql loses or changes rows that it should keep\nother: 3 rows before, 0 after";
    for up in [
        "SELECT wipe();",
        "UPDATE users SET \"Name\" = 'x' WHERE id = 1; SELECT wipe();",
        "INSERT INTO users SELECT 99, 'x', 1; SELECT wipe();",
        "DO $$ BEGIN IF (SELECT count(*) FROM users) < 0 THEN RAISE EXCEPTION 'no'; END IF; PERFORM wipe(); END $$;",
        "WITH ids AS (SELECT 1 AS id) UPDATE users SET age = 1 FROM ids WHERE users.id = ids.id; SELECT wipe();",
    ] {
        fails(revision(WIPED, up, "DELETE FROM users WHERE id = 99;"), lost);
    }
}

#[test]
fn only_what_a_statement_names_is_left_out() {
    let notes = |up: &str| holds(revision(WIPED, up, "SELECT 1;")).notes;
    assert_eq!(
        notes("UPDATE ONLY users AS u SET \"Name\" = 'x', age = (1 + 2) FROM other WHERE true;"),
        ["the script itself sets users (Name, age): not compared"]
    );
    assert_eq!(
        notes("UPDATE users SET (\"Name\", age) = ('x', 1) WHERE id = 1;"),
        ["the script itself sets users (Name, age): not compared"]
    );
    assert_eq!(
        notes("DELETE FROM other USING users WHERE other.id = users.id;"),
        ["the script itself writes to rows of other: they were not compared"]
    );
    assert_eq!(
        notes("DO $$ BEGIN DELETE FROM other; END $$;"),
        ["the script itself writes to rows of other: they were not compared"]
    );
    assert_eq!(
        notes("DO $$ BEGIN IF (SELECT count(*) FROM users) < 0 THEN RAISE EXCEPTION 'no'; END IF; END $$;"),
        [""; 0]
    );
}

#[test]
fn what_a_trigger_writes_is_left_out() {
    let start = format!(
        "{WIPED} CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN UPDATE other SET name = 'seen'; RETURN NEW; END $$;
         CREATE TRIGGER tr AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();"
    );
    let proof = holds(revision(&start, "UPDATE users SET age = 1;", "SELECT 1;"));
    assert_eq!(
        proof.notes,
        [
            "the script itself writes to rows of other: they were not compared",
            "the script itself sets users (age): not compared"
        ]
    );
}
