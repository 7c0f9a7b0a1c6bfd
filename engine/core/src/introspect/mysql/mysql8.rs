//! What MySQL's catalog shows differently than MariaDB's: rows as MySQL's manual describes them and as 9.7 shows
//! them.

use super::respell::respell;
use super::rows::{ActionRow, CheckRow, ColumnRow, IndexRow, KeyRow, Rows, TableRow};
use super::schema;
use super::tests::shown;
use crate::model::{Hidden, Index, IndexKey, MysqlServer, Table, TableName};

/// Makes a table `t` from these parts.
fn table(columns: Vec<ColumnRow>, indexes: Vec<IndexRow>, checks: Vec<CheckRow>) -> Table {
    let of = |name: &str| TableRow {
        name: name.to_owned(),
        kind: "BASE TABLE".to_owned(),
        engine: Some("InnoDB".to_owned()),
        collation: Some("utf8mb4_0900_ai_ci".to_owned()),
        options: Some(String::new()),
        comment: String::new(),
    };
    let key = KeyRow {
        table_name: "t".to_owned(),
        name: "t_ibfk_1".to_owned(),
        column_name: "id".to_owned(),
        referenced_schema: None,
        referenced_table: "parent".to_owned(),
        referenced_column: "id".to_owned(),
    };
    let actions = ActionRow {
        table_name: "t".to_owned(),
        name: "t_ibfk_1".to_owned(),
        on_update: "NO ACTION".to_owned(),
        on_delete: "CASCADE".to_owned(),
    };
    let mut rows = Rows {
        tables: vec![of("parent"), of("t")],
        columns,
        indexes,
        keys: vec![key],
        actions: vec![actions],
        checks,
        others: Vec::new(),
        features: Vec::new(),
        unclear: Vec::new(),
    };
    respell(&mut rows);
    schema(rows, MysqlServer::Mysql).tables.remove(&TableName::new("t")).expect("is there")
}

/// Makes a row of `COLUMN_NAME`, `COLUMN_TYPE`, `COLUMN_DEFAULT`, `EXTRA` and `GENERATION_EXPRESSION`. The last one
/// is an empty text, not NULL, where nothing is generated.
fn column(name: &str, sql_type: &str, default: Option<&str>, extra: &str, generated: &str) -> ColumnRow {
    let is_text = sql_type.contains("char") || sql_type.contains("text") || sql_type.starts_with("enum");
    ColumnRow {
        table_name: "t".to_owned(),
        name: name.to_owned(),
        sql_type: sql_type.to_owned(),
        nullable: true,
        default: default.map(str::to_owned),
        extra: extra.to_owned(),
        generated: Some(generated.to_owned()),
        collation: is_text.then(|| "utf8mb4_0900_ai_ci".to_owned()),
        comment: String::new(),
    }
}

fn columns(rows: Vec<ColumnRow>) -> Vec<String> {
    table(rows, Vec::new(), Vec::new()).columns.iter().map(shown).collect()
}

#[test]
fn integers_have_no_widths_and_the_servers_collation_is_nothing_of_a_columns() {
    let read = columns(vec![
        column("a", "int", None, "", ""),
        column("b", "bigint unsigned", None, "auto_increment", ""),
        column("c", "tinyint(1)", Some("1"), "", ""),
        column("d", "year", None, "", ""),
        column("e", "varchar(9)", None, "", ""),
    ]);
    let expected = [
        "a: int | Integer",
        "b: bigint unsigned | Unsigned<BigInt> | numbered",
        "c: tinyint(1) | Bool | default 1",
        "d: year | Year",
        "e: varchar(9) | Varchar(9)",
    ];
    assert_eq!(read, expected);
}

#[test]
fn literals_stand_bare_and_expressions_are_said_to_be_some() {
    let read = columns(vec![
        column("none", "varchar(9)", None, "", ""),
        column("word", "varchar(9)", Some("NULL"), "", ""),
        column("quote", "varchar(9)", Some("it's b'1'"), "", ""),
        column("bits_in_a_text", "varchar(9)", Some("b'1'"), "", ""),
        column("empty", "varchar(9)", Some(""), "", ""),
        column("choice", "enum('a','b')", Some("a"), "", ""),
        column("number", "decimal(5,2)", Some("1.50"), "", ""),
        column("bits", "bit(3)", Some("b'101'"), "", ""),
        column("bytes", "varbinary(4)", Some("0x00FF"), "", ""),
        column("day", "date", Some("2020-01-01"), "", ""),
        column("now", "timestamp(3)", Some("CURRENT_TIMESTAMP(3)"), "DEFAULT_GENERATED", ""),
        column("touched", "timestamp", Some("CURRENT_TIMESTAMP"), "DEFAULT_GENERATED on update CURRENT_TIMESTAMP", ""),
        column("id", "varchar(36)", Some("uuid()"), "DEFAULT_GENERATED", ""),
        column("said", "text", Some("concat(_utf8mb4\\'it\\\\\\'s\\',_latin1\\'_utf8mb4\\')"), "DEFAULT_GENERATED", ""),
    ]);
    let expected = [
        "none: varchar(9) | Varchar(9)",
        "word: varchar(9) | Varchar(9) | default 'NULL'",
        "quote: varchar(9) | Varchar(9) | default 'it''s b''1'''",
        "bits_in_a_text: varchar(9) | Varchar(9) | default 'b''1'''",
        "empty: varchar(9) | Varchar(9) | default ''",
        "choice: enum('a','b') | enum('a','b') | default 'a'",
        "number: decimal(5,2) | Numeric(5, 2) | default 1.50",
        "bits: bit(3) | bit(3) | default b'101'",
        "bytes: varbinary(4) | varbinary(4) | default 0x00FF",
        "day: date | Date | default '2020-01-01'",
        "now: timestamp(3) | timestamp(3) | default current_timestamp(3)",
        "touched: timestamp | Timestamp | default current_timestamp() | ON UPDATE current_timestamp()",
        "id: varchar(36) | Varchar(36) | default uuid()",
        "said: text | Text | default concat('it\\'s','_utf8mb4')",
    ];
    assert_eq!(read, expected);
}

#[test]
fn columns_may_be_generated_and_invisible() {
    let read = columns(vec![
        column("a", "int", Some("3"), "INVISIBLE", ""),
        column("b", "varchar(9)", None, "VIRTUAL GENERATED", "concat(`a`,_utf8mb4\\'x\\')"),
        column("c", "int", None, "STORED GENERATED INVISIBLE", "(`a` + 1)"),
    ]);
    let expected = [
        "a: int | Integer | default 3 | INVISIBLE",
        "b: varchar(9) | Varchar(9) | as concat(`a`,'x') false",
        "c: int | Integer | as `a` + 1 true | INVISIBLE",
    ];
    assert_eq!(read, expected);
}

#[test]
fn checks_are_the_tables_and_escaped() {
    // Its catalog of checks names no table: the query finds that in TABLE_CONSTRAINTS.
    let check = CheckRow {
        table_name: "t".to_owned(),
        name: "t_chk_1".to_owned(),
        is_of_column: false,
        is_enforced: true,
        expression: "(`kind` in (_utf8mb4\\'a\\',_utf8mb4\\'b\\'))".to_owned(),
    };
    let read = table(vec![column("kind", "varchar(9)", None, "", "")], Vec::new(), vec![check]);
    let check = read.rules.checks().next().expect("a check");
    assert_eq!((check.name.as_deref(), check.inline), (Some("t_chk_1"), false));
    assert_eq!(check.expr.sql, "`kind` in ('a','b')");
}

fn index(name: &str, column: Option<&str>, expression: Option<&str>) -> IndexRow {
    IndexRow {
        table_name: "t".to_owned(),
        name: name.to_owned(),
        is_unique: false,
        column_name: column.map(str::to_owned),
        expression: expression.map(str::to_owned),
        direction: Some("A".to_owned()),
        prefix: None,
        method: "BTREE".to_owned(),
        comment: String::new(),
        hidden: None,
    }
}

#[test]
fn indexes_may_be_over_expressions_and_hidden() {
    let word = || column("word", "varchar(9)", None, "", "");
    let read = table(
        vec![word()],
        vec![
            IndexRow { hidden: Some("INVISIBLE".to_owned()), ..index("ix_hidden", Some("word"), None) },
            index("ix_lower", None, Some("lower(`word`)")),
            IndexRow { direction: Some("D".to_owned()), ..index("ix_lower", Some("word"), None) },
            IndexRow { is_unique: true, ..index("uq_first", None, Some("concat(`word`,_utf8mb4\\'!\\')")) },
        ],
        Vec::new(),
    );
    let hidden = read.rules.indexes().filter(|index| index.hidden == Some(Hidden::Invisible));
    assert_eq!(hidden.filter_map(|index| index.name.as_deref()).collect::<Vec<_>>(), ["ix_hidden"]);
    let told = |index: &Index| {
        let keys = index.columns.iter().map(|key| match &key.key {
            IndexKey::Column(name) => format!("{name} {}", if key.descending { "down" } else { "up" }),
            IndexKey::Expr(expr) => format!("({})", expr.sql),
        });
        format!("{} {}: {}", index.name.as_deref().unwrap_or("?"), index.unique, keys.collect::<Vec<_>>().join(", "))
    };
    let read: Vec<String> = read.rules.indexes().map(told).collect();
    let expected = [
        "ix_hidden false: word up",
        "ix_lower false: (lower(`word`)), word down",
        "uq_first true: (concat(`word`,'!'))",
    ];
    assert_eq!(read, expected);
}
