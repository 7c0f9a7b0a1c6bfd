//! Roles that may only read are enough for `check`, `diff`, `drift` and `status`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use autogen_test_servers::{MysqlKind, mysql_on, postgres};

use crate::support::{Host, Run};

const BLOG: &str = "autogen::table! {
    #[check(\"karma >= 0\", name = \"ck_karma\")]
    users (id) {
        id -> Integer,
        #[max_length = 40]
        name -> Varchar,
        #[default = 0]
        karma -> Integer,
    }
}
autogen::table! {
    posts (id) {
        id -> Integer,
        #[references(users(id), on_delete = cascade)]
        author -> Integer,
    }
}
";

/// Who asks of a live database, and who made it.
struct Reader<'a> {
    host: &'a Host,
    dialect: &'a str,
    owner: String,
    reader: String,
}

impl Reader<'_> {
    fn as_owner(&self, arguments: &str) {
        let run = self.run(arguments, &self.owner);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
    }

    fn run(&self, arguments: &str, url: &str) -> Run {
        let mut command = self.host.command(arguments);
        let output = command.env("DATABASE_URL", url).env("SCRATCH_URL", &self.owner).output();
        self.host.output(output.expect("runs"))
    }

    /// What the reader is told.
    #[track_caller]
    fn told(&self, arguments: &str, code: i32, words: &[&str]) {
        let run = self.run(arguments, &self.reader);
        let said = run.transcript();
        assert_eq!(run.code, code, "{}: autogen {arguments}\n{said}", self.dialect);
        assert!(words.iter().all(|words| said.contains(words)), "{}: autogen {arguments}\n{said}", self.dialect);
    }

    /// Goes all the way on a server; `grant` lets the reader read, `alter` changes something by hand.
    fn is_enough(&self, grant: &dyn Fn(), alter: &dyn Fn()) {
        let Self { host, dialect, .. } = self;
        let settings = format!("dialects = ['{dialect}']\n");
        host.write("autogen.toml", &settings);
        host.write("src/schema.rs", BLOG);
        self.as_owner("");
        self.as_owner("upgrade");
        grant();
        // By what the ledger knows, without any scratch database.
        self.told("check", 0, &["in sync"]);
        self.told("diff", 0, &["core: in sync"]);
        self.told("drift", 0, &[]);
        self.told("status", 0, &["core  1 applied, 0 pending"]);
        host.edit("src/schema.rs", "karma -> Integer,", "karma -> Integer,\n        born -> Nullable<Date>,");
        self.told("check", 1, &["[models-ahead]", "+ users.born  Date"]);
        self.told("diff", 2, &["[can't-make-scratch]", &format!("`scratch.{dialect}` under `[database]`")]);
        // With scratch databases elsewhere.
        host.write("autogen.toml", &format!("{settings}[database]\nscratch = {{ {dialect} = 'env:SCRATCH_URL' }}\n"));
        self.told("check", 1, &["[models-ahead]", "+ users.born  Date"]);
        self.told("diff", 1, &["+ users.born  Date"]);
        host.write("src/schema.rs", BLOG);
        self.told("check", 0, &["in sync"]);
        alter();
        self.told("check", 1, &["[database-drifted]", "~ users.karma"]);
        self.told("diff", 2, &["[database-drifted]", "~ users.karma"]);
        self.told("drift", 1, &["~ users.karma"]);
        self.told("status", 0, &["core  1 applied, 0 pending"]);
    }
}

#[test]
fn a_role_that_may_only_read_is_enough_on_postgres() {
    for right in [
        "GRANT SELECT ON __diesel_schema_migrations, __autogen_ledger TO",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO",
        "GRANT pg_read_all_data TO",
    ] {
        let server = postgres();
        let role = format!("reader_of_{}", server.name());
        server.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'"));
        let host = Host::of(&[("src/schema.rs", BLOG)]);
        let reader =
            Reader { host: &host, dialect: "postgres", owner: server.url(), reader: server.tcp_url(&role, "x") };
        reader.is_enough(&|| server.execute(&format!("{right} {role}")), &|| {
            server.execute("ALTER TABLE users ALTER karma SET DEFAULT 5");
        });
        server.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}

#[test]
fn a_user_who_may_only_select_is_enough_on_mariadb_and_mysql() {
    for kind in MysqlKind::of_this_run() {
        let server = mysql_on(kind);
        let user = format!("'reader_of_{}'@'127.0.0.1'", server.name());
        server.execute(&format!("CREATE USER {user} IDENTIFIED BY 'x'"));
        let host = Host::of(&[("src/schema.rs", BLOG)]);
        let name = format!("reader_of_{}", server.name());
        let reader = Reader { host: &host, dialect: "mysql", owner: server.url(), reader: server.tcp_url(&name, "x") };
        let grant = |right: &str| server.execute(&format!("GRANT {right} ON {}.* TO {user}", server.name()));
        let alter = |default: usize| server.execute(&format!("ALTER TABLE users ALTER karma SET DEFAULT {default}"));
        reader.is_enough(&|| grant("SELECT"), &|| alter(5));
        alter(0);
        // A reader sees no triggers: nobody says that one is gone.
        host.revision(
            "",
            "2026-12-01-000000_karma",
            "CREATE TRIGGER starts BEFORE INSERT ON users FOR EACH ROW SET NEW.karma = 1;\n",
            "DROP TRIGGER starts;\n",
        );
        let owner = host.output(host.command("upgrade").env("DATABASE_URL", server.url()).output().expect("runs"));
        assert_eq!(owner.code, 0, "{}", owner.transcript());
        for command in ["check", "drift"] {
            reader.told(command, 0, &["in sync"]);
        }
        // Only what a view reads is hidden from a reader, and that is said where it counts.
        server.execute("CREATE VIEW names AS SELECT name FROM users");
        reader.told("check", 0, &["in sync"]);
        host.edit("src/schema.rs", "karma -> Integer,", "karma -> Integer,\n        born -> Nullable<Date>,");
        reader.told("diff", 2, &["[can't-copy]", "SHOW VIEW"]);
        grant("SHOW VIEW");
        reader.told("diff", 1, &["+ users.born  Date"]);
        server.execute(&format!("DROP USER {user}"));
    }
}

#[test]
fn a_file_that_may_not_be_written_is_enough_on_sqlite() {
    for mode in ["DELETE", "WAL"] {
        let host = Host::of(&[("src/schema.rs", BLOG)]);
        host.done("");
        fs::create_dir(host.path("live")).expect("a folder");
        let file = host.path("live/app.db");
        let url = file.to_str().expect("UTF-8").to_owned();
        let owner = host.output(host.command("upgrade").env("DATABASE_URL", &url).output().expect("runs"));
        assert_eq!(owner.code, 0, "{}", owner.transcript());
        host.sql("live/app.db", &format!("PRAGMA journal_mode = {mode}"));
        let permit = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("is ours");
        permit(&file, 0o444);
        permit(&host.path("live"), 0o555);
        permit(&host.path("."), 0o755);
        let ask = |arguments: &str| {
            let mut command = host.command(arguments);
            // Nothing keeps an administrator from writing.
            if fs::metadata(&file).expect("is there").uid() == 0 {
                command.uid(65_534).gid(65_534);
            }
            host.output(command.env("DATABASE_URL", &url).output().expect("runs"))
        };
        for (arguments, words) in
            [("check", "in sync"), ("diff", "in sync"), ("drift", ""), ("status", "1 applied, 0 pending")]
        {
            let run = ask(arguments);
            assert!(run.code == 0 && run.stdout.contains(words), "{mode}: {arguments}\n{}", run.transcript());
        }
        let run = ask("downgrade --allow all --plugin core base");
        assert!(run.code == 2 && run.stderr.contains("readonly database"), "{mode}\n{}", run.transcript());
        permit(&host.path("live"), 0o755);
    }
}
