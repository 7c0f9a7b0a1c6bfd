//! CTFd: the core's first migration made a table that a plugin's model has outgrown.

use autogen_engine::dialect::Dialect;
use expect_test::{Expect, expect};

use super::Site;

/// What the core's first migration made of it.
const OF_THE_CORE: &str = "autogen::table! {
    dynamic_challenge (id) {
        #[references(challenges(id))] id -> Integer,
        initial -> Nullable<Integer>,
        minimum -> Nullable<Integer>,
        decay -> Nullable<Integer>,
    }
}
";
const PLUGIN: &str = "plugins/dynamic_challenges/src/schema.rs";
const CHAIN: &str = "plugins/dynamic_challenges/migrations";

/// A site that has been running since before the plugin had migrations, with a challenge whose value falls.
fn site(dialect: Dialect) -> Site {
    let site = Site::of("ctfd", dialect);
    let plugin = site.host.read(PLUGIN);
    std::fs::remove_dir_all(site.host.path("plugins")).expect("removed");
    site.host.write("src/dynamic_challenge.rs", OF_THE_CORE);
    site.done("");
    site.done("upgrade");
    site.execute("INSERT INTO challenges (id, name, state, logic, position) VALUES (1, 'one', 'visible', 'any', 0)");
    site.execute("INSERT INTO dynamic_challenge VALUES (1, 500, 100, 20)");
    std::fs::remove_file(site.host.path("src/dynamic_challenge.rs")).expect("removed");
    site.host.write(PLUGIN, &plugin);
    // As its author had begun: all digits, and text for all that.
    site.host.revision("dynamic_challenges", "0001_begin", "-- nothing yet", "-- nothing yet");
    site.done("upgrade");
    site
}

/// What differs, in the same words on every database, though not each has names for keys or the same risks.
#[track_caller]
fn differs(site: &Site, expected: &Expect) {
    let diff = site.run("diff --plugin dynamic_challenges").stdout;
    let lines = diff.lines().filter(|line| !line.starts_with("  at risk"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    expected.assert_eq(&text.replace(" dynamic_challenge_id_fkey", ""));
}

fn a_plugin_takes_its_table_over(dialect: Dialect) {
    let site = site(dialect);
    differs(
        &site,
        &expect![[r#"
            dynamic_challenges: 10 changes
              - foreign key on dynamic_challenge (id) -> challenges (id)
              - dynamic_challenge.initial  Integer
              - dynamic_challenge.minimum  Integer
              - dynamic_challenge.decay  Integer
              + dynamic_challenge.dynamic_initial  Integer
              + dynamic_challenge.dynamic_minimum  Integer
              + dynamic_challenge.dynamic_decay  Integer
              + dynamic_challenge.dynamic_function  Varchar(32)
              + foreign key on dynamic_challenge (id) -> challenges (id) on delete cascade
              > dynamic_challenge comes from core
        "#]],
    );
    // Names that were kept in other words keep their rows.
    for (new, old) in [("initial", "initial"), ("minimum", "minimum"), ("decay", "decay")] {
        let column = format!("dynamic_{new} ->");
        site.host.edit(PLUGIN, &column, &format!("#[renamed_from({old})] {column}"));
    }
    differs(
        &site,
        &expect![[r#"
            dynamic_challenges: 7 changes
              > dynamic_challenge.initial -> dynamic_initial
              > dynamic_challenge.minimum -> dynamic_minimum
              > dynamic_challenge.decay -> dynamic_decay
              - foreign key on dynamic_challenge (id) -> challenges (id)
              + dynamic_challenge.dynamic_function  Varchar(32)
              + foreign key on dynamic_challenge (id) -> challenges (id) on delete cascade
              > dynamic_challenge comes from core
        "#]],
    );
    site.done("--plugin core --plugin dynamic_challenges --allow all");
    let folders = site.host.folders(CHAIN);
    assert!(
        matches!(&folders[..], [first, second] if first == "0001_begin" && second.starts_with("2026-")),
        "{folders:?}"
    );
    site.done("upgrade");
    assert_eq!(site.done("--plugin dynamic_challenges"), "dynamic_challenges: in sync\n");
    site.done("check");
    site.done("verify");
    let rows = "SELECT CAST(dynamic_initial AS CHAR(3)), CAST(dynamic_minimum AS CHAR(3)), dynamic_function FROM dynamic_challenge";
    assert_eq!(site.rows(rows), ["500|100|NULL"]);
    assert_eq!(site.rows("SELECT version FROM __diesel_schema_migrations WHERE version = '0001'"), ["0001"]);
    // Who deletes a challenge deletes its values now.
    site.done("downgrade --allow all --plugin dynamic_challenges 0001");
    assert_eq!(site.rows("SELECT CAST(initial AS CHAR(3)), CAST(decay AS CHAR(2)) FROM dynamic_challenge"), ["500|20"]);
    site.done("upgrade");
    site.execute("DELETE FROM challenges");
    assert!(site.rows(rows).is_empty());
    // Nothing is left that only a running site would have.
    for plugin in ["dynamic_challenges", "core"] {
        site.done(&format!("downgrade --allow all --plugin {plugin} base"));
    }
    site.done("upgrade");
    site.done("check");
}

#[test]
fn on_sqlite() {
    a_plugin_takes_its_table_over(Dialect::Sqlite);
}

#[test]
fn on_postgresql() {
    a_plugin_takes_its_table_over(Dialect::Postgres);
}

#[test]
fn on_mariadb() {
    a_plugin_takes_its_table_over(Dialect::Mysql);
}
