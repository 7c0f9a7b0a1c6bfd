//! Certificates in `metadata.toml`: what makes one stale, who says so, and how a revision gets another.

use expect_test::expect;

use crate::support::Host;

const NET: &str = "plugins/net/migrations/2026-11-21-071100-net_baseline";

#[test]
fn an_edit_makes_a_proof_stale() {
    let host = Host::with_baselines();
    host.in_sync("check");
    host.edit("migrations/2026-11-21-071100-core_baseline/up.sql", ");\n", "); -- by hand\n");
    host.says("check", expect![[r#"
        core: 2026-11-21-071100-core_baseline is no longer as it was proven: up.sql was edited [stale-proof]
          help: put the files back, or prove and certify it anew by `autogen verify --record`
        usb: 2026-11-21-071100-usb_baseline is no longer as it was proven: a revision below it is not the one that it was proven on [stale-proof]
          help: put the files back, or prove and certify it anew by `autogen verify --record`
        --- exit 1
    "#]]);
    host.says(
        "verify --certificates",
        expect![[r#"
            core 2026-11-21-071100-core_baseline: stale
            error[stale-proof]: 2026-11-21-071100-core_baseline is no longer as it was proven: up.sql was edited
            help: put the files back, or prove and certify it anew by `autogen verify --record`
            net 2026-11-21-071100-net_baseline: proven, on SQLite [VERSION]
            usb 2026-11-21-071100-usb_baseline: stale
            error[stale-proof]: 2026-11-21-071100-usb_baseline is no longer as it was proven: a revision below it is not the one that it was proven on
            help: put the files back, or prove and certify it anew by `autogen verify --record`
            --- exit 1
        "#]],
    );
    host.says(
        "verify --record",
        expect![[r#"
        core 2026-11-21-071100-core_baseline: proven, and certified
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        net 2026-11-21-071100-net_baseline: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        usb 2026-11-21-071100-usb_baseline: proven, and certified
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        --- exit 0
    "#]],
    );
    host.in_sync("check");
    host.says(
        "verify --certificates",
        expect![[r#"
        core 2026-11-21-071100-core_baseline: proven, on SQLite [VERSION]
        net 2026-11-21-071100-net_baseline: proven, on SQLite [VERSION]
        usb 2026-11-21-071100-usb_baseline: proven, on SQLite [VERSION]
        --- exit 0
    "#]],
    );
}

#[test]
fn what_was_proven_is_told_without_a_server() {
    let host = Host::with_baselines();
    // Nothing of this is asked, and none of it is there.
    host.write(
        "autogen.toml",
        "dialects = ['postgres']\n[database]\nurl = 'env:NO_URL'\nscratch = { postgres = 'env:NO' }\n",
    );
    host.edit(&format!("{NET}/down.sql"), "DROP TABLE", "DROP  TABLE");
    host.revision(
        "usb",
        "2026-12-01-000000_more",
        "CREATE TABLE devices_more (id INTEGER);",
        "DROP TABLE devices_more;",
    );
    host.says(
        "verify --certificates",
        expect![[r#"
            core 2026-11-21-071100-core_baseline: proven, on SQLite [VERSION]
            net 2026-11-21-071100-net_baseline: stale
            error[stale-proof]: 2026-11-21-071100-net_baseline is no longer as it was proven: down.sql was edited
            help: put the files back, or prove and certify it anew by `autogen verify --record`
            usb 2026-11-21-071100-usb_baseline: proven, on SQLite [VERSION]
            usb 2026-12-01-000000_more: unproven
            error[unproven]: 2026-12-01-000000_more has no certificate
            help: prove and certify it by `autogen verify --record`
            --- exit 1
        "#]],
    );
    host.says(
        "verify --certificates --format json --plugin net",
        expect![[r#"
            {
              "version": 1,
              "command": "verify",
              "certificates": [
                {
                  "plugin": "net",
                  "dialect": "postgres",
                  "revision": "2026-11-21-071100-net_baseline",
                  "standing": "stale",
                  "why": [
                    "down.sql was edited"
                  ],
                  "server": "SQLite [VERSION]"
                }
              ],
              "findings": [
                {
                  "plugin": "net",
                  "dialect": "postgres",
                  "revision": "2026-11-21-071100-net_baseline",
                  "code": "stale-proof",
                  "severity": "error",
                  "message": "2026-11-21-071100-net_baseline is no longer as it was proven: down.sql was edited",
                  "notes": [],
                  "file": "plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql",
                  "line": 1,
                  "column": 1,
                  "changes": [],
                  "help": "put the files back, or prove and certify it anew by `autogen verify --record`"
                }
              ],
              "warnings": []
            }
            --- exit 1
        "#]],
    );
    host.says(
        "verify --certificates usb@head",
        expect![[r#"
            usb 2026-12-01-000000_more: unproven
            error[unproven]: 2026-12-01-000000_more has no certificate
            help: prove and certify it by `autogen verify --record`
            --- exit 1
        "#]],
    );
}

#[test]
fn what_somebody_wrote_can_be_certified() {
    let host = Host::with_baselines();
    host.revision("net", "2026-12-01-000000_more", "CREATE TABLE ports_more (id INTEGER);", "DROP TABLE ports_more;");
    host.says(
        "verify --record net@head",
        expect![[r#"
        net 2026-12-01-000000_more: proven, and certified
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        --- exit 0
    "#]],
    );
    expect![[r#"
        run_in_transaction = true

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]]
    .assert_eq(&host.same_everywhere(&host.read("plugins/net/migrations/2026-12-01-000000_more/metadata.toml")));
    assert_eq!(host.run("verify --certificates").code, 0);
    // What can't be proven gets no certificate.
    host.edit(&format!("{NET}/down.sql"), "DROP TABLE", "-- DROP TABLE");
    let run = host.run("verify --record --plugin net");
    assert!(run.code == 1 && !run.stdout.contains("baseline: proven"), "{}", run.transcript());
    assert!(host.done("show net@baseline").contains("stale: down.sql was edited"));
}
