//! `autogen lint`: what rules find in SQL on disk. What each rule finds, the engine's tests tell.

use std::fs;
use std::path::Path;

use autogen_engine::lint::{Level, RULES};
use autogen_test_servers::postgres;
use expect_test::expect;

use crate::formats::{is_valid, validator};
use crate::formats_sarif::sarif_schema;
use crate::support::{Host, PORTS};

/// A host of PostgreSQL's with a migration by hand and a stock one.
fn by_hand() -> Host {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("plugins/net/src/schema.rs", PORTS)]);
    host.revision(
        "net",
        "2026-01-01-000000_ports",
        "CREATE TABLE ports (id int PRIMARY KEY, speed int);\nCREATE INDEX ix_speed ON ports (speed);\n",
        "DROP TABLE ports;\n",
    );
    host.revision(
        "net",
        "2026-02-01-000000_faster",
        "ALTER TABLE ports\n  ADD COLUMN duplex bool NOT NULL,\n  DROP COLUMN speed;\nCREATE INDEX CONCURRENTLY ix_duplex ON ports (duplex);\n",
        "ALTER TABLE ports DROP COLUMN duplex;\n",
    );
    host
}

#[test]
fn the_page_lists_every_rule() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint.md");
    let text = fs::read_to_string(&page).expect("docs/lint.md");
    let (before, _) = text.split_once("## All rules\n").expect("the section");
    let mut expected = format!("{before}## All rules\n");
    for rule in RULES {
        let dialects: Vec<&str> = rule
            .dialects
            .iter()
            .map(|dialect| match dialect.name() {
                "sqlite" => "SQLite",
                "postgres" => "PostgreSQL",
                _ => "MariaDB and MySQL",
            })
            .collect();
        let default = match rule.level {
            Level::Off => "off",
            level => level.name(),
        };
        expected.push_str(&format!(
            "\n### `{}`\n\n{} {}\n\nDefault: `{default}`. For {}.\n\n```sql\n-- found\n{}\n```\n\n```sql\n-- not found\n{}\n```\n",
            rule.name,
            rule.what,
            rule.why,
            dialects.join(", "),
            rule.bad.replace("; ", ";\n"),
            rule.good.replace("; ", ";\n"),
        ));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&page, &expected).expect("docs/lint.md can be written");
        return;
    }
    assert_eq!(text, expected, "`UPDATE_EXPECT=1` brings docs/lint.md up to date");
}

#[test]
fn revisions_by_hand_are_judged() {
    by_hand().says(
        "lint",
        expect![[r#"
        net 2026-02-01-000000_faster: 3 findings
        error[lint]: not-null: ports.duplex is required and has no default: the table must be empty
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:2:3
          |
        2 |   ADD COLUMN duplex bool NOT NULL,
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: give it a default; or add it as optional, fill it, and require it in a later migration
        error[lint]: drop-column: column ports.speed and its values are lost
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:3:3
          |
        3 |   DROP COLUMN speed;
          |   ^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[lint]: concurrent-in-transaction: PostgreSQL refuses this in a transaction
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:4:1
          |
        4 | CREATE INDEX CONCURRENTLY ix_duplex ON ports (duplex);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: put it alone in a migration with `run_in_transaction = false` in metadata.toml
        --- exit 1
    "#]],
    );
}

#[test]
fn a_host_chooses_rules_and_what_is_old() {
    let host = by_hand();
    host.write(
        "autogen.toml",
        "dialects = ['postgres']\n[lint]\nsince = '2026-02'\nrules = { concurrent-in-transaction = 'off' }\n\
         [lint.plugin.net]\nrules = { not-null = 'warn', drop-column = 'warn' }\n[lint.names]\nindex = '^idx_'\n\
         [[lint.custom]]\nname = 'no-bool'\npattern = '\\bbool\\b'\nmessage = 'write `boolean`'\nlevel = 'warn'\n",
    );
    host.says(
        "lint",
        expect![[r#"
        net 2026-02-01-000000_faster: 4 findings
        warning[lint]: no-bool: write `boolean`
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:1:1
          |
        1 | ALTER TABLE ports
          | ^^^^^^^^^^^^^^^^^
        help: `[[lint.custom]]` in autogen.toml has the rule `no-bool`
        warning[lint]: not-null: ports.duplex is required and has no default: the table must be empty
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:2:3
          |
        2 |   ADD COLUMN duplex bool NOT NULL,
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: give it a default; or add it as optional, fill it, and require it in a later migration
        warning[lint]: drop-column: column ports.speed and its values are lost
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:3:3
          |
        3 |   DROP COLUMN speed;
          |   ^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[lint]: naming: the index `ix_duplex` isn't named as `^idx_` wants
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:4:1
          |
        4 | CREATE INDEX CONCURRENTLY ix_duplex ON ports (duplex);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: give it another name, or change `index` under `[lint.names]` in autogen.toml
        --- exit 1
    "#]],
    );
    host.write("autogen.toml", "[lint]\nrules = { nope = 'warn', truncate = 'loud' }\n[lint.plugin.tun]\n");
    host.says(
        "lint",
        expect![[r#"
        --- stderr
        error[bad-config]: there is no rule `nope`
         --> autogen.toml:2:11
          |
        2 | rules = { nope = 'warn', truncate = 'loud' }
          |           ^^^^
        help: docs/lint.md lists the rules

        error[bad-config]: unknown level `loud`
         --> autogen.toml:2:37
          |
        2 | rules = { nope = 'warn', truncate = 'loud' }
          |                                     ^^^^^^
        help: write `off`, `warn` or `deny`
        --- exit 2
    "#]],
    );
}

#[test]
fn comments_allow_and_are_needed() {
    let host = by_hand();
    let up = "plugins/net/migrations/2026-02-01-000000_faster/up.sql";
    host.write(
        up,
        "-- autogen-lint: allow not-null: no site has ports yet\n-- autogen-lint: allow drop-column\n\
         -- autogen-lint: allow truncate: long gone\nALTER TABLE ports ADD COLUMN duplex bool NOT NULL;\nFROBNICATE;\n",
    );
    host.says(
        "lint net@head",
        expect![[r#"
        net 2026-02-01-000000_faster: 3 findings
        error[bad-allowance]: `allow drop-column` gives no reason
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:2:1
          |
        2 | -- autogen-lint: allow drop-column
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: write `-- autogen-lint: allow RULE: reason`; docs/lint.md lists the rules
        warning[unused-allowance]: nothing here needs `allow truncate`
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:3:1
          |
        3 | -- autogen-lint: allow truncate: long gone
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: take the comment out: it would let the next such thing pass unseen
        note[unread-sql]: nothing is known of this statement
         --> plugins/net/migrations/2026-02-01-000000_faster/up.sql:5:1
          |
        5 | FROBNICATE;
          | ^^^^^^^^^^
        help: read it yourself: no rule has looked at it
        --- exit 1
    "#]],
    );
}

#[test]
fn files_need_no_host() {
    let host = Host::of(&[
        ("a.sql", "DROP TABLE posts;\n"),
        ("old/1/up.sql", "CREATE TABLE t (id int);\n"),
        ("old/1/down.sql", "DROP TABLE t;\n"),
        ("old/2.SQL", "PRAGMA foreign_keys = OFF;\n"),
    ]);
    host.says(
        "lint a.sql",
        expect![[r#"
        --- stderr
        error[no-dialect]: nothing says which database the SQL is for
        help: give `--dialect sqlite`, `postgres` or `mysql`, or `--database-url`, or state `dialects` in autogen.toml
        --- exit 2
    "#]],
    );
    host.says(
        "lint a.sql old --dialect sqlite",
        expect![[r#"
        a.sql: 1 finding
        error[lint]: drop-table: table posts and all its rows are lost
         --> a.sql:1:1
          |
        1 | DROP TABLE posts;
          | ^^^^^^^^^^^^^^^^
        help: stop using it first, and drop it in a later release; keep a copy of rows that count
        --- exit 1
    "#]],
    );
    host.says(
        "lint nowhere.sql --dialect sqlite",
        expect![[r#"
        --- stderr
        error[can't-read]: there is no file `nowhere.sql`
        help: name a revision, or a file or folder of SQL
        --- exit 2
    "#]],
    );
    host.says(
        "lint old --dialect mysql",
        expect![[r#"
        2 scripts: nothing stands against them
        --- exit 0
    "#]],
    );
}

#[test]
fn a_generated_revision_says_it_itself() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "        speed -> Nullable<Integer>,\n", "");
    host.done("--allow drop-column");
    host.says(
        "lint --dialect sqlite",
        expect![[r#"
        4 revisions: nothing stands against them
        --- exit 0
    "#]],
    );
    let up = host.folders("plugins/net/migrations").pop().expect("a revision");
    let up = format!("plugins/net/migrations/{up}/up.sql");
    let text = host.read(&up) + "DROP TABLE assets;\n";
    host.write(&up, &text);
    host.says(
        "lint --dialect sqlite --plugin net",
        expect![[r#"
            net 2026-11-21-071101-net_drop_ports_speed: 1 finding
            error[lint]: drop-table: table assets and all its rows are lost
              --> plugins/net/migrations/2026-11-21-071101-net_drop_ports_speed/up.sql:11:1
               |
            11 | DROP TABLE assets;
               | ^^^^^^^^^^^^^^^^^
            help: stop using it first, and drop it in a later release; keep a copy of rows that count
            --- exit 1
        "#]],
    );
}

#[test]
fn lint_reports_like_others() {
    let host = by_hand();
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    is_valid(&schema, &host.run("lint --format json").document(), "lint");
    host.says(
        "lint net@head --format github,sarif=out.sarif,junit=out.xml,gitlab=out.json,markdown=out.md",
        expect![[r#"
            ::error file=plugins/net/migrations/2026-02-01-000000_faster/up.sql,line=2,col=3,title=net%3A not-null::not-null: ports.duplex is required and has no default: the table must be empty%0Ahelp: give it a default; or add it as optional, fill it, and require it in a later migration
            ::error file=plugins/net/migrations/2026-02-01-000000_faster/up.sql,line=3,col=3,title=net%3A drop-column::drop-column: column ports.speed and its values are lost%0Ahelp: take it out of the program first, and drop it in a later release
            ::error file=plugins/net/migrations/2026-02-01-000000_faster/up.sql,line=4,col=1,title=net%3A concurrent-in-transaction::concurrent-in-transaction: PostgreSQL refuses this in a transaction%0Ahelp: put it alone in a migration with `run_in_transaction = false` in metadata.toml
            --- exit 1
        "#]],
    );
    is_valid(&sarif_schema(), &serde_json::from_str(&host.read("out.sarif")).expect("JSON"), "SARIF");
    assert!(host.read("out.sarif").contains("\"ruleId\": \"drop-column\""));
    assert_eq!(host.read("out.xml").matches("<failure").count(), 3);
    expect![[r#"
        <!-- autogen lint -->
        ### autogen lint: 3 findings

        | what | result |
        |---|---|
        | net 2026-02-01-000000\_faster | not-null, drop-column, concurrent-in-transaction |

        #### net 2026-02-01-000000\_faster

        **error** `not-null` in `plugins/net/migrations/2026-02-01-000000_faster/up.sql:2:3`: not-null: ports.duplex is required and has no default: the table must be empty

        Next: give it a default; or add it as optional, fill it, and require it in a later migration

        **error** `drop-column` in `plugins/net/migrations/2026-02-01-000000_faster/up.sql:3:3`: drop-column: column ports.speed and its values are lost

        Next: take it out of the program first, and drop it in a later release

        **error** `concurrent-in-transaction` in `plugins/net/migrations/2026-02-01-000000_faster/up.sql:4:1`: concurrent-in-transaction: PostgreSQL refuses this in a transaction

        Next: put it alone in a migration with `run_in_transaction = false` in metadata.toml
    "#]].assert_eq(&host.read("out.md"));
}

#[test]
fn what_does_not_run_is_not_measured() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    host.revision("", "2026-01-01-000000_a", "CREATE INDEX i ON nowhere (a);", "DROP INDEX i;");
    host.says("lint --measure", expect![[r#"
        core 2026-01-01-000000_a: 1 finding
        note[not-measured]: what this rewrites isn't measured: up.sql stops with an error on a scratch database with rows
        help: run `autogen verify`, which says more
        1 revision: nothing stands against it
        --- exit 0
    "#]]);
}

#[test]
fn a_review_shows_what_rules_find() {
    let host = Host::with_baselines();
    for command in ["init -q -b main", "add -A", "-c user.name=a -c user.email=a@b commit -q -m a"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let done = std::process::Command::new("git").args(&arguments).current_dir(host.root()).status();
        assert!(done.expect("git starts").success(), "{command}");
    }
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "ALTER TABLE ports RENAME COLUMN speed TO pace;",
        "ALTER TABLE ports RENAME COLUMN pace TO speed;",
    );
    host.says(
        "lint --base main --dialect sqlite",
        expect![[r#"
        net 2026-12-01-000000_more: 1 finding
        warning[lint]: rename-column: programs that run now know ports.pace as speed
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:19
          |
        1 | ALTER TABLE ports RENAME COLUMN speed TO pace;
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: stop the program while this runs; or keep the name, and say `#[sql_name = "..."]` in `table!`
        1 revision: 1 warning, nothing that is denied
        --- exit 0
    "#]],
    );
    host.says(
        "lint --base main --dialect sqlite --deny",
        expect![[r#"
        net 2026-12-01-000000_more: 1 finding
        error[lint]: rename-column: programs that run now know ports.pace as speed
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:19
          |
        1 | ALTER TABLE ports RENAME COLUMN speed TO pace;
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: stop the program while this runs; or keep the name, and say `#[sql_name = "..."]` in `table!`
        --- exit 1
    "#]],
    );
    host.says(
        "review --base main",
        expect![[r#"
        net: 1 new revision
          2026-12-01-000000_more: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - ports.speed  Integer
          + ports.pace  Integer
          at risk: drop-column: column ports.speed and its values are lost
        warning[lint]: rename-column: programs that run now know ports.pace as speed
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:19
          |
        1 | ALTER TABLE ports RENAME COLUMN speed TO pace;
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: stop the program while this runs; or keep the name, and say `#[sql_name = "..."]` in `table!`
        compared with main: nothing stands against it
        --- exit 0
    "#]],
    );
}

#[test]
fn a_scratch_database_is_asked_what_is_rewritten() {
    let server = postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("plugins/net/src/schema.rs", PORTS)]);
    host.revision(
        "net",
        "2026-01-01-000000_a",
        "CREATE TABLE ports (id int PRIMARY KEY, name varchar(9));",
        "DROP TABLE ports;",
    );
    host.revision(
        "net",
        "2026-02-01-000000_b",
        "ALTER TABLE ports ALTER COLUMN name TYPE varchar(20);",
        "ALTER TABLE ports ALTER COLUMN name TYPE varchar(9);",
    );
    let run = |arguments: &str| host.run(&format!("{arguments} --database-url {}", server.url()));
    assert_eq!(run("lint").code, 1);
    expect![[r#"
        2 revisions: nothing stands against them
        --- exit 0
    "#]]
    .assert_eq(&run("lint --measure").transcript());
}
