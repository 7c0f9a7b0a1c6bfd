//! Whose turn it is on MariaDB, where no transaction holds a revision together: programs that are slow, stopped or killed.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use autogen::embedded::{Chain, Migration};
use autogen::{Host, Plugin};
use autogen_engine::database::{Database, DatabaseUrl, Limits};
use autogen_engine::dialect::Dialect;
use autogen_engine::history::{Link, TextRow};
use autogen_test_servers::on_each_mysql;
use diesel::QueryResult;
use expect_test::expect;

use crate::mysql::Served;
use crate::support::Run;

/// A revision with a statement that takes its time.
const SLOW: &str = "CREATE TABLE a (n INT);
INSERT INTO a SELECT SLEEP(3);
INSERT INTO a VALUES (1);
CREATE TABLE b (n INT);
";
const SLOW_NAME: &str = "2026-11-21-071100-core_slow";

/// A host with that revision, and a user who sees nobody else's sessions: to it, others might
/// as well be on another node of a cluster.
struct Turns {
    served: Served,
    stranger: String,
}

impl Turns {
    /// Turns last so long.
    fn of(up: &str, lease: &str) -> Self {
        let served = Served::of(&[("src/schema.rs", "")]);
        served.host.write("autogen.toml", &format!("dialects = ['mysql']\n[database]\nlease = '{lease}'\n"));
        served.host.revision("", SLOW_NAME, up, "DROP TABLE b;\nDROP TABLE a;\n");
        let stranger = format!("stranger_{}", served.server.name());
        served.server.execute(&format!(
            "CREATE USER '{stranger}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON {}.* TO '{stranger}'@'127.0.0.1'",
            served.server.name()
        ));
        Self { served, stranger }
    }

    /// Starts the program, as the user who sees everything or as a stranger.
    fn start(&self, is_stranger: bool) -> Child {
        let url = match is_stranger {
            true => self.served.server.tcp_url(&self.stranger, "x"),
            false => self.served.server.url(),
        };
        let mut command = self.served.host.command("upgrade");
        command.env("DATABASE_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    }

    fn ended(&self, program: Child) -> Run {
        self.served.host.output(program.wait_with_output().expect("ends"))
    }

    /// Waits until the slow statement is under way.
    fn until_asleep(&self) {
        let sleeping = format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}' AND INFO LIKE 'INSERT%SLEEP(3)%'",
            self.served.server.name()
        );
        while self.served.server.rows(&sleeping).is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn rows(&self) -> Vec<String> {
        self.served.server.rows("SELECT n FROM a ORDER BY n")
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.served.server.execute(&format!("DROP USER '{}'@'127.0.0.1'", self.stranger));
    }
}

fn signal(program: &Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", program.id())]).status().expect("a shell");
    assert!(sent.success());
}

/// Numbers of connections and times, which are never the same.
fn without_numbers(text: &str) -> String {
    let line = |line: &str| match line.split_once(", connection ") {
        Some((before, _)) => format!("{before}, connection N, since TIME"),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_program_that_is_slow_but_alive_keeps_its_turn() {
    on_each_mysql(|_| {
        for is_stranger in [false, true] {
            let turns = Turns::of(SLOW, "2s");
            let slow = turns.start(false);
            turns.until_asleep();
            let waiting = turns.ended(turns.start(is_stranger));
            let transcript = expect![[r#"
            nothing to apply
            --- stderr
            applying core's 2026-11-21-071100-core_slow
            waiting for another program: autogen@localhost, connection N, since TIME
            another program has done that: core's 2026-11-21-071100-core_slow
            --- exit 0"#]];
            transcript.assert_eq(&without_numbers(&waiting.transcript()));
            let slow = turns.ended(slow);
            assert_eq!(slow.code, 0, "{}", slow.transcript());
            assert_eq!(turns.rows(), ["0", "1"]);
        }
    });
}

#[test]
fn whoever_finds_a_program_killed_goes_on() {
    for is_stranger in [false, true] {
        let turns = Turns::of(SLOW, "4s");
        let mut killed = turns.start(false);
        turns.until_asleep();
        killed.kill().expect("is ours");
        killed.wait().expect("ends");
        let next = turns.ended(turns.start(is_stranger));
        assert_eq!(next.code, 0, "{}", next.transcript());
        // Who sees that the session is gone, which it may be before the server is through with the statement, needn't
        // wait until its turn is over.
        let said_so = next.stderr.contains("waiting for another program: autogen@localhost, connection ");
        assert!(said_so || !is_stranger, "{}", next.transcript());
        assert_eq!(turns.rows(), ["0", "1"], "what had not been noted was taken back");
    }
}

#[test]
fn a_program_that_was_stopped_writes_nothing_once_another_one_goes_on() {
    on_each_mysql(|_| {
        for is_stranger in [false, true] {
            let turns = Turns::of(SLOW, "1s");
            let stopped = turns.start(false);
            turns.until_asleep();
            signal(&stopped, "STOP");
            let next = turns.ended(turns.start(is_stranger));
            assert_eq!(next.code, 0, "{}", next.transcript());
            turns.served.server.execute("DROP TABLE b");
            signal(&stopped, "CONT");
            let stopped = turns.ended(stopped);
            let refusal = expect![[r#"
            --- stderr
            applying core's 2026-11-21-071100-core_slow
            error[taken-over]: core's 2026-11-21-071100-core_slow failed: another program has taken over, because this one gave no sign of life for too long
            help: wait until the other one has finished; `autogen status` shows how far it is. A program that is stopped longer than `lease` under `[database]` in autogen.toml loses its turn
            --- exit 2
        "#]];
            refusal.assert_eq(&stopped.transcript());
            assert_eq!(turns.rows(), ["0", "1"]);
            let marks = turns.served.server.rows("SELECT version FROM __diesel_schema_migrations");
            assert_eq!(marks.len(), 1, "{marks:?}");
            let tables = turns.served.server.rows("SHOW TABLES LIKE 'b'");
            assert!(tables.is_empty(), "it would have made it again");
        }
    });
}

const CORE: Plugin = Plugin {
    name: "core",
    chains: &[Chain {
        dialect: None,
        migrations: &[
            Migration { name: SLOW_NAME, up: SLOW, down: None, metadata: None },
            Migration {
                name: "2026-11-21-081100-core_more",
                up: "INSERT INTO b VALUES (7);\nCREATE TABLE c (n INT);\n",
                down: None,
                metadata: None,
            },
        ],
    }],
};

/// A host's own connection: nobody can open another one for it.
struct Lone(Database);

impl Link for Lone {
    fn dialect(&self) -> Dialect {
        Link::dialect(&self.0)
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        Link::execute(&mut self.0, sql)
    }

    fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        self.0.execute_one(sql)
    }

    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>> {
        self.0.rows(sql, values)
    }

    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()> {
        self.0.change(sql, values)
    }

    fn is_in_transaction(&mut self) -> bool {
        self.0.is_in_transaction()
    }

    fn limits(&self) -> Limits {
        Limits { lease: Duration::from_secs(2), ..Limits::default() }
    }
}

fn lone(url: &str) -> Lone {
    let url = DatabaseUrl::parse(url).expect("is one");
    Lone(Database::open(&url, false).expect("opens"))
}

/// Half of them are hosts that bring their own connection, half the program. The first one's statement outlasts its
/// turn.
#[test]
fn hosts_and_programs_that_start_at_once_apply_each_revision_once() {
    // Long enough for a host that gets no processor for a while.
    let turns = Turns::of(SLOW, "2s");
    let Migration { name, up, .. } = CORE.chains[0].migrations[1];
    turns.served.host.revision("", name, up, "");
    let url = turns.served.server.url();
    let programs: Vec<_> = (0..16).map(|_| turns.start(false)).collect();
    let applied: usize = std::thread::scope(|scope| {
        let hosts: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| Host::new([CORE]).upgrade(&mut lone(&url)).expect("applies").len()))
            .collect();
        hosts.into_iter().map(|host| host.join().expect("ends")).sum()
    });
    let by_programs: usize = programs
        .into_iter()
        .map(|program| {
            let run = turns.ended(program);
            assert_eq!(run.code, 0, "{}", run.transcript());
            match run.stdout.trim() {
                "applied 1 revision" => 1,
                "applied 2 revisions" => 2,
                other => {
                    assert_eq!(other, "nothing to apply");
                    0
                }
            }
        })
        .sum();
    assert_eq!(applied + by_programs, 2, "each revision by one of them");
    assert_eq!(turns.rows(), ["0", "1"]);
    assert_eq!(turns.served.server.rows("SELECT n FROM b"), ["7"]);
}

/// How earlier versions locked the ledger: by a row of it without a version, which they take if nobody holds it.
const EARLIER_COLUMN: &str = "ALTER TABLE __autogen_ledger ADD COLUMN held_until DATETIME(6) NULL";
const EARLIER_ROW: &str = "INSERT INTO __autogen_ledger (version, plugin, name, revises, checksum, made, tool, state, statement, \
    statements, ran, turn, holder, held_until) SELECT '', '', 'autogen@localhost, connection 9', '', '', '', '', 'applied', 0, 0, \
    '', 0, 'elsewhere:3306 1700000000 9 0123abcd', UTC_TIMESTAMP(6) + INTERVAL ";
const EARLIER_TAKES: &str = "UPDATE __autogen_ledger SET holder = 'earlier' WHERE version = '' \
    AND (holder IS NULL OR held_until IS NULL OR held_until < UTC_TIMESTAMP(6))";

impl Turns {
    /// A database on which an earlier version has worked, and which it has locked for so many seconds from now on.
    fn locked_by_an_earlier_version(seconds: i32) -> Self {
        let turns = Self::of("CREATE TABLE a (n INT);\n", "1s");
        turns.served.done("upgrade");
        turns.served.server.execute(EARLIER_COLUMN);
        turns.served.server.execute(&format!("{EARLIER_ROW} {seconds} SECOND"));
        turns.served.server.execute("DROP TABLE __autogen_lock");
        turns.served.host.revision("", "2026-11-21-081100-core_more", "CREATE TABLE b (n INT);\n", "");
        turns
    }

    fn row_of_earlier_versions(&self) -> Vec<String> {
        self.served.server.rows("SELECT holder FROM __autogen_ledger WHERE version = ''")
    }
}

#[test]
fn what_an_earlier_version_has_left_locked_is_told_and_taken_over() {
    on_each_mysql(|_| {
        let told = |turns: &Turns| {
            let run = turns.served.run("status");
            let (_, told) = run.stdout.split_once("pending 2026-11-21-081100-core_more\n").expect("is pending");
            without_numbers(told)
        };
        let expected = expect![[r#"
        locked by an earlier version of autogen that has ended: autogen@localhost, connection N, since TIME
          `autogen upgrade` takes the lock over, and `autogen status --repair` takes it away"#]];
        let turns = Turns::locked_by_an_earlier_version(-60);
        expected.assert_eq(&told(&turns));
        turns.served.done("upgrade");
        assert!(turns.row_of_earlier_versions().is_empty());
        assert_eq!(turns.served.server.rows("SELECT id, holder, held_until FROM __autogen_lock"), ["1\tNULL\tNULL"]);

        let turns = Turns::locked_by_an_earlier_version(-60);
        let repaired = turns.served.run("status --repair");
        let said = "the lock of a program that has ended is taken away: autogen@localhost, connection 9, since ";
        assert!(repaired.stderr.contains(said), "{}", repaired.transcript());
        assert_eq!(told(&turns), "");
        assert!(turns.row_of_earlier_versions().is_empty());
        turns.served.done("upgrade");
    });
}

#[test]
fn an_earlier_version_that_is_at_work_is_waited_for() {
    on_each_mysql(|_| {
        let turns = Turns::locked_by_an_earlier_version(4);
        let status = turns.served.run("status --repair").stdout;
        assert!(status.contains("locked by an earlier version of autogen that is running migrations: "), "{status}");
        let run = turns.served.run("upgrade");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(
            run.stderr.contains("waiting for another program: autogen@localhost, connection 9"),
            "{}",
            run.transcript()
        );
        assert!(turns.row_of_earlier_versions().is_empty());
    });
}

#[test]
fn an_earlier_version_waits_for_this_one() {
    on_each_mysql(|_| {
        let turns = Turns::of(SLOW, "2s");
        turns.served.host.revision("", "2026-11-20-081100-core_first", "CREATE TABLE first (n INT);\n", "");
        turns.served.done("upgrade 2026-11-20-081100-core_first");
        turns.served.server.execute(EARLIER_COLUMN);
        let slow = turns.start(false);
        turns.until_asleep();
        // The statement sleeps longer than a turn lasts.
        for _ in 0..5 {
            turns.served.server.execute(EARLIER_TAKES);
            let holder = turns.row_of_earlier_versions();
            assert!(holder.len() == 1 && holder[0] != "earlier", "{holder:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
        assert_eq!(turns.served.run("status --format json").code, 1);
        let slow = turns.ended(slow);
        assert_eq!(slow.code, 0, "{}", slow.transcript());
        assert!(turns.row_of_earlier_versions().is_empty());
        assert_eq!(turns.rows(), ["0", "1"]);
    });
}

/// A program of an earlier version was killed in the middle of a revision, before its row said until when it was held.
#[test]
fn half_a_revision_of_an_earlier_version_is_finished() {
    on_each_mysql(|_| {
        for column in [EARLIER_COLUMN, "SELECT 1"] {
            let turns = Turns::of("CREATE TABLE a (n INT);\nCREATE TABLE b (n INT);\nNONSENSE;\n", "1s");
            assert_eq!(turns.served.run("upgrade").code, 2);
            turns.served.server.execute(column);
            let row = EARLIER_ROW.replace(", held_until)", ")").replace(", UTC_TIMESTAMP(6) + INTERVAL ", "");
            turns.served.server.execute(&row);
            turns.served.server.execute("UPDATE __autogen_ledger SET holder = 'elsewhere:3306 1700000000 9 0123abcd'");
            turns.served.server.execute("DROP TABLE __autogen_lock");
            let status = turns.served.run("status").stdout;
            assert!(status.contains("core_slow, applied up to statement 2 of 3"), "{status}");
            turns.served.host.write(
                &format!("migrations/{SLOW_NAME}/up.sql"),
                "CREATE TABLE a (n INT);\nCREATE TABLE b (n INT);\nCREATE TABLE c (n INT);\n",
            );
            turns.served.done("upgrade");
            assert!(turns.row_of_earlier_versions().is_empty());
            assert_eq!(turns.served.stage(), "applied\t0");
        }
    });
}

/// Which is known by its session: whoever is alive keeps what it has.
#[test]
fn what_a_killed_program_has_left_is_dropped_by_the_next_one() {
    on_each_mysql(|_| {
        let turns = Turns::of(SLOW, "1s");
        let ours = "SELECT CONCAT(ID, ':', DB) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT%SLEEP(3)%' \
                AND DB LIKE 'autogen\\_scratch\\_%'";
        let asleep = |program: &mut Child| loop {
            assert!(program.try_wait().expect("is ours").is_none(), "it ended before it slept");
            match turns.served.server.rows(ours).as_slice() {
                [] => std::thread::sleep(Duration::from_millis(10)),
                [found, ..] => break found.split_once(':').expect("two parts").1.to_owned(),
            }
        };
        let verify = || {
            let mut command = turns.served.host.command("verify");
            command.env("DATABASE_URL", turns.served.server.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("starts")
        };
        let is_there = |name: &str| {
            let named = format!("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{name}'");
            !turns.served.server.rows(&named).is_empty()
        };
        let mut killed = verify();
        let left = asleep(&mut killed);
        killed.kill().expect("is ours");
        killed.wait().expect("ends");
        assert!(is_there(&left));
        let alive = verify();
        // The server may take its time to see that its client is gone.
        while is_there(&left) {
            turns.served.run("check");
        }
        let alive = turns.ended(alive);
        assert_eq!(alive.code, 0, "nobody may drop what it is at\n{}", alive.transcript());
    });
}
