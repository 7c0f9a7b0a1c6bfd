//! Reviews of branches: what is new against the base, and what the policy says to it.

use expect_test::expect;

use crate::formats::{is_valid, validator};
use crate::repository::{USB, branch, commit, git, with_column};
use crate::support::{Host, PORTS};

#[test]
fn what_a_branch_adds_is_shown() {
    let host = branch();
    host.says(
        "review",
        expect![[r#"
        compared with origin/main: nothing new
        --- exit 0
    "#]],
    );
    with_column(&host, "color -> Nullable<Text>", "color");
    host.edit(USB, "serial ->", "#[allow(drop_column)]\n        serial2 -> Nullable<Text>,\n        serial ->");
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow all -m more");
    // What isn't committed counts as well.
    host.says(
        "review",
        expect![[r#"
        usb: 2 new revisions
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          2026-11-21-071102-usb_more: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          + devices.color  Text
          + devices.serial2  Text
          at risk: drop-column: column devices.serial and its values are lost
        compared with origin/main: nothing stands against it
        --- exit 0
    "#]],
    );
    commit(&host);
    git(&host, "switch --quiet --detach");
    host.says(
        "review --plugin net",
        expect![[r#"
        compared with origin/main: nothing new
        --- exit 0
    "#]],
    );
    host.says(
        "review --format json --base main",
        expect![[r#"
            {
              "version": 1,
              "command": "review",
              "base": "main",
              "landed": 0,
              "plugins": [
                {
                  "plugin": "usb",
                  "dialect": "sqlite",
                  "revisions": [
                    {
                      "revision": "2026-11-21-071101-usb_color",
                      "folder": "plugins/usb/migrations/2026-11-21-071101-usb_color",
                      "proven": [
                        "on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again",
                        "nothing is lost but what the change itself destroys; no view, trigger or key breaks"
                      ]
                    },
                    {
                      "revision": "2026-11-21-071102-usb_more",
                      "folder": "plugins/usb/migrations/2026-11-21-071102-usb_more",
                      "proven": [
                        "on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again",
                        "nothing is lost but what the change itself destroys; no view, trigger or key breaks"
                      ]
                    }
                  ],
                  "changes": [
                    {
                      "kind": "drop-index",
                      "table": "devices",
                      "column": null,
                      "text": "- index ix_devices_serial on devices (serial)"
                    },
                    {
                      "kind": "drop-column",
                      "table": "devices",
                      "column": "serial",
                      "text": "- devices.serial  Text"
                    },
                    {
                      "kind": "add-column",
                      "table": "devices",
                      "column": "color",
                      "text": "+ devices.color  Text"
                    },
                    {
                      "kind": "add-column",
                      "table": "devices",
                      "column": "serial2",
                      "text": "+ devices.serial2  Text"
                    }
                  ],
                  "hazards": [
                    {
                      "name": "drop-column",
                      "detail": "column devices.serial and its values are lost",
                      "rows": null,
                      "allowed": null
                    }
                  ]
                }
              ],
              "left_out": [],
              "findings": [],
              "warnings": []
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn a_review_is_a_report_like_others() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "color");
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" INTEGER", "\"speed\" TEXT");
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    for command in ["review", "review --base nope", "verify --certificates", "verify --record"] {
        is_valid(&schema, &host.run(&format!("{command} --format json")).document(), command);
    }
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" TEXT", "\"speed\" BIGINT");
    host.says("review --format github", expect![[r#"
        ::error file=plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql,line=1,col=1,title=net%3A merged-revision-edited::2026-11-21-071100-net_baseline isn't what `origin/main` has: up.sql differs%0Ahelp: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]]);
    assert_eq!(host.run("review --format github,markdown=review.md").code, 1);
    assert!(host.read("review.md").starts_with("<!-- autogen review -->"));
    host.says("review --format markdown", expect![[r#"
        <!-- autogen review -->
        ### autogen review: 1 finding

        | what | result |
        |---|---|
        | usb | 1 change |
        | net | merged-revision-edited |

        #### usb

        ```diff
        + devices.color  Text
        ```

        Locks:

        * nobody else can write to the file while this runs

        ```mermaid
        flowchart LR
          t0["assets"]:::same
          t1["devices"]:::changed
          t1 --> t0
          classDef new stroke:#1a7f37,stroke-width:3px
          classDef gone stroke:#cf222e,stroke-dasharray:5
          classDef changed stroke:#9a6700,stroke-width:3px
          classDef same stroke:#888888
        ```

        <details><summary>Tables before and after</summary>

        ```diff
        --- a/devices
        +++ b/devices
        @@ -1,6 +1,7 @@
         CREATE TABLE "devices" (
             "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
             "asset_id" INTEGER NOT NULL REFERENCES "assets" ("id") ON DELETE CASCADE,
        -    "serial" TEXT
        +    "serial" TEXT,
        +    "color" TEXT
         );
         CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
        ```

        </details>

        <details><summary>SQL</summary>

        ```sql
        -- usb: color
        --
        -- Changes:
        --   + devices.color  Text
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: see metadata.toml.

        ALTER TABLE "devices" ADD COLUMN "color" TEXT;
        ```

        </details>

        #### net

        **error** `merged-revision-edited` in `plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql:1:1`: 2026-11-21-071100-net\_baseline isn't what `origin/main` has: up.sql differs

        Next: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]]);
}

#[test]
fn what_the_policy_is_against_is_told() {
    let host = branch();
    host.edit(USB, "    #[index(serial)]\n", "");
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.done("--plugin usb --allow all -m less");
    assert_eq!(host.run("review").code, 0);
    host.says(
        "review --deny",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_less: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[hazard-not-allowed]: nobody has allowed drop-column: column devices.serial and its values are lost
        help: if that is meant, allow it by `drop-column = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]],
    );
    // The branch can't allow it itself.
    let allowing = "[policy.plugin.usb]\nallow = { drop-column = true }\n";
    host.write("autogen.toml", allowing);
    assert_eq!(host.run("review --deny").code, 1);
    // The branch that it is to be merged into can, and that one's word counts then.
    git(&host, "stash --include-untracked");
    git(&host, "checkout --quiet main");
    host.write("autogen.toml", allowing);
    commit(&host);
    git(&host, "checkout --quiet -");
    git(&host, "stash pop");
    assert_eq!(host.run("review --deny --base main --format github,sarif=out.sarif").code, 0);
    assert!(host.read("out.sarif").contains("\"results\""));
}

#[test]
fn a_host_may_be_anywhere_in_the_repository() {
    let outer = Host::of(&[("README.md", ""), ("app/src/schema.rs", PORTS), ("app/plugins/.gitkeep", "")]);
    git(&outer, "init --quiet --initial-branch main");
    // The host is new.
    commit(&outer);
    outer.done("--root app");
    commit(&outer);
    outer.edit("app/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    outer.done("--root app");
    outer.says(
        "review --root app --base HEAD",
        expect![[r#"
        core: 1 new revision
          2026-11-21-071101-core_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + ports.duplex  Bool
          at risk: nothing
        compared with HEAD: nothing stands against it
        --- exit 0
    "#]],
    );
    outer.says(
        "review --root app --base HEAD~1",
        expect![[r#"
        core: 2 new revisions
          2026-11-21-071100-core_baseline: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            no view, trigger or key breaks
          2026-11-21-071101-core_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table ports  (id)
              id      Integer not null
              speed   Integer
              duplex  Bool
          at risk: nothing
        compared with HEAD~1: nothing stands against it
        --- exit 0
    "#]],
    );
}

#[test]
fn there_must_be_something_to_compare_with() {
    let host = Host::with_baselines();
    host.says("review", expect![[r#"
        --- stderr
        error[no-repository]: `.` lies in no git repository that can be read: Could not find a git repository in "[HOST]" or in any of its parents
        help: run it in a clone, not in an archive of the files
        --- exit 2
    "#]]);
    let host = branch();
    host.says(
        "review --base origin/next",
        expect![[r#"
        --- stderr
        error[no-such-commit]: this clone has no commit `origin/next`
        help: bring it here by `git fetch origin next` (in GitHub's checkout, by `fetch-depth: 0`), or name another
        --- exit 2
    "#]],
    );
    git(&host, "branch --delete --remotes origin/main");
    git(&host, "branch --delete main");
    host.says("review", expect![[r#"
        --- stderr
        error[no-such-commit]: this clone has no commit `origin/HEAD` or `origin/main` or `origin/master` or `main` or `master`
        help: bring it here by `git fetch` (in GitHub's checkout, by `fetch-depth: 0`), or name another
        --- exit 2
    "#]]);
    git(&host, "switch --quiet --orphan other");
    commit(&host);
    git(&host, "switch --quiet work");
    host.says(
        "review --base other",
        expect![[r#"
        --- stderr
        error[no-common-commit]: the branch and `other` have no commit in common
        help: name the branch that this one was made from
        --- exit 2
    "#]],
    );
    let clone = Host::of(&[]);
    git(&host, "switch --quiet other");
    commit(&host);
    git(&clone, &format!("clone --quiet --depth 1 --no-single-branch file://{} .", host.root().display()));
    git(&clone, "fetch --quiet --depth 1 origin work:work");
    git(&clone, "switch --quiet work");
    clone.says("review --base origin/other", expect![[r#"
        --- stderr
        error[no-common-commit]: the branch and `origin/other` have no commit in common
        help: this clone is shallow: bring the rest by `git fetch --unshallow` (in GitHub's checkout, by `fetch-depth: 0`)
        --- exit 2
    "#]]);
}
