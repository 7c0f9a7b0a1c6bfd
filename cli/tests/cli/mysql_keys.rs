//! Foreign keys between plugins both of whose ends change, on MariaDB, where a key's two ends have one type.

use autogen_test_servers::on_each_mysql;

use crate::mysql::Served;

const T: &str = "plugins/p/src/schema.rs";
const QT: &str = "plugins/q/src/schema.rs";
const RT: &str = "plugins/r/src/schema.rs";

fn types(served: &Served) -> Vec<String> {
    served.server.rows(
        "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME, ' ', DATA_TYPE) FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\_\\_%' ORDER BY TABLE_NAME, ORDINAL_POSITION",
    )
}

fn keys(served: &Served) -> Vec<String> {
    served.server.rows(
        "SELECT CONCAT(TABLE_NAME, ' ', REFERENCED_TABLE_NAME, ' ', DELETE_RULE) \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY 1",
    )
}

#[test]
fn a_key_grows_at_both_ends_in_one_run() {
    on_each_mysql(|_| {
        let served = Served::of(&[
            (T, "autogen::table! { t { id -> Integer, #[max_length = 5] #[unique] code -> Varchar } }\n"),
            (
                QT,
                "autogen::table! { qt { #[references(p::t, on_delete = cascade)] id -> Integer, n -> Nullable<Integer>, \
             #[max_length = 5] #[references(t(code))] code -> Nullable<Varchar> } }\n",
            ),
            (RT, "autogen::table! { rt { id -> Integer, #[references(qt(id))] of -> Nullable<Integer> } }\n"),
        ]);
        served.done("-m base");
        served.done("upgrade");
        served
            .server
            .execute("INSERT INTO t VALUES (1, 'a'); INSERT INTO qt VALUES (1, 2, 'a'); INSERT INTO rt VALUES (9, 1)");
        let before = (served.schema(), types(&served), keys(&served));
        served.host.edit(T, "id -> Integer", "id -> BigInt");
        served.host.edit(QT, "id -> Integer", "id -> BigInt");
        served.host.edit(RT, "of -> Nullable<Integer>", "of -> Nullable<BigInt>");
        let written = served.done("-m wide --allow all");
        let order: Vec<&str> = written.lines().filter(|line| !line.starts_with(' ')).collect();
        let expected = ["core: in sync", "r: wide", "q: wide", "p: wide", "r: point rt at qt", "q: point qt at t"];
        assert_eq!(order, expected, "{written}");
        served.done("upgrade");
        served.done("check");
        served.done("verify");
        assert_eq!(
            types(&served),
            [
                "qt.id bigint",
                "qt.n int",
                "qt.code varchar",
                "rt.id int",
                "rt.of bigint",
                "t.id bigint",
                "t.code varchar"
            ]
        );
        assert_eq!(keys(&served), before.2);
        assert_eq!(served.server.rows("SELECT * FROM qt, rt"), ["1\t2\ta\t9\t1"]);
        for owner in ["q", "r", "p", "q", "r"] {
            served.done(&format!("downgrade --allow all --plugin {owner} -1"));
        }
        assert_eq!((served.schema(), types(&served), keys(&served)), before);
    });
}

#[test]
fn one_end_alone_is_refused() {
    on_each_mysql(|_| {
        let served = Served::of(&[
            (T, "autogen::table! { t { id -> Integer } }\n"),
            (QT, "autogen::table! { qt { id -> Integer, #[references(p::t)] t_id -> Integer } }\n"),
        ]);
        served.done("-m base");
        served.done("upgrade");
        served.host.edit(T, "id -> Integer", "id -> BigInt");
        let run = served.run("-m wide --allow all");
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("key-types"), "{}", run.transcript());
        served.host.edit(QT, "t_id -> Integer", "t_id -> BigInt");
        let run = served.run("--plugin p -m wide --allow all");
        assert_eq!(run.code, 2, "{}", run.transcript());
        assert!(run.stderr.contains("error[key-types]"), "{}", run.transcript());
        let run = served.run("--plugin q -m wide --allow all");
        assert!(run.stderr.contains("error[key-types]"), "{}", run.transcript());
        served.done("-m wide --allow all");
    });
}

/// Where a server's system tells files by case, it has two such tables; where it doesn't, they are one.
#[test]
fn tables_of_nobody_whose_names_differ_in_case_only_are_in_nobodys_way() {
    on_each_mysql(|_| {
        let served = Served::of(&[(T, "autogen::table! { t { id -> Integer } }\n")]);
        if served.server.rows("SELECT @@lower_case_table_names") != ["0"] {
            return;
        }
        served.server.execute(
            "CREATE TABLE Logs (id int PRIMARY KEY, b int); CREATE TABLE logs (id int PRIMARY KEY, a int); \
         CREATE TABLE read_logs (log int, FOREIGN KEY (log) REFERENCES Logs (id))",
        );
        served.done("--plugin p -m one");
        served.done("upgrade");
        served.done("check");
        served.host.edit(T, "id -> Integer", "id -> Integer, n -> Nullable<Integer>");
        served.done("-m two");
        served.done("upgrade");
        served.done("check");
    });
}
