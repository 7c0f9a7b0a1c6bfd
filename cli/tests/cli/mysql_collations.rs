//! Databases on MariaDB whose default collation is any: nobody has touched them, and nothing says that somebody has.

use std::io::Write as _;
use std::process::{Command, Stdio};

use autogen_test_servers::{MysqlDatabase, MysqlKind, mysql_collated, mysql_url};

use crate::mysql::Served;

const DEFAULTS: [&str; 3] = ["latin1_swedish_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"];

const BASE: &str = "autogen::table! { größe { id -> Integer, #[max_length = 9] q -> Varchar } }
autogen::table! { stated { id -> Integer, #[max_length = 9] #[collate = \"utf8mb4_german2_ci\"] q -> Varchar } }
";

const MORE: &str = "autogen::table! { größe { id -> Integer, #[max_length = 9] q -> Varchar, #[max_length = 9] #[default = \"ß?\"] n -> Varchar } }
autogen::table! { stated { id -> Integer, #[max_length = 9] #[collate = \"utf8mb4_german2_ci\"] q -> Varchar, n -> Nullable<Text> } }
";

fn begun(collation: &str) -> Served {
    let served = Served::collated(&[("plugins/p/src/schema.rs", BASE)], collation);
    served.done("-m base");
    served.done("upgrade");
    served
}

/// Runs a script as the database's own client does.
pub fn run_by_client(server: &MysqlDatabase, script: &str) {
    assert!(by_client(server, script), "{script}");
}

/// Whether a script runs to its end.
fn by_client(server: &MysqlDatabase, script: &str) -> bool {
    let mut client = Command::new("mariadb")
        .args(["--no-defaults", "--user=autogen", "--socket"])
        .arg(server.socket())
        .arg(server.name())
        .stdin(Stdio::piped())
        .spawn()
        .expect("MariaDB's client is there with its server");
    client.stdin.take().expect("is piped").write_all(script.as_bytes()).expect("takes it");
    client.wait().expect("ends").success()
}

#[test]
fn a_pending_revision_is_all_that_is_said() {
    for collation in DEFAULTS {
        let served = begun(collation);
        served.done("check");
        let before = served.schema();
        served.host.write("plugins/p/src/schema.rs", MORE);
        let written = served.done("-m more");
        assert!(!written.contains("collate"), "{written}");
        let run = served.run("check");
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(!run.stdout.contains("drifted"), "{collation}: {}", run.stdout);
        served.done("upgrade");
        served.done("check");
        served.done("verify");
        assert!(served.done("").contains("in sync"));
        served.done("downgrade --allow all --plugin p -1");
        assert_eq!(served.schema(), before, "{collation}");
    }
}

#[test]
fn a_chain_is_the_same_wherever_it_is_applied() {
    let served = begun("utf8mb4_general_ci");
    served.host.write("plugins/p/src/schema.rs", MORE);
    served.done("-m more");
    let mut host = served.host;
    for collation in DEFAULTS {
        let by_hand = Served { server: mysql_collated(MysqlKind::Mariadb, collation), host };
        let script = by_hand.done("upgrade --sql");
        run_by_client(&by_hand.server, &script);
        by_hand.done("check");
        // The way back as a script, and as a command.
        let script = by_hand.done("downgrade --allow all --plugin p -1 --sql");
        run_by_client(&by_hand.server, &script);
        assert_eq!(by_hand.run("check").code, 1);
        by_hand.done("upgrade");
        by_hand.done("check");
        // Tables without a ledger are known for what they are.
        by_hand.server.execute("DROP TABLE __autogen_ledger, __diesel_schema_migrations");
        by_hand.done("stamp head");
        by_hand.done("check");
        by_hand.server.execute("DROP TABLE __autogen_ledger, __diesel_schema_migrations");
        let adopted = by_hand.done("adopt --existing --plugin p");
        assert!(!adopted.contains("wrote"), "{collation}: {adopted}");
        by_hand.done("check");
        host = by_hand.host;
    }
}

#[test]
fn what_stopped_half_way_is_undone() {
    for collation in DEFAULTS {
        let served = begun(collation);
        served.server.execute("INSERT INTO größe VALUES (7, 'é')");
        let before = served.schema();
        served.host.write("plugins/p/src/schema.rs", MORE);
        served.done("-m more --allow all");
        let folder = served.host.folders("plugins/p/migrations").pop().expect("a revision");
        let file = format!("plugins/p/migrations/{folder}/up.sql");
        let up = served.host.read(&file);
        served.host.write(&file, &format!("{up}\nALTER TABLE größe ADD COLUMN id int;\n"));
        assert_eq!(served.run("upgrade").code, 2);
        served.done("downgrade --allow all --plugin p -1");
        assert_eq!(served.schema(), before, "{collation}");
        assert_eq!(served.server.rows("SELECT id, q FROM größe"), ["7\té"]);
    }
}

#[test]
fn scratch_databases_elsewhere_are_like_the_live_one() {
    let served = begun("latin1_swedish_ci");
    // `mysql` is the server's own database, whose default counts for nothing here.
    let scratch = mysql_url(MysqlKind::Mariadb, "information_schema");
    served
        .host
        .write("autogen.toml", &format!("dialects = ['mysql']\n[database]\nscratch = {{ mysql = '{scratch}' }}\n"));
    served.done("check");
    served.host.write("plugins/p/src/schema.rs", MORE);
    served.done("-m more");
    served.done("upgrade");
    served.done("check");
}

#[test]
fn a_ledger_of_before_gets_all_letters() {
    let served = begun("latin1_swedish_ci");
    served.server.execute("ALTER TABLE __autogen_ledger CONVERT TO CHARACTER SET latin1");
    served.host.write("plugins/p/src/schema.rs", MORE);
    served.host.write("plugins/p/src/more.rs", "autogen::table! { #[sql_name = \"日本\"] nihon { id -> Integer } }\n");
    served.done("-m more");
    served.done("upgrade");
    served.done("check");
    let made = served.server.rows("SELECT made FROM __autogen_ledger WHERE made LIKE '%日本%'");
    assert_eq!(made.len(), 1, "{made:?}");
}

#[test]
fn another_default_of_the_database_is_no_drift() {
    let served = begun("utf8mb4_general_ci");
    served.server.execute(
        "INSERT INTO größe VALUES (1, 'ß'); DROP TABLE __autogen_ledger; \
         ALTER TABLE stated MODIFY q VARCHAR(9) COLLATE utf8mb4_german2_ci NOT NULL",
    );
    served.server.execute(
        "SET @s = CONCAT('ALTER DATABASE `', DATABASE(), '` COLLATE latin1_swedish_ci'); EXECUTE IMMEDIATE @s",
    );
    served.done("stamp base --force");
    for command in ["stamp head", "check", "diff", "--dry-run", "upgrade"] {
        let said = served.done(command);
        assert!(!said.contains("collate"), "{command}: {said}");
    }
    let three = format!("{MORE}autogen::table! {{ new {{ id -> Integer, #[max_length = 9] s -> Varchar }} }}");
    served.host.write("plugins/p/src/schema.rs", &three);
    let written = served.done("-m three");
    assert!(!written.contains("collate"), "{written}");
    let run = served.run("check");
    assert!(run.code == 1 && !run.stdout.contains("drifted"), "{}", run.transcript());
    run_by_client(&served.server, &served.done("upgrade --sql"));
    served.done("check");
    served.done("verify");
    served.done("downgrade --allow all --plugin p -1");
    served.done("upgrade");
    served.server.execute("DROP TABLE __autogen_ledger, __diesel_schema_migrations");
    served.done("adopt --plugin p --existing");
    for command in ["check", "diff", "--dry-run"] {
        assert!(!served.done(command).contains("collate"), "{command}");
    }
    assert_eq!(served.server.rows("SELECT q FROM größe"), ["ß"]);
    let collations = "SELECT TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                      AND TABLE_NAME IN ('größe', 'new') ORDER BY TABLE_NAME = 'new'";
    assert_eq!(served.server.rows(collations), ["utf8mb4_general_ci", "latin1_swedish_ci"]);
}

#[test]
fn a_column_that_somebody_compares_otherwise_has_drifted() {
    let served = begun("latin1_swedish_ci");
    served.server.execute("ALTER TABLE größe MODIFY q VARCHAR(9) COLLATE latin1_bin NOT NULL");
    let run = served.run("check");
    assert!(run.code == 1 && run.stdout.contains("größe.q  collate latin1_bin -> none"), "{}", run.transcript());
}

const UTF8: &str =
    "autogen::table! { #[collate = \"utf8mb4_bin\"] t { id -> Integer, #[max_length = 9] s -> Nullable<Varchar> } }";
const LATIN1: &str =
    "autogen::table! { #[collate = \"latin1_bin\"] t { id -> Integer, #[max_length = 9] s -> Nullable<Varchar> } }";

#[test]
fn letters_in_the_way_are_counted_and_listed_in_every_mode() {
    let served = Served::of(&[("plugins/p/src/schema.rs", UTF8)]);
    served.done("-m base");
    served.done("upgrade");
    let server = &served.server;
    server.execute("INSERT INTO t VALUES (1, '漢'), (2, 'ab'), (3, '字'), (4, NULL)");
    served.host.write("plugins/p/src/schema.rs", LATIN1);
    served.done("-m latin1 --allow all");
    let run = served.run("upgrade");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert!(run.stderr.contains("rows-in-the-way"), "{}", run.stderr);
    assert!(run.stderr.contains("t.s is no varchar(9) in latin1; rows: 2"), "{}", run.stderr);
    assert!(run.stderr.contains("this lists them: SELECT * FROM `t` WHERE"), "{}", run.stderr);
    let script = served.done("upgrade --sql");
    assert!(!by_client(server, &format!("SET sql_mode = '';\n{script}")), "{script}");
    assert_eq!(server.rows("SELECT s FROM t WHERE id IN (1, 3) ORDER BY id"), ["漢", "字"]);
    server.execute("DELETE FROM t WHERE id IN (1, 3)");
    served.done("upgrade");
    served.done("check");
}

#[test]
fn letters_that_a_definition_can_have_nowhere_are_refused_where_they_stand() {
    for (attributes, said) in [
        ("#[collate = \"latin1_bin\"] #[sql_type = \"enum('é','漢')\"]", "no letters for '漢'"),
        ("#[collate = \"ascii_bin\"] #[max_length = 9] #[default = \"é\"]", "is in ascii"),
        ("#[collate = \"utf8mb3_bin\"] #[max_length = 9] #[default = \"😀\"]", "is in utf8mb3"),
    ] {
        let source = format!("autogen::table! {{ t {{ id -> Integer, {attributes} s -> Varchar }} }}");
        let run = Served::of(&[("plugins/p/src/schema.rs", &source)]).run("-m base");
        assert_eq!(run.code, 2, "{}", run.transcript());
        assert!(run.stderr.contains("[letters-not-in-charset]") && run.stderr.contains(said), "{}", run.stderr);
        assert!(run.stderr.contains("schema.rs:1:"), "{}", run.stderr);
    }
}

#[test]
fn a_dropped_table_comes_back_in_the_collation_that_is_usual() {
    let latin = Served::collated(&[], "latin1_swedish_ci");
    for (definition, is_stated) in [("", false), ("#[collate = \"utf8mb4_bin\"] ", true)] {
        let table =
            format!("autogen::table! {{ {definition}größe {{ id -> Integer, #[max_length = 9] q -> Varchar }} }}\n");
        let served = Served::collated(&[("plugins/p/src/schema.rs", &table)], "utf8mb4_bin");
        served.done("-m base");
        served.done("upgrade");
        let before = served.schema();
        served.host.write("plugins/p/src/schema.rs", "");
        served.done("-m gone --allow all");
        let folder = served.host.folders("plugins/p/migrations").pop().expect("a revision");
        let down = served.host.read(&format!("plugins/p/migrations/{folder}/down.sql"));
        assert_eq!(down.contains("COLLATE"), is_stated, "{down}");
        served.done("upgrade");
        served.done("downgrade --allow all --plugin p -1");
        assert_eq!(served.schema(), before);
        // Elsewhere another one is usual.
        let elsewhere = served.host.command("verify").env("DATABASE_URL", latin.server.url()).output().expect("runs");
        let verified = served.host.output(elsewhere);
        assert_eq!(verified.code, 0, "{}", verified.transcript());
    }
}

#[test]
fn what_comes_after_adopted_tables_is_proven_where_another_collation_is_usual() {
    let latin = Served::collated(&[], "latin1_swedish_ci");
    let served = Served::collated(&[("src/lib.rs", "")], "utf8mb4_bin");
    served.server.execute("CREATE TABLE codes (code VARCHAR(9) NOT NULL PRIMARY KEY)");
    served.done("adopt --plugin core");
    served.host.write(
        "src/more.rs",
        "autogen::table! { uses { id -> Integer, #[references(codes(code))] #[max_length = 9] code -> Varchar } }\n",
    );
    served.host.write("src/lib.rs", "mod schema;\nmod more;\n");
    served.done("-m more");
    served.done("upgrade");
    served.done("check");
    let elsewhere = served.host.command("verify").env("DATABASE_URL", latin.server.url()).output().expect("runs");
    let verified = served.host.output(elsewhere);
    assert_eq!(verified.code, 0, "{}", verified.transcript());
}
