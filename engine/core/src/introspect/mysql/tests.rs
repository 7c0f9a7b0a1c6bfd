//! What is read of real tables, trap by trap.

use autogen_test_servers::{MysqlDatabase, mysql};

use crate::database::{Database, DatabaseUrl, MysqlUrl};
use crate::introspect::introspect;
use crate::model::{Action, BystanderKind, Column, Schema, Table, TableName};

fn read(server: &MysqlDatabase) -> Schema {
    let url = MysqlUrl::parse(&server.url()).expect("a URL");
    let mut database = Database::open(&DatabaseUrl::Mysql(Box::new(url)), false).expect("opens");
    introspect(&mut database).expect("is read")
}

fn table(server: &MysqlDatabase, name: &str) -> Table {
    read(server).tables.remove(&TableName::new(name)).expect("the table is there")
}

/// Shows a column in one line.
pub(super) fn shown(column: &Column) -> String {
    let mut words = vec![column.sql_type.clone().unwrap_or_default(), column.data_type.to_string()];
    words.extend((!column.nullable).then(|| "required".to_owned()));
    words.extend(column.default.as_ref().map(|default| format!("default {}", default.sql)));
    words.extend(column.generated.as_ref().map(|generated| format!("as {} {}", generated.expr.sql, generated.stored)));
    words.extend(column.collation.clone());
    words.extend(column.auto_increment.then(|| "numbered".to_owned()));
    words.extend(column.on_update.iter().map(|moment| format!("ON UPDATE {}", moment.sql)));
    words.extend(column.invisible.then(|| "INVISIBLE".to_owned()));
    words.extend(column.attributes.iter().cloned());
    words.extend(column.comment.iter().map(|comment| format!("-- {comment}")));
    format!("{}: {}", column.name, words.join(" | "))
}

#[test]
fn columns_come_with_all_that_they_have() {
    let server = mysql();
    server.execute(
        "CREATE TABLE t (
           id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, b bool NOT NULL DEFAULT true, n text DEFAULT NULL,
           s varchar(10) DEFAULT 'NULL', s2 varchar(10) COLLATE utf8mb4_bin DEFAULT '', e enum('a','it''s') DEFAULT 'a',
           j json, jj json NOT NULL DEFAULT '{}', d decimal(10,2) unsigned DEFAULT 1.50, ex varchar(36) DEFAULT (uuid()),
           dt datetime(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
           ts2 timestamp NULL, g int GENERATED ALWAYS AS (b + 1) STORED, gv int AS (char_length(s)) VIRTUAL,
           vb varbinary(16), bi bit(3) DEFAULT b'101', y year, mi mediumint(8) unsigned, z int(5) zerofill,
           inv int INVISIBLE DEFAULT 3, `the name` longtext COMMENT 'it''s', p bigint(20) unsigned, ti tinyint(4)
         )",
    );
    let table = table(&server, "t");
    let columns: Vec<String> = table.columns.iter().map(shown).collect();
    assert_eq!(
        columns,
        [
            "id: int | Integer | required | numbered",
            "b: tinyint(1) | Bool | required | default 1",
            "n: text | Text",
            "s: varchar(10) | Varchar(10) | default 'NULL'",
            "s2: varchar(10) | Varchar(10) | default '' | utf8mb4_bin",
            "e: enum('a','it''s') | enum('a','it''s') | default 'a'",
            "j: json | Json",
            "jj: json | Json | required | default '{}'",
            "d: decimal(10,2) unsigned | Unsigned<Numeric(10, 2)> | default 1.50",
            "ex: varchar(36) | Varchar(36) | default uuid()",
            "dt: datetime(3) | datetime(3) | required | default current_timestamp(3) | ON UPDATE current_timestamp(3)",
            "ts2: timestamp | Timestamp",
            "g: int | Integer | as `b` + 1 true",
            "gv: int | Integer | as char_length(`s`) false",
            "vb: varbinary(16) | varbinary(16)",
            "bi: bit(3) | bit(3) | default b'101'",
            "y: year | Year",
            "mi: mediumint unsigned | Unsigned<Mediumint>",
            "z: int(5) unsigned zerofill | int(5) unsigned zerofill",
            "inv: int | Integer | default 3 | INVISIBLE",
            "the name: longtext | Longtext | -- it's",
            "p: bigint unsigned | Unsigned<BigInt>",
            "ti: tinyint | TinyInt",
        ]
    );
    assert_eq!(table.rules.checks().count(), 0);
    assert_eq!(table.options.collation.as_deref(), Some("utf8mb4_general_ci"));
}

#[test]
fn keys_and_indexes_keep_their_parts_and_the_keys_own_index_is_none() {
    let server = mysql();
    server.execute(
        "CREATE TABLE parent (id bigint unsigned PRIMARY KEY, code varchar(9) NOT NULL UNIQUE) ENGINE=InnoDB COMMENT='up';
         CREATE TABLE child (
           a int, b varchar(9), c text, d point NOT NULL, p bigint unsigned, q bigint unsigned, r bigint unsigned,
           PRIMARY KEY (b, a), UNIQUE KEY uq (c(20), a), UNIQUE KEY two (a, p), KEY ix (b DESC, c(5)),
           FULLTEXT KEY ft (c), SPATIAL KEY sp (d), KEY by_hand (q),
           CONSTRAINT ck CHECK (a > 0), CONSTRAINT own FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE,
           CONSTRAINT served FOREIGN KEY (q) REFERENCES parent (id) ON UPDATE SET NULL,
           FOREIGN KEY (b) REFERENCES parent (code)
         ) COMMENT='it''s';
         CREATE TRIGGER trg BEFORE INSERT ON child FOR EACH ROW SET NEW.c = 'x';
         CREATE VIEW v AS SELECT a FROM child;
         CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY)",
    );
    let schema = read(&server);
    let child = &schema.tables[&TableName::new("child")];
    assert_eq!(schema.tables.len(), 2);
    assert_eq!(child.comment.as_deref(), Some("it's"));
    assert_eq!(child.primary_key.as_ref().map(|key| key.columns.clone()), Some(vec!["b".to_owned(), "a".to_owned()]));
    let uniques: Vec<_> = child.rules.uniques().map(|unique| unique.name.clone().unwrap_or_default()).collect();
    assert_eq!(uniques, ["two"]);
    let indexes: Vec<String> = child
        .rules
        .indexes()
        .map(|index| {
            let keys: Vec<_> =
                index.columns.iter().map(|key| format!("{:?} {:?}", key.descending, key.prefix)).collect();
            format!(
                "{} {:?} {} {}",
                index.name.as_deref().unwrap_or_default(),
                index.method,
                index.unique,
                keys.join(", ")
            )
        })
        .collect();
    assert_eq!(
        indexes,
        [
            "by_hand None false false None",
            "ft Some(\"fulltext\") false false None",
            "ix None false true None, false Some(5)",
            "sp Some(\"spatial\") false false None",
            "uq None true false Some(20), false None",
        ]
    );
    let keys: Vec<_> = child
        .rules
        .foreign_keys()
        .map(|key| (key.name.as_deref().unwrap_or_default(), key.on_delete, key.on_update))
        .collect();
    let (restrict, cascade, nulled) = (Some(Action::Restrict), Some(Action::Cascade), Some(Action::SetNull));
    assert_eq!(keys, [("child_ibfk_1", restrict, restrict), ("own", cascade, restrict), ("served", restrict, nulled)]);
    let beside: Vec<_> = schema.bystanders.iter().map(|object| (object.kind, object.name.as_str())).collect();
    assert_eq!(beside, [(BystanderKind::Trigger, "trg"), (BystanderKind::View, "v")]);
}

#[test]
fn letters_that_the_catalog_does_not_show_are_read_where_they_stand() {
    let server = mysql();
    server.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT '😀', b text DEFAULT '????', c text AS (concat('🦀', a)),
         d text DEFAULT 'é' CHECK (d <> '😀?'), CONSTRAINT `say` CHECK (b <> '🦀'))",
    );
    let table = table(&server, "t");
    let columns: Vec<String> = table.columns.iter().map(shown).collect();
    let expected = [
        "id: int | Integer | required",
        "a: text | Text | default '😀'",
        "b: text | Text | default '????'",
        "c: text | Text | as concat('🦀',`a`) false",
        "d: text | Text | default 'é'",
    ];
    assert_eq!(columns, expected);
    let checks: Vec<_> = table.rules.checks().map(|check| check.expr.sql.as_str()).collect();
    assert_eq!(checks, ["`d` <> '😀?'", "`b` <> '🦀'"]);
    assert!(table.unmodelled.is_empty());
}

#[test]
fn literal_defaults_are_what_a_row_gets() {
    let server = mysql();
    server.execute(
        "CREATE TABLE t (
           a varchar(9) NOT NULL DEFAULT 'what?', b varchar(9) DEFAULT '😀?', c varchar(9) NOT NULL DEFAULT '🦀',
           d char(3) CHARACTER SET latin1 NOT NULL DEFAULT 'é?', e enum('😀','?') NOT NULL DEFAULT '😀',
           f set('a?','b') NOT NULL DEFAULT 'a?,b', g varbinary(4) NOT NULL DEFAULT '?é', h varbinary(4) DEFAULT x'FF3F00',
           `i?` varchar(9) NOT NULL DEFAULT '', j varchar(9) NOT NULL, k varchar(20) NOT NULL DEFAULT concat('?', '🦀'),
           l varchar(9) NOT NULL DEFAULT 'it''s \\\\ ?'
         )",
    );
    let expected = [
        "a: varchar(9) | Varchar(9) | required | default 'what?'",
        "b: varchar(9) | Varchar(9) | default '😀?'",
        "c: varchar(9) | Varchar(9) | required | default '🦀'",
        "d: char(3) | Char(3) | required | default 'é?' | latin1_swedish_ci",
        "e: enum('😀','?') | enum('😀','?') | required | default '😀'",
        "f: set('a?','b') | set('a?','b') | required | default 'a?,b'",
        "g: varbinary(4) | varbinary(4) | required | default '?é'",
        "h: varbinary(4) | varbinary(4) | default x'FF3F00'",
        "i?: varchar(9) | Varchar(9) | required | default ''",
        "j: varchar(9) | Varchar(9) | required",
        "k: varchar(20) | Varchar(20) | required | default concat('?','🦀')",
        "l: varchar(9) | Varchar(9) | required | default 'it''s \\\\ ?'",
    ];
    let read = |server: &MysqlDatabase| table(server, "t").columns.iter().map(shown).collect::<Vec<String>>();
    assert_eq!(read(&server), expected);
    server.execute("INSERT INTO t (j) VALUES ('x'), ('y')");
    assert_eq!(read(&server), expected);
}

#[test]
fn a_sequence_is_named_without_its_database() {
    let server = mysql();
    server.execute("CREATE SEQUENCE `a``b`; CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval(`a``b`), n int DEFAULT (1 + lastval(`a``b`)))");
    let columns: Vec<String> = table(&server, "t").columns.iter().map(shown).collect();
    assert_eq!(
        columns,
        ["id: int | Integer | required | default nextval(`a``b`)", "n: int | Integer | default (1 + lastval(`a``b`))"]
    );
}
