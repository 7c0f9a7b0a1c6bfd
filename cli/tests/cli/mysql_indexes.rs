//! What only one kind of server has, and what somebody gave a live table by hand: indexes over expressions, indexes that
//! queries don't use, invisible columns.

use autogen_test_servers::MysqlKind;
use expect_test::expect;

use crate::mysql::Served;

const USERS: &str = "autogen::table! {
    users {
        id -> Integer,
        #[max_length = 40] name -> Varchar,
    }
}
";

#[test]
fn mariadb_refuses_what_only_mysql_has() {
    let over_expression =
        USERS.replace("    users", "    #[index(expr(\"lower(name)\"), name = \"ix_lower\")]\n    users");
    let served = Served::of(&[("src/schema.rs", &over_expression)]);
    expect![[r#"
        --- stderr
        error[not-in-dialect]: MariaDB has no indexes over expressions, and `users` is to get one; MySQL has them
         --> src/schema.rs:2:7
          |
        2 |     #[index(expr("lower(name)"), name = "ix_lower")]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: index a column that is `generated` from the expression
        --- exit 2
    "#]]
    .assert_eq(&served.run("").transcript());
    let required = USERS.replace("#[max_length = 40] name", "#[invisible] #[max_length = 40] name");
    served.host.write("src/schema.rs", &required);
    expect![[r#"
        --- stderr
        error[not-in-dialect]: MariaDB takes no invisible column without a default, and `users.name` is required
         --> src/schema.rs:4:41
          |
        4 |         #[invisible] #[max_length = 40] name -> Varchar,
          |                                         ^^^^
        help: give it a `#[default]`, or make it `Nullable`
        --- exit 2
    "#]]
    .assert_eq(&served.run("").transcript());
}

#[test]
fn what_somebody_added_stays_and_is_told() {
    for kind in MysqlKind::of_this_run() {
        let served = Served::on(kind, &[("src/schema.rs", USERS)]);
        served.done("");
        served.done("upgrade");
        let (hidden, over_expression) = match kind {
            MysqlKind::Mariadb => ("IGNORED", ""),
            MysqlKind::Mysql => ("INVISIBLE", ", ADD INDEX by_lower ((lower(name)))"),
        };
        served.server.execute(&format!(
            "ALTER TABLE users ADD INDEX by_name (name) {hidden}, ADD COLUMN seen INT INVISIBLE{over_expression}"
        ));
        let checked = served.run("check");
        assert_eq!(checked.code, 1, "{}", checked.transcript());
        for name in ["by_name", "seen", "invisible"].into_iter().chain((kind == MysqlKind::Mysql).then_some("by_lower"))
        {
            assert!(checked.stdout.contains(name), "{name}: {}", checked.transcript());
        }
        // What would be planned without it is refused; a revision about something else is proven and run.
        let refused = served.run("");
        assert!(refused.code == 2 && refused.stderr.contains("database-drifted"), "{}", refused.transcript());
        assert!(refused.stderr.contains("by_name"), "{}", refused.stderr);
        let (up, down) = ("ALTER TABLE users ADD COLUMN n INT;\n", "ALTER TABLE users DROP COLUMN n;\n");
        served.host.revision("", "2099-11-21-071100-core_more", up, down);
        served.done("verify");
        served.done("upgrade");
        let shown = served.schema();
        assert!(shown.contains("by_name") && shown.contains(hidden) && shown.contains("`seen`"), "{shown}");
        assert_eq!(shown.contains("by_lower"), kind == MysqlKind::Mysql, "{shown}");
    }
}

#[test]
fn an_index_that_somebody_hid_is_told() {
    for kind in MysqlKind::of_this_run() {
        let indexed = USERS.replace("#[max_length", "#[index(name = \"by_name\")] #[max_length");
        let served = Served::on(kind, &[("src/schema.rs", &indexed)]);
        served.done("");
        served.done("upgrade");
        let hidden = if kind == MysqlKind::Mariadb { "IGNORED" } else { "INVISIBLE" };
        served.server.execute(&format!("ALTER TABLE users ALTER INDEX by_name {hidden}"));
        let checked = served.run("check");
        assert!(
            checked.code == 1 && checked.stdout.contains("by_name: invisible -> visible"),
            "{}",
            checked.transcript()
        );
        let explained = served.run("explain users.name").stdout;
        assert!(explained.contains("different: the same rule, which the definition states otherwise"), "{explained}");
    }
}
