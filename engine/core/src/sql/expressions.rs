//! Expressions: bringing them into one spelling, finding the names in them, and renaming these.
//!
//! Nothing here judges whether a difference matters, and no database is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{mysql, postgres, sqlite};
use crate::dialect::Dialect;
use crate::model::{Expr, Index, Pair, Rule, Table, TableName};

/// Returns an expression in the spelling that comparisons use, as far as it can be known without its table.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::sql::canonical;
/// let canonical = |sql| canonical(Dialect::Sqlite, sql);
/// assert_eq!(canonical("((A) >0) AND ([b]==1)"), r#""a" > 0 AND "b" = 1"#);
/// assert_ne!(canonical("(a OR b) AND c"), canonical("a OR b AND c"));
/// ```
pub fn canonical(dialect: Dialect, sql: &str) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::canonical(sql),
        Dialect::Postgres => postgres::canonical(sql),
        Dialect::Mysql => mysql::canonical(sql),
    }
}

/// Returns the names that an expression uses as columns, unquoted.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::Expr;
/// use autogen_engine::sql::columns_in;
/// let expr = Expr::new(r#"length("the name") > 0 AND kind <> 'x'"#);
/// let columns = columns_in(Dialect::Sqlite, &expr);
/// assert!(columns.iter().eq(["kind", "the name"]));
/// ```
pub fn columns_in(dialect: Dialect, expr: &Expr) -> BTreeSet<String> {
    match dialect {
        Dialect::Sqlite => sqlite::columns_in(&expr.sql),
        Dialect::Postgres => postgres::columns_in(&expr.sql),
        Dialect::Mysql => mysql::columns_in(&expr.sql),
    }
}

/// Functions that give all rows of a statement the same value.
const SAME_FOR_ALL: [&str; 9] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "now",
    "statement_timestamp",
    "transaction_timestamp",
    "utc_timestamp",
];

/// Checks whether an expression may give each row a value of its own, because it calls a function other than those that
/// tell the time of a statement.
pub(crate) fn may_vary(dialect: Dialect, sql: &str) -> bool {
    let tokens = dialect.tokens(sql).unwrap_or_default();
    tokens.iter().zip(tokens.iter().skip(1)).any(|(name, bracket)| {
        let is_call = name.kind.is_name() && &sql[bracket.span.clone()] == "(";
        is_call && !SAME_FOR_ALL.contains(&sql[name.span.clone()].to_ascii_lowercase().as_str())
    })
}

/// Renames columns in an expression. All renames happen at once, so names may be swapped. The rest of the text stays
/// as it was written.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::Expr;
/// use autogen_engine::sql::rename_columns;
/// let renames = [("note".to_owned(), "remark".to_owned())].into();
/// let renamed = rename_columns(Dialect::Sqlite, &Expr::new("Note <> 'note' /* note */"), &renames);
/// assert_eq!(renamed.sql, "remark <> 'note' /* note */");
/// ```
pub fn rename_columns(dialect: Dialect, expr: &Expr, renames: &BTreeMap<String, String>) -> Expr {
    let rename_in = match dialect {
        Dialect::Sqlite => sqlite::rename_in,
        Dialect::Postgres => postgres::rename_in,
        Dialect::Mysql => mysql::rename_in,
    };
    let sql = rename_in(&expr.sql, renames);
    if expr.canonical == expr.sql {
        return Expr::new(sql);
    }
    let canonical = match dialect {
        // In this dialect the canonical form has lower-case names, including new ones.
        Dialect::Sqlite => {
            let folded = renames.iter().map(|(old, new)| (old.to_ascii_lowercase(), new.to_ascii_lowercase()));
            rename_in(&expr.canonical, &folded.collect())
        }
        Dialect::Postgres | Dialect::Mysql => rename_in(&expr.canonical, renames),
    };
    Expr { sql, canonical }
}

/// Renames a type wherever an expression casts to it. Returns the same expression on databases without named types.
pub(crate) fn rename_type(dialect: Dialect, expr: &Expr, names: &Pair<TableName>) -> Expr {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => expr.clone(),
        Dialect::Postgres => postgres::rename_type(expr, names),
    }
}

/// Renames a value of an enumerated type in an expression, where such types have names.
pub(crate) fn rename_enum_value(dialect: Dialect, expr: &Expr, name: &TableName, values: &Pair<String>) -> Expr {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => expr.clone(),
        Dialect::Postgres => postgres::rename_enum_value(expr, name, values),
    }
}

/// Checks whether SQL may use a value of an enumerated type, as a literal or in one.
pub(crate) fn mentions_value(dialect: Dialect, sql: &str, value: &str) -> bool {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => false,
        Dialect::Postgres => postgres::mentions(sql, value),
    }
}

/// Returns every column that an index uses, in keys, expressions and condition.
pub fn index_columns(index: &Index, dialect: Dialect) -> BTreeSet<String> {
    let named = index.columns.iter().filter_map(|column| column.key.column()).chain(&index.include).cloned();
    named.chain(index.expressions().flat_map(|expr| columns_in(dialect, expr))).collect()
}

/// Returns every column of its own table that a rule uses.
pub fn rule_columns(rule: &Rule, dialect: Dialect) -> BTreeSet<String> {
    let read = rule.expressions().into_iter().flat_map(|expr| columns_in(dialect, expr));
    rule.columns().into_iter().cloned().chain(read).collect()
}

/// Renames a table or column in a whole statement, wherever its name occurs. This is for triggers, whose text isn't
/// in any definition. The proof of the migration checks what the database makes of a renamed trigger.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::sql::rename_words;
/// let renamed = rename_words(Dialect::Sqlite, "DELETE FROM old WHERE new.x = 'old'", "old", "young");
/// assert_eq!(renamed, "DELETE FROM young WHERE new.x = 'old'");
/// ```
pub fn rename_words(dialect: Dialect, sql: &str, from: &str, to: &str) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::rename_words(sql, from, to),
        Dialect::Postgres => postgres::rename_words(sql, from, to),
        Dialect::Mysql => mysql::rename_words(sql, from, to),
    }
}

/// Returns a table's expressions that can mention its columns, which are all except the defaults.
pub(crate) fn expressions_over_rows(table: &mut Table) -> impl Iterator<Item = &mut Expr> {
    let generated = table.columns.iter_mut().filter_map(|column| column.generated.as_mut());
    let rules = table.rules.iter_mut().flat_map(Rule::expressions_mut);
    generated.map(|generated| &mut generated.expr).chain(rules)
}

/// Counts the first words of the types that an expression casts to.
pub(crate) fn casts(sql: &str, cast: &str, dialect: Dialect) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let texts = dialect.texts(sql).unwrap_or_default();
    for pair in texts.windows(2).filter(|pair| pair[0] == cast) {
        *found.entry(pair[1].to_lowercase()).or_default() += 1;
    }
    found
}

/// Returns a text with the new names of values.
pub(crate) fn rename_values(dialect: Dialect, sql: &str, names: &[Pair<String>]) -> String {
    let Some(tokens) = dialect.tokens(sql).filter(|_| !names.is_empty()) else { return sql.to_owned() };
    let mut text = String::with_capacity(sql.len());
    let mut written = 0;
    for token in tokens {
        let word = &sql[token.span.clone()];
        if let Some(names) = names.iter().find(|names| dialect.text_literal(&names.from) == word) {
            text.push_str(&sql[written..token.span.start]);
            text.push_str(&dialect.text_literal(&names.to));
            written = token.span.end;
        }
    }
    text.push_str(&sql[written..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_each_row_a_value_of_its_own() {
        for sql in ["gen_random_uuid()", "lower(hex(randomblob(16)))", "nextval('s')", "\"now\"('x')"] {
            assert!(may_vary(Dialect::Postgres, sql), "{sql}");
        }
        for sql in ["0", "'a(b)'", "now()", "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(6)", "(1 + 2)"] {
            assert!(!may_vary(Dialect::Postgres, sql), "{sql}");
        }
    }
}
