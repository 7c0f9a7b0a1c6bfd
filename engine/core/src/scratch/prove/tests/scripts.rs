//! Revisions read from disk: nothing is known but their text.

use super::*;

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);";

#[test]
fn a_column_comes_and_goes() {
    let proof =
        holds(revision(USERS, "ALTER TABLE users ADD COLUMN x TEXT DEFAULT 'y'", "ALTER TABLE users DROP COLUMN x"));
    assert_eq!((proof.rows, proof.unseeded.len(), proof.goes_back), (3, 0, true));
    assert_eq!(proof.notes, Vec::<String>::new());
}

#[test]
fn a_dropped_column_may_come_back_empty() {
    let add = "ALTER TABLE users ADD COLUMN age INTEGER";
    holds(revision(USERS, "ALTER TABLE users DROP COLUMN age", add));
}

#[test]
fn an_empty_database_can_be_started_from() {
    let proof = holds(revision("", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "DROP TABLE a"));
    assert_eq!(proof.rows, 0);
}

#[test]
fn without_a_way_back_only_the_way_up_is_proven() {
    let mut start = database(USERS);
    let up = wrapped("CREATE TABLE a (id INTEGER PRIMARY KEY)");
    let proof =
        prove(Trial { start: &mut start, up, down: None, plan: None, changes: &[], models: None, owned: &|_| true });
    let proof = holds(proof);
    assert!(!proof.goes_back);
    assert!(proof.sentences()[0].ends_with("with 3 rows: up.sql runs"), "{}", proof.sentences()[0]);
}

#[test]
fn the_statement_that_fails_is_shown_with_its_line() {
    fails(
        revision(USERS, "-- header\nCREATE TABLE a (id INT);\n\nINSERT INTO nowhere\n  VALUES (1);", "DROP TABLE a"),
        "up.sql stops with an error on a scratch database with rows
no such table: nowhere
the statement in line 4: INSERT INTO nowhere
  VALUES (1)",
    );
}

#[test]
fn a_required_column_without_a_default_fails_on_rows() {
    fails(
        revision(
            USERS,
            "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL);
             INSERT INTO new SELECT id, name, age FROM users;",
            "DROP TABLE new",
        ),
        "up.sql stops with an error on a scratch database with rows
NOT NULL constraint failed: new.age
the statement in line 2: INSERT INTO new SELECT id, name, age FROM users",
    );
}

#[test]
fn down_stops() {
    fails(
        revision(USERS, "CREATE TABLE a (id INTEGER PRIMARY KEY)", "DROP TABLE b"),
        "down.sql stops with an error on a scratch database with rows
no such table: b
the statement in line 1: DROP TABLE b",
    );
}

#[test]
fn down_forgets_an_index() {
    fails(
        revision(USERS, "CREATE INDEX ix ON users (age); CREATE UNIQUE INDEX uq ON users (name, age)", "DROP INDEX uq"),
        "down.sql doesn't give back the schema that up.sql started from
users: index ix (age) should not be there",
    );
}

#[test]
fn down_gives_a_constraint_another_name() {
    fails(
        revision(
            "CREATE TABLE a (x INT, CONSTRAINT positive CHECK (x > 0))",
            "DROP TABLE a",
            "CREATE TABLE a (x INT, CHECK (x > 0))",
        ),
        "down.sql doesn't give back the schema that up.sql started from
a: check (x > 0) should not be there
a: check positive (x > 0) is missing",
    );
}

#[test]
fn down_gives_columns_in_another_order_which_is_no_difference() {
    holds(revision("CREATE TABLE a (x INT, y TEXT)", "DROP TABLE a", "CREATE TABLE a (y TEXT, x INT)"));
}

#[test]
fn down_gives_back_a_key_that_no_longer_takes_null() {
    let drop = "DROP TABLE t; CREATE TABLE t (code TEXT NOT NULL PRIMARY KEY)";
    let up = "CREATE TABLE other (id INTEGER PRIMARY KEY)";
    let outcome = revision("CREATE TABLE t (code TEXT PRIMARY KEY)", up, &format!("DROP TABLE other; {drop}"));
    fails(
        outcome,
        "down.sql doesn't give back the schema that up.sql started from\nkey column t.code should take NULL, and doesn't",
    );
    // The row's own number never is NULL, whatever is written.
    let down = "DROP TABLE other; CREATE TABLE new (id INTEGER NOT NULL PRIMARY KEY); INSERT INTO new SELECT * FROM t;
        DROP TABLE t; ALTER TABLE new RENAME TO t";
    holds(revision("CREATE TABLE t (id INTEGER PRIMARY KEY)", up, down));
}

#[test]
fn down_forgets_a_view() {
    fails(
        revision(&format!("{USERS} CREATE VIEW v AS SELECT name FROM users"), "DROP VIEW v", "SELECT 1"),
        "down.sql doesn't give back the schema that up.sql started from\nview v is missing",
    );
}

#[test]
fn a_rename_and_its_way_back_leave_only_other_quotes() {
    let start = format!(
        "{USERS} CREATE VIEW v AS SELECT users.name FROM users;
         CREATE TRIGGER tr AFTER INSERT ON users BEGIN UPDATE users SET age = 1 WHERE age = 'x'; END;
         CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INT REFERENCES users (id))"
    );
    holds(disk(
        &start,
        wrapped("ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME COLUMN id TO number"),
        wrapped("ALTER TABLE people RENAME COLUMN number TO id; ALTER TABLE people RENAME TO users"),
        &["users", "people"],
    ));
}

#[test]
fn a_rebuild_in_its_frame_keeps_all_children() {
    let up = framed(&rebuild("VARCHAR(64) NOT NULL"));
    let down = framed(&rebuild("TEXT NOT NULL"));
    let proof = holds(disk(FAMILY, bare(&up), bare(&down), &["parents"]));
    assert_eq!((proof.rows, proof.unseeded.len()), (9, 0));
}

#[test]
fn a_rebuild_in_the_runners_transaction_loses_children() {
    let (up, down) = (rebuild("VARCHAR(64) NOT NULL"), rebuild("TEXT NOT NULL"));
    let lost = "up.sql loses or changes rows that it should keep
deleted: 3 rows before, 0 after
nulled.parent holds other values: 1 became NULL";
    fails(disk(FAMILY, wrapped(&up), wrapped(&down), &["parents"]), lost);
    fails(disk(FAMILY, wrapped(&framed(&up)), wrapped(&framed(&down)), &["parents"]), lost);
    fails(disk(FAMILY, bare(&up), bare(&down), &["parents"]), lost);
}

#[test]
fn a_rebuild_that_renames_the_old_table_first_takes_the_keys_of_others_along() {
    let up = "PRAGMA foreign_keys = OFF;
        ALTER TABLE parents RENAME TO old_parents;
        CREATE TABLE parents (id INTEGER PRIMARY KEY, name VARCHAR(64) NOT NULL);
        INSERT INTO parents SELECT id, name FROM old_parents;
        DROP TABLE old_parents;
        PRAGMA foreign_keys = ON;";
    let expected = "up.sql changes what its owner doesn't own
deleted: foreign key (parent) -> old_parents (id) on delete cascade should not be there
nulled: foreign key (parent) -> old_parents (id) on delete set null should not be there
deleted: foreign key (parent) -> parents (id) on delete cascade is missing
nulled: foreign key (parent) -> parents (id) on delete set null is missing";
    let outcome = disk(FAMILY, bare(up), bare("SELECT 1"), &["parents", "old_parents"]);
    let error = outcome.expect_err("the proof fails");
    let mut lines: Vec<String> = told(&error).lines().map(str::to_owned).collect();
    let mut wanted: Vec<&str> = expected.lines().collect();
    lines.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
    // Who owns the children too still has keys that point nowhere.
    let error = disk(FAMILY, bare(up), bare("SELECT 1"), &["parents", "deleted", "nulled"]).expect_err("it fails");
    assert_eq!(error.to_string(), "up.sql breaks what stands around it");
    assert!(told(&error).contains("inserting into deleted fails: no such table: main.old_parents"), "{}", told(&error));
}

#[test]
fn rows_that_are_not_copied_are_lost() {
    fails(
        revision(
            USERS,
            "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
             INSERT INTO new SELECT * FROM users WHERE age IS NOT NULL;
             DROP TABLE users; ALTER TABLE new RENAME TO users",
            "SELECT 1",
        ),
        "up.sql loses or changes rows that it should keep\nusers: 3 rows before, 2 after",
    );
}

#[test]
fn columns_that_are_copied_crosswise_are_seen() {
    fails(
        revision(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a DATE NOT NULL, b DATE NOT NULL CHECK (b > '2001-01-01'))",
            "CREATE TABLE new (id INTEGER PRIMARY KEY, a DATE NOT NULL, b DATE NOT NULL CHECK (b > '2001-01-01'));
             INSERT INTO new SELECT id, b, max(a, '2002-02-02') FROM t;
             DROP TABLE t; ALTER TABLE new RENAME TO t",
            "SELECT 1",
        ),
        "up.sql loses or changes rows that it should keep
t.a holds other values: '1999-12-31' became '2024-02-29'
t.b holds other values: '2024-02-29' became '2002-02-02'",
    );
}

#[test]
fn a_rebuild_that_forgets_the_high_water_mark_numbers_from_lower() {
    let start = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)";
    let remake = "CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
        INSERT INTO new SELECT * FROM t;";
    let rename = "DROP TABLE t; ALTER TABLE new RENAME TO t";
    fails(
        revision(start, &format!("{remake} {rename}"), "SELECT 1"),
        "up.sql loses or changes rows that it should keep\nt: new rows were numbered from 11, now from 4",
    );
    let keep = "UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence) WHERE name = 'new';";
    holds(revision(start, &format!("{remake} {keep} {rename}"), "SELECT 1"));
}

#[test]
fn down_loses_rows() {
    fails(
        revision(
            USERS,
            "CREATE INDEX ix ON users (age)",
            "DROP INDEX ix; CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
             DROP TABLE users; ALTER TABLE new RENAME TO users",
        ),
        "down.sql loses or changes rows that it should keep\nusers: 3 rows before, 0 after",
    );
}

#[test]
fn what_the_author_writes_to_is_not_compared_and_that_is_said() {
    let proof = holds(revision(USERS, "UPDATE users SET age = 0 WHERE age IS NULL", "SELECT 1"));
    assert_eq!(proof.notes, ["the script itself sets users (age): not compared"]);
    let proof = holds(revision(USERS, "DELETE FROM users WHERE age IS NULL", "SELECT 1"));
    assert_eq!(proof.notes, ["the script itself writes to rows of users: they were not compared"]);
    // Rows that come must not cost those that are there.
    let add = "INSERT INTO users (name) VALUES ('root')";
    holds(revision(USERS, add, "DELETE FROM users WHERE name = 'root'"));
    fails(
        revision(USERS, &format!("{add}; CREATE TABLE a AS SELECT 1 AS x; DROP TABLE users; {USERS}"), "SELECT 1"),
        "up.sql loses or changes rows that it should keep\nusers: 3 rows before, 0 after",
    );
}

#[test]
fn up_touches_a_foreign_table() {
    let outcome = disk(
        &format!("{USERS} CREATE TABLE own (id INTEGER PRIMARY KEY)"),
        wrapped(
            "ALTER TABLE own ADD COLUMN x INT; CREATE INDEX ix ON users (name); ALTER TABLE users ADD COLUMN y INT",
        ),
        wrapped("SELECT 1"),
        &["own"],
    );
    fails(
        outcome,
        "up.sql changes what its owner doesn't own
users: index ix (name) should not be there
column users.y should not be there",
    );
}

#[test]
fn up_makes_a_trigger_on_a_foreign_table_or_drops_one() {
    let start =
        "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TRIGGER tr AFTER DELETE ON users BEGIN SELECT 1; END";
    let up = "CREATE TRIGGER own AFTER INSERT ON users BEGIN SELECT 1; END; DROP TRIGGER tr";
    fails(
        disk(start, wrapped(up), wrapped("SELECT 1"), &["own"]),
        "up.sql changes what its owner doesn't own\ntrigger tr is missing\ntrigger own should not be there",
    );
}

#[test]
fn up_breaks_a_view_and_a_trigger() {
    let start = format!(
        "{USERS} CREATE TABLE log (what TEXT);
         CREATE TRIGGER tr AFTER UPDATE OF name ON users BEGIN INSERT INTO log VALUES (new.age); END;
         CREATE VIEW ages AS SELECT age FROM users"
    );
    let up = "DROP TABLE log; DROP VIEW ages; CREATE VIEW ages AS SELECT years FROM users";
    fails(
        revision(&start, up, "SELECT 1"),
        "up.sql breaks what stands around it
reading view ages fails: no such column: years
updating users fails: no such table: main.log
trigger tr on users fails when a row is updated: no such table: main.log",
    );
}

#[test]
fn what_was_broken_before_may_stay_broken() {
    let start = format!("{USERS} CREATE VIEW v AS SELECT * FROM nowhere");
    holds(revision(&start, "CREATE INDEX ix ON users (age)", "DROP INDEX ix"));
}

#[test]
fn rows_that_point_nowhere_are_seen() {
    let up = "PRAGMA foreign_keys = OFF; DELETE FROM parents WHERE id = 1; PRAGMA foreign_keys = ON;";
    fails(
        disk(FAMILY, bare(up), bare("SELECT 1"), &["parents"]),
        "up.sql breaks what stands around it
1 rows of deleted point at no row of parents
1 rows of nulled point at no row of parents",
    );
}

#[test]
fn damage_to_the_file_is_seen() {
    let up = "PRAGMA ignore_check_constraints = ON; UPDATE t SET a = 'bad'; PRAGMA ignore_check_constraints = OFF;";
    fails(
        revision("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a IN ('good')))", up, "SELECT 1"),
        "up.sql breaks what stands around it\nCHECK constraint failed in t",
    );
}

#[test]
fn a_connection_must_be_left_as_it_was() {
    fails(
        disk(USERS, bare("PRAGMA foreign_keys = OFF; CREATE TABLE a (id INT)"), bare("DROP TABLE a"), &["a"]),
        "up.sql doesn't leave the connection as it found it\nPRAGMA foreign_keys was 1 and is 0 now",
    );
    fails(
        disk(USERS, bare("BEGIN; CREATE TABLE a (id INT)"), bare("DROP TABLE a"), &["a"]),
        "up.sql doesn't leave the connection as it found it\na transaction is left open",
    );
}

#[test]
fn up_cannot_run_twice() {
    fails(
        revision(USERS, "CREATE TABLE a (x INT); CREATE TEMP TABLE scratch (x INT)", "DROP TABLE a"),
        "up.sql, run again after down.sql, stops with an error on a scratch database with rows
table scratch already exists
the statement in line 1: CREATE TEMP TABLE scratch (x INT)",
    );
    fails(
        revision(USERS, "INSERT INTO users (id, name) VALUES (1000, 'root')", "SELECT 1"),
        "up.sql, run again after down.sql, stops with an error on a scratch database with rows
UNIQUE constraint failed: users.id
the statement in line 1: INSERT INTO users (id, name) VALUES (1000, 'root')",
    );
}

#[test]
fn up_gives_something_else_the_second_time() {
    fails(
        revision(
            USERS,
            "CREATE TABLE a (x INT); CREATE TABLE b AS SELECT * FROM a",
            "DROP TABLE a; DROP TABLE b; CREATE TEMP TABLE a (y INT)",
        ),
        "up.sql, run again after down.sql, doesn't give what it gave the first time
column b.y should not be there
column b.x is missing",
    );
}

#[test]
fn rows_that_a_guard_stops_at_are_not_planted() {
    let guard = "SELECT json_extract('{}', 'stopped: users.age is NULL (' || \"n\" || ' rows)') \
                 FROM (SELECT (SELECT count(*) FROM \"users\" WHERE \"age\" IS NULL) AS \"n\") WHERE \"n\" > 0;";
    let remade = "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL);
        INSERT INTO new SELECT * FROM users; DROP TABLE users; ALTER TABLE new RENAME TO users;";
    let back = "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
        INSERT INTO new SELECT * FROM users; DROP TABLE users; ALTER TABLE new RENAME TO users;";
    let proof = holds(revision(USERS, &format!("{guard}{remade}"), back));
    assert_eq!(proof.rows, 3);
    // Likewise after a rename.
    let renamed = format!("ALTER TABLE users RENAME TO people; {}", guard.replace("\"users\"", "\"people\""));
    assert_eq!(holds(revision(USERS, &renamed, "ALTER TABLE people RENAME TO users")).rows, 3);
}

#[test]
fn a_guard_against_any_row_leaves_its_table_empty() {
    let guard = "SELECT json_extract('{}', 'stopped: users.x is required and has no default (' || \"n\" || ' rows)') \
                 FROM (SELECT (SELECT count(*) FROM \"users\") AS \"n\") WHERE \"n\" > 0;";
    let why = "no seeded row meets what up.sql asks for: users.x is required and has no default (1 rows)".to_owned();
    let users = (TableName::new("users"), why);
    let proof = holds(revision(USERS, &format!("{guard} CREATE INDEX ix ON users (age)"), "DROP INDEX ix"));
    assert_eq!((proof.rows, proof.unseeded), (0, vec![users]));
    // Down refuses rows: up is proven with them, and then everything without.
    let proof = holds(revision(USERS, "CREATE INDEX ix ON users (age)", &format!("{guard} DROP INDEX ix")));
    let why = "down.sql stops while it has rows: users.x is required and has no default (3 rows); \
               up.sql alone was proven with them"
        .to_owned();
    assert_eq!((proof.rows, proof.unseeded), (0, vec![(TableName::new("users"), why)]));
}

#[test]
fn rows_that_a_unique_index_refuses_are_not_planted() {
    let start = "CREATE TABLE t (id INTEGER PRIMARY KEY, a BOOLEAN NOT NULL, b BOOLEAN NOT NULL)";
    let proof = holds(revision(start, "CREATE UNIQUE INDEX uq ON t (a, b)", "DROP INDEX uq"));
    assert_eq!(proof.rows, 3);
    let proof = holds(revision(start, "CREATE UNIQUE INDEX uq ON t (a + b)", "DROP INDEX uq"));
    assert_eq!(proof.rows, 3);
}

#[test]
fn a_new_key_finds_its_rows() {
    let start = "CREATE TABLE a (id INTEGER PRIMARY KEY, zone TEXT NOT NULL); CREATE TABLE zones (name TEXT PRIMARY KEY NOT NULL)";
    let guard = "SELECT json_extract('{}', 'stopped: a (zone) points at no row of zones (' || \"n\" || ' rows)') FROM \
        (SELECT (SELECT count(*) FROM \"a\" AS \"c\" WHERE \"c\".\"zone\" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \"zones\" \
        AS \"p\" WHERE \"p\".\"name\" = \"c\".\"zone\")) AS \"n\") WHERE \"n\" > 0;";
    let remake = |zone: &str| {
        format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, zone TEXT NOT NULL{zone}); INSERT INTO new SELECT * FROM a;
             DROP TABLE a; ALTER TABLE new RENAME TO a;"
        )
    };
    let proof = holds(revision(start, &format!("{guard}{}", remake(" REFERENCES zones (name)")), &remake("")));
    assert_eq!((proof.rows, proof.unseeded.len()), (6, 0));
}

#[test]
fn nulls_may_be_filled_but_nothing_else() {
    let remade = |a: &str, value: &str| {
        format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER {a});
             INSERT INTO new SELECT id, name, {value} FROM users; DROP TABLE users; ALTER TABLE new RENAME TO users;"
        )
    };
    holds(revision(USERS, &remade("NOT NULL", "coalesce(age, 7)"), &remade("NULL", "age")));
    fails(
        revision(USERS, &remade("NOT NULL", "7"), &remade("NULL", "age")),
        "up.sql loses or changes rows that it should keep\nusers.age holds other values: 1 is gone",
    );
}
