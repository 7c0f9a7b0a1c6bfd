//! Databases that can't be used, and what is never shown of them.

use std::fs;

use expect_test::expect;

use crate::support::Host;

#[test]
fn a_command_that_needs_a_database_says_how_to_name_one() {
    let host = Host::with_baselines();
    host.says(
        "status",
        expect![[r#"
            --- stderr
            error[no-database-url]: this command needs a live database
            help: give `--database-url URL`, set DATABASE_URL, or state `[database] url` in autogen.toml
            --- exit 2
        "#]],
    );
}

#[test]
fn a_database_may_be_named_in_four_ways() {
    let host = Host::with_database();
    let expected = host.done("status --database-url app.db");
    assert_eq!(host.done("status --database-url sqlite:app.db"), expected);
    assert_eq!(host.done("status --database-url sqlite://app.db"), expected);
    let run = host.output(host.command("status").env("DATABASE_URL", "app.db").output().expect("runs"));
    assert_eq!(run.stdout, expected);
    host.write("autogen.toml", "[database]\nurl = 'app.db'\n");
    assert_eq!(host.done("status"), expected);
    // A path in the file is meant from the file's own folder.
    let mut command = host.command("status");
    command.current_dir(host.path("plugins/usb"));
    assert_eq!(host.output(command.output().expect("runs")).stdout, expected);
    host.write("autogen.toml", "[database]\nurl = 'env:SHOP_URL'\n");
    let run = host.output(host.command("status").env("SHOP_URL", "app.db").output().expect("runs"));
    assert_eq!(run.stdout, expected);
    host.says(
        "status",
        expect![[r#"
            --- stderr
            error[variable-not-set]: the environment variable `SHOP_URL` isn't set
             --> autogen.toml:2:7
              |
            2 | url = 'env:SHOP_URL'
              |       ^^^^^^^^^^^^^^ its value is wanted here
            help: set it; an empty value says that there is no such database
            --- exit 2
        "#]],
    );
    // Who works without a database needs none, and an empty value names none.
    assert_eq!(host.run("check --no-database").code, 0);
    let run = host.output(host.command("check").env("SHOP_URL", "").output().expect("runs"));
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn a_file_that_is_not_there_is_not_made_by_looking() {
    let host = Host::with_baselines();
    host.says(
        "status --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-database]: there is no database file `app.db`
            help: check the path, or create it with `autogen upgrade`
            --- exit 2
        "#]],
    );
    host.says(
        "--plugin usb --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-database]: there is no database file `app.db`
            help: check the path, or create it with `autogen upgrade`
            --- exit 2
        "#]],
    );
    assert!(!host.path("app.db").exists());
}

#[test]
fn kinds_that_are_unknown_are_named_without_their_passwords() {
    let host = Host::with_baselines();
    host.says(
        "status --database-url oracle://u:secret@h/db",
        expect![[r#"
            --- stderr
            error[unknown-database]: this program can't talk to databases of the kind `oracle`
            help: known: `sqlite:PATH`, a plain path, `postgres://HOST/DATABASE`, or `mysql://HOST/DATABASE`
            --- exit 2
        "#]],
    );
    host.says(
        "status --database-url u:secret@h/db",
        expect![[r#"
            --- stderr
            error[unknown-database]: the database URL looks like a server's, but doesn't begin with its kind
            help: known: `sqlite:PATH`, a plain path, `postgres://HOST/DATABASE`, or `mysql://HOST/DATABASE`
            --- exit 2
        "#]],
    );
    host.says(
        "status --database-url sqlite:",
        expect![[r#"
            --- stderr
            error[unknown-database]: the database URL names no database
            help: known: `sqlite:PATH`, a plain path, `postgres://HOST/DATABASE`, or `mysql://HOST/DATABASE`
            --- exit 2
        "#]],
    );
    let urls = ["mysql://u:secret@h/db", "u:secret@h/db", "mysql:u:secret@h", "u:secret@h://db"];
    for command in ["", "diff", "check", "upgrade", "downgrade --allow all --plugin usb -1", "status", "-v status"] {
        for url in urls {
            for form in ["text", "json"] {
                let run = host.run(&format!("{command} --database-url {url} --format {form}"));
                assert_eq!(run.code, 2);
                assert!(!run.transcript().contains("secret"), "{}", run.transcript());
            }
            host.write("autogen.toml", &format!("[database]\nurl = '{url}'\n"));
            let run = host.run(command);
            assert!(!run.transcript().contains("secret"), "{}", run.transcript());
            fs::remove_file(host.path("autogen.toml")).expect("removed");
        }
    }
    let help = host.output(host.command("--help").env("DATABASE_URL", urls[0]).output().expect("runs"));
    assert!(!help.stdout.contains("secret"));
}

#[test]
fn a_file_that_is_no_database() {
    let host = Host::with_baselines();
    host.write("app.db", &"not a database at all ".repeat(100));
    for command in ["status", "upgrade", "check", "diff"] {
        assert_eq!(host.run(&format!("{command} --database-url app.db")).code, 2, "{command}");
    }
    host.says(
        "status --database-url app.db",
        expect![[r#"
            --- stderr
            error[not-a-database]: `app.db` is not an SQLite database that can be read: file is not a database
            help: check the path in --database-url, DATABASE_URL or autogen.toml
            --- exit 2
        "#]],
    );
    host.says(
        "status --database-url plugins",
        expect![[r#"
            --- stderr
            error[can't-connect]: can't open `plugins`: unable to open database file
            help: check the path: it must be a file, or one that can be made, in a folder that is there
            --- exit 2
        "#]],
    );
    host.says(
        "upgrade --database-url nowhere/app.db",
        expect![[r#"
            --- stderr
            error[can't-connect]: can't open `nowhere/app.db`: unable to open database file
            help: check the path: it must be a file, or one that can be made, in a folder that is there
            --- exit 2
        "#]],
    );
}

#[test]
fn a_file_that_was_cut_off() {
    let host = Host::with_database();
    let bytes = fs::read(host.path("app.db")).expect("readable");
    fs::write(host.path("app.db"), &bytes[..5000]).expect("written");
    host.says(
        "check --database-url app.db",
        expect![[r#"
            --- stderr
            error[not-a-database]: `app.db` is not an SQLite database that can be read: database disk image is malformed
            help: check the path in --database-url, DATABASE_URL or autogen.toml
            --- exit 2
        "#]],
    );
}

#[test]
fn a_table_of_applied_migrations_that_is_not_diesels() {
    let host = Host::with_baselines();
    host.sql("app.db", "CREATE TABLE __diesel_schema_migrations (something TEXT)");
    host.says(
        "status --database-url app.db",
        expect![[r#"
            --- stderr
            error[can't-query]: can't read which migrations are applied: no such column: version
            help: check that the table __diesel_schema_migrations is Diesel's, and that you may read it
            --- exit 2
        "#]],
    );
}

#[test]
fn a_database_that_may_only_be_read() {
    let host = Host::with_database();
    host.revision("net", "2026-12-01-000000_more", "CREATE TABLE more (id INTEGER);", "DROP TABLE more;");
    // Whoever runs this may be allowed everything, so SQLite is told by the file's own header, which
    // says that only a newer SQLite may write it.
    let mut bytes = fs::read(host.path("app.db")).expect("readable");
    bytes[18] = 9;
    fs::write(host.path("app.db"), bytes).expect("written");
    host.says(
        "status --database-url app.db",
        expect![[r#"
            core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
            net   1 applied, 1 pending  head 2026-12-01-000000_more
                    pending 2026-12-01-000000_more
            usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
            --- exit 1
        "#]],
    );
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-12-01-000000_more
        error[migration-failed]: net's 2026-12-01-000000_more failed at `CREATE TABLE more (id INTEGER)`: attempt to write a readonly database
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:1
          |
        1 | CREATE TABLE more (id INTEGER);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; make the database's file and folder writable, and run it again
        --- exit 2
    "#]]);
}

#[test]
fn a_database_that_keeps_what_sqlite_no_longer_takes() {
    let host = Host::with_database();
    host.sql(
        "app.db",
        "PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
         VALUES ('view', 'broken', 'broken', 0, 'CREATE VIEW broken AS SELECT');",
    );
    host.says("--plugin usb --database-url app.db", expect![[r#"
        --- stderr
        error[not-a-database]: `app.db` is not an SQLite database that can be read: malformed database schema (broken) - incomplete input
        help: check the path in --database-url, DATABASE_URL or autogen.toml
        --- exit 2
    "#]]);
}

#[test]
fn a_database_that_is_behind_is_brought_up_first() {
    let host = Host::with_baselines();
    host.sql("app.db", "SELECT 1");
    host.says("--plugin usb --database-url app.db", expect![[r#"
        --- stderr
        error[database-behind]: the database has not applied core's 2026-11-21-071100-core_baseline, usb's 2026-11-21-071100-usb_baseline
        help: run `autogen upgrade` first, or `autogen stamp` if the database has what they make; `--no-database` compares with the chains alone
        --- exit 2
    "#]]);
    host.done("upgrade --plugin net --database-url app.db");
    host.says(
        "--plugin net --database-url app.db",
        expect![[r#"
            net: in sync
            --- exit 0
        "#]],
    );
    // A plugin without a chain of its own still needs its parents'.
    fs::remove_dir_all(host.path("plugins/usb/migrations")).expect("removed");
    host.says(
        "--plugin usb --database-url app.db",
        expect![[r#"
            --- stderr
            error[database-behind]: the database has not applied core's 2026-11-21-071100-core_baseline
            help: run `autogen upgrade` first, or `autogen stamp` if the database has what they make; `--no-database` compares with the chains alone
            --- exit 2
        "#]],
    );
}

#[test]
fn a_rule_that_needs_another_program_can_not_be_copied() {
    let host = Host::with_database();
    // An index under an order of letters that only the host's own program knows.
    host.sql(
        "app.db",
        "CREATE INDEX by_tag ON assets (tag COLLATE nocase);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'nocase', 'swedish') WHERE name = 'by_tag';",
    );
    host.says("--plugin usb --database-url app.db", expect![[r#"
        --- stderr
        error[can't-copy]: a scratch database refuses `by_tag` as it stands: no such collation sequence: swedish
        help: the database keeps a statement that it no longer takes; make it anew: CREATE INDEX by_tag ON assets (tag COLLATE swedish)
        --- exit 2
    "#]]);
}
