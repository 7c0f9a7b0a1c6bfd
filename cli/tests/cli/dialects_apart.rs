//! Hosts with several dialects of which one is missing: no server, no chain yet, no place to write to.

use std::fs;
use std::process::Command;

use expect_test::expect;

use crate::dialects::{ADDED, BOTH, Both, USB, add_a_note};

#[test]
fn a_dialect_without_a_server_is_left_out_and_written_later() {
    let both = Both::with_baselines();
    for command in ["init -q -b main", "add -A", "-c user.name=a -c user.email=a@b commit -q -m a"] {
        let done = Command::new("git").args(command.split(' ')).current_dir(both.host.root()).status();
        assert!(done.expect("git starts").success(), "{command}");
    }
    add_a_note(&both.host);
    // Not through `both`: no server is known.
    both.host.says("--plugin usb", expect![[r#"
        usb (sqlite): add devices.note
          + devices.note  Text
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/sqlite/2026-11-21-071101-usb_add_devices_note/{up.sql,down.sql,metadata.toml}
        --- stderr
        warning[dialect-left-out]: nothing is written, checked or proven for postgres: no server is known on which that could be done
        help: state one by `scratch.postgres` under `[database]` in autogen.toml; a later run that has it writes what is missing, under the same version
        --- exit 0
    "#]]);
    assert_eq!(both.apart(USB).1, ["2026-11-21-071100-usb_baseline"]);
    both.host.says("check", expect![[r#"
        usb (postgres): `plugins/usb/migrations/sqlite/2026-11-21-071101-usb_add_devices_note` has no part for postgres [dialects-out-of-step]
          help: run `autogen` where a server for postgres is: it writes that part, and proves it
        --- stderr
        warning[dialect-left-out]: nothing is written, checked or proven for postgres: no server is known on which that could be done
        help: state one by `scratch.postgres` under `[database]` in autogen.toml; a later run that has it writes what is missing, under the same version
        --- exit 1
    "#]]);
    both.says("check", expect![[r#"
        usb (postgres): the models are ahead of the chain [models-ahead]
          + devices.note  Text
         --> plugins/usb/src/schema.rs:9:9
          |
        9 |         note -> Nullable<Text>,
          |         ^^^^
          help: run `autogen` to write the next revision
        usb (postgres): `plugins/usb/migrations/sqlite/2026-11-21-071101-usb_add_devices_note` has no part for postgres [dialects-out-of-step]
          help: run `autogen` where a server for postgres is: it writes that part, and proves it
        --- exit 1
    "#]]);
    let review = both.run("review --base main");
    assert_eq!(review.code, 1, "{}", review.stdout);
    assert!(
        review.stdout.contains(&format!("migrations/sqlite/{ADDED}` has no part for postgres")),
        "{}",
        review.stdout
    );
    both.says("--plugin usb", expect![[r#"
        usb (postgres): add devices.note
          + devices.note  Text
          at risk: nothing
          proven: on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/postgres/2026-11-21-071101-usb_add_devices_note/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    assert_eq!(both.revisions(USB), ["2026-11-21-071100-usb_baseline", ADDED]);
    both.done("check");
}

#[test]
fn a_missing_server_is_trouble_where_proofs_are_required() {
    let both = Both::with_baselines();
    add_a_note(&both.host);
    let before = both.host.files();
    let refusal = expect![[r#"
        --- stderr
        error[no-scratch-server]: scratch databases of PostgreSQL are made on a server, and none is known
        help: state one by `scratch.postgres` under `[database]` in autogen.toml, or give `--database-url`
        --- exit 2
    "#]];
    refusal.assert_eq(&both.host.run("--require-verify").transcript());
    let in_ci = |arguments: &str| both.host.command(arguments).env("CI", "true").output().expect("runs");
    refusal.assert_eq(&both.host.output(in_ci("")).transcript());
    refusal.assert_eq(&both.host.output(in_ci("check")).transcript());
    refusal.assert_eq(&both.host.run("--dialect postgres").transcript());
    assert_eq!(both.host.files(), before);
}

#[test]
fn a_chain_of_one_dialect_is_moved_when_another_joins() {
    let both = Both::small();
    fs::remove_file(both.host.path("autogen.toml")).expect("removed");
    both.done("");
    both.host.write("autogen.toml", BOTH);
    both.says("", expect![[r#"
        --- stderr
        error[migrations-not-per-dialect]: `migrations/2026-11-21-071100-core_baseline` lies in no dialect's folder, but autogen.toml states several dialects
        help: move the migrations of `core` to `migrations/sqlite`, or to whichever dialect they are for

        error[migrations-not-per-dialect]: `plugins/usb/migrations/2026-11-21-071100-usb_baseline` lies in no dialect's folder, but autogen.toml states several dialects
        help: move the migrations of `usb` to `plugins/usb/migrations/sqlite`, or to whichever dialect they are for
        --- exit 2
    "#]]);
    for folder in ["migrations", "plugins/usb/migrations"] {
        let (old, new) = (both.host.path(folder), both.host.path(&format!("{folder}/sqlite")));
        fs::rename(&old, both.host.path("moved")).expect("moved");
        fs::create_dir(&old).expect("made");
        fs::rename(both.host.path("moved"), new).expect("moved");
    }
    both.says("check", expect![[r#"
        core (postgres): the models are ahead of the chain [models-ahead]
          + table assets  (id)
              id   Integer not null auto increment
              tag  Text not null
         --> src/schema.rs:2:5
          |
        2 |     assets (id) {
          |     ^^^^^^
          help: run `autogen` to write the next revision
        core (postgres): `migrations/sqlite/2026-11-21-071100-core_baseline` has no part for postgres [dialects-out-of-step]
          help: run `autogen` where a server for postgres is: it writes that part, and proves it
        usb (postgres): the models are ahead of the chain [models-ahead]
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key devices_asset_id_fkey on devices (asset_id) -> assets (id) on delete cascade
         --> plugins/usb/src/schema.rs:3:5
          |
        3 |     devices (id) {
          |     ^^^^^^^
          help: run `autogen` to write the next revision
        usb (postgres): `plugins/usb/migrations/sqlite/2026-11-21-071100-usb_baseline` has no part for postgres [dialects-out-of-step]
          help: run `autogen` where a server for postgres is: it writes that part, and proves it
        --- exit 1
    "#]]);
    both.says("", expect![[r#"
        core (postgres): baseline
          + table assets  (id)
              id   Integer not null auto increment
              tag  Text not null
          at risk: nothing
          proven: on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/postgres/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        usb (postgres): baseline
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key devices_asset_id_fkey on devices (asset_id) -> assets (id) on delete cascade
          at risk: nothing
          proven: on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/postgres/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    assert_eq!(both.revisions(USB), ["2026-11-21-071100-usb_baseline"]);
    both.done("check");
}

#[test]
fn all_parts_are_written_or_none() {
    let both = Both::with_baselines();
    add_a_note(&both.host);
    let folder = both.host.path("plugins/usb/migrations/postgres");
    fs::remove_dir_all(&folder).expect("removed");
    fs::write(&folder, "in the way").expect("written");
    let before = both.host.files();
    let run = both.run("--plugin usb");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert_eq!(both.host.files(), before);
}
