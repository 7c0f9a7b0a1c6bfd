//! Plugins that are disabled or gone, and what a database remembers of them.

use autogen_test_servers::{mysql, postgres};
use expect_test::expect;

use crate::support::Host;

#[test]
fn a_disabled_plugin_is_left_alone() {
    let host = Host::with_rows();
    host.write("autogen.toml", "[plugin.usb]\nenabled = false\n");
    // Neither its definitions nor its tables count, whatever they say.
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Nonsense");
    let before = host.schema("app.db");
    host.says("check --database-url app.db --quiet", expect![[""]]);
    host.says("status --database-url app.db", expect![[""]]);
    host.says("--database-url app.db", expect![[""]]);
    host.says("plugins", expect![[""]]);
    assert_eq!(host.schema("app.db"), before);
    host.says("--plugin usb", expect![[""]]);
    host.says("downgrade usb@base --database-url app.db", expect![[""]]);
    // A policy for it stays well-formed.
    host.write(
        "autogen.toml",
        "plugins = ['plugins/*', '!plugins/usb']\n[policy.plugin.usb]\nallow = { rebuild = true }\n",
    );
    assert_eq!(host.run("check --database-url app.db").code, 0);
    // Patterns that only leave out leave out of the usual ones.
    host.write("autogen.toml", "plugins = ['!plugins/u*']\n");
    assert_eq!(host.run("check --database-url app.db").code, 0);
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
    host.says("check", expect![[""]]);
    host.says("upgrade --database-url app.db", expect![[""]]);
}

#[test]
fn a_plugin_that_is_gone_is_forgotten_on_demand() {
    let host = Host::with_rows();
    std::fs::remove_dir_all(host.path("plugins/usb")).expect("removed");
    host.says("check --database-url app.db", expect![[""]]);
    host.says("downgrade --plugin usb base --database-url app.db", expect![[""]]);
    host.says("forget net --database-url app.db", expect![[""]]);
    host.says("forget nothing --database-url app.db", expect![[""]]);
    host.says("forget usb --database-url app.db", expect![[""]]);
    host.says("forget usb --keep-tables --database-url app.db", expect![[""]]);
    host.says("check --database-url app.db", expect![[""]]);
    host.says("status --database-url app.db", expect![[""]]);
    host.says("forget usb --database-url app.db", expect![[""]]);
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
    host.says("forget usb --keep-tables --database-url app.db", expect![[""]]);
}

#[test]
fn servers_forget_too() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, url) in [("postgres", postgres.url()), ("mysql", mysql.url())] {
        let host = Host::small();
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
