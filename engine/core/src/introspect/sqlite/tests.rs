//! Nasty inputs, each made by SQLite itself.

use crate::database::{Database, DatabaseUrl};
use crate::dialect::Dialect;
use crate::introspect::introspect;
use crate::model::*;

fn read(sql: &str) -> Schema {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    database.execute(sql).expect(sql);
    introspect(&mut database).expect("a schema")
}

/// Reads the one table that the SQL leaves.
fn read_table(sql: &str) -> Table {
    let schema = read(sql);
    assert_eq!(schema.tables.len(), 1, "{sql}");
    schema.tables.into_values().next().expect("a table")
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn default<'a>(table: &'a Table, column: &str) -> Option<&'a str> {
    table.column(column).expect(column).default.as_ref().map(|expr| expr.sql.as_str())
}

#[test]
fn an_empty_database_is_an_empty_schema() {
    assert_eq!(read(""), Schema::default());
}

#[test]
fn names_are_exact_however_they_are_quoted() {
    let table = read_table(
        "CREATE TABLE \"My \"\"Täble\"\" 🦀\" (\"Mixed Case\" TEXT, [bracket ed] INT, `back``tick` INT, 'string' INT,
           \"select\" INT, \"check\" INT CHECK (\"check\" > 0), \"constraint\" INT, \"\" INT, key INT, \"as\" INT)",
    );
    assert_eq!(table.name, TableName::new("My \"Täble\" 🦀"));
    assert_eq!(
        names(&table),
        ["Mixed Case", "bracket ed", "back`tick", "string", "select", "check", "constraint", "", "key", "as"]
    );
    assert_eq!(table.rules.checks().count(), 1);
    assert_eq!(table.rules.checks().next().unwrap().expr.sql, "\"check\" > 0");
    assert_eq!(table.unmodelled, Vec::<String>::new());
}

#[test]
fn types_keep_their_words() {
    let table = read_table("CREATE TABLE t (a varchar (64), b, c \"double precision\", d UNSIGNED BIG INT, e BOOLEAN)");
    let types: Vec<_> = table
        .columns
        .iter()
        .map(|column| (column.sql_type.as_deref().unwrap_or("?"), column.data_type.clone()))
        .collect();
    assert_eq!(
        types,
        [
            ("varchar (64)", DataType::Varchar(Some(64))),
            ("", DataType::Binary),
            ("double precision", DataType::Double),
            ("UNSIGNED BIG INT", DataType::BigInt),
            ("BOOLEAN", DataType::Bool),
        ]
    );
}

#[test]
fn a_primary_key_has_its_own_order_and_its_columns_are_not_null() {
    let table =
        read_table("CREATE TABLE t (a INT, b TEXT, c INT, CONSTRAINT \"the key\" PRIMARY KEY (c, a)) WITHOUT ROWID");
    let key = PrimaryKey { name: Some("the key".into()), columns: vec!["c".into(), "a".into()] };
    assert_eq!(table.primary_key, Some(key));
    let nullable: Vec<_> = table.columns.iter().map(|column| column.nullable).collect();
    assert_eq!(nullable, [false, true, false]);
    assert_eq!(table.options, TableOptions { without_rowid: true, ..TableOptions::default() });

    let rowid = read_table("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    assert!(!rowid.columns[0].nullable);
    assert_eq!(read_table("CREATE TABLE t (a INT)").primary_key, None);
}

#[test]
fn autoincrement_is_seen_in_both_places_and_its_own_table_is_not() {
    for sql in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)",
        "CREATE TABLE t (id INTEGER, a INT, PRIMARY KEY (ID AUTOINCREMENT))",
    ] {
        let table = read_table(sql);
        let numbered: Vec<_> = table.columns.iter().map(|column| column.auto_increment).collect();
        assert_eq!(numbered, [true, false], "{sql}");
    }
}

#[test]
fn defaults_can_stand_in_parentheses() {
    let table = read_table(
        "CREATE TABLE t (a INT DEFAULT 1, b INT DEFAULT -1, c TEXT DEFAULT (lower('X') || ')'), d TEXT DEFAULT word,
           e TEXT DEFAULT \"it's\", f BOOL DEFAULT true, g TEXT DEFAULT 'a b', h DEFAULT NULL, i DEFAULT CURRENT_TIMESTAMP,
           j TEXT DEFAULT \"true\", k INT)",
    );
    let defaults: Vec<_> = names(&table).into_iter().map(|name| default(&table, name).unwrap_or("none")).collect();
    assert_eq!(
        defaults,
        [
            "1",
            "-1",
            "lower('X') || ')'",
            "'word'",
            "'it''s'",
            "true",
            "'a b'",
            "NULL",
            "CURRENT_TIMESTAMP",
            "'true'",
            "none"
        ]
    );
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    for sql in defaults.into_iter().filter(|sql| *sql != "none") {
        database.execute(&format!("CREATE TABLE \"{sql}\" (a DEFAULT ({sql}))")).expect(sql);
    }
}

#[test]
fn checks_keep_their_text_and_names() {
    let table = read_table(
        "CREATE TABLE t ( -- CHECK (not this)
           a INT CHECK (a > 0) CONSTRAINT small CHECK (a<10 /* ) */), b AS (a * 2) CHECK (b IN (2, 4)), c CHECK (c <> ')'),
           CONSTRAINT \"big ger\" CHECK ((b) > a), CHECK (a IS NOT NULL)
         )",
    );
    let checks: Vec<_> = table
        .rules
        .checks()
        .map(|check| (check.name.as_deref().unwrap_or("-"), check.expr.sql.as_str(), check.inline))
        .collect();
    assert_eq!(
        checks,
        [
            ("-", "a > 0", true),
            ("small", "a<10", true),
            ("-", "b IN (2, 4)", true),
            ("-", "c <> ')'", true),
            ("big ger", "(b) > a", false),
            ("-", "a IS NOT NULL", false)
        ]
    );
}

#[test]
fn generated_columns_are_stored_or_virtual() {
    let table = read_table(
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1) STORED, c AS ( a || ')' ), d TEXT AS (a) VIRTUAL NOT NULL)",
    );
    let generated: Vec<_> = table
        .columns
        .iter()
        .filter_map(|column| column.generated.as_ref())
        .map(|generated| (generated.expr.sql.as_str(), generated.stored))
        .collect();
    assert_eq!(generated, [("a + 1", true), ("a || ')'", false), ("a", false)]);
    assert_eq!(table.columns[1].sql_type.as_deref(), Some("INT"));
    assert!(!table.columns[3].nullable);
}

#[test]
fn foreign_keys_come_in_the_order_stated() {
    let schema = read(
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b));
         CREATE TABLE c (x INT CONSTRAINT one REFERENCES q ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
           y INT REFERENCES q (id) ON UPDATE CASCADE, z INT REFERENCES c (x) DEFERRABLE,
           CONSTRAINT pair FOREIGN KEY (x, y) REFERENCES p, FOREIGN KEY (y, x) REFERENCES p (b, a) ON DELETE RESTRICT)",
    );
    let key = |name: Option<&str>, columns: &[&str], references: &str, referenced: &[&str]| ForeignKey {
        name: name.map(str::to_owned),
        inline: columns.len() == 1,
        ..ForeignKey::new(
            columns.iter().map(|column| (*column).to_owned()).collect(),
            TableName::new(references),
            referenced.iter().map(|column| (*column).to_owned()).collect(),
        )
    };
    assert_eq!(
        schema.tables[&TableName::new("c")].rules.foreign_keys().cloned().collect::<Vec<_>>(),
        [
            ForeignKey {
                on_delete: Some(Action::SetNull),
                deferrable: Deferrable::InitiallyDeferred,
                dangling: true,
                ..key(Some("one"), &["x"], "q", &[])
            },
            ForeignKey { on_update: Some(Action::Cascade), dangling: true, ..key(None, &["y"], "q", &["id"]) },
            ForeignKey { deferrable: Deferrable::InitiallyImmediate, ..key(None, &["z"], "c", &["x"]) },
            key(Some("pair"), &["x", "y"], "p", &[]),
            ForeignKey { on_delete: Some(Action::Restrict), ..key(None, &["y", "x"], "p", &["b", "a"]) },
        ]
    );
}

#[test]
fn unique_rules_know_their_form() {
    let table = read_table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY UNIQUE, a INT UNIQUE, b TEXT COLLATE NOCASE, c INT,
           CONSTRAINT ab UNIQUE (B, a));
         CREATE UNIQUE INDEX plain ON t (c, b);
         CREATE UNIQUE INDEX part ON t (c) WHERE c > 0;
         CREATE UNIQUE INDEX down ON t (c DESC);
         CREATE UNIQUE INDEX other ON t (b COLLATE binary)",
    );
    let uniques: Vec<_> = table
        .rules
        .uniques()
        .map(|unique| (unique.name.as_deref().unwrap_or("-"), unique.columns.join(","), unique.form))
        .collect();
    assert_eq!(
        uniques,
        [
            ("-", "id".to_owned(), UniqueForm::Constraint),
            ("-", "a".to_owned(), UniqueForm::Constraint),
            ("ab", "b,a".to_owned(), UniqueForm::Constraint),
            ("plain", "c,b".to_owned(), UniqueForm::Index),
        ]
    );
    let indexes: Vec<_> =
        table.rules.indexes().map(|index| (index.name.as_deref().unwrap_or("-"), index.unique)).collect();
    assert_eq!(indexes, [("part", true), ("down", true), ("other", true)]);
    assert_eq!(table.rules.indexes().nth(2).unwrap().columns[0].collation.as_deref(), Some("binary"));
}

#[test]
fn indexes_of_every_kind() {
    let table = read_table(
        "CREATE TABLE t (a INT, b TEXT COLLATE NOCASE, \"select\" TEXT);
         CREATE INDEX \"ix 1\" ON t (a DESC, b COLLATE NOCASE, lower(b) COLLATE nocase DESC, (a + 1), \"select\", 'a')
           WHERE a IS NOT NULL -- so
           AND b <> ',)';",
    );
    let index = &table.rules.indexes().next().unwrap();
    let keys: Vec<_> = index
        .columns
        .iter()
        .map(|column| {
            let key = match &column.key {
                IndexKey::Column(name) => name.clone(),
                IndexKey::Expr(expr) => format!("expression {}", expr.sql),
            };
            (key, column.descending, column.collation.as_deref().unwrap_or("-"))
        })
        .collect();
    let key = |key: &str, descending, collation| (key.to_owned(), descending, collation);
    assert_eq!(
        keys,
        [
            key("a", true, "-"),
            key("b", false, "-"),
            key("expression lower(b)", true, "nocase"),
            key("expression a + 1", false, "-"),
            key("select", false, "-"),
            key("a", false, "-"),
        ]
    );
    assert_eq!(index.name.as_deref(), Some("ix 1"));
    assert!(!index.unique);
    assert_eq!(index.predicate.as_ref().map(|expr| expr.sql.as_str()), Some("a IS NOT NULL AND b <> ',)'"));
    assert_eq!(table.unmodelled, Vec::<String>::new());
}

#[test]
fn what_the_model_has_no_word_for_is_said() {
    let table = read_table(
        "CREATE TABLE t (a TEXT PRIMARY KEY DESC ON CONFLICT REPLACE, b NOT NULL ON CONFLICT IGNORE,
           c UNIQUE ON CONFLICT ABORT, d REFERENCES t MATCH FULL, UNIQUE (b COLLATE NOCASE, c DESC))",
    );
    assert_eq!(
        table.unmodelled,
        [
            "the primary key says ON CONFLICT REPLACE",
            "the primary key is descending",
            "NOT NULL of column `b` says ON CONFLICT IGNORE",
            "a foreign key says MATCH FULL",
            "a unique constraint says COLLATE NOCASE",
            "a unique constraint is descending",
        ]
    );
}

#[test]
fn collations_and_options() {
    let table =
        read_table("CREATE TABLE t (a TEXT COLLATE nocase, b TEXT COLLATE Binary, c TEXT COLLATE \"RTRIM\") STRICT");
    let collations: Vec<_> = table.columns.iter().map(|column| column.collation.as_deref().unwrap_or("-")).collect();
    assert_eq!(collations, ["nocase", "-", "RTRIM"]);
    assert!(table.options.strict);
}

#[test]
fn a_table_that_was_altered_reads_like_any_other() {
    let table = read_table(
        "CREATE TABLE old (a INT, b INT CHECK (b > 0), CONSTRAINT last CHECK (a < b)) STRICT;
         ALTER TABLE old ADD COLUMN \"c d\" TEXT DEFAULT 'x' CHECK (length(\"c d\") > 0);
         ALTER TABLE old RENAME COLUMN b TO \"order\";
         ALTER TABLE old RENAME TO \"new table\"",
    );
    assert_eq!(names(&table), ["a", "order", "c d"]);
    let checks: Vec<_> = table.rules.checks().map(|check| check.expr.sql.as_str()).collect();
    assert_eq!(checks, ["\"order\" > 0", "length(\"c d\") > 0", "a < \"order\""]);
    assert_eq!(default(&table, "c d"), Some("'x'"));
    assert!(table.options.strict);
}

#[test]
fn a_table_made_from_a_query_is_a_table() {
    let table = read_table("CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"");
    assert_eq!(names(&table), ["a", "b c"]);
    assert_eq!(table.unmodelled, Vec::<String>::new());
}

#[test]
fn what_cannot_be_declared_is_a_bystander() {
    let schema = read(
        "CREATE TABLE t (a INT);
         CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL);
         CREATE VIEW v AS SELECT a FROM t;
         CREATE VIEW broken AS SELECT a FROM nowhere;
         CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
         CREATE VIRTUAL TABLE f USING fts5(body);
         CREATE TABLE sqliteish (a INT)",
    );
    let tables: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(tables, ["sqliteish", "t"]);
    let bystanders: Vec<_> =
        schema.bystanders.iter().map(|bystander| (bystander.kind, bystander.name.as_str())).collect();
    assert_eq!(
        bystanders,
        [
            (BystanderKind::VirtualTable, "f"),
            (BystanderKind::View, "v"),
            (BystanderKind::View, "broken"),
            (BystanderKind::Trigger, "g"),
        ]
    );
    assert_eq!(schema.bystanders[3].table, Some(TableName::new("t")));
    assert_eq!(schema.bystanders[1].sql, "CREATE VIEW v AS SELECT a FROM t");
}

#[test]
fn temporary_tables_hide_nothing() {
    let table =
        read_table("CREATE TABLE t (a INT); CREATE TEMP TABLE t (b INT, c INT); CREATE TEMP VIEW v AS SELECT 1");
    assert_eq!(names(&table), ["a"]);
}

#[test]
fn an_unreadable_statement_leaves_what_the_pragmas_say() {
    // Such text only gets into a file by force, but files like this exist.
    let url = DatabaseUrl::parse(":memory:").expect("a database");
    let mut database = Database::open(&url, true).expect("a database that takes force");
    database
        .execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT 1 UNIQUE, b INT REFERENCES t);
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = 'CREATE TABLE t (' || char(1) WHERE name = 't'",
        )
        .expect("a forced text");
    let schema = introspect(&mut database).expect("a schema");
    let table = &schema.tables[&TableName::new("t")];
    assert_eq!(names(table), ["id", "a", "b"]);
    assert_eq!((table.rules.uniques().count(), table.rules.foreign_keys().count()), (1, 1));
    assert_eq!(table.unmodelled.len(), 1);
    assert!(table.unmodelled[0].starts_with("its CREATE TABLE statement can't be read ("), "{:?}", table.unmodelled);
}

#[test]
fn the_number_of_statements_does_not_grow_with_the_tables() {
    let count = |tables: usize| {
        let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
        let mut sql = String::from("BEGIN;");
        for table in 0..tables {
            sql += &format!(
                "CREATE TABLE t{table} (id INTEGER PRIMARY KEY, a INT REFERENCES t0, b TEXT UNIQUE);
                 CREATE INDEX i{table} ON t{table} (a, b);"
            );
        }
        database.execute(&(sql + "COMMIT")).expect("tables");
        let (schema, queries) = database.counting(|database| {
            let Database::Sqlite(connection) = database else { panic!("an SQLite database") };
            super::introspect(connection, None)
        });
        assert_eq!(schema.expect("a schema").tables.len(), tables);
        queries
    };
    assert_eq!((count(1), count(1_000)), (5, 5));
}
