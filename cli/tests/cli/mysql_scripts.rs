//! Migrations by hand as people write them for MariaDB's own client.

use autogen_test_servers::on_each_mysql;

use crate::mysql::Served;

const UP: &str = "create table t (id int primary key, v varchar(40), begin int, end int);
create trigger tr before update on t for each row if new.v is null then set new.v = concat('was ', old.v); end if;
DELIMITER $$
create procedure fill(n int) begin
  l: while n > 0 do
    insert into t (id, begin, end) values (n, 1, 2); set n = n - 1;
    if n = 5 then leave l; end if;
  end while;
end$$
create trigger tr_delete before delete on t for each row case old.id when 1 then set @last = 'one; two'; else set @last = 'many'; end case $$
DELIMITER ;
create function twice(n int) returns int deterministic return if(n is null, 0, 2 * n);
insert into t (id, v) values (100, 'x');
";

const DOWN: &str = "drop function twice;
drop procedure fill;
drop table t;
";

#[test]
fn bodies_and_delimiters_are_the_clients() {
    on_each_mysql(|_| {
        let served = Served::of(&[(
            "src/schema.rs",
            "diesel::table! { t (id) { id -> Integer, #[max_length = 40] v -> Nullable<Varchar>, begin -> Nullable<Integer>, end -> Nullable<Integer>, } }\n",
        )]);
        served.host.revision("", "2026-11-20-071100-core_base", UP, DOWN);
        served.done("upgrade");
        served.done("check");
        served.done("verify");
        served.server.execute("UPDATE t SET v = NULL; CALL fill(8)");
        assert_eq!(
            served.server.rows("SELECT id, v FROM t ORDER BY id"),
            ["6\tNULL", "7\tNULL", "8\tNULL", "100\twas x"]
        );
        assert_eq!(served.server.rows("SELECT twice(21), twice(NULL)"), ["42\t0"]);
        let script = served.done("downgrade --allow all --plugin core base --sql");
        served.done("downgrade --allow all --plugin core base");
        assert!(script.contains("drop procedure fill"));
        let script = served.done("upgrade --sql");
        crate::mysql_collations::run_by_client(&served.server, &script);
        served.done("check");
        assert_eq!(served.server.rows("SELECT id, v FROM t"), ["100\tx"]);
    });
}
