//! The whole way on MariaDB and MySQL: definitions, files, a live database, and a program that dies on the way.

use std::process::Stdio;
use std::time::Duration;

use autogen_test_servers::{MysqlDatabase, MysqlKind, mysql_collated, mysql_on, usual_mysql};
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
pub struct Served {
    pub host: Host,
    pub server: MysqlDatabase,
}

impl Served {
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::on(usual_mysql(), files)
    }

    pub fn on(kind: MysqlKind, files: &[(&str, &str)]) -> Self {
        let host = Host::of(files);
        host.write("autogen.toml", "dialects = ['mysql']\n");
        Self { host, server: mysql_on(kind) }
    }

    /// In a database with another default collation than the tests' usual one.
    pub fn collated(files: &[(&str, &str)], collation: &str) -> Self {
        Self { server: mysql_collated(usual_mysql(), collation), ..Self::of(files) }
    }

    fn lending(kind: MysqlKind) -> Self {
        Self::on(kind, &[("src/schema.rs", DEVICES), ("plugins/lending/src/schema.rs", LOANS)])
    }

    pub fn run(&self, arguments: &str) -> Run {
        let mut command = self.host.command(arguments);
        self.host.output(command.env("DATABASE_URL", self.server.url()).output().expect("runs"))
    }

    #[track_caller]
    pub fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
        run.stdout
    }

    /// How far the ledger says a revision has come.
    pub fn stage(&self) -> String {
        let ledger = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                      AND TABLE_NAME = '__autogen_ledger'";
        if self.server.rows(ledger).is_empty() {
            return "no ledger".to_owned();
        }
        self.server.rows("SELECT state, statement FROM __autogen_ledger").join(" ")
    }

    /// How many statements of a revision have run, in a state of the ledger; none where nothing is in it.
    pub fn ran(&self, state: &str) -> Option<usize> {
        self.stage().rsplit_once(&format!("{state}\t"))?.1.parse().ok()
    }

    /// Starts the program and kills it when it is time, or lets it end before; whether it was still at work.
    pub fn killed(&self, arguments: &str, is_time: impl Fn(&Self) -> bool) -> bool {
        let mut command = self.host.command(arguments);
        command.env("DATABASE_URL", self.server.url()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("starts");
        let is_over = loop {
            if child.try_wait().expect("is ours").is_some() {
                break true;
            }
            if is_time(self) {
                break child.try_wait().expect("is ours").is_some();
            }
        };
        child.kill().expect("is ours");
        child.wait().expect("ends");
        !is_over
    }

    /// Every table as the server shows it, those of bookkeeping aside.
    pub fn schema(&self) -> String {
        let tables = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                      AND TABLE_NAME NOT LIKE '\\_\\_%' ORDER BY 1";
        let shown = |table: &String| self.server.rows(&format!("SHOW CREATE TABLE `{table}`")).join("\n");
        self.server.rows(tables).iter().map(shown).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn a_host_goes_all_the_way() {
    MysqlKind::of_this_run().for_each(goes_all_the_way);
}

fn goes_all_the_way(kind: MysqlKind) {
    let served = Served::lending(kind);
    served.done("");
    assert_eq!(served.schema(), "", "nothing has touched the database yet");
    served.done("upgrade");
    served.done("check");
    served.done("verify");
    assert!(served.done("").contains("in sync"), "a second run finds nothing to do");
    let before = served.schema();
    served.host.edit(
        "plugins/lending/src/schema.rs",
        "ended -> Bool,",
        "ended -> Bool,\n        note -> Nullable<Text>,",
    );
    served.done("");
    served.done("upgrade");
    assert_ne!(served.schema(), before);
    let newest = served.host.folders("plugins/lending/migrations").pop().expect("a revision");
    let up = served.host.read(&format!("plugins/lending/migrations/{newest}/up.sql"));
    assert!(up.contains("loans: INSTANT (a moment, once nobody is at work on it)"), "{up}");
    served.done("downgrade --allow all --plugin lending -1");
    assert_eq!(served.schema(), before);
    served.done("upgrade");
    served.done("downgrade --allow all --plugin lending base");
    served.done("downgrade --allow all --plugin core base");
    assert_eq!(served.schema(), "");
}

#[test]
fn what_no_server_makes_is_refused_at_the_column() {
    let served = Served::lending(MysqlKind::Mariadb);
    served.host.edit("src/schema.rs", "serial -> Varchar", "tag -> Text,\n        #[unique]\n        serial -> Text");
    served.host.edit("src/schema.rs", "        #[max_length = 64]\n        #[unique]\n", "        #[index]\n");
    served.host.edit("src/schema.rs", "price >= 0", "id > 0");
    served.host.edit("plugins/lending/src/schema.rs", "device -> Unsigned<Integer>", "device -> BigInt");
    let refusal = expect![[r#"
        --- stderr
        error[unbounded-key]: column `devices.tag` is in an index, and mysql takes no text of any length into one
         --> src/schema.rs:8:9
          |
        8 |         tag -> Text,
          |         ^^^
        help: say how long it gets: declare it as `Varchar` with `#[max_length = 255]`

        error[unbounded-key]: column `devices.serial` is in a unique rule, and mysql takes no text of any length into one
          --> src/schema.rs:10:9
           |
        10 |         serial -> Text,
           |         ^^^^^^
        help: say how long it gets: declare it as `Varchar` with `#[max_length = 255]`

        error[check-on-numbered]: a check of table `devices` names its column `id`, which mysql numbers by itself and lets no check see
         --> src/schema.rs:3:7
          |
        3 |     #[check("id > 0", name = "ck_price")]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: leave the column out of the check, or add `only = postgres` to have it on that database alone

        error[key-types]: column `loans.device` is BigInt, and references `devices.id`, which is Unsigned<Integer>: mysql wants both to be alike
         --> plugins/lending/src/schema.rs:6:9
          |
        6 |         device -> BigInt,
          |         ^^^^^^ references
          |
         ::: src/schema.rs:6:9
          |
        6 |         id -> Unsigned<Integer>,
          |         -- is referenced
        help: declare it as `Unsigned<Integer>`
        --- exit 2
    "#]];
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
fn seven(kind: MysqlKind) -> Served {
    let served = Served::on(kind, &[("src/schema.rs", "")]);
    served.host.revision("", "2026-11-21-071100-core_seven", UP, DOWN);
    served
}

/// Schema and rows.
fn state(served: &Served) -> String {
    format!(
        "{}\n{:?}\n{:?}",
        served.schema(),
        served.server.rows("SELECT * FROM a"),
        served.server.rows("SELECT * FROM b")
    )
}

#[test]
fn a_statement_that_fails_is_where_the_next_run_goes_on() {
    MysqlKind::of_this_run().for_each(goes_on_at_what_failed);
}

fn goes_on_at_what_failed(kind: MysqlKind) {
    let served = seven(kind);
    served.host.edit("migrations/2026-11-21-071100-core_seven/up.sql", "ADD COLUMN m INT", "ADD COLUMN n INT");
    let run = served.run("upgrade");
    let failure = expect![[r#"
        --- stderr
        applying core's 2026-11-21-071100-core_seven
        error[migration-failed]: core's 2026-11-21-071100-core_seven failed at `ALTER TABLE a ADD COLUMN n INT`: Duplicate column name 'n'
         --> migrations/2026-11-21-071100-core_seven/up.sql:3:1
          |
        3 | ALTER TABLE a ADD COLUMN n INT;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: it runs without a transaction: the first 2 of its 7 statements stay; fix the file or the rows, and run it again: it goes on there
        --- exit 2
    "#]];
    failure.assert_eq(&run.transcript());
    served.host.edit("migrations/2026-11-21-071100-core_seven/up.sql", "ADD COLUMN n INT", "ADD COLUMN m INT");
    served.done("upgrade");
    let undisturbed = seven(kind);
    undisturbed.done("upgrade");
    assert_eq!(state(&served), state(&undisturbed));
}

/// As the runners of hosts that switch the checks of foreign keys off allow it.
#[test]
fn a_chain_whose_tables_point_at_later_ones_is_replayed() {
    let served = Served::of(&[("src/schema.rs", "")]);
    let up = "CREATE TABLE a (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b (id));\n\
              CREATE TABLE b (id INT PRIMARY KEY);\n";
    served.host.revision("", "2026-11-21-071100-core_by_hand", up, "DROP TABLE a;\nDROP TABLE b;\n");
    let run = served.run("check");
    assert!(run.code == 1 && run.stdout.contains("- table b"), "{}", run.transcript());
}

/// A program that is killed after every statement: at once, and a little later, while the server does what it was
/// asked for next.
#[test]
fn a_program_that_is_killed_leaves_what_the_next_one_finishes() {
    MysqlKind::of_this_run().for_each(is_finished_by_the_next);
}

fn is_finished_by_the_next(kind: MysqlKind) {
    let undisturbed = seven(kind);
    undisturbed.done("upgrade");
    let expected = state(&undisturbed);
    let mut kills = 0;
    let mut stages = std::collections::BTreeSet::new();
    for statement in 0..7 {
        for later in [0, 1, 3, 6] {
            let served = seven(kind);
            let was_killed = served.killed("upgrade", |served| {
                let is_time = served.ran("applying").is_some_and(|ran| ran >= statement);
                if is_time {
                    std::thread::sleep(Duration::from_millis(later));
                }
                is_time
            });
            kills += usize::from(was_killed);
            stages.insert(served.stage());
            served.done("upgrade");
            assert_eq!(state(&served), expected, "{kind}: killed {later} ms after statement {statement}");
        }
    }
    assert!(kills > 0 && stages.len() > 2, "the program was too fast to be killed on its way: {stages:?}");
    println!("{kind}: {kills} kills, at: {stages:?}");
}

/// The server itself cuts what a duplicate key is called after 64 letters.
#[test]
fn a_look_and_a_guard_say_all_that_they_find() {
    const MODEL: &str = "autogen::table! { things (id) { id -> Integer, #[max_length = 20] quite_a_long_name -> \
                         Nullable<Varchar>, #[max_length = 20] another_long_name -> Nullable<Varchar>, } }";
    let served = Served::of(&[("src/schema.rs", MODEL)]);
    served.done("");
    served.done("upgrade");
    served.host.write("src/schema.rs", &MODEL.replace("20", "25"));
    served.done("--allow all");
    served.server.rows(
        "ALTER TABLE things MODIFY quite_a_long_name varchar(30) NOT NULL DEFAULT 'somebody', \
         MODIFY another_long_name varchar(31) DEFAULT 'else'",
    );
    let run = served.run("upgrade");
    let found =
        "things.quite_a_long_name: varchar(30) not null default somebody, another_long_name: varchar(31) default else";
    assert!(run.stderr.contains(found), "{}", run.transcript());

    served.server.rows("ALTER TABLE things MODIFY quite_a_long_name varchar(20), MODIFY another_long_name varchar(20)");
    served.done("upgrade");
    served.host.write("src/schema.rs", &MODEL.replace("20", "25").replace("Nullable<Varchar>, }", "Varchar, }"));
    served.done("--allow all");
    served.server.rows("INSERT INTO things (id) VALUES (1)");
    let run = served.run("upgrade");
    assert!(run.stderr.contains("stopped itself: things.another_long_name is NULL; rows: 1\n"), "{}", run.transcript());
    let listed = "; this lists them: SELECT * FROM `things` WHERE `another_long_name` IS NULL";
    assert!(run.stderr.contains(listed), "{}", run.transcript());
}

/// Two hosts that start at once are the usual case; these are sixteen times as many.
#[test]
fn many_programs_that_start_at_once_apply_each_revision_once() {
    MysqlKind::of_this_run().for_each(apply_each_revision_once);
}

fn apply_each_revision_once(kind: MysqlKind) {
    let served = seven(kind);
    served.host.revision("", "2026-11-21-081100-core_more", "CREATE TABLE c (id INT);\nDROP TABLE b;\n", "");
    let start = |_| {
        let mut command = served.host.command("upgrade");
        let command = command.env("DATABASE_URL", served.server.url());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    };
    let started: Vec<_> = (0..32).map(start).collect();
    let mut applied = 0;
    for program in started {
        let run = served.host.output(program.wait_with_output().expect("ends"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        applied += match run.stdout.trim() {
            "applied 1 revision" => 1,
            "applied 2 revisions" => 2,
            other => {
                assert_eq!(other, "nothing to apply");
                0
            }
        };
    }
    assert_eq!(applied, 2, "each revision by one of them");
    assert_eq!(served.server.rows("SELECT n, m FROM a ORDER BY id"), ["1\t1", "2\t2"]);
    assert_eq!(served.server.rows("SELECT version FROM __diesel_schema_migrations").len(), 2);
}

/// MariaDB does it.
#[test]
fn a_column_that_mysql_renames_in_no_way_is_refused() {
    const MODEL: &str = "autogen::table! { parents { id -> Integer, } }
autogen::table! {
    children {
        id -> Integer,
        #[references(parents(id))]
        parent -> Integer,
        #[generated(\"parent + 1\", stored)]
        next -> Nullable<Integer>,
    }
}
";
    for kind in MysqlKind::of_this_run() {
        let served = Served::on(kind, &[("src/schema.rs", MODEL)]);
        served.done("");
        served.done("upgrade");
        let renamed = MODEL.replace("parent -> Integer", "#[renamed_from(parent)]\n        mother -> Integer");
        served.host.write("src/schema.rs", &renamed.replace("parent + 1", "mother + 1"));
        let run = served.run("--allow all");
        match kind {
            MysqlKind::Mariadb => assert_eq!(run.code, 0, "{}", run.transcript()),
            MysqlKind::Mysql => expect![[r#"
                --- stderr
                error[rename-not-taken]: MySQL doesn't rename column `children.parent`: it is in a foreign key, and a computed column reads it
                 --> src/schema.rs:7:9
                  |
                7 |         mother -> Integer,
                  |         ^^^^^^
                help: leave out the computed column, write that revision, rename in the next one, and declare it again
                --- exit 2
            "#]]
            .assert_eq(&run.transcript()),
        }
    }
}
