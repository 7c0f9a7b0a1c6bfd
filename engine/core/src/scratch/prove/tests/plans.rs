//! Revisions with a plan: what was planned and what the models say is what must come out.

use super::*;
use crate::diff::diff;
use crate::introspect::introspect;
use crate::model::{Change, Edit, Pair, Rename, Schema};
use crate::normalize::comparable;
use crate::plan::round_trip;

fn schema(sql: &str) -> Schema {
    introspect(&mut database(sql)).expect("a schema")
}

/// A revision planned from one schema to another, with scripts written by hand.
fn planned(start: &str, goal: &str, up: Script<'_>, down: Script<'_>) -> Result<Proof> {
    planned_by(start, goal, up, down, |changes| changes)
}

fn planned_by(
    start: &str,
    goal: &str,
    up: Script<'_>,
    down: Script<'_>,
    edited: impl Fn(Vec<Change>) -> Vec<Change>,
) -> Result<Proof> {
    let mut live = database(start);
    let models = schema(goal);
    let pair = comparable(Pair::new(schema(start), models.clone()), &mut live)?;
    let changes = edited(diff(&pair, Dialect::Sqlite));
    let plan = round_trip(&pair.from, &changes, Dialect::Sqlite);
    prove(Trial {
        start: &mut live,
        up,
        down: Some(down),
        plan: Some(&plan),
        changes: &changes,
        models: Some(&models),
        owned: &|_| true,
    })
}

const T: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL);";

fn remade(table: &str, values: &str) -> String {
    format!(
        "CREATE TABLE new {table}; INSERT INTO new SELECT {values} FROM t; DROP TABLE t; ALTER TABLE new RENAME TO t;"
    )
}

#[test]
fn a_planned_column_comes_and_goes() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL, c BOOLEAN NOT NULL DEFAULT 0)";
    let up = "ALTER TABLE \"t\" ADD COLUMN \"c\" BOOLEAN NOT NULL DEFAULT 0;";
    let proof = holds(planned(T, goal, wrapped(up), wrapped("ALTER TABLE \"t\" DROP COLUMN \"c\";")));
    assert!(proof.gives_models && proof.goes_back);
    let sentences = proof.sentences();
    assert!(sentences[0].starts_with("on SQLite 3."), "{sentences:?}");
    assert!(
        sentences[0].ends_with(
            " with 3 rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again"
        ),
        "{sentences:?}"
    );
}

#[test]
fn up_is_unlike_the_models() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL, c BOOLEAN NOT NULL DEFAULT 0)";
    fails(
        planned(
            T,
            goal,
            wrapped("ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1"),
            wrapped("ALTER TABLE t DROP COLUMN c"),
        ),
        "up.sql doesn't give what the models say
column t.c: type is INTEGER, should be BOOLEAN; nullability is null, should be not null; default is 1, should be 0",
    );
}

#[test]
fn what_models_do_not_speak_for_must_stay_too() {
    let start = format!("{T} CREATE INDEX ix ON t (a);");
    let mut live = database(&start);
    let mut models = schema(&format!("{T} ALTER TABLE t ADD COLUMN c TEXT;"));
    for table in models.tables.values_mut() {
        table.speaks = crate::model::Speaks::STOCK;
    }
    let pair = comparable(Pair::new(schema(&start), models.clone()), &mut live).expect("a pair");
    let changes = diff(&pair, Dialect::Sqlite);
    let plan = round_trip(&pair.from, &changes, Dialect::Sqlite);
    let up = remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL, c TEXT)", "id, a, b, NULL");
    let proof = prove(Trial {
        start: &mut live,
        up: wrapped(&up),
        down: None,
        plan: Some(&plan),
        changes: &changes,
        models: Some(&models),
        owned: &|_| true,
    });
    fails(proof, "up.sql doesn't give what was planned\nt: index ix (a) is missing");
}

#[test]
fn a_rebuild_must_make_triggers_again() {
    let trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END;";
    let (start, goal) =
        (format!("{T} {trigger}"), "CREATE TABLE t (id INTEGER PRIMARY KEY, a BIGINT, b TEXT NOT NULL)");
    let up = remade("(id INTEGER PRIMARY KEY, a BIGINT, b TEXT NOT NULL)", "*");
    let down = remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL)", "*");
    fails(
        planned(&start, goal, wrapped(&up), wrapped(&down)),
        "up.sql doesn't give what was planned\ntrigger tr is missing",
    );
    holds(planned(&start, goal, wrapped(&format!("{up}{trigger}")), wrapped(&format!("{down}{trigger}"))));
}

#[test]
fn a_dropped_column_takes_only_its_own_values() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT NOT NULL)";
    let down = "ALTER TABLE t ADD COLUMN a INTEGER";
    holds(planned(T, goal, wrapped("ALTER TABLE t DROP COLUMN a"), wrapped(down)));
    let up = remade("(id INTEGER PRIMARY KEY, b TEXT NOT NULL)", "id, upper(b)");
    fails(
        planned(T, goal, wrapped(&up), wrapped(down)),
        "up.sql loses or changes rows that it should keep
t.b holds other values: 'a text' became 'A TEXT'",
    );
}

#[test]
fn a_wider_type_may_say_values_in_other_words() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)";
    let up = remade("(id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)", "id, CAST(a AS TEXT), b");
    let down = remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL)", "id, CAST(a AS INTEGER), b");
    holds(planned(T, goal, wrapped(&up), wrapped(&down)));
    let up = remade("(id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)", "id, CAST(a + 1 AS TEXT), b");
    fails(
        planned(T, goal, wrapped(&up), wrapped(&down)),
        "up.sql loses or changes rows that it should keep\nt.a holds other values: 1 became 2",
    );
}

#[test]
fn a_filled_column_may_hold_other_values() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 7, b TEXT NOT NULL)";
    let up = remade("(id INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 7, b TEXT NOT NULL)", "id, coalesce(a, 7), b");
    let down = remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL)", "*");
    holds(planned(T, goal, wrapped(&up), wrapped(&down)));
    let up = remade("(id INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 7, b TEXT NOT NULL)", "id, 7, b");
    fails(
        planned(T, goal, wrapped(&up), wrapped(&down)),
        "up.sql loses or changes rows that it should keep\nt.a holds other values: 1 is gone",
    );
}

#[test]
fn a_backfill_that_gives_null_is_caught() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL, c INTEGER NOT NULL)";
    let up =
        remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL, c INTEGER NOT NULL)", "id, a, b, instr(b, NULL)");
    // It reads a required column alone, so the plan expects a value.
    let backfilled = |mut changes: Vec<Change>| {
        for change in &mut changes {
            if let Change::Column(_, Edit::Add(column)) = change {
                column.hints.backfill = Some("instr(b, NULL)".to_owned());
            }
        }
        changes
    };
    let outcome = planned_by(T, goal, wrapped(&up), wrapped("ALTER TABLE t DROP COLUMN c"), backfilled);
    let error = outcome.expect_err("the proof fails");
    assert!(
        told(&error).starts_with(
            "up.sql stops with an error on a scratch database with rows\nNOT NULL constraint failed: new.c\nthe statement in line 1: INSERT"
        ),
        "{}",
        told(&error)
    );
}

#[test]
fn rows_that_a_planned_rule_refuses_are_left_out_and_that_is_said() {
    let add = "ALTER TABLE t ADD COLUMN c BOOLEAN NOT NULL DEFAULT 0; CREATE UNIQUE INDEX uq ON t (length(b) * 0, c);";
    let down = "DROP INDEX uq; ALTER TABLE t DROP COLUMN c";
    let proof = holds(planned(T, &format!("{T} {add}"), wrapped(add), wrapped(down)));
    assert_eq!(proof.rows, 0);
    let why = "up.sql stops while it has rows: UNIQUE constraint failed: index 'uq'";
    assert_eq!(proof.unseeded, [(TableName::new("t"), why.to_owned())]);
    assert_eq!(proof.sentences()[2], format!("with empty table t: {why}"));
}

#[test]
fn rows_follow_renames() {
    let goal = "CREATE TABLE s (id INTEGER PRIMARY KEY, number INTEGER, b TEXT NOT NULL)";
    let renames = |_| {
        let (t, s) = (TableName::new("t"), TableName::new("s"));
        vec![
            Change::Rename(Rename::Table(Pair::new(t, s.clone()))),
            Change::Rename(Rename::Column(s, Pair::new("a".to_owned(), "number".to_owned()))),
        ]
    };
    let down = wrapped("ALTER TABLE s RENAME COLUMN number TO a; ALTER TABLE s RENAME TO t");
    let up = wrapped("ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME COLUMN a TO number");
    holds(planned_by(T, goal, up, down, renames));
    let up = wrapped("ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME COLUMN a TO number; UPDATE s SET number = 5");
    fails(
        planned_by(T, goal, up, down, renames),
        "up.sql loses or changes rows that it should keep\nt.a holds other values: 1 became 5",
    );
}

#[test]
fn a_dropped_table_takes_its_rows_and_triggers() {
    let start = format!("{T} CREATE TABLE log (x TEXT); CREATE TRIGGER tr AFTER INSERT ON log BEGIN SELECT 1; END;");
    let trigger = "CREATE TRIGGER tr AFTER INSERT ON log BEGIN SELECT 1; END;";
    let down = format!("CREATE TABLE log (x TEXT); {trigger}");
    holds(planned(&start, T, wrapped("DROP TABLE log"), wrapped(&down)));
    fails(
        planned(&start, T, wrapped("DROP TABLE log"), wrapped("CREATE TABLE log (x TEXT)")),
        "down.sql doesn't give back the schema that up.sql started from\ntrigger tr is missing",
    );
    // A view that still reads it can't stay.
    let start = format!("{start} CREATE VIEW v AS SELECT x FROM log");
    fails(
        planned(&start, T, wrapped("DROP TABLE log"), wrapped("CREATE TABLE log (x TEXT)")),
        "up.sql breaks what stands around it\nreading view v fails: no such table: main.log",
    );
}

#[test]
fn dropping_a_parent_must_not_empty_its_children() {
    let goal = "CREATE TABLE nulled (id INTEGER PRIMARY KEY, parent INTEGER);
        CREATE TABLE deleted (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL);";
    let remade = |table: &str, ty: &str| {
        format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, parent {ty}); INSERT INTO new SELECT * FROM {table};
             DROP TABLE {table}; ALTER TABLE new RENAME TO {table};"
        )
    };
    let (nulled, deleted) = (remade("nulled", "INTEGER"), remade("deleted", "INTEGER NOT NULL"));
    fails(
        planned(FAMILY, goal, wrapped(&format!("DROP TABLE parents; {nulled} {deleted}")), wrapped("SELECT 1")),
        "up.sql loses or changes rows that it should keep
deleted: 3 rows before, 0 after
nulled.parent holds other values: 1 became NULL",
    );
}

#[test]
fn values_that_no_hazard_gives_up_must_stay() {
    let goal = "CREATE TABLE t (id INTEGER PRIMARY KEY, a BIGINT, b TEXT NOT NULL)";
    let up = "CREATE TABLE new (id INTEGER PRIMARY KEY, a BIGINT, b TEXT NOT NULL);
        INSERT INTO new (id, b) SELECT id, b FROM t; DROP TABLE t; ALTER TABLE new RENAME TO t;";
    let down = remade("(id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL)", "*");
    let outcome = planned(T, goal, wrapped(up), wrapped(&down));
    fails(outcome, "up.sql loses or changes rows that it should keep\nt.a holds other values: 1 became NULL");
}
