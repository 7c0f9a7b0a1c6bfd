//! `autogen lint`: what rules find in SQL on disk. What each rule finds, the engine's tests tell.

use std::fs;
use std::path::Path;

use autogen_engine::lint::{Level, RULES};
use autogen_test_servers::postgres;
use expect_test::expect;

use crate::formats::{is_valid, validator};
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
    by_hand().says("lint", expect![[""]]);
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
    host.says("lint", expect![[""]]);
    host.write("autogen.toml", "[lint]\nrules = { nope = 'warn', truncate = 'loud' }\n[lint.plugin.tun]\n");
    host.says("lint", expect![[""]]);
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
    host.says("lint net@head", expect![[""]]);
}

#[test]
fn files_need_no_host() {
    let host = Host::of(&[
        ("a.sql", "DROP TABLE posts;\n"),
        ("old/1/up.sql", "CREATE TABLE t (id int);\n"),
        ("old/1/down.sql", "DROP TABLE t;\n"),
        ("old/2.SQL", "PRAGMA foreign_keys = OFF;\n"),
    ]);
    host.says("lint a.sql", expect![[""]]);
    host.says("lint a.sql old --dialect sqlite", expect![[""]]);
    host.says("lint nowhere.sql --dialect sqlite", expect![[""]]);
    host.says("lint old --dialect mysql", expect![[""]]);
}

#[test]
fn a_generated_revision_says_it_itself() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "        speed -> Nullable<Integer>,\n", "");
    host.done("--allow drop-column");
    host.says("lint --dialect sqlite", expect![[""]]);
    let up = host.folders("plugins/net/migrations").pop().expect("a revision");
    let up = format!("plugins/net/migrations/{up}/up.sql");
    let text = host.read(&up) + "DROP TABLE assets;\n";
    host.write(&up, &text);
    host.says("lint --dialect sqlite --plugin net", expect![[""]]);
}

#[test]
fn lint_reports_like_others() {
    let host = by_hand();
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    is_valid(&schema, &host.run("lint --format json").document(), "lint");
    host.says(
        "lint net@head --format github,sarif=out.sarif,junit=out.xml,gitlab=out.json,markdown=out.md",
        expect![[""]],
    );
    let sarif = validator(include_str!("../schemas/sarif-2.1.0.json"));
    is_valid(&sarif, &serde_json::from_str(&host.read("out.sarif")).expect("JSON"), "SARIF");
    assert!(host.read("out.sarif").contains("\"ruleId\": \"drop-column\""));
    assert_eq!(host.read("out.xml").matches("<failure").count(), 3);
    expect![[""]].assert_eq(&host.read("out.md"));
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
    expect![[""]].assert_eq(&run("lint --measure").transcript());
}
