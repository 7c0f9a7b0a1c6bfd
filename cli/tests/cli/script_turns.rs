//! Scripts of `--sql` and programs: one at a time.

use std::process::Command;
use std::thread;
use std::time::Duration;

use autogen_test_servers::{MysqlDatabase, MysqlKind, client, postgres, postgres_program};

use crate::mysql::Served;
use crate::scripts::through;
use crate::support::Host;

const AT_WORK: &str = "stopped: another program is at work on this database";

fn by_client(server: &MysqlDatabase, script: &str) -> Result<(), String> {
    let mut client = Command::new(client("mariadb", "mariadb-client"));
    client.args(["--no-defaults", "--user=autogen", "--socket"]).arg(server.socket()).arg(server.name());
    through(&mut client, script)
}

fn lock(server: &MysqlDatabase) -> Vec<String> {
    server.rows("SELECT holder IS NULL, held_until IS NULL FROM __autogen_lock")
}

#[test]
fn a_script_for_mariadb_or_mysql_takes_the_turn() {
    MysqlKind::of_this_run().for_each(takes_the_turn);
}

fn takes_the_turn(kind: MysqlKind) {
    let served = Served::on(kind, &[]);
    served.host.revision("", "2026-01-01-000000_a", "CREATE TABLE a (id int);", "DROP TABLE a;");
    served.done("upgrade");
    let slow = "CREATE TABLE b (id int); DO SLEEP(3);";
    served.host.revision("", "2026-01-02-000000_b", slow, "DROP TABLE b;");
    let script = served.done("upgrade --sql");

    // Somebody else's turn, as this server and others show it.
    let held = "held_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE id = 1";
    served
        .server
        .execute(&format!("UPDATE __autogen_lock SET holder = 'elsewhere:1 1 1 x', name = 'somebody', {held}"));
    let refused = by_client(&served.server, &script).expect_err("another is at work");
    assert!(refused.contains(AT_WORK), "{refused}");
    assert_eq!(served.server.rows("SHOW TABLES LIKE 'b'"), Vec::<String>::new(), "nothing has run");
    served.server.execute("UPDATE __autogen_lock SET holder = NULL, held_until = NULL");

    thread::scope(|scope| {
        let running = scope.spawn(|| by_client(&served.server, &script));
        let is_at_work = "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%' AND DB = DATABASE()";
        while served.server.rows(is_at_work).is_empty() && !running.is_finished() {
            thread::sleep(Duration::from_millis(50));
        }
        let status = served.run("status");
        assert!(status.stdout.contains(", a script, connection "), "{}", status.transcript());
        let second = by_client(&served.server, &script).expect_err("the first is at work");
        assert!(second.contains(AT_WORK), "{second}");
        // The program waits for its turn, and finds that all is done.
        let waited = served.done("upgrade");
        assert!(waited.contains("nothing to apply"), "{waited}");
        running.join().expect("ends").expect("runs");
    });
    assert_eq!(lock(&served.server), ["1\t1"]);
    let back = served.done("downgrade --allow all --plugin core -1 --sql");
    by_client(&served.server, &back).expect("runs");
    assert_eq!(lock(&served.server), ["1\t1"]);

    // A script that stops leaves its turn, and whoever comes next sees that its session is over.
    let stopping = served.done("upgrade --sql").replace("DO SLEEP(3)", "SELECT nobody_knows()");
    by_client(&served.server, &stopping).expect_err("stops");
    assert_eq!(lock(&served.server), ["0\t0"]);
    served.server.execute("DROP TABLE b; DELETE FROM __autogen_ledger WHERE version = '20260102000000'");
    let again = served.done("upgrade --sql").replace("DO SLEEP(3)", "DO SLEEP(0)");
    by_client(&served.server, &again).expect("runs");
    assert_eq!(lock(&served.server), ["1\t1"]);
    served.done("status");
}

#[test]
fn a_script_for_psql_takes_the_lock() {
    let server = postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n")]);
    host.revision("", "2026-01-01-000000_a", "CREATE TABLE a (id int);", "DROP TABLE a;");
    host.revision("", "2026-01-02-000000_i", "CREATE INDEX CONCURRENTLY i ON a (id);", "DROP INDEX i;");
    host.write("migrations/2026-01-02-000000_i/metadata.toml", "run_in_transaction = false\n");
    let made = host.run(&format!("upgrade --sql --database-url {}", server.url()));
    assert_eq!(made.code, 0, "{}", made.transcript());
    let psql = || {
        let mut psql = Command::new(postgres_program("psql").expect("stands beside the server"));
        psql.args(["-qX", &server.url()]);
        psql
    };
    let lock = 0x0061_7574_6f67_656e_i64;
    thread::scope(|scope| {
        let other = scope.spawn(|| server.execute(&format!("SELECT pg_advisory_lock({lock}); SELECT pg_sleep(3)")));
        for _ in 0..20 {
            let held =
                format!("DO $$ BEGIN IF pg_try_advisory_lock({lock}) THEN RAISE EXCEPTION 'free'; END IF; END $$;");
            if through(&mut psql(), &format!("\\set ON_ERROR_STOP on\n{held}")).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let refused = through(&mut psql(), &made.stdout).expect_err("another is at work");
        assert!(refused.contains(AT_WORK), "{refused}");
        other.join().expect("ends");
    });
    through(&mut psql(), &made.stdout).expect("runs");
    host.done(&format!("status --database-url {}", server.url()));
}
