//! Tables that change hands: by their owner's consent, or by the host's word.

use expect_test::expect;

use crate::support::Host;

const TAKE: &str = "2026-11-22-000000-net_take";

/// A plugin whose metadata says that it takes the core's table.
fn taking(host: &Host) {
    host.revision("net", TAKE, "UPDATE assets SET tag = 'x';\n", "-- nothing\n");
    let metadata = "run_in_transaction = true\n\n[autogen]\nplugin = \"net\"\nrevises = [\"20261121071100net\"]\ndepends_on = \
                    [\"20261121071100core\"]\ntakes = [\"assets\"]\n";
    host.write(&format!("plugins/net/migrations/{TAKE}/metadata.toml"), metadata);
}

#[test]
fn a_table_that_its_owner_defines_is_not_taken() {
    let host = Host::with_database();
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('kept')");
    taking(&host);
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[table-not-given]: net's 2026-11-22-000000-net_take can't be run: it takes over the table `assets`, which core hasn't given away
         --> plugins/net/migrations/2026-11-22-000000-net_take/metadata.toml:7:11
          |
        7 | takes = ["assets"]
          |           ^^^^^^ stated here
        help: take the definition out of its owner's source; or let a revision of the owner's say so by `gives = ["TABLE"]` under `[autogen]` in its metadata.toml; or let the host say so by `may_alter = ["TABLE"]` under the plugin's `[plugin.NAME]` in autogen.toml, or by `Host::may_alter`
        --- exit 2
    "#]]);
    for command in ["check", "verify net@head", "upgrade --sql --database-url app.db"] {
        assert_ne!(host.run(command).code, 0, "{command}");
    }
    assert_eq!(host.values("app.db", "SELECT tag AS value FROM assets"), ["kept"]);
    host.write("autogen.toml", "[plugin.net]\nmay_alter = ['assets']\n");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_table_is_given_by_a_revision_of_its_owners() {
    let host = Host::with_database();
    taking(&host);
    host.revision("", "2026-11-21-080000-core_give", "-- gives assets\n", "-- nothing\n");
    let metadata = "run_in_transaction = true\n[autogen]\nplugin = \"core\"\nrevises = [\"20261121071100core\"]\ngives = [\"assets\"]\n";
    host.write("migrations/2026-11-21-080000-core_give/metadata.toml", metadata);
    host.done("upgrade --database-url app.db");
}
