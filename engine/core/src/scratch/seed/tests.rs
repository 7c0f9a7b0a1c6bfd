//! What gets planted where.

use super::*;
use crate::introspect::introspect;

/// Returns the rows of every table as literals, and why some tables have none.
fn planted(sql: &str) -> (BTreeMap<String, Vec<String>>, BTreeMap<TableName, String>) {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    database.execute(sql).expect(sql);
    let schema = introspect(&mut database).expect("a schema");
    let reasons = seed(&mut database, &schema, &[], &BTreeMap::new()).expect("rows");
    assert_eq!(ask::orphans(&mut database).unwrap_or_default(), []);
    assert_eq!(ask::faults(&mut database).expect("an answer"), Vec::<String>::new());
    let mut tables = BTreeMap::new();
    for table in schema.tables.values() {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let rows = ask::literals(&mut database, table, &columns).expect("rows");
        let line = |row: ask::TextRow| row.into_iter().flatten().collect::<Vec<_>>().join(" | ");
        tables.insert(table.name.name.clone(), rows.into_iter().map(line).collect());
    }
    (tables, reasons)
}

/// Returns the rows of one of the tables, if every table has some.
#[track_caller]
fn rows(sql: &str, table: &str) -> Vec<String> {
    let (mut tables, reasons) = planted(sql);
    assert_eq!(reasons, BTreeMap::new());
    tables.remove(table).expect(table)
}

#[test]
fn values_are_easily_lost_ones() {
    assert_eq!(
        rows(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b VARCHAR(2), c BIGINT, d DOUBLE, e BLOB, f TIMESTAMP,
               g BOOLEAN, h AS (a || '!'))",
            "t"
        ),
        [
            "1 | 'a text' | 'a ' | 1 | 1.5 | X'00FF27' | '2024-02-29 12:34:56' | 1 | 'a text!'",
            "2 | '🦀 it''s \"é\"\n;-- x' | '🦀 ' | -9007199254740993 | -1234.5678 | X'' | '1999-12-31 23:59:59.123456' | 0 \
             | '🦀 it''s \"é\"\n;-- x!'",
            "3 | '' | NULL | NULL | NULL | NULL | NULL | NULL | '!'",
        ]
    );
}

#[test]
fn the_same_schema_gets_the_same_rows() {
    let sql = "CREATE TABLE t (a TEXT CHECK (length(a) = 7), b INT CHECK (b % 3 = 2), UNIQUE (a, b))";
    assert_eq!(planted(sql), planted(sql));
}

#[test]
fn strict_tables_take_their_rows() {
    let rows = rows("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b REAL, c TEXT, d BLOB, e ANY) STRICT", "t");
    assert_eq!(rows[0], "1 | 1 | 1.5 | 'a text' | X'00FF27' | 'a'");
}

#[test]
fn every_key_has_children_and_one_that_points_nowhere() {
    let sql = "
        CREATE TABLE c (id INTEGER PRIMARY KEY, b1 INT NOT NULL REFERENCES b, b2 INT REFERENCES b (id));
        CREATE TABLE b (id INTEGER PRIMARY KEY, a TEXT UNIQUE REFERENCES \"A\" (NAME));
        CREATE TABLE a (name TEXT PRIMARY KEY) WITHOUT ROWID;";
    let (tables, reasons) = planted(sql);
    assert_eq!(reasons, BTreeMap::new());
    assert_eq!(tables["a"], ["'a key'", "'c key'", "'🔑 it''s \"é\"'"]);
    assert_eq!(tables["b"], ["1 | 'a key'", "2 | '🔑 it''s \"é\"'", "3 | NULL"]);
    assert_eq!(tables["c"], ["1 | 1 | 1", "2 | 2 | 2", "3 | 3 | NULL"]);
}

#[test]
fn composite_keys_that_share_a_column_agree() {
    let sql = "
        CREATE TABLE tenants (id INTEGER PRIMARY KEY);
        CREATE TABLE users (tenant INT REFERENCES tenants, name TEXT, PRIMARY KEY (name, tenant));
        CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant INT NOT NULL REFERENCES tenants, author TEXT NOT NULL, editor TEXT,
          FOREIGN KEY (author, tenant) REFERENCES users, FOREIGN KEY (tenant, editor) REFERENCES users (tenant, name));";
    assert_eq!(
        rows(sql, "notes"),
        ["1 | 1 | 'a key' | 'a key'", "2 | 2 | '🔑 it''s \"é\"' | '🔑 it''s \"é\"'", "3 | 3 | 'c key' | NULL"]
    );
}

#[test]
fn a_table_may_point_at_itself() {
    assert_eq!(
        rows("CREATE TABLE t (id INTEGER PRIMARY KEY, up INT NOT NULL REFERENCES t)", "t"),
        ["1 | 1", "2 | 1", "3 | 2"]
    );
    let rows = rows("CREATE TABLE t (id INTEGER PRIMARY KEY, up INT REFERENCES t CHECK (up <> id))", "t");
    assert_eq!(rows, ["-1 | NULL", "2 | -1", "3 | NULL"]);
}

#[test]
fn cycles_are_closed() {
    let sql = |null: &str| {
        format!(
            "CREATE TABLE egg (id INTEGER PRIMARY KEY, mother INT {null} REFERENCES hen DEFERRABLE INITIALLY DEFERRED);
             CREATE TABLE hen (id INTEGER PRIMARY KEY, egg INT NOT NULL REFERENCES egg, name TEXT)"
        )
    };
    for null in ["NULL", "NOT NULL"] {
        let (tables, reasons) = planted(&sql(null));
        assert_eq!(reasons, BTreeMap::new());
        assert_eq!(tables["egg"][..2], ["1 | 1", "2 | 2"], "{null}");
        assert_eq!(tables["hen"], ["1 | 1 | 'a text'", "2 | 2 | '🦀 it''s \"é\"\n;-- x'", "3 | 3 | NULL"]);
    }
}

#[test]
fn checks_are_satisfied_by_search() {
    for check in [
        "status IN ('open', 'it''s done')",
        "length(status) > 3",
        "length(status) BETWEEN 30 AND 31",
        "number BETWEEN 700 AND 710",
        "number > other AND other > 50",
        "number < other AND other < third",
        "status LIKE '%@%.__'",
        "status GLOB '[A-Z][0-9][0-9]-*'",
        "status = lower(status) AND status <> ''",
        "(number IS NULL) <> (other IS NULL)",
        "json_valid(status)",
        "date(status) IS status",
        "number % 7 = 3",
        "number + other = third AND third > 4",
        "status IS NOT NULL AND number IS NOT NULL",
        "status IN ('a', 'b') AND (status <> 'a' OR number = 1000) AND (status <> 'b' OR number = 2000)",
    ] {
        let sql = format!("CREATE TABLE t (status TEXT, number INT, other INT, third INT, CHECK ({check}))");
        assert_eq!(rows(&sql, "t").len(), ROWS, "{check}");
    }
}

#[test]
fn a_named_check_and_a_unique_expression_are_understood() {
    let columns: String =
        (0..40).map(|number| format!(", c{number} INT NOT NULL CHECK (c{number} > {number}00)")).collect();
    let sql = format!(
        "CREATE TABLE \"a b\" (\"the code\" TEXT NOT NULL, CONSTRAINT \"nine!\" CHECK (length(\"the code\") = 9){columns});
         CREATE UNIQUE INDEX \"u x\" ON \"a b\" (substr(\"the code\", 1, 3) || c1 / 1000)"
    );
    let sql = sql.replace(
        "(\"the code\" TEXT NOT NULL, CONSTRAINT \"nine!\" CHECK (length(\"the code\") = 9)",
        "(\"the code\" TEXT NOT NULL CONSTRAINT \"nine!\" CHECK (length(\"the code\") = 9)",
    );
    assert!(rows(&sql, "a b").len() >= 2);
}

#[test]
fn rules_that_take_rows_in_silence_do_not_deceive() {
    let sql =
        "CREATE TABLE t (a BOOLEAN NOT NULL UNIQUE ON CONFLICT IGNORE, b INT NOT NULL ON CONFLICT REPLACE DEFAULT 7,
        c INT NOT NULL ON CONFLICT ROLLBACK CHECK (c > 5))";
    assert_eq!(rows(sql, "t").len(), 2);
}

#[test]
fn triggers_have_their_say() {
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL);
        CREATE TRIGGER tr BEFORE INSERT ON t WHEN new.a NOT IN ('x', 'yy') BEGIN SELECT raise(ABORT, 'a is wrong'); END;";
    assert_eq!(rows(sql, "t").len(), ROWS);
}

#[test]
fn why_a_table_stays_empty_is_told() {
    let why = |sql: &str| planted(sql).1.into_values().collect::<Vec<_>>().join("; ");
    assert_eq!(
        why("CREATE TABLE t (a INT NOT NULL CHECK (a > 5 AND a < 3))"),
        "CHECK constraint failed: a > 5 AND a < 3"
    );
    assert_eq!(why("CREATE TABLE t (a INT REFERENCES nowhere)"), "no such table: main.nowhere");
    assert_eq!(
        why("CREATE TABLE a (id INT PRIMARY KEY CHECK (0)); CREATE TABLE b (a INT NOT NULL REFERENCES a)"),
        "CHECK constraint failed: 0; its required key (a) finds no row in a"
    );
    assert_eq!(
        why("CREATE TABLE a (x INT); CREATE TABLE b (x INT REFERENCES a (x))"),
        "foreign key mismatch - \"b\" referencing \"a\""
    );
}

#[test]
fn numbered_tables_remember_higher_numbers() {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE e (id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (0))";
    database.execute(sql).expect(sql);
    let schema = introspect(&mut database).expect("a schema");
    seed(&mut database, &schema, &[], &BTreeMap::new()).expect("rows");
    let number = |table: &str, last| (TableName::new(table), ask::LastNumber { last, step: 1 });
    assert_eq!(ask::numbers(&mut database).expect("numbers"), [number("e", 7), number("t", 10)]);
}

#[test]
fn odd_names_and_many_columns_are_no_trouble() {
    let columns: String = (0..40).map(|number| format!(", \"select {number} \"\"🦀\"\"\" INT")).collect();
    let sql = format!(
        "CREATE TABLE \"table\" (\"from\" TEXT PRIMARY KEY NOT NULL{columns});
         CREATE TABLE \"it's [é]\" (\"where\" TEXT NOT NULL REFERENCES \"table\" (\"from\") ON DELETE CASCADE)"
    );
    assert_eq!(rows(&sql, "it's [é]").len(), ROWS);
}
