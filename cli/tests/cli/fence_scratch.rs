//! Migrations that nobody has reviewed, replayed on scratch databases of a server: they reach nothing else there.

use autogen_test_servers::{MysqlDatabase, PostgresDatabase, mysql, postgres};

use crate::support::{Host, PORTS, Run};

const EVIL: &str = "2026-11-22-000000-net_evil";
/// What replays chains. Each is right to refuse.
const COMMANDS: [&str; 5] = ["check", "diff", "verify", "verify net@head", "--dry-run"];

/// What is under test is the scratch server, not the reading of migrations before that.
const TRUSTED: &str = "[plugin.net]\ntrust = true\n";

/// A host of one dialect whose plugin `net` has a chain.
fn host(dialect: &str, settings: &str) -> Host {
    let host = Host::of(&[
        ("autogen.toml", &format!("dialects = ['{dialect}']\n{settings}{TRUSTED}")),
        ("plugins/net/src/schema.rs", PORTS),
    ]);
    host.write(
        "plugins/net/migrations/2026-11-21-000000-net_base/up.sql",
        "CREATE TABLE ports (id integer NOT NULL PRIMARY KEY, speed integer);",
    );
    host.write("plugins/net/migrations/2026-11-21-000000-net_base/down.sql", "DROP TABLE ports;");
    host
}

fn run(host: &Host, arguments: &str, url: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

/// One answer of a PostgreSQL server.
fn asked(server: &PostgresDatabase, query: &str) -> String {
    let output = std::process::Command::new(autogen_test_servers::postgres_program("psql").expect("psql"))
        .args(["-XAt", "-d", &server.url(), "-c", query])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn on_postgres_a_revision_leaves_server_machine_and_other_databases_alone() {
    let (server, other) = (postgres(), postgres());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("touched");
    let role = format!("role_of_{}", server.name());
    let host = host("postgres", "");
    for (transaction, sql, says) in [
        (true, format!("CREATE ROLE {role};"), "permission denied to create role"),
        (true, format!("DO $$ BEGIN EXECUTE 'CREATE ROLE {role}'; END $$;"), "permission denied to create role"),
        (true, format!("COPY (SELECT 1) TO PROGRAM 'cat >{}';", file.display()), "must be superuser"),
        (true, format!("COPY (SELECT 1) TO '{}';", file.display()), "must be superuser"),
        (false, format!("DROP DATABASE \"{}\";", other.name()), "must be owner of database"),
        (false, "ALTER SYSTEM SET work_mem = '4MB';".to_owned(), "denied"),
        (true, format!("ALTER DATABASE \"{}\" SET work_mem = '4MB';", other.name()), "must be owner of database"),
        (true, "SET SESSION AUTHORIZATION autogen;".to_owned(), "permission denied"),
        (true, "SET ROLE autogen;".to_owned(), "permission denied"),
    ] {
        host.revision("net", EVIL, &sql, "SELECT 1;");
        host.write(
            &format!("plugins/net/migrations/{EVIL}/metadata.toml"),
            &format!("run_in_transaction = {transaction}\n"),
        );
        let found = run(&host, "check", &server.url());
        assert!(found.code == 2 && found.transcript().contains(says), "{sql}: {}", found.transcript());
        assert!(found.transcript().contains("`trust = true` under `[scratch]`"), "{sql}: {}", found.transcript());
    }
    for command in COMMANDS {
        assert_ne!(run(&host, command, &server.url()).code, 0, "{command}");
    }
    assert!(!file.exists());
    assert_eq!(asked(&server, &format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")), "0");
    assert_eq!(
        asked(
            &other,
            "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()"
        ),
        "0"
    );
}

#[test]
fn what_only_shows_replays_nothing() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, server) in [("sqlite", None), ("postgres", Some(postgres.url())), ("mysql", Some(mysql.url()))] {
        // Whoever replays anything asks a server that isn't there, or runs what no database knows.
        let gone = format!("[database]\nscratch = {{ {dialect} = '{dialect}://autogen@127.0.0.1:1/gone' }}\n");
        let host = host(dialect, if server.is_some() { &gone } else { "" });
        host.revision("net", EVIL, "SELECT known_to_no_database();", "SELECT 1;");
        host.sql("app.db", "CREATE TABLE nobodys (a)");
        let live = server.unwrap_or_else(|| host.path("app.db").display().to_string());
        for command in ["plugins", "heads", "history", "show net@head", "graph", "status"] {
            let shown = run(&host, command, &live);
            assert_ne!(shown.code, 2, "{dialect}: {command}: {}", shown.transcript());
        }
        for command in ["check", "diff --no-database", "verify"] {
            let replayed = run(&host, command, &live);
            let says = if dialect == "sqlite" { "known_to_no_database" } else { "no-server" };
            assert!(
                replayed.code != 0 && replayed.transcript().contains(says),
                "{dialect}: {command}: {}",
                replayed.transcript()
            );
        }
    }
}

#[test]
fn what_is_the_servers_business_is_no_hindrance() {
    let server = postgres();
    let host = host("postgres", "[scratch]\nextensions = ['pageinspect']\n");
    host.revision(
        "",
        "2026-11-20-000000-core_setup",
        "CREATE TABLE kept (id integer PRIMARY KEY);\nALTER TABLE kept OWNER TO autogen;\nCREATE EXTENSION pageinspect;\n\
         CREATE EXTENSION citext;\nCOMMENT ON EXTENSION plpgsql IS 'x';\nGRANT SELECT ON kept TO PUBLIC;\n",
        "DROP EXTENSION pageinspect;\nDROP EXTENSION citext;\nDROP TABLE kept;\n",
    );
    host.write("src/lib.rs", "diesel::table! { kept (id) { id -> Integer, } }");
    let found = run(&host, "verify", &server.url());
    assert_eq!(found.code, 0, "{}", found.transcript());
    assert_eq!(run(&host, "upgrade", &server.url()).code, 0);
    // What the live database has, its copy has too.
    host.write("autogen.toml", &format!("dialects = ['postgres']\n{TRUSTED}"));
    host.edit("plugins/net/src/schema.rs", "speed -> Nullable<Integer>", "speed -> Nullable<BigInt>");
    let written = run(&host, "--plugin net --allow all --dry-run", &server.url());
    assert_eq!(written.code, 0, "{}", written.transcript());
    let found = run(&host, "verify", &server.url());
    assert!(
        found.code == 1
            && found.transcript().contains("permission denied to create extension \"pageinspect\"")
            && found.transcript().contains("`extensions = [...]` under `[scratch]`"),
        "{}",
        found.transcript()
    );
}

#[test]
fn what_killed_runs_have_left_goes() {
    let server = postgres();
    let chance = std::process::id();
    let (role, name) = (format!("autogen_scratch_role_{chance}_7_7"), format!("autogen_scratch_{chance}_7_7"));
    server.execute(&format!("CREATE ROLE {role}"));
    server.execute(&format!("CREATE DATABASE {name} OWNER {role}"));
    let left = format!(
        "SELECT (SELECT count(*) FROM pg_roles WHERE rolname = '{role}') + (SELECT count(*) FROM pg_database WHERE datname = '{name}')"
    );
    assert_eq!(asked(&server, &left), "2");
    assert_eq!(run(&host("postgres", ""), "check", &server.url()).code, 1);
    assert_eq!(asked(&server, &left), "0");
}

#[test]
fn a_scratch_database_that_was_made_a_template_goes() {
    let server = postgres();
    let host = host("postgres", "");
    let template = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END $$;";
    host.revision("net", EVIL, template, "SELECT 1;");
    assert_ne!(run(&host, "check", &server.url()).code, 2);
    let left = "SELECT count(*) FROM pg_database WHERE datistemplate AND datname LIKE 'autogen_scratch%'";
    assert_eq!(asked(&server, left), "0");
}

#[test]
fn where_no_role_can_be_made_a_plugin_is_trusted_or_plain() {
    let server = postgres();
    let role = format!("plain_of_{}", server.name());
    server.execute(&format!("CREATE ROLE {role} LOGIN CREATEDB"));
    let url = server.url().replace("autogen@", &format!("{role}@"));
    let host = host("postgres", "");
    let plain = run(&host, "verify", &url);
    assert_eq!(plain.code, 0, "{}", plain.transcript());
    host.revision("net", EVIL, "DO $$ BEGIN EXECUTE 'ALTER ROLE CURRENT_USER SET work_mem = 64'; END $$;", "SELECT 1;");
    let set = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}' AND rolconfig IS NOT NULL");
    for command in COMMANDS {
        assert_ne!(run(&host, command, &url).code, 0, "{command}");
    }
    for command in ["check", "verify net@head"] {
        let found = run(&host, command, &url);
        assert!(found.transcript().contains("[untrusted-revision]"), "{command}: {}", found.transcript());
        assert!(found.transcript().contains("the role may not make roles (CREATEROLE)"), "{}", found.transcript());
    }
    assert_eq!(asked(&server, &set), "0");
    // The host's own chain is trusted, and so is everybody where the host says so.
    host.write("autogen.toml", &format!("dialects = ['postgres']\n[scratch]\ntrust = true\n{TRUSTED}"));
    let trusted = run(&host, "verify", &url);
    assert_eq!(trusted.code, 0, "{}", trusted.transcript());
    assert_eq!(asked(&server, &set), "1");
    server.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_schema_that_stands_for_a_database_takes_plain_revisions_only() {
    let server = postgres();
    let role = format!("guest_of_{}", server.name());
    server.execute(&format!("CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE \"{}\" TO {role}", server.name()));
    server.execute("CREATE TABLE kept (a integer); INSERT INTO kept VALUES (1)");
    server.execute(&format!("GRANT ALL ON kept TO {role}"));
    let url = server.url().replace("autogen@", &format!("{role}@"));
    let host = host("postgres", "");
    let plain = run(&host, "verify", &url);
    assert_eq!(plain.code, 0, "{}", plain.transcript());
    for sql in [
        "COMMIT; DELETE FROM public.kept;",
        "SELECT E'\\'; COMMIT; DELETE FROM public.kept; --';",
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; CALL p(); DELETE FROM kept;",
        "DO 'BEGIN EXECUTE ''DELETE FROM public'' || ''.kept''; END';",
    ] {
        host.revision("net", EVIL, sql, "SELECT 1;");
        for command in COMMANDS {
            let found = run(&host, command, &url);
            assert_ne!(found.code, 0, "{command}: {sql}");
        }
        assert_eq!(asked(&server, "SELECT count(*) FROM kept"), "1", "{sql}");
    }
    server.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn on_mariadb_a_revision_leaves_other_databases_alone() {
    let (server, other) = (mysql(), mysql());
    other.execute("CREATE TABLE t (a int)");
    other.execute("INSERT INTO t VALUES (1), (2)");
    let host = host("mysql", "");
    for (sql, says) in [
        (format!("DELETE FROM {}.t;", other.name()), "denied"),
        (format!("DROP DATABASE {};", other.name()), "denied"),
        (format!("/*!50000 DELETE FROM {}.t */;", other.name()), "denied"),
        (
            format!(
                "CREATE TRIGGER x BEFORE INSERT ON ports FOR EACH ROW DELETE FROM {}.t; INSERT INTO ports VALUES (1, 1);",
                other.name()
            ),
            "denied",
        ),
        ("CREATE USER evil@localhost;".to_owned(), "ccess denied"),
        ("SET GLOBAL general_log = 1;".to_owned(), "ccess denied"),
        // A prepared one would outlive the session, and keep the scratch database from being dropped.
        ("XA START 'x'; INSERT INTO ports VALUES (1, 1); XA END 'x'; XA PREPARE 'x';".to_owned(), "no XA transactions"),
        ("SELECT 1 INTO OUTFILE 'autogen_touched';".to_owned(), "ccess denied"),
    ] {
        host.revision("net", EVIL, &sql, "SELECT 1;");
        for command in COMMANDS {
            assert_ne!(run(&host, command, &server.url()).code, 0, "{command}: {sql}");
        }
        let found = run(&host, "check", &server.url());
        assert!(found.transcript().contains(says), "{sql}: {}", found.transcript());
        assert_eq!(other.rows("SELECT count(*) FROM t"), ["2"], "{sql}");
    }
    assert!(server.rows("SELECT User FROM mysql.user WHERE User = 'evil'").is_empty());
}

#[test]
fn on_mariadb_things_belong_to_whoever_replays_them() {
    let server = mysql();
    let host = host("mysql", "");
    host.revision(
        "net",
        EVIL,
        "CREATE DEFINER=`root`@`localhost` TRIGGER ports_seen BEFORE INSERT ON ports FOR EACH ROW SET NEW.speed = 1;",
        "DROP TRIGGER ports_seen;",
    );
    let found = run(&host, "verify", &server.url());
    assert_eq!(found.code, 0, "{}", found.transcript());
}

/// A user with rights on scratch databases only, who may give none.
fn plain_user(server: &MysqlDatabase) -> String {
    let user = format!("plain_{}", server.name());
    server.execute(&format!("CREATE USER {user}@localhost"));
    server.execute(&format!("GRANT ALL ON {}.* TO {user}@localhost", server.name()));
    server.execute(&format!("GRANT ALL ON `autogen\\_scratch\\_%`.* TO {user}@localhost"));
    server.url().replace("autogen@", &format!("{user}@"))
}

#[test]
fn where_no_user_can_be_made_a_plugin_is_trusted_or_plain() {
    let server = mysql();
    let url = plain_user(&server);
    server.execute("CREATE TABLE kept (a int)");
    server.execute("INSERT INTO kept VALUES (1)");
    let host = host("mysql", "");
    let plain = run(&host, "verify", &url);
    assert_eq!(plain.code, 0, "{}", plain.transcript());
    host.revision("net", EVIL, &format!("DELETE FROM {}.kept;", server.name()), "SELECT 1;");
    for command in COMMANDS {
        assert_ne!(run(&host, command, &url).code, 0, "{command}");
    }
    for command in ["check", "verify net@head"] {
        let found = run(&host, command, &url);
        assert!(found.transcript().contains("[untrusted-revision]"), "{command}: {}", found.transcript());
    }
    assert_eq!(server.rows("SELECT count(*) FROM kept"), ["1"]);
    host.revision("net", EVIL, "SET @x = 1;", "SELECT 1;");
    assert_eq!(run(&host, "verify", &url).code, 1);
    host.write("autogen.toml", &format!("dialects = ['mysql']\n[scratch]\ntrust = true\n{TRUSTED}"));
    let trusted = run(&host, "verify", &url);
    assert_eq!(trusted.code, 0, "{}", trusted.transcript());
    server.execute(&format!("DROP USER plain_{}@localhost", server.name()));
}

#[test]
fn a_statement_that_lifts_its_own_limit_is_ended() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, url, sql) in [
        ("postgres", postgres.url(), "SET statement_timeout = 0; SELECT pg_sleep(600);"),
        ("mysql", mysql.url(), "SET SESSION max_statement_time = 0; SELECT SLEEP(600);"),
    ] {
        let host = host(dialect, "[database]\nstatement_timeout = '300ms'\n");
        host.revision("net", EVIL, sql, "SELECT 1;");
        let started = std::time::Instant::now();
        let found = run(&host, "check", &url);
        assert!(found.code == 2 && found.transcript().contains("statement timeout"), "{}", found.transcript());
        assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    }
}

#[test]
fn who_only_looks_runs_nothing() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, url) in [("sqlite", String::new()), ("postgres", postgres.url()), ("mysql", mysql.url())] {
        let host = host(dialect, "");
        let url = if url.is_empty() { host.path("app.db").display().to_string() } else { url };
        assert_eq!(run(&host, "upgrade", &url).code, 0, "{dialect}");
        // Whoever runs this, stops.
        host.revision("net", EVIL, "SELECT no_such_function(1);", "SELECT no_such_function(2);");
        assert_eq!(run(&host, "check", &url).code, 2, "{dialect}");
        for command in ["plugins", "heads", "history", "show net@head", "graph", "status", "upgrade --sql"] {
            let found = run(&host, command, &url);
            assert_ne!(found.code, 2, "{dialect}: {command}: {}", found.transcript());
        }
    }
}
