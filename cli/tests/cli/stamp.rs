//! Marking without running, and what `init` and `new` write.

use expect_test::expect;

use crate::support::Host;

#[test]
fn what_is_there_is_marked_and_what_is_not_is_shown() {
    let host = Host::with_baselines();
    let by_hand = host.read(&format!("migrations/{}/up.sql", host.folders("migrations")[0]));
    host.sql("app.db", &by_hand);
    host.says(
        "stamp core@head --database-url app.db",
        expect![[r#"
        marked as applied: core's 2026-11-21-071100-core_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "stamp --plugin usb head --database-url app.db",
        expect![[r#"
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key on devices (asset_id) -> assets (id) on delete cascade
        --- stderr
        error[not-as-marked]: the database isn't what it would be marked as; the lines above show what differs
        help: apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`
        --- exit 2
    "#]],
    );
    host.says(
        "stamp HEAD --force --database-url app.db",
        expect![[r#"
        marked as applied: net's 2026-11-21-071100-net_baseline
        marked as applied: usb's 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "stamp HEAD --database-url app.db",
        expect![[r#"
        nothing to mark
        --- exit 0
    "#]],
    );
}

#[test]
fn a_mark_can_be_taken_back_where_nothing_is_left_and_nobody_needs_it() {
    let host = Host::with_database();
    host.says("stamp --plugin core base --database-url app.db", expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be marked as not applied: usb's 2026-11-21-071100-usb_baseline
        help: name their chains' places too, such as `usb@base`
        --- exit 2
    "#]]);
    host.says(
        "stamp --plugin net base --database-url app.db",
        expect![[r#"
          - table ports  (id)
              id     Integer not null
              speed  Integer
        --- stderr
        error[not-as-marked]: the database isn't what it would be marked as; the lines above show what differs
        help: apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`
        --- exit 2
    "#]],
    );
    host.sql("app.db", "DROP TABLE ports");
    host.says(
        "stamp --plugin net base --database-url app.db --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "stamp",
          "marked": [],
          "unmarked": [
            {
              "plugin": "net",
              "revision": "2026-11-21-071100-net_baseline"
            }
          ]
        }
        --- exit 0
    "#]],
    );
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_new_plugin_has_a_first_revision_and_nothing_is_overwritten() {
    let host = Host::of(&[(
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\n\
         autogen = { path = \"../autogen/engine\", features = [\"sqlite\"] }\ndiesel = \"2.3\"\n",
    )]);
    host.says(
        "init",
        expect![[r#"
        wrote autogen.toml
        --- stderr
        next: `autogen new NAME` begins a plugin, `autogen adopt` takes over an existing database
        --- exit 0
    "#]],
    );
    let served = Host::of(&[]);
    served.done("init --database-url postgres://localhost/shop");
    assert!(served.read("autogen.toml").contains("dialects = [\"postgres\"]"));
    host.says(
        "init",
        expect![[r#"
        --- stderr
        error[there-already]: `autogen.toml` exists already; autogen overwrites nothing
        help: choose another name, or remove it first
        --- exit 2
    "#]],
    );
    host.says(
        "new usb-devices",
        expect![[r#"
        wrote plugins/usb-devices/Cargo.toml
        wrote plugins/usb-devices/build.rs
        wrote plugins/usb-devices/src/lib.rs
        wrote plugins/usb-devices/src/schema.rs
        --- stderr
        next: edit the definition in plugins/usb-devices/src/schema.rs, and run `autogen --plugin usb-devices`
        --- exit 0
    "#]],
    );
    host.says(
        "new usb-devices",
        expect![[r#"
        --- stderr
        error[there-already]: `plugins/usb-devices` exists already; autogen overwrites nothing
        help: choose another name, or remove it first
        --- exit 2
    "#]],
    );
    host.says(
        "new core",
        expect![[r#"
        --- stderr
        error[bad-plugin-name]: a plugin can't be called `core`: that is the host's own part
        help: choose another name
        --- exit 2
    "#]],
    );
    expect![[r#"
        [package]
        name = "shop-usb-devices"
        version = "0.1.0"
        edition = "2024"

        # The tables that are this plugin's, and nobody else's.
        [package.metadata.autogen]
        tables = ["usb_devices_items"]

        [dependencies]
        autogen = { path = "../../../autogen/engine" }
        diesel = "2.3"
    "#]]
    .assert_eq(&host.read("plugins/usb-devices/Cargo.toml"));
    expect![[r#"
        //! The plugin `usb-devices`.

        pub mod schema;

        /// The plugin and its chain of migrations, for `autogen::Host`.
        pub fn plugin() -> autogen::Plugin {
            autogen::plugin!("usb-devices")
        }
    "#]]
    .assert_eq(&host.read("plugins/usb-devices/src/lib.rs"));
    host.says("--plugin usb-devices", expect![[r#"
        usb-devices: baseline
          + table usb_devices_items  (id)
              id          Integer not null auto increment
              name        Varchar(100) not null
              created_at  Timestamp not null default CURRENT_TIMESTAMP
              unique on usb_devices_items (name)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote plugins/usb-devices/migrations/2026-11-21-071100-usb-devices_baseline/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.done("check");
}
