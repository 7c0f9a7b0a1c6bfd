//! Rows that a guard has found: the query that lists them, made of the one that counts them.

use crate::dialect::Dialect;
use crate::sql::mysql::counted;

/// Returns a query that lists the rows which a guard counts, or `None` if its count has another form.
/// `before` is the statement before the guard's, in which MariaDB and MySQL count.
pub(super) fn listed(guard: &str, before: &str) -> Option<String> {
    let between = |begins, ends| Some(guard.split_once(begins)?.1.rsplit_once(ends)?.0);
    Dialect::ALL.iter().find_map(|dialect| {
        let count = match dialect {
            Dialect::Sqlite => between("\nFROM (SELECT (", ") AS \"n\") WHERE \"n\" > 0"),
            Dialect::Postgres => between("autogen_rows := (", ");\n    IF autogen_rows > 0"),
            Dialect::Mysql => counted(before),
        };
        of_count(count?, *dialect)
    })
}

fn of_count(count: &str, dialect: Dialect) -> Option<String> {
    if let Some(rest) = count.strip_prefix("SELECT count(*) FROM ") {
        return Some(format!("SELECT * FROM {rest}"));
    }
    let n = dialect.facts().quoted("n");
    let groups = count.strip_prefix(&format!("SELECT coalesce(sum({n}), 0) FROM (SELECT count(*) AS {n} FROM "))?;
    let groups = groups.strip_suffix(&format!(") AS {}", dialect.facts().quoted("d")))?;
    let keys = groups.rsplit_once(" GROUP BY ")?.1.strip_suffix(" HAVING count(*) > 1")?;
    Some(format!("SELECT count(*), {keys} FROM {groups}"))
}

/// Returns a query for a guard's whole message. MariaDB and MySQL cut the name of a duplicate key after 64
/// characters.
pub(super) fn query_of_message(guard: &str) -> Option<String> {
    let made = "CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\nSELECT ";
    Some(format!("SELECT {}", guard.split_once(made)?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_a_guard_counts_are_listed() {
        let guard = "-- stops if t.a is NULL\nSELECT json_extract('{}', 'stopped: t.a is NULL; rows: ' || \"n\")\n\
                     FROM (SELECT (SELECT count(*) FROM \"t\" WHERE \"a\" IS NULL) AS \"n\") WHERE \"n\" > 0";
        let listed = listed(guard, "");
        assert_eq!(listed.as_deref(), Some("SELECT * FROM \"t\" WHERE \"a\" IS NULL"));
    }

    #[test]
    fn rows_that_a_statement_before_the_guard_counts_are_listed() {
        let listed =
            listed("CREATE TEMPORARY TABLE x", "SET @autogen_rows = (SELECT count(*) FROM `t` WHERE (`a`) > 1)");
        assert_eq!(listed.as_deref(), Some("SELECT * FROM `t` WHERE (`a`) > 1"));
    }

    #[test]
    fn rows_that_are_alike_are_listed_by_what_they_share() {
        let guard = "DO $$\nDECLARE autogen_rows bigint;\nBEGIN\n    autogen_rows := (SELECT coalesce(sum(\"n\"), 0) FROM \
                     (SELECT count(*) AS \"n\" FROM \"t\" WHERE \"a\" IS NOT NULL GROUP BY \"a\", \"b\" HAVING count(*) > 1) \
                     AS \"d\");\n    IF autogen_rows > 0 THEN\n        RAISE";
        assert_eq!(
            listed(guard, "").as_deref(),
            Some(
                "SELECT count(*), \"a\", \"b\" FROM \"t\" WHERE \"a\" IS NOT NULL GROUP BY \"a\", \"b\" \
                 HAVING count(*) > 1"
            )
        );
        assert_eq!(listed("DO $$ BEGIN END $$", ""), None);
    }
}
