//! Every rule's examples, and what holds for all rules.

use super::*;

/// Judges a script as a migration of its own, with the rules that are off by default on.
pub(super) fn remarks(dialect: Dialect, way: Way, sql: &str) -> Vec<Remark> {
    let mut known = EarlierScripts::default();
    let (earlier, sql) = sql.split_once("-- the next revision\n").unwrap_or(("", sql));
    known.learn(dialect, earlier);
    let (up, other) = match sql.split_once("\n-- down.sql\n") {
        Some((up, down)) => (up, Some(down)),
        None => (sql, None),
    };
    let run_in_transaction = !sql.contains("-- without a transaction");
    let script = Script { dialect, sql: up, way, run_in_transaction, other, known: &known, measured: None };
    let mut settings = Settings::default();
    for rule in RULES.iter().filter(|rule| rule.level == Level::Off) {
        settings.levels.insert(rule.name.to_owned(), Level::Warn);
    }
    lint(&script, &settings, "core")
}

/// Returns what a rule finds: each line with what is said there.
#[track_caller]
pub(super) fn found(name: &str, dialect: Dialect, sql: &str) -> Vec<String> {
    let way = if sql.contains("-- down.sql\n") { Way::Up } else { Way::Alone };
    let own = remarks(dialect, way, sql).into_iter().filter(|remark| remark.kind == RemarkKind::Rule(name.to_owned()));
    own.map(|remark| remark.message).collect()
}

#[test]
fn every_rule_finds_its_bad_example_and_not_its_good_one() {
    for rule in RULES {
        let dialect = rule.dialects[0];
        let is_found = |sql: &str| {
            // A script that runs in a transaction is what the runner makes of a migration.
            let all = remarks(dialect, Way::Up, sql).into_iter().chain(remarks(dialect, Way::Alone, sql));
            let unread: Vec<Remark> = all.clone().filter(|remark| remark.kind == RemarkKind::Unread).collect();
            assert_eq!(unread, [], "{}: {sql}", rule.name);
            all.into_iter().any(|remark| remark.kind == RemarkKind::Rule(rule.name.to_owned()))
        };
        assert!(is_found(rule.bad), "{} doesn't find: {}", rule.name, rule.bad);
        assert!(!is_found(rule.good), "{} finds: {}", rule.name, rule.good);
    }
}

#[test]
fn rules_have_names_of_their_own_and_those_of_hazards() {
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        assert!(rule.what.ends_with('.') && rule.why.ends_with('.'), "{}", rule.name);
        assert!(rule.name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{}", rule.name);
    }
}

#[track_caller]
fn says(name: &str, dialect: Dialect, sql: &str, expected: &[&str]) {
    assert_eq!(found(name, dialect, sql), expected, "{sql}");
}

#[test]
fn tables_that_the_script_makes_are_exempt() {
    let sql = "CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN b int NOT NULL; \
               ALTER TABLE t RENAME TO u; ALTER TABLE u ALTER COLUMN a TYPE text; DROP TABLE u;";
    let all = remarks(Dialect::Postgres, Way::Alone, sql);
    let denied: Vec<_> = all.iter().filter(|remark| remark.level == Level::Deny).collect();
    assert!(denied.is_empty(), "{denied:?}");
    says(
        "drop-table",
        Dialect::Postgres,
        "CREATE TABLE t (a int); DROP TABLE t; DROP TABLE t;",
        &["table t and all its rows are lost"],
    );
    says("drop-table", Dialect::Postgres, "CREATE TEMP TABLE t (a int); DROP TABLE pg_temp.t;", &[]);
}

#[test]
fn columns_that_are_required_need_a_value() {
    let says = |dialect, sql, expected| says("not-null", dialect, sql, expected);
    says(Dialect::Postgres, "ALTER TABLE t ADD a int NOT NULL DEFAULT 1, ADD b int, ADD c serial NOT NULL", &[]);
    says(
        Dialect::Sqlite,
        "ALTER TABLE t ADD a int NOT NULL",
        &["t.a is required and has no default: the table must be empty"],
    );
    says(
        Dialect::Mysql,
        "ALTER TABLE t ADD a int NOT NULL",
        &["t.a is required and has no default: rows that are there get zero or an empty text"],
    );
    says(Dialect::Postgres, "ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL", &[]);
}

#[test]
fn defaults_that_are_computed_row_by_row_rewrite() {
    let says = |sql, expected| says("table-rewrite", Dialect::Postgres, sql, expected);
    says("ALTER TABLE t ADD a timestamptz NOT NULL DEFAULT now(), ADD b text DEFAULT 'random()'", &[]);
    says(
        "ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid()",
        &[
            "t is written anew while nobody else can read or write it: `gen_random_uuid` is computed for each row unless it is stable",
        ],
    );
    says("VACUUM (FULL) t", &["VACUUM FULL writes t anew while nobody else can read or write it"]);
}

#[test]
fn a_scratch_database_knows_better_what_is_rewritten() {
    let judge = |sql: &str, text: &str| {
        let measured = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        let known = EarlierScripts::default();
        let (dialect, way) = (Dialect::Postgres, Way::Alone);
        let script = Script {
            dialect,
            sql,
            way,
            run_in_transaction: true,
            other: None,
            known: &known,
            measured: Some(&measured),
        };
        lint(&script, &Settings::default(), "core").into_iter().map(|remark| remark.message).collect::<Vec<_>>()
    };
    let longer = "ALTER TABLE t ALTER a TYPE varchar(20)";
    assert_eq!(judge(longer, "ACCESS EXCLUSIVE"), [""; 0]);
    assert_eq!(judge(longer, "ACCESS EXCLUSIVE, all rows written").len(), 1);
    let hidden = "SELECT widen('t')";
    let expected = "measured on a scratch database: t: ACCESS EXCLUSIVE, all rows written";
    assert_eq!(judge(hidden, "ACCESS EXCLUSIVE, all rows written"), [expected]);
}

#[test]
fn concurrent_statements_stand_alone() {
    let says = |sql, expected| says("concurrent-in-transaction", Dialect::Postgres, sql, expected);
    says("CREATE INDEX CONCURRENTLY i ON t (a);\n-- without a transaction", &[]);
    says(
        "SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON t (a);\n-- without a transaction",
        &["Diesel sends this together with other statements, and PostgreSQL takes them for one transaction"],
    );
    says(
        "DO $$ BEGIN CREATE INDEX CONCURRENTLY i ON t (a); END $$;\n-- without a transaction",
        &["PostgreSQL refuses this in a transaction"],
    );
}

#[test]
fn mysql_copies_unless_it_is_asked_not_to() {
    let says = |sql, expected| says("rebuild", Dialect::Mysql, sql, expected);
    says("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), ALGORITHM=INPLACE", &[]);
    says("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)", &[]);
    says(
        "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
        &["t is copied while nobody else can write it: all its texts are converted"],
    );
    says(
        "ALTER TABLE t ENGINE = InnoDB",
        &["t is copied while nobody else can write it: `engine = innodb` makes it anew"],
    );
}

#[test]
fn a_table_that_others_point_at_is_dropped_without_enforcement() {
    let before = "CREATE TABLE t (id INTEGER); CREATE TABLE c (t INTEGER REFERENCES t (id));\n-- the next revision\n";
    let says =
        |sql: &str, expected: &[&str]| says("drop-cascade", Dialect::Sqlite, &format!("{before}{sql}"), expected);
    let told = "c points at t: where foreign keys are enforced, dropping it deletes its rows first, with all that `ON DELETE` says";
    says("DROP TABLE t;", &[told]);
    says("PRAGMA foreign_keys = OFF; DROP TABLE t;", &[told]);
    says("PRAGMA foreign_keys = OFF; DROP TABLE t;\n-- without a transaction", &[]);
}

#[test]
fn comments_allow_what_they_name() {
    let of = |sql: &str| -> Vec<String> {
        let known = EarlierScripts::default();
        let (dialect, way) = (Dialect::Postgres, Way::Alone);
        let script = Script { dialect, sql, way, run_in_transaction: true, other: None, known: &known, measured: None };
        lint(&script, &Settings::default(), "core").into_iter().map(|remark| remark.message).collect()
    };
    let drop = "DROP TABLE t;";
    assert_eq!(of(&format!("-- autogen-lint: allow drop-table: empty\n{drop}")), [""; 0]);
    assert_eq!(of(&format!("{drop} -- autogen-lint: allow drop-table: empty")), [""; 0]);
    assert_eq!(of("DROP TABLE\n  t -- autogen-lint: allow drop-table: empty\n;"), [""; 0]);
    assert_eq!(of(&format!("/* autogen-lint: allow-file drop-table: empty */\nSELECT 1;\n{drop}\n{drop}")), [""; 0]);
    let told = "table t and all its rows are lost";
    assert_eq!(
        of(&format!("-- autogen-lint: allow drop-table: empty\nSELECT 1;\n{drop}")),
        ["nothing here needs `allow drop-table`", told,]
    );
    assert_eq!(of(&format!("-- autogen-lint: allow drop-table\n{drop}")), ["`allow drop-table` gives no reason", told]);
    assert_eq!(of(&format!("-- autogen-lint: allow all: x\n{drop}")), ["there is no rule `all`", told]);
    assert_eq!(of(&format!("-- autogen-lint: permit all: x\n{drop}")), ["`permit` is no instruction", told]);
    assert_eq!(of("SELECT '-- autogen-lint: allow drop-table: x';"), [""; 0]);
}

#[test]
fn hosts_have_names_and_rules_of_their_own() {
    let settings = Settings {
        names: [
            (Named::Table, regex::Regex::new("^[a-z_]+$").expect("reads")),
            (Named::Index, regex::Regex::new("^ix_").expect("reads")),
            (Named::Constraint, regex::Regex::new("^ck_").expect("reads")),
        ]
        .into(),
        custom: vec![Custom {
            name: "no-grant".to_owned(),
            pattern: regex::Regex::new("^grant .* to public$").expect("reads"),
            message: "rights are given elsewhere".to_owned(),
            level: Level::Deny,
            dialects: vec![Dialect::Postgres],
        }],
        of_owners: [("usb".to_owned(), [("drop-table".to_owned(), Level::Off)].into())].into(),
        ..Settings::default()
    };
    let of = |dialect, owner: &str, sql: &str| -> Vec<String> {
        let known = EarlierScripts::default();
        let script = Script {
            dialect,
            sql,
            way: Way::Alone,
            run_in_transaction: true,
            other: None,
            known: &known,
            measured: None,
        };
        lint(&script, &settings, owner).into_iter().map(|remark| remark.message).collect()
    };
    let sql = "CREATE TABLE \"Users\" (id int); GRANT SELECT\n  ON users TO public;";
    assert_eq!(
        of(Dialect::Postgres, "core", sql),
        ["the table `Users` isn't named as `^[a-z_]+$` wants", "rights are given elsewhere",]
    );
    assert_eq!(of(Dialect::Mysql, "core", "GRANT SELECT ON users TO public"), [""; 0]);
    assert_eq!(
        of(Dialect::Postgres, "core", "ALTER INDEX a RENAME TO b; ALTER TABLE t RENAME CONSTRAINT c TO d;"),
        ["the index `b` isn't named as `^ix_` wants", "the constraint `d` isn't named as `^ck_` wants"]
    );
    assert_eq!(
        of(Dialect::Mysql, "core", "ALTER TABLE t RENAME INDEX a TO b, RENAME KEY ix_a TO ix_b;"),
        ["the index `b` isn't named as `^ix_` wants"]
    );
    assert_eq!(of(Dialect::Sqlite, "usb", "DROP TABLE t"), [""; 0]);
    assert_eq!(of(Dialect::Sqlite, "net", "DROP TABLE t").len(), 1);
}

#[test]
fn a_way_back_that_takes_more_than_came_is_told() {
    let known = EarlierScripts::default();
    let down = "ALTER TABLE t DROP COLUMN a; ALTER TABLE t DROP COLUMN b; DROP TABLE u;";
    let up = "ALTER TABLE t ADD COLUMN a int; CREATE TABLE u (a int);";
    let (dialect, way) = (Dialect::Postgres, Way::Down);
    let script =
        Script { dialect, sql: down, way, run_in_transaction: true, other: Some(up), known: &known, measured: None };
    let found = lint(&script, &Settings::default(), "core");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].message.as_str(), found[0].level), ("column t.b and its values are lost", Level::Warn));
    says(
        "irreversible",
        Dialect::Postgres,
        "CREATE TABLE t (a int); ALTER TABLE u ADD b int;\n-- down.sql\nDROP TABLE t;",
        &["down.sql doesn't take column u.b back"],
    );
}

#[test]
fn a_new_column_without_values_is_in_nobodys_way() {
    let none: &[&str] = &[];
    let add = "ALTER TABLE t ADD COLUMN w int; ALTER TABLE t ADD CONSTRAINT c";
    let key = "FOREIGN KEY (w, n) REFERENCES u (id, n)";
    for dialect in [Dialect::Postgres, Dialect::Mysql] {
        says("new-foreign-key", dialect, &format!("{add} {key};"), none);
        says("new-foreign-key", dialect, &format!("ALTER TABLE t ADD COLUMN w int, ADD CONSTRAINT c {key};"), none);
        says("new-unique", dialect, &format!("{add} UNIQUE (n, w);"), none);
        says("new-unique", dialect, "ALTER TABLE t ADD w int; CREATE UNIQUE INDEX i ON t (w DESC);", none);
        says("new-check", dialect, &format!("{add} CHECK (w > 0 OR w IN (-1, -2));"), none);
    }
    says("new-unique", Dialect::Sqlite, "ALTER TABLE t ADD w int; CREATE UNIQUE INDEX i ON t (w);", none);
    let read = "all rows of t are read while nobody else can read or write it, to see a check hold";
    says("table-rewrite", Dialect::Postgres, &format!("{add} CHECK (length(w) > 0);"), &[read]);
    let built = "nobody can read or write t while the rule's index is built";
    says("index-not-concurrent", Dialect::Postgres, &format!("{add} UNIQUE (w);"), &[built]);
    // Rows have a value after all, or NULL doesn't pass.
    for (rule, sql) in [
        ("new-unique", "ALTER TABLE t ADD w int DEFAULT 1; ALTER TABLE t ADD CONSTRAINT c UNIQUE (w);"),
        ("new-unique", "ALTER TABLE t ADD w int; UPDATE t SET w = 1 WHERE id > 0; CREATE UNIQUE INDEX i ON t (w);"),
        ("new-unique", "ALTER TABLE t ADD w int; ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (w);"),
        ("new-unique", "ALTER TABLE t ADD w int; CREATE UNIQUE INDEX i ON t (lower(w));"),
        ("new-unique", "ALTER TABLE t ADD w int; ALTER TABLE t ADD PRIMARY KEY (w);"),
        (
            "new-foreign-key",
            "ALTER TABLE t ADD w int; INSERT INTO t (w) VALUES (1); ALTER TABLE t ADD FOREIGN KEY (w) REFERENCES u;",
        ),
        (
            "new-foreign-key",
            "ALTER TABLE t ADD w int; ALTER TABLE t ADD FOREIGN KEY (w, n) REFERENCES u (a, b) MATCH FULL;",
        ),
        ("new-foreign-key", "ALTER TABLE o ADD w int; ALTER TABLE t ADD FOREIGN KEY (w) REFERENCES u;"),
        ("new-check", "ALTER TABLE t ADD w int; ALTER TABLE t ADD CHECK (w IS NOT NULL);"),
        ("new-check", "ALTER TABLE t ADD w int; ALTER TABLE t ADD CHECK (coalesce(w, 0) > 0);"),
        ("new-check", "ALTER TABLE t ADD w int; ALTER TABLE t ADD CHECK (w > 0 AND n > 0);"),
    ] {
        assert_eq!(found(rule, Dialect::Postgres, sql).len(), 1, "{sql}");
    }
}

#[test]
fn a_check_that_was_validated_before_is_trusted() {
    let says = |sql: &str, count: usize| {
        let sql = format!("CREATE TABLE t (id int, n int, m int);\n{sql}ALTER TABLE t ALTER COLUMN n SET NOT NULL;");
        assert_eq!(found("not-null", Dialect::Postgres, &sql).len(), count, "{sql}");
    };
    let check = "ALTER TABLE t ADD CONSTRAINT c CHECK ((n IS NOT NULL) AND m > 0) NOT VALID;\n";
    let valid = "ALTER TABLE t VALIDATE CONSTRAINT c;\n";
    let next = "-- the next revision\n";
    says(&format!("{check}{valid}{next}"), 0);
    says(&format!("{check}{next}{valid}"), 0);
    says(next, 1);
    says(&format!("{check}{next}"), 1);
    says(&format!("{check}{valid}ALTER TABLE t DROP CONSTRAINT c;{next}"), 1);
    says(&format!("{check}ALTER TABLE t RENAME CONSTRAINT c TO d;ALTER TABLE t VALIDATE CONSTRAINT d;{next}"), 0);
    says(&format!("ALTER TABLE t ADD CONSTRAINT c CHECK (n IS NOT NULL OR m > 0);{next}"), 1);
    says(&format!("ALTER TABLE t ADD CONSTRAINT c CHECK (m IS NOT NULL);{next}"), 1);
    says(
        &format!(
            "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (n) REFERENCES u NOT VALID;{next}ALTER TABLE t VALIDATE CONSTRAINT k;"
        ),
        1,
    );
    let renamed = "CREATE TABLE s (x int, CONSTRAINT c CHECK (x IS NOT NULL)); ALTER TABLE s RENAME x TO y; \
                   ALTER TABLE s RENAME TO r;\n-- the next revision\nALTER TABLE r ALTER y SET NOT NULL;";
    assert_eq!(found("not-null", Dialect::Postgres, renamed), [""; 0]);
}

#[test]
fn what_is_about_columns_of_the_script_is_marked() {
    let marked = |rule: &str, sql: &str| -> Vec<bool> {
        let name = RemarkKind::Rule(rule.to_owned());
        let all = remarks(Dialect::Postgres, Way::Alone, sql).into_iter().filter(|remark| remark.kind == name);
        all.map(|remark| remark.is_of_own_columns).collect()
    };
    let fill = "ALTER TABLE t ADD w int; UPDATE t SET w = 1, n = 2; ";
    assert_eq!(marked("no-where", fill), [true]);
    assert_eq!(marked("no-where", "ALTER TABLE t ADD w int; UPDATE t SET n = 2; DELETE FROM t;"), [false, false]);
    assert_eq!(
        marked("not-null", &format!("{fill} ALTER TABLE t ALTER w SET NOT NULL, ALTER n SET NOT NULL;")),
        [true, true]
    );
    assert_eq!(marked("not-null", &format!("{fill} ALTER TABLE t ALTER m SET NOT NULL;")), [false]);
    assert_eq!(marked("new-unique", &format!("{fill} CREATE UNIQUE INDEX i ON t (w);")), [true]);
    assert_eq!(marked("new-unique", &format!("{fill} CREATE UNIQUE INDEX i ON t (n);")), [false]);
}

#[test]
fn a_way_back_names_all_that_was_made() {
    let says = |dialect, up: &str, down: &str, expected: &[&str]| {
        says("irreversible", dialect, &format!("{up};\n-- down.sql\n{down};"), expected);
    };
    for (up, what, down) in [
        ("CREATE VIEW v AS SELECT 1", "view v", "DROP VIEW v"),
        ("CREATE SEQUENCE s.q", "sequence s.q", "DROP SEQUENCE s.q"),
        ("CREATE TYPE ty AS ENUM ('a')", "type ty", "DROP TYPE \"ty\""),
        ("CREATE DOMAIN d AS int", "domain d", "DROP DOMAIN d"),
        ("CREATE SCHEMA app", "schema app", "DROP SCHEMA app"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f", "DROP FUNCTION f()"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "index i", "DROP INDEX CONCURRENTLY i"),
        ("CREATE INDEX i ON t (a)", "index i", "ALTER TABLE t DROP COLUMN a"),
        ("CREATE TRIGGER tr BEFORE INSERT ON t EXECUTE FUNCTION f()", "trigger tr", "DROP TABLE t"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID", "constraint c", "ALTER TABLE t DROP CONSTRAINT c"),
        ("ALTER TYPE mood ADD VALUE 'calm'", "value 'calm' of mood", "DROP TYPE mood"),
        ("ALTER TABLE t RENAME a TO b", "the new name of t.a", "ALTER TABLE t RENAME b TO a"),
        ("ALTER TABLE t RENAME TO u", "the new name of t", "ALTER TABLE u RENAME TO t"),
    ] {
        let told = format!("down.sql doesn't take {what} back");
        says(Dialect::Postgres, up, "SELECT 1", &[&told]);
        says(Dialect::Postgres, up, "SELECT 'tyv', aid, bu FROM fri", &[&told]);
        says(Dialect::Postgres, up, down, &[]);
    }
    says(
        Dialect::Postgres,
        "CREATE TRIGGER tr BEFORE INSERT ON t EXECUTE FUNCTION f()",
        "DROP FUNCTION f() CASCADE",
        &[],
    );
    says(Dialect::Postgres, "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "DROP TABLE t", &[]);
    says(Dialect::Postgres, "CREATE VIEW v AS SELECT 1; DROP VIEW v; CREATE TEMP VIEW w AS SELECT 1", "SELECT 1", &[]);
    says(Dialect::Sqlite, "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "SELECT 1", &[]);
    says(Dialect::Mysql, "RENAME TABLE a TO b", "SELECT 1", &["down.sql doesn't take the new name of a back"]);
}

#[test]
fn what_takes_rows_away_or_copies_by_other_words_is_found() {
    for (dialect, rule, sql) in [
        (Dialect::Mysql, "drop-table", "CREATE OR REPLACE TABLE t (id int)"),
        (Dialect::Mysql, "drop-table", "ALTER TABLE t DROP PARTITION p0"),
        (Dialect::Mysql, "drop-table", "ALTER TABLE t TRUNCATE PARTITION p0"),
        (Dialect::Mysql, "drop-table", "ALTER TABLE t DISCARD TABLESPACE"),
        (Dialect::Mysql, "drop-table", "ALTER TABLE t DROP SYSTEM VERSIONING"),
        (Dialect::Mysql, "drop-table", "/*!40101 DROP TABLE t */"),
        (Dialect::Mysql, "drop-table", "SELECT '/*!', \"*/\"; /* a */ /*M!100100 DROP TABLE t */;"),
        (Dialect::Mysql, "rebuild", "ALTER TABLE t ALGORITHM=COPY, ADD COLUMN a int"),
        (Dialect::Mysql, "rebuild", "CREATE INDEX i ON t (a) ALGORITHM=COPY"),
        (Dialect::Mysql, "blocks-reading", "ALTER TABLE t ADD COLUMN a int, LOCK=EXCLUSIVE"),
        (Dialect::Postgres, "no-where", "WITH x AS (DELETE FROM t RETURNING *) INSERT INTO o SELECT * FROM x"),
        (Dialect::Postgres, "drop-table", "DO 'BEGIN DROP TABLE t; END'"),
        (Dialect::Postgres, "drop-table", "DROP OWNED BY x"),
        (Dialect::Postgres, "rename-table", "ALTER TABLE t SET SCHEMA other"),
        (Dialect::Postgres, "not-null", "ALTER TABLE t ADD CONSTRAINT n NOT NULL a"),
        (Dialect::Postgres, "not-null", "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT NULL::int"),
        (Dialect::Postgres, "table-rewrite", "ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)"),
        (Dialect::Sqlite, "not-null", "ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT NULL"),
        (Dialect::Sqlite, "new-check", "ALTER TABLE t ADD a INT NOT NULL DEFAULT 0 CHECK (a > 0)"),
        (Dialect::Sqlite, "new-check", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"),
    ] {
        assert_eq!(found(rule, dialect, sql).len(), 1, "{dialect} {rule}: {sql}");
        let all = remarks(dialect, Way::Alone, sql).into_iter().filter(|remark| remark.kind == RemarkKind::Unread);
        assert_eq!(all.count(), 0, "{sql}");
    }
    says("drop-column", Dialect::Mysql, "ALTER TABLE t DROP SYSTEM VERSIONING", &[]);
    says("drop-table", Dialect::Mysql, "CREATE OR REPLACE TEMPORARY TABLE t (id int)", &[]);
    says("drop-table", Dialect::Mysql, "SELECT '/*! DROP TABLE t */'; -- /*! x\nSELECT 1", &[]);
    says("no-where", Dialect::Mysql, "UPDATE t JOIN o ON t.id = o.id SET t.a = 1", &[]);
    for check in ["a IN (0, 1)", "a >= 0", "a <> 7"] {
        says("new-check", Dialect::Sqlite, &format!("ALTER TABLE t ADD a INT NOT NULL DEFAULT 1 CHECK ({check})"), &[]);
    }
    let checked = "CREATE TABLE p (a int, CONSTRAINT c CHECK (a = 1));\n-- the next revision\nALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1);";
    says("table-rewrite", Dialect::Postgres, checked, &[]);
    assert_eq!(
        remarks(Dialect::Postgres, Way::Alone, "DO 'BEGIN EXECUTE ''DROP TABLE t''; END'")[0].kind,
        RemarkKind::Unread
    );
}
