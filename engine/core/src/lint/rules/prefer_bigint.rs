//! Finds keys that run out.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "prefer-bigint",
    level: Level::Off,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "A primary key of type `smallint` or `int` in a new table.",
    why: "It ends at 32,767 or 2,147,483,647, and a wider type later rewrites the table and all that point at it.",
    bad: "CREATE TABLE notes (id int PRIMARY KEY);",
    good: "CREATE TABLE notes (id bigint PRIMARY KEY);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    const NARROW: [&str; 11] = [
        "int",
        "integer",
        "int4",
        "smallint",
        "int2",
        "serial",
        "serial4",
        "smallserial",
        "serial2",
        "mediumint",
        "tinyint",
    ];
    let mut found = Vec::new();
    for step in &context.steps {
        let Action::CreateTable(table) = &step.parsed.action else { continue };
        let keys = table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        let stated: Vec<&str> = keys.map(|key| &context.script.sql[key.span.clone()]).collect();
        let is_key = |column: &NewColumn| {
            let alone = stated.iter().any(|key| {
                let inner =
                    key.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner.trim());
                inner.is_some_and(|inner| inner.trim_matches(['"', '`']).eq_ignore_ascii_case(&column.name))
            });
            column.is_key || alone
        };
        let kind = |column: &NewColumn| column.data_type.split([' ', '(']).next().unwrap_or_default().to_owned();
        let narrow = table.columns.iter().filter(|column| is_key(column) && NARROW.contains(&kind(column).as_str()));
        found.extend(narrow.map(|column| {
            let message = format!("key `{}` is a `{}`, which runs out", column.name, column.data_type);
            Remark::new(column.span.clone(), message, "write `bigint`")
        }));
    }
    found
}
