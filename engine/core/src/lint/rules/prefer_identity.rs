//! Finds serial columns.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "prefer-identity",
    level: Level::Off,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A column of type `serial`.",
    why: "Its sequence has rights and a default of its own, and an explicit number makes later ones collide unseen. \
          `GENERATED ALWAYS AS IDENTITY` is the standard's form.",
    bad: "CREATE TABLE notes (id bigserial PRIMARY KEY);",
    good: "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_serial = |column: &&NewColumn| column.data_type.contains("serial");
    let remark = |column: &NewColumn| {
        let message = format!("`{}` is a `{}`", column.name, column.data_type);
        Remark::new(column.span.clone(), message, "write `bigint GENERATED ALWAYS AS IDENTITY`")
    };
    defined(context).filter(is_serial).map(remark).collect()
}
