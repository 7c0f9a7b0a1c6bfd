//! Taking back exactly what has run of a revision that stopped on its way, on MariaDB.

use std::collections::BTreeSet;

use expect_test::expect;

use crate::mysql::Served;

const BASE: &str = "CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(20)) COMMENT 'Of things';
CREATE TABLE things (id INT AUTO_INCREMENT PRIMARY KEY, a INT, `Order` VARCHAR(20) COLLATE utf8mb4_bin COMMENT 'mine',
    c DECIMAL(8,2) NOT NULL DEFAULT 1.50, parent INT, changed TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP,
    e ENUM('x','y') NOT NULL, f DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3),
    KEY ix_a (a), UNIQUE KEY uq_order (`Order`), KEY ix_prefix (`Order`(5)),
    CONSTRAINT fk_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE,
    CONSTRAINT ck_c CHECK (c > 0)) COMMENT='Things';
CREATE TABLE old (id INT PRIMARY KEY, note TEXT, FULLTEXT KEY ft_note (note));
CREATE VIEW seen AS SELECT id FROM old;
INSERT INTO parents VALUES (1, 'p');
INSERT INTO things (a, `Order`, parent, e) VALUES (10, 'one', 1, 'x'), (20, 'two', NULL, 'y');
";

/// Written by hand: of every kind of statement one, and no two leave the same schema.
const STATEMENTS: [&str; 14] = [
    "ALTER TABLE things ADD COLUMN m INT AFTER a",
    "UPDATE things SET m = a, `Order` = LOWER(`Order`)",
    "ALTER TABLE things MODIFY COLUMN m BIGINT NOT NULL, ADD INDEX ix_m (m), DROP INDEX ix_prefix",
    "CREATE TABLE parts (id INT PRIMARY KEY, thing INT, FOREIGN KEY (thing) REFERENCES things (id))",
    "INSERT INTO parts SELECT id, id FROM things",
    "ALTER TABLE things RENAME COLUMN `Order` TO `Group`, COMMENT = 'Other things'",
    "RENAME TABLE parents TO origins",
    "ALTER TABLE things DROP FOREIGN KEY fk_parent, DROP CONSTRAINT ck_c",
    "ALTER TABLE things DROP COLUMN c, DROP COLUMN parent",
    "DROP VIEW seen",
    "CREATE VIEW seen AS SELECT id, m FROM things",
    "CREATE TRIGGER counted BEFORE INSERT ON parts FOR EACH ROW SET NEW.thing = COALESCE(NEW.thing, 1)",
    "DROP TABLE old",
    "ALTER TABLE things MODIFY COLUMN e ENUM('x','y','z') NOT NULL, MODIFY COLUMN a SMALLINT",
];

/// The way back from the end of all those.
const DOWN: &str = "ALTER TABLE things MODIFY COLUMN e ENUM('x','y') NOT NULL, MODIFY COLUMN a INT;
CREATE TABLE old (id INT PRIMARY KEY, note TEXT, FULLTEXT KEY ft_note (note));
DROP VIEW seen;
CREATE VIEW seen AS SELECT id FROM old;
DROP TABLE parts;
RENAME TABLE origins TO parents;
ALTER TABLE things RENAME COLUMN `Group` TO `Order`, COMMENT = 'Things';
ALTER TABLE things ADD COLUMN c DECIMAL(8,2) NOT NULL DEFAULT 1.50 AFTER `Order`, ADD COLUMN parent INT AFTER c,
    ADD CONSTRAINT fk_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE,
    ADD CONSTRAINT ck_c CHECK (c > 0), ADD KEY ix_prefix (`Order`(5)), DROP INDEX ix_m, DROP COLUMN m;
";

/// A host whose first revision is applied, and whose second has these statements.
fn begun(statements: &[&str]) -> Served {
    let served = Served::of(&[("src/schema.rs", "")]);
    served.host.revision("", "2026-11-20-071100-core_base", BASE, "-- It stays.\n");
    served.done("upgrade");
    let up: String = statements.iter().map(|statement| format!("{statement};\n")).collect();
    served.host.revision("", "2026-11-21-071100-core_much", &up, DOWN);
    served
}

/// Every table as the server shows it. Indexes and rules that were dropped and made again stand at the end of their
/// kind, which nobody can change, so lines of a table count in any order; but for its columns', which are told apart by
/// their numbers.
fn shown(served: &Served) -> String {
    let order = "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME, ' ', ORDINAL_POSITION) FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\_\\_%' ORDER BY TABLE_NAME, ORDINAL_POSITION";
    let triggers = "SELECT CONCAT(TRIGGER_NAME, ACTION_STATEMENT) FROM information_schema.TRIGGERS \
                    WHERE TRIGGER_SCHEMA = DATABASE()";
    let schema = served.schema();
    let lines: BTreeSet<&str> = schema.lines().map(|line| line.trim_end_matches(',')).collect();
    format!("{lines:#?}\n{:#?}\n{:?}", served.server.rows(order), served.server.rows(triggers))
}

#[test]
fn whatever_has_run_is_undone_and_nothing_else() {
    let untouched = begun(&[]);
    let before = shown(&untouched);
    let mut told = BTreeSet::new();
    for stop in 0..=STATEMENTS.len() {
        let mut statements: Vec<&str> = STATEMENTS[..stop].to_vec();
        statements.push("THIS IS NO STATEMENT");
        let served = begun(&statements);
        let run = served.run("upgrade");
        assert_eq!(run.code, 2, "{}", run.transcript());
        if stop > 0 {
            assert_ne!(shown(&served), before);
            assert_eq!(served.stage(), format!("applied\t0 applying\t{stop}"));
        }
        let run = served.run("downgrade --allow all --plugin core -1");
        assert_eq!(run.code, 0, "stopped after {stop}\n{}", run.transcript());
        told.extend(run.stderr.lines().map(str::to_owned));
        assert_eq!(shown(&served), before, "stopped after {stop}");
        assert_eq!(served.stage(), "applied\t0");
        let rows = served.server.rows("SELECT a, `Order`, e FROM things ORDER BY id");
        assert_eq!(rows, ["10\tone\tx", "20\ttwo\ty"], "stopped after {stop}");
    }
    let told: String = told.into_iter().map(|line| format!("{line}\n")).collect();
    expect![[r#"
        column `things.c` comes back without its values: they are lost
        column `things.parent` comes back without its values: they are lost
        rows of `things` stay as this has left them: `UPDATE things SET m = a, `Order` = LOWER(`Order`)`
        table `old` comes back empty: its rows are lost
        undoing what has run of core's 2026-11-21-071100-core_much
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_program_that_is_killed_leaves_what_downgrade_undoes() {
    let untouched = begun(&[]);
    let before = shown(&untouched);
    let mut stages = BTreeSet::new();
    for stop in (0..STATEMENTS.len()).step_by(2) {
        let served = begun(&STATEMENTS);
        served.killed("upgrade", |served| served.ran("applying").is_some_and(|ran| ran >= stop));
        stages.insert(served.stage());
        // A revision that hadn't begun leaves the first one as the last.
        if served.stage() != "applied\t0" {
            served.killed("downgrade --allow all --plugin core -1", |served| {
                served.ran("undoing").is_some_and(|ran| ran >= stop / 2)
            });
            stages.insert(served.stage());
        }
        if served.stage() != "applied\t0" {
            served.done("downgrade --allow all --plugin core -1");
        }
        assert_eq!(shown(&served), before, "killed at {stages:?}");
    }
    assert!(stages.len() > 2, "the program was too fast to be killed on its way: {stages:?}");
    println!("killed at: {stages:?}");
}

/// Killed while it undoes, and then somebody finishes that, or wants the revision after all.
#[test]
fn what_is_being_undone_is_undone_before_anything_else() {
    let mut statements = STATEMENTS[..9].to_vec();
    statements.push("THIS IS NO STATEMENT");
    let (untouched, done) = (begun(&[]), begun(&STATEMENTS[..9]));
    done.done("upgrade");
    let mut kills = BTreeSet::new();
    for stop in 0..6 {
        let served = begun(&statements);
        assert_eq!(served.run("upgrade").code, 2);
        served.killed("downgrade --allow all --plugin core -1", |served| {
            served.ran("undoing").is_some_and(|ran| ran >= stop * 3)
        });
        kills.extend(served.ran("undoing"));
        if stop % 2 == 0 {
            served.host.edit("migrations/2026-11-21-071100-core_much/up.sql", "THIS IS NO STATEMENT;\n", "");
            served.done("upgrade");
            assert_eq!(shown(&served), shown(&done), "killed at {kills:?}");
        } else {
            if served.ran("undoing").is_some() {
                served.done("downgrade --allow all --plugin core -1");
            }
            assert_eq!(shown(&served), shown(&untouched), "killed at {kills:?}");
        }
    }
    assert!(kills.len() > 2, "the program was too fast to be killed on its way: {kills:?}");
    println!("killed after: {kills:?}");
}

#[test]
fn what_cant_be_undone_exactly_is_left_as_it_is() {
    let stopped = |statements: &[&str]| {
        let served = begun(&[statements, &["THIS IS NO STATEMENT"]].concat());
        assert_eq!(served.run("upgrade").code, 2);
        served
    };
    let served = stopped(&STATEMENTS[..3]);
    let script = expect![[r#"
        --- stderr
        error[half-done]: core's 2026-11-21-071100-core_much has run in part, and a script can't tell how far
        help: leave `--sql` out, or finish the revision by `autogen upgrade` first
        --- exit 2
    "#]];
    script.assert_eq(&served.run("downgrade --allow all --plugin core -1 --sql").transcript());
    served.server.execute("ALTER TABLE things DROP INDEX ix_m");
    let drifted = expect![[r#"
        --- stderr
        undoing what has run of core's 2026-11-21-071100-core_much
        error[can't-undo]: the statements that ran of core's 2026-11-21-071100-core_much can't be undone exactly: the database has something else than they leave: see `things`
        help: run `autogen upgrade`, which goes on where it stopped, and downgrade then; or put the tables back by hand and take the revision out of the table __autogen_ledger
        --- exit 2
    "#]];
    drifted.assert_eq(&served.run("downgrade --allow all --plugin core -1").transcript());
    // As it was, and nobody holds it.
    served.server.execute("ALTER TABLE things ADD INDEX ix_m (m)");
    served.done("downgrade --allow all --plugin core -1");

    let served = stopped(&["CREATE PROCEDURE p() SELECT 1"]);
    let routine = expect![[r#"
        --- stderr
        undoing what has run of core's 2026-11-21-071100-core_much
        error[can't-undo]: the statements that ran of core's 2026-11-21-071100-core_much can't be undone exactly: what they did isn't all to be taken back by what this program knows, such as routines and events
        help: run `autogen upgrade`, which goes on where it stopped, and downgrade then; or put the tables back by hand and take the revision out of the table __autogen_ledger
        --- exit 2
    "#]];
    routine.assert_eq(&served.run("downgrade --allow all --plugin core -1").transcript());

    let served = stopped(&["RENAME TABLE old TO tmp, parents TO old, tmp TO parents"]);
    let circle = expect![[r#"
        --- stderr
        undoing what has run of core's 2026-11-21-071100-core_much
        error[can't-undo]: the statements that ran of core's 2026-11-21-071100-core_much can't be undone exactly: names go round, `old` to `tmp` and on
        help: run `autogen upgrade`, which goes on where it stopped, and downgrade then; or put the tables back by hand and take the revision out of the table __autogen_ledger
        --- exit 2
    "#]];
    circle.assert_eq(&served.run("downgrade --allow all --plugin core -1").transcript());
}

#[test]
fn a_revision_of_our_own_is_undone_as_well() {
    let served = Served::of(&[("src/schema.rs", DEFINED)]);
    served.done("-m base");
    served.done("upgrade");
    served
        .server
        .execute("INSERT INTO makers VALUES (1, 'm'); INSERT INTO things (maker, serial, old) VALUES (1, 'a', 'b')");
    let before = shown(&served);
    served.host.write("src/schema.rs", DEFINED_LATER);
    served.done("-m much --allow all");
    let folder = served.host.folders("migrations").pop().expect("a revision");
    let path = format!("migrations/{folder}/up.sql");
    let up = served.host.read(&path);
    let statements: Vec<&str> = up.split_inclusive(";\n").collect();
    assert!(statements.len() >= 7, "{up}");
    for stop in 0..statements.len() {
        served.host.write(&path, &format!("{}THIS IS NO STATEMENT;\n", statements[..stop].concat()));
        assert_eq!(served.run("upgrade").code, 2);
        served.done("downgrade --allow all --plugin core -1");
        assert_eq!(shown(&served), before, "stopped after {stop}");
    }
    served.host.write(&path, &up);
    served.done("upgrade");
    served.done("check");
}

const DEFINED: &str = "autogen::table! {
    makers (id) { id -> Integer, #[max_length = 20] name -> Varchar, }
}
autogen::table! {
    things (id) {
        #[auto_increment] id -> Integer,
        #[references(makers(id))] maker -> Nullable<Integer>,
        #[max_length = 20] #[unique] serial -> Varchar,
        #[max_length = 20] old -> Nullable<Varchar>,
    }
}
";

const DEFINED_LATER: &str = "autogen::table! {
    #[renamed_from(makers)]
    vendors (id) { id -> Integer, #[max_length = 20] #[unique] name -> Varchar, }
}
autogen::table! {
    #[check(\"length(code) > 0\")]
    things (id) {
        #[auto_increment] id -> Integer,
        #[references(vendors(id), on_delete = cascade)] maker -> Nullable<Integer>,
        #[max_length = 20] #[index] #[renamed_from(serial)] code -> Varchar,
        #[backfill(\"upper(code)\")] #[max_length = 30] shout -> Varchar,
    }
}
autogen::table! {
    parts (id) { #[auto_increment] id -> BigInt, #[references(things(id))] thing -> Integer, }
}
";
