//! Places of chains and databases: what lies between two of them, and what one of them has.

use std::process::{Command, Stdio};

use autogen_test_servers::{MysqlKind, client, mysql_on, postgres, postgres_program};
use expect_test::expect;

use crate::scripts::through;
use crate::support::Host;

/// Tables with what a dump can stumble over: keys both ways, words that are reserved, rules of all kinds.
const ODD: &str = "autogen::table! {
    #[check(\"price >= 0\", name = \"ck_price\")]
    #[index(name, desc(price))]
    #[sql_name = \"order\"]
    orders (id) {
        #[auto_increment]
        id -> Integer,
        #[max_length = 40]
        #[unique]
        name -> Varchar,
        #[default = 1]
        price -> Integer,
        #[references(groups(id), on_delete = set_null)]
        group_id -> Nullable<Integer>,
    }
}
autogen::table! {
    groups (id) {
        id -> Integer,
        #[references(orders(id))]
        first_id -> Nullable<Integer>,
    }
}
";

#[test]
fn two_places_of_a_chain() {
    let host = Host::with_baselines();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.says(
        "diff net@base..net@head",
        expect![[r#"
        net@base to net@head: 1 change
          + table ports  (id)
              id      Integer not null
              speed   Integer
              duplex  Bool
          at risk: nothing
          SQL:
            CREATE TABLE "ports" (
                "id" INTEGER NOT NULL PRIMARY KEY,
                "speed" INTEGER,
                "duplex" BOOLEAN
            );
        --- exit 1
    "#]],
    );
    host.says(
        "diff net@head-1..net@head",
        expect![[r#"
        net@head-1 to net@head: 1 change
          + ports.duplex  Bool
          at risk: nothing
          SQL:
            ALTER TABLE "ports" ADD COLUMN "duplex" BOOLEAN;
        --- exit 1
    "#]],
    );
    host.says(
        "diff net@head..net@head-1 --format sql",
        expect![[r#"
        ALTER TABLE "ports" DROP COLUMN "duplex";
        --- exit 1
    "#]],
    );
    host.says(
        "diff net@head..net@head",
        expect![[r#"
        net@head to net@head: no difference
        --- exit 0
    "#]],
    );
    host.says(
        "diff net@head-1.. --plugin net --format unified",
        expect![[r#"
        --- a/ports
        +++ b/ports
        @@ -1,4 +1,5 @@
         CREATE TABLE "ports" (
             "id" INTEGER NOT NULL PRIMARY KEY,
        -    "speed" INTEGER
        +    "speed" INTEGER,
        +    "duplex" BOOLEAN
         );
        --- exit 1
    "#]],
    );
    let document = host.run("diff net@head-1..net@head --format json").document();
    assert_eq!(document["changes"][0]["column"], "duplex");
    assert_eq!(document["up"], "ALTER TABLE \"ports\" ADD COLUMN \"duplex\" BOOLEAN;\n");
    host.says(
        "diff net@head",
        expect![[r#"
        --- stderr
        error[bad-target]: `net@head` names one place, and a comparison has two
        help: write FROM..TO; a place is a revision, `base`, `head`, `usb@head-1`, or a database's URL
        --- exit 2
    "#]],
    );
    host.says(
        "diff nothing..net@head",
        expect![[r#"
        --- stderr
        error[no-such-revision]: there is no revision `nothing`
        help: a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them
        --- exit 2
    "#]],
    );
    assert!(host.done("diff base..base").contains("no difference"));
    let comment = host.run("diff base..head --format markdown").stdout;
    let heading = comment.lines().nth(1).expect("a heading");
    assert!(heading.starts_with("### autogen diff: base to head: ") && heading.contains("change"), "{heading}");
    assert_eq!(host.run("diff net@head-1..net@head --format github,sarif=out.sarif").code, 1);
}

#[test]
fn two_databases_without_a_host() {
    let host = Host::of(&[]);
    host.sql("a.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)");
    host.sql("b.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, note TEXT)");
    host.says(
        "diff a.db..b.db",
        expect![[r#"
        a.db to b.db: 1 change
          + a.note  Text
          at risk: nothing
          SQL:
            ALTER TABLE "a" ADD COLUMN "note" TEXT;
        --- exit 1
    "#]],
    );
    host.says(
        "diff sqlite:a.db..a.db",
        expect![[r#"
        sqlite:a.db to a.db: no difference
        --- exit 0
    "#]],
    );
    host.says(
        "diff a.db..gone.db",
        expect![[r#"
        --- stderr
        error[no-such-revision]: there is no revision `gone.db`
        help: a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them
        --- exit 2
    "#]],
    );
}

#[test]
fn a_database_against_a_place() {
    let host = Host::with_database();
    host.sql("app.db", "ALTER TABLE ports ADD COLUMN by_hand TEXT");
    host.says(
        "diff app.db..head",
        expect![[r#"
        app.db to head: 1 change
          - ports.by_hand  Text
          at risk: drop-column: column ports.by_hand and its values are lost
          SQL:
            ALTER TABLE "ports" DROP COLUMN "by_hand";
        --- exit 1
    "#]],
    );
    host.says(
        "diff head..app.db",
        expect![[r#"
        head to app.db: 1 change
          + ports.by_hand  Text
          at risk: nothing
          SQL:
            ALTER TABLE "ports" ADD COLUMN "by_hand" TEXT;
        --- exit 1
    "#]],
    );
    let server = postgres();
    let run = host.run(&format!("diff app.db..{}", server.url()));
    assert!(run.stderr.starts_with("error[wrong-dialect]"), "{}", run.transcript());
    assert!(!run.transcript().contains(":postgres@"), "{}", run.transcript());
}

#[test]
fn dumped_sql_makes_the_same_database_on_sqlite() {
    let host = Host::of(&[("src/schema.rs", ODD)]);
    host.done("");
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "CREATE VIEW v AS SELECT 1");
    let dumped = host.run("dump app.db");
    assert!(dumped.stderr.contains("left out: view v"), "{}", dumped.transcript());
    let mut sqlite = Command::new(client("sqlite3", "sqlite3"));
    sqlite.arg(host.path("new.db")).stderr(Stdio::piped());
    through(&mut sqlite, &dumped.stdout).expect("runs");
    assert!(host.done("diff app.db..new.db").contains("no difference"));
    assert!(host.done("diff head..new.db").contains("no difference"));
    // The same of the chains alone.
    assert_eq!(host.done("dump"), dumped.stdout);
    assert_eq!(host.done("dump base --quiet"), "");
}

#[test]
fn dumped_definitions_are_in_sync() {
    let host = Host::of(&[("src/schema.rs", ODD)]);
    host.done("");
    let text = host.done("dump head --format rust");
    host.write("src/schema.rs", &text);
    host.in_sync("check");
    let document = host.run("dump --format json").document();
    assert_eq!(document["tables"][1]["name"], "order");
    assert_eq!(document["tables"][1]["columns"][0]["name"], "id");
}

#[test]
fn dumped_sql_makes_the_same_database_on_servers() {
    let (one, two) = (postgres(), postgres());
    let mut psql = Command::new(postgres_program("psql").expect("stands beside the server"));
    psql.args(["-q", "-v", "ON_ERROR_STOP=1", &two.url()]);
    same_there("postgres", &one.url(), &two.url(), &mut psql);
    for kind in MysqlKind::of_this_run() {
        let (one, two) = (mysql_on(kind), mysql_on(kind));
        let mut maria = Command::new(client("mariadb", "mariadb-client"));
        let (socket, user) = (two.socket(), two.credentials().0);
        maria.arg("--no-defaults").arg("--socket").arg(&socket).args(["--user", user, two.name()]);
        same_there("mysql", &one.url(), &two.url(), &mut maria);
    }
}

#[test]
fn dumped_sql_makes_the_schemas_that_tables_and_types_stand_in() {
    let (one, two) = (postgres(), postgres());
    one.execute(
        "CREATE SCHEMA \"My app\"; CREATE SCHEMA words; CREATE TYPE words.mood AS ENUM ('sad');
         CREATE TABLE \"My app\".t (id integer PRIMARY KEY, mood words.mood)",
    );
    let mut psql = Command::new(postgres_program("psql").expect("stands beside the server"));
    psql.args(["-q", "-v", "ON_ERROR_STOP=1", &two.url()]);
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", "")]);
    let dumped = host.done(&format!("dump --database-url {}", one.url()));
    through(&mut psql, &dumped).unwrap_or_else(|said| panic!("{said}\n{dumped}"));
    let difference = host.run(&format!("diff {}..{}", one.url(), two.url()));
    assert!(difference.stdout.contains("no difference"), "{}\n{dumped}", difference.transcript());
}

fn same_there(dialect: &str, one: &str, two: &str, client: &mut Command) {
    let host = Host::of(&[("src/schema.rs", ODD)]);
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
    host.done(&format!("--database-url {one}"));
    host.done(&format!("upgrade --database-url {one}"));
    let dumped = host.done(&format!("dump --database-url {one}"));
    through(client, &dumped).unwrap_or_else(|said| panic!("{said}\n{dumped}"));
    let difference = host.run(&format!("diff {one}..{two}"));
    assert!(
        difference.code == 0 && difference.stdout.contains("no difference"),
        "{}\n{dumped}",
        difference.transcript()
    );
    let rust = host.done(&format!("dump --database-url {one} --format rust"));
    host.write("src/schema.rs", &rust);
    host.in_sync(&format!("check --database-url {one}"));
}
