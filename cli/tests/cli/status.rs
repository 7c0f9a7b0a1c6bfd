//! `autogen status`: what is applied and what is pending.

use expect_test::expect;

use crate::support::Host;

#[test]
fn per_plugin() {
    let host = Host::with_baselines();
    host.done("upgrade --plugin usb --database-url app.db");
    host.says(
        "status --database-url app.db",
        expect![[r#"
            core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
            net   0 applied, 1 pending  head 2026-11-21-071100-net_baseline
                    pending 2026-11-21-071100-net_baseline
            usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
            --- exit 1
        "#]],
    );
    host.says(
        "status --plugin usb --database-url app.db",
        expect![[r#"
            usb  1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
            --- exit 0
        "#]],
    );
    host.says(
        "status --database-url app.db --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "status",
              "plugins": [
                {
                  "plugin": "core",
                  "heads": [
                    "2026-11-21-071100-core_baseline"
                  ],
                  "applied": [
                    "2026-11-21-071100-core_baseline"
                  ],
                  "pending": [],
                  "edited": []
                },
                {
                  "plugin": "net",
                  "heads": [
                    "2026-11-21-071100-net_baseline"
                  ],
                  "applied": [],
                  "pending": [
                    "2026-11-21-071100-net_baseline"
                  ],
                  "edited": []
                },
                {
                  "plugin": "usb",
                  "heads": [
                    "2026-11-21-071100-usb_baseline"
                  ],
                  "applied": [
                    "2026-11-21-071100-usb_baseline"
                  ],
                  "pending": [],
                  "edited": []
                }
              ],
              "disabled": [],
              "unknown": [],
              "half_done": [],
              "unrecorded": [],
              "stale": [],
              "lock": null
            }
            --- exit 1
        "#]],
    );
    host.done("upgrade --database-url app.db");
    host.says(
        "status --database-url app.db",
        expect![[r#"
            core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
            net   1 applied, 0 pending  head 2026-11-21-071100-net_baseline
            usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
            --- exit 0
        "#]],
    );
}

#[test]
fn looking_changes_nothing() {
    let host = Host::with_baselines();
    host.sql("app.db", "CREATE TABLE t (x)");
    assert_eq!(host.run("status --database-url app.db").code, 1);
    assert_eq!(host.schema("app.db"), ["table t: CREATE TABLE t (x)"]);
}
