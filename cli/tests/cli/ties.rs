//! Owners that hang together: keys in both directions, tables that change hands, names that go.

use expect_test::expect;

use crate::support::Host;

/// Two plugins whose tables point at each other.
fn mutual() -> Host {
    Host::of(&[
        (
            "plugins/teams/src/schema.rs",
            "autogen::table! { teams (id) { id -> Integer, #[references(users(id))] captain_id -> Nullable<Integer>, } }\n",
        ),
        (
            "plugins/users/src/schema.rs",
            "autogen::table! { users (id) { id -> Integer, #[references(teams(id), on_delete = cascade)] team_id -> Nullable<Integer>, } }\n",
        ),
    ])
}

#[test]
fn keys_that_close_a_circle_come_in_a_second_revision() {
    let host = mutual();
    host.says("--plugin teams --plugin users", expect![[r#"
        teams: baseline
          + table teams  (id)
              id          Integer not null
              captain_id  Integer
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote plugins/teams/migrations/2026-11-21-071100-teams_baseline/{up.sql,down.sql,metadata.toml}
        users: baseline
          + table users  (id)
              id       Integer not null
              team_id  Integer
              foreign key on users (team_id) -> teams (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/users/migrations/2026-11-21-071100-users_baseline/{up.sql,down.sql,metadata.toml}
        teams: point teams at users
          + foreign key on teams (captain_id) -> users (id)
          at risk: new-foreign-key: rows of teams whose (captain_id) points at no row of users stop the migration; allowed: the table is made in the same run
          at risk: rebuild: every row of teams is copied while nobody else can write; allowed: the table is made in the same run
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/teams/migrations/2026-11-21-071101-teams_point_teams_at_users/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.says(
        "history -q",
        expect![[r#"
            2026-11-21-071101-teams_point_teams_at_users  teams  (head)
            2026-11-21-071100-users_baseline              users  (base, head)
            2026-11-21-071100-teams_baseline              teams  (base)
            --- exit 0
        "#]],
    );
    host.done("check");
    host.done("verify");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    assert!(host.schema("app.db").iter().any(|line| line.contains("table teams") && line.contains("\"users\"")));
    host.says(
        "downgrade --allow all --plugin teams base --database-url app.db",
        expect![[r#"
            --- stderr
            error[has-dependents]: applied revisions need what would be reverted: users' 2026-11-21-071100-users_baseline
            help: revert those first; `autogen downgrade --cascade` takes them along
            --- exit 2
        "#]],
    );
    host.done("downgrade --allow all --plugin teams base --cascade --database-url app.db");
    assert_eq!(host.applied("app.db"), Vec::<String>::new());
}

#[test]
fn one_alone_is_told_of_the_other() {
    mutual().says("--plugin users", expect![[r#"
        --- stderr
        error[missing-parent]: users of users references teams, which is not there yet
         --> plugins/users/src/schema.rs:1:49
          |
        1 | autogen::table! { users (id) { id -> Integer, #[references(teams(id), on_delete = cascade)] team_id -> Nullable<Integer>, } }
          |                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ referenced here
        note: teams of teams references users of users
        note: users of users references teams of teams
        help: they point at each other, so write them together, which takes a second revision for the keys that close the circle: `autogen --plugin teams --plugin users`
        --- exit 2
    "#]]);
}

/// The table of CTFd's plugin for dynamic challenges, which the core's first migration made and whose model
/// has long been the plugin's.
fn ctfd() -> Host {
    let host = Host::of(&[
        (
            "src/schema.rs",
            "autogen::table! { challenges (id) { #[auto_increment] id -> Integer, #[max_length = 80] name -> Nullable<Varchar>, } }\n",
        ),
        (
            "plugins/dynamic_challenges/src/schema.rs",
            &format!(
                "autogen::table! {{\n    #[moved_from(core)]\n    dynamic_challenge (id) {{\n        \
                 #[references(challenges(id), on_delete = cascade)]\n        id -> Integer,\n{RENAMED}\n        \
                 #[max_length = 32]\n        dynamic_function -> Nullable<Varchar>,\n    }}\n}}\n"
            ),
        ),
    ]);
    host.revision(
        "",
        "2020-01-01-000000_initial_revision",
        "CREATE TABLE challenges (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR(80));\n\
         CREATE TABLE dynamic_challenge (\n    id INTEGER NOT NULL, initial INTEGER, minimum INTEGER, decay INTEGER,\n    \
         PRIMARY KEY (id), FOREIGN KEY (id) REFERENCES challenges (id)\n);\n",
        "DROP TABLE dynamic_challenge;\nDROP TABLE challenges;\n",
    );
    host.done("upgrade --database-url app.db");
    host.sql(
        "app.db",
        "INSERT INTO challenges VALUES (1, 'one'); INSERT INTO dynamic_challenge VALUES (1, 500, 100, 20)",
    );
    host
}

const RENAMED: &str = "        #[renamed_from(initial)]\n        dynamic_initial -> Nullable<Integer>,\n        \
                       #[renamed_from(minimum)]\n        dynamic_minimum -> Nullable<Integer>,\n        \
                       #[renamed_from(decay)]\n        dynamic_decay -> Nullable<Integer>,";

#[test]
fn a_table_of_the_core_becomes_a_plugins_and_keeps_its_rows() {
    let host = ctfd();
    host.says(
        "diff --plugin core",
        expect![[r#"
        core: 1 change
          > dynamic_challenge goes to dynamic_challenges
        --- exit 1
    "#]],
    );
    host.says("--plugin dynamic_challenges -m take_over --allow all", expect![[r#"
        --- stderr
        error[table-not-given]: `dynamic_challenges` takes over the table `dynamic_challenge`, which `core` hasn't given away
         --> plugins/dynamic_challenges/src/schema.rs:3:5
          |
        3 |     dynamic_challenge (id) {
          |     ^^^^^^^^^^^^^^^^^ defined here
        help: write the revisions of both, so that `core` gives it: `autogen --plugin core --plugin dynamic_challenges`; or let the host say so by `may_alter = ["dynamic_challenge"]` under `[plugin.dynamic_challenges]` in autogen.toml
        --- exit 2
    "#]]);
    host.says("--plugin core --plugin dynamic_challenges -m take_over --allow all", expect![[r#"
        core: give away dynamic_challenge
          > dynamic_challenge goes to dynamic_challenges
          wrote migrations/2026-11-21-071100-core_give_away_dynamic_challenge/{up.sql,down.sql,metadata.toml}
        dynamic_challenges: take_over
          > dynamic_challenge.initial -> dynamic_initial
          > dynamic_challenge.minimum -> dynamic_minimum
          > dynamic_challenge.decay -> dynamic_decay
          - foreign key on dynamic_challenge (id) -> challenges (id)
          + dynamic_challenge.dynamic_function  Varchar(32)
          + foreign key on dynamic_challenge (id) -> challenges (id) on delete cascade
          > dynamic_challenge comes from core
          at risk: rebuild: every row of dynamic_challenge is copied while nobody else can write
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/dynamic_challenges/migrations/2026-11-21-071100-dynamic-challenges_take_over/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    let folder = "plugins/dynamic_challenges/migrations/2026-11-21-071100-dynamic-challenges_take_over";
    expect![[r#"
        run_in_transaction = false

        [autogen]
        plugin = "dynamic_challenges"
        revises = []
        depends_on = ["20261121071100core"]
        takes = ["dynamic_challenge"]
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = false
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]].assert_eq(&host.same_everywhere(&host.read(&format!("{folder}/metadata.toml"))));
    // Both chains make it from nothing, and the database that is there keeps what it has.
    host.done("check");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    let rows =
        "SELECT dynamic_initial || ' ' || dynamic_minimum || ' ' || dynamic_decay AS value FROM dynamic_challenge";
    assert_eq!(host.values("app.db", rows), ["500 100 20"]);
    host.done("upgrade --database-url new.db");
    host.done("check --database-url new.db");
    assert_eq!(host.done("--plugin dynamic_challenges"), "dynamic_challenges: in sync\n");
    host.done("downgrade --allow all --plugin dynamic_challenges base --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT initial || ' ' || decay AS value FROM dynamic_challenge"), ["500 20"]);
}

#[test]
fn a_table_may_change_hands_as_it_is() {
    let host = Host::with_baselines();
    let ports = host.read("plugins/net/src/schema.rs");
    host.write("plugins/net/src/schema.rs", "");
    host.write("plugins/usb/src/ports.rs", &ports.replace("    ports (", "    #[moved_from(net)]\n    ports ("));
    host.says(
        "--plugin core --plugin net --plugin usb",
        expect![[r#"
            net: give away ports
              > ports goes to usb
              wrote plugins/net/migrations/2026-11-21-071101-net_give_away_ports/{up.sql,down.sql,metadata.toml}
            core: in sync
            usb: take over ports
              > ports comes from net
              wrote plugins/usb/migrations/2026-11-21-071102-usb_take_over_ports/{up.sql,down.sql,metadata.toml}
            --- exit 0
        "#]],
    );
    host.done("check");
    host.says(
        "plugins --plugin usb",
        expect![[r#"
        usb  plugins/usb  2 tables, 2 revisions
          devices
          ports
        --- exit 0
    "#]],
    );
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    // From here on it is like any other table of its owner.
    host.edit("plugins/usb/src/ports.rs", "    #[moved_from(net)]\n", "");
    host.edit(
        "plugins/usb/src/ports.rs",
        "speed -> Nullable<Integer>,",
        "speed -> Nullable<Integer>, name -> Nullable<Text>,",
    );
    host.says(
        "diff",
        expect![[r#"
        core: in sync
        net: in sync
        usb: 1 change
          + ports.name  Text
          at risk: nothing
        --- exit 1
    "#]],
    );
}

#[test]
fn nobody_takes_a_table_without_saying_so() {
    let host = Host::with_baselines();
    let ports = host.read("plugins/net/src/schema.rs");
    host.write("plugins/net/src/schema.rs", "");
    host.write("plugins/usb/src/ports.rs", &ports);
    host.says("--plugin usb", expect![[r#"
        --- stderr
        error[table-of-another-chain]: `usb` defines table `ports`, which the chain of `net` has made
         --> plugins/usb/src/ports.rs:2:5
          |
        2 |     ports (id) {
          |     ^^^^^ defined here
        help: if it is to belong to `usb` from now on, write `#[moved_from(net)]` on it; else leave its definition to `net`
        --- exit 2
    "#]]);
}

#[test]
fn a_rename_comes_after_whoever_speaks_of_the_old_name() {
    let host = Host::with_baselines();
    host.write(
        "src/schema.rs",
        &crate::support::ASSETS.replace("    assets (", "    #[renamed_from(assets)]\n    things ("),
    );
    host.edit("plugins/usb/src/schema.rs", "assets(id)", "things(id)");
    host.done("--plugin core -m rename --allow all");
    expect![[r#"
        run_in_transaction = true

        [autogen]
        plugin = "core"
        revises = ["20261121071100core"]
        depends_on = []
        after = ["20261121071100usb"]
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]]
        .assert_eq(&host.same_everywhere(&host.read("migrations/2026-11-21-071101-core_rename/metadata.toml")));
    host.done("check");
}

#[test]
fn a_table_that_is_made_anew_later_needs_the_rename_of_what_it_points_at() {
    let kids = |parent: &str, n: &str| {
        format!("autogen::table! {{ kids {{ id -> Integer, #[references({parent})] p -> Integer, n -> {n} }} }}\n")
    };
    let host = Host::of(&[
        ("plugins/p/src/schema.rs", "autogen::table! { parents { id -> Integer } }\n"),
        ("plugins/q/src/schema.rs", &kids("parents", "Nullable<Integer>")),
    ]);
    host.done("-m base");
    host.done("upgrade --database-url app.db");
    host.write("plugins/p/src/schema.rs", "autogen::table! { #[renamed_from(parents)] folks { id -> Integer } }\n");
    host.write("plugins/q/src/schema.rs", &kids("folks", "Nullable<Integer>"));
    host.done("-m renamed");
    host.write("plugins/q/src/schema.rs", &kids("folks", "Integer"));
    host.done("-m required --allow all");
    // Of the plugin alone, the rename comes along.
    host.done("upgrade q@head --database-url app.db");
    host.done("check --database-url app.db");
    // What it stands on already isn't said again.
    host.write("plugins/q/src/schema.rs", &kids("folks", "Nullable<Integer>"));
    host.done("-m optional --allow all");
    let folder = host.folders("plugins/q/migrations").pop().expect("a revision");
    assert!(host.read(&format!("plugins/q/migrations/{folder}/metadata.toml")).contains("depends_on = []"));
}
