//! Plugins that are disabled or gone, and what a database remembers of them.

use autogen_test_servers::{mysql, postgres};
use expect_test::expect;

use crate::support::{ASSETS, Host, PORTS};

#[test]
fn a_disabled_plugin_is_left_alone() {
    let host = Host::with_rows();
    host.write("autogen.toml", "[plugin.usb]\nenabled = false\n");
    // Neither its definitions nor its tables count, whatever they say.
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Nonsense");
    let before = host.schema("app.db");
    host.says(
        "check --database-url app.db --quiet",
        expect![[r#"
        in sync: models, chains and sqlite:app.db
        --- exit 0
    "#]],
    );
    host.says(
        "status --database-url app.db",
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        net   1 applied, 0 pending  head 2026-11-21-071100-net_baseline
        usb   disabled, 1 applied
        --- exit 0
    "#]],
    );
    host.says(
        "--database-url app.db",
        expect![[r#"
        core: in sync
        net: in sync
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: devices
        --- exit 0
    "#]],
    );
    host.says(
        "plugins",
        expect![[r#"
        core    1 table, 1 revision
          assets
        net  plugins/net  1 table, 1 revision
          ports
        usb  disabled
        --- exit 0
    "#]],
    );
    assert_eq!(host.schema("app.db"), before);
    host.says(
        "--plugin usb",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: the plugin `usb` is disabled
        help: take `enabled = false` of [plugin.usb], or the `!` pattern of `plugins`, out of autogen.toml
        --- exit 2
    "#]],
    );
    host.says(
        "downgrade usb@base --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: `usb` is disabled
        help: enable it, and run this again; or drop devices by hand, and run `autogen forget usb`
        --- exit 2
    "#]],
    );
    // A policy for it stays well-formed.
    host.write(
        "autogen.toml",
        "plugins = ['plugins/*', '!plugins/usb']\n[policy.plugin.usb]\nallow = { rebuild = true }\n",
    );
    assert_eq!(host.run("check --database-url app.db").code, 0);
    // Patterns that only leave out leave out of the usual ones.
    host.write("autogen.toml", "plugins = ['!plugins/u*']\n");
    assert_eq!(host.run("check --database-url app.db").code, 0);
    host.edit("plugins/usb/src/schema.rs", "Nonsense", "Nullable<Text>");
    host.write("autogen.toml", "[plugin.old]\nenabled = false\n");
    assert!(host.done("plugins").contains("old  disabled"));
}

#[test]
fn what_needs_a_disabled_plugin_is_no_secret() {
    let host = Host::small();
    host.write(
        "plugins/hub/src/schema.rs",
        "autogen::table! { hubs { id -> Integer, #[references(devices(id))] device_id -> Integer, } }",
    );
    host.done("");
    host.write("autogen.toml", "[plugin.usb]\nenabled = false\n");
    host.says("check", expect![[r#"
        --- stderr
        error[unknown-dependency]: hub's 2026-11-21-071101-hub_baseline depends on `20261121071100usb` of `usb`, which no chain holds
         --> plugins/hub/migrations/2026-11-21-071101-hub_baseline/metadata.toml:6:16
          |
        6 | depends_on = ["20261121071100usb"]
          |                ^^^^^^^^^^^^^^^^^ stated here
        help: bring back the plugin that it belongs to, or a newer state of it; if that revision was removed on purpose, remove this one too, and run `autogen`
        --- exit 2
    "#]]);
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[unknown-dependency]: hub's 2026-11-21-071101-hub_baseline depends on `20261121071100usb` of `usb`, which no chain holds
         --> plugins/hub/migrations/2026-11-21-071101-hub_baseline/metadata.toml:6:16
          |
        6 | depends_on = ["20261121071100usb"]
          |                ^^^^^^^^^^^^^^^^^ stated here
        help: bring back the plugin that it belongs to, or a newer state of it; if that revision was removed on purpose, remove this one too, and run `autogen`
        --- exit 2
    "#]]);
}

#[test]
fn a_plugin_that_is_gone_is_forgotten_on_demand() {
    let host = Host::with_rows();
    std::fs::remove_dir_all(host.path("plugins/usb")).expect("removed");
    host.says("check --database-url app.db", expect![[r#"
        usb: the database has applied 20261121071100usb, which no chain holds [unknown-revision]
          help: bring back the plugin's migrations; or say `enabled = false` under [plugin.usb] in autogen.toml; or let the database forget it by `autogen forget usb`
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: devices
        --- exit 1
    "#]]);
    host.says(
        "downgrade --plugin usb base --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: `usb` isn't in this host any more, and what reverts it went with its folder
        help: bring its folder back, and run this again; or drop devices by hand, and run `autogen forget usb`
        --- exit 2
    "#]],
    );
    host.says(
        "forget net --database-url app.db",
        expect![[r#"
        --- stderr
        error[bad-target]: `net` is in this host
        help: to drop its tables, run `autogen downgrade net@base`; to forget it, first remove its folder, or disable it
        --- exit 2
    "#]],
    );
    host.says(
        "forget nothing --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: the database knows nothing of a plugin `nothing`
        help: it knows of these, which are not in this host: usb
        --- exit 2
    "#]],
    );
    host.says("forget usb --database-url app.db", expect![[r#"
        --- stderr
        error[tables-stay]: usb's tables are still there: devices
        help: to leave them to nobody, run `autogen forget usb --keep-tables`; else drop them by hand first, or bring the plugin back and run `autogen downgrade usb@base`
        --- exit 2
    "#]]);
    host.says(
        "forget usb --keep-tables --database-url app.db",
        expect![[r#"
        forgot 1 revision of usb
        usb's tables stay, and are nobody's now: devices
        --- exit 0
    "#]],
    );
    host.says(
        "check --database-url app.db",
        expect![[r#"
        in sync: models, chains and sqlite:app.db
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: devices
        --- exit 0
    "#]],
    );
    host.says(
        "status --database-url app.db",
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        net   1 applied, 0 pending  head 2026-11-21-071100-net_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "forget usb --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: the database knows nothing of a plugin `usb`
        help: it knows none but those of this host
        --- exit 2
    "#]],
    );
    assert_eq!(host.values("app.db", "SELECT serial AS value FROM devices"), ["x"]);
}

#[test]
fn what_others_need_is_not_forgotten() {
    let host = Host::small();
    host.write(
        "plugins/hub/src/schema.rs",
        "autogen::table! { hubs { id -> Integer, #[references(devices(id))] device_id -> Integer, } }",
    );
    host.done("");
    host.done("upgrade --database-url app.db");
    std::fs::remove_dir_all(host.path("plugins/usb")).expect("removed");
    host.says(
        "forget usb --keep-tables --database-url app.db",
        expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be forgotten: hub's 2026-11-21-071101-hub_baseline
        help: revert those first
        --- exit 2
    "#]],
    );
}

#[test]
fn servers_forget_too() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, url) in [("postgres", postgres.url()), ("mysql", mysql.url())] {
        let host = Host::of(&[("src/schema.rs", ASSETS), ("plugins/net/src/schema.rs", PORTS)]);
        host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
        host.done(&format!("--database-url {url}"));
        host.done(&format!("upgrade --database-url {url}"));
        std::fs::remove_dir_all(host.path("plugins/net")).expect("removed");
        assert_eq!(host.run(&format!("check --database-url {url}")).code, 1);
        let refused = host.run(&format!("forget net --database-url {url}"));
        assert!(
            refused.stderr.contains("error[tables-stay]: net's tables are still there: ports\n"),
            "{}",
            refused.transcript()
        );
        host.done(&format!("forget net --keep-tables --database-url {url}"));
        assert_eq!(host.run(&format!("check --database-url {url}")).code, 0);
    }
}
