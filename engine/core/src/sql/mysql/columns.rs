//! The columns that an expression names, and how to rename them. Both work on tokens, so that everything except the
//! names stays as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::dialect::Dialect;
use crate::sql::Kind;
use crate::sql::mysql::{tokens, unquoted};

/// Words that belong to the grammar of expressions wherever they stand without quotes and brackets.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "as",
    "asc",
    "between",
    "binary",
    "both",
    "by",
    "case",
    "cast",
    "char",
    "character",
    "charset",
    "check",
    "collate",
    "column",
    "convert",
    "create",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "datetime",
    "decimal",
    "default",
    "desc",
    "distinct",
    "div",
    "double",
    "drop",
    "else",
    "end",
    "escape",
    "exists",
    "false",
    "float",
    "for",
    "foreign",
    "from",
    "group",
    "having",
    "if",
    "in",
    "index",
    "int",
    "integer",
    "interval",
    "is",
    "json",
    "key",
    "leading",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "match",
    "mod",
    "not",
    "null",
    "on",
    "or",
    "order",
    "over",
    "primary",
    "range",
    "references",
    "regexp",
    "rlike",
    "row",
    "rows",
    "select",
    "separator",
    "set",
    "signed",
    "sounds",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "unsigned",
    "using",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "values",
    "varchar",
    "when",
    "where",
    "with",
    "xor",
];

/// What an interval is counted in.
const UNITS: &[&str] =
    &["microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "day_hour", "year_month"];

/// Checks whether a lower-case word isn't a column's name.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Returns a name, in quotes only where it needs them.
pub(crate) fn identifier(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty();
    let is_free = !is_keyword(name) && !UNITS.contains(&name) && !RESERVED_TOO.contains(&name);
    if is_plain && is_free { name.to_owned() } else { Dialect::Mysql.facts().quoted(name) }
}

/// Words that no expression has but that a column can't be called without quotes either.
const RESERVED_TOO: &[&str] = &[
    "accessible",
    "add",
    "alter",
    "analyze",
    "before",
    "bigint",
    "blob",
    "call",
    "cascade",
    "change",
    "condition",
    "constraint",
    "continue",
    "cross",
    "cube",
    "cume_dist",
    "cursor",
    "database",
    "databases",
    "dec",
    "declare",
    "delayed",
    "delete",
    "dense_rank",
    "describe",
    "deterministic",
    "distinctrow",
    "dual",
    "each",
    "elseif",
    "empty",
    "enclosed",
    "escaped",
    "except",
    "exit",
    "explain",
    "fetch",
    "first_value",
    "force",
    "fulltext",
    "function",
    "generated",
    "get",
    "grant",
    "grouping",
    "groups",
    "ignore",
    "infile",
    "inner",
    "inout",
    "insensitive",
    "insert",
    "intersect",
    "into",
    "iterate",
    "join",
    "json_table",
    "keys",
    "kill",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "leave",
    "left",
    "linear",
    "lines",
    "load",
    "lock",
    "long",
    "longblob",
    "longtext",
    "loop",
    "low_priority",
    "maxvalue",
    "mediumblob",
    "mediumint",
    "mediumtext",
    "middleint",
    "modifies",
    "natural",
    "nth_value",
    "ntile",
    "numeric",
    "of",
    "offset",
    "optimize",
    "option",
    "optionally",
    "out",
    "outer",
    "outfile",
    "partition",
    "percent_rank",
    "precision",
    "procedure",
    "purge",
    "rank",
    "read",
    "reads",
    "real",
    "recursive",
    "release",
    "rename",
    "repeat",
    "replace",
    "require",
    "resignal",
    "restrict",
    "return",
    "returning",
    "revoke",
    "right",
    "row_number",
    "schema",
    "schemas",
    "sensitive",
    "show",
    "signal",
    "smallint",
    "spatial",
    "specific",
    "sql",
    "sqlexception",
    "sqlstate",
    "sqlwarning",
    "ssl",
    "starting",
    "stored",
    "straight_join",
    "system",
    "terminated",
    "text",
    "time",
    "timestamp",
    "tinyblob",
    "tinyint",
    "tinytext",
    "trigger",
    "undo",
    "unlock",
    "update",
    "usage",
    "use",
    "varbinary",
    "varying",
    "virtual",
    "while",
    "window",
    "write",
    "zerofill",
];

/// Returns the names that an expression uses as columns, unquoted and as they are written.
pub(crate) fn columns_in(sql: &str) -> BTreeSet<String> {
    named(sql).into_iter().map(|(name, _)| name).collect()
}

/// Renames columns in a text and leaves everything else as it was.
pub(crate) fn rename_in(sql: &str, renames: &BTreeMap<String, String>) -> String {
    let find = |name: &str| renames.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new);
    let mut renamed = String::with_capacity(sql.len());
    let mut done = 0;
    for (name, span) in named(sql) {
        let Some(new) = find(&name).filter(|new| **new != name) else { continue };
        renamed.push_str(&sql[done..span.start]);
        renamed.push_str(&identifier(new));
        done = span.end;
    }
    renamed.push_str(&sql[done..]);
    renamed
}

/// Renames every word of one name in a statement, whatever it names.
pub(crate) fn rename_words(sql: &str, from: &str, to: &str) -> String {
    let mut renamed = sql.to_owned();
    for token in tokens(sql).unwrap_or_default().into_iter().rev() {
        let is_name = token.kind.is_name();
        if is_name && unquoted(&sql[token.span.clone()]).eq_ignore_ascii_case(from) {
            renamed.replace_range(token.span, &identifier(to));
        }
    }
    renamed
}

/// Finds columns by name and place.
fn named(sql: &str) -> Vec<(String, Range<usize>)> {
    let tokens = tokens(sql).unwrap_or_default();
    let at = |at: usize| tokens.get(at).map(|token| sql[token.span.clone()].to_lowercase()).unwrap_or_default();
    let mut found = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        let word = at(position);
        let before = position.checked_sub(1).map(at).unwrap_or_default();
        let after = at(position + 1);
        let is_text = |position: usize| tokens.get(position).is_some_and(|token| token.kind == Kind::Text);
        let is_name = match token.kind {
            Kind::Quoted => true,
            Kind::Word => {
                let is_unit = UNITS.contains(&word.as_str()) && is_in_interval(&tokens, position, sql);
                // `_utf8mb4'text'`, `date '2020-01-01'`
                !is_keyword(&word) && !is_unit && !is_text(position + 1)
            }
            Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => false,
        };
        // A function, the table before a column, a variable, a collation, a type, a character set.
        let is_other =
            after == "(" || after == "." || matches!(before.as_str(), "@" | "@@" | "collate" | "as" | "using");
        if is_name && !is_other {
            found.push((unquoted(&sql[token.span.clone()]), token.span.clone()));
        }
    }
    found
}

/// Checks whether a unit ends `INTERVAL 1 DAY`, or begins `EXTRACT(DAY FROM ...)`.
fn is_in_interval(tokens: &[crate::sql::Token], position: usize, sql: &str) -> bool {
    let text = |at: usize| sql[tokens[at].span.clone()].to_lowercase();
    let extracts = tokens.get(position + 1).is_some_and(|next| sql[next.span.clone()].eq_ignore_ascii_case("from"));
    extracts || (position.saturating_sub(8)..position).any(|at| text(at) == "interval")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(sql: &str) -> Vec<String> {
        columns_in(sql).into_iter().collect()
    }

    #[test]
    fn columns_are_told_from_everything_else() {
        assert_eq!(columns("length(`the name`) > 0 AND kind <> 'x'"), ["kind", "the name"]);
        assert_eq!(columns("cast(a as char) collate utf8mb4_bin = _utf8mb4'b' and t.c is not null"), ["a", "c"]);
        assert_eq!(
            columns("at > now() - interval days day and extract(year from `year`) = @x"),
            ["at", "days", "year"]
        );
        assert_eq!(columns("`order` in (1, 2) and date '2020-01-01' < d"), ["d", "order"]);
    }

    #[test]
    fn only_names_change() {
        let renames = [("note".to_owned(), "order".to_owned())].into();
        assert_eq!(
            rename_in("Note <> 'note' /* note */ and note(x)", &renames),
            "`order` <> 'note' /* note */ and note(x)"
        );
        assert_eq!(
            rename_words("delete from `old` where old.x = 'old'", "old", "young"),
            "delete from young where young.x = 'old'"
        );
    }
}
