//! What is the same and what isn't, in pairs.

use super::*;
use crate::database::Database;
use crate::error::Code;
use crate::introspect::introspect;
use crate::model::{Expr, ForeignKey, Index, IndexColumn, Place, PrimaryKey, TableName, Unique};
use crate::sql::sqlite::columns_in;

fn comparable(pair: Pair<Schema>) -> Result<Pair<Schema>> {
    crate::normalize::comparable(pair, &mut Database::scratch(Dialect::Sqlite)?)
}

fn read(sql: &str) -> Schema {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    database.execute(sql).expect(sql);
    introspect(&mut database).expect("a schema")
}

/// Reads both sides with SQLite and makes them comparable.
fn compared(from: &str, to: &str) -> Pair<Schema> {
    comparable(Pair::new(read(from), read(to))).expect("a comparable pair")
}

fn defaults(from: &str, to: &str) -> Pair<Option<String>> {
    let of = |column: &str| format!("CREATE TABLE t (a {column})");
    compared(&of(from), &of(to)).map(|schema| {
        schema.tables[&TableName::new("t")].columns[0].default.as_ref().map(|expr| expr.canonical.clone())
    })
}

#[test]
fn defaults_of_one_value() {
    for (from, to) in [
        ("INTEGER DEFAULT 0", "INTEGER DEFAULT '0'"),
        ("BOOLEAN DEFAULT FALSE", "BOOLEAN DEFAULT (0)"),
        ("BOOLEAN DEFAULT true", "BOOLEAN DEFAULT 1"),
        ("NUMERIC DEFAULT 1.0", "NUMERIC DEFAULT 1"),
        ("DOUBLE DEFAULT 1", "DOUBLE DEFAULT (2 - 1.0)"),
        ("TEXT DEFAULT 7", "TEXT DEFAULT '7'"),
        ("TEXT DEFAULT word", "TEXT DEFAULT ('word')"),
        ("TEXT DEFAULT \"it's\"", "TEXT DEFAULT ('it''' || 's')"),
        ("BIGINT DEFAULT -5", "BIGINT DEFAULT (- (5))"),
        ("INT DEFAULT 0x10", "INT DEFAULT 16"),
        ("TIMESTAMP DEFAULT CURRENT_TIMESTAMP", "TIMESTAMP DEFAULT (datetime('now'))"),
        ("TEXT DEFAULT (lower( 'X' ))", "TEXT DEFAULT (LOWER('X'))"),
        ("TEXT DEFAULT NULL", "TEXT"),
        ("TEXT DEFAULT (NULL)", "TEXT DEFAULT (1 / 0)"),
        ("DEFAULT x'AB'", "DEFAULT X'ab'"),
    ] {
        let pair = defaults(from, to);
        assert_eq!(pair.from, pair.to, "{from} and {to}");
    }
    assert_eq!(defaults("INT DEFAULT NULL", "INT"), Pair::new(None, None));
}

#[test]
fn defaults_that_differ() {
    for (from, to) in [
        ("TEXT DEFAULT '0'", "TEXT DEFAULT '00'"),
        ("TEXT DEFAULT 'a'", "TEXT DEFAULT 'A'"),
        ("TEXT DEFAULT ''", "TEXT"),
        ("TEXT DEFAULT 'NULL'", "TEXT DEFAULT NULL"),
        ("TEXT DEFAULT 'CURRENT_TIMESTAMP'", "TEXT DEFAULT CURRENT_TIMESTAMP"),
        ("TEXT DEFAULT 1.0", "TEXT DEFAULT 1"),
        ("BLOB DEFAULT 1", "BLOB DEFAULT '1'"),
        ("INT DEFAULT 'true'", "INT DEFAULT true"),
        ("TEXT DEFAULT (random())", "TEXT DEFAULT (random() + 1)"),
    ] {
        let pair = defaults(from, to);
        assert_ne!(pair.from, pair.to, "{from} and {to}");
    }
}

#[test]
fn a_default_that_sqlite_refuses_spoils_no_other() {
    let mut declared = read("CREATE TABLE t (a INT DEFAULT '1', b INT)");
    let table = declared.tables.get_mut(&TableName::new("t")).expect("the table");
    table.columns[1].default = Some(Expr::new("'{' -> 'x'"));
    let pair = comparable(Pair::new(Schema::default(), declared)).expect("a comparable pair");
    let columns = &pair.to.tables[&TableName::new("t")].columns;
    assert_eq!(columns[0].default.as_ref().map(|expr| expr.canonical.as_str()), Some("1"));
    assert!(columns[1].default.is_some());
}

#[test]
fn strict_any_leaves_a_default_alone() {
    let strict = |value: &str| format!("CREATE TABLE t (a ANY DEFAULT {value}) STRICT");
    let pair = compared(&strict("'1'"), &strict("1"));
    let [from, to] = [pair.from, pair.to].map(|schema| schema.tables[&TableName::new("t")].columns[0].default.clone());
    assert_ne!(from.map(|expr| expr.canonical), to.map(|expr| expr.canonical));
}

#[test]
fn names_take_the_live_spelling_everywhere() {
    let live = "CREATE TABLE Users (Id INTEGER PRIMARY KEY, \"E Mail\" TEXT CONSTRAINT Uq UNIQUE);
                CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT REFERENCES users (ID), title TEXT,
                  CONSTRAINT Ck CHECK (LENGTH(TITLE) > 0));
                CREATE INDEX Ix ON posts (author, lower(title)) WHERE Title <> ''";
    let declared = "CREATE TABLE USERS (ID INTEGER PRIMARY KEY, \"e mail\" TEXT CONSTRAINT uq UNIQUE);
                CREATE TABLE Posts (Id INTEGER PRIMARY KEY, Author INT REFERENCES Users, Title TEXT,
                  CONSTRAINT ck CHECK ((length(title)) > 0));
                CREATE INDEX ix ON Posts (AUTHOR, LOWER(TITLE)) WHERE title != ''";
    let mut pair = compared(live, declared);
    // The text of an expression is its author's but for the columns' case.
    let posts = TableName::new("posts");
    for schema in [&mut pair.from, &mut pair.to] {
        let table = schema.tables.get_mut(&posts).expect("posts");
        for expr in crate::sql::expressions_over_rows(table) {
            assert!(columns_in(&expr.sql).iter().all(|name| name == "title"), "{}", expr.sql);
            expr.sql.clone_from(&expr.canonical);
        }
        assert_eq!(table.rules.foreign_keys().next().unwrap().references, TableName::new("Users"));
        assert_eq!(table.rules.foreign_keys().next().unwrap().referenced_columns, ["Id"]);
    }
    assert_eq!(pair.from, pair.to);
}

#[test]
fn renames_are_spelled_as_the_live_side_too() {
    let mut declared = read("CREATE TABLE people (id INTEGER PRIMARY KEY, label TEXT)");
    let table = declared.tables.get_mut(&TableName::new("people")).expect("people");
    table.hints.renamed_from = Some("users".into());
    table.columns[0].data_type = DataType::BigInt;
    table.columns[0].sql_type = None;
    table.columns[1].hints.renamed_from = Some("name".into());
    let live = read("CREATE TABLE Users (ID INTEGER PRIMARY KEY, Name TEXT)");
    let pair = comparable(Pair::new(live, declared)).expect("a comparable pair");
    let table = &pair.to.tables[&TableName::new("people")];
    assert_eq!(table.hints.renamed_from.as_deref(), Some("Users"));
    assert_eq!(table.columns[1].hints.renamed_from.as_deref(), Some("Name"));
    assert_eq!(table.primary_key, Some(PrimaryKey { name: None, columns: vec!["ID".into()] }));
    assert_eq!(table.columns[0].data_type, DataType::Integer);
}

#[test]
fn only_a_rowid_may_be_declared_wider() {
    let declared = |data_type: DataType, key: &[&str]| {
        let mut table = Table::new(TableName::new("t"));
        table.columns = ["a", "b"].map(|name| Column::new(name, data_type.clone())).into();
        table.primary_key = Some(PrimaryKey { name: None, columns: key.iter().map(|name| (*name).into()).collect() });
        let mut schema = Schema::default();
        schema.insert(table);
        schema
    };
    for (live, data_type, key, expected) in [
        ("a INTEGER PRIMARY KEY, b INTEGER", DataType::BigInt, &["a"][..], DataType::Integer),
        ("a INTEGER PRIMARY KEY, b INTEGER", DataType::SmallInt, &["a"], DataType::SmallInt),
        ("a INT PRIMARY KEY, b INTEGER", DataType::BigInt, &["a"], DataType::BigInt),
        ("a INTEGER, b INTEGER, PRIMARY KEY (a, b)", DataType::BigInt, &["a", "b"], DataType::BigInt),
        ("a INTEGER PRIMARY KEY, b INTEGER", DataType::BigInt, &["a", "b"], DataType::BigInt),
    ] {
        let is_row_number = key.len() == 1 && data_type == DataType::BigInt;
        let pair = Pair::new(read(&format!("CREATE TABLE t ({live})")), declared(data_type, key));
        let pair = comparable(pair).expect("a comparable pair");
        let columns = &pair.to.tables[&TableName::new("t")].columns;
        assert_eq!(columns[0].data_type, expected, "{live}");
        // No other key keeps NULL away.
        assert_eq!(columns[0].nullable, !is_row_number, "{live}");
    }
}

#[test]
fn collations_and_unique_indexes_have_one_word() {
    let live = "CREATE TABLE t (a TEXT COLLATE nocase, b TEXT);
                CREATE UNIQUE INDEX u ON t (a COLLATE NOCASE, b);
                CREATE INDEX i ON t (b COLLATE rtrim, lower(a) COLLATE binary)";
    let mut declared = read(live);
    let table = declared.tables.get_mut(&TableName::new("t")).expect("t");
    table.columns[0].collation = Some("NoCase".into());
    table.columns[1].collation = Some("binary".into());
    let unique = table.rules.take::<Unique>().pop().expect("the unique rule");
    let mut index = table.rules.indexes().next().unwrap().clone();
    index.columns[0].collation = Some("RTrim".into());
    index.columns[1].collation = Some("Binary".into());
    let key = |name: &str, collation: Option<&str>| IndexColumn {
        collation: collation.map(str::to_owned),
        ..IndexColumn::new(IndexKey::Column(name.into()))
    };
    table.rules.take::<Index>();
    table.rules.extend([
        Index {
            name: unique.name,
            unique: true,
            ..Index::new(vec![key("a", Some("nocase")), key("b", Some("BINARY"))])
        },
        index,
    ]);
    let pair = comparable(Pair::new(read(live), declared)).expect("a comparable pair");
    assert_eq!(pair.from, pair.to);
}

#[test]
fn double_quoted_strings_are_strings_where_no_such_column_is() {
    let pair = compared(
        "CREATE TABLE t (a TEXT, b TEXT, CHECK (a IN (\"x\", \"b\")))",
        "CREATE TABLE t (a TEXT, b TEXT, CHECK (a IN ('x', b)))",
    );
    let canonical =
        pair.map(|schema| schema.tables[&TableName::new("t")].rules.checks().next().unwrap().expr.canonical.clone());
    assert_eq!(canonical.from, canonical.to);
}

#[test]
fn an_unknown_table_leaves_a_reference_as_it_is() {
    let pair = compared("CREATE TABLE c (x INT REFERENCES gone)", "CREATE TABLE c (x INT REFERENCES p)");
    let keys = pair.map(|schema| {
        schema.tables[&TableName::new("c")].rules.foreign_keys().next().unwrap().referenced_columns.clone()
    });
    assert_eq!(keys, Pair::new(vec![], vec![]));
}

#[test]
fn a_reference_finds_its_columns_on_the_other_side() {
    let mut declared = Schema::default();
    let mut child = Table::new(TableName::new("c"));
    child.columns.push(Column::new("x", DataType::Integer));
    child.rules.push(ForeignKey {
        on_delete: None,
        on_update: None,
        ..ForeignKey::new(vec!["X".into()], TableName::new("P"), vec![])
    });
    declared.insert(child);
    let live = read("CREATE TABLE p (\"The Id\" INTEGER PRIMARY KEY)");
    let pair = comparable(Pair::new(live, declared)).expect("a comparable pair");
    let key = &pair.to.tables[&TableName::new("c")].rules.foreign_keys().next().unwrap();
    assert_eq!((key.references.name.as_str(), key.columns[0].as_str()), ("p", "x"));
    assert_eq!(key.referenced_columns, ["The Id"]);
}

#[test]
fn two_names_that_are_one_stop_the_work() {
    let mut declared = Schema::default();
    for (line, name) in ["Users", "users"].into_iter().enumerate() {
        let mut table = Table::new(TableName::new(name));
        table.columns = ["id", "ID"].map(|name| Column::new(name, DataType::Integer)).into();
        let file: std::sync::Arc<std::path::Path> = std::path::Path::new("lib.rs").into();
        table.hints.place = Some(Place { file, line: line + 1, column: 1, span: 0..1 });
        declared.insert(table);
    }
    let error = comparable(Pair::new(Schema::default(), declared)).expect_err("a clash");
    assert_eq!(error.code(), Code::NameDefinedTwice);
    assert_eq!(error.to_string(), "`Users` and `users` are one table to the database, which ignores case");
    assert_eq!(error.diagnostics[0].labels.len(), 2);
    assert_eq!(error.diagnostics.len(), 3);
}

#[test]
fn a_stock_table_may_name_the_row_number() {
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    database.execute("CREATE TABLE log (n INTEGER NOT NULL)").expect("runs");
    let live = introspect(&mut database).expect("reads");
    let mut stock = live.clone();
    let table = stock.tables.values_mut().next().expect("the table");
    table.speaks = crate::model::Speaks::STOCK;
    table.columns.push(Column::new("rowid", DataType::BigInt));
    table.primary_key = Some(PrimaryKey { name: None, columns: vec!["rowid".to_owned()] });
    let mut pair = Pair::new(live.clone(), stock);
    leave_out_rowids(&mut pair);
    let named = |schema: &Schema| schema.tables.values().map(|table| table.columns.len()).collect::<Vec<_>>();
    assert_eq!((named(&pair.to), &pair.to.tables.values().next().expect("the table").primary_key), (vec![1], &None));

    // A column that is called so is one.
    database.execute("ALTER TABLE log ADD COLUMN rowid INTEGER").expect("runs");
    pair.from = introspect(&mut database).expect("reads");
    pair.to = pair.from.clone();
    pair.to.tables.values_mut().for_each(|table| table.speaks = crate::model::Speaks::STOCK);
    leave_out_rowids(&mut pair);
    assert_eq!(named(&pair.to), [2]);
}
