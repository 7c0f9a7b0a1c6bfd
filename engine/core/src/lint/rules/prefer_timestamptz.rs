//! Finds times without a zone.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "prefer-timestamptz",
    level: Level::Off,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A column of type `timestamp` without time zone.",
    why: "It is a reading of some clock, not a moment: what it means depends on the session that wrote it.",
    bad: "CREATE TABLE notes (made timestamp);",
    good: "CREATE TABLE notes (made timestamptz);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_bare = |column: &&NewColumn| {
        let of = column.data_type.as_str();
        of.split([' ', '(']).next() == Some("timestamp") && !of.contains("with time zone")
    };
    let remark = |column: &NewColumn| {
        Remark::new(column.span.clone(), format!("`{}` has no time zone", column.name), "write `timestamptz`")
    };
    defined(context).filter(is_bare).map(remark).collect()
}
