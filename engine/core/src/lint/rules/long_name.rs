//! Finds names that are too long.

use super::*;
use crate::lint::naming::given;

pub(super) const RULE: Rule = Rule {
    name: "long-name",
    level: Level::Deny,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "A name is longer than 63 bytes on PostgreSQL, or than 64 characters on MariaDB and MySQL.",
    why: "PostgreSQL cuts it off without a word, so that two names may become one; the others refuse it.",
    bad: "CREATE TABLE a_table_whose_name_is_so_long_that_postgresql_keeps_only_a_part_of_it (id int);",
    good: "CREATE TABLE a_table_whose_name_postgresql_keeps (id int);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_long = |name: &str| match context.script.dialect {
        Dialect::Postgres => name.len() > 63,
        Dialect::Sqlite | Dialect::Mysql => name.chars().count() > 64,
    };
    let long = given(context).into_iter().filter(|(_, name, _)| is_long(name));
    let remark = |(named, name, span): (crate::lint::Named, String, Range<usize>)| {
        Remark::new(span, format!("the {} `{name}` has too long a name", named.word()), "shorten it")
    };
    long.map(remark).collect()
}
