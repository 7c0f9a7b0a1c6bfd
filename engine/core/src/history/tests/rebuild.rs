//! Scripts that rebuild a table: they switch foreign keys off, which works outside a transaction
//! only, and bring their own savepoint.

use super::*;

const BASE: &str = "
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE);
INSERT INTO parents VALUES (1, 'a'), (2, 'b');
INSERT INTO children VALUES (10, 1), (20, 2);
";

fn rebuild(columns: &str, in_between: &str) -> String {
    format!(
        "-- Rebuilds parents.\nPRAGMA foreign_keys = OFF;\nSAVEPOINT \"autogen\";\n\
         CREATE TABLE \"new_parents\" ({columns});\n\
         INSERT INTO \"new_parents\" SELECT id, name FROM parents;\n\
         DROP TABLE parents;\nPRAGMA legacy_alter_table = ON;\n\
         ALTER TABLE \"new_parents\" RENAME TO parents;\n{in_between}PRAGMA legacy_alter_table = OFF;\n\
         RELEASE \"autogen\";\nPRAGMA foreign_keys = ON;\n"
    )
}

fn with_rebuild(in_between: &str) -> History {
    let strict = rebuild("id INTEGER PRIMARY KEY, name TEXT NOT NULL", in_between);
    let loose = rebuild("id INTEGER PRIMARY KEY, name TEXT", in_between);
    history([
        plain("core", "1_base").up(BASE),
        ours("core", "2_not_null", &["1"]).up(&strict).down(&loose).without_transaction(),
    ])
}

fn rows(database: &mut Database) -> String {
    text(
        database,
        "SELECT (SELECT group_concat(id || name) FROM parents) || ' ' || (SELECT group_concat(id || '-' || parent) FROM children)",
    )
}

fn pragma(database: &mut Database, name: &str) -> String {
    text(database, &format!("SELECT {name} FROM pragma_{name}"))
}

#[test]
fn children_keep_their_rows_both_ways() {
    for foreign_keys in ["1", "0"] {
        let file = File::new();
        let mut database = file.open();
        database.execute(&format!("PRAGMA foreign_keys = {foreign_keys}")).expect("sets");
        let history = with_rebuild("");
        upgrade_all(&mut database, &history).expect("applies");
        assert_eq!(rows(&mut database), "1a,2b 10-1,20-2");
        assert!(schema(&mut database).contains("name TEXT NOT NULL"));
        assert_eq!(pragma(&mut database, "foreign_keys"), foreign_keys, "is as it was");
        let unwanted = [&history.revisions()[1]];
        downgrade(&mut database, &history, &unwanted, &mut |_| {}).expect("reverts");
        assert_eq!(rows(&mut database), "1a,2b 10-1,20-2");
        assert!(!schema(&mut database).contains("name TEXT NOT NULL"));
        assert_eq!(pragma(&mut database, "foreign_keys"), foreign_keys, "is as it was");
    }
}

#[test]
fn a_failure_in_the_middle_leaves_all_as_it_was() {
    let file = File::new();
    let mut database = file.open();
    let history = with_rebuild("INSERT INTO nowhere VALUES (1);\n");
    upgrade(&mut database, &history, &[&history.revisions()[0]], &mut |_| {}).expect("applies");
    let before = (schema(&mut database), rows(&mut database));
    let error = upgrade_all(&mut database, &history).expect_err("breaks");
    assert_eq!(
        error.to_string(),
        "core's 2_not_null failed at `INSERT INTO nowhere VALUES (1)`: no such table: nowhere"
    );
    assert_eq!((schema(&mut database), rows(&mut database)), before);
    assert_eq!(pragma(&mut database, "foreign_keys"), "1");
    assert_eq!(pragma(&mut database, "legacy_alter_table"), "0");
    assert_eq!(applied(&mut database).expect("reads").len(), 1);
    upgrade_all(&mut database, &with_rebuild("")).expect("applies once mended");
}

#[test]
fn inside_somebodys_transaction_nothing_is_touched() {
    let file = File::new();
    let mut database = file.open();
    let history = with_rebuild("");
    upgrade(&mut database, &history, &[&history.revisions()[0]], &mut |_| {}).expect("applies");
    database.execute("BEGIN").expect("begins");
    let error = upgrade_all(&mut database, &history).expect_err("can't be safe");
    assert!(error.to_string().contains("foreign keys can't be switched off"), "{error}");
    database.execute("COMMIT").expect("is still open");
    assert_eq!(rows(&mut database), "1a,2b 10-1,20-2");
}
