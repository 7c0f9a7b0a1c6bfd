//! The whole way on MariaDB: definitions, files, a live database, and a program that dies on the way.

use std::time::Duration;

use autogen_test_servers::{MysqlDatabase, mysql};
use expect_test::expect;

use crate::support::{Host, Run};

/// What a definition for MariaDB says where others say less.
const DEVICES: &str = "autogen::table! {
    /// What can be lent.
    #[check(\"price >= 0\", name = \"ck_price\")]
    devices (id) {
        #[auto_increment]
        id -> Unsigned<Integer>,
        #[max_length = 64]
        #[unique]
        serial -> Varchar,
        #[default(now)]
        added -> Datetime,
        #[precision(8, 2)]
        price -> Nullable<Numeric>,
    }
}
";

const LOANS: &str = "autogen::table! {
    loans (id) {
        #[auto_increment]
        id -> BigInt,
        #[references(devices(id), on_delete = cascade)]
        device -> Unsigned<Integer>,
        #[default = false]
        ended -> Bool,
    }
}
";

/// A host on a server.
struct Served {
    host: Host,
    server: MysqlDatabase,
}

impl Served {
    fn of(files: &[(&str, &str)]) -> Self {
        let host = Host::of(files);
        host.write("autogen.toml", "dialects = ['mysql']\n");
        Self { host, server: mysql() }
    }

    fn lending() -> Self {
        Self::of(&[("src/schema.rs", DEVICES), ("plugins/lending/src/schema.rs", LOANS)])
    }

    fn run(&self, arguments: &str) -> Run {
        let mut command = self.host.command(arguments);
        self.host.output(command.env("DATABASE_URL", self.server.url()).output().expect("runs"))
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
        run.stdout
    }

    /// Every table as the server shows it, those of bookkeeping aside.
    fn schema(&self) -> String {
        let tables = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                      AND TABLE_NAME NOT LIKE '\\_\\_%' ORDER BY 1";
        let shown = |table: &String| self.server.rows(&format!("SHOW CREATE TABLE `{table}`")).join("\n");
        self.server.rows(tables).iter().map(shown).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn a_host_goes_all_the_way() {
    let served = Served::lending();
    served.done("");
    assert_eq!(served.schema(), "", "nothing has touched the database yet");
    served.done("upgrade");
    served.done("check");
    served.done("verify");
    assert!(served.done("").contains("in sync"), "a second run finds nothing to do");
    let before = served.schema();
    served.host.edit("plugins/lending/src/schema.rs", "ended -> Bool,", "ended -> Bool,\n        note -> Nullable<Text>,");
    served.done("");
    served.done("upgrade");
    assert_ne!(served.schema(), before);
    served.done("downgrade --plugin lending -1");
    assert_eq!(served.schema(), before);
    served.done("upgrade");
    served.done("downgrade --plugin lending base");
    served.done("downgrade --plugin core base");
    assert_eq!(served.schema(), "");
}

#[test]
fn what_no_server_makes_is_refused_at_the_column() {
    let served = Served::lending();
    served.host.edit("src/schema.rs", "serial -> Varchar", "tag -> Text,\n        #[unique]\n        serial -> Text");
    served.host.edit("src/schema.rs", "        #[max_length = 64]\n        #[unique]\n", "        #[index]\n");
    served.host.edit("src/schema.rs", "price >= 0", "id > 0");
    served.host.edit("plugins/lending/src/schema.rs", "device -> Unsigned<Integer>", "device -> BigInt");
    let refusal = expect![[r#""#]];
    refusal.assert_eq(&served.run("").transcript());
}

/// A revision of seven statements, of which no two leave the same schema.
const UP: &str = "CREATE TABLE a (id INT PRIMARY KEY, n INT);
INSERT INTO a VALUES (1, 1), (2, 2);
ALTER TABLE a ADD COLUMN m INT;
UPDATE a SET m = coalesce(m, 0) + n;
CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id));
INSERT INTO b SELECT id, id FROM a;
ALTER TABLE a MODIFY COLUMN m BIGINT NOT NULL;
";
const DOWN: &str = "DROP TABLE b;\nDROP TABLE a;\n";

/// A host with that revision.
fn seven() -> Served {
    let served = Served::of(&[("src/schema.rs", "")]);
    served.host.revision("", "2026-11-21-071100-core_seven", UP, DOWN);
    served
}

/// Schema and rows.
fn state(served: &Served) -> String {
    format!("{}\n{:?}\n{:?}", served.schema(), served.server.rows("SELECT * FROM a"), served.server.rows("SELECT * FROM b"))
}

#[test]
fn a_statement_that_fails_is_where_the_next_run_goes_on() {
    let served = seven();
    served.host.edit("migrations/2026-11-21-071100-core_seven/up.sql", "ADD COLUMN m INT", "ADD COLUMN n INT");
    let run = served.run("upgrade");
    let failure = expect![[r#""#]];
    failure.assert_eq(&run.transcript());
    served.host.edit("migrations/2026-11-21-071100-core_seven/up.sql", "ADD COLUMN n INT", "ADD COLUMN m INT");
    served.done("upgrade");
    let undisturbed = seven();
    undisturbed.done("upgrade");
    assert_eq!(state(&served), state(&undisturbed));
}

#[test]
fn a_statement_that_fails_can_be_taken_back() {
    let served = seven();
    served.host.edit("migrations/2026-11-21-071100-core_seven/up.sql", "ADD COLUMN m INT", "ADD COLUMN n INT");
    assert_eq!(served.run("upgrade").code, 2);
    let taken_back = expect![[r#""#]];
    taken_back.assert_eq(&served.run("downgrade --plugin core -1").transcript());
}

/// A program that is killed while a statement waits for a lock, which is any moment of its work: the
/// server finishes what it was asked for, or doesn't.
#[test]
fn a_program_that_is_killed_leaves_what_the_next_one_finishes() {
    let undisturbed = seven();
    undisturbed.done("upgrade");
    let expected = state(&undisturbed);
    let mut kills = 0;
    let mut stages = std::collections::BTreeSet::new();
    for delay in (4..200).step_by(4) {
        let served = seven();
        let mut command = served.host.command("upgrade");
        let mut child = command.env("DATABASE_URL", served.server.url()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(delay));
        let is_over = child.try_wait().expect("is ours").is_some();
        child.kill().expect("is ours");
        child.wait().expect("ends");
        if is_over {
            break;
        }
        kills += 1;
        let ledger = "SELECT COALESCE(MAX(CONCAT(state, ' ', statement)), 'nothing') FROM __autogen_ledger WHERE version <> ''";
        let has_ledger = served.server.rows("SHOW TABLES LIKE '\\_\\_autogen\\_ledger'");
        stages.insert(if has_ledger.is_empty() { "no ledger".to_owned() } else { served.server.rows(ledger).join("") });
        served.done("upgrade");
        assert_eq!(state(&served), expected, "killed after {delay} ms");
        served.done("check");
    }
    assert!(kills > 0, "the program was too fast to be killed");
    eprintln!("{kills} kills, at: {stages:?}");
}
