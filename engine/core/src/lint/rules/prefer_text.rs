//! Finds texts with a length.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "prefer-text",
    level: Level::Off,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A column of type `char(n)` or `varchar(n)`.",
    why: "Another length later locks the table, and `char(n)` pads with blanks that comparisons ignore. A check on `length` \
          can be changed without reading rows.",
    bad: "CREATE TABLE notes (title varchar(80));",
    good: "CREATE TABLE notes (title text);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_long = |column: &&NewColumn| {
        let of = column.data_type.as_str();
        let is_text =
            ["char", "character", "varchar", "bpchar"].iter().any(|kind| of.split([' ', '(']).next() == Some(kind));
        is_text && (of.contains('(') || !of.contains("var"))
    };
    let remark = |column: &NewColumn| {
        let message = format!("`{}` is a `{}`", column.name, column.data_type);
        Remark::new(column.span.clone(), message, "write `text`, with a check on its length if that matters")
    };
    defined(context).filter(is_long).map(remark).collect()
}
