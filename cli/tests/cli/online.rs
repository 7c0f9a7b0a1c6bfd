//! Changes of PostgreSQL's tables that are in use, as several revisions.

use std::process::Command;

use autogen_test_servers::{PostgresDatabase, postgres, postgres_program};
use expect_test::{Expect, expect};

use crate::support::{Host, Run};

const BEFORE: &str = r#"
autogen::table! { users (id) { #[auto_increment] id -> Integer, email -> Nullable<Text>, name -> Nullable<Text> } }
autogen::table! { #[index(title, name = "ix_title")] posts (id) { #[auto_increment] id -> Integer, user_id -> Integer, title -> Text } }
"#;

/// Rules of every kind over tables that are there.
const AFTER: &str = r#"
autogen::table! {
    #[check("length(name) > 0", name = "named")]
    users (id) {
        #[auto_increment] id -> Integer,
        #[unique] email -> Text,
        name -> Nullable<Text>,
        #[default = 0] posts -> Integer,
    }
}
autogen::table! {
    #[index(user_id, name = "ix_user")]
    posts (id) {
        #[auto_increment] id -> Integer,
        #[references(users(id), on_delete = cascade)] user_id -> Integer,
        title -> Text,
    }
}
"#;

const ROWS: &str = "INSERT INTO users (email, name) VALUES ('a', 'x'), ('b', NULL); \
                    INSERT INTO posts (user_id, title) VALUES (1, 't'), (2, 't')";

/// A host with rows in the tables of `BEFORE`, whose source says `AFTER` by now.
struct Served {
    host: Host,
    server: PostgresDatabase,
}

impl Served {
    fn with(policy: &str) -> Self {
        let config = format!("dialects = ['postgres']\n{policy}");
        let served =
            Self { host: Host::of(&[("autogen.toml", &config), ("src/schema.rs", BEFORE)]), server: postgres() };
        served.done("generate");
        served.done("upgrade");
        served.server.execute(ROWS);
        served.host.write("src/schema.rs", AFTER);
        served
    }

    fn run(&self, arguments: &str) -> Run {
        let mut command = self.host.command(arguments);
        self.host.output(command.env("DATABASE_URL", self.server.url()).output().expect("runs"))
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
        run.stdout
    }

    /// The schema in the words of PostgreSQL's own program.
    fn dump(&self) -> String {
        let program = postgres_program("pg_dump").expect("stands beside the server");
        let output = Command::new(program)
            .args(["--schema-only", "--no-owner", "--exclude-table=__*", "--dbname", &self.server.url()])
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Newer programs write a random word into every dump.
        text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
    }
}

#[track_caller]
fn says(text: &str, expected: Expect) {
    expected.assert_eq(text);
}

#[test]
fn tables_in_use_are_changed_in_turns() {
    let served = Served::with("[policy]\nonline = true\n");
    let start = served.dump();
    served.done("generate --allow new-unique,new-check,new-foreign-key,not-null");

    let mut written = String::new();
    for folder in served.host.folders("migrations").iter().skip(1) {
        let file = |name: &str| served.host.read(&format!("migrations/{folder}/{name}"));
        let sql = file("up.sql");
        let statements = sql.lines().filter(|line| !line.starts_with("--") && !line.is_empty());
        // What looks for rows in the way first is told by the stories.
        let statements = statements.filter(|line| line.starts_with("ALTER") || line.contains("INDEX"));
        let alone = if file("metadata.toml").contains("run_in_transaction = false") { ", alone" } else { "" };
        written.push_str(&format!("{}{alone}\n", folder.split_once("-core_").map_or("", |(_, title)| title)));
        statements.for_each(|line| written.push_str(&format!("    {line}\n")));
    }
    says(
        &written,
        expect![[r#"
            add_users_posts
                ALTER TABLE "users" ADD COLUMN "posts" integer NOT NULL DEFAULT 0;
                ALTER TABLE "posts" ADD CONSTRAINT "posts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE NOT VALID;
                ALTER TABLE "users" ADD CONSTRAINT "users_email_is_not_null" CHECK ("email" IS NOT NULL) NOT VALID;
                ALTER TABLE "users" ADD CONSTRAINT "named" CHECK (length(name) > 0) NOT VALID;
            index_posts, alone
                CREATE INDEX CONCURRENTLY "ix_user" ON "posts" ("user_id");
            make_users_unique_by_email, alone
                CREATE UNIQUE INDEX CONCURRENTLY "users_email_key" ON "users" ("email");
            settle_posts_user_id_fkey
                ALTER TABLE "posts" VALIDATE CONSTRAINT "posts_user_id_fkey";
                ALTER TABLE "users" VALIDATE CONSTRAINT "users_email_is_not_null";
                ALTER TABLE "users" VALIDATE CONSTRAINT "named";
            alter_users_email
                ALTER TABLE "users" ADD CONSTRAINT "users_email_key" UNIQUE USING INDEX "users_email_key";
                ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;
                ALTER TABLE "users" DROP CONSTRAINT "users_email_is_not_null";
            drop_an_index_of_posts, alone
                DROP INDEX CONCURRENTLY "ix_title";
        "#]],
    );

    served.done("upgrade");
    served.done("check");
    served.done("verify");
    let online = served.dump();
    served.done("downgrade --allow all --plugin core -6");
    assert_eq!(served.dump(), start);
    served.done("upgrade");

    let at_once = Served::with("");
    at_once.done("generate --allow new-unique,new-check,new-foreign-key,not-null,table-rewrite");
    at_once.done("upgrade");
    assert_eq!(at_once.host.folders("migrations").len(), 2);
    assert_eq!(online, at_once.dump());
}

#[test]
fn nobody_waits_for_a_table_that_is_new() {
    let served = Served::with("[policy]\nonline = true\n");
    served.host.write("src/schema.rs", BEFORE);
    served.host.write(
        "src/more.rs",
        "autogen::table! { #[index(user_id)] notes (id) { id -> Integer, #[references(users(id))] user_id -> Integer, } }",
    );
    served.done("generate");
    assert_eq!(served.host.folders("migrations").len(), 2);
    served.done("upgrade");
    served.done("check");
}

#[test]
fn rows_in_the_way_stop_the_turn_that_looks_at_them() {
    let served = Served::with("[policy]\nonline = true\n");
    served.done("generate --allow new-unique,new-check,new-foreign-key,not-null");
    served.server.execute("INSERT INTO users (email) VALUES (NULL), (NULL)");
    let run = served.run("upgrade");
    let stderr = run.stderr.lines().filter(|line| !line.starts_with("applying")).collect::<Vec<_>>().join("\n");
    says(
        &stderr,
        expect![[r#"
            error[rows-in-the-way]: core's 2026-11-21-071104-core_settle_posts_user_id_fkey stopped itself: users.email is NULL; rows: 2
              --> migrations/2026-11-21-071104-core_settle_posts_user_id_fkey/up.sql:28:1
               |
            28 | DO $$
               | ^^^^^ the database stopped at this statement
            help: nothing of it was applied; correct the rows, and run it again; this lists them: SELECT * FROM "users" WHERE "email" IS NULL

            note[done-before]: applied before it, and staying so: core's 2026-11-21-071101-core_add_users_posts, core's 2026-11-21-071102-core_index_posts, core's 2026-11-21-071103-core_make_users_unique_by_email
        "#]],
    );
    // New rows obey already.
    served.server.execute("UPDATE users SET email = id::text WHERE email IS NULL");
    served.done("upgrade");
    served.done("check");
}
