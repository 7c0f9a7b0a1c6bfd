//! What reverting loses is told in numbers, and must be allowed by name.

use std::process::{Command, Stdio};

use autogen_test_servers::{MysqlKind, client, mysql_on, postgres};
use expect_test::expect;

use crate::scripts::through;
use crate::support::Host;

#[test]
fn rows_must_be_allowed_to_go() {
    let host = Host::with_rows();
    let before = host.schema("app.db");
    host.says(
        "downgrade usb@base --database-url app.db",
        expect![[r#"
        --- stderr
        error[hazard-not-allowed]: reverting loses what nobody has allowed to be lost
        note: drop-table: table devices and all its rows are lost (1 row now)
        help: if that is meant, make a backup and add `--allow drop-table`
        --- exit 2
    "#]],
    );
    let refused = host.run("downgrade usb@base --database-url app.db --format json");
    assert_eq!(refused.code, 2);
    assert_eq!(refused.document()["error"]["code"], "hazard-not-allowed");
    // Another name doesn't do.
    assert_eq!(host.run("downgrade usb@base --database-url app.db --allow drop-column").code, 2);
    assert_eq!(host.schema("app.db"), before);
    host.says(
        "downgrade usb@base --database-url app.db --allow drop-table",
        expect![[r#"
        reverted 1 revision
        lost: drop-table: table devices and all its rows are lost (1 row now)
        --- stderr
        reverting usb's 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    // Empty tables hold nothing.
    host.done("downgrade net@base --database-url app.db");
}

#[test]
fn what_goes_along_is_counted_too() {
    let host = Host::with_rows();
    host.sql("app.db", "INSERT INTO ports VALUES (1, NULL), (2, 7)");
    host.says(
        "downgrade core@base --database-url app.db",
        expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be reverted: usb's 2026-11-21-071100-usb_baseline
        help: revert those first; `autogen downgrade --cascade` takes them along
        --- exit 2
    "#]],
    );
    host.says(
        "downgrade core@base --cascade --database-url app.db",
        expect![[r#"
        --- stderr
        error[hazard-not-allowed]: reverting loses what nobody has allowed to be lost
        note: drop-table: table devices and all its rows are lost (1 row now)
        note: drop-table: table assets and all its rows are lost (1 row now)
        help: if that is meant, make a backup and add `--allow drop-table`
        --- exit 2
    "#]],
    );
    let run = host.run("downgrade core@base --cascade --database-url app.db --allow all --format json --quiet");
    let lost: Vec<_> =
        run.document()["lost"].as_array().expect("a list").iter().map(|lost| lost["rows"].clone()).collect();
    assert_eq!(lost, [1, 1]);
}

/// A plugin whose chain goes on with a column, a rebuild, and SQL by hand.
fn grown(host: &Host, url: &str) {
    let environment = |arguments: &str| {
        let mut command = host.command(arguments);
        command.env("SCRATCH_URL", url).env("DATABASE_URL", url);
        let run = host.output(command.output().expect("runs"));
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
    };
    host.write("plugins/net/src/schema.rs", "autogen::table! { ports { id -> Integer, } }");
    environment("--plugin net --no-database");
    let source =
        "autogen::table! { ports { id -> Integer, #[unique] #[sql_name = \"order\"] rank -> Nullable<Integer>, } }";
    host.write("plugins/net/src/schema.rs", source);
    environment("--plugin net --no-database --allow all");
    host.revision(
        "net",
        "2026-11-22-000000_rows",
        "INSERT INTO ports (id) VALUES (9);\n",
        "DELETE FROM ports WHERE id = 9;\n",
    );
    environment("upgrade --plugin net");
}

const COLUMN: &str = "\
--- stderr
error[hazard-not-allowed]: reverting loses what nobody has allowed to be lost
note: delete-rows: some rows of ports are deleted (3 rows now)
note: drop-column: column ports.order and its values are lost (1 row now)
help: if that is meant, make a backup and add `--allow drop-column,delete-rows`
--- exit 2
";

#[test]
fn columns_and_deleted_rows_are_counted_on_sqlite() {
    let host = Host::of(&[]);
    grown(&host, "app.db");
    host.sql("app.db", "INSERT INTO ports VALUES (1, NULL), (2, 7)");
    assert_eq!(host.run("downgrade net@-2 --database-url app.db").transcript(), COLUMN);
    // A script says it too, and has the same question.
    assert_eq!(host.run("downgrade net@-2 --sql --database-url app.db").transcript(), COLUMN);
    let script = host.done("downgrade net@-2 --sql --allow all --database-url app.db");
    assert!(
        script.starts_with("-- Loses for good: delete-rows: some rows of ports are deleted (3 rows now)\n"),
        "{script}"
    );
    let mut sqlite = Command::new(client("sqlite3", "sqlite3"));
    sqlite.arg(host.path("app.db")).stderr(Stdio::piped());
    through(&mut sqlite, &script).expect("runs");
    assert_eq!(host.values("app.db", "SELECT group_concat(name) AS value FROM pragma_table_info('ports')"), ["id"]);
}

#[test]
fn columns_and_deleted_rows_are_counted_on_postgres() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n")]);
    let server = postgres();
    grown(&host, &server.url());
    server.execute("INSERT INTO ports VALUES (1, NULL), (2, 7)");
    assert_eq!(host.run(&format!("downgrade net@-2 --database-url {}", server.url())).transcript(), COLUMN);
    host.done(&format!("downgrade net@-2 --allow drop-column,delete-rows --database-url {}", server.url()));
    // A block is looked into.
    host.revision(
        "net",
        "2026-11-23-000000_block",
        "SELECT 1;\n",
        "DO $$ BEGIN IF EXISTS (SELECT 1 FROM ports) THEN TRUNCATE public.ports; END IF; END $$;\n",
    );
    host.done(&format!("upgrade --database-url {}", server.url()));
    let run = host.run(&format!("downgrade net@-1 --database-url {}", server.url()));
    assert!(
        run.stderr.contains("note: delete-rows: all rows of ports are deleted (3 rows now)"),
        "{}",
        run.transcript()
    );
}

#[test]
fn columns_and_deleted_rows_are_counted_on_mariadb_and_mysql() {
    for kind in MysqlKind::of_this_run() {
        let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n")]);
        let server = mysql_on(kind);
        grown(&host, &server.url());
        server.execute("INSERT INTO ports VALUES (1, NULL), (2, 7)");
        assert_eq!(host.run(&format!("downgrade net@-2 --database-url {}", server.url())).transcript(), COLUMN);
        host.done(&format!("downgrade net@-2 --allow drop-column,delete-rows --database-url {}", server.url()));
    }
}

#[test]
fn names_in_a_way_back_may_be_anything() {
    let host = Host::of(&[]);
    let name = "drop \"table";
    let quoted = "\"drop \"\"table\"";
    host.revision(
        "",
        "2026-01-01-000000_odd",
        &format!("CREATE TABLE {quoted} (a);\nINSERT INTO {quoted} VALUES (1), (2);\n"),
        &format!("-- DROP TABLE nothing;\nDROP TABLE {quoted};\n"),
    );
    host.done("upgrade --database-url app.db");
    let run = host.run("downgrade core@base --database-url app.db");
    assert!(
        run.stderr.contains(&format!("table {name} and all its rows are lost (2 rows now)")),
        "{}",
        run.transcript()
    );
    host.done("downgrade core@base --allow drop-table --database-url app.db");
}
