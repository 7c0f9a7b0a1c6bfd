//! Pebbles: no plugins, one chain, names of rules from several hands, and people who change the same tables at once.

use std::fs;

use autogen_engine::dialect::Dialect;

use super::Site;

const SOURCE: &str = "src/schema.rs";

fn site(dialect: Dialect) -> Site {
    let site = Site::of("pebbles", dialect);
    site.done("");
    site.done("upgrade");
    site.execute(
        "INSERT INTO workspaces (id, pseudonym, name, description, create_ts, expiry_ts) \
         VALUES ('w', 'ws', 'Course', '', '2026-01-01 00:00:00', '2027-01-01 00:00:00')",
    );
    site
}

/// A change by somebody, on top of what everybody has: its folder's name.
fn written(site: &Site, message: &str, old: &str, new: &str) -> String {
    let before = site.host.folders("migrations");
    site.host.edit(SOURCE, old, new);
    site.done(&format!("--plugin core --allow all -m {message}"));
    let new: Vec<_> = site.host.folders("migrations").into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    new.into_iter().next().expect("one")
}

fn a_chain_is_kept_by_several_people(dialect: Dialect) {
    let site = site(dialect);
    // Tables and columns get better names, and their rows stay.
    site.host.edit(SOURCE, "    workspaces (id) {", "    #[renamed_from(workspaces)]\n    courses (id) {");
    let source = site.host.read(SOURCE).replace("references(workspaces(id)", "references(courses(id)");
    site.host.write(SOURCE, &source);
    let renamed = written(&site, "courses", "description -> ", "#[renamed_from(description)] about -> ");
    site.done("upgrade");
    assert_eq!(site.rows("SELECT name FROM courses"), ["Course"]);
    let history = site.done("history");
    assert!(history.starts_with(&renamed) && history.lines().count() == 2, "{history}");
    // The attributes have done their work, and are no difference any more.
    let source =
        site.host.read(SOURCE).replace("#[renamed_from(workspaces)]", "").replace("#[renamed_from(description)] ", "");
    site.host.write(SOURCE, &source);
    site.done("check");

    // A way back to a revision by its name, and forward.
    let baseline = site.host.folders("migrations").remove(0);
    site.done(&format!("downgrade --allow all --plugin core {baseline}"));
    assert_eq!(site.rows("SELECT name FROM workspaces"), ["Course"]);
    site.done("upgrade");
    // Somebody has done it by hand elsewhere: marked, after a comparison.
    site.execute("DELETE FROM __diesel_schema_migrations");
    site.done("stamp head");
    site.done("check");

    // Two pull requests, each right by itself.
    let source = site.host.read(SOURCE);
    let theirs =
        written(&site, "theirs", "    courses (id) {", "    courses (id) {\n        theirs -> Nullable<Integer>,");
    let aside = site.host.path("theirs");
    fs::rename(site.host.path(&format!("migrations/{theirs}")), &aside).expect("moved");
    site.host.write(SOURCE, &source);
    written(&site, "mine", "    courses (id) {", "    courses (id) {\n        mine -> Nullable<Integer>,");
    let theirs = theirs.replacen("-0711", "-0712", 1);
    fs::rename(aside, site.host.path(&format!("migrations/{theirs}"))).expect("moved");
    site.host.edit(SOURCE, "    courses (id) {", "    courses (id) {\n        theirs -> Nullable<Integer>,");
    let run = site.run("check");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stdout.contains("core's chain has 2 heads") && run.stdout.contains(&theirs), "{}", run.transcript());
    assert!(run.stdout.contains("they may be applied in either order"), "{}", run.transcript());
    site.done("rebase theirs");
    site.done("upgrade");
    site.done("check");

    // The schema is deployed before the code: a program that knows less names what it doesn't know, and runs.
    let latest = site.host.folders("migrations").pop().expect("a revision");
    fs::remove_dir_all(site.host.path(&format!("migrations/{latest}"))).expect("removed");
    assert!(site.run("status").stdout.contains("applied, but in no chain"));
    assert_eq!(site.done("upgrade"), "nothing to apply\n");
}

#[test]
fn a_chain_is_kept_by_several_people_on_postgresql() {
    a_chain_is_kept_by_several_people(Dialect::Postgres);
}

#[test]
fn a_chain_is_kept_by_several_people_on_sqlite() {
    a_chain_is_kept_by_several_people(Dialect::Sqlite);
}

/// Half of the rules bear the names of a convention that the other half has never heard of, and that the definitions
/// don't state.
#[test]
fn rules_that_are_called_something_else_are_no_difference() {
    let site = site(Dialect::Postgres);
    let (mut up, mut down) = (String::new(), String::new());
    for (table, old, new) in [
        ("workspaces", "workspaces_pkey", "pk_environments"),
        ("application_sessions", "application_sessions_user_id_fkey", "fk_environment_sessions_user_id_users"),
        ("users", "users_ext_id_key", "uq_users_ext_id"),
    ] {
        up += &format!("ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new};\n");
        down += &format!("ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old};\n");
    }
    site.host.revision("", "2026-11-22-000000_conventions", &up, &down);
    site.done("upgrade");
    site.done("check");
    assert_eq!(site.done("--plugin core"), "core: in sync\n");
    // Whoever drops one says its real name.
    site.host.edit(SOURCE, "#[references(users(id))] #[max_length = 32] user_id", "#[max_length = 32] user_id");
    site.done("--plugin core");
    let up = site.host.read(&format!("migrations/{}/up.sql", site.host.folders("migrations")[2]));
    assert!(up.contains("DROP CONSTRAINT \"fk_environment_sessions_user_id_users\""), "{up}");
    site.done("upgrade");
    site.done("check");
}
