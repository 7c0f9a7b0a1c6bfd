//! `autogen drift`: the live database against its applied revisions alone, for a schedule; and the same before an upgrade.

use autogen_test_servers::postgres;
use expect_test::expect;

use crate::support::{ASSETS, Host};

/// A host whose sources can't be read any more, and whose database somebody has changed.
fn changed_by_hand() -> Host {
    let host = Host::with_rows();
    host.sql(
        "app.db",
        "CREATE INDEX \"by_hand\" ON \"ports\" (\"speed\"); ALTER TABLE assets ADD COLUMN \"note\" TEXT",
    );
    host.write("plugins/usb/src/schema.rs", "autogen::table! { no table }");
    host
}

#[test]
fn nothing_was_changed_by_hand() {
    let host = Host::with_database();
    host.write("plugins/usb/src/schema.rs", "autogen::table! { no table }");
    host.says(
        "drift --database-url app.db",
        expect![[r#"
        in sync: sqlite:app.db is what its 3 applied revisions make
        --- exit 0
    "#]],
    );
    // What is pending is no drift, and needn't even run.
    host.revision("net", "2026-12-01-000000_broken", "CREATE TABEL x;\n", "");
    host.says(
        "drift --database-url app.db",
        expect![[r#"
        in sync: sqlite:app.db is what its 3 applied revisions make; 1 revision pending
        --- exit 0
    "#]],
    );
    host.sql("app.db", "CREATE TABLE nobodys (id INTEGER PRIMARY KEY)");
    host.says(
        "drift --database-url app.db --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "drift",
          "in_sync": true,
          "database": "sqlite:app.db",
          "applied": 3,
          "pending": [
            {
              "plugin": "net",
              "revision": "2026-12-01-000000_broken"
            }
          ],
          "drifts": [],
          "findings": [],
          "warnings": []
        }
        --- exit 0
    "#]],
    );
}

#[test]
fn both_ways_are_shown() {
    let host = changed_by_hand();
    host.says("drift --database-url app.db", expect![[r#"
        core: 1 change by hand; to take it back:
          - assets.note  Text
          at risk: drop-column: column assets.note and its values are lost (0 rows now)
          SQL that takes it back:
            ALTER TABLE "assets" DROP COLUMN "note";
          SQL that does it:
            ALTER TABLE "assets" ADD COLUMN "note" TEXT;
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin core`, which writes the revision, and mark that as applied by `autogen stamp core@head`
        net: 1 change by hand; to take it back:
          - index by_hand on ports (speed)
          at risk: nothing
          SQL that takes it back:
            DROP INDEX "by_hand";
          SQL that does it:
            CREATE INDEX "by_hand" ON "ports" ("speed");
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        --- exit 1
    "#]]);
    host.says("drift --database-url app.db --plugin net --format json", expect![[r#"
        {
          "version": 1,
          "command": "drift",
          "in_sync": false,
          "database": "sqlite:app.db",
          "applied": 1,
          "pending": [],
          "drifts": [
            {
              "plugin": "net",
              "dialect": "sqlite",
              "changes": [
                {
                  "kind": "drop-index",
                  "table": "ports",
                  "column": null,
                  "text": "- index by_hand on ports (speed)"
                }
              ],
              "hazards": [],
              "take_back": "DROP INDEX \"by_hand\";\n",
              "done_by_hand": "CREATE INDEX \"by_hand\" ON \"ports\" (\"speed\");\n",
              "only_marks_missing": false
            }
          ],
          "findings": [
            {
              "plugin": "net",
              "dialect": "sqlite",
              "revision": null,
              "code": "database-drifted",
              "severity": "error",
              "message": "the database is not what its applied revisions make; to mend it:",
              "notes": [],
              "file": "plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql",
              "line": 1,
              "column": 1,
              "changes": [
                {
                  "kind": "drop-index",
                  "table": "ports",
                  "column": null,
                  "text": "- index by_hand on ports (speed)"
                }
              ],
              "help": "undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`"
            }
          ],
          "warnings": []
        }
        --- exit 1
    "#]]);
    host.says(
        "drift --database-url app.db --plugin usb",
        expect![[r#"
        in sync: sqlite:app.db is what its 1 applied revision makes
        --- exit 0
    "#]],
    );
    host.says("drift --database-url app.db --format github", expect![[r#"
        ::error file=migrations/2026-11-21-071100-core_baseline/up.sql,line=1,col=1,title=core%3A database-drifted::the database is not what its applied revisions make; to mend it:%0A- assets.note  Text%0Ahelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin core`, which writes the revision, and mark that as applied by `autogen stamp core@head`
        ::error file=plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql,line=1,col=1,title=net%3A database-drifted::the database is not what its applied revisions make; to mend it:%0A- index by_hand on ports (speed)%0Ahelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        --- exit 1
    "#]]);
    let markdown = host.run("drift --database-url app.db --format markdown").stdout;
    for title in ["SQL that takes it back", "SQL that does it", "Tables before and after"] {
        assert!(markdown.contains(&format!("<summary>{title}</summary>")), "{markdown}");
    }
}

#[test]
fn the_way_back_leads_back() {
    let host = changed_by_hand();
    let document = host.run("drift --database-url app.db --format json").document();
    let scripts = |key: &str| -> Vec<String> {
        let drifts = document["drifts"].as_array().expect("a list");
        drifts.iter().map(|drift| drift[key].as_str().expect("a script").to_owned()).collect()
    };
    let before = host.schema("app.db");
    scripts("take_back").iter().for_each(|script| host.sql("app.db", script));
    assert_eq!(host.run("drift --database-url app.db").code, 0);
    scripts("done_by_hand").iter().for_each(|script| host.sql("app.db", script));
    assert_eq!(host.schema("app.db"), before);
}

#[test]
fn only_the_marks_are_missing() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.sql("app.db", "ALTER TABLE ports ADD COLUMN duplex BOOLEAN");
    host.says(
        "drift --database-url app.db",
        expect![[r#"
        net: 1 change by hand; to take it back:
          - ports.duplex  Bool
          at risk: drop-column: column ports.duplex and its values are lost (0 rows now)
          SQL that takes it back:
            ALTER TABLE "ports" DROP COLUMN "duplex";
          SQL that does it:
            ALTER TABLE "ports" ADD COLUMN "duplex" BOOLEAN;
          help: it has what pending revisions make: mark them as applied by `autogen stamp net@head`
        --- exit 1
    "#]],
    );
}

#[test]
fn trouble_is_told() {
    let host = Host::with_database();
    host.says(
        "drift",
        expect![[r#"
        --- stderr
        error[no-database-url]: this command needs a live database
        help: give `--database-url URL`, set DATABASE_URL, or state `[database] url` in autogen.toml
        --- exit 2
    "#]],
    );
    host.says(
        "drift --database-url none.db",
        expect![[r#"
        --- stderr
        error[no-database]: there is no database file `none.db`
        help: check the path, or create it with `autogen upgrade`
        --- exit 2
    "#]],
    );
    host.write(
        "plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql",
        "CREATE TABLE ports (id INTEGER PRIMARY KEY);\n",
    );
    host.says("drift --database-url app.db --plugin net", expect![[r#"
        net: 1 change by hand; to take it back:
          - ports.speed  Integer
          at risk: drop-column: column ports.speed and its values are lost (0 rows now)
          SQL that takes it back:
            ALTER TABLE "ports" DROP COLUMN "speed";
          SQL that does it:
            ALTER TABLE "ports" ADD COLUMN "speed" INTEGER;
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        error[edited-revision]: edited since the database has applied it: 2026-11-21-071100-net_baseline
        help: put the file back and write a new revision, or accept it by `autogen status --repair`
        --- exit 1
    "#]]);
}

#[test]
fn an_upgrade_may_stop_at_drift() {
    let host = Host::with_database();
    host.edit("plugins/usb/src/schema.rs", "serial ->", "note -> Nullable<Text>,\n        serial ->");
    host.done("--plugin usb");
    host.sql("app.db", "CREATE INDEX by_hand ON ports (speed)");
    let applied = host.applied("app.db");
    host.says("upgrade --check-drift --database-url app.db", expect![[r#"
        --- stderr
        error[database-drifted]: the database isn't what net's applied revisions make
        note: to take it back: - index by_hand on ports (speed)
        help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        --- exit 2
    "#]]);
    assert_eq!(host.run("upgrade --sql --check-drift --database-url app.db").code, 2);
    assert_eq!(host.applied("app.db"), applied);
    host.done("upgrade --check-drift --plugin usb --database-url app.db");
    host.sql("app.db", "DROP INDEX by_hand");
    host.done("upgrade --check-drift --database-url app.db");
    host.done("upgrade --check-drift --database-url new.db");
}

#[test]
fn a_role_that_may_only_read_is_enough() {
    let server = postgres();
    let role = format!("reader_of_{}", server.name());
    server.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE pg_read_all_data"));
    server.execute(&format!("ALTER ROLE {role} SET default_transaction_read_only = on"));
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", ASSETS)]);
    let run = |arguments: &str, url: &str, scratch: &str| {
        let mut command = host.command(&format!("{arguments} --database-url {url}"));
        let run = host.output(command.env("SCRATCH_URL", scratch).output().expect("runs"));
        (run.code, run.transcript().replace(url, "[URL]"))
    };
    assert_eq!(run("", &server.url(), "").0, 0);
    assert_eq!(run("upgrade", &server.url(), "").0, 0);
    let reader = server.tcp_url(&role, "x");
    // As `upgrade` has left it, nothing is replayed anywhere.
    assert_eq!(run("drift --quiet", &reader, "").0, 0);
    server.execute("ALTER TABLE assets ALTER tag DROP NOT NULL");
    host.write("autogen.toml", "dialects = ['postgres']\n[database]\nscratch = { postgres = 'env:SCRATCH_URL' }\n");
    let (code, said) = run("drift", &reader, &server.url());
    expect![[r#"
        core: 1 change by hand; to take it back:
          ~ assets.tag  null -> not null
          at risk: not-null: rows in which assets.tag is NULL stop the migration (0 rows now)
          at risk: table-rewrite: every row of assets is checked while nobody else can read or write the table (0 rows now)
          SQL that takes it back:
            ALTER TABLE "assets" ALTER COLUMN "tag" SET NOT NULL;
          SQL that does it:
            ALTER TABLE "assets" ALTER COLUMN "tag" DROP NOT NULL;
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin core`, which writes the revision, and mark that as applied by `autogen stamp core@head`
        --- exit 1
    "#]].assert_eq(&said);
    assert_eq!(code, 1);
    server.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}
