//! What is read of statements, clause by clause.

use super::*;

fn actions(dialect: Dialect, sql: &str) -> Vec<Action> {
    parsed(dialect, sql).into_iter().map(|parsed| parsed.action).collect()
}

#[track_caller]
fn alterations(dialect: Dialect, sql: &str) -> Vec<Alteration> {
    match actions(dialect, sql).remove(0) {
        Action::AlterTable(table) => table.alterations.into_iter().map(|(_, alteration)| alteration).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn column(dialect: Dialect, definition: &str) -> NewColumn {
    match alterations(dialect, &format!("ALTER TABLE t ADD COLUMN {definition}")).remove(0) {
        Alteration::AddColumn { column, .. } => column,
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_are_read_with_what_is_said_of_them() {
    let found = column(Dialect::Postgres, "\"Order\" character varying(10) NOT NULL DEFAULT 'a,b'::text UNIQUE");
    assert_eq!((found.name.as_str(), found.data_type.as_str()), ("Order", "character varying(10)"));
    assert_eq!((found.not_null, found.is_unique, found.default.as_deref()), (true, true, Some("'a,b'::text")));
    let found = column(Dialect::Postgres, "made timestamp with time zone DEFAULT now() AT TIME ZONE 'utc' NOT NULL");
    assert_eq!((found.data_type.as_str(), found.not_null), ("timestamp with time zone", true));
    let found = column(Dialect::Postgres, "n int GENERATED ALWAYS AS (a + b) STORED CHECK (n > 0)");
    assert_eq!((found.generated, found.check.as_deref()), (Some(true), Some("n > 0")));
    let found = column(Dialect::Postgres, "a int DEFAULT - 1 REFERENCES s.other (id) ON DELETE CASCADE");
    assert_eq!((found.default.as_deref(), found.references), (Some("- 1"), Some(TableName::in_schema("s", "other"))));
    let found = column(Dialect::Mysql, "`a` int unsigned AUTO_INCREMENT COMMENT 'not null default 1' FIRST");
    assert_eq!((found.data_type.as_str(), found.auto_increment, found.not_null), ("int unsigned", true, false));
    assert!(column(Dialect::Postgres, "id bigserial").is_identity);
}

#[test]
fn clauses_are_cut_at_commas_outside_of_brackets() {
    let found = alterations(
        Dialect::Postgres,
        "ALTER TABLE IF EXISTS ONLY t ADD a numeric(10, 2), ALTER b TYPE text USING left(b, 3), DROP COLUMN IF EXISTS c CASCADE",
    );
    assert!(matches!(&found[0], Alteration::AddColumn { column, .. } if column.data_type == "numeric(10, 2)"));
    assert!(matches!(&found[1], Alteration::SetType { data_type, has_using: true, .. } if data_type == "text"));
    assert!(matches!(&found[2], Alteration::DropColumn { if_exists: true, cascade: true, .. }));
    let found = alterations(
        Dialect::Mysql,
        "ALTER TABLE t ADD (a int, b int), ADD UNIQUE KEY u (a), MODIFY c text, CHANGE d e int, DROP PRIMARY KEY, ALGORITHM=INPLACE",
    );
    assert_eq!(found.len(), 7);
    assert!(matches!(&found[2], Alteration::AddConstraint(found) if found.name.as_deref() == Some("u")));
    assert!(matches!(&found[4], Alteration::Redefine { old, column } if old == "d" && column.name == "e"));
    assert_eq!(found[6], Alteration::Algorithm("inplace".to_owned()));
}

#[test]
fn names_of_columns_may_be_words_of_other_databases() {
    let table = |dialect, sql| match actions(dialect, sql).remove(0) {
        Action::CreateTable(table) => (table.columns.len(), table.constraints.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(table(Dialect::Postgres, "CREATE TABLE t (key text, index int, PRIMARY KEY (key))"), (2, 1));
    assert_eq!(table(Dialect::Mysql, "CREATE TABLE t (a int, KEY k (a), INDEX (a))"), (1, 2));
    assert_eq!(table(Dialect::Postgres, "CREATE TABLE t AS SELECT 1"), (0, 0));
    let forty: Vec<String> = (0..40).map(|number| format!("\"c{number}\" int")).collect();
    assert_eq!(table(Dialect::Sqlite, &format!("CREATE TABLE [a b] ({})", forty.join(","))), (40, 0));
}

#[test]
fn blocks_of_code_are_looked_into() {
    let sql = "DO $x$ BEGIN IF true THEN ALTER TABLE t DROP COLUMN a; END IF; EXECUTE 'DROP TABLE ' || 'u'; END $x$;";
    let found = parsed(Dialect::Postgres, sql);
    assert_eq!(found.iter().map(|parsed| parsed.is_in_block).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(&sql[found[1].span.clone()], "ALTER TABLE t DROP COLUMN a");
    assert_eq!(found[2].action, Action::Unread);
    let routine = "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DROP TABLE t; END $$ LANGUAGE plpgsql";
    assert_eq!(parsed(Dialect::Postgres, routine).len(), 1, "it runs when somebody calls it");
}

#[test]
fn what_is_not_known_is_no_error() {
    for sql in [
        "FROBNICATE t",
        "ALTER TABLE t FROBNICATE x",
        "CREATE",
        "DROP INDEX",
        "ALTER TABLE",
        "SELECT 'open",
        "(((",
        "\u{0}",
    ] {
        for dialect in Dialect::ALL {
            let _ = parsed(*dialect, sql);
            let _ = comments(*dialect, sql);
        }
    }
    assert_eq!(actions(Dialect::Postgres, "FROBNICATE t"), [Action::Unread]);
    assert_eq!(actions(Dialect::Postgres, "SELECT 1; SELECT 'open"), [Action::Other, Action::Unread]);
    assert_eq!(alterations(Dialect::Postgres, "ALTER TABLE t FROBNICATE x"), [Alteration::Unread]);
}

#[test]
fn statements_have_a_normal_form() {
    let text = |sql| parsed(Dialect::Postgres, sql).remove(0).text;
    assert_eq!(text("GRANT  Select -- all\n ON \"T\" TO public;"), "grant select on \"T\" to public");
    assert_eq!(text("ALTER TABLE a.b ADD c numeric( 3,2 )"), "alter table a.b add c numeric(3, 2)");
}

#[test]
fn comments_have_their_places() {
    let sql = "-- one\nSELECT '-- none'; /* two */ -- three";
    let found: Vec<&str> = comments(Dialect::Postgres, sql).into_iter().map(|span| &sql[span]).collect();
    assert_eq!(found, ["-- one", "/* two */", "-- three"]);
}
