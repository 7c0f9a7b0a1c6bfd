//! Tables of one name in several schemas of PostgreSQL, and what a database's own settings say of names.

use autogen_test_servers::{PostgresDatabase, postgres};

use crate::support::{Host, Run};

fn run(host: &Host, server: &PostgresDatabase, arguments: &str) -> Run {
    let output = host.command(arguments).env("DATABASE_URL", server.url()).output().expect("runs");
    host.output(output)
}

/// The values that a query gives, in their order.
fn values(server: &PostgresDatabase, query: &str) -> Vec<String> {
    let url = autogen_engine::database::DatabaseUrl::parse(&server.url()).expect("a URL");
    let mut database = autogen_engine::database::Database::open(&url, false).expect("a connection");
    let link: &mut dyn autogen_engine::history::Link = &mut database;
    link.rows(query, &[]).expect("rows").into_iter().flatten().flatten().collect()
}

/// Runs a command that has to succeed.
fn clean(host: &Host, server: &PostgresDatabase, arguments: &str) {
    let run = run(host, server, arguments);
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn tables_of_one_name_are_told_apart_by_their_schemas() {
    let audit = "
        pub mod Audit {
            diesel::table! { Audit.users (id) { id -> Integer, } }
            diesel::table! { Audit.posts (id) { id -> Integer, user_id -> Nullable<Integer>, author_id -> Nullable<Integer>, } }
            diesel::joinable!(posts -> users (user_id));
            diesel::joinable!(posts -> super::users (author_id));
        }
        autogen::table! { users { id -> Integer } }
        autogen::table! { r {
            id -> Integer,
            #[references(public.users(id))] a -> Nullable<Integer>,
            #[references(Audit.users(id))] b -> Nullable<Integer>,
            #[references(Audit::users(id))] c -> Nullable<Integer>,
            #[references(users(id))] d -> Nullable<Integer>,
        } }
        diesel::allow_tables_to_appear_in_same_query!(users, Audit::users, r);
    ";
    let pins = "[package]\nname = 'p'\n[package.metadata.autogen]\n\
                tables = ['public.users', 'Audit.users', 'Audit.posts', 'r', 'type.order']\n";
    let reserved = "\n// Words that SQL keeps for itself.\ndiesel::table! { r#type.order (id) { id -> Integer, } }\n";
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("migrations/0000-00-00-000000_setup/up.sql", "CREATE SCHEMA \"Audit\"; CREATE SCHEMA \"type\";"),
        ("plugins/p/Cargo.toml", pins),
        ("plugins/p/src/lib.rs", &format!("{audit}{reserved}")),
    ]);
    let server = postgres();
    clean(&host, &server, "upgrade");
    clean(&host, &server, "--plugin p");
    clean(&host, &server, "upgrade");
    clean(&host, &server, "check");
    let keys = values(
        &server,
        "SELECT k.conrelid::regclass || '.' || a.attname || ' ' || k.confrelid::regclass FROM pg_constraint k \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f' ORDER BY 1",
    );
    assert_eq!(
        keys,
        [
            "\"Audit\".posts.author_id users",
            "\"Audit\".posts.user_id \"Audit\".users",
            "r.a users",
            "r.b \"Audit\".users",
            "r.c \"Audit\".users",
            "r.d users"
        ]
    );
    for subject in ["p.users.id", "p.public.users.id", "p.Audit.users.id", "p.type.order"] {
        clean(&host, &server, &format!("explain {subject}"));
    }
}

#[test]
fn a_search_path_of_the_databases_own_holds_for_proofs() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("src/lib.rs", "autogen::table! { users { id -> Integer, #[default = \"it\"] name -> Text } }"),
    ]);
    let server = postgres();
    server.execute(&format!("CREATE SCHEMA \"App\"; ALTER DATABASE {} SET search_path = \"App\"", server.name()));
    clean(&host, &server, "--plugin core");
    clean(&host, &server, "upgrade");
    clean(&host, &server, "check");
    assert_eq!(values(&server, "SELECT '\"App\".users'::regclass::text"), ["users"]);
    host.write("src/lib.rs", "autogen::table! { users { id -> Integer, #[check(\"name < 'Z'\")] name -> Text } }");
    clean(&host, &server, "--plugin core --allow all");
    clean(&host, &server, "upgrade");
    clean(&host, &server, "check");
}

#[test]
fn a_schema_is_made_and_taken_back_where_nobody_else_has_made_it() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("plugins/audit/src/lib.rs", "autogen::table! { Log.events (id) { id -> Integer } }\n"),
        ("plugins/other/src/lib.rs", "autogen::table! { Log.others (id) { id -> Integer } }\n"),
    ]);
    let (fresh, made) = (postgres(), postgres());
    clean(&host, &fresh, "--no-database");
    let schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'Log'";
    made.execute("CREATE SCHEMA \"Log\"");
    for server in [&fresh, &made] {
        clean(&host, server, "upgrade");
        clean(&host, server, "check");
        clean(&host, server, "downgrade --plugin audit base --allow all");
        assert_eq!(values(server, schemas), ["Log"], "another plugin's table is in it");
        clean(&host, server, "downgrade --plugin other base --allow all");
        assert_eq!(values(server, schemas), ["Log"], "a plugin drops nothing that may be another's");
    }
    // A script says the same.
    clean(&host, &fresh, "upgrade");
    let script = run(&host, &fresh, "downgrade --plugin audit base --allow all --sql");
    std::fs::write(host.path("down.sql"), &script.stdout).expect("a file");
    let psql = std::process::Command::new("psql")
        .args([&fresh.url(), "-qXv", "ON_ERROR_STOP=1", "-f"])
        .arg(host.path("down.sql"))
        .status();
    assert!(psql.is_ok_and(|status| status.success()));
    assert_eq!(values(&fresh, schemas), ["Log"]);
    // The host's own may.
    for owner in ["audit", "other"] {
        std::fs::remove_dir_all(host.path(&format!("plugins/{owner}"))).expect("a plugin");
    }
    host.write("src/lib.rs", "autogen::table! { Log.events (id) { id -> Integer } }\n");
    for (server, left) in [(postgres(), [].as_slice()), (made, &["Log"])] {
        let is_new = host.folders("migrations").is_empty();
        if is_new {
            clean(&host, &server, "--no-database");
        }
        clean(&host, &server, "upgrade");
        clean(&host, &server, "downgrade --plugin core base --allow all");
        assert_eq!(values(&server, schemas), left);
    }
}
